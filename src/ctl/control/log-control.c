/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* log-level, log-target, service-watchdogs: of the manager; service-log-level, service-log-target: of a service on the bus. */

#include "ctl/core/ctl.h"

#include <errno.h>
#include <string.h>

static const char *property_of(const char *verb) {
        return str_ends_with(verb, "level") ? "LogLevel" : "LogTarget";
}

/* Shows the property, or sets it where there is a value. */
static int work(const Ctl *c, sd_bus *bus, const char *name, const char *path, const char *interface,
                const char *property, const char *value) {
        sd_bus_error error = SD_BUS_ERROR_NULL;
        char *now auto_free = NULL;
        int r;

        if (value)
                r = sd_bus_set_property(bus, name, path, interface, property, &error, "s", value);
        else
                r = sd_bus_get_property_string(bus, name, path, interface, property, &error, &now);
        if (r < 0)
                ctl_print_error("%s of %s: %s", property, name, error.message ?: strerror(-r));
        else if (now && json_print_member(c, str_equal(property, "LogLevel") ? "log_level" : "log_target",
                                          now) != CTL_OK)
                r = -EIO;
        sd_bus_error_free(&error);
        return r < 0 ? CTL_FAILED : CTL_OK;
}

VERB(log_control) {
        return ctl_connect(c) < 0
                       ? CTL_FAILED
                       : work(c, c->bus, SD1, SD1_PATH, SD1_MANAGER, property_of(argv[0]), argv[1]);
}

VERB(service_log_control) {
        char **names auto_strv = NULL, *unit[] = { argv[1], NULL }, *bus_name auto_free = NULL;
        sd_bus *system = NULL;
        int r, code;

        if (ctl_connect(c) < 0 || ctl_names(c, unit, &names) < 0 || !names ||
            ctl_get_string(c, names[0], SD1 ".Service", "BusName", &bus_name) < 0)
                return CTL_FAILED;
        if (str_is_empty(bus_name))
                return ctl_print_error("%s has no name on the bus (BusName=)", names[0]);
        r = sd_bus_open_system(&system);
        if (r < 0)
                return ctl_print_error("the system bus: %s", strerror(-r));
        code = work(c, system, bus_name, "/org/freedesktop/LogControl1", "org.freedesktop.LogControl1",
                    property_of(argv[0]), argv[2]);
        sd_bus_flush_close_unref(system);
        return code;
}

VERB(service_watchdogs) {
        sd_bus_error error = SD_BUS_ERROR_NULL;
        bool wanted;
        int r, on;

        if (ctl_connect(c) < 0)
                return CTL_FAILED;
        if (argc > 1) {
                if (parse_bool(argv[1], &wanted) < 0) {
                        ctl_print_error("'%s' is not a boolean; expected yes or no", argv[1]);
                        return CTL_USAGE;
                }
                on = wanted;
                r = sd_bus_set_property(c->bus, SD1, SD1_PATH, SD1_MANAGER, "ServiceWatchdogs", &error, "b",
                                        on);
        } else {
                r = sd_bus_get_property_trivial(c->bus, SD1, SD1_PATH, SD1_MANAGER, "ServiceWatchdogs",
                                                &error, 'b', &on);
                if (r >= 0 && json_print_member(c, "service_watchdogs", on ? "yes" : "no") != CTL_OK)
                        r = -EIO;
        }
        if (r < 0)
                ctl_print_error("ServiceWatchdogs: %s", error.message ?: strerror(-r));
        sd_bus_error_free(&error);
        return r < 0 ? CTL_FAILED : CTL_OK;
}
