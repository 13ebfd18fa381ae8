/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What kind of place this is: container or machine, our identity, directories,
 * what the manager's environment passes on, early mounts. Found out once, but
 * for names that may change while we run.
 */

#include "base/report.h"
#include "conf/specifier.h"
#include "unit/spec.h"

#include <sys/types.h>

typedef struct HostInfo {
        SpecifierHost specifiers; /* strings owned by the HostInfo */
        char *virtualization;     /* "docker" "podman" "lxc" "container-other" ...; "" on a machine; owned */
        bool container, pid1, root;
        bool user;         /* a user's manager: --user */
        char *runtime_dir; /* "/run", $XDG_RUNTIME_DIR or a private directory; owned */
        bool runtime_writable;
        uint64_t capability_bounding; /* ours */
        RlimitPair original_nofile;   /* before we raised the soft limit */
        char **environment;           /* owned: what services inherit in a container, deny list applied */
        char *machine_id, *boot_id;   /* owned, 32 hex; machine_id may be made up for the run */
        char **owned;                 /* backing store of `specifiers` */
} HostInfo;

int host_info_init(HostInfo *h, char *const *environ_at_start);
/* The same in two steps: what the first process needs, and the rest: specifiers, ids, capabilities. */
int host_info_begin(HostInfo *h, char *const *environ_at_start, bool user);
int host_info_complete(HostInfo *h, char *const *environ_at_start);
void host_info_release(HostInfo *h);
int host_info_refresh(HostInfo *h); /* hostname and os-release as they are now; 0, -ENOMEM */
/* Mounts /proc, /sys, /dev, /run, ... where they are missing and we may; makes /run/systemd/..., /run/lock, utmp, removes stale
 * sockets. Never fails: notes in the report. */
void host_prepare_directories(const HostInfo *h, Report *report);

/* One of them, negation included. 1: met, 0: not met, negative: cannot be told, which counts as not met. */
int condition_test(const HostInfo *h, const Condition *c);
/* The conditions and asserts of a unit. True when they hold; else *ret_failed is the first that does not.
 * `results` (may be NULL, n entries): 1 met, -1 failed, 0 not looked at. Never blocks on network file systems more than a stat does. */
bool conditions_hold(const HostInfo *h, const ConditionList *l, signed char *results,
                     const Condition **ret_failed);
