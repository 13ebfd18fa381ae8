/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Memory that runs out, and the word before it does.
 *
 *      v2     inotify on memory.events of the group, one descriptor for all. There
 *             is no event for a threshold that does not slow the group down, so
 *             who has a soft limit is looked at every second
 *      v1     one eventfd for all: the kernel writes to it when a group has run
 *             out, before it kills, and when usage crosses the soft limit
 *      else   the kernel tells nobody; soft limits are looked at every second
 *
 * Whoever runs out again and again wakes us up to 20 times a second, not more.
 * The end of a main process comes by SIGCHLD and is the better news: a kill is
 * looked for a moment after the event, when that one has had its chance.
 */

#include "cgroup/internal.h"
#include "host/proc-file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>
#include <utlist.h>

#define LOOK_FIRST (10 * USEC_PER_MSEC)
#define LOOKS_MAX 7 /* each after twice the time: 1.3 s in all */
#define SOFT_INTERVAL USEC_PER_SEC
#define EVENTS_PER_SECOND 20

struct MemoryWatch {
        Group *group;
        int watch;    /* inotify, on memory.events; -1: none */
        bool has_v1;  /* the eventfd is told */
        bool due;     /* it may have been killed for memory: look */
        bool polled;  /* its soft limit is looked at */
        bool told;    /* in this run */
        usec_t since; /* above the soft limit; 0: it is not */
        MemoryWatchOptions options;
        MemoryNear near;
        MemoryWatch *prev, *next;
        UT_hash_handle hh;
};

static void keep_figures(MemoryWatch *w) {
        GroupUsage u;

        group_usage(w->group, USAGE_DETAILS, &u);
        if (u.memory_anon == UINT64_MAX || (w->near.known && u.memory_anon < w->near.anon))
                return;
        w->near = (MemoryNear){ .anon = u.memory_anon, .file = u.memory_file, .known = true };
}

static void arm(sd_event_source *s, usec_t delay) {
        if (!s)
                return;
        (void)sd_event_source_set_time_relative(s, delay);
        (void)sd_event_source_set_enabled(s, SD_EVENT_ONESHOT);
}

static void look_soon(Groups *gs) {
        gs->memory_looks = 0;
        arm(gs->memory_source, LOOK_FIRST);
}

static usec_t loop_now(const Groups *gs) {
        usec_t t = 0;

        (void)sd_event_now(gs->options.event, CLOCK_MONOTONIC, &t);
        return t;
}

/* The handler may free any group: whoever goes through the watches begins anew. */
static void tell(MemoryWatch *w, MemoryEvent what) {
        const GroupsOptions *o = &w->group->groups->options;

        if (o->on_memory)
                o->on_memory(w->group, what, w->group->userdata);
}

/* v1 counts the kill after it has told that memory ran out. */
static int on_look(sd_event_source *s, uint64_t usec, void *userdata) {
        Groups *gs = userdata;
        bool again = false;

        for (MemoryWatch *w = gs->memory_watches, *next; w; w = next) {
                bool killed = w->due && group_oom_killed(w->group);

                next = w->next;
                w->due = w->due && !killed && w->has_v1 && gs->memory_looks + 1 < LOOKS_MAX;
                again = again || w->due;
                if (killed) {
                        tell(w, MEMORY_OOM_KILL);
                        next = gs->memory_watches;
                }
        }
        gs->memory_looks++;
        if (again)
                arm(s, LOOK_FIRST << gs->memory_looks);
        return 0;
}

/* True: above the soft limit for as long as it may be, or far above it; to be told. */
static bool look_at_soft(MemoryWatch *w, usec_t now) {
        const MemoryWatchOptions *o = &w->options;
        uint64_t used;

        if (w->told || group_working_set(w->group, &used) < 0)
                return false;
        if (used < o->soft) {
                w->since = 0;
                w->polled = !w->has_v1;
                return false;
        }
        w->since = w->since ?: now;
        if (used < o->urgent && usec_sub(now, w->since) < o->patience)
                return false;
        w->told = true;
        return true;
}

static int on_soft(sd_event_source *s, uint64_t usec, void *userdata) {
        Groups *gs = userdata;
        usec_t now = loop_now(gs);
        bool again = false;

        for (MemoryWatch *w = gs->memory_watches, *next; w; w = next) {
                bool above = w->polled && look_at_soft(w, now);

                next = w->next;
                again = again || w->polled;
                if (above) {
                        tell(w, MEMORY_SOFT_LIMIT);
                        next = gs->memory_watches;
                }
        }
        if (again)
                arm(s, SOFT_INTERVAL);
        return 0;
}

