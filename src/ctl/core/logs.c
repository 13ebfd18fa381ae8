/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* logs: the journal through sd-journal. What belongs to a unit is matched as journalctl -u does it. */

#include "ctl/core/ctl.h"
#include "ctl/core/ssh.h"
#include "ctl/core/timestamp.h"

#include <errno.h>
#include <fnmatch.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <systemd/sd-journal.h>
#include <time.h>

static int match(sd_journal *j, const char *field, const char *value) {
        char *m auto_free = NULL;
        int r = str_printf(&m, "%s=%s", field, value);

        return r < 0 ? r : sd_journal_add_match(j, m, 0);
}

static int match_unit(sd_journal *j, const char *unit) {
        int r;

        r = match(j, "_SYSTEMD_UNIT", unit);
        if (r >= 0)
                r = sd_journal_add_disjunction(j);
        if (r >= 0)
                r = match(j, "_PID", "1");
        if (r >= 0)
                r = match(j, "UNIT", unit);
        if (r >= 0)
                r = sd_journal_add_disjunction(j);
        if (r >= 0)
                r = match(j, "_UID", "0");
        if (r >= 0)
                r = match(j, "OBJECT_SYSTEMD_UNIT", unit);
        return r >= 0 ? sd_journal_add_disjunction(j) : r;
}

/* A glob stands for the units of the journal that fit. */
static int match_pattern(sd_journal *j, const char *pattern) {
        const void *data;
        size_t n;
        int r, matched = 0;

        if (!strpbrk(pattern, "*?["))
                return match_unit(j, pattern);
        r = sd_journal_query_unique(j, "_SYSTEMD_UNIT");
        if (r < 0)
                return r;
        SD_JOURNAL_FOREACH_UNIQUE(j, data, n) {
                char name[UNIT_NAME_MAX + 1];

                snprintf(name, sizeof(name), "%.*s", (int)(n - 14), (const char *)data + 14);
                if (fnmatch(pattern, name, FNM_NOESCAPE) == 0) {
                        r = match_unit(j, name);
                        if (r < 0)
                                return r;
                        matched++;
                }
        }
        return matched > 0 ? 0 : match_unit(j, pattern);
}

static const char *field(sd_journal *j, const char *name, char *buf, size_t size) {
        const void *data;
        size_t n, skip = strlen(name) + 1;

        buf[0] = 0;
        if (sd_journal_get_data(j, name, &data, &n) >= 0 && n >= skip)
                snprintf(buf, size, "%.*s", (int)MIN(n - skip, size - 1), (const char *)data + skip);
        return buf;
}

static void print_json(sd_journal *j, uint64_t realtime) {
        const void *data;
        size_t n;

        printf("{\"__REALTIME_TIMESTAMP\":\"%llu\"", (unsigned long long)realtime);
        SD_JOURNAL_FOREACH_DATA(j, data, n) {
                const char *text = data, *equals = memchr(text, '=', n);

                if (!equals)
                        continue;
                printf(",\"%.*s\":\"", (int)(equals - text), text);
                for (const char *p = equals + 1; p < text + n; p++)
                        if (*p == '"' || *p == '\\')
                                printf("\\%c", *p);
                        else if ((unsigned char)*p < 0x20)
                                printf("\\u%04x", (unsigned char)*p);
                        else
                                putchar(*p);
                putchar('"');
        }
        puts("}");
}

static void print_entry(Ctl *c, sd_journal *j, bool indent) {
        char identifier[80], pid[16], time_text[32], priority[4];
        const void *message = NULL;
        uint64_t realtime = 0;
        size_t n = 0;
        const char *color;
        struct tm tm;
        time_t t;

        (void)sd_journal_get_realtime_usec(j, &realtime);
        if (str_equal(c->output, "json")) {
                print_json(j, realtime);
                return;
        }
        if (sd_journal_get_data(j, "MESSAGE", &message, &n) < 0)
                return;
        message = (const char *)message + 8;
        n -= 8;
        if (str_equal(c->output, "cat")) {
                printf("%.*s\n", (int)n, (const char *)message);
                return;
        }
        t = (time_t)(realtime / USEC_PER_SEC);
        if (!localtime_r(&t, &tm) || strftime(time_text, sizeof(time_text), "%b %d %H:%M:%S", &tm) == 0)
                time_text[0] = 0;
        field(j, "SYSLOG_IDENTIFIER", identifier, sizeof(identifier));
        field(j, "PRIORITY", priority, sizeof(priority));
        if (!*field(j, "_PID", pid, sizeof(pid)))
                field(j, "SYSLOG_PID", pid, sizeof(pid));
        color = *priority && *priority <= '3' ? COLOR_RED(c) : *priority == '7' ? COLOR_DIM(c) : "";
        printf("%s%s %s%s%s%s: %s%.*s%s\n", indent ? "" : "", time_text, identifier, *pid ? "[" : "", pid,
               *pid ? "]" : "", color, (int)n, (const char *)message, *color ? COLOR_END(c) : "");
}

