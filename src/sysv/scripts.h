/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * All init scripts of the system that need a unit of ours.
 *
 *      scripts_collect()   executable files in /etc/init.d whose name no unit file and no alias has
 *      scripts_start()     the links rcN.d/SNNname: which targets want them, and the NN
 *      scripts_order()     by the NN, where an LSB header does not say better; $all
 *      scripts_write()     unit files and links
 *
 * A script with a native unit is left alone even if that unit is masked or
 * not enabled. Of generated units only those are seen that other generators
 * must not rely on either: none.
 */

#include "sysv/script.h"

typedef struct Scripts {
        Script *v; /* owned */
        size_t n, capacity;
} Scripts;

typedef struct ScriptPaths {
        char **scripts, **runlevels; /* owned; directories, usually /etc/init.d and /etc */
} ScriptPaths;

int script_paths_init(ScriptPaths *p); /* $SYSTEMD_SYSVINIT_PATH, $SYSTEMD_SYSVRCND_PATH */
void script_paths_release(ScriptPaths *p);

int scripts_collect(Scripts *all, const ScriptPaths *p, Report *r);
int scripts_start(Scripts *all, const ScriptPaths *p, Report *r);
int scripts_order(Scripts *all);
void scripts_release(Scripts *all);

/* write.c: below the directory. What cannot be written is in the report; the rest is tried. */
int scripts_write(const Scripts *all, const char *directory, Report *r);
