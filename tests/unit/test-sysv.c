/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "sysv/scripts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
/* after the headers it needs */
#include <cmocka.h>

static Script parsed(const char *text, Report *report) {
        Script s = { .path = strdup("/etc/init.d/probe"), .unit = strdup("probe.service"), .position = -1 };

        assert_int_equal(script_parse(&s, text, strlen(text), report), 0);
        return s;
}

static void expect_list(char *const *list, const char *expected) {
        char *joined auto_free = NULL;

        assert_int_equal(strv_join(list, " ", &joined), 0);
        assert_string_equal(joined, expected);
}

static void expect_finding(const Report *r, size_t i, unsigned line, const char *part) {
        assert_true(i < r->n_findings);
        assert_int_equal(r->findings[i].line, line);
        assert_non_null(strstr(r->findings[i].text, part));
}

#define LSB(lines) "#!/bin/sh\n### BEGIN INIT INFO\n" lines "### END INIT INFO\n"

static void facilities_become_targets_and_scripts_services(void **state) {
        Script s = parsed(LSB("# Required-Start: $local_fs $remote_fs $syslog $network\n"
                              "# Should-Start:\t$named $portmap $time mysql net.sh probe\n"
                              "# X-Start-Before: web\n"),
                          NULL);

        expect_list(s.after, "remote-fs.target network-online.target nss-lookup.target rpcbind.target "
                             "time-sync.target mysql.service net.service");
        expect_list(s.before, "web.service");
        expect_list(s.wants, "network-online.target");
        assert_true(s.lsb);
        script_release(&s);
}

static void what_is_provided_becomes_aliases_and_targets(void **state) {
        Script s = parsed(LSB("# Provides: probe other $facility $network\n"), NULL);

        expect_list(s.aliases, "other.service");
        expect_list(s.wants, "facility.target network-online.target network.target");
        expect_list(s.before, "facility.target network-online.target network.target");
        script_release(&s);
}

static void the_short_description_counts_first(void **state) {
        static const struct {
                const char *text, *description;
        } cases[] = {
                { LSB("# Description: long\n#   text\n# Short-Description: short\n"), "LSB: short" },
                { LSB("# Description: long\n#   text\n#\tmore\n# Default-Start: 2\n#  not part\n"),
                  "LSB: long text more" },
                { "# description: one \\\n#  two\n# three\n", "SYSV: one two" },
                { "# description: one\n" LSB("# Provides: x\n"), "LSB: one" },
                { "#!/bin/sh\n", NULL },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                Script s = parsed(cases[i].text, NULL);

                if (cases[i].description)
                        assert_string_equal(s.description, cases[i].description);
                else
                        assert_null(s.description);
                script_release(&s);
        }
}

static void the_usage_text_tells_of_reload(void **state) {
        static const struct {
                const char *text;
                bool reload;
        } cases[] = {
                { "echo \"Usage: $0 {start|stop|reload|restart}\"\n", true },
                { "echo \"Usage: $0 {start|stop|force-reload}\"\n", false },
                { "echo usage \\\n  \"{start|reload}\"\n", true },
                { "echo usage\n  \"{start|reload}\"\n", false },
                { "# Usage: {start|reload}\n", false },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                Script s = parsed(cases[i].text, NULL);

                assert_int_equal(s.can_reload, cases[i].reload);
                script_release(&s);
        }
}

static void a_bad_line_is_named_and_the_rest_counts(void **state) {
        Report r = { 0 };
        Script s = parsed("# pidfile: run/x.pid\n"
                          "### BEGIN INIT INFO\n"
                          "# Provides: a.socket good\n"
                          "# Required-Start: $b/d mysql\n"
                          "echo code\n"
                          "# Should-Start: late\n",
                          &r);

        expect_finding(&r, 0, 1, "run/x.pid");
        expect_finding(&r, 1, 3, "a.socket");
        expect_finding(&r, 2, 4, "$b/d");
        expect_finding(&r, 3, 5, "echo code");
        expect_finding(&r, 4, 2, "no end");
        assert_int_equal(r.n_findings, 5);
        expect_list(s.aliases, "good.service");
        expect_list(s.after, "mysql.service late.service");
        assert_null(s.pid_file);
        script_release(&s);
        report_release(&r);
}

static void the_unit_is_escaped(void **state) {
        Script s = parsed(LSB("# Short-Description: 100% \\\n") "# pidfile: /run/%n.pid\n", NULL);
        Buf b auto_buf = { 0 };

        assert_int_equal(str_replace(&s.path, "/etc/init.d/a b$c%d"), 0);
        assert_int_equal(script_format(&s, &b), 0);
        assert_non_null(strstr(b.data, "\nSourcePath=/etc/init.d/a b$c%%d\n"));
        assert_non_null(strstr(b.data, "\nDescription=LSB: 100%% \\ \n"));
        assert_non_null(strstr(b.data, "\nPIDFile=/run/%%n.pid\n"));
        assert_non_null(strstr(b.data, "\nExecStart=\"/etc/init.d/a b$$c%%d\" start\n"));
        assert_non_null(strstr(b.data, "\nRemainAfterExit=no\n"));
        assert_non_null(strstr(b.data, "\nSuccessExitStatus=5 6\n"));
        script_release(&s);
}

