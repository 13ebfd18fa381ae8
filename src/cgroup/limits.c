/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * From CgroupSpec to attributes. A row names the setting, the controller and
 * how its value is written in v2 and in v1; what is not there, or refused, is
 * a note in the report with the key, never an error: a limit only takes
 * something away from the service.
 */

#include "cgroup/internal.h"
#include "host/proc-file.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#define CPU_PERIOD_DEFAULT (100 * USEC_PER_MSEC)
#define CPU_PERIOD_MIN USEC_PER_MSEC
#define CPU_PERIOD_MAX USEC_PER_SEC

typedef struct Attribute {
        const char *key;                                          /* the directive */
        uint64_t (*value)(const Groups *gs, const CgroupSpec *s); /* LIMIT_UNSET: not set */
        Controller controller;
        const char *v2_file;
        void (*v2_format)(uint64_t value, const CgroupSpec *s, char *text, size_t size);
        const char *v2_none; /* what undoes it */
        Hierarchy v1;        /* HIERARCHY_NONE: nothing alike */
        int (*v1_apply)(Group *g, uint64_t value, const CgroupSpec *s);
} Attribute;

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

static uint64_t tasks_total(const Groups *gs) {
        uint64_t total = UINT64_MAX, limit;
        char text[32];

        if (proc_read("/proc/sys/kernel/pid_max", text, sizeof(text)) > 0) {
                text[strcspn(text, "\n")] = 0;
                if (parse_u64(text, &limit) >= 0)
                        total = limit;
        }
        if (cgroup_read_u64(gs, HIERARCHY_V2, "", "pids.max", &limit) >= 0 ||
            cgroup_read_u64(gs, HIERARCHY_PIDS, "", "pids.max", &limit) >= 0)
                total = MIN(total, limit);
        return total;
}

/* In bytes, or as a share of all there is. */
static uint64_t memory_value(const Groups *gs, uint64_t bytes, uint64_t permyriad) {
        return permyriad != LIMIT_UNSET ? share_of(memory_total(gs), permyriad) : bytes;
}

static uint64_t memory_max(const Groups *gs, const CgroupSpec *s) {
        return memory_value(gs, s->memory_max, s->memory_max_permyriad);
}

static uint64_t memory_high(const Groups *gs, const CgroupSpec *s) {
        return memory_value(gs, s->memory_high, s->memory_high_permyriad);
}

/* No protection is the default and written as 0. */
static uint64_t memory_low(const Groups *gs, const CgroupSpec *s) {
        uint64_t v = memory_value(gs, s->memory_low, s->memory_low_permyriad);

        return v == 0 ? LIMIT_UNSET : v;
}

static uint64_t memory_min(const Groups *gs, const CgroupSpec *s) {
        uint64_t v = memory_value(gs, s->memory_min, s->memory_min_permyriad);

        return v == 0 ? LIMIT_UNSET : v;
}

static uint64_t swap_max(const Groups *gs, const CgroupSpec *s) {
        return memory_value(gs, s->memory_swap_max, s->memory_swap_max_permyriad);
}

static uint64_t tasks_max(const Groups *gs, const CgroupSpec *s) {
        return s->tasks_max_permyriad != LIMIT_UNSET ? share_of(tasks_total(gs), s->tasks_max_permyriad)
                                                     : s->tasks_max;
}

static uint64_t cpu_quota(const Groups *gs, const CgroupSpec *s) {
        return s->cpu_quota_per_sec == USEC_INFINITY ? LIMIT_UNSET : s->cpu_quota_per_sec;
}

static uint64_t cpu_weight(const Groups *gs, const CgroupSpec *s) {
        return s->cpu_weight == 0 ? 1 : s->cpu_weight; /* "idle" is the least there is */
}

static uint64_t io_weight(const Groups *gs, const CgroupSpec *s) {
        return s->io_weight == 0 ? LIMIT_UNSET : s->io_weight;
}

static void format_number(uint64_t v, const CgroupSpec *s, char *text, size_t size) {
        (void)snprintf(text, size, "%" PRIu64, v);
}

