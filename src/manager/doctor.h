/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What this place allows svinit, for `svctl doctor`: facts, each with its
 * value here and what follows from it; and the units whose identity or secrecy
 * cannot be had, which therefore do not run, or do not run as they were meant.
 */

#include "manager/manager.h"

typedef enum FactLevel {
        FACT_FULL,    /* all that svinit can make use of */
        FACT_LIMITED, /* something is left out, or done in another way */
        FACT_MISSING,
        FACT_LEVEL_MAX,
} FactLevel;
const char *fact_level_to_string(FactLevel l); /* full limited missing */

typedef struct Fact {
        const char *name; /* "control groups" */
        FactLevel level;
        char *value;         /* owned */
        const char *meaning; /* a sentence or two */
} Fact;

typedef struct Facts {
        Fact *v; /* owned */
        size_t n, capacity;
} Facts;

int manager_facts(Manager *m, Facts *ret); /* 0, -ENOMEM; to be released in both cases */
void facts_release(Facts *f);

/* Called for each unit with the setting (or the exit code's name) and the reason. */
typedef int (*RefusalVisitor)(const Unit *u, const char *key, const char *reason, void *userdata);
int manager_visit_refusals(const Manager *m, RefusalVisitor visit, void *userdata);
