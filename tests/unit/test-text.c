/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/report.h"
#include "base/text.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static void buffer_grows_and_is_handed_over(void **state) {
        Buf b auto_buf = { 0 };
        char *s auto_free = NULL, *empty auto_free = NULL;

        for (int i = 0; i < 1000; i++)
                buf_addf(&b, "%d,", i % 10);
        buf_add_char(&b, 'x');
        buf_add_n(&b, "yz!", 2);
        assert_int_equal(buf_take(&b, &s), 0);
        assert_int_equal(strlen(s), 2003);
        assert_string_equal(s + 2000, "xyz");
        assert_null(b.data);
        assert_int_equal(buf_take(&b, &empty), 0);
        assert_string_equal(empty, "");
}

static void buffer_remembers_its_failure(void **state) {
        Buf b auto_buf = { .len = SIZE_MAX - 10 };
        char *s = NULL;

        buf_add(&b, "longer than what is left");
        b.len = 0;
        buf_add(&b, "fits, but too late");
        assert_int_equal(buf_take(&b, &s), -ENOMEM);
        assert_null(s);
}

static void prefixes_and_suffixes_are_found(void **state) {
        char text[] = " \t a b\r\n ";

        assert_true(str_starts_with("foo.service", "foo"));
        assert_false(str_starts_with("fo", "foo"));
        assert_true(str_ends_with("foo.service", ".service"));
        assert_false(str_ends_with("ice", ".service"));
        assert_string_equal(str_after("a=b", "a="), "b");
        assert_null(str_after("ab", "a="));
        assert_string_equal(str_strip(text), "a b");
        assert_true(str_equal(NULL, NULL));
        assert_false(str_equal(NULL, ""));
}

static void utf8_is_told_from_other_bytes(void **state) {
        static const char *const good[] = {
                "", "abc", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\xf4\x8f\xbf\xbd"
        };
        static const char *const bad[] = {
                "\xff",             /* no lead byte */
                "\x80",             /* continuation alone */
                "\xc3",             /* cut */
                "\xc0\xaf",         /* overlong */
                "\xe0\x80\xaf",     /* overlong */
                "\xed\xa0\x80",     /* surrogate */
                "\xf4\x90\x80\x80", /* above U+10FFFF */
                "\xef\xbf\xbe",     /* noncharacter */
                "\xef\xb7\x90",     /* noncharacter */
        };

        for (size_t i = 0; i < ELEMENTSOF(good); i++)
                assert_true(str_is_utf8(good[i], strlen(good[i])));
        for (size_t i = 0; i < ELEMENTSOF(bad); i++)
                assert_false(str_is_utf8(bad[i], strlen(bad[i])));
}

static void numbers_have_the_bases_of_systemd(void **state) {
        static const struct {
                const char *text;
                uint64_t v;
        } good[] = { { " 7", 7 },    { "+7", 7 },   { "0x1f", 31 }, { "0X1F", 31 }, { "017", 15 },
                     { "0o17", 15 }, { "0b11", 3 }, { "-0", 0 },    { "00", 0 } };
        static const char *const bad[] = { "08", "0x", "0b", "0b2", "0o8", "x1", "1e2", "0b-", "1_0" };
        uint64_t v;

        for (size_t i = 0; i < ELEMENTSOF(good); i++) {
                assert_int_equal(parse_u64(good[i].text, &v), 0);
                assert_true(v == good[i].v);
        }
        for (size_t i = 0; i < ELEMENTSOF(bad); i++)
                assert_int_equal(parse_u64(bad[i], &v), -EINVAL);
}