static int seek(sd_journal *j, unsigned lines, usec_t not_before, bool all) {
        if (not_before > 0 && all)
                return sd_journal_seek_realtime_usec(j, not_before);
        if (all)
                return sd_journal_seek_head(j);
        return sd_journal_seek_tail(j);
}

static int print_range(Ctl *c, sd_journal *j, unsigned lines, usec_t not_before, bool all, bool indent) {
        int r = seek(j, lines, not_before, all);

        if (r >= 0 && !all) {
                r = sd_journal_previous_skip(j, lines);
                if (r > 0)
                        r = 1;
        } else if (r >= 0)
                r = sd_journal_next(j);
        while (r > 0) {
                uint64_t t = 0;

                (void)sd_journal_get_realtime_usec(j, &t);
                if (t >= not_before)
                        print_entry(c, j, indent);
                r = sd_journal_next(j);
        }
        return r;
}

static int print_reverse(Ctl *c, sd_journal *j, unsigned lines) {
        int r = sd_journal_seek_tail(j);

        for (unsigned n = 0; r >= 0 && n < lines && (r = sd_journal_previous(j)) > 0; n++)
                print_entry(c, j, false);
        return r;
}

static int follow(Ctl *c, sd_journal *j) {
        int r;

        for (;;) {
                fflush(stdout);
                if (ferror(stdout))
                        return 0;
                r = sd_journal_wait(j, UINT64_MAX);
                if (r < 0)
                        return r;
                while ((r = sd_journal_next(j)) > 0)
                        print_entry(c, j, false);
                if (r < 0)
                        return r;
        }
}

static int match_priority(sd_journal *j, const char *text) {
        static const char *const names[] = { "emerg",   "alert",  "crit", "err",
                                             "warning", "notice", "info", "debug" };
        int level = -1, r = sd_journal_add_conjunction(j);

        for (int i = 0; i < 8; i++)
                if (str_equal(text, names[i]) || (text[0] == '0' + i && !text[1]))
                        level = i;
        if (level < 0)
                return -EINVAL;
        for (int i = 0; i <= level && r >= 0; i++) {
                char digit[2] = { (char)('0' + i), 0 };

                r = match(j, "PRIORITY", digit);
        }
        return r;
}

/* A svinit that may not write to /run keeps its journal where it keeps the rest. */
int ctl_open_journal(Ctl *c, sd_journal **ret) {
        const char *runtime = ctl_runtime_dir(c);
        char path[300];

        snprintf(path, sizeof(path), "%s/log/journal", runtime);
        return str_equal(runtime, "/run") || access(path, R_OK) < 0
                       ? sd_journal_open(ret, SD_JOURNAL_LOCAL_ONLY)
                       : sd_journal_open_directory(ret, path, 0);
}

int logs_show(Ctl *c, char *const *units, unsigned lines, bool following, usec_t not_before, bool indent) {
        bool all = lines == 0;
        sd_journal *j = NULL;
        int r;

        if (c->host) {
                STRV_FOREACH (u, units)
                        ssh_logs(c, *u, lines);
                return 0;
        }
        setlocale(LC_TIME, ""); /* names of months as journalctl's; other times are English, as systemctl's */
        r = ctl_open_journal(c, &j);
        STRV_FOREACH (u, units)
                if (r >= 0)
                        r = match_pattern(j, *u);
        if (r >= 0 && c->priority)
                r = match_priority(j, c->priority);
        if (r >= 0)
                r = c->reverse ? print_reverse(c, j, all ? UINT32_MAX : lines)
                               : print_range(c, j, lines, not_before, all, indent);
        if (r >= 0 && following)
                r = follow(c, j);
        sd_journal_close(j);
        return r;
}

VERB(logs) {
        char **units auto_strv = NULL;
        unsigned lines = 0;
        usec_t since = 0;
        int r = 0;

        for (int i = 1; i < argc + (int)strv_length(c->units) && r >= 0; i++) {
                const char *typed = i < argc ? argv[i] : c->units[i - argc];
                char *name;

                r = strpbrk(typed, "*?[") ? ((name = strdup(typed)) ? 0 : -ENOMEM)
                                          : name_mangle(typed, UNIT_SERVICE, &name);
                if (r >= 0)
                        r = strv_push(&units, name);
                else
                        ctl_print_error("'%s' is not a unit name", typed);
        }
        if (r < 0)
                return CTL_FAILED;
        if (c->lines && parse_unsigned(c->lines, &lines) < 0) {
                ctl_print_error("-n: '%s' is not a number of lines", c->lines);
                return CTL_USAGE;
        }
        if (c->since && timestamp_parse(c->since, (usec_t)time(NULL) * USEC_PER_SEC, &since) < 0) {
                ctl_print_error("--since: '%s' is not a time such as -10min, 10:30 or \"2026-01-05 10:30\"",
                                c->since);
                return CTL_USAGE;
        }
        if (lines == 0 && (c->follow || c->force))
                lines = 10;
        r = logs_show(c, units, lines, c->follow || c->force, since, false);
        return r < 0 ? ctl_print_error("the journal cannot be read: %s", strerror(-r)) : CTL_OK;
}
