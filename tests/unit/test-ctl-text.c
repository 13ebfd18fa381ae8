/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/core/ctl.h"
#include "ctl/core/glyphs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static void expect_cut(const char *text, size_t columns, const char *expected) {
        Buf b auto_buf = { 0 };

        text_cut(text, columns, &b);
        assert_string_equal(b.data ? b.data : "", expected);
}

/* Never wider than asked for, and whole where it fits. */
static void texts_are_cut_to_columns_not_bytes(void **state) {
        expect_cut("short", 5, "short");
        expect_cut("longer", 5, "long…");
        expect_cut("größer", 5, "größ…");
        expect_cut("日本語", 6, "日本語");
        expect_cut("日本語", 5, "日本…");
        expect_cut("日本語", 4, "日…"); /* half a character is none */
        expect_cut("a", 1, "a");
        expect_cut("ab", 1, "…");
        expect_cut("ab", 0, "");
        assert_int_equal(text_width("\xff\xfe"), 2);
        expect_cut("\xff\xfe\xfd", 2, "\xff…");
}

/* What was switched on is switched off, and takes no room. */
static void colours_and_links_have_no_width(void **state) {
        assert_int_equal(text_width("\033[0;1;31mred\033[0m"), 3);
        assert_int_equal(text_width("\033]8;;file:///x\aname\033]8;;\a"), 4);
        expect_cut("\033[31mred\033[0m", 3, "\033[31mred\033[0m");
        expect_cut("\033[31mcrimson\033[0m", 4, "\033[31mcri…\033[0m");
        expect_cut("ab\033]8;;x\acdef\033]8;;\a", 3, "ab\033]8;;x\a…\033]8;;\a");
        assert_int_equal(text_width("\033[31"), 0); /* unfinished: nothing behind it */
}

static void nothing_printed_can_move_the_cursor(void **state) {
        Buf b auto_buf = { 0 };

        add_printable("a\033[31m\x7f\tb\nü\xff\xc3", &b);
        assert_string_equal(b.data, "a\\x1b[31m\\x7f\tb\\x0aü\\xff\\xc3");
}

static void json_is_valid_whatever_the_text(void **state) {
        Buf b auto_buf = { 0 };

        json_open(&b, "{");
        json_add_member(&b, "a", "\"\\\n\x01\x7fü\xff");
        json_add_number(&b, "n", 7);
        json_add_number(&b, "none", UINT64_MAX);
        json_add_bool(&b, "yes", true);
        json_add_key(&b, "list");
        json_open(&b, "[");
        json_open(&b, "{");
        buf_add_char(&b, '}');
        json_open(&b, "{");
        buf_add(&b, "}]}");
        assert_string_equal(
                b.data, "{\"a\":\"\\\"\\\\\\u000a\\u0001\\u007fü\\ufffd\",\"n\":7,\"none\":null,\"yes\":true,"
                        "\"list\":[{},{}]}");
}

static void expect_layout(const char *text, const char *expected) {
        Buf b auto_buf = { 0 };

        json_lay_out(text, &b);
        assert_string_equal(b.data ? b.data : "", expected);
}

/* Only between values: what stands in a text stays. */
static void pretty_json_is_the_same_json(void **state) {
        expect_layout("[]\n", "[]\n");
        expect_layout("{ }\n", "{}\n");
        expect_layout("{\"a\":[1,2],\"b\":{}}\n", "{\n\t\"a\" : [\n\t\t1,\n\t\t2\n\t],\n\t\"b\" : {}\n}\n");
        expect_layout("{\"a{b\":\"x, \\\"y\\\\\", \"c\" : \"[]:\"}",
                      "{\n\t\"a{b\" : \"x, \\\"y\\\\\",\n\t\"c\" : \"[]:\"\n}\n");
        expect_layout("[ { } ]\n[1]\n", "[\n\t{}\n]\n[\n\t1\n]\n");
        expect_layout("]}", "\n]\n\n}\n"); /* no JSON, but no crash */
}

static const char *meant(const char *word, const char *const *words) {
        static Similar s;

        similar_init(&s, word);
        for (; *words; words++)
                similar_try(&s, *words);
        return s.best;
}

static void near_words_are_offered_and_far_ones_are_not(void **state) {
        static const char *const words[] = { "start",      "stop",        "status", "restart",
                                             "list-units", "web.service", NULL };

        assert_string_equal(meant("strat", words), "start");
        assert_string_equal(meant("statsu", words), "status");
        assert_string_equal(meant("stpo", words), "stop");
        assert_string_equal(meant("list-unit", words), "list-units");
        assert_string_equal(meant("wbe.service", words), "web.service");
        assert_string_equal(meant("xyzzy", words), "");
        assert_string_equal(meant("a.service", words), ""); /* the type is not what is alike */
        assert_string_equal(meant("", words), "");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(texts_are_cut_to_columns_not_bytes),
                cmocka_unit_test(colours_and_links_have_no_width),
                cmocka_unit_test(nothing_printed_can_move_the_cursor),
                cmocka_unit_test(json_is_valid_whatever_the_text),
                cmocka_unit_test(pretty_json_is_the_same_json),
                cmocka_unit_test(near_words_are_offered_and_far_ones_are_not),
        };

        setenv("SYSTEMD_UTF8", "1", 1); /* whatever the locale of the machine is */
        (void)ctl_glyphs();
        return cmocka_run_group_tests(tests, NULL, NULL);
}
