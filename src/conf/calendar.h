/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Calendar events, systemd.time(7) "CALENDAR EVENTS": parsed, printed in
 * normal form, and the next elapse after an instant. The time zone database
 * is reached through the C library (mktime, TZ is not changed here: UTC and
 * the local zone are supported, a named zone is -EOPNOTSUPP for now).
 */

#include "base/time.h"

typedef struct CalendarComponent {
        int start, stop, repeat; /* stop -1: none; repeat 0: none; seconds in microseconds */
} CalendarComponent;

typedef struct CalendarField {
        CalendarComponent *v; /* owned; empty: any */
        size_t n;
} CalendarField;

typedef struct CalendarSpec {
        unsigned weekdays; /* bit 0 Monday ... bit 6 Sunday; 0: any */
        bool utc, end_of_month;
        CalendarField year, month, day, hour, minute, second;
} CalendarSpec;

int calendar_parse(const char *text, CalendarSpec *ret); /* 0, -EINVAL, -EOPNOTSUPP, -ENOMEM */
void calendar_release(CalendarSpec *c);
void calendar_format(const CalendarSpec *c, Buf *b);
int calendar_next(const CalendarSpec *c, usec_t after, usec_t *ret); /* first elapse > after, real time; -ENOENT: never again */
