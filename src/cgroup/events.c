/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * How groups tell that they are empty.
 *
 *      v2     inotify on cgroup.events; one descriptor for all groups. A watch
 *             is made when somebody is first told that a group is not empty:
 *             most services never get one, since their only process is ours
 *      v1     the kernel tells nobody: a timer looks, only while somebody waits
 *             (group_watch_empty()). Also for a v2 group whose watch was refused.
 *             The same two tell how far a freezer is.
 *      shim   the end of its socket
 */

#include "base/shim.h"
#include "cgroup/internal.h"

#include <errno.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <unistd.h>

#define POLL_INTERVAL (100 * USEC_PER_MSEC)
#define INOTIFY_READS_MAX 16 /* per dispatch */

enum {
        POLL_EMPTY = 1,
        POLL_FREEZER = 2
}; /* bits of Group.polling */

/* The watch over the cgroup.events of one group: few have one at a time. */
struct EventsWatch {
        UT_hash_handle hh;
        int watch; /* inotify's */
        Group *group;
};

static void tell_when_empty(Group *g) {
        if (group_is_empty(g) && g->groups->options.on_empty)
                g->groups->options.on_empty(g, g->userdata);
}

/* The handler may free any group, so each event is looked up anew. */
static void on_watch_event(Groups *gs, int watch) {
        EventsWatch *w;
        Group *g;

        HASH_FIND_INT(gs->by_watch, &watch, w);
        if (!w)
                return;
        g = w->group;
        group_check_freezer(g);
        tell_when_empty(g);
}

/* The queue of the kernel was full: whoever is empty now may have been lost. Freed groups are not met, since each round
 * starts from the table. */
static void look_at_all(Groups *gs) {
        size_t n = HASH_COUNT(gs->by_watch);
        int *watches auto_free = calloc(n + 1, sizeof(int));
        EventsWatch *w, *next;
        size_t i = 0;

        if (!watches)
                return;
        HASH_ITER (hh, gs->by_watch, w, next)
                watches[i++] = w->watch;
        for (i = 0; i < n; i++)
                on_watch_event(gs, watches[i]);
}

static int on_inotify(sd_event_source *s, int fd, uint32_t revents, void *userdata) {
        Groups *gs = userdata;
        char buffer[4096] __attribute__((aligned(8)));

        for (unsigned turn = 0; turn < INOTIFY_READS_MAX; turn++) {
                ssize_t n = read(fd, buffer, sizeof(buffer));

                if (n <= 0)
                        break;
                for (ssize_t at = 0; at + (ssize_t)sizeof(struct inotify_event) <= n;) {
                        const struct inotify_event *ev = (const struct inotify_event *)(buffer + at);

                        if (ev->mask & IN_Q_OVERFLOW)
                                look_at_all(gs);
                        else if (!(ev->mask & IN_IGNORED))
                                on_watch_event(gs, ev->wd);
                        at += (ssize_t)sizeof(*ev) + ev->len;
                }
        }
        return 0;
}

static int on_poll(sd_event_source *s, uint64_t usec, void *userdata) {
        Groups *gs = userdata;
        Group *g, *next;

        /* A handler frees the group it is told about, or stops the polling of others: a mark says where we were. */
        for (g = gs->polled; g; g = next) {
                next = g->next_polled;
                group_check_freezer(g);
                if (!(g->polling & POLL_EMPTY) || !group_is_empty(g))
                        continue;
                group_watch_empty(g, false);
                if (gs->options.on_empty) {
                        gs->options.on_empty(g, g->userdata);
                        next = gs->polled; /* who is left and not empty is cheap to ask again */
                }
        }
        if (gs->polled) {
                (void)sd_event_source_set_time_relative(s, POLL_INTERVAL);
                (void)sd_event_source_set_enabled(s, SD_EVENT_ONESHOT);
        }
        return 0;
}

int group_events_init(Groups *gs) {
        int r;

        r = sd_event_add_time_relative(gs->options.event, &gs->poll_source, CLOCK_MONOTONIC, POLL_INTERVAL,
                                       10 * USEC_PER_MSEC, on_poll, gs);
        if (r < 0)
                return r;
        (void)sd_event_source_set_enabled(gs->poll_source, SD_EVENT_OFF);
        if (gs->tracking != HIERARCHY_V2)
                return 0;
        gs->inotify_fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
        if (gs->inotify_fd < 0)
                return 0; /* too many of this user already: polling serves as well */
        return sd_event_add_io(gs->options.event, &gs->inotify_source, gs->inotify_fd, EPOLLIN, on_inotify,
                               gs);
}

void group_events_release(Groups *gs) {
        sd_event_source_disable_unref(gs->poll_source);
        sd_event_source_disable_unref(gs->inotify_source);
        cleanup_fd(&gs->inotify_fd);
}

