/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/core/table.h"
#include "ctl/core/glyphs.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Columns stay at least so wide: those that shrink first, and all. */
#define SHRUNK_WIDTH 8
#define LEAST_WIDTH 4

static size_t n_columns(const Table *t) {
        size_t n = 0;

        while (t->columns[n].title)
                n++;
        return n;
}

static Cell *next_cell(Table *t) {
        if (t->n == 0 || t->next == n_columns(t)) {
                if (array_reserve(&t->rows, &t->capacity, t->n + 1, sizeof(*t->rows)) < 0) {
                        t->error = -ENOMEM;
                        return NULL;
                }
                t->rows[t->n++] = (TableRow){ 0 };
                t->next = 0;
        }
        return &t->rows[t->n - 1].cells[t->next++];
}

void table_add(Table *t, const char *text) {
        Cell *cell = next_cell(t);
        Buf b auto_buf = { 0 };

        if (!cell)
                return;
        cell->text = strdup(text ?: "-");
        if (text)
                json_add_string(&b, text);
        if (!cell->text || (text && buf_take(&b, &cell->json) < 0))
                t->error = -ENOMEM;
}

void table_add_number(Table *t, const char *text, uint64_t n) {
        Cell *cell = next_cell(t);

        if (!cell)
                return;
        cell->text = strdup(text ?: "-");
        if (!cell->text || (text && str_printf(&cell->json, "%" PRIu64, n) < 0))
                t->error = -ENOMEM;
}

void table_color(Table *t, const char *color) {
        if (t->n > 0 && t->next > 0)
                t->rows[t->n - 1].cells[t->next - 1].color = color;
}

void table_dot(Table *t, const char *color) {
        if (t->n > 0)
                t->rows[t->n - 1].dot = color;
}

void table_end_group(Table *t) {
        if (t->n > 0)
                t->rows[t->n - 1].ends_group = true;
}

void table_sort(Table *t, int (*compare)(const void *, const void *)) {
        if (t->n > 0)
                qsort(t->rows, t->n, sizeof(*t->rows), compare);
}

/* The widest of those that may be cut comes down to the next, until it is enough or all are at their least. */
static size_t cut_widest(const Table *t, size_t *widths, size_t excess, bool all, size_t least) {
        while (excess > 0) {
                size_t n = n_columns(t), widest = n, next = least;

                for (size_t i = 0; i < n; i++) /* of equals the last */
                        if (!t->columns[i].hidden && (all || t->columns[i].shrinks) &&
                            (widest == n || widths[i] >= widths[widest]))
                                widest = i;
                if (widest == n || widths[widest] <= least)
                        break;
                for (size_t i = 0; i < n; i++)
                        if (!t->columns[i].hidden && (all || t->columns[i].shrinks) &&
                            widths[i] < widths[widest])
                                next = MAX(next, widths[i]);
                next = MAX(next, widths[widest] - MIN(excess, widths[widest] - least));
                next = MIN(next, widths[widest] - 1);
                excess -= widths[widest] - next;
                widths[widest] = next;
        }
        return excess;
}

static void measure(const Table *t, const Ctl *c, size_t *widths) {
        size_t n = n_columns(t), total = t->marks && !c->plain ? 2 : 0, limit = screen_line(c);

        for (size_t i = 0; i < n; i++) {
                widths[i] = c->no_legend ? 0 : strlen(t->columns[i].title);
                for (size_t k = 0; k < t->n; k++)
                        widths[i] = MAX(widths[i], text_width(t->rows[k].cells[i].text));
                total += t->columns[i].hidden ? 0 : widths[i] + 1;
        }
        if (total > limit + 1) {
                size_t excess = cut_widest(t, widths, total - limit - 1, false, SHRUNK_WIDTH);

                (void)cut_widest(t, widths, excess, true, LEAST_WIDTH);
        }
}

/* Cells of the last column need no blanks behind them, unless a line is drawn below. */
static void add_cell(Buf *b, const Column *column, const char *text, size_t width, bool last) {
        Buf cut auto_buf = { 0 };
        size_t own;

        text_cut(text, width, &cut);
        own = cut.data ? text_width(cut.data) : 0;
        if (column->number)
                buf_addf(b, "%*s", (int)(own < width ? width - own : 0), "");
        buf_add(b, cut.data ? cut.data : "");
        if (!column->number && !last)
                buf_addf(b, "%*s", (int)(own < width ? width - own : 0), "");
}

/* row NULL: the heading */
static void print_row(const Table *t, const Ctl *c, const TableRow *row, const size_t *widths) {
        size_t n = n_columns(t), last = 0;
        const char *line = !row || row->ends_group ? COLOR_LINE(c) : "";
        Buf b auto_buf = { 0 };

        for (size_t i = 0; i < n; i++)
                last = t->columns[i].hidden ? last : i;
        buf_add(&b, line);
        if (t->marks && !c->plain) {
                const char *dot = row && row->dot ? row->dot : "";

                buf_addf(&b, "%s%s%s%s ", dot, row && row->dot ? ctl_glyphs()->full : " ",
                         *dot ? COLOR_END(c) : "", *dot ? line : "");
        }
        for (size_t i = 0; i < n; i++) {
                const char *color = row && row->cells[i].color ? row->cells[i].color : "";

                if (t->columns[i].hidden)
                        continue;
                buf_addf(&b, "%s%s", color, *color && *line ? COLOR(c, "4") : "");
                add_cell(&b, t->columns + i, row ? row->cells[i].text : t->columns[i].title, widths[i],
                         i == last && !*line);
                buf_addf(&b, "%s%s%s", *color ? COLOR_END(c) : "", *color ? line : "", i == last ? "" : " ");
        }
        buf_add(&b, *line ? COLOR_END(c) : "");
        puts(b.data ? b.data : "");
}

static void print_names(const Table *t) {
        size_t column = 0;

        for (size_t i = 0; i < n_columns(t); i++)
                column = t->columns[i].names ? i : column;
        for (size_t k = 0; k < t->n; k++)
                puts(t->rows[k].cells[column].text);
}

static void print_json(const Table *t) {
        fputs("[", stdout);
        for (size_t k = 0; k < t->n; k++) {
                const char *comma = "";

                fputs(k > 0 ? ",{" : "{", stdout);
                for (size_t i = 0; i < n_columns(t); i++) {
                        if (t->columns[i].hidden)
                                continue;
                        printf("%s\"%s\":%s", comma, t->columns[i].key, t->rows[k].cells[i].json ?: "null");
                        comma = ",";
                }
                fputs("}", stdout);
        }
        puts("]");
}

static void release(Table *t) {
        for (size_t k = 0; k < t->n; k++)
                for (size_t i = 0; i < n_columns(t); i++) {
                        free(t->rows[k].cells[i].text);
                        free(t->rows[k].cells[i].json);
                }
        free(t->rows);
        *t = (Table){ .columns = t->columns };
}

int table_print(Table *t, const Ctl *c) {
        size_t widths[ELEMENTSOF(t->rows->cells)];
        int code = CTL_OK;

        if (t->error < 0) {
                code = ctl_print_error("%s", strerror(-t->error));
        } else if (c->format >= FORMAT_JSON) {
                print_json(t);
        } else if (c->format == FORMAT_CAT) {
                print_names(t);
        } else {
                measure(t, c, widths);
                if (!c->no_legend)
                        print_row(t, c, NULL, widths);
                for (size_t k = 0; k < t->n; k++)
                        print_row(t, c, t->rows + k, widths);
        }
        release(t);
        return code;
}
