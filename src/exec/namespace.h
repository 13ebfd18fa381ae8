/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The namespaces of a service, in the child.
 *
 *      network         NetworkNamespacePath=, JoinsNamespaceOf=, PrivateNetwork=
 *      namespace       PrivateIPC=, ProtectHostname=, and the mounts: namespace.c
 *                      arranges them (exec/mount-plan.h), mount-content.c makes
 *                      what a path shows instead
 *      user-namespace  PrivateUsers=, after the groups are set: they need not
 *                      be mapped
 *
 * A container's runtime may deny all of this. Then the service runs without,
 * and each directive is noted with the reason. Once a namespace is there, a
 * path that is missing or a mount that fails is an error.
 */

#include "exec/child.h"
#include "exec/mount-plan.h"

/* Is any namespace wanted? Then the plan is not light. */
bool namespace_is_wanted(const ExecPlan *p);

int namespace_enter(ExecContext *c, const char *path, int flag);
/* One that another process of this run, or of a unit that is joined, has: where none could be made, it is our own. */
int namespace_join(int fd, const char *own, int flag);
int user_namespace_early(ExecContext *c); /* without privileges it comes first, and gives some */

/* mount-content.c: opens what the entry shows, as long as everything is where it was. */
int mount_entry_open(ExecContext *c, MountEntry *e);
/* Attaches it. -ENOENT: the path is missing. */
int mount_entry_attach(ExecContext *c, MountEntry *e);
