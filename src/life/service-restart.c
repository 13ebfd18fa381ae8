/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Where a run begins and ends: the start limit, and whether and when an ended
 * service is started again.
 */

#include "life/draw.h"
#include "life/limit.h"
#include "life/service-internal.h"

#include <limits.h>
#include <string.h>

/* Table 2 of systemd.service(5): which results are followed by a new start. */
#define UNCLEAN_EXIT (1 << RESULT_EXIT_CODE)
#define UNCLEAN_SIGNAL (1 << RESULT_SIGNAL | 1 << RESULT_CORE_DUMP)
#define TIMED_OUT (1 << RESULT_TIMEOUT)
#define WATCHDOG_MISSED (1 << RESULT_WATCHDOG)
#define NEVER_RAN (1 << RESULT_RESOURCES | 1 << RESULT_PROTOCOL) /* not in the table; as systemd does */
#define OUT_OF_MEMORY (1 << RESULT_OOM_KILL)
#define FOUND_SICK (1 << RESULT_HEALTH_CHECK)
#define REFUSAL_PAUSE (100 * USEC_PER_MSEC)
#define ABNORMAL (UNCLEAN_SIGNAL | TIMED_OUT | WATCHDOG_MISSED | NEVER_RAN | OUT_OF_MEMORY | FOUND_SICK)

static const struct {
        unsigned results; /* bits of ServiceResult */
        const char *yes, *no;
} restarts[RESTART_MAX] = {
        [RESTART_NO] = { 0, "", "Restart=no" },
        [RESTART_ON_SUCCESS] = { 1 << RESULT_SUCCESS, "Restart=on-success", "not a success" },
        [RESTART_ON_FAILURE] = { UNCLEAN_EXIT | ABNORMAL, "Restart=on-failure", "not a failure" },
        [RESTART_ON_ABNORMAL] = { ABNORMAL, "Restart=on-abnormal", "not an abnormal end" },
        [RESTART_ON_WATCHDOG] = { WATCHDOG_MISSED, "Restart=on-watchdog", "not a missed watchdog" },
        [RESTART_ON_ABORT] = { UNCLEAN_SIGNAL, "Restart=on-abort", "not an unclean signal" },
        [RESTART_ALWAYS] = { 1 << RESULT_SUCCESS | UNCLEAN_EXIT | ABNORMAL, "Restart=always",
                             "the end forbids a restart" },
};

static bool main_ended_with(const Service *s, const ExitStatusSet *set) {
        return s->main.code != 0 && exit_status_set_contains(set, s->main.code, s->main.status);
}

static bool answer(const char **ret_reason, bool yes, const char *reason) {
        if (ret_reason)
                *ret_reason = reason;
        return yes;
}

bool service_shall_restart(const Service *s, const char **ret_reason) {
        const ServiceSpec *spec = service_spec(s);
        bool yes = restarts[spec->restart].results & (1u << s->result);

        if (s->want_stop)
                return answer(ret_reason, false, "it was asked to stop");
        if (s->forbid_restart)
                return answer(ret_reason, false, "the start limit was hit");
        if (s->too_large)
                return answer(ret_reason, true, "X-MemoryRestart=");
        if (s->sick)
                return answer(ret_reason, true, "X-HealthCheck=");
        if (main_ended_with(s, &spec->restart_prevent_status))
                return answer(ret_reason, false, "RestartPreventExitStatus=");
        if (main_ended_with(s, &spec->restart_force_status))
                return answer(ret_reason, true, "RestartForceExitStatus=");
        if (spec->type == TYPE_ONESHOT && s->result == RESULT_SUCCESS)
                return answer(ret_reason, false, "a oneshot service that has done its work");
        return answer(ret_reason, yes, yes ? restarts[spec->restart].yes : restarts[spec->restart].no);
}

static double power(double base, unsigned n) {
        double r = 1;

        for (; n > 0; n /= 2, base *= base)
                if (n % 2)
                        r *= base;
        return r;
}

/* By bisection: the C library's own roots would be one more library for PID 1. */
static double root(double x, unsigned n) {
        double low = 1, high = x;

        for (int i = 0; i < 64; i++) {
                double middle = (low + high) / 2;

                if (power(middle, n) > x)
                        high = middle;
                else
                        low = middle;
        }
        return low;
}

