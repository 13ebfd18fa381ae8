/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Links, made and removed in single steps, with a record of what was done. */

#include "load/install-internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

void install_changes_release(InstallChanges *c) {
        for (size_t i = 0; i < c->n; i++) {
                free(c->v[i].path);
                free(c->v[i].source);
        }
        free(c->v);
        *c = (InstallChanges){ 0 };
}

int change_add(InstallChanges *c, InstallChangeType type, const Root *root, const char *path,
               const char *source) {
        InstallChange row = { .type = type }, *v;
        int r;

        if (!c)
                return 0;
        v = realloc(c->v, (c->n + 1) * sizeof(*v));
        if (!v)
                return -ENOMEM;
        c->v = v;
        r = path[0] == '/' ? root_join(root, path, &row.path) : str_replace(&row.path, path);
        if (r >= 0)
                r = str_replace(&row.source, source ? source : "");
        if (r < 0) {
                free(row.path);
                return r;
        }
        v[c->n++] = row;
        return 0;
}

int change_fail(InstallChanges *c, Report *r, const Root *root, const char *path, int error,
                const char *format, ...) {
        char *text auto_free = NULL;
        va_list ap;
        int n;

        va_start(ap, format);
        n = vasprintf(&text, format, ap);
        va_end(ap);
        if (n < 0) {
                text = NULL;
                return -ENOMEM;
        }
        report_add(r, SEVERITY_ERROR, NULL, 0, NULL, "%s", text);
        if (change_add(c, CHANGE_FAILED, root, path, NULL) < 0)
                return -ENOMEM;
        if (c)
                c->v[c->n - 1].error = error;
        return error;
}

bool is_dependency_dir(const char *name) {
        return str_ends_with(name, ".wants") || str_ends_with(name, ".requires") ||
               str_ends_with(name, ".upholds");
}

/* Both lead to the same file, be it by different ways (/lib and /usr/lib). */
static bool same_target(Loader *l, const char *a, const char *b) {
        struct stat x, y;

        return str_equal(a, b) || (root_stat(&l->root, a, &x) >= 0 && root_stat(&l->root, b, &y) >= 0 &&
                                   x.st_dev == y.st_dev && x.st_ino == y.st_ino);
}

/* A rename() takes the place of the old link at once: there is no moment without one. */
static int replace_link(int dir, const char *name, const char *target) {
        char *temporary auto_free = NULL;
        int r;

        r = str_printf(&temporary, ".#%s.%ld", name, (long)getpid());
        if (r < 0)
                return r;
        (void)unlinkat(dir, temporary, 0);
        if (symlinkat(target, dir, temporary) < 0)
                return -errno;
        if (renameat(dir, temporary, dir, name) < 0) {
                r = -errno;
                (void)unlinkat(dir, temporary, 0);
                return r;
        }
        return 0;
}

static int note_link(Loader *l, const char *path, const char *target, bool replaced,
                     InstallChanges *changes) {
        int r = replaced ? change_add(changes, CHANGE_UNLINK, &l->root, path, NULL) : 0;

        return r < 0 ? r : change_add(changes, CHANGE_SYMLINK, &l->root, path, target);
}

/* Something of that name is there. */
static int link_over(Loader *l, int dir, const char *path, const char *target, unsigned flags,
                     InstallChanges *changes, Report *report) {
        char *full auto_free = NULL, *old auto_free = NULL, *old_path auto_free = NULL,
                   *parent auto_free = NULL;
        int r;

        r = root_join(&l->root, path, &full);
        if (r >= 0)
                r = root_read_link(&l->root, path, &old);
        if (r == -EINVAL)
                return change_fail(changes, report, &l->root, path, -EEXIST, "File %s already exists.", full);
        if (r >= 0)
                r = path_parent(path, &parent);
        if (r >= 0)
                r = path_absolute(parent, old, &old_path);
        if (r < 0)
                return r;
        if (same_target(l, old_path, target))
                return 0;
        if (!(flags & INSTALL_FORCE))
                return change_fail(changes, report, &l->root, path, -EEXIST,
                                   "File %s already exists and is a symlink to %s.", full, old);
        r = flags & INSTALL_DRY_RUN ? 0 : replace_link(dir, path_name(path), target);
        if (r < 0)
                return change_fail(changes, report, &l->root, path, r, "Cannot make the link %s: %s.", full,
                                   strerror(-r));
        return note_link(l, path, target, true, changes);
}

