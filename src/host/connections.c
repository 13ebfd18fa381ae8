/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host/connections.h"

#include "base/text.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define INODES_MAX 65536
/* Not closed by both sides yet. */
#define OPEN_STATES (1u << TCP_ESTABLISHED | 1u << TCP_CLOSE_WAIT | 1u << TCP_FIN_WAIT1 | 1u << TCP_FIN_WAIT2)

typedef struct Inodes {
        uint64_t *v; /* owned; sorted */
        size_t n, capacity;
} Inodes;

typedef struct Search {
        const Inodes *inodes;
        const char *path; /* AF_UNIX: of the listening socket */
        size_t path_len;
        unsigned n; /* found */
} Search;

static int compare(const void *a, const void *b) {
        uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

        return x < y ? -1 : x > y;
}

static bool contains(const Inodes *x, uint64_t inode) {
        return bsearch(&inode, x->v, x->n, sizeof(inode), compare);
}

static int add_inode(Inodes *x, uint64_t inode) {
        if (x->n == INODES_MAX)
                return -E2BIG;
        if (x->n == x->capacity) {
                size_t more = x->capacity ? 2 * x->capacity : 64;
                uint64_t *v = realloc(x->v, more * sizeof(*v));

                if (!v)
                        return -ENOMEM;
                x->v = v;
                x->capacity = more;
        }
        x->v[x->n++] = inode;
        return 0;
}

/* One that ends meanwhile has none any more. */
static int add_sockets_of(pid_t pid, Inodes *x) {
        char path[32], link[64];
        struct dirent *e;
        DIR *d;
        int r = 0;

        snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
        d = opendir(path);
        if (!d)
                return errno == ENOENT || errno == ESRCH ? 0 : -errno;
        while (r >= 0 && (e = readdir(d))) {
                ssize_t n = readlinkat(dirfd(d), e->d_name, link, sizeof(link) - 1);
                uint64_t inode;

                if (n <= 0)
                        continue;
                link[n] = 0;
                if (sscanf(link, "socket:[%" SCNu64 "]", &inode) == 1)
                        r = add_inode(x, inode);
        }
        closedir(d);
        return r;
}

static bool is_there(const Search *s, const struct nlmsghdr *h) {
        if (s->path) {
                const struct unix_diag_msg *m = NLMSG_DATA(h);
                int len = (int)(h->nlmsg_len - NLMSG_LENGTH(sizeof(*m)));

                for (const struct rtattr *a = (const void *)(m + 1); RTA_OK(a, len); a = RTA_NEXT(a, len))
                        if (a->rta_type == UNIX_DIAG_NAME)
                                return RTA_PAYLOAD(a) == s->path_len &&
                                       memcmp(RTA_DATA(a), s->path, s->path_len) == 0 &&
                                       contains(s->inodes, m->udiag_ino);
                return false;
        }
        return contains(s->inodes, ((const struct inet_diag_msg *)NLMSG_DATA(h))->idiag_inode);
}

/* 1: more comes; 0: that was all. */
static int take(Search *s, const char *data, size_t n) {
        const struct nlmsghdr *h;

        for (size_t at = 0; at < n && n - at >= sizeof(*h); at += NLMSG_ALIGN(h->nlmsg_len)) {
                h = (const void *)(data + at);
                if (h->nlmsg_len < sizeof(*h) || h->nlmsg_len > n - at)
                        break;
                if (h->nlmsg_type == NLMSG_DONE)
                        return 0;
                if (h->nlmsg_type == NLMSG_ERROR)
                        return ((const struct nlmsgerr *)NLMSG_DATA(h))->error ?: 0;
                s->n += h->nlmsg_type == SOCK_DIAG_BY_FAMILY && is_there(s, h);
        }
        return 1;
}

