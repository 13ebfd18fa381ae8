/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What a reload would change: units as they are in memory against their files
 * as they are now, read by the same loader with the same defaults, and put
 * aside afterwards. Nothing in memory changes, and generators do not run
 * (manager_reload_telling() is for that).
 *
 * A unit is in the list when a reload would read it again and something about
 * it would be different; besides those, units that would be pulled in by one
 * that is active.
 */

#include "manager/manager.h"

typedef enum UnitChange {
        UNIT_CHANGED, /* settings */
        UNIT_GONE,    /* no file any more */
        UNIT_MASKED,
        UNIT_BROKEN,    /* its file cannot be used any more */
        UNIT_RENAMED,   /* another name of another unit */
        UNIT_NEW,       /* was not there, or could not be used */
        UNIT_PULLED_IN, /* as it was, but something that is active wants it from now on */
        UNIT_CHANGE_MAX,
} UnitChange;
const char *unit_change_to_string(UnitChange c);

typedef struct SettingDiff {
        const Directive *row;
        char *old, *new; /* owned; as in a file, one line for each assignment; "" when not set */
} SettingDiff;

typedef struct UnitDiff {
        char *unit; /* owned */
        UnitChange change;
        ActiveState active;
        char *text; /* owned: which unit wants it, or what is wrong; NULL */
        SettingDiff *v;
        size_t n, capacity;
} UnitDiff;

typedef struct UnitDiffs {
        UnitDiff *v;
        size_t n, capacity;
} UnitDiffs;

/* Of these units, and of those that they would pull in; all of them when there are no names. 0 or a negative errno. */
int manager_diff(Manager *m, char *const *names, UnitDiffs *ret);
void unit_diffs_release(UnitDiffs *d);

/* Does what runs take the setting up by a reload alone? */
bool directive_is_live(const Directive *d);
