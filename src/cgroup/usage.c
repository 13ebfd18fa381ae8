/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What a group uses. The counters of cgroups where there are some; else sums
 * over its processes, which know nothing of those that have ended.
 */

#include "cgroup/internal.h"
#include "host/proc-file.h"

#include <stdio.h>
#include <unistd.h>

#define SUMMED_MAX 2000 /* processes looked at for one answer */

/* statm: size resident shared; what is shared may be somebody else's as well. */
static uint64_t process_memory(pid_t pid) {
        unsigned long long resident, shared;
        char text[128];

        if (proc_read_of(pid, "statm", text, sizeof(text)) < 0 ||
            sscanf(text, "%*u %llu %llu", &resident, &shared) != 2 || shared > resident)
                return 0;
        return (resident - shared) * (uint64_t)sysconf(_SC_PAGESIZE);
}

/* utime and stime are the 14th and 15th word of stat, 12 words behind the name. */
static uint64_t process_cpu_nsec(pid_t pid) {
        unsigned long long user, kernel;
        char text[1024], *p;
        long hertz = sysconf(_SC_CLK_TCK);

        if (hertz <= 0 || proc_read_of(pid, "stat", text, sizeof(text)) < 0 || !(p = strrchr(text, ')')))
                return 0;
        if (sscanf(p + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu", &user, &kernel) != 2)
                return 0;
        return (user + kernel) * (UINT64_C(1000000000) / (uint64_t)hertz);
}

static void sum_processes(Group *g, GroupUsage *u) {
        pid_t *pids auto_free = NULL;
        bool want_memory = u->memory_current == UINT64_MAX, want_cpu = u->cpu_nsec == UINT64_MAX;
        size_t n = 0;

        if (group_pids(g, &pids, &n) < 0)
                return;
        if (u->tasks_current == UINT64_MAX)
                u->tasks_current = n;
        if (want_memory)
                u->memory_current = 0;
        if (want_cpu)
                u->cpu_nsec = 0;
        for (size_t i = 0; i < MIN(n, (size_t)SUMMED_MAX); i++) {
                if (want_memory)
                        u->memory_current += process_memory(pids[i]);
                if (want_cpu)
                        u->cpu_nsec += process_cpu_nsec(pids[i]);
        }
}

static void read_v2(const Group *g, GroupUsage *u) {
        const Groups *gs = g->groups;
        uint64_t usec;

        if (gs->controllers & CONTROLLER_MEMORY) {
                (void)cgroup_read_u64(gs, HIERARCHY_V2, g->path, "memory.current", &u->memory_current);
                (void)cgroup_read_u64(gs, HIERARCHY_V2, g->path, "memory.peak", &u->memory_peak);
                (void)cgroup_read_key(gs, HIERARCHY_V2, g->path, "memory.events", "oom_kill", &u->oom_kills);
        }
        if (gs->controllers & CONTROLLER_PIDS)
                (void)cgroup_read_u64(gs, HIERARCHY_V2, g->path, "pids.current", &u->tasks_current);
        if (cgroup_read_key(gs, HIERARCHY_V2, g->path, "cpu.stat", "usage_usec", &usec) >= 0)
                u->cpu_nsec = usec * 1000;
}

static void read_v1(const Group *g, GroupUsage *u) {
        const Groups *gs = g->groups;

        if (g->made & 1U << HIERARCHY_MEMORY) {
                (void)cgroup_read_u64(gs, HIERARCHY_MEMORY, g->path, "memory.usage_in_bytes",
                                      &u->memory_current);
                (void)cgroup_read_u64(gs, HIERARCHY_MEMORY, g->path, "memory.max_usage_in_bytes",
                                      &u->memory_peak);
                (void)cgroup_read_key(gs, HIERARCHY_MEMORY, g->path, "memory.oom_control", "oom_kill",
                                      &u->oom_kills);
        }
        if (g->made & 1U << HIERARCHY_PIDS)
                (void)cgroup_read_u64(gs, HIERARCHY_PIDS, g->path, "pids.current", &u->tasks_current);
}

void group_usage(Group *g, GroupUsage *ret) {
        *ret = (GroupUsage){ UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX };
        if (g->made & 1U << HIERARCHY_V2)
                read_v2(g, ret);
        read_v1(g, ret);
        if (ret->memory_current == UINT64_MAX || ret->tasks_current == UINT64_MAX ||
            ret->cpu_nsec == UINT64_MAX)
                sum_processes(g, ret);
}
