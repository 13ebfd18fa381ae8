/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/show/status.h"

#include <inttypes.h>

static uint64_t known(const Status *s, const char *property) {
        return property_number(&s->l, property, UINT64_MAX);
}

/* "(max: 64.0M, peak: 20.0M)": what is known of them. */
static void add_figure(const Status *s, Buf *b, const char *word, const char *property, bool size) {
        uint64_t n = known(s, property);
        bool inside = b->data && strchr(b->data, '(');

        if (n == UINT64_MAX)
                return;
        buf_addf(b, "%s%s: ", inside ? ", " : b->len > 0 ? " (" : "(", word);
        if (size)
                bytes_format(n, b);
        else
                buf_addf(b, "%" PRIu64, n);
}

static void print_figures(const char *label, const Buf *b) {
        if (b->len > 0)
                status_line(label, "%s%s", b->data, strchr(b->data, '(') ? ")" : "");
}

static void print_two(const Status *s, const char *label, const char *first, const char *first_word,
                      const char *second, const char *second_word) {
        uint64_t a = known(s, first), z = known(s, second);
        Buf b auto_buf = { 0 };

        if (a == UINT64_MAX || z == UINT64_MAX)
                return;
        bytes_format(a, &b);
        buf_addf(&b, " %s, ", first_word);
        bytes_format(z, &b);
        buf_addf(&b, " %s", second_word);
        status_line(label, "%s", b.data ? b.data : "");
}

static void print_tasks(const Status *s) {
        uint64_t n = known(s, "TasksCurrent");
        Buf b auto_buf = { 0 };

        if (n == UINT64_MAX)
                return;
        buf_addf(&b, "%" PRIu64, n);
        add_figure(s, &b, "limit", "TasksMax", false);
        print_figures("Tasks", &b);
}

/* Of a unit that is down, the most that its last run has used. */
static void print_memory(const Status *s) {
        uint64_t n = known(s, "MemoryCurrent");
        Buf b auto_buf = { 0 };

        if (n == UINT64_MAX && known(s, "MemoryPeak") == UINT64_MAX)
                return;
        if (n != UINT64_MAX)
                bytes_format(n, &b);
        else
                buf_add(&b, "none");
        if (property_raw(&s->l, "MemoryMin") > 0)
                add_figure(s, &b, "min", "MemoryMin", true);
        if (property_raw(&s->l, "MemoryLow") > 0)
                add_figure(s, &b, "low", "MemoryLow", true);
        add_figure(s, &b, "high", "MemoryHigh", true);
        add_figure(s, &b, "max", "MemoryMax", true);
        add_figure(s, &b, "limit", "MemoryLimit", true);
        add_figure(s, &b, "peak", "MemoryPeak", true);
        add_figure(s, &b, "swap max", "MemorySwapMax", true);
        if (property_number(&s->l, "MemorySwapCurrent", 0) > 0)
                add_figure(s, &b, "swap", "MemorySwapCurrent", true);
        add_figure(s, &b, "available", "MemoryAvailable", true);
        print_figures("Memory", &b);
}

static void print_cpu(const Status *s) {
        uint64_t nsec = known(s, "CPUUsageNSec");
        Buf b auto_buf = { 0 };

        if (nsec == UINT64_MAX)
                return;
        timespan_format_rounded(nsec / NSEC_PER_USEC, &b);
        status_line("CPU", "%s", b.data ? b.data : "");
}

void status_figures(const Status *s) {
        print_two(s, "IP", "IPIngressBytes", "in", "IPEgressBytes", "out");
        print_two(s, "IO", "IOReadBytes", "read", "IOWriteBytes", "written");
        print_tasks(s);
        print_memory(s);
        print_cpu(s);
}
