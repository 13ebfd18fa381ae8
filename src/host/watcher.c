/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host/watcher.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>
#include <utlist.h>

#include "base/macro.h"

#define BUFFER_SIZE 16384 /* of one turn; the descriptor stays readable while there is more */

struct WatchedInode {
        Watcher *watcher;
        int wd; /* -1: the kernel has dropped it, the inode is gone */
        WatchListener *listeners;
        UT_hash_handle hh;
};

struct Watcher {
        int fd;
        sd_event_source *source;
        WatchedInode *inodes; /* by wd */
        WatchClient *heard;
};

/* Events were lost: everybody looks again. */
static void hear_overflow(Watcher *w, const struct inotify_event *ev) {
        WatchListener *l;

        for (WatchedInode *i = w->inodes; i; i = i->hh.next)
                DL_FOREACH (i->listeners, l)
                        l->hear(l, ev);
}

static void hear(Watcher *w, const struct inotify_event *ev) {
        WatchListener *l;
        WatchedInode *i;

        if (ev->mask & IN_Q_OVERFLOW) {
                hear_overflow(w, ev);
                return;
        }
        HASH_FIND_INT(w->inodes, &ev->wd, i);
        if (!i)
                return; /* an event on its way when we lost interest */
        DL_FOREACH (i->listeners, l)
                if (ev->mask & l->mask & IN_ALL_EVENTS)
                        l->hear(l, ev);
        if (ev->mask & IN_IGNORED) {
                HASH_DEL(w->inodes, i);
                i->wd = -1;
        }
}

static int on_readable(sd_event_source *s, int fd, uint32_t revents, void *userdata) {
        char buffer[BUFFER_SIZE] __attribute__((aligned(__alignof__(struct inotify_event))));
        Watcher *w = userdata;
        ssize_t n = read(fd, buffer, sizeof(buffer));

        for (ssize_t at = 0; at + (ssize_t)sizeof(struct inotify_event) <= n;) {
                const struct inotify_event *ev = (const void *)(buffer + at);

                hear(w, ev);
                at += (ssize_t)(sizeof(*ev) + ev->len);
        }
        while (w->heard) {
                WatchClient *c = w->heard;

                DL_DELETE(w->heard, c);
                c->heard = 0;
                c->act(c);
        }
        return 0;
}

int watcher_new(sd_event *event, Watcher **ret) {
        Watcher *w = calloc(1, sizeof(*w));
        int r;

        if (!w)
                return -ENOMEM;
        w->fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
        r = w->fd < 0 ? -errno : sd_event_add_io(event, &w->source, w->fd, EPOLLIN, on_readable, w);
        if (r < 0) {
                watcher_free(w);
                return r;
        }
        *ret = w;
        return 0;
}

void watcher_free(Watcher *w) {
        if (!w)
                return;
        sd_event_source_disable_unref(w->source);
        cleanup_fd(&w->fd);
        free(w);
}

static int find_inode(Watcher *w, int wd, WatchedInode **ret) {
        WatchedInode *i;

        HASH_FIND_INT(w->inodes, &wd, i);
        if (!i) {
                i = calloc(1, sizeof(*i));
                if (!i)
                        return -ENOMEM;
                *i = (WatchedInode){ .watcher = w, .wd = wd };
                HASH_ADD_INT(w->inodes, wd, i);
                if (!i->hh.tbl) {
                        free(i);
                        return -ENOMEM;
                }
        }
        *ret = i;
        return 0;
}

int listener_start(WatchListener *l, const char *path) {
        Watcher *w = l->client->watcher;
        int wd = inotify_add_watch(w->fd, path, l->mask | IN_MASK_ADD), r;

        if (wd < 0)
                return -errno;
        r = find_inode(w, wd, &l->inode);
        if (r < 0) {
                (void)inotify_rm_watch(w->fd, wd);
                return r;
        }
        DL_APPEND(l->inode->listeners, l);
        return 0;
}

void listener_stop(WatchListener *l) {
        WatchedInode *i = TAKE(l->inode);

        if (!i)
                return;
        DL_DELETE(i->listeners, l);
        if (i->listeners)
                return;
        if (i->wd >= 0) {
                HASH_DEL(i->watcher->inodes, i);
                (void)inotify_rm_watch(i->watcher->fd, i->wd);
        }
        free(i);
}

void watch_client_wake(WatchClient *c) {
        if (c->heard)
                return;
        c->heard = 1;
        DL_APPEND(c->watcher->heard, c);
}

void watch_client_release(WatchClient *c) {
        if (!c->heard)
                return;
        DL_DELETE(c->watcher->heard, c);
        c->heard = 0;
}
