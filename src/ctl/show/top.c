/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* top: what units use, again and again. One call to svinit for each look. */

#include "ctl/show/top.h"

#include "conf/name.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#define ROW "sssttttttt"
#define WIDTH_DEFAULT 80
#define DELAY_DEFAULT USEC_PER_SEC
#define DELAY_MIN (100 * USEC_PER_MSEC)
#define DELAY_MAX USEC_PER_MINUTE

#define SCREEN_ON "\033[?1049h\033[?25l"
#define SCREEN_OFF "\033[?25h\033[?1049l"
#define SCREEN_HOME "\033[H"
#define LINE_REST "\033[K\n"
#define SCREEN_REST "\033[J"

typedef struct Top {
        Ctl *ctl;
        TopView view;
        TopLook last;
        char **patterns; /* owned */
        usec_t delay;
        unsigned left; /* looks; 0: without end */
        bool json, live;
        bool due; /* look again at once: what is to be shown was not asked for */
} Top;

static volatile sig_atomic_t is_over, has_new_size;

static void on_end(int signal) {
        is_over = 1;
}

static void on_size(int signal) {
        has_new_size = 1;
}

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
        sd_bus_message_unref(m);
        sd_bus_message_unref(reply);
        sd_bus_error_free(&error);
        return r;
}

static void measure(Top *t) {
        const char *columns = getenv("COLUMNS");
        struct winsize size;

        t->view.width = WIDTH_DEFAULT;
        t->view.height = 0;
        if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) >= 0 && size.ws_col > 0) {
                t->view.width = size.ws_col;
                t->view.height = t->live ? size.ws_row : 0;
        } else if (columns)
                (void)parse_unsigned(columns, &t->view.width);
        t->view.width = MIN(t->view.width, 1000u);
}

/* In place, line by line: no flicker. The last line gets no newline, which would scroll. */
static void show_screen(const Buf *b) {
        Buf out auto_buf = { 0 };
        const char *end;

        buf_add(&out, SCREEN_HOME);
        for (const char *p = b->data; p && *p; p = end + 1) {
                end = strchrnul(p, '\n');
                buf_add_n(&out, p, (size_t)(end - p));
                if (!end[0] || !end[1])
                        break;
                buf_add(&out, LINE_REST);
        }
        buf_add(&out, "\033[K" SCREEN_REST);
        fwrite(out.data, 1, out.len, stdout);
}

/* Sorting and leaving out are for the eye: the next rates need all rows. */
static int show(Top *t, const TopLook *l) {
        TopLook shown = { .time = l->time, .rows = calloc(l->n + 1, sizeof(*l->rows)) };
        Buf b auto_buf = { 0 };
        TopView all = t->view;

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
        if (t->json)
                top_json(&shown, &b);
        else
                top_draw(&shown, &t->view, &b);
        top_look_release(&shown);
        if (b.error < 0)
                return CTL_FAILED;
        if (t->live)
                show_screen(&b);
        else
                fwrite(b.data, 1, b.len, stdout);
        return fflush(stdout) == 0 ? CTL_OK : CTL_FAILED;
}

static void change_sort(TopView *v, TopSort s) {
        v->reverse = v->sort == s && !v->reverse;
        v->sort = s;
}

/* false: the end */
static bool on_key(Top *t, char key) {
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

static usec_t now_usec(void) {
        struct timespec ts;

        clock_gettime(CLOCK_MONOTONIC, &ts);
        return (usec_t)ts.tv_sec * USEC_PER_SEC + (usec_t)ts.tv_nsec / NSEC_PER_USEC;
}

/* Until the next look is due; a key is answered at once. false: the end. */
static bool wait_for_keys(Top *t) {
        usec_t due = usec_add(now_usec(), t->delay);

        for (;;) {
                struct pollfd p = { .fd = t->live ? STDIN_FILENO : -1, .events = POLLIN };
                usec_t span = usec_sub(due, now_usec());
                struct timespec ts = { .tv_sec = (time_t)(span / USEC_PER_SEC),
                                       .tv_nsec = (long)(span % USEC_PER_SEC * NSEC_PER_USEC) };
                int n = span == 0 ? 0 : ppoll(&p, 1, &ts, NULL);
                char key;

                if (is_over)
                        return false;
                if (n == 0 || (n < 0 && errno != EINTR))
                        return true;
                if (n > 0 && (read(STDIN_FILENO, &key, 1) != 1 || !on_key(t, key)))
                        return false;
                if (TAKE(t->due))
                        return true;
                if (has_new_size) {
                        has_new_size = 0;
                        measure(t);
                }
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

/* No line buffer, no echo; signals stay. */
static int run_live(Top *t) {
        struct termios before, raw;
        int code;

        if (tcgetattr(STDIN_FILENO, &before) < 0)
                return ctl_print_error("top: %s", strerror(errno));
        raw = before;
        raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
        (void)tcsetattr(STDIN_FILENO, TCSANOW, &raw);
        fputs(SCREEN_ON, stdout);
        code = run(t);
        fputs(SCREEN_OFF, stdout);
        fflush(stdout);
        (void)tcsetattr(STDIN_FILENO, TCSANOW, &before);
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
        const struct sigaction end = { .sa_handler = on_end }, size = { .sa_handler = on_size };
        Top t = {
                .ctl = c,
                .delay = DELAY_DEFAULT,
                .view = { .tree = c->tree, .slices = c->all, .reverse = c->reverse, .color = c->screen.color }
        };
        int code = read_options(c, &t);

        if (code != CTL_OK)
                return code;
        if (read_patterns(argv + 1, &t.patterns) < 0 || ctl_connect(c) < 0) {
                strv_free(t.patterns);
                return CTL_FAILED;
        }
        t.live = !c->batch && !t.json && isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
        if (!t.live && t.left == 0)
                t.left = 1;
        (void)sigaction(SIGINT, &end, NULL);
        (void)sigaction(SIGTERM, &end, NULL);
        (void)sigaction(SIGHUP, &end, NULL);
        (void)sigaction(SIGWINCH, &size, NULL);
        measure(&t);
        code = t.live ? run_live(&t) : run(&t);
        strv_free(t.patterns);
        return code;
}
