/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * System call filters, in the child.
 *
 * libseccomp is opened at the first need and in the child only, which is a
 * full copy of PID 1 then: PID 1 neither links it nor keeps its memory. The
 * filters are worked out before the service's own root and mounts are entered
 * (the library lies in ours) and loaded at the end, in two steps:
 *
 *      restrictions    what single directives deny (RestrictNamespaces= ...),
 *                      one filter for all of them. Each is noted as not
 *                      applied where it cannot be.
 *      filter          SystemCallFilter=, SystemCallLog= and
 *                      SystemCallArchitectures=, last of all since they may
 *                      deny what the steps need. Applied, or the unit fails.
 *
 * A filter needs CAP_SYS_ADMIN or no-new-privileges. Directives that are a
 * filter and nothing else imply the latter, as in systemd; those that have
 * one beside their mounts (PrivateDevices=, ProtectKernelLogs= ...) get it
 * only where that costs nothing.
 */

#include "exec/child.h"

#if __has_include(<seccomp.h>)
#define HAVE_LIBSECCOMP 1
#include <seccomp.h>
#else
#define HAVE_LIBSECCOMP 0
#endif

/* Directives that deny something by a filter, all in one. */
typedef enum Restriction {
        RESTRICTION_ADDRESS_FAMILIES,
        RESTRICTION_NAMESPACES,
        RESTRICTION_REALTIME,
        RESTRICTION_SUID_SGID,
        RESTRICTION_PERSONALITY,
        RESTRICTION_WRITE_EXECUTE,
        RESTRICTION_CLOCK,
        RESTRICTION_HOSTNAME,
        RESTRICTION_KERNEL_LOGS,
        RESTRICTION_KERNEL_MODULES,
        RESTRICTION_KERNEL_TUNABLES,
        RESTRICTION_DEVICES,
        RESTRICTION_MAX,
} Restriction;

bool seccomp_restriction_is_wanted(const ExecPlan *p, Restriction r);
bool seccomp_restriction_is_primary(Restriction r); /* no capability, mount or namespace does the same */
const char *seccomp_restriction_key(Restriction r);
bool seccomp_filter_is_wanted(const ExecPlan *p); /* SystemCallFilter= or SystemCallArchitectures= */
/* Is any filter wanted? Then the plan is not light. */
bool seccomp_is_wanted(const ExecPlan *p);
bool seccomp_is_possible(void); /* in a child only: it loads the library */
/* Is there one for which no-new-privileges is set where it has to be? */
bool seccomp_is_explicit(const ExecPlan *p);
