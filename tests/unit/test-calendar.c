/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/calendar.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#include <cmocka.h>

/* Expected texts and times are those of systemd-analyze calendar, version 252. */
static void normal_forms_are_those_of_systemd(void **state) {
        static const char *const pairs[][2] = {
                { "Sat,Thu,Mon..Wed,Sat..Sun", "Mon..Thu,Sat,Sun *-*-* 00:00:00" },
                { "Mon,Sun 12-*-* 2,1:23", "Mon,Sun 2012-*-* 01,02:23:00" },
                { "Wed *-1", "Wed *-*-01 00:00:00" },
                { "Wed..Wed,Wed *-1", "Wed *-*-01 00:00:00" },
                { "Wed, 17:48", "Wed *-*-* 17:48:00" },
                { "Wed..Sat,Tue 12-10-15 1:2:3", "Tue..Sat 2012-10-15 01:02:03" },
                { "*-*-7 0:0:0", "*-*-07 00:00:00" },
                { "10-15", "*-10-15 00:00:00" },
                { "monday *-12-* 17:00", "Mon *-12-* 17:00:00" },
                { "Mon,Fri *-*-3,1,2 *:30:45", "Mon,Fri *-*-01,02,03 *:30:45" },
                { "12,14,13,12:20,10,30", "*-*-* 12,13,14:10,20,30:00" },
                { "12..14:10,20,30", "*-*-* 12..14:10,20,30:00" },
                { "mon,fri *-1/2-1,3 *:30:45", "Mon,Fri *-01/2-01,03 *:30:45" },
                { "03-05 08:05:40", "*-03-05 08:05:40" },
                { "05:40:23.4200004/3.1700005", "*-*-* 05:40:23.420000/3.170001" },
                { "2003-02..04-05", "2003-02..04-05 00:00:00" },
                { "2003-03-05 05:40 UTC", "2003-03-05 05:40:00 UTC" },
                { "2012..2015/2-*-*", "2012..2014/2-*-* 00:00:00" },
                { "00..23/3:*", "*-*-* 00..21/3:*:00" },
                { "5..8/9:0", "*-*-* 05:00:00" },
                { "12:00:00.5..2.25", "*-*-* 12:00:00.500000..01.500000" },
                { "*-02~03", "*-02~03 00:00:00" },
                { "Mon *-05~07/1", "Mon *-05~07/1 00:00:00" },
                { "*-*~*", "*-*-* 00:00:00" },
                { "*-*-* *:*:*", "*-*-* *:*:*" },
                { "*:*:0/1", "*-*-* *:*:*" },
                { "*:2/3", "*-*-* *:02/3:00" },
                { "Mon-Fri", "Mon..Fri *-*-* 00:00:00" },
                { "Mon..Sun", "*-*-* 00:00:00" },
                { "Mon utc", "Mon *-*-* 00:00:00 UTC" },
                { "99-1-1", "1999-01-01 00:00:00" },
                { "@1395716396", "2014-03-25 02:59:56 UTC" },
                { "minutely", "*-*-* *:*:00" },
                { "hourly", "*-*-* *:00:00" },
                { "Daily", "*-*-* 00:00:00" },
                { "daily UTC", "*-*-* 00:00:00 UTC" },
                { "weekly", "Mon *-*-* 00:00:00" },
                { "monthly", "*-*-01 00:00:00" },
                { "quarterly", "*-01,04,07,10-01 00:00:00" },
                { "semiannually", "*-01,07-01 00:00:00" },
                { "yearly", "*-01-01 00:00:00" },
        };

        for (size_t i = 0; i < ELEMENTSOF(pairs); i++) {
                Buf b auto_buf = { 0 };
                CalendarSpec c;

                assert_int_equal(calendar_parse(pairs[i][0], NULL, &c), 0);
                calendar_format(&c, &b);
                assert_string_equal(b.data, pairs[i][1]);
                calendar_release(&c);
        }
}

