/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The listening sockets, and what is sent to all clients. connection.h has
 * the clients and their limits.
 */

#include "bus/bus.h"
#include "bus/clients/backlog.h"
#include "bus/clients/connection.h"
#include "bus/clients/door.h"
#include "bus/clients/driver-socket.h"
#include "bus/clients/system-bus.h"
#include "bus/property.h"

#include <systemd/sd-bus.h>

struct Bus {
        Manager *manager; /* borrowed */
        char *path;       /* owned; NULL until the socket is there */
        Door door;
        sd_id128_t server_id;
        sd_event_source *patience_timer; /* on while somebody has not authenticated */
        sd_event_source *rest_timer;     /* on while somebody rests */
        sd_event_source *sweep_source;   /* on while somebody is doomed */
        Connection *connections;         /* owned */
        unsigned n_connections, n_strangers, n_ever;
        BusUser *users;         /* owned */
        DeferredCall *deferred; /* owned */
        Backlog backlog;
        unsigned n_failed_told; /* NFailedUnits as clients know it */
        bool closing;           /* calls are no longer answered */
        PropertyIndex indexes[INTERFACE_MAX];
        SystemBus *system;    /* owned */
        DriverSocket *driver; /* owned; NULL: there is none */
};

#define BUS_PATH_MAX 108
/* Where a bus daemon listens: /run/dbus/system_bus_socket, or $XDG_RUNTIME_DIR/bus for one user. */
int bus_daemon_socket(const Bus *b, char path[BUS_PATH_MAX]);
int bus_remake_socket(Bus *b); /* where its file has been removed; else it does nothing */

void bus_forget_references(Bus *b, const Unit *u);
int bus_append_holders(Bus *b, const Unit *u,
                       sd_bus_message *m); /* names of private connections that hold it */

/* A connection to make a signal for, or NULL when nobody listens. */
Connection *bus_first_ready(Bus *b);
Connection *bus_find_connection(Bus *b, unsigned number); /* NULL: it has gone */
void bus_broadcast(Bus *b, sd_bus_message *m);
/* How a unit is now: to who is not behind. */
void bus_broadcast_change(Bus *b, sd_bus_message *m);
int bus_owe(Bus *b, Unit *u); /* to who is; 0 or -ENOMEM */
/* An answer that is no success. Who asked gets it, or the end of the connection: nobody waits for ever. */
void bus_refuse(sd_bus_message *call, int r, sd_bus_error *error);
/* The answer could not be sent. */
void bus_give_up_answer(sd_bus_message *call);
/* A signal could not be made: a stream with a hole in it would keep its reader waiting for ever. */
void bus_drop_listeners(Bus *b, int error);
