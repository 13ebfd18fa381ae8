/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* logs: from where to where, in which direction, and on as entries come. */

#include "ctl/logs/logs.h"
#include "ctl/core/ssh.h"
#include "ctl/core/timestamp.h"

#include <errno.h>
#include <locale.h>
#include <poll.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LINES_DEFAULT 10
#define LINES_AT_END 1000 /* -e: what a pager is given */

static const char *const mode_names[LOGS_MODE_MAX] = {
        [LOGS_SHORT] = "short",
        [LOGS_SHORT_FULL] = "short-full",
        [LOGS_SHORT_ISO] = "short-iso",
        [LOGS_SHORT_ISO_PRECISE] = "short-iso-precise",
        [LOGS_SHORT_PRECISE] = "short-precise",
        [LOGS_SHORT_MONOTONIC] = "short-monotonic",
        [LOGS_SHORT_DELTA] = "short-delta",
        [LOGS_SHORT_UNIX] = "short-unix",
        [LOGS_WITH_UNIT] = "with-unit",
        [LOGS_ALIGNED] = "aligned",
        [LOGS_VERBOSE] = "verbose",
        [LOGS_EXPORT] = "export",
        [LOGS_JSON] = "json",
        [LOGS_JSON_PRETTY] = "json-pretty",
        [LOGS_JSON_SSE] = "json-sse",
        [LOGS_JSON_SEQ] = "json-seq",
        [LOGS_CAT] = "cat",
};

/* The range */

static bool may_go_on(const Logs *l) {
        return l->lines == LOGS_ALL_LINES || l->n_shown < l->lines;
}

static usec_t entry_time(Logs *l) {
        uint64_t t = 0;

        (void)sd_journal_get_realtime_usec(l->j, &t);
        return t;
}

static int to_start(Logs *l) {
        int r = l->since > 0 ? sd_journal_seek_realtime_usec(l->j, l->since) : sd_journal_seek_head(l->j);

        return r < 0 ? r : sd_journal_next(l->j);
}

static int to_end(Logs *l) {
        int r = l->until < USEC_INFINITY ? sd_journal_seek_realtime_usec(l->j, l->until)
                                         : sd_journal_seek_tail(l->j);

        return r < 0 ? r : sd_journal_previous(l->j);
}

static int to_cursor(Logs *l, const char *cursor, bool after) {
        int r = sd_journal_seek_cursor(l->j, cursor);

        if (r >= 0)
                r = l->c->reverse ? sd_journal_previous(l->j) : sd_journal_next(l->j);
        if (r > 0 && after && sd_journal_test_cursor(l->j, cursor) > 0)
                r = l->c->reverse ? sd_journal_previous(l->j) : sd_journal_next(l->j);
        if (r < 0)
                ctl_print_error("'%s' is not a place in the journal: %s", cursor, strerror(-r));
        return r;
}

/* The first of the last entries of the range; none is before it. */
static int to_last(Logs *l) {
        int r = to_end(l);

        if (r > 0 && l->lines > 1)
                r = sd_journal_previous_skip(l->j, l->lines - 1);
        if (r == 0) /* there are not so many, and where it stands then is the first */
                r = to_start(l);
        else if (r > 0 && l->since > 0 && entry_time(l) < l->since)
                r = to_start(l);
        return r;
}

/* 1: an entry to begin with; 0: there is none. */
static int position(Logs *l, const char *after) {
        const LogsOptions *o = l->o;

        if (o->cursor || after)
                return to_cursor(l, o->cursor ?: after, !o->cursor);
        if (l->c->reverse)
                return to_end(l);
        return l->lines == LOGS_ALL_LINES || l->oldest ? to_start(l) : to_last(l);
}

/* Showing */

static bool is_found(Logs *l) {
        const void *data;
        size_t n;

        if (l->is_later && !logs_later_fits(l))
                return false;
        if (!l->pattern)
                return true;
        if (sd_journal_get_data(l->j, "MESSAGE", &data, &n) < 0 || n < 8)
                return false;
        return logs_pattern_finds(l->pattern, (LogsText){ (const char *)data + 8, n - 8 }, &l->match_start,
                                  &l->match_end);
}

static void print_boot(Logs *l) {
        char text[SD_ID128_STRING_MAX];
        sd_id128_t boot;
        uint64_t t;

        if (l->o->merge || l->c->quiet || l->mode >= LOGS_EXPORT ||
            sd_journal_get_monotonic_usec(l->j, &t, &boot) < 0)
                return;
        if (l->has_boot && !sd_id128_equal(boot, l->boot))
                fprintf(l->out, "%s-- Boot %s --%s\n", l->c->screen.color ? "\033[1m" : "",
                        sd_id128_to_string(boot, text), COLOR_END(l->c));
        l->boot = boot;
        l->has_boot = true;
}

