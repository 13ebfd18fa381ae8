/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "load/set.h"

#include "load/dropin.h"

#include <errno.h>

/* Of a set there are numbers only: "web@blue.service" is no part of web.service. */
static bool is_number(const char *instance) {
        unsigned v;

        return parse_unsigned(instance, &v) >= 0 && v < INSTANCES_MAX &&
               (v > 0 ? instance[0] != '0' : !instance[1]);
}

static int other_name(const char *id, char **ret) {
        char *prefix auto_free = NULL, *instance auto_free = NULL;
        int r = name_prefix(id, &prefix);

        if (r >= 0)
                r = name_instance(id, &instance);
        if (r < 0)
                return r;
        if (!instance)
                return str_printf(ret, "%s@.service", prefix);
        return is_number(instance) ? str_printf(ret, "%s.service", prefix) : 0;
}

int set_find(const Index *x, const char *id, const Entry **ret_entry, char **ret_name) {
        char *name auto_free = NULL;
        const Entry *e;
        int r;

        *ret_entry = NULL;
        *ret_name = NULL;
        if (name_type(id) != UNIT_SERVICE)
                return 0;
        r = other_name(id, &name);
        if (r < 0 || !name)
                return r == -ENOMEM ? r : 0;
        e = index_find(x, name);
        if (!e || e->kind != ENTRY_FILE)
                return 0;
        *ret_entry = e;
        *ret_name = TAKE(name);
        return 0;
}

int set_find_dropins(const Index *x, const Root *root, char *const *names, const char *other, char ***ret) {
        char **all auto_strv = NULL;
        int r = 0;

        if (!other)
                return dropin_find(x, root, names, ret);
        STRV_FOREACH (n, names)
                if (r >= 0)
                        r = strv_add(&all, *n);
        if (r >= 0)
                r = strv_add_unique(&all, other);
        return r < 0 ? r : dropin_find(x, root, all, ret);
}
