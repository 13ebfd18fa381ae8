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

typedef struct Finding {
        Severity severity;
        char *file;    /* owned; NULL when it is about no file */
        unsigned line; /* 0: the whole file */
        char *key;     /* owned; the directive, or NULL */
        char *text;    /* owned; one sentence: what was found, what was expected, what is done about it */
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
size_t report_count(const Report *r, Severity severity);
/* "FILE:LINE: Key=: text" as one line, without a newline. */
void finding_format(const Finding *f, Buf *b);
const char *severity_to_string(Severity s); /* error warning note */
