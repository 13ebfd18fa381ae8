/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

/* Waiting for the end of jobs; what failed is explained as it ends. */

#include "ctl/core/ctl.h"

typedef struct JobsWait {
        Ctl *ctl;
        char **jobs; /* paths that have not ended; owned */
        int exit;
        const char *verb;
        sd_bus_slot *slot;
} JobsWait;

/* From then on no end of a job is missed. Negative: no memory, or no connection. */
int jobs_wait_begin(Ctl *c, const char *verb, JobsWait *ret);
int jobs_wait_add(JobsWait *w, const char *job_path);
int jobs_wait(JobsWait *w); /* for all; the exit code */
void jobs_wait_release(JobsWait *w);
