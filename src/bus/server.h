/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The listening socket, the connections and their limits.
 *
 *      accepted -> authenticating -> ready -> doomed -> freed
 *
 * A connection is never freed from inside its own callbacks or while the list
 * is walked: it is doomed, and a deferred source sweeps the list. sd-bus tells
 * of a peer that has gone through the local Disconnected signal, which dooms
 * the connection as well.
 */

#include "bus/bus.h"
#include "bus/property.h"
#include "bus/references.h"
#include "bus/system-bus.h"

#include <systemd/sd-bus.h>

#define CONNECTIONS_MAX 256         /* in all */
#define CONNECTIONS_PER_USER_MAX 32 /* for each uid that is neither 0 nor our own */
#define AUTHENTICATION_TIMEOUT (2 * USEC_PER_SEC)
#define ACCEPT_PAUSE (200 * USEC_PER_MSEC) /* after EMFILE and its like */
#define ACCEPTS_PER_TURN 16
#define READ_AHEAD_MAX 64    /* messages that sd-bus may have read together with the authentication */
#define QUEUE_MAX_AT_CALL 64 /* unread messages with which a client may still ask for more */
#define QUEUE_MAX_AT_SIGNAL 1024

typedef struct Connection {
        Bus *bus;        /* borrowed */
        sd_bus *sd;      /* owned */
        unsigned number; /* never used twice */
        uid_t uid;       /* of the peer when it connected */
        pid_t pid;
        usec_t since; /* monotonic */
        bool may_control, authenticated, read_ahead, doomed;
        bool has_called; /* no signals before: who says Hello takes nothing else for the answer to it */
        References own, *references; /* units that are held; `own` but on the system bus */
        bool anonymous;              /* the system bus: who calls has to be found out for each call */
        struct Connection *next, *prev;
} Connection;

struct Bus {
        Manager *manager; /* borrowed */
        char *path;       /* owned; NULL until the socket is there */
        int listen_fd;
        sd_id128_t server_id;
        sd_event_source *accept_source;
        sd_event_source *accept_timer;   /* on while accepting pauses */
        sd_event_source *patience_timer; /* on while somebody has not authenticated */
        sd_event_source *sweep_source;   /* on while somebody is doomed or has just authenticated */
        Connection *connections;         /* owned */
        unsigned n_connections, n_ever;
        unsigned n_failed_told; /* NFailedUnits as clients know it */
        bool closing;           /* calls are no longer answered */
        PropertyIndex indexes[INTERFACE_MAX];
        SystemBus *system; /* owned */
};

int bus_remake_socket(Bus *b); /* where its file has been removed; else it does nothing */
bool uid_may_control(const Bus *b, uid_t uid);
void connection_doom(Connection *c); /* it goes at the end of the turn, unless it has gone before */
bool connection_is_ready(const Connection *c);

void bus_forget_references(Bus *b, const Unit *u);
int bus_append_holders(Bus *b, const Unit *u,
                       sd_bus_message *m); /* names of private connections that hold it */

/* A connection to make a signal for, or NULL when nobody listens. */
Connection *bus_first_ready(Bus *b);
void bus_broadcast(Bus *b, sd_bus_message *m);
/* An answer that is no success. Who asked gets it, or the end of the connection: nobody waits for ever. */
void bus_refuse(sd_bus_message *call, int r, sd_bus_error *error);
/* The answer could not be sent. */
void bus_give_up_answer(sd_bus_message *call);
/* A signal could not be made: a stream with a hole in it would keep its reader waiting for ever. */
void bus_drop_listeners(Bus *b, int error);
