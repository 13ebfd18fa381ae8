/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * From CgroupSpec to attributes. A row names the setting, the attribute and
 * how its value is written; there is a table for v2 and one for v1. What is
 * not there, or refused, is a note in the report with the key, never an error:
 * a limit only takes something away from the service.
 */

#include "cgroup/internal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <utlist.h>

#define CPU_PERIOD_DEFAULT (100 * USEC_PER_MSEC)
#define CPU_PERIOD_MIN USEC_PER_MSEC
#define CPU_PERIOD_MAX USEC_PER_SEC
#define SHARES_MIN 2
#define SHARES_MAX 262144

typedef struct LimitText {
        char text[256];  /* of a number */
        const char *set; /* NULL: the default is wanted */
} LimitText;

typedef struct Limit {
        Attribute attribute;
        Controller controller;
        void (*value)(const Group *g, const CgroupSpec *s, LimitText *ret);
} Limit;

static void set_number(LimitText *ret, uint64_t v) {
        if (v == UINT64_MAX)
                (void)snprintf(ret->text, sizeof(ret->text), "max");
        else
                (void)snprintf(ret->text, sizeof(ret->text), "%" PRIu64, v);
        ret->set = ret->text;
}

static void set_unless(LimitText *ret, uint64_t v, uint64_t unset) {
        if (v != unset)
                set_number(ret, v);
}

static void memory_min(const Group *g, const CgroupSpec *s, LimitText *ret) {
        set_unless(ret, limit_memory_min(g, s), 0);
}

static void memory_low(const Group *g, const CgroupSpec *s, LimitText *ret) {
        set_unless(ret, limit_memory_low(g, s), 0);
}

static void memory_high(const Group *g, const CgroupSpec *s, LimitText *ret) {
        set_unless(ret, limit_memory(g->groups, s->memory_high, s->memory_high_permyriad), LIMIT_UNSET);
}

static void memory_max(const Group *g, const CgroupSpec *s, LimitText *ret) {
        set_unless(ret, limit_memory(g->groups, s->memory_max, s->memory_max_permyriad), LIMIT_UNSET);
}

static void swap_max(const Group *g, const CgroupSpec *s, LimitText *ret) {
        set_unless(ret, limit_memory(g->groups, s->memory_swap_max, s->memory_swap_max_permyriad),
                   LIMIT_UNSET);
}

static void zswap_max(const Group *g, const CgroupSpec *s, LimitText *ret) {
        set_unless(ret, limit_memory(g->groups, s->memory_zswap_max, s->memory_zswap_max_permyriad),
                   LIMIT_UNSET);
}

static void zswap_writeback(const Group *g, const CgroupSpec *s, LimitText *ret) {
        if (!s->memory_zswap_writeback)
                ret->set = "0";
}

static void oom_group(const Group *g, const CgroupSpec *s, LimitText *ret) {
        if (s->memory_oom_group)
                ret->set = "1";
}

static void tasks_max(const Group *g, const CgroupSpec *s, LimitText *ret) {
        set_unless(ret, limit_tasks(g->groups, s), LIMIT_UNSET);
}

static void cpu_idle(const Group *g, const CgroupSpec *s, LimitText *ret) {
        if (limit_cpu_weight(g, s) == 0)
                ret->set = "1";
}

static void cpu_weight(const Group *g, const CgroupSpec *s, LimitText *ret) {
        uint64_t v = limit_cpu_weight(g, s);

        if (v != 0)
                set_unless(ret, v, LIMIT_UNSET);
}

static void cpu_shares(const Group *g, const CgroupSpec *s, LimitText *ret) {
        uint64_t v = limit_cpu_weight(g, s);

        if (s->cpu_weight == LIMIT_UNSET && s->startup_cpu_weight == LIMIT_UNSET)
                v = limit_while_starting(g, s->cpu_shares, s->startup_cpu_shares); /* as they were meant */
        else if (v == 0)
                v = LIMIT_UNSET; /* cpu.idle has it */
        else if (v != LIMIT_UNSET)
                v = MIN(MAX(v * 1024 / 100, SHARES_MIN), SHARES_MAX);
        set_unless(ret, v, LIMIT_UNSET);
}

