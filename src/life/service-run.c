/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * A service that is up: running, exited but still active, or reloading.
 */

#include "life/service-internal.h"

#include <signal.h>

/* Is there something that runs, so that "running" is the word? */
static bool is_good(const Service *s) {
        const ServiceSpec *spec = service_spec(s);

        if (spec->type == TYPE_DBUS && !s->name_good)
                return false;
        if (service_main_is_alive(s))
                return true;
        if (s->main_known && spec->exit_type == EXIT_TYPE_MAIN)
                return false;
        return !s->group_empty;
}

/* With ExitType=cgroup the end of the main process is noted, but decides nothing while others live. */
static bool has_failed(const Service *s) {
        return s->result != RESULT_SUCCESS &&
               (service_spec(s)->exit_type == EXIT_TYPE_MAIN || s->group_empty);
}

ServiceState service_settle(Service *s) {
        if (has_failed(s))
                return SERVICE_STOP_SIGTERM;
        if (is_good(s)) {
                if (s->too_large)
                        return SERVICE_STOP;
                if (s->notify_reloading)
                        return SERVICE_RELOAD_NOTIFY;
                if (!s->notify_stopping)
                        return SERVICE_RUNNING;
                s->announced_stop = true;
                return SERVICE_STOP_SIGTERM;
        }
        if (service_spec(s)->remain_after_exit && !service_main_is_alive(s))
                return SERVICE_EXITED;
        return SERVICE_STOP;
}

static ServiceState reload_or_stay(Service *s, const Event *ev) {
        return service_can_reload(s) ? SERVICE_RELOAD : service_unexpected(s, ev);
}

static ServiceState miss_watchdog(Service *s) {
        service_note(s, RESULT_WATCHDOG);
        return SERVICE_STOP_WATCHDOG;
}

ServiceState service_in_running(Service *s, const Event *ev, EffectList *fx) {
        switch (ev->type) {
        case EVENT_MAIN_EXITED:
                if (service_spec(s)->exit_type == EXIT_TYPE_CGROUP && !s->group_empty)
                        return SERVICE_RUNNING;
                return service_settle(s);
        case EVENT_NOTIFY_RELOADING:
                s->reload_result = RESULT_SUCCESS;
                return service_settle(s);
        case EVENT_EMPTY:
        case EVENT_MEMORY:
        case EVENT_NAME_LOST:
        case EVENT_NOTIFY_STOPPING:
                return service_settle(s);
        case EVENT_MAIN_PID:
                return SERVICE_RUNNING;
        case EVENT_STOP:
                return SERVICE_STOP;
        case EVENT_RELOAD:
                return reload_or_stay(s, ev);
        case EVENT_DEADLINE: /* RuntimeMaxSec= */
                service_note(s, RESULT_TIMEOUT);
                return SERVICE_STOP;
        case EVENT_WATCHDOG:
                return miss_watchdog(s);
        case EVENT_SICK:
                return SERVICE_STOP;
        case EVENT_OOM:
                return service_after_oom(s, SERVICE_STOP);
        default:
                return service_unexpected(s, ev);
        }
}

ServiceState service_in_exited(Service *s, const Event *ev, EffectList *fx) {
        switch (ev->type) {
        case EVENT_STOP:
        case EVENT_SICK:
                return SERVICE_STOP;
        case EVENT_RELOAD:
                return reload_or_stay(s, ev);
        case EVENT_OOM:
                return service_after_oom(s, SERVICE_STOP);
        default:
                return service_unexpected(s, ev);
        }
}

ServiceState service_enter_reload(Service *s, const Event *ev, EffectList *fx) {
        const ServiceSpec *spec = service_spec(s);
        bool signalled = spec->type == TYPE_NOTIFY_RELOAD && s->main_pid > 0;

        s->reload_result = RESULT_SUCCESS;
        s->control_killed = false;
        if (signalled) {
                Effect *e = effect_add(fx, EFFECT_KILL);

                e->whom = WHOM_MAIN;
                e->signal = spec->reload_signal > 0 ? spec->reload_signal : SIGHUP;
                e->also_sigcont = true;
        }
        if (service_enter_commands(s, ev, fx) == SERVICE_RELOAD)
                return SERVICE_RELOAD;
        return signalled ? SERVICE_RELOAD_SIGNAL : service_settle(s);
}

