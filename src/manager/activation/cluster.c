/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * X-IPC=node-cluster: the sockets that programs ask for when they call listen().
 *
 * A socket of the service's own socket units comes first, by its port. Else one is bound here, if X-ClusterListen= lets
 * it and the service could have bound it itself. It belongs to the set and is kept until the whole set is down: so who
 * comes while an instance is being replaced waits for the next one. All instances get the same one.
 *
 * The question comes from svinit-apps, which has it from the program: not one byte of it is believed.
 */

#include "host/account-file.h"
#include "host/bind-as.h"
#include "host/connections.h"
#include "host/socket-address.h"
#include "manager/apps-link.h"
#include "manager/dynamic-user.h"
#include "unit/address-families.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdio.h>
#include <unistd.h>
#include <utlist.h>

#define SOCKETS_MAX 1024 /* of one set */

struct ClusterSocket {
        ListenQuestion asked;
        BindAs owner;
        int fd; /* owned */
        struct ClusterSocket *next;
};

typedef struct Refusal {
        int error;
        char why[160]; /* empty: the error says it */
} Refusal;

static Unit *keeper_of(Unit *u) {
        return unit_set(u) ?: u;
}

/* The question */

static const struct sockaddr *address_of(const ListenQuestion *q) {
        return (const struct sockaddr *)&q->address;
}

static unsigned port_of(const struct sockaddr *a) {
        switch (a->sa_family) {
        case AF_INET:
                return ntohs(((const struct sockaddr_in *)a)->sin_port);
        case AF_INET6:
                return ntohs(((const struct sockaddr_in6 *)a)->sin6_port);
        default:
                return 0;
        }
}

static bool is_file(const ListenQuestion *q) {
        return address_of(q)->sa_family == AF_UNIX;
}

static const char *path_of(const ListenQuestion *q) {
        return ((const struct sockaddr_un *)&q->address)->sun_path;
}

/* The padding and what follows the address are made zero, so that questions can be compared. */
static bool read_question(const LinkMessage *m, ListenQuestion *ret) {
        ListenQuestion q, clean = { 0 };
        uint32_t n;

        if (m->text_len != sizeof(q))
                return false;
        memcpy(&q, m->text, sizeof(q));
        if (q.kind != SOCK_STREAM && q.kind != SOCK_DGRAM)
                return false;
        clean.kind = q.kind;
        clean.fd = q.fd;
        clean.index = q.index;
        clean.any = !!q.any;
        clean.ipv6_only = !!q.ipv6_only;
        n = clean.address_length = q.fd >= 0 ? 0 : q.address_length;
        if (n > sizeof(q.address) || (q.fd < 0 && n < sizeof(sa_family_t)))
                return false;
        memcpy(&clean.address, &q.address, n);
        *ret = clean;
        if (q.fd >= 0)
                return true;
        switch (clean.address.ss_family) {
        case AF_INET:
                return n == sizeof(struct sockaddr_in);
        case AF_INET6:
                return n == sizeof(struct sockaddr_in6);
        case AF_UNIX:
                return clean.kind == SOCK_STREAM && n > offsetof(struct sockaddr_un, sun_path) + 1 &&
                       n <= sizeof(struct sockaddr_un);
        default:
                return false;
        }
}

static void describe(const ListenQuestion *q, char *text, size_t size) {
        char host[INET6_ADDRSTRLEN];
        SocketAddress a = { .len = q->address_length };
        unsigned port = 0;

        if (is_file(q)) {
                (void)snprintf(text, size, "%s%.*s", *path_of(q) ? "" : "@", 107, path_of(q) + !*path_of(q));
                return;
        }
        memcpy(&a.storage, &q->address, sizeof(a.storage));
        socket_address_host(&a, host, sizeof(host), &port);
        if (q->any)
                (void)snprintf(text, size, "port %u", port);
        else
                (void)snprintf(text, size, "%s port %u", host, port);
}

/* May it? */

static void refuse(Refusal *r, const char *why) {
        r->error = -EACCES;
        (void)snprintf(r->why, sizeof(r->why), "%s", why);
}

static bool is_named(const Unit *u, const ListenQuestion *q) {
        STRV_FOREACH (word, u->spec->service->ipc.cluster_listen) {
                unsigned port;

                if (is_file(q) ? str_equal(*word, path_of(q))
                               : parse_unsigned(*word, &port) >= 0 && port == port_of(address_of(q)))
                        return true;
        }
        return !u->spec->service->ipc.cluster_listen; /* auto */
}

static bool may_use_family(const Unit *u, int family) {
        char *const *words = u->spec->sandbox->address_families;
        AddressFamilies f;

        if (!words)
                return true;
        f = address_families_resolve(words);
        return f.allow == !!(f.set & (UINT64_C(1) << family));
}

