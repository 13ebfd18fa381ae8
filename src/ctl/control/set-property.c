/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* set-property: settings of a unit, for good or until the next boot. */

#include "ctl/core/ctl.h"

#include <errno.h>
#include <stdio.h>

static int check_assignments(char *const *assignments) {
        STRV_FOREACH (a, assignments) {
                const char *equals = strchr(*a, '=');

                if (!equals || equals == *a)
                        return ctl_print_error("'%s' is not of the form KEY=VALUE", *a);
        }
        return CTL_OK;
}

static int make_call(Ctl *c, const char *unit, bool runtime, char **assignments, sd_bus_message **ret) {
        sd_bus_message *m = NULL;
        int r;

        r = sd_bus_message_new_method_call(c->bus, &m, SD1, SD1_PATH, SD1_MANAGER, "SetUnitProperties");
        if (r >= 0 && (r = sd_bus_message_append(m, "sb", unit, runtime)) >= 0 &&
            (r = sd_bus_message_open_container(m, 'a', "(sv)")) >= 0 &&
            (r = ctl_append_settings(m, assignments)) >= 0)
                r = sd_bus_message_close_container(m);
        if (r < 0) {
                sd_bus_message_unref(m);
                return r;
        }
        *ret = m;
        return 0;
}

int ctl_append_settings(sd_bus_message *m, char **assignments) {
        int r;

        if ((r = sd_bus_message_open_container(m, 'r', "sv")) < 0 ||
            (r = sd_bus_message_append_basic(m, 's', "org.svinit.Settings")) < 0 ||
            (r = sd_bus_message_open_container(m, 'v', "as")) < 0 ||
            (r = sd_bus_message_append_strv(m, assignments)) < 0 ||
            (r = sd_bus_message_close_container(m)) < 0)
                return r;
        return sd_bus_message_close_container(m);
}

int ctl_set_properties(Ctl *c, const char *unit, bool runtime, char **assignments) {
        sd_bus_error error __attribute__((cleanup(sd_bus_error_free))) = SD_BUS_ERROR_NULL;
        sd_bus_message *m __attribute__((cleanup(sd_bus_message_unrefp))) = NULL;
        int r = make_call(c, unit, runtime, assignments, &m);

        if (r >= 0)
                r = sd_bus_call(c->bus, m, 0, &error, NULL);
        if (r >= 0)
                return CTL_OK;
        ctl_print_bus_error(c, unit, &error, r);
        return CTL_FAILED;
}

VERB(set_property) {
        char **names auto_strv = NULL, *unit[] = { argv[1], NULL };

        if (check_assignments(argv + 2) != CTL_OK || ctl_connect(c) < 0 || ctl_names(c, unit, &names) < 0)
                return CTL_FAILED;
        if (!names || !names[0] || names[1])
                return ctl_print_error("'%s' is not one unit", argv[1]);
        return ctl_set_properties(c, names[0], c->runtime, argv + 2);
}
