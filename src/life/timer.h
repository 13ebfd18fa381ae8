/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The life of a timer unit: dead -> waiting -> running -> waiting | elapsed -> dead.
 * It computes its next elapse on both clocks; the caller wakes it at wake_... Before EVENT_START the caller puts the time of the persistent
 * stamp into last_trigger.realtime (0: there is none; EFFECT_STAMP makes one).
 *
 * "running" lasts until the triggered unit is down again, or until
 * EVENT_TRIGGERED_STATE says that it did not come up.
 */

#include "life/event.h"

typedef enum TimerState {
        TIMER_DEAD,
        TIMER_WAITING,
        TIMER_RUNNING,
        TIMER_ELAPSED,
        TIMER_FAILED,
        TIMER_STATE_MAX
} TimerState;

typedef struct Timer {
        const UnitSpec *spec;
        TimerState state;
        bool failed_start_limit;
        DualTime activated;    /* when the timer unit was started */
        DualTime last_trigger; /* realtime from the stamp file too */
        DualTime unit_active_enter,
                unit_inactive_enter; /* of the triggered unit; from EVENT_TRIGGERED_STATE */
        usec_t boot;               /* monotonic 0 or the start of the container (OnBootSec=, OnStartupSec=) */
        const Zones *zones;        /* borrowed; NULL: calendars are in UTC */
        uint64_t random;           /* 64 bits given by the caller at init; fixed for FixedRandomDelay= */
        uint64_t n_draws;          /* random numbers drawn so far */
        usec_t limit_window_begin; /* start limit */
        unsigned limit_count;
        int unit_active;       /* ActiveState of the triggered unit, as last told */
        usec_t next_monotonic; /* USEC_INFINITY: none */
        usec_t next_realtime;
        usec_t wake_monotonic,
                wake_realtime; /* when the caller is to look: as much later as AccuracySec= allows */
} Timer;

void timer_init(Timer *t, const UnitSpec *spec);
void timer_step(Timer *t, const Event *ev, EffectList *fx);
int timer_active_state(const Timer *t);
const char *timer_sub_state(const Timer *t);
