/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The notify socket, sd_notify(3). Datagrams are read without blocking, a
 * bounded number per wakeup, with the sender's credentials; passed descriptors
 * are closed unless the handler takes them. When senders do not stop, the
 * socket's priority falls to the normal one for a while.
 */

#include "base/text.h"

#include <sys/types.h>
#include <systemd/sd-event.h>

#define NOTIFY_MESSAGE_MAX 4096
#define NOTIFY_FDS_MAX 253

typedef struct NotifyMessage {
        pid_t pid; /* from SCM_CREDENTIALS */
        uid_t uid;
        char **lines; /* owned by the caller of the handler; "KEY=value", valid UTF-8, in order */
        int *fds;     /* the handler may take one by setting it to -1 */
        size_t n_fds;
        bool fds_lost; /* there were more, but our limit is reached */
} NotifyMessage;

typedef void (*NotifyHandler)(NotifyMessage *m, void *userdata);
typedef struct NotifySocket NotifySocket;

/* The socket alone: services may send, and are read as soon as it is given to a NotifySocket. */
int notify_socket_bind(const char *path, int *ret);
/* Takes fd, of notify_socket_bind(); with -1 it binds. */
int notify_socket_new(sd_event *event, int fd, const char *path, int64_t priority, NotifyHandler handler,
                      void *userdata, NotifySocket **ret);
void notify_socket_free(NotifySocket *s);
const char *notify_socket_path(const NotifySocket *s);
/* Splits a datagram into lines, without those that are not UTF-8; pure, for the fuzz target. 0, -EINVAL (NUL inside), -ENOMEM. */
int notify_parse(const char *data, size_t n, char ***ret);
const char *notify_value(char *const *lines, const char *key); /* NULL: absent */
