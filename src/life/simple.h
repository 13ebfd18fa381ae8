/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Units without processes of their own: targets and slices are active from
 * start to stop; devices and mounts report what the system says ("mounted",
 * "plugged") and are never waited for.
 *
 * What the system has is told by EVENT_OPENED and, when it goes,
 * EVENT_OPEN_FAILED; or by EVENT_START with `value` when a start job finds it
 * there. A start that finds nothing fails: svinit mounts nothing.
 */

#include "life/event.h"

typedef struct Simple {
        UnitType type;
        const UnitSpec *spec;
        bool up, failed;
} Simple;

void simple_init(Simple *s, UnitType type, const UnitSpec *spec);
void simple_step(Simple *s, const Event *ev, EffectList *fx);
int simple_active_state(const Simple *s);
const char *simple_sub_state(const Simple *s);
