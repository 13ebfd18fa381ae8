/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/report.h"

#include <stdarg.h>
#include <stdio.h>

static void finding_release(Finding *f) {
        free(f->file);
        free(f->section);
        free(f->key);
        free(f->text);
        *f = (Finding){ 0 };
}

void report_release(Report *r) {
        for (size_t i = 0; i < r->n_findings; i++)
                finding_release(&r->findings[i]);
        free(r->findings);
        *r = (Report){ 0 };
}

/* All or nothing: a finding without its place would mislead. */
PRINTF_LIKE(3, 0)
static int finding_fill(Finding *f, const SourcePlace *place, const char *format, va_list args) {
        int r;

        r = str_replace(&f->file, place->file);
        if (r < 0)
                return r;
        r = str_replace(&f->section, place->section);
        if (r < 0)
                return r;
        r = str_replace(&f->key, place->key);
        if (r < 0)
                return r;
        if (vasprintf(&f->text, format, args) < 0) {
                f->text = NULL;
                return -1;
        }
        return 0;
}

PRINTF_LIKE(5, 0)
static void add(Report *r, Severity severity, FindingCode code, const SourcePlace *place, const char *format,
                va_list args) {
        Finding f = { .severity = severity, .code = code, .line = place->line, .column = place->column };

        if (r->n_findings >= REPORT_MAX ||
            array_reserve(&r->findings, &r->capacity, r->n_findings + 1, sizeof(Finding)) < 0) {
                r->n_lost++;
                return;
        }
        if (finding_fill(&f, place, format, args) < 0) {
                finding_release(&f);
                r->n_lost++;
                return;
        }
        r->findings[r->n_findings++] = f;
}

void report_add(Report *r, Severity severity, const char *file, unsigned line, const char *key,
                const char *format, ...) {
        va_list args;

        if (!r)
                return;
        va_start(args, format);
        add(r, severity, FINDING_OTHER, &(SourcePlace){ .file = file, .line = line, .key = key }, format,
            args);
        va_end(args);
}

void report_add_at(Report *r, Severity severity, FindingCode code, const SourcePlace *place,
                   const char *format, ...) {
        va_list args;

        if (!r)
                return;
        va_start(args, format);
        add(r, severity, code, place, format, args);
        va_end(args);
}

void report_mark_fatal(Report *r) {
        if (r && r->n_findings > 0)
                r->findings[r->n_findings - 1].fatal = true;
}

const Finding *report_worst(const Report *r) {
        const Finding *worst = NULL;

        for (const Finding *f = r->findings; f < r->findings + r->n_findings; f++) {
                if (f->fatal)
                        return f;
                if (!worst && f->severity == SEVERITY_ERROR)
                        worst = f;
        }
        return worst;
}

size_t report_count(const Report *r, Severity severity) {
        size_t n = 0;

        for (size_t i = 0; i < r->n_findings; i++)
                n += r->findings[i].severity == severity;
        return n;
}

void finding_format(const Finding *f, Buf *b) {
        size_t start = b->len;

        if (f->file && f->line > 0)
                buf_addf(b, "%s:%u: ", f->file, f->line);
        else if (f->file)
                buf_addf(b, "%s: ", f->file);
        if (f->key)
                buf_addf(b, "%s=: ", f->key);
        buf_add(b, f->text ? f->text : "");

        /* Values are quoted from files: a control character must not break the line or the terminal. */
        for (size_t i = start; b->error == 0 && i < b->len; i++)
                if ((unsigned char)b->data[i] < ' ' || b->data[i] == 0x7f)
                        b->data[i] = ' ';
}

const char *severity_to_string(Severity s) {
        static const char *const names[] = {
                [SEVERITY_ERROR] = "error",
                [SEVERITY_WARNING] = "warning",
                [SEVERITY_NOTE] = "note",
        };
        _Static_assert(ELEMENTSOF(names) == SEVERITY_MAX, "a name per severity");

        return (unsigned)s < SEVERITY_MAX ? names[s] : "unknown";
}

const char *finding_code_to_string(FindingCode c) {
        static const char *const names[] = {
                [FINDING_OTHER] = "other",
                [FINDING_SYNTAX] = "syntax",
                [FINDING_UNKNOWN_SECTION] = "unknown-section",
                [FINDING_UNKNOWN_KEY] = "unknown-key",
                [FINDING_BAD_VALUE] = "bad-value",
                [FINDING_OLD_FORM] = "old-form",
                [FINDING_CONTRADICTION] = "contradiction",
                [FINDING_NOT_APPLIED] = "not-applied",
                [FINDING_UNREADABLE] = "unreadable",
                [FINDING_MASKED] = "masked",
                [FINDING_MISSING_UNIT] = "missing-unit",
                [FINDING_MISSING_EXECUTABLE] = "missing-executable",
                [FINDING_MISSING_MANUAL] = "missing-manual",
                [FINDING_CYCLE] = "cycle",
        };
        _Static_assert(ELEMENTSOF(names) == FINDING_CODE_MAX, "a name per code");

        return (unsigned)c < FINDING_CODE_MAX ? names[c] : "unknown";
}
