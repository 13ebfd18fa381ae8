/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Accept=yes: each connection gets an instance of the template for itself.
 *
 * The socket counts its connections from accept() to the end of the instance.
 * Our copy of the descriptor is closed as soon as the service has its own, so
 * that the peer sees the end when the service ends.
 */

#include "host/sockets.h"
#include "manager/manager-internal.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* An address from which there are connections to a socket. */
typedef struct AcceptSource {
        UT_hash_handle hh;
        unsigned n_connections;
        char address[];
} AcceptSource;

#define PAUSE (200 * USEC_PER_MSEC) /* descriptors or memory are used up: trying at once would spin */

static bool is_exhausted(int r) {
        return r == -ENOBUFS || is_passing(r);
}

/* The socket of one service listens when that service is down, as if it had been up for a moment. */
static void resume(Manager *m, Unit *u) {
        const Edge *e = unit_next_edge(u, DEP_TRIGGERS, NULL);

        if (u->spec->socket->accept)
                unit_listen(m, u, true);
        else
                (void)manager_push(m, u,
                                   &(Event){ .type = EVENT_TRIGGERED_STATE,
                                             .now = dual_now(),
                                             .active = e ? e->other->active : INACTIVE });
}

static int on_resume(sd_event_source *s, uint64_t usec, void *userdata) {
        Unit *u = userdata;

        if (active_state_is_up(machine_active_state(&unit_runtime(u)->machine)))
                resume(unit_runtime(u)->manager, u);
        return 0;
}

void unit_pause_socket(Manager *m, Unit *u) {
        sd_event_source **s = &unit_runtime(u)->resume_source;

        *s = sd_event_source_disable_unref(*s);
        if (sd_event_add_time_relative(m->event, s, CLOCK_MONOTONIC, PAUSE, USEC_PER_MSEC, on_resume, u) < 0)
                resume(m, u);
}

static const char *peer_of(char *const *env) {
        return env_get(env, "REMOTE_ADDR", 11);
}

static AcceptSource *find_source(const Unit *socket, const char *address) {
        AcceptSource *s;

        HASH_FIND_STR(unit_runtime(socket)->accept_sources, address, s);
        return s;
}

/* One more connection from there. */
static int count_source(const Unit *socket, const char *address, AcceptSource **ret) {
        AcceptSource *s = find_source(socket, address);

        if (!s) {
                s = calloc(1, sizeof(*s) + strlen(address) + 1);
                if (!s)
                        return -ENOMEM;
                strcpy(s->address, address);
                HASH_ADD_STR(unit_runtime(socket)->accept_sources, address, s);
                if (!s->hh.tbl) {
                        free(s);
                        return -ENOMEM;
                }
        }
        s->n_connections++;
        *ret = s;
        return 0;
}

static void uncount_source(const Unit *socket, AcceptSource *s) {
        if (!s || --s->n_connections > 0)
                return;
        HASH_DEL(unit_runtime(socket)->accept_sources, s);
        free(s);
}

/* The limit that forbids one more, by name; NULL: none. */
static const char *limit_in_the_way(const Unit *u, char *const *env) {
        const SocketSpec *spec = u->spec->socket;
        const char *peer = peer_of(env);
        const AcceptSource *source = peer ? find_source(u, peer) : NULL;

        if (unit_runtime(u)->machine.socket.n_connections >= spec->max_connections)
                return "MaxConnections= is reached";
        if (spec->max_connections_per_source > 0 && source &&
            source->n_connections >= spec->max_connections_per_source)
                return "MaxConnectionsPerSource= is reached";
        return NULL;
}

/* "echo.socket" and "echo@x.socket" start "echo@INSTANCE.service". */
static int instance_name(const Unit *u, const char *instance, char **ret) {
        const char *at = strchr(u->id, '@'), *end = at ? at : strrchr(u->id, '.');

        return str_printf(ret, "%.*s@%s.service", (int)(end - u->id), u->id, instance);
}