static void what_systemd_refuses_is_refused(void **state) {
        static const char *const bad[] = {
                "",
                "utc",
                "12",
                "12:",
                "25:00",
                "0:60",
                "0:0:60",
                "*-13-1",
                "*-0-1",
                "*-*-32",
                "*-*~29",
                "*-*~1/2",
                "*-*~5..3",
                "*-*-1~2",
                "*-*-*~1",
                "2020~3~1",
                "5..3:0",
                "5/0:0",
                "*/2:0",
                "1,*:0",
                "0:0/60",
                "Fri..Tue",
                "Mon..",
                ",Mon",
                "Mon..Wed..Fri",
                "Monx",
                "Mon 12",
                "weekly ",
                "1969-1-1",
                "2200-1-1",
                "1.5:0",
                "12:00:00.",
                "12:00:5/0.0",
                "-*-* 1:0",
                "*-*-*T12:00",
                "1..2147483648:0",
                "99999999999999999999:0",
                "@",
                "@x",
                "12:00:00 x:",
                "Mon\t12:00",
        };

        for (size_t i = 0; i < ELEMENTSOF(bad); i++) {
                CalendarSpec c;

                int r = calendar_parse(bad[i], NULL, &c);

                if (r != -EINVAL && r != -ERANGE)
                        print_error("accepted: %s\n", bad[i]);
                assert_true(r == -EINVAL || r == -ERANGE);
        }
}

#define RULE "CET-1CEST,M3.5.0,M10.5.0/3"

/* The database as a test needs it: one zone at a time; "rule" is one of POSIX. */
static const Zone *find_zone(const char *name, void *userdata) {
        static Zone zone;
        static char data[65536];
        const char *file = name ? name : userdata;
        char path[128];
        size_t n = 0;
        FILE *f;

        zone_release(&zone);
        if (str_equal(file, "rule"))
                return zone_parse_rule(RULE, &zone) < 0 ? NULL : &zone;
        snprintf(path, sizeof(path), "/usr/share/zoneinfo/%s", file);
        f = fopen(path, "re");
        if (f) {
                n = fread(data, 1, sizeof(data), f);
                fclose(f);
        }
        return n > 0 && zone_parse_file(data, n, &zone) >= 0 ? &zone : NULL;
}

static Zones zones_with_local(const char *name) {
        return (Zones){ find_zone, (void *)(uintptr_t)name };
}

static void assert_normal_form(const char *text, const Zones *zones, const char *expected) {
        Buf b auto_buf = { 0 };
        CalendarSpec c;

        assert_int_equal(calendar_parse(text, zones, &c), 0);
        calendar_format(&c, &b);
        assert_string_equal(b.data, expected);
        calendar_release(&c);
}

static void zones_are_known_by_their_names(void **state) {
        const Zones zones = zones_with_local("Europe/Berlin");
        CalendarSpec c;

        assert_normal_form("daily Europe/Paris", &zones, "*-*-* 00:00:00 Europe/Paris");
        assert_normal_form("12:00 cet", &zones, "*-*-* 12:00:00 CET");
        assert_normal_form("12:00 CEST", &zones, "*-*-* 12:00:00 CEST");
        assert_normal_form("12:00 Utc", &zones, "*-*-* 12:00:00 UTC");
        assert_int_equal(calendar_parse("daily Europe/Nowhere", &zones, &c), -EINVAL);
        assert_int_equal(calendar_parse("daily ../zoneinfo/UTC", &zones, &c), -EINVAL);
        assert_int_equal(calendar_parse("25:00 CET", &zones, &c), -EINVAL);
        assert_int_equal(calendar_parse("Europe/Berlin", &zones, &c), -EINVAL);
}

static void without_a_database_names_are_taken_on_trust(void **state) {
        CalendarSpec c;
        usec_t t;

        assert_normal_form("daily Mars/Olympus", NULL, "*-*-* 00:00:00 Mars/Olympus");
        assert_int_equal(calendar_parse("daily Mars/Olympus", NULL, &c), 0);
        assert_int_equal(calendar_next(&c, NULL, 0, &t), -ENOENT);
        calendar_release(&c);
        assert_int_equal(calendar_parse("daily Mars//Olympus", NULL, &c), -EINVAL);
}

static void rule_and_file_agree(void **state) {
        static Zone rule;

        assert_int_equal(zone_parse_rule(RULE, &rule), 0);
        for (int64_t t = 1600000000; t < 7000000000; t += 3600) {
                const ZoneKind *a = zone_at(&rule, t), *b;
                static const Zone *file;

                file = file ? file : find_zone("Europe/Berlin", NULL);
                b = zone_at(file, t);
                assert_int_equal(a->offset, b->offset);
                assert_string_equal(a->abbreviation, b->abbreviation);
        }
}

