/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * From the start request to the moment in which the service is up: what each
 * Type= waits for, and the ways in which a start fails.
 */

#include "life/service-internal.h"

static ServiceState after_start_timeout(const Service *s) {
        switch (service_spec(s)->timeout_start_failure_mode) {
        case TIMEOUT_ABORT:
                return SERVICE_STOP_WATCHDOG;
        case TIMEOUT_KILL:
                return SERVICE_STOP_SIGKILL;
        default:
                return SERVICE_STOP_SIGTERM;
        }
}

/* What all start states have in common. */
static ServiceState while_starting(Service *s, const Event *ev) {
        switch (ev->type) {
        case EVENT_STOP:
                return SERVICE_STOP_SIGTERM;
        case EVENT_DEADLINE:
                service_note(s, RESULT_TIMEOUT);
                return after_start_timeout(s);
        case EVENT_OOM:
                return service_after_oom(s, SERVICE_STOP_SIGTERM);
        case EVENT_SPAWNED:
                return s->state;
        default:
                return service_unexpected(s, ev);
        }
}

static ServiceState in_commands_before(Service *s, const Event *ev, EffectList *fx) {
        if (ev->type != EVENT_CONTROL_EXITED)
                return while_starting(s, ev);
        if (s->last_exit != RESULT_SUCCESS)
                return SERVICE_STOP_SIGTERM;
        return service_next_command(s, ev, fx) ? s->state : service_traits(s)->otherwise;
}

ServiceState service_in_condition(Service *s, const Event *ev, EffectList *fx) {
        return in_commands_before(s, ev, fx);
}

ServiceState service_in_start_pre(Service *s, const Event *ev, EffectList *fx) {
        return in_commands_before(s, ev, fx);
}

/* Has the process that runs said or done all that its type asks for? */
static bool start_is_complete(const Service *s) {
        if (s->spawn_pending)
                return false;
        switch (service_spec(s)->type) {
        case TYPE_SIMPLE:
        case TYPE_IDLE:
                return s->main_pid > 0;
        case TYPE_EXEC:
                return s->main_executed;
        case TYPE_NOTIFY:
        case TYPE_NOTIFY_RELOAD:
                return s->notify_ready;
        case TYPE_DBUS:
                return s->name_good;
        default:
                return false;
        }
}

static ServiceState fail_start(Service *s, ServiceResult why) {
        service_note(s, why);
        return SERVICE_STOP_SIGTERM;
}

/* No process is left that could complete the start. */
static ServiceState nobody_left(Service *s) {
        ServiceType type = service_spec(s)->type;

        if (s->result != RESULT_SUCCESS)
                return SERVICE_STOP_SIGTERM;
        if (type == TYPE_NOTIFY || type == TYPE_NOTIFY_RELOAD || s->pid_file_watched)
                return fail_start(s, RESULT_PROTOCOL);
        return s->guess_pending ? SERVICE_START : SERVICE_START_POST;
}

/* The main process ended well before the start was complete. */
static ServiceState main_was_short(Service *s) {
        const ServiceSpec *spec = service_spec(s);

        switch (spec->type) {
        case TYPE_EXEC: /* that it ran is proof enough */
                return SERVICE_START_POST;
        case TYPE_NOTIFY:
        case TYPE_NOTIFY_RELOAD:
                if (!spec->remain_after_exit || spec->notify_access == NOTIFY_MAIN)
                        return fail_start(s, RESULT_PROTOCOL);
                return s->group_empty ? nobody_left(s) : SERVICE_START;
        case TYPE_FORKING: /* the daemon moves on, its starter will tell where */
                s->main_known = false;
                return service_has_control(s) ? SERVICE_START : SERVICE_START_POST;
        default:
                return spec->remain_after_exit ? SERVICE_EXITED : SERVICE_STOP_SIGTERM;
        }
}

static ServiceState main_ended(Service *s, const Event *ev, EffectList *fx) {
        const ServiceSpec *spec = service_spec(s);

        if (spec->exit_type == EXIT_TYPE_CGROUP && !s->group_empty && s->last_exit != RESULT_RESOURCES)
                return SERVICE_START;
        if (s->last_exit != RESULT_SUCCESS)
                return SERVICE_STOP_SIGTERM;
        if (spec->type == TYPE_ONESHOT)
                return service_next_command(s, ev, fx) ? SERVICE_START : SERVICE_START_POST;
        return main_was_short(s);
}

static void watch_pid_file(Service *s, EffectList *fx) {
        if (s->pid_file_watched)
                return;
        s->pid_file_watched = true;
        effect_add(fx, EFFECT_WATCH_PID_FILE);
}

