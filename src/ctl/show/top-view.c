/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "ctl/show/top.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define ROOT_SLICE "-.slice"
#define FIGURES_WIDTH 52 /* of a line; the name has the rest */
#define NAME_MIN 16
#define DEPTH_MAX 32

const char *top_sort_to_string(TopSort s) {
        static const char *const names[TOP_SORT_MAX] = { [TOP_BY_CPU] = "cpu",
                                                         [TOP_BY_MEMORY] = "memory",
                                                         [TOP_BY_TASKS] = "tasks",
                                                         [TOP_BY_IO] = "io",
                                                         [TOP_BY_NAME] = "name" };

        return (unsigned)s < TOP_SORT_MAX ? names[s] : NULL;
}

static void row_release(TopRow *r) {
        free(r->name);
        free(r->slice);
        free(r->active);
}

void top_look_release(TopLook *l) {
        for (size_t i = 0; i < l->n; i++)
                row_release(l->rows + i);
        free(l->rows);
        free(l->threads);
        *l = (TopLook){ 0 };
}

static const TopRow *find(const TopLook *l, const char *name) {
        for (size_t i = 0; i < l->n; i++)
                if (str_equal(l->rows[i].name, name))
                        return l->rows + i;
        return NULL;
}

/* A counter that went back belongs to another run. */
static double rate(uint64_t now, uint64_t before, usec_t span) {
        if (now == UINT64_MAX || before == UINT64_MAX || now < before || span == 0)
                return -1;
        return (double)(now - before) * (double)USEC_PER_SEC / (double)span;
}

static const TopThread *find_thread(const TopLook *l, const TopThread *key) {
        size_t from = 0, to = l->n_threads;

        while (from < to) {
                size_t i = (from + to) / 2;

                if (l->threads[i].tid == key->tid)
                        return l->threads[i].pid == key->pid ? l->threads + i : NULL;
                if (l->threads[i].tid < key->tid)
                        from = i + 1;
                else
                        to = i;
        }
        return NULL;
}

static double percent(double nsec_per_sec) {
        return nsec_per_sec < 0 ? -1 : nsec_per_sec / 10000000;
}

void top_rates(TopLook *now, const TopLook *before) {
        usec_t span = usec_sub(now->time, before->time);

        for (size_t i = 0; i < now->n; i++) {
                TopRow *r = now->rows + i;
                const TopRow *old = find(before, r->name);

                r->cpu = old ? percent(rate(r->cpu_nsec, old->cpu_nsec, span)) : -1;
                r->read_rate = old ? rate(r->io_read, old->io_read, span) : -1;
                r->write_rate = old ? rate(r->io_written, old->io_written, span) : -1;
        }
        for (size_t i = 0; i < now->n_threads; i++) {
                TopThread *t = now->threads + i;
                const TopThread *old = find_thread(before, t);

                t->cpu = old ? percent(rate(t->cpu_nsec, old->cpu_nsec, span)) : -1;
        }
}

static double known(uint64_t n) {
        return n == UINT64_MAX ? -1 : (double)n;
}

static double value_of(const TopRow *r, TopSort s) {
        switch (s) {
        case TOP_BY_CPU:
                return r->cpu >= 0 ? r->cpu : known(r->cpu_nsec) / 1e18; /* without a rate by the time used */
        case TOP_BY_MEMORY:
                return known(r->memory);
        case TOP_BY_TASKS:
                return known(r->tasks);
        case TOP_BY_IO:
                return r->read_rate + r->write_rate;
        default:
                return 0;
        }
}

static int compare(const void *a, const void *b, void *userdata) {
        const TopRow *x = a, *y = b;
        const TopView *v = userdata;
        double p = value_of(x, v->sort), q = value_of(y, v->sort);
        int order = p > q ? -1 : p < q ? 1 : strcmp(x->name, y->name);

        return v->reverse ? -order : order;
}

static bool is_slice(const TopRow *r) {
        return str_ends_with(r->name, ".slice");
}

static void leave_out_slices(TopLook *l) {
        size_t n = 0;

        for (size_t i = 0; i < l->n; i++)
                if (is_slice(l->rows + i))
                        row_release(l->rows + i);
                else
                        l->rows[n++] = l->rows[i];
        l->n = n;
}

static bool is_below(const TopRow *r, const char *slice, const TopLook *l) {
        if (!slice) /* the top: nothing above it is shown */
                return !r->slice[0] || !find(l, r->slice);
        return str_equal(r->slice, slice);
}

/* Rows are sorted, so siblings stay in order; each is moved over once. */
static void add_below(const TopLook *from, const char *slice, unsigned depth, TopLook *to) {
        for (size_t i = 0; i < from->n && depth < DEPTH_MAX && to->n < from->n; i++) {
                const TopRow *r = from->rows + i;

                if (!is_below(r, slice, from))
                        continue;
                to->rows[to->n] = *r;
                to->rows[to->n++].depth = depth;
                if (is_slice(r))
                        add_below(from, r->name, depth + 1, to);
        }
}

