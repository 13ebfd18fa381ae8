/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* From what was planned to what can be: pruning, and one job for each unit. */

#include "graph/graph.h"
#include "graph/transaction.h"

/* Jobs waiting for their turn in an operation; threaded through `chain`. */
static void chain_push(Transaction *t, uint32_t *head, uint32_t job) {
        if (t->jobs[job].chained || t->jobs[job].dropped)
                return;
        t->jobs[job].chained = true;
        t->jobs[job].chain = *head;
        *head = job;
}

static PlannedJob *chain_pop(Transaction *t, uint32_t *head) {
        PlannedJob *j;

        if (*head == PLANNED_NONE)
                return NULL;
        j = t->jobs + *head;
        j->chained = false;
        *head = j->chain;
        return j;
}

void transaction_drop(Transaction *t, PlannedJob *first, bool with_requesters) {
        uint32_t head = PLANNED_NONE;
        PlannedJob *j;

        chain_push(t, &head, (uint32_t)(first - t->jobs));
        while ((j = chain_pop(t, &head))) {
                j->dropped = true;
                for (uint32_t i = j->requesters; i != PLANNED_NONE; i = t->links[i].next_of_object) {
                        PlannedLink *l = t->links + i;

                        if (l->cut)
                                continue;
                        l->cut = true;
                        if (with_requesters && l->matters)
                                chain_push(t, &head, l->subject);
                }
                j->n_requesters = 0;
                for (uint32_t i = j->requests; i != PLANNED_NONE; i = t->links[i].next_of_subject) {
                        PlannedLink *l = t->links + i;

                        if (l->cut)
                                continue;
                        l->cut = true;
                        if (--t->jobs[l->object].n_requesters == 0 && l->object != 0 &&
                            t->mode != JOB_ISOLATE)
                                chain_push(t, &head, l->object);
                }
        }
}

void transaction_drop_unreached(Transaction *t) {
        uint32_t head = PLANNED_NONE;
        PlannedJob *j;

        /* Everything is dropped, and what can be reached is taken back. */
        for (size_t i = 0; i < t->n_jobs; i++)
                t->jobs[i].chained = t->jobs[i].dropped || t->jobs[i].outcome != 0;
        chain_push(t, &head, 0);
        while (head != PLANNED_NONE) {
                j = t->jobs + head;
                head = j->chain;
                for (uint32_t i = j->requests; i != PLANNED_NONE; i = t->links[i].next_of_subject)
                        if (!t->links[i].cut)
                                chain_push(t, &head, t->links[i].object);
        }
        for (size_t i = 0; i < t->n_jobs; i++) {
                j = t->jobs + i;
                j->dropped = j->dropped || j->outcome != 0 || !j->chained;
                j->chained = false;
        }
        for (size_t i = 0; i < t->n_links; i++) {
                PlannedLink *l = t->links + i;

                if (l->cut || !(t->jobs[l->subject].dropped || t->jobs[l->object].dropped))
                        continue;
                l->cut = true;
                t->jobs[l->object].n_requesters--;
        }
}

void transaction_mark_matters(Transaction *t) {
        uint32_t head = 0;

        t->jobs[0].matters = true;
        t->jobs[0].chain = PLANNED_NONE;
        while (head != PLANNED_NONE) {
                uint32_t i = t->jobs[head].requests;

                head = t->jobs[head].chain;
                for (; i != PLANNED_NONE; i = t->links[i].next_of_subject) {
                        PlannedJob *object = t->jobs + t->links[i].object;

                        if (t->links[i].cut || !t->links[i].matters || object->matters)
                                continue;
                        object->matters = true;
                        object->chain = head;
                        head = t->links[i].object;
                }
        }
}

static bool conflicts_with_installed(const PlannedJob *j) {
        return j->unit->job && job_type_conflicts(j->type, job_effective_type(j->unit->job));
}

void transaction_minimize_impact(Transaction *t) {
        for (size_t i = 0; i < t->n_jobs; i++) {
                PlannedJob *j = t->jobs + i;
                bool stops = j->type == JOB_STOP && !unit_is_down(j->unit) && j->unit->active != DEACTIVATING;

                if (!j->dropped && !j->matters && (stops || conflicts_with_installed(j)))
                        transaction_drop(t, j, true);
        }
}

static bool unit_stays_as_it_is(const Transaction *t, const Unit *u) {
        for (const PlannedJob *j = planned_of_unit(t, u); j; j = planned_next(t, j))
                if (j == t->jobs || !job_type_is_redundant(j->type, u) || conflicts_with_installed(j))
                        return false;
        return true;
}

