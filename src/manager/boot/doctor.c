/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "manager/doctor.h"

#include "host/account-file.h"
#include "manager/manager-internal.h"

#include <errno.h>
#include <limits.h>
#include <linux/capability.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* What each of Docker's default capabilities is for svinit: without them less of systemd.exec(5) can be done. */
static const int wanted_capabilities[] = { CAP_CHOWN,  CAP_DAC_OVERRIDE, CAP_FOWNER,  CAP_KILL,
                                           CAP_SETGID, CAP_SETUID,       CAP_SETPCAP, CAP_SYS_CHROOT };

static const char *const levels[FACT_LEVEL_MAX] = {
        [FACT_FULL] = "full", [FACT_LIMITED] = "limited", [FACT_MISSING] = "missing"
};

const char *fact_level_to_string(FactLevel l) {
        return levels[l];
}

void facts_release(Facts *f) {
        for (size_t i = 0; i < f->n; i++)
                free(f->v[i].value);
        free(f->v);
        *f = (Facts){ 0 };
}

static int PRINTF_LIKE(5, 6)
        add(Facts *f, const char *name, FactLevel level, const char *meaning, const char *format, ...) {
        char *value = NULL;
        va_list ap;
        int n;

        if (array_reserve(&f->v, &f->capacity, f->n + 1, sizeof(*f->v)) < 0)
                return -ENOMEM;
        va_start(ap, format);
        n = vasprintf(&value, format, ap);
        va_end(ap);
        if (n < 0)
                return -ENOMEM;
        f->v[f->n++] = (Fact){ name, level, value, meaning };
        return 0;
}

static int add_place(Manager *m, Facts *f) {
        const char *kind = m->host.container ? m->host.virtualization : "none: this is a machine";
        int r = add(f, "container", FACT_FULL,
                    "By what the engine leaves for the container's contents to see.", "%s", kind);

        if (r >= 0)
                r = add(f, "PID 1", m->host.pid1 ? FACT_FULL : FACT_LIMITED,
                        m->host.pid1
                                ? "All orphans of the container become svinit's, which reaps them."
                                : "svinit is a subreaper: orphans of its own services are reaped, others are "
                                  "left to the real PID 1. Nothing else differs.",
                        "%s", m->host.pid1 ? "yes" : "no");
        if (r >= 0)
                r = add(f, "user", m->host.root ? FACT_FULL : FACT_LIMITED,
                        m->host.root
                                ? "Units run as whom User= says."
                                : "User= and Group= of anybody else fail the unit (217/USER, 216/GROUP).",
                        "%s (uid %s)", m->host.specifiers.user, m->host.specifiers.uid);
        return r;
}

static FactLevel capability_level(uint64_t set) {
        for (size_t i = 0; i < ELEMENTSOF(wanted_capabilities); i++)
                if (!(set & UINT64_C(1) << wanted_capabilities[i]))
                        return set ? FACT_LIMITED : FACT_MISSING;
        return set & UINT64_C(1) << CAP_SYS_ADMIN ? FACT_FULL : FACT_LIMITED;
}

static int add_capabilities(const KernelFacts *k, Facts *f) {
        unsigned n = (unsigned)__builtin_popcountll(k->capabilities), known = CAP_LAST_CAP + 1;
        Buf b auto_buf = { 0 };

        for (int i = 0; n < known && i <= CAP_LAST_CAP; i++)
                if (k->capabilities & UINT64_C(1) << i && capability_to_string(i))
                        buf_addf(&b, " %s", capability_to_string(i) + strlen("cap_"));
        return add(f, "capabilities", capability_level(k->capabilities),
                   "Without SYS_ADMIN there are no namespaces, without SYS_NICE no negative nice levels, "
                   "without "
                   "SYS_RESOURCE no limits above the hard ones, without SETUID, SETGID and SETPCAP no other "
                   "identity.",
                   "%s%s",
                   n >= known ? "all"
                   : n > 0    ? "only"
                              : "none",
                   b.data ?: "");
}

