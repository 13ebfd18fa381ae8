/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What comes in on listening descriptors: connections for Accept=yes, and
 * what nobody will read (FlushPending=).
 */

#include "host/socket-address.h"
#include "host/sockets.h"

#include <errno.h>
#include <mqueue.h>
#include <poll.h>
#include <unistd.h>

#define FLUSHED_MAX 1024 /* of one descriptor: a sender may be faster than we are */

static bool is_readable(int fd) {
        struct pollfd p = { .fd = fd, .events = POLLIN };

        return poll(&p, 1, 0) > 0 && (p.revents & POLLIN);
}

static bool is_listening(int fd) {
        socklen_t n = sizeof(int);
        int accepts = 0;

        return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &accepts, &n) >= 0 && accepts;
}

/* A read() of a queue tells of it, and takes nothing. */
static bool flush_message(int fd) {
        struct mq_attr a;
        char *scrap auto_free = NULL;

        if (mq_getattr(fd, &a) < 0)
                return false;
        scrap = malloc((size_t)a.mq_msgsize);
        return scrap && mq_receive(fd, scrap, (size_t)a.mq_msgsize, NULL) >= 0;
}

static bool flush_one(int fd, ListenKind kind, bool listening) {
        char scrap[65536];

        if (kind == LISTEN_QUEUE)
                return flush_message(fd);

        if (listening) {
                int connection = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

                if (connection >= 0)
                        (void)close(connection);
                return connection >= 0;
        }
        return read(fd, scrap, sizeof(scrap)) > 0 || kind == LISTEN_DATAGRAM; /* which may be empty */
}

void listen_flush(const SocketSpec *s, const int *fds, size_t n) {
        for (size_t i = 0; i < n; i++) {
                bool listening = is_listening(fds[i]);

                for (unsigned k = 0; k < FLUSHED_MAX && is_readable(fds[i]) &&
                                     flush_one(fds[i], s->listen[i].kind, listening);
                     k++)
                        continue;
        }
}

/* "7-1234-1000": number, peer's pid and uid. */
static int name_unix(int fd, unsigned number, char **ret) {
        struct ucred u;
        socklen_t n = sizeof(u);

        if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &u, &n) >= 0 && u.pid > 0)
                return str_printf(ret, "%u-%d-%u", number, (int)u.pid, u.uid);
        return str_printf(ret, "%u-unknown", number);
}

/* "7-127.0.0.1:80-127.0.0.1:4711" */
static int name_ip(int fd, unsigned number, const SocketAddress *peer, char **ret, char ***ret_environment) {
        char there[INET6_ADDRSTRLEN], here[INET6_ADDRSTRLEN], *address, *port;
        SocketAddress local = { .len = sizeof(local.storage) };
        unsigned there_port, here_port;
        int r;

        if (getsockname(fd, &local.any, &local.len) < 0)
                return -errno;
        socket_address_host(peer, there, sizeof(there), &there_port);
        socket_address_host(&local, here, sizeof(here), &here_port);
        r = str_printf(&address, "REMOTE_ADDR=%s", there);
        if (r >= 0)
                r = strv_push(ret_environment, address);
        if (r >= 0)
                r = str_printf(&port, "REMOTE_PORT=%u", there_port);
        if (r >= 0)
                r = strv_push(ret_environment, port);
        return r < 0 ? r : str_printf(ret, "%u-%s:%u-%s:%u", number, here, here_port, there, there_port);
}

int listen_accept(int fd, unsigned number, int *ret_fd, char **ret_instance, char ***ret_environment) {
        SocketAddress peer = { .len = sizeof(peer.storage) };
        char **environment auto_strv = NULL;
        int connection auto_fd = -1, r;
        char *instance = NULL;

        connection = accept4(fd, &peer.any, &peer.len, SOCK_CLOEXEC);
        if (connection < 0)
                return -errno;
        if (peer.any.sa_family == AF_INET || peer.any.sa_family == AF_INET6)
                r = name_ip(connection, number, &peer, &instance, &environment);
        else if (peer.any.sa_family == AF_UNIX)
                r = name_unix(connection, number, &instance);
        else if (peer.any.sa_family == AF_VSOCK)
                r = str_printf(&instance, "%u-vsock:%u:%u", number, peer.vm.svm_cid, peer.vm.svm_port);
        else
                r = str_printf(&instance, "%u-unknown", number);
        if (r < 0)
                return r;
        *ret_fd = TAKE_FD(connection);
        *ret_instance = instance;
        *ret_environment = TAKE(environment);
        return 0;
}
