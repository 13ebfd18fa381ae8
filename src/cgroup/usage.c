/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What a group uses. The counters of cgroups where there are some; else sums
 * over its processes. Each kind of figure comes from one place: a cgroup that
 * counts memory but not tasks has its tasks summed.
 */

#include "cgroup/internal.h"
#include "host/proc-file.h"

#include <errno.h>
#include <unistd.h>

#define N_FIGURES (sizeof(GroupUsage) / sizeof(uint64_t))
_Static_assert(sizeof(GroupUsage) == N_FIGURES * sizeof(uint64_t), "nothing but figures");

const GroupUsage *usage_unknown(void) {
        static const GroupUsage unknown = { UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX,
                                            UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX,
                                            UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX };

        return &unknown;
}

void usage_fill(GroupUsage *u, const GroupUsage *from) {
        uint64_t *to = (uint64_t *)u;
        const uint64_t *v = (const uint64_t *)from;

        for (size_t i = 0; i < N_FIGURES; i++)
                if (to[i] == UINT64_MAX)
                        to[i] = v[i];
}

void usage_add(GroupUsage *sum, const GroupUsage *more) {
        uint64_t *to = (uint64_t *)sum;
        const uint64_t *v = (const uint64_t *)more;

        for (size_t i = 0; i < N_FIGURES; i++)
                if (v[i] != UINT64_MAX)
                        to[i] = to[i] == UINT64_MAX ? v[i] : to[i] + v[i];
}

/* The number behind "key " at the beginning of a line; UINT64_MAX: not there. */
static uint64_t stat_number(const char *text, const char *key) {
        size_t n = strlen(key);

        for (const char *line = text; line && *line; line = strchr(line, '\n'), line += line ? 1 : 0)
                if (strncmp(line, key, n) == 0 && line[n] == ' ')
                        return strtoull(line + n + 1, NULL, 10);
        return UINT64_MAX;
}

/* A line for each device: "8:0 rbytes=1 wbytes=2 rios=3 wios=4 ...". No line: nothing was read or written yet. */
static uint64_t sum_of_devices(const char *text, const char *key) {
        size_t n = strlen(key);
        uint64_t sum = 0;

        for (const char *p = text; (p = strstr(p, key)); p += n)
                if (p > text && p[-1] == ' ' && p[n] == '=')
                        sum += strtoull(p + n + 1, NULL, 10);
        return sum;
}

static void read_io(const Groups *gs, const char *path, GroupUsage *u) {
        char text[16384];

        if (cgroup_read(gs, HIERARCHY_V2, path, "io.stat", text, sizeof(text)) < 0)
                return;
        u->io_read_bytes = sum_of_devices(text, "rbytes");
        u->io_write_bytes = sum_of_devices(text, "wbytes");
        u->io_read_operations = sum_of_devices(text, "rios");
        u->io_write_operations = sum_of_devices(text, "wios");
}

static void read_memory_v2(const Groups *gs, const char *path, unsigned wanted, GroupUsage *u) {
        char text[8192];

        if (wanted & USAGE_MEMORY)
                (void)cgroup_read_u64(gs, HIERARCHY_V2, path, "memory.current", &u->memory_current);
        if (wanted & USAGE_RECORDS) {
                (void)cgroup_read_u64(gs, HIERARCHY_V2, path, "memory.peak", &u->memory_peak);
                (void)cgroup_read_key(gs, HIERARCHY_V2, path, "memory.events", "oom_kill", &u->oom_kills);
        }
        if (!(wanted & USAGE_DETAILS))
                return;
        (void)cgroup_read_u64(gs, HIERARCHY_V2, path, "memory.swap.current", &u->memory_swap);
        if (cgroup_read(gs, HIERARCHY_V2, path, "memory.stat", text, sizeof(text)) >= 0) {
                u->memory_anon = stat_number(text, "anon");
                u->memory_file = stat_number(text, "file");
        }
}

static void read_v2(const Group *g, unsigned wanted, GroupUsage *u) {
        const Groups *gs = g->groups;
        const char *path = g->path;
        uint64_t usec;

        if (group_has_controller(g, CONTROLLER_MEMORY))
                read_memory_v2(gs, path, wanted, u);
        if (wanted & USAGE_TASKS && group_has_controller(g, CONTROLLER_PIDS))
                (void)cgroup_read_u64(gs, HIERARCHY_V2, path, "pids.current", &u->tasks_current);
        if (wanted & USAGE_CPU &&
            cgroup_read_key(gs, HIERARCHY_V2, path, "cpu.stat", "usage_usec", &usec) >= 0)
                u->cpu_nsec = usec * 1000;
        if (wanted & USAGE_IO && group_has_controller(g, CONTROLLER_IO))
                read_io(gs, path, u);
}

