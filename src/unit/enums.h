/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The words that directives choose from. Each enum has a table of its words in
 * enums.c and X_to_string() / X_from_string() (the latter -1 when unknown).
 */

typedef enum ServiceType {
        TYPE_SIMPLE,
        TYPE_EXEC,
        TYPE_FORKING,
        TYPE_ONESHOT,
        TYPE_DBUS,
        TYPE_NOTIFY,
        TYPE_NOTIFY_RELOAD,
        TYPE_IDLE,
        SERVICE_TYPE_MAX,
        TYPE_UNSET = -1, /* not given: resolved by spec_complete() */
} ServiceType;
typedef enum ExitType {
        EXIT_TYPE_MAIN,
        EXIT_TYPE_CGROUP,
        EXIT_TYPE_MAX
} ExitType;
typedef enum Restart {
        RESTART_NO,
        RESTART_ON_SUCCESS,
        RESTART_ON_FAILURE,
        RESTART_ON_ABNORMAL,
        RESTART_ON_WATCHDOG,
        RESTART_ON_ABORT,
        RESTART_ALWAYS,
        RESTART_MAX,
} Restart;
typedef enum RestartMode {
        RESTART_MODE_NORMAL,
        RESTART_MODE_DIRECT,
        RESTART_MODE_DEBUG, /* as normal, and the new processes have DEBUG_INVOCATION=1 */
        RESTART_MODE_MAX
} RestartMode;
/* X-RollMode=: the new instance before the old one goes, or after. */
typedef enum RollMode {
        ROLL_SURGE,
        ROLL_REPLACE,
        ROLL_MODE_MAX,
        ROLL_MODE_UNSET = -1, /* not given: by what the unit listens on */
} RollMode;
/* X-TriggerMode=: what X-Watch= and its like lead to. */
typedef enum TriggerMode {
        TRIGGER_RESTART,
        TRIGGER_ROLL,
        TRIGGER_MODE_MAX,
        TRIGGER_MODE_UNSET = -1, /* not given: sets are rolled */
} TriggerMode;
typedef enum IpcKind {
        IPC_NONE,
        IPC_NODE,
        IPC_NODE_CLUSTER, /* and listen() is answered */
        IPC_KIND_MAX
} IpcKind;

/* X-ReadyOn=: what an instance has to do before a roll counts on it. */
typedef enum ReadyOn {
        READY_ON_START,
        READY_ON_NOTIFY,
        READY_ON_MESSAGE,
        READY_ON_LISTENING,
        READY_ON_HEALTH,
        READY_ON_MAX,
        READY_ON_UNSET = -1, /* not given: resolved by spec_complete() */
} ReadyOn;
typedef enum NotifyAccess {
        NOTIFY_NONE,
        NOTIFY_ALL,
        NOTIFY_MAIN,
        NOTIFY_EXEC,
        NOTIFY_ACCESS_MAX,
        NOTIFY_UNSET = -1,
} NotifyAccess;
typedef enum KillMode {
        KILL_CONTROL_GROUP,
        KILL_PROCESS,
        KILL_MIXED,
        KILL_NONE,
        KILL_MODE_MAX
} KillMode;
typedef enum OomPolicy {
        OOM_CONTINUE,
        OOM_STOP,
        OOM_KILL,
        OOM_POLICY_MAX,
        OOM_UNSET = -1
} OomPolicy;
typedef enum TimeoutFailureMode {
        TIMEOUT_TERMINATE,
        TIMEOUT_ABORT,
        TIMEOUT_KILL,
        TIMEOUT_FAILURE_MODE_MAX
} TimeoutFailureMode;
typedef enum EmergencyAction {
        ACTION_NONE,
        ACTION_REBOOT,
        ACTION_REBOOT_FORCE,
        ACTION_REBOOT_IMMEDIATE,
        ACTION_POWEROFF,
        ACTION_POWEROFF_FORCE,
        ACTION_POWEROFF_IMMEDIATE,
        ACTION_EXIT,
        ACTION_EXIT_FORCE,
        EMERGENCY_ACTION_MAX,
} EmergencyAction;
typedef enum CollectMode {
        COLLECT_INACTIVE,
        COLLECT_INACTIVE_OR_FAILED,
        COLLECT_MODE_MAX
} CollectMode;
typedef enum JobMode {
        JOB_FAIL,
        JOB_REPLACE,
        JOB_REPLACE_IRREVERSIBLY,
        JOB_ISOLATE,
        JOB_FLUSH,
        JOB_IGNORE_DEPENDENCIES,
        JOB_IGNORE_REQUIREMENTS,
        JOB_TRIGGERING,
        JOB_MODE_MAX,
} JobMode;
typedef enum StdInput {
        INPUT_NULL,
        INPUT_TTY,
        INPUT_TTY_FORCE,
        INPUT_TTY_FAIL,
        INPUT_SOCKET,
        INPUT_NAMED_FD,
        INPUT_DATA,
        INPUT_FILE,
        STD_INPUT_MAX,
} StdInput;
typedef enum StdOutput {
        OUTPUT_INHERIT,
        OUTPUT_NULL,
        OUTPUT_TTY,
        OUTPUT_KMSG,
        OUTPUT_KMSG_CONSOLE,
        OUTPUT_JOURNAL,
        OUTPUT_JOURNAL_CONSOLE,
        OUTPUT_SOCKET,
        OUTPUT_NAMED_FD,
        OUTPUT_FILE,
        OUTPUT_APPEND,
        OUTPUT_TRUNCATE,
        STD_OUTPUT_MAX,
} StdOutput;
typedef enum Preserve {
        PRESERVE_NO,
        PRESERVE_YES,
        PRESERVE_RESTART,
        PRESERVE_MAX
} Preserve;
typedef enum ProtectSystem {
        PROTECT_SYSTEM_NO,
        PROTECT_SYSTEM_YES,
        PROTECT_SYSTEM_FULL,
        PROTECT_SYSTEM_STRICT,
        PROTECT_SYSTEM_MAX
} ProtectSystem;
typedef enum ProtectHome {
        PROTECT_HOME_NO,
        PROTECT_HOME_YES,
        PROTECT_HOME_READ_ONLY,
        PROTECT_HOME_TMPFS,
        PROTECT_HOME_MAX
} ProtectHome;
typedef enum ProtectProc {
        PROTECT_PROC_DEFAULT,
        PROTECT_PROC_NOACCESS,
        PROTECT_PROC_INVISIBLE,
        PROTECT_PROC_PTRACEABLE,
        PROTECT_PROC_MAX
} ProtectProc;
typedef enum DevicePolicy {
        DEVICE_POLICY_AUTO,
        DEVICE_POLICY_CLOSED,
        DEVICE_POLICY_STRICT,
        DEVICE_POLICY_MAX
} DevicePolicy;
typedef enum ProcSubset {
        PROC_SUBSET_ALL,
        PROC_SUBSET_PID,
        PROC_SUBSET_MAX
} ProcSubset;
typedef enum UtmpMode {
        UTMP_INIT,
        UTMP_LOGIN,
        UTMP_USER,
        UTMP_MODE_MAX
} UtmpMode;
typedef enum KeyringMode {
        KEYRING_INHERIT,
        KEYRING_PRIVATE,
        KEYRING_SHARED,
        KEYRING_MODE_MAX
} KeyringMode;
typedef enum BindIPv6Only {
        BIND_IPV6_DEFAULT,
        BIND_IPV6_BOTH,
        BIND_IPV6_ONLY,
        BIND_IPV6_MAX
} BindIPv6Only;
typedef enum SocketDistribution {
        DISTRIBUTION_SHARED,
        DISTRIBUTION_REUSEPORT,
        DISTRIBUTION_MAX
} SocketDistribution;
typedef enum Timestamping {
        TIMESTAMPING_OFF,
        TIMESTAMPING_US,
        TIMESTAMPING_NS,
        TIMESTAMPING_MAX
} Timestamping;

