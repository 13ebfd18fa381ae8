/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/calendar.h"

#include "conf/civil.h"

#include <errno.h>
#include <limits.h>

static const int least[] = { CALENDAR_YEAR_MIN, 1, 1, 0, 0, 0 };
static const int most[] = { CALENDAR_YEAR_MAX, 12, 31, 23, 59, 60 * (int)USEC_PER_SEC - 1 };
_Static_assert(ELEMENTSOF(least) == CIVIL_PART_MAX && ELEMENTSOF(most) == CIVIL_PART_MAX, "a bound per part");

static const CalendarField *field_of(const CalendarSpec *c, CivilPart part) {
        switch (part) {
        case CIVIL_YEAR:
                return &c->year;
        case CIVIL_MONTH:
                return &c->month;
        case CIVIL_DAY:
                return &c->day;
        case CIVIL_HOUR:
                return &c->hour;
        case CIVIL_MINUTE:
                return &c->minute;
        default:
                return &c->second;
        }
}

/* The first value that is not below `from`; INT_MAX when there is none. */
static int component_next(const CalendarComponent *c, int from) {
        int64_t v;

        if (from <= c->start)
                return c->start;
        if (c->repeat == 0)
                return INT_MAX;
        v = c->start + ((int64_t)from - c->start + c->repeat - 1) / c->repeat * c->repeat;
        return (c->stop >= 0 && v > c->stop) || v > INT_MAX ? INT_MAX : (int)v;
}

/* Days counted from the end as days of this month. A repetition still goes upwards, as in "~07/1", the last week. */
static CalendarComponent component_in_month(const CalendarComponent *c, int days) {
        int first = days + 1 - (c->stop >= 0 ? c->stop : c->start);

        return (CalendarComponent){ first, c->stop >= 0 ? days + 1 - c->start : -1, c->repeat };
}

static int any_next(CivilPart part, int from) {
        int second = (int)USEC_PER_SEC;

        return part == CIVIL_USEC ? (from + second - 1) / second * second : from;
}

/* The first value of that part from the one in t on; -1 when the part above it has to move. */
static int part_next(const CalendarSpec *c, CivilPart part, const Civil *t) {
        const CalendarField *f = field_of(c, part);
        int from = MAX(t->v[part], least[part]), v = f->n == 0 ? any_next(part, from) : INT_MAX;
        int days = part == CIVIL_DAY ? civil_days_in_month(t) : 0;

        for (size_t i = 0; i < f->n; i++) {
                CalendarComponent k = f->v[i];

                if (part == CIVIL_DAY && c->end_of_month)
                        k = component_in_month(&k, days);
                v = MIN(v, component_next(&k, from));
        }
        return v > (part == CIVIL_DAY ? days : most[part]) ? -1 : v;
}

static void reset_below(Civil *t, CivilPart part) {
        for (CivilPart p = part + 1; p < CIVIL_PART_MAX; p++)
                t->v[p] = least[p];
}

static void move_on(Civil *t, CivilPart part) {
        t->v[part]++;
        reset_below(t, part);
}

/* Moves t forward to the first civil time that matches; it stays when it does. False: there is none any more. */
static bool civil_match(const CalendarSpec *c, Civil *t) {
        CivilPart part = CIVIL_YEAR;

        while (part < CIVIL_PART_MAX) {
                int v = part_next(c, part, t);

                if (v < 0) {
                        if (part == CIVIL_YEAR)
                                return false;
                        move_on(t, --part);
                        part = CIVIL_YEAR;
                        continue;
                }
                if (v > t->v[part]) {
                        t->v[part] = v;
                        reset_below(t, part);
                }
                if (part == CIVIL_DAY && c->weekdays && !(c->weekdays & 1u << civil_weekday(t))) {
                        move_on(t, CIVIL_DAY);
                        part = CIVIL_YEAR;
                        continue;
                }
                part++;
        }
        return true;
}

/*
 * The first instant after `after` at which clocks show t; false when there is
 * none, because the clock was moved over it or shows it in the other half of
 * the year. The offsets a day before and after are all that can hold at t.
 */
static bool civil_to_instant(const CalendarSpec *c, const Zone *zone, const Civil *t, usec_t after,
                             usec_t *ret) {
        int64_t shown = civil_seconds(t);
        int64_t a = zone_at(zone, shown - 86400)->offset, b = zone_at(zone, shown + 86400)->offset;
        const int64_t candidates[] = { shown - MAX(a, b), shown - MIN(a, b) };

        for (size_t i = 0; i < ELEMENTSOF(candidates); i++) {
                const ZoneKind *kind = zone_at(zone, candidates[i]);
                usec_t when;

                if (candidates[i] < 0 || candidates[i] + kind->offset != shown)
                        continue;
                if (c->zone_kind == (kind->dst ? CALENDAR_LOCAL_STANDARD : CALENDAR_LOCAL_SUMMER))
                        continue;
                when = (usec_t)candidates[i] * USEC_PER_SEC + (usec_t)t->v[CIVIL_USEC] % USEC_PER_SEC;
                if (when > after) {
                        *ret = when;
                        return true;
                }
        }
        return false;
}

/* False: a zone that nobody knows. */
static bool find_zone(const CalendarSpec *c, const Zones *zones, const Zone **ret) {
        *ret = NULL;
        if (c->zone_kind == CALENDAR_UTC)
                return true;
        if (zones)
                *ret = zones->find(c->zone_kind == CALENDAR_NAMED ? c->zone : NULL, zones->userdata);
        return *ret || c->zone_kind != CALENDAR_NAMED;
}

int calendar_next(const CalendarSpec *c, const Zones *zones, usec_t after, usec_t *ret) {
        usec_t from = usec_add(after, 1);
        const Zone *zone;
        int64_t seconds;
        Civil t;

        if (from / USEC_PER_SEC > (usec_t)INT64_MAX / 4 || !find_zone(c, zones, &zone))
                return -ENOENT;
        seconds = (int64_t)(from / USEC_PER_SEC);
        civil_from_seconds(seconds + zone_at(zone, seconds)->offset, (int)(from % USEC_PER_SEC), &t);

        while (civil_match(c, &t)) {
                if (civil_to_instant(c, zone, &t, after, ret))
                        return 0;
                /* What the clock skips, or shows in the other half of the year, are whole minutes. */
                move_on(&t, CIVIL_MINUTE);
        }
        return -ENOENT;
}
