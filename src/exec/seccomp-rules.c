/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What single directives deny, as rules over system calls and their arguments:
 * one row for each directive. Arguments behind pointers are out of reach of a
 * filter; calls that take them that way answer ENOSYS, so that the C library
 * falls back on those that do not.
 */

#include "exec/seccomp-rules.h"
#include "unit/address-families.h"

#if HAVE_LIBSECCOMP

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/shm.h>
#include <sys/stat.h>

#define DENIED SCMP_ACT_ERRNO(EPERM)
#define MISSING SCMP_ACT_ERRNO(ENOSYS)
#define HAS_BITS(argument, bits) SCMP_CMP64(argument, SCMP_CMP_MASKED_EQ, (uint64_t)(bits), (uint64_t)(bits))

/* A call that this architecture lacks needs no rule. */
int seccomp_add_rule(const SeccompBuild *b, uint32_t action, const char *call,
                     const struct scmp_arg_cmp *args, unsigned n_args) {
        int number = b->library->resolve_name(call), r;

        if (number == __NR_SCMP_ERROR)
                return 0;
        r = b->library->rule_add(b->filter, action, number, n_args, args);
        return r == -EDOM || r == -ENOSYS || r == -EEXIST ? 0 : r;
}

static int deny_one(const SeccompBuild *b, uint32_t action, const char *call, struct scmp_arg_cmp arg) {
        return seccomp_add_rule(b, action, call, &arg, 1);
}

/* "~@GROUP" */
static int deny_all(const SeccompBuild *b, const char *group) {
        char *words[] = { (char *)group, NULL };
        SystemCallSet set;
        int r = system_calls_resolve(words, &set);

        for (size_t i = 0; r >= 0 && i < set.n; i++)
                r = seccomp_add_rule(b, DENIED, set.v[i].name, NULL, 0);
        system_call_set_release(&set);
        return r;
}

/* There socket() is one of many behind a call whose arguments lie in memory. */
static bool has_socketcall(uint32_t architecture) {
        return architecture == SCMP_ARCH_X86 || architecture == SCMP_ARCH_S390 ||
               architecture == SCMP_ARCH_S390X || architecture == SCMP_ARCH_PPC;
}

static int add_address_families(const SeccompBuild *b) {
        const uint32_t refused = SCMP_ACT_ERRNO(EAFNOSUPPORT);
        AddressFamilies f = address_families_resolve(b->plan->sandbox->address_families);
        int r = 0;

        if (has_socketcall(b->architecture))
                return 0;
        /* An int in the kernel: a family has no bits above. */
        for (int family = 0; r >= 0 && family < ADDRESS_FAMILY_LIMIT; family++)
                if (!(f.set & UINT64_C(1) << family) == f.allow)
                        r = deny_one(b, refused, "socket",
                                     SCMP_CMP64(0, SCMP_CMP_MASKED_EQ, UINT32_MAX, (uint64_t)family));
        if (r >= 0 && f.allow)
                r = deny_one(b, refused, "socket",
                             SCMP_CMP64(0, SCMP_CMP_GE, (uint64_t)ADDRESS_FAMILY_LIMIT, 0));
        return r;
}

static int add_namespaces(const SeccompBuild *b) {
        uint64_t allowed = b->plan->sandbox->namespaces;
        unsigned flags_at = b->architecture == SCMP_ARCH_S390X || b->architecture == SCMP_ARCH_S390;
        int r = seccomp_add_rule(b, MISSING, "clone3", NULL, 0);

        /* 0 means any kind to setns(). */
        if (r >= 0)
                r = (allowed & SECCOMP_ALL_NAMESPACES) == 0
                            ? seccomp_add_rule(b, DENIED, "setns", NULL, 0)
                            : deny_one(b, DENIED, "setns", SCMP_CMP64(1, SCMP_CMP_EQ, 0, 0));
        for (uint64_t flag = 1; r >= 0 && flag <= CLONE_NEWNET; flag <<= 1) {
                if (!(flag & SECCOMP_ALL_NAMESPACES) || (allowed & flag))
                        continue;
                r = deny_one(b, DENIED, "unshare", HAS_BITS(0, flag));
                if (r >= 0)
                        r = deny_one(b, DENIED, "clone", HAS_BITS(flags_at, flag));
                if (r >= 0 && (allowed & SECCOMP_ALL_NAMESPACES))
                        r = deny_one(b, DENIED, "setns", HAS_BITS(1, flag));
        }
        return r;
}

static int add_realtime(const SeccompBuild *b) {
        static const int ordinary[] = { SCHED_OTHER, SCHED_BATCH, SCHED_IDLE };
        int r = deny_one(b, DENIED, "sched_setscheduler", SCMP_CMP64(1, SCMP_CMP_GT, SCHED_IDLE, 0));

        for (int policy = 0, i = 0; r >= 0 && policy < SCHED_IDLE; policy++) {
                if (policy == ordinary[i])
                        i++;
                else
                        r = deny_one(b, DENIED, "sched_setscheduler",
                                     SCMP_CMP64(1, SCMP_CMP_EQ, (uint64_t)policy, 0));
        }
        return r;
}

