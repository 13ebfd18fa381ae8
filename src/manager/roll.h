/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Rolls: a service, or the instances of a set one after the other, on a new generation.
 *
 * What an instance proves (gates) and how it leaves the accept loop (drains) is known elsewhere: in its notifications,
 * on its channel, by its health check. All of that arrives here, as facts about one unit, whether a roll is under way
 * or not.
 */

#include "life/roll.h"
#include "manager/manager.h"

/* How it stands with the rolls of a unit, for the bus. */
struct UnitRoll {
        struct RollRun *run; /* owned; NULL: none is under way */
        uint32_t id;         /* of the one under way, or the last one; from 1 */
        RollResult result;   /* of the last one that has ended */
        char *reason;        /* likewise; owned; NULL: it ended well, or none has */
        RollState state;     /* of the last one, or ... */
        unsigned n_done, n_total;
        bool queued; /* another one follows */
};

/*
 * Rolls a set, one instance of it, or a plain service. What its files say is read again first. Only one roll of a unit
 * at a time: a request that comes meanwhile is for the one after it, and so are all that come before that begins.
 *
 * 0 and the number of the roll (manager.observer.roll_ended tells its end). -EHOSTDOWN: it is not active; an
 * EnqueueOutcome or another negative errno as from manager_enqueue(), with the reason in `why`.
 */
int manager_roll(Manager *m, Unit *u, Report *why, uint32_t *ret_id);
/* The roll under way turns back, and the one that waits for it is forgotten. -ESRCH: there is none. */
int manager_abort_roll(Manager *m, Unit *u);
const Unit *unit_rolled(const Unit *u); /* whose roll it would be: for an instance, its set */
bool unit_is_held_back(
        const Unit *u); /* by a roll that failed, on what it was before; a set: an instance of it */
bool unit_is_degraded(const Unit *u); /* a set with fewer active instances than X-InstancesMin= */
/* Who is part of the roll under way: the first from *i on; false: no more. */
bool unit_roll_seat(const Unit *set, unsigned *i, const Unit **ret, RollPhase *ret_phase);
bool unit_roll_phase(const Unit *u, RollPhase *ret); /* false: it is part of none */

/*
 * The unit has passed that gate of X-ReadyOn=. Holds until its run ends, or until manager_instance_unready(). START and
 * NOTIFY are told by the service itself.
 */
void manager_instance_ready(Manager *m, Unit *u, ReadyOn gate);
/* It has not any more: its health check fails. */
void manager_instance_unready(Manager *m, Unit *u, ReadyOn gate);

/*
 * The unit takes no new connections from now on, as far as it can be told (see ways[] in drain.c), and is stopped when
 * it has none any more, when it says so, or after X-DrainTimeoutSec=. Who ends by itself meanwhile is not restarted.
 */
void unit_leave(Manager *m, Unit *u);
/* Its last connection is gone. */
void manager_instance_drained(Manager *m, Unit *u);

/* Tells a unit to leave its accept loop; false: it has no such way. Must not wait. */
typedef bool (*DrainWay)(Manager *m, Unit *u);
