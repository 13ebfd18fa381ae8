/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* One entry as one line: journalctl's short forms, and "TIME UNIT | MESSAGE" for people who follow several units. */

#include "ctl/logs/logs.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>

#define NAME_COLUMN_MAX 32
#define PARSED_TIME_MAX ((usec_t)1 << 55)

/* What a line is made of. The buffers are kept from entry to entry. */
typedef enum LinePart {
        LINE_MESSAGE,
        LINE_PRIORITY,
        LINE_HOSTNAME,
        LINE_IDENTIFIER,
        LINE_COMM,
        LINE_PID,
        LINE_SYSLOG_PID,
        LINE_REALTIME,
        LINE_MONOTONIC,
        LINE_UNIT,
        LINE_USER_UNIT,
        LINE_ABOUT,
        LINE_PARTS,
} LinePart;

#define PART(field)                                                                                          \
        { field "=", sizeof(field "=") - 1 }
static const struct {
        const char *start;
        size_t n;
} part_fields[LINE_PARTS] = {
        [LINE_MESSAGE] = PART("MESSAGE"),
        [LINE_PRIORITY] = PART("PRIORITY"),
        [LINE_HOSTNAME] = PART("_HOSTNAME"),
        [LINE_IDENTIFIER] = PART("SYSLOG_IDENTIFIER"),
        [LINE_COMM] = PART("_COMM"),
        [LINE_PID] = PART("_PID"),
        [LINE_SYSLOG_PID] = PART("SYSLOG_PID"),
        [LINE_REALTIME] = PART("_SOURCE_REALTIME_TIMESTAMP"),
        [LINE_MONOTONIC] = PART("_SOURCE_MONOTONIC_TIMESTAMP"),
        [LINE_UNIT] = PART("_SYSTEMD_UNIT"),
        [LINE_USER_UNIT] = PART("_SYSTEMD_USER_UNIT"),
        [LINE_ABOUT] = PART("UNIT"),
};

struct LogsParts {
        Buf text[LINE_PARTS];
        bool has[LINE_PARTS];
};

static void parts_take(LogsParts *parts, const char *data, size_t n) {
        for (LinePart i = 0; i < LINE_PARTS; i++) {
                size_t skip = part_fields[i].n;

                if (n < skip || memcmp(data, part_fields[i].start, skip) != 0)
                        continue;
                parts->text[i].len = 0;
                buf_add_n(&parts->text[i], data + skip, n - skip);
                parts->has[i] = true;
                return;
        }
}

static int parts_read(LogsParts *parts, sd_journal *j) {
        const void *data;
        size_t n;
        int r;

        memset(parts->has, 0, sizeof(parts->has));
        sd_journal_restart_data(j);
        while ((r = sd_journal_enumerate_available_data(j, &data, &n)) > 0)
                parts_take(parts, data, n);
        for (LinePart i = 0; i < LINE_PARTS && r >= 0; i++)
                r = parts->text[i].error;
        return r;
}

static LogsText part(const LogsParts *parts, LinePart i) {
        return parts->has[i] ? (LogsText){ parts->text[i].data ?: "", parts->text[i].len }
                             : (LogsText){ NULL, 0 };
}

static usec_t part_time(const LogsParts *parts, LinePart i, usec_t otherwise) {
        uint64_t t;

        return parts->has[i] && parse_decimal(parts->text[i].data ?: "", &t) >= 0 && t > 0 &&
                               t < PARSED_TIME_MAX
                       ? t
                       : otherwise;
}

/* Times */

typedef struct DeltaTime {
        usec_t when, delta; /* since the entry before */
        bool known, reliable;
} DeltaTime;

/* A time of day, `behind` it its fraction, then the zone. */
static unsigned print_clock(Logs *l, usec_t t, const char *behind) {
        time_t seconds = (time_t)(t / USEC_PER_SEC);
        char text[64] = "", zone[16] = "";
        struct tm tm;

        if (!(l->utc ? gmtime_r(&seconds, &tm) : localtime_r(&seconds, &tm)))
                return 0;
        switch (l->mode) {
        case LOGS_SHORT_FULL:
        case LOGS_WITH_UNIT:
                (void)strftime(text, sizeof(text), "%a %Y-%m-%d %H:%M:%S", &tm);
                (void)strftime(zone, sizeof(zone), l->utc ? " UTC" : " %Z", &tm);
                break;
        case LOGS_SHORT_ISO:
        case LOGS_SHORT_ISO_PRECISE:
                (void)strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
                (void)strftime(zone, sizeof(zone), "%z", &tm);
                break;
        default:
                (void)strftime(text, sizeof(text), "%b %d %H:%M:%S", &tm);
        }
        return (unsigned)fprintf(l->out, "%s%s%s", text, behind, zone);
}