void top_sort(TopLook *l, const TopView *v) {
        if (!v->tree && !v->slices)
                leave_out_slices(l);
        if (l->n == 0)
                return;
        qsort_r(l->rows, l->n, sizeof(*l->rows), compare, (void *)v);
        if (v->tree) {
                TopLook tree = { .time = l->time, .rows = calloc(l->n, sizeof(*l->rows)), .capacity = l->n };

                if (!tree.rows)
                        return;
                add_below(l, NULL, 0, &tree);
                if (tree.n == l->n) { /* a circle of slices cannot be, but is no reason to lose a row */
                        free(l->rows);
                        *l = tree;
                } else
                        free(tree.rows);
        }
}

static void add_right(Buf *b, int width, const char *text) {
        buf_addf(b, "%*s", width, text);
}

static void add_size(Buf *b, int width, double bytes) {
        Buf text auto_buf = { 0 };

        if (bytes < 0)
                buf_add(&text, "-");
        else
                bytes_format((uint64_t)bytes, &text);
        add_right(b, width, text.data ?: "");
}

static void add_share(Buf *b, uint64_t n, uint64_t max) {
        char text[24] = "-";

        if (n != UINT64_MAX && max != UINT64_MAX && max > 0)
                (void)snprintf(text, sizeof(text), "%.0f%%", (double)n * 100 / (double)max);
        add_right(b, 6, text);
}

static void add_time(Buf *b, uint64_t nsec) {
        uint64_t s = nsec / 1000000000;
        char text[40] = "-";

        if (nsec != UINT64_MAX && s < 3600)
                (void)snprintf(text, sizeof(text), "%" PRIu64 ":%02u.%02u", s / 60, (unsigned)(s % 60),
                               (unsigned)(nsec / 10000000 % 100));
        else if (nsec != UINT64_MAX)
                (void)snprintf(text, sizeof(text), "%" PRIu64 "h%02um", s / 3600, (unsigned)(s / 60 % 60));
        add_right(b, 9, text);
}

static void add_name(Buf *b, const TopRow *r, unsigned width) {
        Buf name auto_buf = { 0 };
        int n;

        for (unsigned i = 0; i < r->depth; i++)
                buf_add(&name, "  ");
        buf_add(&name, r->name);
        n = (int)name.len;
        if (!name.data)
                return;
        if (n <= (int)width)
                buf_addf(b, "%-*s", (int)width, name.data);
        else
                buf_addf(b, "%.*s~", (int)width - 1, name.data);
}

static void add_row(Buf *b, const TopRow *r, unsigned name_width) {
        char cpu[24] = "-", tasks[24] = "-";

        if (r->cpu >= 0)
                (void)snprintf(cpu, sizeof(cpu), "%.1f", r->cpu);
        if (r->tasks != UINT64_MAX)
                (void)snprintf(tasks, sizeof(tasks), "%" PRIu64, r->tasks);
        add_name(b, r, name_width);
        add_right(b, 7, cpu);
        add_time(b, r->cpu_nsec);
        add_size(b, 8, known(r->memory));
        add_share(b, r->memory, r->memory_max);
        add_right(b, 6, tasks);
        add_size(b, 8, r->read_rate);
        add_size(b, 8, r->write_rate);
        buf_add_char(b, '\n');
}

static int compare_threads(const void *a, const void *b) {
        const TopThread *x = *(const TopThread *const *)a, *y = *(const TopThread *const *)b;

        if (x->cpu != y->cpu)
                return x->cpu > y->cpu ? -1 : 1;
        if (x->cpu_nsec != y->cpu_nsec)
                return x->cpu_nsec > y->cpu_nsec ? -1 : 1;
        return x->tid < y->tid ? -1 : x->tid > y->tid;
}

/* Those of one unit, those that use most first; owned, NULL-terminated. NULL: none, or no memory. */
static const TopThread **threads_of(const TopLook *l, const TopRow *r) {
        const TopThread **found = NULL;
        size_t n = 0, capacity = 0;

        for (size_t i = 0; i < l->n_threads; i++) {
                if (!str_equal(l->threads[i].unit, r->name))
                        continue;
                if (array_reserve(&found, &capacity, n + 2, sizeof(*found)) < 0)
                        break;
                found[n++] = l->threads + i;
        }
        if (!found)
                return NULL;
        qsort(found, n, sizeof(*found), compare_threads);
        found[n] = NULL;
        return found;
}

