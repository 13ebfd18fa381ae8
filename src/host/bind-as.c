/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host/bind-as.h"

#include "base/macro.h"
#include "base/text.h"
#include "host/proc-file.h"

#include <errno.h>
#include <grp.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <unistd.h>

/* Neither call fails; which one holds tells the next. */
static bool become(uid_t uid, gid_t gid) {
        (void)setfsgid(gid);
        (void)setfsuid(uid);
        return setfsgid((gid_t)-1) == (int)gid && setfsuid((uid_t)-1) == (int)uid;
}

typedef struct Rights {
        gid_t *groups; /* owned */
        int n_groups;
        mode_t umask;
} Rights;

/* The kernel itself decides then what he may, link or no link. 0 or negative errno; rights_restore() in either case. */
static int rights_of(const BindAs *who, Rights *ret_own) {
        Rights own = { .n_groups = getgroups(0, NULL), .umask = umask(who->umask) };

        own.groups = own.n_groups > 0 ? calloc((size_t)own.n_groups, sizeof(gid_t)) : NULL;
        if (own.groups)
                own.n_groups = getgroups(own.n_groups, own.groups);
        *ret_own = own;
        if (who->uid == geteuid())
                return 0;
        if (own.n_groups != 0 && !own.groups)
                return -ENOMEM;
        if (own.n_groups != 0 && setgroups(0, NULL) < 0)
                return -errno;
        return become(who->uid, who->gid) ? 0 : -EPERM;
}

static void rights_restore(Rights *own) {
        (void)become(geteuid(), getegid());
        if (own->groups && own->n_groups > 0)
                (void)setgroups((size_t)own->n_groups, own->groups);
        free(own->groups);
        (void)umask(own->umask);
}

static int bind_file(int fd, const BindAs *who, const struct sockaddr *a, socklen_t n) {
        Rights own;
        int r = rights_of(who, &own);

        if (r >= 0 && bind(fd, a, n) < 0)
                r = -errno;
        rights_restore(&own);
        return r;
}

void socket_unlink_as(const BindAs *who, const char *path) {
        Rights own;

        if (rights_of(who, &own) >= 0)
                (void)unlink(path);
        rights_restore(&own);
}

int socket_bind_as(const BindAs *who, int type, bool ipv6_only, const struct sockaddr *a, socklen_t n) {
        int fd auto_fd = socket(a->sa_family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        const int one = 1;
        int r;

        if (fd < 0)
                return -errno;
        if (a->sa_family == AF_UNIX) {
                r = bind_file(fd, who, a, n);
                return r < 0 ? r : TAKE_FD(fd);
        }
        if (type == SOCK_STREAM)
                (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
        if (a->sa_family == AF_INET6) {
                int only = ipv6_only;

                (void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only, sizeof(only));
        }
        return bind(fd, a, n) < 0 ? -errno : TAKE_FD(fd);
}

unsigned first_unprivileged_port(void) {
        char text[16];
        unsigned port;
        int n = proc_read("/proc/sys/net/ipv4/ip_unprivileged_port_start", text, sizeof(text));

        if (n < 0)
                return 1024;
        text[strcspn(text, "\n")] = 0;
        return parse_unsigned(text, &port) < 0 ? 1024 : port;
}