/* The monotonic time, and what is to be remembered of it for the next entry. */
static DeltaTime monotonic_time(Logs *l, const LogsParts *parts) {
        sd_id128_t boot = SD_ID128_NULL;
        DeltaTime ret = { .known = l->has_before };
        uint64_t t = 0;

        (void)sd_journal_get_monotonic_usec(l->j, &t, &boot);
        ret.when = part_time(parts, LINE_MONOTONIC, t);
        ret.reliable = l->has_before && sd_id128_equal(l->before_boot, boot);
        ret.delta = ret.reliable ? usec_sub(ret.when, l->before) : 0;
        l->before = ret.when;
        l->before_boot = boot;
        l->has_before = true;
        return ret;
}

/* What lies between boots is not known, and marked. */
static unsigned print_monotonic(Logs *l, const LogsParts *parts) {
        DeltaTime t = monotonic_time(l, parts);
        int n = fprintf(l->out, "[%5" PRIu64 ".%06" PRIu64, t.when / USEC_PER_SEC, t.when % USEC_PER_SEC);

        if (l->mode == LOGS_SHORT_DELTA && t.known)
                n += fprintf(l->out, " <%5" PRIu64 ".%06" PRIu64 "%s>", t.delta / USEC_PER_SEC,
                             t.delta % USEC_PER_SEC, t.reliable ? " " : "*");
        else if (l->mode == LOGS_SHORT_DELTA)
                n += fprintf(l->out, "%16s", "");
        fputc(']', l->out);
        return (unsigned)n + 1;
}

static unsigned print_time(Logs *l, const LogsParts *parts) {
        char fraction[16];
        uint64_t t = 0;

        (void)sd_journal_get_realtime_usec(l->j, &t);
        t = part_time(parts, LINE_REALTIME, t);
        snprintf(fraction, sizeof(fraction), ".%06" PRIu64, t % USEC_PER_SEC);
        switch (l->mode) {
        case LOGS_SHORT_UNIX:
                return (unsigned)fprintf(l->out, "%10" PRIu64 "%s", t / USEC_PER_SEC, fraction);
        case LOGS_SHORT_MONOTONIC:
        case LOGS_SHORT_DELTA:
                return print_monotonic(l, parts);
        case LOGS_SHORT_ISO_PRECISE:
        case LOGS_SHORT_PRECISE:
                return print_clock(l, t, fraction);
        default:
                return print_clock(l, t, "");
        }
}

/* The rest of the line */

static const char *message_color(const Logs *l, const LogsParts *parts) {
        char p = parts->has[LINE_PRIORITY] && parts->text[LINE_PRIORITY].len == 1
                         ? parts->text[LINE_PRIORITY].data[0]
                         : '6';

        return !l->c->screen.color ? ""
               : p <= '3'          ? "\033[1;31m"
               : p == '4'          ? "\033[1;33m"
               : p == '5'          ? "\033[1m"
               : p >= '7'          ? "\033[2m"
                                   : "";
}

static unsigned put(Logs *l, LogsText t) {
        fwrite(t.data, 1, t.n, l->out);
        return (unsigned)t.n;
}

static bool may_stand(const Logs *l, LogsText t) {
        return t.data && logs_shall_print(l, t);
}

static unsigned put_name(Logs *l, const LogsParts *parts) {
        LogsText unit = part(parts, LINE_UNIT), user_unit = part(parts, LINE_USER_UNIT);
        LogsText identifier = part(parts, LINE_IDENTIFIER), comm = part(parts, LINE_COMM);
        unsigned n = 0;

        if (l->mode == LOGS_WITH_UNIT) {
                if (may_stand(l, unit))
                        n += put(l, unit);
                if (may_stand(l, user_unit))
                        n += (n > 0 ? put(l, (LogsText){ "/", 1 }) : 0) + put(l, user_unit);
                if (n > 0)
                        return n;
        }
        return put(l, may_stand(l, identifier) ? identifier
                      : may_stand(l, comm)     ? comm
                                               : (LogsText){ "unknown", 7 });
}

