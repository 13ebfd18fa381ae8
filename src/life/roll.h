/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * A roll, as a value: the instances of a set (or one service alone) go one after the other from the generation they
 * were started with to a new one. Told what happened to them, it answers, when asked, with what should be done next. It
 * does none of that itself, reads no clock and allocates nothing.
 *
 *      forward -> ending -> over           all are new
 *         +-----> backward -> ending -> over    one was not up to it, or somebody has thought better of it
 *
 * With ROLL_SURGE it begins with spares, as many as may be replaced at a time. Each spare that has passed the gate
 * stands for one instance that is away, so that there are never fewer than before, and a release that is broken is met
 * by a spare, while nothing else has been touched. The spares leave at the end.
 *
 *      old -> leaving -> starting -> settling -> new
 *      starting | settling | new -> returning -> restarting -> old        backward
 *      spare: waiting -> starting -> settling -> new -> returning -> gone
 *
 * The caller promises: each ROLL_LEAVE and ROLL_STOP is followed by ROLL_DOWN, each ROLL_START_* by ROLL_UP or
 * ROLL_DOWN. Who dies between is ROLL_DOWN too, even if it is restarted at once.
 */

#include "base/time.h"

#include <stdbool.h>

typedef enum RollPhase {
        ROLL_PHASE_OLD,        /* on the old generation: its turn may come */
        ROLL_PHASE_WAITING,    /* a spare that has not been started */
        ROLL_PHASE_LEAVING,    /* drained and stopped */
        ROLL_PHASE_STARTING,   /* on the new generation; must pass the gate */
        ROLL_PHASE_SETTLING,   /* has passed; must stay up */
        ROLL_PHASE_NEW,        /* done */
        ROLL_PHASE_RETURNING,  /* drained and stopped, to be put back; a spare: for good */
        ROLL_PHASE_RESTARTING, /* on the old generation again, not ready yet */
        ROLL_PHASE_GONE,       /* no part of the roll */
        ROLL_PHASE_MAX,
} RollPhase;
const char *roll_phase_to_string(RollPhase p);

typedef struct RollMember {
        RollPhase phase;
        bool spare;
        bool down;       /* before its turn: nothing has to leave */
        bool up;         /* started, as far as a start job goes */
        usec_t deadline; /* monotonic */
} RollMember;

typedef enum RollState {
        ROLL_STATE_FORWARD,
        ROLL_STATE_BACKWARD,
        ROLL_STATE_ENDING, /* the spares leave */
        ROLL_STATE_OVER,
        ROLL_STATE_MAX,
} RollState;
const char *roll_state_to_string(RollState s);

typedef enum RollResult {
        ROLL_RESULT_DONE,
        ROLL_RESULT_FAILED,   /* `cause` and `culprit` say why */
        ROLL_RESULT_ABORTED,  /* somebody wanted it so */
        ROLL_RESULT_CANCELED, /* the unit was stopped or restarted as a whole */
        ROLL_RESULT_MAX,
} RollResult;
const char *roll_result_to_string(RollResult r);

typedef enum RollCause {
        ROLL_CAUSE_NONE,
        ROLL_CAUSE_NOT_STARTED, /* it ended, or failed, before it was started */
        ROLL_CAUSE_NOT_READY,   /* the gate stayed shut */
        ROLL_CAUSE_ENDED,       /* before it was ready */
        ROLL_CAUSE_UNSETTLED,   /* it was ready, but not for long */
        ROLL_CAUSE_UNHEALTHY,   /* likewise: its check fails again */
        ROLL_CAUSE_DIED,        /* later, while others were replaced */
        ROLL_CAUSE_STOPPED,     /* somebody stopped a spare */
        ROLL_CAUSE_MAX,
} RollCause;

typedef struct RollPlan {
        unsigned n_members;  /* of the set; all in phase OLD or GONE at the beginning */
        unsigned n_spares;   /* behind them; 0: replace */
        unsigned parallel;   /* at the same time */
        usec_t gate_timeout; /* from the end of the start on; USEC_INFINITY: none */
        usec_t settle;
        bool rollback;
} RollPlan;

typedef struct Roll {
        RollPlan plan;
        RollMember *members; /* n_members + n_spares; borrowed */
        RollState state;
        RollResult result;
        RollCause cause;
        unsigned culprit; /* index of the member */
        unsigned n_total; /* members that are to be replaced */
        bool end_told;
        bool incomplete; /* a member did not come back to the old generation either */
        usec_t deadline; /* monotonic: the first of the members'; USEC_INFINITY */
} Roll;

typedef enum RollEventType {
        ROLL_UP,       /* its start job has ended well; it is active */
        ROLL_READY,    /* it has passed the gate; after UP */
        ROLL_UNREADY,  /* it has lost what it had passed */
        ROLL_DOWN,     /* it has ended, or its start has failed */
        ROLL_REMOVED,  /* somebody stopped it, or the set has become smaller */
        ROLL_DEADLINE, /* `deadline` has passed; no member */
        ROLL_ABORT,    /* no member */
        ROLL_CANCEL,   /* the whole unit is stopped or restarted; no member */
        ROLL_EVENT_MAX,
} RollEventType;

typedef enum RollAction {
        ROLL_NOTHING,   /* until the next event */
        ROLL_START_NEW, /* switch it to the new generation and start it */
        ROLL_START_OLD, /* switch it back and start it */
        ROLL_LEAVE,     /* drain it, then stop it */
        ROLL_STOP,      /* stop it: it never served anybody */
        ROLL_END,       /* over; told once */
        ROLL_ACTION_MAX,
} RollAction;

/* The members' phases and `down` are filled in by the caller, zero otherwise. */
void roll_init(Roll *r, const RollPlan *plan, RollMember *members);
void roll_event(Roll *r, RollEventType type, unsigned member, usec_t now);
/* To be asked until it says ROLL_NOTHING (or ROLL_END). */
RollAction roll_next(Roll *r, unsigned *ret_member);
unsigned roll_count(const Roll *r, RollPhase phase); /* members, without spares */
