/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Calendar events, systemd.time(7) "CALENDAR EVENTS": parsed, printed in
 * normal form, and the next elapse after an instant.
 *
 * The time zone database is reached through the C library, and TZ is not
 * changed here: UTC and the local zone are supported, a named zone is
 * -EOPNOTSUPP. Where the local clock is moved, an event behaves as under
 * systemd: a time that the clock skips does not elapse, and one that it shows
 * twice elapses the first time that is asked for.
 */

#include "base/time.h"

#define CALENDAR_YEAR_MIN 1970
#define CALENDAR_YEAR_MAX 2199      /* no elapse is searched beyond it */
#define CALENDAR_COMPONENTS_MAX 240 /* in one field */

typedef struct CalendarComponent {
        int start, stop, repeat; /* stop -1: none; repeat 0: none; seconds in microseconds */
} CalendarComponent;

typedef struct CalendarField {
        CalendarComponent *v; /* owned, sorted; empty: any (of seconds: any whole one) */
        size_t n;
} CalendarField;

typedef struct CalendarSpec {
        unsigned weekdays; /* bit 0 Monday ... bit 6 Sunday; 0: any */
        bool utc;
        bool end_of_month; /* days count from the end: 1 is the last */
        CalendarField year, month, day, hour, minute, second;
} CalendarSpec;

int calendar_parse(const char *text, CalendarSpec *ret); /* 0, -EINVAL, -EOPNOTSUPP, -ENOMEM */
void calendar_release(CalendarSpec *c);
void calendar_format(const CalendarSpec *c, Buf *b);
int calendar_next(const CalendarSpec *c, usec_t after,
                  usec_t *ret); /* first elapse > after, real time; -ENOENT: never again */
