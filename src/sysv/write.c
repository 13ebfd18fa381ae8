/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sysv/scripts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static int write_all(int fd, const char *data, size_t n) {
        while (n > 0) {
                ssize_t k = write(fd, data, n);

                if (k < 0 && errno != EINTR)
                        return -errno;
                if (k > 0) {
                        data += k;
                        n -= (size_t)k;
                }
        }
        return 0;
}

static int write_unit(int dirfd, const Script *s) {
        Buf text auto_buf = { 0 };
        int fd auto_fd = -1;
        int r = script_format(s, &text);

        if (r < 0)
                return r;
        fd = openat(dirfd, s->unit, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
        return fd < 0 ? -errno : write_all(fd, text.data, text.len);
}

/* Another script or alias of that name came first: the name is taken. */
static int link_alias(int dirfd, const Script *s, const char *alias) {
        return symlinkat(s->unit, dirfd, alias) < 0 && errno != EEXIST ? -errno : 0;
}

static int link_wanted(int dirfd, const Script *s, const char *target) {
        char *directory auto_free = NULL, *link auto_free = NULL, *source auto_free = NULL;
        int r = str_printf(&directory, "%s.wants", target);

        if (r >= 0)
                r = str_printf(&link, "%s/%s", directory, s->unit);
        if (r >= 0)
                r = str_printf(&source, "../%s", s->unit);
        if (r < 0)
                return r;
        if (mkdirat(dirfd, directory, 0755) < 0 && errno != EEXIST)
                return -errno;
        return symlinkat(source, dirfd, link) < 0 && errno != EEXIST ? -errno : 0;
}

static int write_one(int dirfd, const Script *s) {
        int r = write_unit(dirfd, s);

        STRV_FOREACH (target, s->wanted_by)
                if (r >= 0)
                        r = link_wanted(dirfd, s, *target);
        return r;
}

typedef struct Writer {
        const char *directory;
        int dirfd;
        Report *report;
        int worst; /* the first failure */
} Writer;

static void note(Writer *w, const char *unit, int r) {
        if (r >= 0)
                return;
        report_add(w->report, SEVERITY_ERROR, w->directory, 0, NULL, "cannot write %s: %s", unit,
                   strerror(-r));
        if (w->worst == 0)
                w->worst = r;
}

/* All units first: a script counts more than another one's alias. */
static void write_scripts(Writer *w, const Scripts *all) {
        for (const Script *s = all->v; s < all->v + all->n; s++)
                if (s->loaded)
                        note(w, s->unit, write_one(w->dirfd, s));
        for (const Script *s = all->v; s < all->v + all->n; s++)
                STRV_FOREACH (alias, s->loaded ? s->aliases : NULL)
                        note(w, *alias, link_alias(w->dirfd, s, *alias));
}

int scripts_write(const Scripts *all, const char *directory, Report *report) {
        int fd auto_fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        Writer w = { .directory = directory, .dirfd = fd, .report = report };

        if (fd < 0) {
                int r = -errno;

                report_add(report, SEVERITY_ERROR, directory, 0, NULL, "cannot be opened: %s", strerror(-r));
                return r;
        }
        write_scripts(&w, all);
        return w.worst;
}
