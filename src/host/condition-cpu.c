/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* ConditionCPUFeature=: the bits of the CPUID instruction that systemd.unit(5) names; other processors have none. */

#include "host/condition-internal.h"

#include <strings.h>
#if defined(__i386__) || defined(__x86_64__)
#include <cpuid.h>
#endif

#if defined(__i386__) || defined(__x86_64__)
enum {
        EAX,
        EBX,
        ECX,
        EDX
};

static const struct {
        const char *name;
        unsigned leaf, reg, bit;
} features[] = {
        { "fpu", 1, EDX, 0 },
        { "vme", 1, EDX, 1 },
        { "de", 1, EDX, 2 },
        { "pse", 1, EDX, 3 },
        { "tsc", 1, EDX, 4 },
        { "msr", 1, EDX, 5 },
        { "pae", 1, EDX, 6 },
        { "mce", 1, EDX, 7 },
        { "cx8", 1, EDX, 8 },
        { "apic", 1, EDX, 9 },
        { "sep", 1, EDX, 11 },
        { "mtrr", 1, EDX, 12 },
        { "pge", 1, EDX, 13 },
        { "mca", 1, EDX, 14 },
        { "cmov", 1, EDX, 15 },
        { "pat", 1, EDX, 16 },
        { "pse36", 1, EDX, 17 },
        { "clflush", 1, EDX, 19 },
        { "mmx", 1, EDX, 23 },
        { "fxsr", 1, EDX, 24 },
        { "sse", 1, EDX, 25 },
        { "sse2", 1, EDX, 26 },
        { "ht", 1, EDX, 28 },
        { "pni", 1, ECX, 0 },
        { "pclmul", 1, ECX, 1 },
        { "monitor", 1, ECX, 3 },
        { "ssse3", 1, ECX, 9 },
        { "fma3", 1, ECX, 12 },
        { "cx16", 1, ECX, 13 },
        { "sse4_1", 1, ECX, 19 },
        { "sse4_2", 1, ECX, 20 },
        { "movbe", 1, ECX, 22 },
        { "popcnt", 1, ECX, 23 },
        { "aes", 1, ECX, 25 },
        { "osxsave", 1, ECX, 27 },
        { "avx", 1, ECX, 28 },
        { "f16c", 1, ECX, 29 },
        { "rdrand", 1, ECX, 30 },
        { "bmi1", 7, EBX, 3 },
        { "avx2", 7, EBX, 5 },
        { "bmi2", 7, EBX, 8 },
        { "rdseed", 7, EBX, 18 },
        { "adx", 7, EBX, 19 },
        { "sha_ni", 7, EBX, 29 },
        { "syscall", 0x80000001, EDX, 11 },
        { "rdtscp", 0x80000001, EDX, 27 },
        { "lm", 0x80000001, EDX, 29 },
        { "lahf_lm", 0x80000001, ECX, 0 },
        { "abm", 0x80000001, ECX, 5 },
        { "constant_tsc", 0x80000007, EDX, 8 },
};

int condition_cpu_feature(const HostInfo *h, const char *parameter) {
        for (size_t i = 0; i < ELEMENTSOF(features); i++) {
                unsigned r[4];

                if (strcasecmp(features[i].name, parameter) != 0)
                        continue;
                if (!__get_cpuid_count(features[i].leaf, 0, &r[EAX], &r[EBX], &r[ECX], &r[EDX]))
                        return 0;
                return (r[features[i].reg] >> features[i].bit) & 1;
        }
        return 0;
}
#else
int condition_cpu_feature(const HostInfo *h, const char *parameter) {
        return 0;
}
#endif
