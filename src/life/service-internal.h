/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What the files of the service machine share and nobody else sees.
 *
 *      service.c           the table of states; stepping, entering, what counts in every state
 *      service-start.c     condition, start-pre, start, start-post
 *      service-run.c       running, exited, reload
 *      service-stop.c      stop ... final-sigkill: who gets which signal, and who is waited for
 *      service-process.c   commands, processes and what their ends mean
 *      service-restart.c   begin and end of a run: start limit, restart decision, delay
 *      service-deadline.c  time-outs, watchdog, runtime limit
 *      service-set.c       sets of instances, which have none of all that
 *
 * A step function is told an event and returns the state that follows. Before
 * it sees EXITED, the process was forgotten and judged: it gets MAIN_EXITED or
 * CONTROL_EXITED, and `last_exit` says how it was. A process that could not be
 * made counts as one that ended at once with RESULT_RESOURCES.
 */

#include "graph/unit.h"
#include "life/service.h"

typedef enum DeadlineKind {
        NO_DEADLINE,
        START_DEADLINE,
        STOP_DEADLINE,
        ABORT_DEADLINE,
        RUNTIME_DEADLINE,
        RESTART_DEADLINE,
        DEADLINE_KIND_MAX,
} DeadlineKind;

typedef enum KillOperation {
        OPERATION_NONE,
        OPERATION_TERM,  /* KillSignal= or RestartKillSignal= */
        OPERATION_ABORT, /* WatchdogSignal= */
        OPERATION_KILL,  /* FinalKillSignal=, unless SendSIGKILL=no */
} KillOperation;

typedef enum StateFlags {
        STATE_WATCHED = 1,      /* watchdog pings are due */
        STATE_FOLLOWS_MAIN = 2, /* a new main process may be announced */
        STATE_OVER = 4,         /* no process belongs to the service */
} StateFlags;

typedef ServiceState (*ServiceStep)(Service *s, const Event *ev, EffectList *fx);

typedef struct StateTraits {
        const char *name;
        ActiveState active;
        DeadlineKind deadline;
        ServiceStep enter; /* NULL: nothing to do; returns the state itself or the one that follows at once */
        ServiceStep step;
        CommandKind command;     /* that the state runs one after the other; COMMAND_KIND_MAX: none */
        KillOperation operation; /* done on entry, and to each process that appears later */
        ServiceState otherwise;  /* follows at once when there is no command, or nobody to wait for */
        unsigned flags;          /* StateFlags */
} StateTraits;

extern const StateTraits service_states[SERVICE_STATE_MAX];
static inline const StateTraits *service_traits(const Service *s) {
        return service_states + s->state;
}
static inline const ServiceSpec *service_spec(const Service *s) {
        return s->spec->service;
}

/* service.c */
void service_note(Service *s, ServiceResult r); /* the first thing that went wrong is the result */
/* An event that the state has no use for. Counted, unless it may come at any time. */
ServiceState service_unexpected(Service *s, const Event *ev);

/* service-set.c */
void service_step_set(Service *s, const Event *ev, EffectList *fx);

/* service-process.c */
bool service_has_control(const Service *s); /* runs, or is being made */
bool service_main_is_alive(const Service *s);
void service_spawn(Service *s, const Event *ev, EffectList *fx, CommandKind kind, unsigned index);
ServiceState service_enter_commands(Service *s, const Event *ev, EffectList *fx);
bool service_next_command(Service *s, const Event *ev,
                          EffectList *fx); /* the one after `command_index`; false: it was the last */
void service_note_spawned(Service *s, const Event *ev);
EventType service_note_exit(Service *s,
                            const Event *ev); /* MAIN_EXITED, CONTROL_EXITED; EVENT_TYPE_MAX: none of ours */
EventType service_note_spawn_failure(Service *s, const Event *ev);
bool service_take_main_pid(Service *s, const Event *ev, EffectList *fx); /* false: refused, or nothing new */
void service_unwatch_pid_file(Service *s, EffectList *fx);

/* service-start.c */
ServiceState service_in_condition(Service *s, const Event *ev, EffectList *fx);
ServiceState service_in_start_pre(Service *s, const Event *ev, EffectList *fx);
ServiceState service_in_start(Service *s, const Event *ev, EffectList *fx);
ServiceState service_enter_start_post(Service *s, const Event *ev, EffectList *fx);
ServiceState service_in_start_post(Service *s, const Event *ev, EffectList *fx);

/* service-run.c */
ServiceState service_settle(Service *s); /* after a start or reload: running, exited, or the way down */
ServiceState service_in_running(Service *s, const Event *ev, EffectList *fx);
ServiceState service_in_exited(Service *s, const Event *ev, EffectList *fx);
ServiceState service_enter_reload(Service *s, const Event *ev, EffectList *fx);
ServiceState service_in_reload(Service *s, const Event *ev, EffectList *fx);
ServiceState service_in_reload_notify(Service *s, const Event *ev, EffectList *fx);

/* service-stop.c */
void service_kill(const Service *s, KillOperation operation, EffectList *fx);
bool service_waits(const Service *s,
                   KillOperation operation); /* for processes that the operation was to end */
ServiceState service_after_oom(Service *s, ServiceState orderly);
ServiceState service_in_stop(Service *s, const Event *ev, EffectList *fx);
ServiceState service_enter_kill(Service *s, const Event *ev, EffectList *fx);
ServiceState service_in_stop_watchdog(Service *s, const Event *ev, EffectList *fx);
ServiceState service_in_stop_sigterm(Service *s, const Event *ev, EffectList *fx);
ServiceState service_in_stop_sigkill(Service *s, const Event *ev, EffectList *fx);
ServiceState service_enter_stop_post(Service *s, const Event *ev, EffectList *fx);
ServiceState service_in_stop_post(Service *s, const Event *ev, EffectList *fx);
ServiceState service_in_final_watchdog(Service *s, const Event *ev, EffectList *fx);
ServiceState service_in_final_sigterm(Service *s, const Event *ev, EffectList *fx);
ServiceState service_in_final_sigkill(Service *s, const Event *ev, EffectList *fx);

/* service-restart.c */
ServiceState service_in_dead(Service *s, const Event *ev, EffectList *fx); /* and failed */
ServiceState service_enter_dead(Service *s, const Event *ev, EffectList *fx);
ServiceState service_in_auto_restart(Service *s, const Event *ev, EffectList *fx);
ServiceState service_end_run(Service *s, const Event *ev, EffectList *fx); /* dead, failed or auto-restart */
usec_t service_restart_delay(const Service *s);                            /* without jitter */
void service_note_up(Service *s, bool was, bool is, usec_t now);
uint64_t service_draw(Service *s, uint64_t most); /* from 0 to `most`, by chance */

/* service-deadline.c */
void service_arm(Service *s, usec_t now, DeadlineKind kind);
void service_arm_watchdog(Service *s, usec_t now);
void service_extend(Service *s, const Event *ev);
void service_sum_deadlines(Service *s);
EventType service_due(Service *s, const Event *ev); /* DEADLINE, WATCHDOG; EVENT_TYPE_MAX: nothing yet */
