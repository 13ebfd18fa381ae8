/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What happens to a unit (Event), and what should be done about it (Effect).
 * The time is part of the event: machines never read a clock.
 */

#include "base/time.h"
#include "unit/spec.h"

#include <sys/types.h>

typedef enum EventType {
        EVENT_START,  /* a start job runs (conditions already hold) */
        EVENT_STOP,   /* a stop or restart job runs; value: restart (RestartKillSignal=) */
        EVENT_RELOAD, /* a reload job runs */
        EVENT_RESET_FAILED,
        EVENT_DEADLINE, /* value: a missed watchdog does not count (ServiceWatchdogs=) */
        /* processes */
        EVENT_SPAWNED,      /* answer to EFFECT_SPAWN: process.pid */
        EVENT_SPAWN_FAILED, /* answer to EFFECT_SPAWN: error; nothing runs */
        EVENT_EXECUTED,     /* the control or main process passed exec (process.pid) */
        EVENT_EXITED, /* a main or control process has ended: process; value: it was the unit's last one */
        EVENT_EMPTY, /* no process of the unit is left; not heard while a main or control process has not EXITED */
        EVENT_OOM,    /* the kernel killed a process of the unit for memory */
        EVENT_MEMORY, /* above X-MemoryRestart= */
        EVENT_SICK,   /* a check of X-HealthCheck= has found it unhealthy */
        EVENT_WELL,   /* all checks have found it healthy */
        EVENT_DRAIN,  /* it was told to take no more work: its end, when it comes, is wanted */
        /* notify protocol; only accepted senders get here */
        EVENT_NOTIFY_READY,
        EVENT_NOTIFY_RELOADING, /* span: MONOTONIC_USEC=; 0: absent */
        EVENT_NOTIFY_STOPPING,
        EVENT_NOTIFY_MAIN_PID, /* process.pid */
        EVENT_NOTIFY_EXTEND,   /* span */
        EVENT_NOTIFY_WATCHDOG, /* a ping */
        EVENT_NOTIFY_WATCHDOG_TRIGGER,
        EVENT_NOTIFY_WATCHDOG_USEC, /* span */
        /* others */
        EVENT_MAIN_PID,    /* found in PIDFile= or guessed: process.pid, process.is_child */
        EVENT_NO_MAIN_PID, /* PIDFile= cannot appear any more or no guess: nothing to watch */
        EVENT_NAME_ACQUIRED,
        EVENT_NAME_LOST, /* BusName= */
        EVENT_TRIGGER, /* socket: incoming traffic; path: something moved; value: where that is all that is asked */
        EVENT_OPENED,      /* answer to EFFECT_OPEN (sockets, inotify): done */
        EVENT_OPEN_FAILED, /* ... error */
        EVENT_TRIGGERED_STATE, /* timer, path, socket: the active state of the unit it triggers changed: active, result_failed */
        EVENT_CLOCK_CHANGED,    /* somebody has set the clock of the calendar */
        EVENT_TIMEZONE_CHANGED, /* local time is another one */
        EVENT_SPEC_CHANGED,     /* timer: its file was read again */
        EVENT_ABANDON,          /* scope: nobody looks after it any more */
        EVENT_RESTART_REFUSED, /* answer to EFFECT_RESTART: there is no such job, nor will there be; value = not yet */
        EVENT_MEMBERS, /* service that is a set: members; value: a job of its own decides what becomes of it */
        EVENT_PATHS_CHECKED, /* answer to EFFECT_CHECK_PATHS: value = a condition holds */
        /* made by machines from the above, never sent to them */
        EVENT_MAIN_EXITED,
        EVENT_CONTROL_EXITED,
        EVENT_WATCHDOG,
        EVENT_TYPE_MAX,
} EventType;
const char *event_type_to_string(EventType t);

typedef struct ProcessInfo {
        pid_t pid;
        int code;      /* EVENT_EXITED: CLD_EXITED, CLD_KILLED, CLD_DUMPED */
        int status;    /* exit code or signal */
        bool is_child; /* will we see it end? */
        bool oom;      /* EVENT_EXITED: ended by the OOM killer */
} ProcessInfo;

/* Of the instances of a set: how many are active; not down; on their way, or about to be; failed. */
typedef struct MemberCount {
        unsigned up, alive, busy, failed;
} MemberCount;

typedef struct Event {
        EventType type;
        DualTime now;
        ProcessInfo process;
        int error; /* negative errno */
        usec_t span;
        bool value;
        int active; /* EVENT_TRIGGERED_STATE: ActiveState of graph/unit.h */
        MemberCount members;
} Event;

typedef enum EffectType {
        EFFECT_SPAWN, /* command kind and index: start this process; answered by SPAWNED or SPAWN_FAILED */
        EFFECT_KILL, /* signal `whom`, then SIGHUP and SIGCONT if asked for; EMPTY must follow when the unit has no process */
        EFFECT_WATCH_PID_FILE, /* until MAIN_PID or NO_MAIN_PID comes */
        EFFECT_UNWATCH_PID_FILE,
        EFFECT_GUESS_MAIN_PID, /* answered by MAIN_PID or NO_MAIN_PID */
        EFFECT_WATCH_MAIN_PID, /* main pid was announced: track it */
        EFFECT_RESULT, /* a run has ended: log, remove the PID file; value: remove the runtime directories too */
        EFFECT_RELOAD_DONE, /* the reload job ends; value: well */
        EFFECT_RESTART,     /* enqueue the automatic restart job (the restart delay is over) */
        EFFECT_TRIGGER,     /* start the unit that this socket, timer or path triggers */
        EFFECT_OPEN,
        EFFECT_CLOSE, /* socket: create and listen / close (and remove); path: watch; scope: bring its processes in */
        EFFECT_LISTEN,
        EFFECT_UNLISTEN,    /* socket: watch for traffic / not while the service runs */
        EFFECT_CHECK_PATHS, /* path: look now */
        EFFECT_STAMP,       /* timer: write the persistent stamp */
        EFFECT_RELEASE, /* the unit is down for good: give back cgroup, fd store, invocation; value: no restart job is under way */
        EFFECT_TYPE_MAX,
} EffectType;
const char *effect_type_to_string(EffectType t);

typedef enum KillWhom {
        WHOM_MAIN,
        WHOM_CONTROL,
        WHOM_ALL,
        KILL_WHOM_MAX
} KillWhom; /* ALL: every process of the unit, main and control wherever they are */

typedef struct Effect {
        EffectType type;
        CommandKind command;
        unsigned index; /* in the command list */
        int signal;
        KillWhom whom;
        bool also_sighup, also_sigcont, value;
        bool except_main; /* WHOM_ALL but not the main process (KillMode=mixed keeps order) */
} Effect;

#define EFFECTS_MAX 24 /* of one step; a machine never gives more */
typedef struct EffectList {
        Effect v[EFFECTS_MAX];
        unsigned n;
        bool overflow; /* would have been more: a bug, counted by the caller */
} EffectList;
Effect *effect_add(EffectList *l,
                   EffectType type); /* never NULL: beyond the end a scratch entry and `overflow` */
