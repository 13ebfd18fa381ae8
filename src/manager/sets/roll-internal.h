/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * One roll that is under way: the machine of life/roll.h and the units that it is about.
 *
 *      roll.c         who may roll what; the beginning, the end, and the next one
 *      roll-plan.c    who takes part
 *      roll-drive.c   what happens to the units is told to the machine, what it answers is done
 *      roll-reason.c  why it has failed, in one line
 */

#include "manager/manager-internal.h"
#include "manager/roll.h"

/* A place in the roll; its index is that of the machine's member. */
struct RollSeat {
        struct RollRun *run;
        Unit *unit;           /* borrowed; NULL: it has left */
        bool changed;         /* something has happened to it */
        bool died;            /* it has ended since it was started, if it is up again by now or not */
        ServiceResult result; /* how it ended then; SERVICE_RESULT_MAX: it did not even begin */
        RunRecord end;
        bool begun;   /* its start, in the phase of starting */
        bool stopped; /* somebody wants it down */
};

/* Which instances are to be rolled. */
typedef struct RollWish {
        bool all;
        uint8_t of[(INSTANCES_MAX + 7) / 8];
} RollWish;

typedef struct RollRun {
        Manager *manager;
        Unit *unit; /* borrowed: the set, or the service */
        Roll roll;
        RollMember *members; /* owned */
        RollSeat *seats;     /* owned; as many */
        sd_event_source *timer;
        ReadyOn gate;
        char *reason; /* owned; as soon as it turns back */
        bool changed, canceled;
        bool acting;          /* the job that is being added is its own */
        bool again;           /* another one follows ... */
        RollWish next_wish;   /* ... of these */
        uint64_t phases_told; /* a sum of them */
        bool stale; /* files have changed, or the number of instances: to be looked at when this is over */
        struct RollRun *next, *prev;
} RollRun;

unsigned roll_n_seats(const RollRun *run);
RollPhase seat_phase(const RollSeat *s);
void seat_leave(RollSeat *s); /* the unit is no part of it any more */

/* roll-plan.c */
int roll_new(Unit *u, const RollWish *wish, RollRun **ret); /* -ENXIO: nobody is left to be rolled */
void roll_free(RollRun *run);

/* roll-drive.c */
void roll_drive(RollRun *run);

/* roll.c */
void roll_end(RollRun *run); /* frees it */

/* roll-reason.c */
void roll_explain(RollRun *run); /* fills `reason`, if there is one */
