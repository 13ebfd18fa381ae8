/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "life/service-internal.h"

#define NO_COMMAND COMMAND_KIND_MAX
#define SHORT_RUN (10 * USEC_PER_SEC)

/* clang-format off */
const StateTraits service_states[SERVICE_STATE_MAX] = {
        /*                          sub-state        active state  deadline          on entry                  step
                                    commands            operation        follows at once         flags */
        [SERVICE_DEAD]          = { "dead",          INACTIVE,     NO_DEADLINE,      service_enter_dead,       service_in_dead,
                                    NO_COMMAND,         OPERATION_NONE,  SERVICE_DEAD,           STATE_OVER },
        [SERVICE_CONDITION]     = { "condition",     ACTIVATING,   START_DEADLINE,   service_enter_commands,   service_in_condition,
                                    COMMAND_CONDITION,  OPERATION_NONE,  SERVICE_START_PRE,      0 },
        [SERVICE_START_PRE]     = { "start-pre",     ACTIVATING,   START_DEADLINE,   service_enter_commands,   service_in_start_pre,
                                    COMMAND_START_PRE,  OPERATION_NONE,  SERVICE_START,          0 },
        [SERVICE_START]         = { "start",         ACTIVATING,   START_DEADLINE,   service_enter_commands,   service_in_start,
                                    COMMAND_START,      OPERATION_NONE,  SERVICE_START_POST,     STATE_FOLLOWS_MAIN },
        [SERVICE_START_POST]    = { "start-post",    ACTIVATING,   START_DEADLINE,   service_enter_start_post, service_in_start_post,
                                    COMMAND_START_POST, OPERATION_NONE,  SERVICE_RUNNING,        STATE_FOLLOWS_MAIN | STATE_WATCHED },
        [SERVICE_RUNNING]       = { "running",       ACTIVE,       RUNTIME_DEADLINE, NULL,                     service_in_running,
                                    NO_COMMAND,         OPERATION_NONE,  SERVICE_RUNNING,        STATE_FOLLOWS_MAIN | STATE_WATCHED },
        [SERVICE_EXITED]        = { "exited",        ACTIVE,       NO_DEADLINE,      NULL,                     service_in_exited,
                                    NO_COMMAND,         OPERATION_NONE,  SERVICE_EXITED,         0 },
        [SERVICE_RELOAD]        = { "reload",        RELOADING,    START_DEADLINE,   service_enter_reload,     service_in_reload,
                                    COMMAND_RELOAD,     OPERATION_NONE,  SERVICE_RUNNING,        STATE_FOLLOWS_MAIN | STATE_WATCHED },
        [SERVICE_RELOAD_SIGNAL] = { "reload-signal", RELOADING,    START_DEADLINE,   NULL,                     service_in_reload_notify,
                                    NO_COMMAND,         OPERATION_NONE,  SERVICE_RUNNING,        STATE_FOLLOWS_MAIN | STATE_WATCHED },
        [SERVICE_RELOAD_NOTIFY] = { "reload-notify", RELOADING,    START_DEADLINE,   NULL,                     service_in_reload_notify,
                                    NO_COMMAND,         OPERATION_NONE,  SERVICE_RUNNING,        STATE_FOLLOWS_MAIN | STATE_WATCHED },
        [SERVICE_STOP]          = { "stop",          DEACTIVATING, STOP_DEADLINE,    service_enter_commands,   service_in_stop,
                                    COMMAND_STOP,       OPERATION_NONE,  SERVICE_STOP_SIGTERM,   0 },
        [SERVICE_STOP_WATCHDOG] = { "stop-watchdog", DEACTIVATING, ABORT_DEADLINE,   service_enter_kill,       service_in_stop_watchdog,
                                    NO_COMMAND,         OPERATION_ABORT, SERVICE_STOP_SIGKILL,   0 },
        [SERVICE_STOP_SIGTERM]  = { "stop-sigterm",  DEACTIVATING, STOP_DEADLINE,    service_enter_kill,       service_in_stop_sigterm,
                                    NO_COMMAND,         OPERATION_TERM,  SERVICE_STOP_SIGKILL,   0 },
        [SERVICE_STOP_SIGKILL]  = { "stop-sigkill",  DEACTIVATING, STOP_DEADLINE,    service_enter_kill,       service_in_stop_sigkill,
                                    NO_COMMAND,         OPERATION_KILL,  SERVICE_STOP_POST,      0 },
        [SERVICE_STOP_POST]     = { "stop-post",     DEACTIVATING, STOP_DEADLINE,    service_enter_stop_post,  service_in_stop_post,
                                    COMMAND_STOP_POST,  OPERATION_NONE,  SERVICE_FINAL_SIGTERM,  0 },
        [SERVICE_FINAL_WATCHDOG] = { "final-watchdog", DEACTIVATING, ABORT_DEADLINE, service_enter_kill,       service_in_final_watchdog,
                                    NO_COMMAND,         OPERATION_ABORT, SERVICE_FINAL_SIGKILL,  0 },
        [SERVICE_FINAL_SIGTERM] = { "final-sigterm", DEACTIVATING, STOP_DEADLINE,    service_enter_kill,       service_in_final_sigterm,
                                    NO_COMMAND,         OPERATION_TERM,  SERVICE_FINAL_SIGKILL,  0 },
        [SERVICE_FINAL_SIGKILL] = { "final-sigkill", DEACTIVATING, STOP_DEADLINE,    service_enter_kill,       service_in_final_sigkill,
                                    NO_COMMAND,         OPERATION_KILL,  SERVICE_DEAD,           0 },
        [SERVICE_FAILED]        = { "failed",        FAILED,       NO_DEADLINE,      service_enter_dead,       service_in_dead,
                                    NO_COMMAND,         OPERATION_NONE,  SERVICE_FAILED,         STATE_OVER },
        [SERVICE_AUTO_RESTART]  = { "auto-restart",  ACTIVATING,   RESTART_DEADLINE, NULL,                     service_in_auto_restart,
                                    NO_COMMAND,         OPERATION_NONE,  SERVICE_AUTO_RESTART,   STATE_OVER },
};
/* clang-format on */

