/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Waits for units to be down, woken by what changes of any of them. */

#include "ctl/core/job-wait.h"

#include <string.h>

#define CHANGES                                                                                              \
        "type='signal',interface='org.freedesktop.DBus.Properties',member='PropertiesChanged',"              \
        "path_namespace='" SD1_PATH "/unit'"

#define STARTED "type='signal',interface='" SD1_MANAGER "',member='StartupFinished'"

static int on_changed(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        *(bool *)userdata = true;
        return 0;
}

/* 1: it is down; 0: it is not; negative with a sentence on stderr. */
static int look(Ctl *c, const char *unit, bool *failed) {
        char *state auto_free = NULL;
        int r = ctl_get_string(c, unit, SD1_UNIT, "ActiveState", &state);

        if (r < 0)
                return r;
        if (str_equal(state, "failed"))
                *failed = true;
        return str_equal(state, "failed") || str_equal(state, "inactive");
}

static int wait_for_change(Ctl *c, bool *changed) {
        int r = 0;

        for (*changed = false; r >= 0 && !*changed;) {
                r = sd_bus_process(c->bus, NULL);
                if (r == 0)
                        r = sd_bus_wait(c->bus, UINT64_MAX);
        }
        return r < 0 ? (ctl_print_error("the connection broke while waiting: %s", strerror(-r)), r) : 0;
}

int units_wait_end(Ctl *c, char *const *units) {
        sd_bus_slot *slot __attribute__((cleanup(sd_bus_slot_unrefp))) = NULL;
        bool changed, failed = false;
        int r = sd_bus_add_match(c->bus, &slot, CHANGES, on_changed, &changed);

        STRV_FOREACH (u, units)
                while (r >= 0 && (r = look(c, *u, &failed)) == 0)
                        r = wait_for_change(c, &changed);
        return r < 0 || failed ? CTL_FAILED : CTL_OK;
}

static bool is_booting(Ctl *c) {
        char *state auto_free = NULL;

        return sd_bus_get_property_string(c->bus, SD1, SD1_PATH, SD1_MANAGER, "SystemState", NULL, &state) >=
                       0 &&
               (str_equal(state, "initializing") || str_equal(state, "starting"));
}

int boot_wait_end(Ctl *c) {
        sd_bus_slot *slot __attribute__((cleanup(sd_bus_slot_unrefp))) = NULL;
        bool changed;
        int r = sd_bus_add_match(c->bus, &slot, STARTED, on_changed, &changed);

        while (r >= 0 && is_booting(c))
                r = wait_for_change(c, &changed);
        return r;
}
