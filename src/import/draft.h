/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The units in the making, and the one way to write into them: quotes,
 * escapes, doubled percent signs, and nothing that svinit would not read back.
 *
 * Each value is tried on a UnitSpec first, by the same rows that the manager
 * reads units with. What these refuse or do not know is not written; a comment
 * says so instead, and counts as dropped, like everything else that an
 * importer has no key for.
 *
 * Memory that runs out is remembered in Import.error, so that importers need
 * not ask after each line.
 */

#include "base/report.h"
#include "unit/spec.h"

typedef struct DraftLine {
        char *section, *key, *value; /* owned */
} DraftLine;

typedef struct Draft {
        struct Import *import; /* borrowed */
        char *name;            /* owned; with its suffix */
        UnitSpec *spec;        /* what svinit makes of the lines so far */
        DraftLine *lines;
        size_t n, capacity;
        char **remarks; /* above the unit, without "# " */
} Draft;

typedef struct Import {
        const char *file;      /* as it was called; borrowed */
        const char *directory; /* of the process that imports: relative paths begin here; borrowed */
        const char *profile;   /* --profile=, or NULL */
        char **only;           /* --only=: names; NULL: all */
        Draft **drafts;
        size_t n, capacity;
        char **remarks; /* about the file as a whole */
        unsigned n_dropped;
        Report report; /* why the file could not be used */
        int error;
} Import;

void import_release(Import *im);
bool import_is_wanted(const Import *im, const char *name);
/* Of the whole file: what could not be carried over; something to know. */
void import_drop(Import *im, const char *format, ...) PRINTF_LIKE(2, 3);
void import_remark(Import *im, const char *format, ...) PRINTF_LIKE(2, 3);
/* An empty unit; `name` is what people call it, of which a unit name is made. NULL: there is none, and it was said. */
Draft *draft_new(Import *im, const char *name, UnitType type);
Draft *draft_find(Import *im, const char *unit); /* by its unit name */

/* In texts that are quoted: here stands the number of the instance, as %i. A character that means nothing elsewhere. */
#define DRAFT_INSTANCE "\xee\x80\x80"

/* A line as it stands, specifiers and all. false: it was dropped. */
bool draft_set(Draft *d, const char *section, const char *key, const char *value);
bool draft_setf(Draft *d, const char *section, const char *key, const char *format, ...) PRINTF_LIKE(4, 5);
/* The text itself: percent signs are doubled. */
bool draft_text(Draft *d, const char *section, const char *key, const char *text);
bool draft_environment(Draft *d, const char *section, const char *name, const char *value);
/* The words as one line, each of them quoted where it must be. */
bool draft_words(Draft *d, const char *section, const char *key, char *const *words);
/* A command: variables in it are no business of svinit's. */
bool draft_command(Draft *d, const char *key, char *const *argv);
/* The same, of a shell, found where there is one. */
bool draft_shell(Draft *d, const char *key, const char *command);
bool draft_has(const Draft *d, const char *section, const char *key);
bool draft_knows(const char *section, const char *key); /* does this svinit? */

void draft_drop(Draft *d, const char *format, ...) PRINTF_LIKE(2, 3);
void draft_remark(Draft *d, const char *format, ...) PRINTF_LIKE(2, 3);

/* Quotes a word for a unit file, specifiers doubled. 0, -EINVAL: bytes that no unit file holds, -ENOMEM. */
int draft_quote(const char *word, bool always, Buf *b);

/* What all commands share: absolute when it is found in $PATH, else as it is. 0 or -ENOMEM. */
int import_find_program(const char *name, char **ret);
/* A path as seen from that directory, "." and ".." taken out as they are written. 0 or -ENOMEM. */
int import_absolute(const char *directory, const char *path, char **ret);

/* print.c: the text of the file; all units on the standard output, or a file each in `directory`. 0, or negative and it was said. */
void draft_format(const Draft *d, Buf *b);
int import_print(const Import *im, const char *directory, bool overwrite);
