/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * `svctl generate`: units to begin with, one kind of program each.
 *
 *      generate.c        the verb: name, command and place of what is asked for
 *      generate-kinds.c  the kinds and the text of their units
 *
 * In a text stand @NAME@ (without a suffix), @COMMAND@ (as ExecStart= has it),
 * @DIRECTORY@, @DESCRIPTION@, @CALENDAR@, and a line @USER@, which says whose
 * rights the program has.
 */

#include <stddef.h>

typedef enum GenerateWords {
        GENERATE_COMMAND,   /* a command, as typed */
        GENERATE_SCRIPT,    /* a file for the kind's program, and its arguments */
        GENERATE_MODULE,    /* MODULE:NAME for the kind's program */
        GENERATE_DIRECTORY, /* what is served */
        GENERATE_CALENDAR,  /* a calendar event, then a command */
} GenerateWords;

typedef struct GenerateFile {
        const char *suffix; /* with "@" where it is a template */
        const char *text;
} GenerateFile;

typedef struct GenerateKind {
        const char *name, *summary;
        GenerateWords words;
        const char *program;  /* what runs it, unless it is the command itself */
        const char *fallback; /* the command, script, module or directory when none is said */
        const char *unit;     /* the name when nothing else gives one */
        GenerateFile files[3];
} GenerateKind;

extern const GenerateKind generate_kinds[]; /* ended by a row without a name */
