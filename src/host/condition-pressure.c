/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Condition{Memory,CPU,IO}Pressure=: "[SLICE:]LIMIT[/SPAN]". Where the kernel
 * has no pressure information, or none about that slice, the condition holds,
 * as in systemd.
 */

#include "host/condition-internal.h"
#include "host/proc-file.h"
#include "unit/codec-number.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#define CGROUP_ROOT "/sys/fs/cgroup"

/* "a-b.slice" is a.slice/a-b.slice below our own group, which is that of the manager. */
static int slice_path(const char *slice, const char *type, char **ret) {
        char own[PATH_MAX], *end;
        Buf b auto_buf = { 0 };
        int n = proc_read("/proc/self/cgroup", own, sizeof(own));

        if (!name_is_valid(slice, NAME_PLAIN) || name_type(slice) != UNIT_SLICE)
                return -EINVAL;
        end = n > 0 ? strstr(own, "0::") : NULL;
        if (!end)
                return -ENOENT;
        end[strcspn(end, "\n")] = 0;
        buf_add(&b, CGROUP_ROOT);
        buf_add(&b, end + 3);
        if (str_ends_with(b.data ?: "", "/init.scope"))
                b.len -= strlen("/init.scope");
        for (const char *dash = slice; (dash = strchr(dash, '-')) && dash > slice; dash++)
                buf_addf(&b, "/%.*s.slice", (int)(dash - slice), slice);
        if (!str_equal(slice, "-.slice"))
                buf_addf(&b, "/%s", slice);
        buf_addf(&b, "/%s.pressure", type);
        return buf_take(&b, ret);
}

/* The average over that span of what holds up all tasks; of the CPU some, as never all wait for it. False: there is none. */
static bool read_average(const char *path, bool cpu, const char *average, double *ret) {
        char text[512], *at;

        if (proc_read(path, text, sizeof(text)) <= 0)
                return false;
        at = strstr(text, cpu ? "some " : "full ");
        at = at ? strstr(at, average) : NULL;
        return at && sscanf(at + strlen(average), "=%lf", ret) == 1;
}

static int average_of_span(char *span, const char **ret) {
        static const struct {
                const char *span, *average;
        } known[] = { { "10sec", "avg10" }, { "1min", "avg60" }, { "5min", "avg300" } };

        for (size_t i = 0; i < ELEMENTSOF(known); i++)
                if (str_starts_with(str_strip(span), known[i].span)) {
                        *ret = known[i].average;
                        return 0;
                }
        return -EINVAL;
}

/* LIMIT[/SPAN]; without a span five minutes. */
static int parse_limit(char *text, uint64_t *ret_permyriad, const char **ret_average) {
        char *rest = text + strspn(text, "/"), *limit = strsep(&rest, "/");
        int r;

        *ret_average = "avg300";
        if (rest)
                rest += strspn(rest, "/");
        if (!str_is_empty(rest)) {
                r = average_of_span(rest, ret_average);
                if (r < 0)
                        return r;
        }
        r = permyriad_parse(str_strip(limit), ret_permyriad);
        if (r < 0)
                return r;
        return *ret_permyriad > 10000 ? -ERANGE : 0;
}

static int pressure(const char *type, const char *parameter) {
        char *copy auto_free = strdup(parameter), *path auto_free = NULL, *text, *slice = NULL;
        const char *average;
        uint64_t limit;
        double actual;
        int r;

        if (!copy)
                return -ENOMEM;
        if (str_printf(&path, "/proc/pressure/%s", type) < 0)
                return -ENOMEM;
        if (access(path, F_OK) < 0)
                return 1;
        text = copy + strspn(copy, ":");
        if (strchr(text, ':') && strchr(text, ':')[1]) {
                slice = strsep(&text, ":");
                free(TAKE(path));
                if (access(CGROUP_ROOT "/cgroup.controllers", F_OK) < 0)
                        return 1;
                r = slice_path(str_strip(slice), type, &path);
                if (r < 0)
                        return r;
        }
        text[strcspn(text, ":")] = 0;
        r = parse_limit(text, &limit, &average);
        if (r < 0)
                return r;
        if (!read_average(path, str_equal(type, "cpu"), average, &actual))
                return slice ? 1 : -ENODATA;
        return actual * 100 <= (double)limit;
}

int condition_memory_pressure(const HostInfo *h, const char *parameter) {
        return pressure("memory", parameter);
}

int condition_cpu_pressure(const HostInfo *h, const char *parameter) {
        return pressure("cpu", parameter);
}

int condition_io_pressure(const HostInfo *h, const char *parameter) {
        return pressure("io", parameter);
}
