/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Other ways to say which units: by a process, and with what they pull in. */

#include "ctl/core/ctl.h"

/* As ctl_names(), but a number is a process, and stands for its unit. */
int ctl_names_or_processes(Ctl *c, char **argv, char ***ret);
/* --with-dependencies: adds what the units pull in, in turn, each once. 0 or negative. */
int ctl_add_dependencies(Ctl *c, char ***names);
/* What to list: the patterns, or with --with-dependencies the names behind them; NULL: all, since there are none. */
int ctl_patterns(Ctl *c, char **argv, char ***ret);