/* X-BackoffFactor=: each from the one before, so in whole milliseconds where it is long enough to have some. */
static usec_t grown_delay(const ServiceSpec *spec, unsigned n_pauses) {
        usec_t delay = spec->restart_delay, most = spec->restart_delay_max;

        if (most == 0)
                most = USEC_INFINITY;
        for (unsigned i = 0; i < n_pauses && delay < most; i++) {
                usec_t next =
                        delay >= USEC_INFINITY / 1000 ? most : MIN(delay * spec->backoff_factor / 100, most);

                if (next >= USEC_PER_MSEC)
                        next -= next % USEC_PER_MSEC;
                if (next <= delay)
                        break;
                delay = next;
        }
        return delay;
}

/* From RestartSec= to RestartMaxDelaySec= in RestartSteps= equal ratios. */
usec_t service_restart_delay(const Service *s) {
        const ServiceSpec *spec = service_spec(s);
        usec_t first = MAX(spec->restart_delay, (usec_t)1), most = spec->restart_delay_max;

        if (spec->backoff_factor > 0)
                return grown_delay(spec, s->n_pauses);
        if (spec->restart_steps == 0 || most == 0 || most == USEC_INFINITY || most <= first ||
            s->n_pauses == 0)
                return spec->restart_delay;
        if (s->n_pauses >= spec->restart_steps)
                return most;
        return (usec_t)((double)first *
                        power(root((double)most / (double)first, spec->restart_steps), s->n_pauses));
}

uint64_t service_draw(Service *s, uint64_t most) {
        return draw_up_to(s->random, ++s->n_draws, s->spec->name, most);
}

static bool has_lasted(const Service *s, usec_t span, usec_t now) {
        return span > 0 && usec_add(s->up_since, span) <= now;
}

/* X-StableSec=: a run of that length is a new beginning, and its start none that the limit counts. */
void service_note_up(Service *s, bool was, bool is, usec_t now) {
        const ServiceSpec *spec = service_spec(s);

        if (is && !was)
                s->up_since = now;
        if (!was || is)
                return;
        if (has_lasted(s, spec->stable, now)) {
                s->n_restarts = s->n_sick = 0;
                s->limit_forgiven += s->limit_counted;
                s->limit_counted = false;
        }
        if (has_lasted(s, spec->backoff_reset > 0 ? spec->backoff_reset : spec->stable, now))
                s->n_pauses = 0;
        s->up_since = USEC_INFINITY;
}

/* With X-StableSec= it is the short runs that are limited, so that the last of them decides, and not the start after it. */
static bool was_too_short_too_often(const Service *s, usec_t now) {
        const PolicySpec *policy = s->spec->policy;

        return service_spec(s)->stable > 0 && s->limit_counted && policy->start_limit_interval > 0 &&
               policy->start_limit_burst > 0 &&
               s->limit_count - s->limit_forgiven >= policy->start_limit_burst &&
               now < usec_add(s->limit_window_begin, policy->start_limit_interval);
}

static bool remove_runtime_directories(const Service *s, bool again) {
        switch (s->spec->exec->runtime_directory_preserve) {
        case PRESERVE_YES:
                return false;
        case PRESERVE_RESTART:
                return !again && !s->restart_job;
        default:
                return true;
        }
}

/* A run that had failed keeps its result, as it is more to the point. */
static void refuse(Service *s) {
        service_note(s, RESULT_START_LIMIT_HIT);
        s->limit_hit = s->forbid_restart = true;
}

/* The automatic start that was to follow does not come. */
static bool gives_up(Service *s, usec_t now) {
        if (!service_shall_restart(s, &s->reason) || !was_too_short_too_often(s, now))
                return false;
        refuse(s);
        return true;
}

ServiceState service_end_run(Service *s, const Event *ev, EffectList *fx) {
        bool gave_up = gives_up(s, ev->now.monotonic);
        bool well = s->result == RESULT_SUCCESS || s->result == RESULT_EXEC_CONDITION;
        ServiceState down = well ? SERVICE_DEAD : SERVICE_FAILED;
        bool again = service_shall_restart(s, &s->reason) && !gave_up;

        s->main_pid = s->control_pid = 0;
        s->spawn_pending = s->announced_stop = false;
        effect_add(fx, EFFECT_RESULT)->value = remove_runtime_directories(s, again);
        if (!again)
                return down;
        if (service_spec(s)->restart_mode != RESTART_MODE_DIRECT)
                s->passed = service_states[down].active;
        return SERVICE_AUTO_RESTART;
}

