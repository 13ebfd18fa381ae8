/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Single links: masks, the default target, links and dependencies that were asked for by name. */

#include "load/install-internal.h"

#include <errno.h>

static int config_path(const Loader *l, const char *name, unsigned flags, char **ret) {
        return str_printf(ret, "%s/%s", search_path_config(&l->path, flags & INSTALL_RUNTIME), name);
}

static int check_name(Loader *l, const char *name, InstallChanges *changes, Report *r) {
        if (name_is_valid(name, NAME_ANY))
                return 0;
        return change_fail(changes, r, &l->root, name, -EUCLEAN, "\"%s\" is not a valid unit name.", name);
}

int install_mask(Loader *l, char *const *names, unsigned flags, InstallChanges *changes, Report *r) {
        int first = 0;

        STRV_FOREACH (n, names) {
                char *path auto_free = NULL;
                int e;

                e = check_name(l, *n, changes, r);
                if (e >= 0)
                        e = config_path(l, *n, flags, &path);
                if (e >= 0)
                        e = link_make(l, path, "/dev/null", flags, changes, r);
                if (e < 0 && first >= 0)
                        first = e;
        }
        return first;
}

static bool is_mask(const Loader *l, const char *path) {
        struct stat st;

        return root_stat(&l->root, path, &st) >= 0 &&
               (stat_is_null_device(&st) || (S_ISREG(st.st_mode) && st.st_size == 0));
}

/* An image has no /dev/null to look at. */
static bool leads_to_null(const Loader *l, const char *path) {
        char *target auto_free = NULL;

        return root_read_link(&l->root, path, &target) >= 0 && str_equal(target, "/dev/null");
}

int install_unmask(Loader *l, char *const *names, unsigned flags, InstallChanges *changes, Report *r) {
        int first = 0;

        STRV_FOREACH (n, names) {
                char *path auto_free = NULL;
                int e;

                e = check_name(l, *n, changes, r);
                if (e >= 0)
                        e = config_path(l, *n, flags, &path);
                if (e >= 0 && (leads_to_null(l, path) || is_mask(l, path)))
                        e = link_remove(l, path, flags, changes, r);
                if (e < 0 && first >= 0)
                        first = e;
        }
        return first;
}

int install_set_default(Loader *l, const char *name, unsigned flags, InstallChanges *changes, Report *r) {
        char *path auto_free = NULL;
        Installable i = { 0 };
        int e;

        if (name_type(name) != UNIT_TARGET || str_equal(name, "default.target"))
                return change_fail(changes, r, &l->root, name, -EINVAL,
                                   "%s cannot be the default: a target is expected.", name);
        e = loader_refresh(l);
        if (e >= 0)
                e = installable_find(l, name, FIND_FOLLOW, changes, r, &i);
        if (e >= 0)
                e = config_path(l, "default.target", flags, &path);
        if (e >= 0)
                e = link_make(l, path, i.path, flags | INSTALL_FORCE, changes, r);
        installable_release(&i);
        return e;
}

int install_get_default(Loader *l, char **ret) {
        char *id auto_free = NULL;
        const Entry *e;
        int r;

        r = loader_refresh(l);
        if (r >= 0)
                r = index_resolve(&l->index, "default.target", &id, &e);
        if (r < 0)
                return r;
        if (!e)
                return -ENOENT;
        if (e->kind == ENTRY_MASK)
                return -ERFKILL;
        *ret = TAKE(id);
        return 0;
}

int install_link(Loader *l, char *const *paths, unsigned flags, InstallChanges *changes, Report *r) {
        int e;

        e = loader_refresh(l);
        STRV_FOREACH (p, paths) {
                char *path auto_free = NULL;
                Installable i = { 0 };

                if (e >= 0)
                        e = strchr(*p, '/') ? installable_find(l, *p, FIND_FOLLOW, changes, r, &i)
                                            : change_fail(changes, r, &l->root, *p, -EINVAL,
                                                          "\"%s\" is not an absolute path.", *p);
                if (e >= 0 && i.outside) {
                        e = config_path(l, i.name, flags, &path);
                        if (e >= 0)
                                e = link_make(l, path, i.path, flags, changes, r);
                }
                installable_release(&i);
        }
        return e;
}

int install_add_dependency(Loader *l, char *const *names, const char *target, DependencyKind kind,
                           unsigned flags, InstallChanges *changes, Report *r) {
        const char *suffix = kind == DEP_REQUIRES ? "requires" : "wants";
        int e;

        ENSURE(kind == DEP_REQUIRES || kind == DEP_WANTS, -EINVAL);

        e = check_name(l, target, changes, r);
        if (e >= 0)
                e = loader_refresh(l);
        STRV_FOREACH (n, names) {
                char *path auto_free = NULL;
                Installable i = { 0 };

                if (e >= 0)
                        e = installable_find(l, *n, FIND_FOLLOW, changes, r, &i);
                if (e >= 0)
                        e = str_printf(&path, "%s/%s.%s/%s",
                                       search_path_config(&l->path, flags & INSTALL_RUNTIME), target, suffix,
                                       i.name);
                if (e >= 0)
                        e = link_make(l, path, i.path, flags, changes, r);
                installable_release(&i);
        }
        return e;
}
