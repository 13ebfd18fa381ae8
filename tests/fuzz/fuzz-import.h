/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What holds of every importer: the units it makes are read back as they were meant. */

#include "conf/unit-file.h"
#include "fuzz.h"
#include "import/formats.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static bool next_line_is(const Draft *d, const char *section, bool *seen, const Assignment *a) {
        for (size_t i = 0; i < d->n; i++)
                if (!seen[i] && str_equal(d->lines[i].section, section)) {
                        seen[i] = true;
                        return str_equal(d->lines[i].key, a->key) && str_equal(d->lines[i].value, a->value);
                }
        return false;
}

typedef struct ReadingBack {
        const Draft *draft;
        bool *seen;
        size_t n;
} ReadingBack;

static int on_line(const Assignment *a, void *userdata) {
        ReadingBack *b = userdata;

        HOLDS(next_line_is(b->draft, a->section, b->seen, a));
        b->n++;
        return 0;
}

static inline void units_can_be_read_back(const Import *im) {
        for (size_t i = 0; i < im->n; i++) {
                const Draft *d = im->drafts[i];
                ReadingBack back = { .draft = d, .seen = calloc(d->n + 1, sizeof(bool)) };
                Buf text auto_buf = { 0 };
                Report report = { 0 };

                draft_format(d, &text);
                HOLDS(text.error == 0 && back.seen);
                HOLDS(unit_file_parse(d->name, (Text){ text.data, text.len }, on_line, &back, &report) == 0);
                HOLDS(back.n == d->n && report.n_findings == 0);
                report_release(&report);
                free(back.seen);
        }
}

/* Has it import the bytes as a file. */
static inline void import_bytes(int (*import)(Import *im), const uint8_t *data, size_t size) {
        char path[32];
        int fd = memfd_create("input", MFD_CLOEXEC), r;
        Import im = { .directory = "/nowhere" };

        HOLDS(fd >= 0 && write(fd, data, size) == (ssize_t)size && lseek(fd, 0, SEEK_SET) == 0);
        snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
        im.file = path;
        r = import(&im);
        HOLDS(r == 0 || (r == -EBADMSG && im.report.n_findings > 0));
        HOLDS(im.error == 0);
        if (r == 0)
                units_can_be_read_back(&im);
        import_release(&im);
        close(fd);
}