static void read_memory_v1(const Groups *gs, const char *path, unsigned wanted, GroupUsage *u) {
        uint64_t both = UINT64_MAX;
        char text[8192];

        if (wanted & (USAGE_MEMORY | USAGE_DETAILS))
                (void)cgroup_read_u64(gs, HIERARCHY_MEMORY, path, "memory.usage_in_bytes",
                                      &u->memory_current);
        if (wanted & USAGE_RECORDS) {
                (void)cgroup_read_u64(gs, HIERARCHY_MEMORY, path, "memory.max_usage_in_bytes",
                                      &u->memory_peak);
                (void)cgroup_read_key(gs, HIERARCHY_MEMORY, path, "memory.oom_control", "oom_kill",
                                      &u->oom_kills);
        }
        if (!(wanted & USAGE_DETAILS))
                return;
        if (cgroup_read_u64(gs, HIERARCHY_MEMORY, path, "memory.memsw.usage_in_bytes", &both) >= 0)
                u->memory_swap = both - MIN(both, u->memory_current);
        if (cgroup_read(gs, HIERARCHY_MEMORY, path, "memory.stat", text, sizeof(text)) >= 0) {
                u->memory_anon = stat_number(text, "total_rss");
                u->memory_file = stat_number(text, "total_cache");
        }
}

/* In a slice the directory may be there for the sake of one below it, with others elsewhere. */
static bool holds_all(const Group *g, Hierarchy h) {
        return (g->is_slice ? g->limited : g->made) & 1U << h;
}

static void read_v1(const Group *g, unsigned wanted, GroupUsage *u) {
        const Groups *gs = g->groups;

        if (holds_all(g, HIERARCHY_MEMORY))
                read_memory_v1(gs, g->path, wanted, u);
        if (wanted & USAGE_TASKS && holds_all(g, HIERARCHY_PIDS))
                (void)cgroup_read_u64(gs, HIERARCHY_PIDS, g->path, "pids.current", &u->tasks_current);
        if (wanted & USAGE_CPU && u->cpu_nsec == UINT64_MAX && holds_all(g, HIERARCHY_CPU))
                (void)cgroup_read_u64(gs, HIERARCHY_CPU, g->path, "cpuacct.usage", &u->cpu_nsec);
}

/* The bits of those figures that are still unknown and that processes know. */
static unsigned missing(unsigned wanted, const GroupUsage *u) {
        unsigned still = 0;

        if (u->memory_current == UINT64_MAX)
                still |= USAGE_MEMORY | USAGE_DETAILS;
        if (u->tasks_current == UINT64_MAX)
                still |= USAGE_TASKS;
        if (u->cpu_nsec == UINT64_MAX)
                still |= USAGE_CPU;
        if (u->io_read_bytes == UINT64_MAX)
                still |= USAGE_IO;
        return still & wanted;
}

/* What shims have reaped is in their own figures; those that have ended left theirs behind. */
static void add_shims(const Group *g, uint64_t *cpu) {
        *cpu = (*cpu == UINT64_MAX ? 0 : *cpu) + g->cpu_gone;
        for (const Shim *s = g->shims; s; s = s->next)
                *cpu += shim_cpu_nsec(g->groups->processes, s);
}

static int list_processes(Group *g, PidList *l) {
        const ProcessTable *t = g->groups->processes;
        int r = 0;

        if (!t)
                return group_pids(g, &l->pids, &l->n);
        for (const Shim *s = g->shims; r >= 0 && s; s = s->next)
                r = process_table_add_tree(t, s->pid, l);
        if (r >= 0)
                pid_list_sort(l);
        return r;
}

