/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bus/clients/door.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"
#include "bus/clients/server.h"

int door_bind(const char *path, mode_t mode) {
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        int fd auto_fd = -1;
        mode_t mask;
        int r;

        if (strlen(path) >= sizeof(address.sun_path))
                return -ENAMETOOLONG;
        memcpy(address.sun_path, path, strlen(path) + 1);

        fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (fd < 0)
                return -errno;

        if (unlink(path) < 0 && errno != ENOENT)
                return -errno;

        mask = umask(0777 & ~mode);
        r = bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ? -errno : 0;
        umask(mask);
        if (r < 0)
                return r;

        return listen(fd, SOMAXCONN) < 0 ? -errno : TAKE_FD(fd);
}

/* One that waits. -EAGAIN: nobody does. */
static int let_in(Door *d) {
        int peer = accept4(d->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC), r;

        if (peer < 0)
                return errno == EINTR || errno == ECONNABORTED ? 0 : -errno;

        r = connection_add(d->bus, peer);
        if (r < 0)
                LOG_ERRNO(BUS_CLIENT_REFUSED, r);
        return 0;
}

static void rest(Door *d) {
        (void)sd_event_source_set_enabled(d->source, SD_EVENT_OFF);
        (void)sd_event_source_set_time(d->pause, usec_add(now_monotonic(), ACCEPT_PAUSE));
        (void)sd_event_source_set_enabled(d->pause, SD_EVENT_ONESHOT);
}

static int on_rested(sd_event_source *source, uint64_t usec, void *userdata) {
        Door *d = userdata;

        (void)sd_event_source_set_enabled(d->source, SD_EVENT_ON);
        return 0;
}

static int on_knock(sd_event_source *source, int fd, uint32_t revents, void *userdata) {
        Door *d = userdata;
        int r = 0;

        for (unsigned i = 0; i < ACCEPTS_PER_TURN && r >= 0; i++)
                r = let_in(d);

        /* A descriptor that cannot be had leaves the peer in the backlog: the source would spin. */
        if (r == -EMFILE || r == -ENFILE || r == -ENOBUFS || r == -ENOMEM) {
                LOG_ERRNO(BUS_ACCEPT_PAUSED, r);
                rest(d);
        }
        return 0;
}

static int add_sources(Door *d) {
        sd_event *event = d->bus->manager->event;
        int r;

        if ((r = sd_event_add_time(event, &d->pause, CLOCK_MONOTONIC, 0, 10 * USEC_PER_MSEC, on_rested, d)) <
                    0 ||
            (r = sd_event_source_set_enabled(d->pause, SD_EVENT_OFF)) < 0)
                return r;
        return sd_event_add_io(event, &d->source, d->fd, EPOLLIN, on_knock, d);
}

int door_open(Door *d, Bus *b, const char *path, int fd) {
        struct stat st;
        int r;

        *d = (Door){ .bus = b, .fd = fd };
        r = lstat(path, &st) < 0 ? -errno : add_sources(d);
        if (r < 0) {
                door_close(d);
                return r;
        }
        d->device = st.st_dev;
        d->inode = st.st_ino;
        return 0;
}

/* The end comes after the last who knocked, but a flood has no right to it. */
void door_close(Door *d) {
        if (d->source && !d->bus->closing)
                for (unsigned i = 0; i < SOMAXCONN && let_in(d) >= 0; i++)
                        ;
        sd_event_source_unref(d->source);
        sd_event_source_unref(d->pause);
        if (d->fd >= 0)
                close(d->fd);
        *d = DOOR_CLOSED;
}

bool door_is_at(const Door *d, const char *path) {
        struct stat st;

        return d->fd >= 0 && lstat(path, &st) >= 0 && st.st_dev == d->device && st.st_ino == d->inode;
}
