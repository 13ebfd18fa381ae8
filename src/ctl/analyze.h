/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * analyze: the checks of systemd-analyze(1) that need no manager, with its
 * output, words and exit codes. Each is a function with the arguments behind
 * its name; the result is the exit code.
 */

#include "ctl/ctl.h"

typedef int (*AnalyzeFunction)(Ctl *c, int argc, char **argv); /* argv[0] is the name */

int analyze_calendar(Ctl *c, int argc, char **argv);
int analyze_timespan(Ctl *c, int argc, char **argv);
int analyze_timestamp(Ctl *c, int argc, char **argv);
int analyze_condition(Ctl *c, int argc, char **argv);
int analyze_unit_paths(Ctl *c, int argc, char **argv);
int analyze_exit_status(Ctl *c, int argc, char **argv);
