/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Who owns which name on the system bus, for services of Type=dbus. The
 * connection is system-bus.h's, which tells when there is one; a watch without
 * a connection waits for it.
 */

#include "manager/manager.h"

#include <systemd/sd-bus.h>

typedef struct NameWatch NameWatch;

typedef struct NameWatches {
        Manager *manager;   /* borrowed */
        sd_bus *sd;         /* borrowed; NULL: not connected */
        NameWatch *watches; /* owned */
} NameWatches;

void names_release(NameWatches *n);
/* From now on tell manager_bus_name() when this name (NULL: none) is taken or given up. Cheap when nothing changes. 0, -errno. */
int names_watch(NameWatches *n, Unit *u, const char *bus_name);
int names_connected(NameWatches *n, sd_bus *sd);
void names_disconnected(NameWatches *n); /* what was owned counts as owned until the next connection tells */

/* NameOwnerChanged of one name. */
int match_owner(sd_bus *sd, sd_bus_slot **ret, const char *name, sd_bus_message_handler_t handler,
                void *userdata);
