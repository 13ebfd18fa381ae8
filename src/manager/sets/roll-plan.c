/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Who takes part in a roll, with how many spares, and what counts as ready: what the members are to become says it. */

#include "manager/sets/roll-internal.h"

#include <errno.h>

static int load_instance(Manager *m, const Unit *set, unsigned i, Unit **ret) {
        char *name auto_free = NULL, *prefix auto_free = NULL;
        int r = name_prefix(set->id, &prefix);

        if (r >= 0)
                r = str_printf(&name, "%s@%u.service", prefix, i);
        return r < 0 ? r : manager_load_unit(m, name, ret);
}

static bool is_free(const Unit *u) {
        return u->load_state == LOAD_LOADED && unit_is_down(u) && !u->job && !unit_runtime(u)->seat;
}

/* The next numbers that nobody uses: one that has left the set may still be draining. */
static int take_spares(RollRun *run, unsigned n) {
        unsigned first = run->roll.plan.n_members, taken = 0, i;

        for (i = first; taken < n; i++) {
                RollSeat *s = run->seats + first + taken;
                Unit *u;
                int r = i < INSTANCES_MAX ? load_instance(run->manager, run->unit, i, &u) : -ENOSPC;

                if (r < 0)
                        return r;
                if (!is_free(u))
                        continue;
                r = unit_begin_coming_generation(u);
                if (r < 0)
                        return r;
                s->unit = u;
                unit_runtime(u)->seat = s;
                taken++;
        }
        return 0;
}

static bool is_wished(const RollWish *w, unsigned i) {
        return w->all || w->of[i / 8] & 1u << i % 8;
}

/* An instance that is masked, or whose file is bad, is left as it is. */
static int take_member(RollRun *run, unsigned i, Unit *u, const RollWish *wish) {
        RollSeat *s = run->seats + i;
        int r;

        if (!is_wished(wish, i) || u->load_state != LOAD_LOADED) {
                run->members[i].phase = ROLL_PHASE_GONE;
                return 0;
        }
        r = unit_hold_back(u);
        if (r < 0)
                return r;
        s->unit = u;
        unit_runtime(u)->seat = s;
        run->members[i].down = unit_is_down(u) || machine_will_restart(&unit_runtime(u)->machine);
        return 0;
}

static int take_members(RollRun *run, const RollWish *wish) {
        unsigned n = run->roll.plan.n_members;
        int r = 0;

        if (run->unit->spec->service->n_instances == 0)
                return take_member(run, 0, run->unit, wish);
        for (unsigned i = 0; i < n && r >= 0; i++) {
                Unit *u;

                r = load_instance(run->manager, run->unit, i, &u);
                if (r >= 0)
                        r = take_member(run, i, u, wish);
        }
        return r;
}

/* Two processes cannot listen on one port, unless they were given the socket. */
static bool is_given_sockets(const Unit *set, const UnitSpec *spec) {
        for (const Edge *e = NULL; (e = unit_next_edge(set, DEP_TRIGGERED_BY, e));)
                if (e->other->type == UNIT_SOCKET)
                        return true;
        return spec->service->sockets || spec->service->ipc.kind == IPC_NODE_CLUSTER;
}

/* What the members are to become says how. */
static const UnitSpec *new_spec(const RollRun *run) {
        for (unsigned i = 0; i < run->roll.plan.n_members; i++)
                if (run->seats[i].unit)
                        return unit_coming_spec(run->seats[i].unit);
        return NULL;
}

void roll_free(RollRun *run) {
        for (unsigned i = 0; i < roll_n_seats(run); i++)
                seat_leave(run->seats + i);
        sd_event_source_disable_unref(run->timer);
        free(run->members);
        free(run->seats);
        free(run->reason);
        free(run);
}

static unsigned n_to_do(const RollRun *run) {
        unsigned n = 0;

        for (unsigned i = 0; i < run->roll.plan.n_members; i++)
                n += run->seats[i].unit != NULL;
        return n;
}

static int plan(RollRun *run, const RollWish *wish) {
        const UnitSpec *spec;
        const RollSpec *how;
        RollPlan *p = &run->roll.plan;
        unsigned n;
        int r = take_members(run, wish);

        if (r < 0)
                return r;
        spec = new_spec(run);
        n = n_to_do(run);
        if (!spec)
                return -ENXIO;
        how = &spec->service->roll;
        p->parallel = instances_share(how->parallel, n);
        p->gate_timeout = spec->service->timeout_start;
        p->settle = how->settle;
        p->rollback = how->rollback;
        run->gate = how->ready_on;
        if (run->unit->spec->service->n_instances > 0 &&
            (how->mode == ROLL_SURGE ||
             (how->mode == ROLL_MODE_UNSET && is_given_sockets(run->unit, spec)))) {
                r = take_spares(run, MIN(p->parallel, n));
                p->n_spares = r < 0 ? 0 : MIN(p->parallel, n);
                if (r == -ENOSPC) { /* the numbers are used up: without */
                        for (unsigned i = 0; i < p->n_members; i++)
                                seat_leave(run->seats + p->n_members + i);
                        r = 0;
                }
        }
        return r;
}

int roll_new(Unit *u, const RollWish *wish, RollRun **ret) {
        unsigned n = MAX(u->spec->service->n_instances, 1U);
        RollRun *run = calloc(1, sizeof(*run));
        RollPlan p;
        int r = -ENOMEM;

        if (!run)
                return -ENOMEM;
        run->manager = unit_runtime(u)->manager;
        run->unit = u;
        run->members = calloc(2 * (size_t)n, sizeof(*run->members));
        run->seats = calloc(2 * (size_t)n, sizeof(*run->seats));
        if (run->members && run->seats) {
                for (unsigned i = 0; i < 2 * n; i++)
                        run->seats[i].run = run;
                run->roll.plan.n_members = n;
                r = plan(run, wish);
        }
        if (r < 0) {
                run->roll.plan.n_spares = run->seats && run->members ? n : 0;
                run->roll.plan.n_members = run->seats && run->members ? n : 0;
                roll_free(run);
                return r;
        }
        p = run->roll.plan;
        roll_init(&run->roll, &p, run->members);
        *ret = run;
        return 0;
}