static int add_privileges(const KernelFacts *k, Facts *f) {
        int r = add(f, "no-new-privileges", k->no_new_privileges ? FACT_LIMITED : FACT_FULL,
                    k->no_new_privileges ? "Set-uid programs such as sudo gain nothing, in no unit."
                                         : "Set-uid programs work, but for units with NoNewPrivileges=.",
                    "%s", k->no_new_privileges ? "set" : "not set");

        if (r >= 0 && k->seccomp_mode < 0)
                r = add(f, "seccomp", FACT_MISSING,
                        "SystemCallFilter= fails the unit (228/SECCOMP); Restrict...= are left out.", "%s",
                        strerror(-k->seccomp_mode));
        else if (r >= 0)
                r = add(f, "seccomp", k->seccomp_mode > 0 ? FACT_LIMITED : FACT_FULL,
                        k->seccomp_mode > 0
                                ? "The engine's filter holds for all units, and theirs on top of it."
                                : "Units can have filters of system calls.",
                        "%s", k->seccomp_mode > 0 ? "a filter of the engine's" : "no filter");
        if (r >= 0) {
                bool found = exec_has_filter_library();

                r = add(f, "libseccomp", found ? FACT_FULL : FACT_MISSING,
                        found ? "Makes the filters of units."
                              : "SystemCallFilter= and SystemCallArchitectures= fail the unit (228/SECCOMP), "
                                "Restrict...= are left out: install libseccomp2.",
                        "%s", found ? "found" : "not found");
        }
        return r;
}

static int add_namespaces(const KernelFacts *k, Facts *f) {
        Buf yes auto_buf = { 0 }, no auto_buf = { 0 };
        unsigned n = 0;
        int r;

        for (NamespaceKind i = 0; i < NAMESPACE_KIND_MAX; i++) {
                buf_addf(k->namespaces[i] < 0 ? &no : &yes, " %s", namespace_kind_to_string(i));
                n += k->namespaces[i] == 0;
        }
        r = add(f, "namespaces",
                n == NAMESPACE_KIND_MAX ? FACT_FULL
                : n > 0                 ? FACT_LIMITED
                                        : FACT_MISSING,
                "Private...=, Protect...= and ...Paths= need them; units run without what is denied, and say "
                "so.",
                "%s%s%s%s", n > 0 ? "allowed:" : "all denied", n > 0 ? yes.data ?: "" : "",
                n > 0 && n < NAMESPACE_KIND_MAX ? "; denied:" : "", n > 0 ? no.data ?: "" : "");
        if (r >= 0)
                r = add(f, "mount", k->mount < 0 ? FACT_MISSING : FACT_FULL,
                        k->mount < 0 ? "Units see the container's files as they are."
                                     : "Units can have their own view of the files.",
                        "%s", k->mount < 0 ? strerror(-k->mount) : "allowed");
        if (r >= 0)
                r = add(f, "clone3", k->clone3 < 0 ? FACT_LIMITED : FACT_FULL,
                        k->clone3 < 0
                                ? "Processes enter their control group by themselves, before they execute."
                                : "Processes are born in their control group.",
                        "%s", k->clone3 < 0 ? strerror(-k->clone3) : "allowed");
        return r;
}

static const struct {
        FactLevel level;
        const char *meaning;
} tiers[GROUP_TIER_MAX] = {
        [TIER_V2] = { FACT_FULL, "Each unit has its own group: no process escapes." },
        [TIER_HYBRID] = { FACT_FULL, "Units are tracked by version 2 and limited by version 1." },
        [TIER_V1] = { FACT_LIMITED,
                      "Each unit has its own group of version 1: its end is looked for, not told." },
        [TIER_SHIM] = { FACT_LIMITED,
                        "None can be made: svinit-shim keeps the processes of a unit together, and "
                        "limits such as MemoryMax= are left out." },
};

static int add_size(Facts *f, const char *name, uint64_t n, const char *meaning) {
        if (n == UINT64_MAX)
                return add(f, name, FACT_FULL, meaning, "none to be seen");
        return add(f, name, FACT_LIMITED, meaning, "%llu", (unsigned long long)n);
}

