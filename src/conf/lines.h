/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Bytes to logical lines, as systemd 252 makes them: line ends, joins at a
 * backslash, comments, the byte order mark, limits. What a line says is not
 * looked at here.
 *
 *   - A run of different characters out of LF, CR, NUL is one line end: "\r\n"
 *     is one, "\n\n" are two. A NUL completes it. The last line needs none.
 *   - A line whose first non-blank is '#' or ';' is a comment, even between two
 *     lines that are joined.
 *   - An odd number of backslashes at the end joins: the last one becomes a
 *     blank and the next line follows as it stands. A join that is open at the
 *     end of the text is a line.
 *   - One byte order mark is removed, from the first line that has one.
 */

#include "base/text.h"

typedef struct Lines {
        const char *rest, *end; /* borrowed: what was not read yet */
        bool bom_removed;
        Buf logical; /* the current line; the caller may write into it up to the next call */
        bool joined; /* the current line stood on several */
        unsigned
                number; /* of its last physical line, from 1; one more than there are for a join open at the end */
} Lines;

void lines_init(Lines *l, Text text);
void lines_release(Lines *l);
int lines_next(Lines *l); /* 1: a line; 0: the end; -ENOBUFS: above UNIT_LINE_MAX; -ENOMEM */
