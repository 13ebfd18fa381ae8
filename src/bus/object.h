/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * From object paths to objects and back, and the dispatch of calls.
 *
 *      /org/freedesktop/systemd1               the manager
 *      /org/freedesktop/systemd1/unit/<label>  a unit; asking loads it
 *      /org/freedesktop/systemd1/unit/self     the unit of the caller
 *      /org/freedesktop/systemd1/job/<id>      a job
 *      /org/freedesktop/LogControl1            log level and target
 *      /org/freedesktop/DBus                   as if there were a bus
 */

#include "bus/property.h"

#include <errno.h>

#define MANAGER_PATH "/org/freedesktop/systemd1"
#define MANAGER_INTERFACE "org.freedesktop.systemd1.Manager"
#define UNIT_PATH_PREFIX MANAGER_PATH "/unit"
#define JOB_PATH_PREFIX MANAGER_PATH "/job"
#define PROPERTIES_INTERFACE "org.freedesktop.DBus.Properties"
#define DRIVER_NAME "org.freedesktop.DBus"
#define DRIVER_PATH "/org/freedesktop/DBus"
#define LOG_CONTROL_PATH "/org/freedesktop/LogControl1"
#define OWN_SCOPE "init.scope" /* the unit of svinit itself */
#define BUS_NAME "org.freedesktop.systemd1"

void object_of_unit(Bus *b, Unit *u, Object *ret);
/* 0 or a filled error. `c` may be NULL when there is no caller (then "self" is nobody). */
int object_find(Bus *b, const Connection *c, const char *path, Object *ret, sd_bus_error *error);

/* All units that can be shown: not the leftovers of a merge, nor one for whose run-time half memory was short. */
Unit *next_unit(const Graph *g, const Unit *previous); /* NULL starts, NULL ends */

int unit_path(const Unit *u, char **ret); /* 0 or -ENOMEM */
int unit_path_of_name(const char *name, char **ret);
int job_path(const Job *j, char **ret); /* "/" for NULL */

/*
 * A method call that came in. 0: it is answered, or will be; negative: it has
 * to be refused. The others: nothing was done.
 */
#define DISPATCH_WHO 2 /* the caller has to be known */
#define DISPATCH_ASK 3 /* it is for polkit to say, about connection->details */
#define CALLER_UNKNOWN                                                                                       \
        (-EUNATCH) /* of a handler that needs to know: dispatch_call() makes DISPATCH_WHO of it */
int dispatch_call(Connection *c, sd_bus_message *m, sd_bus_error *error);

/* The unit a method was given by name: in memory, or loaded. 0, or a negative errno with the error filled. */
int call_find_unit(Call *c, const char *name, Unit **ret);
int call_load_unit(Call *c, const char *name, Unit **ret);
int call_read_and_find_unit(Call *c, Unit **ret); /* its name is what comes next in the message */
int call_read_and_load_unit(Call *c, Unit **ret);

/* Words of which each one costs. Who may change nothing has no more of them than WORDS_MAX. The same answers. */
#define WORDS_MAX 256
int call_read_words(Call *c, char ***ret);
pid_t call_pid(const Call *c);                              /* of the peer; 0 unknown */
Unit *unit_of_pid(Manager *m, pid_t pid);                   /* svinit itself is in init.scope; NULL: none */
Unit *unit_of_invocation(const Manager *m, const void *id); /* of 16 bytes; NULL: none */
