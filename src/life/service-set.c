/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * A set (X-Instances=) runs nothing itself: its state is that of its instances, of which EVENT_MEMBERS tells whenever
 * one of them has changed.
 *
 *      start-post   a start job, until no instance is on its way any more
 *      running      at least one of them is up
 *      auto-restart none is, but one or more wait for their automatic restart
 *      stop-sigterm a stop job, until none of them is
 *      failed       all have ended, and not all by themselves or because somebody stopped them
 */

#include "life/service-internal.h"

static ServiceState over(Service *s, EffectList *fx, bool well) {
        if (!well)
                service_note(s, RESULT_EXIT_CODE);
        effect_add(fx, EFFECT_RESULT);
        effect_add(fx, EFFECT_RELEASE)->value = !s->restart_job;
        return s->result == RESULT_SUCCESS ? SERVICE_DEAD : SERVICE_FAILED;
}

static ServiceState begin(Service *s) {
        s->is_set = true;
        s->result = s->reload_result = RESULT_SUCCESS;
        s->want_stop = s->restart_job = s->restart_due = false;
        return SERVICE_START_POST;
}

static ServiceState when_over(Service *s, const Event *ev) {
        if (ev->type == EVENT_START)
                return begin(s);
        if (ev->type == EVENT_RESET_FAILED)
                return SERVICE_DEAD;
        /* One of them was started, or has come back, by itself. */
        if (ev->type == EVENT_MEMBERS && !ev->value && ev->members.up > s->members.up) {
                (void)begin(s);
                return SERVICE_RUNNING;
        }
        return s->state;
}

/* As with a single service the start job ends here, and those who are bound to it. */
static ServiceState pause_run(Service *s) {
        service_note(s, RESULT_EXIT_CODE);
        s->passed = FAILED;
        return SERVICE_AUTO_RESTART;
}

static ServiceState when_starting(Service *s, const Event *ev, EffectList *fx) {
        if (ev->type == EVENT_STOP)
                return SERVICE_STOP_SIGTERM;
        if (ev->type != EVENT_MEMBERS || ev->members.busy > 0)
                return s->state;
        if (ev->members.up > 0)
                return SERVICE_RUNNING;
        return ev->members.alive > 0 ? pause_run(s) : over(s, fx, false);
}

static ServiceState when_pausing(Service *s, const Event *ev, EffectList *fx) {
        switch (ev->type) {
        case EVENT_START:
                return begin(s);
        case EVENT_STOP:
                s->result = RESULT_SUCCESS;
                return s->restart_job ? over(s, fx, true) : SERVICE_STOP_SIGTERM;
        case EVENT_MEMBERS:
                if (ev->members.up > 0) {
                        s->result = RESULT_SUCCESS;
                        return SERVICE_RUNNING;
                }
                if (ev->members.alive > 0 || ev->members.busy > 0 || s->state_deadline != USEC_INFINITY)
                        return s->state;
                return over(s, fx, false);
        case EVENT_DEADLINE: /* it was no set when the pause began */
                return service_due(s, ev) == EVENT_DEADLINE ? service_in_auto_restart(s, ev, fx) : s->state;
        case EVENT_RESTART_REFUSED:
                return service_in_auto_restart(s, ev, fx);
        default:
                return s->state;
        }
}

static ServiceState when_running(Service *s, const Event *ev, EffectList *fx) {
        switch (ev->type) {
        case EVENT_STOP: /* in a restart each of them goes its own way */
                return s->restart_job || s->members.alive == 0 ? over(s, fx, true) : SERVICE_STOP_SIGTERM;
        case EVENT_RELOAD: /* so do they */
                effect_add(fx, EFFECT_RELOAD_DONE)->value = true;
                return s->state;
        case EVENT_MEMBERS:
                if (ev->members.up > 0 || ev->members.busy > 0)
                        return s->state;
                return ev->members.alive > 0 ? pause_run(s) : over(s, fx, ev->members.failed == 0);
        default:
                return s->state;
        }
}

static ServiceState when_stopping(Service *s, const Event *ev, EffectList *fx) {
        if (ev->type == EVENT_MEMBERS && (ev->members.alive == 0 || ev->members.busy == 0))
                return over(s, fx, true);
        return s->state;
}

bool service_is_set(const Service *s) {
        return service_traits(s)->flags & STATE_OVER ? service_spec(s)->n_instances > 0 : s->is_set;
}

void service_step_set(Service *s, const Event *ev, EffectList *fx) {
        ServiceState next;

        if (ev->type == EVENT_STOP) {
                s->want_stop = true;
                s->restart_job = ev->value;
        }
        switch (s->state) {
        case SERVICE_START_POST:
                next = when_starting(s, ev, fx);
                break;
        case SERVICE_RUNNING:
                next = when_running(s, ev, fx);
                break;
        case SERVICE_AUTO_RESTART:
                next = when_pausing(s, ev, fx);
                break;
        case SERVICE_STOP_SIGTERM:
                next = when_stopping(s, ev, fx);
                break;
        default:
                next = when_over(s, ev);
        }
        if (ev->type == EVENT_MEMBERS)
                s->members = ev->members;
        if (next != s->state) {
                s->state = next;
                s->state_entered = ev->now.monotonic;
        }
        if (s->state != SERVICE_AUTO_RESTART)
                s->state_deadline = s->watchdog_deadline = s->runtime_deadline = USEC_INFINITY;
        service_sum_deadlines(s);
}
