/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The plan: which jobs one request needs. */

#include "graph/transaction.h"
#include "graph/graph.h"

#include <errno.h>

#define NEEDS_START (EDGE(DEP_REQUIRES) | EDGE(DEP_BINDS_TO))
#define LIKES_START (EDGE(DEP_WANTS) | EDGE(DEP_UPHOLDS))
#define FOLLOWS_RESTART                                                                                      \
        (EDGE(DEP_REQUIRED_BY) | EDGE(DEP_REQUISITE_OF) | EDGE(DEP_BOUND_BY) | EDGE(DEP_CONSISTS_OF))
#define FOLLOWS_STOP (FOLLOWS_RESTART | EDGE(DEP_PROPAGATES_STOP_TO))

PlannedJob *planned_next(const Transaction *t, const PlannedJob *j) {
        uint32_t i = j->next_of_unit;

        while (i != PLANNED_NONE && t->jobs[i].dropped)
                i = t->jobs[i].next_of_unit;
        return i == PLANNED_NONE ? NULL : t->jobs + i;
}

PlannedJob *planned_of_unit(const Transaction *t, const Unit *u) {
        PlannedJob *first;

        if (u->planned == 0)
                return NULL;
        first = t->jobs + u->planned - 1;
        return first->dropped ? planned_next(t, first) : first;
}

/* Why no job of this type can be made for u, or 0. */
static int admit(const Transaction *t, JobType type, const Unit *u) {
        static const int outcomes[LOAD_STATE_MAX] = {
                [LOAD_STUB] = ENQUEUE_LOAD_FAILED,    [LOAD_LOADED] = ENQUEUE_OK,
                [LOAD_NOT_FOUND] = ENQUEUE_NOT_FOUND, [LOAD_BAD_SETTING] = ENQUEUE_BAD_SETTING,
                [LOAD_ERROR] = ENQUEUE_LOAD_FAILED,   [LOAD_MERGED] = ENQUEUE_LOAD_FAILED,
                [LOAD_MASKED] = ENQUEUE_MASKED,
        };
        const JobQuestions *q = t->questions;

        if (type != JOB_STOP && outcomes[u->load_state] != ENQUEUE_OK)
                return outcomes[u->load_state];
        if (job_type_stops(type) && (u->perpetual || (q && q->can_stop && !q->can_stop(u, q->userdata))))
                return ENQUEUE_NOT_APPLICABLE;
        if (type == JOB_RELOAD && q && q->can_reload && !q->can_reload(u, q->userdata))
                return ENQUEUE_NOT_APPLICABLE;
        return 0;
}

static const char *outcome_words(int outcome) {
        static const char *const words[ENQUEUE_OUTCOME_MAX] = {
                [ENQUEUE_NOT_FOUND] = "was not found",
                [ENQUEUE_MASKED] = "is masked",
                [ENQUEUE_LOAD_FAILED] = "could not be loaded",
                [ENQUEUE_BAD_SETTING] = "has a bad setting",
                [ENQUEUE_NOT_APPLICABLE] = "cannot do that",
                [ENQUEUE_ONLY_BY_DEPENDENCY] =
                        "may be started or stopped only as a dependency of other units",
                [ENQUEUE_NO_ISOLATION] = "may not be isolated (AllowIsolate=no)",
        };

        return (unsigned)outcome < ENQUEUE_OUTCOME_MAX && words[outcome] ? words[outcome] : "cannot be had";
}

static int push_work(Transaction *t, uint32_t job) {
        int r = array_reserve(&t->work, &t->work_capacity, t->n_work + 1, sizeof(*t->work));

        if (r < 0)
                return r;
        t->work[t->n_work++] = job;
        return 0;
}

static uint32_t first_of_unit(const Unit *u) {
        return u->planned > 0 ? u->planned - 1 : PLANNED_NONE;
}

static bool find_job(Transaction *t, JobType type, const Unit *u, uint32_t *ret_last) {
        *ret_last = PLANNED_NONE;
        for (uint32_t i = first_of_unit(u); i != PLANNED_NONE; i = t->jobs[i].next_of_unit) {
                *ret_last = i;
                if (t->jobs[i].type == type)
                        return true;
        }
        return false;
}

