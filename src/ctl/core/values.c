/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* D-Bus values as text, in the way of `systemctl show`. */

#include "ctl/core/ctl.h"
#include "ctl/core/timestamp.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>

/* --timestamp=: see timestamp_style_choose() */
static enum {
        STYLE_PRETTY,
        STYLE_UNIX,
        STYLE_USEC,
        STYLE_UTC,
        STYLE_USEC_UTC
} style;

bool timestamp_style_choose(const char *name) {
        static const char *const names[] = { "pretty", "unix", "us", "utc", "us+utc" };

        for (size_t i = 0; i < ELEMENTSOF(names); i++)
                if (str_equal(name, names[i])) {
                        style = i;
                        return true;
                }
        if (!str_equal(name, "\u03bcs") && !str_equal(name, "\u03bcs+utc"))
                return false;
        style = str_equal(name, "\u03bcs") ? STYLE_USEC : STYLE_USEC_UTC;
        return true;
}

static void format_in_style(usec_t t, Buf *b) {
        if (style == STYLE_UNIX)
                buf_addf(b, "@%" PRIu64, t / USEC_PER_SEC);
        else if (style == STYLE_UTC)
                timestamp_format(t, true, b);
        else
                timestamp_format_usec(t, style == STYLE_USEC_UTC, b);
}

void format_timestamp(usec_t realtime, Buf *b) {
        time_t t = (time_t)(realtime / USEC_PER_SEC);
        char text[64];
        struct tm tm;

        if (realtime == 0 || realtime == USEC_INFINITY || !localtime_r(&t, &tm) ||
            strftime(text, sizeof(text), "%a %Y-%m-%d %H:%M:%S %Z", &tm) == 0)
                buf_add(b, "n/a");
        else if (style != STYLE_PRETTY)
                format_in_style(realtime, b);
        else
                buf_add(b, text);
}

void format_age(usec_t then, usec_t now, Buf *b) {
        usec_t span = usec_sub(now, then), unit;

        if (then == 0 || then > now)
                return;
        unit = span >= USEC_PER_MINUTE ? USEC_PER_SEC : span >= USEC_PER_SEC ? USEC_PER_SEC : USEC_PER_MSEC;
        timespan_format(span / unit * unit, b);
        buf_add(b, " ago");
}

static bool name_is_time(const char *name) {
        return str_ends_with(name, "Timestamp") || str_equal(name, "NextElapseUSecRealtime");
}

static bool name_is_span(const char *name) {
        return strstr(name, "USec") && !str_ends_with(name, "Monotonic") && !name_is_time(name);
}

static bool zero_is_unset(const char *name) {
        return str_ends_with(name, "TimestampMonotonic");
}

static void render_u64(const char *name, uint64_t v, Buf *b, bool *empty) {
        static const char *const not_set[] = { "MemoryCurrent", "MemoryAvailable",    "TasksCurrent",
                                               "CPUUsageNSec",  "EffectiveMemoryMax", "MemoryAnon",
                                               "MemoryFile",    "MemoryPeak",         "MemorySwapCurrent",
                                               "OOMKills" };

        if (name_is_time(name)) {
                if (v == 0 || v == UINT64_MAX)
                        *empty = true;
                else
                        format_timestamp(v, b);
                return;
        }
        if (name_is_span(name)) {
                timespan_format(v, b);
                return;
        }
        *empty = v == 0 && zero_is_unset(name);
        if (v != UINT64_MAX) {
                buf_addf(b, "%" PRIu64, v);
                return;
        }
        for (size_t i = 0; i < ELEMENTSOF(not_set); i++)
                if (str_equal(name, not_set[i])) {
                        buf_add(b, "[not set]");
                        return;
                }
        buf_add(b, strstr(name, "Weight") || str_starts_with(name, "IO") || str_starts_with(name, "IP")
                           ? "[not set]"
                           : "infinity");
}

static int render_exec(sd_bus_message *m, Buf *b) {
        const char *path, *arg;
        uint64_t start, exit_time;
        int32_t code, status;
        uint32_t pid;
        int ignore, r;
        bool any = false;

        while ((r = sd_bus_message_enter_container(m, 'r', "sasbttttuii")) > 0) {
                buf_addf(b, "%s{ path=", any ? " ; " : "");
                any = true;
                r = sd_bus_message_read(m, "s", &path);
                if (r < 0 || (r = sd_bus_message_enter_container(m, 'a', "s")) < 0)
                        return r;
                buf_addf(b, "%s ; argv[]=", path);
                for (unsigned i = 0; (r = sd_bus_message_read(m, "s", &arg)) > 0; i++)
                        buf_addf(b, "%s%s", i > 0 ? " " : "", arg);
                if (r < 0 || (r = sd_bus_message_exit_container(m)) < 0)
                        return r;
                r = sd_bus_message_read(m, "bttttuii", &ignore, &start, NULL, &exit_time, NULL, &pid, &code,
                                        &status);
                if (r < 0 || (r = sd_bus_message_exit_container(m)) < 0)
                        return r;
                buf_addf(b, " ; ignore_errors=%s ; start_time=[", ignore ? "yes" : "no");
                format_timestamp(start, b);
                buf_add(b, "] ; stop_time=[");
                format_timestamp(exit_time, b);
                buf_addf(b, "] ; pid=%u ; code=%s ; status=%d/%d }", pid,
                         code == 1   ? "exited"
                         : code == 2 ? "killed"
                         : code == 3 ? "dumped"
                                     : "(null)",
                         status, 0);
        }
        return r;
}

