/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/core/timestamp.h"

#include "conf/civil.h"
#include "conf/zone.h"

#include <ctype.h>
#include <errno.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

/* Blanks and a number of at most `digits` digits, as strptime() reads it. */
static bool take_number(const char **p, int digits, int least, int most, int *ret) {
        const char *s = *p + strspn(*p, " ");
        int v = 0;

        if (!isdigit((unsigned char)*s))
                return false;
        for (int i = 0; i < digits && isdigit((unsigned char)*s) && (i == 0 || v * 10 <= most); i++)
                v = v * 10 + (*s++ - '0');
        if (v < least || v > most)
                return false;
        *ret = v;
        *p = s;
        return true;
}

static bool take_char(const char **p, char c) {
        if (**p != c)
                return false;
        (*p)++;
        return true;
}

/* [YEAR-MONTH-DAY]; the year has two digits or four. */
static bool take_date(const char **p, int year_digits, struct tm *tm) {
        int year, month;

        if (!take_number(p, year_digits, 0, year_digits == 2 ? 99 : 9999, &year) || !take_char(p, '-') ||
            !take_number(p, 2, 1, 12, &month) || !take_char(p, '-') ||
            !take_number(p, 2, 1, 31, &tm->tm_mday))
                return false;
        if (year_digits == 2)
                year += year < 69 ? 2000 : 1900;
        tm->tm_year = year - 1900;
        tm->tm_mon = month - 1;
        return true;
}

static bool take_clock(const char **p, struct tm *tm, usec_t *ret_fraction) {
        usec_t unit = 100000;
        int half = 0;

        tm->tm_sec = 0;
        if (!take_number(p, 2, 0, 23, &tm->tm_hour) || !take_char(p, ':') ||
            !take_number(p, 2, 0, 59, &tm->tm_min))
                return false;
        if (!take_char(p, ':'))
                return true;
        if (!take_number(p, 2, 0, 61, &tm->tm_sec))
                return false;
        if (!take_char(p, '.'))
                return true;
        if (!isdigit((unsigned char)**p))
                return false;
        for (; isdigit((unsigned char)**p); (*p)++, unit /= 10) {
                if (unit == 0 && !half)
                        half = **p >= '5' ? 2 : 1; /* the seventh digit decides the rounding */
                *ret_fraction += (usec_t)(**p - '0') * unit;
        }
        *ret_fraction += half == 2;
        return true;
}

/* The forms in which a date, a time or both are written. */
static bool read_form(const char *s, int year_digits, bool clock, struct tm *tm, usec_t *ret_fraction) {
        *ret_fraction = 0;
        if (year_digits > 0 && !take_date(&s, year_digits, tm))
                return false;
        if (!clock)
                tm->tm_hour = tm->tm_min = tm->tm_sec = 0;
        else {
                if (year_digits > 0)
                        s += strspn(s, " \t\n\v\f\r");
                if (!take_clock(&s, tm, ret_fraction))
                        return false;
        }
        return *s == 0;
}

static bool read_any_form(const char *s, struct tm *tm, usec_t *ret_fraction) {
        static const struct {
                int year_digits;
                bool clock;
        } forms[] = { { 2, true }, { 4, true }, { 2, false }, { 4, false }, { 0, true } };

        for (size_t i = 0; i < ELEMENTSOF(forms); i++) {
                struct tm copy = *tm;

                if (read_form(s, forms[i].year_digits, forms[i].clock, &copy, ret_fraction)) {
                        *tm = copy;
                        return true;
                }
        }
        return false;
}

/* "Mon " or "Monday " at *p: 0 Sunday ... 6; -1. */
static int take_weekday(const char **p) {
        for (int i = 0; i < 7; i++) {
                const char *name = weekday_names[i];
                size_t n = strlen(name);

                if (strncasecmp(*p, name, n) != 0 || (*p)[n] != ' ')
                        n = 3;
                if (strncasecmp(*p, name, n) == 0 && (*p)[n] == ' ') {
                        *p += n + 1;
                        return (i + 1) % 7;
                }
        }
        return -1;
}

