/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Who sent it: what /proc says about a process, as far as it lets itself be
 * read, and the unit that follows from its cgroup.
 */

#include "journal/fields.h"

#include <sys/types.h>

/* Where svinit's own tree begins: the text of our /proc/self/cgroup. */
typedef struct CgroupRoot {
        char *text; /* owned */
} CgroupRoot;

void cgroup_root_load(CgroupRoot *r);
void cgroup_root_release(CgroupRoot *r);

/* "web.service" of "<root>/system.slice/web.service/sub"; "system.slice" into slice. False: no unit. Pure. */
bool cgroup_path_unit(const char *path, char *ret_unit, size_t unit_size, char *ret_slice, size_t slice_size);

/* Looks through the hierarchies of /proc/PID/cgroup. The unit, its slice and the path below svinit's root. */
bool client_unit(const CgroupRoot *root, pid_t pid, char ret_unit[256], char ret_slice[256],
                 char ret_path[512]);

/* What /proc says of its owner; -1: it is gone, or does not let itself be read. */
typedef struct ClientIds {
        int64_t uid, gid; /* effective */
} ClientIds;

/* _COMM, _EXE, _CMDLINE, _CAP_EFFECTIVE. comm_fallback is used for a process that is gone. */
ClientIds client_add_process(FieldSet *s, pid_t pid, const char *comm_fallback);

/* When it began, in the kernel's ticks: another one with the same number began later. 0: it is gone. */
uint64_t client_start_time(pid_t pid);

/* The text of /proc/PID/status: the effective ids and the set of capabilities, "0" or without zeros in front. Pure. */
ClientIds client_parse_status(const char *text, char ret_capabilities[17]);
/* The text of /proc/PID/stat, whose second field may contain anything. Pure. */
uint64_t client_parse_start_time(const char *text);

/* _SYSTEMD_UNIT, its slice (the one of `path` when it is not known), its group and its invocation. */
void client_add_unit(FieldSet *s, const char *unit, const char *slice, const char *path,
                     const char *invocation);
