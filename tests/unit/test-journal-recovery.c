/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * svinit-journald is killed again and again while writers write numbered
 * lines: each line must be in the journal once and in order, and `journalctl
 * --verify` agree. tests/tools/journal-harness does the work; these are the
 * runs. Both programs are looked for in the tree this one was built in.
 */

#include "base/macro.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static bool find(const char *environment, const char *name, char ret[PATH_MAX]) {
        static const char *const up[] = { "", "/..", "/../.." };
        char self[PATH_MAX], *slash;
        ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

        if (getenv(environment)) {
                snprintf(ret, PATH_MAX, "%s", getenv(environment));
                return access(ret, X_OK) >= 0;
        }
        self[MAX(n, 0)] = 0;
        slash = strrchr(self, '/');
        if (!slash)
                return false;
        *slash = 0;
        for (size_t i = 0; i < ELEMENTSOF(up); i++)
                if (snprintf(ret, PATH_MAX, "%s%s/%s", self, up[i], name) < PATH_MAX &&
                    access(ret, X_OK) >= 0)
                        return true;
        return false;
}

static void run(const char *arguments) {
        char harness[PATH_MAX], journald[PATH_MAX], command[3 * PATH_MAX];

        if (!find("JOURNAL_HARNESS", "tests/tools/journal-harness", harness) ||
            !find("SVINIT_JOURNALD", "svinit-journald", journald) ||
            system("command -v journalctl >/dev/null") != 0)
                skip();
        snprintf(command, sizeof(command), "%s %s %s >&2", harness, journald, arguments);
        assert_int_equal(system(command), 0);
}

/* Milliseconds between kills. With sanitizers a start takes longer than that: nothing but starts would be tested. */
#ifdef __SANITIZE_ADDRESS__
#define SELDOM "80"
#define OFTEN "60"
#define VERY_OFTEN "60"
#else
#define SELDOM "20"
#define OFTEN "5"
#define VERY_OFTEN "3"
#endif

static void no_line_is_lost_or_doubled_by_kills_under_load(void **state) {
        run("--lines=20000 --pipes=5 --kill-every=" SELDOM);
}

static void nor_when_all_kinds_of_input_come_at_once(void **state) {
        run("--lines=3000 --pipes=4 --connections=2 --datagrams=4 --kill-every=" VERY_OFTEN " --seed=2");
}

static void nor_while_files_are_rotated(void **state) {
        run("--lines=50000 --pipes=3 --kill-every=" OFTEN " --quiet-console --seed=3");
}

static void without_kills_the_console_shows_each_line_once(void **state) {
        run("--lines=5000 --pipes=3 --connections=1 --datagrams=2 --kill-every=0 --seed=4 "
            "--expect-console=30000");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(no_line_is_lost_or_doubled_by_kills_under_load),
                cmocka_unit_test(nor_when_all_kinds_of_input_come_at_once),
                cmocka_unit_test(nor_while_files_are_rotated),
                cmocka_unit_test(without_kills_the_console_shows_each_line_once),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
