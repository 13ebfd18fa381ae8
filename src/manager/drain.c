/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * How an instance leaves: told to take no new connections, left alone while it serves those it has, then stopped.
 *
 *      told -> last connection gone | it says so | X-DrainTimeoutSec= -> stop job
 *
 * Whom nobody can tell is stopped at once: with its stop signal it hears for the first time that it has to go.
 */

#include "manager/manager-internal.h"
#include "manager/roll.h"

struct Drain {
        sd_event_source *limit; /* X-DrainTimeoutSec= */
};

/* All are tried: a unit may have several. NULL ends. */
static const DrainWay ways[] = { NULL };

void drain_free(Drain *d) {
        if (!d)
                return;
        sd_event_source_disable_unref(d->limit);
        free(d);
}

static bool tell(Manager *m, Unit *u) {
        bool told = false;

        for (const DrainWay *way = ways; *way; way++)
                told = (*way)(m, u) || told;
        return told;
}

/* Its set may have grown again meanwhile: who has left its accept loop comes back by a new start only. */
static void stop(Manager *m, Unit *u) {
        drain_free(TAKE(unit_runtime(u)->drain));
        if (unit_runtime(u)->seat) /* what depends on it sees no more of a roll than of a restart */
                manager_ask(m, u, JOB_STOP, JOB_IGNORE_DEPENDENCIES, "a roll");
        else
                manager_ask(m, u, unit_is_surplus(u) ? JOB_STOP : JOB_RESTART, JOB_REPLACE, "X-Instances=");
}

static int on_limit(sd_event_source *s, uint64_t usec, void *userdata) {
        Unit *u = userdata;

        stop(unit_runtime(u)->manager, u);
        return 0;
}

static int arm(Manager *m, Unit *u, Drain *d) {
        usec_t limit = u->spec->service->roll.drain_timeout;

        if (limit == USEC_INFINITY)
                return 0;
        return sd_event_add_time(m->event, &d->limit, CLOCK_MONOTONIC, usec_add(now_monotonic(), limit),
                                 USEC_PER_MSEC, on_limit, u);
}

void unit_leave(Manager *m, Unit *u) {
        UnitRuntime *rt = unit_runtime(u);

        if (rt->drain)
                return;
        if (active_state_is_up(u->active) && u->spec->service->roll.drain_timeout > 0 && tell(m, u))
                rt->drain = calloc(1, sizeof(*rt->drain));
        if (!rt->drain || arm(m, u, rt->drain) < 0) {
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
