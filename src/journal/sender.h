/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Who sends datagrams: what the kernel says with each of them, what /proc says
 * about that process, and the unit it belongs to: by its cgroup, or as PID 1
 * answers, which knows about those it has started where there are no cgroups,
 * about those that have just ended, and what the unit's settings are.
 */

#include "journal/server.h"

#include <sys/socket.h>

struct Sender {
        int64_t pid; /* key of `hh` */
        uid_t uid;
        gid_t gid;
        usec_t loaded;
        bool has_unit;
        char unit[256], slice[256], path[512], comm[64];
        char invocation[33];
        FieldSet sets[JOURNAL_SOCKET_MAX]; /* by transport */
        UT_hash_handle hh;
};

static inline bool sender_is_datagram(JournalSocket which) {
        return which == JOURNAL_SOCKET_NATIVE || which == JOURNAL_SOCKET_SYSLOG;
}

Sender *sender_find(Server *s, pid_t pid); /* NULL: nothing is known about it */
/* Fresh, or made anew. *ret_is_new: its unit may have to be asked for. NULL: no memory. */
Sender *sender_get(Server *s, const struct ucred *ucred, bool *ret_is_new);
/* True: PID 1 is asked, and datagrams wait for its answer. */
bool sender_ask(Server *s, Sender *x);
/* The fields of all its messages. */
FieldSet *sender_fields(Server *s, Sender *x, JournalSocket which);
UnitLog *sender_unit_log(const Server *s, const Sender *x); /* NULL: nothing limits it */
