/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What svctl top reads of processes itself, where it is asked to: their threads, and their share of memory. */

#include "ctl/show/status.h"
#include "ctl/show/top.h"
#include "host/proc-file.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* UINT64_MAX: it is another user's, or has ended. */
static uint64_t read_pss(pid_t pid) {
        char text[2048];
        const char *line;
        uint64_t kib;

        if (proc_read_of(pid, "smaps_rollup", text, sizeof(text)) < 0 || !(line = strstr(text, "\nPss:")) ||
            sscanf(line, "\nPss: %" SCNu64 " kB", &kib) != 1)
                return UINT64_MAX;
        return kib * 1024;
}

/* Name, and user and system time as the 14th and 15th word, of "tid (name) S 1 2 ...". */
static bool read_thread(pid_t pid, pid_t tid, TopThread *ret) {
        char file[32], text[1024], *open, *close;
        unsigned long user, system;
        Buf name auto_buf = { 0 };

        (void)snprintf(file, sizeof(file), "task/%d/stat", (int)tid);
        if (proc_read_of(pid, file, text, sizeof(text)) < 0 || !(open = strchr(text, '(')) ||
            !(close = strrchr(text, ')')) || close < open ||
            sscanf(close + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system) != 2)
                return false;
        *close = 0;
        add_printable(open + 1, &name);
        *ret = (TopThread){ .pid = (uint32_t)pid, .tid = (uint32_t)tid, .cpu = -1 };
        ret->cpu_nsec = (user + system) * (USEC_PER_SEC * NSEC_PER_USEC / (uint64_t)sysconf(_SC_CLK_TCK));
        (void)snprintf(ret->comm, sizeof(ret->comm), "%s", name.data ?: "");
        return true;
}

static int read_threads(TopLook *l, const char *unit, pid_t pid) {
        char path[32];
        struct dirent *d;
        int r = 0;
        DIR *dir;

        (void)snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
        dir = opendir(path);
        while (dir && r >= 0 && (d = readdir(dir))) {
                unsigned tid;
                TopThread t;

                if (parse_unsigned(d->d_name, &tid) < 0 || !read_thread(pid, (pid_t)tid, &t))
                        continue;
                r = array_reserve(&l->threads, &l->thread_capacity, l->n_threads + 1, sizeof(t));
                (void)snprintf(t.unit, sizeof(t.unit), "%s", unit);
                if (r >= 0)
                        l->threads[l->n_threads++] = t;
        }
        if (dir)
                closedir(dir);
        return r;
}

static int read_unit(Ctl *c, const TopView *v, TopLook *l, TopRow *r) {
        UnitProcesses p = { 0 };
        uint64_t sum = 0;
        bool known = false;
        int result = status_read_processes(c, r->name, "/", &p);

        for (size_t i = 0; i < p.n && result >= 0; i++) {
                uint64_t pss = v->sum ? read_pss((pid_t)p.v[i].pid) : UINT64_MAX;

                if (pss != UINT64_MAX) {
                        known = true;
                        sum += pss;
                }
                if (v->threads && !str_ends_with(r->name, ".slice"))
                        result = read_threads(l, r->name, (pid_t)p.v[i].pid);
        }
        if (v->sum) {
                r->memory = known || p.n == 0 ? sum : UINT64_MAX;
                r->memory_max = UINT64_MAX; /* is a limit of something else */
        }
        unit_processes_release(&p);
        return result == -ENOMEM ? result : 0; /* a unit may have gone meanwhile */
}

static int compare(const void *a, const void *b) {
        const TopThread *x = a, *y = b;

        return x->tid < y->tid ? -1 : x->tid > y->tid;
}

int top_read_processes(Ctl *c, const TopView *v, TopLook *l) {
        int r = 0;

        for (size_t i = 0; (v->threads || v->sum) && i < l->n && r >= 0; i++)
                r = read_unit(c, v, l, l->rows + i);
        if (l->n_threads > 0)
                qsort(l->threads, l->n_threads, sizeof(*l->threads), compare);
        return r;
}
