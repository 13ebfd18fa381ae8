/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "exec/child.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/*
 * The order is policy: signals first, so that a step which blocks can be
 * killed; what needs privileges stands above "user"; the working directory
 * below it, since it may be reachable for the user only. Filters of system
 * calls come last: they may deny what other steps need.
 */
static const ExecStep steps[] = {
        { "signals", 207, NULL, step_signals },
        { "cgroup", 219, NULL, step_cgroup },
        { "idle", 202, NULL, step_idle },
        { "session", 220, NULL, step_session },
        { "umask", 202, "UMask", step_umask },
        { "account", 217, "User", step_user_account },
        { "group-account", 216, "Group", step_group_account },
        { "account", 217, "User", step_may_switch },
        { "delegation", 219, "Delegate", step_delegation },
        { "stdin", 208, "StandardInput", step_stdin },
        { "stdout", 209, "StandardOutput", step_stdout },
        { "stderr", 222, "StandardError", step_stderr },
        { "utmp", 222, "UtmpIdentifier", step_utmp },
        { "foreground", 220, NULL, step_foreground },
        { "oom-score", 206, "OOMScoreAdjust", step_oom_score },
        { "nice", 201, "Nice", step_nice },
        { "scheduler", 214, "CPUSchedulingPolicy", step_scheduler },
        { "affinity", 215, "CPUAffinity", step_affinity },
        { "numa", 242, "NUMAPolicy", step_numa },
        { "io-priority", 211, "IOSchedulingClass", step_io_priority },
        { "timer-slack", 212, "TimerSlackNSec", step_timer_slack },
        { "personality", 230, "Personality", step_personality },
        { "seccomp", 228, NULL, step_prepare_filters },
        { "credentials", 243, NULL, step_credentials },
        { "runtime-directory", 233, "RuntimeDirectory", step_runtime_directory },
        { "state-directory", 238, "StateDirectory", step_state_directory },
        { "cache-directory", 239, "CacheDirectory", step_cache_directory },
        { "logs-directory", 240, "LogsDirectory", step_logs_directory },
        { "configuration-directory", 241, "ConfigurationDirectory", step_configuration_directory },
        { "environment", 204, NULL, step_image },
        { "limits", 205, NULL, step_limits },
        { "core-dump", 205, "CoredumpFilter", step_core_dump },
        { "network", 225, NULL, step_network },
        { "namespace", 226, NULL, step_namespace },
        { "chroot", 210, "RootDirectory", step_root_directory },
        { "group", 216, "Group", step_groups },
        { "selinux", 229, "SELinuxContext", step_selinux },
        { "apparmor", 231, "AppArmorProfile", step_apparmor },
        { "smack", 236, "SmackProcessLabel", step_smack },
        { "user-namespace", 217, "PrivateUsers", step_user_namespace },
        { "capability-bounding-set", 218, "CapabilityBoundingSet", step_bounding_set },
        { "secure-bits", 213, "SecureBits", step_secure_bits },
        { "user", 217, "User", step_user },
        { "ambient-capabilities", 218, "AmbientCapabilities", step_ambient_set },
        { "keyring", 237, "KeyringMode", step_keyring },
        { "chdir", 200, "WorkingDirectory", step_working_directory },
        { "no-new-privileges", 227, "NoNewPrivileges", step_no_new_privileges },
        { "restrictions", 228, NULL, step_restrictions },
        { "pam", 224, "PAMName", step_pam },
        { "unapplied", 226, NULL, step_unapplied },
        { "descriptors", 202, NULL, step_descriptors },
        { "seccomp", 228, NULL, step_filter },
        { "exec", 203, NULL, step_exec },
};

/* systemd.exec(5) "PROCESS EXIT CODES", the words that systemctl shows. */
static const char *const exit_codes[] = {
        [200 - 200] = "CHDIR",
        [201 - 200] = "NICE",
        [202 - 200] = "FDS",
        [203 - 200] = "EXEC",
        [204 - 200] = "MEMORY",
        [205 - 200] = "LIMITS",
        [206 - 200] = "OOM_ADJUST",
        [207 - 200] = "SIGNAL_MASK",
        [208 - 200] = "STDIN",
        [209 - 200] = "STDOUT",
        [210 - 200] = "CHROOT",
        [211 - 200] = "IOPRIO",
        [212 - 200] = "TIMERSLACK",
        [213 - 200] = "SECUREBITS",
        [214 - 200] = "SETSCHEDULER",
        [215 - 200] = "CPUAFFINITY",
        [216 - 200] = "GROUP",
        [217 - 200] = "USER",
        [218 - 200] = "CAPABILITIES",
        [219 - 200] = "CGROUP",
        [220 - 200] = "SETSID",
        [221 - 200] = "CONFIRM",
        [222 - 200] = "STDERR",
        [224 - 200] = "PAM",
        [225 - 200] = "NETWORK",
        [226 - 200] = "NAMESPACE",
        [227 - 200] = "NO_NEW_PRIVILEGES",
        [228 - 200] = "SECCOMP",
        [229 - 200] = "SELINUX_CONTEXT",
        [230 - 200] = "PERSONALITY",
        [231 - 200] = "APPARMOR",
        [232 - 200] = "ADDRESS_FAMILIES",
        [233 - 200] = "RUNTIME_DIRECTORY",
        [235 - 200] = "CHOWN",
        [236 - 200] = "SMACK_PROCESS_LABEL",
        [237 - 200] = "KEYRING",
        [238 - 200] = "STATE_DIRECTORY",
        [239 - 200] = "CACHE_DIRECTORY",
        [240 - 200] = "LOGS_DIRECTORY",
        [241 - 200] = "CONFIGURATION_DIRECTORY",
        [242 - 200] = "NUMA_POLICY",
        [243 - 200] = "CREDENTIALS",
};

const char *exec_exit_code_to_string(int code) {
        if (code < 200 || code >= 200 + (int)ELEMENTSOF(exit_codes))
                return NULL;
        return exit_codes[code - 200];
}

static void tell_failure(ExecContext *c, const ExecStep *step, int r) {
        ExecStatus *st = &c->status;

        st->failed = true;
        st->exit_code = step->exit_code;
        st->error = r;
        (void)snprintf(st->step, sizeof(st->step), "%s", step->name);
        (void)snprintf(st->command, sizeof(st->command), "%s", c->plan->command->path);
}

int exec_run_steps(ExecContext *c) {
        for (size_t i = 0; i < ELEMENTSOF(steps); i++) {
                const char *notes = c->status.unapplied + strlen(c->status.unapplied);
                int r;

                c->status.detail[0] = c->status.reason[0] = 0;
                exec_blame(c, steps[i].setting);
                r = steps[i].run(c);
                if (r >= 0 && *notes && !c->plan->ignore_missing_privilege)
                        r = exec_refuse(c, notes);
                if (r >= 0)
                        continue;
                tell_failure(c, steps + i, r);
                return steps[i].exit_code;
        }
        /* The last step does not come back when it succeeds. */
        return 203;
}
