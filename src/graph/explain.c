/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "graph/explain.h"
#include "graph/graph.h"

#include <errno.h>

void plan_release(Plan *p) {
        for (size_t i = 0; i < p->n; i++)
                free(p->v[i].after);
        free(p->v);
        *p = (Plan){ 0 };
}

#define TYPE(t) (1u << (t))
#define STARTS (TYPE(JOB_START) | TYPE(JOB_RESTART))
#define STOPS TYPE(JOB_STOP)
#define RESTARTS TYPE(JOB_RESTART)

/* Which relation makes a job of that type ask for one of this type; the strongest first. */
static const struct {
        unsigned subject, object;
        DependencyKind relation;
} relations[] = {
        { STARTS, STARTS, DEP_REQUIRES },
        { STARTS, STARTS, DEP_BINDS_TO },
        { STARTS, STARTS, DEP_WANTS },
        { STARTS, STARTS, DEP_UPHOLDS },
        { STARTS, TYPE(JOB_VERIFY_ACTIVE) | STARTS, DEP_REQUISITE },
        { STARTS, STOPS, DEP_CONFLICTS },
        { STARTS, STOPS, DEP_CONFLICTED_BY },
        { RESTARTS | STOPS, RESTARTS | STOPS, DEP_REQUIRED_BY },
        { RESTARTS | STOPS, RESTARTS | STOPS, DEP_BOUND_BY },
        { RESTARTS | STOPS, RESTARTS | STOPS, DEP_REQUISITE_OF },
        { RESTARTS | STOPS, RESTARTS | STOPS, DEP_CONSISTS_OF },
        { STOPS, STOPS, DEP_PROPAGATES_STOP_TO },
        { STOPS, STOPS, DEP_TRIGGERED_BY },
        { TYPE(JOB_RELOAD), ~0u, DEP_PROPAGATES_RELOAD_TO },
};

static DependencyKind relation_of(const PlannedJob *subject, const PlannedJob *object) {
        for (size_t i = 0; i < ELEMENTSOF(relations); i++)
                if (relations[i].subject & TYPE(subject->type) && relations[i].object & TYPE(object->type) &&
                    unit_has_edge(subject->unit, relations[i].relation, object->unit))
                        return relations[i].relation;
        return DEP_MAX;
}

/* Of those that asked the first, but one that cannot be without it goes before one that can. */
static void explain_origin(const Transaction *t, const PlannedJob *j, PlanStep *s) {
        s->relation = DEP_MAX;
        for (uint32_t l = j->requesters; l != PLANNED_NONE; l = t->links[l].next_of_object) {
                const PlannedJob *subject = t->jobs + t->links[l].subject;

                if (subject->dropped || subject == j || (s->required && !t->links[l].matters))
                        continue;
                s->because = subject->unit;
                s->because_type = subject->type;
                s->relation = relation_of(subject, j);
                s->required = t->links[l].matters;
        }
        if (j == t->jobs) {
                s->because = NULL;
                s->required = true;
        }
}

/* The queue as it would be: planned jobs as if they were installed. */
typedef struct Future {
        const Transaction *transaction;
        Job *jobs;         /* by index of the planned job */
        uint32_t *waiting; /* for how many planned ones */
} Future;

static const Job *future_job(const Future *f, const Unit *u) {
        const Transaction *t = f->transaction;
        const PlannedJob *p = planned_of_unit(t, u);

        if (p)
                return f->jobs + (p - t->jobs);
        return t->mode == JOB_ISOLATE || t->mode == JOB_FLUSH ? NULL : u->job;
}

static void imagine_jobs(const Future *f) {
        const Transaction *t = f->transaction;

        for (size_t i = 0; i < t->n_jobs; i++) {
                const PlannedJob *p = t->jobs + i;
                const Job *old = p->unit->job;
                JobType type = p->type;

                if (old && !job_type_conflicts(type, job_effective_type(old)))
                        type = job_type_merge(job_effective_type(old), type, p->unit);
                f->jobs[i] = (Job){ .type = type,
                                    .unit = p->unit,
                                    .ignore_order = i == 0 && t->mode == JOB_IGNORE_DEPENDENCIES };
        }
}