static int append_job(Transaction *t, JobType type, Unit *u, uint32_t last) {
        uint32_t index = (uint32_t)t->n_jobs;
        int r;

        if (t->n_jobs >= PLANNED_NONE - 1)
                return -ENOMEM;
        r = array_reserve(&t->jobs, &t->jobs_capacity, t->n_jobs + 1, sizeof(*t->jobs));
        if (r < 0)
                return r;
        r = push_work(t, index);
        if (r < 0)
                return r;

        /* Jobs that would change nothing by themselves count after all when the unit has different ones. */
        for (uint32_t i = first_of_unit(u); i != PLANNED_NONE && r >= 0; i = t->jobs[i].next_of_unit)
                if (!t->jobs[i].dropped && !t->jobs[i].looked_at)
                        r = push_work(t, i);
        if (r < 0)
                return r;

        t->jobs[t->n_jobs++] = (PlannedJob){ .unit = u,
                                             .type = type,
                                             .next_of_unit = PLANNED_NONE,
                                             .requests = PLANNED_NONE,
                                             .requesters = PLANNED_NONE };
        if (last == PLANNED_NONE)
                u->planned = index + 1;
        else
                t->jobs[last].next_of_unit = index;
        return 0;
}

/* Finds the job, or plans it; one that was dropped is planned again. */
static int add_job(Transaction *t, JobType type, Unit *u, uint32_t *ret) {
        uint32_t index;
        int r = 0;

        if (find_job(t, type, u, &index)) {
                if (t->jobs[index].dropped) {
                        t->jobs[index].dropped = t->jobs[index].looked_at = false;
                        r = push_work(t, index);
                }
        } else {
                r = append_job(t, type, u, index);
                index = (uint32_t)t->n_jobs - 1;
        }
        if (r >= 0)
                *ret = index;
        return r;
}

static int add_link(Transaction *t, uint32_t subject, uint32_t object, bool matters) {
        PlannedLink *l;
        int r;

        if (t->n_links >= PLANNED_NONE)
                return -ENOMEM;
        r = array_reserve(&t->links, &t->links_capacity, t->n_links + 1, sizeof(*t->links));
        if (r < 0)
                return r;
        l = t->links + t->n_links;
        *l = (PlannedLink){ .subject = subject,
                            .object = object,
                            .matters = matters,
                            .next_of_subject = t->jobs[subject].requests,
                            .next_of_object = t->jobs[object].requesters };
        t->jobs[subject].requests = t->jobs[object].requesters = (uint32_t)t->n_links++;
        t->jobs[object].n_requesters++;
        return 0;
}

static void report_given_up(const Transaction *t, const PlannedJob *j, bool direct) {
        report_add(t->report, j == t->jobs ? SEVERITY_ERROR : SEVERITY_WARNING, NULL, 0, NULL,
                   "Job %s for %s cannot be: %s, which it requires%s, %s.", job_type_to_string(j->type),
                   j->unit->id, j->culprit->id, direct ? "" : " through other units",
                   outcome_words(j->outcome));
}

/*
 * The job cannot be, because of `culprit`; neither can those that cannot be
 * without it. The report names the one where it begins and, in the end, the anchor.
 */
static void give_up(Transaction *t, uint32_t job, int outcome, const Unit *culprit, bool direct) {
        uint32_t head = job;

        if (t->jobs[job].outcome != 0)
                return;
        t->jobs[job].outcome = outcome;
        t->jobs[job].culprit = culprit;
        t->jobs[job].chain = PLANNED_NONE;
        report_given_up(t, t->jobs + job, direct);

        while (head != PLANNED_NONE) {
                const PlannedJob *j = t->jobs + head;

                head = j->chain;
                for (uint32_t l = j->requesters; l != PLANNED_NONE; l = t->links[l].next_of_object) {
                        PlannedJob *s = t->jobs + t->links[l].subject;

                        if (!t->links[l].matters || s->outcome != 0)
                                continue;
                        s->outcome = outcome;
                        s->culprit = culprit;
                        s->chain = head;
                        head = t->links[l].subject;
                        if (head == 0)
                                report_given_up(t, s, false);
                }
        }
}

/* One dependency: `subject` asks for a job. Gives the subject up if it cannot be without and it cannot be had. */
static int pull_in(Transaction *t, uint32_t subject, JobType type, Unit *u, bool matters) {
        int outcome = admit(t, type, u), r;
        uint32_t object;

        /* What does not apply to a unit (a stop of one that is always there) is not asked for. */
        if (outcome == ENQUEUE_NOT_APPLICABLE)
                return 0;
        if (outcome != 0) {
                if (matters)
                        give_up(t, subject, outcome, u, true);
                return 0;
        }
        r = add_job(t, type, u, &object);
        if (r >= 0)
                r = add_link(t, subject, object, matters);
        if (r >= 0 && matters && t->jobs[object].outcome != 0)
                give_up(t, subject, t->jobs[object].outcome, t->jobs[object].culprit, false);
        return MIN(r, 0);
}

static int pull_in_stop(Transaction *t, uint32_t job, Unit *u) {
        size_t n = t->n_links;
        int r = pull_in(t, job, JOB_STOP, u, true);

        if (t->n_links > n)
                t->links[n].conflict = true;
        return r;
}

