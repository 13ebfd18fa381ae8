/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* From any name to the unit it means, and back to all names of a unit. */

#include "load/index.h"

#include <errno.h>

#define LINKS_MAX 8 /* of a chain; as systemd */

/* The target of an alias as seen from `name`: a template's takes over the instance. */
static int follow(const char *name, const char *target, char **ret) {
        char *instance auto_free = NULL;
        int r;

        if (name_kind(target) != NAME_TEMPLATE || name_kind(name) != NAME_INSTANCE)
                return str_replace(ret, target);
        r = name_instance(name, &instance);
        return r < 0 ? r : name_with_instance(target, instance, ret);
}

/* The file, link or mask that counts for a name: its own, else that of its template. NULL: none. */
static int governing(const Index *x, const char *name, const Entry **ret) {
        char *template auto_free = NULL;
        const Entry *e;
        int r;

        e = index_find(x, name);
        if (name_kind(name) == NAME_INSTANCE) {
                r = name_template(name, &template);
                if (r < 0)
                        return r;
                /* foo@bar.service -> foo@.service only says that the instance exists. */
                if (!e || (e->kind == ENTRY_ALIAS && str_equal(e->target->name, template)))
                        e = index_find(x, template);
        }
        *ret = e;
        return 0;
}

int index_resolve(const Index *x, const char *name, char **ret_id, const Entry **ret_entry) {
        char *id auto_free = NULL;
        const Entry *e;
        int r;

        r = str_replace(&id, name);
        for (unsigned n = 0; r >= 0; n++) {
                char *next auto_free = NULL;

                r = governing(x, id, &e);
                if (r < 0)
                        break;
                if (!e && n > 0) /* a link that leads to nothing is no alias */
                        r = str_replace(&id, name);
                if (!e || e->kind != ENTRY_ALIAS) {
                        if (r < 0)
                                break;
                        *ret_id = TAKE(id);
                        *ret_entry = e;
                        return 0;
                }
                if (n >= LINKS_MAX)
                        return -ELOOP;
                r = follow(id, e->target->name, &next);
                if (r >= 0)
                        r = str_replace(&id, next);
        }
        return r;
}

static int collect(const Index *x, const char *id, const char *name, unsigned depth, char ***names);

/* `alias` leads to `name` (or to the template of it): under which name is the unit known by that? */
static int collect_alias(const Index *x, const char *id, const Entry *alias, const char *name, unsigned depth,
                         char ***names) {
        char *instance auto_free = NULL, *other auto_free = NULL, *real auto_free = NULL;
        const Entry *e;
        int r;

        r = name_instance(name, &instance);
        if (r < 0)
                return r;
        if (name_kind(alias->name) == NAME_TEMPLATE && instance)
                r = name_with_instance(alias->name, instance, &other);
        else
                r = str_replace(&other, alias->name);
        if (r < 0 || strv_contains(*names, other))
                return r;

        /* A link bar@x.service -> foo@.service is a name of foo@x only; one that is overridden, of nothing here. */
        r = index_resolve(x, other, &real, &e);
        if (r == -ENOMEM)
                return r;
        if (r < 0 || !str_equal(real, id))
                return 0;
        r = strv_add(names, other);
        return r < 0 ? r : collect(x, id, other, depth + 1, names);
}

static int collect(const Index *x, const char *id, const char *name, unsigned depth, char ***names) {
        char *template auto_free = NULL;
        const char *key[2] = { name, NULL };
        int r = 0;

        if (depth >= LINKS_MAX)
                return 0;
        if (name_kind(name) == NAME_INSTANCE) {
                r = name_template(name, &template);
                key[1] = template;
        }
        for (size_t i = 0; i < ELEMENTSOF(key) && key[i] && r >= 0; i++) {
                Entry *e;

                HASH_FIND_STR(x->entries, key[i], e);
                for (Entry *a = e ? e->aliases : NULL; a && r >= 0; a = a->next_alias)
                        r = collect_alias(x, id, a, name, depth, names);
        }
        return r;
}

int index_names(const Index *x, const char *id, char ***ret) {
        char **names auto_strv = NULL;
        int r;

        r = strv_add(&names, id);
        if (r >= 0)
                r = collect(x, id, id, 0, &names);
        if (r >= 0)
                *ret = TAKE(names);
        return r;
}
