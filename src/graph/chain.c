/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * How much waits for a job. The jobs are taken from the far end, each when all
 * that wait for it are known; the list runs through the jobs themselves, for
 * this must not depend on memory.
 */

#include "graph/graph.h"

static bool waits_for_us(const Job *j, const Edge *e) {
        return e->other->job && job_waits_for(e->other->job, j, e->other->edges[e->twin].kinds);
}

static void push(Job **list, Job *j) {
        j->measured_next = *list;
        *list = j;
}

static void note_below(Job *j, unsigned n, Job **list) {
        j->n_below = MAX(j->n_below, n);
        if (--j->n_unmeasured == 0)
                push(list, j);
}

void graph_measure_chains(Graph *g, bool (*takes_time)(const Unit *u, void *userdata), void *userdata) {
        Job *list = NULL, *j;

        for (j = graph_next_job(g, NULL); j; j = graph_next_job(g, j)) {
                const Unit *u = j->unit;

                j->n_below = j->n_unmeasured = 0;
                for (const Edge *e = u->edges; e < unit_edges_end(u); e++)
                        if (waits_for_us(j, e))
                                j->n_unmeasured++;
                if (j->n_unmeasured == 0)
                        push(&list, j);
        }
        while ((j = list)) {
                const Unit *u = j->unit;
                unsigned n =
                        j->n_below + (job_type_stops(job_effective_type(j)) && takes_time(j->unit, userdata));

                list = j->measured_next;
                for (const Edge *e = u->edges; e < unit_edges_end(u); e++)
                        if (e->other->job && job_waits_for(j, e->other->job, e->kinds))
                                note_below(e->other->job, n, &list);
        }
}