static int pull_in_for_start(Transaction *t, uint32_t job, const Edge *e) {
        int r = 0;

        if (e->kinds & NEEDS_START)
                r = pull_in(t, job, JOB_START, e->other, true);
        else if (e->kinds & LIKES_START)
                r = pull_in(t, job, JOB_START, e->other, false);
        if (r >= 0 && e->kinds & EDGE(DEP_REQUISITE))
                r = pull_in(t, job, JOB_VERIFY_ACTIVE, e->other, true);
        if (r >= 0 && e->kinds & EDGE(DEP_CONFLICTS))
                r = pull_in_stop(t, job, e->other);
        else if (r >= 0 && e->kinds & EDGE(DEP_CONFLICTED_BY))
                r = pull_in(t, job, JOB_STOP, e->other, false);
        return r;
}

/* An instance of what is no set any more runs, but will not again. */
static bool is_left_over(const Unit *u) {
        return u->load_state == LOAD_NOT_FOUND && u->type == UNIT_SERVICE && u->spec->service->is_member;
}

/* What follows type for a unit that is tied to the one it is planned for. */
static int propagate_to(Transaction *t, uint32_t job, JobType type, Unit *u, bool matters) {
        type = job_type_collapse(type, u, t->questions);
        if (type == JOB_RESTART && is_left_over(u))
                type = JOB_STOP;
        return type == JOB_NOP ? 0 : pull_in(t, job, type, u, matters);
}

static int look_at_edge(Transaction *t, uint32_t job, JobType type, const Edge *e) {
        int r = 0;

        t->graph->n_steps++;
        if (type == JOB_START || type == JOB_RESTART)
                r = pull_in_for_start(t, job, e);
        if (r >= 0 && type == JOB_RESTART && e->kinds & FOLLOWS_RESTART)
                r = propagate_to(t, job, JOB_TRY_RESTART, e->other, true);
        if (r >= 0 && type == JOB_STOP && e->kinds & FOLLOWS_STOP)
                r = pull_in(t, job, JOB_STOP, e->other, true);
        if (r >= 0 && type == JOB_RELOAD && e->kinds & EDGE(DEP_PROPAGATES_RELOAD_TO))
                r = propagate_to(t, job, JOB_TRY_RELOAD, e->other, false);
        return r;
}

/*
 * A job that would change nothing is pruned later with all that it alone pulls
 * in, and so that is not looked at: to start one service costs nothing for the
 * thousand others in its slice. Should its unit get another job, too, it is
 * looked at again. Isolating is the exception: what is pulled in must not be
 * stopped.
 */
static bool is_idle_job(const Transaction *t, const PlannedJob *j) {
        if (j == t->jobs || t->mode == JOB_ISOLATE || !job_type_is_redundant(j->type, j->unit))
                return false;
        if (j->next_of_unit != PLANNED_NONE || first_of_unit(j->unit) != (uint32_t)(j - t->jobs))
                return false;
        return !j->unit->job || !job_type_conflicts(j->type, job_effective_type(j->unit->job));
}

static int work(Transaction *t) {
        while (t->work_done < t->n_work) {
                uint32_t job = t->work[t->work_done++];
                const Unit *u = t->jobs[job].unit;
                JobType type = t->jobs[job].type;

                if (t->jobs[job].dropped || t->jobs[job].looked_at || is_idle_job(t, t->jobs + job))
                        continue;
                t->jobs[job].looked_at = true;
                for (size_t i = 0; i < u->n_edges && t->jobs[job].outcome == 0; i++) {
                        int r = look_at_edge(t, job, type, u->edges + i);

                        if (r < 0)
                                return r;
                }
        }
        return t->jobs[0].outcome;
}

static bool is_idle(const Unit *u) {
        return unit_is_down(u) && !u->job;
}

/* What a socket, timer or path that stays has triggered is left alone as well. */
static bool stays_on_isolate(const Transaction *t, const Unit *u) {
        if (u->spec->policy->ignore_on_isolate || planned_of_unit(t, u))
                return true;
        for (const Edge *e = NULL; (e = unit_next_edge(u, DEP_TRIGGERED_BY, e));) {
                const PlannedJob *trigger = planned_of_unit(t, e->other);

                if (e->other->spec->policy->ignore_on_isolate || (trigger && trigger->type != JOB_STOP))
                        return true;
        }
        return false;
}

