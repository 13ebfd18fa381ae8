/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Where svctl's output goes: is it a terminal, how wide, with colours?
 *
 * The answers are found once, before a pager comes between (pager.c), and
 * hold for the whole run:
 *
 *      colours         SYSTEMD_COLORS=0, 1, 16, 256 decides; else NO_COLOR means none; else a terminal
 *                      that is not "dumb" has 256
 *      links           SYSTEMD_URLIFY decides; else where there are colours
 *      width           $COLUMNS, else what the terminal says, else 80; lines that go anywhere else than
 *                      to a terminal, or with --full, are whole
 */

#include "base/text.h"

typedef struct Ctl Ctl;

typedef struct Screen {
        bool terminal, color, links;
        unsigned colors; /* 16 or 256 */
        unsigned width;  /* of the terminal */
} Screen;

void screen_init(Screen *s);
size_t screen_line(const Ctl *c); /* columns of a line; SIZE_MAX / 2: no end */

/* Columns that a text takes on a terminal; bytes that are no character count as one each. */
size_t text_width(const char *s);
/* As many of its bytes as fit into so many columns. */
size_t text_within(const char *s, size_t columns);
/* The text, cut with an ellipsis where it is longer. */
void text_cut(const char *s, size_t columns, Buf *b);
/* A text that is a link to a place where the terminal knows links: "https://...", "man:..." or a path. */
void add_link(const Ctl *c, const char *place, const char *text, Buf *b);
/* Bytes as a terminal may have them: what is not text is "\x1b". */
void add_printable(const char *s, Buf *b);