ServiceState service_enter_dead(Service *s, const Event *ev, EffectList *fx) {
        /* Our own restart job stops first: what the service holds is for the next run. */
        if (s->held && !s->restart_due) {
                s->held = false;
                effect_add(fx, EFFECT_RELEASE)->value = !s->restart_job;
        }
        return s->state;
}

/* All that belongs to one run begins anew; what outlives runs is kept. */
static void forget_last_run(Service *s) {
        s->is_set = false; /* it was one, and its file says otherwise now */
        s->result = s->reload_result = s->last_exit = RESULT_SUCCESS;
        s->main_known = s->main_executed = s->want_stop = s->restart_job = s->forbid_restart = s->limit_hit =
                s->skip = false;
        s->notify_ready = s->notify_reloading = s->notify_stopping = s->oom_seen = false;
        s->control_killed = s->announced_stop = s->too_large = s->too_large_early = s->sick = s->well = false;
        s->watchdog_span = service_spec(s)->watchdog;
        s->watchdog_last = (DualTime){ 0 };
        s->runtime_deadline = USEC_INFINITY;
        s->main = (RunRecord){ 0 };
        if (s->commands)
                memset(s->commands, 0, COMMAND_KIND_MAX * sizeof(*s->commands));
}

static bool may_start(Service *s, usec_t now) {
        const PolicySpec *policy = s->spec->policy;
        unsigned burst = policy->start_limit_burst;
        bool yes;

        if (burst > 0)
                burst = burst + s->limit_forgiven < burst ? UINT_MAX : burst + s->limit_forgiven;
        yes = limit_allows(&s->limit_window_begin, &s->limit_count, now, policy->start_limit_interval, burst);
        if (yes && s->limit_count <= 1) /* another window */
                s->limit_forgiven = 0;
        return yes;
}

static ServiceState begin_run(Service *s, const Event *ev, EffectList *fx) {
        bool due = TAKE(s->restart_due), counts = !due || !s->too_large || s->too_large_early;

        if (!due && service_spec(s)->stable > 0)
                s->limit_count = 0;
        s->limit_counted = counts;
        if (counts && !may_start(s, ev->now.monotonic)) {
                s->limit_counted = false;
                refuse(s);
                return service_end_run(s, ev, fx);
        }
        forget_last_run(s);
        if (!due)
                s->n_restarts = s->n_pauses = s->n_sick = 0;
        s->held = true;
        return SERVICE_CONDITION;
}

ServiceState service_in_dead(Service *s, const Event *ev, EffectList *fx) {
        switch (ev->type) {
        case EVENT_START:
                return begin_run(s, ev, fx);
        case EVENT_RESET_FAILED:
                return SERVICE_DEAD;
        default:
                return service_unexpected(s, ev);
        }
}

ServiceState service_in_auto_restart(Service *s, const Event *ev, EffectList *fx) {
        switch (ev->type) {
        case EVENT_DEADLINE:
                s->n_restarts++;
                s->n_sick += s->sick;
                s->n_pauses++;
                s->restart_due = true;
                s->state_deadline = USEC_INFINITY;
                effect_add(fx, EFFECT_RESTART);
                return SERVICE_AUTO_RESTART;
        case EVENT_START:
                return begin_run(s, ev, fx);
        case EVENT_STOP:
                return SERVICE_DEAD;
        case EVENT_RESTART_REFUSED:
                if (ev->value) { /* not now: memory is short, say */
                        s->n_restarts--;
                        s->n_sick -= s->sick;
                        s->n_pauses--;
                        s->restart_due = false;
                        s->state_deadline = usec_add(ev->now.monotonic, REFUSAL_PAUSE);
                        return SERVICE_AUTO_RESTART;
                }
                s->result = RESULT_RESOURCES;
                return SERVICE_FAILED;
        default:
                return service_unexpected(s, ev);
        }
}
