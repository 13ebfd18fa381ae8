/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/analyze/relations.h"

#include <errno.h>
#include <string.h>

static void relative_free(Relative *u) {
        free(u->id);
        property_list_release(&u->properties);
        free(u);
}

static int ask(Relations *r, Relative *u) {
        sd_bus_error error = SD_BUS_ERROR_NULL;
        char *path auto_free = NULL;
        int e;

        e = ctl_unit_path(u->id, &path);
        if (e >= 0)
                e = ctl_get_all(r->ctl, path, SD1_UNIT, &u->properties, &error);
        if (e < 0)
                ctl_print_error("%s: %s", u->id, error.message ?: strerror(-e));
        sd_bus_error_free(&error);
        return e;
}

int relations_find(Relations *r, const char *unit, const Relative **ret) {
        Relative *u;
        int e;

        HASH_FIND_STR(r->units, unit, u);
        if (!u) {
                u = calloc(1, sizeof(*u));
                if (!u)
                        return -ENOMEM;
                e = str_replace(&u->id, unit);
                if (e >= 0)
                        e = ask(r, u);
                if (e >= 0) {
                        HASH_ADD_KEYPTR(hh, r->units, u->id, strlen(u->id), u);
                        e = u->hh.tbl ? 0 : -ENOMEM;
                }
                if (e < 0) {
                        relative_free(u);
                        return e;
                }
        }
        *ret = u;
        return 0;
}

int relative_names(const Relative *u, const char *property, char ***ret) {
        char *names auto_free = strdup(property_get(&u->properties, property)), *save = NULL;
        int r = names ? 0 : -ENOMEM;

        for (char *n = names ? strtok_r(names, " ", &save) : NULL; n && r >= 0;
             n = strtok_r(NULL, " ", &save))
                r = strv_add(ret, n);
        return r;
}

void relations_release(Relations *r) {
        Relative *u, *next;

        HASH_ITER (hh, r->units, u, next) {
                HASH_DEL(r->units, u);
                relative_free(u);
        }
}
