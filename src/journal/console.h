/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The container's stdout and stderr, as svinit inherited them: the ring of the
 * State in front of a descriptor that may stall.
 *
 * Writing never blocks for longer than CONSOLE_PATIENCE_MSEC. A reader that
 * makes no progress for that long is stalled: lines for it are dropped and
 * counted until it reads again, and then told the number. What is dropped here
 * is in the journal all the same.
 */

#include "journal/render.h"
#include "journal/state.h"

#define CONSOLE_PATIENCE_MSEC 20
#define CONSOLE_PIECE 4096 /* written at once: what a SIGKILL may repeat */

typedef struct Console {
        State *state; /* borrowed */
        unsigned ring;
        int fd; /* owned when it was opened again; -1: gone */
        bool is_owned;
        bool is_terminal;
        bool must_poll; /* writes to it may block: ask first and write little */
        bool is_socket;
        bool is_file; /* cannot be waited for, and need not be */
        bool is_stalled;
        uint64_t n_dropped;
        RenderFormat format;
        Buf scratch;
} Console;

void console_init(Console *c, State *state, unsigned ring, int fd, RenderFormat format);
void console_release(Console *c);
/*
 * A line in two steps, so that the caller can make room before it stores the
 * message: render; when that is false there is no room yet: commit what is
 * complete and call console_make_room(). Then put, which drops and counts the
 * line if there is still no room.
 */
bool console_render(Console *c, const RenderLine *line);
void console_put(Console *c);
/* Writes what is committed, as far as the reader takes it. True when something is left. */
bool console_flush(Console *c);
/* Waits for a reader that is merely slow. */
void console_make_room(Console *c);
