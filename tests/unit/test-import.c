/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Importers: what they know, how they quote, how they split. */

#include "conf/words.h"
#include "import/pm2.h"
#include "import/supervisord.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static bool is_listed(const char *list, const char *line) {
        size_t n = strlen(line);

        for (const char *p = list; (p = strstr(p, line)); p += n)
                if ((p == list || p[-1] == '\n') && p[n] == '\n')
                        return true;
        return false;
}

static void every_key_of_pm2_is_known(void **state) {
        char path[4096], line[256];
        Buf known auto_buf = { 0 };
        unsigned n = 0;
        FILE *f;

        snprintf(path, sizeof(path), "%s/tests/unit/pm2-keys.txt", getenv("srcdir") ?: ".");
        f = fopen(path, "r");
        assert_non_null(f);
        pm2_keys_list(&known);
        assert_int_equal(known.error, 0);
        while (fgets(line, sizeof(line), f)) {
                line[strcspn(line, "\n")] = 0;
                if (line[0] == '#' || !line[0])
                        continue;
                n++;
                if (!is_listed(known.data, line))
                        fail_msg("%s is a key of PM2 that the importer does not know", line);
        }
        fclose(f);
        assert_true(n > 60);
}

/* What is quoted for a unit is read back as it was, by the rules of command lines. */
static void words_are_read_back(void **state) {
        static const char *const words[] = { "a",        "two words",   "",          ";",         "\"q\"",
                                             "it's",     "back\\slash", "new\nline", "tab\there", "\x01",
                                             "\303\244", "'",           "#",         "=" };

        for (size_t i = 0; i < ELEMENTSOF(words); i++) {
                Buf b auto_buf = { 0 };
                const char *p;
                char *word auto_free = NULL;

                assert_int_equal(draft_quote(words[i], false, &b), 0);
                assert_string_not_equal(b.data, ";");
                p = b.data;
                assert_int_equal(words_next(&p, WORDS_QUOTES | WORDS_UNESCAPE, &word), 1);
                assert_string_equal(word, words[i]);
                assert_int_equal(*p, 0);
        }
}

static void percent_signs_are_doubled_but_for_the_instance(void **state) {
        Buf b auto_buf = { 0 };

        assert_int_equal(draft_quote("50% of " DRAFT_INSTANCE, false, &b), 0);
        assert_string_equal(b.data, "\"50%% of %i\"");
        assert_int_equal(draft_quote("\xff", false, &b), -EINVAL);
}

static void command_lines_are_split_as_python_does(void **state) {
        char **l auto_strv = NULL;

        assert_int_equal(import_split("a 'b  c' \"d\\\"\\e\" f\\ g '' x\"y\"'z'", &l), 0);
        assert_int_equal(strv_length(l), 6);
        assert_string_equal(l[1], "b  c");
        assert_string_equal(l[2], "d\"\\e");
        assert_string_equal(l[3], "f g");
        assert_string_equal(l[4], "");
        assert_string_equal(l[5], "xyz");
        strv_free(TAKE(l));
        assert_int_equal(import_split("a 'b", &l), -EINVAL);
        assert_int_equal(import_split("a\\", &l), -EINVAL);
        assert_int_equal(import_split(" \n", &l), 0);
        assert_null(l);
}

static void pairs_are_read_as_supervisord_does(void **state) {
        char **l auto_strv = NULL;

        assert_int_equal(supervisord_pairs("A=1,B=\"x, y\" , C='z'\n,A=/a/b.c", &l), 0);
        assert_int_equal(strv_length(l), 3);
        assert_true(strv_contains(l, "A=/a/b.c") && strv_contains(l, "B=x, y") && strv_contains(l, "C=z"));
        strv_free(TAKE(l));
        assert_int_equal(supervisord_pairs("A=", &l), -EINVAL);
        assert_int_equal(supervisord_pairs("A", &l), -EINVAL);
        assert_int_equal(supervisord_pairs("A='x", &l), -EINVAL);
        assert_int_equal(supervisord_pairs("", &l), 0);
}

static void expansions_are_those_of_python(void **state) {
        char *variables[] = { "program_name=web", "numprocs=3", "ENV_A=%(x)s", NULL };
        static const struct {
                const char *text, *expected; /* NULL: it is wrong */
        } cases[] = {
                { "%(program_name)s_%(process_num)02d", "web_07" },
                { "%(process_num)d %(process_num)s %(numprocs)3d", "7 7   3" },
                { "%(program_name)-5s|%(program_name)5s", "web  |  web" },
                { "100%% %(ENV_A)s", "100% %(x)s" },
                { "%(nosuch)s", NULL },
                { "%(program_name)d", NULL },
                { "%d", NULL },
                { "%(program_name", NULL },
                { "%(program_name)", NULL },
                { "%(process_num)9999d", NULL },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                Expansions x = { .variables = variables, .process_num = 7 };
                char *text auto_free = NULL, *bad auto_free = NULL;
                int r = supervisord_expand(&x, cases[i].text, &text, &bad);

                assert_int_equal(r, cases[i].expected ? 0 : -EINVAL);
                if (cases[i].expected)
                        assert_string_equal(text, cases[i].expected);
                else
                        assert_non_null(bad);
        }
}

/* Values as Python's configparser has them, line by line. */
static void files_of_supervisord_are_read_as_python_does(void **state) {
        static const char text[] =
                "[a]\nKey = one ; comment\n  two\n\n  three # no more\n# all of it\nother: x;y\n"
                "[b]]\nk==v\n[a]\nkey=again\nempty =\n";
        Report report = { 0 };
        Ini ini = { 0 };

        assert_int_equal(ini_parse(&ini, 0, "x", text, sizeof(text) - 1, &report), 0);
        assert_string_equal(ini_get(ini_section(&ini, "a"), "key"), "again");
        assert_string_equal(ini_get(ini_section(&ini, "a"), "other"), "x;y");
        assert_string_equal(ini_get(ini_section(&ini, "a"), "empty"), "");
        assert_string_equal(ini_get(ini_section(&ini, "b]"), "k"), "=v");
        ini_release(&ini);
        assert_int_equal(ini_parse(&ini, 0, "x", text,
                                   strlen("[a]\nKey = one ; comment\n  two\n\n  three # no more\n"), &report),
                         0);
        assert_string_equal(ini_get(ini_section(&ini, "a"), "key"), "one\ntwo\n\nthree");
        ini_release(&ini);
        assert_int_equal(ini_parse(&ini, 0, "x", "k=v\n", 4, &report), -EBADMSG);
        ini_release(&ini);
        report_release(&report);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(every_key_of_pm2_is_known),
                cmocka_unit_test(words_are_read_back),
                cmocka_unit_test(percent_signs_are_doubled_but_for_the_instance),
                cmocka_unit_test(command_lines_are_split_as_python_does),
                cmocka_unit_test(pairs_are_read_as_supervisord_does),
                cmocka_unit_test(expansions_are_those_of_python),
                cmocka_unit_test(files_of_supervisord_are_read_as_python_does),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
