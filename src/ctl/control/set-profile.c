/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* set-profile, and --profile= of start: which section [X-Profile NAME] of a service counts. */

#include "ctl/core/ctl.h"

#include <stdio.h>
#include <string.h>

/* There has to be such a section before anything is written. */
static int check_name(Ctl *c, const char *unit, const char *name) {
        sd_bus_error error __attribute__((cleanup(sd_bus_error_free))) = SD_BUS_ERROR_NULL;
        char **profiles auto_strv = NULL, *path auto_free = NULL, *names auto_free = NULL;
        int r = ctl_unit_path(unit, &path);

        if (r >= 0)
                r = sd_bus_get_property_strv(c->bus, SD1, path, OWN_UNIT, "Profiles", &error, &profiles);
        if (r < 0) {
                ctl_print_bus_error(c, unit, &error, r);
                return ctl_error_exit(&error, r);
        }
        if (!name[0] || strv_contains(profiles, name))
                return CTL_OK;
        if (!profiles && ctl_is_not_found(c, unit))
                return CTL_NOT_INSTALLED;
        if (strv_join(profiles, ", ", &names) < 0)
                return CTL_FAILED;
        return profiles ? ctl_print_error("%s has no [X-Profile %s], only %s", unit, name, names)
                        : ctl_print_error("%s has no section [X-Profile NAME]", unit);
}

int ctl_set_profile(Ctl *c, char *const *units, bool runtime, const char *name) {
        char *setting auto_free = NULL, *settings[2] = { NULL };
        int code = CTL_OK;

        if (str_printf(&setting, "X-Profile=%s", name) < 0)
                return CTL_FAILED;
        settings[0] = setting;
        STRV_FOREACH (u, units)
                if ((code = check_name(c, *u, name)) != CTL_OK)
                        return code;
        STRV_FOREACH (u, units)
                if ((code = ctl_set_properties(c, *u, runtime, settings)) != CTL_OK)
                        return code;
        return ctl_reload(c);
}

/* What a running service was started with does not change. */
static void say(Ctl *c, const char *unit) {
        char *profile auto_free = NULL, *state auto_free = NULL;

        if (ctl_get_string(c, unit, OWN_UNIT, "Profile", &profile) < 0 ||
            ctl_get_string(c, unit, SD1_UNIT, "ActiveState", &state) < 0)
                return;
        printf("%s: %s%s%s\n", unit, *profile ? "profile " : "no profile", profile,
               str_equal(state, "active") ? ", from its next start on" : "");
}

VERB(set_profile) {
        char **names auto_strv = NULL, *unit[] = { argv[1], NULL };
        int code;

        if (ctl_connect(c) < 0 || ctl_names(c, unit, &names) < 0)
                return CTL_FAILED;
        if (!names || !names[0] || names[1] || !str_ends_with(names[0], ".service"))
                return ctl_print_error("'%s' is not one service", argv[1]);
        code = ctl_set_profile(c, names, c->runtime, argv[2]);
        if (code == CTL_OK && !c->quiet)
                say(c, names[0]);
        return code;
}
