/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Crontabs: what a line means, and that the units made from it say the same. */

#include "cron/crontab.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
/* after the headers it needs */
#include <cmocka.h>

typedef struct Fixture {
        Crontab table;
        Report report;
} Fixture;

static void parse(Fixture *f, const char *owner, const char *text) {
        *f = (Fixture){ .table = { .path = strdup("/etc/crontab"),
                                   .owner = owner ? strdup(owner) : NULL,
                                   .unit_prefix = strdup("crontab") } };
        assert_int_equal(crontab_parse(&f->table, text, strlen(text), &f->report), 0);
}

static void release(Fixture *f) {
        crontab_release(&f->table);
        report_release(&f->report);
}

static void schedules_are_calendars(void **state) {
        static const struct {
                const char *cron, *first, *second;
        } rows[] = {
                { "* * * * *", "*-*-* *:*:00", NULL },
                { "5 4 * * *", "*-*-* 4:5:00", NULL },
                { "*/5 * * * *", "*-*-* *:0/5:00", NULL },
                { "1-59/2 * * * *", "*-*-* *:1/2:00", NULL },
                { "0,30 * * * *", "*-*-* *:0,30:00", NULL },
                { "*/40 * * * *", "*-*-* *:0,40:00", NULL },
                { "0 9-17 * * mon-fri", "Mon..Fri *-*-* 9..17:0:00", NULL },
                { "0 0 1 jan,Jul *", "*-1,7-1 0:0:00", NULL },
                { "0 0 * * 7", "Sun *-*-* 0:0:00", NULL },
                { "0 0 * * 0-6", "*-*-* 0:0:00", NULL },
                { "0 0 * * 5-7", "Fri..Sun *-*-* 0:0:00", NULL },
                { "0 0 * * 0-5", "Mon..Fri,Sun *-*-* 0:0:00", NULL },
                { "0 0 13 * 5", "*-*-13 0:0:00", "Fri *-*-* 0:0:00" },
                { "0 0 */2 * 5", "Fri *-*-1/2 0:0:00", NULL },
                { "0 0 1-7 * *", "*-*-1..7 0:0:00", NULL },
                { "0 0 1,2,3,10 * *", "*-*-1..3,10 0:0:00", NULL },
                { "@hourly", "*-*-* *:0:00", NULL },
                { "@Daily", "*-*-* 0:0:00", NULL },
                { "@weekly", "Sun *-*-* 0:0:00", NULL },
                { "@monthly", "*-*-1 0:0:00", NULL },
                { "@annually", "*-1-1 0:0:00", NULL },
        };

        for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
                char text[100];
                Fixture f;

                snprintf(text, sizeof(text), "%s true\n", rows[i].cron);
                parse(&f, "root", text);
                assert_int_equal(f.table.n, 1);
                assert_string_equal(f.table.jobs[0].calendars[0], rows[i].first);
                assert_int_equal(strv_length(f.table.jobs[0].calendars), rows[i].second ? 2 : 1);
                if (rows[i].second)
                        assert_string_equal(f.table.jobs[0].calendars[1], rows[i].second);
                release(&f);
        }
}

static void what_is_no_schedule_is_named_and_the_rest_counts(void **state) {
        static const char *const bad[] = { "60 * * * * x",  "* 24 * * * x",  "* * 0 * * x",
                                           "* * * 13 * x",  "* * * * 8 x",   "5/10 * * * * x",
                                           "9-5 * * * * x", "*/0 * * * * x", "1,,2 * * * * x",
                                           "a * * * * x",   "* * * * x",     "@often x",
                                           "1- * * * * x",  "* * * foo * x", "* * * * *",
                                           "@daily" };

        for (size_t i = 0; i < ELEMENTSOF(bad); i++) {
                char text[100];
                Fixture f;

                snprintf(text, sizeof(text), "# first\n%s\n@daily fine\n", bad[i]);
                parse(&f, "root", text);
                assert_int_equal(f.table.n, 1);
                assert_string_equal(f.table.jobs[0].command, "fine");
                assert_int_equal(f.report.n_findings, 1);
                assert_int_equal(f.report.findings[0].line, 2);
                assert_string_equal(f.report.findings[0].file, "/etc/crontab");
                release(&f);
        }
}

