/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "graph/job.h"

#define WORDS(type, name, max, ...)                                                                          \
        static const char *const name##_words[max] = { __VA_ARGS__ };                                        \
        const char *name##_to_string(type v) {                                                               \
                return (unsigned)v < (unsigned)(max) ? name##_words[v] : NULL;                               \
        }

WORDS(LoadState, load_state, LOAD_STATE_MAX, [LOAD_STUB] = "stub", [LOAD_LOADED] = "loaded",
      [LOAD_NOT_FOUND] = "not-found", [LOAD_BAD_SETTING] = "bad-setting", [LOAD_ERROR] = "error",
      [LOAD_MERGED] = "merged", [LOAD_MASKED] = "masked")

WORDS(ActiveState, active_state, ACTIVE_STATE_MAX, [ACTIVE] = "active", [RELOADING] = "reloading",
      [INACTIVE] = "inactive", [FAILED] = "failed", [ACTIVATING] = "activating",
      [DEACTIVATING] = "deactivating", [MAINTENANCE] = "maintenance")

WORDS(JobType, job_type, JOB_TYPE_MAX, [JOB_START] = "start", [JOB_VERIFY_ACTIVE] = "verify-active",
      [JOB_STOP] = "stop", [JOB_RELOAD] = "reload", [JOB_RESTART] = "restart", [JOB_NOP] = "nop",
      [JOB_TRY_RESTART] = "try-restart", [JOB_TRY_RELOAD] = "try-reload",
      [JOB_RELOAD_OR_START] = "reload-or-start", [JOB_RELOAD_OR_RESTART] = "reload-or-restart",
      [JOB_RELOAD_OR_TRY_RESTART] = "reload-or-try-restart")

WORDS(JobState, job_state, JOB_STATE_MAX, [JOB_WAITING] = "waiting", [JOB_RUNNING] = "running")

WORDS(JobResult, job_result, JOB_RESULT_MAX, [JOB_DONE] = "done", [JOB_CANCELED] = "canceled",
      [JOB_TIMEOUT] = "timeout", [JOB_FAILED] = "failed", [JOB_DEPENDENCY] = "dependency",
      [JOB_SKIPPED] = "skipped", [JOB_INVALID] = "invalid", [JOB_ASSERT] = "assert",
      [JOB_UNSUPPORTED] = "unsupported", [JOB_COLLECTED] = "collected", [JOB_ONCE] = "once")

WORDS(EnqueueOutcome, enqueue_outcome,
      ENQUEUE_OUTCOME_MAX, [ENQUEUE_NOT_FOUND] = "NoSuchUnit", [ENQUEUE_MASKED] = "UnitMasked",
      [ENQUEUE_LOAD_FAILED] = "LoadFailed", [ENQUEUE_BAD_SETTING] = "BadUnitSetting",
      [ENQUEUE_CYCLIC] = "TransactionOrderIsCyclic", [ENQUEUE_CONFLICTING] = "TransactionJobsConflicting",
      [ENQUEUE_DESTRUCTIVE] = "TransactionIsDestructive", [ENQUEUE_NOT_APPLICABLE] = "JobTypeNotApplicable",
      [ENQUEUE_ONLY_BY_DEPENDENCY] = "OnlyByDependency", [ENQUEUE_NO_ISOLATION] = "NoIsolation",
      [ENQUEUE_SHUTTING_DOWN] = "ShuttingDown")

static int find(const char *const *words, int n, const char *s) {
        for (int i = 0; s && i < n; i++)
                if (words[i] && strcmp(words[i], s) == 0)
                        return i;
        return -1;
}

int job_type_from_string(const char *s) {
        return find(job_type_words, JOB_TYPE_MAX, s);
}
