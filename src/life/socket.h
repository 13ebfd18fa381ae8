/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The life of a socket unit: dead -> (start-pre) -> listening <-> running -> dead | failed.
 * "running" means that its service is up and has the descriptors; with
 * Accept=yes it stays "listening" and every connection is an EFFECT_TRIGGER;
 * the caller counts connections. "start-chown" is the time between EFFECT_OPEN
 * and its answer.
 */

#include "life/event.h"

typedef enum SocketState {
        SOCKET_DEAD,
        SOCKET_START_PRE,
        SOCKET_START_CHOWN,
        SOCKET_START_POST,
        SOCKET_LISTENING,
        SOCKET_RUNNING,
        SOCKET_STOP_PRE,
        SOCKET_STOP_PRE_SIGTERM,
        SOCKET_STOP_PRE_SIGKILL,
        SOCKET_STOP_POST,
        SOCKET_FINAL_SIGTERM,
        SOCKET_FINAL_SIGKILL,
        SOCKET_FAILED,
        SOCKET_CLEANING,
        SOCKET_STATE_MAX,
} SocketState;
typedef enum SocketResult {
        SOCKET_SUCCESS,
        SOCKET_RESOURCES,
        SOCKET_TIMEOUT,
        SOCKET_EXIT_CODE,
        SOCKET_SIGNAL,
        SOCKET_CORE_DUMP,
        SOCKET_START_LIMIT_HIT,
        SOCKET_TRIGGER_LIMIT_HIT,
        SOCKET_SERVICE_START_LIMIT_HIT,
        SOCKET_RESULT_MAX,
} SocketResult;

typedef struct Socket {
        const UnitSpec *spec;
        SocketState state;
        SocketResult result;
        pid_t control_pid;
        unsigned command_index;
        usec_t deadline;
        bool spawn_pending;        /* EFFECT_SPAWN is not answered yet */
        bool open;                 /* EFFECT_OPEN was given and EFFECT_CLOSE not */
        int unit_active;           /* ActiveState of the service, as last told */
        usec_t limit_window_begin; /* start limit */
        unsigned limit_count;
        usec_t trigger_window_begin;
        unsigned trigger_count, n_accepted, n_connections, n_refused;
} Socket;

void socket_init(Socket *s, const UnitSpec *spec);
void socket_step(Socket *s, const Event *ev, EffectList *fx);
int socket_active_state(const Socket *s);
const char *socket_sub_state(const Socket *s);
const char *socket_result_to_string(SocketResult r);
