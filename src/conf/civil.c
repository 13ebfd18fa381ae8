/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/civil.h"

#include <limits.h>

#define DAY_SECONDS ((int64_t)86400)
#define ERA_DAYS 146097 /* 400 years */

const char *const weekday_names[7] = {
        "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday",
};

static bool is_leap_year(int64_t year) {
        return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

int civil_days_in_month(const Civil *t) {
        static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
        int month = t->v[CIVIL_MONTH];

        return days[month - 1] + (month == 2 && is_leap_year(t->v[CIVIL_YEAR]));
}

/*
 * Days since 1970-01-01. Years are counted from March, so that the leap day is
 * the last of its year, and from year 0 on in eras of 400 years.
 */
static int64_t days_from_civil(int64_t year, int month, int day) {
        int64_t y = month > 2 ? year : year - 1;
        int64_t era = (y >= 0 ? y : y - 399) / 400, of_era = y - era * 400;
        int64_t of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;

        return era * ERA_DAYS + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static int64_t civil_days(const Civil *t) {
        return days_from_civil(t->v[CIVIL_YEAR], t->v[CIVIL_MONTH], t->v[CIVIL_DAY]);
}

int civil_weekday(const Civil *t) {
        /* The first of January 1970 was a Thursday. */
        return (int)(((civil_days(t) + 3) % 7 + 7) % 7);
}

int64_t civil_seconds(const Civil *t) {
        return civil_days(t) * DAY_SECONDS + t->v[CIVIL_HOUR] * 3600 + t->v[CIVIL_MINUTE] * 60 +
               t->v[CIVIL_USEC] / (int)USEC_PER_SEC;
}

void civil_from_seconds(int64_t seconds, int usec, Civil *ret) {
        int64_t days = seconds / DAY_SECONDS - (seconds % DAY_SECONDS < 0), z = days + 719468;
        int64_t rest = seconds - days * DAY_SECONDS;
        int64_t era = (z >= 0 ? z : z - (ERA_DAYS - 1)) / ERA_DAYS, of_era = z - era * ERA_DAYS;
        int64_t year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / (ERA_DAYS - 1)) / 365;
        int64_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        int month_of_year = (int)((5 * of_year + 2) / 153);
        int month = month_of_year < 10 ? month_of_year + 3 : month_of_year - 9;
        int64_t year = era * 400 + year_of_era + (month <= 2);

        *ret = (Civil){ {
                [CIVIL_YEAR] = (int)MIN(year, (int64_t)INT_MAX),
                [CIVIL_MONTH] = month,
                [CIVIL_DAY] = (int)(of_year - (153 * month_of_year + 2) / 5 + 1),
                [CIVIL_HOUR] = (int)(rest / 3600),
                [CIVIL_MINUTE] = (int)(rest / 60 % 60),
                [CIVIL_USEC] = (int)(rest % 60) * (int)USEC_PER_SEC + usec,
        } };
}
