/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The services with what they use and how they are: what `svctl list` prints
 * once and `svctl monit` again and again. One call to svinit each time.
 *
 *      services.c      reading; sums of sets, rates between two looks
 *      list-services.c svctl list
 *      monit.c         svctl monit: its state, keys and the log
 *      monit-view.c    what its screen shows
 */

#include "ctl/core/ctl.h"

typedef struct ServiceRow {                             /* UINT64_MAX: unknown */
        char *name, *active, *sub, *status, *result;    /* owned */
        uint32_t n_instances, n_running, pid, restarts; /* of a set: how many, and how many of them run */
        usec_t since;                                   /* svinit's, monotonic; 0: unknown */
        uint64_t cpu_nsec, memory, tasks;
        double cpu;       /* percent of one CPU; below 0: unknown */
        bool is_instance; /* of a set that is there */
} ServiceRow;

typedef struct ServiceLook {
        usec_t time; /* svinit's, monotonic */
        ServiceRow *v;
        size_t n, capacity;
} ServiceLook;

typedef enum ServiceSort {
        SERVICES_BY_NAME, /* instances below their set, by number */
        SERVICES_BY_CPU,
        SERVICES_BY_MEMORY,
        SERVICES_BY_RESTARTS,
        SERVICE_SORT_MAX,
} ServiceSort;
const char *service_sort_to_string(ServiceSort s);

/* names: as typed, or globs; all: those that are down as well. The exit code; what fails is said. */
int services_read(Ctl *c, char *const *names, bool all, ServiceLook *ret);
void services_rates(ServiceLook *now, const ServiceLook *before);
void services_sort(ServiceLook *l, ServiceSort sort, bool reverse);
void services_release(ServiceLook *l);
const char *service_state(const ServiceRow *r,
                          char text[64]); /* "running", "3 of 4 running", "failed (exit-code)" */
void service_age(const ServiceRow *r, usec_t now, char text[32]); /* "3d", "5min"; "" when it is not up */
