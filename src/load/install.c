/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "load/install-internal.h"

#include <errno.h>

static const char *config_dir(const Loader *l, unsigned flags) {
        return search_path_config(&l->path, flags & INSTALL_RUNTIME);
}

/* Remembers the first error, so that the other links are still made; memory ends all. */
static int keep_first(int *first, int r) {
        if (r < 0 && *first >= 0)
                *first = r;
        return r == -ENOMEM ? r : 0;
}

typedef struct Enabling {
        Loader *l;
        unsigned flags;
        InstallChanges *changes;
        Report *report;
        const char *dir; /* borrowed; where the links go */
        int first_error;
} Enabling;

static int bad_specifier(Enabling *en, const Installable *i, int r) {
        return r == -ENOMEM ? r
                            : change_fail(en->changes, en->report, &en->l->root, i->path, -EBADSLT,
                                          "Invalid specifier in %s.", i->path);
}

static int make_alias(Enabling *en, const Installable *i, const char *text) {
        char *alias auto_free = NULL, *path auto_free = NULL, *instance auto_free = NULL;
        int r;

        r = installable_expand(en->l, i, text, &alias);
        if (r >= 0)
                r = installable_instance(i, &instance);
        if (r < 0)
                return bad_specifier(en, i, r);
        if (str_equal(alias, i->name))
                return 0;
        if (!alias_is_possible(alias, i->name) && !alias_is_possible(alias, instance))
                return change_fail(en->changes, en->report, &en->l->root, i->path, -EXDEV,
                                   "Cannot alias %s as %s.", i->name, alias);
        r = str_printf(&path, "%s/%s", en->dir, alias);
        return r < 0 ? r : link_make(en->l, path, i->path, en->flags, en->changes, en->report);
}

static int make_dependency(Enabling *en, const Installable *i, const char *text, const char *suffix) {
        char *target auto_free = NULL, *path auto_free = NULL, *instance auto_free = NULL;
        int r;

        r = installable_expand(en->l, i, text, &target);
        if (r >= 0)
                r = installable_instance(i, &instance);
        if (r < 0)
                return bad_specifier(en, i, r);
        if (!name_is_valid(target, NAME_ANY))
                return change_fail(en->changes, en->report, &en->l->root, i->path, -EUCLEAN,
                                   "\"%s\" is not a valid unit name.", target);
        if (name_kind(instance) == NAME_TEMPLATE && name_kind(target) != NAME_TEMPLATE)
                return change_fail(en->changes, en->report, &en->l->root, instance, -EIDRM,
                                   "Refusing to operate on template unit %s when destination unit %s is a "
                                   "non-template unit.",
                                   instance, target);
        r = str_printf(&path, "%s/%s%s/%s", en->dir, target, suffix, instance);
        return r < 0 ? r
                     : link_make(en->l, path, i->path, en->flags | INSTALL_FORCE, en->changes, en->report);
}

static int make_link_into_path(Enabling *en, const Installable *i) {
        char *path auto_free = NULL;
        int r;

        r = str_printf(&path, "%s/%s", en->dir, i->name);
        return r < 0 ? r : link_make(en->l, path, i->path, en->flags, en->changes, en->report);
}

/* All links that [Install] of one unit asks for. */
static int apply(Enabling *en, const Installable *i) {
        const InstallSpec *s = i->spec->install;
        const struct {
                char *const *names;
                const char *suffix;
        } kinds[] = { { s->wanted_by, ".wants" },
                      { s->required_by, ".requires" },
                      { s->upheld_by, ".upholds" } };

        if (i->outside && keep_first(&en->first_error, make_link_into_path(en, i)) < 0)
                return -ENOMEM;
        STRV_FOREACH (a, s->alias)
                if (keep_first(&en->first_error, make_alias(en, i, *a)) < 0)
                        return -ENOMEM;
        for (size_t k = 0; k < ELEMENTSOF(kinds); k++)
                STRV_FOREACH (n, kinds[k].names)
                        if (keep_first(&en->first_error, make_dependency(en, i, *n, kinds[k].suffix)) < 0)
                                return -ENOMEM;
        return 0;
}

/* Also=: the units named there are enabled and disabled along. */
static int add_also(const Loader *l, const Installable *i, char ***names) {
        STRV_FOREACH (a, i->spec->install->also) {
                char *name auto_free = NULL;
                int r;

                r = installable_expand(l, i, *a, &name);
                if (r >= 0)
                        r = strv_add_unique(names, name);
                if (r == -ENOMEM)
                        return r;
        }
        return 0;
}

