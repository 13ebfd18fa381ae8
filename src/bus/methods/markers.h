/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Markers=: notes on a unit that it has to be restarted or reloaded, put there
 * by SetUnitProperties() and acted upon by EnqueueMarkedJobs(). The manager
 * takes them off when the unit has gone down or been reloaded.
 */

#include "bus/property.h"

/* One change: absolute words replace all, words with + and - change their own. */
typedef struct MarkerChange {
        bool wanted;
        unsigned set, mask; /* bits of UnitMarker; what is not in the mask stays */
} MarkerChange;

int markers_read(Call *c, MarkerChange *ret); /* the variant is next in the message; 0 or a filled error */
void markers_apply(Unit *u, const MarkerChange *change);

int get_markers(Object *o, const Property *p, sd_bus_message *m);
int method_enqueue_marked(Call *c);
