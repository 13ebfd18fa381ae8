/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host/process.h"

#include <errno.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#define REAPED_PER_DISPATCH 256 /* then the bus has its turn */

typedef struct Watched {
        pid_t pid;
        void *watcher;
        Reaper *reaper;
        sd_event_source *pidfd_source; /* NULL for a child */
        UT_hash_handle hh;
} Watched;

struct Reaper {
        sd_event *event; /* borrowed */
        sd_event_source *signal_source, *more_source;
        ProcessEndHandler handler;
        void (*hook)(void *userdata); /* NULL */
        void *userdata;
        Watched *watched;
};

static Watched *find(const Reaper *r, pid_t pid) {
        Watched *w;

        HASH_FIND(hh, r->watched, &pid, sizeof(pid), w);
        return w;
}

static void forget(Watched *w) {
        HASH_DEL(w->reaper->watched, w);
        sd_event_source_disable_unref(w->pidfd_source);
        free(w);
}

static void tell(Reaper *r, const siginfo_t *si) {
        Watched *w = find(r, si->si_pid);
        ProcessEnd end = {
                .pid = si->si_pid, .code = si->si_code, .status = si->si_status, .when = dual_now()
        };

        if (w)
                (void)process_comm(end.pid, end.comm);
        r->handler(&end, w ? w->watcher : NULL, r->userdata);
        /* The handler may have unwatched it. The number is not given to another process before our own wait. */
        w = find(r, end.pid);
        if (w)
                forget(w);
}

/* True when there may be more: the bound was reached. */
static bool reap_some(Reaper *r) {
        for (unsigned i = 0; i < REAPED_PER_DISPATCH; i++) {
                siginfo_t si = { 0 };

                if (waitid(P_ALL, 0, &si, WEXITED | WNOHANG | WNOWAIT) < 0 || si.si_pid == 0)
                        return false;
                tell(r, &si);
                (void)waitid(P_PID, (id_t)si.si_pid, &si, WEXITED | WNOHANG);
        }
        return true;
}

static void dispatch(Reaper *r) {
        (void)sd_event_source_set_enabled(r->more_source, reap_some(r) ? SD_EVENT_ONESHOT : SD_EVENT_OFF);
}

static int on_sigchld(sd_event_source *s, const struct signalfd_siginfo *si, void *userdata) {
        Reaper *r = userdata;

        if (r->hook)
                r->hook(r->userdata);
        dispatch(r);
        return 0;
}

static int on_more(sd_event_source *s, void *userdata) {
        dispatch(userdata);
        return 0;
}

int reaper_new(sd_event *event, int64_t priority, ProcessEndHandler handler, void *userdata, Reaper **ret) {
        sigset_t chld;
        Reaper *r = calloc(1, sizeof(*r));
        int e;

        if (!r)
                return -ENOMEM;
        *r = (Reaper){ .event = event, .handler = handler, .userdata = userdata };
        sigemptyset(&chld);
        sigaddset(&chld, SIGCHLD);
        e = sigprocmask(SIG_BLOCK, &chld, NULL) < 0 ? -errno : 0;
        if (e >= 0)
                e = sd_event_add_signal(event, &r->signal_source, SIGCHLD, on_sigchld, r);
        if (e >= 0)
                e = sd_event_source_set_priority(r->signal_source, priority);
        /* What ended before the source was there has sent its signal to nobody: look once in any case. */
        if (e >= 0)
                e = sd_event_add_defer(event, &r->more_source, on_more, r);
        if (e >= 0)
                e = sd_event_source_set_priority(r->more_source, priority);
        if (e < 0) {
                reaper_free(r);
                return e;
        }
        *ret = r;
        return 0;
}

void reaper_set_hook(Reaper *r, void (*hook)(void *userdata)) {
        r->hook = hook;
}

void reaper_look(Reaper *r) {
        (void)sd_event_source_set_enabled(r->more_source, SD_EVENT_ONESHOT);
}

void reaper_free(Reaper *r) {
        Watched *w, *next;

        if (!r)
                return;
        HASH_ITER (hh, r->watched, w, next)
                forget(w);
        sd_event_source_disable_unref(r->signal_source);
        sd_event_source_disable_unref(r->more_source);
        free(r);
}

static int add(Reaper *r, pid_t pid, void *watcher, Watched **ret) {
        Watched *w;

        ENSURE(pid > 0, -EINVAL);
        if (find(r, pid))
                return -EEXIST;
        w = calloc(1, sizeof(*w));
        if (!w)
                return -ENOMEM;
        *w = (Watched){ .pid = pid, .watcher = watcher, .reaper = r };
        HASH_ADD(hh, r->watched, pid, sizeof(w->pid), w);
        if (!w->hh.tbl) { /* no memory for the table */
                free(w);
                return -ENOMEM;
        }
        *ret = w;
        return 0;
}

int reaper_watch(Reaper *r, pid_t pid, void *watcher) {
        Watched *w;

        return add(r, pid, watcher, &w);
}

static int on_stranger(sd_event_source *s, int fd, uint32_t revents, void *userdata) {
        Watched *w = userdata;
        ProcessEnd end = { .pid = w->pid, .code = CLD_EXITED, .when = dual_now() };
        siginfo_t si = { 0 };

        /* It has become our child: SIGCHLD brings the true status. */
        (void)sd_event_source_set_enabled(s, SD_EVENT_OFF);
        if (waitid(P_PID, (id_t)w->pid, &si, WEXITED | WNOHANG | WNOWAIT) >= 0 && si.si_pid == w->pid)
                return 0;
        (void)process_comm(end.pid, end.comm);
        Reaper *r = w->reaper;
        void *watcher = w->watcher;

        forget(w);
        r->handler(&end, watcher, r->userdata);
        return 0;
}

int reaper_watch_stranger(Reaper *r, pid_t pid, void *watcher) {
        int fd auto_fd = -1, e;
        Watched *w;

        e = add(r, pid, watcher, &w);
        if (e < 0)
                return e;
        fd = (int)syscall(SYS_pidfd_open, pid, 0U);
        if (fd < 0) {
                e = -errno;
                forget(w);
                return e;
        }
        e = sd_event_add_io(r->event, &w->pidfd_source, fd, EPOLLIN, on_stranger, w);
        if (e >= 0)
                e = sd_event_source_set_io_fd_own(w->pidfd_source, true);
        if (e < 0) {
                forget(w);
                return e;
        }
        (void)TAKE_FD(fd);
        return 0;
}

void reaper_unwatch(Reaper *r, pid_t pid) {
        Watched *w = find(r, pid);

        if (w)
                forget(w);
}

void reaper_forget(Reaper *r, const void *watcher) {
        Watched *w, *next;

        HASH_ITER (hh, r->watched, w, next)
                if (w->watcher == watcher)
                        forget(w);
}

void *reaper_find(const Reaper *r, pid_t pid) {
        Watched *w = find(r, pid);

        return w ? w->watcher : NULL;
}
