/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "load/install-internal.h"

#include <errno.h>

int install_enable(Loader *l, char *const *names, unsigned flags, InstallChanges *changes, bool *ret_info,
                   Report *report) {
        InstallContext x = install_context(l, flags, changes, report);
        int r;

        r = loader_refresh(l);
        STRV_FOREACH (n, names)
                if (r >= 0) /* what was asked for must be there; nothing has been done yet */
                        r = install_discover_usable(&x, *n, SEARCH_LOAD | SEARCH_FOLLOW, NULL);
        if (r >= 0) /* a linked file is known by now; an alias is found again, and refused */
                r = install_apply(&x, SEARCH_LOAD);
        if (r >= 0 && ret_info)
                *ret_info = r > 0;
        install_context_release(&x);
        return MIN(r, 0);
}

/* Also=, or a rule that made a link. */
static bool says_something(const InstallInfo *i) {
        return install_has_rules(i) || i->spec.also;
}

static bool was_modified(const InstallChanges *changes, size_t from) {
        for (size_t i = from; changes && i < changes->n; i++)
                if (changes->v[i].type == CHANGE_SYMLINK || changes->v[i].type == CHANGE_UNLINK)
                        return true;
        return false;
}

int install_disable(Loader *l, char *const *names, unsigned flags, InstallChanges *changes, bool *ret_info,
                    Report *report) {
        InstallContext x = install_context(l, flags, changes, report);
        size_t before = changes ? changes->n : 0;
        Marked marked = { 0 };
        bool info = false;
        int r;

        r = loader_refresh(l);
        STRV_FOREACH (n, names) {
                InstallInfo *i;

                if (r >= 0 && !name_is_valid(*n, NAME_ANY))
                        r = change_fail(&x, -EUCLEAN, *n, NULL);
                if (r >= 0)
                        r = install_info_add(&x, *n, false, &i);
                if (r >= 0)
                        info |= says_something(i);
        }
        if (r >= 0)
                r = install_mark_for_removal(&x, &marked);
        if (r >= 0)
                r = marked_remove(&x, &marked, x.dir);
        if (r >= 0 && ret_info)
                *ret_info = info || was_modified(changes, before);
        marked_release(&marked);
        install_context_release(&x);
        return MIN(r, 0);
}

/*
 * What is disabled by its name has to be enabled by the path of its file: a
 * linked unit is no longer known by name once its link has gone.
 */
static int files_of(Loader *l, char *const *names, char ***ret_names, char ***ret_files) {
        int r = 0;

        STRV_FOREACH (n, names) {
                InstallContext x = install_context(l, 0, NULL, NULL);
                InstallInfo *i = NULL;
                const char *file = *n;

                r = strv_add(ret_names, path_name(*n));
                if (r >= 0 && !strchr(*n, '/') &&
                    install_discover(&x, *n, SEARCH_LOAD | SEARCH_FOLLOW, &i) >= 0 && i->path)
                        file = i->path;
                if (r >= 0)
                        r = strv_add(ret_files, file);
                install_context_release(&x);
                if (r < 0)
                        break;
        }
        return r;
}

int install_reenable(Loader *l, char *const *names, unsigned flags, InstallChanges *changes, bool *ret_info,
                     Report *report) {
        char **plain auto_strv = NULL, **files auto_strv = NULL;
        int r;

        r = loader_refresh(l);
        if (r >= 0)
                r = files_of(l, names, &plain, &files);
        if (r >= 0)
                r = install_disable(l, plain, flags, changes, NULL, report);
        return r < 0 ? r : install_enable(l, files, flags, changes, ret_info, report);
}

int install_set_default(Loader *l, const char *name, unsigned flags, InstallChanges *changes,
                        Report *report) {
        InstallContext x = install_context(l, flags, changes, report);
        char *path auto_free = NULL;
        InstallInfo *i;
        int r;

        if (!name_is_valid(name, NAME_ANY) || name_type(name) != UNIT_TARGET ||
            str_equal(name, "default.target"))
                return -EINVAL;
        r = loader_refresh(l);
        if (r >= 0)
                r = install_discover_usable(&x, name, 0, &i);
        if (r >= 0)
                r = str_printf(&path, "%s/default.target", config_directory(l, 0));
        if (r >= 0)
                r = link_make(&x, path, i->path, flags & INSTALL_FORCE);
        install_context_release(&x);
        return r;
}

