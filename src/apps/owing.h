/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Which instances have a call to reply to: a page of memory that PID 1 keeps,
 * so that the next svinit-apps does not take the reply to an earlier caller for
 * that to its own. No system call is needed to note it.
 */

#include <stdint.h>

#define OWING_SLOTS 8192

typedef struct Owing {
        uint64_t *ids; /* shared memory; 0: the slot is free; NULL: there is none */
        uint32_t next;
} Owing;

int owing_new(Owing *o, int *ret_fd); /* the memfd, for PID 1; the caller's */
int owing_adopt(Owing *o, int fd);    /* of an earlier svinit-apps; the descriptor stays the caller's */
/* The slot, from 1; 0: there is no room. */
uint32_t owing_set(Owing *o, uint64_t id);
void owing_clear(Owing *o, uint32_t slot);
uint32_t owing_find(const Owing *o, uint64_t id); /* 0: it owes nothing */