static void poll_soft(Groups *gs, MemoryWatch *w) {
        int enabled = SD_EVENT_OFF;

        w->polled = true;
        if (gs->soft_source && sd_event_source_get_enabled(gs->soft_source, &enabled) >= 0 &&
            enabled == SD_EVENT_OFF)
                arm(gs->soft_source, SOFT_INTERVAL);
}

/* It does not say which group it was: those with a limit are asked. */
static int on_eventfd(sd_event_source *s, int fd, uint32_t revents, void *userdata) {
        Groups *gs = userdata;
        usec_t now = loop_now(gs);
        uint64_t n;

        if (read(fd, &n, sizeof(n)) != sizeof(n))
                return 0;
        for (MemoryWatch *w = gs->memory_watches, *next; w; w = next) {
                bool above;

                next = w->next;
                if (!w->has_v1)
                        continue;
                keep_figures(w);
                w->due = true;
                if (w->options.soft == UINT64_MAX)
                        continue;
                above = look_at_soft(w, now);
                if (w->since)
                        poll_soft(gs, w);
                if (above) {
                        tell(w, MEMORY_SOFT_LIMIT);
                        next = gs->memory_watches;
                }
        }
        look_soon(gs);
        return 0;
}

static int on_events_file(sd_event_source *s, int fd, uint32_t revents, void *userdata) {
        char buffer[4096] __attribute__((aligned(8)));
        Groups *gs = userdata;
        ssize_t n = read(fd, buffer, sizeof(buffer));

        for (ssize_t at = 0; at + (ssize_t)sizeof(struct inotify_event) <= n;) {
                const struct inotify_event *ev = (const struct inotify_event *)(buffer + at);
                MemoryWatch *w;

                HASH_FIND_INT(gs->memory_by_watch, &ev->wd, w);
                if (w && !(ev->mask & IN_IGNORED)) {
                        keep_figures(w);
                        w->due = true;
                }
                at += (ssize_t)sizeof(*ev) + ev->len;
        }
        look_soon(gs);
        return 0;
}

/* Made when somebody is watched first. */
static int add_source(Groups *gs, int *fd, int made, sd_event_io_handler_t handler,
                      sd_event_source **source) {
        int r;

        if (made < 0)
                return -errno;
        r = sd_event_add_io(gs->options.event, source, made, EPOLLIN, handler, gs);
        if (r >= 0)
                r = sd_event_source_set_ratelimit(*source, USEC_PER_SEC, EVENTS_PER_SECOND);
        if (r < 0) {
                *source = sd_event_source_disable_unref(*source);
                close(made);
                return r;
        }
        *fd = made;
        return 0;
}

static int add_timer(Groups *gs, sd_event_source **source, sd_event_time_handler_t handler) {
        int r = sd_event_add_time_relative(gs->options.event, source, CLOCK_MONOTONIC, 0, 10 * USEC_PER_MSEC,
                                           handler, gs);

        return r < 0 ? r : sd_event_source_set_enabled(*source, SD_EVENT_OFF);
}

static int prepare(Groups *gs) {
        int r = gs->memory_source ? 0 : add_timer(gs, &gs->memory_source, on_look);

        return r < 0 || gs->soft_source ? r : add_timer(gs, &gs->soft_source, on_soft);
}

static bool watch_v2(Groups *gs, MemoryWatch *w) {
        char path[PATH_MAX];

        if (w->watch >= 0)
                return true;
        if (gs->memory_fd < 0 && add_source(gs, &gs->memory_fd, inotify_init1(IN_CLOEXEC | IN_NONBLOCK),
                                            on_events_file, &gs->memory_fd_source) < 0)
                return false;
        if (cgroup_path(gs, HIERARCHY_V2, w->group->path, "memory.events", path) < 0)
                return false;
        w->watch = inotify_add_watch(gs->memory_fd, path, IN_MODIFY);
        if (w->watch < 0)
                return false;
        HASH_ADD_INT(gs->memory_by_watch, watch, w);
        if (!w->hh.tbl) {
                (void)inotify_rm_watch(gs->memory_fd, w->watch);
                w->watch = -1;
        }
        return w->watch >= 0;
}