int install_get_default(Loader *l, char **ret, Report *report) {
        InstallContext x = install_context(l, 0, NULL, report);
        InstallInfo *i;
        int r;

        r = loader_refresh(l);
        if (r >= 0)
                r = install_discover(&x, "default.target", SEARCH_FOLLOW, &i);
        if (r >= 0 && i->mode == INSTALL_MASKED)
                r = -ERFKILL;
        if (r >= 0)
                r = str_replace(ret, i->name);
        install_context_release(&x);
        return r;
}

/* A link to a link would be the unit under a name that is not its own. */
static int check_linkable(InstallContext *x, const char *path) {
        char *target auto_free = NULL;
        struct stat st;
        int r;

        if (path[0] != '/')
                return change_fail(x, -EINVAL, path, NULL);
        if (!name_is_valid(path_name(path), NAME_ANY))
                return change_fail(x, -EUCLEAN, path, NULL);
        r = root_read_link(&x->l->root, path, &target);
        if (r != -EINVAL)
                return change_fail(x, r < 0 ? r : -ELOOP, path, NULL);
        r = root_stat(&x->l->root, path, &st);
        if (r < 0)
                return change_fail(x, r, path, NULL);
        if (!S_ISREG(st.st_mode))
                return change_fail(x, S_ISDIR(st.st_mode) ? -EISDIR : -EBADFD, path, NULL);
        return 0;
}

int install_link(Loader *l, char *const *paths, unsigned flags, InstallChanges *changes) {
        InstallContext x = install_context(l, flags, changes, NULL);
        int r, first = 0;

        r = loader_refresh(l);
        STRV_FOREACH (p, paths)
                if (r >= 0)
                        r = check_linkable(&x, *p);
        if (r < 0)
                return r;
        STRV_FOREACH (p, paths) {
                char *path auto_free = NULL;

                if (directory_of(l, *p, false) >= 0)
                        continue;
                r = str_printf(&path, "%s/%s", x.dir, path_name(*p));
                if (r >= 0)
                        r = link_make(&x, path, *p, flags & INSTALL_FORCE);
                if (r < 0 && first == 0)
                        first = r;
        }
        return first;
}

static int add_dependency(InstallContext *x, const char *name, const char *target, DependencyKind kind) {
        InstallInfo *i;
        int r;

        r = install_discover_usable(x, name, SEARCH_FOLLOW, &i);
        return r < 0 ? r
                     : strv_add_unique(kind == DEP_REQUIRES ? &i->spec.required_by : &i->spec.wanted_by,
                                       target);
}

int install_add_dependency(Loader *l, char *const *names, const char *target, DependencyKind kind,
                           unsigned flags, InstallChanges *changes, Report *report) {
        InstallContext x = install_context(l, flags, changes, report);
        InstallInfo *t;
        int r;

        ENSURE(kind == DEP_REQUIRES || kind == DEP_WANTS, -EINVAL);

        if (!name_is_valid(target, NAME_ANY))
                return -EINVAL;
        r = loader_refresh(l);
        if (r >= 0)
                r = install_discover_usable(&x, target, SEARCH_FOLLOW, &t);
        STRV_FOREACH (n, names)
                if (r >= 0)
                        r = add_dependency(&x, *n, t->name, kind);
        if (r >= 0)
                r = install_apply(&x, SEARCH_FOLLOW);
        install_context_release(&x);
        return MIN(r, 0);
}

int install_file_exists(Loader *l, const char *name, Report *report) {
        InstallContext x = install_context(l, 0, NULL, report);
        int r;

        if (!name_is_valid(name, NAME_ANY))
                return -EINVAL;
        r = install_discover(&x, name, 0, NULL);
        install_context_release(&x);
        return r == -ENOENT ? 0 : r < 0 ? r : 1;
}
