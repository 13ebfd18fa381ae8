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
        { "signals", 207, step_signals },
        { "cgroup", 219, step_cgroup },
        { "idle", 202, step_idle },
        { "session", 220, step_session },
        { "umask", 202, step_umask },
        { "account", 217, step_user_account },
        { "group-account", 216, step_group_account },
        { "account", 217, step_may_switch },
        { "stdin", 208, step_stdin },
        { "stdout", 209, step_stdout },
        { "stderr", 222, step_stderr },
        { "foreground", 220, step_foreground },
        { "oom-score", 206, step_oom_score },
        { "nice", 201, step_nice },
        { "scheduler", 214, step_scheduler },
        { "affinity", 215, step_affinity },
        { "numa", 242, step_numa },
        { "io-priority", 211, step_io_priority },
        { "timer-slack", 212, step_timer_slack },
        { "personality", 230, step_personality },
        { "seccomp", 228, step_prepare_filters },
        { "credentials", 243, step_credentials },
        { "runtime-directory", 233, step_runtime_directory },
        { "state-directory", 238, step_state_directory },
        { "cache-directory", 239, step_cache_directory },
        { "logs-directory", 240, step_logs_directory },
        { "configuration-directory", 241, step_configuration_directory },
        { "environment", 204, step_image },
        { "limits", 205, step_limits },
        { "core-dump", 205, step_core_dump },
        { "network", 225, step_network },
        { "namespace", 226, step_namespace },
        { "chroot", 210, step_root_directory },
        { "group", 216, step_groups },
        { "selinux", 229, step_selinux },
        { "apparmor", 231, step_apparmor },
        { "smack", 236, step_smack },
        { "user-namespace", 217, step_user_namespace },
        { "capability-bounding-set", 218, step_bounding_set },
        { "secure-bits", 213, step_secure_bits },
        { "user", 217, step_user },
        { "ambient-capabilities", 218, step_ambient_set },
        { "keyring", 237, step_keyring },
        { "chdir", 200, step_working_directory },
        { "no-new-privileges", 227, step_no_new_privileges },
        { "restrictions", 228, step_restrictions },
        { "pam", 224, step_pam },
        { "unapplied", 226, step_unapplied },
        { "descriptors", 202, step_descriptors },
        { "seccomp", 228, step_filter },
        { "exec", 203, step_exec },
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

/* Strict=: what would run without its fences does not run. The step that had to note something is the one that fails. */
static int refuse_notes(ExecContext *c, const char *notes) {
        (void)snprintf(c->status.detail, sizeof(c->status.detail), "%s without %.*s", c->plan->command->path,
                       (int)strcspn(notes, "\n"), notes);
        return -EOPNOTSUPP;
}

int exec_run_steps(ExecContext *c) {
        for (size_t i = 0; i < ELEMENTSOF(steps); i++) {
                const char *notes = c->status.unapplied + strlen(c->status.unapplied);
                int r;

                c->status.detail[0] = 0;
                r = steps[i].run(c);
                if (r >= 0 && *notes && !c->plan->ignore_missing_privilege)
                        r = refuse_notes(c, notes);
                if (r >= 0)
                        continue;
                if (!c->status.detail[0])
                        exec_detail(c, c->plan->command->path);
                c->status.failed = true;
                c->status.exit_code = steps[i].exit_code;
                c->status.error = r;
                (void)snprintf(c->status.step, sizeof(c->status.step), "%s", steps[i].name);
                return steps[i].exit_code;
        }
        /* The last step does not come back when it succeeds. */
        return 203;
}
