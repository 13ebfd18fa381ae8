/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The manager: owns graph, machines and all that touches the system, and ties
 * them together. One event loop, one queue.
 *
 *      request (bus, signal, timer) -> manager_enqueue() -> jobs -> Event -> machine -> effects -> host/exec
 *
 * Events are queued and handled one after the other in one deferred source;
 * an effect that fails is the next event. Nothing re-enters. What others may
 * watch is told through one observer (the bus), coalesced at the end of a turn.
 *
 * Everything is passed as an argument; there are no globals.
 */

#include "cgroup/group.h"
#include "exec/plan.h"
#include "graph/explain.h"
#include "graph/job.h"
#include "host/environment.h"
#include "host/notify.h"
#include "host/process.h"
#include "host/watch.h"
#include "life/machine.h"
#include "load/install.h"
#include "load/zone-store.h"
#include "manager/config.h"

typedef struct Manager Manager;
struct UnitDiffs; /* diff.h */
typedef struct JournalLink JournalLink;
typedef struct AppsLink AppsLink;
typedef struct UnitRuntime UnitRuntime;
typedef struct StatusWatch StatusWatch;
typedef struct Transient Transient;       /* transient.h */
typedef struct HealthWatch HealthWatch;   /* health.h */
typedef struct RestartBy RestartBy;       /* restart-by.c */
typedef struct Drain Drain;               /* drain.c */
typedef struct SocketShares SocketShares; /* distribution.c */
typedef struct Generations Generations;   /* generation.c */
typedef struct RollSeat RollSeat;         /* roll.c */
typedef struct UnitRoll UnitRoll;         /* roll.h */
struct ClusterSocket;                     /* cluster.c */

typedef enum SystemState {
        SYSTEM_INITIALIZING,
        SYSTEM_STARTING,
        SYSTEM_RUNNING,
        SYSTEM_DEGRADED,
        SYSTEM_MAINTENANCE,
        SYSTEM_STOPPING,
        SYSTEM_STATE_MAX
} SystemState;
const char *system_state_to_string(SystemState s);

/* Told after the queue has drained; each unit once. All optional. */
typedef struct ManagerObserver {
        void (*unit_added)(Unit *u, void *userdata);
        void (*unit_removed)(Unit *u, void *userdata); /* before it is freed */
        void (*unit_changed)(Unit *u, void *userdata); /* its properties: PropertiesChanged */
        void (*job_added)(Job *j, void *userdata);
        void (*job_changed)(Job *j, void *userdata); /* waiting -> running */
        void (*job_removed)(
                Job *j, void *userdata); /* at once, after unit_changed() of its unit; j->result is valid */
        void (*reloading)(bool active, void *userdata);
        void (*startup_finished)(void *userdata);
        void (*unit_files_changed)(void *userdata);
        void (*roll_changed)(Unit *u, void *userdata); /* of the set: what unit_roll() says of it */
        void (*roll_ended)(Unit *u, uint32_t id, const char *result, const char *reason, void *userdata);
        void (*reconnect)(
                void *userdata); /* SIGUSR1: sockets that are gone are made again, buses looked for */
        bool (*ask_controller)(Unit *scope, const char *controller,
                               void *userdata); /* to stop it; false: it has gone */
        void (*name_watch)(Unit *u, const char *bus_name, bool on,
                           void *userdata); /* BusName= of Type=dbus */
        void *userdata;
} ManagerObserver;

/* What a run has used in all; UINT64_MAX: unknown. */
typedef struct RunFigures {
        uint64_t memory_limit, memory_peak, cpu_nsec, io_read_bytes, io_write_bytes, oom_kills;
} RunFigures;
#define RUN_FIGURES_UNKNOWN                                                                                  \
        { UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX }

/* Left by a service for its next run (FDSTORE=1). */
typedef struct StoredFd {
        int fd;     /* owned */
        char *name; /* owned */
        sd_event_source *source;
} StoredFd;

typedef struct FreezeWaiter FreezeWaiter; /* freeze.c */

/* Markers=: what somebody has noted that a unit needs. */
typedef enum UnitMarker {
        MARKER_NEEDS_RESTART = 1,
        MARKER_NEEDS_RELOAD = 2,
} UnitMarker;

