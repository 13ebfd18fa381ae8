/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/words.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

/* The words in one text, each followed by '|'. */
static void assert_words(const char *text, WordsFlags flags, const char *expected) {
        char **l auto_strv = NULL;
        Buf b auto_buf = { 0 };

        assert_int_equal(words_split(text, flags, &l), 0);
        buf_add(&b, "");
        STRV_FOREACH (w, l)
                buf_addf(&b, "%s|", *w);
        assert_string_equal(b.data, expected);
}

static void assert_refused(const char *text, WordsFlags flags) {
        char **l = NULL;

        assert_int_equal(words_split(text, flags, &l), -EINVAL);
        assert_null(l);
}

static void blanks_separate_words(void **state) {
        assert_words("", 0, "");
        assert_words(" \t\r\n ", 0, "");
        assert_words("  a b\tc\nd  ", 0, "a|b|c|d|");
        assert_words("a\x0b"
                     "b",
                     0,
                     "a\x0b"
                     "b|");
}

static void quotes_group_and_disappear(void **state) {
        assert_words("'a b' \"c d\"", WORDS_QUOTES, "a b|c d|");
        assert_words("x'a b'y\"c'd\"", WORDS_QUOTES, "xa byc'd|");
        assert_words("'' \"\"", WORDS_QUOTES, "||");
        assert_words("'a b'", 0, "'a|b'|");
        assert_words("a\\'b", 0, "a\\'b|");
}

static void open_quote_is_refused_or_closed(void **state) {
        assert_refused("a 'b c", WORDS_QUOTES);
        assert_refused("\"", WORDS_QUOTES);
        assert_words("a 'b c", WORDS_QUOTES | WORDS_RELAX, "a|b c|");
}

static void escapes_are_replaced(void **state) {
        const WordsFlags f = WORDS_QUOTES | WORDS_UNESCAPE;

        assert_words("\\a\\b\\f\\n\\r\\t\\v", f, "\a\b\f\n\r\t\v|");
        assert_words("a\\sb \\\\ \\\" \\'", f, "a b|\\|\"|'|");
        assert_words("\\x41\\102\\u20ac\\U0001F600", f, "AB\xe2\x82\xac\xf0\x9f\x98\x80|");
        assert_words("'a\\'b' \"c\\\"d\"", f, "a'b|c\"d|");
        assert_words("\\x41", WORDS_QUOTES, "\\x41|");
}

static void unknown_escapes_are_refused_or_kept(void **state) {
        static const char *const bad[] = { "\\q",    "\\x4", "\\x00",   "\\000",       "\\400",   "\\12",
                                           "\\u20a", "\\ ",  "\\ud800", "\\U00110000", "\\u0000", "\\" };
        const WordsFlags relax = WORDS_QUOTES | WORDS_UNESCAPE_RELAX;

        for (size_t i = 0; i < ELEMENTSOF(bad); i++)
                assert_refused(bad[i], WORDS_QUOTES | WORDS_UNESCAPE);
        assert_words("\\q\\d+ \\x4 \\n", relax, "\\q\\d+|\\x4|\n|");
        assert_words("a\\ b", relax, "a\\ b|");
        assert_words("a\\", relax, "a\\|");
        assert_refused("'a\\", relax);
        assert_words("a\\", WORDS_UNESCAPE | WORDS_RELAX, "a|");
}

static void position_is_behind_the_word(void **state) {
        const char *p = "  'a b' c";
        char *w auto_free = NULL;

        assert_int_equal(words_next(&p, WORDS_QUOTES, &w), 1);
        assert_string_equal(w, "a b");
        assert_string_equal(p, "c");
        p = " ";
        assert_int_equal(words_next(&p, 0, &w), 0);
}

static void quoted_word_is_read_back(void **state) {
        static const char *const words[] = { "",      "a",       "a b",      "it's",        "\"",
                                             "a\\nb", "a\nb\tc", "\x01\x7f", "\xc3\xa9 \r", "/bin/sh" };
        Buf all auto_buf = { 0 };
        char **l auto_strv = NULL;

        for (size_t i = 0; i < ELEMENTSOF(words); i++) {
                assert_int_equal(words_quote(words[i], &all), 0);
                buf_add_char(&all, ' ');
        }
        assert_null(strpbrk(all.data, "\n\t\r\x01\x7f"));
        assert_int_equal(words_split(all.data, WORDS_QUOTES | WORDS_UNESCAPE, &l), 0);
        assert_int_equal(strv_length(l), ELEMENTSOF(words));
        for (size_t i = 0; i < ELEMENTSOF(words); i++)
                assert_string_equal(l[i], words[i]);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(blanks_separate_words),
                cmocka_unit_test(quotes_group_and_disappear),
                cmocka_unit_test(open_quote_is_refused_or_closed),
                cmocka_unit_test(escapes_are_replaced),
                cmocka_unit_test(unknown_escapes_are_refused_or_kept),
                cmocka_unit_test(position_is_behind_the_word),
                cmocka_unit_test(quoted_word_is_read_back),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
