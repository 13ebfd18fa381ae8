/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * A socket for somebody else: bound here, with no more rights to files than he has himself.
 */

#include <stdbool.h>
#include <sys/socket.h>
#include <sys/types.h>

typedef struct BindAs {
        uid_t uid;
        gid_t gid;
        mode_t umask;
} BindAs;

/* Not listening yet; non-blocking, close-on-exec. The descriptor, or a negative errno. */
int socket_bind_as(const BindAs *who, int type, bool ipv6_only, const struct sockaddr *address,
                   socklen_t length);
/* Removes what it has left in the file system, if he may. */
void socket_unlink_as(const BindAs *who, const char *path);
/* The first port that needs no privilege. */
unsigned first_unprivileged_port(void);
