/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What is left when all units are down: processes of no unit, orphans that we
 * adopted, processes of `docker exec`.
 *
 * As PID 1 every process of our pid namespace counts, else our descendants
 * only. Ourselves, zombies and the kernel's own threads do not.
 */

#include <stddef.h>
#include <sys/types.h>

/*
 * Sends the signal (0: only counts) to each of them but `spared`, and SIGCONT
 * behind a SIGTERM; who sits at a terminal gets SIGHUP too, since interactive
 * shells ignore SIGTERM. The number of processes found, or a negative errno.
 */
int leftovers_signal(int signal, pid_t spared);
