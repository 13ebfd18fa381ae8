/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host/inherited-fds.h"

#include "host/socket-address.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <mqueue.h>
#include <sys/stat.h>
#include <unistd.h>

#define FIRST_FD 3

static bool number_of(char *const *environment, const char *name, unsigned *ret) {
        const char *value = env_get(environment, name, strlen(name));

        return value && parse_unsigned(value, ret) >= 0;
}

/* The part up to the next colon; "unknown" behind the last one, as sd_listen_fds_with_names(3) has it. */
static char *next_name(const char **names) {
        const char *start = *names;
        size_t n;

        if (!start)
                return strdup("unknown");
        n = strcspn(start, ":");
        *names = start[n] ? start + n + 1 : NULL;
        return strndup(start, n);
}

int inherited_fds_take(char *const *environment, InheritedFds *ret) {
        const char *names = env_get(environment, "LISTEN_FDNAMES", strlen("LISTEN_FDNAMES"));
        unsigned pid, n = 0;

        *ret = (InheritedFds){ 0 };
        if (!number_of(environment, "LISTEN_PID", &pid) || (pid_t)pid != getpid() ||
            !number_of(environment, "LISTEN_FDS", &n) || n == 0)
                return 0;
        for (unsigned i = 0; i < n; i++)
                if (i > INT32_MAX - FIRST_FD || fcntl((int)i + FIRST_FD, F_SETFD, FD_CLOEXEC) < 0)
                        n = i; /* fewer than was said */
        ret->v = calloc(n, sizeof(*ret->v));
        if (n > 0 && !ret->v)
                return -ENOMEM;
        for (; ret->n < n; ret->n++)
                ret->v[ret->n] = (InheritedFd){ (int)ret->n + FIRST_FD, next_name(&names) };
        return 0;
}

void inherited_fds_release(InheritedFds *l) {
        for (size_t i = 0; i < l->n; i++) {
                if (l->v[i].fd >= 0)
                        (void)close(l->v[i].fd);
                free(l->v[i].name);
        }
        free(TAKE(l->v));
        l->n = 0;
}

static int option(int fd, int name) {
        socklen_t n = sizeof(int);
        int v;

        return getsockopt(fd, SOL_SOCKET, name, &v, &n) < 0 ? -1 : v;
}

/* A socket for clients, and not a connection to one. */
static bool takes_clients(int fd, int type) {
        SocketAddress peer = { .len = sizeof(peer.storage) };
        int domain = option(fd, SO_DOMAIN);

        if (option(fd, SO_TYPE) != type)
                return false;
        if (domain != AF_UNIX && domain != AF_INET && domain != AF_INET6 && domain != AF_VSOCK)
                return false;
        return getpeername(fd, &peer.any, &peer.len) < 0;
}

static bool is_netlink(int fd, const char *address) {
        const char *family = netlink_family_to_string(option(fd, SO_PROTOCOL));

        return option(fd, SO_DOMAIN) == AF_NETLINK && family && str_starts_with(address, family) &&
               address[strlen(family)] == ' ';
}

static bool is_of_kind(int fd, const ListenAddress *l) {
        struct mq_attr a;
        struct stat st;

        switch (l->kind) {
        case LISTEN_STREAM:
                return takes_clients(fd, SOCK_STREAM);
        case LISTEN_DATAGRAM:
                return takes_clients(fd, SOCK_DGRAM);
        case LISTEN_SEQPACKET:
                return takes_clients(fd, SOCK_SEQPACKET);
        case LISTEN_NETLINK:
                return is_netlink(fd, l->address);
        case LISTEN_QUEUE:
                return mq_getattr(fd, &a) >= 0;
        case LISTEN_FIFO:
                return fstat(fd, &st) >= 0 && S_ISFIFO(st.st_mode);
        default:
                return fstat(fd, &st) >= 0 && (S_ISCHR(st.st_mode) || S_ISREG(st.st_mode));
        }
}

static bool is_same_file(int fd, const char *path) {
        struct stat a, b;

        return fstat(fd, &a) >= 0 && stat(path, &b) >= 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

static bool is_same_queue(int fd, const char *name) {
        int queue auto_fd = mq_open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
        struct stat a, b;

        return queue >= 0 && fstat(fd, &a) >= 0 && fstat(queue, &b) >= 0 && a.st_dev == b.st_dev &&
               a.st_ino == b.st_ino;
}

static bool is_bound_to_groups(int fd, const char *address) {
        struct sockaddr_nl a;
        socklen_t n = sizeof(a);
        const char *blank = strchr(address, ' ');
        unsigned groups;

        return blank && parse_unsigned(blank + 1, &groups) >= 0 &&
               getsockname(fd, (struct sockaddr *)&a, &n) >= 0 && a.nl_groups == groups;
}

/* A bare port is that of any address, of IPv4 where there is nothing else. */
static bool is_bound_to(int fd, const char *address) {
        SocketAddress have = { .len = sizeof(have.storage) }, want;

        if (getsockname(fd, &have.any, &have.len) < 0)
                return false;
        for (int ipv6 = 0; ipv6 < 2; ipv6++)
                if (socket_address_parse(address, ipv6, &want) >= 0 && socket_address_equal(&have, &want))
                        return true;
        return false;
}

static bool has_address(int fd, const ListenAddress *l) {
        switch (l->kind) {
        case LISTEN_NETLINK:
                return is_bound_to_groups(fd, l->address);
        case LISTEN_QUEUE:
                return is_same_queue(fd, l->address);
        case LISTEN_FIFO:
        case LISTEN_SPECIAL:
                return is_same_file(fd, l->address);
        default:
                return is_bound_to(fd, l->address);
        }
}

/* Whoever has made it may have left the last steps to us. */
static bool make_ready(int fd, const SocketSpec *s, const ListenAddress *l) {
        int flags = fcntl(fd, F_GETFL);

        if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
                return false;
        if ((l->kind != LISTEN_STREAM && l->kind != LISTEN_SEQPACKET) || option(fd, SO_ACCEPTCONN) == 1)
                return true;
        return listen(fd, (int)MIN(s->backlog, (unsigned)INT32_MAX)) >= 0;
}

static int claim(InheritedFds *l, const SocketSpec *s, const ListenAddress *line, const char *name) {
        for (size_t i = 0; i < l->n; i++) {
                int fd = l->v[i].fd;

                if (fd < 0 || !is_of_kind(fd, line) ||
                    !(name ? str_equal(l->v[i].name, name) : has_address(fd, line)) ||
                    !make_ready(fd, s, line))
                        continue;
                l->v[i].fd = -1;
                return fd;
        }
        return -1;
}

void inherited_fds_distribute(InheritedFds *l, const SocketSpec *s, const char *name, int *fds) {
        for (size_t i = 0; i < s->n_listen; i++)
                fds[i] = claim(l, s, s->listen + i, NULL);
        for (size_t i = 0; i < s->n_listen; i++)
                if (fds[i] < 0)
                        fds[i] = claim(l, s, s->listen + i, name);
}
