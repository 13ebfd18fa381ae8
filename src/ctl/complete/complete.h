/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What may follow the words of a command line, from the tables of verbs and
 * options and from what there is: units, files, variables. The shells' own
 * completions (contrib/completion) ask `svctl complete` and know nothing
 * themselves.
 */

#include "ctl/core/ctl.h"

typedef struct Completion {
        Ctl *ctl;
        const char *current; /* the word as far as it is typed; behind "--option=" the value */
        const char *prefix;  /* what is printed before each: "--option=" or "" */
        const char *unit;    /* the first argument of the verb; NULL */
        bool asked;          /* the manager was looked for */
        Similar *similar;    /* not NULL: nothing is printed, words are compared with this one */
        bool found;          /* ... and one of them is it */
} Completion;

/* Prints the word if it begins as the current one does. */
void completion_offer(Completion *p, const char *word, const char *description);
void completion_offer_choices(Completion *p, const char *choices); /* between blanks */
/* The words of a kind; `nth` counts the arguments of the verb, from 0. */
void completion_offer_kind(Completion *p, WordKind kind, unsigned nth);

/* unit-words.c */
void completion_offer_units(Completion *p, WordKind kind);
void completion_offer_profiles(Completion *p); /* of the unit that is named */
void completion_offer_jobs(Completion *p);
void completion_offer_variables(Completion *p);
void completion_offer_properties(Completion *p);
bool completion_asks(Completion *p); /* does a manager answer? */
