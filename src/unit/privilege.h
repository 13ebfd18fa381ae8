/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What a setting of systemd.exec(5) needs from the place where svinit runs,
 * and what becomes of it in three of them: as root with all privileges, with
 * those that Docker gives by default, as an ordinary user.
 */

#include "unit/directive.h"

typedef enum Place {
        PLACE_PRIVILEGED, /* root with all capabilities */
        PLACE_DOCKER,     /* root with Docker's 14 capabilities and its filter of system calls */
        PLACE_USER,       /* not root, no capabilities */
        PLACE_MAX,
} Place;
const char *place_to_string(Place p); /* "privileged" "docker" "user" */

/* Directive.outcome of rows of systemd.exec(5). */
typedef enum Need {
        NEED_UNSAID, /* the row lacks it: a mistake, which the tests find */
        NEED_NOTHING,
        NEED_IDENTITY,
        NEED_BOUNDING,
        NEED_SECURE_BITS,
        NEED_AMBIENT,
        NEED_PROCESSOR,
        NEED_SHARE,
        NEED_PRIORITY,
        NEED_LIMIT,
        NEED_RUNTIME,
        NEED_STATE,
        NEED_CACHE,
        NEED_LOGS,
        NEED_CONFIGURATION,
        NEED_KEYRING,
        NEED_NUMA,
        NEED_UTMP,
        NEED_IPC,
        NEED_MODULE,
        NEED_ROOT,
        NEED_ROOT_MOUNTS,
        NEED_PROC,
        NEED_TERMINAL,
        NEED_MOUNTS,
        NEED_MOUNTS_AND_CAPABILITIES,
        NEED_MOUNTS_AND_FILTER,
        NEED_CAPABILITIES_AND_FILTER,
        NEED_NAMESPACE_AND_FILTER,
        NEED_NAMESPACE,
        NEED_USERS,
        NEED_NAMED_NETWORK,
        NEED_NAMED_IPC,
        NEED_FILTER,
        NEED_STRICT_FILTER,
        NEED_SECRETS,
        NEED_MAX,
} Need;

/* One phrase, such as "applied" or "noted"; NULL for rows of other manual pages, and for old spellings. */
const char *directive_outcome(const Directive *d, Place p);

/* What of it does not come to pass there with the value that it has in this spec: "noted", "fails (...)"; NULL: nothing. */
const char *setting_lack(const Directive *d, const UnitSpec *s, Place p);

/* Every row of systemd.exec(5): key and the phrases for the three places, separated by tabs. */
void directives_dump_outcomes(Buf *b);
