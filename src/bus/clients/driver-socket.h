/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The system bus's socket where no bus daemon serves it: clients that insist
 * on a bus talk to svinit all the same, through what driver.c answers.
 *
 *      closed -> open -> (another socket stands at the path) -> closed -> ...
 *
 * It opens when neither dbus.socket nor dbus.service is up or about to come up
 * and nobody listens at the path. It closes when somebody else's socket has
 * taken the place there; until then it serves, so that no moment is without a
 * bus. A daemon that makes its socket itself, without dbus.socket, refuses to
 * replace one: for it the door closes before it starts. Who has come in is
 * served until it leaves, who has only knocked as well: nobody loses an
 * answer. BusDriver=no keeps the door closed.
 */

#include "bus/property.h"

typedef struct DriverSocket DriverSocket;

int driver_socket_new(Bus *b, const char *path, DriverSocket **ret);
void driver_socket_free(DriverSocket *s); /* with the file, if it is ours */

bool driver_socket_is_open(const DriverSocket *s);
void driver_socket_look(DriverSocket *s);                      /* in a later turn: is it still right? */
void driver_socket_unit_moved(DriverSocket *s, const Unit *u); /* it changed, or a job of it came or went */
void driver_socket_job_begins(DriverSocket *s, const Job *j);  /* before anything is done for it */