/* The kernel takes a quota of 1 ms or more; for a small share the period is made longer first. */
static bool scale_quota(const CgroupSpec *s, uint64_t *ret_quota, uint64_t *ret_period) {
        uint64_t per_sec = s->cpu_quota_per_sec, period = s->cpu_quota_period;

        if (per_sec == USEC_INFINITY)
                return false;
        if (period == USEC_INFINITY || period == 0)
                period = CPU_PERIOD_DEFAULT;
        period = MIN(MAX(period, CPU_PERIOD_MIN), CPU_PERIOD_MAX);
        per_sec = MIN(per_sec, UINT64_C(1000000) * USEC_PER_SEC);
        if (per_sec > 0 && per_sec * period / USEC_PER_SEC < CPU_PERIOD_MIN)
                period = MIN(CPU_PERIOD_MIN * USEC_PER_SEC / per_sec, CPU_PERIOD_MAX);
        *ret_quota = MAX(per_sec * period / USEC_PER_SEC, CPU_PERIOD_MIN);
        *ret_period = period;
        return true;
}

static void cpu_max(const Group *g, const CgroupSpec *s, LimitText *ret) {
        uint64_t quota, period;

        if (!scale_quota(s, &quota, &period))
                return;
        (void)snprintf(ret->text, sizeof(ret->text), "%" PRIu64 " %" PRIu64, quota, period);
        ret->set = ret->text;
}

static void cpu_period(const Group *g, const CgroupSpec *s, LimitText *ret) {
        uint64_t quota, period;

        if (scale_quota(s, &quota, &period) && period != CPU_PERIOD_DEFAULT)
                set_number(ret, period);
}

static void cpu_quota(const Group *g, const CgroupSpec *s, LimitText *ret) {
        uint64_t quota, period;

        if (scale_quota(s, &quota, &period))
                set_number(ret, quota);
}

static const char *while_starting(const Group *g, const char *usual, const char *starting) {
        return g->groups->starting && starting ? starting : usual;
}

static void cpus(const Group *g, const CgroupSpec *s, LimitText *ret) {
        ret->set = while_starting(g, s->allowed_cpus, s->startup_allowed_cpus);
}

static void memory_nodes(const Group *g, const CgroupSpec *s, LimitText *ret) {
        ret->set = while_starting(g, s->allowed_memory_nodes, s->startup_allowed_memory_nodes);
}

#define V2(directive, name, empty)                                                                           \
        { .key = directive, .hierarchy = HIERARCHY_V2, .file = name, .none = empty }
