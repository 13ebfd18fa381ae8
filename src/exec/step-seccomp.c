/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "exec/seccomp-rules.h"

#include <errno.h>
#include <stdio.h>

static bool families_are_restricted(const SandboxSpec *s) {
        return s->address_families != NULL;
}

static bool namespaces_are_restricted(const SandboxSpec *s) {
        return s->namespaces != UINT64_MAX;
}

static bool realtime_is_restricted(const SandboxSpec *s) {
        return s->restrict_realtime;
}

static bool suid_sgid_is_restricted(const SandboxSpec *s) {
        return s->restrict_suid_sgid;
}

static bool personality_is_locked(const SandboxSpec *s) {
        return s->lock_personality;
}

static bool write_execute_is_denied(const SandboxSpec *s) {
        return s->memory_deny_write_execute;
}

static bool clock_is_protected(const SandboxSpec *s) {
        return s->protect_clock;
}

static bool hostname_is_protected(const SandboxSpec *s) {
        return s->protect_hostname;
}

static bool kernel_logs_are_protected(const SandboxSpec *s) {
        return s->protect_kernel_logs;
}

static bool kernel_modules_are_protected(const SandboxSpec *s) {
        return s->protect_kernel_modules;
}

static bool kernel_tunables_are_protected(const SandboxSpec *s) {
        return s->protect_kernel_tunables;
}

static bool devices_are_private(const SandboxSpec *s) {
        return s->private_devices;
}

static const struct {
        const char *key;
        bool (*is_set)(const SandboxSpec *s);
        bool secondary; /* capabilities, mounts and namespaces do the same; the filter only adds to them */
} restrictions[RESTRICTION_MAX] = {
        [RESTRICTION_ADDRESS_FAMILIES] = { "RestrictAddressFamilies", families_are_restricted },
        [RESTRICTION_NAMESPACES] = { "RestrictNamespaces", namespaces_are_restricted },
        [RESTRICTION_REALTIME] = { "RestrictRealtime", realtime_is_restricted },
        [RESTRICTION_SUID_SGID] = { "RestrictSUIDSGID", suid_sgid_is_restricted },
        [RESTRICTION_PERSONALITY] = { "LockPersonality", personality_is_locked },
        [RESTRICTION_WRITE_EXECUTE] = { "MemoryDenyWriteExecute", write_execute_is_denied },
        [RESTRICTION_CLOCK] = { "ProtectClock", clock_is_protected, true },
        [RESTRICTION_HOSTNAME] = { "ProtectHostname", hostname_is_protected, true },
        [RESTRICTION_KERNEL_LOGS] = { "ProtectKernelLogs", kernel_logs_are_protected, true },
        [RESTRICTION_KERNEL_MODULES] = { "ProtectKernelModules", kernel_modules_are_protected, true },
        [RESTRICTION_KERNEL_TUNABLES] = { "ProtectKernelTunables", kernel_tunables_are_protected, true },
        [RESTRICTION_DEVICES] = { "PrivateDevices", devices_are_private, true },
};

bool seccomp_restriction_is_wanted(const ExecPlan *p, Restriction r) {
        return p->apply_sandbox && p->sandbox && restrictions[r].is_set(p->sandbox);
}

static bool filter_is_wanted(const ExecPlan *p) {
        return p->apply_sandbox && p->sandbox && (p->sandbox->system_calls || p->sandbox->architectures);
}

static bool log_is_wanted(const ExecPlan *p) {
        return p->apply_sandbox && p->sandbox && p->sandbox->system_call_log;
}

bool seccomp_is_wanted(const ExecPlan *p) {
        for (Restriction i = 0; i < RESTRICTION_MAX; i++)
                if (seccomp_restriction_is_wanted(p, i))
                        return true;
        return filter_is_wanted(p) || log_is_wanted(p);
}

bool seccomp_is_explicit(const ExecPlan *p) {
        for (Restriction i = 0; i < RESTRICTION_MAX; i++)
                if (!restrictions[i].secondary && seccomp_restriction_is_wanted(p, i))
                        return true;
        return filter_is_wanted(p) || log_is_wanted(p);
}

/* What stands behind no other fence; those that do are as good as applied. */
static void note_restrictions(ExecContext *c, const char *reason) {
        for (Restriction i = 0; i < RESTRICTION_MAX; i++)
                if (!restrictions[i].secondary && seccomp_restriction_is_wanted(c->plan, i))
                        exec_note_text(c, restrictions[i].key, reason);
}

