/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Descriptors that svinit was given by who has started it, as sd_listen_fds(3)
 * describes: a container engine, or systemd-socket-activate(1). They wait here
 * until the socket unit that they are meant for is started and takes them in
 * place of opening its own; what nobody asks for stays open until the end, so
 * that clients wait and are not refused.
 */

#include "unit/spec.h"

typedef struct InheritedFd {
        int fd;     /* owned; -1: a unit has it */
        char *name; /* owned; of $LISTEN_FDNAMES */
} InheritedFd;

typedef struct InheritedFds {
        InheritedFd *v;
        size_t n;
} InheritedFds;

/* None, when the variables are not for this process or say nonsense. 0 or -ENOMEM. */
int inherited_fds_take(char *const *environment, InheritedFds *ret);
void inherited_fds_release(InheritedFds *l);
/*
 * Fills fds[], one for each line of the unit, with what the lines are to use,
 * -1 for those that have to be opened. An address that is equal comes first,
 * then what bears the unit's name of descriptors and is of the line's kind.
 */
void inherited_fds_distribute(InheritedFds *l, const SocketSpec *s, const char *name, int *fds);