static unsigned print_origin(Logs *l, const LogsParts *parts) {
        LogsText host = part(parts, LINE_HOSTNAME), pid = part(parts, LINE_PID);
        unsigned n = 1;

        if (!may_stand(l, pid))
                pid = part(parts, LINE_SYSLOG_PID);
        if (!l->o->no_hostname && may_stand(l, host)) {
                fputc(' ', l->out);
                n += 1 + put(l, host);
        }
        fputc(' ', l->out);
        n += put_name(l, parts);
        if (may_stand(l, pid)) {
                fputc('[', l->out);
                n += 2 + put(l, pid);
                fputc(']', l->out);
        }
        fputs(": ", l->out);
        return n + 2;
}

/* The unit that an entry is about, without ".service"; of svinit's own messages that is not svinit. */
static LogsText name_of(const Logs *l, const LogsParts *parts) {
        static const LinePart order[] = { LINE_UNIT, LINE_USER_UNIT, LINE_IDENTIFIER, LINE_COMM };
        LogsText t = part(parts, LINE_ABOUT);

        if (!may_stand(l, t) || !str_equal(parts->text[LINE_UNIT].data, "init.scope"))
                t = (LogsText){ NULL, 0 };
        for (size_t i = 0; i < ELEMENTSOF(order) && (!may_stand(l, t) || t.n == 0); i++)
                t = part(parts, order[i]);
        if (!may_stand(l, t))
                t = (LogsText){ "?", 1 };
        if (t.n > 8 && memcmp(t.data + t.n - 8, ".service", 8) == 0)
                t.n -= 8;
        return t;
}

/* The same unit has the same colour each time, whatever else is shown. */
static const char *name_color(const Logs *l, LogsText name) {
        static const char *const colors[] = { "\033[36m", "\033[33m", "\033[32m", "\033[35m",
                                              "\033[34m", "\033[96m", "\033[93m", "\033[95m" };
        uint32_t hash = 2166136261U;

        for (size_t i = 0; i < name.n; i++)
                hash = (hash ^ (unsigned char)name.data[i]) * 16777619U;
        return l->c->screen.color ? colors[(hash >> 13) % ELEMENTSOF(colors)] : "";
}

static unsigned print_aligned(Logs *l, const LogsParts *parts) {
        LogsText name = name_of(l, parts);
        const char *color = name_color(l, name);

        l->width = MAX(l->width, (unsigned)MIN(name.n, (size_t)NAME_COLUMN_MAX));
        fprintf(l->out, " %s%-*.*s%s ", color, (int)l->width, (int)MIN(name.n, (size_t)NAME_COLUMN_MAX),
                name.data, *color ? COLOR_END(l->c) : "");
        fprintf(l->out, "%s|%s ", COLOR_DIM(l->c), COLOR_END(l->c));
        return l->width + 4;
}

static int print_line(Logs *l, LogsParts *parts) {
        LogsText message = part(parts, LINE_MESSAGE);
        unsigned indent;

        if (!message.data) {
                (void)monotonic_time(l, parts);
                return 0;
        }
        if (!l->c->all && message.n > 0) {
                message.n = logs_strip(parts->text[LINE_MESSAGE].data, message.n);
                parts->text[LINE_MESSAGE].len = message.n;
        }
        if (l->pattern && l->c->screen.color)
                (void)logs_pattern_finds(l->pattern, message, &l->match_start, &l->match_end);
        indent = print_time(l, parts);
        indent += l->mode == LOGS_ALIGNED ? print_aligned(l, parts) : print_origin(l, parts);
        if (l->c->all || logs_is_printable(message.data, message.n, true))
                logs_print_lines(l, indent, message, message_color(l, parts));
        else
                logs_print_blob(l, message.n);
        if (l->o->catalog)
                logs_print_catalog(l);
        return 0;
}

int logs_print(Logs *l) {
        int r;

        if (l->mode >= LOGS_VERBOSE)
                return logs_print_fields(l);
        if (!l->parts && !(l->parts = calloc(1, sizeof(*l->parts))))
                return -ENOMEM;
        r = parts_read(l->parts, l->j);
        return r < 0 ? r : print_line(l, l->parts);
}

void logs_parts_free(LogsParts *parts) {
        for (LinePart i = 0; parts && i < LINE_PARTS; i++)
                buf_release(&parts->text[i]);
        free(parts);
}
