/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Arguments and environment of a service: what systemd.service(5) and systemd.exec(5) promise. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "exec/child.h"

static char *const env[] = { (char *)"ONE=one", (char *)"TWO=two two",
                             (char *)"EMPTY=", (char *)"QUOTED='a b' \"c d\" e", NULL };

/* The words joined by "|". */
static void expect_argv(const char *const *argv, bool expand, const char *expected) {
        char **l = NULL, *joined;

        assert_int_equal(environment_expand_argv((char *const *)argv, env, expand, &l), 0);
        assert_int_equal(strv_join(l, "|", &joined), 0);
        assert_string_equal(joined, expected);
        free(joined);
        strv_free(l);
}

#define ARGV(...) ((const char *const[]){ __VA_ARGS__, NULL })

static void a_word_that_is_a_variable_is_split(void **state) {
        expect_argv(ARGV("echo", "$ONE", "$TWO", "${TWO}"), true, "echo|one|two|two|two two");
        expect_argv(ARGV("echo", "$EMPTY", "$UNSET", "x"), true, "echo|x");
        expect_argv(ARGV("echo", "$QUOTED"), true, "echo|a b|c d|e");
}

static void braces_keep_one_word(void **state) {
        expect_argv(ARGV("a${ONE}b${ONE}", "${EMPTY}", "${UNSET}"), true, "aonebone||");
}

static void dollars_are_doubled_to_be_kept(void **state) {
        expect_argv(ARGV("$$ONE", "a$$b", "$$", "$", "a$"), true, "$ONE|a$b|$|a$");
        /* What a shell would do with it is left to a shell. */
        expect_argv(ARGV("${ONE:-x}", "${NONE:+${ONE}}", "${NONE-x}", "${ONE"), true,
                    "${ONE:-x}|${NONE:+one}||${ONE");
        expect_argv(ARGV("a$ONE", "${ONE", "a$"), true, "a$ONE|${ONE|a$");
}

static void a_colon_switches_expansion_off(void **state) {
        expect_argv(ARGV("$ONE", "${TWO}", "$$"), false, "$ONE|${TWO}|$$");
}

static void expect_file(const char *text, const char *expected) {
        char **l = NULL, *joined;

        assert_int_equal(environment_file_parse(text, strlen(text), &l), 0);
        assert_int_equal(strv_join(l, "|", &joined), 0);
        assert_string_equal(joined, expected);
        free(joined);
        strv_free(l);
}

static void files_hold_assignments_and_comments(void **state) {
        expect_file("A=1\n# B=2\n; C=3\n\n  D = 4 \nnonsense\nE=5", "A=1|D=4|E=5");
        expect_file("A=1\nA=2\n", "A=2");
        expect_file("A=\nB= \n", "A=|B=");
        expect_file("\r\nA=x\r\n", "A=x");
        expect_file("1A=x\nB-C=y\nOK=z\n", "OK=z");
        expect_file("export A=1\nB=2\n", "B=2");
}

static void values_in_files_are_quoted_as_in_a_shell(void **state) {
        expect_file("A='single $x \\n'\n", "A=single $x \\n");
        expect_file("A=\"double \\\" \\$ \\` \\\\ \\n\"\n", "A=double \" $ ` \\ \\n");
        expect_file("A='two\nlines'\nB=x", "A=two\nlines|B=x");
        expect_file("A=plain  with   blanks   \n", "A=plain  with   blanks");
        expect_file("A=a\\ \\ \nB=\\\"x\\\\\n", "A=a  |B=\"x\\");
        expect_file("A=it's \"kept\"\n", "A=it's \"kept\"");
        expect_file("OPTS=\"-a -b\"   \n", "OPTS=-a -b");
}

static void a_backslash_joins_lines_of_files(void **state) {
        expect_file("A=one\\\ntwo\nB=x\n", "A=onetwo|B=x");
        expect_file("A=\"one\\\ntwo\"\n", "A=onetwo");
        expect_file("# comment \\\nA=hidden\nB=x\n", "B=x");
}

