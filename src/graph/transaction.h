/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * A transaction: the jobs that one request needs, planned, checked, and then
 * installed in one go. graph_enqueue() is build and install; who only wants to
 * know what would happen builds, reads `jobs` and releases.
 *
 *      plan: the anchor and, step by step, what each planned job pulls in
 *      prune: what would change nothing, and what only that asked for
 *      merge: one job for each unit, contradictions decided
 *      order: cycles broken
 *      check: nothing irreversible is in the way
 *
 * Who asked for what is kept as links between planned jobs. A link matters
 * when the job that asks cannot be without the one asked for; a job matters
 * when such links lead to it from the anchor. Only jobs that do not matter are
 * ever dropped to make a transaction possible.
 *
 * Jobs and links stand in arrays and are named by index; a job that is dropped
 * stays there with `dropped` set. All walks are loops: a chain of ten thousand
 * units costs no stack. Between build and release no unit may be loaded.
 */

#include "graph/job.h"

#define PLANNED_NONE UINT32_MAX

typedef struct PlannedJob {
        Unit *unit;
        JobType type;
        uint32_t next_of_unit;         /* another planned job of the same unit */
        uint32_t requests, requesters; /* heads of the lists of links */
        uint32_t n_requesters;
        uint32_t chain;      /* scratch: a list of jobs in the middle of an operation */
        int outcome;         /* > 0: it cannot be, see EnqueueOutcome ... */
        const Unit *culprit; /* ... because of this unit */
        bool matters;
        bool looked_at; /* its dependencies are planned */
        bool chained, dropped;
} PlannedJob;

typedef struct PlannedLink {
        uint32_t subject, object; /* who asks for whom */
        uint32_t next_of_subject, next_of_object;
        bool matters, conflict, cut; /* conflict: a stop, because of Conflicts= */
} PlannedLink;

typedef struct Transaction {
        Graph *graph;
        const JobQuestions *questions;
        Report *report; /* may be NULL */
        JobMode mode;
        PlannedJob *jobs; /* the first is the anchor; without one there is nothing to do */
        size_t n_jobs, jobs_capacity;
        PlannedLink *links;
        size_t n_links, links_capacity;
        uint32_t *work; /* jobs whose dependencies are to be looked at, first come first served */
        size_t n_work, work_done, work_capacity;
} Transaction;

int transaction_build(Transaction *t, Graph *g, const JobQuestions *q, JobType type, Unit *u, JobMode mode,
                      Report *report);
int transaction_install(Transaction *t, Job **ret, size_t *affected);
void transaction_release(Transaction *t);

/* The parts of transaction_build(). */
PlannedJob *planned_of_unit(const Transaction *t, const Unit *u); /* the first that is not dropped; NULL */
PlannedJob *planned_next(const Transaction *t, const PlannedJob *j);
void transaction_drop(Transaction *t, PlannedJob *j, bool with_requesters); /* and what only it asked for */
void transaction_drop_unreached(Transaction *t); /* what no chain of links connects to the anchor */
void transaction_mark_matters(Transaction *t);
void transaction_minimize_impact(Transaction *t); /* JOB_FAIL: nothing that does not matter may disturb */
void transaction_drop_redundant(Transaction *t);
int transaction_merge_jobs(Transaction *t);            /* 0 or an outcome */
int transaction_break_cycles(Transaction *t);          /* 0, an outcome, -ENOMEM */
int transaction_check_installed(const Transaction *t); /* 0 or an outcome */
