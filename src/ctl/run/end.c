/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/run/run.h"

#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <systemd/sd-journal.h>
#include <time.h>

#define EXIT_SIGNAL 128 /* plus the signal, as of a shell */

int run_exit_code(const RunEnd *e) {
        const char *result = property_get(&e->properties, "Result");
        uint64_t code = property_number(&e->properties, "ExecMainCode", 0),
                 status = property_number(&e->properties, "ExecMainStatus", 0);

        if (str_equal(result, "timeout"))
                return CTL_TIMED_OUT;
        if (code == CLD_KILLED || code == CLD_DUMPED)
                return EXIT_SIGNAL + (int)status;
        if (str_equal(result, "success"))
                return CTL_OK;
        return str_equal(result, "exit-code") && status > 0 ? (int)status : CTL_FAILED;
}

#define FIRST_STEP 200              /* of the exit codes for steps before the execution */
#define PATIENCE (USEC_PER_SEC / 2) /* for what svinit says of it to be in the journal */
#define SPAWN_FAILED "MESSAGE_ID=641257651c1b4ec9a8624d7a40a9e1e7"
#define UNIT_FAILED "MESSAGE_ID=d9b373ed55a64feb8242e02dbe79a49c" /* comes last */

static usec_t now_usec(void) {
        struct timespec ts;

        clock_gettime(CLOCK_MONOTONIC, &ts);
        return (usec_t)ts.tv_sec * USEC_PER_SEC + (usec_t)ts.tv_nsec / NSEC_PER_USEC;
}

static bool has_message(sd_journal *j, const char *id) {
        const void *data;
        size_t n;

        SD_JOURNAL_FOREACH(j)
        if (sd_journal_get_data(j, "MESSAGE_ID", &data, &n) >= 0 && n == strlen(id) &&
            memcmp(data, id, n) == 0)
                return true;
        return false;
}

static void print_message(sd_journal *j) {
        const void *data;
        size_t n, skip = strlen("MESSAGE=");

        if (sd_journal_get_data(j, "MESSAGE", &data, &n) >= 0 && n > skip)
                ctl_print_error("%.*s", (int)(n - skip), (const char *)data + skip);
}

void run_say_why(const RunRequest *q, const RunEnd *e) {
        const char *invocation = property_get(&e->properties, "InvocationID");
        usec_t end = usec_add(now_usec(), PATIENCE);
        char match[64];
        sd_journal *j;

        if (!str_equal(property_get(&e->properties, "Result"), "exit-code") || q->ctl->host ||
            property_number(&e->properties, "ExecMainStatus", 0) < FIRST_STEP ||
            sd_journal_open(&j, SD_JOURNAL_LOCAL_ONLY) < 0)
                return;
        (void)snprintf(match, sizeof(match), "INVOCATION_ID=%s", invocation);
        (void)sd_journal_add_match(j, match, 0);
        (void)sd_journal_get_fd(j);
        while (!has_message(j, UNIT_FAILED) && now_usec() < end)
                (void)sd_journal_wait(j, usec_sub(end, now_usec()));
        if (has_message(j, SPAWN_FAILED))
                print_message(j);
        sd_journal_close(j);
}

void run_summary(const RunEnd *e) {
        static const char *const codes[] = {
                [CLD_EXITED] = "exited", [CLD_KILLED] = "killed", [CLD_DUMPED] = "dumped"
        };
        const PropertyList *l = &e->properties;
        uint64_t code = property_number(l, "ExecMainCode", 0),
                 status = property_number(l, "ExecMainStatus", 0);
        uint64_t begin = property_number(l, "InactiveExitTimestampMonotonic", 0),
                 end = property_number(l, "InactiveEnterTimestampMonotonic", 0),
                 cpu = property_number(l, "CPUUsageNSec", UINT64_MAX);
        Buf b auto_buf = { 0 };

        buf_addf(&b, "Finished with result: %s\n", property_get(l, "Result"));
        if (code >= CLD_EXITED && code <= CLD_DUMPED)
                buf_addf(&b, "Main processes terminated with: code=%s/status=", codes[code]);
        if (code == CLD_EXITED)
                buf_addf(&b, "%llu\n", (unsigned long long)status);
        else if (code == CLD_KILLED || code == CLD_DUMPED)
                buf_addf(&b, "%s\n", sigabbrev_np((int)status) ? sigabbrev_np((int)status) : "?");
        if (begin > 0 && end > begin) {
                buf_add(&b, "Service runtime: ");
                timespan_format_rounded(end - begin, &b);
                buf_add_char(&b, '\n');
        }
        if (cpu != UINT64_MAX) {
                buf_add(&b, "CPU time consumed: ");
                timespan_format_rounded(cpu / NSEC_PER_USEC, &b);
                buf_add_char(&b, '\n');
        }
        if (b.error >= 0)
                fputs(b.data, stderr);
}
