/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Which filters a unit asks for, without building any: PID 1 asks this at each spawn. */

#include "exec/seccomp.h"

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

bool seccomp_filter_is_wanted(const ExecPlan *p) {
        return p->apply_sandbox && p->sandbox && (p->sandbox->system_calls || p->sandbox->architectures);
}

static bool log_is_wanted(const ExecPlan *p) {
        return p->apply_sandbox && p->sandbox && p->sandbox->system_call_log;
}

bool seccomp_is_wanted(const ExecPlan *p) {
        for (Restriction i = 0; i < RESTRICTION_MAX; i++)
                if (seccomp_restriction_is_wanted(p, i))
                        return true;
        return seccomp_filter_is_wanted(p) || log_is_wanted(p);
}

bool seccomp_is_explicit(const ExecPlan *p) {
        for (Restriction i = 0; i < RESTRICTION_MAX; i++)
                if (!restrictions[i].secondary && seccomp_restriction_is_wanted(p, i))
                        return true;
        return seccomp_filter_is_wanted(p) || log_is_wanted(p);
}

bool seccomp_restriction_is_primary(Restriction r) {
        return !restrictions[r].secondary;
}

const char *seccomp_restriction_key(Restriction r) {
        return restrictions[r].key;
}

static uint64_t hash(uint64_t h, const void *data, size_t n) {
        for (const unsigned char *p = data; n > 0; p++, n--)
                h = (h ^ *p) * UINT64_C(1099511628211);
        return h;
}

static uint64_t hash_words(uint64_t h, char *const *words) {
        STRV_FOREACH (w, words)
                h = hash(h, *w, strlen(*w) + 1);
        return hash(h, "", 1);
}

/* Of all that the filters depend on. */
uint64_t exec_filter_key(const ExecPlan *p) {
        const SandboxSpec *s = p->sandbox;
        const char *persona = p->exec->personality ?: "";
        uint64_t h = UINT64_C(14695981039346656037);

        if (!seccomp_is_wanted(p))
                return 0;
        for (Restriction i = 0; i < RESTRICTION_MAX; i++)
                h = hash(h, seccomp_restriction_is_wanted(p, i) ? "1" : "0", 1);
        h = hash_words(h, s->system_calls);
        h = hash_words(h, s->system_call_log);
        h = hash_words(h, s->architectures);
        h = hash_words(h, s->address_families);
        h = hash(h, &s->system_call_error, sizeof(s->system_call_error));
        h = hash(h, &s->namespaces, sizeof(s->namespaces));
        h = hash(h, persona, strlen(persona));
        return h ?: 1;
}