void unit_trigger_end(Unit *u) {
        UnitRuntime *rt = unit_runtime(u);
        Unit *socket = TAKE(rt->accepted_by);

        cleanup_fd(&rt->accepted_fd);
        rt->accepted_fd = -1;
        strv_free(TAKE(rt->trigger_environment));
        if (!socket)
                return;
        uncount_source(socket, TAKE(rt->accepted_source));
        if (unit_runtime(socket)->machine.socket.n_connections > 0)
                unit_runtime(socket)->machine.socket.n_connections--;
        manager_collect(rt->manager, u);
}

void manager_forget_socket(Manager *m, Unit *socket) {
        AcceptSource *s, *next;

        if (unit_runtime(socket)->machine.socket.n_connections > 0)
                for (Unit *u = graph_next_unit(m->graph, NULL); u; u = graph_next_unit(m->graph, u))
                        if (unit_runtime(u)->accepted_by == socket) {
                                unit_runtime(u)->accepted_by = NULL;
                                unit_runtime(u)->accepted_source = NULL;
                        }
        HASH_ITER (hh, unit_runtime(socket)->accept_sources, s, next) {
                HASH_DEL(unit_runtime(socket)->accept_sources, s);
                free(s);
        }
}

static int start_instance(Manager *m, Unit *u, const char *name, int fd, char **env, Report *why) {
        const char *peer = peer_of(env);
        AcceptSource *source = NULL;
        UnitRuntime *rt;
        Unit *service;
        int r;

        r = manager_load_unit(m, name, &service);
        if (r >= 0 && peer)
                r = count_source(u, peer, &source);
        if (r < 0) {
                close(fd);
                strv_free(env);
                return r;
        }
        rt = unit_runtime(service);
        unit_trigger_end(service); /* what an instance of that name has left */
        rt->accepted_fd = fd;
        rt->trigger_environment = env;
        rt->accepted_by = u;
        rt->accepted_source = source;
        unit_runtime(u)->machine.socket.n_connections++;
        r = manager_enqueue(m, JOB_START, service, JOB_REPLACE, why, NULL);
        if (r != 0)
                unit_trigger_end(service);
        return r;
}

/* One connection. 0: taken, refused or none there; negative: none can be taken now. */
static int accept_one(Manager *m, Unit *u, int listen_fd) {
        Socket *machine = &unit_runtime(u)->machine.socket;
        char *instance auto_free = NULL, *name auto_free = NULL, **env auto_strv = NULL;
        const char *limit;
        int fd auto_fd = -1, r;
        Report why = { 0 };

        r = listen_accept(listen_fd, machine->n_accepted, &fd, &instance, &env);
        if (r == -EAGAIN)
                return 0;
        if (r < 0) {
                LOG_UNIT_ERRNO(u->id, ACCEPT_FAILED, r, FIELD_S("UNIT", u->id));
                return is_exhausted(r) ? r : 0;
        }
        limit = limit_in_the_way(u, env);
        r = instance_name(u, instance, &name);
        if (limit)
                machine->n_refused++;
        else
                machine->n_accepted++;
        if (!limit && r >= 0)
                r = start_instance(m, u, name, TAKE_FD(fd), TAKE(env), &why);
        if (r != 0 || limit)
                LOG_UNIT(u->id, TRIGGER_REFUSED, FIELD_S("TRIGGERED", name),
                         FIELD_S("TEXT", limit                ? limit
                                         : why.n_findings > 0 ? why.findings[0].text
                                                              : "it is not loaded"));
        report_release(&why);
        unit_mark_changed(u);
        return 0;
}

void unit_accept(Manager *m, Unit *u) {
        UnitRuntime *rt = unit_runtime(u);
        int r = 0;

        for (size_t i = 0; i < rt->n_socket_fds && r >= 0; i++)
                r = accept_one(m, u, rt->socket_fds[i]);
        if (r < 0)
                unit_pause_socket(m, u);
        else
                unit_listen(m, u, true);
}
