/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * When a service must be looked at again. Three things may be awaited at a
 * time: the end of the state, the next watchdog ping, the end of the permitted
 * run; `deadline` is the first of those that count in the present state.
 */

#include "life/service-internal.h"

/* How long the answer to a spawn may be late before a deadline is looked at again. */
#define SPAWN_GRACE USEC_PER_SEC

/* Both "0" and "infinity" switch a limit off. */
static usec_t after(usec_t now, usec_t span) {
        return span == 0 ? USEC_INFINITY : usec_add(now, span);
}

/* The run begins to count when it is first "running", and goes on counting through reloads. */
static usec_t end_of_run(Service *s, usec_t now) {
        const ServiceSpec *spec = service_spec(s);

        if (s->runtime_deadline != USEC_INFINITY || spec->type == TYPE_ONESHOT)
                return s->runtime_deadline;
        s->runtime_deadline = after(now, spec->runtime_max);
        if (s->runtime_deadline != USEC_INFINITY && spec->runtime_randomized_extra > 0)
                s->runtime_deadline =
                        usec_add(s->runtime_deadline, service_draw(s, spec->runtime_randomized_extra));
        return s->runtime_deadline;
}

/* RestartSec= is the least; X-RestartJitter= keeps services that failed together from coming back together. */
static usec_t restart_pause(Service *s) {
        usec_t delay = service_restart_delay(s);
        unsigned percent = service_spec(s)->restart_jitter;

        if (percent == 0 || delay == USEC_INFINITY)
                return delay;
        return usec_add(delay, service_draw(s, delay / 100 * percent + delay % 100 * percent / 100));
}

void service_arm(Service *s, usec_t now, DeadlineKind kind) {
        const ServiceSpec *spec = service_spec(s);

        switch (kind) {
        case START_DEADLINE:
                s->state_deadline = after(now, spec->timeout_start);
                break;
        case STOP_DEADLINE:
                s->state_deadline = after(now, spec->timeout_stop);
                break;
        case ABORT_DEADLINE:
                s->state_deadline =
                        after(now, spec->timeout_abort_set ? spec->timeout_abort : spec->timeout_stop);
                break;
        case RUNTIME_DEADLINE:
                s->state_deadline = end_of_run(s, now);
                break;
        case RESTART_DEADLINE:
                s->state_deadline = usec_add(now, restart_pause(s));
                break;
        default:
                s->state_deadline = USEC_INFINITY;
        }
}

void service_arm_watchdog(Service *s, usec_t now) {
        s->watchdog_deadline = after(now, s->watchdog_span);
}

void service_extend(Service *s, const Event *ev) {
        usec_t t = usec_add(ev->now.monotonic, ev->span);

        if (s->state_deadline == USEC_INFINITY || s->state_deadline >= t ||
            service_traits(s)->deadline == RESTART_DEADLINE)
                return;
        s->state_deadline = t;
        if (service_traits(s)->deadline == RUNTIME_DEADLINE)
                s->runtime_deadline = t;
}

EventType service_due(Service *s, const Event *ev) {
        usec_t now = ev->now.monotonic;

        if (s->watchdog_deadline <= now && !ev->value)
                return EVENT_WATCHDOG;
        if (s->watchdog_deadline <= now)
                service_arm_watchdog(s, now);
        if (s->state_deadline > now)
                return EVENT_TYPE_MAX; /* moved since the event was queued */
        if (s->spawn_pending) {
                s->state_deadline = usec_add(now, SPAWN_GRACE);
                return EVENT_TYPE_MAX;
        }
        return EVENT_DEADLINE;
}

const char *service_timed_out(const Service *s, const Event *ev, usec_t *ret_limit) {
        const ServiceSpec *spec = service_spec(s);
        usec_t now = ev->now.monotonic;

        if (s->watchdog_deadline <= now && !ev->value) {
                *ret_limit = s->watchdog_span;
                return "WatchdogSec";
        }
        if (s->state_deadline > now || s->spawn_pending)
                return NULL;
        switch (service_traits(s)->deadline) {
        case START_DEADLINE:
                *ret_limit = spec->timeout_start;
                return "TimeoutStartSec";
        case STOP_DEADLINE:
                *ret_limit = spec->timeout_stop;
                return "TimeoutStopSec";
        case ABORT_DEADLINE:
                *ret_limit = spec->timeout_abort_set ? spec->timeout_abort : spec->timeout_stop;
                return spec->timeout_abort_set ? "TimeoutAbortSec" : "TimeoutStopSec";
        case RUNTIME_DEADLINE:
                *ret_limit = spec->runtime_max;
                return "RuntimeMaxSec";
        default:
                return NULL;
        }
}

void service_sum_deadlines(Service *s) {
        s->deadline = MIN(s->state_deadline, s->watchdog_deadline);
}
