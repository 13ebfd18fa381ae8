/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What the files of manager/ share and nobody else sees.
 *
 *      core/        manager.c the loop's parts, queue.c events and turns, effects.c what machines ask for, units.c loading
 *                   and collecting, jobs.c and job-timer.c, resources.c what units use and have used, log.c the log hook
 *      files/       config.c, files.c, reload.c all of it again, diff.c; generators.c, init-scripts.c; transient.c units that
 *                   clients make and settings that they change; generation.c what a service was started with and is to be
 *      processes/   spawn.c ExecPlan of one command, exec-status.c how its exec went, processes.c ends and main pids, notify.c;
 *                   passed-fds.c and fd-store.c descriptors; command.c, alone.c and shell-job.c CMD mode; scope.c processes
 *                   that others made; freeze.c, clean.c
 *      activation/  activation.c sockets, timers, paths; accept.c Accept=yes; restart-by.c X-Watch=, X-RestartOnCalendar=;
 *                   distribution.c a socket for each instance; cluster.c sockets that programs ask for
 *      sets/        sets.c X-Instances=; roll.c and drain.c; health.c
 *      boot/        boot.c; shutdown.c, stop-share.c the stop budget; essential.c whose end is the end, cause.c why, hold.c not
 *                   yet; signals.c; doctor.c what this place allows; dump.c, wall.c
 *      companions/  companion.c processes beside PID 1: journal-link.c for svinit-journald, apps-link.c for svinit-apps
 */

#include "base/log.h"
#include "host/clock-watch.h"
#include "host/inherited-fds.h"
#include "host/kernel-facts.h"
#include "manager/manager.h"

/* Order of event sources: last words and READY=1 of a dead process count before its end. */
enum {
        PRIORITY_JOURNAL = -8,
        PRIORITY_SHIM = -7,
        PRIORITY_NOTIFY = -6,
        PRIORITY_GROUP = -5, /* what a shim says, before it is reaped itself */
        PRIORITY_CHILD = -4,
        PRIORITY_SIGNAL = -3,
        PRIORITY_APPS = -2,
        PRIORITY_QUEUE = 0,
};

typedef enum EndPhase {
        PHASE_UNITS,   /* or no end at all */
        PHASE_REST,    /* processes of no unit */
        PHASE_JOURNAL, /* svinit-journald writes what it has */
        PHASE_DONE,
} EndPhase;

/* Exit codes of svinit, DESIGN section 4. */
enum {
        EXIT_TIMEOUT = 124,
        EXIT_SVINIT_FAILED = 125,
        EXIT_REBOOT = 133,
        EXIT_KILLED = 128 + 9,
};

#define NODE_HELPER_PATH PKGLIBDIR "/svinit-node.js"
#define COMMAND_UNIT "main.service" /* CMD mode */

typedef struct GeneratorRun GeneratorRun;
typedef struct CommandStart CommandStart;
typedef struct ReloadWaiter ReloadWaiter;

typedef struct QueuedEvent {
        Unit *unit; /* NULL: it was freed meanwhile */
        Event event;
        char comm[16]; /* EVENT_EXITED */
} QueuedEvent;

typedef struct Probe Probe;

