/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* mask, unmask and revert: no look into any unit file. */

#include "load/install-internal.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

int install_mask(Loader *l, char *const *names, unsigned flags, InstallChanges *changes) {
        InstallContext x = install_context(l, flags, changes, NULL);
        int first = 0;

        STRV_FOREACH (n, names) {
                char *path auto_free = NULL;
                int r = -EINVAL;

                if (name_is_valid(*n, NAME_ANY))
                        r = str_printf(&path, "%s/%s", x.dir, *n);
                if (r >= 0)
                        r = link_make(&x, path, "/dev/null", flags & INSTALL_FORCE);
                if (r < 0 && first == 0)
                        first = r;
        }
        return first;
}

/* Takes a file or link away, and what leads to it afterwards. */
static int drop(InstallContext *x, const char *path, Marked *marked) {
        int dir auto_fd = -1;
        const char *name;
        int r;

        r = dir = root_open_parent(&x->l->root, path, &name);
        if (r >= 0 && !(x->flags & INSTALL_DRY_RUN) && unlinkat(dir, name, 0) < 0)
                r = -errno;
        if (r < 0)
                return r == -ENOENT ? 0 : change_fail_at(x, r, path, NULL);
        r = change_add_at(x, CHANGE_UNLINK, path, NULL);
        if (r >= 0)
                r = marked_add(marked, path);
        return MIN(r, 0);
}

/* The names that are masked there, each once. */
static int find_masks(InstallContext *x, char *const *names, char ***ret) {
        STRV_FOREACH (n, names) {
                char *path auto_free = NULL;
                int r;

                if (!name_is_valid(*n, NAME_ANY))
                        return -EINVAL;
                r = str_printf(&path, "%s/%s", x->dir, *n);
                if (r >= 0)
                        r = path_is_mask(&x->l->root, path);
                if (r > 0)
                        r = strv_add_unique(ret, path);
                if (r < 0 && r != -ENOENT)
                        return r;
        }
        return 0;
}

int install_unmask(Loader *l, char *const *names, unsigned flags, InstallChanges *changes) {
        InstallContext x = install_context(l, flags, changes, NULL);
        char **paths auto_strv = NULL;
        Marked marked = { 0 };
        int r, q, first = 0;

        r = find_masks(&x, names, &paths);
        if (r < 0)
                return r;
        STRV_FOREACH (p, paths) {
                r = drop(&x, *p, &marked);
                if (r < 0 && first == 0)
                        first = r;
        }
        q = marked_remove(&x, &marked, x.dir);
        marked_release(&marked);
        return first < 0 ? first : q;
}

static mode_t type_of(const Root *root, const char *path) {
        int dir auto_fd = -1;
        const char *name;
        struct stat st;

        dir = root_open_parent(root, path, &name);
        if (dir < 0 || fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
                return 0;
        return st.st_mode & S_IFMT;
}

/* What the packages or generators bring, which revert goes back to. */
static bool is_vendor(const SearchDir *d) {
        return d->flags & DIR_GENERATED || str_starts_with(d->path, "/usr/") ||
               str_starts_with(d->path, "/lib/");
}

/* Which of the directories of the path hold something of the unit that has to go. */
static int find_overrides(InstallContext *x, const char *name, char ***ret) {
        const SearchPath *p = &x->l->path;
        bool has_vendor = false;
        int r = 0;

        for (size_t i = 0; i < p->n && r >= 0; i++) {
                char *path auto_free = NULL, *dropins auto_free = NULL;

                r = str_printf(&path, "%s/%s", p->dirs[i].path, name);
                if (r >= 0)
                        r = str_printf(&dropins, "%s.d", path);
                if (r < 0)
                        return r;
                if (type_of(&x->l->root, path) == S_IFREG && is_vendor(p->dirs + i))
                        has_vendor = true;
                if (type_of(&x->l->root, dropins) == S_IFDIR &&
                    p->dirs[i].flags & (DIR_PERSISTENT | DIR_RUNTIME | DIR_TRANSIENT | DIR_CONTROL))
                        r = strv_add_unique(ret, dropins);
        }
        for (size_t i = 0; i < p->n && r >= 0 && has_vendor; i++) {
                char *path auto_free = NULL;
                mode_t type;

                if (!(p->dirs[i].flags & (DIR_PERSISTENT | DIR_RUNTIME)))
                        continue;
                r = str_printf(&path, "%s/%s", p->dirs[i].path, name);
                if (r < 0)
                        break;
                type = type_of(&x->l->root, path);
                if (type == S_IFREG || type == S_IFLNK)
                        r = strv_add_unique(ret, path);
        }
        return r;
}

/* A directory of drop-ins with what is in it. */
static int drop_directory(InstallContext *x, const char *path, Marked *marked) {
        char **files auto_strv = NULL;
        int dir auto_fd = -1;
        const char *name;
        int r;

        r = root_list(&x->l->root, path, &files);
        STRV_FOREACH (f, files) {
                char *file auto_free = NULL;

                if (r >= 0)
                        r = str_printf(&file, "%s/%s", path, *f);
                if (r >= 0)
                        r = drop(x, file, marked);
        }
        if (r >= 0)
                r = dir = root_open_parent(&x->l->root, path, &name);
        if (r >= 0 && unlinkat(dir, name, AT_REMOVEDIR) < 0)
                r = -errno;
        if (r >= 0)
                r = change_add_at(x, CHANGE_UNLINK, path, NULL);
        if (r >= 0)
                r = marked_add(marked, path);
        return MIN(r, 0);
}

int install_revert(Loader *l, char *const *names, InstallChanges *changes) {
        InstallContext x = install_context(l, 0, changes, NULL);
        char **paths auto_strv = NULL;
        Marked marked = { 0 };
        int r = 0, first = 0;

        STRV_FOREACH (n, names)
                if (r >= 0)
                        r = name_is_valid(*n, NAME_ANY) ? find_overrides(&x, *n, &paths) : -EINVAL;
        if (r < 0)
                return r;
        STRV_FOREACH (p, paths) {
                r = type_of(&l->root, *p) == S_IFDIR ? drop_directory(&x, *p, &marked)
                                                     : drop(&x, *p, &marked);
                if (r < 0 && first == 0)
                        first = r;
        }
        for (unsigned runtime = 0; runtime < 2; runtime++) {
                r = marked_remove(&x, &marked, config_directory(l, runtime ? 0 : INSTALL_RUNTIME));
                if (r < 0 && first == 0)
                        first = r;
        }
        marked_release(&marked);
        return first;
}
