/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Freezing units: who may be, and who waits for it. A unit that is stopped is
 * thawed first, or it could not hear of it; whoever waits for it to freeze is
 * told that it will not.
 */

#include "manager/manager-internal.h"

#include <errno.h>

struct FreezeWaiter {
        FreezeDone done;
        void *userdata;
        bool freeze;
};

bool unit_can_freeze(const Unit *u) {
        return (u->type == UNIT_SERVICE || u->type == UNIT_SCOPE || u->type == UNIT_SLICE) && !u->perpetual &&
               groups_can_freeze(unit_runtime(u)->manager->groups);
}

FreezerState unit_freezer_state(const Unit *u) {
        const UnitRuntime *rt = unit_runtime(u);

        return rt->group ? group_freezer_state(rt->group) : FREEZER_RUNNING;
}

static void answer(UnitRuntime *rt, int r) {
        FreezeWaiter *w = TAKE(rt->freeze_waiter);

        if (!w)
                return;
        w->done(r, w->userdata);
        free(w);
}

void unit_freeze_release(Unit *u) {
        answer(unit_runtime(u), -ECANCELED);
}

void on_group_freezer(Group *g, void *userdata) {
        Unit *u = userdata;
        UnitRuntime *rt = unit_runtime(u);
        FreezerState s = group_freezer_state(g);

        unit_mark_changed(u);
        manager_kick(rt->manager); /* the observer is told at the end of a turn */
        if (!rt->freeze_waiter)
                return;
        if (s == (rt->freeze_waiter->freeze ? FREEZER_FROZEN : FREEZER_RUNNING))
                answer(rt, 0);
        else if (s != (rt->freeze_waiter->freeze ? FREEZER_FREEZING : FREEZER_THAWING))
                answer(rt, -ECANCELED);
}

static int may_freeze(const Unit *u) {
        FreezerState s = unit_freezer_state(u);

        if (!unit_can_freeze(u))
                return -EOPNOTSUPP;
        if (u->load_state != LOAD_LOADED || u->active != ACTIVE)
                return -EHOSTDOWN;
        if (u->job)
                return -EBUSY;
        return s == FREEZER_FREEZING || s == FREEZER_THAWING || unit_runtime(u)->freeze_waiter ? -EALREADY
                                                                                               : 0;
}

int manager_freeze(Manager *m, Unit *u, bool freeze, FreezeDone done, void *userdata) {
        UnitRuntime *rt = unit_runtime(u);
        int r = may_freeze(u);

        if (r >= 0)
                r = unit_realize_group(m, u);
        if (r < 0)
                return r;
        if (!rt->group)
                return -EOPNOTSUPP;
        if (unit_freezer_state(u) == (freeze ? FREEZER_FROZEN : FREEZER_RUNNING)) {
                done(0, userdata);
                return 0;
        }
        rt->freeze_waiter = calloc(1, sizeof(*rt->freeze_waiter));
        if (!rt->freeze_waiter)
                return -ENOMEM;
        *rt->freeze_waiter = (FreezeWaiter){ done, userdata, freeze };
        r = group_freeze(rt->group, freeze);
        if (r < 0) {
                free(TAKE(rt->freeze_waiter));
                return r;
        }
        if (r == 0)
                answer(rt, 0); /* unless the handler has */
        return 0;
}

void unit_thaw_to_stop(Unit *u) {
        UnitRuntime *rt = unit_runtime(u);

        if (rt->group && u->type != UNIT_SLICE && group_freezer_state(rt->group) != FREEZER_RUNNING)
                (void)group_freeze(rt->group, false);
}
