/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The stop budget among units that stop one after the other: a unit for which
 * others wait gets an equal part of what is left, so that one that does not
 * want to end leaves the others their signal and their time. What it does not
 * use goes to those after it.
 *
 *      a waits for b waits for c, 8 s left:  c 2.7 s; b half of what is left then; a all of the rest
 */

#include "manager/manager-internal.h"

#define SHARE_LEAST (500 * USEC_PER_MSEC) /* in a long chain the last ones pay, and not all of them */

/* Targets, and services that have long done their work, are down at once. */
static bool takes_time(const Unit *u, void *userdata) {
        const UnitRuntime *rt = unit_runtime(u);

        if (active_state_is_down(machine_active_state(&rt->machine)))
                return false;
        if (machine_main_pid(&rt->machine) > 0 || machine_control_pid(&rt->machine) > 0 ||
            (rt->group && !group_is_empty(rt->group)))
                return true;
        if (u->type == UNIT_SOCKET)
                return u->spec->socket->exec_stop_pre.n > 0 || u->spec->socket->exec_stop_post.n > 0;
        return u->type == UNIT_SERVICE &&
               (u->spec->commands->of[COMMAND_STOP].n > 0 || u->spec->commands->of[COMMAND_STOP_POST].n > 0);
}

/* Who is last is killed when the budget ends, and not for a share of it; its commands leave time for a signal. */
static usec_t end_of_share(const Manager *m, const Job *j, usec_t now) {
        usec_t left = usec_sub(m->internal->kill_time, now);

        if (j->n_below == 0)
                return usec_add(m->internal->kill_time, USEC_PER_MSEC);
        return usec_add(now, MIN(left, MAX(left / (j->n_below + 1), SHARE_LEAST)));
}

static bool is_shared(const Manager *m) {
        return m->stopping && m->stop_deadline != USEC_INFINITY;
}

void unit_take_stop_share(const Job *j) {
        UnitRuntime *rt = unit_runtime(j->unit);
        usec_t now = now_monotonic();

        if (is_shared(rt->manager))
                machine_stop_by(&rt->machine, now, end_of_share(rt->manager, j, now));
}

void manager_share_stop(Manager *m) {
        if (!m->internal->shares_stale || !is_shared(m))
                return;
        m->internal->shares_stale = false;
        graph_measure_chains(m->graph, takes_time, NULL);
        /* Asked to stop before there was a budget. */
        for (const Job *j = graph_next_job(m->graph, NULL); j; j = graph_next_job(m->graph, j)) {
                const Machine *machine = &unit_runtime(j->unit)->machine;

                if (j->type != JOB_STOP || j->state != JOB_RUNNING || machine->stop_by != USEC_INFINITY)
                        continue;
                unit_take_stop_share(j);
                unit_arm_timers(m, j->unit);
        }
}

void unit_note_stop_share_used(Unit *u) {
        const UnitRuntime *rt = unit_runtime(u);

        if (is_shared(rt->manager) && machine_stop_is_late(&rt->machine, now_monotonic()))
                unit_name_culprit(u, "its share of the stop budget was used up");
}
