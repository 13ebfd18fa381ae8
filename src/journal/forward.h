/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * ForwardToKMsg=, ForwardToConsole=, ForwardToWall= of journald.conf(5). (For
 * ForwardToSyslog= see syslog-out.h.) A message goes where the configuration
 * wants all of them, or where its stream wants its own, unless it is less
 * important than MaxLevelKMsg=, MaxLevelConsole=, MaxLevelWall= say.
 *
 * Nothing here waits: what a device does not take at once is missed there and
 * counted. Both devices are opened before svinit-journald gives up its
 * privileges; terminals of users are written to by PID 1, which is asked.
 */

#include "base/time.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

typedef enum ForwardTo {
        FORWARD_SYSLOG,
        FORWARD_KMSG,
        FORWARD_CONSOLE,
        FORWARD_WALL,
        FORWARD_TO_MAX,
} ForwardTo;

/* Bits of a set of destinations. */
#define FORWARD_BIT(to) (1U << (to))

typedef struct ForwardLine {
        int priority; /* with the facility */
        const char *identifier;
        pid_t pid; /* 0: not known */
        usec_t monotonic;
        const char *text;
        size_t size;
} ForwardLine;

typedef struct Forward {
        int kmsg, terminal; /* owned; -1: none */
        uint64_t n_missed;
        usec_t wall_at; /* monotonic: not before */
} Forward;

#define FORWARD_INIT ((Forward){ .kmsg = -1, .terminal = -1 })

/* Where they lead is found out here; what cannot be opened is left out. */
void forward_open(Forward *f, const char *tty_path);
/* The lines are there anyway. */
void forward_leave_out_terminal(Forward *f, int shown);
void forward_release(Forward *f);
void forward_to_kmsg(Forward *f, const ForwardLine *line);
void forward_to_terminal(Forward *f, const ForwardLine *line);
/* What PID 1 is to show to users; false: they have just been shown something. */
bool forward_wall_text(Forward *f, const ForwardLine *line, char *buffer, size_t size);
