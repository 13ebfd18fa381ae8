/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What goes wrong, as D-Bus errors: the names that clients turn into exit
 * codes, and one sentence for people.
 */

#include "graph/job.h"
#include "load/install.h"

#include <systemd/sd-bus.h>

#define ERROR_PREFIX "org.freedesktop.systemd1."
#define ERROR_NO_SUCH_UNIT ERROR_PREFIX "NoSuchUnit"
#define ERROR_NO_SUCH_JOB ERROR_PREFIX "NoSuchJob"
#define ERROR_NO_SUCH_PROCESS ERROR_PREFIX "NoSuchProcess"
#define ERROR_NO_UNIT_FOR_PID ERROR_PREFIX "NoUnitForPID"
#define ERROR_NO_UNIT_FOR_INVOCATION ERROR_PREFIX "NoUnitForInvocationID"
#define ERROR_UNIT_MASKED ERROR_PREFIX "UnitMasked"
#define ERROR_UNIT_INACTIVE ERROR_PREFIX "UnitInactive"
#define ERROR_UNIT_BUSY ERROR_PREFIX "UnitBusy"
#define ERROR_FREEZE_CANCELLED ERROR_PREFIX "FreezeCancelled"
#define ERROR_BAD_SETTING ERROR_PREFIX "BadUnitSetting"
#define ERROR_LOAD_FAILED ERROR_PREFIX "LoadFailed"
#define ERROR_NO_DYNAMIC_USER ERROR_PREFIX "NoSuchDynamicUser"
#define ERROR_NOTHING_TO_CLEAN ERROR_PREFIX "NothingToClean"
#define ERROR_SHUTTING_DOWN ERROR_PREFIX "ShuttingDown"

/*
 * For what manager_enqueue() answers: an EnqueueOutcome or a negative errno,
 * with the explanation's words after it. Always negative.
 */
int error_from_outcome(sd_bus_error *error, int outcome, const char *unit, const Report *explanation);
/* A negative errno with the words of a report, as of install_enable(). Always negative. */
int error_from_report(sd_bus_error *error, int r, const char *what, const Report *report);

/* The same with the first failure of the changes, under systemd's name for it. */
int error_from_changes(sd_bus_error *error, int r, const char *what, const InstallChanges *changes);

const char *outcome_error_name(EnqueueOutcome o);
/* The pair LoadError shows. Both empty for a unit that is usable. `text` is added to `b`. */
const char *load_error(const Unit *u, Buf *b);
