/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Which files make up a unit, without asking the manager. */

#include "ctl/core/ctl.h"

int ctl_unit_files(Loader *l, const char *name, LoadedUnit *ret) {
        char *instance auto_free = NULL;
        int r;

        if (name_kind(name) != NAME_TEMPLATE)
                return loader_load(l, NULL, name, ret);
        /* A template is no unit; the files of one of its instances are its own. */
        r = name_with_instance(name, "x", &instance);
        return r < 0 ? r : loader_load(l, NULL, instance, ret);
}