static bool may_bind_low(const Unit *u, uid_t uid) {
        const uint64_t bit = UINT64_C(1) << CAP_NET_BIND_SERVICE;
        const ExecSpec *e = u->spec->exec;

        return (uid == 0 && (e->capability_bounding & bit)) || (e->capability_ambient & bit);
}

static void check_internet(const Unit *u, const ListenQuestion *q, uid_t uid, Refusal *ret) {
        unsigned port = port_of(address_of(q));

        if (u->spec->sandbox->private_network || u->spec->sandbox->network_namespace_path)
                refuse(ret, "the service has another network (PrivateNetwork=, NetworkNamespacePath=)");
        else if (port > 0 && port < first_unprivileged_port() && !may_bind_low(u, uid))
                refuse(ret, "the service itself could not bind so low a port (CAP_NET_BIND_SERVICE)");
}

static void check_file(const Unit *u, const ListenQuestion *q, Refusal *ret) {
        const char *path = path_of(q);

        if (!*path) /* a name without a file is anybody's */
                return;
        if (u->spec->exec->root_directory)
                refuse(ret, "the service has another root directory");
        else if (u->spec->sandbox->private_tmp &&
                 (str_starts_with(path, "/tmp/") || str_starts_with(path, "/var/tmp/")))
                refuse(ret, "the service has a /tmp of its own (PrivateTmp=)");
}

/* Who the service runs as; a name that only a name service knows is none that is root's. */
static int find_user(const Unit *u, BindAs *ret) {
        const ExecSpec *e = u->spec->exec;
        AccountEntry entry = { 0 };
        int r = 0;

        *ret = (BindAs){ .uid = geteuid(), .gid = getegid(), .umask = e->umask };
        if (unit_dynamic_uid(u) != (uid_t)-1) {
                ret->uid = unit_dynamic_uid(u);
                ret->gid = (gid_t)ret->uid;
                return 0; /* as the user, the group is made for the run */
        }
        if (e->user) {
                r = account_file_user(e->user, &entry);
                ret->uid = entry.uid;
                ret->gid = entry.gid;
                account_entry_release(&entry);
        }
        if (r >= 0 && e->group)
                r = account_file_group(e->group, &ret->gid);
        return r;
}

static void check(const Unit *u, const ListenQuestion *q, BindAs *ret_who, Refusal *ret) {
        ret->error = find_user(u, ret_who);
        if (ret->error < 0)
                refuse(ret, "svinit does not find the service's user in /etc/passwd");
        else if (!is_named(u, q))
                refuse(ret, "X-ClusterListen= does not name it");
        else if (!may_use_family(u, address_of(q)->sa_family))
                refuse(ret, "RestrictAddressFamilies= does not let the service");
        else if (is_file(q))
                check_file(u, q, ret);
        else
                check_internet(u, q, ret_who->uid, ret);
}

/* The sockets */

static bool fits(int fd, const ListenQuestion *q, bool exactly) {
        SocketAddress have = { .len = sizeof(have.storage) }, want = { .len = q->address_length };
        socklen_t n = sizeof(int);
        int type;

        if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &n) < 0 || type != q->kind ||
            getsockname(fd, &have.any, &have.len) < 0)
                return false;
        memcpy(&want.storage, &q->address, sizeof(want.storage));
        if (socket_address_equal(&have, &want))
                return true;
        return !exactly && q->any && (have.any.sa_family == AF_INET || have.any.sa_family == AF_INET6) &&
               port_of(&have.any) == port_of(&want.any);
}

/* Who asks for all addresses gets what the socket unit says, which may be fewer. */
static int find_given(const PassedFds *given, const ListenQuestion *q) {
        if (q->fd >= 0)
                return q->fd >= 3 && (size_t)q->fd - 3 < given->n ? given->fds[q->fd - 3] : -1;
        for (int exactly = 1; exactly >= 0; exactly--)
                for (size_t i = 0; i < given->n; i++)
                        if (fits(given->fds[i], q, exactly))
                                return given->fds[i];
        return -1;
}

/* Port 0 is another port for each server of the program, and the same for its like in the other instances. */
static struct ClusterSocket *find_bound(Unit *keeper, const ListenQuestion *q) {
        struct ClusterSocket *s;

        LL_FOREACH (unit_runtime(keeper)->cluster_sockets, s)
                if (memcmp(&s->asked, q, sizeof(*q)) == 0)
                        return s;
        return NULL;
}

