/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * svinit-shim: keeps the descendants of one service together where no cgroup
 * can be made. svinit forks it, it forks the service and then executes this
 * program, which is a subreaper already (exec/spawn.c). All it does is reap
 * and tell: one ShimRecord on SHIM_SOCKET_FD for each child that ended. It
 * ends with its last child; svinit's death ends it by PR_SET_PDEATHSIG.
 *
 * It is kept small, since there is one for each service: no sd-event, no
 * allocation, no C library where we can do without, nothing open but the socket.
 */

#include "base/shim.h"
#include "shim/system.h"

#include <sys/socket.h>
#include <sys/wait.h>

static long wait_for_child(siginfo_t *si, int options) {
        return system_call(SYS_waitid, P_ALL, 0, (long)si, WEXITED | options, 0, 0);
}

static void close_others(void) {
        (void)system_call(SYS_close_range, SHIM_SOCKET_FD + 1, (long)~0U, 0, 0, 0, 0);
        for (int fd = 0; fd < SHIM_SOCKET_FD; fd++)
                (void)system_call(SYS_close, fd, 0, 0, 0, 0, 0);
}

static int left(void) {
        siginfo_t si;

        return wait_for_child(&si, WNOHANG | WNOWAIT) != -ECHILD;
}

/* svinit may be busy: waiting for room costs us nothing. When it is gone nobody wants the record. */
static void tell(const siginfo_t *si) {
        const ShimRecord record = {
                .pid = si->si_pid, .code = si->si_code, .status = si->si_status, .left = left()
        };

        while (system_call(SYS_sendto, SHIM_SOCKET_FD, (long)&record, sizeof(record), MSG_NOSIGNAL, 0, 0) ==
               -EINTR)
                continue;
}

static void unblock_signals(void) {
        const unsigned long none = 0;

        (void)system_call(SYS_rt_sigprocmask, SIG_SETMASK, (long)&none, 0, 8, 0, 0);
}

static void run(void) {
        close_others();
        /* A signal for the whole of a service is not meant for us. Others stay at their default. */
        for (int s = 1; s < NSIG; s++)
                if (s != SIGCHLD)
                        set_disposition(s, 1);
        set_disposition(SIGCHLD, 0);
        unblock_signals();

        for (;;) {
                siginfo_t si;
                long r = wait_for_child(&si, 0);

                if (r == 0)
                        tell(&si);
                else if (r == -ECHILD)
                        return;
        }
}

PROGRAM_ENTRY(run)