/* The starter of a forking service has ended: the daemon is up, but which process is it? */
static ServiceState starter_ended(Service *s, EffectList *fx) {
        const ServiceSpec *spec = service_spec(s);

        if (s->last_exit != RESULT_SUCCESS)
                return SERVICE_STOP_SIGTERM;
        if (s->main_pid > 0)
                return SERVICE_START_POST;
        if (spec->pid_file) {
                if (s->group_empty)
                        return fail_start(s, RESULT_PROTOCOL);
                watch_pid_file(s, fx);
                /* ExecStartPost= may be what writes the file. */
                return s->spec->commands->of[COMMAND_START_POST].n > 0 ? SERVICE_START_POST : SERVICE_START;
        }
        if (!spec->guess_main_pid || s->group_empty)
                return SERVICE_START_POST;
        s->guess_pending = true;
        effect_add(fx, EFFECT_GUESS_MAIN_PID);
        return SERVICE_START;
}

ServiceState service_in_start(Service *s, const Event *ev, EffectList *fx) {
        bool forking = service_spec(s)->type == TYPE_FORKING;

        switch (ev->type) {
        case EVENT_SPAWNED:
        case EVENT_EXECUTED:
        case EVENT_NOTIFY_READY:
        case EVENT_NAME_ACQUIRED:
                return start_is_complete(s) ? SERVICE_START_POST : SERVICE_START;
        case EVENT_NOTIFY_RELOADING:
        case EVENT_NOTIFY_STOPPING:
        case EVENT_NAME_LOST:
                return SERVICE_START;
        case EVENT_MAIN_EXITED:
                return main_ended(s, ev, fx);
        case EVENT_CONTROL_EXITED:
                return starter_ended(s, fx);
        case EVENT_MAIN_PID:
                return forking && !service_has_control(s) ? SERVICE_START_POST : SERVICE_START;
        case EVENT_NO_MAIN_PID:
                if (!forking || service_has_control(s))
                        return SERVICE_START;
                return service_spec(s)->pid_file ? fail_start(s, RESULT_PROTOCOL) : SERVICE_START_POST;
        case EVENT_EMPTY:
                return nobody_left(s);
        default:
                return while_starting(s, ev);
        }
}

/* X-ReadyOn=health: nobody who comes after it is started before it is well. */
static bool needs_health(const Service *s) {
        const ServiceSpec *spec = service_spec(s);

        return spec->roll.ready_on == READY_ON_HEALTH && health_count_checks(&spec->health) > 0 && !s->well;
}

bool service_waits_for_health(const Service *s) {
        return s->state == SERVICE_START_POST && !service_has_control(s) && needs_health(s);
}

static ServiceState settle_when_well(Service *s) {
        ServiceState next = service_settle(s);

        return next == SERVICE_RUNNING && needs_health(s) ? SERVICE_START_POST : next;
}

/* All commands have run. A forking service that names a PID file is up when it has a main process. */
static ServiceState after_start_post(Service *s, EffectList *fx) {
        const ServiceSpec *spec = service_spec(s);

        if (spec->type != TYPE_FORKING || !spec->pid_file || s->main_known || s->result != RESULT_SUCCESS)
                return settle_when_well(s);
        if (s->group_empty)
                return fail_start(s, RESULT_PROTOCOL);
        watch_pid_file(s, fx);
        return SERVICE_START_POST;
}

ServiceState service_enter_start_post(Service *s, const Event *ev, EffectList *fx) {
        return service_enter_commands(s, ev, fx) == SERVICE_START_POST ? SERVICE_START_POST
                                                                       : after_start_post(s, fx);
}

ServiceState service_in_start_post(Service *s, const Event *ev, EffectList *fx) {
        switch (ev->type) {
        case EVENT_CONTROL_EXITED:
                if (s->last_exit != RESULT_SUCCESS)
                        return SERVICE_STOP_SIGTERM;
                return service_next_command(s, ev, fx) ? SERVICE_START_POST : after_start_post(s, fx);
        case EVENT_MAIN_EXITED:
        case EVENT_MAIN_PID:
                return service_has_control(s) ? SERVICE_START_POST : after_start_post(s, fx);
        case EVENT_NO_MAIN_PID:
        case EVENT_EMPTY:
                return service_has_control(s) ? SERVICE_START_POST : fail_start(s, RESULT_PROTOCOL);
        case EVENT_WATCHDOG:
                service_note(s, RESULT_WATCHDOG);
                return SERVICE_STOP_WATCHDOG;
        case EVENT_WELL:
                return service_has_control(s) ? SERVICE_START_POST : after_start_post(s, fx);
        case EVENT_SICK:
                return SERVICE_STOP_SIGTERM;
        case EVENT_NOTIFY_READY:
        case EVENT_NOTIFY_RELOADING:
        case EVENT_NOTIFY_STOPPING:
        case EVENT_NAME_ACQUIRED:
        case EVENT_NAME_LOST:
                return SERVICE_START_POST;
        default:
                return while_starting(s, ev);
        }
}