typedef struct ManagerInternal {
        Probe *probes; /* hash by id: questions that svinit-apps has not answered yet */
        uint64_t last_probe;
        QueuedEvent *queue; /* ring */
        size_t queue_head, queue_count, queue_capacity;
        size_t n_urgent; /* of them, in front: handled before the loop goes on */
        bool draining;
        bool real_journal; /* the image's own systemd-journald */
        bool crowded;      /* there was no memory for a longer queue */
        EndPhase phase;
        bool rest_asked;   /* stop jobs for what the transaction does not reach */
        bool budget_hit;   /* SIGKILL was sent: nothing is started any more */
        bool shares_stale; /* jobs have come since the stop budget was shared out */
        usec_t kill_time;  /* of what the stop budget was not enough for; while stopping, if there is one */
        usec_t rest_begin, rest_looked;
        bool some_not_read;            /* units whose files memory or descriptors did not suffice for */
        sd_event_source *again_source; /* what memory did not suffice for is tried again */
        sd_event_source *queue_source, *stop_source, *leave_source;
        ClockWatch *clock_watch;  /* owned; from the first timer on that needs it */
        GeneratorRun *generators; /* under way; owned */
        bool scripts_lost;        /* the units of init scripts could not be made */
        bool files_unread;        /* alone with its command: no unit file has been of any use yet */
        bool reloading;
        ReloadWaiter *reload_waiters, *reload_next; /* of this reload and of the one after it; owned */
        UnitRuntime *changed;                       /* for the observer, a stack */
        UnitRuntime *collect;                       /* perhaps garbage, looked at when the queue is empty */
        UnitRuntime *loaded;                        /* read, but graph_complete() waits until all are */
        UnitRuntime *changed_sets;                  /* whose instances have changed */
        UnitRuntime *starts_ended;                  /* for manager_note_starts() */
        struct DynamicUser *dynamic_users_by_uid, *dynamic_users_by_name; /* uthash; held by their units */
        int pending_interrupts;
        uint64_t oom_kills_seen;
        int idle_fd; /* 0: nobody waits */
        char *held;  /* the essential unit for whose sake the container is kept; owned; NULL */
        int held_code;
        struct RollRun *rolls; /* under way; owned */
        bool rolls_changed;
        sd_event_source *hold_source;
        char *cause; /* why the container ends; owned */
        bool cause_told;
        KernelFacts *kernel_facts; /* owned; NULL until somebody asks */
        CommandStart *command;     /* the command that went first; owned; NULL: none did */
        InheritedFds inherited;    /* what svinit was given, for socket units */
        int notify_fd;             /* bound for it; -1 */
        pid_t job; /* the command's process group, where svinit is a job of a shell; 0: it is none */
        ManagerOptions options; /* strings borrowed from the caller of manager_new() */
} ManagerInternal;

static inline bool manager_is_strict(const Manager *m) {
        return m->config.strict || m->internal->options.strict;
}

/* queue.c */
int manager_push(Manager *m, Unit *u, const Event *ev);
int manager_push_type(Manager *m, Unit *u, EventType type);
int manager_push_exit(Manager *m, Unit *u, const Event *ev, const char *comm);
/* Before all others, and in this turn: the answer to EFFECT_SPAWN, which must be known before the process can end or speak. */
int manager_push_urgent(Manager *m, Unit *u, const Event *ev);
void manager_forget_events(Manager *m, const Unit *u);
void manager_kick(Manager *m);                   /* work waits: run the queue in this turn */
bool manager_drain(Manager *m, unsigned budget); /* true: the budget is used up and there may be more */
void unit_mark_changed(Unit *u);
void manager_flush_changes(Manager *m);
void manager_tell_triggers(Manager *m, Unit *u, ActiveState now);
void manager_run_requests(Manager *m, JobRequests *requests);
int manager_queue_init(Manager *m);
/* Memory or descriptors were short: in a moment timers are armed and files read for which they did not suffice. */
void manager_try_again(Manager *m);
/* After a time of much work: the memory that it took goes back to the system. */
void manager_give_back(Manager *m);

/* effects.c */
void manager_apply(Manager *m, Unit *u, const Effect *fx, const Event *cause);

