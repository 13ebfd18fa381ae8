/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What the kernel and the container's runtime let this process do. Found out
 * by trying: neither capabilities nor versions tell what a filter of system
 * calls or a security module denies.
 */

#include <stdbool.h>
#include <stdint.h>

typedef enum NamespaceKind {
        NAMESPACE_MOUNT,
        NAMESPACE_NETWORK,
        NAMESPACE_IPC,
        NAMESPACE_UTS,
        NAMESPACE_PID,
        NAMESPACE_CGROUP,
        NAMESPACE_USER,
        NAMESPACE_KIND_MAX,
} NamespaceKind;
const char *namespace_kind_to_string(NamespaceKind k); /* "mount" */

typedef struct KernelFacts {
        int namespaces[NAMESPACE_KIND_MAX]; /* 0, or the negative errno that making one gave */
        int mount;                          /* mount(2) in a mount namespace of our own */
        int clone3;
        uint64_t capabilities; /* effective */
        bool no_new_privileges;
        int seccomp_mode; /* 0: none, 2: we are filtered; negative errno: the kernel has none */
} KernelFacts;

/*
 * Makes a child for each question, which ends at once and is waited for no
 * longer than the kernel takes to end it: ask once and keep the answer.
 */
void kernel_facts_find(KernelFacts *ret);
