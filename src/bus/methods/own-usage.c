/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Usage: what all units use, in one answer: for svctl top, which asks again and
 * again. Arguments: names or globs, none for all; whether slices count. Units that run nothing are left out.
 */

#include "bus/object.h"
#include "bus/objects/control-group.h"
#include "bus/tables.h"

#include <fnmatch.h>

#define FIGURES (USAGE_MEMORY | USAGE_TASKS | USAGE_CPU | USAGE_IO)
#define ROW "sssttttttt"

static bool is_wanted(const Unit *u, char *const *patterns, bool slices) {
        const UnitRuntime *rt = unit_runtime(u);

        if (u->type == UNIT_SLICE ? !slices || !active_state_is_up(u->active) : !rt->group || rt->run_ended)
                return false;
        STRV_FOREACH (p, patterns)
                if (fnmatch(*p, u->id, FNM_NOESCAPE) == 0)
                        return true;
        return !patterns || !patterns[0];
}

static const char *slice_of(const Unit *u) {
        const Edge *e = unit_next_edge(u, DEP_SLICE, NULL);

        return e ? e->other->id : u->spec->cgroup->slice ? u->spec->cgroup->slice : "";
}

static int append_row(sd_bus_message *m, Manager *manager, const Unit *u) {
        GroupUsage f;

        unit_read_usage(manager, u, FIGURES, &f);
        return sd_bus_message_append(m, "(" ROW ")", u->id, slice_of(u), active_state_to_string(u->active),
                                     f.memory_current, groups_memory_max(manager->groups, u->spec->cgroup),
                                     f.tasks_current, u->spec->cgroup->tasks_max, f.cpu_nsec, f.io_read_bytes,
                                     f.io_write_bytes);
}

int method_usage(Call *c) {
        sd_bus_message *reply __attribute__((cleanup(sd_bus_message_unrefp))) = NULL;
        char **patterns auto_strv = NULL;
        int r, slices;

        if ((r = call_read_words(c, &patterns)) < 0 ||
            (r = sd_bus_message_read(c->message, "b", &slices)) < 0 ||
            (r = sd_bus_message_new_method_return(c->message, &reply)) < 0 ||
            (r = sd_bus_message_append(reply, "t", now_monotonic())) < 0 ||
            (r = sd_bus_message_open_container(reply, 'a', "(" ROW ")")) < 0)
                return r;
        groups_begin_look(c->manager->groups);
        for (Unit *u = NULL; r >= 0 && (u = next_unit(c->manager->graph, u));)
                if (is_wanted(u, patterns, slices))
                        r = append_row(reply, c->manager, u);
        groups_end_look(c->manager->groups);
        if (r < 0 || (r = sd_bus_message_close_container(reply)) < 0)
                return r;
        return sd_bus_send(NULL, reply, NULL);
}