static void keep_cursor(Logs *l) {
        char *cursor = NULL;

        if ((l->o->show_cursor || l->o->cursor_file) && sd_journal_get_cursor(l->j, &cursor) >= 0) {
                free(l->cursor);
                l->cursor = cursor;
        }
}

/* From the entry that it stands on. */
static int show_range(Logs *l, int r) {
        while (r > 0 && may_go_on(l)) {
                usec_t t = entry_time(l);

                if (l->c->reverse ? t < l->since : t > l->until)
                        break;
                if (is_found(l)) {
                        print_boot(l);
                        r = logs_print(l);
                        l->n_shown++;
                        keep_cursor(l);
                }
                if (r >= 0)
                        r = l->c->reverse ? sd_journal_previous(l->j) : sd_journal_next(l->j);
                if (r == -EBADMSG) /* one that is damaged does not hide those behind it */
                        r = l->c->reverse ? sd_journal_previous(l->j) : sd_journal_next(l->j);
        }
        return MIN(r, 0);
}

/* Until whoever reads is gone. */
static int follow(Logs *l) {
        int r = MIN(sd_journal_get_fd(l->j), 0);

        l->lines = LOGS_ALL_LINES;
        if (r >= 0) /* what has come while the rest was shown */
                r = show_range(l, l->later_units ? logs_later_follow(l) : sd_journal_next(l->j));
        while (r >= 0) {
                struct pollfd p[] = { { .fd = sd_journal_get_fd(l->j),
                                        .events = (short)sd_journal_get_events(l->j) },
                                      { .fd = fileno(l->out) },
                                      { .fd = l->places_fd, .events = POLLIN } };
                uint64_t until = UINT64_MAX;
                struct timespec ts, now, *timeout = NULL;

                if (fflush(l->out) != 0)
                        return 0;
                logs_places_remember(l);
                (void)sd_journal_get_timeout(l->j, &until);
                if (until != UINT64_MAX) {
                        usec_t at, left;

                        clock_gettime(CLOCK_MONOTONIC, &now);
                        at = (usec_t)now.tv_sec * USEC_PER_SEC + (usec_t)now.tv_nsec / NSEC_PER_USEC;
                        left = usec_sub(until, at);
                        ts = (struct timespec){ (time_t)(left / USEC_PER_SEC),
                                                (long)(left % USEC_PER_SEC * NSEC_PER_USEC) };
                        timeout = &ts;
                }
                if (ppoll(p, ELEMENTSOF(p), timeout, NULL) < 0 && errno != EINTR)
                        return -errno;
                if (p[1].revents & (POLLERR | POLLHUP))
                        return 0;
                r = sd_journal_process(l->j);
                if (r >= 0)
                        r = show_range(l, sd_journal_next(l->j));
                if (r >= 0 && (p[2].revents & POLLIN))
                        r = show_range(l, logs_places_changed(l));
        }
        return r;
}

static void print_cursor(Logs *l) {
        FILE *f;

        if (!l->cursor)
                return;
        if (l->o->show_cursor)
                fprintf(l->out, "-- cursor: %s\n", l->cursor);
        f = l->o->cursor_file ? fopen(l->o->cursor_file, "we") : NULL;
        if (f) {
                fprintf(f, "%s\n", l->cursor);
                fclose(f);
        } else if (l->o->cursor_file)
                ctl_print_error("%s: %s", l->o->cursor_file, strerror(errno));
}

static char *read_cursor(const LogsOptions *o) {
        FILE *f = o->cursor_file ? fopen(o->cursor_file, "re") : NULL;
        char *line = NULL;
        size_t size = 0;
        ssize_t n = f ? getline(&line, &size, f) : -1;

        if (f)
                fclose(f);
        if (n <= 0) {
                free(line);
                return o->after_cursor ? strdup(o->after_cursor) : NULL;
        }
        return str_strip(line);
}

