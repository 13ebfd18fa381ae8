/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "load/generated.h"
#include "sysv/scripts.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static int write_unit(int dirfd, const Script *s) {
        Buf text auto_buf = { 0 };
        int r = script_format(s, &text);

        return r < 0 ? r : generated_write(dirfd, s->unit, &text);
}

/* Another script or alias of that name came first: the name is taken. */
static int link_alias(int dirfd, const Script *s, const char *alias) {
        return symlinkat(s->unit, dirfd, alias) < 0 && errno != EEXIST ? -errno : 0;
}

static int write_one(int dirfd, const Script *s) {
        int r = write_unit(dirfd, s);

        STRV_FOREACH (target, s->wanted_by)
                if (r >= 0)
                        r = generated_want(dirfd, s->unit, *target);
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
