/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Rolls: a service, or the instances of a set one after the other, on a new generation.
 *
 * What an instance proves (gates) and how it leaves the accept loop (drains) is known elsewhere: in its notifications,
 * on its channel, by its health check. All of that arrives here, as facts about one unit, whether a roll is under way
 * or not.
 */

#include "manager/manager.h"

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
