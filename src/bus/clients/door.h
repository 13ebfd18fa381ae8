/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * A listening socket of the bus: who comes in becomes a Connection. Where
 * descriptors run out, accepting pauses instead of spinning; a door that is
 * closed lets in who has knocked already.
 */

#include "bus/bus.h"

#include <sys/stat.h>

#define ACCEPT_PAUSE (200 * USEC_PER_MSEC) /* after EMFILE and its like */
#define ACCEPTS_PER_TURN 16

typedef struct Door {
        Bus *bus;                        /* borrowed */
        int fd;                          /* owned; -1: closed */
        sd_event_source *source, *pause; /* `pause` is on while accepting rests */
        dev_t device;                    /* of the socket's file */
        ino_t inode;
} Door;

#define DOOR_CLOSED ((Door){ .fd = -1 })

/* A listening socket with that mode; one that is there is removed. */
int door_bind(const char *path, mode_t mode);
/* Listens on fd, which is the door's from here on, also on failure. */
int door_open(Door *d, Bus *b, const char *path, int fd);
void door_close(Door *d);
bool door_is_at(const Door *d, const char *path); /* the file is still ours */
