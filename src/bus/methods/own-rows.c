/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What svctl asks of many units again and again, each in one answer: now
 * (CLOCK_MONOTONIC), and a row a unit. Arguments: names or globs, none for all;
 * whether those count that are left out otherwise.
 *
 * Usage, for svctl top: what all units use, slices only if they are asked for.
 * Units that run nothing are left out.
 *
 * Services, for svctl list and monit: name, active state, sub-state, instances
 * of a set (0: it is none), main process, automatic restarts, since when it is
 * in this state (CLOCK_MONOTONIC), CPU time, memory, tasks, what it says of
 * itself, and how its last run has ended; those that are down only if they are
 * asked for.
 */

#include "bus/object.h"
#include "bus/objects/control-group.h"
#include "bus/tables.h"

#include <fnmatch.h>

#define USAGE_ROW "(sssttttttt)"
#define SERVICE_ROW "(sssuuuttttss)"
#define FIGURES (USAGE_MEMORY | USAGE_TASKS | USAGE_CPU | USAGE_IO)

typedef struct Rows {
        const char *signature;
        bool (*is_wanted)(const Unit *u, bool all);
        int (*append)(sd_bus_message *m, Manager *manager, const Unit *u);
} Rows;

static bool fits(const Unit *u, char *const *patterns) {
        STRV_FOREACH (p, patterns)
                if (fnmatch(*p, u->id, FNM_NOESCAPE) == 0)
                        return true;
        return !patterns || !patterns[0];
}

static int answer(Call *c, const Rows *rows) {
        sd_bus_message *reply __attribute__((cleanup(sd_bus_message_unrefp))) = NULL;
        char **patterns auto_strv = NULL;
        int r, all;

        if ((r = call_read_words(c, &patterns)) < 0 || (r = sd_bus_message_read(c->message, "b", &all)) < 0 ||
            (r = sd_bus_message_new_method_return(c->message, &reply)) < 0 ||
            (r = sd_bus_message_append(reply, "t", now_monotonic())) < 0 ||
            (r = sd_bus_message_open_container(reply, 'a', rows->signature)) < 0)
                return r;
        groups_begin_look(c->manager->groups);
        for (Unit *u = NULL; r >= 0 && (u = next_unit(c->manager->graph, u));)
                if (rows->is_wanted(u, all) && fits(u, patterns))
                        r = rows->append(reply, c->manager, u);
        groups_end_look(c->manager->groups);
        if (r < 0 || (r = sd_bus_message_close_container(reply)) < 0)
                return r;
        return sd_bus_send(NULL, reply, NULL);
}

static bool uses(const Unit *u, bool slices) {
        const UnitRuntime *rt = unit_runtime(u);

        return u->type == UNIT_SLICE ? slices && active_state_is_up(u->active) : rt->group && !rt->run_ended;
}

static const char *slice_of(const Unit *u) {
        const Edge *e = unit_next_edge(u, DEP_SLICE, NULL);

        return e ? e->other->id : u->spec->cgroup->slice ? u->spec->cgroup->slice : "";
}

static int append_usage(sd_bus_message *m, Manager *manager, const Unit *u) {
        GroupUsage f;

        unit_read_usage(manager, u, FIGURES, &f);
        return sd_bus_message_append(m, USAGE_ROW, u->id, slice_of(u), active_state_to_string(u->active),
                                     f.memory_current, groups_memory_max(manager->groups, u->spec->cgroup),
                                     f.tasks_current, u->spec->cgroup->tasks_max, f.cpu_nsec, f.io_read_bytes,
                                     f.io_write_bytes);
}

int method_usage(Call *c) {
        return answer(c, &(Rows){ USAGE_ROW, uses, append_usage });
}

static bool is_service(const Unit *u, bool all) {
        return u->type == UNIT_SERVICE && u->load_state == LOAD_LOADED &&
               (all || u->active != INACTIVE || u->job);
}

static int append_service(sd_bus_message *m, Manager *manager, const Unit *u) {
        const UnitRuntime *rt = unit_runtime(u);
        const Service *s = &rt->machine.service;
        GroupUsage f;

        unit_read_usage(manager, u, USAGE_MEMORY | USAGE_TASKS | USAGE_CPU, &f);
        return sd_bus_message_append(
                m, SERVICE_ROW, u->id, active_state_to_string(u->active), unit_sub_state(u),
                (uint32_t)u->spec->service->n_instances, (uint32_t)machine_main_pid(&rt->machine),
                (uint32_t)s->n_restarts, rt->state_change.monotonic, f.cpu_nsec, f.memory_current,
                f.tasks_current, rt->status_text ? rt->status_text : "", service_result_to_string(s->result));
}

int method_services(Call *c) {
        return answer(c, &(Rows){ SERVICE_ROW, is_service, append_service });
}
