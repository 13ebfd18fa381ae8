/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host/clock-watch.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define LOCAL_ZONE "/etc/localtime"

struct ClockWatch {
        ClockHandler handler;
        void *userdata;
        int fd;
        sd_event_source *source;
        FileWatch *zone_file;
        struct stat zone; /* of the link or file, as last seen; zeros: there is none */
};

/* An instant that never comes: the kernel cuts it to the latest that it knows. */
static int arm(ClockWatch *w) {
        const struct itimerspec never = { .it_value.tv_sec = INT64_MAX };

        return timerfd_settime(w->fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &never, NULL) < 0 ? -errno
                                                                                                     : 0;
}

static int on_clock(sd_event_source *s, int fd, uint32_t revents, void *userdata) {
        ClockWatch *w = userdata;
        uint64_t n;

        if (read(fd, &n, sizeof(n)) >= 0 || errno != ECANCELED)
                return 0;
        w->handler(false, w->userdata);
        return arm(w);
}

/* The link counts, not what it leads to: the database may be upgraded and the zone stays the same. */
static struct stat see_zone(void) {
        struct stat st;

        return lstat(LOCAL_ZONE, &st) < 0 ? (struct stat){ 0 } : st;
}

static void on_zone(FileWatch *watch, void *userdata) {
        ClockWatch *w = userdata;
        struct stat st = see_zone();

        if (st.st_ino == w->zone.st_ino && st.st_dev == w->zone.st_dev &&
            st.st_mtim.tv_sec == w->zone.st_mtim.tv_sec && st.st_mtim.tv_nsec == w->zone.st_mtim.tv_nsec)
                return;
        w->zone = st;
        w->handler(true, w->userdata);
}

static int watch_clock(ClockWatch *w, sd_event *event) {
        int r;

        w->fd = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC);
        if (w->fd < 0)
                return -errno;
        r = arm(w);
        return r < 0 ? r : sd_event_add_io(event, &w->source, w->fd, EPOLLIN, on_clock, w);
}

int clock_watch_new(sd_event *event, Watcher *watcher, ClockHandler handler, void *userdata,
                    ClockWatch **ret) {
        char *const paths[] = { (char *)LOCAL_ZONE, NULL };
        ClockWatch *w = calloc(1, sizeof(*w));
        int r;

        if (!w)
                return -ENOMEM;
        *w = (ClockWatch){ .handler = handler, .userdata = userdata, .fd = -1, .zone = see_zone() };
        r = watch_clock(w, event);
        if (r >= 0)
                r = file_watch_new(watcher, paths, on_zone, w, &w->zone_file);
        if (r < 0) {
                clock_watch_free(w);
                return r;
        }
        *ret = w;
        return 0;
}

void clock_watch_free(ClockWatch *w) {
        if (!w)
                return;
        sd_event_source_disable_unref(w->source);
        if (w->fd >= 0)
                close(w->fd);
        if (w->zone_file)
                file_watch_free(w->zone_file);
        free(w);
}
