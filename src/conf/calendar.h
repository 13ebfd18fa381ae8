/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Calendar events, systemd.time(7) "CALENDAR EVENTS": parsed, printed in
 * normal form, and the next elapse after an instant.
 *
 * Times are of the local zone, of UTC or of a named zone ("10:00
 * Europe/Berlin"); Zones says what those are. Behind an abbreviation of the
 * local zone ("10:00 CEST") an event only elapses while that is in use. Where
 * the clock is moved, an event behaves as under systemd: a time that the clock
 * skips does not elapse, and one that it shows twice elapses the first time
 * that is asked for.
 */

#include "conf/zone.h"

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

typedef enum CalendarZone {
        CALENDAR_LOCAL,
        CALENDAR_LOCAL_STANDARD, /* while the local zone has its standard time; `zone` is the abbreviation */
        CALENDAR_LOCAL_SUMMER,
        CALENDAR_UTC,
        CALENDAR_NAMED,
} CalendarZone;

typedef struct CalendarSpec {
        unsigned weekdays; /* bit 0 Monday ... bit 6 Sunday; 0: any */
        CalendarZone zone_kind;
        char *zone;        /* owned; NULL */
        bool end_of_month; /* days count from the end: 1 is the last */
        CalendarField year, month, day, hour, minute, second;
} CalendarSpec;

/* Without zones every name that may be one is taken, and no abbreviation. 0, -EINVAL, -ERANGE (a number), -ENOMEM. */
int calendar_parse(const char *text, const Zones *zones, CalendarSpec *ret);
void calendar_release(CalendarSpec *c);
void calendar_format(const CalendarSpec *c, Buf *b);
/* First elapse > after, real time; -ENOENT: never again. Without zones the local one is UTC, and others never elapse. */
int calendar_next(const CalendarSpec *c, const Zones *zones, usec_t after, usec_t *ret);
