/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The units in memory, as the verbs that list choose them: by --type=, --state=, --failed, --all and patterns. */

#include "ctl/core/table.h"

typedef struct ListedUnit {
        const char *id, *description, *load, *active, *sub, *path, *job_type; /* borrowed from the reply */
} ListedUnit;

typedef struct ListedUnits {
        sd_bus_message *reply;
        ListedUnit *v;
        size_t n;
} ListedUnits;

/* suffix: only units of this type, such as ".timer"; NULL: all. What fails is said. 0 or negative. */
int listed_units_read(Ctl *c, const char *suffix, char *const *patterns, ListedUnits *ret);
void listed_units_release(ListedUnits *l);
bool ctl_words_asked(const Ctl *c); /* and printed */
/* The last line of a list, "3 timers listed.", for people. */
void ctl_print_count(const Ctl *c, size_t n, const char *what);
