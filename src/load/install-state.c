/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* is-enabled: what the links say about a unit file. */

#include "load/install-internal.h"

#include <errno.h>

static const char *const states[] = {
        [FILE_ENABLED] = "enabled",
        [FILE_ENABLED_RUNTIME] = "enabled-runtime",
        [FILE_LINKED] = "linked",
        [FILE_LINKED_RUNTIME] = "linked-runtime",
        [FILE_ALIAS] = "alias",
        [FILE_MASKED] = "masked",
        [FILE_MASKED_RUNTIME] = "masked-runtime",
        [FILE_STATIC] = "static",
        [FILE_DISABLED] = "disabled",
        [FILE_INDIRECT] = "indirect",
        [FILE_GENERATED] = "generated",
        [FILE_TRANSIENT] = "transient",
        [FILE_BAD] = "bad",
};
_Static_assert(ELEMENTSOF(states) == UNIT_FILE_STATE_MAX, "a word for each state");

const char *unit_file_state_to_string(UnitFileState s) {
        return (int)s >= 0 && s < UNIT_FILE_STATE_MAX ? states[s] : NULL;
}

/* How far away from the packages a link is. */
typedef enum Place {
        PLACE_NONE,
        PLACE_VENDOR,
        PLACE_RUNTIME,
        PLACE_ADMIN
} Place;

static Place place_of(const SearchDir *d) {
        if (d->flags & DIR_GENERATED)
                return PLACE_NONE;
        if (d->flags & DIR_VOLATILE)
                return PLACE_RUNTIME;
        return str_starts_with(d->path, "/etc/") ? PLACE_ADMIN : PLACE_VENDOR;
}

static bool has_link(const Loader *l, size_t dir, const char *subdir, const char *name) {
        char *path auto_free = NULL, *target auto_free = NULL;

        return str_printf(&path, "%s/%s/%s", l->index.path.dirs[dir].path, subdir, name) >= 0 &&
               root_read_link(&l->root, path, &target) >= 0 && !str_equal(target, "/dev/null");
}

/* Is there an instance of the template? */
static bool has_instance(const Loader *l, size_t dir, const char *subdir, const char *template) {
        char *path auto_free = NULL, **names auto_strv = NULL;

        if (str_printf(&path, "%s/%s", l->index.path.dirs[dir].path, subdir) < 0 ||
            root_list(&l->root, path, &names) < 0)
                return false;
        STRV_FOREACH (n, names) {
                char *own auto_free = NULL;

                if (name_is_valid(*n, NAME_INSTANCE) && name_template(*n, &own) >= 0 &&
                    str_equal(own, template))
                        return true;
        }
        return false;
}

typedef bool (*SubdirTest)(const Loader *l, size_t dir, const char *subdir, const char *name);

/* The best place where a .wants, .requires or .upholds directory passes the test. */
static Place find_in_subdirs(const Loader *l, const char *name, SubdirTest test) {
        Place best = PLACE_NONE;
        SubDir *d, *next;

        HASH_ITER (hh, l->index.subdirs, d, next) {
                if (!is_dependency_dir(d->name))
                        continue;
                for (size_t i = 0; i < l->index.path.n; i++) {
                        Place place = place_of(l->index.path.dirs + i);

                        if (d->dirs & (UINT64_C(1) << i) && place > best && test(l, i, d->name, name))
                                best = place;
                }
        }
        return best;
}

/* Links made for Alias=. Those that the packages bring along say nothing. */
static Place find_alias(const Loader *l, const Installable *i, bool of_install) {
        char **names auto_strv = NULL;
        Place best = PLACE_NONE;

        if (index_names(&l->index, i->name, &names) < 0)
                return PLACE_NONE;
        STRV_FOREACH (n, names) {
                const Entry *e = str_equal(*n, i->name) ? NULL : index_find(&l->index, *n);
                bool listed = false;
                Place place;

                if (!e || e->kind != ENTRY_ALIAS)
                        continue;
                STRV_FOREACH (a, i->spec->install->alias) {
                        char *alias auto_free = NULL;

                        listed |= installable_expand(l, i, *a, &alias) >= 0 && str_equal(alias, *n);
                }
                place = place_of(l->index.path.dirs + e->dir);
                if (listed == of_install && place > best)
                        best = place;
        }
        return best;
}

