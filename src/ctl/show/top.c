/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* top: what units use, again and again. One call to svinit for each look. */

#include "ctl/show/top.h"

#include "conf/name.h"
#include "ctl/core/live.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define ROW "sssttttttt"
#define DELAY_DEFAULT USEC_PER_SEC
#define DELAY_MIN (100 * USEC_PER_MSEC)
#define DELAY_MAX USEC_PER_MINUTE

typedef struct Top {
        Ctl *ctl;
        Live screen;
        TopView view;
        TopLook last;
        char **patterns; /* owned */
        usec_t delay;
        unsigned left; /* looks; 0: without end */
        bool json, live;
        bool due; /* look again at once: what is to be shown was not asked for */
} Top;

static int read_row(sd_bus_message *m, TopLook *l) {
        const char *name, *slice, *active;
        TopRow row = { .cpu = -1, .read_rate = -1, .write_rate = -1 };
        int r;

        r = sd_bus_message_read(m, "(" ROW ")", &name, &slice, &active, &row.memory, &row.memory_max,
                                &row.tasks, &row.tasks_max, &row.cpu_nsec, &row.io_read, &row.io_written);
        if (r <= 0)
                return r;
        if (array_reserve(&l->rows, &l->capacity, l->n + 1, sizeof(row)) < 0)
                return -ENOMEM;
        row.name = strdup(name);
        row.slice = strdup(slice);
        row.active = strdup(active);
        l->rows[l->n++] = row; /* what is there is released with the look */
        return row.name && row.slice && row.active ? 1 : -ENOMEM;
}

/* The exit code, 0 when it worked. */
static int look(Top *t, TopLook *ret) {
        sd_bus_message *m = NULL, *reply = NULL;
        sd_bus_error error = SD_BUS_ERROR_NULL;
        int r;

        r = sd_bus_message_new_method_call(t->ctl->bus, &m, SD1, SD1_PATH, OWN_MANAGER, "Usage");
        if (r >= 0)
                r = sd_bus_message_append_strv(m, t->patterns);
        if (r >= 0) /* their sums cost svinit something: only when they are shown */
                r = sd_bus_message_append(m, "b", t->view.tree || t->view.slices || t->json);
        if (r >= 0)
                r = sd_bus_call(t->ctl->bus, m, 0, &error, &reply);
        if (r >= 0)
                r = sd_bus_message_read(reply, "t", &ret->time);
        if (r >= 0)
                r = sd_bus_message_enter_container(reply, 'a', "(" ROW ")");
        while (r >= 0 && (r = read_row(reply, ret)) > 0)
                ;
        if (r < 0)
                ctl_print_error("top: %s", error.message ?: strerror(-r));
        r = r < 0 ? ctl_error_exit(&error, r) : CTL_OK;
        if (r == CTL_OK && top_read_processes(t->ctl, &t->view, ret) < 0)
                r = CTL_FAILED;
        sd_bus_message_unref(m);
        sd_bus_message_unref(reply);
        sd_bus_error_free(&error);
        return r;
}

/* Sorting and leaving out are for the eye: the next rates need all rows. */
static int show(Top *t, const TopLook *l) {
        TopLook shown = { .time = l->time, .rows = calloc(l->n + 1, sizeof(*l->rows)) }, drawn;
        Buf b auto_buf = { 0 };
        TopView all;

        t->view.width = t->screen.width;
        t->view.height = t->screen.height;
        all = t->view;
        if (!shown.rows)
                return CTL_FAILED;
        for (size_t i = 0; i < l->n; i++) {
                TopRow row = l->rows[i];

                row.name = strdup(row.name);
                row.slice = strdup(row.slice);
                row.active = strdup(row.active);
                shown.rows[shown.n++] = row;
                if (!row.name || !row.slice || !row.active) {
                        top_look_release(&shown);
                        return CTL_FAILED;
                }
        }
        all.slices = all.slices || t->json;
        top_sort(&shown, &all);
        drawn = shown;
        drawn.threads = l->threads; /* borrowed */
        drawn.n_threads = l->n_threads;
        if (t->json)
                top_json(&drawn, &t->view, &b);
        else
                top_draw(&drawn, &t->view, &b);
        top_look_release(&shown);
        if (b.error < 0)
                return CTL_FAILED;
        if (t->live)
                live_draw(&t->screen, &b);
        else
                fwrite(b.data, 1, b.len, stdout);
        return fflush(stdout) == 0 ? CTL_OK : CTL_FAILED;
}

static void change_sort(TopView *v, TopSort s) {
        v->reverse = v->sort == s && !v->reverse;
        v->sort = s;
}

