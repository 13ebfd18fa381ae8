/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Bytes of a stream into lines, as journald cuts them: at a newline, at a NUL,
 * at LineMax=, at the end. Pure.
 */

#include <stdbool.h>
#include <stddef.h>

#define LINE_MAX_DEFAULT (48U * 1024)
#define LINE_MAX_MIN 79U

typedef enum LineEnd {
        LINE_INCOMPLETE, /* nothing there ends the line */
        LINE_NEWLINE,
        LINE_NUL,
        LINE_TOO_LONG,
        LINE_EOF, /* used by the caller when no more can come */
        LINE_END_MAX,
} LineEnd;

/* The first line of data: *ret_size bytes of text; *ret_consumed with what ended it. */
LineEnd line_next(const char *data, size_t n, size_t max, size_t *ret_size, size_t *ret_consumed);

/*
 * The same for a stream of records, each ended by an empty line; *ret_size is
 * with the newline of the record's last field.
 */
LineEnd record_next(const char *data, size_t n, size_t max, size_t *ret_size, size_t *ret_consumed);

/* _LINE_BREAK= of a line that was not ended by a newline; NULL otherwise. */
const char *line_end_to_string(LineEnd end);

/* "<N>" in front, N below 8 or, with_facility, below 192. Returns its length, 0: there is none. */
size_t line_priority(const char *text, size_t n, bool with_facility, int *ret_priority);
