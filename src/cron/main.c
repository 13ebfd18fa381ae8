/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * svinit-cron-generator: timers for the jobs of crontabs. A generator,
 * systemd.generator(7): its argument is the directory to write to, or three of
 * them, of which it takes the last, below all other configuration.
 */

#include "cron/files.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

int main(int argc, char **argv) {
        Report report = { 0 };
        int r;

        if (argc != 2 && argc != 4) {
                fprintf(stderr, "svinit-cron-generator: one directory or three were expected\n");
                return 1;
        }
        (void)umask(0022);
        r = crontabs_generate(argv[argc - 1], &report);
        for (size_t i = 0; i < report.n_findings; i++) {
                Buf line auto_buf = { 0 };

                finding_format(report.findings + i, &line);
                fprintf(stderr, "%s\n", line.data ?: "");
        }
        if (r < 0 && report_count(&report, SEVERITY_ERROR) == 0)
                fprintf(stderr, "svinit-cron-generator: %s\n", strerror(-r));
        report_release(&report);
        return r < 0;
}