/* What the anchor alone asks for, because of the mode. */
static int add_stops_of_mode(Transaction *t) {
        const Unit *anchor = t->jobs[0].unit;
        int r;

        if (t->mode == JOB_ISOLATE) {
                for (Unit *u = graph_next_unit(t->graph, NULL); u; u = graph_next_unit(t->graph, u)) {
                        if (is_idle(u) || stays_on_isolate(t, u))
                                continue;
                        r = pull_in(t, 0, JOB_STOP, u, true);
                        if (r < 0)
                                return r;
                }
        } else if (t->mode == JOB_TRIGGERING) {
                for (const Edge *e = NULL; (e = unit_next_edge(anchor, DEP_TRIGGERED_BY, e));) {
                        if (is_idle(e->other) || planned_of_unit(t, e->other))
                                continue;
                        r = pull_in(t, 0, JOB_STOP, e->other, true);
                        if (r < 0)
                                return r;
                }
        }
        return work(t);
}

static int refuse(const Transaction *t, const Unit *u, int outcome) {
        report_add(t->report, SEVERITY_ERROR, NULL, 0, NULL, "Unit %s %s.", u->id, outcome_words(outcome));
        return outcome;
}

static bool refuses_manual(const Unit *u, JobType type) {
        const PolicySpec *policy = u->spec->policy;

        return (type == JOB_START && policy->refuse_manual_start) ||
               (type == JOB_STOP && policy->refuse_manual_stop) ||
               ((type == JOB_RESTART || type == JOB_TRY_RESTART) &&
                (policy->refuse_manual_start || policy->refuse_manual_stop));
}

/* `asked` is what became `type` by the state of the unit. */
static int check_request(const Transaction *t, JobType asked, JobType type, const Unit *u) {
        int outcome;

        if ((t->mode == JOB_ISOLATE && type != JOB_START) || (t->mode == JOB_TRIGGERING && type != JOB_STOP))
                return -EINVAL;
        outcome = admit(t, type, u);
        if (outcome != 0)
                return refuse(t, u, outcome);
        if (t->questions && t->questions->manual && (refuses_manual(u, asked) || refuses_manual(u, type)))
                return refuse(t, u, ENQUEUE_ONLY_BY_DEPENDENCY);
        if (t->mode == JOB_ISOLATE && !u->spec->policy->allow_isolate)
                return refuse(t, u, ENQUEUE_NO_ISOLATION);
        return 0;
}

static int plan(Transaction *t, JobType type, Unit *u) {
        uint32_t anchor;
        int r;

        r = add_job(t, type, u, &anchor);
        if (r < 0)
                return r;
        if (t->mode == JOB_IGNORE_DEPENDENCIES || t->mode == JOB_IGNORE_REQUIREMENTS)
                t->n_work = 0;
        r = work(t);
        if (r != 0)
                return r;
        transaction_drop_unreached(t); /* what was pulled in by jobs that had to be given up */
        return add_stops_of_mode(t);
}

int transaction_build(Transaction *t, Graph *g, const JobQuestions *q, JobType type, Unit *u, JobMode mode,
                      Report *report) {
        JobType asked;
        int r;

        *t = (Transaction){ .graph = g, .questions = q, .report = report, .mode = mode };
        ENSURE(u->graph == g && (unsigned)type < JOB_TYPE_MAX && (unsigned)mode < JOB_MODE_MAX, -EINVAL);

        asked = type;
        type = job_type_collapse(type, u, q);
        r = check_request(t, asked, type, u);
        if (r != 0 || type == JOB_NOP)
                return r;
        r = plan(t, type, u);
        if (r != 0)
                return r;

        transaction_drop_unreached(t);
        transaction_mark_matters(t);
        if (mode == JOB_FAIL)
                transaction_minimize_impact(t);
        transaction_drop_redundant(t);
        r = transaction_merge_jobs(t);
        if (r != 0)
                return r;
        transaction_drop_redundant(t);
        r = transaction_break_cycles(t);
        if (r != 0)
                return r;
        if (mode != JOB_ISOLATE)
                transaction_drop_unreached(t);
        return transaction_check_installed(t);
}

void transaction_release(Transaction *t) {
        for (size_t i = 0; i < t->n_jobs; i++)
                t->jobs[i].unit->planned = 0;
        free(t->jobs);
        free(t->links);
        free(t->work);
        *t = (Transaction){ 0 };
}

int graph_enqueue(Graph *g, const JobQuestions *q, JobType type, Unit *u, JobMode mode, Report *explanation,
                  Job **ret, size_t *affected) {
        Transaction t;
        Job *job = NULL;
        size_t n = 0;
        int r;

        r = transaction_build(&t, g, q, type, u, mode, explanation);
        if (r == 0 && t.n_jobs > 0)
                r = transaction_install(&t, &job, &n);
        transaction_release(&t);
        if (r != 0)
                return r;
        if (ret)
                *ret = job;
        if (affected)
                *affected = n;
        return 0;
}