static void format_io_weight(uint64_t v, const CgroupSpec *s, char *text, size_t size) {
        (void)snprintf(text, size, "default %" PRIu64, v);
}

/* The kernel takes a quota of 1 ms or more; for a small share the period is made longer first. */
static void scale_quota(uint64_t per_sec, const CgroupSpec *s, uint64_t *ret_quota, uint64_t *ret_period) {
        uint64_t period = s->cpu_quota_period == USEC_INFINITY || s->cpu_quota_period == 0
                                  ? CPU_PERIOD_DEFAULT
                                  : s->cpu_quota_period;

        period = MIN(MAX(period, CPU_PERIOD_MIN), CPU_PERIOD_MAX);
        per_sec = MIN(per_sec, UINT64_C(1000000) * USEC_PER_SEC);
        if (per_sec > 0 && per_sec * period / USEC_PER_SEC < CPU_PERIOD_MIN)
                period = MIN(CPU_PERIOD_MIN * USEC_PER_SEC / per_sec, CPU_PERIOD_MAX);
        *ret_quota = MAX(per_sec * period / USEC_PER_SEC, CPU_PERIOD_MIN);
        *ret_period = period;
}

static void format_quota(uint64_t v, const CgroupSpec *s, char *text, size_t size) {
        uint64_t quota, period;

        scale_quota(v, s, &quota, &period);
        (void)snprintf(text, size, "%" PRIu64 " %" PRIu64, quota, period);
}

static int write_v1(Group *g, Hierarchy h, const char *file, int64_t v) {
        char text[24];

        (void)snprintf(text, sizeof(text), "%" PRId64, v);
        return cgroup_write(g->groups, h, g->path, file, text);
}

static int64_t v1_number(uint64_t v) {
        return v >= INT64_MAX ? -1 : (int64_t)v;
}

/* memsw (memory and swap) may never be below the memory limit: the first goes first when both rise. Without MemorySwapMax=
 * the service may not escape into swap either, which is how v1 is usually set up; kernels without swap accounting have no
 * such file. */
static int apply_memory_v1(Group *g, uint64_t v, const CgroupSpec *s) {
        uint64_t allowed = swap_max(g->groups, s), swap = allowed == LIMIT_UNSET ? 0 : allowed;
        int64_t both = v == LIMIT_UNSET ? -1 : v1_number(v > UINT64_MAX - swap ? UINT64_MAX : v + swap);
        int r;

        r = write_v1(g, HIERARCHY_MEMORY, "memory.limit_in_bytes", v1_number(v));
        if (r == -EINVAL || r == -EBUSY) {
                (void)write_v1(g, HIERARCHY_MEMORY, "memory.memsw.limit_in_bytes", both);
                r = write_v1(g, HIERARCHY_MEMORY, "memory.limit_in_bytes", v1_number(v));
        }
        if (r >= 0)
                (void)write_v1(g, HIERARCHY_MEMORY, "memory.memsw.limit_in_bytes", both);
        return r;
}

static int apply_tasks_v1(Group *g, uint64_t v, const CgroupSpec *s) {
        return v == LIMIT_UNSET ? cgroup_write(g->groups, HIERARCHY_PIDS, g->path, "pids.max", "max")
                                : write_v1(g, HIERARCHY_PIDS, "pids.max", v1_number(v));
}

static int apply_quota_v1(Group *g, uint64_t v, const CgroupSpec *s) {
        uint64_t quota, period;
        int r;

        if (v == LIMIT_UNSET)
                return write_v1(g, HIERARCHY_CPU, "cpu.cfs_quota_us", -1);
        scale_quota(v, s, &quota, &period);
        r = write_v1(g, HIERARCHY_CPU, "cpu.cfs_period_us", (int64_t)period);
        return r < 0 ? r : write_v1(g, HIERARCHY_CPU, "cpu.cfs_quota_us", (int64_t)quota);
}

/* 100 of v2 is 1024 of v1. */
static int apply_weight_v1(Group *g, uint64_t v, const CgroupSpec *s) {
        return write_v1(g, HIERARCHY_CPU, "cpu.shares",
                        v == LIMIT_UNSET ? 1024 : MAX((int64_t)(v * 1024 / 100), 2));
}

