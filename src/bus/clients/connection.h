/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * One client, and what it may cost.
 *
 *      accepted -> authenticating -> ready -> doomed -> freed
 *
 * A connection is never freed from inside its own callbacks or while the list
 * is walked: it is doomed, and a deferred source sweeps the list. sd-bus tells
 * of a peer that has gone through the local Disconnected signal, which dooms
 * the connection as well.
 *
 * sd-bus is not left to the event loop: a connection has a source of its own,
 * so that it can be told to wait. While an answer waits for its reader no
 * further call is taken (those that sd-bus reads meanwhile are held), hence a
 * client has one unread answer at most, whatever it asks for. What is sent by
 * who may not control reaches sd-bus through an Intake.
 *
 * Root and the user svinit runs as can do worse things to us than to be slow.
 * All others are strangers, and a BusUser counts what they cost together, for
 * each uid: connections, calls in flight, and time. Their calls come after
 * everything else there is to do; a uid that takes more than its share of our
 * time rests. Who may not change anything sends no descriptors and no large
 * messages.
 */

#include "bus/clients/access.h"
#include "bus/clients/intake.h"
#include "bus/clients/match.h"
#include "bus/clients/references.h"

#define STRANGERS_MAX 192           /* connections of strangers */
#define CONNECTIONS_MAX 256         /* in all */
#define CONNECTIONS_PER_USER_MAX 32 /* of one stranger */
#define AUTHENTICATION_TIMEOUT (2 * USEC_PER_SEC)
#define BEHIND_AT 512 /* unread messages: from then on changes of units are owed, see backlog.h */
#define QUEUE_MAX_OF_STRANGER 1024            /* unread signals; each is kept once for all its readers */
#define QUEUE_MAX 65536                       /* of who may control: of jobs, some hundred bytes each */
#define QUEUE_MAX_OF_DAEMON 16384             /* of the system bus, which reads for many */
#define CATCH_UP_AT_ONCE 32                   /* units that one turn tells a reader about */
#define HELD_MAX 1024                         /* calls that wait for an answer to be read */
#define INCOMING_MAX (512 * 1024)             /* bytes of a message through an intake */
#define KERNEL_BUFFER_OF_STRANGER (64 * 1024) /* the kernel doubles it */
#define IN_FLIGHT_MAX 32                      /* calls of one connection that are answered later */
#define IN_FLIGHT_PER_USER_MAX 32
#define MATCHES_PER_USER_MAX 512            /* each signal is compared with all of them */
#define PRIORITY_STRANGER 5                 /* after all that supervises */
#define SHARE_OF_USER 4                     /* a stranger's part of our time is one in four, */
#define BURST_OF_USER (100 * USEC_PER_MSEC) /* on an average over this time */

/* All connections of one uid. */
typedef struct BusUser {
        uid_t uid;
        bool stranger;
        unsigned n_connections, n_in_flight, n_matches;
        usec_t debt;  /* time its calls took, less what has been paid off */
        usec_t since; /* when that was so */
        struct BusUser *next, *prev;
} BusUser;

typedef struct HeldCall {
        sd_bus_message *message; /* owned */
        struct HeldCall *next, *prev;
} HeldCall;

typedef struct Connection {
        Bus *bus;            /* borrowed */
        sd_bus *sd;          /* owned */
        sd_event_source *io; /* owned */
        unsigned number;     /* never used twice */
        BusUser *user;       /* borrowed; NULL on the system bus */
        Identity who;        /* the peer when it connected */
        usec_t since;        /* monotonic */
        bool may_control, authenticated, doomed;
        bool behind;        /* changes of units are owed to it ... */
        uint64_t told;      /* ... from after that one */
        bool resting;       /* until its user has paid off its debt */
        bool has_called;    /* no signals before: who says Hello takes nothing else for the answer to it */
        bool is_bus_client; /* has said Hello: gets what it has asked for with AddMatch */
        Matches matches;
        Intake intake;  /* of who may not control */
        HeldCall *held; /* owned */
        unsigned n_held, n_in_flight;
        References own, *references; /* units that are held; `own` but on the system bus */
        bool anonymous;              /* the system bus: who calls has to be found out for each call */
        CallDetails *details;        /* filled where polkit may be asked; NULL: it may not */
        struct Connection *next, *prev;
} Connection;

/* A call that is answered later; its client may have gone by then. */
typedef struct DeferredCall {
        Bus *bus;                /* borrowed; NULL: is no more */
        sd_bus_message *message; /* owned */
        Connection *connection;  /* borrowed; NULL: has gone, or the system bus */
        struct DeferredCall *next, *prev;
} DeferredCall;

int connection_add(Bus *b, int fd);          /* the descriptor is taken in any case */
int connection_start(Connection *c, int fd); /* its sd-bus side; the descriptor is taken in any case */
void connection_free(Connection *c);
void connection_doom(Connection *c); /* it goes at the end of the turn, unless it has gone before */
bool connection_is_ready(const Connection *c);
bool connection_listens(const Connection *c);                 /* some signal may be for it */
int connection_send_signal(Connection *c, sd_bus_message *m); /* negative: it has to go */
void connection_note_behind(Connection *c); /* too much is unread: changes of units will be owed */
void connection_has_caught_up(Connection *c);
void connection_flush(Connection *c); /* as far as the socket takes it, the last time */

int connection_add_match(Connection *c, const char *rule); /* as matches_add() */
int connection_remove_match(Connection *c, const char *rule);

/* For a handler that does not answer at once. 0, -ENOMEM or a filled error when there are too many. */
int call_defer(Call *c, DeferredCall **ret);
void deferred_call_end(DeferredCall *d, int r); /* r: how the answer was sent; who gets none need not wait */
void deferred_call_free(DeferredCall *d);       /* it is answered otherwise, or was not deferred after all */

bool bus_has_room_for(const Bus *b, const BusUser *u);
int bus_user_of(Bus *b, uid_t uid, BusUser **ret); /* found or made */
void bus_user_leave(Bus *b, BusUser *u);           /* one of its connections has gone */
usec_t bus_time_spent(void); /* by this process: what others do on the machine is nobody's debt */
void bus_user_charge(BusUser *u, usec_t cost);
bool bus_user_may_go_on(BusUser *u, usec_t now, usec_t *ret_until); /* until: filled when it may not */
void bus_users_wake_at(Bus *b, usec_t when);
int bus_users_on_wake(sd_event_source *source, uint64_t usec, void *userdata);
void bus_users_release(Bus *b);

int connections_init(Bus *b);
void connections_release(Bus *b);
