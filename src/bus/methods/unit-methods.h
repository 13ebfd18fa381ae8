/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What can be asked of one unit: the Unit interface has the unit from the
 * object path, the manager's interface from a name. Both end here.
 */

#include "bus/object.h"

/* Enqueues and replies with the job's path. */
int unit_enqueue(Call *c, Unit *u, JobType type, const char *mode);
/* EnqueueUnitJob: the job and everything it pulled in. */
int unit_enqueue_job(Call *c, Unit *u, const char *type, const char *mode);
int unit_kill(Call *c, Unit *u, const char *whom, int32_t signal);
int unit_reset_failed(Call *c, Unit *u);
int get_can_clean(Object *o, const Property *p, sd_bus_message *m);
int unit_reply_clean(Call *c, Unit *u); /* clean.c: the array of words is still to be read */
int unit_reply_processes(Call *c, Unit *u);
int unit_freeze(Call *c, Unit *u, bool freeze); /* answered when all of it is */
#define FD_STORE_SIGNATURE "a(suuutuusu)"
int unit_reply_fd_store(Call *c, Unit *u);

int unit_check_loaded(Call *c, const Unit *u); /* or why not */

/* transient.c: what follows the unit's name in the message is read. */
int unit_set_properties(Call *c, Unit *u);
int unit_attach_processes(Call *c, Unit *u);
int unit_abandon(Call *c, Unit *u);
int unit_hold(Call *c, Unit *u);
int unit_let_go(Call *c, Unit *u);

/* Methods without effect here, and those that cannot have one. */
int method_nothing(Call *c);
int method_not_supported(Call *c);
