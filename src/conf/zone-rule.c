/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/zone-rule.h"

#include "conf/civil.h"

static bool is_letter(char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(char c) {
        return c >= '0' && c <= '9';
}

static bool take_number(const char **p, int most, int *ret) {
        int v = 0;

        if (!is_digit(**p))
                return false;
        for (; is_digit(**p) && v <= most; (*p)++)
                v = v * 10 + (**p - '0');
        *ret = v;
        return v <= most;
}

/* "CET", or between angles what is not made of letters alone: "<+0330>". */
static bool take_abbreviation(const char **p, char ret[ZONE_ABBREVIATION_MAX + 1]) {
        bool quoted = **p == '<';
        const char *s = *p + quoted;
        size_t n = 0;

        while (is_letter(s[n]) || (quoted && (is_digit(s[n]) || s[n] == '+' || s[n] == '-')))
                n++;
        if (n < 3 || n > ZONE_ABBREVIATION_MAX || (quoted && s[n] != '>'))
                return false;
        memcpy(ret, s, n);
        ret[n] = 0;
        *p = s + n + quoted;
        return true;
}

/* [+-]HOURS[:MINUTES[:SECONDS]] in seconds. */
static bool take_time(const char **p, int most_hours, int *ret) {
        int part[3] = { 0 }, sign = **p == '-' ? -1 : 1;

        *p += **p == '-' || **p == '+';
        for (int i = 0; i < 3; i++) {
                if (i > 0 && **p != ':')
                        break;
                *p += i > 0;
                if (!take_number(p, i == 0 ? most_hours : 59, &part[i]))
                        return false;
        }
        *ret = sign * (part[0] * 3600 + part[1] * 60 + part[2]);
        return true;
}

static bool take_change(const char **p, ZoneChange *ret) {
        ZoneChange c = { .form = ZONE_DAY, .seconds = 2 * 3600 };

        if (**p == 'M') {
                c.form = ZONE_WEEKDAY;
                (*p)++;
                if (!take_number(p, 12, &c.month) || c.month == 0 || *(*p)++ != '.')
                        return false;
                if (!take_number(p, 5, &c.week) || c.week == 0 || *(*p)++ != '.')
                        return false;
                if (!take_number(p, 6, &c.day))
                        return false;
        } else {
                if (**p == 'J')
                        c.form = ZONE_JULIAN;
                *p += **p == 'J';
                if (!take_number(p, 365, &c.day) || (c.form == ZONE_JULIAN && c.day == 0))
                        return false;
        }
        if (**p == '/') {
                (*p)++;
                if (!take_time(p, 167, &c.seconds))
                        return false;
        }
        *ret = c;
        return true;
}

/* STANDARD OFFSET [SUMMER [OFFSET] [,BEGIN,END]]; offsets count westward. */
bool zone_rule_parse(const char *text, ZoneRule *ret) {
        /* What the C library takes when only the names are given: the rule of the United States. */
        static const ZoneChange usual_begin = { ZONE_WEEKDAY, 0, 3, 2, 2 * 3600 },
                                usual_end = { ZONE_WEEKDAY, 0, 11, 1, 2 * 3600 };
        ZoneRule r = { .begin = usual_begin, .end = usual_end };
        const char *p = text;

        if (!take_abbreviation(&p, r.standard.abbreviation) || !take_time(&p, 24, &r.standard.offset))
                return false;
        r.standard.offset = -r.standard.offset;
        r.summer.dst = r.has_summer = *p != 0;
        if (r.has_summer) {
                if (!take_abbreviation(&p, r.summer.abbreviation))
                        return false;
                r.summer.offset = r.standard.offset + 3600;
                if (*p && *p != ',') {
                        if (!take_time(&p, 24, &r.summer.offset))
                                return false;
                        r.summer.offset = -r.summer.offset;
                }
                if (*p == ',') {
                        p++;
                        if (!take_change(&p, &r.begin) || *p++ != ',' || !take_change(&p, &r.end))
                                return false;
                }
        }
        if (*p)
                return false;
        *ret = r;
        return true;
}

static bool is_leap_year(int year) {
        return civil_days_in_month(&(Civil){ { year, 2, 1, 0, 0, 0 } }) == 29;
}

/* The second of that change in the year, on the clock that shows `offset`. */
static int64_t change_in_year(const ZoneChange *c, int year, int offset) {
        Civil day = { { year, 1, 1, 0, 0, 0 } };
        int64_t extra = c->day;

        if (c->form == ZONE_JULIAN)
                extra = c->day - 1 + (c->day >= 60 && is_leap_year(year));
        else if (c->form == ZONE_WEEKDAY) {
                int first;

                day.v[CIVIL_MONTH] = c->month;
                first = (c->day + 6 - civil_weekday(&day)) % 7; /* rules count from Sunday */
                extra = first + 7 * (c->week - 1);
                while (extra >= civil_days_in_month(&day))
                        extra -= 7; /* the fifth is the last */
        }
        return civil_seconds(&day) + extra * 86400 + c->seconds - offset;
}

const ZoneKind *zone_rule_at(const ZoneRule *r, int64_t seconds) {
        int64_t begin, end;
        bool summer;
        Civil t;

        if (!r->has_summer)
                return &r->standard;
        civil_from_seconds(seconds + r->standard.offset, 0, &t);
        begin = change_in_year(&r->begin, t.v[CIVIL_YEAR], r->standard.offset);
        end = change_in_year(&r->end, t.v[CIVIL_YEAR], r->summer.offset);
        /* In the south the year begins in summer. */
        summer = begin < end ? seconds >= begin && seconds < end : seconds >= begin || seconds < end;
        return summer ? &r->summer : &r->standard;
}
