/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "unit/privilege.h"

#include "unit/codec-util.h"
#include "unit/directive-tables.h"

typedef enum Need {
        NEED_NOTHING,
        NEED_IDENTITY,
        NEED_BOUNDING,
        NEED_SECURE_BITS,
        NEED_AMBIENT,
        NEED_PROCESSOR,
        NEED_SHARE,
        NEED_PRIORITY,
        NEED_LIMIT,
        NEED_RUNTIME,
        NEED_STATE,
        NEED_CACHE,
        NEED_LOGS,
        NEED_CONFIGURATION,
        NEED_KEYRING,
        NEED_NUMA,
        NEED_UTMP,
        NEED_IPC,
        NEED_MODULE,
        NEED_ROOT,
        NEED_ROOT_MOUNTS,
        NEED_PROC,
        NEED_TERMINAL,
        NEED_MOUNTS,
        NEED_MOUNTS_AND_CAPABILITIES,
        NEED_MOUNTS_AND_FILTER,
        NEED_CAPABILITIES_AND_FILTER,
        NEED_NAMESPACE_AND_FILTER,
        NEED_NAMESPACE,
        NEED_USERS,
        NEED_NAMED_NETWORK,
        NEED_NAMED_IPC,
        NEED_FILTER,
        NEED_STRICT_FILTER,
        NEED_SECRETS,
        NEED_MAX,
} Need;

static const char *const places[PLACE_MAX] = {
        [PLACE_PRIVILEGED] = "privileged",
        [PLACE_DOCKER] = "docker",
        [PLACE_USER] = "user",
};

/* "noted": the unit runs without, and its status says so; with Strict=yes it fails. */
static const char *const outcomes[NEED_MAX][PLACE_MAX] = {
        [NEED_NOTHING] = { "applied", "applied", "applied" },
        [NEED_IDENTITY] = { "applied", "applied",
                            "applied if it is svinit's own, else fails (217/USER, 216/GROUP)" },
        [NEED_BOUNDING] = { "applied", "applied", "fails (218/CAPABILITIES)" },
        [NEED_SECURE_BITS] = { "applied", "applied", "fails (213/SECUREBITS)" },
        [NEED_AMBIENT] = { "applied", "applied as far as the container has them, the others noted", "noted" },
        [NEED_PROCESSOR] = { "applied; processors that are not there noted",
                             "applied; processors that are not there noted",
                             "applied; processors that are not there noted" },
        [NEED_SHARE] = { "applied", "applied if it asks for less than usual, else noted",
                         "applied if it asks for less than usual, else noted" },
        [NEED_PRIORITY] = { "applied", "noted", "noted" },
        [NEED_LIMIT] = { "applied", "applied up to the hard limit, beyond it noted",
                         "applied up to the hard limit, beyond it noted" },
        [NEED_RUNTIME] = { "applied", "applied",
                           "applied where svinit may write, else fails (233/RUNTIME_DIRECTORY)" },
        [NEED_STATE] = { "applied", "applied",
                         "applied where svinit may write, else fails (238/STATE_DIRECTORY)" },
        [NEED_CACHE] = { "applied", "applied",
                         "applied where svinit may write, else fails (239/CACHE_DIRECTORY)" },
        [NEED_LOGS] = { "applied", "applied",
                        "applied where svinit may write, else fails (240/LOGS_DIRECTORY)" },
        [NEED_CONFIGURATION] = { "applied", "applied",
                                 "applied where svinit may write, else fails (241/CONFIGURATION_DIRECTORY)" },
        [NEED_KEYRING] = { "applied", "noted", "applied" },
        [NEED_NUMA] = { "applied", "noted", "applied" },
        [NEED_IPC] = { "applied", "applied", "nothing is removed: there is no other user" },
        [NEED_UTMP] = { "applied; noted where there is no utmp", "applied; noted where there is no utmp",
                        "noted" },
        [NEED_MODULE] = { "as the kernel's module decides; noted where there is none",
                          "as the kernel's module decides; noted where there is none",
                          "as the kernel's module decides; noted where there is none" },
        [NEED_ROOT] = { "applied", "applied", "fails (210/CHROOT)" },
        [NEED_ROOT_MOUNTS] = { "applied", "noted",
                               "fails with RootDirectory= (210/CHROOT); with PrivateUsers= noted" },
        [NEED_PROC] = { "applied", "noted", "noted" },
        [NEED_TERMINAL] = { "applied", "noted", "noted" },
        [NEED_MOUNTS] = { "applied", "noted",
                          "noted; with PrivateUsers= applied where user namespaces are allowed" },
        [NEED_MOUNTS_AND_CAPABILITIES] = { "applied", "capabilities dropped, the mounts noted", "noted" },
        [NEED_MOUNTS_AND_FILTER] = { "applied", "noted", "noted" },
        [NEED_CAPABILITIES_AND_FILTER] = { "applied", "applied: nobody has these capabilities",
                                           "applied: nobody has these capabilities" },
        [NEED_NAMESPACE_AND_FILTER] = { "applied", "noted",
                                        "noted; with PrivateUsers= applied where user namespaces are "
                                        "allowed" },
        [NEED_NAMESPACE] = { "applied", "noted",
                             "noted; with PrivateUsers= applied where user namespaces are allowed" },
        [NEED_USERS] = { "applied", "noted", "applied where user namespaces are allowed, else noted" },
        [NEED_NAMED_NETWORK] = { "applied", "fails (225/NETWORK)", "fails (225/NETWORK)" },
        [NEED_NAMED_IPC] = { "applied", "fails (226/NAMESPACE)", "fails (226/NAMESPACE)" },
        [NEED_FILTER] = { "applied", "applied, with no-new-privileges; noted without libseccomp",
                          "applied, with no-new-privileges; noted without libseccomp" },
        [NEED_STRICT_FILTER] = { "applied; without libseccomp fails (228/SECCOMP)",
                                 "applied, with no-new-privileges; without libseccomp fails (228/SECCOMP)",
                                 "applied, with no-new-privileges; without libseccomp fails (228/SECCOMP)" },
        [NEED_SECRETS] = { "applied, in memory", "applied, in memory (/dev/shm)",
                           "applied, in memory (/dev/shm)" },
};

