/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/unit-file.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

/*
 * What is expected was seen with systemd-analyze verify of systemd 252. An
 * assignment is "LINE [SECTION] KEY=VALUE"; a finding is "LINE: KIND".
 */
typedef struct Rule {
        const char *says;
        Text text;
        int result;
        const char *reads;
} Rule;

#define TEXT(s)                                                                                              \
        { (char *)(s), sizeof(s) - 1 }
#define SERVICE "[Service]\n"

static const Rule rules[] = {
        { "one line end is a run of different characters", TEXT("[S]\r\nA=1\n\rB=2\r\rC=3\n\nD=4"), 0,
          "2 [S] A=1\n3 [S] B=2\n5 [S] C=3\n7 [S] D=4\n" },
        { "NUL ends a line and its end", TEXT("[S]\nA=1\0B=2\n\0C=3\0\n\rD=4\0"), 0,
          "2 [S] A=1\n3 [S] B=2\n4 [S] C=3\n6 [S] D=4\n" },
        { "last line needs no end", TEXT("[S]\nA=1"), 0, "2 [S] A=1\n" },
        { "empty text is no mistake", TEXT(""), 0, "" },

        { "comments begin with # or ;", TEXT("[S]\n#A=1\n \t;B=2\nC=3"), 0, "4 [S] C=3\n" },
        { "comment inside a join is left out", TEXT("[S]\nA=1\\\n# x\\\n;y\n2"), 0, "5 [S] A=1 2\n" },
        { "comment may be any bytes", TEXT("[S]\n# \xff\nA=1"), 0, "3 [S] A=1\n" },
        { "there are no comments behind values", TEXT("[S]\nA=1 # x\nB=2 ; y"), 0,
          "2 [S] A=1 # x\n3 [S] B=2 ; y\n" },

        { "byte order mark is removed", TEXT("\xef\xbb\xbf[S]\nA=1"), 0, "2 [S] A=1\n" },
        { "byte order mark is removed once, wherever it is",
          TEXT("[S]\n\xef\xbb\xbf"
               "A=1\n\xef\xbb\xbf"
               "B=2"),
          0,
          "2 [S] A=1\n3 [S] \xef\xbb\xbf"
          "B=2\n" },

        { "odd backslashes join", TEXT("[S]\nA=1\\\n  2\nB=3\\\\\nC=4\\\\\\\n5"), 0,
          "3 [S] A=1   2\n4 [S] B=3\\\\\n6 [S] C=4\\\\ 5\n" },
        { "backslash and blank do not join", TEXT("[S]\nA=1\\ \nB=2"), 0, "2 [S] A=1\\\n3 [S] B=2\n" },
        { "empty line ends a join", TEXT("[S]\nA=1\\\n\nB=2"), 0, "3 [S] A=1\n4 [S] B=2\n" },
        { "join open at the end counts the line that is missing", TEXT("[S]\nA=1\\"), 0, "3 [S] A=1\n" },
        { "join open at the end and ended counts it too", TEXT("[S]\nA=1\\\n"), 0, "3 [S] A=1\n" },
        { "header may be joined", TEXT("[Ser\\\nvice]\nA=1"), 0, "3 [Ser vice] A=1\n" },

        { "blanks around key and value are removed", TEXT(" [S] \n \t A \t = \t b c \t "), 0,
          "2 [S] A=b c\n" },
        { "vertical tab and form feed are text", TEXT("[S]\nA=\v1\f"), 0, "2 [S] A=\v1\f\n" },

        { "other encodings are refused", TEXT("[S]\nA=1\nB=\xff\nC=3"), -EINVAL, "2 [S] A=1\n3: error\n" },
        { "noncharacters are refused", TEXT("[S]\nB=\xef\xbf\xbe"), -EINVAL, "2: error\n" },

        { "header needs its end", TEXT(SERVICE "A=1\n[Unit\nB=2"), -EBADMSG, "2 [Service] A=1\n3: error\n" },
        { "comment behind a header refuses the file", TEXT("[Service] # x\nA=1"), -EBADMSG, "1: error\n" },
        { "quote in a header refuses the file", TEXT("[Ser\"vice]\nA=1"), -EBADMSG, "1: error\n" },
        { "control character in a header refuses the file", TEXT("[Ser\x01]\nA=1"), -EBADMSG, "1: error\n" },
        { "backslash in a header refuses the file", TEXT("[Ser\\vice]\nA=1"), -EBADMSG, "1: error\n" },
        { "header may hold brackets or nothing", TEXT("[a]b]\nA=1\n[]\nB=2"), 0, "2 [a]b] A=1\n4 [] B=2\n" },
        { "section names keep their case", TEXT("[service]\nA=1\n[SERVICE]\nB=2"), 0,
          "2 [service] A=1\n4 [SERVICE] B=2\n" },
        { "section can be continued", TEXT("[S]\nA=1\n[T]\nB=2\n[S]\nC=3"), 0,
          "2 [S] A=1\n4 [T] B=2\n6 [S] C=3\n" },

        { "lines before the first header are ignored", TEXT("A=1\nB\n[S]\nC=3"), 0,
          "1: warning\n2: warning\n4 [S] C=3\n" },
        { "line without = is ignored", TEXT("[S]\nA\nB=2"), 0, "2: warning\n3 [S] B=2\n" },
        { "line without a key is ignored", TEXT("[S]\n =1\nB=2"), 0, "2: warning\n3 [S] B=2\n" },

        { "key is all before the first =", TEXT("[S]\nkey:with:colon=a=b\na b;c = d\nlower=e"), 0,
          "2 [S] key:with:colon=a=b\n3 [S] a b;c=d\n4 [S] lower=e\n" },
        { "value may be empty", TEXT("[S]\nA=\nB = "), 0, "2 [S] A=\n3 [S] B=\n" },
        { "value may look like anything", TEXT("[S]\nA=[x]\nB=#y\nC=;z\nD==\nE=a:b"), 0,
          "2 [S] A=[x]\n3 [S] B=#y\n4 [S] C=;z\n5 [S] D==\n6 [S] E=a:b\n" },
        { "indented line is no continuation", TEXT("[S]\nA=1\n  B=2\n\tC=3"), 0,
          "2 [S] A=1\n3 [S] B=2\n4 [S] C=3\n" },
        { "key may be \"?\"", TEXT("[S]\n?=1\n\xc3\xa9=2"), 0, "2 [S] ?=1\n3 [S] \xc3\xa9=2\n" },
};

