/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The inside of a Graph, for src/graph only; its manual is in unit.h and
 * job.h.
 *
 * Units stand in a list in the order they were added and in a hash by every
 * name they have; jobs in a hash by id, whose iteration order is that of
 * insertion. Nothing a caller can see depends on the order of a hash.
 */

#include "graph/job.h"
#include "graph/unit.h"

typedef struct NameEntry {
        const char *name; /* borrowed from the names of the unit */
        Unit *unit;
        UT_hash_handle hh;
} NameEntry;

typedef struct MountPlace {
        Unit *unit;
        char *where; /* owned; the directory that the name stands for */
} MountPlace;

struct Graph {
        NameEntry *names;
        Unit *units;  /* utlist; merged ones included */
        Unit *merged; /* by stub_next: to be freed when no more stubs wait */
        Unit *stub_head, *stub_tail;
        Job *jobs;          /* by id */
        Job *run_queue;     /* utlist over run_next, run_prev */
        MountPlace *mounts; /* every unit of that type, in whatever state */
        size_t n_mounts, mounts_capacity;
        GraphHooks hooks;
        uint64_t mark;
        uint64_t n_steps; /* edges looked at for jobs and transactions: what the tests bound */
        size_t n_units, n_jobs;
        unsigned n_failed;
        uint32_t last_job_id;
};

/* unit.c */
void graph_queue_stub(Graph *g, Unit *u);
void graph_unqueue_stub(Graph *g, Unit *u);
int graph_name_insert(Graph *g, const char *name, Unit *u); /* name stays owned by the unit; 0 or -ENOMEM */
NameEntry *graph_name_find(const Graph *g, const char *name);

/* edges.c */
int edge_add_own(Unit *from, uint32_t kinds, Unit *to);
int edge_add_implied(Unit *from, uint32_t kinds, Unit *to); /* those that are not there already */
void edges_clear_own(Unit *u);                              /* what u asked for */
void edges_clear_all(Unit *u);                              /* at both ends, whoever asked */
static inline bool edge_referred(const Edge *e) {           /* does the other end ask for it (too)? */
        return e->other->edges[e->twin].own != 0;
}

/* implied.c */
int graph_imply_slice(Graph *g, Unit *u);

/* mounts.c */
int mounts_note(Graph *g, Unit *u);
void mounts_forget(Graph *g, const Unit *u);
void mounts_release(Graph *g);
int mounts_call(Graph *g, const Unit *u); /* makes stubs of those that have a file and that u needs */
int mounts_complete(Graph *g, Unit *u);   /* edges, when all are loaded */

/* job.c */
static inline bool job_type_stops(JobType t) {
        return t == JOB_STOP || t == JOB_RESTART;
}
/* Has a to wait for b? kinds: those of the edge between the units, seen from a. */
bool job_waits_for(const Job *a, const Job *b, uint32_t kinds);
void job_attach(Graph *g, Job *j); /* to its unit; neighbours are counted */
void job_detach(Graph *g, Job *j); /* ... and no more; those it blocked may run */
void job_retype(Graph *g, Job *j, JobType t, bool restart_stopped); /* of an attached job; it waits anew */
void job_queue_update(Graph *g, Job *j); /* on the run queue exactly when it may run */
void jobs_reordered(Job *a, Job *b, uint32_t old,
                    uint32_t new); /* the edge between their units has changed */

/* job-type.c */
bool job_type_conflicts(JobType a, JobType b);
bool job_type_is_redundant(JobType t, const Unit *u); /* would change nothing in the unit's present state */
JobType job_type_collapse(JobType t, const Unit *u, const JobQuestions *q); /* JOB_NOP: nothing to do */

/* propagate.c */
void job_end(Graph *g, Job *j, JobResult result); /* only this one: nothing spreads */
