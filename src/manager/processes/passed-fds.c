/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The descriptors that a service gets beside stdin, stdout and stderr:
 * LISTEN_FDS. In this order: its sockets or its connection, what it has stored
 * with us, what the client that made the unit handed over, what OpenFile= names.
 *
 * Files are opened here and not by the child, because the names and the number
 * of what is passed are settled before the fork. Nothing in here waits: a FIFO
 * without a reader or a socket whose backlog is full is an error.
 */

#include "host/sockets.h"
#include "manager/manager-internal.h"
#include "manager/transient.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

const char *unit_socket_fd_name(const Unit *socket) {
        return socket->spec->socket->fd_name ?: socket->id;
}

void passed_fds_release(PassedFds *p) {
        for (; p->n_opened > 0; p->n_opened--)
                close(p->fds[--p->n]);
        free(TAKE(p->fds));
        free(TAKE(p->names));
        free(TAKE(p->in_use));
        p->n = 0;
}

static int add_fds(PassedFds *p, const int *more, size_t n_more, const char *name) {
        const char **names;
        bool *in_use;
        int *fds;

        if (n_more == 0)
                return 0;
        fds = realloc(p->fds, (p->n + n_more) * sizeof(*fds));
        if (!fds)
                return -ENOMEM;
        p->fds = fds;
        names = realloc(p->names, (p->n + n_more) * sizeof(*names));
        if (!names)
                return -ENOMEM;
        p->names = names;
        in_use = realloc(p->in_use, (p->n + n_more) * sizeof(*in_use));
        if (!in_use)
                return -ENOMEM;
        p->in_use = in_use;
        for (size_t i = 0; i < n_more; i++) {
                fds[p->n] = more[i];
                in_use[p->n] = false;
                names[p->n++] = name;
        }
        return 0;
}

/*
 * A program sets the mode of its sockets once, and it must not find itself blocked in accept() because another
 * instance was started.
 */
static bool is_beside_others(const Unit *u) {
        const Unit *set = unit_set(u);

        for (const Edge *e = NULL; set && (e = unit_next_edge(set, DEP_CONSISTS_OF, e));)
                if (e->other != u && !unit_is_down(e->other))
                        return true;
        return false;
}

static int add_socket(PassedFds *p, Unit *socket, const Unit *service) {
        const UnitRuntime *rt = unit_runtime(socket);
        size_t before = p->n;
        const int *fds;
        int r = socket_fds_of(socket, service, &fds);

        if (r >= 0)
                r = add_fds(p, fds, rt->n_socket_fds, unit_socket_fd_name(socket));
        if (r < 0 || !is_beside_others(service))
                return r;
        for (size_t l = 0; before + l < p->n; l++)
                p->in_use[before + l] = !rt->socket_shares || !listen_is_shareable(fds[l]);
        return 0;
}

int unit_collect_own_fds(Unit *u, PassedFds *ret) {
        const UnitRuntime *rt = unit_runtime(u);

        return add_fds(ret, rt->socket_fds, rt->n_socket_fds, unit_socket_fd_name(u));
}

/* `u` is the service, or the set that it belongs to. */
static int add_sockets_of(const Unit *u, const Unit *service, PassedFds *p) {
        int r = 0;

        for (const Edge *e = NULL; r >= 0 && (e = unit_next_edge(u, DEP_TRIGGERED_BY, e));)
                if (e->other->type == UNIT_SOCKET && !e->other->spec->socket->accept)
                        r = add_socket(p, e->other, service);
        return r;
}

static int add_sockets(Unit *u, PassedFds *p) {
        const Unit *set = unit_set(u); /* its sockets are those of all its instances */
        int r = set ? add_sockets_of(set, u, p) : 0;

        return r < 0 ? r : add_sockets_of(u, u, p);
}

/* Sockets=, of units that start something else. */
static int add_further_sockets(Unit *u, PassedFds *p) {
        int r = 0;

        STRV_FOREACH (name, u->spec->service->sockets) {
                Unit *other = graph_find(u->graph, *name);

                if (r >= 0 && other && other->type == UNIT_SOCKET &&
                    !unit_has_edge(u, DEP_TRIGGERED_BY, other))
                        r = add_socket(p, other, u);
        }
        return r;
}

