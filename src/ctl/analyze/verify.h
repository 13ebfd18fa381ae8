/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The parts of `svctl verify`.
 *
 * A Verify has the units in question and all they refer to as a graph. What is
 * found goes to verify_emit() at once, finding by finding, which prints it and
 * counts. Findings that name a key but no line (two settings that contradict
 * each other, say) get the place of the assignment from the Places of the unit:
 * all assignments of its files, read a second time, since a UnitSpec does not
 * keep where its values came from.
 */

#include "ctl/analyze/graph.h"
#include "load/root.h"

typedef struct PlacedAssignment {
        const char *file; /* borrowed from the unit */
        char *section, *key, *value;
        unsigned line, key_column, value_column;
} PlacedAssignment;

typedef struct Places {
        PlacedAssignment *v; /* owned, in the order of reading */
        size_t n, capacity;
} Places;

typedef enum VerifyDepth {
        VERIFY_ITSELF, /* --recursive-errors=no: the files of the units named */
        VERIFY_DIRECT, /* one: and of those they name */
        VERIFY_ALL,    /* yes: and of all that is loaded with them */
} VerifyDepth;

typedef struct Verify {
        Ctl *ctl;
        CtlGraph *graph;
        VerifyDepth depth;
        bool manuals; /* --man=yes */
        bool json;
        size_t n_emitted, n_mistakes; /* mistakes: errors and warnings */
} Verify;

void verify_emit(Verify *v, const Finding *f);
/* One finding about a unit; the place may lack the file (it is the fragment then), line and column. */
void verify_say(Verify *v, const Unit *u, const Places *places, Severity severity, FindingCode code,
                const char *key, const char *word, const char *format, ...) PRINTF_LIKE(8, 9);
/* The report of a unit's files, with the places that were missing; what is not applied matters to those who asked. */
void verify_emit_report(Verify *v, const Places *places, const Report *report, bool unapplied);

/* verify-places.c */
int places_read(const Unit *u, const char *root,
                Places *ret); /* 0 or -ENOMEM; what cannot be read has none */
void places_release(Places *p);
/* The last assignment to the key; with a word, the last one that has it. NULL: none. */
const PlacedAssignment *places_find(const Places *p, const char *key, const char *word);
unsigned placed_column(const PlacedAssignment *a, const char *word); /* of the word in it */

/* verify-checks.c: what the files say, held against the machine and each other */
void verify_unit(Verify *v, Unit *u, const Places *places);

/* verify-advice.c: notes */
void verify_advise(Verify *v, const Unit *u, const Places *places);

/* verify-here.c: --here */
void verify_here(Verify *v, const Unit *u, const Places *places);
