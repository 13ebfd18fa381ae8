/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Jobs: one wanted change of one unit, waiting for its turn.
 *
 *      waiting -> running -> done (with a result), then gone
 *
 * A job becomes runnable when no other installed job must come first (After=,
 * Before=; a stop comes before a start that is ordered either way). Each job
 * counts what it still waits for, so finishing a job costs the number of its
 * neighbours. The graph decides; the manager takes runnable jobs from
 * graph_next_runnable(), makes them happen and tells the graph about state
 * changes with graph_unit_changed(), which ends jobs and answers with what has
 * to be enqueued next.
 */

#include "base/time.h"
#include "graph/unit.h"

typedef enum JobType {
        JOB_START,
        JOB_VERIFY_ACTIVE,
        JOB_STOP,
        JOB_RELOAD,
        JOB_RESTART,
        JOB_NOP,
        /* only in requests; collapsed by the state of the unit when installed */
        JOB_TRY_RESTART,
        JOB_TRY_RELOAD,
        JOB_RELOAD_OR_START,
        JOB_RELOAD_OR_RESTART,
        JOB_RELOAD_OR_TRY_RESTART,
        JOB_TYPE_MAX,
        JOB_TYPE_INVALID = -1,
} JobType;
const char *job_type_to_string(JobType t);
int job_type_from_string(const char *s);

typedef enum JobState {
        JOB_WAITING,
        JOB_RUNNING,
        JOB_STATE_MAX
} JobState;
const char *job_state_to_string(JobState s);

typedef enum JobResult {
        JOB_DONE,
        JOB_CANCELED,
        JOB_TIMEOUT,
        JOB_FAILED,
        JOB_DEPENDENCY,
        JOB_SKIPPED,
        JOB_INVALID,
        JOB_ASSERT,
        JOB_UNSUPPORTED,
        JOB_COLLECTED,
        JOB_ONCE,
        JOB_RESULT_MAX,
} JobResult;
const char *job_result_to_string(JobResult r); /* the words of JobRemoved */

struct Job {
        uint32_t id; /* from 1; 0 is "no job" */
        JobType type;
        JobState state;
        JobResult result; /* valid in the job_removed hook */
        Unit *unit;
        unsigned n_blockers; /* installed jobs that must end first */
        unsigned n_below;    /* graph_measure_chains() */
        unsigned n_unmeasured;
        Job *measured_next;
        bool irreversible, ignore_order, in_run_queue,
                restart_stopped; /* restart_stopped: JOB_RESTART has become a start */
        bool postponed;          /* waits for a change of its unit */
        bool ending;             /* on the list of jobs that graph_job_finish() is about to end */
        bool already; /* the unit was there before it ran; set by the manager: no news for the log */
        usec_t begin; /* monotonic, when it began to run; set by the manager; 0 */
        Job *run_next, *run_prev;
        void *client;      /* the bus's; who asked for it */
        void *timer;       /* the manager's */
        UT_hash_handle hh; /* by id */
};

/* What it does now, and what clients are told: the second half of a restart is a start. */
static inline JobType job_effective_type(const Job *j) {
        return j->type == JOB_RESTART && j->restart_stopped ? JOB_START : j->type;
}

/* What a transaction may answer besides negative errno. Table in bus/ maps them to D-Bus errors. */
typedef enum EnqueueOutcome {
        ENQUEUE_OK = 0,
        ENQUEUE_NOT_FOUND = 1,      /* NoSuchUnit */
        ENQUEUE_MASKED,             /* UnitMasked */
        ENQUEUE_LOAD_FAILED,        /* LoadFailed */
        ENQUEUE_BAD_SETTING,        /* BadUnitSetting */
        ENQUEUE_CYCLIC,             /* TransactionOrderIsCyclic */
        ENQUEUE_CONFLICTING,        /* TransactionJobsConflicting */
        ENQUEUE_DESTRUCTIVE,        /* TransactionIsDestructive */
        ENQUEUE_NOT_APPLICABLE,     /* JobTypeNotApplicable: reload of what cannot reload */
        ENQUEUE_ONLY_BY_DEPENDENCY, /* RefuseManualStart=/Stop= */
        ENQUEUE_NO_ISOLATION,       /* AllowIsolate=no */
        ENQUEUE_SHUTTING_DOWN,
        ENQUEUE_OUTCOME_MAX,
} EnqueueOutcome;

const char *enqueue_outcome_to_string(EnqueueOutcome o); /* as systemd's D-Bus errors end; NULL for 0 */

