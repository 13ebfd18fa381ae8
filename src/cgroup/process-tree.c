/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Lists of pids, and the descendants of a process by /proc. Children hang on
 * the thread that made them, so every thread is asked. Kernels without the
 * `children` files (CONFIG_PROC_CHILDREN) are asked for every process's parent.
 */

#include "cgroup/internal.h"
#include "host/proc-file.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>

void pid_list_release(PidList *l) {
        free(l->pids);
        *l = (PidList){ 0 };
}

int pid_list_add(PidList *l, pid_t pid) {
        int r = array_reserve(&l->pids, &l->capacity, l->n + 1, sizeof(pid_t));

        if (r < 0)
                return r;
        l->pids[l->n++] = pid;
        return 0;
}

static int compare_pids(const void *a, const void *b) {
        pid_t x = *(const pid_t *)a, y = *(const pid_t *)b;

        return x < y ? -1 : x > y;
}

void pid_list_sort(PidList *l) {
        size_t n = 0;

        if (l->n == 0)
                return;
        qsort(l->pids, l->n, sizeof(pid_t), compare_pids);
        for (size_t i = 1; i < l->n; i++)
                if (l->pids[i] != l->pids[n])
                        l->pids[++n] = l->pids[i];
        l->n = n + 1;
}

/* The number that a directory entry of /proc is, 0 for other entries. */
static pid_t entry_pid(const struct dirent *e) {
        int pid;

        return e->d_name[0] >= '1' && e->d_name[0] <= '9' && parse_int(e->d_name, &pid) >= 0 ? (pid_t)pid : 0;
}

static int add_numbers(const char *text, PidList *l) {
        for (char *end; *text; text = end) {
                long pid = strtol(text, &end, 10);
                int r;

                if (end == text)
                        return 0;
                r = pid_list_add(l, (pid_t)pid);
                if (r < 0)
                        return r;
        }
        return 0;
}

/* A long list of children comes in several reads, and a number may be cut in two: so all of it at once. */
static int add_children_of_thread(pid_t pid, pid_t thread, PidList *l) {
        char path[64];
        Buf text auto_buf = { 0 };
        char part[4096];
        size_t n;
        FILE *f;

        (void)snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)pid, (int)thread);
        f = fopen(path, "re");
        if (!f)
                return -errno;
        while ((n = fread(part, 1, sizeof(part), f)) > 0)
                buf_add_n(&text, part, n);
        (void)fclose(f);
        if (text.error < 0)
                return text.error;
        return text.data ? add_numbers(text.data, l) : 0;
}

/* -EOPNOTSUPP: the kernel has no such files. A process that went away meanwhile has no children. */
static int add_children(pid_t pid, PidList *l) {
        char path[64];
        struct dirent *e;
        int r = 0;
        DIR *d;

        (void)snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
        d = opendir(path);
        if (!d)
                return 0;
        while (r >= 0 && (e = readdir(d))) {
                pid_t thread = entry_pid(e);

                if (thread == 0)
                        continue;
                r = add_children_of_thread(pid, thread, l);
                if (r == -ENOENT && thread == pid)
                        r = process_parent(pid) == 0 ? 0 : -EOPNOTSUPP;
                else if (r == -ENOENT || r == -ESRCH)
                        r = 0;
        }
        closedir(d);
        return r;
}

int process_list_all(PidList *l) {
        DIR *d = opendir("/proc");
        struct dirent *e;
        int r = 0;

        if (!d)
                return -errno;
        while (r >= 0 && (e = readdir(d))) {
                pid_t pid = entry_pid(e);

                if (pid > 0)
                        r = pid_list_add(l, pid);
        }
        closedir(d);
        return r;
}

typedef struct Kin {
        pid_t pid, parent;
} Kin;

static int read_all_kin(Kin **ret, size_t *ret_n) {
        PidList l = { 0 };
        Kin *kin = NULL;
        int r = process_list_all(&l);

        if (r >= 0 && !(kin = calloc(l.n + 1, sizeof(Kin))))
                r = -ENOMEM;
        for (size_t i = 0; r >= 0 && i < l.n; i++)
                kin[i] = (Kin){ l.pids[i], process_parent(l.pids[i]) };
        if (r >= 0) {
                *ret = kin;
                *ret_n = l.n;
        }
        pid_list_release(&l);
        return r;
}

/* The list grows while it is walked: each one's children are looked for once. */
static int add_by_parents(pid_t root, PidList *l, size_t from) {
        Kin *kin auto_free = NULL;
        size_t n = 0;
        int r = read_all_kin(&kin, &n);

        if (r < 0)
                return r;
        l->n = from;
        for (size_t next = from;; next++) {
                pid_t parent = next == from ? root : l->pids[next - 1];

                for (size_t i = 0; i < n; i++)
                        if (kin[i].parent == parent) {
                                r = pid_list_add(l, kin[i].pid);
                                if (r < 0)
                                        return r;
                        }
                if (next == l->n)
                        return 0;
        }
}

int process_tree_add(pid_t root, PidList *l) {
        size_t from = l->n;
        int r = add_children(root, l);

        for (size_t next = from; r >= 0 && next < l->n; next++)
                r = add_children(l->pids[next], l);
        return r == -EOPNOTSUPP ? add_by_parents(root, l, from) : r;
}

/* A root that stands still makes no more of them. */
void process_tree_kill(pid_t root) {
        PidList l = { 0 };

        (void)kill(root, SIGSTOP);
        (void)process_tree_add(root, &l);
        for (size_t i = 0; i < l.n; i++)
                (void)kill(l.pids[i], SIGKILL);
        (void)kill(root, SIGKILL);
        pid_list_release(&l);
}
