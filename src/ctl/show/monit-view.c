/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/show/monit.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define LINES_AROUND 4 /* a heading, the columns, the line above the log, the keys */
#define ROWS_MIN 2
#define NAME_MIN 14

/* What is left out first where the terminal is narrow stands last. */
typedef enum Figure {
        CPU,
        MEMORY,
        STATE,
        RESTARTS,
        UP,
        PID,
        TASKS,
        FIGURE_MAX
} Figure;

static const struct {
        const char *title;
        unsigned width;
        bool left;
} figures[FIGURE_MAX] = {
        [CPU] = { "CPU%", 7 },      [MEMORY] = { "MEMORY", 8 }, [STATE] = { " STATE", 19, true },
        [RESTARTS] = { "REST", 6 }, [UP] = { "UP", 7 },         [PID] = { "PID", 9 },
        [TASKS] = { "TASKS", 7 },
};

/* In this order they stand. */
static const Figure order[] = { STATE, PID, UP, RESTARTS, CPU, MEMORY, TASKS };

unsigned monit_rows(const MonitView *v) {
        unsigned room = v->height > LINES_AROUND ? v->height - LINES_AROUND : 0, half = (room + 1) / 2;

        return (unsigned)MIN(v->look->n, (size_t)MAX(half, MIN(room, (unsigned)ROWS_MIN)));
}

unsigned monit_lines(const MonitView *v) {
        unsigned taken = LINES_AROUND + monit_rows(v);

        return v->height > taken ? v->height - taken : 0;
}

static unsigned figures_that_fit(const MonitView *v, unsigned *ret_name) {
        unsigned width = NAME_MIN, n = 0;

        while (n < FIGURE_MAX && width + figures[n].width <= v->width)
                width += figures[n++].width;
        *ret_name = v->width > width ? NAME_MIN + v->width - width : MIN((unsigned)NAME_MIN, v->width);
        return n;
}

/* A cell of exactly so many columns. */
static void add_cell(Buf *b, const char *text, unsigned width, bool left) {
        Buf cut auto_buf = { 0 };
        size_t n;

        text_cut(text, width, &cut);
        n = text_width(cut.data ? cut.data : "");
        for (size_t i = n; !left && i < width; i++)
                buf_add_char(b, ' ');
        buf_add(b, cut.data ? cut.data : "");
        for (size_t i = n; left && i < width; i++)
                buf_add_char(b, ' ');
}

static void figure_text(const ServiceRow *r, Figure f, usec_t now, Buf *b) {
        char text[64] = "-";
        Buf size auto_buf = { 0 };

        switch (f) {
        case CPU:
                if (r->cpu >= 0)
                        (void)snprintf(text, sizeof(text), "%.1f", r->cpu);
                break;
        case MEMORY:
                if (r->memory != UINT64_MAX)
                        bytes_format(r->memory, &size);
                break;
        case STATE:
                buf_add_char(b, ' ');
                (void)service_state(r, text);
                break;
        case RESTARTS:
                (void)snprintf(text, sizeof(text), "%" PRIu32, r->restarts);
                break;
        case UP: {
                char age[32];

                service_age(r, now, age);
                if (age[0])
                        (void)snprintf(text, sizeof(text), "%s", age);
                break;
        }
        case PID:
                if (r->pid > 0)
                        (void)snprintf(text, sizeof(text), "%" PRIu32, r->pid);
                break;
        default:
                if (r->tasks != UINT64_MAX)
                        (void)snprintf(text, sizeof(text), "%" PRIu64, r->tasks);
                break;
        }
        buf_add(b, size.data ? size.data : text);
}

static void add_columns(Buf *b, const MonitView *v) {
        unsigned name, n = figures_that_fit(v, &name);

        buf_add(b, v->color ? "\033[7m" : "");
        add_cell(b, "SERVICE", name, true);
        for (size_t i = 0; i < ELEMENTSOF(order); i++)
                if (order[i] < n)
                        add_cell(b, figures[order[i]].title, figures[order[i]].width, figures[order[i]].left);
        buf_add(b, v->color ? "\033[0m\n" : "\n");
}

