/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * New processes below the C library: clone3() where the kernel and the
 * container's filter let us, with its way into a cgroup before the first
 * instruction; fork() and clone() elsewhere.
 */

#include <stdbool.h>
#include <sys/types.h>

typedef int (*CloneFunction)(void *userdata);

/*
 * A copy of this process, as fork(). In the child 0; else the pid or a
 * negative errno. *ret_in_group: the child already is in cgroup_fd's group.
 */
pid_t clone_copy(int cgroup_fd, bool *ret_in_group);

/*
 * Runs `run` in a child that shares our memory; we stand still until it has
 * executed or ended, so its writes are seen by us. -EOPNOTSUPP: this cannot be
 * done here (no clone3() for the group, or a sanitizer that would be confused).
 */
pid_t clone_shared(int cgroup_fd, CloneFunction run, void *userdata);
