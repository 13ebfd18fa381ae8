/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The life of a scope: processes that others have made, brought in when it
 * starts, and stopped and counted like those of a service.
 *
 *      dead -> start-chown -> running -> stop-sigterm -> stop-sigkill -> dead
 *                                |  \                                    or failed
 *                                |   +-> abandoned
 *                                +-> dead, when the last one is gone
 *
 * It has no main process, so that KillMode=process leaves all of them alone
 * and KillMode=mixed begins with SIGKILL. Abandoned means that whoever made it
 * looks after it no more; it lives on all the same.
 */

#include "life/event.h"

typedef enum ScopeState {
        SCOPE_DEAD,
        SCOPE_START_CHOWN, /* processes are brought in */
        SCOPE_RUNNING,
        SCOPE_ABANDONED,
        SCOPE_STOP_SIGTERM,
        SCOPE_STOP_SIGKILL,
        SCOPE_FAILED,
        SCOPE_STATE_MAX
} ScopeState;

typedef enum ScopeResult {
        SCOPE_SUCCESS,
        SCOPE_RESOURCES, /* no process could be brought in */
        SCOPE_TIMEOUT,
        SCOPE_OOM_KILL,
        SCOPE_RESULT_MAX
} ScopeResult;
const char *scope_result_to_string(ScopeResult r);

typedef struct Scope {
        const UnitSpec *spec; /* borrowed */
        ScopeState state;
        ScopeResult result;
        usec_t deadline;
        uint64_t random; /* for RuntimeRandomizedExtraSec= */
} Scope;

void scope_init(Scope *s, const UnitSpec *spec);
void scope_step(Scope *s, const Event *ev, EffectList *fx);
int scope_active_state(const Scope *s);
const char *scope_sub_state(const Scope *s);
