/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the types of jobs are to each other and to the state of a unit. */

#include "graph/graph.h"

#define N_TYPES (JOB_RESTART + 1) /* those that can be installed */
#define CONTRADICTION JOB_TYPE_INVALID

_Static_assert(JOB_START == 0 && N_TYPES == 5, "the table below has a row for each type of an installed job");

/* Symmetric. JOB_RELOAD_OR_START is then collapsed by the state. */
static const JobType merged[N_TYPES][N_TYPES] = {
        /* clang-format off */
        [JOB_START] = {
                [JOB_START] = JOB_START,
                [JOB_VERIFY_ACTIVE] = JOB_START,
                [JOB_STOP] = CONTRADICTION,
                [JOB_RELOAD] = JOB_RELOAD_OR_START,
                [JOB_RESTART] = JOB_RESTART,
        },
        [JOB_VERIFY_ACTIVE] = {
                [JOB_START] = JOB_START,
                [JOB_VERIFY_ACTIVE] = JOB_VERIFY_ACTIVE,
                [JOB_STOP] = CONTRADICTION,
                [JOB_RELOAD] = JOB_RELOAD,
                [JOB_RESTART] = JOB_RESTART,
        },
        [JOB_STOP] = {
                [JOB_START] = CONTRADICTION,
                [JOB_VERIFY_ACTIVE] = CONTRADICTION,
                [JOB_STOP] = JOB_STOP,
                [JOB_RELOAD] = CONTRADICTION,
                [JOB_RESTART] = CONTRADICTION,
        },
        [JOB_RELOAD] = {
                [JOB_START] = JOB_RELOAD_OR_START,
                [JOB_VERIFY_ACTIVE] = JOB_RELOAD,
                [JOB_STOP] = CONTRADICTION,
                [JOB_RELOAD] = JOB_RELOAD,
                [JOB_RESTART] = JOB_RESTART,
        },
        [JOB_RESTART] = {
                [JOB_START] = JOB_RESTART,
                [JOB_VERIFY_ACTIVE] = JOB_RESTART,
                [JOB_STOP] = CONTRADICTION,
                [JOB_RELOAD] = JOB_RESTART,
                [JOB_RESTART] = JOB_RESTART,
        },
        /* clang-format on */
};

static bool is_installable(JobType t) {
        return (unsigned)t < N_TYPES;
}

JobType job_type_merge(JobType a, JobType b, const Unit *u) {
        ENSURE(is_installable(a) && is_installable(b), JOB_TYPE_INVALID);

        if (merged[a][b] == JOB_RELOAD_OR_START) /* a start that has not come to its end will read all anew */
                return active_state_is_up(u->active) ? JOB_RELOAD : JOB_START;
        return merged[a][b];
}

bool job_type_conflicts(JobType a, JobType b) {
        ENSURE(is_installable(a) && is_installable(b), true);
        return merged[a][b] == CONTRADICTION;
}

bool job_type_is_redundant(JobType t, const Unit *u) {
        switch (t) {
        case JOB_START:
        case JOB_VERIFY_ACTIVE:
                return active_state_is_up(u->active);
        case JOB_STOP:
                return unit_is_down(u);
        default: /* a reload and a restart always do something */
                return false;
        }
}

static bool can_reload(const Unit *u, const JobQuestions *q) {
        return !q || !q->can_reload || q->can_reload(u, q->userdata);
}

JobType job_type_collapse(JobType t, const Unit *u, const JobQuestions *q) {
        bool gone = unit_is_down(u) || u->active == DEACTIVATING;

        if (t == JOB_RELOAD_OR_RESTART)
                t = can_reload(u, q) ? JOB_RELOAD_OR_START : JOB_RESTART;
        else if (t == JOB_RELOAD_OR_TRY_RESTART)
                t = can_reload(u, q) ? JOB_TRY_RELOAD : JOB_TRY_RESTART;

        switch (t) {
        case JOB_TRY_RESTART:
                return gone ? JOB_NOP : JOB_RESTART;
        case JOB_TRY_RELOAD:
                return gone ? JOB_NOP : JOB_RELOAD;
        case JOB_RELOAD_OR_START:
                return gone ? JOB_START : JOB_RELOAD;
        default:
                return t;
        }
}
