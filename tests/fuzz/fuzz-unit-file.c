/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Any text is read or refused; what was read can be written down and read again. */

#include "conf/unit-file.h"
#include "fuzz.h"

typedef struct Reading {
        Buf written; /* the assignments as a unit file */
        unsigned line;
        size_t n;
        bool writable;
} Reading;

static bool is_stripped(const char *s) {
        size_t n = strlen(s);

        return n == 0 || (!strchr(" \t\r\n", s[0]) && !strchr(" \t\r\n", s[n - 1]));
}

static int on_assignment(const Assignment *a, void *userdata) {
        Reading *r = userdata;

        HOLDS(a->line >= r->line);
        HOLDS(a->key[0] && !strchr(a->key, '=') && is_stripped(a->key) && is_stripped(a->value));
        HOLDS(str_is_utf8(a->key, strlen(a->key)) && str_is_utf8(a->value, strlen(a->value)));
        HOLDS(!strpbrk(a->section, "\"'\\\n\t"));
        r->line = a->line;
        r->n++;
        /* A comment, a header or a join is what such a line would be in a file. */
        if (strchr("#;[", a->key[0]) || str_ends_with(a->value, "\\"))
                r->writable = false;
        buf_addf(&r->written, "[%s]\n%s=%s\n", a->section, a->key, a->value);
        return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        Reading first = { .writable = true }, second = { .writable = true };
        Report report = { 0 }, none = { 0 };
        int r;

        buf_add(&first.written, "\xef\xbb\xbf");
        buf_add(&second.written, "\xef\xbb\xbf");
        r = unit_file_parse("fuzz", (Text){ (char *)data, size }, on_assignment, &first, &report);
        HOLDS(r <= 0);
        HOLDS(r == 0 || report_count(&report, SEVERITY_ERROR) == 1);
        for (size_t i = 0; i < report.n_findings; i++) {
                Buf line auto_buf = { 0 };

                finding_format(&report.findings[i], &line);
                HOLDS(!strchr(line.data, '\n'));
        }
        if (first.writable) {
                r = unit_file_parse("again", (Text){ first.written.data, first.written.len }, on_assignment,
                                    &second, &none);
                HOLDS(r == 0 && none.n_findings == 0 && second.n == first.n);
                HOLDS(str_equal(first.written.data, second.written.data));
        }
        buf_release(&first.written);
        buf_release(&second.written);
        report_release(&report);
        report_release(&none);
        return 0;
}