static int explain_order(const Future *f, size_t index, PlanStep *s) {
        const Unit *u = s->unit;
        size_t capacity = 0;

        for (size_t i = 0; i < u->n_edges; i++) {
                const Edge *e = u->edges + i;
                const Job *other = future_job(f, e->other);
                int r;

                if (!other || !job_waits_for(f->jobs + index, other, e->kinds))
                        continue;
                r = array_reserve(&s->after, &capacity, s->n_after + 1, sizeof(*s->after));
                if (r < 0)
                        return r;
                s->after[s->n_after++] = e->other;
                f->waiting[index] += planned_of_unit(f->transaction, e->other) != NULL;
        }
        return 0;
}

static int explain_all(const Future *f, PlanStep *steps) {
        const Transaction *t = f->transaction;

        for (size_t i = 0; i < t->n_jobs; i++) {
                PlanStep *s = steps + i;
                int r;

                if (t->jobs[i].dropped)
                        continue;
                *s = (PlanStep){ .unit = t->jobs[i].unit, .type = f->jobs[i].type };
                s->in_queue = s->unit->job && job_effective_type(s->unit->job) == s->type;
                s->idle = !s->in_queue && job_type_is_redundant(s->type, s->unit);
                explain_origin(t, t->jobs + i, s);
                r = explain_order(f, i, s);
                if (r < 0)
                        return r;
        }
        return 0;
}

/* Those that wait for nothing, then those that waited for them only, ... `order` holds indices. */
static size_t sort_steps(const Future *f, const PlanStep *steps, uint32_t *order) {
        const Transaction *t = f->transaction;
        size_t n = 0;

        for (size_t i = 0; i < t->n_jobs; i++)
                if (!t->jobs[i].dropped && f->waiting[i] == 0)
                        order[n++] = (uint32_t)i;
        for (size_t done = 0; done < n; done++) {
                const Job *j = f->jobs + order[done];

                for (size_t i = 0; i < j->unit->n_edges; i++) {
                        const PlannedJob *p = planned_of_unit(t, j->unit->edges[i].other);
                        size_t k = p ? (size_t)(p - t->jobs) : 0;
                        const Edge *twin = j->unit->edges + i;

                        twin = twin->other->edges + twin->twin;
                        if (p && job_waits_for(f->jobs + k, j, twin->kinds) && --f->waiting[k] == 0)
                                order[n++] = (uint32_t)k;
                }
        }
        return n;
}

/* What still waits when all others have gone is part of a circle that was there before. It comes last, as it was planned. */
static size_t append_rest(const Future *f, uint32_t *order, size_t n) {
        for (size_t i = 0; i < f->transaction->n_jobs; i++)
                if (!f->transaction->jobs[i].dropped && f->waiting[i] > 0)
                        order[n++] = (uint32_t)i;
        return n;
}

int transaction_explain(const Transaction *t, Plan *ret) {
        PlanStep *steps auto_free = calloc(t->n_jobs + 1, sizeof(*steps));
        uint32_t *order auto_free = calloc(t->n_jobs + 1, sizeof(*order));
        uint32_t *waiting auto_free = calloc(t->n_jobs + 1, sizeof(*waiting));
        Job *jobs auto_free = calloc(t->n_jobs + 1, sizeof(*jobs));
        Plan plan = { .v = calloc(t->n_jobs + 1, sizeof(*plan.v)) };
        Future f = { t, jobs, waiting };
        int r;

        if (!steps || !order || !waiting || !jobs || !plan.v) {
                free(plan.v);
                return -ENOMEM;
        }
        imagine_jobs(&f);
        r = explain_all(&f, steps);
        if (r < 0) {
                for (size_t i = 0; i < t->n_jobs; i++)
                        free(steps[i].after);
                free(plan.v);
                return r;
        }
        plan.n = append_rest(&f, order, sort_steps(&f, steps, order));
        for (size_t i = 0; i < plan.n; i++)
                plan.v[i] = steps[order[i]];
        *ret = plan;
        return 0;
}
