/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * svctl top: the figures of two looks at all units, and what there is to see
 * of them. top.c looks and talks to the terminal; top-processes.c adds what
 * only /proc knows; top-view.c sorts and draws, and knows none of these.
 */

#include "ctl/core/ctl.h"

typedef struct TopRow {              /* UINT64_MAX: unknown */
        char *name, *slice, *active; /* owned */
        uint64_t memory, memory_max, tasks, tasks_max, cpu_nsec, io_read, io_written;
        double cpu, read_rate, write_rate; /* percent of one CPU, bytes a second; below 0: unknown */
        unsigned depth;                    /* in the tree */
} TopRow;

typedef struct TopThread {
        uint32_t pid, tid;
        uint64_t cpu_nsec;
        double cpu;     /* as that of a row */
        char comm[16];  /* printable */
        char unit[256]; /* a key to rows, not to be shown */
} TopThread;

typedef struct TopLook {
        usec_t time; /* svinit's, monotonic */
        TopRow *rows;
        size_t n, capacity;
        TopThread *threads; /* owned; by tid */
        size_t n_threads, thread_capacity;
} TopLook;

typedef enum TopSort {
        TOP_BY_CPU,
        TOP_BY_MEMORY,
        TOP_BY_TASKS,
        TOP_BY_IO,
        TOP_BY_NAME,
        TOP_SORT_MAX,
} TopSort;
const char *top_sort_to_string(TopSort s); /* its first letter is the key for it */

typedef struct TopView {
        TopSort sort;
        bool reverse, tree, slices; /* slices: in the flat list too */
        bool threads, sum;          /* threads below their units; memory is the sum of the processes' PSS */
        unsigned width, height;     /* height 0: no end */
        bool color;
} TopView;

void top_look_release(TopLook *l);
void top_rates(TopLook *now, const TopLook *before); /* fills in the rates */
void top_sort(TopLook *l, const TopView *v);         /* or makes the tree; leaves out what is not shown */
int top_read_processes(Ctl *c, const TopView *v, TopLook *l); /* what v->threads and v->sum want; -ENOMEM */
void top_draw(const TopLook *l, const TopView *v, Buf *b);
void top_json(const TopLook *l, const TopView *v, Buf *b); /* one line */
