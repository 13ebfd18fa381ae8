/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Date and time as a calendar and a clock show them, for the years in which
 * calendar events are searched. No zone: what stands here may be UTC or local.
 */

#include "base/time.h"

typedef enum CivilPart {
        CIVIL_YEAR,
        CIVIL_MONTH, /* 1..12 */
        CIVIL_DAY,   /* 1..31 */
        CIVIL_HOUR,
        CIVIL_MINUTE,
        CIVIL_USEC, /* seconds in microseconds; no leap seconds */
        CIVIL_PART_MAX,
} CivilPart;

typedef struct Civil {
        int v[CIVIL_PART_MAX];
} Civil;

extern const char *const weekday_names[7]; /* Monday first */

int civil_days_in_month(const Civil *t);
int civil_weekday(const Civil *t);     /* 0 Monday ... 6 Sunday */
int64_t civil_seconds(const Civil *t); /* since 1970, as if it were UTC; microseconds are left out */
void civil_from_seconds(int64_t seconds, int usec, Civil *ret);