#define V1(directive, where, name, empty)                                                                    \
        { .key = directive, .hierarchy = HIERARCHY_##where, .file = name, .none = empty }

/* Protection goes before limits, the weight of an idle group after it has become one that has a weight. */
static const Limit v2_limits[] = {
        { V2("MemoryMin", "memory.min", "0"), CONTROLLER_MEMORY, memory_min },
        { V2("MemoryLow", "memory.low", "0"), CONTROLLER_MEMORY, memory_low },
        { V2("MemoryHigh", "memory.high", "max"), CONTROLLER_MEMORY, memory_high },
        { V2("MemoryMax", "memory.max", "max"), CONTROLLER_MEMORY, memory_max },
        { V2("MemorySwapMax", "memory.swap.max", "max"), CONTROLLER_MEMORY, swap_max },
        { V2("MemoryZSwapMax", "memory.zswap.max", "max"), CONTROLLER_MEMORY, zswap_max },
        { V2("MemoryZSwapWriteback", "memory.zswap.writeback", "1"), CONTROLLER_MEMORY, zswap_writeback },
        { V2("OOMPolicy", "memory.oom.group", "0"), CONTROLLER_MEMORY, oom_group },
        { V2("TasksMax", "pids.max", "max"), CONTROLLER_PIDS, tasks_max },
        { V2("CPUWeight", "cpu.idle", "0"), CONTROLLER_CPU, cpu_idle },
        { V2("CPUWeight", "cpu.weight", "100"), CONTROLLER_CPU, cpu_weight },
        { V2("CPUQuota", "cpu.max", "max 100000"), CONTROLLER_CPU, cpu_max },
        { V2("AllowedCPUs", "cpuset.cpus", "\n"), CONTROLLER_CPUSET, cpus },
        { V2("AllowedMemoryNodes", "cpuset.mems", "\n"), CONTROLLER_CPUSET, memory_nodes },
};

/* MemoryMax= and MemorySwapMax= are limit_memory_v1(). The period goes before the quota that counts by it. */
static const Limit v1_limits[] = {
        { V1("TasksMax", PIDS, "pids.max", "max"), CONTROLLER_PIDS, tasks_max },
        { V1("CPUWeight", CPU, "cpu.idle", "0"), CONTROLLER_CPU, cpu_idle },
        { V1("CPUWeight", CPU, "cpu.shares", "1024"), CONTROLLER_CPU, cpu_shares },
        { V1("CPUQuotaPeriodSec", CPU, "cpu.cfs_period_us", "100000"), CONTROLLER_CPU, cpu_period },
        { V1("CPUQuota", CPU, "cpu.cfs_quota_us", "-1"), CONTROLLER_CPU, cpu_quota },
        { V1("AllowedCPUs", CPUSET, "cpuset.cpus", NULL), CONTROLLER_CPUSET, cpus },
        { V1("AllowedMemoryNodes", CPUSET, "cpuset.mems", NULL), CONTROLLER_CPUSET, memory_nodes },
};

/* A number that v1 writes as -1 when there is none. */
static int write_number(Group *g, const Attribute *a, uint64_t v) {
        char text[24];

        if (v >= INT64_MAX)
                return attribute_write(g, a, NULL);
        (void)snprintf(text, sizeof(text), "%" PRIu64, v);
        return attribute_write(g, a, text);
}

/*
 * memsw (memory and swap) may never be below the memory limit: when they rise it goes first. Without MemorySwapMax= the
 * service may not escape into swap either, which is how v1 is usually set up; kernels without swap accounting have no
 * such file.
 */
static void limit_memory_v1(Group *g, const CgroupSpec *s, Report *unapplied) {
        static const Attribute limit = V1("MemoryMax", MEMORY, "memory.limit_in_bytes", "-1"),
                               both = V1("MemorySwapMax", MEMORY, "memory.memsw.limit_in_bytes", "-1");
        uint64_t v = limit_memory(g->groups, s->memory_max, s->memory_max_permyriad), old = UINT64_MAX, sum;
        uint64_t swap = limit_memory(g->groups, s->memory_swap_max, s->memory_swap_max_permyriad);
        char text[24];
        int r;

        if (swap == LIMIT_UNSET)
                swap = 0;
        sum = v > UINT64_MAX - swap ? UINT64_MAX : v + swap;
        if (attribute_written(g, &limit))
                (void)parse_u64(attribute_written(g, &limit), &old);
        if (v > old)
                (void)write_number(g, &both, sum);
        r = write_number(g, &limit, v);
        if (r >= 0)
                (void)write_number(g, &both, sum);
        (void)snprintf(text, sizeof(text), "%" PRIu64, v);
        if (r < 0 && v < INT64_MAX)
                attribute_note(g, &limit, text, r, unapplied);
}

static void note_lack(const Group *g, const Limit *l, Report *unapplied) {
        const Groups *gs = g->groups;
        const char *name = controller_name(l->controller);

        if (l->value == oom_group) /* svinit kills the rest itself, a moment later */
                return;
        if (gs->tracking == HIERARCHY_NONE)
                report_add(unapplied, SEVERITY_NOTE, NULL, 0, l->attribute.key,
                           "%s=: no cgroup can be made here, not applied", l->attribute.key);
        else if (gs->controllers & l->controller)
                report_add(unapplied, SEVERITY_NOTE, NULL, 0, l->attribute.key,
                           "%s=: the controller %s is switched off above this group, not applied",
                           l->attribute.key, name);
        else if (group_has_v1(gs, l->controller))
                report_add(unapplied, SEVERITY_NOTE, NULL, 0, l->attribute.key,
                           "%s=: the controller %s is one of cgroup v1 here, which has nothing like it; not "
                           "applied",
                           l->attribute.key, name);
        else
                report_add(unapplied, SEVERITY_NOTE, NULL, 0, l->attribute.key,
                           "%s=: the cgroups here have no controller %s, not applied", l->attribute.key,
                           name);
}

static bool is_noted_already(const Limit *table, size_t i, const Report *unapplied) {
        return i > 0 && unapplied && unapplied->n_findings > 0 &&
               str_equal(table[i].attribute.key, table[i - 1].attribute.key) &&
               str_equal(unapplied->findings[unapplied->n_findings - 1].key, table[i].attribute.key);
}

/* Where v1 has the controller, its own table says what there is in place of it. */
static bool is_for_v1(const Group *g, const Limit *l) {
        static const char *const memory[] = { "MemoryMax", "MemorySwapMax" };

        if (!group_has_v1(g->groups, l->controller))
                return false;
        for (size_t i = 0; i < ELEMENTSOF(v1_limits); i++)
                if (str_equal(v1_limits[i].attribute.key, l->attribute.key))
                        return true;
        for (size_t i = 0; i < ELEMENTSOF(memory); i++)
                if (str_equal(memory[i], l->attribute.key))
                        return true;
        return false;
}

/* The value above it stands for none: an empty set would let nobody run. */
static const char *cpuset_above(const Group *g, Hierarchy h, const char *file, char *buffer, size_t size) {
        if (cgroup_read(g->groups, h, g->parent ? g->parent->path : "", file, buffer, size) <= 0)
                return NULL;
        buffer[strcspn(buffer, "\n")] = 0;
        return buffer;
}

/* Of a group with processes Linux 6.1, say, refuses to empty the set. */
static void set_v2(Group *g, const Limit *l, const char *value, Report *unapplied) {
        Attribute a = l->attribute;
        char above[4096], file[32];

        if (!value && l->controller == CONTROLLER_CPUSET && attribute_write(g, &a, NULL) == -ENOSPC) {
                (void)snprintf(file, sizeof(file), "%s.effective", a.file);
                a.none = cpuset_above(g, HIERARCHY_V2, file, above, sizeof(above));
        }
        attribute_set(g, &a, value, unapplied);
}

static void apply_v2(Group *g, const CgroupSpec *s, Report *unapplied) {
        for (size_t i = 0; i < ELEMENTSOF(v2_limits); i++) {
                const Limit *l = v2_limits + i;
                LimitText value = { .set = NULL };

                l->value(g, s, &value);
                if (group_has_controller(g, l->controller))
                        set_v2(g, l, value.set, unapplied);
                else if (value.set && !is_for_v1(g, l) && !is_noted_already(v2_limits, i, unapplied))
                        note_lack(g, l, unapplied);
        }
}

static void apply_one_v1(Group *g, const Limit *l, const char *value, Report *unapplied) {
        Attribute a = l->attribute;
        char above[4096];
        int r;

        if (!value && !attribute_written(g, &a) && !g->stale)
                return;
        r = group_limit_in(g, a.hierarchy);
        if (r < 0) {
                if (value)
                        attribute_note(g, &a, value, r, unapplied);
                return;
        }
        if (!a.none)
                a.none = cpuset_above(g, HIERARCHY_CPUSET, a.file, above, sizeof(above));
        attribute_set(g, &a, value, unapplied);
}

static void apply_v1(Group *g, const CgroupSpec *s, Report *unapplied) {
        uint64_t memory = limit_memory(g->groups, s->memory_max, s->memory_max_permyriad);

        for (size_t i = 0; i < ELEMENTSOF(v1_limits); i++) {
                const Limit *l = v1_limits + i;
                LimitText value = { .set = NULL };

                if (!group_has_v1(g->groups, l->controller))
                        continue;
                l->value(g, s, &value);
                apply_one_v1(g, l, value.set, unapplied);
        }
        if (!group_has_v1(g->groups, CONTROLLER_MEMORY))
                return;
        if (memory == LIMIT_UNSET &&
            limit_memory(g->groups, s->memory_swap_max, s->memory_swap_max_permyriad) != LIMIT_UNSET)
                report_add(unapplied, SEVERITY_NOTE, NULL, 0, "MemorySwapMax",
                           "MemorySwapMax=: cgroup v1 limits memory and swap together, not applied without "
                           "MemoryMax=");
        if (memory == LIMIT_UNSET && !(g->limited & 1U << HIERARCHY_MEMORY))
                return;
        if (group_limit_in(g, HIERARCHY_MEMORY) >= 0)
                limit_memory_v1(g, s, unapplied);
}

/* What has to be switched on above the group. */
static unsigned find_need(const Group *g, const CgroupSpec *s) {
        unsigned need = limits_io_need(s);

        if (s->delegate)
                return s->delegate_controllers ? need | controllers_from_names(s->delegate_controllers)
                                               : CONTROLLER_ALL;
        if (s->memory_accounting)
                need |= CONTROLLER_MEMORY;
        if (s->tasks_accounting)
                need |= CONTROLLER_PIDS;
        for (size_t i = 0; i < ELEMENTSOF(v2_limits); i++) {
                LimitText value = { .set = NULL };

                if (need & v2_limits[i].controller)
                        continue;
                v2_limits[i].value(g, s, &value);
                if (value.set)
                        need |= v2_limits[i].controller;
        }
        return need;
}

static void apply_again(Group *g) {
        const CgroupSpec *spec =
                g->userdata && g->groups->options.spec_of ? g->groups->options.spec_of(g->userdata) : NULL;

        if (spec)
                cgroup_apply_limits(g, spec, NULL);
}

/* DefaultMemoryLow= and DefaultMemoryMin= of a slice are the values of those below it that have none. */
static void hand_down(Group *g) {
        Group *child;

        DL_FOREACH2(g->children, child, next_sibling) {
                apply_again(child);
                hand_down(child);
        }
}

/* One number for "none" and for every value, to be compared. */
static uint64_t default_of(bool has, uint64_t v) {
        return has ? v : UINT64_MAX - 1;
}

void cgroup_apply_limits(Group *g, const CgroupSpec *s, Report *unapplied) {
        uint64_t low = default_of(g->has_default_memory_low, g->default_memory_low);
        uint64_t min = default_of(g->has_default_memory_min, g->default_memory_min);

        limit_remember(g, s);
        if (g->parent && g->groups->controllers)
                group_pass_on(g->parent, find_need(g, s));
        apply_v2(g, s, unapplied);
        if (g->groups->tracking != HIERARCHY_NONE)
                apply_v1(g, s, unapplied);
        else if (s->delegate)
                report_add(unapplied, SEVERITY_NOTE, NULL, 0, "Delegate",
                           "Delegate=: no cgroup can be made here, not applied");
        cgroup_apply_io(g, s, unapplied);
        cgroup_apply_devices(g, s, unapplied);
        g->stale = false;
        if (low != default_of(g->has_default_memory_low, g->default_memory_low) ||
            min != default_of(g->has_default_memory_min, g->default_memory_min))
                hand_down(g);
}

void groups_set_starting(Groups *gs, bool starting) {
        Group *g, *next;

        if (gs->starting == starting)
                return;
        gs->starting = starting;
        if (gs->n_with_startup == 0)
                return;
        HASH_ITER (hh_path, gs->by_path, g, next)
                if (g->has_startup)
                        apply_again(g);
}
