/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Units and what they refer to, asked for over the bus as it is needed and
 * only once.
 */

#include "ctl/core/ctl.h"

#ifndef HASH_NONFATAL_OOM
#define HASH_NONFATAL_OOM 1
#endif
#include <uthash.h>

typedef struct Relative {
        char *id;                /* owned */
        PropertyList properties; /* of the Unit interface */
        UT_hash_handle hh;
} Relative;

typedef struct Relations {
        Ctl *ctl;
        Relative *units; /* hash; owned */
} Relations;

int relations_find(Relations *r, const char *unit, const Relative **ret); /* 0 or a negative errno */
int relative_names(const Relative *u, const char *property, char ***ret); /* adds to the list */
void relations_release(Relations *r);
