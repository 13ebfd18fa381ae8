/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The D-Bus server inside PID 1: org.freedesktop.systemd1 as systemctl and its
 * kin of systemd 252 expect it, on a private stream socket, peer to peer, and
 * on the container's system bus when there is one (clients/system-bus.h).
 *
 *      client -> clients/ (accept, limits) -> objects/ (path -> object, member -> row, access)
 *             -> methods/, properties/ -> manager
 *      manager -> observer -> clients/signals.c -> every connection that is ready
 *
 * codec/ turns values into messages and back. A folder includes only those
 * that stand before it: codec, clients, objects, methods, properties; upwards
 * they call through the headers beside this one, which stand before all.
 *
 * Nothing is registered with sd-bus: one filter for each connection looks
 * methods and properties up in constant tables, so that a connection costs no
 * more than its buffers. What a unit file says is shown straight from the rows
 * of unit/directive.h, what happens at run time from tables of getters.
 *
 * Nothing blocks and no client can cost more than the limits in
 * clients/connection.h: who does not authenticate, does not read or comes too
 * often is dropped.
 */

#include "manager/manager.h"

typedef struct Bus Bus;

/*
 * Makes the listening socket (a stale one is removed; mode 0600), attaches it
 * to m->event and becomes the manager's observer. 0 or a negative errno.
 */
int bus_new(Manager *m, const char *private_socket_path, Bus **ret);
/* The two halves of it: clients may connect before there is a Bus, which takes the descriptor. */
int bus_open_socket(const char *path);
int bus_new_on(Manager *m, const char *path, int fd, Bus **ret);
/* Writes what can be written without blocking, drops all clients, removes the socket. */
void bus_free(Bus *b);
