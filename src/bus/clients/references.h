/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Units that a client holds: Ref(), RefUnit(), AddRef. A unit that is held is
 * not forgotten, so that its result can be read when it has ended. Each Ref
 * takes an Unref, and all end with the client's connection, or on the system
 * bus with its name. A unit may be tied to its client (a transient one by
 * org.svinit.StopWithClient, any by StartWithClient()): it is stopped when the
 * client has gone.
 */

#include "bus/bus.h"

#include <systemd/sd-bus.h>

typedef struct Reference {
        Unit *unit; /* counted once in unit->refs */
        unsigned n;
        bool tied; /* stopped when the client goes */
} Reference;

typedef struct References {
        Reference *v; /* owned */
        size_t n, capacity;
} References;

#define REFERENCES_MAX 4096

int references_add(References *l, Unit *u);       /* 0, -ENOMEM, -ENOBUFS */
int references_remove(References *l, Unit *u);    /* -ENOENT: it is not held */
int references_tie(References *l, const Unit *u); /* one that is held; -ENOENT: it is not */
bool references_contain(const References *l, const Unit *u);
void references_forget(References *l,
                       const Unit *u); /* it is about to be freed; one that was merged goes on as the other */
void references_end(References *l, Manager *m); /* the client has gone */
void references_release(References *l);
