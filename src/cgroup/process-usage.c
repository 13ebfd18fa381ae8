/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What processes use, by /proc: for groups that have no counters. A process
 * that nobody waited for takes its CPU time and I/O with it, but what a shim
 * has reaped is counted by the shim.
 *
 * Memory is what belongs to the processes alone (anonymous and shared memory);
 * pages of files are in many processes at once, so no sum of them is true.
 */

#include "cgroup/internal.h"
#include "host/proc-file.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#define SUMMED_MAX 2000 /* processes looked at for one answer */
#define NSEC_PER_SEC UINT64_C(1000000000)

static void add(uint64_t *sum, uint64_t n) {
        *sum = *sum == UINT64_MAX ? n : *sum + n;
}

/* The number behind "Key:" in /proc/PID/status or io; 0 when it is not there. */
static uint64_t number_of(const char *text, const char *key) {
        size_t n = strlen(key);

        for (const char *line = text; line && *line; line = strchr(line, '\n'), line += line ? 1 : 0)
                if (strncmp(line, key, n) == 0 && line[n] == ':')
                        return strtoull(line + n + 1, NULL, 10);
        return 0;
}

static void add_memory(pid_t pid, GroupUsage *u) {
        char text[4096];
        uint64_t anon;

        if (proc_read_of(pid, "status", text, sizeof(text)) < 0)
                return;
        anon = (number_of(text, "RssAnon") + number_of(text, "RssShmem")) * 1024;
        add(&u->memory_current, anon);
        add(&u->memory_anon, anon);
        add(&u->memory_swap, number_of(text, "VmSwap") * 1024);
}

/*
 * Behind the name, which may hold anything: the parent is the second word; utime, stime, cutime, cstime are the 12th and
 * on, then num_threads.
 */
bool process_read_line(pid_t pid, ProcessLine *ret) {
        unsigned long long user, system, children_user, children_system, threads;
        long hertz = sysconf(_SC_CLK_TCK);
        char text[1024], *p;
        int parent;

        if (hertz <= 0 || proc_read_of(pid, "stat", text, sizeof(text)) < 0 || !(p = strrchr(text, ')')))
                return false;
        if (sscanf(p + 1, " %*c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu %llu %llu %*d %*d %llu",
                   &parent, &user, &system, &children_user, &children_system, &threads) != 6)
                return false;
        *ret = (ProcessLine){ pid, (pid_t)parent,
                              (user + system + children_user + children_system) *
                                      (NSEC_PER_SEC / (uint64_t)hertz),
                              threads };
        return true;
}

uint64_t shim_cpu_nsec(const ProcessTable *t, const Shim *s) {
        ProcessLine line;

        return process_line(t, s->pid, &line) ? MAX(s->cpu_nsec, line.cpu_nsec) : s->cpu_nsec;
}

static void add_times(const ProcessTable *t, pid_t pid, unsigned wanted, GroupUsage *u) {
        ProcessLine line;

        if (!process_line(t, pid, &line))
                return;
        if (wanted & USAGE_TASKS)
                add(&u->tasks_current, line.threads);
        if (wanted & USAGE_CPU)
                add(&u->cpu_nsec, line.cpu_nsec);
}

/* Closed for processes of other users in Docker's default: then no sum is true. */
static bool add_io(pid_t pid, GroupUsage *u) {
        char text[512];
        int r = proc_read_of(pid, "io", text, sizeof(text));

        if (r < 0)
                return r == -ENOENT || r == -ESRCH;
        add(&u->io_read_bytes, number_of(text, "read_bytes"));
        add(&u->io_write_bytes, number_of(text, "write_bytes"));
        return true;
}

void processes_usage(const ProcessTable *t, const pid_t *pids, size_t n, unsigned wanted, GroupUsage *u) {
        GroupUsage sum = *usage_unknown();

        for (size_t i = 0; i < MIN(n, (size_t)SUMMED_MAX); i++) {
                if (wanted & (USAGE_MEMORY | USAGE_DETAILS))
                        add_memory(pids[i], &sum);
                if (wanted & (USAGE_TASKS | USAGE_CPU))
                        add_times(t, pids[i], wanted, &sum);
                if (wanted & USAGE_IO && !add_io(pids[i], &sum)) {
                        sum.io_read_bytes = sum.io_write_bytes = UINT64_MAX;
                        wanted &= ~(unsigned)USAGE_IO;
                }
        }
        usage_fill(u, &sum);
}