static void files_end_anywhere(void **state) {
        static const char *const texts[] = { "",  "A",   "A=", "A='", "A=\"", "A=\"\\", "A=\\",
                                             "#", "#\\", "\\", " ",   "=",    "A='x'\\" };

        for (size_t i = 0; i < ELEMENTSOF(texts); i++) {
                char **l = NULL;

                assert_int_equal(environment_file_parse(texts[i], strlen(texts[i]), &l), 0);
                strv_free(l);
        }
}

static ExecSpec spec = { .umask = 022 };
static const Command command = { .path = (char *)"/bin/x",
                                 .argv = (char *[]){ (char *)"/bin/x", (char *)"${WHO}", NULL } };

static const char *value(const ExecContext *c, const char *name) {
        return env_get(c->image.envp, name, strlen(name));
}

static void later_sources_win(void **state) {
        char *manager[] = { (char *)"A=manager", (char *)"B=manager", (char *)"C=manager",
                            (char *)"HOME=/manager", NULL };
        char *unit[] = { (char *)"B=unit", (char *)"C=unit", (char *)"WHO=${A}", (char *)"USER=unit", NULL };
        char *set[] = { (char *)"C=svinit", NULL };
        char *unset[] = { (char *)"A", (char *)"B=other", NULL };
        ExecPlan plan = {
                .command = &command, .exec = &spec, .manager_environment = manager, .set_environment = set
        };
        ExecContext c = { .plan = &plan,
                          .status_fd = -1,
                          .account = { .name = strdup("me"), .home = strdup("/home/me"), .shell = NULL } };

        spec.environment = unit;
        spec.unset_environment = unset;
        assert_int_equal(exec_image_build(&c), 0);
        assert_null(value(&c, "A"));
        assert_string_equal(value(&c, "B"), "unit");
        assert_string_equal(value(&c, "C"), "svinit");
        assert_string_equal(value(&c, "HOME"), "/home/me");
        assert_string_equal(value(&c, "LOGNAME"), "me");
        assert_string_equal(value(&c, "USER"), "unit");
        assert_null(value(&c, "SHELL"));
        assert_string_equal(c.image.argv[1], "${A}");
        exec_context_release(&c);
        spec.environment = spec.unset_environment = NULL;
}

static void descriptors_are_announced(void **state) {
        const char *const names[] = { "web", NULL };
        const int fds[] = { 7, 8 };
        ExecPlan plan = { .command = &command, .exec = &spec, .fds = fds, .fd_names = names, .n_fds = 2 };
        ExecContext c = { .plan = &plan, .status_fd = -1 };
        bool has_pid = false;

        assert_int_equal(exec_image_build(&c), 0);
        assert_string_equal(value(&c, "LISTEN_FDS"), "2");
        assert_string_equal(value(&c, "LISTEN_FDNAMES"), "web:unknown");
        STRV_FOREACH (e, c.image.envp)
                has_pid = has_pid || *e == c.listen_pid;
        assert_true(has_pid);
        assert_null(value(&c, "NODE_CHANNEL_FD"));
        exec_context_release(&c);

        plan.channel_fd = 9; /* behind those */
        assert_int_equal(exec_image_build(&c), 0);
        assert_string_equal(value(&c, "LISTEN_FDS"), "2");
        assert_string_equal(value(&c, "NODE_CHANNEL_FD"), "5");
        assert_string_equal(value(&c, "NODE_CHANNEL_SERIALIZATION_MODE"), "json");
        exec_context_release(&c);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_word_that_is_a_variable_is_split),
                cmocka_unit_test(braces_keep_one_word),
                cmocka_unit_test(dollars_are_doubled_to_be_kept),
                cmocka_unit_test(a_colon_switches_expansion_off),
                cmocka_unit_test(files_hold_assignments_and_comments),
                cmocka_unit_test(values_in_files_are_quoted_as_in_a_shell),
                cmocka_unit_test(a_backslash_joins_lines_of_files),
                cmocka_unit_test(files_end_anywhere),
                cmocka_unit_test(later_sources_win),
                cmocka_unit_test(descriptors_are_announced),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