static void render_u32(const char *name, uint32_t v, Buf *b) {
        if (str_ends_with(name, "Mode") || str_equal(name, "UMask"))
                buf_addf(b, "%04o", v);
        else if (v == UINT32_MAX && (str_equal(name, "UID") || str_equal(name, "GID")))
                buf_add(b, "[not set]");
        else
                buf_addf(b, "%u", v);
}

static int render_basic(sd_bus_message *m, char type, const char *name, Buf *b, bool *empty) {
        union {
                const char *s;
                uint64_t t;
                int64_t x;
                uint32_t u;
                int32_t i;
                uint16_t q;
                uint8_t y;
                int b;
                double d;
        } v;
        int r = sd_bus_message_read_basic(m, type, &v);

        if (r < 0)
                return r;
        switch (type) {
        case 's':
        case 'o':
        case 'g':
                buf_add(b, v.s);
                *empty = !*v.s;
                break;
        case 't':
                render_u64(name, v.t, b, empty);
                break;
        case 'x':
                buf_addf(b, "%" PRIi64, v.x);
                break;
        case 'u':
                render_u32(name, v.u, b);
                break;
        case 'i':
                buf_addf(b, "%d", v.i);
                break;
        case 'q':
                buf_addf(b, "%u", v.q);
                break;
        case 'y':
                buf_addf(b, "%u", v.y);
                break;
        case 'b':
                buf_add(b, v.b ? "yes" : "no");
                break;
        case 'd':
                buf_addf(b, "%g", v.d);
                break;
        default:
                return -EINVAL;
        }
        return 0;
}

static int render_bytes(sd_bus_message *m, Buf *b, bool *empty) {
        const uint8_t *p;
        bool zero = true;
        size_t n;
        int r = sd_bus_message_read_array(m, 'y', (const void **)&p, &n);

        if (r < 0)
                return r;
        for (size_t i = 0; i < n; i++)
                zero = zero && p[i] == 0;
        *empty = zero;
        for (size_t i = 0; i < n && !zero; i++)
                buf_addf(b, "%02x", p[i]);
        return 0;
}

static int render_any(sd_bus_message *m, const char *name, Buf *b, bool *empty);

static int render_members(sd_bus_message *m, const char *name, Buf *b, const char *separator) {
        bool inner;
        unsigned n = 0;
        int r = 0;

        while (r >= 0 && (r = sd_bus_message_at_end(m, 0)) == 0) {
                if (n++ > 0)
                        buf_add(b, separator);
                r = render_any(m, name, b, &inner);
        }
        return MIN(r, 0);
}

static int render_any(sd_bus_message *m, const char *name, Buf *b, bool *empty) {
        const char *contents;
        char type, opening;
        int r;

        *empty = false;
        r = sd_bus_message_peek_type(m, &type, &contents);
        if (r <= 0)
                return r < 0 ? r : -EINVAL;
        if (type == 'a' && str_equal(contents, "y"))
                return render_bytes(m, b, empty);
        if (type != 'a' && type != 'r' && type != 'e' && type != 'v')
                return render_basic(m, type, name, b, empty);
        opening = type;
        r = sd_bus_message_enter_container(m, opening, contents);
        if (r < 0)
                return r;
        if (type == 'a') {
                size_t before = b->len;

                r = str_equal(contents, "(sasbttttuii)") ? render_exec(m, b)
                                                         : render_members(m, name, b, " ");
                *empty = b->len == before;
        } else if (str_equal(contents, "uo") && str_equal(name, "Job")) {
                uint32_t id;

                r = sd_bus_message_read(m, "uo", &id, NULL);
                *empty = r >= 0 && id == 0;
                if (r >= 0 && id > 0)
                        buf_addf(b, "%u", id);
        } else if (str_equal(contents, "ss") && str_equal(name, "LoadError")) {
                const char *id, *text;

                r = sd_bus_message_read(m, "ss", &id, &text);
                *empty = r >= 0 && !*id;
                if (r >= 0 && *id)
                        buf_addf(b, "%s \"%s\"", id, text);
        } else
                r = render_members(m, name, b, " ");
        return r < 0 ? r : sd_bus_message_exit_container(m);
}

int value_render(sd_bus_message *m, const char *name, Buf *b, bool *ret_empty) {
        return render_any(m, name, b, ret_empty);
}
