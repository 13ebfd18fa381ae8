/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/calendar.h"

#include "conf/civil.h"

static void add_weekdays(unsigned weekdays, Buf *b) {
        const char *separator = "";

        for (int i = 0; i < 7; i++) {
                int last = i;

                if (!(weekdays & 1u << i))
                        continue;
                while (last < 6 && weekdays & 1u << (last + 1))
                        last++;
                buf_addf(b, "%s%.3s", separator, weekday_names[i]);
                separator = ",";
                if (last > i + 1) { /* two days are no range */
                        buf_addf(b, "..%.3s", weekday_names[last]);
                        i = last;
                }
        }
        if (weekdays)
                buf_add_char(b, ' ');
}

static void add_value(int v, bool seconds, int width, Buf *b) {
        int fraction;

        if (!seconds) {
                buf_addf(b, "%0*d", width, v);
                return;
        }
        fraction = v % (int)USEC_PER_SEC;
        buf_addf(b, "%0*d", width, v / (int)USEC_PER_SEC);
        if (fraction > 0)
                buf_addf(b, ".%06d", fraction);
}

static void add_field(const CalendarField *f, bool seconds, Buf *b) {
        int step = seconds ? (int)USEC_PER_SEC : 1;

        if (f->n == 0)
                buf_add_char(b, '*');
        for (size_t i = 0; i < f->n; i++) {
                const CalendarComponent *c = &f->v[i];

                if (i > 0)
                        buf_add_char(b, ',');
                add_value(c->start, seconds, 2, b);
                if (c->stop >= 0) {
                        buf_add(b, "..");
                        add_value(c->stop, seconds, 2, b);
                }
                if (c->repeat > 0 && !(c->stop >= 0 && c->repeat == step)) {
                        buf_add_char(b, '/');
                        add_value(c->repeat, seconds, 1, b);
                }
        }
}

void calendar_format(const CalendarSpec *c, Buf *b) {
        add_weekdays(c->weekdays, b);
        add_field(&c->year, false, b);
        buf_add_char(b, '-');
        add_field(&c->month, false, b);
        buf_add_char(b, c->end_of_month ? '~' : '-');
        add_field(&c->day, false, b);
        buf_add_char(b, ' ');
        add_field(&c->hour, false, b);
        buf_add_char(b, ':');
        add_field(&c->minute, false, b);
        buf_add_char(b, ':');
        add_field(&c->second, true, b);
        if (c->zone_kind != CALENDAR_LOCAL)
                buf_addf(b, " %s", c->zone ?: "UTC");
}
