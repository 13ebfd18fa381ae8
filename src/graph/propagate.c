/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What the end of a job means to other jobs. The jobs that end with it stand
 * in a list threaded through their run queue links, so that a failure at the
 * bottom of a long chain needs neither memory nor stack.
 */

#include "graph/follow.h"
#include "graph/graph.h"

#include <errno.h>
#include <utlist.h>

void job_end(Graph *g, Job *j, JobResult result) {
        job_detach(g, j);
        HASH_DEL(g->jobs, j);
        g->n_jobs--;
        j->result = result;
        if (g->hooks.job_removed)
                g->hooks.job_removed(j, g->hooks.userdata);
        free(j);
}

static void mark_ending(Graph *g, Job **list, Job *j, JobResult result) {
        if (j->ending)
                return;
        j->ending = true;
        j->result = result;
        job_queue_update(g, j); /* frees the links */
        DL_APPEND2(*list, j, run_prev, run_next);
}

/* The starts of all that u is tied to by one of these kinds cannot go on. */
static void fail_starts(Graph *g, Job **list, const Unit *u, uint32_t kinds) {
        for (const Edge *e = u->edges; e < unit_edges_end(u); e++) {
                Job *other = e->other->job;

                g->n_steps++;
                if (!other || !(e->kinds & kinds))
                        continue;
                if (job_effective_type(other) == JOB_START || other->type == JOB_VERIFY_ACTIVE)
                        mark_ending(g, list, other, JOB_DEPENDENCY);
        }
}

static void spread(Graph *g, Job **list, const Unit *u, JobType type, JobResult result) {
        if (type == JOB_START || type == JOB_VERIFY_ACTIVE) {
                if (result != JOB_DONE)
                        fail_starts(g, list, u,
                                    EDGE(DEP_REQUIRED_BY) | EDGE(DEP_REQUISITE_OF) | EDGE(DEP_BOUND_BY));
                else if (unit_is_down(u)) /* done, and gone again: Requisite= wants it to be there */
                        fail_starts(g, list, u, EDGE(DEP_REQUISITE_OF));
        } else if (type == JOB_STOP && result != JOB_DONE)
                fail_starts(g, list, u, EDGE(DEP_CONFLICTED_BY));
}

void graph_job_finish(Graph *g, Job *j, JobResult result, JobRequests *ret) {
        Job *list = NULL;

        ENSURE_VOID(j->unit->job == j && !j->ending);

        mark_ending(g, &list, j, result);
        while ((j = list)) {
                Unit *u = j->unit;
                JobType type = job_effective_type(j);

                DL_DELETE2(list, j, run_prev, run_next);
                result = j->result;
                if (type == JOB_RESTART && result == JOB_DONE) { /* half way */
                        j->ending = false;
                        j->postponed = false;
                        job_retype(g, j, JOB_RESTART, true);
                        continue;
                }
                job_end(g, j, result);
                spread(g, &list, u, type, result);
                if (result == JOB_TIMEOUT || result == JOB_DEPENDENCY) /* a failed unit says so itself */
                        follow_failure(u, ret);
                follow_need(u, ret);
        }
}

int graph_job_cancel(Graph *g, uint32_t id, JobRequests *ret) {
        Job *j = graph_find_job(g, id);

        if (!j)
                return -ENOENT;
        graph_job_finish(g, j, JOB_CANCELED, ret);
        return 0;
}

/* A start that runs: what does this state say about it? False: nothing yet. */
static bool start_ends(ActiveState old, ActiveState state, unsigned flags, JobResult *ret) {
        if (!active_state_is_down(state))
                return false;
        if (active_state_is_down(old) && !(flags & CHANGE_ANSWERED))
                return false;
        *ret = state == FAILED ? JOB_FAILED : flags & CHANGE_SKIPPED ? JOB_SKIPPED : JOB_DONE;
        return true;
}

static bool reload_ends(ActiveState old, ActiveState state, unsigned flags, JobResult *ret) {
        if (state == ACTIVE) {
                *ret = flags & CHANGE_RELOAD_FAILED ? JOB_FAILED : JOB_DONE;
                return old != ACTIVE || flags & (CHANGE_RELOAD_FAILED | CHANGE_ANSWERED);
        }
        *ret = state == FAILED ? JOB_FAILED : JOB_DONE;
        return active_state_is_down(state);
}

static bool stop_ends(ActiveState old, ActiveState state, unsigned flags, JobResult *ret) {
        *ret = JOB_FAILED; /* it was on its way down and came back, or did not even try */
        return state != DEACTIVATING && (old == DEACTIVATING || flags & CHANGE_ANSWERED);
}

/* Does this state end the job, and how? `ret_unexpected`: it is not what the job was about. */
static bool job_ends(const Job *j, ActiveState old, unsigned flags, JobResult *ret, bool *ret_unexpected) {
        ActiveState state = j->unit->active;
        bool running = j->state == JOB_RUNNING;

        *ret_unexpected = false;
        switch (job_effective_type(j)) {
        case JOB_START:
        case JOB_VERIFY_ACTIVE:
                *ret = JOB_DONE;
                if (active_state_is_up(state))
                        return true;
                *ret_unexpected = running && state != ACTIVATING;
                return running && start_ends(old, state, flags, ret);
        case JOB_RELOAD:
                *ret_unexpected = running && state != ACTIVE && state != RELOADING && state != ACTIVATING;
                return running && reload_ends(old, state, flags, ret);
        default: /* stop, and restart in its first half */
                *ret = JOB_DONE;
                if (active_state_is_down(state))
                        return true;
                *ret_unexpected = running && state != DEACTIVATING;
                return running && stop_ends(old, state, flags, ret);
        }
}

static void note_state(Graph *g, Unit *u, ActiveState state, unsigned flags) {
        if (u->active == FAILED)
                g->n_failed--;
        if (state == FAILED)
                g->n_failed++;
        u->active = state;
        u->will_restart = flags & CHANGE_WILL_RESTART && !active_state_is_up(state);
}

void graph_unit_changed(Graph *g, Unit *u, ActiveState state, unsigned flags, JobRequests *ret) {
        /* Between two runs a unit counts as on its way up, whatever it is called. */
        ActiveState old = active_state_is_down(u->active) && u->will_restart ? ACTIVATING : u->active;
        bool had_job = u->job, unexpected = true, told_before = u->active == state && !u->will_restart;
        JobResult result = JOB_DONE;

        ENSURE_VOID(u->graph == g && (unsigned)state < ACTIVE_STATE_MAX);

        note_state(g, u, state, flags);
        if (had_job) {
                u->job->postponed = false;
                if (job_ends(u->job, old, flags, &result, &unexpected))
                        graph_job_finish(g, u->job, result, ret);
                else
                        job_queue_update(g, u->job);
        }
        if (told_before)
                return;
        if (u->will_restart) {
                follow_pause(u, old, unexpected, ret);
                return;
        }
        if (flags & CHANGE_FOLLOWS && active_state_is_up(state))
                unexpected = false;
        follow_change(u, old, unexpected, ret);
        if (!had_job)
                follow_need(u, ret);
}