/* ---- a tree of files ---- */

static char top[64];

static void put(const char *name, mode_t mode, const char *text) {
        char path[256];
        FILE *f;

        snprintf(path, sizeof(path), "%s/%s", top, name);
        f = fopen(path, "w");
        assert_non_null(f);
        fputs(text, f);
        fclose(f);
        assert_int_equal(chmod(path, mode), 0);
}

static void make_link(const char *name, const char *target) {
        char path[256];

        snprintf(path, sizeof(path), "%s/%s", top, name);
        assert_int_equal(symlink(target, path), 0);
}

static const char *in_top(const char *name, char path[static 256]) {
        snprintf(path, 256, "%s/%s", top, name);
        return path;
}

static int make_top(void **state) {
        static const char *const names[] = { "init.d", "rc2.d", "rc5.d", "native", "late" };
        char path[256];

        strcpy(top, "/tmp/svinit-test-sysv-XXXXXX");
        if (!mkdtemp(top))
                return -1;
        for (size_t i = 0; i < ELEMENTSOF(names); i++)
                if (mkdir(in_top(names[i], path), 0755) < 0)
                        return -1;
        setenv("SYSTEMD_SYSVINIT_PATH", in_top("init.d", path), 1);
        setenv("SYSTEMD_SYSVRCND_PATH", top, 1);
        setenv("SYSTEMD_UNIT_PATH", in_top("native", path), 1);
        return 0;
}

static int remove_top(void **state) {
        char command[128];

        snprintf(command, sizeof(command), "rm -rf %s", top);
        return system(command);
}

static void generate(Scripts *all) {
        ScriptPaths paths;
        Report r = { 0 };
        char path[256];

        assert_int_equal(script_paths_init(&paths), 0);
        assert_int_equal(scripts_collect(all, &paths, &r), 0);
        assert_int_equal(scripts_start(all, &paths, &r), 0);
        assert_int_equal(scripts_order(all), 0);
        assert_int_equal(scripts_write(all, in_top("late", path), &r), 0);
        assert_int_equal(r.n_findings, 0);
        script_paths_release(&paths);
}

static bool exists(const char *name) {
        struct stat st;
        char path[256];

        return lstat(in_top(name, path), &st) == 0;
}

static void native_and_masked_units_are_left_alone(void **state) {
        Scripts all = { 0 };

        put("init.d/native", 0755, "#!/bin/sh\n");
        put("init.d/masked", 0755, "#!/bin/sh\n");
        put("init.d/alias.sh", 0755, "#!/bin/sh\n");
        put("init.d/not-executable", 0644, "#!/bin/sh\n");
        put("init.d/own.dpkg-old", 0755, "#!/bin/sh\n");
        put("init.d/own", 0755, "#!/bin/sh\n");
        put("native/native.service", 0644, "[Service]\n");
        make_link("native/masked.service", "/dev/null");
        make_link("native/alias.service", "native.service");
        generate(&all);
        assert_int_equal(all.n, 1);
        assert_true(exists("late/own.service"));
        assert_false(exists("late/native.service"));
        scripts_release(&all);
}

static void links_start_and_order_scripts(void **state) {
        Scripts all = { 0 };
        char path[256], target[64] = "";

        put("init.d/first", 0755, "#!/bin/sh\n");
        put("init.d/second", 0755, "#!/bin/sh\n");
        put("init.d/idle", 0755, LSB("# Provides: second other\n# Should-Start: $all\n"));
        make_link("rc2.d/S01first", "../init.d/first");
        make_link("rc5.d/S20second", "../init.d/second");
        make_link("rc2.d/K20idle", "../init.d/idle");
        generate(&all);
        assert_int_equal(all.n, 3); /* first idle second */
        expect_list(all.v[0].before, "multi-user.target second.service");
        expect_list(all.v[1].after, "first.service second.service");
        expect_list(all.v[2].after, "first.service");
        assert_true(exists("late/multi-user.target.wants/first.service"));
        assert_true(exists("late/graphical.target.wants/second.service"));
        assert_false(exists("late/multi-user.target.wants/idle.service"));
        /* A script counts more than another one's alias. */
        assert_int_equal(readlink(in_top("late/second.service", path), target, sizeof(target)), -1);
        assert_int_equal(readlink(in_top("late/other.service", path), target, sizeof(target)),
                         strlen("idle.service"));
        scripts_release(&all);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(facilities_become_targets_and_scripts_services),
                cmocka_unit_test(what_is_provided_becomes_aliases_and_targets),
                cmocka_unit_test(the_short_description_counts_first),
                cmocka_unit_test(the_usage_text_tells_of_reload),
                cmocka_unit_test(a_bad_line_is_named_and_the_rest_counts),
                cmocka_unit_test(the_unit_is_escaped),
                cmocka_unit_test_setup_teardown(native_and_masked_units_are_left_alone, make_top, remove_top),
                cmocka_unit_test_setup_teardown(links_start_and_order_scripts, make_top, remove_top),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
