/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * svinit-apps, seen from PID 1: the process that reads what applications say.
 *
 * An AppsInstance is one run of a unit of which svinit-apps knows: it has a
 * channel (X-IPC=), or something else is to be done for it there. PID 1 keeps
 * its own end of the channel, so it survives svinit-apps, and all of it is handed
 * over again to the next one. Long messages go into the channel from here
 * (apps-transfer.c), unseen, for half of one must not be the end of it.
 *
 * svinit-apps runs from the first instance on. What it says is checked in
 * apps-facts.c: a verb, the id of an instance, a number.
 */

#include "apps/protocol.h"
#include "manager/companion.h"

#define APPS_CLIENTS_MAX 256 /* that wait to be handed over */

typedef struct AppsTransfer AppsTransfer; /* apps-transfer.c */

typedef struct AppsInstance {
        uint64_t id;
        Unit *unit;                            /* borrowed; forgets us before it goes */
        int channel;                           /* our end; -1: none, or closed */
        AppsTransfer *transfer;                /* owned; NULL: none is under way */
        int answer;                            /* to APPS_LISTEN, until it is sent: owned; -1 */
        bool answers;                          /* there is one */
        bool has_helper;                       /* svinit-node.js is loaded into it */
        bool told_to_drain;                    /* and svinit-apps knows */
        bool handed;                           /* somebody may have read from it */
        bool stopping;                         /* X-StopMessage= was asked for */
        usec_t complained[APPS_COMPLAINT_MAX]; /* the last time a complaint was told */
        UT_hash_handle hh;
} AppsInstance;

typedef struct AppsClient {
        uint64_t id;
        int fd; /* owned until it is handed over */
        AppsClientRight right;
        UT_hash_handle hh;
} AppsClient;

struct AppsLink {
        Companion companion;
        AppsInstance *instances; /* hash by id */
        AppsClient *clients;     /* hash by id */
        uint64_t next_id;
        int owing; /* what apps/owing.h keeps; -1 */
};

void cluster_answer(AppsInstance *i, const LinkMessage *m); /* cluster.c: APPS_LISTEN */
void apps_post_answer(AppsInstance *i, int error);          /* i->answer, or why there is none */
void apps_facts_receive(Companion *c, LinkIncoming *in);    /* apps-facts.c */
void apps_unsay(Manager *m,
                AppsInstance *i); /* what it was to be told by SAY nobody can say: the signal, then */
int apps_post(AppsLink *l, AppsVerb verb, uint64_t id, int value, const char *text);
/* Moves the content of a memfd, which is taken, into the channel; TRANSFERRED is said when all of it is there. */
void apps_transfer_begin(AppsLink *l, AppsInstance *i, int fd);
void apps_transfer_free(AppsTransfer *t);
