/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host/sockets.h"

#include "host/account-file.h"
#include "host/socket-address.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct Opener {
        const SocketSpec *spec;
        Report *report;
        const char *file, *line; /* the file of the unit; the address as written */
        uid_t uid;               /* of nodes in the file system; -1: ours */
        gid_t gid;
} Opener;

/* What is refused for want of a privilege, or unknown to the kernel, is no reason not to listen. */
static void try_option(const Opener *o, int fd, int level, int name, int value, const char *key) {
        if (setsockopt(fd, level, name, &value, sizeof(value)) < 0)
                report_add(o->report, SEVERITY_NOTE, o->file, 0, key, "%s: %s, not applied", o->line,
                           strerrordesc_np(errno) ?: "unknown error");
}

static int in_seconds(usec_t t) {
        return (int)MIN(t / USEC_PER_SEC, (usec_t)INT32_MAX);
}

static void set_tcp_options(const Opener *o, int fd) {
        const SocketSpec *s = o->spec;

        if (s->keep_alive)
                try_option(o, fd, SOL_SOCKET, SO_KEEPALIVE, 1, "KeepAlive");
        if (s->keep_alive_time > 0 && s->keep_alive_time != USEC_INFINITY)
                try_option(o, fd, IPPROTO_TCP, TCP_KEEPIDLE, in_seconds(s->keep_alive_time),
                           "KeepAliveTimeSec");
        if (s->keep_alive_interval > 0 && s->keep_alive_interval != USEC_INFINITY)
                try_option(o, fd, IPPROTO_TCP, TCP_KEEPINTVL, in_seconds(s->keep_alive_interval),
                           "KeepAliveIntervalSec");
        if (s->keep_alive_probes > 0)
                try_option(o, fd, IPPROTO_TCP, TCP_KEEPCNT, (int)s->keep_alive_probes, "KeepAliveProbes");
        if (s->defer_accept > 0 && s->defer_accept != USEC_INFINITY)
                try_option(o, fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, in_seconds(s->defer_accept),
                           "DeferAcceptSec");
        if (s->no_delay)
                try_option(o, fd, IPPROTO_TCP, TCP_NODELAY, 1, "NoDelay");
}

static void set_ip_options(const Opener *o, int fd, int family) {
        const SocketSpec *s = o->spec;
        bool v6 = family == AF_INET6;

        if (s->ip_tos >= 0)
                try_option(o, fd, IPPROTO_IP, IP_TOS, s->ip_tos, "IPTOS");
        if (s->ip_ttl >= 0) {
                try_option(o, fd, IPPROTO_IP, IP_TTL, s->ip_ttl, "IPTTL");
                if (v6)
                        try_option(o, fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, s->ip_ttl, "IPTTL");
        }
        if (s->free_bind)
                try_option(o, fd, v6 ? IPPROTO_IPV6 : IPPROTO_IP, v6 ? IPV6_FREEBIND : IP_FREEBIND, 1,
                           "FreeBind");
        if (s->transparent)
                try_option(o, fd, v6 ? IPPROTO_IPV6 : IPPROTO_IP, v6 ? IPV6_TRANSPARENT : IP_TRANSPARENT, 1,
                           "Transparent");
        if (s->reuse_port)
                try_option(o, fd, SOL_SOCKET, SO_REUSEPORT, 1, "ReusePort");
        if (v6 && s->bind_ipv6_only != BIND_IPV6_DEFAULT)
                try_option(o, fd, IPPROTO_IPV6, IPV6_V6ONLY, s->bind_ipv6_only == BIND_IPV6_ONLY,
                           "BindIPv6Only");
        if (s->pass_packet_info) {
                try_option(o, fd, IPPROTO_IP, IP_PKTINFO, 1, "PassPacketInfo");
                if (v6)
                        try_option(o, fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1, "PassPacketInfo");
        }
        if (s->bind_to_device && setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, s->bind_to_device,
                                            (socklen_t)strlen(s->bind_to_device) + 1) < 0)
                report_add(o->report, SEVERITY_NOTE, o->file, 0, "BindToDevice", "%s: %s, not applied",
                           s->bind_to_device, strerrordesc_np(errno) ?: "unknown error");
}