int install_enable(Loader *l, char *const *names, unsigned flags, InstallChanges *changes,
                   bool *ret_carries_install_info, Report *r) {
        Enabling en = {
                .l = l, .flags = flags, .changes = changes, .report = r, .dir = config_dir(l, flags)
        };
        char **queue auto_strv = NULL;
        size_t n_asked = strv_length(names);
        bool carries = false;
        int e;

        e = loader_refresh(l);
        if (e >= 0)
                e = strv_copy(names, &queue);
        if (e < 0)
                return e;

        for (size_t n = 0; queue && queue[n]; n++) {
                Installable i = { 0 };

                e = installable_find(l, queue[n], n < n_asked ? 0 : FIND_FOLLOW, changes, r, &i);
                if (e < 0 && n < n_asked) /* what was asked for must be there; nothing was done for it */
                        return e;
                if (e >= 0) {
                        carries |= n < n_asked && (installable_has_rules(&i) || i.spec->install->also);
                        e = add_also(l, &i, &queue);
                        if (e >= 0)
                                e = apply(&en, &i);
                        installable_release(&i);
                }
                if (e == -ENOMEM)
                        return e;
        }
        if (ret_carries_install_info)
                *ret_carries_install_info = carries;
        return en.first_error;
}

/* A masked or absent unit is no obstacle: its links may still be there. */
static int collect_for_disable(Loader *l, const char *name, InstallChanges *changes, Report *report,
                               char ***names, int *missing) {
        Report unused = { 0 };
        Installable i = { 0 };
        int r;

        if (!name_is_valid(name, NAME_ANY))
                return change_fail(changes, report, &l->root, name, -EUCLEAN,
                                   "\"%s\" is not a valid unit name.", name);
        r = installable_find(l, name, FIND_FOLLOW, NULL, &unused, &i);
        report_release(&unused);
        if (r >= 0) {
                r = strv_add_unique(names, i.name);
                if (r >= 0)
                        r = add_also(l, &i, names);
                installable_release(&i);
                return r;
        }
        if (r == -ENOMEM)
                return r;
        if (r == -ERFKILL)
                return change_add(changes, CHANGE_MASKED, &l->root, name, NULL);
        if (r == -EADDRNOTAVAIL)
                return change_fail(changes, report, &l->root, name, r, "Unit %s is transient or generated.",
                                   name);
        *missing = r;
        return strv_add_unique(names, name);
}

int install_disable(Loader *l, char *const *names, unsigned flags, InstallChanges *changes, Report *r) {
        char **gone auto_strv = NULL, **done auto_strv = NULL;
        bool any = false;
        int e, missing = 0;

        e = loader_refresh(l);
        STRV_FOREACH (n, names)
                if (e >= 0)
                        e = collect_for_disable(l, *n, changes, r, &gone, &missing);
        /* What Also= has added may have an Also= of its own. */
        for (size_t n = 0; e >= 0 && gone && gone[n]; n++) {
                char *name auto_free = strdup(gone[n]);
                int unused;

                e = name ? strv_add_unique(&done, name) : -ENOMEM;
                if (e >= 0 && !strv_contains(names, name))
                        e = collect_for_disable(l, name, NULL, NULL, &gone, &unused);
        }
        if (e >= 0 && gone)
                e = links_remove_to(l, config_dir(l, flags), gone, flags, changes, r, &any);
        if (e < 0)
                return e;
        if (missing < 0 && !any)
                STRV_FOREACH (n, names)
                        if (!index_find(&l->index, *n))
                                return change_fail(changes, r, &l->root, *n, missing,
                                                   "Unit file %s does not exist.", *n);
        return 0;
}

/* Linked units are named by their path: disabling takes the link away, and the name would mean nothing then. */
static int names_to_enable(Loader *l, char *const *names, char ***ret) {
        STRV_FOREACH (n, names) {
                const Entry *e = strchr(*n, '/') ? NULL : index_find(&l->index, *n);
                char *path auto_free = NULL, *text auto_free = NULL, *target auto_free = NULL;
                int r = 0;

                if (e && e->kind == ENTRY_FILE && e->link && entry_path(&l->index, e, &path) >= 0 &&
                    root_read_link(&l->root, path, &text) >= 0)
                        r = path_absolute(l->index.path.dirs[e->dir].path, text, &target);
                if (r >= 0)
                        r = strv_add(ret, target ? target : *n);
                if (r < 0)
                        return r;
        }
        return 0;
}

int install_reenable(Loader *l, char *const *names, unsigned flags, InstallChanges *changes,
                     bool *ret_carries_install_info, Report *r) {
        char **later auto_strv = NULL, **plain auto_strv = NULL;
        int e;

        e = loader_refresh(l);
        if (e >= 0)
                e = names_to_enable(l, names, &later);
        STRV_FOREACH (n, names)
                if (e >= 0)
                        e = strv_add(&plain, path_name(*n));
        if (e >= 0)
                e = install_disable(l, plain, flags, changes, r);
        return e < 0 ? e : install_enable(l, later, flags, changes, ret_carries_install_info, r);
}
