/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What units use: the figures of a run when it has ended.
 */

#include "manager/manager-internal.h"

#include <inttypes.h>

/* As systemd has it: below this a message would be noise. */
#define WORTH_CPU_NSEC UINT64_C(1000000000)
#define WORTH_IO_BYTES (UINT64_C(1) << 20)

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
                timespan_format(f->cpu_nsec / NSEC_PER_USEC / USEC_PER_MSEC * USEC_PER_MSEC, &b);
                buf_add(&b, " CPU time");
        }
        add_bytes(&b, f->io_read_bytes, " read from disk");
        add_bytes(&b, f->io_write_bytes, " written to disk");
        add_bytes(&b, f->memory_peak, " memory peak");
        if (b.error == 0)
                LOG_UNIT(u->id, UNIT_RESOURCES, FIELD_S("TEXT", b.data),
                         FIELD_I("CPU_USAGE_NSEC", f->cpu_nsec));
}

void unit_end_run(Unit *u) {
        UnitRuntime *rt = unit_runtime(u);
        GroupUsage usage;

        rt->run_ended = true;
        rt->last_run = RUN_FIGURES_UNKNOWN;
        if (!rt->group)
                return;
        group_end_run(rt->group, &usage);
        rt->last_run = (RunFigures){ .memory_peak = usage.memory_peak,
                                     .cpu_nsec = usage.cpu_nsec,
                                     .io_read_bytes = usage.io_read_bytes,
                                     .io_write_bytes = usage.io_write_bytes,
                                     .oom_kills = usage.oom_kills };
        log_run(u, &rt->last_run);
}

void unit_usage(const Unit *u, unsigned wanted, GroupUsage *ret) {
        const UnitRuntime *rt = unit_runtime(u);

        if (rt->group && !rt->run_ended) {
                group_usage(rt->group, wanted, ret);
                return;
        }
        *ret = (GroupUsage){ .memory_current = UINT64_MAX,
                             .memory_peak = rt->last_run.memory_peak,
                             .memory_swap = UINT64_MAX,
                             .memory_anon = UINT64_MAX,
                             .memory_file = UINT64_MAX,
                             .tasks_current = UINT64_MAX,
                             .cpu_nsec = rt->last_run.cpu_nsec,
                             .io_read_bytes = rt->last_run.io_read_bytes,
                             .io_write_bytes = rt->last_run.io_write_bytes,
                             .io_read_operations = UINT64_MAX,
                             .io_write_operations = UINT64_MAX,
                             .oom_kills = rt->last_run.oom_kills };
}
