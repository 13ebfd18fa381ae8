/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What a client sends that may change nothing, handed to sd-bus in pieces whose end is known.
 *
 *      greeting -> messages
 *
 * sd-bus makes room for 128 MB if a client says that so much will come, and in
 * one step it reads for as long as the client writes: whatever is looked at
 * between its steps bounds nothing. So it does not read from such a
 * client's socket but from a pair of our own, into which an Intake puts the lines of the greeting,
 * then messages, each whole before the next is begun, and none that is too
 * large. Nothing is kept here but a line or a header that has not come whole;
 * nothing is read while sd-bus has not read what it was given.
 *
 * The peer whom sd-bus could ask for a uid is ourselves then: who claims to be
 * somebody else is told off in the words of the greeting itself.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define INTAKE_HEADER_SIZE 16 /* where a message says how large it is */
#define INTAKE_LINE_MAX 256

typedef struct Intake {
        int socket; /* borrowed */
        int pair;   /* owned: the end for writing; -1: there is no intake */
        uid_t uid;  /* of the peer */
        bool greeted;
        char line[INTAKE_LINE_MAX]; /* of the greeting, then headers */
        size_t n_line;
        size_t size_max; /* of a message */
        size_t left;     /* bytes of the message that are still to come */
} Intake;

#define INTAKE_CLOSED ((Intake){ .socket = -1, .pair = -1 })

/* 0 or a negative errno; ret_fd is where sd-bus reads. */
int intake_open(Intake *i, int socket, uid_t uid, size_t size_max, int *ret_fd);
void intake_close(Intake *i);

/*
 * One line, or at most a page of a message. Positive: something came, which
 * sd-bus has to be told; 0: there is nothing. -EMSGSIZE, -EPROTO: this is no
 * D-Bus, or too much of it; -ECONNRESET: the end.
 */
int intake_step(Intake *i);

static inline bool intake_is_open(const Intake *i) {
        return i->pair >= 0;
}

/* A message has begun and not ended. */
static inline bool intake_is_inside(const Intake *i) {
        return i->left > 0 || i->n_line > 0;
}
