/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * -M NAME|PID: svctl in the namespaces of a container on this machine. All of
 * svctl goes there; the container need not have any of it.
 */

#include "ctl/core/ctl.h"

#include <sys/types.h>

/* What has a process number space of its own. */
typedef struct Container {
        pid_t pid;      /* of its first process, here */
        char name[256]; /* its host name */
        char id[256];   /* as its control group has it; "" */
} Container;

typedef struct Containers {
        Container *v; /* owned */
        size_t n, capacity;
} Containers;

int containers_find(Containers *ret); /* all below us, by process number. 0 or negative */
void containers_release(Containers *l);

/* Into the container that c->machine names. CONTAINER_ENTERED: this is the child in it, which goes on; else the exit code. */
#define CONTAINER_ENTERED (-1)
int container_enter(Ctl *c);
/* --recursive: runs svctl as it was called in each container, one after the other. The exit code. */
int containers_repeat(Ctl *c);
