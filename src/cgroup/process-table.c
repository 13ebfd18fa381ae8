/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * All processes at once, for answers about many groups without cgroups: to ask each thread of each process for its
 * children is dearer than to read once of everybody who the parent is, which has to be read for the CPU time anyway.
 */

#include "cgroup/internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Beside those, where the processes of others are seen as well, groups are asked one by one. */
#define PROCESSES_MAX 64
#define PROCESSES_PER_GROUP 8

struct ProcessTable {
        ProcessLine *v;        /* by pid */
        ProcessLine *children; /* the same by parent */
        size_t n, capacity;
};

static int compare_pids(const void *a, const void *b) {
        const ProcessLine *x = a, *y = b;

        return x->pid < y->pid ? -1 : x->pid > y->pid;
}

static int compare_parents(const void *a, const void *b) {
        const ProcessLine *x = a, *y = b;

        return x->parent < y->parent ? -1 : x->parent > y->parent ? 1 : compare_pids(a, b);
}

static void table_free(ProcessTable *t) {
        if (!t)
                return;
        free(t->v);
        free(t->children);
        free(t);
}

/* Whoever has gone meanwhile is left out. */
static int read_lines(const PidList *l, ProcessTable *t) {
        for (size_t i = 0; i < l->n; i++) {
                if (array_reserve(&t->v, &t->capacity, t->n + 1, sizeof(*t->v)) < 0)
                        return -ENOMEM;
                if (process_read_line(l->pids[i], t->v + t->n))
                        t->n++;
        }
        t->children = calloc(t->n + 1, sizeof(*t->children));
        if (!t->children)
                return -ENOMEM;
        if (t->n == 0)
                return 0;
        memcpy(t->children, t->v, t->n * sizeof(*t->v));
        qsort(t->v, t->n, sizeof(*t->v), compare_pids);
        qsort(t->children, t->n, sizeof(*t->v), compare_parents);
        return 0;
}

void groups_begin_look(Groups *gs) {
        size_t most = PROCESSES_MAX + PROCESSES_PER_GROUP * (size_t)HASH_CNT(hh_path, gs->by_path);
        ProcessTable *t = NULL;
        PidList l = { 0 };

        if (gs->tracking == HIERARCHY_NONE && process_list_all(&l) >= 0 && l.n <= most)
                t = calloc(1, sizeof(*t));
        if (t && read_lines(&l, t) < 0) {
                table_free(t);
                t = NULL;
        }
        pid_list_release(&l);
        gs->processes = t;
}

void groups_end_look(Groups *gs) {
        table_free(gs->processes);
        gs->processes = NULL;
}

bool process_line(const ProcessTable *t, pid_t pid, ProcessLine *ret) {
        const ProcessLine *found;

        if (!t)
                return process_read_line(pid, ret);
        found = t->n == 0 ? NULL
                          : bsearch(&(ProcessLine){ .pid = pid }, t->v, t->n, sizeof(*t->v), compare_pids);
        if (found)
                *ret = *found;
        return found;
}

static int add_children(const ProcessTable *t, pid_t parent, PidList *l) {
        size_t low = 0, high = t->n;
        int r = 0;

        while (low < high) {
                size_t middle = low + (high - low) / 2;

                if (t->children[middle].parent < parent)
                        low = middle + 1;
                else
                        high = middle;
        }
        for (; r >= 0 && low < t->n && t->children[low].parent == parent; low++)
                r = pid_list_add(l, t->children[low].pid);
        return r;
}

/* A pid may have been given anew while they were read: a circle must have an end. */
int process_table_add_tree(const ProcessTable *t, pid_t root, PidList *l) {
        size_t next = l->n, most = l->n + t->n;
        int r = add_children(t, root, l);

        for (; r >= 0 && next < l->n && l->n <= most; next++)
                r = add_children(t, l->pids[next], l);
        return r;
}
