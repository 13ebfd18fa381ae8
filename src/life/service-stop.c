/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The way down: ExecStop=, signals, ExecStopPost=, signals once more for what
 * that left. Each state of killing ends when nobody is left for whom it waits;
 * KillMode= says who that is.
 */

#include "life/service-internal.h"

#include <signal.h>

static bool operation_is_off(const Service *s, KillOperation operation) {
        const KillSpec *k = s->spec->kill;

        return operation == OPERATION_NONE || k->mode == KILL_NONE ||
               (operation == OPERATION_KILL && !k->send_sigkill);
}

static bool concerns_group(const Service *s, KillOperation operation) {
        KillMode mode = s->spec->kill->mode;

        return mode == KILL_CONTROL_GROUP || (mode == KILL_MIXED && operation == OPERATION_KILL);
}

static int signal_of(const Service *s, KillOperation operation) {
        const KillSpec *k = s->spec->kill;

        switch (operation) {
        case OPERATION_ABORT:
                return k->watchdog_signal;
        case OPERATION_KILL:
                return k->final_signal;
        default:
                return s->restart_job && k->restart_signal > 0 ? k->restart_signal : k->signal;
        }
}

static void add_kill(const Service *s, KillOperation operation, KillWhom whom, EffectList *fx) {
        Effect *e = effect_add(fx, EFFECT_KILL);

        e->whom = whom;
        e->signal = signal_of(s, operation);
        e->also_sigcont = e->signal != SIGKILL && e->signal != SIGCONT;
        e->also_sighup = operation == OPERATION_TERM && s->spec->kill->send_sighup && e->signal != SIGHUP;
}

void service_kill(const Service *s, KillOperation operation, EffectList *fx) {
        bool some = s->main_pid > 0 || s->control_pid > 0;

        if (operation_is_off(s, operation))
                return;
        if (concerns_group(s, operation)) {
                if (some || !s->group_empty)
                        add_kill(s, operation, WHOM_ALL, fx);
                return;
        }
        if (s->main_pid > 0)
                add_kill(s, operation, WHOM_MAIN, fx);
        if (s->control_pid > 0)
                add_kill(s, operation, WHOM_CONTROL, fx);
}

bool service_waits(const Service *s, KillOperation operation) {
        if (operation_is_off(s, operation))
                return false;
        return s->spawn_pending || s->control_pid > 0 || service_main_is_alive(s) ||
               (concerns_group(s, operation) && !s->group_empty);
}

ServiceState service_after_oom(Service *s, ServiceState orderly) {
        service_note(s, RESULT_OOM_KILL);
        return service_spec(s)->oom_policy == OOM_KILL ? SERVICE_STOP_SIGKILL : orderly;
}

static ServiceState after_stop_timeout(Service *s, ServiceState terminate, ServiceState abort,
                                       ServiceState kill) {
        service_note(s, RESULT_TIMEOUT);
        switch (service_spec(s)->timeout_stop_failure_mode) {
        case TIMEOUT_ABORT:
                return abort;
        case TIMEOUT_KILL:
                return kill;
        default:
                return terminate;
        }
}

ServiceState service_in_stop(Service *s, const Event *ev, EffectList *fx) {
        switch (ev->type) {
        case EVENT_SPAWNED:
        case EVENT_MAIN_EXITED: /* the command may still have work to do */
                return SERVICE_STOP;
        case EVENT_CONTROL_EXITED:
                if (s->last_exit == RESULT_SUCCESS && service_next_command(s, ev, fx))
                        return SERVICE_STOP;
                return SERVICE_STOP_SIGTERM;
        case EVENT_DEADLINE:
                return after_stop_timeout(s, SERVICE_STOP_SIGTERM, SERVICE_STOP_WATCHDOG,
                                          SERVICE_STOP_SIGKILL);
        case EVENT_OOM:
                return service_after_oom(s, SERVICE_STOP_SIGTERM);
        default:
                return service_unexpected(s, ev);
        }
}

static ServiceState after_killing(Service *s, const Event *ev, EffectList *fx) {
        ServiceState next = service_traits(s)->otherwise;

        return next == SERVICE_DEAD ? service_end_run(s, ev, fx) : next;
}

ServiceState service_enter_kill(Service *s, const Event *ev, EffectList *fx) {
        KillOperation operation = service_traits(s)->operation;

        if (!TAKE(s->announced_stop))
                service_kill(s, operation, fx);
        return service_waits(s, operation) ? s->state : after_killing(s, ev, fx);
}

