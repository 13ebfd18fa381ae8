/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What an instance tells of itself: metrics, and actions that can be triggered.
 * It does so on its channel, as @pm2/io has it, or by sd_notify(3):
 * X_METRIC_name=value and X_ACTIONS=name name.
 */

#include "base/text.h"

#include <jansson.h>

#define FIGURES_MAX 256 /* of each kind; more are not remembered */
#define FIGURE_LENGTH 64

typedef struct Figure {
        char name[FIGURE_LENGTH], value[FIGURE_LENGTH], unit[16];
} Figure;

typedef struct Figures {
        Figure *metrics; /* owned */
        size_t n_metrics;
        char **actions; /* owned */
} Figures;

void figures_release(Figures *f);
void figures_take_monitor(Figures *f, const json_t *message); /* axm:monitor */
void figures_take_action(Figures *f, const json_t *message);  /* axm:action */
void figures_take_told(Figures *f, const char *line);         /* X_METRIC_name=value, X_ACTIONS=... */
bool figures_have_action(const Figures *f, const char *name);
void figures_describe(const Figures *f, Buf *b); /* lines, as CLIENT_FIGURES has them */
/* Into a line of fields: cut at the end of dst, without control characters. */
void figure_copy(char *dst, size_t size, const char *text);