static void set_buffer(const Opener *o, int fd, int forced, int plain, uint64_t size, const char *key) {
        int value = (int)MIN(size, (uint64_t)INT32_MAX);

        if (size == LIMIT_UNSET || size == 0)
                return;
        if (setsockopt(fd, SOL_SOCKET, forced, &value, sizeof(value)) < 0)
                try_option(o, fd, SOL_SOCKET, plain, value, key);
}

static void set_common_options(const Opener *o, int fd, int family) {
        const SocketSpec *s = o->spec;

        if (s->broadcast)
                try_option(o, fd, SOL_SOCKET, SO_BROADCAST, 1, "Broadcast");
        if (s->pass_credentials && family == AF_UNIX)
                try_option(o, fd, SOL_SOCKET, SO_PASSCRED, 1, "PassCredentials");
        if (s->pass_security && family == AF_UNIX)
                try_option(o, fd, SOL_SOCKET, SO_PASSSEC, 1, "PassSecurity");
        if (s->priority >= 0)
                try_option(o, fd, SOL_SOCKET, SO_PRIORITY, s->priority, "Priority");
        if (s->mark >= 0)
                try_option(o, fd, SOL_SOCKET, SO_MARK, s->mark, "Mark");
        set_buffer(o, fd, SO_RCVBUFFORCE, SO_RCVBUF, s->receive_buffer, "ReceiveBuffer");
        set_buffer(o, fd, SO_SNDBUFFORCE, SO_SNDBUF, s->send_buffer, "SendBuffer");
}