static int show(Logs *l, bool nothing) {
        char *after auto_free = read_cursor(l->o);
        int r = nothing ? 0 : position(l, after);
        bool is_empty = r == 0;

        if (r < 0)
                return r;
        r = l->lines > 0 ? show_range(l, r) : 0;
        if (r < 0)
                return ctl_print_error("the journal cannot be read: %s", strerror(-r)), r;
        if (l->n_shown == 0 && !l->o->follow && !l->c->quiet && l->mode < LOGS_EXPORT)
                fputs("-- No entries --\n", l->out);
        if (l->n_shown == 0) {
                logs_say_why_none(l);
                logs_say_unknown(l);
        }
        if (l->o->follow && is_empty && l->since == 0 && !l->o->cursor && !after &&
            (r = sd_journal_seek_head(l->j)) < 0)
                return r;
        if (l->o->follow && (!nothing || l->later_units))
                return follow(l);
        print_cursor(l);
        return l->pattern && l->n_shown == 0 ? 1 : 0;
}

static int print_unique(Logs *l) {
        size_t n, skip = strlen(l->o->field) + 1;
        const void *data;
        int r = sd_journal_query_unique(l->j, l->o->field);

        if (r < 0)
                return ctl_print_error("'%s' is not the name of a field", l->o->field);
        while (may_go_on(l) && (r = sd_journal_enumerate_available_unique(l->j, &data, &n)) > 0) {
                fprintf(l->out, "%.*s\n", (int)(n - skip), (const char *)data + skip);
                l->n_shown++;
        }
        return r < 0 ? ctl_print_error("the journal cannot be read: %s", strerror(-r)) : CTL_OK;
}

static int print_names(Logs *l) {
        const char *name;

        SD_JOURNAL_FOREACH_FIELD(l->j, name)
        fprintf(l->out, "%s\n", name);
        return CTL_OK;
}

/* What was asked for */

static int choose_mode(Logs *l) {
        const char *name = l->c->output;

        if (!name) {
                l->mode = l->c->screen.terminal ? LOGS_ALIGNED : LOGS_SHORT;
                return 0;
        }
        for (LogsMode m = 0; m < LOGS_MODE_MAX; m++)
                if (str_equal(name, mode_names[m])) {
                        l->mode = m;
                        return 0;
                }
        ctl_print_error("-o: there is no output '%s'; -o help lists them", name);
        return -EINVAL;
}

bool logs_has_output(const char *name) {
        bool found = false;

        for (LogsMode m = 0; m < LOGS_MODE_MAX; m++)
                found = found || str_equal(name, mode_names[m]);
        return found;
}

void logs_print_outputs(void) {
        for (LogsMode m = 0; m < LOGS_MODE_MAX; m++)
                puts(mode_names[m]);
}

static int choose_lines(Logs *l) {
        const char *text = l->c->lines;
        bool limited = (l->o->follow && !l->o->no_tail) || l->o->pager_end;

        l->lines = !limited ? LOGS_ALL_LINES : l->o->pager_end ? LINES_AT_END : LINES_DEFAULT;
        if (!text || l->o->no_tail)
                return 0;
        if (!*text)
                l->lines = LINES_DEFAULT;
        else if (str_equal(text, "all"))
                l->lines = LOGS_ALL_LINES;
        else if (parse_unsigned(text + (*text == '+'), &l->lines) < 0) {
                ctl_print_error("-n: '%s' is not a number of lines, or all", text);
                return -EINVAL;
        }
        l->oldest = *text == '+';
        return 0;
}

static int parse_time(const char *option, const char *text, usec_t *ret) {
        struct timespec now;

        clock_gettime(CLOCK_REALTIME, &now);
        if (timestamp_parse(text, (usec_t)now.tv_sec * USEC_PER_SEC + (usec_t)now.tv_nsec / NSEC_PER_USEC,
                            ret) >= 0)
                return 0;
        ctl_print_error("--%s: '%s' is not a time such as -10min, 10:30 or \"2026-01-05 10:30\"", option,
                        text);
        return -EINVAL;
}

static int choose(Logs *l) {
        const LogsOptions *o = l->o;
        int r = choose_mode(l);

        l->utc = o->utc;
        l->full = !o->no_full || l->c->full;
        l->columns = l->c->screen.width;
        l->until = USEC_INFINITY;
        if (r >= 0)
                r = choose_lines(l);
        if (r >= 0 && o->since)
                r = parse_time("since", o->since, &l->since);
        if (r >= 0 && o->until)
                r = parse_time("until", o->until, &l->until);
        if (r >= 0 && l->since > l->until) {
                ctl_print_error("--since is behind --until");
                r = -EINVAL;
        }
        if (r >= 0 && o->follow && l->c->reverse) {
                ctl_print_error("--follow and --reverse go different ways");
                r = -EINVAL;
        }
        if (r >= 0 && o->grep)
                r = logs_pattern_new(o->grep, o->case_sensitive, &l->pattern);
        /* The last N that are found: they are looked for from the end. */
        if (r >= 0 && l->pattern && l->lines != LOGS_ALL_LINES && !l->oldest && !o->follow)
                l->c->reverse = true;
        return r;
}

