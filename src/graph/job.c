/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Installed jobs: who waits for whom, and the run queue.
 *
 * A job's n_blockers is the number of neighbours (units its unit is ordered
 * with) whose job must end first. It changes when a job comes, goes or changes
 * its type, and when an edge changes; each of these looks at the neighbours of
 * one unit and at nothing else.
 */

#include "graph/graph.h"

#include <errno.h>
#include <utlist.h>

#define ORDER (EDGE(DEP_BEFORE) | EDGE(DEP_AFTER))

bool job_waits_for(const Job *a, const Job *b, uint32_t kinds) {
        bool a_stops = job_type_stops(job_effective_type(a)), b_stops = job_type_stops(job_effective_type(b));

        if ((kinds & ORDER) == 0 || a->ignore_order || b->ignore_order)
                return false;
        if (a_stops != b_stops) /* what stops goes first, whichever way they are ordered */
                return b_stops;
        return kinds & (a_stops ? EDGE(DEP_BEFORE) : EDGE(DEP_AFTER));
}

static bool may_run(const Job *j) {
        return j->unit->job == j && j->state == JOB_WAITING && j->n_blockers == 0 && !j->postponed &&
               !j->ending;
}

void job_queue_update(Graph *g, Job *j) {
        if (may_run(j) == j->in_run_queue)
                return;
        if (j->in_run_queue)
                DL_DELETE2(g->run_queue, j, run_prev, run_next);
        else
                DL_APPEND2(g->run_queue, j, run_prev, run_next);
        j->in_run_queue = !j->in_run_queue;
}

static void count(Job *j, bool more) {
        if (more)
                j->n_blockers++;
        else
                j->n_blockers--;
}

/* Adds what j and its neighbours mean to each other, or takes it away. */
static void count_neighbours(Graph *g, Job *j, bool more) {
        const Unit *u = j->unit;

        for (const Edge *e = u->edges; e < unit_edges_end(u); e++) {
                Job *other = e->other->job;

                g->n_steps++;
                if (!other || (e->kinds & ORDER) == 0)
                        continue;
                if (job_waits_for(j, other, e->kinds))
                        count(j, more);
                if (job_waits_for(other, j, e->other->edges[e->twin].kinds))
                        count(other, more);
        }
}

static void update_neighbours(Graph *g, const Unit *u) {
        for (const Edge *e = u->edges; e < unit_edges_end(u); e++)
                if (e->other->job && e->kinds & ORDER)
                        job_queue_update(g, e->other->job);
}

void job_attach(Graph *g, Job *j) {
        j->unit->job = j;
        j->n_blockers = 0;
        count_neighbours(g, j, true);
        update_neighbours(g, j->unit);
        job_queue_update(g, j);
}

void job_detach(Graph *g, Job *j) {
        count_neighbours(g, j, false);
        j->unit->job = NULL;
        job_queue_update(g, j);
        update_neighbours(g, j->unit);
}

void job_retype(Graph *g, Job *j, JobType t, bool restart_stopped) {
        count_neighbours(g, j, false);
        j->type = t;
        j->restart_stopped = restart_stopped;
        j->state = JOB_WAITING;
        j->begin = 0;
        count_neighbours(g, j, true);
        update_neighbours(g, j->unit);
        job_queue_update(g, j);
}

void jobs_reordered(Job *a, Job *b, uint32_t old, uint32_t new) {
        Graph *g = a->unit->graph;
        const uint32_t seen[] = { old, new };

        for (size_t i = 0; i < ELEMENTSOF(seen); i++) {
                uint32_t before = seen[i] & EDGE(DEP_BEFORE), after = seen[i] & EDGE(DEP_AFTER);
                uint32_t seen_from_b = (before ? EDGE(DEP_AFTER) : 0) | (after ? EDGE(DEP_BEFORE) : 0);

                if (job_waits_for(a, b, seen[i]))
                        count(a, i == 1);
                if (job_waits_for(b, a, seen_from_b))
                        count(b, i == 1);
        }
        job_queue_update(g, a);
        job_queue_update(g, b);
}

void graph_recount_jobs(Graph *g) {
        Job *j, *next;

        HASH_ITER (hh, g->jobs, j, next) {
                const Unit *u = j->unit;

                j->n_blockers = 0;
                for (const Edge *e = u->edges; e < unit_edges_end(u); e++)
                        if (e->other->job && job_waits_for(j, e->other->job, e->kinds))
                                j->n_blockers++;
        }
        HASH_ITER (hh, g->jobs, j, next)
                job_queue_update(g, j);
}

Job *graph_next_runnable(Graph *g) {
        Job *j = g->run_queue;

        if (j) {
                DL_DELETE2(g->run_queue, j, run_prev, run_next);
                j->in_run_queue = false;
        }
        return j;
}

void graph_job_running(Graph *g, Job *j) {
        j->state = JOB_RUNNING;
        j->postponed = false;
        job_queue_update(g, j);
}

void graph_job_postpone(Graph *g, Job *j) {
        j->state = JOB_WAITING;
        j->postponed = true;
        job_queue_update(g, j);
}

Job *graph_find_job(const Graph *g, uint32_t id) {
        Job *j;

        HASH_FIND(hh, g->jobs, &id, sizeof(id), j);
        return j;
}

Job *graph_next_job(const Graph *g, const Job *previous) {
        return previous ? previous->hh.next : g->jobs;
}

size_t graph_count_jobs(const Graph *g) {
        return g->n_jobs;
}

int job_ordering(const Job *j, bool waits_for, Job ***ret, size_t *n) {
        const Unit *u = j->unit;
        Job **list auto_free = NULL;
        size_t capacity = 0, found = 0;

        for (const Edge *e = u->edges; e < unit_edges_end(u); e++) {
                Job *other = e->other->job;
                int r;

                if (!other || !(waits_for ? job_waits_for(j, other, e->kinds)
                                          : job_waits_for(other, j, e->other->edges[e->twin].kinds)))
                        continue;
                r = array_reserve(&list, &capacity, found + 1, sizeof(*list));
                if (r < 0)
                        return r;
                list[found++] = other;
        }
        *ret = TAKE(list);
        *n = found;
        return 0;
}
