/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Who owns which name on the system bus, for services of Type=dbus.
 *
 * The connection is made when the first name is to be watched and given up
 * with the last one. It waits for the bus to appear, comes back when the bus
 * has gone, and asks nothing synchronously: with no bus daemon a service of
 * Type=dbus runs into its start time-out, and that is all that happens.
 *
 *      off -> connecting -> watching -> (bus gone) -> pausing -> connecting
 */

#include "manager/manager.h"

typedef struct NameWatches NameWatches;

int names_new(Manager *m, NameWatches **ret);
void names_free(NameWatches *n);
/* From now on tell manager_bus_name() when this name (NULL: none) is taken or given up. Cheap when nothing changes. */
void names_watch(NameWatches *n, Unit *u, const char *bus_name);
void names_unit_removed(NameWatches *n, Unit *u);
