/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The match rules of a client of the built-in driver: which signals it gets.
 *
 * A client that has said Hello gets what one of its rules wants, as on a bus,
 * and so nothing before AddMatch. Of a rule the type, the sender, the path,
 * the interface and the member are compared; arguments are left to the client,
 * which looks at what it gets in any case.
 */

#include "base/text.h"

#define MATCHES_MAX 256       /* of one client */
#define MATCH_LENGTH_MAX 1024 /* of one rule: D-Bus's own limit for a client's */

typedef struct Match {
        char *rule; /* owned; as it was given: RemoveMatch names it so */
        char *path, *path_namespace, *interface, *member; /* owned; NULL: any */
        bool nothing;                                     /* wants what we never send */
        struct Match *next;
} Match;

typedef struct Matches {
        Match *list; /* owned */
        unsigned n;
} Matches;

int matches_add(Matches *l, const char *rule);    /* 0, -EINVAL, -ENOBUFS, -ENOMEM */
int matches_remove(Matches *l, const char *rule); /* 0, -ENOENT */
void matches_release(Matches *l);
bool matches_want(const Matches *l, const char *path, const char *interface, const char *member);