static int add_groups(Manager *m, Facts *f) {
        GroupTier tier = groups_tier(m->groups);
        GroupsFacts g;
        int r;

        groups_facts(m->groups, &g);
        r = add(f, "control groups", tiers[tier].level, tiers[tier].meaning, "%s%s%s",
                group_tier_to_string(tier), g.hierarchy ? "" : "; none is mounted",
                g.hierarchy && !g.writable ? "; read-only" : "");
        if (r >= 0)
                r = add(f, "controllers",
                        g.memory && g.pids && g.cpu           ? FACT_FULL
                        : g.memory || g.pids || g.cpu || g.io ? FACT_LIMITED
                                                              : FACT_MISSING,
                        "Which limits units can have: MemoryMax=, TasksMax=, CPUQuota=, IOWeight=.",
                        "%s%s%s%s%s", g.memory ? "memory " : "", g.pids ? "pids " : "", g.cpu ? "cpu " : "",
                        g.io ? "io" : "", g.memory || g.pids || g.cpu || g.io ? "" : "none");
        if (r >= 0)
                r = add_size(f, "memory limit", g.memory_max,
                             "Of the container, in bytes: beyond it the kernel kills, svinit tells which "
                             "unit it was.");
        if (r >= 0)
                r = add_size(
                        f, "process limit", g.pids_max,
                        "Of the container: beyond it nothing can be started, the start fails and says so.");
        return r;
}

static int add_files(Manager *m, Facts *f) {
        const RlimitPair *l = &m->host.original_nofile;

        return add(f, "descriptors", l->hard < 4096 ? FACT_LIMITED : FACT_FULL,
                   "Soft and hard limit that units get unless LimitNOFILE= says otherwise; svinit itself "
                   "uses the "
                   "hard one, two for each service.",
                   "%llu, %llu", (unsigned long long)l->soft, (unsigned long long)l->hard);
}

static int add_runtime(Manager *m, Facts *f) {
        bool usual = str_equal(m->host.runtime_dir, "/run");

        if (!m->host.runtime_writable)
                return add(f, "run-time directory", FACT_MISSING,
                           "No sockets and no generators: svctl and systemctl cannot reach svinit. Mount a "
                           "tmpfs on "
                           "/run.",
                           "none can be written");
        return add(f, "run-time directory", usual ? FACT_FULL : FACT_LIMITED,
                   usual ? "Sockets, generated units, RuntimeDirectory= and credentials."
                         : "/run cannot be written: svctl finds svinit here, systemctl does not. Mount a "
                           "tmpfs on "
                           "/run.",
                   "%s", m->host.runtime_dir);
}

static int add_journal(Manager *m, Facts *f) {
        static const char persistent[] = "/var/log/journal";
        char path[256], target[PATH_MAX] = "";
        int r;

        if (!m->journal)
                return add(
                        f, "journal", FACT_LIMITED,
                        "Beside a command there is none, unless --with-units is given: what it writes is the "
                        "container's output.",
                        "none");
        if (access(persistent, W_OK) >= 0)
                r = add(f, "journal", FACT_FULL, "Stored on disk, in journal files.", "%s", persistent);
        else if (m->host.runtime_writable)
                r = add(f, "journal", FACT_LIMITED,
                        "Lost with the container: /var/log/journal cannot be written.", "%s/log/journal",
                        m->host.runtime_dir);
        else
                r = add(f, "journal", FACT_MISSING,
                        "Nothing is stored: the container's output has all of it.", "in memory");
        if (r < 0)
                return r;
        (void)snprintf(path, sizeof(path), "%s/systemd/journal/dev-log", m->host.runtime_dir);
        if (readlink("/dev/log", target, sizeof(target) - 1) >= 0 && str_equal(target, path))
                return add(f, "/dev/log", FACT_FULL, "What programs say by syslog(3) is in the journal.",
                           "%s", path);
        return add(f, "/dev/log", FACT_MISSING,
                   "What programs say by syslog(3) is lost: /dev cannot be written.", "not there");
}

static int add_stop(Manager *m, Facts *f) {
        usec_t budget = manager_stop_budget(m);
        Buf b auto_buf = { 0 };
        int r;

        if (budget != USEC_INFINITY)
                timespan_format(budget, &b);
        r = add(f, "stop budget", FACT_FULL,
                "All units together have so long to stop, then what is left is killed. Less than the "
                "engine's "
                "patience (docker stop: 10 s, Kubernetes: 30 s); SVINIT_STOP_BUDGET= sets it.",
                "%s", b.data ?: "unlimited");
        if (r >= 0)
                r = add(f, "strict", FACT_FULL,
                        manager_is_strict(m) ? "What cannot be applied here fails the unit."
                                             : "Units run without what cannot be applied here, and say so.",
                        "%s", manager_is_strict(m) ? "yes" : "no");
        return r;
}