static const Attribute attributes[] = {
        { "MemoryMin", memory_min, CONTROLLER_MEMORY, "memory.min", format_number, "0", HIERARCHY_NONE,
          NULL },
        { "MemoryLow", memory_low, CONTROLLER_MEMORY, "memory.low", format_number, "0", HIERARCHY_NONE,
          NULL },
        { "MemoryHigh", memory_high, CONTROLLER_MEMORY, "memory.high", format_number, "max", HIERARCHY_NONE,
          NULL },
        { "MemoryMax", memory_max, CONTROLLER_MEMORY, "memory.max", format_number, "max", HIERARCHY_MEMORY,
          apply_memory_v1 },
        { "MemorySwapMax", swap_max, CONTROLLER_MEMORY, "memory.swap.max", format_number, "max",
          HIERARCHY_NONE, NULL },
        { "TasksMax", tasks_max, CONTROLLER_PIDS, "pids.max", format_number, "max", HIERARCHY_PIDS,
          apply_tasks_v1 },
        { "CPUQuota", cpu_quota, CONTROLLER_CPU, "cpu.max", format_quota, "max", HIERARCHY_CPU,
          apply_quota_v1 },
        { "CPUWeight", cpu_weight, CONTROLLER_CPU, "cpu.weight", format_number, "100", HIERARCHY_CPU,
          apply_weight_v1 },
        { "IOWeight", io_weight, CONTROLLER_IO, "io.weight", format_io_weight, "default 100", HIERARCHY_NONE,
          NULL },
};

static int apply_v2(Group *g, const Attribute *a, uint64_t v, const CgroupSpec *s) {
        char text[64];

        if (v == LIMIT_UNSET)
                return cgroup_write(g->groups, HIERARCHY_V2, g->path, a->v2_file, a->v2_none);
        a->v2_format(v, s, text, sizeof(text));
        return cgroup_write(g->groups, HIERARCHY_V2, g->path, a->v2_file, text);
}

/* MemorySwapMax= beside MemoryMax= is done by the latter's row in v1. */
static bool is_done_with_memory_max(const Attribute *a, const Groups *gs, const CgroupSpec *s) {
        return str_equal(a->key, "MemorySwapMax") && !(gs->controllers & CONTROLLER_MEMORY) &&
               gs->hierarchies[HIERARCHY_MEMORY].base && memory_max(gs, s) != LIMIT_UNSET;
}

static int apply_one(Group *g, const Attribute *a, uint64_t v, const CgroupSpec *s) {
        Groups *gs = g->groups;
        int r;

        if (gs->tracking == HIERARCHY_V2 && (gs->controllers & a->controller))
                return apply_v2(g, a, v, s);
        if (is_done_with_memory_max(a, gs, s))
                return 0;
        if (gs->tracking == HIERARCHY_NONE || a->v1 == HIERARCHY_NONE)
                return -EOPNOTSUPP;
        if (v == LIMIT_UNSET && !(g->made & 1U << a->v1))
                return 0;
        r = group_enter_hierarchy(g, a->v1);
        return r < 0 ? r : a->v1_apply(g, v, s);
}

static const char *reason(const Groups *gs, int r) {
        if (gs->tracking == HIERARCHY_NONE)
                return "no cgroup can be made here";
        if (r == -EOPNOTSUPP || r == -ENODEV)
                return "the cgroups here have no such controller";
        return strerrordesc_np(-r) ?: "unknown error";
}

void cgroup_apply_limits(Group *g, const CgroupSpec *spec, bool fresh, Report *unapplied) {
        for (size_t i = 0; i < ELEMENTSOF(attributes); i++) {
                const Attribute *a = attributes + i;
                uint64_t v = a->value(g->groups, spec);
                int r;

                /* A new group has no limits to undo. */
                if (v == LIMIT_UNSET && fresh)
                        continue;
                r = apply_one(g, a, v, spec);
                if (r < 0 && v != LIMIT_UNSET)
                        report_add(unapplied, SEVERITY_NOTE, NULL, 0, a->key, "%s=: %s, not applied", a->key,
                                   reason(g->groups, r));
        }
}