static const struct {
        const char *key;
        Need need;
} needs[] = {
        { "AmbientCapabilities", NEED_AMBIENT },
        { "AppArmorProfile", NEED_MODULE },
        { "BindPaths", NEED_MOUNTS },
        { "BindReadOnlyPaths", NEED_MOUNTS },
        { "CPUAffinity", NEED_PROCESSOR },
        { "CPUSchedulingPolicy", NEED_SHARE },
        { "CPUSchedulingPriority", NEED_PRIORITY },
        { "CPUSchedulingResetOnFork", NEED_NOTHING },
        { "CacheDirectory", NEED_CACHE },
        { "CacheDirectoryMode", NEED_NOTHING },
        { "CapabilityBoundingSet", NEED_BOUNDING },
        { "ConfigurationDirectory", NEED_CONFIGURATION },
        { "ConfigurationDirectoryMode", NEED_NOTHING },
        { "CoredumpFilter", NEED_NOTHING },
        { "DynamicUser", NEED_IDENTITY },
        { "Environment", NEED_NOTHING },
        { "EnvironmentFile", NEED_NOTHING },
        { "ExecPaths", NEED_MOUNTS },
        { "ExecSearchPath", NEED_NOTHING },
        { "Group", NEED_IDENTITY },
        { "IOSchedulingClass", NEED_SHARE },
        { "IOSchedulingPriority", NEED_NOTHING },
        { "IPCNamespacePath", NEED_NAMED_IPC },
        { "IgnoreSIGPIPE", NEED_NOTHING },
        { "ImportCredential", NEED_SECRETS },
        { "InaccessiblePaths", NEED_MOUNTS },
        { "KeyringMode", NEED_KEYRING },
        { "LimitAS", NEED_LIMIT },
        { "LimitCORE", NEED_LIMIT },
        { "LimitCPU", NEED_LIMIT },
        { "LimitDATA", NEED_LIMIT },
        { "LimitFSIZE", NEED_LIMIT },
        { "LimitLOCKS", NEED_LIMIT },
        { "LimitMEMLOCK", NEED_LIMIT },
        { "LimitMSGQUEUE", NEED_LIMIT },
        { "LimitNICE", NEED_LIMIT },
        { "LimitNOFILE", NEED_LIMIT },
        { "LimitNPROC", NEED_LIMIT },
        { "LimitRSS", NEED_LIMIT },
        { "LimitRTPRIO", NEED_LIMIT },
        { "LimitRTTIME", NEED_LIMIT },
        { "LimitSIGPENDING", NEED_LIMIT },
        { "LimitSTACK", NEED_LIMIT },
        { "LoadCredential", NEED_SECRETS },
        { "LockPersonality", NEED_FILTER },
        { "LogExtraFields", NEED_NOTHING },
        { "LogLevelMax", NEED_NOTHING },
        { "LogRateLimitBurst", NEED_NOTHING },
        { "LogRateLimitIntervalSec", NEED_NOTHING },
        { "LogsDirectory", NEED_LOGS },
        { "LogsDirectoryMode", NEED_NOTHING },
        { "MemoryDenyWriteExecute", NEED_FILTER },
        { "MountAPIVFS", NEED_ROOT_MOUNTS },
        { "MountFlags", NEED_MOUNTS },
        { "NUMAMask", NEED_NUMA },
        { "NUMAPolicy", NEED_NUMA },
        { "NetworkNamespacePath", NEED_NAMED_NETWORK },
        { "Nice", NEED_SHARE },
        { "NoExecPaths", NEED_MOUNTS },
        { "NoNewPrivileges", NEED_NOTHING },
        { "OOMScoreAdjust", NEED_SHARE },
        { "PassEnvironment", NEED_NOTHING },
        { "Personality", NEED_NOTHING },
        { "PrivateDevices", NEED_MOUNTS_AND_CAPABILITIES },
        { "PrivateIPC", NEED_NAMESPACE },
        { "PrivateMounts", NEED_MOUNTS },
        { "PrivateNetwork", NEED_NAMESPACE },
        { "PrivateTmp", NEED_MOUNTS },
        { "PrivateUsers", NEED_USERS },
        { "ProcSubset", NEED_PROC },
        { "ProtectClock", NEED_CAPABILITIES_AND_FILTER },
        { "ProtectControlGroups", NEED_MOUNTS },
        { "ProtectHome", NEED_MOUNTS },
        { "ProtectHostname", NEED_NAMESPACE_AND_FILTER },
        { "ProtectKernelLogs", NEED_MOUNTS_AND_CAPABILITIES },
        { "ProtectKernelModules", NEED_MOUNTS_AND_CAPABILITIES },
        { "ProtectKernelTunables", NEED_MOUNTS_AND_FILTER },
        { "ProtectProc", NEED_PROC },
        { "ProtectSystem", NEED_MOUNTS },
        { "ReadOnlyPaths", NEED_MOUNTS },
        { "ReadWritePaths", NEED_MOUNTS },
        { "RemoveIPC", NEED_IPC },
        { "RestrictAddressFamilies", NEED_FILTER },
        { "RestrictNamespaces", NEED_FILTER },
        { "RestrictRealtime", NEED_FILTER },
        { "RestrictSUIDSGID", NEED_FILTER },
        { "RootDirectory", NEED_ROOT },
        { "RuntimeDirectory", NEED_RUNTIME },
        { "RuntimeDirectoryMode", NEED_NOTHING },
        { "RuntimeDirectoryPreserve", NEED_NOTHING },
        { "SELinuxContext", NEED_MODULE },
        { "SecureBits", NEED_SECURE_BITS },
        { "SetCredential", NEED_SECRETS },
        { "SmackProcessLabel", NEED_MODULE },
        { "StandardError", NEED_NOTHING },
        { "StandardInput", NEED_NOTHING },
        { "StandardInputData", NEED_NOTHING },
        { "StandardInputText", NEED_NOTHING },
        { "StandardOutput", NEED_NOTHING },
        { "StateDirectory", NEED_STATE },
        { "StateDirectoryMode", NEED_NOTHING },
        { "SupplementaryGroups", NEED_IDENTITY },
        { "SyslogFacility", NEED_NOTHING },
        { "SyslogIdentifier", NEED_NOTHING },
        { "SyslogLevel", NEED_NOTHING },
        { "SyslogLevelPrefix", NEED_NOTHING },
        { "SystemCallArchitectures", NEED_STRICT_FILTER },
        { "SystemCallErrorNumber", NEED_NOTHING },
        { "SystemCallFilter", NEED_STRICT_FILTER },
        { "SystemCallLog", NEED_FILTER },
        { "TTYColumns", NEED_NOTHING },
        { "TTYPath", NEED_NOTHING },
        { "TTYReset", NEED_NOTHING },
        { "TTYRows", NEED_NOTHING },
        { "TTYVHangup", NEED_TERMINAL },
        { "TTYVTDisallocate", NEED_NOTHING },
        { "TemporaryFileSystem", NEED_MOUNTS },
        { "TimerSlackNSec", NEED_NOTHING },
        { "UMask", NEED_NOTHING },
        { "UnsetEnvironment", NEED_NOTHING },
        { "User", NEED_IDENTITY },
        { "UtmpIdentifier", NEED_UTMP },
        { "UtmpMode", NEED_UTMP },
        { "WorkingDirectory", NEED_NOTHING },
        { "X-ExpandFileVariables", NEED_NOTHING },
        { "X-PassManagerEnvironment", NEED_NOTHING },
};