/* What the manager keeps for each unit beside its machine: in unit->machine. */
struct UnitRuntime {
        Unit *unit;
        Manager *manager;
        Machine machine;
        Group *group;                /* NULL until the first spawn */
        FreezeWaiter *freeze_waiter; /* owned; NULL: nobody waits */
        Report load_report;          /* what was said about its files */
        Report unapplied;            /* directives that could not be applied here, with the reason */
        LoadStamp stamp;             /* of its files when they were read */
        uint8_t invocation_id[16];
        DualTime state_change, inactive_exit, active_enter, active_exit, inactive_enter, condition_time,
                assert_time;
        bool has_invocation, condition_result, assert_result;
        bool findings_logged;
        uint8_t gates;   /* 1 << ReadyOn: passed in this run */
        uint8_t markers; /* of UnitMarker; gone when it has gone down or reloaded */
        /* service */
        bool held_stop_up;       /* killed, for others wait or the budget is used up */
        bool refusal_told;       /* of a notification, in this run */
        bool run_ended;          /* no process was started since */
        bool main_is_oom_killed; /* its end is awaited */
        /* in the lists below */
        bool start_ended; /* a start job ended and the unit may be down */
        bool in_set_list, in_change_list, in_collect_list, in_loaded_list;
        JobResult start_result;        /* how it ended */
        int accepted_fd;               /* Accept=yes instance: its connection until the spawn; -1 */
        signed char *condition_states; /* owned; one for each condition, or NULL */
        sd_event_source *timer, *timer_realtime;
        /* service */
        char *status_text;      /* STATUS=; owned */
        char *status_bus_error; /* BUSERROR=; owned */
        int status_errno;
        int filter_fd; /* system call filters as compiled by the first child, for filter_key; -1 */
        uint64_t filter_key;
        sd_event_source *notify_fd_source; /* X-NotifyFd=: our end, until the newline */
        uint64_t stream_ids[2];            /* of stdout and stderr in the journal link; 0: none */
        int *socket_fds;                   /* socket unit: listening; owned */
        size_t n_socket_fds;
        sd_event_source **socket_sources;
        struct ClusterSocket
                *cluster_sockets;    /* X-IPC=node-cluster: list; owned; of a set, or of one without */
        SocketShares *socket_shares; /* of instances; owned; NULL: all have the same */
        char **trigger_environment;  /* what the socket, timer or path that started it says of it; owned */
        Unit *accepted_by;           /* the socket; borrowed; NULL: none, or it is gone */
        struct AcceptSource *accepted_source; /* ... and who has connected; counted there */
        struct AcceptSource *accept_sources;  /* socket unit: uthash by address; owned */
        sd_event_source *resume_source;       /* socket unit: accepting pauses */
        FileWatch *file_watch;                /* PIDFile= or path unit */
        RestartBy *restart_by;                /* owned; NULL: nothing restarts it but its end */
        Generations *generations;             /* owned; NULL: there is only what `unit` says */
        RollSeat *seat;                       /* in the roll that it is part of; borrowed; NULL */
        UnitRoll *roll;                       /* of which it is the object, or was; owned; NULL: never */
        HealthWatch *health;                  /* owned; NULL: nobody asks it how it is */
        Drain *drain;                         /* it takes no new connections and is stopped soon; owned */
        StoredFd *fd_store;                   /* owned */
        size_t n_fd_store;
        StatusWatch *status_watches;      /* of processes that have not executed yet; owned */
        pid_t failed_pid;                 /* the process that could not execute last ... */
        int failed_error;                 /* ... and why: negative errno */
        struct DynamicUser *dynamic_user; /* of this run; NULL */
        char *credentials_directory;      /* while a run may have credentials in it; owned */
        char *private_name;               /* of the run's own directories in /tmp and /var/tmp; owned */
        RunFigures *last_run;             /* of the run that has ended; owned; ask unit_last_run() */
        usec_t oom_told; /* monotonic: the last kill for memory that is in the log; 0: none */
        UnitRuntime *start_ended_next;
        UnitRuntime *set_next;
        UnitRuntime *change_next; /* for the observer */
        UnitRuntime *collect_next, *collect_prev, *loaded_next;
        struct AppsInstance *apps; /* what svinit-apps knows of this run; owned by the link */
        Transient *transient;      /* made by a client; owned; NULL: by a file */
        void *bus;                 /* the bus's */
};
static inline UnitRuntime *unit_runtime(const Unit *u) {
        return u->machine;
}

