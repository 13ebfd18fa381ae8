/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The time in which nothing but the command is there: it has been started, and
 * nobody has asked for more. Signals that are the command's reach it, orphans
 * are reaped, and all that needs a decision brings up the manager: a signal
 * that means svinit, a client, a notification, an end that is no success.
 * What is left unread here the manager finds.
 *
 * Where the manager cannot be had (no memory, no library), this goes on and
 * decides as simply as it can: every signal is the command's, and so is the
 * exit code.
 */

#include "cgroup/leftover.h"
#include "manager/manager-internal.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct Alone {
        Manager *manager;
        pid_t pid; /* of the command */
        bool last_resort;
        int code; /* svinit's; -1: not decided */
} Alone;

static int open_signals(const sigset_t *set, int *ret) {
        int fd = signalfd(-1, set, SFD_CLOEXEC | SFD_NONBLOCK);

        if (fd < 0)
                return -errno;
        *ret = fd;
        return 0;
}

static void forward(const Alone *a, int signo) {
        if (signo == SIGCONT && shell_job_continue(a->manager))
                return;
        (void)kill(a->manager->internal->options.signal_group ? -a->pid : a->pid, signo);
}

/* As PID 1 we take everybody along when we go. */
static bool nobody_is_left(const Alone *a) {
        return a->manager->host.pid1 || leftovers_signal(0, a->pid) == 0;
}

/* True: it is decided, or it is the manager's to decide. */
static bool command_ended(Alone *a, siginfo_t *si) {
        bool well = si->si_code == CLD_EXITED && si->si_status == 0;

        if (!a->last_resort && !(well && nobody_is_left(a)))
                return true; /* not waited for: the manager's reaper will */
        if (a->last_resort && !a->manager->host.pid1)
                (void)leftovers_signal(SIGKILL, a->pid);
        a->code = si->si_code == CLD_EXITED ? si->si_status : 128 + si->si_status;
        (void)waitid(P_PID, (id_t)si->si_pid, si, WEXITED | WNOHANG);
        return true;
}

static bool reap(Alone *a) {
        for (;;) {
                siginfo_t si = { 0 };

                if (waitid(P_ALL, 0, &si, WEXITED | WNOHANG | WNOWAIT) < 0 || si.si_pid == 0)
                        return false;
                if (si.si_pid == a->pid)
                        return command_ended(a, &si);
                (void)waitid(P_PID, (id_t)si.si_pid, &si, WEXITED | WNOHANG);
        }
}

static bool take_signal(Alone *a, int fd) {
        struct signalfd_siginfo si;

        if (read(fd, &si, sizeof(si)) != sizeof(si))
                return false;
        if (si.ssi_signo == SIGCHLD) {
                shell_job_check(a->manager);
                return reap(a);
        }
        forward(a, (int)si.ssi_signo);
        return false;
}

static void wait_for_it(Alone *a, int own_fd, int other_fd, int client_fd) {
        struct pollfd fds[] = { { .fd = other_fd, .events = POLLIN },
                                { .fd = own_fd, .events = POLLIN },
                                { .fd = a->last_resort ? -1 : client_fd, .events = POLLIN },
                                { .fd = a->last_resort ? -1 : a->manager->internal->notify_fd,
                                  .events = POLLIN } };
        bool done = reap(a); /* it may have been quick */

        while (!done) {
                if (poll(fds, ELEMENTSOF(fds), -1) < 0)
                        continue;
                if (fds[0].revents)
                        done = take_signal(a, other_fd);
                for (size_t i = 1; i < ELEMENTSOF(fds); i++)
                        done = done || fds[i].revents;
        }
}

int manager_wait_alone(Manager *m, int client_fd, bool last_resort) {
        Alone a = { .manager = m, .pid = command_pid(m), .last_resort = last_resort, .code = -1 };
        int own_fd auto_fd = -1, other_fd auto_fd = -1;
        sigset_t own, others;

        manager_signal_sets(m, &own, &others);
        if (last_resort)
                sigorset(&others, &own, &others);
        sigaddset(&others, SIGCHLD);
        if ((!last_resort && open_signals(&own, &own_fd) < 0) || open_signals(&others, &other_fd) < 0)
                return -1;
        wait_for_it(&a, own_fd, other_fd, client_fd);
        return a.code;
}
