/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "import/draft.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const order[] = { "Unit", "Socket", "Timer", "Service" };

static int place_of(const char *section) {
        for (size_t i = 0; i < ELEMENTSOF(order); i++)
                if (str_equal(section, order[i]))
                        return (int)i;
        return str_equal(section, "Install") ? 100
                                             : 50; /* between them: our own, in the order of their lines */
}

static bool is_first_of_its_section(const Draft *d, size_t i) {
        for (size_t k = 0; k < i; k++)
                if (str_equal(d->lines[k].section, d->lines[i].section))
                        return false;
        return true;
}

static void add_section(const Draft *d, const char *section, Buf *b) {
        buf_addf(b, "\n[%s]\n", section);
        for (size_t i = 0; i < d->n; i++)
                if (str_equal(d->lines[i].section, section))
                        buf_addf(b, "%s=%s\n", d->lines[i].key, d->lines[i].value);
}

void draft_format(const Draft *d, Buf *b) {
        buf_addf(b, "# %s, made by 'svctl import' from %s\n", d->name, d->import->file);
        STRV_FOREACH (r, d->remarks)
                buf_addf(b, "# %s\n", *r);
        for (int place = 0; place <= 100; place++)
                for (size_t i = 0; i < d->n; i++)
                        if (place_of(d->lines[i].section) == place && is_first_of_its_section(d, i))
                                add_section(d, d->lines[i].section, b);
}

static int fail(const char *what, int r) {
        fprintf(stderr, "svctl: %s: %s%s\n", what, strerror(-r),
                r == -EEXIST ? "; --force overwrites it" : "");
        return r;
}

static int write_all(int fd, const char *p, size_t n) {
        while (n > 0) {
                ssize_t k = write(fd, p, n);

                if (k < 0 && errno == EINTR)
                        continue;
                if (k < 0)
                        return -errno;
                p += k;
                n -= (size_t)k;
        }
        return 0;
}

/* Complete or not at all: what is there is replaced in one step. */
static int write_file(const char *directory, const char *name, const Buf *b, bool overwrite) {
        char *path auto_free = NULL, *fresh auto_free = NULL;
        int fd auto_fd = -1, r;

        if (str_printf(&path, "%s/%s", directory, name) < 0 ||
            str_printf(&fresh, "%s/.%s.XXXXXX", directory, name) < 0)
                return fail(name, -ENOMEM);
        fd = mkostemp(fresh, O_CLOEXEC);
        if (fd < 0)
                return fail(path, -errno);
        r = write_all(fd, b->data, b->len);
        if (r >= 0 && fchmod(fd, 0644) < 0)
                r = -errno;
        if (r >= 0 && (overwrite ? rename(fresh, path) : link(fresh, path)) < 0)
                r = -errno;
        if (r < 0 || !overwrite)
                (void)unlink(fresh);
        return r < 0 ? fail(path, r) : 0;
}

static int print(const Draft *d, bool first) {
        Buf b auto_buf = { 0 };

        if (!first)
                buf_add_char(&b, '\n');
        draft_format(d, &b);
        if (b.error < 0)
                return fail(d->name, b.error);
        fputs(b.data, stdout);
        return 0;
}

/* Of the file as a whole: above the units, or on stderr when these go to files. */
static void print_remarks(const Import *im, FILE *f) {
        STRV_FOREACH (r, im->remarks)
                fprintf(f, "# %s: %s\n", im->file, *r);
        if (im->remarks && f == stdout && im->n > 0)
                fputc('\n', f);
}

int import_print(const Import *im, const char *directory, bool overwrite) {
        int r = 0;

        print_remarks(im, directory ? stderr : stdout);
        for (size_t i = 0; i < im->n && r >= 0; i++) {
                Buf b auto_buf = { 0 };

                if (!directory) {
                        r = print(im->drafts[i], i == 0);
                        continue;
                }
                draft_format(im->drafts[i], &b);
                r = b.error < 0 ? fail(im->drafts[i]->name, b.error)
                                : write_file(directory, im->drafts[i]->name, &b, overwrite);
                if (r >= 0)
                        printf("%s/%s\n", directory, im->drafts[i]->name);
        }
        if (r >= 0 && (fflush(stdout) == EOF || ferror(stdout)))
                r = fail("standard output", -EIO);
        return r;
}
