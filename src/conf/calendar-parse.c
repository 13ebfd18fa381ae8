/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/calendar.h"

#include "conf/civil.h"

#include <errno.h>
#include <limits.h>
#include <strings.h>

#define USEC_SECOND ((int)USEC_PER_SEC)

static bool is_digit(char c) {
        return c >= '0' && c <= '9';
}

static bool is_one_of(char c, const char *set) {
        return c != 0 && strchr(set, c) != NULL;
}

static bool ends_word(char c) {
        return c == 0 || c == ' ';
}

void calendar_release(CalendarSpec *c) {
        CalendarField *fields[] = { &c->year, &c->month, &c->day, &c->hour, &c->minute, &c->second };

        for (size_t i = 0; i < ELEMENTSOF(fields); i++)
                free(fields[i]->v);
        free(c->zone);
        *c = (CalendarSpec){ 0 };
}

/* The digits behind the point in microseconds; the seventh decides the rounding. */
static int take_fraction(const char **p, int64_t *ret) {
        int64_t v = 0, unit = 100000;
        const char *s = *p;

        if (!is_digit(*s))
                return -EINVAL;
        for (; is_digit(*s) && unit > 0; s++, unit /= 10)
                v += (*s - '0') * unit;
        if (is_digit(*s) && *s >= '5')
                v++;
        *p = s + strspn(s, "0123456789");
        *ret = v;
        return 0;
}

/* A whole number, of seconds one with a fraction. ".." behind it belongs to a range. */
static int take_value(const char **p, bool seconds, int *ret) {
        int64_t v = 0, fraction = 0;
        const char *s = *p;

        if (!is_digit(*s))
                return -EINVAL;
        for (; is_digit(*s); s++) {
                v = v * 10 + (*s - '0');
                if (v > INT_MAX)
                        return -ERANGE;
        }
        if (seconds) {
                v *= USEC_SECOND;
                if (s[0] == '.' && s[1] != '.') {
                        int r;

                        s++;
                        r = take_fraction(&s, &fraction);
                        if (r < 0)
                                return r;
                }
                v += fraction;
        }
        if (v > INT_MAX)
                return -ERANGE;
        *p = s;
        *ret = (int)v;
        return 0;
}

/* START[..STOP][/REPEAT] */
static int take_component(const char **p, bool seconds, CalendarComponent *ret) {
        CalendarComponent c = { .stop = -1 };
        int r;

        r = take_value(p, seconds, &c.start);
        if (r < 0)
                return r;
        if (str_starts_with(*p, "..")) {
                *p += 2;
                r = take_value(p, seconds, &c.stop);
                if (r < 0)
                        return r;
                c.repeat = seconds ? USEC_SECOND : 1;
        }
        if (**p == '/') {
                (*p)++;
                r = take_value(p, seconds, &c.repeat);
                if (r < 0)
                        return r;
                if (c.repeat == 0)
                        return -ERANGE;
        } else if (seconds && c.stop >= 0 && (int64_t)c.stop < (int64_t)c.start + c.repeat)
                return -EINVAL; /* shorter than the step that is meant */
        *ret = c;
        return 0;
}

static int append_component(CalendarField *f, const CalendarComponent *c) {
        CalendarComponent *grown;

        if (f->n >= CALENDAR_COMPONENTS_MAX)
                return -EINVAL;
        grown = realloc(f->v, (f->n + 1) * sizeof(CalendarComponent));
        if (!grown)
                return -ENOMEM;
        f->v = grown;
        f->v[f->n++] = *c;
        return 0;
}

static int take_field(const char **p, bool seconds, CalendarField *f) {
        CalendarComponent c;
        int r;

        if (**p == '*') {
                (*p)++;
                return ends_word(**p) || is_one_of(**p, "-~:") ? 0 : -EINVAL;
        }
        for (;;) {
                r = take_component(p, seconds, &c);
                if (r == 0)
                        r = append_component(f, &c);
                if (r < 0)
                        return r;
                if (**p != ',')
                        return ends_word(**p) || is_one_of(**p, "-~:") ? 0 : -EINVAL;
                (*p)++;
        }
}

