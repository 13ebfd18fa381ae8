/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What a unit's change makes others do: OnFailure= and OnSuccess=, BindsTo=,
 * Upholds=, StopWhenUnneeded=, and what a unit that moved by itself starts and
 * stops in hindsight. Answers are requests to enqueue, nothing is done here.
 */

#include "graph/job.h"

/* OnFailure= of u. */
void follow_failure(const Unit *u, JobRequests *ret);
/* u is down for a moment, and comes back: who is bound to it cannot wait for that. */
void follow_pause(const Unit *u, ActiveState old, bool unexpected, JobRequests *ret);
/* u has gone from `old` to the state it has now; `unexpected`: no job asked for it. */
void follow_change(Unit *u, ActiveState old, bool unexpected, JobRequests *ret);
/* StopWhenUnneeded= of u and, when u is down, of what it needed. */
void follow_need(Unit *u, JobRequests *ret);
