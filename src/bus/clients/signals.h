/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What the manager tells its observer, as signals to every connection that is
 * ready. A change of a unit is PropertiesChanged of its type's interface, then
 * of Unit; the manager tells of a job's end after that, so that a client which
 * waits for JobRemoved finds the new state. With no client nothing is built, and
 * who is behind with reading is told later how units are then (backlog.h).
 */

#include "bus/bus.h"
#include "bus/property.h"

void bus_observe(Bus *b);

extern const SignalRow manager_signals[], own_manager_signals[];

void signals_catch_up(Connection *c); /* some of what it is owed, or the last of it */

/* JobRemoved for a job that was over before it began, to the one who asked. 0 or a negative errno. */
int signal_nothing_to_do(Connection *c, const char *job, const char *unit);
