/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The system bus, when this container runs one: svinit is
 * org.freedesktop.systemd1 on it, for clients that insist on a bus and for
 * the bus daemon, which asks us to start the services it activates.
 *
 *      off -> connecting -> connected -> (bus gone) -> pausing -> connecting
 *
 * It is connected while dbus.service (or what carries that name) is up, or
 * while a name has to be watched for a service of Type=dbus; never to a bus
 * that is somebody else's, and never so that an idle bus gets started.
 *
 * The daemon knows who a sender is. It is asked, asynchronously, only for
 * calls that change something. Signals go out while somebody has subscribed,
 * or has made such a call and is still there.
 */

#include "bus/property.h"

typedef struct SystemBus SystemBus;

int system_bus_new(Bus *b, SystemBus **ret);
void system_bus_free(SystemBus *s);

void system_bus_unit_changed(SystemBus *s, Unit *u);
void system_bus_unit_removed(SystemBus *s, Unit *u);

/* The connection when signals have to go there, else NULL. */
Connection *system_bus_listener(const SystemBus *s);
bool system_bus_is_connected(const SystemBus *s);
sd_bus *system_bus_connection(const SystemBus *s); /* NULL: none */
void system_bus_reconnect(SystemBus *s);           /* at once, if it is wanted and not connected */
void system_bus_lost(SystemBus *s);                /* a write failed: begin anew */

void system_bus_forget_references(SystemBus *s, const Unit *u);
int system_bus_append_holders(const SystemBus *s, const Unit *u, sd_bus_message *m);

/* Subscribe() and Unsubscribe() of a call that came over the bus: 0 or a filled error. */
int system_bus_subscribe(SystemBus *s, Call *c);
int system_bus_unsubscribe(SystemBus *s, Call *c);