void service_init(Service *s, const UnitSpec *spec) {
        *s = (Service){
                .spec = spec,
                .deadline = USEC_INFINITY,
                .state_deadline = USEC_INFINITY,
                .watchdog_deadline = USEC_INFINITY,
                .runtime_deadline = USEC_INFINITY,
                .up_since = USEC_INFINITY,
                .group_empty = true,
                .passed = -1,
        };
}

void service_note(Service *s, ServiceResult r) {
        if (s->result == RESULT_SUCCESS)
                s->result = r;
}

ServiceState service_unexpected(Service *s, const Event *ev) {
        static const bool comes_at_any_time[EVENT_TYPE_MAX] = {
                [EVENT_STOP] = true,
                [EVENT_RESET_FAILED] = true,
                [EVENT_EXECUTED] = true,
                [EVENT_EMPTY] = true,
                [EVENT_OOM] = true,
                [EVENT_MEMORY] = true,
                [EVENT_SICK] = true,
                [EVENT_WELL] = true,
                [EVENT_NOTIFY_READY] = true,
                [EVENT_NOTIFY_RELOADING] = true,
                [EVENT_NOTIFY_STOPPING] = true,
                [EVENT_NOTIFY_EXTEND] = true,
                [EVENT_NOTIFY_WATCHDOG] = true,
                [EVENT_NOTIFY_WATCHDOG_USEC] = true,
                [EVENT_WATCHDOG] = true,
                [EVENT_MAIN_PID] = true,
                [EVENT_NO_MAIN_PID] = true,
                [EVENT_NAME_ACQUIRED] = true,
                [EVENT_NAME_LOST] = true,
                [EVENT_CLOCK_CHANGED] = true,
                [EVENT_TIMEZONE_CHANGED] = true,
                [EVENT_SPEC_CHANGED] = true,
                [EVENT_MEMBERS] = true,
        };

        if (!comes_at_any_time[ev->type])
                s->unexpected++;
        return s->state;
}

/* The service speaks for itself; the last word counts. */
static void note_message(Service *s, EventType type) {
        s->notify_ready = s->notify_ready || type == EVENT_NOTIFY_READY;
        s->notify_reloading = type == EVENT_NOTIFY_RELOADING;
        s->notify_stopping = type == EVENT_NOTIFY_STOPPING;
}

