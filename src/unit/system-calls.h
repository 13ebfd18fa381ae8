/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What SystemCallFilter= and SystemCallLog= say, worked out: words of a spec
 * to a set of system calls, each with what happens to it.
 *
 * A word is a name, a group (@NAME) or either with :ERRNO; "~" before it takes
 * it away from what the list means. The first word decides whether the list is
 * of what is allowed or of what is denied; the later ones add to it or take
 * out of it (systemd.exec(5)). A list of what is allowed has @default in it.
 *
 * Numbers of system calls are not known here: those belong to an architecture.
 */

#include "base/text.h"

#include <limits.h>

#define SYSTEM_CALL_KILL (INT_MAX - 1) /* instead of an errno, as on D-Bus */
#define SYSTEM_CALL_PLAIN (-1)         /* what the list as a whole says */

typedef struct SystemCall {
        const char *name; /* static */
        int error;        /* errno, SYSTEM_CALL_KILL, SYSTEM_CALL_PLAIN */
} SystemCall;

typedef struct SystemCallSet {
        bool allow;    /* these and no others; else all but these */
        SystemCall *v; /* owned; sorted by name */
        size_t n;
} SystemCallSet;

int system_calls_resolve(char *const *words,
                         SystemCallSet *ret); /* 0 or -ENOMEM; unknown words are skipped */
void system_call_set_release(SystemCallSet *s);

/* A name or a group, without prefix and suffix. */
bool system_call_is_known(const char *name, size_t n);
/* The groups, one after the other: its name, and in *ret_members (NULL: not wanted) names between blanks. NULL: no more. */
const char *system_call_group(size_t i, const char **ret_members);
/* "kill", "EPERM", "1"; 0 is an error like any other. -1 when it is none of them. */
int system_call_error_from_string(const char *s);
