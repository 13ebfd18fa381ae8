/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "apps/instance.h"
#include "apps/probe.h"

#include "companion/sandbox.h"

#include <signal.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/syscall.h>

/* Those of sd-event, of sockets and of memfds, on top of what sandbox-calls.c lists. */
static const unsigned short more_calls[] = {
        SYS_epoll_create1, SYS_timerfd_create, SYS_timerfd_settime, SYS_memfd_create,
        SYS_shutdown,      SYS_getsockname,    SYS_socketpair,
};

/* Two descriptors for each instance; how many there will be is PID 1's business. */
static void raise_limits(void) {
        struct rlimit l;

        if (getrlimit(RLIMIT_NOFILE, &l) < 0)
                return;
        l.rlim_cur = l.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &l);
}

int apps_init(Apps *a) {
        int r;

        a->control_fd = LINK_CONTROL_FD;
        (void)signal(SIGPIPE, SIG_IGN);
        raise_limits();
        r = sd_event_new(&a->event);
        if (r < 0)
                return r;
        r = sd_event_add_io(a->event, NULL, a->control_fd, EPOLLIN, control_on_message, a);
        if (r < 0)
                return r;
        if (!sandbox_enter(&(Sandbox){
                    .more_calls = more_calls, .n_more_calls = ELEMENTSOF(more_calls), .network = true }))
                fputs("svinit-apps: the kernel refused a part of the sandbox.\n", stderr);
        return 0;
}

int apps_run(Apps *a) {
        return sd_event_loop(a->event);
}

void apps_release(Apps *a) {
        Instance *i, *next;

        while (a->clients)
                client_free(a->clients);
        probes_release(a);
        HASH_ITER (hh, a->instances, i, next)
                instance_free(i);
        sd_event_unref(a->event);
}
