/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What went wrong in something a person wrote: a list of findings with file
 * and line. Filled where the words are known, shown by the log, `svctl
 * verify`, `svctl status` and the tests.
 */

#include "base/text.h"

typedef enum Severity {
        SEVERITY_ERROR,   /* the unit (or the assignment) could not be used */
        SEVERITY_WARNING, /* something was ignored that the writer meant */
        SEVERITY_NOTE,    /* known, but without effect here */
        SEVERITY_MAX,
} Severity;

/* The kind of mistake, for programs that read findings. */
typedef enum FindingCode {
        FINDING_OTHER,
        FINDING_SYNTAX, /* a line that is neither a header nor Key=value */
        FINDING_UNKNOWN_SECTION,
        FINDING_UNKNOWN_KEY,
        FINDING_BAD_VALUE,
        FINDING_OLD_FORM,      /* understood, but written in a way that went out of use */
        FINDING_CONTRADICTION, /* settings that make no sense together, or of which one is missing */
        FINDING_NOT_APPLIED,   /* understood, but not done (here) */
        FINDING_UNREADABLE,    /* the file as a whole */
        FINDING_MASKED,
        FINDING_MISSING_UNIT,
        FINDING_MISSING_EXECUTABLE,
        FINDING_MISSING_MANUAL,
        FINDING_CYCLE,
        FINDING_CODE_MAX,
} FindingCode;

/* Where something stands in a file. */
typedef struct SourcePlace {
        const char *file;          /* NULL: about no file */
        unsigned line;             /* 0: the whole file */
        unsigned column;           /* in characters from 1; 0: not known, as in a line joined from several */
        const char *section, *key; /* NULL: none */
} SourcePlace;

typedef struct Finding {
        Severity severity;
        FindingCode code;
        bool fatal;            /* the reason for which the unit cannot be used */
        char *file;            /* owned; NULL when it is about no file */
        unsigned line, column; /* as in SourcePlace */
        char *section;         /* owned; without brackets, or NULL */
        char *key;             /* owned; the directive, or NULL */
        char *text; /* owned; one sentence: what was found, what was expected, what is done about it */
} Finding;

typedef struct Report {
        Finding *findings;
        size_t n_findings, capacity;
        unsigned n_lost; /* findings that memory did not suffice for, or beyond REPORT_MAX */
} Report;

#define REPORT_MAX 1000 /* findings kept; the rest is counted */

void report_release(Report *r);
/* A NULL report is allowed: nothing is recorded. */
void report_add(Report *r, Severity severity, const char *file, unsigned line, const char *key,
                const char *format, ...) PRINTF_LIKE(6, 7);
void report_add_at(Report *r, Severity severity, FindingCode code, const SourcePlace *place,
                   const char *format, ...) PRINTF_LIKE(5, 6);
void report_mark_fatal(Report *r);            /* the finding that was added last */
const Finding *report_worst(const Report *r); /* the first fatal one, else the first error; NULL */
size_t report_count(const Report *r, Severity severity);
/* "FILE:LINE: Key=: text" as one line, without a newline. */
void finding_format(const Finding *f, Buf *b);
const char *severity_to_string(Severity s);        /* error warning note */
const char *finding_code_to_string(FindingCode c); /* "bad-value" ... */