#define REWRITE_TO_NOTHING 255
typedef struct ManagerOptions {
        const char *unit;           /* what to boot; NULL: default.target */
        const char *main_unit;      /* --main= : essential */
        char *const *command;       /* CMD mode; NULL */
        char *const *environment;   /* environ at start */
        bool user;                  /* a user's manager */
        bool with_units;            /* CMD mode: boot the units too */
        bool signal_group;          /* CMD mode: signals go to the command's process group */
        bool strict;                /* --strict, whatever svinit.conf says */
        bool tell_orphans;          /* CMD mode: a message for each orphan that is reaped */
        int log_level;              /* syslog's; 0: as configured */
        mode_t umask;               /* CMD mode: the command's, as svinit was given it */
        unsigned char rewrites[65]; /* CMD mode: by signal received, the one to send; 0: the same */
} ManagerOptions;

struct Manager {
        sd_event *event;
        Config config;
        HostInfo host;
        unsigned usable_cpus; /* by affinity and quota of the container, as of the last (re)load */
        Graph *graph;
        Loader *loader;
        ZoneStore zones;
        Groups *groups;
        Reaper *reaper;
        NotifySocket *notify;
        Watcher *watcher; /* of PID files and path units */
        JournalLink *journal;
        AppsLink *apps; /* NULL until a unit needs it */
        ManagerObserver observer;
        SystemState state;
        bool started;       /* the boot transaction is done */
        bool watchdogs_off; /* ServiceWatchdogs=no: WatchdogSec= and FailureAction= and its like rest */
        char **environment; /* SetEnvironment: on top of what is inherited; owned */
        char **generated_environment; /* by environment generators, below svinit.conf; owned */
        DualTime userspace_time, finish_time, generators_start, generators_finish, units_load_start,
                units_load_finish;
        uint32_t n_installed_jobs, n_failed_jobs;
        /* the end */
        bool stopping;
        int exit_code;        /* -1: not decided */
        usec_t stop_deadline; /* monotonic end of the budget; USEC_INFINITY */
        const char *stop_reason;
        struct ManagerInternal *internal; /* queue, timers, lists: manager-internal.h */
};

/* What the unit uses now; when it is down, what its last run has used. `wanted`: of UsageWanted. */
void unit_usage(const Unit *u, unsigned wanted, GroupUsage *ret);

/*
 * In two steps. The first finds out what this place is, with nothing of
 * libsystemd; then a command may go first, and manager_wait_alone() waits
 * until something needs the second, which makes all the rest.
 */
int manager_new(const ManagerOptions *o, Manager **ret);
bool manager_start_command(Manager *m); /* false: not now; the boot will */
/* The exit code, or -1: build the manager. last_resort: it could not be built; wait for the end. */
int manager_wait_alone(Manager *m, int client_fd, bool last_resort);
int manager_build(Manager *m);
void manager_free(Manager *m);
int manager_startup(
        Manager *m);         /* begins with generators; the boot transaction may come later, from the loop */
int manager_run(Manager *m); /* the loop; returns the exit code */
void manager_set_observer(Manager *m, const ManagerObserver *o);

/* The unit of that name, loaded (and all it refers to). 0, -EINVAL for a bad name, -ENOMEM. Not found is a unit with LOAD_NOT_FOUND. */
int manager_load_unit(Manager *m, const char *name, Unit **ret);
/*
 * The one way in which jobs come about. An EnqueueOutcome, 0, or a negative
 * errno; the explanation (may be NULL) says why. *ret may be NULL when there
 * is nothing to do.
 */
int manager_enqueue(Manager *m, JobType type, Unit *u, JobMode mode, Report *explanation, Job **ret);
/* The same for a person: RefuseManualStart= and RefuseManualStop= count. */
int manager_request(Manager *m, JobType type, Unit *u, JobMode mode, Report *explanation, Job **ret);
/* What manager_request() would do: builds the transaction and leaves it at that. As its result, with the plan when it is 0. */
int manager_plan(Manager *m, JobType type, Unit *u, JobMode mode, Report *explanation, Plan *ret);
int manager_cancel_job(Manager *m, uint32_t id);
/*
 * daemon-reload: what has changed on the disk is read again, and nothing else.
 * 0: done(r) is called once, now or later (-ESHUTDOWN when svinit ends before); -ENOMEM: never. done may be NULL.
 */
