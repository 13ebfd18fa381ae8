/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * -H [USER@]HOST[:PORT]: svctl for a svinit elsewhere, over ssh(1). Verbs that
 * only talk to the manager do so from here, through `svctl stdio-bridge` (or
 * systemd-stdio-bridge) on the other side; those that read files and journals
 * there, or want a terminal, run there as a whole.
 */

#include "ctl/core/ctl.h"

/* The bus of c->host. 0 or negative, said. */
int ssh_connect(Ctl *c, sd_bus **ret);
/* Runs svctl there with the arguments of this one, less -H among the first n; returns only on failure. The exit code. */
int ssh_run(Ctl *c, int argc, char **argv, int n);
/* The last log lines of a unit there. */
void ssh_logs(Ctl *c, const char *unit, unsigned lines);
