/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Small files of the kernel (/proc, /sys, cgroups) into a buffer of the
 * caller's, which a NUL ends. The number of bytes, or a negative errno; what
 * does not fit is cut off.
 */

#include <stddef.h>
#include <sys/types.h>

/*
 * Keeps a descriptor back, so that these files can be read when no other is
 * left: who has sent a notification is not to be lost to that. 0 or negative errno.
 */
int proc_keep_spare(void);

int proc_read(const char *path, char *buffer, size_t size);
int proc_read_of(pid_t pid, const char *file, char *buffer, size_t size); /* /proc/PID/FILE */
