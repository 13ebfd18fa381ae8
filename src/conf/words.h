/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Values that are lists of words: systemd's quoting and C-style escapes
 * (systemd.syntax(7), systemd.service(5) "COMMAND LINES").
 */

#include "base/text.h"

typedef enum WordsFlags {
        WORDS_QUOTES = 1,         /* '...' and "..." group; quotes are removed */
        WORDS_UNESCAPE = 2,       /* \n \x41 \u20ac ... are replaced; unknown ones are an error */
        WORDS_UNESCAPE_RELAX = 4, /* ... unknown ones are kept as they stand */
        WORDS_RELAX = 8,          /* an open quote at the end is closed */
} WordsFlags;

/* Takes the next word off *p. 1: a word; 0: nothing left; -EINVAL: bad quoting or escape; -ENOMEM. */
int words_next(const char **p, WordsFlags flags, char **ret);
int words_split(const char *text, WordsFlags flags, char ***ret); /* whole text; 0 or an error */
/* A word as it must be written to be read back as one. */
int words_quote(const char *word, Buf *b);
