/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What holds for all messages of a unit, whichever way they come: its run,
 * LogLevelMax=, LogExtraFields=, and how many it may still send.
 *
 * There is one only for units that need it: those that send datagrams, and
 * those that have a limit. PID 1 says what it says with a stream of the unit
 * (ADD, UPDATE), else in answer to a question (UNIT_OF).
 */

#include "journal/stream.h"

#define UNIT_LOGS_MAX 1024U

typedef struct UnitLog {
        char *name;                        /* owned; key of `hh` */
        char *invocation, *slice, *cgroup; /* owned; NULL: not known */
        char **extra;                      /* owned; NAME=value */
        int level_max;                     /* -1: none */
        uint64_t rate_interval, rate_burst;
        uint64_t rate_begin, rate_count, rate_dropped;
        bool is_of_stream; /* PID 1 says what changes without being asked */
        UT_hash_handle hh;
} UnitLog;

typedef struct UnitLogs {
        UnitLog *by_name; /* uthash */
} UnitLogs;

UnitLog *unit_log_find(const UnitLogs *logs, const char *name); /* NULL: none, also for no name */
/* Found or made; what `info` says holds from here on. NULL: no memory, or no name. */
UnitLog *unit_log_learn(UnitLogs *logs, const StreamInfo *info, bool is_of_stream);
void unit_logs_release(UnitLogs *logs);

static inline bool unit_log_admits(const UnitLog *u, int priority) {
        return !u || u->level_max < 0 || priority <= u->level_max;
}

/*
 * Counts one message. False: it is over the limit. *ret_dropped: so many were,
 * before this one, and that is to be told now.
 */
bool unit_log_count(UnitLog *u, uint64_t monotonic, uint64_t *ret_dropped);
