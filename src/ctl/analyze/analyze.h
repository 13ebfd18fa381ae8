/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * analyze: what systemd-analyze(1) tells, with its output, words and exit
 * codes. Each is a function with the arguments behind
 * its name; the result is the exit code.
 */

#include "ctl/core/ctl.h"

typedef int (*AnalyzeFunction)(Ctl *c, int argc, char **argv); /* argv[0] is the name */

/* The names, one after the other; false: no more. */
bool analyze_check(size_t i, const char **ret_name, const char **ret_summary);

/* of the boot; these ask the manager */
int analyze_time(Ctl *c, int argc, char **argv);
int analyze_blame(Ctl *c, int argc, char **argv);
int analyze_critical_chain(Ctl *c, int argc, char **argv);
int analyze_plot(Ctl *c, int argc, char **argv);
int analyze_dump(Ctl *c, int argc, char **argv);
/* of files and values */
int analyze_calendar(Ctl *c, int argc, char **argv);
int analyze_timespan(Ctl *c, int argc, char **argv);
int analyze_timestamp(Ctl *c, int argc, char **argv);
int analyze_condition(Ctl *c, int argc, char **argv);
int analyze_cat_config(Ctl *c, int argc, char **argv);
int analyze_capability(Ctl *c, int argc, char **argv);
int analyze_syscall_filter(Ctl *c, int argc, char **argv);
int analyze_compare_versions(Ctl *c, int argc, char **argv);
int analyze_unit_files(Ctl *c, int argc, char **argv);
int analyze_security(Ctl *c, int argc, char **argv);
int analyze_nothing(Ctl *c, int argc, char **argv); /* says why */
int analyze_unit_paths(Ctl *c, int argc, char **argv);
int analyze_exit_status(Ctl *c, int argc, char **argv);
