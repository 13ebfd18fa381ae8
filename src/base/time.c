/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/time.h"

#include <errno.h>

typedef struct TimeUnit {
        const char *name;
        usec_t usec;
} TimeUnit;

/* "M" is a month and "m" a minute: the names are compared with their case. */
static const TimeUnit units[] = {
        { "seconds", USEC_PER_SEC },
        { "second", USEC_PER_SEC },
        { "sec", USEC_PER_SEC },
        { "s", USEC_PER_SEC },
        { "minutes", USEC_PER_MINUTE },
        { "minute", USEC_PER_MINUTE },
        { "min", USEC_PER_MINUTE },
        { "m", USEC_PER_MINUTE },
        { "months", USEC_PER_MONTH },
        { "month", USEC_PER_MONTH },
        { "M", USEC_PER_MONTH },
        { "msec", USEC_PER_MSEC },
        { "ms", USEC_PER_MSEC },
        { "hours", USEC_PER_HOUR },
        { "hour", USEC_PER_HOUR },
        { "hr", USEC_PER_HOUR },
        { "h", USEC_PER_HOUR },
        { "days", USEC_PER_DAY },
        { "day", USEC_PER_DAY },
        { "d", USEC_PER_DAY },
        { "weeks", USEC_PER_WEEK },
        { "week", USEC_PER_WEEK },
        { "w", USEC_PER_WEEK },
        { "years", USEC_PER_YEAR },
        { "year", USEC_PER_YEAR },
        { "y", USEC_PER_YEAR },
        { "usec", 1 },
        { "us", 1 },
        { "\u00b5s", 1 }, /* MICRO SIGN */
        { "\u03bcs", 1 }, /* GREEK SMALL LETTER MU */
};

static const char blanks[] = " \t\n\r";

static bool is_digit(char c) {
        return c >= '0' && c <= '9';
}

/* The unit at the head of s, the longest that fits ("min" before "m"). No unit at all leaves *ret as it is. */
static const char *take_unit(const char *s, usec_t *ret) {
        const TimeUnit *best = NULL;

        for (size_t i = 0; i < ELEMENTSOF(units); i++)
                if (str_starts_with(s, units[i].name) &&
                    (!best || strlen(units[i].name) > strlen(best->name)))
                        best = &units[i];
        if (!best)
                return s;
        *ret = best->usec;
        return s + strlen(best->name);
}

/* The digits behind a point, in microseconds of that unit; what is smaller than one is cut off. */
static usec_t fraction_of(const char *digits, usec_t unit) {
        usec_t sum = 0;

        for (unit /= 10; is_digit(*digits) && unit > 0; digits++, unit /= 10)
                sum += (usec_t)(*digits - '0') * unit;
        return sum;
}

/* One "NUMBER[.NUMBER] [UNIT]"; a number may begin with the point. Errors in the order in which systemd finds them. */
static int take_term(const char **p, usec_t default_unit, usec_t *sum) {
        const char *s = *p, *fraction = NULL, *end;
        usec_t whole = 0, unit = default_unit;

        if (*s == '-')
                return -ERANGE;
        s += *s == '+';
        if (!is_digit(*s) && (*s != '.' || s > *p))
                return -EINVAL;
        for (; is_digit(*s); s++) {
                usec_t digit = (usec_t)(*s - '0');

                if (whole > (INT64_MAX - digit) / 10)
                        return -ERANGE;
                whole = whole * 10 + digit;
        }
        if (*s == '.') {
                fraction = ++s;
                s += strspn(s, "0123456789");
        }

        end = s + strspn(s, blanks);
        *p = take_unit(end, &unit);
        if (*p == s && **p != 0) /* "12.34.56": neither a blank nor a unit between two numbers */
                return -EINVAL;
        if (whole >= USEC_INFINITY / unit)
                return -ERANGE;
        *sum = usec_add(*sum, usec_add(whole * unit, fraction ? fraction_of(fraction, unit) : 0));
        if (*sum == USEC_INFINITY)
                return -ERANGE;
        return fraction && !is_digit(*fraction) ? -EINVAL : 0;
}

int timespan_parse(const char *s, usec_t default_unit, usec_t *ret) {
        const char *after;
        usec_t sum = 0;
        int r;

        s += strspn(s, blanks);
        after = str_after(s, "infinity");
        if (after) {
                if (after[strspn(after, blanks)] != 0)
                        return -EINVAL;
                *ret = USEC_INFINITY;
                return 0;
        }
        if (*s == 0)
                return -EINVAL;
        while (*s) {
                r = take_term(&s, default_unit, &sum);
                if (r < 0)
                        return r;
                s += strspn(s, blanks);
        }
        *ret = sum;
        return 0;
}

/* Below a minute a rest of several units is written with a point, "1.500000s", as systemctl shows it. */
static bool add_pointed(usec_t t, const TimeUnit *unit, bool fine, Buf *b) {
        usec_t rest = t % unit->usec;

        if (t >= USEC_PER_MINUTE || rest == 0)
                return false;
        buf_addf(b, "%llu.%0*llu%s", (unsigned long long)(t / unit->usec),
                 unit->usec == USEC_PER_SEC && fine ? 6 : 3,
                 (unsigned long long)(unit->usec == USEC_PER_SEC && !fine ? rest / USEC_PER_MSEC : rest),
                 unit->name);
        return true;
}

static void format_span(usec_t t, bool fine, Buf *b) {
        static const TimeUnit shown[] = {
                { "y", USEC_PER_YEAR }, { "month", USEC_PER_MONTH }, { "w", USEC_PER_WEEK },
                { "d", USEC_PER_DAY },  { "h", USEC_PER_HOUR },      { "min", USEC_PER_MINUTE },
                { "s", USEC_PER_SEC },  { "ms", USEC_PER_MSEC },     { "us", 1 },
        };
        const char *separator = "";

        if (t == USEC_INFINITY || t == 0) {
                buf_add(b, t == 0 ? "0" : "infinity");
                return;
        }
        for (size_t i = 0; i < ELEMENTSOF(shown) && t > 0; i++) {
                if (t < shown[i].usec)
                        continue;
                buf_add(b, separator);
                separator = " ";
                if (add_pointed(t, &shown[i], fine, b))
                        return;
                buf_addf(b, "%llu%s", (unsigned long long)(t / shown[i].usec), shown[i].name);
                t %= shown[i].usec;
        }
}

void timespan_format(usec_t t, Buf *b) {
        format_span(t, true, b);
}

void timespan_format_rounded(usec_t t, Buf *b) {
        format_span(t == USEC_INFINITY || t < USEC_PER_MSEC ? t : t / USEC_PER_MSEC * USEC_PER_MSEC, false,
                    b);
}