/* spawn.c */
int unit_spawn(Manager *m, Unit *u, CommandKind kind, unsigned index, ProcessInfo *ret);
/* A command of no list, run as one of that kind. aside: its end is none of the unit's, and no shim looks after it. */
int unit_spawn_command(Manager *m, Unit *u, CommandKind kind, const Command *c, bool aside, ProcessInfo *ret);
bool unit_is_debugged(const Unit *u);
const char *manager_directory_base(const Manager *m, DirectoryKind kind); /* "/var/lib" */
void manager_data_home(const Manager *m, char *buf, size_t n); /* a user manager's $XDG_DATA_HOME */
int manager_add_env(char ***env, const char *name, const char *value);
int manager_add_env_number(char ***env, const char *name, uint64_t value);
int manager_add_invocation(const uint8_t id[16], const char *name, char ***env);
void manager_plan_fixed(Manager *m, const UnitSpec *spec, const char *id, ExecPlan *p);
void manager_end_idle(Manager *m); /* no jobs: who waits for that (Type=idle) may go on */
int unit_realize_group(Manager *m, Unit *u);
void unit_apply_limits(Manager *m,
                       Unit *u); /* again: its settings, or the time for which they hold, have changed */
const CgroupSpec *unit_limits(void *userdata); /* of a Unit, for Groups */
int unit_slice_path(const Unit *u, char **ret);

/* resources.c */
void unit_end_run(Unit *u);                     /* its figures are kept, and told */
const RunFigures *unit_last_run(const Unit *u); /* never NULL */
void unit_watch_memory(const Unit *u);          /* its group is new, or its limits are */
/* More OOM kills by the group's own counter: told, and true. */
bool unit_oom_killed(Unit *u);
void unit_tell_oom(Unit *u); /* in the log, once a second at most */
void on_group_memory(Group *g, MemoryEvent what, void *userdata);

/* units.c */
SpecContext manager_spec_context(const Manager *m);
int manager_load_one(Manager *m, Unit *u); /* its files, anew */
void manager_forget_spec(Manager *m,
                         Unit *u); /* before that; whom it refers to may be of no use without it */
int manager_load_stubs(Manager *m);
bool is_passing(int error); /* memory or descriptors are short just now */
void unit_note_unread(Unit *u, int error);
bool unit_is_unread(const Unit *u); /* its files could not be read for such a reason */
void manager_collect_pending(Manager *m);
void unit_log_findings(Unit *u);
int manager_graph_init(Manager *m);
int manager_add_perpetual_units(Manager *m);
int manager_refresh_files(Manager *m); /* the directories; what is wrong in them is logged */
int manager_read_files(
        Manager *m); /* ... and what files say of perpetual units; before the first other unit */

/* command.c; alone.c waits for it */
int manager_add_command_unit(Manager *m);
void command_plan_place(ExecPlan *p);
bool command_invocation(const Manager *m, const Unit *u, uint8_t ret[16]); /* false: it has none yet */
bool command_take(Manager *m, const Unit *u,
                  ExecChild *ret); /* true: it has been started, and is yours now */
void command_settle(Manager *m);   /* after the start job: the unit is as old as its process */
pid_t command_pid(const Manager *m);
void command_free(Manager *m);

/* shell-job.c */
void shell_job_begin(Manager *m, const ExecPlan *p, pid_t pid);
void shell_job_check(Manager *m);    /* at each SIGCHLD: has it been stopped? */
bool shell_job_continue(Manager *m); /* at SIGCONT; false: there is no job */
void shell_job_end(Manager *m);      /* the terminal comes back */

/* jobs.c */
void manager_new_id(uint8_t ret[16]);
void manager_finish_job(Manager *m, Job *j, JobResult result);
unsigned manager_run_jobs(Manager *m, unsigned budget);
void unit_log_job_end(const Job *j);

/* job-timer.c */
void job_timer_queued(Job *j);
void job_timer_running(Job *j);
void job_timer_release(Job *j);

/* processes.c */
void on_process_end(const ProcessEnd *end, void *watcher, void *userdata);
bool unit_note_exit(Unit *u, const Event *ev, const char *comm); /* false: neither main nor control process */
void on_notify_message(NotifyMessage *msg, void *userdata);
/* X-NotifyFd=: a pipe whose reading end is watched. 0 with -1: the unit has none. */
int unit_open_notify_fd(Unit *u, int *ret_write_end);
void unit_close_notify_fd(Unit *u);
void on_group_empty(Group *g, void *userdata);
void on_group_exit(Group *g, pid_t pid, int code, int status, void *userdata);
void unit_watch_main(Manager *m, Unit *u, pid_t pid);
void unit_guess_main(Manager *m, Unit *u);
void unit_watch_pid_file(Manager *m, Unit *u);
void unit_explain_pid_file(Unit *u); /* in the log: why no main process was found by it */