static int add_set_id(const SeccompBuild *b) {
        static const struct {
                const char *call;
                unsigned mode; /* number of the argument */
                int flags;     /* of the argument before it: only with one of these a file is made */
        } calls[] = {
                { "chmod", 1 },
                { "fchmod", 1 },
                { "fchmodat", 2 },
                { "fchmodat2", 2 },
                { "mkdir", 1 },
                { "mkdirat", 2 },
                { "mknod", 1 },
                { "mknodat", 2 },
                { "creat", 1 },
                { "open", 2, O_CREAT },
                { "open", 2, O_TMPFILE },
                { "openat", 3, O_CREAT },
                { "openat", 3, O_TMPFILE },
        };
        static const mode_t bits[] = { S_ISUID, S_ISGID };
        int r = seccomp_add_rule(b, MISSING, "openat2", NULL, 0);

        for (size_t i = 0; r >= 0 && i < ELEMENTSOF(calls); i++)
                for (size_t k = 0; r >= 0 && k < ELEMENTSOF(bits); k++) {
                        struct scmp_arg_cmp args[2] = { HAS_BITS(calls[i].mode, bits[k]),
                                                        HAS_BITS(calls[i].mode - 1, calls[i].flags) };

                        r = seccomp_add_rule(b, DENIED, calls[i].call, args, calls[i].flags ? 2 : 1);
                }
        return r;
}

static int add_personality(const SeccompBuild *b) {
        int now = personality(0xffffffff);

        if (now < 0)
                return -errno;
        return deny_one(b, DENIED, "personality", SCMP_CMP64(0, SCMP_CMP_NE, (uint64_t)now, 0));
}

static int add_write_execute(const SeccompBuild *b) {
        struct scmp_arg_cmp both = HAS_BITS(2, PROT_WRITE | PROT_EXEC);
        bool old_mmap = b->architecture == SCMP_ARCH_X86 || b->architecture == SCMP_ARCH_S390;
        int r = 0;

        /* The old call takes a pointer; everybody uses mmap2(). */
        if (old_mmap)
                r = seccomp_add_rule(b, DENIED, "mmap", NULL, 0);
        else
                r = seccomp_add_rule(b, DENIED, "mmap", &both, 1);
        if (r >= 0)
                r = seccomp_add_rule(b, DENIED, "mmap2", &both, 1);
        if (r >= 0)
                r = deny_one(b, DENIED, "mprotect", HAS_BITS(2, PROT_EXEC));
        if (r >= 0)
                r = deny_one(b, DENIED, "pkey_mprotect", HAS_BITS(2, PROT_EXEC));
        if (r >= 0 && !has_socketcall(b->architecture)) /* ipc() is of the same kind */
                r = deny_one(b, DENIED, "shmat", HAS_BITS(2, SHM_EXEC));
        return r;
}

static int add_clock(const SeccompBuild *b) {
        return deny_all(b, "~@clock");
}

static int add_host_name(const SeccompBuild *b) {
        int r = seccomp_add_rule(b, DENIED, "sethostname", NULL, 0);

        return r < 0 ? r : seccomp_add_rule(b, DENIED, "setdomainname", NULL, 0);
}

static int add_kernel_log(const SeccompBuild *b) {
        return seccomp_add_rule(b, DENIED, "syslog", NULL, 0);
}

static int add_modules(const SeccompBuild *b) {
        return deny_all(b, "~@module");
}

static int add_tunables(const SeccompBuild *b) {
        return seccomp_add_rule(b, DENIED, "_sysctl", NULL, 0);
}

static int add_raw_io(const SeccompBuild *b) {
        return deny_all(b, "~@raw-io");
}

static int (*const adders[RESTRICTION_MAX])(const SeccompBuild *b) = {
        [RESTRICTION_ADDRESS_FAMILIES] = add_address_families,
        [RESTRICTION_NAMESPACES] = add_namespaces,
        [RESTRICTION_REALTIME] = add_realtime,
        [RESTRICTION_SUID_SGID] = add_set_id,
        [RESTRICTION_PERSONALITY] = add_personality,
        [RESTRICTION_WRITE_EXECUTE] = add_write_execute,
        [RESTRICTION_CLOCK] = add_clock,
        [RESTRICTION_HOSTNAME] = add_host_name,
        [RESTRICTION_KERNEL_LOGS] = add_kernel_log,
        [RESTRICTION_KERNEL_MODULES] = add_modules,
        [RESTRICTION_KERNEL_TUNABLES] = add_tunables,
        [RESTRICTION_DEVICES] = add_raw_io,
};

int seccomp_add_restrictions(const SeccompBuild *b) {
        int r = 0;

        for (Restriction i = 0; r >= 0 && i < RESTRICTION_MAX; i++)
                if (seccomp_restriction_is_wanted(b->plan, i))
                        r = adders[i](b);
        return r;
}

#endif
