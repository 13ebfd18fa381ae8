/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host/sockets.h"

#include "host/account-file.h"
#include "host/socket-open.h"

#include <errno.h>
#include <mqueue.h>
#include <netinet/in.h>
#include <sys/stat.h>
#include <unistd.h>

static int bind_unix(const Opener *o, int fd, const SocketAddress *a) {
        const char *path = socket_address_path(a);
        mode_t old;
        int r;

        if (!path)
                return bind(fd, &a->any, a->len) < 0 ? -errno : 0;
        r = socket_make_parents(path, o->spec->directory_mode);
        if (r < 0)
                return r;
        socket_remove_stale(path, S_IFSOCK);
        /* Nobody may connect between bind() and chmod() who may not later. */
        old = umask(0777 & ~(mode_t)o->spec->mode);
        r = bind(fd, &a->any, a->len) < 0 ? -errno : 0;
        (void)umask(old);
        return r < 0 ? r : socket_dress_node(o, path);
}

static int socket_type(ListenKind kind) {
        return kind == LISTEN_STREAM ? SOCK_STREAM : kind == LISTEN_DATAGRAM ? SOCK_DGRAM : SOCK_SEQPACKET;
}

/* SocketProtocol= is for those lines that it goes with. */
static int ip_protocol(const SocketSpec *s, int type) {
        bool datagrams = s->protocol == IPPROTO_UDPLITE;

        return datagrams == (type == SOCK_DGRAM) ? s->protocol : 0;
}

static int open_socket(const Opener *o, const ListenAddress *l, bool ipv6, int *ret) {
        const int one = 1;
        SocketAddress a;
        int fd auto_fd = -1, type = socket_type(l->kind), r;
        bool ip;

        r = socket_address_parse(l->address, ipv6, &a);
        if (r < 0)
                return r;
        ip = a.any.sa_family == AF_INET || a.any.sa_family == AF_INET6;
        fd = socket(a.any.sa_family, type | SOCK_CLOEXEC | SOCK_NONBLOCK,
                    ip ? ip_protocol(o->spec, type) : 0);
        if (fd < 0)
                return -errno;
        socket_set_options(o, fd, a.any.sa_family, type);
        if (ip) {
                (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
                r = socket_narrow(o, fd, a.any.sa_family);
                if (r < 0)
                        return r;
        }
        r = a.any.sa_family == AF_UNIX ? bind_unix(o, fd, &a) : bind(fd, &a.any, a.len) < 0 ? -errno : 0;
        if (r < 0)
                return r;
        if (type != SOCK_DGRAM && listen(fd, (int)MIN(o->spec->backlog, (unsigned)INT32_MAX)) < 0)
                return -errno;
        *ret = TAKE_FD(fd);
        return 0;
}

static int open_one(const Opener *o, const ListenAddress *l, int *ret) {
        int r;

        switch (l->kind) {
        case LISTEN_FIFO:
                return socket_open_fifo(o, l->address, ret);
        case LISTEN_SPECIAL:
                return socket_open_special(o, l->address, ret);
        case LISTEN_QUEUE:
                return socket_open_queue(o, l->address, ret);
        case LISTEN_NETLINK:
                return socket_open_netlink(o, l->address, ret);
        default:
                break;
        }
        r = open_socket(o, l, true, ret);
        /* A bare port without IPv6 in this network namespace. */
        if ((r == -EAFNOSUPPORT || r == -EADDRNOTAVAIL) &&
            strspn(l->address, "0123456789") == strlen(l->address))
                r = open_socket(o, l, false, ret);
        return r;
}

static int open_line(Opener *o, const ListenAddress *l, int *ret) {
        int r;

        o->line = l->address;
        r = open_one(o, l, ret);
        if (r < 0)
                report_add(o->report, SEVERITY_ERROR, o->file, 0, NULL, "Cannot listen on %s: %s.", o->line,
                           strerrordesc_np(-r) ?: "unknown error");
        return r;
}

int listen_open_more(const SocketSpec *s, const int *first, Report *report, const char *file, int *ret_fds) {
        Opener o = { .spec = s, .report = report, .file = file, .uid = (uid_t)-1, .gid = (gid_t)-1 };
        int r = 0;

        for (size_t i = 0; i < s->n_listen; i++)
                ret_fds[i] = -1;
        for (size_t i = 0; i < s->n_listen && r >= 0; i++)
                if (listen_is_shareable(first[i]))
                        r = open_line(&o, s->listen + i, ret_fds + i);
        for (size_t i = 0; i < s->n_listen && r < 0; i++)
                fd_release(ret_fds + i);
        return r;
}

static int find_owner(Opener *o) {
        AccountEntry e = { 0 };
        int r;

        if (o->spec->user) {
                r = account_file_user(o->spec->user, &e);
                if (r < 0) {
                        report_add(o->report, SEVERITY_ERROR, o->file, 0, "SocketUser",
                                   "There is no user %s in /etc/passwd.", o->spec->user);
                        return r;
                }
                o->uid = e.uid;
                o->gid = e.gid;
                account_entry_release(&e);
        }
        if (o->spec->group) {
                r = account_file_group(o->spec->group, &o->gid);
                if (r < 0) {
                        report_add(o->report, SEVERITY_ERROR, o->file, 0, "SocketGroup",
                                   "There is no group %s in /etc/group.", o->spec->group);
                        return r;
                }
        }
        return 0;
}

/* Negative in place of a descriptor: it has to be opened. */
static int open_missing(Opener *o, int *fds) {
        const SocketSpec *s = o->spec;
        int r = find_owner(o);

        for (size_t i = 0; i < s->n_listen && r >= 0; i++)
                if (fds[i] < 0)
                        r = open_line(o, s->listen + i, fds + i);
        return r;
}

int listen_open(const SocketSpec *s, InheritedFds *inherited, const char *name, Report *report,
                const char *file, int **ret_fds, size_t *ret_n) {
        Opener o = { .spec = s, .report = report, .file = file, .uid = (uid_t)-1, .gid = (gid_t)-1 };
        int *fds = calloc(s->n_listen + 1, sizeof(int)), r;

        if (!fds)
                return -ENOMEM;
        inherited_fds_distribute(inherited, s, name, fds);
        r = open_missing(&o, fds);
        if (r < 0) {
                for (size_t i = 0; i < s->n_listen; i++)
                        if (fds[i] >= 0)
                                (void)close(fds[i]);
                free(fds);
                return r;
        }
        socket_make_links(&o);
        *ret_fds = fds;
        *ret_n = s->n_listen;
        return 0;
}

void listen_close(const SocketSpec *s, int *fds, size_t n) {
        for (size_t i = 0; i < n; i++)
                if (fds[i] >= 0)
                        (void)close(fds[i]);
        free(fds);
        if (!s->remove_on_stop)
                return;
        for (size_t i = 0; i < s->n_listen; i++)
                if (s->listen[i].kind == LISTEN_QUEUE)
                        (void)mq_unlink(s->listen[i].address);
                else if (listen_address_is_node(s->listen + i))
                        (void)unlink(s->listen[i].address);
        STRV_FOREACH (link, s->symlinks)
                (void)unlink(*link);
}