bool group_events_add(Group *g) {
        EventsWatch *w auto_free = NULL;
        Groups *gs = g->groups;
        char path[PATH_MAX];

        if (g->watch || gs->inotify_fd < 0 ||
            cgroup_path(gs, HIERARCHY_V2, g->path, "cgroup.events", path) < 0)
                return false;
        w = calloc(1, sizeof(*w));
        if (!w)
                return false;
        w->group = g;
        w->watch = inotify_add_watch(gs->inotify_fd, path, IN_MODIFY);
        if (w->watch < 0)
                return false;
        HASH_ADD_INT(gs->by_watch, watch, w);
        if (!w->hh.tbl) {
                (void)inotify_rm_watch(gs->inotify_fd, w->watch);
                return false;
        }
        g->watch = TAKE(w);
        return true;
}

void group_events_remove(Group *g) {
        group_watch_empty(g, false);
        group_watch_freezer(g, false);
        if (!g->watch)
                return;
        HASH_DEL(g->groups->by_watch, g->watch);
        (void)inotify_rm_watch(g->groups->inotify_fd, g->watch->watch);
        free(TAKE(g->watch));
}

static void poll_off(Group *g) {
        if (g->prev_polled)
                g->prev_polled->next_polled = g->next_polled;
        else
                g->groups->polled = g->next_polled;
        if (g->next_polled)
                g->next_polled->prev_polled = g->prev_polled;
        g->prev_polled = g->next_polled = NULL;
}

static void poll_on(Group *g) {
        Groups *gs = g->groups;

        g->next_polled = gs->polled;
        if (gs->polled)
                gs->polled->prev_polled = g;
        else {
                (void)sd_event_source_set_time_relative(gs->poll_source, POLL_INTERVAL);
                (void)sd_event_source_set_enabled(gs->poll_source, SD_EVENT_ONESHOT);
        }
        gs->polled = g;
}

/* In the list while something is waited for that has no event. */
static void want_poll(Group *g, unsigned what, bool on) {
        unsigned before = g->polling;

        if (on)
                (void)group_events_add(g);
        if (on && (g->groups->tracking == HIERARCHY_NONE || g->watch))
                return;
        g->polling = on ? before | what : before & ~what;
        if (!before && g->polling)
                poll_on(g);
        else if (before && !g->polling)
                poll_off(g);
}

void group_watch_empty(Group *g, bool on) {
        want_poll(g, POLL_EMPTY, on);
}

void group_watch_freezer(Group *g, bool on) {
        want_poll(g, POLL_FREEZER, on);
}

static void shim_free(Shim *s) {
        Shim **at = &s->group->shims;

        while (*at && *at != s)
                at = &(*at)->next;
        if (*at)
                *at = s->next;
        sd_event_source_disable_unref(s->source);
        free(s);
}

/* One record at a time: its handler may free the group and us with it. */
static int on_shim(sd_event_source *source, int fd, uint32_t revents, void *userdata) {
        Shim *s = userdata;
        Group *g = s->group;
        ShimRecord record;
        ssize_t n = recv(fd, &record, sizeof(record), MSG_DONTWAIT);
        bool killed;

        if (n < 0 && (errno == EAGAIN || errno == EINTR))
                return 0;
        if (n == sizeof(record)) {
                if (record.left == 0)
                        s->cpu_nsec = shim_cpu_nsec(
                                NULL, s); /* it ends now, and may be reaped before its socket is */
                s->done = record.left == 0;
                if (g->groups->options.on_exit)
                        g->groups->options.on_exit(g, (pid_t)record.pid, record.code, record.status,
                                                   g->userdata);
                return 0;
        }
        g->cpu_gone += shim_cpu_nsec(NULL, s);
        killed = !s->done;
        shim_free(s);
        if (killed && g->groups->options.on_exit)
                g->groups->options.on_exit(g, 0, 0, 0, g->userdata);
        tell_when_empty(g);
        return 0;
}

/* Leaves the ends of sockets to on_shim(): only records, which are there already, are taken. */
void group_poll(Group *g) {
        ShimRecord record;

        for (Shim *s = g->shims; s; s = s->next)
                while (recv(sd_event_source_get_io_fd(s->source), &record, sizeof(record), MSG_DONTWAIT) ==
                       sizeof(record)) {
                        s->done = record.left == 0;
                        if (g->groups->options.on_exit)
                                g->groups->options.on_exit(g, (pid_t)record.pid, record.code, record.status,
                                                           g->userdata);
                }
}

int group_add_shim(Group *g, pid_t shim, int fd) {
        Shim *s = calloc(1, sizeof(*s));
        int r;

        if (!s) {
                close(fd);
                return -ENOMEM;
        }
        *s = (Shim){ .group = g, .pid = shim };
        r = sd_event_add_io(g->groups->options.event, &s->source, fd, EPOLLIN, on_shim, s);
        if (r >= 0)
                r = sd_event_source_set_priority(s->source, g->groups->options.shim_priority);
        if (r >= 0)
                r = sd_event_source_set_io_fd_own(s->source, true);
        if (r < 0) {
                sd_event_source_disable_unref(s->source);
                close(fd);
                free(s);
                return r;
        }
        s->next = g->shims;
        g->shims = s;
        return 0;
}

void group_shims_release(Group *g) {
        while (g->shims)
                shim_free(g->shims);
}
