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

/* Behind the name, which may hold anything: utime, stime, cutime, cstime are the 12th word and on, then num_threads. */
static bool read_stat(pid_t pid, unsigned long long ret_times[4], unsigned long long *ret_threads) {
        char text[1024], *p;

        if (proc_read_of(pid, "stat", text, sizeof(text)) < 0 || !(p = strrchr(text, ')')))
                return false;
        return sscanf(p + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu %llu %llu %*d %*d %llu",
                      ret_times, ret_times + 1, ret_times + 2, ret_times + 3, ret_threads) == 5;
}

static uint64_t sum_times(const unsigned long long times[4]) {
        long hertz = sysconf(_SC_CLK_TCK);

        return hertz <= 0 ? 0
                          : (times[0] + times[1] + times[2] + times[3]) * (NSEC_PER_SEC / (uint64_t)hertz);
}

uint64_t shim_cpu_nsec(const Shim *s) {
        unsigned long long times[4], threads;

        return read_stat(s->pid, times, &threads) ? MAX(s->cpu_nsec, sum_times(times)) : s->cpu_nsec;
}

static void add_times(pid_t pid, unsigned wanted, GroupUsage *u) {
        unsigned long long times[4], threads;

        if (!read_stat(pid, times, &threads))
                return;
        if (wanted & USAGE_TASKS)
                add(&u->tasks_current, threads);
        if (wanted & USAGE_CPU)
                add(&u->cpu_nsec, sum_times(times));
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

void processes_usage(const pid_t *pids, size_t n, unsigned wanted, GroupUsage *u) {
        GroupUsage sum = *usage_unknown();

        for (size_t i = 0; i < MIN(n, (size_t)SUMMED_MAX); i++) {
                if (wanted & (USAGE_MEMORY | USAGE_DETAILS))
                        add_memory(pids[i], &sum);
                if (wanted & (USAGE_TASKS | USAGE_CPU))
                        add_times(pids[i], wanted, &sum);
                if (wanted & USAGE_IO && !add_io(pids[i], &sum)) {
                        sum.io_read_bytes = sum.io_write_bytes = UINT64_MAX;
                        wanted &= ~(unsigned)USAGE_IO;
                }
        }
        usage_fill(u, &sum);
}