/* freeze.c */
void on_group_freezer(Group *g, void *userdata);
void unit_freeze_release(Unit *u); /* nobody waits any more: it is down, or goes */
void unit_thaw_to_stop(Unit *u);

/* restart-by.c: X-Watch= and X-RestartOnCalendar=. After each change of the active state: what restarts the unit follows it. */
void unit_follow_restarts(Manager *m, Unit *u);
void unit_follow_clock(Manager *m, Unit *u); /* the clock was set, or the zone is another one */
void restart_by_free(RestartBy *b);
bool unit_triggers_roll(const Unit *u); /* X-TriggerMode=; X-MemoryRestart= asks as well */

/* generation.c */
UnitSpec *unit_take_read(
        Unit *u, UnitSpec *read); /* takes what was read; what u->spec is to be now, or NULL: as it is */
int unit_begin_generation(Unit *u, bool again);  /* a run begins; again: it restarts by itself; 0, -ENOMEM */
int unit_begin_coming_generation(Unit *u);       /* ... whatever others of its set run on; 0, -ENOMEM */
int unit_hold_back(Unit *u);                     /* on what it runs on, with what it is to become aside */
const UnitSpec *unit_coming_spec(const Unit *u); /* of what it is to become */
bool unit_is_held(const Unit *u);
void unit_swap_generations(Unit *u);  /* no process of it runs */
void unit_commit_generation(Unit *u); /* the old one is forgotten */
const char *unit_release(
        const Unit *u); /* where its processes begin, in place of WorkingDirectory=; NULL: there */
void generations_free(Generations *g);

/* roll.c */
bool unit_grows_later(Unit *u); /* a roll is under way: the set changes its size at its end */
void unit_roll_free(Unit *u);

/* roll-drive.c */
void unit_follow_roll(Unit *u,
                      bool died); /* its state, its gates or its jobs have changed; died: a run has ended */
void unit_note_job_for_roll(const Job *j); /* it was added */
bool unit_is_read_later(Unit *u); /* a roll goes on with what it began with; notes that there is more */
/* If it is down, a roll starts it again; begins: it does, now. */
bool unit_comes_back(const Unit *u, bool begins);
bool unit_end_counts(const Unit *u);    /* false: that it is down is the affair of a roll */
void manager_advance_rolls(Manager *m); /* those to whose units something has happened */
void manager_retry_rolls(Manager *m);   /* there was no memory */

/* drain.c */
void unit_follow_drain(Manager *m, Unit *u); /* its active state has changed */
void drain_free(Drain *d);

/* health.c. After each step: whether it is asked how it is. */
void unit_follow_health(Manager *m, Unit *u);
void health_watch_free(HealthWatch *w);
bool unit_is_well(const Unit *u);                               /* or nobody asks */
bool unit_health_process_ended(Unit *u, const ProcessEnd *end); /* false: no check's */
void manager_probe_answered(Manager *m, uint64_t id, int code); /* by svinit-apps: AppsProbeCode */
void manager_probes_lost(Manager *m);                           /* it has ended */

/* sets.c */
void manager_count_cpus(Manager *m);
Unit *unit_set(const Unit *u);               /* whose instance it is; NULL */
unsigned unit_set_index(const Unit *member); /* its number; 0 as well for what is no instance */
bool unit_is_surplus(const Unit *u);         /* its number is beyond those that its set has */
/* A job that nobody waits for. */
void manager_ask(Manager *m, Unit *u, JobType type, JobMode mode, const char *reason);
void unit_note_for_set(Manager *m, Unit *u); /* it, or its jobs, have changed */
void manager_tell_sets(Manager *m);          /* those noted */
void unit_follow_set(Manager *m, Unit *u);   /* after a reload: as many as the set has now */
int unit_add_set_environment(Manager *m, const Unit *u, char ***env);
void unit_plan_increment(const Unit *u, ExecPlan *p);

