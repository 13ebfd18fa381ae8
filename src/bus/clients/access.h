/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Who may do what. Everybody who may connect reads. Root, the user svinit
 * runs as, BusControlUsers= and BusControlGroups= change things. Whom the
 * system bus knows and who is none of these may be let by polkit, for the
 * kinds of calls it has an action for (question.h).
 *
 * An Identity is what the kernel says of the peer of a socket, or the bus
 * daemon of a sender: numbers, so that no name service is asked. Names in the
 * configuration are those of /etc/passwd and /etc/group, read with it.
 */

#include "bus/property.h"

#include <sys/types.h>

#define IDENTITY_GROUPS_MAX 65536 /* NGROUPS_MAX of the kernel */

typedef struct Identity {
        uid_t uid;
        gid_t gid;
        pid_t pid;     /* 0: unknown */
        gid_t *groups; /* owned; the supplementary ones */
        size_t n_groups;
} Identity;

int identity_of_socket(int fd, Identity *ret);           /* 0, -errno */
int identity_of_reply(sd_bus_message *m, Identity *ret); /* of GetConnectionCredentials; 0, -errno */
void identity_release(Identity *i);
bool identity_is_listed(const Manager *m, const Identity *i); /* BusControlUsers=, BusControlGroups= */
bool identity_may_control(const Manager *m, const Identity *i);
bool uid_is_ours(uid_t uid); /* root, or whom svinit runs as */

/* What polkit is told of a call. */
typedef struct CallDetails {
        const char *action;
        char *unit;       /* owned; NULL: about no single unit */
        const char *verb; /* NULL without a unit */
} CallDetails;

void call_details_release(CallDetails *d);

/* 0: go on; DISPATCH_WHO, DISPATCH_ASK with c->connection->details filled, or a filled error. */
int access_check(Call *c, const Method *row);
