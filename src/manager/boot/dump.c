/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Answers about the whole: states, a dump for people. Listings, never in a hot path. */

#include "manager/manager-internal.h"

#include <fnmatch.h>

static const char *const system_states[SYSTEM_STATE_MAX] = {
        [SYSTEM_INITIALIZING] = "initializing", [SYSTEM_STARTING] = "starting",
        [SYSTEM_RUNNING] = "running",           [SYSTEM_DEGRADED] = "degraded",
        [SYSTEM_MAINTENANCE] = "maintenance",   [SYSTEM_STOPPING] = "stopping",
};

const char *system_state_to_string(SystemState s) {
        return s < SYSTEM_STATE_MAX ? system_states[s] : "";
}

SystemState manager_system_state(const Manager *m) {
        if (m->state == SYSTEM_RUNNING || m->state == SYSTEM_DEGRADED)
                return graph_count_failed(m->graph) > 0 ? SYSTEM_DEGRADED : SYSTEM_RUNNING;
        return m->state;
}

UnitFileState unit_file_state(Unit *u, bool *ret_known) {
        UnitFileState s = FILE_BAD;
        int r;

        if (u->transient) {
                *ret_known = true;
                return FILE_TRANSIENT;
        }
        r = install_state(unit_runtime(u)->manager->loader, u->id, &s, NULL);
        *ret_known = r >= 0;
        return s;
}

static void dump_unit(const Unit *u, Buf *b) {
        const UnitRuntime *rt = unit_runtime(u);
        const char *result = machine_result(&rt->machine);

        buf_addf(b, "%s: load %s, active %s, sub %s", u->id, load_state_to_string(u->load_state),
                 active_state_to_string(u->active), unit_sub_state(u));
        if (result)
                buf_addf(b, ", result %s", result);
        if (machine_main_pid(&rt->machine) > 0)
                buf_addf(b, ", main pid %d", (int)machine_main_pid(&rt->machine));
        if (machine_control_pid(&rt->machine) > 0)
                buf_addf(b, ", control pid %d", (int)machine_control_pid(&rt->machine));
        if (u->job)
                buf_addf(b, ", job %u %s %s blocked by %u", u->job->id, job_type_to_string(u->job->type),
                         job_state_to_string(u->job->state), u->job->n_blockers);
        buf_add_char(b, '\n');
}

static bool matches(const Unit *u, char *const *patterns) {
        STRV_FOREACH (p, patterns)
                if (fnmatch(*p, u->id, FNM_NOESCAPE) == 0)
                        return true;
        return false;
}

static void dump_manager(const Manager *m, Buf *b) {
        buf_addf(b, "state %s, tier %s, %zu units, %zu jobs, %u failed, %u internal errors\n",
                 system_state_to_string(manager_system_state(m)),
                 group_tier_to_string(groups_tier(m->groups)), graph_count_units(m->graph),
                 graph_count_jobs(m->graph), graph_count_failed(m->graph), ensure_count());
}

void manager_dump(Manager *m, char *const *patterns, Buf *b) {
        if (!patterns)
                dump_manager(m, b);
        for (Unit *u = graph_next_unit(m->graph, NULL); u; u = graph_next_unit(m->graph, u))
                if (patterns ? matches(u, patterns)
                             : u->load_state == LOAD_LOADED || u->job || !active_state_is_down(u->active))
                        dump_unit(u, b);
}