/* Weekday at *p, 0..6, or -1. The long name first: "Mon" is the beginning of "Monday". */
static int take_weekday(const char **p) {
        for (int i = 0; i < 7; i++) {
                size_t n = strlen(weekday_names[i]);

                if (strncasecmp(*p, weekday_names[i], n) != 0)
                        n = 3;
                if (strncasecmp(*p, weekday_names[i], n) == 0) {
                        *p += n;
                        return i;
                }
        }
        return -1;
}

static int take_weekdays(const char **p, unsigned *weekdays) {
        int from = -1; /* of an open range */

        for (bool first = true;; first = false) {
                int day = take_weekday(p);

                if (day < 0)
                        return first ? 0 : -EINVAL;
                if (from > day)
                        return -EINVAL;
                for (int i = from >= 0 ? from : day; i <= day; i++)
                        *weekdays |= 1u << i;

                if (!ends_word(**p)) {
                        /* A single dash is how ranges were written before "..". */
                        size_t range = str_starts_with(*p, "..") ? 2 : **p == '-' ? 1 : 0;

                        if ((range > 0 && from >= 0) || (range == 0 && **p != ','))
                                return -EINVAL;
                        from = range > 0 ? day : -1;
                        *p += range > 0 ? range : 1;
                        if (!ends_word(**p))
                                continue;
                        if (from >= 0)
                                return -EINVAL;
                }
                *p += strspn(*p, " ");
                return 0;
        }
}

/* The separator in front of a day. */
static int take_separator(const char **p, CalendarSpec *c) {
        if (**p != '-' && **p != '~')
                return -EINVAL;
        c->end_of_month = **p == '~';
        (*p)++;
        return 0;
}

/* [[YEAR-]MONTH-DAY], or nothing when *p is at a time. */
static int take_date(const char **p, CalendarSpec *c) {
        const char *s = *p;
        int r;

        if (*s == 0)
                return 0;
        r = take_field(&s, false, &c->year);
        if (r < 0)
                return r;
        if (*s == 0 || *s == ':') {
                free(c->year.v);
                c->year = (CalendarField){ 0 };
                return 0;
        }
        r = take_separator(&s, c);
        if (r == 0)
                r = take_field(&s, false, &c->month);
        if (r < 0)
                return r;

        if (ends_word(*s)) { /* only two of them: month and day */
                c->day = TAKE(c->month);
                c->month = TAKE(c->year);
        } else {
                if (c->end_of_month)
                        return -EINVAL;
                r = take_separator(&s, c);
                if (r == 0)
                        r = take_field(&s, false, &c->day);
                if (r < 0)
                        return r;
                if (!ends_word(*s))
                        return -EINVAL;
        }
        *p = s + strspn(s, " ");
        return 0;
}

/* HOUR:MINUTE[:SECOND]; what is left out is zero. */
static int take_time(const char **p, CalendarSpec *c) {
        static const CalendarComponent zero = { 0, -1, 0 };
        int r;

        if (**p == 0) {
                r = append_component(&c->hour, &zero);
                if (r == 0)
                        r = append_component(&c->minute, &zero);
                return r < 0 ? r : append_component(&c->second, &zero);
        }
        r = take_field(p, false, &c->hour);
        if (r < 0)
                return r;
        if (*(*p)++ != ':')
                return -EINVAL;
        r = take_field(p, false, &c->minute);
        if (r < 0)
                return r;
        if (**p == 0)
                return append_component(&c->second, &zero);
        if (*(*p)++ != ':')
                return -EINVAL;
        return take_field(p, true, &c->second);
}

