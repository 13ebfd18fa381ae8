/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The zone database, read as needed and kept: Zones for the pure layers. The C
 * library knows one zone at a time, that of $TZ, so it cannot be asked for
 * others without changing the zone of the whole process.
 *
 * A file that has changed is read again, so that neither a new /etc/localtime
 * nor an upgrade of the database needs a restart.
 */

#include "conf/zone.h"

typedef struct ZoneEntry ZoneEntry;

typedef struct ZoneStore {
        Zones zones; /* find() over this store: it must not move */
        char *local; /* owned: $TZ; NULL: /etc/localtime */
        ZoneEntry *entries;
} ZoneStore;

int zone_store_init(ZoneStore *s, const char *tz_variable); /* 0 or -ENOMEM */
void zone_store_release(ZoneStore *s);