/* What all states of killing have in common. */
static ServiceState while_killing(Service *s, const Event *ev, EffectList *fx) {
        switch (ev->type) {
        case EVENT_SPAWNED: /* it was signalled on the spot */
                return s->state;
        case EVENT_MAIN_EXITED:
        case EVENT_CONTROL_EXITED:
        case EVENT_EMPTY:
                return service_waits(s, service_traits(s)->operation) ? s->state : after_killing(s, ev, fx);
        default:
                return service_unexpected(s, ev);
        }
}

/* A coredump is written; memory that ran out meanwhile will not come back. */
ServiceState service_in_stop_watchdog(Service *s, const Event *ev, EffectList *fx) {
        switch (ev->type) {
        case EVENT_DEADLINE:
                service_note(s, RESULT_TIMEOUT);
                return SERVICE_STOP_SIGKILL;
        case EVENT_OOM:
                service_note(s, RESULT_OOM_KILL);
                return SERVICE_STOP_SIGKILL;
        default:
                return while_killing(s, ev, fx);
        }
}

ServiceState service_in_stop_sigterm(Service *s, const Event *ev, EffectList *fx) {
        switch (ev->type) {
        case EVENT_DEADLINE:
                return after_stop_timeout(s, SERVICE_STOP_SIGKILL, SERVICE_STOP_WATCHDOG,
                                          SERVICE_STOP_SIGKILL);
        case EVENT_OOM:
                service_note(s, RESULT_OOM_KILL);
                return SERVICE_STOP_SIGKILL;
        default:
                return while_killing(s, ev, fx);
        }
}

ServiceState service_in_stop_sigkill(Service *s, const Event *ev, EffectList *fx) {
        switch (ev->type) {
        case EVENT_DEADLINE: /* stuck in the kernel; there is nothing stronger */
                service_note(s, RESULT_TIMEOUT);
                return SERVICE_STOP_POST;
        case EVENT_OOM:
                service_note(s, RESULT_OOM_KILL);
                return SERVICE_STOP_SIGKILL;
        default:
                return while_killing(s, ev, fx);
        }
}

ServiceState service_enter_stop_post(Service *s, const Event *ev, EffectList *fx) {
        s->control_pid = 0; /* one that could not be killed is not waited for */
        return service_enter_commands(s, ev, fx);
}

ServiceState service_in_stop_post(Service *s, const Event *ev, EffectList *fx) {
        switch (ev->type) {
        case EVENT_SPAWNED:
        case EVENT_MAIN_EXITED:
                return SERVICE_STOP_POST;
        case EVENT_CONTROL_EXITED:
                if (s->last_exit == RESULT_SUCCESS && service_next_command(s, ev, fx))
                        return SERVICE_STOP_POST;
                return SERVICE_FINAL_SIGTERM;
        case EVENT_DEADLINE:
                return after_stop_timeout(s, SERVICE_FINAL_SIGTERM, SERVICE_FINAL_WATCHDOG,
                                          SERVICE_FINAL_SIGKILL);
        case EVENT_OOM:
                service_note(s, RESULT_OOM_KILL);
                return SERVICE_FINAL_SIGKILL;
        default:
                return service_unexpected(s, ev);
        }
}

ServiceState service_in_final_watchdog(Service *s, const Event *ev, EffectList *fx) {
        switch (ev->type) {
        case EVENT_DEADLINE:
                service_note(s, RESULT_TIMEOUT);
                return SERVICE_FINAL_SIGKILL;
        case EVENT_OOM:
                service_note(s, RESULT_OOM_KILL);
                return SERVICE_FINAL_SIGKILL;
        default:
                return while_killing(s, ev, fx);
        }
}

ServiceState service_in_final_sigterm(Service *s, const Event *ev, EffectList *fx) {
        switch (ev->type) {
        case EVENT_DEADLINE:
                return after_stop_timeout(s, SERVICE_FINAL_SIGKILL, SERVICE_FINAL_WATCHDOG,
                                          SERVICE_FINAL_SIGKILL);
        case EVENT_OOM:
                service_note(s, RESULT_OOM_KILL);
                return SERVICE_FINAL_SIGKILL;
        default:
                return while_killing(s, ev, fx);
        }
}

ServiceState service_in_final_sigkill(Service *s, const Event *ev, EffectList *fx) {
        switch (ev->type) {
        case EVENT_DEADLINE: /* whoever is left is left behind */
                service_note(s, RESULT_TIMEOUT);
                return service_end_run(s, ev, fx);
        case EVENT_OOM:
                service_note(s, RESULT_OOM_KILL);
                return SERVICE_FINAL_SIGKILL;
        default:
                return while_killing(s, ev, fx);
        }
}