#define DECLARE_WORDS(type, name)                                                                            \
        const char *name##_to_string(type v);                                                                \
        int name##_from_string(const char *s)
DECLARE_WORDS(ServiceType, service_type);
DECLARE_WORDS(ExitType, exit_type);
DECLARE_WORDS(Restart, restart);
DECLARE_WORDS(RestartMode, restart_mode);
DECLARE_WORDS(RollMode, roll_mode);
DECLARE_WORDS(TriggerMode, trigger_mode);
DECLARE_WORDS(ReadyOn, ready_on);
DECLARE_WORDS(IpcKind, ipc);
DECLARE_WORDS(NotifyAccess, notify_access);
DECLARE_WORDS(KillMode, kill_mode);
DECLARE_WORDS(OomPolicy, oom_policy);
DECLARE_WORDS(TimeoutFailureMode, timeout_failure_mode);
DECLARE_WORDS(EmergencyAction, emergency_action);
DECLARE_WORDS(CollectMode, collect_mode);
DECLARE_WORDS(JobMode, job_mode);
DECLARE_WORDS(StdInput, std_input);
DECLARE_WORDS(StdOutput, std_output);
DECLARE_WORDS(Preserve, preserve);
DECLARE_WORDS(ProtectSystem, protect_system);
DECLARE_WORDS(ProtectHome, protect_home);
DECLARE_WORDS(ProtectProc, protect_proc);
DECLARE_WORDS(DevicePolicy, device_policy);
DECLARE_WORDS(ProcSubset, proc_subset);
DECLARE_WORDS(KeyringMode, keyring_mode);
DECLARE_WORDS(UtmpMode, utmp_mode);
DECLARE_WORDS(BindIPv6Only, bind_ipv6_only);
DECLARE_WORDS(SocketDistribution, socket_distribution);
DECLARE_WORDS(Timestamping, timestamping);

/* "SIGTERM", "TERM", "15", "SIGRTMIN+3", "RTMIN+3". -1 when unknown. */
int signal_from_string(const char *s);
const char *signal_to_string(int signal); /* "SIGTERM", "SIGRTMIN+3"; NULL when there is no such signal */

/* The names of exit codes in systemd.exec(5): "SUCCESS", "NOPERMISSION", "EXEC", "TEMPFAIL". */
int exit_status_from_string(const char *s);    /* name or 0..255; -1 when it is neither */
const char *exit_status_to_string(int status); /* NULL when it has no name */
const char *exit_status_class(int status);     /* "libc", "LSB", "BSD", "systemd"; NULL when it has no name */

/* "CAP_CHOWN" in any case, or a number below 63; -1 when it is neither. */
int capability_from_string(const char *s);
const char *capability_to_string(int capability); /* "cap_chown"; NULL when it has no name here */
