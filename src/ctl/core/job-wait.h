/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Waiting for the end of jobs. What failed is explained as it ends
 * (job-explain.c); on a terminal a line tells what is waited for and why
 * (job-progress.c).
 */

#include "ctl/core/ctl.h"

typedef struct JobsWait {
        Ctl *ctl;
        char **jobs; /* paths that have not ended; owned */
        int exit;
        const char *verb;
        sd_bus_slot *slot;
        usec_t begin; /* CLOCK_MONOTONIC */
        usec_t begin_realtime;
        bool has_line; /* of progress */
} JobsWait;

/* From then on no end of a job is missed. Negative: no memory, or no connection. */
int jobs_wait_begin(Ctl *c, const char *verb, JobsWait *ret);
int jobs_wait_add(JobsWait *w, const char *job_path);
int jobs_wait(JobsWait *w); /* for all; the exit code */
void jobs_wait_release(JobsWait *w);

/* What went wrong with a job of this unit: in one sentence, with the unit's last lines, and where to look further. */
void job_explain(Ctl *c, const char *unit, const char *result, const char *verb,
                 usec_t begin); /* CLOCK_REALTIME: when the waiting began */

bool progress_is_wanted(const Ctl *c);
size_t progress_width(const Ctl *c); /* of a line on that terminal */
void progress_show(JobsWait *w, usec_t now);
void progress_clear(JobsWait *w);

/* The last lines that a unit has written itself, once what svinit says of its end is in the journal as well. */
int ctl_log_tail(Ctl *c, const char *unit, usec_t not_before, unsigned lines, Buf *b);

/* --wait: until none of the units is up any more, or about to be. The exit code: has one failed? */
int units_wait_end(Ctl *c, char *const *units);
int boot_wait_end(Ctl *c); /* until the boot is over. 0, or negative with a sentence on stderr */
