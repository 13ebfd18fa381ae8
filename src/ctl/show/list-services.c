/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* list: the services at a glance. */

#include "ctl/core/table.h"
#include "ctl/show/services.h"
#include "ctl/show/status.h"

#include <inttypes.h>
#include <stdio.h>

static const Column columns[] = {
        { "UNIT", "unit" },
        { "STATE", "state", .shrinks = true },
        { "PID", "pid", .number = true },
        { "UP", "upUSec", .number = true },
        { "RESTARTS", "restarts", .number = true },
        { "CPU", "cpuNSec", .number = true },
        { "MEMORY", "memory", .number = true },
        { "TASKS", "tasks", .number = true },
        { 0 },
};

static void add_number(Table *t, uint64_t n, const char *text) {
        if (n == UINT64_MAX)
                table_add(t, NULL);
        else
                table_add_number(t, text, n);
}

static void add_count(Table *t, uint64_t n) {
        char text[24];

        (void)snprintf(text, sizeof(text), "%" PRIu64, n);
        add_number(t, n, text);
}

static void add_cpu(Table *t, uint64_t nsec) {
        Buf b auto_buf = { 0 };

        timespan_format_rounded(nsec / NSEC_PER_USEC, &b);
        add_number(t, nsec, b.data ? b.data : "0");
}

static void add_memory(Table *t, uint64_t bytes) {
        Buf b auto_buf = { 0 };

        bytes_format(bytes, &b);
        add_number(t, bytes, b.data);
}

static void add_row(Table *t, const Ctl *c, const ServiceRow *r, usec_t now) {
        bool failed = str_equal(r->active, "failed");
        char state[64], age[32], *name auto_free = NULL;
        bool below = r->is_instance && c->format == FORMAT_SHORT && !c->plain && !c->sort;

        (void)str_printf(&name, "%s%s", below ? "  " : "", r->name);
        table_add(t, name);
        table_dot(t, failed ? COLOR_RED(c) : NULL);
        table_add(t, service_state(r, state));
        table_color(t, failed ? COLOR_RED(c) : str_equal(r->active, "active") ? COLOR_GREEN(c) : NULL);
        add_count(t, r->pid > 0 ? r->pid : UINT64_MAX);
        service_age(r, now, age);
        add_number(t, age[0] ? usec_sub(now, r->since) : UINT64_MAX, age);
        add_count(t, r->restarts);
        add_cpu(t, r->cpu_nsec);
        add_memory(t, r->memory);
        add_count(t, r->tasks);
}

static int sort(Ctl *c, ServiceLook *l) {
        if (!c->sort) {
                services_sort(l, SERVICES_BY_NAME, c->reverse);
                return CTL_OK;
        }
        for (ServiceSort s = 0; s < SERVICE_SORT_MAX; s++)
                if (str_equal(c->sort, service_sort_to_string(s))) {
                        services_sort(l, s, c->reverse);
                        return CTL_OK;
                }
        ctl_print_error("list: cannot sort by '%s', only by name, cpu, memory or restarts", c->sort);
        return CTL_USAGE;
}

VERB(list) {
        Table t = { .columns = columns, .marks = true };
        ServiceLook l = { 0 };
        int code;

        if (ctl_connect(c) < 0)
                return CTL_FAILED;
        code = services_read(c, argv + 1, c->all, &l);
        if (code == CTL_OK)
                code = sort(c, &l);
        for (size_t i = 0; code == CTL_OK && i < l.n; i++)
                add_row(&t, c, l.v + i, l.time);
        if (code == CTL_OK)
                code = table_print(&t, c);
        services_release(&l);
        return code;
}