static void assignments_hold_for_the_lines_below(void **state) {
        Fixture f;

        parse(&f, NULL,
              "@daily root first\n A = b c \nQ=\" x \"\n\"N\" = 'y'\nCRON_TZ=Europe/Berlin\nMAILTO=me\n5 4 * "
              "* * www "
              "second a=b\nCRON_TZ=\nMAILTO=\"\"\n@reboot root third\n");
        assert_int_equal(f.table.n, 3);
        assert_null(f.table.jobs[0].environment);
        assert_string_equal(f.table.jobs[0].user, "root");
        assert_string_equal(env_get(f.table.jobs[1].environment, "A", 1), "b c");
        assert_string_equal(env_get(f.table.jobs[1].environment, "Q", 1), " x ");
        assert_string_equal(env_get(f.table.jobs[1].environment, "N", 1), "y");
        assert_string_equal(f.table.jobs[1].user, "www");
        assert_string_equal(f.table.jobs[1].command, "second a=b");
        assert_string_equal(f.table.jobs[1].calendars[0], "*-*-* 4:5:00 Europe/Berlin");
        assert_true(f.table.jobs[2].at_boot);
        assert_int_equal(f.report.n_findings, 1); /* MAILTO=me */
        assert_int_equal(f.report.findings[0].line, 6);
        assert_int_equal(f.report.findings[0].severity, SEVERITY_NOTE);
        release(&f);
}

static void a_percent_sign_begins_the_input(void **state) {
        Fixture f;

        parse(&f, "me", "@daily date +\\%F%one%two\\%\n@daily plain\n");
        assert_string_equal(f.table.jobs[0].command, "date +%F");
        assert_string_equal(f.table.jobs[0].input, "one\ntwo%\n");
        assert_null(f.table.jobs[1].input);
        release(&f);
}

static void units_hold_what_the_line_says(void **state) {
        Buf service auto_buf = { 0 }, timer auto_buf = { 0 };
        Fixture f;

        parse(&f, NULL, "A=x y\n0 0 13 * 5 www echo \"a b\" '$X' 100\\%\\\n");
        assert_int_equal(f.table.n, 1);
        assert_int_equal(cron_format_service(&f.table, f.table.jobs, &service), 0);
        assert_int_equal(cron_format_timer(&f.table, f.table.jobs, &timer), 0);
        assert_non_null(strstr(service.data, "\nUser=www\n"));
        assert_non_null(strstr(service.data, "\nEnvironment=\"A=x y\"\n"));
        assert_non_null(strstr(service.data, "\nEnvironment=\"PATH=/usr/bin:/bin\"\n"));
        assert_non_null(
                strstr(service.data, "\nExecStart=:\"/bin/sh\" -c \"echo \\\"a b\\\" '$X' 100%%\\\\\"\n"));
        assert_non_null(strstr(service.data, "\nSourcePath=/etc/crontab\n"));
        assert_non_null(strstr(timer.data, "\nOnCalendar=*-*-13 0:0:00\nOnCalendar=Fri *-*-* 0:0:00\n"));
        release(&f);
}

static void lines_that_are_no_text_are_refused(void **state) {
        Fixture f;

        parse(&f, "me", "@daily a\001b\n@daily \xff\n\r\n@daily ok");
        assert_int_equal(f.table.n, 1);
        assert_int_equal(f.report.n_findings, 3);
        release(&f);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(schedules_are_calendars),
                cmocka_unit_test(what_is_no_schedule_is_named_and_the_rest_counts),
                cmocka_unit_test(assignments_hold_for_the_lines_below),
                cmocka_unit_test(a_percent_sign_begins_the_input),
                cmocka_unit_test(units_hold_what_the_line_says),
                cmocka_unit_test(lines_that_are_no_text_are_refused),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
