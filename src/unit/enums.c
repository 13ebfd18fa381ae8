/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "unit/enums.h"

#include "base/text.h"

static int word_find(const char *const *words, int n, const char *s) {
        for (int i = 0; s && i < n; i++)
                if (strcmp(words[i], s) == 0)
                        return i;
        return -1;
}

/* The table has a word for each value: one missing at the end is caught here, one in the middle by the tests. */
#define WORDS(type, name, max, ...)                                                                          \
        static const char *const name##_words[] = { __VA_ARGS__ };                                           \
        _Static_assert(ELEMENTSOF(name##_words) == max, "a word for each value of " #type);                  \
        const char *name##_to_string(type v) {                                                               \
                return (int)v >= 0 && (int)v < max ? name##_words[(int)v] : NULL;                            \
        }                                                                                                    \
        int name##_from_string(const char *s) {                                                              \
                return word_find(name##_words, max, s);                                                      \
        }

WORDS(ServiceType, service_type, SERVICE_TYPE_MAX, [TYPE_SIMPLE] = "simple", [TYPE_EXEC] = "exec",
      [TYPE_FORKING] = "forking", [TYPE_ONESHOT] = "oneshot", [TYPE_DBUS] = "dbus", [TYPE_NOTIFY] = "notify",
      [TYPE_NOTIFY_RELOAD] = "notify-reload", [TYPE_IDLE] = "idle")
WORDS(ExitType, exit_type, EXIT_TYPE_MAX, [EXIT_TYPE_MAIN] = "main", [EXIT_TYPE_CGROUP] = "cgroup")
WORDS(Restart, restart, RESTART_MAX, [RESTART_NO] = "no", [RESTART_ON_SUCCESS] = "on-success",
      [RESTART_ON_FAILURE] = "on-failure", [RESTART_ON_ABNORMAL] = "on-abnormal",
      [RESTART_ON_WATCHDOG] = "on-watchdog", [RESTART_ON_ABORT] = "on-abort", [RESTART_ALWAYS] = "always")
WORDS(RestartMode, restart_mode, RESTART_MODE_MAX, [RESTART_MODE_NORMAL] = "normal",
      [RESTART_MODE_DIRECT] = "direct", [RESTART_MODE_DEBUG] = "debug")
WORDS(RollMode, roll_mode, ROLL_MODE_MAX, [ROLL_SURGE] = "surge", [ROLL_REPLACE] = "replace")
WORDS(TriggerMode, trigger_mode, TRIGGER_MODE_MAX, [TRIGGER_RESTART] = "restart", [TRIGGER_ROLL] = "roll")
WORDS(IpcKind, ipc,
      IPC_KIND_MAX, [IPC_NONE] = "none", [IPC_NODE] = "node", [IPC_NODE_CLUSTER] = "node-cluster")
WORDS(ReadyOn, ready_on, READY_ON_MAX, [READY_ON_START] = "start", [READY_ON_NOTIFY] = "notify",
      [READY_ON_MESSAGE] = "message", [READY_ON_LISTENING] = "listening", [READY_ON_HEALTH] = "health")
WORDS(NotifyAccess, notify_access, NOTIFY_ACCESS_MAX, [NOTIFY_NONE] = "none", [NOTIFY_ALL] = "all",
      [NOTIFY_MAIN] = "main", [NOTIFY_EXEC] = "exec")
WORDS(KillMode, kill_mode, KILL_MODE_MAX, [KILL_CONTROL_GROUP] = "control-group", [KILL_PROCESS] = "process",
      [KILL_MIXED] = "mixed", [KILL_NONE] = "none")
WORDS(OomPolicy, oom_policy,
      OOM_POLICY_MAX, [OOM_CONTINUE] = "continue", [OOM_STOP] = "stop", [OOM_KILL] = "kill")
WORDS(TimeoutFailureMode, timeout_failure_mode, TIMEOUT_FAILURE_MODE_MAX, [TIMEOUT_TERMINATE] = "terminate",
      [TIMEOUT_ABORT] = "abort", [TIMEOUT_KILL] = "kill")
WORDS(EmergencyAction, emergency_action, EMERGENCY_ACTION_MAX, [ACTION_NONE] = "none",
      [ACTION_REBOOT] = "reboot", [ACTION_REBOOT_FORCE] = "reboot-force",
      [ACTION_REBOOT_IMMEDIATE] = "reboot-immediate", [ACTION_POWEROFF] = "poweroff",
      [ACTION_POWEROFF_FORCE] = "poweroff-force", [ACTION_POWEROFF_IMMEDIATE] = "poweroff-immediate",
      [ACTION_EXIT] = "exit", [ACTION_EXIT_FORCE] = "exit-force")
WORDS(CollectMode, collect_mode,
      COLLECT_MODE_MAX, [COLLECT_INACTIVE] = "inactive", [COLLECT_INACTIVE_OR_FAILED] = "inactive-or-failed")
WORDS(JobMode, job_mode, JOB_MODE_MAX, [JOB_FAIL] = "fail", [JOB_REPLACE] = "replace",
      [JOB_REPLACE_IRREVERSIBLY] = "replace-irreversibly", [JOB_ISOLATE] = "isolate", [JOB_FLUSH] = "flush",
      [JOB_IGNORE_DEPENDENCIES] = "ignore-dependencies", [JOB_IGNORE_REQUIREMENTS] = "ignore-requirements",
      [JOB_TRIGGERING] = "triggering")
WORDS(StdInput, std_input, STD_INPUT_MAX, [INPUT_NULL] = "null", [INPUT_TTY] = "tty",
      [INPUT_TTY_FORCE] = "tty-force", [INPUT_TTY_FAIL] = "tty-fail", [INPUT_SOCKET] = "socket",
      [INPUT_NAMED_FD] = "fd", [INPUT_DATA] = "data", [INPUT_FILE] = "file")
WORDS(StdOutput, std_output,
      STD_OUTPUT_MAX, [OUTPUT_INHERIT] = "inherit", [OUTPUT_NULL] = "null", [OUTPUT_TTY] = "tty",
      [OUTPUT_KMSG] = "kmsg", [OUTPUT_KMSG_CONSOLE] = "kmsg+console", [OUTPUT_JOURNAL] = "journal",
      [OUTPUT_JOURNAL_CONSOLE] = "journal+console", [OUTPUT_SOCKET] = "socket", [OUTPUT_NAMED_FD] = "fd",
      [OUTPUT_FILE] = "file", [OUTPUT_APPEND] = "append", [OUTPUT_TRUNCATE] = "truncate")
WORDS(Preserve, preserve,
      PRESERVE_MAX, [PRESERVE_NO] = "no", [PRESERVE_YES] = "yes", [PRESERVE_RESTART] = "restart")
WORDS(ProtectSystem, protect_system, PROTECT_SYSTEM_MAX, [PROTECT_SYSTEM_NO] = "no",
      [PROTECT_SYSTEM_YES] = "yes", [PROTECT_SYSTEM_FULL] = "full", [PROTECT_SYSTEM_STRICT] = "strict")
WORDS(ProtectHome, protect_home, PROTECT_HOME_MAX, [PROTECT_HOME_NO] = "no", [PROTECT_HOME_YES] = "yes",
      [PROTECT_HOME_READ_ONLY] = "read-only", [PROTECT_HOME_TMPFS] = "tmpfs")
WORDS(ProtectProc, protect_proc,
      PROTECT_PROC_MAX, [PROTECT_PROC_DEFAULT] = "default", [PROTECT_PROC_NOACCESS] = "noaccess",
      [PROTECT_PROC_INVISIBLE] = "invisible", [PROTECT_PROC_PTRACEABLE] = "ptraceable")
WORDS(DevicePolicy, device_policy, DEVICE_POLICY_MAX, [DEVICE_POLICY_AUTO] = "auto",
      [DEVICE_POLICY_CLOSED] = "closed", [DEVICE_POLICY_STRICT] = "strict")
WORDS(ProcSubset, proc_subset, PROC_SUBSET_MAX, [PROC_SUBSET_ALL] = "all", [PROC_SUBSET_PID] = "pid")
WORDS(UtmpMode, utmp_mode, UTMP_MODE_MAX, [UTMP_INIT] = "init", [UTMP_LOGIN] = "login", [UTMP_USER] = "user")
WORDS(KeyringMode, keyring_mode, KEYRING_MODE_MAX, [KEYRING_INHERIT] = "inherit",
      [KEYRING_PRIVATE] = "private", [KEYRING_SHARED] = "shared")
WORDS(BindIPv6Only, bind_ipv6_only, BIND_IPV6_MAX, [BIND_IPV6_DEFAULT] = "default", [BIND_IPV6_BOTH] = "both",
      [BIND_IPV6_ONLY] = "ipv6-only")
WORDS(SocketDistribution, socket_distribution,
      DISTRIBUTION_MAX, [DISTRIBUTION_SHARED] = "shared", [DISTRIBUTION_REUSEPORT] = "reuseport")
WORDS(Timestamping, timestamping,
      TIMESTAMPING_MAX, [TIMESTAMPING_OFF] = "off", [TIMESTAMPING_US] = "us", [TIMESTAMPING_NS] = "ns")