/* cluster.c: X-IPC=node-cluster */
void cluster_release(Unit *u);
/* To *n: the connections that these processes of the unit have on the sockets that it asked for. */
int cluster_count_clients(Unit *u, const pid_t *pids, size_t n_pids, unsigned *n);
void unit_follow_cluster(Unit *u); /* its active state, or its job, has changed */

/* distribution.c: X-SocketDistribution=reuseport */
int socket_shares_open(Unit *socket);
void socket_shares_close(Unit *socket);
void socket_shares_flush(const Unit *socket);
void socket_shares_select(Unit *socket); /* who gets what is new */
bool unit_leaves_shares(const Unit *u);  /* it has sockets of its own, and gets no new clients any more */
void unit_follow_shares(const Unit *set, const Unit *instance); /* its state, or its job, has changed */
int socket_fds_of(Unit *socket, const Unit *service,
                  const int **ret); /* one for each line; they stay the socket's */

/* fd-store.c */
int unit_store_fds(Unit *u, NotifyMessage *msg); /* -E2BIG: FileDescriptorStoreMax= */
void unit_remove_stored(Unit *u, const char *name);
void unit_release_fd_store(Unit *u);

/* exec-status.c */
int unit_watch_status(Manager *m, Unit *u, int fd, pid_t pid); /* takes fd; pid 0: the shim will tell it */
void unit_status_started(Unit *u, pid_t pid);                  /* the shim has told it; after SPAWNED */
void unit_status_ended(Unit *u, pid_t pid);                    /* the last chance to read its pipe */
void unit_status_release(Unit *u);
void unit_note_unapplied(Unit *u, const Report *more);
void unit_note_unapplied_limits(Unit *u, const Report *now); /* all there are: those that hold meanwhile go */
bool key_is_of_group(const char *key);                       /* a setting of systemd.resource-control(5) */

/* namespaces.c: what the processes of a run share. The plan's descriptors are the caller's to close. */
int unit_plan_namespaces(Manager *m, Unit *u, CommandKind kind, ExecPlan *p);
void unit_release_private(Unit *u);

/* transient.c */
void manager_forget_old_transients(Manager *m); /* before any unit is loaded */
void unit_forget_transient(Unit *u);            /* with its files */
void unit_release_stdio(Unit *u);
void unit_release_kept(
        Unit *u); /* what outlives a stop only as half of a restart; with "yes" the store goes with the unit */

/* scope.c */
void unit_open_scope(Manager *m, Unit *u);
void unit_scope_process_ended(Manager *m, Unit *u, pid_t pid);
bool unit_has_own_list(const Unit *u);   /* a scope where there are no control groups */
int unit_kill_list(Unit *u, int signal); /* of such: how many it met, or a negative errno */

/* activation.c */
void manager_watch_clock(Manager *m, const Unit *u); /* from the first unit on that needs the calendar */
void unit_arm_timers(Manager *m, Unit *u);
void unit_open(Manager *m, Unit *u);
void unit_close(Manager *m, Unit *u);
void unit_flush_pending(Unit *u); /* FlushPending=: before it is listened on again */
void unit_listen(Manager *m, Unit *u, bool on);
void unit_drop_listening(Unit *u); /* until unit_listen(); before a descriptor is exchanged */
void unit_trigger(Manager *m, Unit *u);

/* accept.c */
void unit_accept(Manager *m, Unit *u);       /* a connection waits */
void unit_pause_socket(Manager *m, Unit *u); /* who knocks now cannot be let in; asked again in a moment */
void unit_trigger_end(Unit *u); /* what a socket, timer or path has started is down, or will not come up */
void manager_forget_socket(Manager *m, Unit *socket);

