/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What the opening of a Listen...= line is made of: the options of sockets, in
 * socket-options.c, and what has a name outside the network, in
 * socket-nodes.c. Internal to sockets.c and these two.
 */

#include "base/report.h"
#include "host/socket-address.h"
#include "unit/spec.h"

#include <sys/types.h>

typedef struct Opener {
        const SocketSpec *spec;
        Report *report;
        const char *file, *line; /* the file of the unit; the address as written */
        uid_t uid;               /* of nodes in the file system; -1: ours */
        gid_t gid;
} Opener;

/* Something could not be applied, by errno: noted, no failure. */
void opener_note(const Opener *o, const char *key);
/* All options of the family and type, before bind(). */
void socket_set_options(const Opener *o, int fd, int family, int type);
/* BindToDevice= and BindIPv6Only= of IP: what they keep out must not get in, so that a refusal is a failure. */
int socket_narrow(const Opener *o, int fd, int family);
/* An option that is an extended attribute; a kernel without Smack has none. */
void opener_set_label(const Opener *o, int fd, const char *attribute, const char *label, const char *key);

/* A socket or FIFO in the file system belongs to who may connect. */
int socket_dress_node(const Opener *o, const char *path);
/* What an earlier run has left; a file of somebody else's in that place stays, and bind() fails. */
void socket_remove_stale(const char *path, mode_t kind);

/* 0 and the descriptor in *ret, or negative errno. */
int socket_open_fifo(const Opener *o, const char *path, int *ret);
int socket_open_special(const Opener *o, const char *path, int *ret);
int socket_open_queue(const Opener *o, const char *name, int *ret);
int socket_open_netlink(const Opener *o, const char *address, int *ret);

/* Symlinks= all point to the first node in the file system. */
void socket_make_links(const Opener *o);
