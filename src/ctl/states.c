/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* is-active, is-failed, is-enabled, is-system-running: an answer on stdout and an exit code for scripts. */

#include "ctl/ctl.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static int check(Ctl *c, char **argv, bool (*good)(const char *), int otherwise) {
        char **names auto_strv = NULL;
        int code = otherwise;

        if (ctl_connect(c) < 0 || ctl_names(c, argv, &names) < 0)
                return CTL_FAILED;
        STRV_FOREACH (name, names) {
                char *state auto_free = NULL;

                if (ctl_get_string(c, *name, SD1_UNIT, "ActiveState", &state) < 0)
                        continue;
                if (!c->quiet)
                        puts(state);
                if (good(state))
                        code = CTL_OK;
        }
        return code;
}

static bool is_up(const char *state) {
        return str_equal(state, "active") || str_equal(state, "reloading");
}

static bool is_failed(const char *state) {
        return str_equal(state, "failed");
}

VERB(is_active) {
        return check(c, argv + 1, is_up, CTL_NOT_ACTIVE);
}

VERB(is_failed) {
        return check(c, argv + 1, is_failed, CTL_FAILED);
}

VERB(is_system_running) {
        sd_bus_error error = SD_BUS_ERROR_NULL;
        char *state auto_free = NULL;
        int r;

        c->quiet = c->quiet || false;
        if (ctl_connect(c) < 0) {
                puts("offline");
                return CTL_FAILED;
        }
        r = sd_bus_get_property_string(c->bus, SD1, SD1_PATH, SD1_MANAGER, "SystemState", &error, &state);
        if (r < 0)
                ctl_print_error("%s", error.message ?: strerror(-r));
        else if (!c->quiet)
                puts(state);
        sd_bus_error_free(&error);
        return r >= 0 && str_equal(state, "running") ? CTL_OK : CTL_FAILED;
}

VERB(is_enabled) {
        char **names auto_strv = NULL;
        Loader *l = NULL;
        int r, code = CTL_FAILED;

        r = ctl_loader(c, &l);
        if (r < 0)
                return ctl_print_error("cannot read the unit directories: %s", strerror(-r));
        if (ctl_names(c, argv + 1, &names) < 0) {
                loader_free(l);
                return CTL_FAILED;
        }
        STRV_FOREACH (name, names) {
                UnitFileState s;

                r = install_state(l, *name, &s);
                if (r < 0) {
                        if (c->called_as_systemctl)
                                fprintf(stderr, "Failed to get unit file state for %s: %s\n", *name,
                                        strerror(-r));
                        else
                                ctl_print_error("%s: %s", *name,
                                                r == -ENOENT ? "there is no such unit file" : strerror(-r));
                        continue;
                }
                if (!c->quiet)
                        puts(unit_file_state_to_string(s));
                if (s == FILE_ENABLED || s == FILE_ENABLED_RUNTIME || s == FILE_STATIC || s == FILE_ALIAS ||
                    s == FILE_INDIRECT || s == FILE_GENERATED)
                        code = CTL_OK;
        }
        loader_free(l);
        return code;
}