/* activation.c */
bool unit_was_triggered(const Unit *u);
void unit_check_paths(Manager *m, Unit *u);
void unit_write_stamp(Manager *m, Unit *u);
void unit_read_stamp(Manager *m, Unit *u);
int unit_remove_stamp(Manager *m, const Unit *u); /* 0, also when there is none */

/* inherited-environment.c: with those of svinit's own variables that the patterns fit; NULL: all of them. */
int manager_inherited_environment(const Manager *m, char *const *patterns, char ***ret);

/* passed-fds.c */
typedef struct PassedFds {
        int *fds;           /* owned; the descriptors are borrowed, but for the last n_opened */
        const char **names; /* owned; the names are borrowed */
        bool *in_use; /* owned: other instances have it already, and have set its mode as they need it */
        size_t n, n_opened;
} PassedFds;
void passed_fds_release(PassedFds *p);
const char *unit_socket_fd_name(const Unit *socket);
int unit_collect_sockets(Unit *u, PassedFds *ret); /* only those of its socket units */
void unit_restore_backlogs(Unit *u);               /* a program has called listen() on them */
int unit_collect_own_fds(Unit *u, PassedFds *ret); /* a socket unit's, for its commands */
/* What a service gets from its sockets, its store, the client that made it and OpenFile=. */
int unit_collect_fds(Unit *u, PassedFds *ret);
int unit_collect_connections(Unit *u, PassedFds *ret); /* only the first of these: what it was started for */

/* shutdown.c */
int manager_end_init(Manager *m);                       /* what the end needs is there before it is needed */
usec_t manager_stop_budget(const Manager *m);           /* for all units together; USEC_INFINITY: none */
void unit_name_culprit(Unit *u, const char *why);       /* it is killed; once */
void manager_check_leave(Manager *m);                   /* after each turn while stopping */
void manager_note_job_of_end(Manager *m, const Job *j); /* exit.target & co. are to be started */

/* stop-share.c */
void manager_share_stop(Manager *m);     /* before jobs run: what waits for whom */
void unit_take_stop_share(const Job *j); /* its stop begins */
void unit_note_stop_share_used(Unit *u); /* before EVENT_DEADLINE */

/* signals.c */
void manager_signal_sets(const Manager *m, sigset_t *ret_own,
                         sigset_t *ret_forwarded); /* CMD mode: what svinit answers itself */
int manager_signals_init(Manager *m);

/* essential.c */
/* Who gets the signals meant for the main process: it, or with -g its process group (negative); 0: nobody. */
pid_t unit_signal_target(const Unit *u);
bool unit_is_command(const Unit *u);
Unit *manager_command(const Manager *m); /* CMD mode's unit; NULL */
bool unit_is_essential(const Unit *u, bool failed);
void manager_note_end(Manager *m, Unit *u); /* it is down and no job brings it back */
void manager_note_starts(Manager *m);       /* start jobs that never came to run their unit */
void manager_act(Manager *m, EmergencyAction action, int status, const char *reason);
int unit_exit_code(const Unit *u, bool command_mode);

/* cause.c: the first cause that a stop came of counts */
void manager_note_cause(Manager *m, const char *unit, const char *text);
void manager_note_end_as_cause(Manager *m, const Unit *u, int code);
void manager_forget_cause(Manager *m);
void manager_tell_cause(Manager *m); /* when the exit code is final; once */

/* hold.c */
bool manager_hold(Manager *m, const Unit *u, int code); /* false: the container ends */
int manager_end_hold(Manager *m); /* it ends: the exit code of what it was held for, -1: none */
void manager_release_hold(Manager *m);

/* generators.c; generator-run.c is the other process */
typedef void (*GeneratorsDone)(Manager *m);
int generators_run(Manager *m, GeneratorsDone done); /* 1: done() comes later; 0: there are none */
void generators_release(Manager *m);

