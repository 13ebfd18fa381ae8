/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Compose files, as far as a service is processes: what they need of images,
 * networks and volumes is said, and left to who builds the container in which
 * svinit runs them all.
 *
 *      compose.c            the file, and what services wait for
 *      compose-text.c       "${VARIABLE:-else}"
 *      compose-service.c    the keys of a service: each is taken, or dropped with a reason
 *      compose-command.c    command, entrypoint, environment, healthcheck
 *      compose-limits.c     memory, CPUs, tasks, ulimits
 */

#include "import/formats.h"
#include "import/tree.h"

typedef struct Compose {
        Import *import;
        Tree tree;
        char *directory;  /* owned; of the file */
        char **variables; /* owned; of .env, then of the caller */
} Compose;

typedef struct ComposeService {
        Compose *all;
        Node *node;
        const char *name;
        Draft *draft;
} ComposeService;

/* compose-text.c: the text of a scalar with its variables; NULL and an empty result for what is none. 0, -ENOMEM. */
int compose_expand(Compose *c, const char *text, char **ret);
int compose_text(Compose *c, Node *n, char **ret); /* *ret NULL: no text */
/* A list of texts, or one text as a list of one. -EINVAL: something else. */
int compose_texts(Compose *c, Node *n, char ***ret);
int compose_read_variables(Compose *c);

void compose_write_service(ComposeService *s);
bool compose_has_command(ComposeService *s);

/* Takers of one key; NULL where it is not in the file. */
void compose_write_command(ComposeService *s);
void compose_take_environment(ComposeService *s, Node *n);
void compose_take_env_file(ComposeService *s, Node *n);
void compose_take_healthcheck(ComposeService *s, Node *n);
void compose_take_memory(ComposeService *s, Node *n);
void compose_take_memory_reservation(ComposeService *s, Node *n);
void compose_take_cpus(ComposeService *s, Node *n);
void compose_take_cpu_shares(ComposeService *s, Node *n);
void compose_take_pids(ComposeService *s, Node *n);
void compose_take_ulimits(ComposeService *s, Node *n);
void compose_take_deploy(ComposeService *s, Node *n);
void compose_take_restart(ComposeService *s, Node *n);
void compose_set_restart(ComposeService *s,
                         const char *policy); /* no, always, unless-stopped, on-failure[:N] */
/* The text goes into this setting as it is. */
void compose_set_text(ComposeService *s, const char *key, Node *n);
