/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * LoadCredential=, ImportCredential= and SetCredential=, in the child: what a unit gets, read
 * into memory. Reading may block (a FIFO, a socket); PID 1 does none of it.
 *
 * A source without a path is looked up among the credentials that svinit got
 * itself ($CREDENTIALS_DIRECTORY), the secrets of the container (/run/secrets)
 * and systemd's credential stores; it may be missing. One with a path may not,
 * unless SetCredential= has a value for it.
 */

#include "exec/child.h"

#define CREDENTIALS_SIZE_MAX ((size_t)1024 * 1024) /* of all of a unit, as in systemd */

typedef struct Credential {
        char *id;   /* owned */
        char *data; /* owned; wiped on release */
        size_t size;
} Credential;

typedef struct CredentialList {
        Credential *v; /* owned */
        size_t n, capacity, size;
} CredentialList;

/* What svinit and the container were given, in the order in which it counts; entries may be NULL. */
#define CREDENTIAL_PLACES 5

/* 0; -ENOENT, -E2BIG and other errors, with the source as detail. */
int credentials_collect(ExecContext *c, CredentialList *ret);
void credentials_release(CredentialList *l);
static inline bool credentials_are_wanted(const SandboxSpec *s) {
        return s && (s->load_credentials || s->import_credentials || s->set_credentials);
}
