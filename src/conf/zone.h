/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Time zones as values: what a file of the zone database (RFC 9636, "TZif") or
 * a POSIX rule such as "CET-1CEST,M3.5.0,M10.5.0/3" says about the offset of
 * local time at an instant. Nothing is opened here; Zones is how somebody who
 * may open files hands zones down to those who may not.
 *
 * Leap seconds ("right/...") are not counted.
 */

#include "base/time.h"

#define ZONE_ABBREVIATION_MAX 15

typedef struct ZoneKind {
        int offset; /* seconds to add to UTC */
        bool dst;
        char abbreviation[ZONE_ABBREVIATION_MAX + 1]; /* "CET" */
} ZoneKind;

/* A day of the year and the second of it, local time, at which clocks change. */
typedef struct ZoneChange {
        enum {
                ZONE_JULIAN,
                ZONE_DAY,
                ZONE_WEEKDAY
        } form; /* J1..365 without leap day; 0..365; Mm.w.d */
        int day, month, week;
        int seconds; /* may be negative or more than a day */
} ZoneChange;

typedef struct ZoneRule {
        ZoneKind standard, summer;
        bool has_summer;
        ZoneChange begin, end; /* of summer time */
} ZoneRule;

typedef struct Zone {
        int64_t *changes;   /* owned: instants, ascending */
        uint8_t *change_to; /* owned: for each, the index of its kind */
        ZoneKind *kinds;    /* owned */
        size_t n_changes, n_kinds;
        bool has_rule; /* behind the last change */
        ZoneRule rule;
} Zone;

int zone_parse_file(const char *data, size_t n, Zone *ret); /* 0, -EBADMSG, -ENOMEM */
int zone_parse_rule(const char *text, Zone *ret);           /* 0, -EINVAL */
void zone_release(Zone *z);
/* What holds at that instant; NULL is UTC. Borrowed from the zone. */
const ZoneKind *zone_at(const Zone *z, int64_t seconds);
/* The abbreviations in use, tzname[]; "" when there is none. */
const char *zone_abbreviation(const Zone *z, bool dst);
/* May this be the name of a zone? Letters, digits and -_+ between single slashes. */
bool zone_name_is_valid(const char *name);

typedef struct Zones {
        /* name NULL: the local zone. NULL: there is no such zone (locally: UTC). Borrowed until the next call. */
        const Zone *(*find)(const char *name, void *userdata);
        void *userdata;
} Zones;
