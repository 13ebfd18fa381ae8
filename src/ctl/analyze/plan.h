/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What one request would take along, from the manager that runs or, without one, from the files. */

#include "ctl/core/ctl.h"

typedef struct Step {
        char *unit, *type;        /* owned */
        char *because, *relation; /* owned: whose job asks for it, by which of its properties; "" */
        char **after;             /* owned */
        int required, in_queue, idle;
} Step;

typedef struct Steps {
        Step *v;
        size_t n, capacity;
        char **notes; /* owned: sentences */
        char *error;  /* owned; as D-Bus errors end; "": it can be */
} Steps;

void steps_release(Steps *p);
int steps_add(Steps *p, const char *unit, const char *type, const char *because, const char *relation,
              Step **ret); /* copies; the rest is zero */

/* As if nothing were active yet. 0, or negative with a sentence on stderr. */
int plan_offline(Ctl *c, const char *unit, const char *job, Steps *ret);
