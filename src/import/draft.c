/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "import/draft.h"
#include "unit/directive.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static void draft_free(Draft *d) {
        for (size_t i = 0; i < d->n; i++) {
                free(d->lines[i].section);
                free(d->lines[i].key);
                free(d->lines[i].value);
        }
        free(d->lines);
        free(d->name);
        spec_free(d->spec);
        strv_free(d->remarks);
        free(d);
}

void import_release(Import *im) {
        for (size_t i = 0; i < im->n; i++)
                draft_free(im->drafts[i]);
        free(im->drafts);
        strv_free(im->remarks);
        strv_free(im->only);
        report_release(&im->report);
        *im = (Import){ 0 };
}

bool import_is_wanted(const Import *im, const char *name) {
        return !im->only || strv_contains(im->only, name);
}

/* A comment is one line of printable text, whatever it speaks of. */
__attribute__((format(printf, 4, 0))) static void add_remark(Import *im, char ***l, const char *prefix,
                                                             const char *format, va_list ap) {
        char *text = NULL, *line = NULL;

        if (im->error < 0)
                return;
        if (vasprintf(&text, format, ap) < 0) {
                im->error = -ENOMEM;
                return;
        }
        for (char *p = text; *p; p++)
                if ((unsigned char)*p < ' ' || *p == 0x7f)
                        *p = ' ';
        if (!str_is_utf8(text, strlen(text)))
                for (char *p = text; *p; p++)
                        if ((unsigned char)*p >= 0x80)
                                *p = '?';
        if (str_printf(&line, "%s%s", prefix, text) < 0 || strv_push(l, line) < 0)
                im->error = -ENOMEM;
        free(text);
}

#define REMARK(im, list, prefix)                                                                             \
        do {                                                                                                 \
                va_list ap;                                                                                  \
                va_start(ap, format);                                                                        \
                add_remark(im, list, prefix, format, ap);                                                    \
                va_end(ap);                                                                                  \
        } while (false)

#define DROPPED "not carried over: "

void import_drop(Import *im, const char *format, ...) {
        im->n_dropped++;
        REMARK(im, &im->remarks, DROPPED);
}

void import_remark(Import *im, const char *format, ...) {
        REMARK(im, &im->remarks, "");
}

void draft_drop(Draft *d, const char *format, ...) {
        d->import->n_dropped++;
        REMARK(d->import, &d->remarks, DROPPED);
}

void draft_remark(Draft *d, const char *format, ...) {
        REMARK(d->import, &d->remarks, "");
}

Draft *draft_find(Import *im, const char *unit) {
        for (size_t i = 0; i < im->n; i++)
                if (str_equal(im->drafts[i]->name, unit))
                        return im->drafts[i];
        return NULL;
}

static Draft *fail(Import *im, Draft *d) {
        im->error = -ENOMEM;
        if (d)
                draft_free(d);
        return NULL;
}

static int append(Import *im, Draft *d) {
        int r = array_reserve(&im->drafts, &im->capacity, im->n + 1, sizeof(*im->drafts));

        if (r < 0)
                return r;
        im->drafts[im->n++] = d;
        return 0;
}

Draft *draft_new(Import *im, const char *name, UnitType type) {
        char *escaped auto_free = NULL;
        Draft *d;
        int r;

        if (im->error < 0)
                return NULL;
        d = calloc(1, sizeof(*d));
        if (!d || name_escape(name, &escaped) < 0 ||
            str_printf(&d->name, "%s.%s", escaped, unit_type_to_string(type)) < 0)
                return fail(im, d);
        d->import = im;
        if (draft_find(im, d->name) || !name_is_valid(d->name, NAME_PLAIN)) {
                import_drop(im, "%s: %s", name,
                            name_is_valid(d->name, NAME_PLAIN) ? "a second one of that name"
                                                               : "no unit can have such a name");
                draft_free(d);
                return NULL;
        }
        r = spec_new(d->name, &d->spec);
        if (r < 0 || append(im, d) < 0)
                return fail(im, d);
        return d;
}

bool draft_knows(const char *section, const char *key) {
        return directive_find(section, key) != NULL;
}

bool draft_has(const Draft *d, const char *section, const char *key) {
        for (size_t i = 0; i < d->n; i++)
                if (str_equal(d->lines[i].section, section) && str_equal(d->lines[i].key, key))
                        return true;
        return false;
}

static int add_line(Draft *d, const char *section, const char *key, const char *value) {
        DraftLine *l;
        int r = array_reserve(&d->lines, &d->capacity, d->n + 1, sizeof(*d->lines));

        if (r < 0)
                return r;
        l = d->lines + d->n++;
        *l = (DraftLine){ strdup(section), strdup(key), strdup(value) };
        return l->section && l->key && l->value ? 0 : -ENOMEM;
}

/* The reader strips blanks, joins at a backslash and ends at a newline. */
static bool stands_in_a_line(const char *value) {
        size_t n = strlen(value), backslashes = 0;

        while (backslashes < n && value[n - 1 - backslashes] == '\\')
                backslashes++;
        return !strpbrk(value, "\n\r") &&
               (n == 0 || (!strchr(" \t", value[0]) && !strchr(" \t", value[n - 1]))) &&
               backslashes % 2 == 0 && str_is_utf8(value, n);
}

/* Sections of values that stand for others are tried as what they stand for. */
static const char *section_of(const char *section) {
        return str_starts_with(section, "X-Profile ") ? "Service" : section;
}

/* What svinit says about the line; 0: nothing. */
static int try_line(Draft *d, const char *section, const char *key, const char *value, Report *report) {
        SpecContext c = { .specifiers.unit = d->name, .report = report, .usable_cpus = 1 };

        return spec_assign(d->spec, &c, &(Assignment){ section_of(section), key, value, d->import->file, 1 });
}

/* What was found to be wrong with the value; NULL: nothing. */
static const char *mistake(const Report *r) {
        for (size_t i = 0; i < r->n_findings; i++)
                if (r->findings[i].severity == SEVERITY_ERROR || r->findings[i].code == FINDING_BAD_VALUE ||
                    r->findings[i].code == FINDING_SYNTAX)
                        return r->findings[i].text;
        return NULL;
}

bool draft_set(Draft *d, const char *section, const char *key, const char *value) {
        Report report = { 0 };
        bool good = false;
        int r;

        if (d->import->error < 0)
                return false;
        if (!draft_knows(section_of(section), key)) {
                draft_drop(d, "%s=%s, which this svinit does not have", key, value);
                return false;
        }
        if (!stands_in_a_line(value)) {
                draft_drop(d, "%s=, whose value no line of a unit file can hold", key);
                return false;
        }
        r = try_line(d, section, key, value, &report);
        if (r >= 0 && mistake(&report))
                draft_drop(d, "%s=%s: %s", key, value, mistake(&report));
        else if (r >= 0)
                r = add_line(d, section, key, value), good = r >= 0;
        if (r < 0)
                d->import->error = r;
        report_release(&report);
        return good;
}

bool draft_setf(Draft *d, const char *section, const char *key, const char *format, ...) {
        char *value auto_free = NULL;
        va_list ap;
        int n;

        va_start(ap, format);
        n = vasprintf(&value, format, ap);
        va_end(ap);
        if (n < 0) {
                value = NULL;
                d->import->error = -ENOMEM;
                return false;
        }
        return draft_set(d, section, key, value);
}
