/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * A screen that is drawn again and again, and keys: top, monit.
 *
 * The terminal is as it was before on every end that a process can see: its
 * own, SIGINT, SIGTERM, SIGHUP and SIGQUIT, and while it is stopped by ^Z.
 *
 *      live_begin(&l, "top");
 *      for (;;) {
 *              live_draw(&l, text);
 *              switch (live_wait(&l, due, -1)) { ... }
 *      }
 *      live_end(&l);
 */

#include "base/text.h"
#include "base/time.h"

#include <termios.h>

typedef struct Live {
        struct termios before;
        bool on;
        unsigned width, height; /* height 0: it is no terminal, and has no end */
        int key;                /* of LIVE_KEY: a character, or one of LiveKey */
} Live;

typedef enum LiveKey {
        LIVE_UP = 256,
        LIVE_DOWN,
        LIVE_PAGE_UP,
        LIVE_PAGE_DOWN,
        LIVE_HOME,
        LIVE_LAST,
        LIVE_OTHER, /* what no one asks for */
} LiveKey;

typedef enum LiveEvent {
        LIVE_DUE,   /* the time has come */
        LIVE_TYPED, /* l->key */
        LIVE_READY, /* the descriptor */
        LIVE_SIZE,  /* another width or height, or the screen has to be drawn anew */
        LIVE_OVER,  /* a signal, or nobody sits there any more */
} LiveEvent;

bool live_is_possible(void);
void live_catch_signals(void);               /* also without a screen */
int live_begin(Live *l, const char *verb);   /* 0, or negative: said */
void live_end(Live *l);                      /* also of one that has not begun */
void live_measure(Live *l);                  /* width and height */
void live_draw(const Live *l, const Buf *b); /* in place, line by line: no flicker */
/* Until CLOCK_MONOTONIC `due`; fd: watched for input, or -1. */
LiveEvent live_wait(Live *l, usec_t due, int fd);
usec_t live_now(void);
