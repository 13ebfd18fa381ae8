/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Verbs that are one call for each unit: freeze, thaw, clean; or one for one: bind, mount-image. */

#include "ctl/core/ctl.h"

#include <stdio.h>

static int for_each(Ctl *c, char **argv, const char *method) {
        char **names auto_strv = NULL;
        int code = CTL_OK;

        if (ctl_connect(c) < 0 || ctl_names(c, argv + 1, &names) < 0)
                return CTL_FAILED;
        STRV_FOREACH (n, names)
                if (ctl_call(c, method, NULL, NULL, *n, "s", *n) < 0)
                        code = CTL_FAILED;
        return code;
}

VERB(freeze) {
        return for_each(c, argv, str_equal(argv[0], "thaw") ? "ThawUnit" : "FreezeUnit");
}

static int clean(Ctl *c, const char *unit, char *const *what) {
        sd_bus_error error = SD_BUS_ERROR_NULL;
        sd_bus_message *m = NULL;
        int r;

        r = sd_bus_message_new_method_call(c->bus, &m, SD1, SD1_PATH, SD1_MANAGER, "CleanUnit");
        if (r >= 0)
                r = sd_bus_message_append(m, "s", unit);
        if (r >= 0)
                r = sd_bus_message_append_strv(m, (char **)what);
        if (r >= 0)
                r = sd_bus_call(c->bus, m, 0, &error, NULL);
        if (r < 0)
                ctl_print_error("%s: %s", unit, error.message ?: strerror(-r));
        sd_bus_error_free(&error);
        sd_bus_message_unref(m);
        return r;
}

static int print_what(void) {
        puts("runtime\nstate\ncache\nlogs\nconfiguration\nfdstore\nall");
        return CTL_OK;
}

VERB(clean) {
        char *usual[] = { (char *)"cache", (char *)"runtime", NULL };
        char **names auto_strv = NULL;
        int code = CTL_OK;

        if (strv_contains(c->what, "help"))
                return print_what();
        if (ctl_connect(c) < 0 || ctl_names(c, argv + 1, &names) < 0)
                return CTL_FAILED;
        STRV_FOREACH (n, names)
                if (clean(c, *n, c->what ?: usual) < 0)
                        code = CTL_FAILED;
        return code;
}

VERB(bind) {
        char **names auto_strv = NULL, *unit[] = { argv[1], NULL };

        if (ctl_connect(c) < 0 || ctl_names(c, unit, &names) < 0 || !names)
                return CTL_FAILED;
        return ctl_call(c, "BindMountUnit", NULL, NULL, names[0], "sssbb", names[0], argv[2],
                        argc > 3 ? argv[3] : argv[2], (int)c->read_only, (int)c->mkdir) < 0
                       ? CTL_FAILED
                       : CTL_OK;
}

VERB(mount_image) {
        char **names auto_strv = NULL, *unit[] = { argv[1], NULL };

        if (ctl_connect(c) < 0 || ctl_names(c, unit, &names) < 0 || !names)
                return CTL_FAILED;
        return ctl_call(c, "MountImageUnit", NULL, NULL, names[0], "sssbba(ss)", names[0], argv[2],
                        argc > 3 ? argv[3] : argv[2], (int)c->read_only, (int)c->mkdir, 0) < 0
                       ? CTL_FAILED
                       : CTL_OK;
}
