/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The options, each with the member of Ctl that it sets. getopt_long(3), --help
 * and completion walk the table; those of `run` stand in ctl/run/arguments.c.
 */

#include "ctl/core/ctl.h"

#include <stddef.h>

typedef enum OptionKind {
        OPTION_IGNORED, /* or seen to elsewhere */
        OPTION_FLAG,    /* bool */
        OPTION_UNLESS,  /* bool, the opposite of the argument */
        OPTION_TEXT,    /* const char *, borrowed */
        OPTION_VALUE,   /* const char *, the word of the row */
        OPTION_LIST,    /* char **, one more each time */
        OPTION_WORDS,   /* char **, as many as commas separate */
        OPTION_REFUSED, /* the word of the row says why */
} OptionKind;

typedef struct CtlOption {
        const char *name;
        char letter;          /* 0: long only */
        const char *argument; /* NULL: none */
        const char *help;     /* NULL: taken for systemctl's callers, and not spoken of */
        bool (*may_follow)(
                const char *); /* the argument is optional; without "=" such a word behind it is it */
        const char *verb; /* only behind this verb, where its letter means nothing else; NULL: anywhere */
        OptionKind kind;
        LoaderScope scope;   /* what it chooses, if any */
        size_t offset;       /* in Ctl */
        size_t besides;      /* of a bool in Ctl that it sets as well; 0: none */
        const char *word;    /* OPTION_VALUE, OPTION_REFUSED */
        WordKind words;      /* what its argument may be, for completion */
        const char *choices; /* WORDS_CHOICE: between blanks */
} CtlOption;

extern const CtlOption ctl_options[]; /* ended by a row without a name */

/* option-parse.c: into *c. 1: go on at optind; else the exit code, negated. */
int ctl_parse_options(Ctl *c, int argc, char **argv);
void ctl_release_options(Ctl *c);

void options_print_of_verb(const Verb *v); /* complete.c: those that it heeds */
/*
 * complete.c: of an option that takes one of some words only. 0: it is one; 1: "help", and they have been printed; CTL_USAGE: said,
 * with what was perhaps meant.
 */
int option_check(const CtlOption *o, const char *value);
