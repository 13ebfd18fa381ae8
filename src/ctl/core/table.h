/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Tables as the list verbs print them: a heading, columns as wide as what is
 * in them, on a terminal cut to its width; or with -o json a list of objects,
 * with -o cat the texts of one column.
 *
 * Where the terminal is too narrow the widest columns are cut first, at first
 * those that can do without, then all.
 *
 *      static const Column columns[] = { { "UNIT", "unit" }, { "LEFT", "left", .number = true }, { 0 } };
 *      Table t = { .columns = columns };
 *
 *      table_add(&t, name);            cells from left to right, row after row
 *      table_add_number(&t, text, n);
 *      table_print(&t, c);             once; also gives the memory back
 *
 * Memory that cannot be had is remembered and said by table_print().
 */

#include "ctl/core/ctl.h"

typedef struct Column {
        const char *title;
        const char *key; /* in JSON */
        bool number;     /* aligned to the right */
        bool shrinks;    /* is cut before the others */
        bool names;      /* the column of -o cat; else the first */
        bool hidden;     /* left out, with all its cells */
} Column;

typedef struct Cell {
        char *text, *json; /* owned; json NULL: null */
        const char *color; /* an escape sequence, borrowed; NULL: none */
} Cell;

typedef struct TableRow {
        const char *dot; /* the colour of a dot in front; NULL: no dot */
        bool ends_group; /* a line below it, where there are colours */
        Cell cells[12];
} TableRow;

typedef struct Table {
        const Column *columns; /* ended by one without a title; borrowed */
        bool marks;            /* room for a dot in front of each row */
        TableRow *rows;
        size_t n, capacity, next; /* next: cells that the last row has */
        int error;
} Table;

void table_add(Table *t, const char *text);                    /* NULL: "-", and null in JSON */
void table_add_number(Table *t, const char *text, uint64_t n); /* the number as JSON has it */
void table_color(Table *t, const char *color);                 /* of the cell that was added last */
void table_dot(Table *t, const char *color);                   /* in front of the last row; NULL: none */
void table_end_group(Table *t);                                /* with the last row */
void table_sort(Table *t, int (*compare)(const void *, const void *)); /* of TableRow */
int table_print(Table *t, const Ctl *c);                               /* exit code */
