/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The users of DynamicUser= (man systemd.exec). A user exists from the first process of a run to the end of the
 * last unit that names it; units that name the same user share it. A user ID stays free of those in /etc/passwd
 * and, as long as it is free, is the same at every start.
 */

#include "manager/manager.h"

#include <uthash.h>

typedef struct DynamicUser {
        UT_hash_handle by_uid, by_name;
        uid_t uid;
        unsigned n_units;
        char name[];
} DynamicUser;

/* Into the runtime of the unit, which holds it until dynamic_user_release(). -ENOSR: all IDs are in use. */
int dynamic_user_take(Manager *m, Unit *u);
void dynamic_user_release(Unit *u);
uid_t unit_dynamic_uid(const Unit *u); /* (uid_t) -1: none */

/* Borrowed; NULL: there is none. */
DynamicUser *dynamic_user_by_name(const Manager *m, const char *name);
DynamicUser *dynamic_user_by_uid(const Manager *m, uid_t uid);
DynamicUser *dynamic_user_first(const Manager *m); /* the others by ->by_uid.next */
