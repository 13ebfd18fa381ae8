/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Processes that tidy up after a run while PID 1 goes on. The next run may
 * begin meanwhile; each process that could meet one of them waits for it, in
 * its own time, by the pipe that the newest holds open. That one has waited for
 * those before it.
 */

#include "exec/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#define KEPT_FD 3 /* of the tidier: its end of the pipe */

static int at_work = -1; /* our end of the newest pipe */

static bool ends_within(int msec) {
        struct pollfd p = { .fd = at_work, .events = POLLIN };
        int r;

        while ((r = poll(&p, 1, msec)) < 0 && errno == EINTR)
                ;
        return r > 0;
}

/* What PID 1 listens to and holds for others is none of its business. */
static void keep_only(int fd) {
        if (fd != KEPT_FD)
                (void)dup3(fd, KEPT_FD, O_CLOEXEC);
        (void)close_range(KEPT_FD + 1, ~0U, 0);
}

int exec_fork_tidy(void) {
        int fds[2], r;
        pid_t pid;

        if (pipe2(fds, O_CLOEXEC) < 0)
                return -errno;
        pid = fork();
        if (pid == 0) {
                if (at_work >= 0)
                        (void)ends_within(-1);
                keep_only(fds[1]);
                return 0;
        }
        r = pid < 0 ? -errno : pid;
        (void)close(fds[1]);
        if (r < 0) {
                (void)close(fds[0]);
                return r;
        }
        fd_release(&at_work);
        at_work = fds[0];
        return r;
}

void exec_forget_tidy(void) {
        if (at_work >= 0 && ends_within(0))
                fd_release(&at_work);
}

void exec_await_tidy(const ExecPlan *p) {
        const ExecSpec *e = p->exec;

        if (at_work >= 0 && (exec_account_is_wanted(p) || exec_has_directories(e) || exec_uses_terminal(e) ||
                             e->utmp_identifier))
                (void)ends_within(-1);
}