static int refuse_filter(ExecContext *c, const char *reason) {
        char text[128];

        (void)snprintf(text, sizeof(text), "%s: %s= %s", c->plan->command->path,
                       c->plan->sandbox->system_calls ? "SystemCallFilter" : "SystemCallArchitectures",
                       reason);
        exec_detail(c, text);
        return -EOPNOTSUPP;
}

/* SystemCallFilter= is applied or the unit fails; the others are fences that the service never sees. */
static int do_without(ExecContext *c, const char *reason) {
        note_restrictions(c, reason);
        if (log_is_wanted(c->plan))
                exec_note_text(c, "SystemCallLog", reason);
        return filter_is_wanted(c->plan) ? refuse_filter(c, reason) : 0;
}

#if HAVE_LIBSECCOMP

static bool restrictions_are_wanted(const ExecPlan *p) {
        for (Restriction i = 0; i < RESTRICTION_MAX; i++)
                if (seccomp_restriction_is_wanted(p, i))
                        return true;
        return false;
}

/* Whatever is listed may run, and nothing else: no rules, only architectures. */
static int build_architectures(const SeccompLibrary *l, char *const *names, void **ret) {
        scmp_filter_ctx filter = l->init(SCMP_ACT_ALLOW);
        int r;

        if (!filter)
                return -ENOMEM;
        r = l->attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
        if (r >= 0)
                r = l->attr_set(filter, SCMP_FLTATR_CTL_NNP, 0);
        STRV_FOREACH (name, names) {
                int added = r < 0 ? 0 : l->arch_add(filter, seccomp_architecture_from_string(*name));

                /* There already: ours always is. Another byte order or word size cannot run here anyway. */
                if (added < 0 && added != -EEXIST && added != -EINVAL && added != -EDOM)
                        r = added;
        }
        if (r < 0) {
                l->release(filter);
                return r;
        }
        *ret = filter;
        return 0;
}

/* Worked out before the service's own root is entered: the library lies in ours. */
int step_prepare_filters(ExecContext *c) {
        const ExecPlan *p = c->plan;
        const SandboxSpec *s = p->sandbox;
        const SeccompLibrary *l;
        int r = 0;

        if (!seccomp_is_wanted(p))
                return 0;
        l = seccomp_library();
        if (!l)
                return do_without(c, "needs libseccomp, which is not installed");
        if (restrictions_are_wanted(p))
                r = seccomp_build(l, p, SCMP_ACT_ALLOW, seccomp_add_restrictions, &c->restrictions);
        if (r >= 0 && s->architectures)
                r = build_architectures(l, s->architectures, &c->architectures);
        if (r >= 0 && s->system_call_log)
                r = seccomp_build(l, p, s->system_call_log[0][0] == '~' ? SCMP_ACT_LOG : SCMP_ACT_ALLOW,
                                  seccomp_add_log, &c->call_log);
        if (r >= 0 && s->system_calls)
                r = seccomp_build(l, p, seccomp_filter_default(p), seccomp_add_calls, &c->call_filter);
        return r;
}

static int load(void *filter) {
        return filter ? seccomp_library()->load(filter) : 0;
}

/* EACCES: neither CAP_SYS_ADMIN nor no-new-privileges, which only secondary restrictions do not imply. */
int step_restrictions(ExecContext *c) {
        int r = load(c->restrictions);

        if (r == -EACCES && !seccomp_is_explicit(c->plan))
                return 0;
        if (r >= 0)
                return 0;
        if (!c->plan->ignore_missing_privilege)
                return r;
        note_restrictions(c, "the kernel refuses system call filters here");
        return 0;
}

int step_filter(ExecContext *c) {
        int r = load(c->architectures);

        if (r >= 0)
                (void)load(c->call_log); /* a wish; what follows is not */
        if (r >= 0)
                r = load(c->call_filter);
        return r < 0 ? refuse_filter(c, "cannot be applied: the kernel refuses system call filters here") : 0;
}

#else

int step_prepare_filters(ExecContext *c) {
        return seccomp_is_wanted(c->plan) ? do_without(c, "needs a svinit that was built with libseccomp")
                                          : 0;
}

int step_restrictions(ExecContext *c) {
        return 0;
}

int step_filter(ExecContext *c) {
        return 0;
}

#endif
