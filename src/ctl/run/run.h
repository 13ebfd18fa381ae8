/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * `svctl run`: a command as a unit of its own, systemd-run(1).
 *
 *      options.c       the options
 *      arguments.c     what is wanted by them, and what does not go together
 *      run.c           the units as StartTransientUnit() takes them
 *      slice.c         --slice-inherit: below the slice of the caller
 *      scope.c         --scope: this process becomes the command
 *      wait.c          until the unit has ended; signals, --watch
 *      end.c           how it has: the exit code, a summary
 *      terminal.c      --pty: between this terminal and that of the unit
 *      streams.c       output that is counted: --capture, --pipe --max-output=
 *      ipc.c           --ipc: messages, as with a child of child_process.fork()
 *      capture.c       --capture: output and ending as JSON
 *
 * Data goes straight between this process and the command, over descriptors
 * that were passed with the call; it comes through here only where it is
 * counted. A unit that is connected with this process is tied to it: svinit
 * stops it when we are gone, whatever the reason.
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
        STREAMS_CHANNEL, /* messages */
} RunStreams;

typedef enum RunTrigger {
        TRIGGER_NONE,
        TRIGGER_TIMER,
        TRIGGER_PATH,
        TRIGGER_SOCKET,
        TRIGGER_MAX,
} RunTrigger;

typedef struct Waiting Waiting;

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
        char **watched;   /* --watch-path= */
        char *shell_line; /* owned; the command of --shell */
        const char *user, *group, *nice, *directory, *slice, *timeout, *instances;
        const char *max_output, *max_output_action, *encoding;
        uint64_t most;    /* of each stream; UINT64_MAX: any */
        bool truncate;    /* what is more is thrown away, and the command goes on */
        Waiting *waiting; /* NULL: not now */
        RunStreams streams;
        RunTrigger trigger;
        bool scope, wait, remain, collect, sighup, shell, same_directory, pty, pipe, capture, inherit_slice,
                watch, expand, ipc;
        int given[3];    /* the descriptors for the service; those of --capture are owned; -1: none */
        int channel;     /* the command's end of --ipc; owned; -1: none */
        char *inherited; /* owned; q->slice, where it is not an argument */
        char *terminal;  /* owned; the unit's side of --pty */
} RunRequest;

/* 1: go on; else the exit code, negated. */
int run_parse(RunRequest *q, int argc, char **argv);

typedef struct RunOption {
        const char *name;
        char letter;          /* 0: long only */
        const char *argument; /* NULL: none */
        const char *help;     /* NULL: not spoken of */
        int (*act)(RunRequest *q, const char *key, const char *value);
        const char *key; /* for `act` */
        bool place;      /* it says which svinit is meant */
        WordKind words;  /* for completion, as in CtlOption */
        const char *choices;
} RunOption;
const RunOption *run_option(size_t i); /* NULL: there are no more */
void run_help(void);                   /* the options, as lines of --help */
/* The index of the command in argv; negative: the exit code, negated. */
int run_read_options(RunRequest *q, int argc, char **argv);
/* Only -H, -M and --user, into c, before all else; the index of the command. */
int run_find_place(Ctl *c, int argc, char **argv);
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
void run_stop(RunRequest *q); /* asks for it, and waits for nothing */
int run_exit_code(const RunEnd *e);
void run_say_why(const RunRequest *q, const RunEnd *e); /* a command that could not even be executed */
void run_summary(const RunEnd *e);
int run_in_terminal(RunRequest *q);

/* One of the two streams of the command. */
typedef struct Stream {
        RunRequest *request;
        int fd, to; /* `fd` is owned; `to` < 0: kept in `text` */
        uint64_t n;
        Buf text;
        bool truncated, gone;    /* gone: nobody reads `to` any more */
        sd_event_source *source; /* owned */
} Stream;
/* -1 for `to`: keep it. 0 or negative; request->given has the other ends. */
int run_open_streams(RunRequest *q, sd_event *event, Stream *out, Stream *err);
void run_finish_streams(Stream *out, Stream *err); /* what was written last */
void run_close_streams(Stream *out, Stream *err);
int run_captured(RunRequest *q);
int run_with_channel(RunRequest *q, RunEnd *end); /* the exit code of what went wrong */