static void numbers_are_whole_and_in_range(void **state) {
        uint64_t u = 7;
        int64_t i;
        unsigned n;
        int k;

        assert_int_equal(parse_u64("18446744073709551615", &u), 0);
        assert_true(u == UINT64_MAX);
        assert_int_equal(parse_u64("18446744073709551616", &u), -ERANGE);
        assert_int_equal(parse_u64("", &u), -EINVAL);
        assert_int_equal(parse_u64("-1", &u), -ERANGE);
        assert_int_equal(parse_u64("1x", &u), -EINVAL);
        assert_int_equal(parse_u64("1 ", &u), -EINVAL);
        assert_true(u == UINT64_MAX);
        assert_int_equal(parse_decimal("0x1", &u), -EINVAL);
        assert_int_equal(parse_decimal(" 1", &u), -EINVAL);
        assert_int_equal(parse_decimal("+1", &u), -EINVAL);
        assert_int_equal(parse_decimal("010", &u), 0);
        assert_true(u == 10);

        assert_int_equal(parse_i64("-9223372036854775808", &i), 0);
        assert_true(i == INT64_MIN);
        assert_int_equal(parse_i64("-9223372036854775809", &i), -ERANGE);
        assert_int_equal(parse_i64("9223372036854775808", &i), -ERANGE);
        assert_int_equal(parse_i64("+5", &i), 0);
        assert_int_equal(i, 5);
        assert_int_equal(parse_i64("-0", &i), 0);
        assert_int_equal(i, 0);
        assert_int_equal(parse_i64("-", &i), -EINVAL);

        assert_int_equal(parse_unsigned("4294967296", &n), -ERANGE);
        assert_int_equal(parse_int("-2147483648", &k), 0);
        assert_int_equal(k, INT32_MIN);
        assert_int_equal(parse_int("2147483648", &k), -ERANGE);
}

static void modes_are_octal(void **state) {
        unsigned mode;

        assert_int_equal(parse_mode("0755", &mode), 0);
        assert_int_equal(mode, 0755);
        assert_int_equal(parse_mode("7777", &mode), 0);
        assert_int_equal(parse_mode("10000", &mode), -ERANGE);
        assert_int_equal(parse_mode("0788", &mode), -EINVAL);
}

static void booleans_are_known_in_any_case(void **state) {
        static const char *const yes[] = { "1", "YES", "y", "True", "t", "on" };
        static const char *const no[] = { "0", "no", "N", "FALSE", "f", "Off" };
        bool b;

        for (size_t i = 0; i < ELEMENTSOF(yes); i++) {
                assert_int_equal(parse_bool(yes[i], &b), 0);
                assert_true(b);
                assert_int_equal(parse_bool(no[i], &b), 0);
                assert_false(b);
        }
        assert_int_equal(parse_bool("", &b), -EINVAL);
        assert_int_equal(parse_bool("yess", &b), -EINVAL);
        assert_int_equal(parse_bool("2", &b), -EINVAL);
}

static void lists_keep_their_order(void **state) {
        char **l auto_strv = NULL, **copy auto_strv = NULL;
        char *joined auto_free = NULL;

        assert_int_equal(strv_length(NULL), 0);
        for (const char *const *s = (const char *const[]){ "b", "a", "b", "c", "b", NULL }; *s; s++)
                assert_int_equal(strv_add(&l, *s), 0);
        assert_int_equal(strv_add_unique(&l, "c"), 0);
        assert_int_equal(strv_add_unique(&l, "d"), 0);
        assert_int_equal(strv_length(l), 6);
        assert_int_equal(strv_copy(l, &copy), 0);
        assert_true(strv_equal(l, copy));
        strv_remove(l, "b");
        assert_false(strv_equal(l, copy));
        assert_int_equal(strv_join(l, ", ", &joined), 0);
        assert_string_equal(joined, "a, c, d");
        assert_true(strv_contains(copy, "b"));
        assert_false(strv_contains(l, "b"));
}

static void environment_has_one_value_per_name(void **state) {
        char **env auto_strv = NULL;

        assert_int_equal(env_set(&env, "A=1"), 0);
        assert_int_equal(env_set(&env, "AB=2"), 0);
        assert_int_equal(env_set(&env, "A=3"), 0);
        assert_int_equal(strv_length(env), 2);
        assert_string_equal(env_get(env, "A", 1), "3");
        assert_string_equal(env_get(env, "AB?", 2), "2");
        assert_null(env_get(env, "B", 1));
        env_unset(env, "A=1"); /* another value */
        assert_string_equal(env_get(env, "A", 1), "3");
        env_unset(env, "A=3");
        assert_null(env_get(env, "A", 1));
        env_unset(env, "AB");
        assert_int_equal(strv_length(env), 0);
}