/* "EVENTFD FILE [ARGUMENT]"; the kernel keeps what it needs of the file. */
static int register_v1(Groups *gs, const Group *g, const char *file, uint64_t threshold) {
        char path[PATH_MAX], text[80];
        int fd auto_fd = -1;

        if (cgroup_path(gs, HIERARCHY_MEMORY, g->path, file, path) < 0)
                return -ENAMETOOLONG;
        fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
        if (fd < 0)
                return -errno;
        (void)snprintf(text, sizeof(text), "%d %d", gs->memory_eventfd, fd);
        if (threshold != UINT64_MAX)
                (void)snprintf(text + strlen(text), sizeof(text) - strlen(text), " %" PRIu64, threshold);
        return cgroup_write(gs, HIERARCHY_MEMORY, g->path, "cgroup.event_control", text);
}

/* Thresholds that are no longer true wake us for nothing, which costs little. */
static bool watch_v1(Groups *gs, MemoryWatch *w) {
        const MemoryWatchOptions *o = &w->options;

        if (gs->memory_eventfd < 0 &&
            add_source(gs, &gs->memory_eventfd, eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), on_eventfd,
                       &gs->memory_eventfd_source) < 0)
                return false;
        if (!w->has_v1 && register_v1(gs, w->group, "memory.oom_control", UINT64_MAX) < 0)
                return false;
        w->has_v1 = true;
        if (o->soft != UINT64_MAX && register_v1(gs, w->group, "memory.usage_in_bytes", o->soft) < 0)
                return false;
        if (o->soft != UINT64_MAX && o->urgent != UINT64_MAX)
                (void)register_v1(gs, w->group, "memory.usage_in_bytes", o->urgent);
        return true;
}

static MemoryWatch *watch_of(Group *g) {
        Groups *gs = g->groups;
        MemoryWatch *w = g->memory_watch;

        if (w || prepare(gs) < 0)
                return w;
        w = calloc(1, sizeof(*w));
        if (!w)
                return NULL;
        *w = (MemoryWatch){ .group = g, .watch = -1 };
        DL_PREPEND(gs->memory_watches, w);
        return g->memory_watch = w;
}

int group_watch_memory(Group *g, const MemoryWatchOptions *o) {
        Groups *gs = g->groups;
        bool v2 = group_has_controller(g, CONTROLLER_MEMORY), threshold = false;
        MemoryWatch *w;

        if (!v2 && o->soft != UINT64_MAX && gs->tracking != HIERARCHY_NONE)
                (void)group_enter_hierarchy(g, HIERARCHY_MEMORY); /* for its thresholds */
        if (o->soft == UINT64_MAX && !v2 && !(g->made & 1U << HIERARCHY_MEMORY)) {
                memory_watch_release(g);
                return 0;
        }
        w = watch_of(g);
        if (!w)
                return -ENOMEM;
        w->options = *o;
        w->since = 0;
        w->polled = false;
        if (v2)
                (void)watch_v2(gs, w);
        else if (g->made & 1U << HIERARCHY_MEMORY)
                threshold = watch_v1(gs, w);
        if (o->soft != UINT64_MAX && !threshold)
                poll_soft(gs, w);
        return 0;
}

void memory_watch_begin_run(Group *g) {
        MemoryWatch *w = g->memory_watch;

        if (!w)
                return;
        w->told = false;
        w->since = 0;
        w->near = (MemoryNear){ 0 };
}

MemoryNear group_memory_near(const Group *g) {
        return g->memory_watch ? g->memory_watch->near : (MemoryNear){ 0 };
}

void memory_watch_release(Group *g) {
        Groups *gs = g->groups;
        MemoryWatch *w = TAKE(g->memory_watch);

        if (!w)
                return;
        DL_DELETE(gs->memory_watches, w);
        if (w->watch >= 0) {
                HASH_DELETE(hh, gs->memory_by_watch, w);
                (void)inotify_rm_watch(gs->memory_fd, w->watch);
        }
        free(w);
}

void memory_watches_release(Groups *gs) {
        sd_event_source_disable_unref(gs->memory_source);
        sd_event_source_disable_unref(gs->soft_source);
        sd_event_source_disable_unref(gs->memory_fd_source);
        sd_event_source_disable_unref(gs->memory_eventfd_source);
        cleanup_fd(&gs->memory_fd);
        cleanup_fd(&gs->memory_eventfd);
}
