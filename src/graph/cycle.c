/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Order cycles: in a transaction, and among installed jobs after unit files
 * have changed.
 *
 * What stops always goes before what starts, so a circle of jobs that wait for
 * each other lies either among the stops or among the starts, and in both it
 * is a circle of After=. A restart belongs to both, one after the other. Each
 * of the two sets is searched depth first along After=, from the jobs of the
 * transaction through those that are installed already.
 */

#include "graph/graph.h"
#include "graph/transaction.h"

#include <errno.h>

typedef struct Step {
        Unit *unit;
        size_t next_edge;
} Step;

typedef struct Search Search;
struct Search {
        Graph *graph;
        Transaction *transaction;                 /* NULL: only installed jobs are looked at */
        int (*on_cycle)(Search *s, size_t first); /* the path from there on is one */
        JobRequests *requests;                    /* without a transaction */
        Report *report;
        bool stops;            /* else the starts */
        uint64_t open, closed; /* marks: on the path, done with */
        Step *path;
        size_t n, capacity;
};

#define FOUND 1            /* an installed job has been ended: what was searched may be gone */
#define CYCLE_WORDS_MAX 50 /* units named of one cycle */

/* What the unit's job will be once the transaction is installed. */
static JobType job_type_to_be(const Transaction *t, const Unit *u) {
        const PlannedJob *p = planned_of_unit(t, u);
        const Job *j = u->job;
        bool cancelled = t->mode == JOB_ISOLATE || t->mode == JOB_FLUSH;

        if (p == t->jobs && t->mode == JOB_IGNORE_DEPENDENCIES)
                return JOB_TYPE_INVALID;
        if (j && j->ignore_order)
                return JOB_TYPE_INVALID;
        if (!p)
                return j && !cancelled ? job_effective_type(j) : JOB_TYPE_INVALID;
        if (j && !job_type_conflicts(p->type, job_effective_type(j)))
                return job_type_merge(p->type, job_effective_type(j), u);
        return p->type;
}

/* A job that runs waits for nobody, but for its second half. */
static JobType waiting_job_type(const Unit *u) {
        const Job *j = u->job;

        if (!j || j->ignore_order || (j->state == JOB_RUNNING && job_effective_type(j) != JOB_RESTART))
                return JOB_TYPE_INVALID;
        return job_effective_type(j);
}

static bool is_in_set(const Search *s, const Unit *u) {
        JobType type = JOB_TYPE_INVALID;

        if (!s->transaction)
                type = waiting_job_type(u);
        else if (u->planned > 0 || u->job)
                type = job_type_to_be(s->transaction, u);
        if (type == JOB_TYPE_INVALID)
                return false;
        return s->stops ? job_type_stops(type) : type != JOB_STOP;
}

static int enter(Search *s, Unit *u) {
        int r = array_reserve(&s->path, &s->capacity, s->n + 1, sizeof(*s->path));

        if (r < 0)
                return r;
        u->marker = s->open;
        s->path[s->n++] = (Step){ u, 0 };
        return 0;
}

static void describe(const Search *s, size_t first, Buf *b) {
        for (size_t i = first; i < s->n; i++) {
                if (i - first == CYCLE_WORDS_MAX) {
                        buf_addf(b, "... (%zu more) after ", s->n - i);
                        break;
                }
                buf_addf(b, "%s after ", s->path[i].unit->id);
        }
        buf_add(b, s->path[first].unit->id);
}

/* The one farthest from the anchor of those that do not matter and would be gone when dropped. */
static PlannedJob *choose_victim(const Search *s, size_t first, bool *ret_ours) {
        PlannedJob *victim = NULL;

        *ret_ours = false;
        for (size_t i = first; i < s->n; i++) {
                PlannedJob *p = planned_of_unit(s->transaction, s->path[i].unit);

                *ret_ours = *ret_ours || p;
                if (p && !p->matters && !p->unit->job && (!victim || p > victim))
                        victim = p;
        }
        return victim;
}

/* Back to the last unit on the path before the first that is gone; the rest is searched again from elsewhere. */
static void leave_dropped(Search *s) {
        size_t keep = 0;

        while (keep < s->n && is_in_set(s, s->path[keep].unit))
                keep++;
        for (size_t i = keep; i < s->n; i++)
                s->path[i].unit->marker = 0;
        s->n = keep;
}

