/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/time.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static usec_t span(const char *s) {
        usec_t t = 0;

        assert_int_equal(timespan_parse(s, USEC_PER_SEC, &t), 0);
        return t;
}

static void spans_are_added_up(void **state) {
        assert_true(span("5") == 5 * USEC_PER_SEC);
        assert_true(span("2min 200ms") == 120200000);
        assert_true(span("1h30m") == 5400 * USEC_PER_SEC);
        assert_true(span("1M") == USEC_PER_MONTH);
        assert_true(span("  1 week\t2 days ") == 9 * USEC_PER_DAY);
        assert_true(span("5 5ms") == 5005000);
        assert_true(span("3\u00b5s 4\u03bcs") == 7);
        assert_true(span("infinity") == USEC_INFINITY);
        assert_true(span("0") == 0);
        assert_true(span("+7s") == 7 * USEC_PER_SEC);
}

static void fractions_are_of_their_unit(void **state) {
        assert_true(span("1.5") == 1500000);
        assert_true(span("0.5h") == 1800 * USEC_PER_SEC);
        assert_true(span(".25s") == 250000);
        assert_true(span("1.0000019s") == 1000001);
        assert_true(span("12.34 .56") == 12900000);
}

static void number_without_a_unit_has_the_default(void **state) {
        usec_t t;

        assert_int_equal(timespan_parse("7", USEC_PER_MSEC, &t), 0);
        assert_true(t == 7000);
        assert_int_equal(timespan_parse("7s", USEC_PER_MSEC, &t), 0);
        assert_true(t == 7 * USEC_PER_SEC);
}

static void what_is_no_span_is_refused(void **state) {
        static const char *const bad[] = { "",     " ",     "5 parsecs", "s",          "12.34.56", "5.",
                                           "5.s",  ".",     "+.5",       "infinity 1", "1e5",      "0x10",
                                           "5;6s", "infin", "5 minx",    "+-5",        "S" };
        usec_t t = 42;

        for (size_t i = 0; i < ELEMENTSOF(bad); i++)
                assert_int_equal(timespan_parse(bad[i], USEC_PER_SEC, &t), -EINVAL);
        assert_int_equal(timespan_parse("-1s", USEC_PER_SEC, &t), -ERANGE);
        assert_int_equal(timespan_parse("-", USEC_PER_SEC, &t), -ERANGE);
        assert_int_equal(timespan_parse("22139220745710226221us", USEC_PER_SEC, &t), -ERANGE);
        assert_int_equal(timespan_parse("18446744073709551616us", USEC_PER_SEC, &t), -ERANGE);
        assert_int_equal(timespan_parse("600000y", USEC_PER_SEC, &t), -ERANGE);
        assert_int_equal(timespan_parse("584000y 999999d", USEC_PER_SEC, &t), -ERANGE);
        assert_true(t == 42);
}

static void spans_are_written_as_systemctl_does(void **state) {
        static const struct {
                usec_t t;
                const char *text;
        } spans[] = {
                { 0, "0" },
                { 1, "1us" },
                { 1500, "1.500ms" },
                { 100000, "100ms" },
                { 1234567, "1.234567s" },
                { 61500000, "1min 1.500000s" },
                { 90 * USEC_PER_SEC, "1min 30s" },
                { 120200000, "2min 200ms" },
                { USEC_PER_HOUR + 1, "1h 1us" },
                { 400 * USEC_PER_DAY, "1y 1month 4d 7h 30min" },
                { USEC_INFINITY, "infinity" },
        };

        for (size_t i = 0; i < ELEMENTSOF(spans); i++) {
                Buf b auto_buf = { 0 };

                timespan_format(spans[i].t, &b);
                assert_string_equal(b.data, spans[i].text);
                assert_true(span(b.data) == spans[i].t);
        }
}

static void written_for_people_they_end_at_milliseconds(void **state) {
        static const struct {
                usec_t t;
                const char *text;
        } spans[] = {
                { 0, "0" },
                { 700, "700us" },
                { 1500, "1ms" },
                { 1234567, "1.234s" },
                { 2000999, "2s" },
                { 61500001, "1min 1.500s" },
                { USEC_INFINITY, "infinity" },
        };

        for (size_t i = 0; i < ELEMENTSOF(spans); i++) {
                Buf b auto_buf = { 0 };

                timespan_format_rounded(spans[i].t, &b);
                assert_string_equal(b.data, spans[i].text);
        }
}

static void sums_stop_at_infinity(void **state) {
        assert_true(usec_add(USEC_INFINITY - 1, 2) == USEC_INFINITY);
        assert_true(usec_add(1, 2) == 3);
        assert_true(usec_sub(1, 2) == 0);
        assert_true(usec_sub(USEC_INFINITY, 2) == USEC_INFINITY);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(spans_are_added_up),
                cmocka_unit_test(fractions_are_of_their_unit),
                cmocka_unit_test(number_without_a_unit_has_the_default),
                cmocka_unit_test(what_is_no_span_is_refused),
                cmocka_unit_test(spans_are_written_as_systemctl_does),
                cmocka_unit_test(written_for_people_they_end_at_milliseconds),
                cmocka_unit_test(sums_stop_at_infinity),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