static void rules_are_those_of_posix(void **state) {
        static const char *const bad[] = { "",
                                           "C-1",
                                           "CET",
                                           "CET-25",
                                           "CET-1:60",
                                           "<CET-1",
                                           "CET-1CEST,M3",
                                           "CET-1CEST,M13.1.0,M10.5.0",
                                           "CET-1CEST,M3.5.0",
                                           "CET-1CEST,J0,J5",
                                           "CET-1CEST,M3.5.0,M10.5.0x" };
        Zone z;

        for (size_t i = 0; i < ELEMENTSOF(bad); i++)
                assert_int_equal(zone_parse_rule(bad[i], &z), -EINVAL);
        assert_int_equal(zone_parse_rule("<+0330>-3:30", &z), 0);
        assert_int_equal(zone_at(&z, 0)->offset, 12600);
        assert_string_equal(zone_abbreviation(&z, false), "+0330");
        assert_int_equal(zone_parse_rule("AAA3BBB,J60/0,300/-1", &z),
                         0); /* 1 March, 28 October (27 in leap years) */
        assert_true(zone_at(&z, 1772333999)->dst == false && zone_at(&z, 1772334000)->dst == true);
        assert_true(zone_at(&z, 1793062799 - 3600 * 13)->dst == true);
}

static void broken_files_are_refused(void **state) {
        static char data[65536];
        size_t n;
        FILE *f = fopen("/usr/share/zoneinfo/Europe/Berlin", "re");
        Zone z;

        assert_non_null(f);
        n = fread(data, 1, sizeof(data), f);
        fclose(f);
        for (size_t cut = 0; cut < n; cut++)
                assert_int_equal(zone_parse_file(data, cut, &z), -EBADMSG);
        assert_int_equal(zone_parse_file(data, n, &z), 0);
        zone_release(&z);
        memset(data + 20, 0xff, 24);
        assert_int_equal(zone_parse_file(data, n, &z), -EBADMSG);
}

typedef struct Elapses {
        const char *zone, *event;
        int64_t after;   /* seconds */
        int64_t next[4]; /* -1: never */
} Elapses;

static const Elapses elapses[] = {
        /* 2023-11-14 22:13:20 UTC, a Tuesday */
        { "UTC", "*-*-* *:*:*", 1700000000, { 1700000001, 1700000002, 1700000003, 1700000004 } },
        { "UTC", "daily", 1700000000, { 1700006400, 1700092800, 1700179200, 1700265600 } },
        { "UTC", "Mon..Wed *-*~07/1", 1700000000, { 1701043200, 1701129600, 1701216000, 1703462400 } },
        { "UTC", "*-02-29", 1700000000, { 1709164800, 1835395200, 1961625600, 2087856000 } },
        { "UTC", "Mon *-02-29", 1700000000, { 2340316800, 3223929600, 4486147200, 5369760000 } },
        { "UTC", "2023-11-14 22:13:20", 1700000000, { -1 } },
        { "UTC", "*-02-30", 1700000000, { -1 } },
        { "UTC", "2199-12-31 23:59:59", 1700000000, { 7258118399, -1 } },
        { "UTC", "*:0/7:3.5", 1700000000, { 1700000043, 1700000463, 1700000883, 1700001303 } },

        /* The clock is put back at 03:00 on 2026-10-25: what it shows twice elapses once... */
        { "Europe/Berlin", "*:0/30", 1792883400, { 1792884600, 1792886400, 1792888200, 1792893600 } },
        { "Europe/Berlin", "02:30", 1792843200, { 1792888200, 1792978200, 1793064600, 1793151000 } },
        /* ... or the second time, if that is still to come. */
        { "Europe/Berlin", "*:50", 1792890886, { 1792893000, 1792896600, 1792900200, 1792903800 } },
        /* It is put forward at 02:00 on 2026-03-29: what it does not show does not elapse. */
        { "Europe/Berlin", "02:30", 1774656000, { 1774661400, 1774830600, 1774917000, 1775003400 } },
        { "Europe/Berlin", "02..03:30", 1774670400, { 1774747800, 1774830600, 1774834200, 1774917000 } },
        { "Europe/Berlin", "*:0/30", 1774743000, { 1774744200, 1774746000, 1774747800, 1774749600 } },
        { "Europe/Berlin", "2026-03-29 02:30", 1774656000, { -1 } },
        { "Europe/Berlin", "02:30 UTC", 1774656000, { 1774665000, 1774751400, 1774837800, 1774924200 } },
        { "UTC", "02:30 Europe/Berlin", 1774656000, { 1774661400, 1774830600, 1774917000, 1775003400 } },
        { "rule", "02:30", 1774656000, { 1774661400, 1774830600, 1774917000, 1775003400 } },
        /* Behind the last change in the file its rule goes on: 2150-07-01. */
        { "Europe/Berlin", "2150-07-01", 1774656000, { 5695912800, -1 } },
        /* systemd gives up at the next change of the clock; here the event waits for the other half of the year. */
        { "Europe/Berlin", "02:30 CET", 1774656000, { 1774661400, 1792891800, 1792978200, 1793064600 } },
        { "Europe/Berlin", "02:30 CEST", 1774656000, { 1774830600, 1774917000, 1775003400, 1775089800 } },
        /* Midnight itself is skipped there, and the change is half an hour here. */
        { "America/Sao_Paulo", "00:00", 1541203200, { 1541214000, 1541383200, 1541469600, 1541556000 } },
        { "Australia/Lord_Howe", "*:0/30", 1775310300, { 1775311200, 1775313000, 1775316600, 1775318400 } },
};

