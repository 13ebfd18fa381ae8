/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The links that [Install] asks for. */

#include "load/install-internal.h"

#include <errno.h>

/* The first error counts, else the number of links. */
static int gather(int before, int r) {
        return before < 0 ? before : r < 0 ? r : before + r;
}

static int make(InstallContext *x, const char *path, const char *target, bool force) {
        int r = link_make(x, path, target, force);

        return r < 0 ? r : 1;
}

/* "X.wants/Y" in Alias=, as it was written before there was WantedBy=. */
static int check_old_form(InstallContext *x, const InstallInfo *i, const char *alias, const char *slash) {
        char *unit auto_free = NULL, *template auto_free = NULL;
        const char *link = slash + 1;
        size_t n = (size_t)(slash - alias);

        unit = strndup(alias, n);
        if (!unit)
                return -ENOMEM;
        if (str_ends_with(unit, ".wants"))
                unit[n - strlen(".wants")] = 0;
        else if (str_ends_with(unit, ".requires"))
                unit[n - strlen(".requires")] = 0;
        else
                return change_fail(x, -EXDEV, alias, NULL);
        if (!name_is_valid(unit, NAME_ANY))
                return change_fail(x, -EXDEV, alias, NULL);
        if (str_equal(link, i->name) &&
            (name_kind(link) != NAME_TEMPLATE || name_kind(unit) == NAME_TEMPLATE))
                return 0;
        if (name_is_valid(link, NAME_INSTANCE) && name_template(link, &template) >= 0 &&
            str_equal(template, i->name))
                return 0;
        return change_fail(x, -EXDEV, alias, i->name);
}

/* The name that an alias gets: that of a template takes over the instance. 1: none, it is the unit itself. */
static int alias_name(InstallContext *x, const InstallInfo *i, const char *alias, char **ret) {
        char *instance auto_free = NULL;
        const char *slash = strrchr(alias, '/');
        int r;

        if (slash) {
                r = check_old_form(x, i, alias, slash);
                return r < 0 ? r : str_replace(ret, alias);
        }
        if (name_is_valid(alias, NAME_TEMPLATE) && name_kind(i->name) == NAME_INSTANCE) {
                r = name_instance(i->name, &instance);
                if (r >= 0)
                        r = name_with_instance(alias, instance, ret);
        } else
                r = str_replace(ret, alias);
        if (r < 0)
                return r;
        r = alias_check(*ret, i->name, NULL);
        if (r == -ELOOP)
                return 1;
        return r < 0 ? change_fail(x, -EXDEV, *ret, i->name) : 0;
}

static int make_alias(InstallContext *x, const InstallInfo *i, const char *text) {
        char *alias auto_free = NULL, *name auto_free = NULL, *path auto_free = NULL;
        int r;

        r = install_expand(x, i, text, &alias);
        if (r < 0)
                return change_fail(x, r, text, NULL);
        r = alias_name(x, i, alias, &name);
        if (r != 0)
                return MIN(r, 0);
        r = str_printf(&path, "%s/%s", x->dir, name);
        return r < 0 ? r : make(x, path, i->path, x->flags & INSTALL_FORCE);
}

/* Makes the link even if nobody is there to follow it, but says so. */
static int make_dependency(InstallContext *x, const InstallInfo *i, const char *target, const char *suffix,
                           const char *name) {
        char *path auto_free = NULL;
        int r, q;

        r = str_printf(&path, "%s/%s%s/%s", x->dir, target, suffix, name);
        if (r >= 0)
                r = make(x, path, i->path, true);
        if (r == -ENOMEM)
                return r;
        q = install_file_exists(x->l, target, x->report);
        if (q == 0) {
                char *file auto_free = NULL;

                q = root_join(&x->l->root, i->path, &file);
                if (q >= 0)
                        q = install_changes_add(x->changes, CHANGE_NO_DESTINATION, target, file);
        }
        return q == -ENOMEM ? q : r;
}

/* The name under which a unit is wanted. -ERFKILL: the default instance is masked. */
static int dependency_name(InstallContext *x, const InstallInfo *i, char **ret) {
        InstallContext search = { .l = x->l, .report = x->report };
        InstallInfo *instance;
        int r;

        r = install_instance(i, ret);
        if (r < 0 || str_equal(*ret, i->name))
                return r;
        r = install_info_add(&search, *ret, false, &instance);
        if (r >= 0)
                r = install_info_search(&search, instance, SEARCH_FOLLOW);
        if (r >= 0 && instance->mode == INSTALL_MASKED)
                r = change_fail_at(x, -ERFKILL, instance->path, NULL);
        install_context_release(&search);
        return r;
}

static int make_dependencies(InstallContext *x, const InstallInfo *i, char *const *list, const char *suffix) {
        char *name auto_free = NULL;
        int r;

        if (!list)
                return 0;
        r = dependency_name(x, i, &name);
        if (r < 0)
                return r;
        STRV_FOREACH (text, list) {
                char *target auto_free = NULL;
                int q;

                q = install_expand(x, i, *text, &target);
                if (q < 0)
                        q = change_fail(x, q, *text, NULL);
                else if (name_is_valid(target, name_kind(name) == NAME_TEMPLATE
                                                       ? NAME_INSTANCE | NAME_TEMPLATE
                                                       : NAME_ANY))
                        q = make_dependency(x, i, target, suffix, name);
                else if (x->lenient)
                        q = 0;
                else if (name_is_valid(target, NAME_ANY))
                        q = change_fail(x, -EIDRM, target, name);
                else
                        q = change_fail(x, -EUCLEAN, target, NULL);
                r = gather(r, q);
        }
        return r;
}

static int link_into_path(InstallContext *x, const InstallInfo *i) {
        char *path auto_free = NULL;
        int r;

        if (directory_of(x->l, i->path, false) >= 0)
                return 0;
        r = str_printf(&path, "%s/%s", x->dir, i->name);
        return r < 0 ? r : link_make(x, path, i->path, x->flags & INSTALL_FORCE);
}

static int apply_one(InstallContext *x, const InstallInfo *i) {
        const struct {
                char *const *names;
                const char *suffix;
        } kinds[] = { { i->spec.wanted_by, ".wants" },
                      { i->spec.required_by, ".requires" },
                      { i->spec.upheld_by, ".upholds" } };
        int r, q;

        r = link_into_path(x, i);
        if (r < 0) /* the other links would lead to another unit */
                return r;
        STRV_FOREACH (a, i->spec.alias)
                r = gather(r, make_alias(x, i, *a));
        for (size_t k = 0; k < ELEMENTSOF(kinds); k++) {
                q = make_dependencies(x, i, kinds[k].names, kinds[k].suffix);
                if (r == 0 || q == -ENOMEM)
                        r = q;
        }
        return r;
}

int install_apply(InstallContext *x, unsigned search_flags) {
        InstallInfo *i;
        int all = 0;

        while ((i = install_next(x))) {
                int r = install_info_traverse(x, i, search_flags, NULL);

                if (r == -ENOMEM)
                        return r;
                if (r < 0 && i->auxiliary) {
                        r = install_changes_add(x->changes, CHANGE_AUXILIARY_FAILED, i->name, NULL);
                        if (r < 0)
                                return r;
                } else if (r < 0)
                        return change_fail(x, r, i->name, NULL);
                else if (i->mode == INSTALL_MASKED) {
                        r = change_add_at(x, CHANGE_MASKED, i->path, NULL);
                        all = gather(all, r < 0 ? r : 1); /* it could have had something to say */
                } else if (i->mode == INSTALL_REGULAR)
                        all = gather(all, apply_one(x, i));
        }
        return all;
}