const char *place_to_string(Place p) {
        return (int)p >= 0 && p < PLACE_MAX ? places[p] : NULL;
}

static bool is_of_exec(const Directive *d) {
        return str_equal(d->section, "*exec") && !d->alias_of;
}

const char *directive_outcome(const Directive *d, Place p) {
        if (!is_of_exec(d) || !place_to_string(p))
                return NULL;
        if (d->support == SUPPORT_IGNORED)
                return "ignored";
        if (d->support == SUPPORT_REFUSED)
                return "the unit is refused";
        for (size_t i = 0; i < ELEMENTSOF(needs); i++)
                if (str_equal(needs[i].key, d->key))
                        return outcomes[needs[i].need][p];
        return NULL;
}

static Need find_need(const Directive *d) {
        for (size_t i = 0; i < ELEMENTSOF(needs); i++)
                if (str_equal(needs[i].key, d->key))
                        return needs[i].need;
        return NEED_NOTHING;
}

#define POLICY_FIFO 1 /* sched_setscheduler(2) */
#define POLICY_RR 2
#define IO_CLASS_REALTIME 1 /* ioprio_set(2) */

static bool asks_for_more_than_usual(const Directive *d, const ExecSpec *e) {
        if (str_equal(d->key, "Nice"))
                return e->nice < 0;
        if (str_equal(d->key, "OOMScoreAdjust"))
                return e->oom_score_adjust < 0;
        if (str_equal(d->key, "IOSchedulingClass"))
                return e->io_class == IO_CLASS_REALTIME;
        return e->cpu_policy == POLICY_FIFO || e->cpu_policy == POLICY_RR;
}

