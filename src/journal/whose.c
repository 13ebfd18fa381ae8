/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "journal/whose.h"

#include "base/macro.h"
#include "companion/sandbox.h"

#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static int whose_fd = -1;

static ssize_t look(pid_t pid, char *ret, size_t size) {
        char path[32];

        snprintf(path, sizeof(path), "/proc/%d/exe", (int)pid);
        return readlink(path, ret, size);
}

/* Not one allocation, not one file: what it inherited is closed but for its socket. */
static void serve(int fd) {
        static const unsigned short calls[] = {
                SYS_recvfrom, SYS_sendto, SYS_readlinkat, SYS_rt_sigreturn, SYS_exit_group,
#ifdef SYS_readlink
                SYS_readlink,
#endif
#ifdef SYS_recv
                SYS_recv,     SYS_send,
#endif
        };
        char name[PATH_MAX];
        pid_t pid;

        (void)prctl(PR_SET_NAME, "svinit-whose");
        (void)dup2(fd, 0);
        for (int i = 1; i < 3; i++)
                close(i);
        (void)close_range(3, UINT_MAX, 0);
        (void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
        (void)sandbox_drop_capabilities(false, true);
        (void)sandbox_filter_only(calls, ELEMENTSOF(calls));

        while (recv(0, &pid, sizeof(pid), 0) == sizeof(pid)) {
                ssize_t n = look(pid, name, sizeof(name));

                if (send(0, name, n > 0 ? (size_t)n : 0, MSG_NOSIGNAL) < 0)
                        break;
        }
        _exit(0);
}

void whose_begin(void) {
        int pair[2];
        pid_t pid;

        if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
                return;
        pid = fork();
        if (pid == 0) {
                (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
                serve(pair[1]);
        }
        close(pair[1]);
        if (pid > 0)
                whose_fd = pair[0];
        else
                close(pair[0]);
}

ssize_t whose_program(pid_t pid, char *ret, size_t size) {
        ssize_t n;

        if (whose_fd < 0)
                return look(pid, ret, size);
        if (send(whose_fd, &pid, sizeof(pid), MSG_NOSIGNAL) < 0 || (n = recv(whose_fd, ret, size, 0)) <= 0)
                return -1;
        return n;
}
