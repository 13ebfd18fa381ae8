/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "life/timer.h"
#include "graph/unit.h"
#include "life/draw.h"
#include "life/limit.h"

static const struct {
        const char *name;
        ActiveState active;
} states[TIMER_STATE_MAX] = {
        [TIMER_DEAD] = { "dead", INACTIVE },     [TIMER_WAITING] = { "waiting", ACTIVE },
        [TIMER_RUNNING] = { "running", ACTIVE }, [TIMER_ELAPSED] = { "elapsed", ACTIVE },
        [TIMER_FAILED] = { "failed", FAILED },
};

void timer_init(Timer *t, const UnitSpec *spec) {
        *t = (Timer){ .spec = spec,
                      .next_monotonic = USEC_INFINITY,
                      .next_realtime = USEC_INFINITY,
                      .wake_monotonic = USEC_INFINITY,
                      .wake_realtime = USEC_INFINITY,
                      .unit_active = INACTIVE };
}

/*
 * Timers meet where their windows allow: at whole minutes, else at 10 or 1
 * seconds, counted from `phase`. AccuracySec= is a minute unless set, which is
 * much for a short wait: so no timer is later than by a tenth of it.
 */
static usec_t meet(usec_t when, usec_t now, usec_t accuracy, usec_t phase) {
        static const usec_t steps[] = { USEC_PER_MINUTE, 10 * USEC_PER_SEC, USEC_PER_SEC,
                                        250 * USEC_PER_MSEC };
        usec_t window = MIN(accuracy, usec_sub(when, now) / 10);

        if (when == USEC_INFINITY || when < USEC_PER_MINUTE)
                return when;
        for (size_t i = 0; i < ELEMENTSOF(steps); i++) {
                usec_t over = (when - phase % steps[i]) % steps[i];

                if (over == 0 || steps[i] - over <= window)
                        return over == 0 ? when : usec_add(when, steps[i] - over);
        }
        return when;
}

static usec_t delay(Timer *t, usec_t when) {
        const TimerSpec *spec = t->spec->timer;

        if (when == USEC_INFINITY || spec->randomized_delay == 0 || spec->randomized_delay == USEC_INFINITY)
                return when;
        if (!spec->fixed_random_delay)
                t->n_draws++;
        return usec_add(when, draw_up_to(t->random, t->n_draws, t->spec->name, spec->randomized_delay));
}

/* An elapse that was missed while nobody was there counts from our start, so that the random delay spreads it. */
static usec_t calendar_elapse(const Timer *t, const TimerValue *v, DualTime now) {
        usec_t from = t->last_trigger.realtime, next,
               begin = usec_sub(now.realtime, usec_sub(now.monotonic, t->boot));

        if (from == 0)
                from = t->activated.realtime;
        if (calendar_next(&v->calendar, t->zones, from, &next) < 0)
                return USEC_INFINITY;
        return MAX(next, begin);
}

/* The instant from which a span counts; 0: it has not come yet. */
static usec_t base_of(const Timer *t, TimerBase base) {
        switch (base) {
        case TIMER_ACTIVE:
                return t->activated.monotonic;
        case TIMER_UNIT_ACTIVE:
                return MAX(t->unit_active_enter.monotonic, t->last_trigger.monotonic);
        case TIMER_UNIT_INACTIVE:
                return MAX(t->unit_inactive_enter.monotonic, t->last_trigger.monotonic);
        default: /* in a container the boot is our start */
                return MAX(t->boot, (usec_t)1);
        }
}

static bool follows_unit(TimerBase base) {
        return base == TIMER_UNIT_ACTIVE || base == TIMER_UNIT_INACTIVE;
}

/* The others elapse once in each activation of the timer: when their instant lies before a trigger, they did. */
static usec_t span_elapse(const Timer *t, const TimerValue *v, DualTime now) {
        usec_t base = base_of(t, v->base), next;

        if (base == 0)
                return USEC_INFINITY;
        next = usec_add(base, v->span);
        if (!follows_unit(v->base) && t->last_trigger.monotonic > 0 && next <= t->last_trigger.monotonic)
                return USEC_INFINITY;
        return next;
}

static void forget_next(Timer *t) {
        t->next_monotonic = t->next_realtime = USEC_INFINITY;
        t->wake_monotonic = t->wake_realtime = USEC_INFINITY;
}

static TimerState go_down(Timer *t, bool failed, EffectList *fx) {
        forget_next(t);
        t->failed_start_limit = failed;
        if (failed)
                effect_add(fx, EFFECT_RESULT)->value = true;
        else
                effect_add(fx, EFFECT_RELEASE)->value = true;
        return failed ? TIMER_FAILED : TIMER_DEAD;
}

