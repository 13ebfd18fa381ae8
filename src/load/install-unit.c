/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The unit files that enable, disable, ... are about. */

#include "load/install-internal.h"

#include <errno.h>

void installable_release(Installable *i) {
        free(i->name);
        free(i->path);
        spec_free(i->spec);
        *i = (Installable){ 0 };
}

static const SearchDir *directory_of(const Loader *l, const Entry *e) {
        return l->index.path.dirs + e->dir;
}

/* The file behind an entry: where a link out of the search path leads, else the entry itself. */
static int file_of(const Loader *l, const Entry *e, char **ret) {
        char *path auto_free = NULL, *text auto_free = NULL;
        int r;

        r = entry_path(&l->index, e, &path);
        if (r < 0)
                return r;
        if (!e->link || root_read_link(&l->root, path, &text) < 0) {
                *ret = TAKE(path);
                return 0;
        }
        return path_absolute(directory_of(l, e)->path, text, ret);
}

static int refuse_masked(Loader *l, const Entry *e, InstallChanges *changes, Report *r) {
        char *path auto_free = NULL, *full auto_free = NULL;

        if (entry_path(&l->index, e, &path) < 0 || root_join(&l->root, path, &full) < 0)
                return -ENOMEM;
        return change_fail(changes, r, &l->root, path, -ERFKILL, "Unit file %s is masked.", full);
}

/* Is the name (or its template) a link in a place where administrators make links? */
static bool is_configured_alias(const Loader *l, const char *name, const char *id) {
        const Entry *e = index_find(&l->index, name);

        return e && e->kind == ENTRY_ALIAS && !str_equal(name, id) &&
               directory_of(l, e)->flags & (DIR_PERSISTENT | DIR_RUNTIME);
}

static int find_name(Loader *l, const char *name, unsigned flags, InstallChanges *changes, Report *r,
                     Installable *i) {
        int e;

        if (!name_is_valid(name, NAME_ANY))
                return change_fail(changes, r, &l->root, name, -EUCLEAN, "\"%s\" is not a valid unit name.",
                                   name);
        e = index_resolve(&l->index, name, &i->name, &i->entry);
        if (e == -ELOOP)
                return change_fail(changes, r, &l->root, name, e, "The links of %s lead in a circle.", name);
        if (e < 0)
                return e;
        if (!(flags & FIND_FOLLOW) && is_configured_alias(l, name, i->name))
                return change_fail(changes, r, &l->root, name, -ELOOP,
                                   "Refusing to operate on alias name or linked unit file: %s", name);
        if (!i->entry)
                return change_fail(changes, r, &l->root, name, -ENOENT, "Unit file %s does not exist.", name);
        if (i->entry->kind == ENTRY_MASK)
                return refuse_masked(l, i->entry, changes, r);
        if (directory_of(l, i->entry)->flags & (DIR_GENERATED | DIR_TRANSIENT))
                return change_fail(changes, r, &l->root, name, -EADDRNOTAVAIL,
                                   "Unit %s is transient or generated.", name);
        return file_of(l, i->entry, &i->path);
}

/* A path: inside of the search path it is only another way to write the name. */
static int find_path(Loader *l, const char *path, unsigned flags, InstallChanges *changes, Report *r,
                     Installable *i) {
        char *plain auto_free = NULL, *parent auto_free = NULL;
        const char *name;
        int e;

        if (path[0] != '/')
                return change_fail(changes, r, &l->root, path, -EINVAL, "\"%s\" is not an absolute path.",
                                   path);
        e = path_absolute("/", root_strip(&l->root, path), &plain);
        if (e >= 0)
                e = path_parent(plain, &parent);
        if (e < 0)
                return e;
        name = path_name(plain);
        if (search_path_find(&l->index.path, &l->root, parent) >= 0)
                return find_name(l, name, flags, changes, r, i);
        if (!name_is_valid(name, NAME_ANY))
                return change_fail(changes, r, &l->root, path, -EUCLEAN, "\"%s\" is not a valid unit name.",
                                   name);
        i->outside = true;
        i->path = TAKE(plain);
        return str_replace(&i->name, path_name(i->path));
}

/* The specifiers stay as they are in [Install]; the rest of the file is read and not judged here. */
int installable_read(Loader *l, Installable *i) {
        SpecContext c = { .specifiers = { .host = l->host, .unit = i->name } };
        LoadedUnit u = { 0 };
        int r;

        r = index_names(&l->index, i->name, &u.names);
        if (r >= 0)
                r = spec_new(i->name, &u.spec);
        if (r >= 0)
                r = root_join(&l->root, i->path, &u.fragment_path);
        if (r >= 0)
                r = loader_read_files(l, &c, &u, NULL);
        if (r == READ_OK)
                i->spec = TAKE(u.spec);
        loaded_unit_release(&u);
        return r;
}

static int read_for_change(Loader *l, InstallChanges *changes, Report *report, Installable *i) {
        char *full auto_free = NULL;
        int r;

        r = installable_read(l, i);
        if (r == READ_OK || r == -ENOMEM)
                return r;
        if (root_join(&l->root, i->path, &full) < 0)
                return -ENOMEM;
        if (r == READ_MASK)
                return change_fail(changes, report, &l->root, i->path, -ERFKILL, "Unit file %s is masked.",
                                   full);
        if (r == -ENOENT)
                return change_fail(changes, report, &l->root, i->path, r, "Unit file %s does not exist.",
                                   i->outside ? full : i->name);
        if (r < 0)
                return change_fail(changes, report, &l->root, i->path, r, "Unit file %s cannot be read: %s.",
                                   full, strerror(-r));
        return change_fail(changes, report, &l->root, i->path, read_outcome_errno((ReadOutcome)r), "%s %s.",
                           full, read_outcome_words((ReadOutcome)r));
}

int installable_find(Loader *l, const char *name, unsigned flags, InstallChanges *changes, Report *r,
                     Installable *ret) {
        Installable i = { 0 };
        int e;

        e = strchr(name, '/') ? find_path(l, name, flags, changes, r, &i)
                              : find_name(l, name, flags, changes, r, &i);
        if (e >= 0)
                e = read_for_change(l, changes, r, &i);
        if (e < 0)
                installable_release(&i);
        else
                *ret = i;
        return e;
}

bool installable_has_rules(const Installable *i) {
        const InstallSpec *s = i->spec->install;

        return s->wanted_by || s->required_by || s->upheld_by || s->alias;
}

int installable_instance(const Installable *i, char **ret) {
        char *instance auto_free = NULL;
        int r;

        if (name_kind(i->name) != NAME_TEMPLATE || str_is_empty(i->spec->install->default_instance))
                return str_replace(ret, i->name);
        r = specifier_expand(&(SpecifierContext){ .unit = i->name }, i->spec->install->default_instance,
                             &instance);
        if (r >= 0)
                r = name_with_instance(i->name, instance, ret);
        return r;
}

int installable_expand(const Loader *l, const Installable *i, const char *text, char **ret) {
        SpecifierContext c = { .host = l->host, .fragment_path = i->path };
        char *unit auto_free = NULL;
        int r;

        r = installable_instance(i, &unit);
        c.unit = unit;
        return r < 0 ? r : specifier_expand(&c, text, ret);
}