/* Takes the reload process out of the way. The state waits for its end, but not longer than for any stop. */
static ServiceState kill_reload(Service *s, const Event *ev, EffectList *fx) {
        s->control_killed = true;
        service_arm(s, ev->now.monotonic, STOP_DEADLINE);
        if (s->control_pid > 0) {
                Effect *e = effect_add(fx, EFFECT_KILL);

                e->whom = WHOM_CONTROL;
                e->signal = SIGKILL;
        }
        return SERVICE_RELOAD;
}

static ServiceState reload_command_ended(Service *s, const Event *ev, EffectList *fx) {
        if (s->want_stop)
                return SERVICE_STOP;
        if (!s->control_killed && s->last_exit == RESULT_SUCCESS && service_next_command(s, ev, fx))
                return SERVICE_RELOAD;
        if (s->reload_result == RESULT_SUCCESS)
                s->reload_result = s->last_exit;
        return service_settle(s);
}

static ServiceState reload_timed_out(Service *s, const Event *ev, EffectList *fx) {
        if (!s->control_killed) {
                s->reload_result = RESULT_TIMEOUT;
                return kill_reload(s, ev, fx);
        }
        if (s->want_stop) {
                service_note(s, RESULT_TIMEOUT);
                return SERVICE_STOP_SIGTERM;
        }
        s->control_pid = 0; /* it cannot be killed; the service lives on without it */
        return service_settle(s);
}

ServiceState service_in_reload(Service *s, const Event *ev, EffectList *fx) {
        switch (ev->type) {
        case EVENT_SPAWNED:
                return s->control_killed ? kill_reload(s, ev, fx) : SERVICE_RELOAD;
        case EVENT_CONTROL_EXITED:
                return reload_command_ended(s, ev, fx);
        case EVENT_STOP:
                return s->control_killed ? SERVICE_RELOAD : kill_reload(s, ev, fx);
        case EVENT_DEADLINE:
                return reload_timed_out(s, ev, fx);
        case EVENT_WATCHDOG:
                return miss_watchdog(s);
        case EVENT_OOM:
                return service_after_oom(s, SERVICE_STOP_SIGTERM);
        case EVENT_MAIN_EXITED: /* the command is still there; its end decides */
        case EVENT_MAIN_PID:
        case EVENT_NAME_LOST:
        case EVENT_NOTIFY_RELOADING:
        case EVENT_NOTIFY_STOPPING:
                return SERVICE_RELOAD;
        default:
                return service_unexpected(s, ev);
        }
}

/* The service reloads by itself: asked by a signal, or of its own will. READY=1 ends it. */
ServiceState service_in_reload_notify(Service *s, const Event *ev, EffectList *fx) {
        switch (ev->type) {
        case EVENT_NOTIFY_RELOADING: /* without MONOTONIC_USEC=, or with an earlier one: no answer to the signal */
                if (s->state == SERVICE_RELOAD_SIGNAL && ev->span < s->state_entered)
                        return SERVICE_RELOAD_SIGNAL;
                return SERVICE_RELOAD_NOTIFY;
        case EVENT_NOTIFY_READY: /* a late one, of before the signal, counts for nothing */
                return s->state == SERVICE_RELOAD_NOTIFY ? service_settle(s) : s->state;
        case EVENT_NOTIFY_STOPPING:
        case EVENT_MAIN_EXITED:
        case EVENT_EMPTY:
                s->notify_reloading = false;
                return service_settle(s);
        case EVENT_MAIN_PID:
                return s->state;
        case EVENT_DEADLINE:
                s->reload_result = RESULT_TIMEOUT;
                s->notify_reloading = false;
                return service_settle(s);
        case EVENT_STOP:
                return SERVICE_STOP;
        case EVENT_WATCHDOG:
                return miss_watchdog(s);
        case EVENT_OOM:
                return service_after_oom(s, SERVICE_STOP_SIGTERM);
        default:
                return service_unexpected(s, ev);
        }
}