static int component_compare(const void *pa, const void *pb) {
        const CalendarComponent *a = pa, *b = pb;

        if (a->start != b->start)
                return a->start < b->start ? -1 : 1;
        if (a->stop != b->stop)
                return a->stop < b->stop ? -1 : 1;
        return (a->repeat > b->repeat) - (a->repeat < b->repeat);
}

/* A range ends at a value that it reaches; one of a single value is that value. */
static void component_normalize(CalendarComponent *c) {
        if (c->stop >= c->start && c->repeat > 0)
                c->stop -= (c->stop - c->start) % c->repeat;
        if (c->stop == c->start)
                *c = (CalendarComponent){ c->start, -1, 0 };
}

static void field_normalize(CalendarField *f) {
        size_t n = 0;

        for (size_t i = 0; i < f->n; i++)
                component_normalize(&f->v[i]);
        if (f->n > 1)
                qsort(f->v, f->n, sizeof(CalendarComponent), component_compare);
        for (size_t i = 0; i < f->n; i++)
                if (i == 0 || component_compare(&f->v[n - 1], &f->v[i]) != 0)
                        f->v[n++] = f->v[i];
        f->n = n;
}

static int year_complete(int year) {
        return year < 0 || year >= 100 ? year : year + (year < 70 ? 2000 : 1900);
}

/* Values in range, and no repetition that never happens. */
static bool field_is_valid(const CalendarField *f, int least, int most, bool from_end) {
        for (size_t i = 0; i < f->n; i++) {
                const CalendarComponent *c = &f->v[i];

                if (c->start < least || c->start > most || c->repeat > most - least)
                        return false;
                if (c->stop >= 0) {
                        if (c->stop < c->start || c->stop > most || c->repeat > c->stop - c->start)
                                return false;
                } else if (from_end ? c->start - c->repeat < least : c->start + c->repeat > most)
                        return false;
        }
        return true;
}

static bool calendar_is_valid(const CalendarSpec *c) {
        /* From the end only those days count that every month has. */
        return field_is_valid(&c->year, CALENDAR_YEAR_MIN, CALENDAR_YEAR_MAX, false) &&
               field_is_valid(&c->month, 1, 12, false) &&
               field_is_valid(&c->day, 1, c->end_of_month ? 28 : 31, c->end_of_month) &&
               field_is_valid(&c->hour, 0, 23, false) && field_is_valid(&c->minute, 0, 59, false) &&
               field_is_valid(&c->second, 0, 60 * USEC_SECOND - 1, false);
}

static void calendar_normalize(CalendarSpec *c) {
        CalendarField *fields[] = { &c->year, &c->month, &c->day, &c->hour, &c->minute, &c->second };

        for (size_t i = 0; i < c->year.n; i++) {
                c->year.v[i].start = year_complete(c->year.v[i].start);
                c->year.v[i].stop = year_complete(c->year.v[i].stop);
        }
        for (size_t i = 0; i < ELEMENTSOF(fields); i++)
                field_normalize(fields[i]);
        if (c->second.n == 1 && c->second.v[0].start == 0 && c->second.v[0].stop < 0 &&
            c->second.v[0].repeat == USEC_SECOND)
                c->second.n = 0;                           /* "0/1" is "*" */
        c->end_of_month = c->end_of_month && c->day.n > 0; /* "any day" has no direction */
        if (c->weekdays == 0x7f)
                c->weekdays = 0;
}

/* @SECONDS since 1970, in UTC whatever the zone is. */
static int parse_instant(const char *seconds, CalendarSpec *c) {
        CalendarField *fields[] = { &c->year, &c->month, &c->day, &c->hour, &c->minute, &c->second };
        uint64_t v;
        Civil t;

        if (parse_u64(seconds, &v) < 0 || v > USEC_INFINITY / USEC_PER_SEC / 2)
                return -EINVAL;
        c->zone_kind = CALENDAR_UTC;
        free(TAKE(c->zone)); /* instants have no zone */
        civil_from_seconds((int64_t)v, 0, &t);
        for (size_t i = 0; i < ELEMENTSOF(fields); i++) {
                int r = append_component(fields[i], &(CalendarComponent){ t.v[i], -1, 0 });

                if (r < 0)
                        return r;
        }
        return 0;
}