static Place find_enablement(const Loader *l, const Installable *i) {
        char *name auto_free = NULL;
        Place linked, alias;

        if (installable_instance(i, &name) < 0)
                return PLACE_NONE;
        linked = find_in_subdirs(l, name, has_link);
        alias = find_alias(l, i, true);
        return MAX(linked, alias);
}

static UnitFileState judge(const Loader *l, const Installable *i) {
        const InstallSpec *s = i->spec->install;
        const SearchDir *dir = l->index.path.dirs + i->entry->dir;
        bool runtime = dir->flags & DIR_VOLATILE;
        Place place;

        if (dir->flags & DIR_GENERATED)
                return FILE_GENERATED;
        if (dir->flags & DIR_TRANSIENT)
                return FILE_TRANSIENT;

        place = find_enablement(l, i);
        if (place == PLACE_ADMIN)
                return FILE_ENABLED;
        if (place == PLACE_RUNTIME)
                return FILE_ENABLED_RUNTIME;
        if (place == PLACE_VENDOR && name_kind(i->name) == NAME_INSTANCE)
                return FILE_STATIC;
        if (i->entry->link && place_of(dir) > PLACE_VENDOR)
                return runtime ? FILE_LINKED_RUNTIME : FILE_LINKED;
        if (find_alias(l, i, false) > PLACE_VENDOR)
                return FILE_INDIRECT;
        if (name_kind(i->name) == NAME_TEMPLATE && find_in_subdirs(l, i->name, has_instance) > PLACE_VENDOR)
                return FILE_INDIRECT;
        if (installable_has_rules(i))
                return FILE_DISABLED;
        return s->also ? FILE_INDIRECT : FILE_STATIC;
}

static UnitFileState masked(const Loader *l, const Entry *e) {
        return l->index.path.dirs[e->dir].flags & DIR_VOLATILE ? FILE_MASKED_RUNTIME : FILE_MASKED;
}

static int state_of(Loader *l, const char *name, UnitFileState *ret) {
        Installable i = { 0 };
        int r;

        r = index_resolve(&l->index, name, &i.name, &i.entry);
        if (r < 0)
                goto end;
        r = -ENOENT;
        if (!i.entry)
                goto end;
        r = 0;
        if (i.entry->kind == ENTRY_MASK) {
                *ret = masked(l, i.entry);
                goto end;
        }
        if (!str_equal(i.name, name)) {
                *ret = FILE_ALIAS;
                goto end;
        }

        r = entry_path(&l->index, i.entry, &i.path);
        if (r >= 0)
                r = installable_read(l, &i);
        if (r == READ_MASK)
                *ret = masked(l, i.entry);
        else if (r > 0 || (r < 0 && r != -ENOENT && r != -ENOMEM))
                *ret = FILE_BAD;
        else if (r == READ_OK)
                *ret = judge(l, &i);
        if (r != -ENOENT && r != -ENOMEM)
                r = 0;
end:
        installable_release(&i);
        return r;
}

int install_state(Loader *l, const char *name, UnitFileState *ret) {
        int r;

        if (!name_is_valid(name, NAME_ANY))
                return -EINVAL;
        r = loader_refresh(l);
        return r < 0 ? r : state_of(l, name, ret);
}

static int read_presets(Loader *l) {
        int r;

        r = loader_refresh(l);
        if (r < 0 || l->presets_read)
                return r;
        r = presets_read(&l->presets, &l->root);
        l->presets_read = r >= 0;
        return r;
}

int install_preset_state(Loader *l, const char *name, bool *ret_enabled) {
        int r;

        if (!name_is_valid(name, NAME_ANY))
                return -EINVAL;
        r = read_presets(l);
        if (r >= 0)
                *ret_enabled = presets_decide(&l->presets, name, NULL);
        return r;
}