static void environment_names_are_identifiers(void **state) {
        assert_true(env_assignment_is_valid("_a9="));
        assert_true(env_assignment_is_valid("A=b=c\n"));
        assert_false(env_assignment_is_valid("9a=b"));
        assert_false(env_assignment_is_valid("a-b=c"));
        assert_false(env_assignment_is_valid("=c"));
        assert_false(env_assignment_is_valid("abc"));
        assert_false(env_assignment_is_valid("a=\xff"));
}

static void findings_name_their_place(void **state) {
        Buf b auto_buf = { 0 };
        Report r = { 0 };

        report_add(&r, SEVERITY_WARNING, "/etc/a.service", 7, "Restart", "'%s' is no kind\nof restart.", "x");
        report_add(&r, SEVERITY_ERROR, NULL, 0, NULL, "No memory.");
        report_add(NULL, SEVERITY_ERROR, NULL, 0, NULL, "to nobody");
        assert_int_equal(report_count(&r, SEVERITY_WARNING), 1);
        finding_format(&r.findings[0], &b);
        buf_add_char(&b, '|');
        finding_format(&r.findings[1], &b);
        assert_string_equal(b.data, "/etc/a.service:7: Restart=: 'x' is no kind of restart.|No memory.");
        report_release(&r);
        assert_int_equal(r.n_findings, 0);
}

static void report_counts_what_it_does_not_keep(void **state) {
        Report r = { 0 };

        for (int i = 0; i < REPORT_MAX + 5; i++)
                report_add(&r, SEVERITY_NOTE, "f", 1, NULL, "n");
        assert_int_equal(r.n_findings, REPORT_MAX);
        assert_int_equal(r.n_lost, 5);
        report_release(&r);
}

static void arrays_keep_their_elements_when_they_grow(void **state) {
        uint16_t *v auto_free = NULL;
        size_t capacity = 0;

        for (uint16_t i = 0; i < 500; i++) {
                assert_int_equal(array_reserve(&v, &capacity, i + 1u, sizeof(*v)), 0);
                v[i] = i;
        }
        for (uint16_t i = 0; i < 500; i++)
                assert_int_equal(v[i], i);
        assert_int_equal(array_reserve(&v, &capacity, SIZE_MAX, sizeof(*v)), -ENOMEM);
        assert_int_equal(v[499], 499);
}

static void bytes_are_two_digits_each(void **state) {
        const uint8_t bytes[] = { 0x00, 0x09, 0x9a, 0xf0, 0xff };
        char text[2 * sizeof(bytes) + 1];

        hex_format(bytes, sizeof(bytes), text);
        assert_string_equal(text, "00099af0ff");
        hex_format(bytes, 0, text);
        assert_string_equal(text, "");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(buffer_grows_and_is_handed_over),
                cmocka_unit_test(buffer_remembers_its_failure),
                cmocka_unit_test(prefixes_and_suffixes_are_found),
                cmocka_unit_test(utf8_is_told_from_other_bytes),
                cmocka_unit_test(numbers_are_whole_and_in_range),
                cmocka_unit_test(numbers_have_the_bases_of_systemd),
                cmocka_unit_test(modes_are_octal),
                cmocka_unit_test(booleans_are_known_in_any_case),
                cmocka_unit_test(lists_keep_their_order),
                cmocka_unit_test(environment_has_one_value_per_name),
                cmocka_unit_test(environment_names_are_identifiers),
                cmocka_unit_test(findings_name_their_place),
                cmocka_unit_test(report_counts_what_it_does_not_keep),
                cmocka_unit_test(arrays_keep_their_elements_when_they_grow),
                cmocka_unit_test(bytes_are_two_digits_each),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
