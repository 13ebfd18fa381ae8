/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "exec/seccomp-rules.h"

#if HAVE_LIBSECCOMP

#include <dlfcn.h>
#include <errno.h>

static const struct {
        const char *name;
        size_t offset;
} symbols[] = {
#define SYMBOL(n)                                                                                            \
        { "seccomp_" #n, offsetof(SeccompLibrary, n) }
        SYMBOL(init),
        SYMBOL(release),
        SYMBOL(merge),
        SYMBOL(export_bpf),
        SYMBOL(attr_set),
        SYMBOL(arch_native),
        SYMBOL(arch_add),
        SYMBOL(arch_remove),
        { "seccomp_syscall_resolve_name", offsetof(SeccompLibrary, resolve_name) },
        { "seccomp_rule_add_array", offsetof(SeccompLibrary, rule_add) },
#undef SYMBOL
};

const SeccompLibrary *seccomp_library(void) {
        static SeccompLibrary library;
        static void *handle;

        if (handle)
                return &library;
        handle = dlopen("libseccomp.so.2", RTLD_NOW | RTLD_LOCAL);
        for (size_t i = 0; handle && i < ELEMENTSOF(symbols); i++) {
                void *address = dlsym(handle, symbols[i].name);

                if (!address)
                        handle = NULL;
                else
                        memcpy((char *)&library + symbols[i].offset, &address, sizeof(address));
        }
        return handle ? &library : NULL;
}

/* Those that the unit does not let run at all need no rules. */
static bool is_allowed(const ExecPlan *p, uint32_t architecture) {
        if (!p->sandbox->architectures)
                return true;
        STRV_FOREACH (name, p->sandbox->architectures)
                if (seccomp_architecture_from_string(*name) == architecture)
                        return true;
        return false;
}

/* Whose programs run here: ours, and those that the kernel runs beside them. */
static size_t local_architectures(const ExecPlan *p, uint32_t native, uint32_t ret[3]) {
        static const struct {
                uint32_t native, beside;
        } known[] = {
                { SCMP_ARCH_X86_64, SCMP_ARCH_X86 },
                { SCMP_ARCH_X86_64, SCMP_ARCH_X32 },
                { SCMP_ARCH_AARCH64, SCMP_ARCH_ARM },
                { SCMP_ARCH_S390X, SCMP_ARCH_S390 },
        };
        size_t n = 0;

        ret[n++] = native;
        for (size_t i = 0; i < ELEMENTSOF(known); i++)
                if (known[i].native == native && is_allowed(p, known[i].beside))
                        ret[n++] = known[i].beside;
        return n;
}

/* Not our business here: calls of other architectures (SystemCallArchitectures= is), no_new_privs (a step is). */
static int new_filter(const SeccompLibrary *l, uint32_t native, uint32_t architecture, uint32_t otherwise,
                      scmp_filter_ctx *ret) {
        scmp_filter_ctx filter = l->init(otherwise);
        int r;

        if (!filter)
                return -ENOMEM;
        r = l->attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_ALLOW);
        if (r >= 0)
                r = l->attr_set(filter, SCMP_FLTATR_CTL_NNP, 0);
        if (r >= 0 && architecture != native) {
                r = l->arch_add(filter, architecture);
                if (r >= 0)
                        r = l->arch_remove(filter, native);
        }
        if (r < 0) {
                l->release(filter);
                return r;
        }
        *ret = filter;
        return 0;
}

int seccomp_build(const SeccompLibrary *l, const ExecPlan *p, uint32_t otherwise,
                  int (*add)(const SeccompBuild *b), scmp_filter_ctx *ret) {
        SeccompBuild b = { .library = l, .plan = p };
        uint32_t native = l->arch_native(), architectures[3];
        size_t n = local_architectures(p, native, architectures);
        scmp_filter_ctx all = NULL;
        int r = 0;

        for (size_t i = 0; r >= 0 && i < n; i++) {
                b.architecture = architectures[i];
                r = new_filter(l, native, b.architecture, otherwise, &b.filter);
                if (r < 0)
                        break;
                r = add(&b);
                if (r >= 0 && all) {
                        r = l->merge(all, b.filter); /* takes it */
                        if (r >= 0)
                                continue;
                }
                if (r < 0)
                        l->release(b.filter);
                else
                        all = b.filter;
        }
        if (r < 0) {
                if (all)
                        l->release(all);
                return r;
        }
        *ret = all;
        return 0;
}

uint32_t seccomp_architecture_from_string(const char *s) {
        static const struct {
                const char *name;
                uint32_t token;
        } known[] = {
                { "native", SCMP_ARCH_NATIVE },
                { "x86", SCMP_ARCH_X86 },
                { "x86-64", SCMP_ARCH_X86_64 },
                { "x32", SCMP_ARCH_X32 },
                { "arm", SCMP_ARCH_ARM },
                { "arm64", SCMP_ARCH_AARCH64 },
                { "mips", SCMP_ARCH_MIPS },
                { "mips-le", SCMP_ARCH_MIPSEL },
                { "mips64", SCMP_ARCH_MIPS64 },
                { "mips64-le", SCMP_ARCH_MIPSEL64 },
                { "mips64-n32", SCMP_ARCH_MIPS64N32 },
                { "mips64-le-n32", SCMP_ARCH_MIPSEL64N32 },
                { "parisc", SCMP_ARCH_PARISC },
                { "parisc64", SCMP_ARCH_PARISC64 },
                { "ppc", SCMP_ARCH_PPC },
                { "ppc64", SCMP_ARCH_PPC64 },
                { "ppc64-le", SCMP_ARCH_PPC64LE },
                { "riscv64", SCMP_ARCH_RISCV64 },
                { "s390", SCMP_ARCH_S390 },
                { "s390x", SCMP_ARCH_S390X },
        };

        for (size_t i = 0; i < ELEMENTSOF(known); i++)
                if (str_equal(known[i].name, s))
                        return known[i].token;
        return UINT32_MAX;
}

#endif