static int bind_one(const BindAs *who, const ListenQuestion *q) {
        int fd = socket_bind_as(who, q->kind, q->ipv6_only, address_of(q), q->address_length);
        struct sockaddr_in v4 = { .sin_family = AF_INET };

        if ((fd != -EAFNOSUPPORT && fd != -EADDRNOTAVAIL) || !q->any || address_of(q)->sa_family != AF_INET6)
                return fd;
        v4.sin_port = ((const struct sockaddr_in6 *)&q->address)->sin6_port;
        return socket_bind_as(who, q->kind, false, (struct sockaddr *)&v4, sizeof(v4));
}

static int bind_new(Unit *u, const ListenQuestion *q, Refusal *ret) {
        Unit *keeper = keeper_of(u);
        struct ClusterSocket *s = NULL, *other;
        unsigned n = 0;
        BindAs who;

        LL_FOREACH (unit_runtime(keeper)->cluster_sockets, other)
                n++;
        check(u, q, &who, ret);
        if (ret->error < 0)
                return -1;
        if (n < SOCKETS_MAX)
                s = calloc(1, sizeof(*s));
        ret->error = n >= SOCKETS_MAX ? -EMFILE : s ? bind_one(&who, q) : -ENOMEM;
        if (ret->error < 0) {
                free(s);
                return -1;
        }
        s->asked = *q;
        s->owner = who;
        s->fd = ret->error;
        ret->error = 0;
        LL_PREPEND(unit_runtime(keeper)->cluster_sockets, s);
        return s->fd;
}

static int find_socket(Unit *u, const ListenQuestion *q, Refusal *ret) {
        PassedFds given __attribute__((cleanup(passed_fds_release))) = { 0 };
        struct ClusterSocket *bound;
        int fd;

        ret->error = unit_collect_sockets(u, &given);
        if (ret->error < 0)
                return -1;
        fd = find_given(&given, q);
        if (fd >= 0 && q->index > 0 && q->fd < 0) {
                ret->error = -EADDRINUSE; /* a second server of one program */
                return -1;
        }
        if (fd >= 0)
                return fd;
        if (q->fd >= 0) {
                ret->error = -EBADF;
                return -1;
        }
        bound = find_bound(keeper_of(u), q);
        return bound ? bound->fd : bind_new(u, q, ret);
}

static void tell_refusal(Unit *u, const ListenQuestion *q, const Refusal *r) {
        char address[INET6_ADDRSTRLEN + 128] = "";

        if (q->fd >= 0)
                (void)snprintf(address, sizeof(address), "descriptor %d", q->fd);
        else
                describe(q, address, sizeof(address));
        LOG_UNIT(u->id, LISTEN_REFUSED, FIELD_S("ADDRESS", address),
                 FIELD_S("TEXT", *r->why ? r->why : strerror(-r->error)));
}

/* All versions of Node accept until there is nobody left, and some do not see to it that they are not held up then. */
static int copy_for_node(int fd) {
        int flags = fcntl(fd, F_GETFL), copy;

        if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
                return -errno;
        copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);
        return copy < 0 ? -errno : copy;
}

void cluster_answer(AppsInstance *i, const LinkMessage *m) {
        Refusal refusal = { 0 };
        ListenQuestion q;
        int fd;

        if (i->unit->spec->service->ipc.kind != IPC_NODE_CLUSTER || i->answers || !read_question(m, &q))
                return;
        fd = find_socket(i->unit, &q, &refusal);
        if (fd >= 0) {
                i->answer = copy_for_node(fd);
                refusal.error = MIN(i->answer, 0);
        }
        if (refusal.error < 0) {
                i->answer = -1;
                tell_refusal(i->unit, &q, &refusal);
        }
        i->answers = true;
        apps_post_answer(i, refusal.error);
}

static void close_bound(struct ClusterSocket *s) {
        if (is_file(&s->asked) && *path_of(&s->asked))
                socket_unlink_as(&s->owner, path_of(&s->asked));
        (void)close(s->fd);
        free(s);
}

void cluster_release(Unit *u) {
        struct ClusterSocket *s, *next;

        LL_FOREACH_SAFE (unit_runtime(u)->cluster_sockets, s, next)
                close_bound(s);
        unit_runtime(u)->cluster_sockets = NULL;
}

int cluster_count_clients(Unit *u, const pid_t *pids, size_t n_pids, unsigned *n) {
        const struct ClusterSocket *s;
        int r = 0;

        LL_FOREACH (unit_runtime(keeper_of(u))->cluster_sockets, s) {
                unsigned more = 0;

                r = connections_count(pids, n_pids, &s->fd, 1, &more);
                if (r == -EACCES) /* it says itself when it has none any more */
                        more = 1;
                else if (r < 0)
                        return r;
                *n += more;
        }
        return 0;
}

void unit_follow_cluster(Unit *u) {
        if (unit_runtime(u)->cluster_sockets && unit_is_down(u) && !u->job)
                cluster_release(u);
}