static void note_ping(Service *s, const Event *ev) {
        if (ev->type == EVENT_NOTIFY_WATCHDOG_USEC)
                s->watchdog_span = ev->span;
        s->watchdog_last = ev->now;
        if (service_traits(s)->flags & STATE_WATCHED)
                service_arm_watchdog(s, ev->now.monotonic);
}

void service_forgive_starts(Service *s) {
        s->limit_count = 0;
}

bool service_is_short_run(const Service *s, usec_t now) {
        return now < usec_add(s->main.start.monotonic, SHORT_RUN);
}

/* A restart helps whom it takes a while to grow. Who is too large at once would be restarted for ever. */
static void note_memory(Service *s, const Event *ev) {
        s->too_large = true;
        s->too_large_early = service_is_short_run(s, ev->now.monotonic);
}

static EventType note_growth(Service *s, const Event *ev) {
        const ServiceSpec *spec = service_spec(s);

        if (spec->memory_restart == LIMIT_UNSET && spec->memory_restart_permyriad == LIMIT_UNSET)
                return EVENT_TYPE_MAX; /* no longer */
        note_memory(s, ev);
        return ev->type;
}

static void reset_failed(Service *s) {
        s->limit_count = 0;
        s->limit_hit = false;
        s->n_restarts = s->n_pauses = s->n_sick = 0;
        if (service_traits(s)->flags & STATE_OVER)
                s->result = s->reload_result = RESULT_SUCCESS;
}

static bool is_up(const StateTraits *traits) {
        return traits->active == ACTIVE || traits->active == RELOADING;
}

static EventType note_health(Service *s, EventType type) {
        bool counts = is_up(service_traits(s)) || service_waits_for_health(s);

        if (type == EVENT_WELL) {
                s->well = s->well || counts;
                return type;
        }
        if (!counts)
                return EVENT_TYPE_MAX; /* that run is over, or about to be */
        s->sick = true;
        service_note(s, RESULT_HEALTH_CHECK);
        return type;
}

/* All that an event means in every state, and what it is to the step function. EVENT_TYPE_MAX: nothing more. */
static EventType take_note(Service *s, const Event *ev, EffectList *fx) {
        switch (ev->type) {
        case EVENT_STOP:
                s->want_stop = true;
                s->restart_job = ev->value;
                return ev->type;
        case EVENT_DRAIN:
                s->want_stop = !(service_traits(s)->flags & STATE_OVER);
                return EVENT_TYPE_MAX;
        case EVENT_RESET_FAILED:
                reset_failed(s);
                return ev->type;
        case EVENT_DEADLINE:
                return service_due(s, ev);
        case EVENT_SPAWNED:
                if (!s->spawn_pending || ev->process.pid <= 0)
                        break;
                service_note_spawned(s, ev);
                service_kill(s, service_traits(s)->operation, fx);
                return ev->type;
        case EVENT_SPAWN_FAILED:
                if (!s->spawn_pending)
                        break;
                return service_note_spawn_failure(s, ev);
        case EVENT_EXECUTED:
                s->main_executed = s->main_executed || (s->main_pid > 0 && ev->process.pid == s->main_pid);
                return ev->type;
        case EVENT_EXITED:
                return service_note_exit(s, ev);
        case EVENT_EMPTY:
                if (service_has_control(s) || s->spawn_pending || (s->main_pid > 0 && s->main_is_child))
                        return EVENT_TYPE_MAX;
                s->group_empty = true;
                s->main_pid = 0; /* a stranger, whose end nobody tells */
                return ev->type;
        case EVENT_OOM:
                s->oom_seen = true;
                return service_spec(s)->oom_policy == OOM_CONTINUE ? EVENT_TYPE_MAX : ev->type;
        case EVENT_MEMORY:
                return note_growth(s, ev);
        case EVENT_WELL:
        case EVENT_SICK:
                return note_health(s, ev->type);
        case EVENT_NOTIFY_READY:
        case EVENT_NOTIFY_RELOADING:
        case EVENT_NOTIFY_STOPPING:
                note_message(s, ev->type);
                return ev->type;
        case EVENT_MAIN_PID:
        case EVENT_NOTIFY_MAIN_PID:
                return service_take_main_pid(s, ev, fx) ? EVENT_MAIN_PID : EVENT_TYPE_MAX;
        case EVENT_NO_MAIN_PID:
                service_unwatch_pid_file(s, fx);
                s->guess_pending = false;
                return ev->type;
        case EVENT_NOTIFY_EXTEND:
                service_extend(s, ev);
                return EVENT_TYPE_MAX;
        case EVENT_NOTIFY_WATCHDOG:
        case EVENT_NOTIFY_WATCHDOG_USEC:
                note_ping(s, ev);
                return EVENT_TYPE_MAX;
        case EVENT_NOTIFY_WATCHDOG_TRIGGER:
                return EVENT_WATCHDOG;
        case EVENT_NAME_ACQUIRED:
        case EVENT_NAME_LOST:
                s->name_good = ev->type == EVENT_NAME_ACQUIRED;
                return ev->type;
        default:
                return ev->type;
        }
        s->unexpected++;
        return EVENT_TYPE_MAX;
}

