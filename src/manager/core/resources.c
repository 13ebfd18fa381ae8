/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What units use: the figures of a run when it has ended, memory that ran out,
 * and the soft limit of memory.
 */

#include "manager/manager-internal.h"
#include "manager/roll.h"

#include <inttypes.h>

/* As systemd has it: below this a message would be noise. */
#define WORTH_CPU_NSEC UINT64_C(1000000000)
#define WORTH_IO_BYTES (UINT64_C(1) << 20)

#define OOM_TELL_INTERVAL USEC_PER_SEC
#define SOFT_PATIENCE (10 * USEC_PER_SEC)

static bool at_least(uint64_t n, uint64_t worth) {
        return n != UINT64_MAX && n >= worth;
}

static void add_bytes(Buf *b, uint64_t n, const char *what) {
        if (n == UINT64_MAX)
                return;
        buf_add(b, b->len > 0 ? ", " : "");
        bytes_format(n, b);
        buf_add(b, what);
}

static void log_run(const Unit *u, const RunFigures *f) {
        Buf b auto_buf = { 0 };

        if (!at_least(f->cpu_nsec, WORTH_CPU_NSEC) && !at_least(f->io_read_bytes, WORTH_IO_BYTES) &&
            !at_least(f->io_write_bytes, WORTH_IO_BYTES))
                return;
        if (f->cpu_nsec != UINT64_MAX) {
                timespan_format_rounded(f->cpu_nsec / NSEC_PER_USEC, &b);
                buf_add(&b, " CPU time");
        }
        add_bytes(&b, f->io_read_bytes, " read from disk");
        add_bytes(&b, f->io_write_bytes, " written to disk");
        add_bytes(&b, f->memory_peak, " memory peak");
        if (b.error == 0)
                LOG_UNIT(u->id, UNIT_RESOURCES, FIELD_S("TEXT", b.data),
                         FIELD_I("CPU_USAGE_NSEC", f->cpu_nsec));
}

const RunFigures *unit_last_run(const Unit *u) {
        static const RunFigures unknown = RUN_FIGURES_UNKNOWN;

        return unit_runtime(u)->last_run ?: &unknown;
}

void unit_end_run(Unit *u) {
        UnitRuntime *rt = unit_runtime(u);
        GroupUsage usage;

        rt->run_ended = true;
        rt->main_is_oom_killed = false;
        free(TAKE(rt->last_run));
        if (!rt->group)
                return;
        group_end_run(rt->group, &usage);
        rt->last_run = malloc(sizeof(*rt->last_run));
        if (!rt->last_run) /* no memory: nothing is known of it */
                return;
        *rt->last_run = (RunFigures){ .memory_limit = group_memory_limit(rt->group),
                                      .memory_peak = usage.memory_peak,
                                      .cpu_nsec = usage.cpu_nsec,
                                      .io_read_bytes = usage.io_read_bytes,
                                      .io_write_bytes = usage.io_write_bytes,
                                      .oom_kills = usage.oom_kills };
        log_run(u, rt->last_run);
}

void unit_usage(const Unit *u, unsigned wanted, GroupUsage *ret) {
        const UnitRuntime *rt = unit_runtime(u);
        const RunFigures *last = unit_last_run(u);

        if (rt->group && !rt->run_ended) {
                group_usage(rt->group, wanted, ret);
                return;
        }
        *ret = (GroupUsage){ .memory_current = UINT64_MAX,
                             .memory_peak = last->memory_peak,
                             .memory_swap = UINT64_MAX,
                             .memory_anon = UINT64_MAX,
                             .memory_file = UINT64_MAX,
                             .tasks_current = UINT64_MAX,
                             .cpu_nsec = last->cpu_nsec,
                             .io_read_bytes = last->io_read_bytes,
                             .io_write_bytes = last->io_write_bytes,
                             .io_read_operations = UINT64_MAX,
                             .io_write_operations = UINT64_MAX,
                             .oom_kills = last->oom_kills };
}

/* A share of MemoryMax=, or of all there is when that is not set. */
static uint64_t soft_limit(const Manager *m, const Unit *u) {
        const ServiceSpec *s = u->spec->service;
        uint64_t max;

        if (s->memory_restart_permyriad == LIMIT_UNSET)
                return s->memory_restart;
        max = groups_memory_max(m->groups, u->spec->cgroup);
        if (max == UINT64_MAX)
                max = groups_memory_total(m->groups);
        return max / 10000 * s->memory_restart_permyriad;
}

void unit_watch_memory(const Unit *u) {
        const UnitRuntime *rt = unit_runtime(u);
        MemoryWatchOptions o = { .soft = UINT64_MAX, .urgent = UINT64_MAX, .patience = SOFT_PATIENCE };
        uint64_t max;
        int r;

        if (u->type == UNIT_SERVICE)
                o.soft = soft_limit(rt->manager, u);
        max = groups_memory_max(rt->manager->groups, u->spec->cgroup);
        if (o.soft == UINT64_MAX && max == UINT64_MAX &&
            ((u->type != UNIT_SERVICE && u->type != UNIT_SCOPE) ||
             u->spec->service->oom_policy == OOM_CONTINUE))
                return;
        if (o.soft < max && max != UINT64_MAX)
                o.urgent = o.soft + (max - o.soft) / 2;
        r = group_watch_memory(rt->group, &o);
        if (r < 0)
                LOG_UNIT_ERRNO(u->id, WATCH_FAILED, r, FIELD_S("PATH", "memory.events"));
}

