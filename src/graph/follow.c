/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "graph/follow.h"
#include "graph/graph.h"

#define NEEDS                                                                                                \
        (EDGE(DEP_REQUIRES) | EDGE(DEP_REQUISITE) | EDGE(DEP_WANTS) | EDGE(DEP_BINDS_TO) | EDGE(DEP_UPHOLDS))
#define NEEDED_BY                                                                                            \
        (EDGE(DEP_REQUIRED_BY) | EDGE(DEP_REQUISITE_OF) | EDGE(DEP_WANTED_BY) | EDGE(DEP_BOUND_BY) |         \
         EDGE(DEP_UPHELD_BY))

void job_requests_release(JobRequests *r) {
        free(r->v);
        *r = (JobRequests){ 0 };
}

static void request(JobRequests *r, JobType type, Unit *u, JobMode mode, const char *reason,
                    const Unit *because) {
        if (!r)
                return;
        if (array_reserve(&r->v, &r->capacity, r->n + 1, sizeof(*r->v)) < 0) {
                r->n_lost++;
                return;
        }
        r->v[r->n++] = (JobRequest){ type, u, mode, reason, (Unit *)because };
}

static bool is_rising(ActiveState s) {
        return active_state_is_up(s) || s == ACTIVATING;
}

void follow_failure(const Unit *u, JobRequests *ret) {
        for (const Edge *e = NULL; (e = unit_next_edge(u, DEP_ON_FAILURE, e));)
                request(ret, JOB_START, e->other, u->spec->policy->on_failure_job_mode,
                        "OnFailure= of the failed unit", u);
}

static void follow_success(const Unit *u, JobRequests *ret) {
        for (const Edge *e = NULL; (e = unit_next_edge(u, DEP_ON_SUCCESS, e));)
                request(ret, JOB_START, e->other, u->spec->policy->on_success_job_mode,
                        "OnSuccess= of the unit that ended well", u);
}

/* A transaction would have done this, had anybody asked. What is ordered before u has had its chance. */
static void start_in_hindsight(const Unit *u, JobRequests *ret) {
        for (const Edge *e = u->edges; e < unit_edges_end(u); e++) {
                bool late = e->kinds & EDGE(DEP_AFTER), down = !is_rising(e->other->active);

                if (down && !late && e->kinds & (EDGE(DEP_REQUIRES) | EDGE(DEP_BINDS_TO)))
                        request(ret, JOB_START, e->other, JOB_REPLACE,
                                "required by a unit that became active", u);
                else if (down && !late && e->kinds & EDGE(DEP_WANTS))
                        request(ret, JOB_START, e->other, JOB_FAIL, "wanted by a unit that became active", u);
                if (!unit_is_down(e->other) && e->kinds & (EDGE(DEP_CONFLICTS) | EDGE(DEP_CONFLICTED_BY)))
                        request(ret, JOB_STOP, e->other, JOB_REPLACE,
                                "in conflict with a unit that became active", u);
        }
}

static void stop_in_hindsight(const Unit *u, JobRequests *ret) {
        for (const Edge *e = u->edges; e < unit_edges_end(u); e++) {
                if (unit_is_down(e->other) || e->other->active == DEACTIVATING)
                        continue;
                if (e->kinds & EDGE(DEP_BOUND_BY))
                        request(ret, JOB_STOP, e->other, JOB_REPLACE, "bound to a unit that went down", u);
                else if (e->kinds & EDGE(DEP_PROPAGATES_STOP_TO))
                        request(ret, JOB_STOP, e->other, JOB_REPLACE,
                                "stopped with a unit that went down (StopPropagatedFrom=)", u);
        }
}

/* Upholds= of u, now that it is up. */
static void start_upheld(const Unit *u, JobRequests *ret) {
        for (const Edge *e = NULL; (e = unit_next_edge(u, DEP_UPHOLDS, e));)
                if (unit_is_down(e->other) && !e->other->job)
                        request(ret, JOB_START, e->other, JOB_FAIL, "upheld by an active unit", u);
}

/* u is up: is all there that it is bound to? */
static void stop_if_unbound(Unit *u, JobRequests *ret) {
        if (u->job)
                return;
        for (const Edge *e = NULL; (e = unit_next_edge(u, DEP_BINDS_TO, e));)
                if (unit_is_down(e->other) && !e->other->job) {
                        request(ret, JOB_STOP, u, JOB_REPLACE, "bound to a unit that is not active",
                                e->other);
                        return;
                }
}

/* u is down, as its job wanted: those that are bound to it and have no job of their own. */
static void stop_bound(const Unit *u, JobRequests *ret) {
        if (u->job)
                return;
        for (const Edge *e = NULL; (e = unit_next_edge(u, DEP_BOUND_BY, e));)
                if (active_state_is_up(e->other->active) && !e->other->job)
                        request(ret, JOB_STOP, e->other, JOB_REPLACE, "bound to a unit that is not active",
                                u);
}

/* u is down: does somebody uphold it? */
static void restart_if_upheld(Unit *u, JobRequests *ret) {
        if (u->job)
                return;
        for (const Edge *e = NULL; (e = unit_next_edge(u, DEP_UPHELD_BY, e));)
                if (active_state_is_up(e->other->active) && !e->other->job) {
                        request(ret, JOB_START, u, JOB_FAIL, "upheld by an active unit", e->other);
                        return;
                }
}

static void follow_end(Unit *u, ActiveState old, bool unexpected, JobRequests *ret) {
        if (u->active == FAILED && old != FAILED)
                follow_failure(u, ret);
        else if (u->active == INACTIVE && !active_state_is_down(old) && old != MAINTENANCE)
                follow_success(u, ret);
        if (!unexpected || !is_rising(old))
                stop_bound(u, ret);
        restart_if_upheld(u, ret);
}

void follow_pause(const Unit *u, ActiveState old, bool unexpected, JobRequests *ret) {
        if (unexpected && is_rising(old) && active_state_is_down(u->active))
                stop_in_hindsight(u, ret);
}

void follow_change(Unit *u, ActiveState old, bool unexpected, JobRequests *ret) {
        if (unexpected && active_state_is_down(old) && is_rising(u->active))
                start_in_hindsight(u, ret);
        else if (unexpected && is_rising(old) && (unit_is_down(u) || u->active == DEACTIVATING))
                stop_in_hindsight(u, ret);

        if (active_state_is_up(u->active)) {
                start_upheld(u, ret);
                stop_if_unbound(u, ret);
        } else if (active_state_is_down(u->active))
                follow_end(u, old, unexpected, ret);
}

static bool is_unneeded(const Unit *u) {
        if (!u->spec->policy->stop_when_unneeded || !active_state_is_up(u->active) || u->job)
                return false;
        for (const Edge *e = u->edges; e < unit_edges_end(u); e++)
                if (e->kinds & NEEDED_BY && (e->other->job || !unit_is_down(e->other)))
                        return false;
        return true;
}

void follow_need(Unit *u, JobRequests *ret) {
        if (u->job)
                return;
        if (is_unneeded(u))
                request(ret, JOB_STOP, u, JOB_FAIL, "StopWhenUnneeded=: no active unit needs it", NULL);
        if (!unit_is_down(u))
                return;
        for (const Edge *e = u->edges; e < unit_edges_end(u); e++)
                if (e->kinds & NEEDS && is_unneeded(e->other))
                        request(ret, JOB_STOP, e->other, JOB_FAIL,
                                "StopWhenUnneeded=: no active unit needs it", u);
}