static int make_parents(const char *path, unsigned mode) {
        char copy[sizeof(((struct sockaddr_un *)0)->sun_path) + 4096];

        if (strlen(path) >= sizeof(copy))
                return -ENAMETOOLONG;
        strcpy(copy, path);
        for (char *slash = strchr(copy + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
                *slash = 0;
                if (mkdir(copy, (mode_t)mode) < 0 && errno != EEXIST)
                        return -errno;
                *slash = '/';
        }
        return 0;
}

/* A socket or FIFO in the file system belongs to who may connect. */
static int dress_node(const Opener *o, const char *path) {
        if (chmod(path, (mode_t)o->spec->mode) < 0)
                return -errno;
        if (o->uid == (uid_t)-1 && o->gid == (gid_t)-1)
                return 0;
        return lchown(path, o->uid, o->gid) < 0 ? -errno : 0;
}

/* What an earlier run has left; a file of somebody else's in that place stays, and bind() fails. */
static void remove_stale(const char *path, mode_t kind) {
        struct stat st;

        if (lstat(path, &st) >= 0 && (st.st_mode & S_IFMT) == kind)
                (void)unlink(path);
}

static int bind_unix(const Opener *o, int fd, const SocketAddress *a) {
        const char *path = socket_address_path(a);
        mode_t old;
        int r;

        if (!path)
                return bind(fd, &a->any, a->len) < 0 ? -errno : 0;
        r = make_parents(path, o->spec->directory_mode);
        if (r < 0)
                return r;
        remove_stale(path, S_IFSOCK);
        /* Nobody may connect between bind() and chmod() who may not later. */
        old = umask(0777 & ~(mode_t)o->spec->mode);
        r = bind(fd, &a->any, a->len) < 0 ? -errno : 0;
        (void)umask(old);
        return r < 0 ? r : dress_node(o, path);
}

static int socket_type(ListenKind kind) {
        return kind == LISTEN_STREAM ? SOCK_STREAM : kind == LISTEN_DATAGRAM ? SOCK_DGRAM : SOCK_SEQPACKET;
}

static int open_socket(const Opener *o, const ListenAddress *l, bool ipv6, int *ret) {
        const int one = 1;
        SocketAddress a;
        int fd auto_fd = -1, type = socket_type(l->kind), r;
        bool ip;

        r = socket_address_parse(l->address, ipv6, &a);
        if (r < 0)
                return r;
        fd = socket(a.any.sa_family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (fd < 0)
                return -errno;
        ip = a.any.sa_family == AF_INET || a.any.sa_family == AF_INET6;
        if (ip && type == SOCK_STREAM)
                set_tcp_options(o, fd);
        if (ip)
                set_ip_options(o, fd, a.any.sa_family);
        set_common_options(o, fd, a.any.sa_family);
        if (ip)
                (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
        r = a.any.sa_family == AF_UNIX ? bind_unix(o, fd, &a) : bind(fd, &a.any, a.len) < 0 ? -errno : 0;
        if (r < 0)
                return r;
        if (type != SOCK_DGRAM && listen(fd, (int)MIN(o->spec->backlog, (unsigned)INT32_MAX)) < 0)
                return -errno;
        *ret = TAKE_FD(fd);
        return 0;
}

/* Read and write, so that the end of the last writer is no end of file. */
static int open_fifo(const Opener *o, const char *path, int *ret) {
        int fd auto_fd = -1, r = make_parents(path, o->spec->directory_mode);
        struct stat st;
        mode_t old;

        if (r < 0)
                return r;
        old = umask(0777 & ~(mode_t)o->spec->mode);
        r = mkfifo(path, (mode_t)o->spec->mode) < 0 && errno != EEXIST ? -errno : 0;
        (void)umask(old);
        if (r < 0)
                return r;
        fd = open(path, O_RDWR | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | O_NOFOLLOW);
        if (fd < 0 || fstat(fd, &st) < 0)
                return -errno;
        if (!S_ISFIFO(st.st_mode))
                return -EEXIST;
        r = dress_node(o, path);
        if (r < 0)
                return r;
        *ret = TAKE_FD(fd);
        return 0;
}

static int open_one(const Opener *o, const ListenAddress *l, int *ret) {
        int r;

        if (l->kind == LISTEN_FIFO)
                return open_fifo(o, l->address, ret);
        r = open_socket(o, l, true, ret);
        /* A bare port without IPv6 in this network namespace. */
        if ((r == -EAFNOSUPPORT || r == -EADDRNOTAVAIL) &&
            strspn(l->address, "0123456789") == strlen(l->address))
                r = open_socket(o, l, false, ret);
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

/* Symlinks= all point to the first node in the file system. */
static void make_links(const Opener *o) {
        const SocketSpec *s = o->spec;
        const char *target = NULL;

        for (size_t i = 0; i < s->n_listen && !target; i++)
                if (s->listen[i].address[0] == '/')
                        target = s->listen[i].address;
        STRV_FOREACH (link, s->symlinks) {
                if (!target)
                        return;
                (void)make_parents(*link, s->directory_mode);
                remove_stale(*link, S_IFLNK);
                if (symlink(target, *link) < 0)
                        report_add(o->report, SEVERITY_NOTE, o->file, 0, "Symlinks", "%s: %s", *link,
                                   strerrordesc_np(errno) ?: "unknown error");
        }
}

int listen_open(const SocketSpec *s, Report *report, const char *file, int **ret_fds, size_t *ret_n) {
        Opener o = { .spec = s, .report = report, .file = file, .uid = (uid_t)-1, .gid = (gid_t)-1 };
        int *fds = calloc(s->n_listen + 1, sizeof(int)), r;
        size_t n = 0;

        if (!fds)
                return -ENOMEM;
        r = find_owner(&o);
        for (; r >= 0 && n < s->n_listen; n++) {
                o.line = s->listen[n].address;
                r = open_one(&o, s->listen + n, fds + n);
                if (r < 0) {
                        report_add(report, SEVERITY_ERROR, file, 0, NULL, "Cannot listen on %s: %s.", o.line,
                                   strerrordesc_np(-r) ?: "unknown error");
                        break;
                }
        }
        if (r < 0) {
                while (n > 0)
                        (void)close(fds[--n]);
                free(fds);
                return r;
        }
        make_links(&o);
        *ret_fds = fds;
        *ret_n = n;
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
                if (s->listen[i].address[0] == '/')
                        (void)unlink(s->listen[i].address);
        STRV_FOREACH (link, s->symlinks)
                (void)unlink(*link);
}