static void add_figure(Buf *b, const char *before, uint64_t n) {
        if (n == UINT64_MAX)
                return;
        buf_add(b, b->len > 0 ? ", " : " (");
        buf_add(b, before);
        bytes_format(n, b);
}

/* Killed below its own limit: the one above it has been met. */
static void add_limit(const Manager *m, const GroupUsage *u, uint64_t limit, Buf *b) {
        GroupsFacts f;

        if (limit != UINT64_MAX && (u->memory_peak == UINT64_MAX || u->memory_peak >= limit - limit / 8)) {
                add_figure(b, "limit ", limit);
                return;
        }
        groups_facts(m->groups, &f);
        add_figure(b, "limit of the container ", f.memory_max);
}

void unit_tell_oom(Unit *u) {
        UnitRuntime *rt = unit_runtime(u);
        usec_t now = dual_now().monotonic;
        Buf b auto_buf = { 0 };
        GroupUsage usage;
        MemoryNear near;
        uint64_t limit;

        if (rt->oom_told > 0 && now < usec_add(rt->oom_told, OOM_TELL_INTERVAL))
                return;
        rt->oom_told = now;
        unit_usage(u, USAGE_MEMORY | USAGE_DETAILS | USAGE_RECORDS, &usage);
        limit = rt->group ? group_memory_limit(rt->group) : UINT64_MAX;
        near = rt->group ? group_memory_near(rt->group) : (MemoryNear){ 0 };
        add_limit(rt->manager, &usage, limit, &b);
        add_figure(&b, "peak ", usage.memory_peak);
        add_figure(&b, "anonymous ", near.known ? near.anon : usage.memory_anon);
        add_figure(&b, "files ", near.known ? near.file : usage.memory_file);
        if (b.len > 0 && usage.oom_kills != UINT64_MAX && usage.oom_kills > 1)
                buf_addf(&b, ", kills in this run: %" PRIu64, usage.oom_kills);
        buf_add(&b, b.len > 0 ? ")" : "");
        LOG_UNIT(u->id, UNIT_OUT_OF_MEMORY, FIELD_S("TEXT", b.data), FIELD_I("MEMORY_LIMIT", limit),
                 FIELD_I("MEMORY_PEAK", usage.memory_peak), FIELD_I("OOM_KILLS", usage.oom_kills));
}

bool unit_oom_killed(Unit *u) {
        UnitRuntime *rt = unit_runtime(u);

        if (!rt->group || !group_oom_killed(rt->group))
                return false;
        unit_tell_oom(u);
        return true;
}

/* Who has run for a while is replaced without a gap; who was too large at once is restarted, and that counts. */
static bool roll_too_large(Unit *u) {
        Manager *m = unit_runtime(u)->manager;
        Report why = { 0 };
        uint32_t id;
        bool rolled;

        if (!unit_triggers_roll(u) ||
            service_is_short_run(&unit_runtime(u)->machine.service, now_monotonic()))
                return false;
        rolled = manager_roll(m, u, &why, &id) == 0;
        report_release(&why);
        return rolled;
}

static void tell_too_large(Unit *u) {
        UnitRuntime *rt = unit_runtime(u);
        Buf memory auto_buf = { 0 }, limit auto_buf = { 0 };
        uint64_t used = 0;

        if (rt->seat) /* its turn comes, or is now */
                return;
        (void)group_working_set(rt->group, &used);
        bytes_format(used, &memory);
        bytes_format(soft_limit(rt->manager, u), &limit);
        LOG_UNIT(u->id, UNIT_TOO_LARGE, FIELD_S("MEMORY", memory.data), FIELD_S("LIMIT", limit.data));
        if (!roll_too_large(u))
                (void)manager_push_type(rt->manager, u, EVENT_MEMORY);
}

void on_group_memory(Group *g, MemoryEvent what, void *userdata) {
        Unit *u = group_userdata(g);
        UnitRuntime *rt = unit_runtime(u);
        pid_t main;

        if (what == MEMORY_SOFT_LIMIT) {
                if (u->type == UNIT_SERVICE)
                        tell_too_large(u);
                return;
        }
        unit_tell_oom(u);
        if (u->type == UNIT_SLICE)
                return; /* whose process it was is told of as well */
        /* The end of the main process is a better news than that of some process. */
        main = machine_main_pid(&rt->machine);
        rt->main_is_oom_killed = main > 0 && process_is_ending(main);
        if (!rt->main_is_oom_killed)
                (void)manager_push_type(rt->manager, u, EVENT_OOM);
}