typedef void (*ReloadDone)(int r, const struct UnitDiffs *changes, void *userdata);
int manager_reload(Manager *m, ReloadDone done, void *userdata);
/*
 * The same, and done() is told what it has changed: as manager_diff() of these names would have said between the run of
 * the generators and the reading of the units. Takes names, also on failure.
 */
int manager_reload_telling(Manager *m, char **names, ReloadDone done, void *userdata);
int manager_kill(Manager *m, Unit *u, KillWhom whom, int signal,
                 bool fail_when_none); /* 0, -ESRCH, -EPERM, -EINVAL */
int unit_attach(Manager *m, Unit *u,
                pid_t pid); /* a process that runs already; -EOPNOTSUPP without control groups */
int unit_pids(const Unit *u, pid_t **ret,
              size_t *n); /* its processes; owned by the caller; -ENOENT: it has none */
void manager_abandon_scope(Manager *m, Unit *u);
/*
 * Freezes or thaws a service, a scope, or a slice with all in it. `done` is told when it is so (0), or will not be
 * (-ECANCELED), perhaps before this returns. Negative, and it is told nothing: -EOPNOTSUPP, -EHOSTDOWN (the unit is not
 * active), -EBUSY (it has a job), -EALREADY (the last one is still under way).
 */
typedef void (*FreezeDone)(int r, void *userdata);
int manager_freeze(Manager *m, Unit *u, bool freeze, FreezeDone done, void *userdata);
bool unit_can_freeze(const Unit *u);
FreezerState unit_freezer_state(const Unit *u);
void manager_reset_failed(Manager *m, Unit *u); /* NULL: all */
void manager_stop(Manager *m, const char *reason,
                  int exit_code);                     /* ordered end; exit_code -1: by what happens */
void manager_stop_now(Manager *m);                    /* kill everything and leave */
void manager_set_exit_code(Manager *m, uint8_t code); /* SetExitCode: of `systemctl exit N` */
void manager_bus_name(Manager *m, Unit *u, bool acquired);
SystemState manager_system_state(const Manager *m);
/* A connection to svinit-apps. -ENOENT: it does not run, since no unit needs it. */
int manager_open_applications(Manager *m, bool control, int *ret);
Unit *manager_unit_of_pid(Manager *m, pid_t pid); /* NULL: none */
void manager_collect(Manager *m, Unit *u);        /* forget it, if it is garbage at the end of the turn */
void manager_unit_file_changes(Manager *m); /* enable & co. did something: the loader's index is stale */

/* health.c */
typedef struct UnitHealth {
        const char *state;   /* "starting", "healthy", "unhealthy" */
        usec_t since;        /* realtime */
        const char *error;   /* of the last check that failed since it was well; "": none */
        unsigned n_failures; /* in a row, of the worst check */
} UnitHealth;
bool unit_health(const Unit *u, UnitHealth *ret); /* false: nobody asks it */

/* For the bus and for dumps. */
bool unit_can_start(const Unit *u), unit_can_stop(const Unit *u), unit_can_reload(const Unit *u);
/* That of the machine, but for "dead-resources-pinned": a service that is down and whose fd store is kept. */
const char *unit_sub_state(const Unit *u);

/* X-SocketDistribution=reuseport: whose the i-th socket is, and whether that instance gets new clients. false: no more. */
bool socket_share(const Unit *socket, size_t i, unsigned *ret_index, bool *ret_served);

/* clean.c: bits 1 << DirectoryKind, and what is stored with us. */
#define CLEAN_FD_STORE (1u << DIRECTORY_KIND_MAX)
const char *clean_to_string(unsigned i); /* of bit i: "runtime"; NULL behind the last */
unsigned unit_cleanable(const Unit *u);
/* -EOPNOTSUPP: not of this unit; -EBUSY: it is not inactive; -EUNATCH: it has nothing of `what`. */
int unit_clean(Unit *u, unsigned what);
bool unit_needs_reload(Unit *u); /* NeedDaemonReload: stats its files */
UnitFileState unit_file_state(Unit *u, bool *ret_known);
void manager_dump(Manager *m, char *const *patterns,
                  Buf *b); /* SIGUSR2, Dump(); NULL: the manager and all units */
