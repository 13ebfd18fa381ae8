/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The child's side of a spawn: what it knows while it runs the steps.
 *
 * A step gets the ExecContext, returns 0 or a negative errno, and says what it
 * was about (exec_detail()), which setting is to blame where that is not the one
 * of its row in the table of steps (exec_blame()), and what the error number
 * does not say (exec_reason()). What could not be applied
 * without harm is noted by exec_note() and not an error; exec_tolerate() makes
 * that choice by the error number.
 *
 * In a light plan the child shares the memory of PID 1: its steps then
 * allocate nothing and change nothing but the context. Elsewhere the child is
 * a full copy with one thread; it may use the whole C library and frees
 * nothing, since exec does.
 */

#include "exec/plan.h"

#include <linux/filter.h>
#include <signal.h>

typedef struct Account {
        uid_t uid; /* (uid_t) -1: unchanged */
        gid_t gid;
        gid_t *groups;             /* owned */
        int n_groups;              /* -1: unchanged */
        char *name, *home, *shell; /* owned; NULL: not known, no variable */
        bool switches;             /* the identity of the process has to change */
} Account;

/* The three things execve() wants. */
typedef struct ExecImage {
        char **argv, **envp; /* owned */
} ExecImage;

#define PID_ASSIGNMENT_MAX 32 /* "SYSTEMD_EXEC_PID=4194304" */

/* Filters of system calls, in the order in which they are loaded: see exec/seccomp.h. */
typedef enum ExecFilter {
        EXEC_FILTER_RESTRICTIONS,
        EXEC_FILTER_ARCHITECTURES,
        EXEC_FILTER_LOG,
        EXEC_FILTER_CALLS,
        EXEC_FILTER_MAX,
} ExecFilter;

typedef struct ExecContext {
        const ExecPlan *plan;
        int status_fd; /* -1 with shared memory: PID 1 looks into the context itself */
        ExecStatus status;
        Account account;
        ExecImage image;
        char *directories[DIRECTORY_KIND_MAX]; /* owned; value of $RUNTIME_DIRECTORY and its like */
        char exec_pid[PID_ASSIGNMENT_MAX];     /* of the process's own number, written last */
        char listen_pid[PID_ASSIGNMENT_MAX];
        char watchdog_pid[PID_ASSIGNMENT_MAX]; /* where WATCHDOG_USEC= is set by svinit */
        char journal_stream[48]; /* device and inode of the connection to the journal: $JOURNAL_STREAM */
        int stdin_fd, stdout_fd, stderr_fd,
                console_fd;       /* the plan's, moved out of the way of 0..2; -1: none */
        uint64_t changed_signals; /* bit n-1: signal n; those that PID 1 does not leave at their default */
        bool tried_user_namespace, tried_mount_namespace, has_mount_namespace;
        bool in_group;                              /* clone3() has put us there */
        bool has_terminal;                          /* standard input is a terminal that we made ours */
        struct sock_fprog filters[EXEC_FILTER_MAX]; /* mapped; empty ones are not wanted */
} ExecContext;

typedef struct ExecStep {
        const char *name;
        int exit_code;
        const char *setting; /* NULL: none, or the step tells which */
        int (*run)(ExecContext *c);
} ExecStep;

/* Runs all steps and execs: returns only on failure, with the exit code; the status is filled. */
int exec_run_steps(ExecContext *c);
void exec_context_release(ExecContext *c);

void exec_detail(ExecContext *c, const char *text);
void exec_blame(ExecContext *c, const char *setting);
void exec_reason(ExecContext *c, const char *text);
/* "Key=: reason" for ExecStatus.unapplied; r 0 with another reason. */
void exec_note(ExecContext *c, const char *key, int r);
void exec_note_text(ExecContext *c, const char *key, const char *reason);
/* A restriction or a wish that this place refuses: noted, which with Strict= fails the step. Other errors are returned. */
/* Strict=: what would run without its fences does not run, and the first "Key=: reason" is why. -EOPNOTSUPP. */
int exec_refuse(ExecContext *c, const char *notes);
int exec_tolerate(ExecContext *c, const char *key, int r);
void exec_status_send(const ExecContext *c);
static inline size_t exec_n_passed(const ExecPlan *p) {
        return p->fds_are_streams ? 0 : p->n_fds;
}

