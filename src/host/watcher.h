/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * One inotify descriptor for all file watches of an event loop, below watch.c.
 *
 * sd-event has inotify sources of its own. Up to libsystemd 252 at least its
 * loop never ends once an event comes that no source of the inode asked for,
 * and such events do come: the kernel's mask of an inode that several sources
 * share never shrinks. So the descriptor is read here.
 *
 * A WatchListener is one interest in one inode. What comes in is told to all whose
 * mask has it, a whole buffer first; then, in the second round, each Client
 * that heard something acts once. Only there may listeners come and go.
 */

#include "host/watch.h"

#include <stdint.h>
#include <sys/inotify.h>

typedef struct WatchedInode WatchedInode;
typedef struct WatchClient WatchClient;
typedef struct WatchListener WatchListener;

struct WatchClient {
        Watcher *watcher;
        void (*act)(WatchClient *c); /* may free the client */
        WatchClient *prev, *next;    /* those that heard something */
        int heard;
};

struct WatchListener {
        WatchClient *client;
        WatchedInode *inode; /* NULL: not watching */
        uint32_t mask;
        void (*hear)(WatchListener *l, const struct inotify_event *ev); /* notes; changes nothing else */
        WatchListener *prev, *next;
};

int listener_start(WatchListener *l, const char *path);
void listener_stop(WatchListener *l);
void watch_client_wake(WatchClient *c); /* from hear(): act() follows */
void watch_client_release(WatchClient *c);