static const char *expand_shorthand(const char *text) {
        static const struct {
                const char *word, *means;
        } shorthands[] = {
                { "minutely", "*-*-* *:*:00" },
                { "hourly", "*-*-* *:00:00" },
                { "daily", "*-*-* 00:00:00" },
                { "monthly", "*-*-01 00:00:00" },
                { "annually", "*-01-01 00:00:00" },
                { "yearly", "*-01-01 00:00:00" },
                { "anually", "*-01-01 00:00:00" }, /* systemd has known this spelling for long */
                { "weekly", "Mon *-*-* 00:00:00" },
                { "quarterly", "*-01,04,07,10-01 00:00:00" },
                { "biannually", "*-01,07-01 00:00:00" },
                { "bi-annually", "*-01,07-01 00:00:00" },
                { "semiannually", "*-01,07-01 00:00:00" },
                { "semi-annually", "*-01,07-01 00:00:00" },
        };

        for (size_t i = 0; i < ELEMENTSOF(shorthands); i++)
                if (strcasecmp(text, shorthands[i].word) == 0)
                        return shorthands[i].means;
        return text;
}

/* Everything but the zone. */
static int parse_event(const char *text, CalendarSpec *c) {
        int r;

        if (*text == 0)
                return -EINVAL;
        text = expand_shorthand(text);
        r = take_weekdays(&text, &c->weekdays);
        if (r < 0)
                return r;
        if (*text == '@')
                r = parse_instant(text + 1, c);
        else {
                r = take_date(&text, c);
                if (r == 0)
                        r = take_time(&text, c);
                if (r == 0 && *text != 0)
                        r = -EINVAL;
        }
        if (r < 0)
                return r;
        calendar_normalize(c);
        return calendar_is_valid(c) ? 0 : -EINVAL;
}

/* The abbreviation as the local zone spells it; NULL when the word is none. */
static const char *local_abbreviation(const char *word, const Zones *zones, bool dst) {
        const char *s = zones ? zone_abbreviation(zones->find(NULL, zones->userdata), dst) : NULL;

        return s && strcasecmp(word, s) == 0 ? s : NULL;
}

static bool is_named(const char *word, const Zones *zones) {
        if (!zone_name_is_valid(word))
                return false;
        return zones ? zones->find(word, zones->userdata) != NULL : !is_digit(*word);
}

/* The last word, when it is a zone: taken off the text. What is none is left for parse_event() to refuse. */
static int take_zone(char *text, const Zones *zones, CalendarSpec *c) {
        char *blank = strrchr(text, ' ');
        const char *word = blank ? blank + 1 : NULL, *spelled = word;

        if (!word || *word == 0)
                return 0;
        if (strcasecmp(word, "UTC") == 0)
                c->zone_kind = CALENDAR_UTC;
        else if ((spelled = local_abbreviation(word, zones, false)))
                c->zone_kind = CALENDAR_LOCAL_STANDARD;
        else if ((spelled = local_abbreviation(word, zones, true)))
                c->zone_kind = CALENDAR_LOCAL_SUMMER;
        else if (is_named(word, zones))
                c->zone_kind = CALENDAR_NAMED;
        else
                return 0;
        *blank = 0;
        return c->zone_kind == CALENDAR_UTC ? 0 : str_replace(&c->zone, spelled ?: word);
}

int calendar_parse(const char *text, const Zones *zones, CalendarSpec *ret) {
        char *copy auto_free = strdup(text);
        CalendarSpec c = { 0 };
        int r;

        if (!copy)
                return -ENOMEM;
        r = take_zone(copy, zones, &c);
        if (r == 0)
                r = parse_event(copy, &c);
        if (r < 0) {
                calendar_release(&c);
                return r;
        }
        *ret = c;
        return 0;
}
