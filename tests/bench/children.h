/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What `bare` and `bare-sd` share: N children made by vfork and exec, started
 * again when they end, ended by SIGTERM. Reaping asks the kernel who has
 * ended; a child is found by its pid in a table of all pids.
 */

#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define PIDS_MAX 4194304

static unsigned char children_by_pid[PIDS_MAX]; /* only the pages that are touched exist */

typedef struct Children {
        char **argv;
        unsigned n_running;
        bool stopping;
        unsigned char *ours; /* by pid */
} Children;

static inline void children_handler(int signo) {
}

/* Blocked, to be waited for; with a handler, since the kernel drops what a PID 1 leaves at its default. */
static inline void children_signals(sigset_t *ret) {
        sigemptyset(ret);
        sigaddset(ret, SIGCHLD);
        sigaddset(ret, SIGTERM);
        sigprocmask(SIG_BLOCK, ret, NULL);
        (void)signal(SIGTERM, children_handler);
        (void)signal(SIGCHLD, children_handler);
}

static inline bool children_spawn(Children *c) {
        pid_t pid = vfork();

        if (pid == 0) {
                sigset_t none;

                sigemptyset(&none);
                sigprocmask(SIG_SETMASK, &none, NULL);
                execv(c->argv[0], c->argv);
                _exit(127);
        }
        if (pid < 0)
                return false;
        c->ours[pid] = 1;
        c->n_running++;
        return true;
}

static inline bool children_init(Children *c, int argc, char **argv) {
        unsigned n = argc > 2 ? (unsigned)atoi(argv[1]) : 0;

        *c = (Children){ .argv = argv + 2, .ours = children_by_pid };
        if (argc < 3)
                return false;
        for (unsigned i = 0; i < n; i++)
                if (!children_spawn(c))
                        return false;
        return true;
}

static inline void children_stop(Children *c) {
        c->stopping = true;
        for (unsigned pid = 2, left = c->n_running; left > 0 && pid < PIDS_MAX; pid++)
                if (c->ours[pid]) {
                        kill((pid_t)pid, SIGTERM);
                        left--;
                }
}

/* All that have ended; orphans of others as well. True: nothing more to do. */
static inline bool children_reap(Children *c) {
        pid_t pid;

        while ((pid = waitpid(-1, NULL, WNOHANG)) > 0) {
                if (!c->ours[pid])
                        continue;
                c->ours[pid] = 0;
                c->n_running--;
                if (!c->stopping)
                        children_spawn(c);
        }
        return c->stopping && c->n_running == 0;
}
