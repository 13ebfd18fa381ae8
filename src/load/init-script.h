/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Init scripts, as far as the names of their files tell. */

#include "load/loader.h"

/* Of a script's file name or a word of a header: "name.sh" and "name" are one. 0, -EINVAL, -ENAMETOOLONG, -ENOMEM. */
int script_unit_name(const char *word, char **ret);
/*
 * Is there a script in /etc/init.d without a unit file in the search path?
 * No file is opened. Where it cannot be told ($SYSTEMD_SYSVINIT_PATH names
 * other places) there is one.
 */
bool init_scripts_lack_units(const Loader *l);
