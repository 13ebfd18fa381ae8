/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/core/table.h"
#include "ctl/core/glyphs.h"

#include <errno.h>
#include <inttypes.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

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

void table_mark(Table *t, const char *color, bool marked) {
        if (t->n == 0)
                return;
        t->rows[t->n - 1].color = str_is_empty(color) ? NULL : color;
        t->rows[t->n - 1].marked = marked;
}

void table_sort(Table *t, int (*compare)(const void *, const void *)) {
        if (t->n > 0)
                qsort(t->rows, t->n, sizeof(*t->rows), compare);
}

/* Columns that a text takes on a terminal; bytes that are no character count as one each. */
static size_t text_width(const char *s) {
        mbstate_t state = { 0 };
        size_t width = 0;

        while (*s) {
                wchar_t wc;
                size_t n = mbrtowc(&wc, s, strlen(s), &state);

                if (n == (size_t)-1 || n == (size_t)-2) {
                        state = (mbstate_t){ 0 };
                        n = 1;
                        width++;
                } else {
                        width += MAX(wcwidth(wc), 0);
                }
                s += MAX(n, 1u);
        }
        return width;
}

/* As many bytes as fit into so many columns. */
static size_t bytes_within(const char *s, size_t columns) {
        size_t n = 0, next = 1;

        for (; s[n]; n = next) {
                char part[1024];

                next = n + 1;
                while (((unsigned char)s[next] & 0xc0) == 0x80)
                        next++;
                if (next >= sizeof(part))
                        break;
                memcpy(part, s, next);
                part[next] = 0;
                if (text_width(part) > columns)
                        break;
        }
        return n;
}

/* Where a terminal is, its width; else lines are whole. */
static size_t line_width(const Ctl *c) {
        const char *s = getenv("COLUMNS");
        struct winsize w;
        unsigned n;

        if (c->full || !isatty(STDOUT_FILENO))
                return SIZE_MAX / 2;
        if (s && parse_unsigned(s, &n) >= 0 && n > 0)
                return n;
        return ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) >= 0 && w.ws_col > 0 ? w.ws_col : 80;
}

static void measure(const Table *t, const Ctl *c, size_t *widths) {
        size_t n = n_columns(t), total = t->marks && !c->plain ? 2 : 0, limit = line_width(c);

        for (size_t i = 0; i < n; i++) {
                widths[i] = c->no_legend ? 0 : strlen(t->columns[i].title);
                for (size_t k = 0; k < t->n; k++)
                        widths[i] = MAX(widths[i], text_width(t->rows[k].cells[i].text));
                total += t->columns[i].hidden ? 0 : widths[i] + 1;
        }
        for (size_t i = n; i-- > 0 && total > limit + 1;) {
                size_t cut = total - limit - 1, least = MAX(strlen(t->columns[i].title), 8u);

                if (!t->columns[i].shrinks || t->columns[i].hidden || widths[i] <= least)
                        continue;
                cut = MIN(cut, widths[i] - least);
                widths[i] -= cut;
                total -= cut;
        }
}

static void print_cell(const Column *column, const char *text, size_t width, bool last) {
        size_t own = text_width(text), pad = own < width ? width - own : 0;

        if (column->number)
                printf("%*s", (int)pad, "");
        if (own > width)
                printf("%.*s%s", (int)bytes_within(text, width - 1), text,
                       ctl_glyphs()->ellipsis[0] == '.' ? ">" : ctl_glyphs()->ellipsis);
        else
                fputs(text, stdout);
        if (!last)
                printf("%*s", (int)(column->number ? 1 : pad + 1), "");
}

static void print_row(const Table *t, const Ctl *c, const TableRow *row, const size_t *widths) {
        size_t n = n_columns(t), last = 0;
        const char *color = row && c->color ? row->color : NULL;

        for (size_t i = 0; i < n; i++)
                last = t->columns[i].hidden ? last : i;
        if (t->marks && !c->plain)
                printf("%s%s%s ", color ?: "", !row || !row->marked ? " " : ctl_glyphs()->full,
                       color ? COLOR_END(c) : "");
        if (color)
                fputs(color, stdout);
        for (size_t i = 0; i < n; i++)
                if (!t->columns[i].hidden)
                        print_cell(t->columns + i, row ? row->cells[i].text : t->columns[i].title, widths[i],
                                   i == last);
        puts(color ? COLOR_END(c) : "");
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

static bool wants_json(const Ctl *c) {
        return str_equal(c->output, "json") || str_equal(c->output, "json-pretty");
}

int table_print(Table *t, const Ctl *c) {
        size_t widths[ELEMENTSOF(t->rows->cells)];
        int code = CTL_OK;

        setlocale(LC_CTYPE, "");
        if (t->error < 0) {
                code = ctl_print_error("%s", strerror(-t->error));
        } else if (wants_json(c)) {
                print_json(t);
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
