/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Settings, calendars and times under refused memory: what could not be kept is -ENOMEM, never another value. */

#include "refuse.h"

#include <inttypes.h>

#include "conf/calendar.h"
#include "unit/directive.h"

typedef struct Sample {
        const Directive *row;
        const char *unit, *section, *value;
} Sample;

static Sample setting_of(const Directive *d) {
        static const struct {
                const char *section, *name;
        } units[] = {
                { "Unit", "a.target" },         { "Install", "a.target" },   { "Service", "a@b.service" },
                { "Socket", "a.socket" },       { "Timer", "a.timer" },      { "Path", "a.path" },
                { "Mount", "a.mount" },         { "Swap", "a.swap" },        { "Scope", "a.scope" },
                { "Automount", "a.automount" }, { "X-Deploy", "a.service" },
        };

        for (size_t i = 0; i < ELEMENTSOF(units); i++)
                if (directive_find(units[i].section, d->key) == d)
                        return (Sample){ d, units[i].name, units[i].section, NULL };
        fail_msg("no unit for %s=", d->key);
        return (Sample){ 0 };
}

/* Assigned twice, since the second may extend what the first one made; and completed with all that follows from it. */
static int assign_and_format(const void *what, char **ret_text) {
        const Sample *x = what;
        Report report = { 0 };
        const SpecContext c = { .report = &report };
        const Assignment a = {
                .section = x->section, .key = x->row->key, .value = x->value, .file = "a", .line = 1
        };
        Buf b = { 0 };
        UnitSpec *s;
        int r;

        r = spec_new(x->unit, &s);
        if (r < 0)
                return r;
        if ((r = spec_assign(s, &c, &a)) >= 0 && (r = spec_assign(s, &c, &a)) >= 0 &&
            (r = spec_complete(s, &c)) >= 0)
                r = directive_format(x->row, s, &b);
        memory_is_back();
        if (r >= 0)
                r = buf_take(&b, ret_text);
        else
                (void)directive_format(x->row, s, &b); /* it is as sound as ever */
        buf_release(&b);
        spec_free(s);
        report_release(&report);
        return r;
}

static unsigned long refuse_samples(Sample *x, const char *const *samples) {
        unsigned long n = 0;

        for (; *samples; samples++) {
                x->value = *samples;
                n += refuse_each(assign_and_format, x, x->row->key);
        }
        return n;
}

static void no_setting_is_lost(void **state) {
        static const char *const empty[] = { "", NULL };

        for (const Directive *const *table = directive_tables; *table; table++)
                for (const Directive *d = *table; d->key; d++) {
                        Sample x = setting_of(d);

                        assert_true(refuse_samples(&x, empty) > 0);
                        if (!d->codec)
                                continue;
                        assert_true(refuse_samples(&x, d->codec->good) > 0);
                        (void)refuse_samples(&x, d->codec->bad);
                }
}

static int parse_and_format_calendar(const void *what, char **ret_text) {
        CalendarSpec c = { 0 };
        usec_t next = 0;
        Buf b = { 0 };
        int r;

        r = calendar_parse(what, NULL, &c);
        if (r < 0)
                return r;
        calendar_format(&c, &b);
        (void)calendar_next(&c, NULL, 1700000000 * USEC_PER_SEC, &next);
        buf_addf(&b, " %" PRIu64, next);
        r = buf_take(&b, ret_text);
        buf_release(&b);
        calendar_release(&c);
        return r;
}

static void no_calendar_is_another(void **state) {
        static const char *const calendars[] = {
                "daily",
                "Mon..Wed,Sat *-1/3,2-5,9..12 4..8/2,12,20:10/20,5:0/7.5,1,2",
                "2027~02/1",
                "1,3,2,2-4,1 Europe/Berlin",
                "*-*-* 10:00:00 UTC",
                "Mon Tue",
                "25:00",
        };

        for (size_t i = 0; i < ELEMENTSOF(calendars); i++)
                (void)refuse_each(parse_and_format_calendar, calendars[i], calendars[i]);
        assert_true(refuse_each(parse_and_format_calendar, calendars[1], calendars[1]) > 8);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(no_setting_is_lost),
                cmocka_unit_test(no_calendar_is_another),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