static int break_planned(Search *s, size_t first) {
        Transaction *t = s->transaction;
        Buf words auto_buf = { 0 };
        PlannedJob *victim;
        bool ours;

        victim = choose_victim(s, first, &ours);
        if (!ours) /* there before, by a change of unit files under running jobs; not for this request to solve */
                return 0;

        describe(s, first, &words);
        if (!victim) {
                report_add_at(t->report, SEVERITY_ERROR, FINDING_CYCLE, &(SourcePlace){ 0 },
                              "Ordering cycle: %s; no job of it can be deleted without giving up %s",
                              words.data ?: "", t->jobs[0].unit->id);
                return ENQUEUE_CYCLIC;
        }
        report_add_at(t->report, SEVERITY_WARNING, FINDING_CYCLE, &(SourcePlace){ 0 },
                      "Ordering cycle: %s; job for %s deleted to break it", words.data ?: "",
                      victim->unit->id);
        transaction_drop(t, victim, true);
        leave_dropped(s);
        return 0;
}

/* Would others fail with it? */
static bool job_is_required(const Job *j) {
        for (const Edge *e = j->unit->edges; e < unit_edges_end(j->unit); e++)
                if (e->other->job && !job_type_stops(job_effective_type(e->other->job)) &&
                    e->kinds & (EDGE(DEP_REQUIRED_BY) | EDGE(DEP_REQUISITE_OF) | EDGE(DEP_BOUND_BY)))
                        return true;
        return false;
}

/* One of them has to go, for else all wait for ever: best the newest that no other requires. */
static int break_installed(Search *s, size_t first) {
        Buf words auto_buf = { 0 };
        Job *victim = NULL;
        bool victim_required = false;

        for (size_t i = first; i < s->n; i++) {
                Job *j = s->path[i].unit->job;
                bool required = job_is_required(j);

                if (!victim || required < victim_required ||
                    (required == victim_required && j->id > victim->id)) {
                        victim = j;
                        victim_required = required;
                }
        }
        describe(s, first, &words);
        report_add_at(
                s->report, SEVERITY_WARNING, FINDING_CYCLE, &(SourcePlace){ 0 },
                "Ordering cycle: %s; the jobs of all of them wait, and that of %s is cancelled to break it",
                words.data ?: "", victim->unit->id);
        graph_job_finish(s->graph, victim, JOB_CANCELED, s->requests);
        return FOUND;
}

/* The last unit of the path is ordered after `u`, which is on the path, too. */
static int break_cycle(Search *s, const Unit *u) {
        size_t first = s->n - 1;

        while (s->path[first].unit != u)
                first--;
        return s->on_cycle(s, first);
}

static int walk(Search *s, Unit *start) {
        int r = enter(s, start);

        while (r == 0 && s->n > 0) {
                Step *top = s->path + s->n - 1;
                Unit *u = top->unit, *other;
                const Edge *e;

                if (top->next_edge >= u->n_edges) {
                        u->marker = s->closed;
                        s->n--;
                        continue;
                }
                e = u->edges + top->next_edge++;
                other = e->other;
                s->graph->n_steps++;
                if (!(e->kinds & EDGE(DEP_AFTER)) || other->marker == s->closed || !is_in_set(s, other))
                        continue;
                r = other->marker == s->open ? break_cycle(s, other) : enter(s, other);
        }
        return r;
}

static int search(Search *s) {
        Transaction *t = s->transaction;
        int r = 0;

        s->open = ++t->graph->mark;
        s->closed = ++t->graph->mark;
        for (size_t i = 0; i < t->n_jobs && r == 0; i++) {
                Unit *u = t->jobs[i].unit;

                if (!t->jobs[i].dropped && u->marker != s->closed && is_in_set(s, u))
                        r = walk(s, u);
        }
        return r;
}

int transaction_break_cycles(Transaction *t) {
        Search starts = { .graph = t->graph, .transaction = t, .on_cycle = break_planned }, stops = starts;
        int r;

        stops.stops = true;

        r = search(&starts);
        if (r == 0)
                r = search(&stops);
        free(starts.path);
        free(stops.path);
        return r;
}

/* FOUND, 0 or -ENOMEM. After a find the list of jobs is another one. */
static int search_installed(Search *s) {
        s->n = 0;
        s->open = ++s->graph->mark;
        s->closed = ++s->graph->mark;
        for (const Job *j = graph_next_job(s->graph, NULL); j; j = graph_next_job(s->graph, j)) {
                int r = 0;

                if (j->unit->marker != s->closed && is_in_set(s, j->unit))
                        r = walk(s, j->unit);
                if (r != 0)
                        return r;
        }
        return 0;
}

int graph_break_job_cycles(Graph *g, Report *report, JobRequests *ret) {
        Search s = { .graph = g, .on_cycle = break_installed, .report = report, .requests = ret };
        int r = 0;

        for (unsigned half = 0; half < 2 && r >= 0; half++) {
                s.stops = half == 1;
                do
                        r = search_installed(&s);
                while (r == FOUND);
        }
        free(s.path);
        return r;
}