static void assert_elapses(const Elapses *e) {
        const Zones zones = zones_with_local(e->zone);
        usec_t t = (usec_t)e->after * USEC_PER_SEC;
        CalendarSpec c;

        assert_int_equal(calendar_parse(e->event, &zones, &c), 0);
        for (size_t i = 0; i < ELEMENTSOF(e->next); i++) {
                int r = calendar_next(&c, &zones, t, &t);

                if (r != (e->next[i] < 0 ? -ENOENT : 0) ||
                    (r == 0 && (int64_t)(t / USEC_PER_SEC) != e->next[i]))
                        print_error("%s in %s: number %zu\n", e->event, e->zone, i);
                assert_int_equal(r, e->next[i] < 0 ? -ENOENT : 0);
                if (r < 0)
                        break;
                assert_true((int64_t)(t / USEC_PER_SEC) == e->next[i]);
        }
        calendar_release(&c);
}

static void elapses_are_those_of_systemd(void **state) {
        for (size_t i = 0; i < ELEMENTSOF(elapses); i++)
                assert_elapses(&elapses[i]);
}

/* systemd 252 gives up with "Infinite loop in calendar calculation" here. */
static void midnight_that_is_skipped_ends_no_search(void **state) {
        const Elapses e = { "America/Sao_Paulo",
                            "01/6,17:24",
                            1541293430,
                            { 1541301840, 1541323440, 1541345040, 1541359440 } };

        assert_elapses(&e);
}

static void microseconds_are_kept(void **state) {
        CalendarSpec c;
        usec_t t;

        assert_int_equal(calendar_parse("*:*:0/0.25 UTC", NULL, &c), 0);
        assert_int_equal(calendar_next(&c, NULL, 1700000000 * USEC_PER_SEC + 250000, &t), 0);
        assert_true(t == 1700000000 * USEC_PER_SEC + 500000);
        assert_int_equal(calendar_next(&c, NULL, t - 1, &t), 0);
        assert_true(t == 1700000000 * USEC_PER_SEC + 500000);
        assert_int_equal(calendar_next(&c, NULL, USEC_INFINITY, &t), -ENOENT);
        assert_int_equal(calendar_next(&c, NULL, USEC_INFINITY - 1, &t), -ENOENT);
        calendar_release(&c);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(normal_forms_are_those_of_systemd),
                cmocka_unit_test(what_systemd_refuses_is_refused),
                cmocka_unit_test(zones_are_known_by_their_names),
                cmocka_unit_test(without_a_database_names_are_taken_on_trust),
                cmocka_unit_test(rule_and_file_agree),
                cmocka_unit_test(rules_are_those_of_posix),
                cmocka_unit_test(broken_files_are_refused),
                cmocka_unit_test(elapses_are_those_of_systemd),
                cmocka_unit_test(midnight_that_is_skipped_ends_no_search),
                cmocka_unit_test(microseconds_are_kept),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