static int ask(const void *request, size_t size, Search *s) {
        struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
        int fd auto_fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_SOCK_DIAG);
        char answer[16384] __attribute__((aligned(8)));
        int r = 1;

        if (fd < 0)
                return -errno;
        if (sendto(fd, request, size, 0, (struct sockaddr *)&kernel, sizeof(kernel)) < 0)
                return -errno;
        while (r > 0) { /* the kernel answers while we read: there is nothing to wait for */
                ssize_t n = recv(fd, answer, sizeof(answer), 0);

                r = n < 0 ? -errno : n == 0 ? -EIO : take(s, answer, (size_t)n);
        }
        return r;
}

static int count_inet(int family, in_port_t port, Search *s) {
        struct {
                struct nlmsghdr h;
                struct inet_diag_req_v2 r;
        } request = { .h = { .nlmsg_len = sizeof(request),
                             .nlmsg_type = SOCK_DIAG_BY_FAMILY,
                             .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP },
                      .r = { .sdiag_family = (uint8_t)family,
                             .sdiag_protocol = IPPROTO_TCP,
                             .idiag_states = OPEN_STATES,
                             .id.idiag_sport = port } };

        s->path = NULL;
        return ask(&request, sizeof(request), s);
}

static int count_unix(const char *path, size_t len, Search *s) {
        struct {
                struct nlmsghdr h;
                struct unix_diag_req r;
        } request = { .h = { .nlmsg_len = sizeof(request),
                             .nlmsg_type = SOCK_DIAG_BY_FAMILY,
                             .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP },
                      .r = { .sdiag_family = AF_UNIX,
                             .udiag_states = 1u << TCP_ESTABLISHED,
                             .udiag_show = UDIAG_SHOW_NAME } };

        s->path = path;
        s->path_len = len;
        return ask(&request, sizeof(request), s);
}

static int count_at(int fd, Search *s) {
        union {
                struct sockaddr any;
                struct sockaddr_in in;
                struct sockaddr_in6 in6;
                struct sockaddr_un un;
        } a;
        socklen_t len = sizeof(a), type_len = sizeof(int);
        int type = 0, listens = 0, r;

        if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &type_len) < 0 || type == SOCK_DGRAM ||
            (type_len = sizeof(int), getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &type_len)) < 0 ||
            !listens || getsockname(fd, &a.any, &len) < 0)
                return 0;
        switch (a.any.sa_family) {
        case AF_INET:
                return count_inet(AF_INET, a.in.sin_port, s);
        case AF_INET6: /* clients over IPv4 are of one family or the other, by how they came in */
                r = count_inet(AF_INET6, a.in6.sin6_port, s);
                return r < 0 ? r : count_inet(AF_INET, a.in6.sin6_port, s);
        case AF_UNIX:
                if (len <= offsetof(struct sockaddr_un, sun_path))
                        return 0;
                len -= offsetof(struct sockaddr_un, sun_path);
                if (a.un.sun_path[0]) /* the kernel names it without the end */
                        len = (socklen_t)strnlen(a.un.sun_path, len);
                return count_unix(a.un.sun_path, len, s);
        default:
                return 0;
        }
}

int connections_count(const pid_t *pids, size_t n_pids, const int *fds, size_t n_fds, unsigned *ret) {
        Inodes inodes = { 0 };
        Search s = { .inodes = &inodes };
        int r = 0;

        for (size_t i = 0; i < n_pids && r >= 0; i++)
                r = add_sockets_of(pids[i], &inodes);
        if (inodes.n > 0)
                qsort(inodes.v, inodes.n, sizeof(*inodes.v), compare);
        for (size_t i = 0; i < n_fds && r >= 0 && inodes.n > 0; i++)
                r = count_at(fds[i], &s);
        free(inodes.v);
        if (r >= 0)
                *ret = s.n;
        return MIN(r, 0);
}

unsigned connections_waiting(int fd) {
        struct tcp_info info = { 0 };
        socklen_t len = sizeof(info);

        return getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) >= 0 && info.tcpi_state == TCP_LISTEN
                       ? info.tcpi_unacked
                       : 0;
}
