/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * svinit-sysv-generator: units for init scripts that have none. A generator,
 * systemd.generator(7): its argument is the directory to write to, or three of
 * them, of which it takes the last, below all other configuration.
 */

#include "sysv/scripts.h"

#include <stdio.h>
#include <sys/stat.h>

static int generate(const char *directory, Report *report) {
        ScriptPaths paths;
        Scripts all = { 0 };
        int r = script_paths_init(&paths);

        if (r < 0)
                return r;
        r = scripts_collect(&all, &paths, report);
        if (r >= 0)
                r = scripts_start(&all, &paths, report);
        if (r >= 0)
                r = scripts_order(&all);
        if (r >= 0)
                r = scripts_write(&all, directory, report);
        scripts_release(&all);
        script_paths_release(&paths);
        return r;
}

int main(int argc, char **argv) {
        Report report = { 0 };
        int r;

        if (argc != 2 && argc != 4) {
                fprintf(stderr, "svinit-sysv-generator: one directory or three were expected\n");
                return 1;
        }
        (void)umask(0022);
        r = generate(argv[argc - 1], &report);
        for (size_t i = 0; i < report.n_findings; i++) {
                Buf line auto_buf = { 0 };

                finding_format(report.findings + i, &line);
                fprintf(stderr, "%s\n", line.data ?: "");
        }
        if (r < 0 && report_count(&report, SEVERITY_ERROR) == 0)
                fprintf(stderr, "svinit-sysv-generator: %s\n", strerror(-r));
        report_release(&report);
        return r < 0;
}