/* false: the end */
static bool on_key(Top *t, int key) {
        for (TopSort s = 0; s < TOP_SORT_MAX; s++)
                if (key == top_sort_to_string(s)[0]) {
                        change_sort(&t->view, s);
                        return true;
                }
        switch (key) {
        case 'q':
                return false;
        case 'r':
                t->view.reverse = !t->view.reverse;
                break;
        case 's':
                t->view.slices = !t->view.slices;
                t->due = true;
                break;
        case 'f':
                t->view.tree = !t->view.tree;
                t->due = true;
                break;
        case 'h':
                t->view.threads = !t->view.threads;
                t->due = true;
                break;
        case 'p':
                t->view.sum = !t->view.sum;
                t->due = true;
                break;
        case '+':
                t->delay = MIN(t->delay * 2, DELAY_MAX);
                break;
        case '-':
                t->delay = MAX(t->delay / 2, DELAY_MIN);
                break;
        default:
                break;
        }
        return true;
}

/* Until the next look is due; a key is answered at once. false: the end. */
static bool wait_for_keys(Top *t) {
        usec_t due = usec_add(live_now(), t->delay);

        for (;;) {
                LiveEvent e = live_wait(&t->screen, due, -1);

                if (e == LIVE_DUE)
                        return true;
                if (e == LIVE_OVER || (e == LIVE_TYPED && !on_key(t, t->screen.key)))
                        return false;
                if (TAKE(t->due))
                        return true;
                if (show(t, &t->last) != CTL_OK)
                        return false;
        }
}

static int run(Top *t) {
        int code = look(t, &t->last);

        if (code == CTL_OK && t->live)
                code = show(t, &t->last);
        while (code == CTL_OK && wait_for_keys(t)) {
                TopLook now = { 0 };

                code = look(t, &now);
                top_rates(&now, &t->last);
                top_look_release(&t->last);
                t->last = now;
                if (code == CTL_OK)
                        code = show(t, &t->last);
                if (t->left > 0 && --t->left == 0)
                        break;
        }
        top_look_release(&t->last);
        return code;
}

static int run_live(Top *t) {
        int code;

        if (live_begin(&t->screen, "top") < 0)
                return CTL_FAILED;
        code = run(t);
        live_end(&t->screen);
        return code;
}

static int read_options(Ctl *c, Top *t) {
        bool known = !c->sort;

        for (TopSort s = 0; c->sort && s < TOP_SORT_MAX; s++)
                if (str_equal(c->sort, top_sort_to_string(s))) {
                        t->view.sort = s;
                        known = true;
                }
        if (!known) {
                ctl_print_error("top: cannot sort by '%s', only by cpu, memory, tasks, io or name", c->sort);
                return CTL_USAGE;
        }
        if (c->iterations && (parse_unsigned(c->iterations, &t->left) < 0 || t->left == 0)) {
                ctl_print_error("top: '%s' is no number of looks", c->iterations);
                return CTL_USAGE;
        }
        if (c->delay && (timespan_parse(c->delay, USEC_PER_SEC, &t->delay) < 0 || t->delay < DELAY_MIN ||
                         t->delay > USEC_PER_DAY)) {
                ctl_print_error("top: '%s' is no delay of 100ms or more", c->delay);
                return CTL_USAGE;
        }
        return ctl_json_asked(c, "top", &t->json);
}

/* "web" is web.service; globs stay. */
static int read_patterns(char **argv, char ***ret) {
        STRV_FOREACH (a, argv) {
                char *name = NULL;
                int r = strpbrk(*a, "*?[") ? (name = strdup(*a)) ? 0 : -ENOMEM
                                           : name_mangle(*a, UNIT_SERVICE, &name);

                if (r == -EINVAL)
                        return ctl_print_error("'%s' is not a unit name", *a), -EINVAL;
                if (r < 0 || strv_push(ret, name) < 0)
                        return -ENOMEM;
        }
        return 0;
}

VERB(top) {
        Top t = { .ctl = c,
                  .delay = DELAY_DEFAULT,
                  .view = { .tree = c->tree,
                            .slices = c->all,
                            .reverse = c->reverse,
                            .threads = c->threads,
                            .sum = c->sum,
                            .color = c->screen.color } };
        int code = read_options(c, &t);

        if (code != CTL_OK)
                return code;
        if (read_patterns(argv + 1, &t.patterns) < 0 || ctl_connect(c) < 0) {
                strv_free(t.patterns);
                return CTL_FAILED;
        }
        t.live = !c->batch && !t.json && live_is_possible();
        if (!t.live && t.left == 0)
                t.left = 1;
        live_catch_signals();
        live_measure(&t.screen);
        code = t.live ? run_live(&t) : run(&t);
        strv_free(t.patterns);
        return code;
}