static int note(const Assignment *a, void *userdata) {
        buf_addf(userdata, "%u [%s] %s=%s\n", a->line, a->section, a->key, a->value);
        return 0;
}

/* The findings before the first assignment, the assignments, the other findings. */
static int read_all(Text text, Buf *ret) {
        Report report = { 0 };
        Buf findings auto_buf = { 0 };
        Buf before auto_buf = { 0 };
        int r = unit_file_parse("x.service", text, note, ret, &report);

        for (size_t i = 0; i < report.n_findings; i++) {
                const Finding *f = &report.findings[i];
                bool first = ret->len == 0 || f->line < (unsigned)strtoul(ret->data, NULL, 10);

                assert_string_equal(f->file, "x.service");
                buf_addf(first ? &before : &findings, "%u: %s\n", f->line, severity_to_string(f->severity));
        }
        buf_add(&before, ret->data ? ret->data : "");
        buf_add(&before, findings.data ? findings.data : "");
        buf_release(ret);
        *ret = TAKE(before);
        report_release(&report);
        return r;
}

static void every_rule_holds(void **state) {
        for (size_t i = 0; i < ELEMENTSOF(rules); i++) {
                Buf b auto_buf = { 0 };
                int r = read_all(rules[i].text, &b);

                if (r != rules[i].result || !str_equal(b.data, rules[i].reads))
                        print_error("rule: %s: result %d\n", rules[i].says, r);
                assert_string_equal(b.data, rules[i].reads);
                assert_int_equal(r, rules[i].result);
        }
}

/* "[S]\nA=" and then n times the pattern. */
static Text long_text(const char *pattern, size_t n) {
        size_t each = strlen(pattern);
        char *s = malloc(6 + n * each);

        assert_non_null(s);
        memcpy(s, "[S]\nA=", 6);
        for (size_t i = 0; i < n; i++)
                memcpy(s + 6 + i * each, pattern, each);
        return (Text){ s, 6 + n * each };
}

static void line_may_be_one_mebibyte_long(void **state) {
        Buf b auto_buf = { 0 }, c auto_buf = { 0 };
        Text t = long_text("x", UNIT_LINE_MAX - 2), u = long_text("x", UNIT_LINE_MAX - 1);

        assert_int_equal(read_all(t, &b), 0);
        assert_int_equal(b.len, strlen("2 [S] A=\n") + UNIT_LINE_MAX - 2);
        assert_int_equal(read_all(u, &c), -ENOBUFS);
        assert_string_equal(c.data, "2: error\n");
        free(t.data);
        free(u.data);
}

static void joined_line_may_be_one_mebibyte_long(void **state) {
        Buf b auto_buf = { 0 }, c auto_buf = { 0 };
        Text t = long_text("x\\\n", UNIT_LINE_MAX / 2 - 1), u = long_text("x\\\n", UNIT_LINE_MAX / 2);

        assert_int_equal(read_all(t, &b), 0);
        assert_int_equal(read_all(u, &c), -ENOBUFS);
        free(t.data);
        free(u.data);
}

static int refuse_second(const Assignment *a, void *userdata) {
        unsigned *n = userdata;

        return ++*n == 2 ? -ENOMEM : 0;
}

static void handler_ends_the_reading(void **state) {
        unsigned n = 0;

        assert_int_equal(unit_file_parse("f", (Text)TEXT("[S]\nA=1\nB=2\nC=3\n"), refuse_second, &n, NULL),
                         -ENOMEM);
        assert_int_equal(n, 2);
}

/* inih keeps 49 bytes of a section, 199 of a line; nobody may notice. */
static void long_keys_and_sections_are_whole(void **state) {
        char section[301], key[301], text[1024];
        Buf b auto_buf = { 0 }, expected auto_buf = { 0 };
        int n;

        memset(section, 's', 300);
        memset(key, 'k', 300);
        section[300] = key[300] = 0;
        n = snprintf(text, sizeof(text), "[%s]\n%s=v\n%.64s=w\n%.65s=x\n", section, key, key, key);
        buf_addf(&expected, "2 [%s] %s=v\n3 [%s] %.64s=w\n4 [%s] %.65s=x\n", section, key, section, key,
                 section, key);
        assert_int_equal(read_all((Text){ text, (size_t)n }, &b), 0);
        assert_string_equal(b.data, expected.data);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(every_rule_holds),
                cmocka_unit_test(line_may_be_one_mebibyte_long),
                cmocka_unit_test(joined_line_may_be_one_mebibyte_long),
                cmocka_unit_test(handler_ends_the_reading),
                cmocka_unit_test(long_keys_and_sections_are_whole),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
