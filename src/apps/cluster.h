/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The other half of Node's cluster module (X-IPC=node-cluster): a program that
 * calls listen() asks here, and gets a socket that PID 1 has bound.
 *
 *      queryServer -> APPS_LISTEN -> PID 1 -> APPS_SOCKET -> the socket, or an error that the program meets as its own
 *      listening   -> APPS_PASSED: the instance is ready
 *      close       -> nothing: the socket stays, for the others and the next run
 *      exitedAfterDisconnect -> acknowledged; the program leaves the channel then
 *
 * One question at a time is with PID 1, the others wait, QUESTIONS_MAX of them. What is no question is refused.
 */

#include "apps/message.h"
#include "apps/protocol.h"

#include <stdint.h>

#define CLUSTER_QUESTIONS_MAX 64

typedef struct Instance Instance;

typedef struct ClusterQuestion {
        json_int_t seq;
        char *key; /* owned: by which the program tells its sockets apart */
        ListenQuestion text;
        struct ClusterQuestion *prev, *next;
} ClusterQuestion;

typedef struct Cluster {
        bool wanted;                /* by the unit; else such messages are none of ours */
        ClusterQuestion *questions; /* list; the first one is with PID 1 */
        unsigned n_questions;
        json_int_t seq; /* of ours */
} Cluster;

/* 0; -EINVAL: it cannot be told what is meant; any other errno: what the program is to be told. */
int cluster_parse_question(const json_t *message, ClusterQuestion *ret);
void cluster_on_message(Instance *i, const json_t *message); /* cmd: NODE_CLUSTER */
void cluster_on_socket(Instance *i, int error, int fd);      /* PID 1's answer; takes fd */
int cluster_disconnect(Instance *i); /* its servers are to be closed, then the channel */
void cluster_release(Instance *i);