static inline bool exec_account_is_wanted(const ExecPlan *p) {
        const ExecSpec *e = p->exec;

        return p->apply_user && (e->user || e->group || e->supplementary_groups || e->dynamic_user);
}

bool exec_has_directories(const ExecSpec *e);
bool exec_uses_terminal(const ExecSpec *e);
void exec_await_tidy(const ExecPlan *p); /* tidy.c; in the child */
void exec_forget_tidy(void);             /* in the parent: those that have ended */

/* image.c: argv and environment; allocates, blocks on nothing but EnvironmentFile= */
int exec_image_build(ExecContext *c);
int environment_expand_argv(char *const *argv, char *const *env, bool expand, char ***ret);

/* environment-file.c: systemd.exec(5) EnvironmentFile=; pure but for the reading. */
int environment_file_parse(const char *text, size_t n, char ***env);
int environment_expand_files(ExecContext *c, char ***env); /* file-variables.c */
int environment_file_load(const EnvironmentFile *f, char ***env, ExecContext *c);

/* The steps, by file. */
int step_cgroup(ExecContext *c); /* step-process.c */
int step_delegation(ExecContext *c);
int step_idle(ExecContext *c);
int step_signals(ExecContext *c);
uint64_t exec_changed_signals(void); /* asked in PID 1; it sets them before its first spawn */
int step_session(ExecContext *c);
int step_oom_score(ExecContext *c);
int step_nice(ExecContext *c);
int step_scheduler(ExecContext *c);
int step_affinity(ExecContext *c);
int step_numa(ExecContext *c);
int step_core_dump(ExecContext *c);
int step_io_priority(ExecContext *c);
int step_timer_slack(ExecContext *c);
int step_personality(ExecContext *c);
int step_limits(ExecContext *c);
int step_umask(ExecContext *c);

int step_user_account(ExecContext *c);
int step_group_account(ExecContext *c);
int step_may_switch(ExecContext *c); /* step-identity.c */
int step_groups(ExecContext *c);
int step_user(ExecContext *c);
int step_selinux(ExecContext *c); /* step-security.c */
int step_apparmor(ExecContext *c);
int step_smack(ExecContext *c);
int step_keyring(ExecContext *c);
int step_bounding_set(ExecContext *c); /* step-capability.c */
int step_secure_bits(ExecContext *c);
int step_ambient_set(ExecContext *c);
int step_no_new_privileges(ExecContext *c);
int capability_keep_over_user_change(ExecContext *c); /* before setresuid() */

int step_stdin(ExecContext *c); /* step-stdio.c, once they are all open */
int step_stdout(ExecContext *c);
int step_stderr(ExecContext *c);
int step_foreground(ExecContext *c);
int step_utmp(ExecContext *c); /* utmp.c */

int step_runtime_directory(ExecContext *c); /* step-directory.c */
int step_state_directory(ExecContext *c);
int step_cache_directory(ExecContext *c);
int step_logs_directory(ExecContext *c);
int step_configuration_directory(ExecContext *c);
bool directory_is_private(const ExecPlan *p, DirectoryKind kind); /* private-directory.c */
int directory_make_private(ExecContext *c, const char *base, const char *name);
int directory_make_public(const char *base, const char *name);
int step_root_directory(ExecContext *c);
int step_working_directory(ExecContext *c);

int step_prepare_filters(ExecContext *c); /* step-seccomp.c */
int step_restrictions(ExecContext *c);
int step_filter(ExecContext *c);

int step_credentials(ExecContext *c); /* step-credentials.c */

int step_network(ExecContext *c); /* namespace.c, namespace-user.c */
int step_namespace(ExecContext *c);
int step_user_namespace(ExecContext *c);

int step_image(ExecContext *c); /* step-exec.c */
int step_pam(ExecContext *c);
int step_unapplied(ExecContext *c);
int step_descriptors(ExecContext *c);
int step_exec(ExecContext *c);
