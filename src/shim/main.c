/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * svinit-shim: keeps the descendants of one service together where no cgroup
 * can be made. svinit forks it, it forks the service and then executes this
 * program, which is a subreaper already (exec/spawn.c). All it does is reap
 * and tell: one ShimRecord on SHIM_SOCKET_FD for each child that ended. It
 * ends with its last child; svinit's death ends it by PR_SET_PDEATHSIG.
 *
 * It is kept small, since there is one for each service: no sd-event, no
 * allocation, nothing open but the socket.
 */

#include "base/shim.h"

#include <errno.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void close_others(void) {
        (void)syscall(SYS_close_range, (unsigned)SHIM_SOCKET_FD + 1, ~0U, 0U);
        for (int fd = 0; fd < SHIM_SOCKET_FD; fd++)
                (void)close(fd);
}

static int left(void) {
        siginfo_t si;

        return waitid(P_ALL, 0, &si, WEXITED | WNOHANG | WNOWAIT) >= 0 || errno != ECHILD;
}

/* svinit may be busy: waiting for room costs us nothing. When it is gone nobody wants the record. */
static void tell(const siginfo_t *si) {
        ShimRecord record = {
                .pid = si->si_pid, .code = si->si_code, .status = si->si_status, .left = left()
        };

        while (send(SHIM_SOCKET_FD, &record, sizeof(record), MSG_NOSIGNAL) < 0 && errno == EINTR)
                continue;
}

int main(void) {
        sigset_t none;

        close_others();
        /* A signal for the whole of a service is not meant for us. Others stay at their default. */
        for (int s = 1; s < NSIG; s++)
                if (s != SIGCHLD)
                        (void)signal(s, SIG_IGN);
        (void)signal(SIGCHLD, SIG_DFL);
        sigemptyset(&none);
        (void)sigprocmask(SIG_SETMASK, &none, NULL);

        for (;;) {
                siginfo_t si = { 0 };

                if (waitid(P_ALL, 0, &si, WEXITED) >= 0)
                        tell(&si);
                else if (errno == ECHILD)
                        return 0;
        }
}