const char *setting_lack(const Directive *d, const UnitSpec *s, Place p) {
        const char *outcome = is_of_exec(d) && d->support == SUPPORT_FULL ? directive_outcome(d, p) : NULL;

        if (!outcome || p == PLACE_PRIVILEGED)
                return NULL;
        switch (find_need(d)) {
        case NEED_SHARE:
        case NEED_PRIORITY:
                return asks_for_more_than_usual(d, s->exec) ? "noted" : NULL;
        case NEED_MOUNTS:
        case NEED_NAMESPACE:
        case NEED_NAMESPACE_AND_FILTER:
        case NEED_USERS:
                /* Where user namespaces are allowed is not known before it is tried. */
                return p == PLACE_USER && s->sandbox->private_users ? NULL : "noted";
        default:
                return str_starts_with(outcome, "applied") || str_starts_with(outcome, "as ") ||
                                       str_starts_with(outcome, "nothing")
                               ? NULL
                               : outcome;
        }
}

static void dump_table(const Directive *rows, Buf *b) {
        for (const Directive *d = rows; d->key; d++) {
                if (!is_of_exec(d))
                        continue;
                buf_add(b, d->key);
                for (Place p = 0; p < PLACE_MAX; p++)
                        buf_addf(b, "\t%s", directive_outcome(d, p) ?: "");
                buf_add_char(b, '\n');
        }
}

void directives_dump_outcomes(Buf *b) {
        dump_table(exec_directives, b);
        dump_table(sandbox_directives, b);
}
