/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * `svctl run`: a command as a unit of its own, systemd-run(1).
 *
 *      run-options.c   what is wanted, and what does not go together
 *      run.c           the units as StartTransientUnit() takes them
 *      slice.c         --slice-inherit: below the slice of the caller
 *      run-scope.c     --scope: this process becomes the command
 *      run-wait.c      until the unit has ended: its exit code, a summary
 *      run-terminal.c  --pty: between this terminal and that of the unit
 *      run-capture.c   --capture: output and ending as JSON
 *
 * Data goes straight between this process and the command, over descriptors
 * that were passed with the call.
 */

#include "ctl/core/ctl.h"

#include <systemd/sd-event.h>

/* Of data: what svinit has to say comes first, however much there is of the other. */
#define RUN_PRIORITY SD_EVENT_PRIORITY_IDLE

typedef enum RunStreams {
        STREAMS_NONE,
        STREAMS_PIPE, /* our own three descriptors */
        STREAMS_TERMINAL,
        STREAMS_CAPTURE,
} RunStreams;

typedef enum RunTrigger {
        TRIGGER_NONE,
        TRIGGER_TIMER,
        TRIGGER_PATH,
        TRIGGER_SOCKET,
        TRIGGER_MAX,
} RunTrigger;

typedef struct RunRequest {
        Ctl *ctl;
        char **command;     /* borrowed from argv; [0] is replaced by the path */
        char *path;         /* owned; of the executable */
        char *name;         /* owned; of the service or scope */
        char *trigger_name; /* owned; NULL: none */
        char *unit, *description;
        char **settings; /* of the service or scope: KEY=VALUE */
        char **trigger_settings[TRIGGER_MAX];
        char **environment;
        const char *user, *group, *nice, *directory, *slice, *timeout, *max_output;
        RunStreams streams;
        RunTrigger trigger;
        bool scope, wait, remain, collect, sighup, shell, same_directory, pty, pipe, capture, inherit_slice;
        int given[3];    /* the descriptors for the service; those of --capture are owned; -1: none */
        char *inherited; /* owned; q->slice, where it is not an argument */
        char *terminal;  /* owned; the unit's side of --pty */
} RunRequest;

/* 1: go on; else the exit code, negated. */
int run_parse(RunRequest *q, int argc, char **argv);
void run_help(void); /* the options, as lines of --help */
/* The i-th option; *ret_letter may be 0, *ret_argument NULL. false: there are no more. */
bool run_option(size_t i, const char **ret_name, char *ret_letter, const char **ret_argument,
                const char **ret_help);
void run_request_release(RunRequest *q);
int run_inherit_slice(
        RunRequest *q); /* --slice-inherit: settles q->slice. 0, or negative with a sentence on stderr */
int run_message(RunRequest *q, sd_bus_message **ret); /* 0 or negative */

int run_scope(RunRequest *q); /* returns only on failure */
typedef struct RunEnd {
        PropertyList properties;
        bool ended;
} RunEnd;
/* Makes the unit and serves `event` until it has ended. The exit code of what went wrong, if anything. */
int run_and_wait(RunRequest *q, sd_event *event, RunEnd *ret);
int run_exit_code(const RunEnd *e);
void run_summary(const RunEnd *e);
int run_in_terminal(RunRequest *q);
int run_captured(RunRequest *q);