static void sum_processes(Group *g, unsigned wanted, GroupUsage *u) {
        PidList l = { 0 };
        size_t n;

        if (list_processes(g, &l) < 0) {
                pid_list_release(&l);
                return;
        }
        n = l.n;
        processes_usage(g->groups->processes, l.pids, n, wanted, u);
        pid_list_release(&l);
        if (wanted & USAGE_CPU && g->groups->tracking == HIERARCHY_NONE)
                add_shims(g, &u->cpu_nsec);
        if (n == 0 && wanted & USAGE_MEMORY)
                u->memory_current = 0;
        if (n == 0 && wanted & USAGE_TASKS)
                u->tasks_current = 0;
}

static void subtract(uint64_t *v, uint64_t before) {
        if (*v != UINT64_MAX && before != UINT64_MAX)
                *v -= MIN(*v, before);
}

static void since_begin(const Group *g, GroupUsage *u) {
        subtract(&u->cpu_nsec, g->before.cpu_nsec);
        subtract(&u->io_read_bytes, g->before.io_read_bytes);
        subtract(&u->io_write_bytes, g->before.io_write_bytes);
        subtract(&u->io_read_operations, g->before.io_read_operations);
        subtract(&u->io_write_operations, g->before.io_write_operations);
        subtract(&u->oom_kills, g->before.oom_kills);
}

static void read_counters(Group *g, unsigned wanted, GroupUsage *u) {
        *u = *usage_unknown();
        if (g->made & 1U << HIERARCHY_V2)
                read_v2(g, wanted, u);
        read_v1(g, wanted, u);
}

void group_end_run(Group *g, GroupUsage *ret) {
        GroupUsage now;

        read_counters(g, USAGE_CPU | USAGE_IO | USAGE_RECORDS, &now);
        if (g->groups->tracking == HIERARCHY_NONE)
                add_shims(g, &now.cpu_nsec);
        *ret = now;
        since_begin(g, ret);
        g->before = (UsedBefore){ .cpu_nsec = now.cpu_nsec,
                                  .io_read_bytes = now.io_read_bytes,
                                  .io_write_bytes = now.io_write_bytes,
                                  .io_read_operations = now.io_read_operations,
                                  .io_write_operations = now.io_write_operations,
                                  .oom_kills = now.oom_kills };
        memory_watch_begin_run(g);
        if (g->made & 1U << HIERARCHY_MEMORY)
                (void)cgroup_write(g->groups, HIERARCHY_MEMORY, g->path, "memory.max_usage_in_bytes", "0");
}

/* What no directory counts, as the sum over those below. */
static void sum_groups(const Group *slice, unsigned wanted, GroupUsage *u) {
        GroupUsage sum = *usage_unknown(), one;

        for (Group *g = slice->children; g; g = g->next_sibling) {
                group_usage(g, wanted, &one);
                usage_add(&sum, &one);
        }
        usage_fill(u, &sum);
}

void group_usage(Group *g, unsigned wanted, GroupUsage *ret) {
        unsigned still;

        read_counters(g, wanted, ret);
        still = missing(wanted, ret);
        if (still && g->is_slice)
                sum_groups(g, still, ret);
        else if (still)
                sum_processes(g, still, ret);
        since_begin(g, ret);
}

void groups_usage_at(Groups *gs, const char *path, unsigned wanted, GroupUsage *ret) {
        pid_t self = getpid();
        Group *g = &gs->top;

        *ret = *usage_unknown();
        if (str_equal(path, INIT_SCOPE)) {
                processes_usage(NULL, &self, 1, wanted, ret);
                return;
        }
        if (path[0])
                HASH_FIND(hh_path, gs->by_path, path, strlen(path), g);
        if (g)
                group_usage(g, wanted, ret);
}

int group_working_set(Group *g, uint64_t *ret) {
        GroupUsage u;
        uint64_t idle = UINT64_MAX;
        char text[8192];

        group_usage(g, USAGE_MEMORY, &u);
        if (u.memory_current == UINT64_MAX)
                return -ENODATA;
        if (group_has_controller(g, CONTROLLER_MEMORY) &&
            cgroup_read(g->groups, HIERARCHY_V2, g->path, "memory.stat", text, sizeof(text)) >= 0)
                idle = stat_number(text, "inactive_file");
        else if (g->made & 1U << HIERARCHY_MEMORY &&
                 cgroup_read(g->groups, HIERARCHY_MEMORY, g->path, "memory.stat", text, sizeof(text)) >= 0)
                idle = stat_number(text, "total_inactive_file");
        *ret = u.memory_current - (idle == UINT64_MAX ? 0 : MIN(idle, u.memory_current));
        return 0;
}
