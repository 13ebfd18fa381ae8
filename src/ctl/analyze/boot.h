/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * When the units of this boot began, were up, and went: what analyze blame,
 * critical-chain and plot tell. Instants are microseconds after the start of
 * svinit; 0 is what has not happened.
 *
 *      boot_read() -> units in the order in which they began -> boot_release()
 */

#include "ctl/analyze/relations.h"

typedef struct BootUnit {
        const Relative *relative; /* borrowed from the Boot */
        const char *id;           /* its id */
        usec_t activating, activated, deactivating, deactivated;
        usec_t took; /* from its start until it was up or, having done its work, down */
        bool failed, critical;
} BootUnit;

typedef struct Boot {
        Relations relations; /* owned */
        usec_t start;        /* CLOCK_MONOTONIC: what all instants count from */
        usec_t started_at;   /* CLOCK_REALTIME */
        usec_t finish;
        usec_t generators_start, generators_finish, load_start, load_finish;
        char *target; /* owned; what is booted */
        BootUnit *units;
        size_t n;
} Boot;

/* An exit code; what fails is said, also that the boot is not over. */
int boot_read(Ctl *c, Boot *ret);
void boot_release(Boot *b);

BootUnit *boot_find(const Boot *b, const char *id); /* NULL: it has no part in it */
usec_t boot_unit_end(const BootUnit *u);            /* when what comes after it could begin; 0: never */
/* The units that it waited for, from the one that held it up on; an array for the caller. 0 or -ENOMEM. */
int boot_predecessors(const Boot *b, const BootUnit *u, usec_t fuzz, BootUnit ***ret, size_t *ret_n);
