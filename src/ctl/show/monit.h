/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * svctl monit: the services with their figures above, the log of the chosen
 * one below, on one screen. monit.c looks, follows the log and hears the keys;
 * monit-log.c keeps the lines; monit-view.c draws, and knows neither.
 */

#include "ctl/core/live.h"
#include "ctl/show/services.h"

#include <systemd/sd-journal.h>

#define MONIT_LINES_MAX 2000

/* The last lines of a unit's log, each as it stands on the screen. */
typedef struct MonitLog {
        sd_journal *j; /* owned; NULL: there is none */
        char *unit;    /* owned; whose */
        unsigned width;
        char **lines; /* owned, a ring */
        size_t n, first;
        size_t back; /* so many lines up from the end */
} MonitLog;

/* Another unit or width: it is read anew. What there is of it comes with the next read. */
int monit_log_open(MonitLog *g, Ctl *c, const char *unit, unsigned width);
int monit_log_read(MonitLog *g, Ctl *c);                        /* what has come; 1: something has */
const char *monit_log_line(const MonitLog *g, size_t from_end); /* NULL: there are no more */
void monit_log_release(MonitLog *g);

typedef struct MonitView {
        const ServiceLook *look;
        const MonitLog *log;
        size_t chosen, top; /* rows: the chosen one, and the first that is shown */
        unsigned width, height;
        bool color;
        const char *host, *question, *message; /* of the last line; NULL: the keys */
} MonitView;

unsigned monit_rows(const MonitView *v);  /* of services that fit */
unsigned monit_lines(const MonitView *v); /* of the log */
void monit_draw(const MonitView *v, Buf *b);
