/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * How many clients a few processes have: connections that came in at listening sockets and are still open.
 *
 * Which sockets a process has stands in /proc/PID/fd; which of them are connections to a port, the kernel tells by
 * sock_diag(7). Both are looked at once for each call, which costs as much as there are descriptors: for the time of a
 * drain, not for every day. Connections that the processes made themselves do not count.
 *
 * TCP over IPv4 and IPv6, and stream sockets of AF_UNIX.
 */

#include <stddef.h>
#include <sys/types.h>

/*
 * Those that `pids` have accepted at the listening sockets `fds`. Negative errno: it cannot be said from here; -EACCES,
 * because the processes may not be looked at (CAP_SYS_PTRACE).
 */
int connections_count(const pid_t *pids, size_t n_pids, const int *fds, size_t n_fds, unsigned *ret);
/* Those that wait to be accepted at this listening socket. */
unsigned connections_waiting(int fd);
