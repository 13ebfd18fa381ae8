/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The text of a unit file (or of any file in its format), read through inih.
 *
 * The reader makes logical lines by systemd 252's rules (joins, comments, BOM,
 * UTF-8, limits), gives inih a short safe line for each and keeps section, key
 * and value itself. Files come in as text: nothing here opens one.
 */

#include "base/report.h"

#define UNIT_LINE_MAX (1024 * 1024) /* bytes of a physical or joined line; above it the whole file fails */

typedef struct Assignment {
        const char *section; /* without brackets; "" is possible */
        const char *key;
        const char *value;                 /* stripped; "" resets lists */
        const char *file;                  /* as given to unit_file_parse() */
        unsigned line;                     /* of the last physical line of a join, from 1 */
        unsigned key_column, value_column; /* in characters from 1; 0: in a join, or not from a file */
} Assignment;

/* Called for each header. 1: the lines of that section are skipped, unseen; 0; a negative errno ends the parse. */
typedef int (*SectionHandler)(const SourcePlace *header, void *userdata);
/* Called for each assignment inside a section; the strings live until it returns. A negative errno ends the parse. */
typedef int (*AssignmentHandler)(const Assignment *a, void *userdata);

/*
 * 0; -EBADMSG: the file as a whole is refused (bad section header); -ENOBUFS:
 * a line is too long; -EINVAL: not UTF-8; -ENOMEM; or what the handler
 * returned. Everything said to people is in the report, under `file`.
 */
int unit_file_parse(const char *file, Text text, AssignmentHandler handler, void *userdata, Report *report);
/* The same with a handler for headers. */
int unit_file_parse_sections(const char *file, Text text, SectionHandler on_section,
                             AssignmentHandler handler, void *userdata, Report *report);
/* The column that follows n bytes of text, in characters from 1. */
unsigned text_column(const char *text, size_t n);
