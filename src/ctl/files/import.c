/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* import: svinit-import does it, a program of its own. */

#include "ctl/core/ctl.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#define IMPORT_PROGRAM PKGLIBDIR "/svinit-import"

/* With svinit's own options only: what others mean has been seen to. */
static int arguments(const Ctl *c, char *const *words, char ***ret) {
        char *only auto_free = NULL, *option;
        int r = strv_add(ret, IMPORT_PROGRAM);

        if (r >= 0 && c->directory)
                r = str_printf(&option, "--output=%s", c->directory) < 0 ? -ENOMEM : strv_push(ret, option);
        if (r >= 0 && c->profile)
                r = str_printf(&option, "--profile=%s", c->profile) < 0 ? -ENOMEM : strv_push(ret, option);
        if (r >= 0 && c->only)
                r = strv_join(c->only, ",", &only);
        if (r >= 0 && only)
                r = str_printf(&option, "--only=%s", only) < 0 ? -ENOMEM : strv_push(ret, option);
        if (r >= 0 && c->check)
                r = strv_add(ret, "--check");
        if (r >= 0 && c->force)
                r = strv_add(ret, "--force");
        if (r >= 0)
                r = strv_add(ret, "--");
        return r < 0 ? r : strv_add_all(ret, words);
}

VERB(import) {
        char **l auto_strv = NULL;

        if (arguments(c, argv + 1, &l) < 0)
                return ctl_print_error("import: %s", strerror(ENOMEM));
        fflush(stdout);
        execv(l[0], l);
        if (errno == ENOENT)
                return ctl_print_error("import: %s is not there: svinit was built without libyaml", l[0]);
        return ctl_print_error("import: %s: %s", l[0], strerror(errno));
}