/* Words are units, or FIELD=VALUE, "+" and /paths. */
static int sort_words(Ctl *c, int argc, char **argv, char ***units, char ***matches) {
        int r = 0;

        for (int i = 1; i < argc + (int)strv_length(c->units) && r >= 0; i++) {
                const char *typed = i < argc ? argv[i] : c->units[i - argc];
                size_t upper = strspn(typed, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
                char *name;

                if (i < argc &&
                    (str_equal(typed, "+") || *typed == '/' || (upper > 0 && typed[upper] == '='))) {
                        r = strv_add(matches, typed);
                        continue;
                }
                r = strpbrk(typed, "*?[") ? ((name = strdup(typed)) ? 0 : -ENOMEM)
                                          : name_mangle(typed, UNIT_SERVICE, &name);
                if (r >= 0)
                        r = strv_push(units, name);
                else
                        ctl_print_error("'%s' is not a unit name", typed);
        }
        return r;
}

static void logs_release(Logs *l) {
        sd_journal_close(l->j);
        logs_pattern_free(l->pattern);
        logs_parts_free(l->parts);
        free(l->cursor);
        free(l->later_from);
        free(l->place);
        fd_release(&l->places_fd);
}

static int run(Logs *l, int argc, char **argv) {
        char **units auto_strv = NULL, **matches auto_strv = NULL;
        int r;

        if (logs_print_facilities(l->o))
                return CTL_OK;
        if (str_equal(l->c->output, "help")) {
                logs_print_outputs();
                return CTL_OK;
        }
        if (choose(l) < 0 || sort_words(l->c, argc, argv, &units, &matches) < 0)
                return CTL_USAGE;
        if (logs_keep_asked(l->o))
                return logs_keep(l);
        if (l->o->follow)
                logs_places_watch(l);
        if (logs_open(l) < 0)
                return CTL_FAILED;
        if (l->o->list_boots)
                return logs_list_boots(l);
        if (l->o->field_names || l->o->field)
                return l->o->field ? print_unique(l) : print_names(l);
        (void)sd_journal_set_data_threshold(l->j, 0);
        if (l->o->follow) /* from here on nothing comes unseen */
                (void)sd_journal_get_fd(l->j);
        l->units = units;
        l->matches = matches;
        logs_later_begin(l, units, matches);
        r = logs_match(l, units, matches);
        if (r < 0)
                return CTL_FAILED;
        r = show(l, r > 0);
        return r == 0 ? CTL_OK : CTL_FAILED;
}

VERB(logs) {
        Logs l = { .c = c, .o = &c->logs, .out = stdout, .places_fd = -1 };
        int r;

        setlocale(LC_TIME, ""); /* names of months as journalctl's; other times are English, as systemctl's */
        r = run(&l, argc, argv);
        logs_release(&l);
        return r;
}

int ctl_open_journal(Ctl *c, sd_journal **ret) {
        Logs l = { .c = c, .o = &c->logs };
        int r = logs_open(&l);

        if (r >= 0)
                *ret = l.j;
        return r;
}

int logs_show(Ctl *c, char *const *units, unsigned lines, usec_t not_before) {
        Logs l = { .c = c,
                   .o = &c->logs,
                   .out = stdout,
                   .lines = lines,
                   .since = not_before,
                   .until = USEC_INFINITY,
                   .places_fd = -1 };
        int r;

        if (c->host) {
                STRV_FOREACH (u, units)
                        ssh_logs(c, *u, lines);
                return 0;
        }
        setlocale(LC_TIME, "");
        l.full = c->full || !c->screen.terminal;
        l.columns = c->screen.width;
        r = c->output ? choose_mode(&l) : 0;
        if (r >= 0)
                r = logs_open(&l);
        if (r >= 0)
                r = logs_match_units(&l, units);
        if (r == 0)
                r = to_last(&l);
        if (r > 0)
                r = show_range(&l, r);
        logs_release(&l);
        return MIN(r, 0);
}

int logs_print_entry(Ctl *c, sd_journal *j, unsigned columns, FILE *out) {
        Logs l = { .c = c, .o = &c->logs, .j = j, .out = out, .mode = LOGS_SHORT, .columns = columns };
        int r = logs_print(&l);

        logs_parts_free(l.parts);
        return r;
}

int logs_match_journal(Ctl *c, sd_journal *j, char *const *units) {
        Logs l = { .c = c, .o = &c->logs, .j = j };

        return logs_match_units(&l, units);
}