static int weekday_of(const struct tm *tm) {
        const Civil day = { { tm->tm_year + 1900, tm->tm_mon + 1, 1, 0, 0, 0 } };

        return (civil_weekday(&day) + tm->tm_mday) % 7; /* the first is a day after the zeroth, Monday a 1 */
}

/* now, +SPAN, -SPAN, SPAN ago, SPAN left, @SECONDS. 1: none of these. */
static int parse_relative(const char *text, usec_t now, usec_t *ret) {
        char *copy auto_free = strdup(text);
        bool back = false;
        usec_t span;
        int r;

        if (!copy)
                return -ENOMEM;
        if (str_equal(text, "now")) {
                *ret = now;
                return 0;
        }
        if (*text == '@')
                return timespan_parse(text + 1, USEC_PER_SEC, ret);
        if (*text == '+' || *text == '-') {
                back = *text == '-';
                r = timespan_parse(text + 1, USEC_PER_SEC, &span);
        } else if (str_ends_with(text, " ago") || str_ends_with(text, " left")) {
                back = str_ends_with(text, " ago");
                *strrchr(copy, ' ') = 0;
                r = timespan_parse(copy, USEC_PER_SEC, &span);
        } else
                return 1;
        if (r < 0)
                return r;
        if (back ? span > now : usec_add(now, span) > TIMESTAMP_MAX)
                return -EINVAL;
        *ret = back ? now - span : now + span;
        return 0;
}

/* A date or time of the zone that `zone` says: "UTC", an abbreviation of the local one (dst 0 or 1), or just local. */
static int parse_civil(const char *text, usec_t now, bool utc, int dst, usec_t *ret) {
        time_t seconds = (time_t)(now / USEC_PER_SEC);
        usec_t fraction = 0;
        int weekday;
        struct tm tm;

        if (!(utc ? gmtime_r(&seconds, &tm) : localtime_r(&seconds, &tm)))
                return -EINVAL;
        tm.tm_isdst = dst;
        if (str_equal(text, "today") || str_equal(text, "yesterday") || str_equal(text, "tomorrow")) {
                tm.tm_mday += *text == 'y' ? -1 : text[2] == 'm' ? 1 : 0;
                tm.tm_hour = tm.tm_min = tm.tm_sec = 0;
        } else {
                weekday = take_weekday(&text);
                if (!read_any_form(text, &tm, &fraction))
                        return -EINVAL;
                if (weekday >= 0 && weekday_of(&tm) != weekday)
                        return -EINVAL;
        }
        seconds = utc ? timegm(&tm) : mktime(&tm);
        if (seconds < 0)
                return -EINVAL;
        *ret = (usec_t)seconds * USEC_PER_SEC + fraction;
        return 0;
}

/* In another zone: $TZ is changed and put back. */
static int parse_in_zone(const char *text, const char *zone, usec_t now, usec_t *ret) {
        const char *old = getenv("TZ");
        char *saved auto_free = old ? strdup(old) : NULL, *value auto_free = NULL;
        int r;

        if ((old && !saved) || str_printf(&value, ":%s", zone) < 0 || setenv("TZ", value, 1) < 0)
                return -ENOMEM;
        tzset();
        r = parse_civil(text, now, false, -1, ret);
        if (saved)
                (void)setenv("TZ", saved, 1);
        else
                (void)unsetenv("TZ");
        tzset();
        return r;
}

static bool zone_exists(const char *name) {
        char *path auto_free = NULL;

        return zone_name_is_valid(name) && str_printf(&path, "/usr/share/zoneinfo/%s", name) >= 0 &&
               access(path, R_OK) >= 0;
}

static int parse_with_zone(const char *text, usec_t now, usec_t *ret) {
        char *copy auto_free = strdup(text), *blank;
        const char *zone;

        if (!copy)
                return -ENOMEM;
        blank = strrchr(copy, ' ');
        if (!blank)
                return parse_civil(text, now, false, -1, ret);
        *blank = 0;
        zone = blank + 1;
        tzset();
        if (strcasecmp(zone, "UTC") == 0)
                return parse_civil(copy, now, true, -1, ret);
        for (int dst = 0; dst < 2; dst++)
                if (!str_is_empty(tzname[dst]) && strcasecmp(zone, tzname[dst]) == 0)
                        return parse_civil(copy, now, false, dst, ret);
        if (zone_exists(zone))
                return parse_in_zone(copy, zone, now, ret);
        return parse_civil(text, now, false, -1, ret);
}

