/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * A process beside PID 1 (svinit-journald, svinit-apps), seen from PID 1:
 * started, started again when it has ended, told what it must know.
 *
 *      none -> companion_start() -> runs -> ends -> (a pause, if it ended soon) -> runs -> ...
 *
 * What PID 1 says goes through companion_post(): now, or when the socket has
 * room. What waits is forgotten when the process ends, since hand_over() tells
 * all of it to the next one. Whoever embeds a Companion keeps what is to be
 * handed over, and what the other end says comes to its receive().
 */

#include "companion/link.h"
#include "manager/manager-internal.h"

typedef struct Companion Companion;
typedef struct CompanionPending CompanionPending;

typedef struct CompanionArguments {
        char *argv[4]; /* the name first; NULL behind the last */
        char space[2][300];
} CompanionArguments;

typedef struct CompanionType {
        const char *name, *path;
        int64_t priority;
        unsigned
                pending_max; /* more waits: it is stuck, and is killed for the next one's sake; 0: no limit */
        void (*arguments)(const Companion *c, CompanionArguments *ret); /* before the fork */
        int (*hand_over)(Companion *c); /* everything, to one that has just started */
        int (*send)(Companion *c, const LinkMessage *m, const char *text); /* by link_send() */
        void (*receive)(Companion *c, LinkIncoming *in);
        void (*ended)(Companion *c, const ProcessEnd *end); /* to be logged */
} CompanionType;

struct Companion {
        const CompanionType *type;
        Manager *manager;
        pid_t pid;
        int control;
        sd_event_source *source, *restart_timer;
        CompanionPending *pending; /* list */
        unsigned n_pending;
        bool ending, unavailable;
        usec_t last_start;
        unsigned quick_ends;
};

void companion_init(Companion *c, const CompanionType *type, Manager *m);
void companion_release(Companion *c);
int companion_start(Companion *c);
int companion_post(Companion *c, const LinkMessage *m, const char *text);
void companion_end(Companion *c);        /* it is not started again */
void companion_disconnect(Companion *c); /* which tells it to leave */
void companion_process_end(Companion *c, const ProcessEnd *end);
