/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Everything that the child needs between fork and exec, complete and constant.
 *
 * PID 1 fills a plan from borrowed parts (spec, lists, descriptors), calls
 * exec_spawn() and forgets it. The child runs the steps of steps.c over it; it
 * may block (name service, FIFOs, terminals), PID 1 may not.
 *
 * Three ways lead to the exec; exec_spawn() takes the first that serves:
 *
 *      shared   the child borrows our memory until it has executed: the cost of
 *               vfork(). Only for plans with no step that may block or that
 *               needs memory (exec_plan_is_light()).
 *      copy     a fork; a close-on-exec pipe tells how the steps went.
 *      shim     a fork that forks again: the inner process becomes the service,
 *               the outer one svinit-shim.
 */

#include "unit/spec.h"

#include <sys/types.h>

typedef struct ExecPlan {
        const char *unit; /* borrowed, as all pointers here */
        const Command *command;
        const ExecSpec *exec;
        const SandboxSpec *sandbox;
        bool apply_user;    /* false for + and for PermissionsStartOnly= helpers */
        bool apply_sandbox; /* false for + */
        bool apply_root_directory;

        char *const *
                manager_environment; /* what the unit inherits, already filtered, PassEnvironment= included */
        char *const *
                set_environment; /* set by svinit after all files: INVOCATION_ID, MAINPID, NOTIFY_SOCKET, ... */
        const char *directory_bases
                [DIRECTORY_KIND_MAX];           /* "/run", "/var/lib", "/var/cache", "/var/log", "/etc" */
        const char *const *default_search_path; /* NULL-terminated; for commands without a slash */

        int stdin_fd, stdout_fd,
                stderr_fd; /* -1: as ExecSpec.io says, opened by the child (null, file, tty) */
        bool give_output; /* what is given becomes the user's, who may open /dev/stdout again; only pipes of svinit's own */
        int console_fd;           /* the manager's own stdout for "inherit" without a journal; -1 */
        char *journal_headers[2]; /* owned by the caller; of stdout and stderr, where the child connects to
                                       /run/systemd/journal/stdout for them; NULL: it does not */
        char *const
                *increment_environment; /* names of variables to whose numbers `increment` is added; NULL */
        unsigned increment;
        const char
                *directory; /* in place of WorkingDirectory=, whose links may lead elsewhere by now; NULL */
        const int *fds;     /* passed as 3, 4, ... : LISTEN_FDS */
        const char *const *fd_names;
        size_t n_fds;
        bool fds_are_streams;  /* StandardInput=socket and its like take the one there is: none is passed */
        bool streams_optional; /* none need be there: not the command of ExecStart= */
        bool non_blocking_fds;
        const bool
                *fds_in_use; /* one for each: others have it as well, so its mode stays; NULL: nobody has */
        unsigned
                cluster_id; /* with the channel, Node's cluster module runs in it as that worker; 0: it does not */
        const char *node_options; /* appended to $NODE_OPTIONS; NULL */
        int channel_fd; /* X-IPC=: passed as the number behind those, which NODE_CHANNEL_FD= tells; 0: none */
        int notify_fd, notify_fd_number; /* X-NotifyFd=: passed as that number; number 0: none */
        const char *tty_path;            /* for tty input and output: NULL is /dev/console */

        int cgroup_fd;               /* O_PATH/O_DIRECTORY of the v2 group; -1: none */
        bool delegate_group;         /* it is the user's to make others in */
        const int *cgroup_procs_fds; /* open cgroup.procs files of v1 groups */
        size_t n_cgroup_procs_fds;
        int idle_fd; /* Type=idle: readable when the other jobs are done, which is waited for, a while; 0: no wait */
        bool shim; /* put svinit-shim between */
        const char *shim_path;

        RlimitPair original_nofile;    /* what svinit itself was started with: given back to services */
        bool foreground;               /* CMD mode on a terminal: own process group in the foreground */
        bool keep_directory;           /* CMD mode: without WorkingDirectory= svinit's own, and not / */
        bool ignore_missing_privilege; /* not Strict=: what is refused here is noted, not fatal */
        const char *group_lack; /* what of the limits could not be set: "MemoryMax=: ..."; NULL: nothing */
        uid_t dynamic_uid;      /* for DynamicUser=; (uid_t) -1 */

        int filter_fd; /* a memfd for the filters of this exec_filter_key(), filled by the first child; -1 */
        const char *credentials_directory; /* NULL: the unit has none, or there is no place for one */
        const char *private_name;          /* of what is this run's own below /tmp and /var/tmp */
        int network_fd, ipc_fd; /* namespaces to join: of this run's main process, or JoinsNamespaceOf=; -1 */
} ExecPlan;

/* How a spawn ended for PID 1. */
typedef struct ExecChild {
        pid_t pid; /* 0 with a shim: only the shim knows, and tells it in its first record (base/shim.h) */
        int status_fd; /* read end, non-blocking, owned by the caller: see exec_status_read(). -1: exec already succeeded */
        int shim_fd;    /* events of the shim, SOCK_SEQPACKET, owned by the caller; -1 */
        pid_t shim_pid; /* 0: none */
} ExecChild;

#define UNAPPLIED_TEXT_MAX 2048
typedef struct ExecStatus {
        bool failed;       /* the child could not exec; it exits with `exit_code` */
        int exit_code;     /* 200..243 */
        int error;         /* negative errno */
        char step[24];     /* "user" */
        char command[128]; /* what was to be executed */
        char setting[32];  /* "User"; empty: none is to blame */
        char detail[256];  /* what it was about: a path, a user name; empty: the value of the setting */
        char reason[128];  /* what the error number does not say; empty: it says all */
        char unapplied
                [UNAPPLIED_TEXT_MAX]; /* directives that were not applied: "PrivateTmp=: Operation not permitted\n..." */
} ExecStatus;

/* 0; negative errno: nothing runs (-EAGAIN: process limit, -EMFILE ...). Never blocks. */
int exec_spawn(const ExecPlan *p, ExecChild *ret);
bool exec_plan_is_light(const ExecPlan *p);
/* Two plans with the same key have the same filters of system calls; 0: it has none. */
uint64_t exec_filter_key(const ExecPlan *p);
/*
 * A process that tidies up after a run, however long it takes: 0 in it, and it ends with _exit(); its id in the caller;
 * negative: there is none. Whoever is started from then on waits for it before the first step, if both may deal with
 * the same: directories, a user's objects, a terminal.
 */
int exec_fork_tidy(void);
/* TTYReset=, TTYVHangup= and TTYVTDisallocate= after a run, by such a process. */
void exec_revert_terminal(const ExecSpec *e);
/* RemoveIPC= after the last unit of the user is down, and utmp's record of an end; both in the same way. */
void exec_remove_ipc(const ExecSpec *e, uid_t dynamic_uid);
void exec_note_dead(const ExecSpec *e, pid_t pid, int code, int status);
/*
 * 1: the status is complete (exec succeeded or failed); 0: not yet; negative:
 * broken. `st` starts zeroed and is the same at each call: what was not applied
 * arrives before the end does.
 */
int exec_status_read(int fd, ExecStatus *st);

/* Can filters of system calls be made? Tried in a child, for which it waits: some milliseconds. */
bool exec_has_filter_library(void);

/* The table of steps for the manual and for systemctl's words: exit code -> name ("EXEC", "USER"), or NULL. */
const char *exec_exit_code_to_string(int code);