int timestamp_parse(const char *text, usec_t now, usec_t *ret) {
        usec_t t = 0;
        int r = parse_relative(text, now, &t);

        if (r > 0)
                r = parse_with_zone(text, now, &t);
        if (r < 0)
                return r;
        if (t > TIMESTAMP_MAX && *text != '@')
                return -EINVAL;
        *ret = t;
        return 0;
}

bool timestamp_is_utc_here(void) {
        tzset();
        return timezone == 0 && daylight == 0;
}

static void format(usec_t t, bool utc, bool fraction, Buf *b) {
        time_t seconds = (time_t)(t / USEC_PER_SEC);
        struct tm tm;

        if (t == 0 || t == USEC_INFINITY) {
                buf_add(b, "-");
                return;
        }
        if (t > TIMESTAMP_MAX || !(utc ? gmtime_r(&seconds, &tm) : localtime_r(&seconds, &tm))) {
                buf_add(b, "--- XXXX-XX-XX XX:XX:XX");
                return;
        }
        buf_addf(b, "%.3s %04d-%02d-%02d %02d:%02d:%02d", weekday_names[(tm.tm_wday + 6) % 7],
                 tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
        if (fraction)
                buf_addf(b, ".%06u", (unsigned)(t % USEC_PER_SEC));
        buf_addf(b, " %s", utc ? "UTC" : tm.tm_zone);
}

void timestamp_format(usec_t t, bool utc, Buf *b) {
        format(t, utc, false, b);
}

void timestamp_format_usec(usec_t t, bool utc, Buf *b) {
        format(t, utc, true, b);
}

void timestamp_format_relative(usec_t t, usec_t now, Buf *b) {
        /* From that distance on: how often the first unit fits, and how often the second into the rest. */
        static const struct {
                usec_t from, unit, rest;
                const char *name, *names, *rest_name, *rest_names;
        } rows[] = {
                { USEC_PER_YEAR, USEC_PER_YEAR, USEC_PER_MONTH, " year", " years", " month", " months" },
                { USEC_PER_MONTH, USEC_PER_MONTH, USEC_PER_DAY, " month", " months", " day", " days" },
                { USEC_PER_WEEK, USEC_PER_WEEK, USEC_PER_DAY, " week", " weeks", " day", " days" },
                { 2 * USEC_PER_DAY, USEC_PER_DAY, 0, " day", " days", NULL, NULL },
                { 25 * USEC_PER_HOUR, USEC_PER_DAY, USEC_PER_HOUR, " day", " day", "h", "h" },
                { 6 * USEC_PER_HOUR, USEC_PER_HOUR, 0, "h", "h", NULL, NULL },
                { USEC_PER_HOUR, USEC_PER_HOUR, USEC_PER_MINUTE, "h", "h", "min", "min" },
                { 5 * USEC_PER_MINUTE, USEC_PER_MINUTE, 0, "min", "min", NULL, NULL },
                { USEC_PER_MINUTE, USEC_PER_MINUTE, USEC_PER_SEC, "min", "min", "s", "s" },
                { USEC_PER_SEC, USEC_PER_SEC, 0, "s", "s", NULL, NULL },
                { USEC_PER_MSEC, USEC_PER_MSEC, 0, "ms", "ms", NULL, NULL },
                { 1, 1, 0, "us", "us", NULL, NULL },
        };
        usec_t distance = t > now ? t - now : now - t;

        if (t == 0 || t == USEC_INFINITY) {
                buf_add(b, "-");
                return;
        }
        for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
                unsigned long long n, rest;

                if (distance < rows[i].from)
                        continue;
                n = distance / rows[i].unit;
                buf_addf(b, "%llu%s", n, n == 1 ? rows[i].name : rows[i].names);
                if (rows[i].rest > 0) {
                        rest = distance % rows[i].unit / rows[i].rest;
                        buf_addf(b, " %llu%s", rest, rest == 1 ? rows[i].rest_name : rows[i].rest_names);
                }
                buf_add(b, t > now ? " left" : " ago");
                return;
        }
        buf_add(b, "now");
}
