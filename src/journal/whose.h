/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Which program a process runs (/proc/PID/exe). Behind Landlock one may not
 * ask that of processes outside, so a child of svinit-journald's does: it
 * answers a process id with a name and can do nothing else (no open, no write
 * but to its socket, of the capabilities at most CAP_SYS_PTRACE). It ends with
 * svinit-journald.
 */

#include <stddef.h>
#include <sys/types.h>

/* From here on whose_program() asks the child; before, and when there is none, it looks itself. */
void whose_begin(void);
/* Length of the name in ret, -1: not to be known. */
ssize_t whose_program(pid_t pid, char *ret, size_t size);