/* init-scripts.c: the units of /etc/svinit/init.d, into a directory of generators; NULL: there is none, -EROFS if one is needed */
int init_scripts_make_units(const char *directory);

/* reload.c */
void unit_take_stamp(Unit *u);  /* its files are as they are in memory; loader_refresh() first */
bool unit_has_changed(Unit *u); /* would a reload read it again? loader_refresh() first */
int manager_reread(Manager *m, Unit **units, size_t n); /* those of them whose files have changed */
void manager_reload_pending(Manager *m);                /* asked for before it was possible */
void manager_read_unread(Manager *m);                   /* the units that unit_is_unread() */
void reload_release(Manager *m);

/* boot.c */
void manager_check_started(Manager *m);

/* journal-link.c */
int journal_link_new(Manager *m, JournalLink **ret);
void journal_link_free(JournalLink *l);
int journal_link_streams(Manager *m, Unit *u,
                         int ret_fds[2]); /* write ends for a new process, owned by the caller */
void journal_link_announce(Manager *m, Unit *u, pid_t pid); /* after the spawn: whose streams they are */
bool journal_link_ended(JournalLink *l);
pid_t journal_link_pid(const JournalLink *l); /* 0: it does not run */
void journal_link_end(JournalLink *l);        /* write everything, then exit; journal_link_ended() tells */
bool journal_link_is_pid(const JournalLink *l, pid_t pid);
void journal_link_process_end(JournalLink *l, const ProcessEnd *end);
bool journal_link_available(const JournalLink *l);

/* apps-link.c: svinit-apps */
int apps_open_channel(Manager *m, Unit *u, int *ret_child_end); /* 0 and nothing opened: it has none */
int apps_post_probe(Manager *m, Unit *u, uint64_t id,
                    const char *text);      /* negative: svinit-apps does not hear it now */
void apps_announce(Manager *m, Unit *u);    /* after the spawn */
void apps_forget_unit(Manager *m, Unit *u); /* its run has ended, or it did not begin */
bool apps_tell_drain(Manager *m, Unit *u);  /* a DrainWay */
bool apps_find_helper(Unit *u);             /* X-NodeDrain=: false: not here, which its status tells */
bool apps_say_stop(Manager *m, Unit *u); /* instead of the main process's signal; false: it cannot hear it */
void apps_tell(Manager *m, Unit *u, const char *line); /* what it has told of itself */
void apps_link_end(AppsLink *l);
void apps_link_free(AppsLink *l);
bool apps_link_is_pid(const AppsLink *l, pid_t pid);
void apps_link_process_end(AppsLink *l, const ProcessEnd *end);

/*
 * journal-real.c: Journal=systemd-journald. It is a unit like others: its
 * sockets are units that PID 1 holds, its connections are in the unit's fd
 * store. Services connect to it from the child; what it wants to know about a
 * unit is in /run/systemd/units.
 */
bool journal_find_real(Manager *m); /* whether it is wanted and there, which holds from then on */
int journal_real_header(const Unit *u, bool is_stderr, char **ret);
void journal_export_unit(const Manager *m, const Unit *u); /* no-op without it */
void journal_withdraw_unit(const Manager *m, const Unit *u);

const char *journal_identifier(const Unit *u);
/* So that what it has sent and nobody has read yet is told to be the unit's; no-op without a link. */
void journal_link_process_of_unit_ended(JournalLink *l, pid_t pid, Unit *u);
void journal_link_forget_unit(JournalLink *l, const Unit *u);

/* log.c */
void manager_log_init(Manager *m);
/* wall.c: a line on the terminals of those who are logged in. */
void manager_tell_users(const Manager *m, const char *line);
void manager_log_to_real_journal(void);
void manager_log_forget_units(void); /* they are about to be freed: messages come without their invocation */
void manager_log_level(const Manager *m); /* as options and svinit.conf have it */
void manager_log_to(int fd);              /* takes it: the pipe to svinit-journald; -1: stderr */
void manager_log_report(const char *unit, const Report *r);
