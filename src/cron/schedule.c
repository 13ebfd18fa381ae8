/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cron/crontab.h"

#include <errno.h>
#include <strings.h>

typedef struct Field {
        unsigned first, last;
        const char *const *names; /* of first, first + 1, ... */
} Field;

static const char *const month_names[] = { "jan", "feb", "mar", "apr", "may", "jun", "jul",
                                           "aug", "sep", "oct", "nov", "dec", NULL };
static const char *const weekday_names[] = { "sun", "mon", "tue", "wed", "thu", "fri", "sat", NULL };

enum {
        MINUTES,
        HOURS,
        DAYS,
        MONTHS,
        WEEKDAYS,
        N_FIELDS
};
static const Field fields_of_cron[N_FIELDS] = { [MINUTES] = { 0, 59, NULL },
                                                [HOURS] = { 0, 23, NULL },
                                                [DAYS] = { 1, 31, NULL },
                                                [MONTHS] = { 1, 12, month_names },
                                                [WEEKDAYS] = { 0, 7, weekday_names } };

static bool take_number(const char **p, unsigned *ret) {
        unsigned n = 0, digits = 0;

        for (; **p >= '0' && **p <= '9' && digits < 4; digits++)
                n = n * 10 + (unsigned)(*(*p)++ - '0');
        *ret = n;
        return digits > 0;
}

/* A number or, where the field has them, a name. */
static bool take_value(const char **p, const Field *f, unsigned *ret) {
        for (unsigned i = 0; f->names && f->names[i]; i++)
                if (strncasecmp(*p, f->names[i], 3) == 0) {
                        *p += 3;
                        *ret = f->first + i;
                        return true;
                }
        return take_number(p, ret) && *ret >= f->first && *ret <= f->last;
}

/* "*", "5", "1-5", each of the first and the last also with "/2". */
static bool take_range(const char **p, const Field *f, uint64_t *mask) {
        unsigned first = f->first, last = f->last, step = 1;
        bool one = false;

        if (**p == '*') {
                (*p)++;
        } else {
                if (!take_value(p, f, &first))
                        return false;
                one = **p != '-';
                last = first;
                if (!one && ((*p)++, !take_value(p, f, &last)))
                        return false;
        }
        if (**p == '/' && ((*p)++, one || !take_number(p, &step) || step == 0))
                return false;
        if (last < first)
                return false;
        for (unsigned i = first; i <= last; i += step)
                *mask |= UINT64_C(1) << i;
        return true;
}

static bool parse_field(const char *s, const Field *f, uint64_t *ret) {
        *ret = 0;
        for (;;) {
                if (!take_range(&s, f, ret))
                        return false;
                if (*s == 0)
                        return true;
                if (*s++ != ',')
                        return false;
        }
}

int cron_times_parse(char *const *fields, CronTimes *ret, const char **ret_bad) {
        uint64_t masks[N_FIELDS];

        for (unsigned i = 0; i < N_FIELDS; i++)
                if (!parse_field(fields[i], fields_of_cron + i, masks + i)) {
                        *ret_bad = fields[i];
                        return -EINVAL;
                }
        if (masks[WEEKDAYS] & 1) /* Sunday has two numbers */
                masks[WEEKDAYS] = (masks[WEEKDAYS] & ~UINT64_C(1)) | UINT64_C(1) << 7;
        *ret = (CronTimes){ masks[MINUTES],
                            masks[HOURS],
                            masks[DAYS],
                            masks[MONTHS],
                            masks[WEEKDAYS],
                            fields[DAYS][0] == '*',
                            fields[WEEKDAYS][0] == '*' };
        return 0;
}

