/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cgroup/leftover.h"

#include "cgroup/internal.h"
#include "host/proc-file.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#define KERNEL_THREAD 0x00200000U /* PF_KTHREAD in the flags of /proc/PID/stat */

typedef struct Process {
        char state;
        int terminal;
        unsigned flags;
} Process;

static int process_read(pid_t pid, Process *ret) {
        char text[512], *p;
        int r = proc_read_of(pid, "stat", text, sizeof(text));

        if (r < 0)
                return r;
        p = strrchr(text, ')'); /* the name in front may hold anything */
        if (!p || sscanf(p + 1, " %c %*d %*d %*d %d %*d %u", &ret->state, &ret->terminal, &ret->flags) != 3)
                return -EBADMSG;
        return 0;
}

/* 1: it counts, and was told. */
static int signal_one(pid_t pid, int signal, pid_t spared) {
        Process p;

        if (pid == spared || pid == getpid() || pid <= 1 || process_read(pid, &p) < 0)
                return 0;
        if (p.state == 'Z' || p.state == 'X' || (p.flags & KERNEL_THREAD))
                return 0;
        if (signal > 0)
                (void)kill(pid, signal);
        if (signal == SIGTERM) {
                if (p.terminal != 0)
                        (void)kill(pid, SIGHUP);
                (void)kill(pid, SIGCONT);
        }
        return 1;
}

static int signal_namespace(int signal, pid_t spared) {
        DIR *d = opendir("/proc");
        struct dirent *e;
        int n = 0, pid;

        if (!d)
                return -errno;
        while ((e = readdir(d)))
                if (e->d_name[0] >= '1' && e->d_name[0] <= '9' && parse_int(e->d_name, &pid) >= 0)
                        n += signal_one((pid_t)pid, signal, spared);
        closedir(d);
        return n;
}

int leftovers_signal(int signal, pid_t spared) {
        PidList l = { 0 };
        int n = 0, r;

        if (getpid() == 1)
                return signal_namespace(signal, spared);
        r = process_tree_add(getpid(), &l);
        for (size_t i = 0; i < l.n; i++)
                n += signal_one(l.pids[i], signal, spared);
        pid_list_release(&l);
        return r < 0 ? r : n;
}
