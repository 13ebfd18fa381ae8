/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * A transaction in an order in which its jobs can be done, each with the
 * reason why it is there and the jobs that must end before. For people: made
 * from a transaction that was built and is not going to be installed.
 */

#include "graph/transaction.h"

typedef struct PlanStep {
        Unit *unit;
        JobType type;            /* merged with the job that the unit has already, if any */
        const Unit *because;     /* whose job asked for this one; NULL: the request itself */
        JobType because_type;    /* of that job */
        DependencyKind relation; /* by which, as seen from `because`; DEP_MAX: by the job mode alone */
        bool required;           /* the job that asked cannot be without it */
        bool in_queue;           /* the unit has such a job already */
        bool idle;               /* the unit is in the state that the job leads to */
        Unit **after;            /* owned: of the plan or in the queue, with jobs that end first */
        size_t n_after;
} PlanStep;

typedef struct Plan {
        PlanStep *v; /* owned */
        size_t n;
} Plan;

int transaction_explain(const Transaction *t, Plan *ret); /* 0 or -ENOMEM */
void plan_release(Plan *p);