static TimerState wait_for_next(Timer *t, DualTime now, EffectList *fx) {
        const TimerSpec *spec = t->spec->timer;
        bool stays = spec->remain_after_elapse;
        usec_t monotonic = USEC_INFINITY, realtime = USEC_INFINITY;

        for (size_t i = 0; i < spec->n_values; i++) {
                const TimerValue *v = spec->values + i;

                stays = stays || follows_unit(v->base);
                if (v->base == TIMER_CALENDAR)
                        realtime = MIN(realtime, calendar_elapse(t, v, now));
                else
                        monotonic = MIN(monotonic, span_elapse(t, v, now));
        }
        t->next_monotonic = delay(t, monotonic);
        t->next_realtime = delay(t, realtime);
        /* Spans count from our start, so that not all containers of a machine wake at once; calendars by the clock. */
        t->wake_monotonic = meet(t->next_monotonic, now.monotonic, spec->accuracy, t->boot);
        t->wake_realtime = meet(t->next_realtime, now.realtime, spec->accuracy, 0);
        if (monotonic != USEC_INFINITY || realtime != USEC_INFINITY || spec->on_clock_change ||
            spec->on_timezone_change)
                return TIMER_WAITING;
        return stays ? TIMER_ELAPSED : go_down(t, false, fx);
}

static TimerState trigger(Timer *t, DualTime now, EffectList *fx) {
        forget_next(t);
        t->last_trigger = now;
        if (t->spec->timer->persistent)
                effect_add(fx, EFFECT_STAMP);
        effect_add(fx, EFFECT_TRIGGER);
        return TIMER_RUNNING;
}

/* The caller has put the stamp's time into last_trigger; one from the future is of a clock that was wrong. */
static void take_stamp(Timer *t, DualTime now, EffectList *fx) {
        t->last_trigger.monotonic = 0;
        if (!t->spec->timer->persistent || t->last_trigger.realtime > now.realtime)
                t->last_trigger.realtime = 0;
        if (t->spec->timer->persistent && t->last_trigger.realtime == 0)
                effect_add(fx, EFFECT_STAMP);
}

static TimerState start(Timer *t, const Event *ev, EffectList *fx) {
        const PolicySpec *policy = t->spec->policy;

        if (!limit_allows(&t->limit_window_begin, &t->limit_count, ev->now.monotonic,
                          policy->start_limit_interval, policy->start_limit_burst))
                return go_down(t, true, fx);
        t->failed_start_limit = false;
        t->activated = ev->now;
        take_stamp(t, ev->now, fx);
        return wait_for_next(t, ev->now, fx);
}

static TimerState in_down(Timer *t, const Event *ev, EffectList *fx) {
        switch (ev->type) {
        case EVENT_START:
                return start(t, ev, fx);
        case EVENT_RESET_FAILED:
                t->failed_start_limit = false;
                t->limit_count = 0;
                return TIMER_DEAD;
        default:
                return t->state;
        }
}

static TimerState in_waiting(Timer *t, const Event *ev, EffectList *fx) {
        switch (ev->type) {
        case EVENT_DEADLINE:
                if (t->next_monotonic <= ev->now.monotonic || t->next_realtime <= ev->now.realtime)
                        return trigger(t, ev->now, fx);
                return t->state;
        case EVENT_CLOCK_CHANGED:
                /* Set back behind the last trigger: what comes again elapses again. */
                t->last_trigger.realtime = MIN(t->last_trigger.realtime, ev->now.realtime);
                if (t->spec->timer->on_clock_change)
                        return trigger(t, ev->now, fx);
                return wait_for_next(t, ev->now, fx);
        case EVENT_TIMEZONE_CHANGED:
                if (t->spec->timer->on_timezone_change)
                        return trigger(t, ev->now, fx);
                return wait_for_next(t, ev->now, fx);
        case EVENT_SPEC_CHANGED:
        case EVENT_TRIGGERED_STATE:
                return wait_for_next(t, ev->now, fx);
        case EVENT_STOP:
                return go_down(t, false, fx);
        default:
                return t->state;
        }
}

static TimerState in_running(Timer *t, const Event *ev, EffectList *fx) {
        switch (ev->type) {
        case EVENT_TRIGGERED_STATE:
                return active_state_is_down(t->unit_active) ? wait_for_next(t, ev->now, fx) : TIMER_RUNNING;
        case EVENT_STOP:
                return go_down(t, false, fx);
        default:
                return TIMER_RUNNING;
        }
}

static void note_unit(Timer *t, const Event *ev) {
        bool was_down = active_state_is_down(t->unit_active), is_down = active_state_is_down(ev->active);

        t->unit_active = ev->active;
        if (was_down && !is_down)
                t->unit_active_enter = ev->now;
        if (!was_down && is_down)
                t->unit_inactive_enter = ev->now;
}

void timer_step(Timer *t, const Event *ev, EffectList *fx) {
        if (ev->type == EVENT_TRIGGERED_STATE)
                note_unit(t, ev);

        if (t->state == TIMER_RUNNING)
                t->state = in_running(t, ev, fx);
        else if (states[t->state].active == ACTIVE)
                t->state = in_waiting(t, ev, fx);
        else
                t->state = in_down(t, ev, fx);
}

int timer_active_state(const Timer *t) {
        return states[t->state].active;
}

const char *timer_sub_state(const Timer *t) {
        return states[t->state].name;
}
