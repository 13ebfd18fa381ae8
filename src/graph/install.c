/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Making a transaction real. First everything that may fail: the new jobs are
 * allocated and put under their ids. After that nothing can, and the old jobs
 * make room.
 */

#include "graph/graph.h"
#include "graph/transaction.h"

#include <errno.h>

static bool merges_with_installed(const PlannedJob *p) {
        return p->unit->job && !job_type_conflicts(p->type, job_effective_type(p->unit->job));
}

static uint32_t next_id(Graph *g) {
        do
                g->last_job_id++;
        while (g->last_job_id == 0 || graph_find_job(g, g->last_job_id));
        return g->last_job_id;
}

static Job *prepare(Transaction *t, const PlannedJob *p) {
        Graph *g = t->graph;
        Job *j = calloc(1, sizeof(*j));

        if (!j)
                return NULL;
        j->id = next_id(g);
        j->type = p->type;
        j->unit = p->unit;
        j->postponed = true; /* until all are there */
        HASH_ADD(hh, g->jobs, id, sizeof(j->id), j);
        if (!j->hh.tbl) {
                free(j);
                return NULL;
        }
        return j;
}

static void undo(Graph *g, Job **fresh, size_t n) {
        for (size_t i = 0; i < n; i++) {
                if (!fresh[i])
                        continue;
                HASH_DEL(g->jobs, fresh[i]);
                free(fresh[i]);
        }
}

static int prepare_all(Transaction *t, Job **fresh) {
        for (size_t i = 0; i < t->n_jobs; i++) {
                const PlannedJob *p = t->jobs + i;

                if (p->dropped || merges_with_installed(p))
                        continue;
                fresh[i] = prepare(t, p);
                if (!fresh[i]) {
                        undo(t->graph, fresh, i);
                        return -ENOMEM;
                }
        }
        return 0;
}

static bool is_installed(const Job *j) {
        return j->unit->job == j;
}

/* Not spread to others: what follows from the change is planned itself, and OnFailure= is not meant. */
static void make_room(Transaction *t) {
        Graph *g = t->graph;
        Job *j, *next;

        for (size_t i = 0; i < t->n_jobs; i++) {
                const PlannedJob *p = t->jobs + i;

                if (!p->dropped && p->unit->job && !merges_with_installed(p))
                        job_end(g, p->unit->job, JOB_CANCELED);
        }
        if (t->mode != JOB_ISOLATE && t->mode != JOB_FLUSH)
                return;
        HASH_ITER (hh, g->jobs, j, next)
                if (is_installed(j) && !planned_of_unit(t, j->unit))
                        job_end(g, j, JOB_CANCELED);
}

/* A reload that runs may have read the old files already: it is done again. */
static bool merge_into(Graph *g, Job *j, JobType type) {
        JobType old = job_effective_type(j), merged = job_type_merge(old, type, j->unit);

        if (merged == old && (j->state == JOB_WAITING || type != JOB_RELOAD || merged != JOB_RELOAD))
                return false;
        j->postponed = false;
        job_retype(g, j, merged, false);
        return true;
}

static void install_one(Transaction *t, const PlannedJob *p, Job *fresh, size_t *n) {
        Job *j = fresh ?: p->unit->job;

        j->irreversible = j->irreversible || t->mode == JOB_REPLACE_IRREVERSIBLY;
        if (!fresh) {
                *n += merge_into(t->graph, j, p->type);
                return;
        }
        j->ignore_order = p == t->jobs && t->mode == JOB_IGNORE_DEPENDENCIES;
        job_attach(t->graph, j);
        t->graph->n_jobs++;
        (*n)++;
}

static void release_all(Transaction *t, Job **fresh) {
        Graph *g = t->graph;

        for (size_t i = 0; i < t->n_jobs; i++) {
                if (!fresh[i])
                        continue;
                fresh[i]->postponed = false;
                job_queue_update(g, fresh[i]);
                if (g->hooks.job_added)
                        g->hooks.job_added(fresh[i], g->hooks.userdata);
        }
}

int transaction_install(Transaction *t, Job **ret, size_t *affected) {
        Job **fresh auto_free = calloc(t->n_jobs, sizeof(*fresh));
        int r;

        ENSURE(t->n_jobs > 0 && !t->jobs[0].dropped, -EINVAL);
        if (!fresh)
                return -ENOMEM;
        r = prepare_all(t, fresh);
        if (r < 0)
                return r;

        make_room(t);
        *affected = 0;
        for (size_t i = 0; i < t->n_jobs; i++)
                if (!t->jobs[i].dropped)
                        install_one(t, t->jobs + i, fresh[i], affected);
        release_all(t, fresh);
        *ret = t->jobs[0].unit->job;
        return 0;
}