/* A datagram socket has to be met by one of its own kind. */
static int connect_to(const char *path) {
        static const int types[] = { SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET };
        struct sockaddr_un a = { .sun_family = AF_UNIX };

        if (strlen(path) >= sizeof(a.sun_path))
                return -ENAMETOOLONG;
        strcpy(a.sun_path, path);
        for (size_t i = 0; i < ELEMENTSOF(types); i++) {
                int fd auto_fd = socket(AF_UNIX, types[i] | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

                if (fd < 0)
                        return -errno;
                if (connect(fd, (struct sockaddr *)&a, sizeof(a)) >= 0)
                        return TAKE_FD(fd);
                if (errno != EPROTOTYPE)
                        return -errno;
        }
        return -EPROTOTYPE;
}

static int open_one(const OpenFile *f) {
        int flags = O_CLOEXEC | O_NOCTTY | O_NONBLOCK, fd;
        struct stat st;

        if (stat(f->path, &st) < 0)
                return -errno;
        if (S_ISSOCK(st.st_mode))
                return connect_to(f->path);
        flags |= f->flags & OPEN_FILE_READ_ONLY ? O_RDONLY : O_RDWR;
        flags |= f->flags & OPEN_FILE_APPEND ? O_APPEND : 0;
        flags |= f->flags & OPEN_FILE_TRUNCATE ? O_TRUNC : 0;
        fd = open(f->path, flags);
        return fd < 0 ? -errno : fd;
}

static int add_open_files(Unit *u, PassedFds *p) {
        const ServiceSpec *s = u->spec->service;

        for (size_t i = 0; i < s->n_open_files; i++) {
                const OpenFile *f = s->open_files + i;
                int fd auto_fd = open_one(f), r;

                if (fd < 0) {
                        LOG_UNIT_ERRNO(u->id, OPEN_FILE_FAILED, fd, FIELD_S("PATH", f->path),
                                       FIELD_S("TEXT", f->flags & OPEN_FILE_GRACEFUL
                                                               ? "the service starts without it"
                                                               : "the service does not start"));
                        if (f->flags & OPEN_FILE_GRACEFUL)
                                continue;
                        return fd;
                }
                r = add_fds(p, &fd, 1, f->name);
                if (r < 0)
                        return r;
                TAKE_FD(fd);
                p->n_opened++;
        }
        return 0;
}

static void restore_backlogs_of(const Unit *u, const Unit *service) {
        for (const Edge *e = NULL; (e = unit_next_edge(u, DEP_TRIGGERED_BY, e));) {
                const SocketSpec *s = e->other->type == UNIT_SOCKET ? e->other->spec->socket : NULL;
                const int *fds;

                if (!s || s->accept || socket_fds_of(e->other, service, &fds) < 0)
                        continue;
                for (size_t l = 0; l < unit_runtime(e->other)->n_socket_fds; l++)
                        if (s->listen[l].kind == LISTEN_STREAM)
                                (void)listen(fds[l], (int)MIN(s->backlog, (unsigned)INT32_MAX));
        }
}

void unit_restore_backlogs(Unit *u) {
        const Unit *set = unit_set(u);

        if (set)
                restore_backlogs_of(set, u);
        restore_backlogs_of(u, u);
}

int unit_collect_sockets(Unit *u, PassedFds *p) {
        int r = add_sockets(u, p);

        return r < 0 ? r : add_further_sockets(u, p);
}

int unit_collect_connections(Unit *u, PassedFds *p) {
        const UnitRuntime *rt = unit_runtime(u);
        int r = rt->accepted_fd >= 0 ? add_fds(p, &rt->accepted_fd, 1, "connection") : add_sockets(u, p);

        return r < 0 ? r : add_further_sockets(u, p);
}

int unit_collect_fds(Unit *u, PassedFds *p) {
        const UnitRuntime *rt = unit_runtime(u);
        const Transient *t = rt->transient;
        int r = unit_collect_connections(u, p);

        for (size_t i = 0; r >= 0 && i < rt->n_fd_store; i++)
                r = add_fds(p, &rt->fd_store[i].fd, 1, rt->fd_store[i].name);
        for (size_t i = 0; r >= 0 && t && i < t->n_extra_fds; i++)
                r = add_fds(p, &t->extra_fds[i].fd, 1, t->extra_fds[i].name);
        return r >= 0 ? add_open_files(u, p) : r;
}