static void add_service(Buf *b, const MonitView *v, const ServiceRow *r, bool chosen) {
        unsigned name, n = figures_that_fit(v, &name);
        Buf text auto_buf = { 0 };
        const char *color = str_equal(r->active, "failed")   ? "\033[31m"
                            : str_equal(r->active, "active") ? ""
                                                             : "\033[33m";

        if (v->color)
                buf_addf(b, "%s%s", color, chosen ? "\033[1m" : "");
        buf_addf(&text, "%s%s%.*s", chosen ? "> " : "  ", r->is_instance ? "  " : "",
                 (int)(strlen(r->name) - strlen(".service")), r->name);
        add_cell(b, text.data ? text.data : "", name, true);
        for (size_t i = 0; i < ELEMENTSOF(order); i++) {
                Buf figure auto_buf = { 0 };

                if (order[i] >= n)
                        continue;
                figure_text(r, order[i], v->look->time, &figure);
                add_cell(b, figure.data ? figure.data : "", figures[order[i]].width, figures[order[i]].left);
        }
        buf_add(b, v->color ? "\033[0m\n" : "\n");
}

static void add_heading(Buf *b, const MonitView *v) {
        unsigned up = 0, failed = 0;
        uint64_t memory = 0;
        Buf line auto_buf = { 0 };
        double cpu = 0;

        for (size_t i = 0; i < v->look->n; i++) {
                const ServiceRow *r = v->look->v + i;

                if (r->n_instances > 0)
                        continue; /* a sum of others */
                up += str_equal(r->active, "active");
                failed += str_equal(r->active, "failed");
                cpu += MAX(r->cpu, 0);
                memory += r->memory == UINT64_MAX ? 0 : r->memory;
        }
        buf_addf(&line, "%s: %u up, %u failed, CPU %.1f%%, memory ", v->host, up, failed, cpu);
        bytes_format(memory, &line);
        add_cell(b, line.data ? line.data : "", v->width, true);
        buf_add_char(b, '\n');
}

static void add_log_heading(Buf *b, const MonitView *v) {
        const ServiceRow *r = v->chosen < v->look->n ? v->look->v + v->chosen : NULL;
        Buf line auto_buf = { 0 };

        if (r)
                buf_addf(&line, "--- %s", r->name);
        if (r && r->status[0])
                buf_addf(&line, ": %s", r->status);
        if (v->log->back > 0)
                buf_addf(&line, " (%zu lines back)", v->log->back);
        buf_add(b, v->color ? "\033[1m" : "");
        add_cell(b, line.data ? line.data : "---", v->width, true);
        buf_add(b, v->color ? "\033[0m\n" : "\n");
}

static void add_log(Buf *b, const MonitView *v) {
        unsigned n = monit_lines(v);

        for (unsigned i = n; i-- > 0;) {
                const char *line = monit_log_line(v->log, v->log->back + i);

                /* A short log begins at the top. */
                if (v->log->n < n)
                        line = n - 1 - i < v->log->n ? monit_log_line(v->log, v->log->n - 1 - (n - 1 - i))
                                                     : NULL;
                text_cut(line ? line : "", v->width, b);
                buf_add_char(b, '\n');
        }
}

static void add_last_line(Buf *b, const MonitView *v) {
        Buf line auto_buf = { 0 };

        if (v->question)
                buf_addf(&line, "%s? y/n", v->question);
        else
                buf_add(&line, v->message ? v->message
                                          : "up/down choose  r restart  s start  x stop  PgUp/PgDn log  c m "
                                            "n sort  q end");
        buf_add(b, v->color ? "\033[7m" : "");
        add_cell(b, line.data ? line.data : "", v->width, true);
        buf_add(b, v->color ? "\033[0m" : "");
}

void monit_draw(const MonitView *v, Buf *b) {
        unsigned rows = monit_rows(v);

        if (v->height < LINES_AROUND + 1 || v->width < 10) {
                buf_add(b, "no room");
                return;
        }
        add_heading(b, v);
        add_columns(b, v);
        for (size_t i = v->top; i < v->look->n && i < v->top + rows; i++)
                add_service(b, v, v->look->v + i, i == v->chosen);
        add_log_heading(b, v);
        add_log(b, v);
        add_last_line(b, v);
}