int link_make(Loader *l, const char *path, const char *target, unsigned flags, InstallChanges *changes,
              Report *report) {
        char *parent auto_free = NULL;
        int dir auto_fd = -1;
        const char *name;
        struct stat st;
        int r;

        r = path_parent(path, &parent);
        if (r >= 0 && !(flags & INSTALL_DRY_RUN))
                r = root_make_directory(&l->root, parent);
        if (r >= 0)
                r = dir = root_open_parent(&l->root, path, &name);
        if (r == -ENOENT && flags & INSTALL_DRY_RUN)
                return note_link(l, path, target, false, changes);
        if (r >= 0 && fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
                return link_over(l, dir, path, target, flags, changes, report);
        if (r >= 0 && !(flags & INSTALL_DRY_RUN) && symlinkat(target, dir, name) < 0)
                r = errno == EEXIST ? link_over(l, dir, path, target, flags, changes, report) : -errno;
        if (r < 0)
                return change_fail(changes, report, &l->root, path, r, "Cannot make the link %s: %s.", path,
                                   strerror(-r));
        return note_link(l, path, target, false, changes);
}

int link_remove(Loader *l, const char *path, unsigned flags, InstallChanges *changes, Report *report) {
        int dir auto_fd = -1;
        const char *name;
        int r;

        dir = root_open_parent(&l->root, path, &name);
        r = MIN(dir, 0);
        if (r >= 0 && !(flags & INSTALL_DRY_RUN) && unlinkat(dir, name, 0) < 0)
                r = -errno;
        if (r == -ENOENT)
                return 0;
        if (r < 0)
                return change_fail(changes, report, &l->root, path, r, "Cannot remove the link %s: %s.", path,
                                   strerror(-r));
        return change_add(changes, CHANGE_UNLINK, &l->root, path, NULL);
}

typedef struct Removal {
        Loader *l;
        char **names; /* grows by the aliases that go */
        unsigned flags;
        InstallChanges *changes;
        Report *report;
        bool again, any;
} Removal;

static bool shall_go(const Removal *rm, const char *path, const char *directory) {
        char *text auto_free = NULL, *target auto_free = NULL;

        if (!name_is_valid(path_name(path), NAME_ANY) || root_read_link(&rm->l->root, path, &text) < 0)
                return false;
        if (path_absolute(directory, text, &target) < 0 || str_equal(target, "/dev/null"))
                return false;
        return strv_contains(rm->names, path_name(path)) || strv_contains(rm->names, path_name(target));
}

static int remove_in(Removal *rm, const char *directory, bool top) {
        char **files auto_strv = NULL;
        int r;

        r = root_list(&rm->l->root, directory, &files);
        if (r < 0)
                return r == -ENOMEM ? r : 0;
        STRV_FOREACH (f, files) {
                char *path auto_free = NULL;

                r = str_printf(&path, "%s/%s", directory, *f);
                if (r < 0)
                        return r;
                if (top && is_dependency_dir(*f)) {
                        r = remove_in(rm, path, false);
                        if (r < 0)
                                return r;
                        continue;
                }
                if (!shall_go(rm, path, directory))
                        continue;
                r = link_remove(rm->l, path, rm->flags, rm->changes, rm->report);
                if (r == -ENOMEM)
                        return r;
                rm->any |= r >= 0;
                if (r >= 0 && !strv_contains(rm->names, *f)) { /* an alias: what leads to it goes too */
                        rm->again = true;
                        r = strv_add(&rm->names, *f);
                        if (r < 0)
                                return r;
                }
        }
        if (!top && !(rm->flags & INSTALL_DRY_RUN)) {
                int parent auto_fd = -1;
                const char *name;

                parent = root_open_parent(&rm->l->root, directory, &name);
                if (parent >= 0)
                        (void)unlinkat(parent, name, AT_REMOVEDIR); /* stays unless it is empty */
        }
        return 0;
}

int links_remove_to(Loader *l, const char *directory, char *const *names, unsigned flags,
                    InstallChanges *changes, Report *r, bool *ret_any) {
        Removal rm = { .l = l, .flags = flags, .changes = changes, .report = r };
        int e;

        e = strv_copy(names, &rm.names);
        do {
                rm.again = false;
                if (e >= 0)
                        e = remove_in(&rm, directory, true);
        } while (e >= 0 && rm.again && !(flags & INSTALL_DRY_RUN));
        strv_free(rm.names);
        if (e >= 0)
                *ret_any = rm.any;
        return e;
}
