/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Links: where they lead, whether they may, and making them in single steps. */

#include "load/install-internal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LINKS_MAX 32 /* of a chain; more is a circle */

int directory_of(const Loader *l, const char *path, bool or_below) {
        char parent[PATH_MAX]; /* what memory does not suffice for must not count as a foreign directory */
        int found;

        if (snprintf(parent, sizeof(parent), "%s", path) >= (int)sizeof(parent))
                return -1;
        do {
                char *slash = strrchr(parent, '/');

                if (!slash)
                        return -1;
                slash[slash == parent] = 0;
                found = search_path_find(&l->index.path, &l->root, parent);
        } while (found < 0 && or_below && !str_equal(parent, "/"));
        return found;
}

unsigned directory_flags(const Loader *l, const char *path) {
        int dir = directory_of(l, path, false);

        return dir < 0 ? 0 : l->index.path.dirs[dir].flags;
}

const char *config_directory(const Loader *l, unsigned flags) {
        return search_path_config(&l->path, flags & INSTALL_RUNTIME);
}

int link_target(const Root *root, const char *path, char **ret) {
        char *text auto_free = NULL, *parent auto_free = NULL;
        int r;

        r = root_read_link(root, path, &text);
        if (r >= 0)
                r = path_parent(path, &parent);
        return r < 0 ? r : path_absolute(parent, text, ret);
}

int link_resolve(const Root *root, const char *path, char **ret) {
        char *at auto_free = NULL;
        int r;

        r = str_replace(&at, path);
        for (unsigned n = 0; r >= 0; n++) {
                char *next auto_free = NULL;

                r = link_target(root, at, &next);
                if (r == -EINVAL || r == -ENOENT || r == -ENOTDIR) {
                        *ret = TAKE(at);
                        return 0;
                }
                if (r >= 0 && n >= LINKS_MAX)
                        return -ELOOP;
                if (r >= 0)
                        r = str_replace(&at, next);
        }
        return r;
}

/* An image has no /dev/null to look at: there the name counts. */
int path_is_mask(const Root *root, const char *path) {
        char *end auto_free = NULL;
        struct stat st;
        int r;

        r = link_resolve(root, path, &end);
        if (r < 0)
                return r;
        if (str_equal(end, "/dev/null"))
                return 1;
        r = root_stat(root, path, &st);
        if (r < 0)
                return r;
        return stat_is_null_device(&st) || (S_ISREG(st.st_mode) && st.st_size == 0);
}

/* Both are names of units. NULL: fine; else what is wrong with the link. */
static const char *why_no_alias(const char *name, const char *target) {
        char *a auto_free = NULL, *b auto_free = NULL;
        NameKind from = name_kind(name), to = name_kind(target);

        if (from != to && !(from == NAME_INSTANCE && to == NAME_TEMPLATE))
                return "kind";
        if (to == NAME_INSTANCE &&
            (name_instance(name, &a) < 0 || name_instance(target, &b) < 0 || !str_equal(a, b)))
                return "instance";
        return name_type(name) != name_type(target) ? "type" : NULL;
}

int alias_check(const char *name, const char *target, Report *r) {
        const char *why;

        if (!name_is_valid(name, NAME_ANY) || !name_is_valid(target, NAME_ANY)) {
                report_add(r, SEVERITY_WARNING, NULL, 0, NULL,
                           "%s: a link to %s is not between units, rejecting.", name, target);
                return -EINVAL;
        }
        if (!unit_type_may_alias(name_type(name))) {
                report_add(r, SEVERITY_WARNING, NULL, 0, NULL,
                           "%s: symlinks are not allowed for units of this type, rejecting.", name);
                return -EINVAL;
        }
        if (str_equal(name, target))
                return -ELOOP;
        why = why_no_alias(name, target);
        if (!why)
                return 0;
        if (str_equal(why, "kind"))
                report_add(r, SEVERITY_WARNING, NULL, 0, NULL,
                           "%s: symlink target name type \"%s\" does not match source, rejecting.", name,
                           target);
        else if (str_equal(why, "instance"))
                report_add(r, SEVERITY_WARNING, NULL, 0, NULL,
                           "%s: unit symlink target \"%s\" instance name doesn't match, rejecting.", name,
                           target);
        else
                report_add(r, SEVERITY_WARNING, NULL, 0, NULL,
                           "%s: symlink target \"%s\" has incompatible suffix, rejecting.", name, target);
        return -EXDEV;
}

/* Both lead to the same file, be it by different ways (/lib and /usr/lib). */
static bool same_target(const Root *root, const char *a, const char *b) {
        struct stat x, y;

        return str_equal(a, b) || (root_stat(root, a, &x) >= 0 && root_stat(root, b, &y) >= 0 &&
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

/* Something of that name is there. */
static int link_over(InstallContext *x, int dir, const char *path, const char *target, bool force) {
        const Root *root = &x->l->root;
        char *text auto_free = NULL, *old auto_free = NULL;
        int r;

        r = read_link_at(dir, path_name(path), &text);
        if (r >= 0)
                r = link_target(root, path, &old);
        if (r < 0)
                return change_fail_at(x, r == -EINVAL ? -EEXIST : r, path, NULL);
        if (same_target(root, old, target))
                return 0;
        if (!force)
                return change_fail_at(x, -EEXIST, path, text);
        r = x->flags & INSTALL_DRY_RUN ? 0 : replace_link(dir, path_name(path), target);
        if (r < 0)
                return change_fail_at(x, r, path, NULL);
        r = change_add_at(x, CHANGE_UNLINK, path, NULL);
        return r < 0 ? r : change_add_at(x, CHANGE_SYMLINK, path, target);
}

int link_make(InstallContext *x, const char *path, const char *target, bool force) {
        const Root *root = &x->l->root;
        bool dry = x->flags & INSTALL_DRY_RUN;
        char *parent auto_free = NULL;
        int dir auto_fd = -1;
        const char *name;
        struct stat st;
        int r;

        r = path_parent(path, &parent);
        if (r >= 0 && !dry)
                r = root_make_directory(root, parent);
        if (r >= 0)
                r = dir = root_open_parent(root, path, &name);
        if (r >= 0 && fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
                return link_over(x, dir, path, target, force);
        if (r >= 0 && !dry && symlinkat(target, dir, name) < 0) {
                r = -errno;
                if (r == -EEXIST) /* it came this moment */
                        return link_over(x, dir, path, target, force);
        }
        if (r < 0 && !(dry && r == -ENOENT))
                return change_fail_at(x, r, path, NULL);
        return change_add_at(x, CHANGE_SYMLINK, path, target);
}
