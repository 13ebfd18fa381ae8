/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Which control group a unit's processes are shown in. Where there is no
 * cgroup file system the path is only a name; clients show it and ask us for
 * the processes in either case.
 */

#include "manager/manager.h"

#include <systemd/sd-bus.h>

/* "/system.slice/foo.service"; "" while the unit has no group. 0 or -ENOMEM. */
int unit_control_group(Manager *m, const Unit *u, char **ret);
/* The same below the group of svinit: "" is that group itself. -ENOENT: the unit has none. */
int unit_group_path(const Unit *u, char **ret);
/* What the unit uses; a slice: all units in it. */
void unit_read_usage(Manager *m, const Unit *u, unsigned wanted, GroupUsage *ret);
/* a(sus): group, pid and command line of every process of the unit; for a slice of all units in it. */
int append_processes(sd_bus_message *m, Manager *manager, const Unit *u);
