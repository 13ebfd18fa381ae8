/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What a setting comes to: shares of what there is, values that hold while the
 * manager starts or stops, defaults of the slices above, and the older forms of
 * a setting, which count where nothing newer is set.
 */

#include "cgroup/internal.h"
#include "host/proc-file.h"

#include <sys/sysinfo.h>

static uint64_t share_of(uint64_t whole, uint64_t permyriad) {
        return whole == UINT64_MAX ? UINT64_MAX
                                   : whole / 10000 * permyriad + whole % 10000 * permyriad / 10000;
}

/* What we may use at most: the machine's, or less where our own group has a limit. */
static uint64_t memory_total(const Groups *gs) {
        struct sysinfo si;
        uint64_t total = UINT64_MAX, limit;

        if (sysinfo(&si) >= 0)
                total = (uint64_t)si.totalram * si.mem_unit;
        if (cgroup_read_u64(gs, HIERARCHY_V2, "", "memory.max", &limit) >= 0 ||
            cgroup_read_u64(gs, HIERARCHY_MEMORY, "", "memory.limit_in_bytes", &limit) >= 0)
                total = MIN(total, limit);
        return total;
}

static uint64_t kernel_number(const char *path) {
        uint64_t v = UINT64_MAX;
        char text[32];

        if (proc_read(path, text, sizeof(text)) > 0) {
                text[strcspn(text, "\n")] = 0;
                (void)parse_u64(text, &v);
        }
        return v;
}

static uint64_t tasks_total(const Groups *gs) {
        uint64_t total = MIN(kernel_number("/proc/sys/kernel/pid_max"),
                             kernel_number("/proc/sys/kernel/threads-max")),
                 limit;

        if (cgroup_read_u64(gs, HIERARCHY_V2, "", "pids.max", &limit) >= 0 ||
            cgroup_read_u64(gs, HIERARCHY_PIDS, "", "pids.max", &limit) >= 0)
                total = MIN(total, limit);
        return total;
}

uint64_t limit_memory(const Groups *gs, uint64_t bytes, uint64_t permyriad) {
        return permyriad != LIMIT_UNSET ? share_of(memory_total(gs), permyriad) : bytes;
}

uint64_t groups_tasks_share(const Groups *gs, uint64_t permyriad) {
        return MAX(share_of(tasks_total(gs), permyriad), 1U);
}

uint64_t limit_tasks(const Groups *gs, const CgroupSpec *s) {
        return s->tasks_max_permyriad != LIMIT_UNSET ? groups_tasks_share(gs, s->tasks_max_permyriad)
                                                     : s->tasks_max;
}

uint64_t limit_memory_low(const Group *g, const CgroupSpec *s) {
        if (s->memory_low_set)
                return limit_memory(g->groups, s->memory_low, s->memory_low_permyriad);
        for (const Group *above = g->parent; above; above = above->parent)
                if (above->has_default_memory_low)
                        return above->default_memory_low;
        return 0;
}

uint64_t limit_memory_min(const Group *g, const CgroupSpec *s) {
        if (s->memory_min_set)
                return limit_memory(g->groups, s->memory_min, s->memory_min_permyriad);
        for (const Group *above = g->parent; above; above = above->parent)
                if (above->has_default_memory_min)
                        return above->default_memory_min;
        return 0;
}

uint64_t limit_while_starting(const Group *g, uint64_t usual, uint64_t starting) {
        return g->groups->starting && starting != LIMIT_UNSET ? starting : usual;
}

/* 1024 shares of v1 are the weight 100. */
uint64_t limit_cpu_weight(const Group *g, const CgroupSpec *s) {
        uint64_t shares;

        if (s->cpu_weight != LIMIT_UNSET || s->startup_cpu_weight != LIMIT_UNSET)
                return limit_while_starting(g, s->cpu_weight, s->startup_cpu_weight);
        shares = limit_while_starting(g, s->cpu_shares, s->startup_cpu_shares);
        return shares == LIMIT_UNSET ? LIMIT_UNSET : MIN(MAX(shares * 100 / 1024, 1U), 10000U);
}

static bool has_startup(const CgroupSpec *s) {
        return s->startup_cpu_weight != LIMIT_UNSET || s->startup_io_weight != LIMIT_UNSET ||
               s->startup_cpu_shares != LIMIT_UNSET || s->startup_block_io_weight != LIMIT_UNSET ||
               s->startup_allowed_cpus || s->startup_allowed_memory_nodes;
}

void limit_remember(Group *g, const CgroupSpec *s) {
        Groups *gs = g->groups;

        if (g->has_startup != has_startup(s)) {
                g->has_startup = !g->has_startup;
                gs->n_with_startup += g->has_startup ? 1U : -1U;
        }
        g->has_default_memory_low = s->default_memory_low_set;
        g->default_memory_low = limit_memory(gs, s->default_memory_low, s->default_memory_low_permyriad);
        g->has_default_memory_min = s->default_memory_min_set;
        g->default_memory_min = limit_memory(gs, s->default_memory_min, s->default_memory_min_permyriad);
        g->disabled = controllers_from_names(s->disabled_controllers);
}
