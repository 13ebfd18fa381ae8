/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Services: what svctl list and monit show of each service, in one answer.
 * Arguments: names or globs, none for all; whether those that are down count.
 * Answer: now (CLOCK_MONOTONIC); name, active state, sub-state, instances of a
 * set (0: it is none), main process, automatic restarts, since when it is in
 * this state (CLOCK_MONOTONIC), CPU time, memory, tasks, what it says of itself,
 * and how its last run has ended.
 */

#include "bus/object.h"
#include "bus/objects/control-group.h"
#include "bus/tables.h"

#include <fnmatch.h>

#define ROW "sssuuuttttss"

static bool is_wanted(const Unit *u, char *const *patterns, bool all) {
        if (u->type != UNIT_SERVICE || u->load_state != LOAD_LOADED)
                return false;
        if (!all && u->active == INACTIVE && !u->job)
                return false;
        STRV_FOREACH (p, patterns)
                if (fnmatch(*p, u->id, FNM_NOESCAPE) == 0)
                        return true;
        return !patterns || !patterns[0];
}

static int append_row(sd_bus_message *m, Manager *manager, const Unit *u) {
        const UnitRuntime *rt = unit_runtime(u);
        const Service *s = &rt->machine.service;
        GroupUsage f;

        unit_read_usage(manager, u, USAGE_MEMORY | USAGE_TASKS | USAGE_CPU, &f);
        return sd_bus_message_append(
                m, "(" ROW ")", u->id, active_state_to_string(u->active), unit_sub_state(u),
                (uint32_t)u->spec->service->n_instances, (uint32_t)machine_main_pid(&rt->machine),
                (uint32_t)s->n_restarts, rt->state_change.monotonic, f.cpu_nsec, f.memory_current,
                f.tasks_current, rt->status_text ? rt->status_text : "", service_result_to_string(s->result));
}

int method_services(Call *c) {
        sd_bus_message *reply __attribute__((cleanup(sd_bus_message_unrefp))) = NULL;
        char **patterns auto_strv = NULL;
        int r, all;

        if ((r = call_read_words(c, &patterns)) < 0 || (r = sd_bus_message_read(c->message, "b", &all)) < 0 ||
            (r = sd_bus_message_new_method_return(c->message, &reply)) < 0 ||
            (r = sd_bus_message_append(reply, "t", now_monotonic())) < 0 ||
            (r = sd_bus_message_open_container(reply, 'a', "(" ROW ")")) < 0)
                return r;
        groups_begin_look(c->manager->groups);
        for (Unit *u = NULL; r >= 0 && (u = next_unit(c->manager->graph, u));)
                if (is_wanted(u, patterns, all))
                        r = append_row(reply, c->manager, u);
        groups_end_look(c->manager->groups);
        if (r < 0 || (r = sd_bus_message_close_container(reply)) < 0)
                return r;
        return sd_bus_send(NULL, reply, NULL);
}
