/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What svctl metrics knows of the services, and the forms in which it says so:
 * OpenMetrics' text (metrics-text.c) and JSON (metrics-json.c).
 */

#include "ctl/apps/apps.h"

typedef struct UnitMetrics {
        char *unit, *active; /* owned */
        PropertyList service, own;
        char *figures; /* owned: lines as CLIENT_FIGURES has them; NULL: it told none */
} UnitMetrics;

typedef struct Metrics {
        UnitMetrics *v;
        size_t n;
} Metrics;

/* One line of figures: fields that are not there are "". */
typedef struct FigureLine {
        const char *kind, *field[3]; /* kind: sent, received, open, dropped: ..., metric, action */
} FigureLine;

typedef void (*FigureFunction)(const FigureLine *l, void *userdata);
void figures_each(const char *figures, FigureFunction f, void *userdata);

typedef struct UnitCounter {
        const char *property, *name, *unit, *help;
        double scale; /* what one of the property is in that unit */
        bool counts;  /* it only grows */
        bool of_some; /* 0 is that of units which are not of that kind: left out */
} UnitCounter;
extern const UnitCounter unit_counters[]; /* ended by a row without a property */

uint64_t unit_metrics_number(const UnitMetrics *u, const char *property); /* UINT64_MAX: not told */

void metrics_text(const Metrics *m, Buf *b);
void metrics_json(const Metrics *m, Buf *b);
/* One request of HTTP on stdin, its answer on stdout: for Accept=yes. */
bool metrics_http_asks(Buf *answer); /* false: `answer` is all there is to say */
void metrics_http_answer(const Buf *body, Buf *answer);