/* Kept, but for what only says that there is no process to spare now. */
static const KernelFacts *kernel_facts(Manager *m) {
        KernelFacts **k = &m->internal->kernel_facts;
        bool known = *k && (*k)->namespaces[0] != -EAGAIN && (*k)->namespaces[0] != -ENOMEM;

        if (!*k)
                *k = malloc(sizeof(**k));
        if (*k && !known)
                kernel_facts_find(*k);
        return *k;
}

int manager_facts(Manager *m, Facts *ret) {
        static int (*const own[])(Manager * m, Facts * f) = { add_place,   add_groups,  add_files,
                                                              add_runtime, add_journal, add_stop };
        static int (*const kernels[])(const KernelFacts *k, Facts *f) = { add_capabilities, add_privileges,
                                                                          add_namespaces };
        const KernelFacts *k = kernel_facts(m);
        int r = k ? 0 : -ENOMEM;

        for (size_t i = 0; r >= 0 && i < ELEMENTSOF(kernels) + ELEMENTSOF(own); i++)
                r = i == 0                     ? own[0](m, ret)
                    : i <= ELEMENTSOF(kernels) ? kernels[i - 1](k, ret)
                                               : own[i - ELEMENTSOF(kernels)](m, ret);
        return r;
}

/* Steps whose failure means that a unit would have run as somebody it must not be, or seen by whom it must not be. */
static bool code_is_refusal(int code) {
        static const int codes[] = { 216, 217, 218, 227, 228, 229, 231, 243 };

        for (size_t i = 0; i < ELEMENTSOF(codes); i++)
                if (codes[i] == code)
                        return true;
        return false;
}

static int visit_failure(const Unit *u, RefusalVisitor visit, void *userdata) {
        const UnitRuntime *rt = unit_runtime(u);
        const RunRecord *main = &rt->machine.service.main;
        char key[32];

        if (main->code != CLD_EXITED || rt->failed_pid == 0 || rt->failed_pid != main->pid ||
            !code_is_refusal(main->status))
                return 0;
        (void)snprintf(key, sizeof(key), "%d/%s", main->status, exec_exit_code_to_string(main->status));
        return visit(u, key, strerror(-rt->failed_error), userdata);
}

/* What is sure to fail, tried or not: 1 when it was told. A name that only a name service knows may be our own. */
static int visit_user(const Unit *u, RefusalVisitor visit, void *userdata) {
        const ExecSpec *e = u->spec->exec;
        AccountEntry entry = { 0 };
        int r = 0;

        if (geteuid() == 0 || !e->user || e->dynamic_user)
                return 0;
        if (account_file_user(e->user, &entry) >= 0 && entry.uid != geteuid()) {
                r = visit(u, "User", "svinit is not root and can be nobody else", userdata);
                r = r < 0 ? r : 1;
        }
        account_entry_release(&entry);
        return r;
}

static int visit_secrets(const Unit *u, RefusalVisitor visit, void *userdata) {
        const Report *here = &unit_runtime(u)->unapplied;
        int r = 0;

        for (size_t i = 0; i < here->n_findings && r >= 0; i++) {
                const Finding *f = here->findings + i;

                if (f->key && str_ends_with(f->key, "Credential"))
                        r = visit(u, f->key, "the credentials lie on disk", userdata);
        }
        return r;
}

int manager_visit_refusals(const Manager *m, RefusalVisitor visit, void *userdata) {
        int r = 0;

        for (Unit *u = graph_next_unit(m->graph, NULL); u && r >= 0; u = graph_next_unit(m->graph, u)) {
                if (u->type != UNIT_SERVICE || u->load_state != LOAD_LOADED)
                        continue;
                r = visit_user(u, visit, userdata);
                if (r == 0)
                        r = visit_failure(u, visit, userdata);
                if (r >= 0)
                        r = visit_secrets(u, visit, userdata);
        }
        return r;
}
