/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The life of one service, as a value: told what happened, it answers with
 * what should be done. It never does those things itself, never reads a clock
 * and never allocates, so a test can lead it through ten years of crashes in a
 * millisecond and a checker can copy it with an assignment.
 *
 *      dead -> condition -> start-pre -> start -> start-post -> running -> (exited)
 *                                                      reload <-> running
 *      running -> stop -> stop-sigterm -> stop-sigkill -> stop-post -> final-sigterm -> final-sigkill -> dead | failed
 *      any end with Restart= -> auto-restart -> start again
 *
 * In a stop of KillMode=control-group or mixed, ExecStopPost= waits for the
 * last process of the unit; what ExecStopPost= leaves behind is killed by the
 * final states.
 *
 * What the caller promises: each EFFECT_SPAWN is answered by SPAWNED or
 * SPAWN_FAILED (other events may come first); the end of the main and the
 * control process is told once, by EXITED; EMPTY is told when no process is
 * left, also after an EFFECT_KILL that found nobody. Where PIDFile= is set, a
 * main process that moved is announced by MAIN_PID before the old one EXITED.
 *
 * With RestartMode=normal an automatic restart passes through dead or failed
 * within one step: see `passed`.
 *
 * The spec is borrowed from the Unit, which outlives the Service; a reload of
 * the manager gives it a new one through machine_set_spec().
 */

#include "life/event.h"

typedef enum ServiceState { /* the sub-states of systemd */
        SERVICE_DEAD,
        SERVICE_CONDITION,
        SERVICE_START_PRE,
        SERVICE_START,
        SERVICE_START_POST,
        SERVICE_RUNNING,
        SERVICE_EXITED,
        SERVICE_RELOAD,
        SERVICE_RELOAD_SIGNAL,
        SERVICE_RELOAD_NOTIFY,
        SERVICE_STOP,
        SERVICE_STOP_WATCHDOG,
        SERVICE_STOP_SIGTERM,
        SERVICE_STOP_SIGKILL,
        SERVICE_STOP_POST,
        SERVICE_FINAL_WATCHDOG,
        SERVICE_FINAL_SIGTERM,
        SERVICE_FINAL_SIGKILL,
        SERVICE_FAILED,
        SERVICE_AUTO_RESTART,
        SERVICE_STATE_MAX,
} ServiceState;

typedef enum ServiceResult {
        RESULT_SUCCESS,
        RESULT_RESOURCES,
        RESULT_PROTOCOL,
        RESULT_TIMEOUT,
        RESULT_EXIT_CODE,
        RESULT_SIGNAL,
        RESULT_CORE_DUMP,
        RESULT_WATCHDOG,
        RESULT_START_LIMIT_HIT,
        RESULT_OOM_KILL,
        RESULT_EXEC_CONDITION,
        RESULT_HEALTH_CHECK, /* ours: X-HealthCheck= */
        SERVICE_RESULT_MAX,
} ServiceResult;
const char *service_result_to_string(ServiceResult r); /* "exit-code" */

/* How the last run of a command went: D-Bus's Exec* arrays and ExecMain*. */
typedef struct RunRecord {
        DualTime start, exit;
        pid_t pid;
        int code, status;
} RunRecord;

typedef struct Service {
        const UnitSpec *spec;
        ServiceState state;
        ServiceResult result; /* first thing that went wrong in this run */
        ServiceResult reload_result;
        pid_t main_pid, control_pid; /* 0: none */
        bool main_is_child, main_known, main_executed;
        CommandKind command; /* of the control process (or of a oneshot's main process) */
        unsigned command_index;
        bool want_stop; /* a stop was asked for: no automatic restart */
        bool group_empty, guess_pending, pid_file_watched, name_good, notify_ready, notify_stopping, oom_seen;
        bool notify_reloading;
        bool too_large; /* above X-MemoryRestart=: it is stopped and started again */
        bool limit_hit; /* the last start was refused by the start limit; the result may be that of the run before */
        bool too_large_early;      /* ... so soon that the restart counts for the start limit */
        bool sick;                 /* X-HealthCheck= says so: it is stopped and started again */
        bool well;                 /* it has been found healthy in this run */
        bool forbid_restart, skip; /* skip: ExecCondition= said no */
        bool spawn_pending;        /* EFFECT_SPAWN is not answered yet */
        bool restart_job;          /* the stop is part of a restart job */
        bool announced_stop;       /* STOPPING=1: it ends by itself, no signal */
        bool control_killed;       /* the reload process was killed: its time was over, or a stop came */
        bool restart_due;          /* EFFECT_RESTART was given for this restart */
        bool held;                 /* a run began and EFFECT_RELEASE was not given since */
        ServiceResult last_exit;   /* of the process that ended last */
        bool is_set;               /* this run is that of a set */
        bool limit_counted;        /* the start of this run is among `limit_count` */
        MemberCount members;       /* ... as last heard of */
        int passed; /* ActiveState that the last step went through on its way to auto-restart; -1: none */
        unsigned unexpected;  /* events that made no sense in their state */
        unsigned n_restarts;  /* automatic restarts since the last explicit start: NRestarts */
        unsigned n_sick;      /* ... for which X-HealthCheck= was the reason */
        unsigned n_pauses;    /* ... since the pauses began with RestartSec= */
        usec_t state_entered; /* monotonic */
        usec_t up_since;      /* monotonic; active or reloading without a break; USEC_INFINITY: it is not */
        uint64_t random;      /* 64 bits given by the caller; RuntimeRandomizedExtraSec=, X-RestartJitter= */
        uint64_t n_draws;     /* random numbers drawn so far */
        usec_t deadline; /* monotonic; USEC_INFINITY: none. One for all: time-outs, delays, watchdog, runtime limit */
        usec_t state_deadline, watchdog_deadline, runtime_deadline; /* what `deadline` is the earliest of */
        usec_t watchdog_span;                                       /* WatchdogSec= or WATCHDOG_USEC= */
        DualTime watchdog_last;
        RunRecord main; /* ExecMain* */
        RunRecord
                *commands; /* the last run of each kind; the holder's, of COMMAND_KIND_MAX; NULL: not kept */
        /* start rate limit */
        usec_t limit_window_begin;
        unsigned limit_count;
        unsigned limit_forgiven; /* of these: starts of runs that were stable (X-StableSec=) */
        const char *reason;      /* static; why the last restart was or was not scheduled */
} Service;

void service_init(Service *s, const UnitSpec *spec);
void service_step(Service *s, const Event *ev, EffectList *fx);
int service_active_state(const Service *s); /* ActiveState of graph/unit.h */
const char *service_sub_state(const Service *s);
void service_forgive_starts(Service *s);                 /* the start limit counts from here on */
bool service_is_short_run(const Service *s, usec_t now); /* too short for X-MemoryRestart= to help by it */
/* See machine_timed_out(). */
const char *service_timed_out(const Service *s, const Event *ev, usec_t *ret_limit);
bool service_will_restart(const Service *s);     /* it is down only until the restart delay is over */
bool service_waits_for_health(const Service *s); /* X-ReadyOn=health: it has started but for that */
bool service_is_set(const Service *s); /* of instances, in this run or, where there is none, the next */
bool service_can_reload(const Service *s);
/* The decision with its reason, the same words in log, status and tests. */
bool service_shall_restart(const Service *s, const char **ret_reason);