void transaction_drop_redundant(Transaction *t) {
        for (size_t i = 0; i < t->n_jobs; i++) {
                PlannedJob *j = t->jobs + i, *next;

                if (j->dropped || !unit_stays_as_it_is(t, j->unit))
                        continue;
                for (j = planned_of_unit(t, j->unit); j; j = next) {
                        next = planned_next(t, j);
                        transaction_drop(t, j, false);
                }
        }
}

static bool is_for_conflict(const Transaction *t, const PlannedJob *j) {
        for (uint32_t i = j->requesters; i != PLANNED_NONE; i = t->links[i].next_of_object)
                if (t->links[i].conflict && !t->links[i].cut)
                        return true;
        return false;
}

/* Which of two contradicting jobs is dropped; NULL: both matter. */
static PlannedJob *choose_loser(const Transaction *t, PlannedJob *a, PlannedJob *b) {
        PlannedJob *stop = a->type == JOB_STOP ? a : b, *other = stop == a ? b : a;

        if (a->matters && b->matters)
                return NULL;
        if (a->matters != b->matters)
                return a->matters ? b : a;
        /* To be up is the wish, unless something else wants the place. */
        return is_for_conflict(t, stop) ? other : stop;
}

static int resolve_conflicts(Transaction *t, const Unit *u) {
        PlannedJob *a = planned_of_unit(t, u), *b, *loser;

        while (a) {
                for (b = planned_next(t, a); b && !job_type_conflicts(a->type, b->type);)
                        b = planned_next(t, b);
                if (!b) {
                        a = planned_next(t, a);
                        continue;
                }
                loser = choose_loser(t, a, b);
                if (!loser) {
                        report_add_at(t->report, SEVERITY_ERROR, FINDING_CONTRADICTION, &(SourcePlace){ 0 },
                                      "%s would have to %s and to %s at the same time; its dependencies "
                                      "contradict each other.",
                                      u->id, job_type_to_string(a->type), job_type_to_string(b->type));
                        return ENQUEUE_CONFLICTING;
                }
                report_add(t->report, SEVERITY_WARNING, NULL, 0, NULL,
                           "%s would have to %s and to %s at the same time; job %s is dropped.", u->id,
                           job_type_to_string(a->type), job_type_to_string(b->type),
                           job_type_to_string(loser->type));
                transaction_drop(t, loser, true);
                a = planned_of_unit(t, u);
        }
        return 0;
}

/* All that was asked of `other` and all that it asks for goes over to `j`. */
static void absorb(Transaction *t, PlannedJob *j, PlannedJob *other) {
        uint32_t index = (uint32_t)(j - t->jobs), *end;

        for (end = &other->requests; *end != PLANNED_NONE; end = &t->links[*end].next_of_subject)
                t->links[*end].subject = index;
        *end = j->requests;
        j->requests = other->requests;

        for (end = &other->requesters; *end != PLANNED_NONE; end = &t->links[*end].next_of_object)
                t->links[*end].object = index;
        *end = j->requesters;
        j->requesters = other->requesters;

        j->n_requesters += other->n_requesters;
        j->type = job_type_merge(j->type, other->type, j->unit);
        j->matters = j->matters || other->matters;
        other->requests = other->requesters = PLANNED_NONE;
        other->dropped = true;
}

int transaction_merge_jobs(Transaction *t) {
        for (size_t i = 0; i < t->n_jobs; i++) {
                int r = t->jobs[i].dropped ? 0 : resolve_conflicts(t, t->jobs[i].unit);

                if (r != 0)
                        return r;
        }
        for (size_t i = 0; i < t->n_jobs; i++) {
                PlannedJob *j = t->jobs + i, *other;

                if (j->dropped)
                        continue;
                while ((other = planned_next(t, j)))
                        absorb(t, j, other);
        }
        return 0;
}

static int destructive(const Transaction *t, const Job *installed, const char *because) {
        report_add(t->report, SEVERITY_ERROR, NULL, 0, NULL,
                   "Job %s for %s, which is in the queue already, %s.", job_type_to_string(installed->type),
                   installed->unit->id, because);
        return ENQUEUE_DESTRUCTIVE;
}

int transaction_check_installed(const Transaction *t) {
        for (size_t i = 0; i < t->n_jobs; i++) {
                const PlannedJob *j = t->jobs + i;

                if (j->dropped || !conflicts_with_installed(j))
                        continue;
                if (j->unit->job->irreversible)
                        return destructive(t, j->unit->job, "is irreversible");
                if (t->mode == JOB_FAIL)
                        return destructive(t, j->unit->job, "would have to be replaced");
        }
        if (t->mode != JOB_ISOLATE && t->mode != JOB_FLUSH)
                return 0;
        for (const Job *j = graph_next_job(t->graph, NULL); j; j = graph_next_job(t->graph, j))
                if (j->irreversible && !planned_of_unit(t, j->unit))
                        return destructive(t, j, "is irreversible");
        return 0;
}
