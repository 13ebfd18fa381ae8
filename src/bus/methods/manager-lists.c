/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fnmatch.h>

#include "bus/codec/append.h"
#include "bus/methods/job.h"
#include "bus/methods/manager-methods.h"
#include "bus/tables.h"

/* ssssssouso: what list-units shows of a unit */
static int append_unit(sd_bus_message *m, const Unit *u) {
        char *path auto_free = NULL, *job auto_free = NULL;
        int r;

        if (unit_path(u, &path) < 0 || job_path(u->job, &job) < 0)
                return -ENOMEM;

        if ((r = sd_bus_message_open_container(m, 'r', "ssssssouso")) < 0 ||
            (r = append_string(m, u->id)) < 0 || (r = append_string(m, unit_description(u))) < 0 ||
            (r = sd_bus_message_append(
                     m, "ssssouso", load_state_to_string(u->load_state), active_state_to_string(u->active),
                     unit_sub_state(u), "", path, u->job ? u->job->id : 0,
                     u->job ? job_type_to_string(job_effective_type(u->job)) : "", job)) < 0)
                return r;
        return sd_bus_message_close_container(m);
}

static bool unit_has_state(const Unit *u, char *const *states) {
        return !states || strv_contains(states, load_state_to_string(u->load_state)) ||
               strv_contains(states, active_state_to_string(u->active)) ||
               strv_contains(states, unit_sub_state(u));
}

static bool unit_has_name_like(const Unit *u, char *const *patterns) {
        if (!patterns)
                return true;
        STRV_FOREACH (pattern, patterns) {
                STRV_FOREACH (name, u->names) {
                        if (fnmatch(*pattern, *name, FNM_NOESCAPE) == 0)
                                return true;
                }
        }
        return false;
}

static int reply_units(Call *c, char *const *states, char *const *patterns) {
        sd_bus_message *reply __attribute__((cleanup(sd_bus_message_unrefp))) = NULL;
        int r;

        if ((r = sd_bus_message_new_method_return(c->message, &reply)) < 0 ||
            (r = sd_bus_message_open_container(reply, 'a', "(ssssssouso)")) < 0)
                return r;

        for (Unit *u = NULL; r >= 0 && (u = next_unit(c->manager->graph, u));)
                if (unit_has_state(u, states) && unit_has_name_like(u, patterns))
                        r = append_unit(reply, u);
        if (r < 0 || (r = sd_bus_message_close_container(reply)) < 0)
                return r;

        return sd_bus_send(NULL, reply, NULL);
}

int method_list_units(Call *c) {
        return reply_units(c, NULL, NULL);
}

int method_list_units_filtered(Call *c) {
        char **states auto_strv = NULL;
        int r = call_read_words(c, &states);

        return r < 0 ? r : reply_units(c, states, NULL);
}

int method_list_units_by_patterns(Call *c) {
        char **states auto_strv = NULL, **patterns auto_strv = NULL;
        int r;

        if ((r = call_read_words(c, &states)) < 0 || (r = call_read_words(c, &patterns)) < 0)
                return r;
        return reply_units(c, strv_length(states) > 0 ? states : NULL,
                           strv_length(patterns) > 0 ? patterns : NULL);
}

/* Names that cannot be loaded are left out. */
int method_list_units_by_names(Call *c) {
        sd_bus_message *reply __attribute__((cleanup(sd_bus_message_unrefp))) = NULL;
        char **names auto_strv = NULL;
        int r;

        if ((r = call_read_words(c, &names)) < 0 ||
            (r = sd_bus_message_new_method_return(c->message, &reply)) < 0 ||
            (r = sd_bus_message_open_container(reply, 'a', "(ssssssouso)")) < 0)
                return r;

        STRV_FOREACH (name, names) {
                sd_bus_error ignored __attribute__((cleanup(sd_bus_error_free))) = SD_BUS_ERROR_NULL;
                Call quiet = *c;
                Unit *u;

                quiet.error = &ignored;
                if (!name_is_valid(*name, NAME_PLAIN | NAME_INSTANCE) ||
                    call_load_unit(&quiet, *name, &u) < 0)
                        continue;
                r = append_unit(reply, u);
                if (r < 0)
                        return r;
        }

        r = sd_bus_message_close_container(reply);
        return r < 0 ? r : sd_bus_send(NULL, reply, NULL);
}

int method_list_jobs(Call *c) {
        sd_bus_message *reply __attribute__((cleanup(sd_bus_message_unrefp))) = NULL;
        int r;

        if ((r = sd_bus_message_new_method_return(c->message, &reply)) < 0 ||
            (r = sd_bus_message_open_container(reply, 'a', "(usssoo)")) < 0)
                return r;

        for (Job *j = NULL; r >= 0 && (j = graph_next_job(c->manager->graph, j));)
                r = append_job(reply, j);
        if (r < 0 || (r = sd_bus_message_close_container(reply)) < 0)
                return r;

        return sd_bus_send(NULL, reply, NULL);
}