/* Returns the state that follows at once, or the same. */
static ServiceState enter(Service *s, ServiceState next, const Event *ev, EffectList *fx) {
        const StateTraits *old = service_traits(s), *traits = service_states + next;

        s->state = next;
        s->state_entered = ev->now.monotonic;
        service_note_up(s, is_up(old), is_up(traits), ev->now.monotonic);
        service_arm(s, ev->now.monotonic, traits->deadline);
        if (!(traits->flags & STATE_WATCHED))
                s->watchdog_deadline = USEC_INFINITY;
        else if (!(old->flags & STATE_WATCHED))
                service_arm_watchdog(s, ev->now.monotonic);
        if (traits->active != ACTIVATING) {
                s->guess_pending = false;
                service_unwatch_pid_file(s, fx);
        }
        return traits->enter ? traits->enter(s, ev, fx) : next;
}

void service_step(Service *s, const Event *ev, EffectList *fx) {
        ActiveState before = service_traits(s)->active;
        Event told = *ev;
        ServiceState next;

        s->passed = -1;
        if (service_is_set(s)) {
                service_step_set(s, ev, fx);
                return;
        }
        told.type = take_note(s, ev, fx);
        if (told.type != EVENT_TYPE_MAX)
                for (next = service_traits(s)->step(s, &told, fx); next != s->state;)
                        next = enter(s, next, &told, fx);

        if (before == RELOADING && service_traits(s)->active != RELOADING)
                effect_add(fx, EFFECT_RELOAD_DONE)->value =
                        s->reload_result == RESULT_SUCCESS && service_traits(s)->active == ACTIVE;
        else if (ev->type == EVENT_RELOAD && service_traits(s)->active != RELOADING)
                effect_add(fx, EFFECT_RELOAD_DONE)->value = false;
        service_sum_deadlines(s);
}

int service_active_state(const Service *s) {
        return service_traits(s)->active;
}

const char *service_sub_state(const Service *s) {
        return service_traits(s)->name;
}

bool service_will_restart(const Service *s) {
        return s->state == SERVICE_AUTO_RESTART;
}

bool service_can_reload(const Service *s) {
        return s->spec->commands->of[COMMAND_RELOAD].n > 0 || service_spec(s)->type == TYPE_NOTIFY_RELOAD;
}

const char *service_result_to_string(ServiceResult r) {
        static const char *const words[SERVICE_RESULT_MAX] = {
                [RESULT_SUCCESS] = "success",
                [RESULT_RESOURCES] = "resources",
                [RESULT_PROTOCOL] = "protocol",
                [RESULT_TIMEOUT] = "timeout",
                [RESULT_EXIT_CODE] = "exit-code",
                [RESULT_SIGNAL] = "signal",
                [RESULT_CORE_DUMP] = "core-dump",
                [RESULT_WATCHDOG] = "watchdog",
                [RESULT_START_LIMIT_HIT] = "start-limit-hit",
                [RESULT_OOM_KILL] = "oom-kill",
                [RESULT_EXEC_CONDITION] = "exec-condition",
                [RESULT_HEALTH_CHECK] = "health-check",
        };

        return (unsigned)r < SERVICE_RESULT_MAX ? words[r] : NULL;
}
