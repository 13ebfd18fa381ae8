/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The life of a path unit: dead -> waiting <-> running -> dead | failed.
 * The caller owns inotify and tells: EVENT_TRIGGER when something moved (with
 * PathChanged= and PathModified= that is the condition), EVENT_PATHS_CHECKED with the answer to EFFECT_CHECK_PATHS. What moves while
 * the triggered unit runs is not remembered; what exists is seen afterwards.
 */

#include "life/event.h"

typedef enum PathState {
        PATH_DEAD,
        PATH_WAITING,
        PATH_RUNNING,
        PATH_FAILED,
        PATH_OPENING, /* between EFFECT_OPEN and its answer: nobody sees it, but a start that fails is none */
        PATH_STATE_MAX
} PathState;
typedef enum PathResult {
        PATH_SUCCESS,
        PATH_RESOURCES,
        PATH_START_LIMIT_HIT,
        PATH_UNIT_START_LIMIT_HIT,
        PATH_TRIGGER_LIMIT_HIT,
        PATH_RESULT_MAX
} PathResult;

typedef struct Path {
        const UnitSpec *spec;
        PathState state;
        PathResult result;
        usec_t trigger_window_begin;
        unsigned trigger_count;
        usec_t limit_window_begin; /* start limit */
        unsigned limit_count;
        int unit_active; /* ActiveState of the triggered unit, as last told */
} Path;

void path_init(Path *p, const UnitSpec *spec);
void path_step(Path *p, const Event *ev, EffectList *fx);
int path_active_state(const Path *p);
const char *path_sub_state(const Path *p);
const char *path_result_to_string(PathResult r);
