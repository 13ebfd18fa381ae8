/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * libseccomp's functions, and what each directive adds to a filter of one
 * architecture. Filters of several architectures are merged into one program.
 * Internal to the filters; empty where svinit is built without seccomp.h.
 */

#include "exec/seccomp.h"

#if HAVE_LIBSECCOMP

#include "unit/system-calls.h"

#include <sched.h>

#define SECCOMP_ALL_NAMESPACES                                                                               \
        (CLONE_NEWCGROUP | CLONE_NEWIPC | CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWUSER |        \
         CLONE_NEWUTS)

typedef struct SeccompLibrary {
        __typeof__(seccomp_init) *init;
        __typeof__(seccomp_release) *release;
        __typeof__(seccomp_merge) *merge;
        __typeof__(seccomp_export_bpf) *export_bpf;
        __typeof__(seccomp_attr_set) *attr_set;
        __typeof__(seccomp_arch_native) *arch_native;
        __typeof__(seccomp_arch_add) *arch_add;
        __typeof__(seccomp_arch_remove) *arch_remove;
        __typeof__(seccomp_syscall_resolve_name) *resolve_name;
        __typeof__(seccomp_rule_add_array) *rule_add;
} SeccompLibrary;

/* Opened once; NULL: it is not installed. */
const SeccompLibrary *seccomp_library(void);

typedef struct SeccompBuild {
        const SeccompLibrary *library;
        const ExecPlan *plan;
        scmp_filter_ctx filter; /* of one architecture */
        uint32_t architecture;  /* SCMP_ARCH_... */
} SeccompBuild;

/* 0 for architectures that are unknown. */
uint32_t seccomp_architecture_from_string(const char *s);
/* One filter for all architectures whose programs may run here: `add` fills each of them. */
int seccomp_build(const SeccompLibrary *l, const ExecPlan *p, uint32_t otherwise,
                  int (*add)(const SeccompBuild *b), scmp_filter_ctx *ret);

/* seccomp-calls.c: the three directives of the step "filter". */
uint32_t seccomp_filter_default(const ExecPlan *p); /* for calls that SystemCallFilter= does not name */
int seccomp_add_calls(const SeccompBuild *b);
int seccomp_add_log(const SeccompBuild *b);

/* seccomp-rules.c: all that is denied by a directive of its own. */
int seccomp_add_restrictions(const SeccompBuild *b);
int seccomp_add_rule(const SeccompBuild *b, uint32_t action, const char *call,
                     const struct scmp_arg_cmp *args, unsigned n_args);

#endif
