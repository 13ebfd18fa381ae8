/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * How an instance leaves: told to take no new connections, left alone while it serves those it has, then stopped.
 *
 *      told -> last connection gone | it says so | it ends | X-DrainTimeoutSec= -> stop job
 *
 * Whom nobody can tell is stopped at once: with its stop signal it hears for the first time that it has to go. Who was
 * told says itself when it is through, if it can (its channel); else its connections are counted now and then, which
 * costs, so that pauses grow with that and with the time it takes. Where its processes may not be looked at, nobody is
 * waited for whom it has accepted: that is what the program has its stop signal for.
 */

#include "host/connections.h"
#include "manager/manager-internal.h"
#include "manager/roll.h"

#include <errno.h>

#define LOOK_FIRST (20 * USEC_PER_MSEC)
#define LOOK_MOST (500 * USEC_PER_MSEC)
/* A look may take one part in so many of the time. */
#define LOOK_SHARE 20
/* So long may it take until who was told by a message has read it, and takes no more. */
#define MESSAGE_TIME USEC_PER_SEC

struct Drain {
        sd_event_source *limit; /* X-DrainTimeoutSec= */
        sd_event_source *look;
        usec_t pause;
        usec_t told; /* monotonic */
        bool by_message;
};

/* All are tried: a unit may have several. NULL ends. */
static const DrainWay ways[] = { apps_tell_drain, NULL };

void drain_free(Drain *d) {
        if (!d)
                return;
        sd_event_source_disable_unref(d->limit);
        sd_event_source_disable_unref(d->look);
        free(d);
}

static bool tell(Manager *m, Unit *u, Drain *d) {
        for (const DrainWay *way = ways; *way; way++)
                d->by_message = (*way)(m, u) || d->by_message;
        return unit_leaves_shares(u) || d->by_message;
}

/* Its set may have grown again meanwhile: who has left its accept loop comes back by a new start only. */
static void stop(Manager *m, Unit *u) {
        drain_free(TAKE(unit_runtime(u)->drain));
        if (unit_runtime(u)->seat) /* what depends on it sees no more of a roll than of a restart */
                manager_ask(m, u, JOB_STOP, JOB_IGNORE_DEPENDENCIES, "a roll");
        else
                manager_ask(m, u, unit_is_surplus(u) ? JOB_STOP : JOB_RESTART, JOB_REPLACE, "X-Instances=");
}

/* Its stop signal is what makes it end the connections it has: nothing is won by waiting for them before. */
static bool drains_by_signal(const Unit *u) {
        return u->spec->service->ipc.node_drain && u->spec->service->ipc.kind == IPC_NONE;
}

/* Of the sockets that it is given: who waits there, if nobody else accepts, and whom it has accepted. */
static int count_clients(Unit *u, unsigned *ret) {
        const Unit *set = unit_set(u) ?: u;
        pid_t *pids auto_free = NULL;
        unsigned n = 0;
        size_t n_pids;
        int r = unit_pids(u, &pids, &n_pids);

        for (const Edge *e = NULL; r >= 0 && (e = unit_next_edge(set, DEP_TRIGGERED_BY, e));) {
                const UnitRuntime *socket = unit_runtime(e->other);
                unsigned more = 0;
                const int *fds;

                if (e->other->type != UNIT_SOCKET)
                        continue;
                r = socket_fds_of(e->other, u, &fds);
                for (size_t i = 0; r >= 0 && socket->socket_shares && i < socket->n_socket_fds; i++)
                        n += connections_waiting(fds[i]);
                if (r >= 0 && !drains_by_signal(u))
                        r = connections_count(pids, n_pids, fds, socket->n_socket_fds, &more);
                if (r == -EACCES)
                        r = 0;
                n += more;
        }
        if (r >= 0)
                r = cluster_count_clients(u, pids, n_pids, &n);
        *ret = n;
        return r;
}

static int on_look(sd_event_source *s, uint64_t usec, void *userdata) {
        Unit *u = userdata;
        Drain *d = unit_runtime(u)->drain;
        usec_t begin = now_monotonic(), end;
        unsigned n = 1;
        int r = 0;

        if (!d->by_message || begin >= usec_add(d->told, MESSAGE_TIME))
                r = count_clients(u, &n);
        if (r < 0 || n == 0) {
                stop(unit_runtime(u)->manager, u);
                return 0;
        }
        end = now_monotonic();
        d->pause = MAX(MIN(2 * d->pause, LOOK_MOST), LOOK_SHARE * (end - begin));
        (void)sd_event_source_set_time(s, usec_add(end, d->pause));
        (void)sd_event_source_set_enabled(s, SD_EVENT_ONESHOT);
        return 0;
}

static int on_limit(sd_event_source *s, uint64_t usec, void *userdata) {
        Unit *u = userdata;

        stop(unit_runtime(u)->manager, u);
        return 0;
}

static int arm(Manager *m, Unit *u, Drain *d) {
        usec_t limit = u->spec->service->roll.drain_timeout;
        int r;

        d->told = now_monotonic();
        d->pause = LOOK_FIRST;
        r = sd_event_add_time(m->event, &d->look, CLOCK_MONOTONIC, usec_add(d->told, d->pause), USEC_PER_MSEC,
                              on_look, u);
        if (r >= 0 && limit != USEC_INFINITY)
                r = sd_event_add_time(m->event, &d->limit, CLOCK_MONOTONIC, usec_add(d->told, limit),
                                      USEC_PER_MSEC, on_limit, u);
        return r;
}

void unit_leave(Manager *m, Unit *u) {
        UnitRuntime *rt = unit_runtime(u);

        if (rt->drain)
                return;
        if (active_state_is_up(u->active) && u->spec->service->roll.drain_timeout > 0)
                rt->drain = calloc(1, sizeof(*rt->drain));
        if (!rt->drain || !tell(m, u, rt->drain) || arm(m, u, rt->drain) < 0) {
                stop(m, u);
                return;
        }
        (void)manager_push_type(m, u, EVENT_DRAIN);
        unit_mark_changed(u);
}

void manager_instance_drained(Manager *m, Unit *u) {
        if (unit_runtime(u)->drain)
                stop(m, u);
}

void unit_follow_drain(Manager *m, Unit *u) {
        if (!active_state_is_up(u->active))
                drain_free(TAKE(unit_runtime(u)->drain));
}
