/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/show/monit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define LINES_AT_FIRST 200

static void forget_lines(MonitLog *g) {
        for (size_t i = 0; i < g->n; i++)
                free(g->lines[(g->first + i) % MONIT_LINES_MAX]);
        g->n = g->first = g->back = 0;
}

void monit_log_release(MonitLog *g) {
        forget_lines(g);
        free(g->lines);
        free(g->unit);
        sd_journal_close(g->j);
        *g = (MonitLog){ 0 };
}

/* Where somebody has scrolled back to stays where it is. */
static void add_line(MonitLog *g, const char *text, size_t n) {
        char *line = strndup(text, n);

        if (!line)
                return;
        if (g->n == MONIT_LINES_MAX) {
                free(g->lines[g->first]);
                g->first = (g->first + 1) % MONIT_LINES_MAX;
                g->n--;
        }
        g->lines[(g->first + g->n++) % MONIT_LINES_MAX] = line;
        if (g->back > 0)
                g->back = MIN(g->back + 1, g->n - 1);
}

const char *monit_log_line(const MonitLog *g, size_t from_end) {
        return from_end < g->n ? g->lines[(g->first + g->n - 1 - from_end) % MONIT_LINES_MAX] : NULL;
}

/* The entry it stands on, as lines of `svctl logs`. */
static int add_entry(MonitLog *g, Ctl *c) {
        char *text auto_free = NULL;
        size_t n = 0;
        FILE *out = open_memstream(&text, &n);
        int r;

        if (!out)
                return -errno;
        r = logs_print_entry(c, g->j, g->width, out);
        fclose(out);
        for (char *p = text, *end; r >= 0 && p < text + n; p = end + 1) {
                end = memchr(p, '\n', (size_t)(text + n - p)) ?: text + n;
                add_line(g, p, (size_t)(end - p));
        }
        return r;
}

/* A set has no log of its own but that of its instances. */
static int match(MonitLog *g, Ctl *c) {
        char *instances = NULL, **units auto_strv = NULL;
        int r = strv_add(&units, g->unit);

        if (r >= 0 && !strchr(g->unit, '@')) {
                r = str_printf(&instances, "%.*s@*.service", (int)strcspn(g->unit, "."), g->unit);
                if (r >= 0)
                        r = strv_push(&units, instances);
        }
        return r < 0 ? r : logs_match_journal(c, g->j, units);
}

static int begin(MonitLog *g, Ctl *c) {
        int r;

        if (!g->j && ctl_open_journal(c, &g->j) < 0)
                return -ENODATA;
        (void)sd_journal_get_fd(g->j); /* from here on nothing comes unseen */
        sd_journal_flush_matches(g->j);
        r = match(g, c);
        if (r >= 0)
                r = sd_journal_seek_tail(g->j);
        if (r >= 0)
                r = sd_journal_previous_skip(g->j, LINES_AT_FIRST);
        if (r > 0)
                r = add_entry(g, c);
        if (r == 0 && g->n == 0) /* there was none to stand on */
                r = sd_journal_seek_head(g->j);
        return r;
}

int monit_log_open(MonitLog *g, Ctl *c, const char *unit, unsigned width) {
        int r;

        if (str_equal(g->unit, unit) && g->width == width)
                return 0;
        forget_lines(g);
        g->width = width;
        if (!g->lines && !(g->lines = calloc(MONIT_LINES_MAX, sizeof(*g->lines))))
                return -ENOMEM;
        r = str_replace(&g->unit, unit);
        if (r >= 0)
                r = begin(g, c);
        return r < 0 ? r : monit_log_read(g, c);
}

int monit_log_read(MonitLog *g, Ctl *c) {
        bool something = false;
        int r;

        if (!g->j)
                return 0;
        (void)sd_journal_process(g->j);
        while ((r = sd_journal_next(g->j)) > 0) {
                if (add_entry(g, c) < 0)
                        break;
                something = true;
        }
        return r < 0 ? r : something;
}