/* So many lines at most; how many there were. */
static size_t add_threads(Buf *b, const TopLook *l, const TopRow *r, unsigned name_width, size_t most) {
        const TopThread **threads auto_free = threads_of(l, r);
        size_t n = 0;

        for (; threads && threads[n] && n < most; n++) {
                const TopThread *t = threads[n];
                char name[40], cpu[24] = "-";

                (void)snprintf(name, sizeof(name), "%u %s", t->tid, t->comm);
                if (t->cpu >= 0)
                        (void)snprintf(cpu, sizeof(cpu), "%.1f", t->cpu);
                buf_addf(b, "%*s%-*.*s", (int)r->depth * 2 + 2, "", (int)name_width - (int)r->depth * 2 - 2,
                         (int)name_width - (int)r->depth * 2 - 2, name);
                add_right(b, 7, cpu);
                add_time(b, t->cpu_nsec);
                buf_add_char(b, '\n');
        }
        return n;
}

static double add_known(double sum, double n) {
        return n < 0 ? sum : sum + n;
}

static void add_head(Buf *b, const TopLook *l, const TopView *v, unsigned name_width) {
        double cpu = 0, memory = 0, tasks = 0;
        unsigned n = 0;

        for (size_t i = 0; i < l->n; i++) {
                const TopRow *r = l->rows + i;

                if (is_slice(r))
                        continue; /* a sum of others */
                n++;
                cpu = add_known(cpu, r->cpu);
                memory = add_known(memory, known(r->memory));
                tasks = add_known(tasks, known(r->tasks));
        }
        buf_addf(b, "%u unit%s, %.0f tasks, CPU %.1f%%, %s ", n, n == 1 ? "" : "s", tasks, cpu,
                 v->sum ? "PSS" : "memory");
        add_size(b, 0, memory);
        buf_addf(b, ", by %s%s\n\n%s%-*s%7s%9s%8s%6s%6s%8s%8s%s\n", top_sort_to_string(v->sort),
                 v->reverse ? ", least first" : "", v->color ? "\033[7m" : "", (int)name_width, "UNIT",
                 "CPU%", "TIME", v->sum ? "PSS" : "MEMORY", "MAX", "TASKS", "READ/S", "WRITE/S",
                 v->color ? "\033[0m" : "");
}

void top_draw(const TopLook *l, const TopView *v, Buf *b) {
        unsigned name_width = MAX(v->width, FIGURES_WIDTH + NAME_MIN) - FIGURES_WIDTH;
        size_t left = v->height == 0 ? SIZE_MAX : v->height > 3 ? v->height - 3 : 0;

        add_head(b, l, v, name_width);
        for (size_t i = 0; i < l->n && left > 0; i++) {
                add_row(b, l->rows + i, name_width);
                left--;
                if (v->threads)
                        left -= add_threads(b, l, l->rows + i, name_width, left);
        }
}

static void add_number(Buf *b, const char *key, uint64_t n) {
        if (n == UINT64_MAX)
                buf_addf(b, ",\"%s\":null", key);
        else
                buf_addf(b, ",\"%s\":%" PRIu64, key, n);
}

static void add_rate(Buf *b, const char *key, double n) {
        if (n < 0)
                buf_addf(b, ",\"%s\":null", key);
        else
                buf_addf(b, ",\"%s\":%.1f", key, n);
}

static void add_threads_json(const TopLook *l, const TopRow *r, Buf *b) {
        const TopThread **threads auto_free = threads_of(l, r);

        buf_add(b, ",\"threads\":[");
        for (size_t i = 0; threads && threads[i]; i++) {
                buf_addf(b, "%s{\"tid\":%u,\"pid\":%u", i > 0 ? "," : "", threads[i]->tid, threads[i]->pid);
                json_add_member(b, "name", threads[i]->comm);
                add_rate(b, "cpuPercent", threads[i]->cpu);
                add_number(b, "cpuNSec", threads[i]->cpu_nsec);
                buf_add_char(b, '}');
        }
        buf_add_char(b, ']');
}

void top_json(const TopLook *l, const TopView *v, Buf *b) {
        buf_addf(b, "{\"monotonicUSec\":%" PRIu64 ",\"units\":[", l->time);
        for (size_t i = 0; i < l->n; i++) {
                const TopRow *r = l->rows + i;

                buf_add(b, i > 0 ? ",{" : "{");
                json_add_member(b, "unit", r->name);
                json_add_member(b, "slice", r->slice);
                json_add_member(b, "active", r->active);
                add_rate(b, "cpuPercent", r->cpu);
                add_number(b, "cpuNSec", r->cpu_nsec);
                add_number(b, v->sum ? "pss" : "memory", r->memory);
                add_number(b, "memoryMax", r->memory_max);
                add_number(b, "tasks", r->tasks);
                add_number(b, "tasksMax", r->tasks_max);
                add_number(b, "ioReadBytes", r->io_read);
                add_number(b, "ioWriteBytes", r->io_written);
                add_rate(b, "ioReadPerSec", r->read_rate);
                add_rate(b, "ioWritePerSec", r->write_rate);
                if (v->threads)
                        add_threads_json(l, r, b);
                buf_add_char(b, '}');
        }
        buf_add(b, "]}\n");
}