int cron_times_named(const char *name, CronTimes *ret) {
        static const struct {
                const char *name;
                const char *fields[N_FIELDS];
        } rows[] = {
                { "@yearly", { "0", "0", "1", "1", "*" } },  { "@annually", { "0", "0", "1", "1", "*" } },
                { "@monthly", { "0", "0", "1", "*", "*" } }, { "@weekly", { "0", "0", "*", "*", "0" } },
                { "@daily", { "0", "0", "*", "*", "*" } },   { "@midnight", { "0", "0", "*", "*", "*" } },
                { "@hourly", { "0", "*", "*", "*", "*" } },
        };
        const char *bad;

        for (size_t i = 0; i < ELEMENTSOF(rows); i++)
                if (strcasecmp(rows[i].name, name) == 0)
                        return cron_times_parse((char *const *)rows[i].fields, ret, &bad);
        return -EINVAL;
}

static uint64_t all_of(const Field *f) {
        return ((UINT64_C(1) << (f->last - f->first + 1)) - 1) << f->first;
}

/* Every step from the first to as far as the field goes, as in "0/5"; 0: not so. */
static unsigned step_of(uint64_t mask, const Field *f) {
        unsigned first = (unsigned)__builtin_ctzll(mask), step;
        uint64_t expected = 0;

        if (__builtin_popcountll(mask) < 3)
                return 0;
        step = (unsigned)__builtin_ctzll(mask & (mask - 1)) - first;
        for (unsigned i = first; i <= f->last; i += step)
                expected |= UINT64_C(1) << i;
        return expected == mask && step > 1 ? step : 0;
}

static void add_list(Buf *b, uint64_t mask, const Field *f, const char *const *names) {
        const char *comma = "";

        for (unsigned i = f->first; i <= f->last; i++) {
                unsigned last = i;

                if (!(mask & UINT64_C(1) << i))
                        continue;
                while (last < f->last && mask & UINT64_C(1) << (last + 1))
                        last++;
                if (last == i + 1)
                        last = i; /* two are a list */
                if (names)
                        buf_addf(b, "%s%s", comma, names[i]);
                else
                        buf_addf(b, "%s%u", comma, i);
                if (last > i && names)
                        buf_addf(b, "..%s", names[last]);
                else if (last > i)
                        buf_addf(b, "..%u", last);
                comma = ",";
                i = last;
        }
}

static void add_numbers(Buf *b, uint64_t mask, unsigned field) {
        const Field *f = fields_of_cron + field;

        if (mask == all_of(f))
                buf_add(b, "*");
        else if (step_of(mask, f) > 0)
                buf_addf(b, "%u/%u", (unsigned)__builtin_ctzll(mask), step_of(mask, f));
        else
                add_list(b, mask, f, NULL);
}

/* Here the week ends with Sunday, which is 7: systemd.time(7) has no range across it. */
static const Field week = { 1, 7, NULL };

static int add_calendar(char ***list, const CronTimes *t, uint64_t days, uint64_t weekdays,
                        const char *zone) {
        static const char *const names[] = { NULL, "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun" };
        Buf b auto_buf = { 0 };
        char *text;
        int r;

        if (weekdays != all_of(&week)) {
                add_list(&b, weekdays, &week, names);
                buf_add_char(&b, ' ');
        }
        buf_add(&b, "*-");
        add_numbers(&b, t->months, MONTHS);
        buf_add_char(&b, '-');
        add_numbers(&b, days, DAYS);
        buf_add_char(&b, ' ');
        add_numbers(&b, t->hours, HOURS);
        buf_add_char(&b, ':');
        add_numbers(&b, t->minutes, MINUTES);
        buf_addf(&b, ":00%s%s", zone ? " " : "", zone ?: "");
        r = buf_take(&b, &text);
        return r < 0 ? r : strv_push(list, text);
}

/* A day of the month and a day of the week, both given, are two occasions and not a condition each: crontab(5). */
int cron_times_format(const CronTimes *t, const char *zone, char ***ret) {
        char **list auto_strv = NULL;
        int r;

        if (t->any_day || t->any_weekday) {
                r = add_calendar(&list, t, t->days, t->weekdays, zone);
        } else {
                r = add_calendar(&list, t, t->days, all_of(&week), zone);
                if (r >= 0)
                        r = add_calendar(&list, t, all_of(fields_of_cron + DAYS), t->weekdays, zone);
        }
        if (r >= 0)
                *ret = TAKE(list);
        return r;
}