/* Answers about a unit that only the manager knows. */
typedef struct JobQuestions {
        bool (*can_reload)(const Unit *u, void *userdata);
        bool (*can_stop)(const Unit *u, void *userdata);
        void *userdata;
        bool manual; /* a person asks: RefuseManualStart= and RefuseManualStop= count */
} JobQuestions;

/* The types of two jobs of one unit as one; JOB_TYPE_INVALID: they contradict each other. Not for request-only types. */
JobType job_type_merge(JobType a, JobType b, const Unit *u);

/*
 * Builds, checks and installs the transaction for one request: pulls in
 * requirements, merges jobs of one unit, drops what is needless or not
 * required when it breaks a cycle or conflict, refuses what cannot be. Never
 * a partial installation. `explanation` (may be NULL) gets sentences: the
 * cycle in order, what was deleted to break it, the unit that is missing.
 * All units reachable must be loaded before (see Graph). Returns 0 and the
 * anchor job (NULL when nothing has to be done), an EnqueueOutcome, or a
 * negative errno. affected (may be NULL) counts the jobs that were installed.
 *
 * A missing or masked unit fails the transaction when it is required, and is
 * passed over when it is only wanted. JOB_ISOLATE is for JOB_START and
 * JOB_TRIGGERING for JOB_STOP only (-EINVAL). q may be NULL, and so may its
 * members: every unit can reload and stop then.
 */
int graph_enqueue(Graph *g, const JobQuestions *q, JobType type, Unit *u, JobMode mode, Report *explanation,
                  Job **ret, size_t *affected);

Job *graph_next_runnable(Graph *g);       /* the next job that may run now, taken off the run queue; NULL */
void graph_job_running(Graph *g, Job *j); /* the manager has begun it */
void graph_job_postpone(Graph *g,
                        Job *j); /* back to waiting, runnable again after the next change of its unit */
Job *graph_find_job(const Graph *g, uint32_t id);

/* What the graph asks the manager to enqueue in answer to something. */
typedef struct JobRequest {
        JobType type;
        Unit *unit;
        JobMode mode;
        const char *reason; /* static: "OnFailure= of the failed unit" */
        Unit *because;
} JobRequest;
typedef struct JobRequests {
        JobRequest *v;
        size_t n, capacity;
        unsigned n_lost; /* requests that memory did not suffice for */
} JobRequests;
void job_requests_release(JobRequests *r);

/*
 * Ends a job: its result spreads (a failed start fails what Requires= it with
 * JOB_DEPENDENCY, ...), waiting neighbours get unblocked, hooks run.
 * A JOB_RESTART that ends with JOB_DONE while the unit went down turns into a start.
 */
void graph_job_finish(Graph *g, Job *j, JobResult result, JobRequests *ret);
/*
 * For after a change of edges under installed jobs, that is after a reload:
 * where jobs have come to wait for each other in a circle, one is ended with
 * JOB_CANCELED, and the report tells which circle it was. 0 or -ENOMEM.
 */
int graph_break_job_cycles(Graph *g, Report *report, JobRequests *ret);
int graph_job_cancel(Graph *g, uint32_t id, JobRequests *ret); /* -ENOENT */

typedef enum ChangeFlags {
        CHANGE_WILL_RESTART = 1, /* down, but Restart= brings it back: OnFailure= waits */
        CHANGE_RELOAD_FAILED = 2,
        CHANGE_SKIPPED = 4, /* down because of ExecCondition=: no failure */
        CHANGE_ANSWERED =
                8, /* the machine has just been given the job's own event: even an unchanged state answers it */
        CHANGE_FOLLOWS = 16, /* up because others are: nothing else is started for it */
} ChangeFlags;
/*
 * The unit's active state is now `state`. Ends the job that this fulfils or
 * fails (a running start that finds its unit as down as before has merely not
 * begun, unless CHANGE_ANSWERED says that this is how it ended); asks for what
 * follows: BindsTo=, Upholds=, OnFailure=, OnSuccess=, StopWhenUnneeded=, and
 * for changes without a job retroactive starts and stops. PartOf= follows jobs
 * only.
 */
void graph_unit_changed(Graph *g, Unit *u, ActiveState state, unsigned flags, JobRequests *ret);
/*
 * For each installed job: how many stops that take time, one after the other,
 * wait for it, in the longest such chain. Costs all jobs and their edges once.
 * Jobs that wait for each other in a circle count nothing.
 */
void graph_measure_chains(Graph *g, bool (*takes_time)(const Unit *u, void *userdata), void *userdata);
/* For list-jobs --after/--before: which installed jobs does j wait for (before=false: which wait for it)? */
int job_ordering(const Job *j, bool waits_for, Job ***ret, size_t *n);
