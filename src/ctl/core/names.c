/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/core/names.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static int unit_of_process(Ctl *c, unsigned pid, char **ret) {
        sd_bus_message *reply = NULL;
        const char *path;
        char what[32];
        int r;

        snprintf(what, sizeof(what), "process %u", pid);
        r = ctl_call(c, "GetUnitByPID", &reply, NULL, what, "u", (uint32_t)pid);
        if (r >= 0)
                r = sd_bus_message_read(reply, "o", &path);
        if (r >= 0)
                r = sd_bus_get_property_string(c->bus, SD1, path, SD1_UNIT, "Id", NULL, ret);
        sd_bus_message_unref(reply);
        return MIN(r, 0);
}

int ctl_names_or_processes(Ctl *c, char **argv, char ***ret) {
        char **words auto_strv = NULL;
        int r = 0;

        STRV_FOREACH (a, argv) {
                unsigned pid;
                char *unit;

                if ((*a)[strspn(*a, "0123456789")] != 0 || parse_unsigned(*a, &pid) < 0) {
                        r = strv_add(&words, *a);
                } else {
                        r = unit_of_process(c, pid, &unit);
                        if (r >= 0)
                                r = strv_push(&words, unit);
                }
                if (r < 0)
                        return r;
        }
        return ctl_names(c, words, ret);
}

static int add_of(Ctl *c, const char *unit, char ***names) {
        static const char *const properties[] = { "Requires",   "Requisite", "Wants",
                                                  "ConsistsOf", "BindsTo",   "Upholds" };
        char *path auto_free = NULL;
        int r = ctl_unit_path(unit, &path);

        for (size_t i = 0; i < ELEMENTSOF(properties) && r >= 0; i++) {
                char **more auto_strv = NULL;

                if (sd_bus_get_property_strv(c->bus, SD1, path, SD1_UNIT, properties[i], NULL, &more) < 0)
                        continue;
                STRV_FOREACH (m, more)
                        if (r >= 0)
                                r = strv_add_unique(names, *m);
        }
        return r;
}

/* The list grows at its end while it is walked. */
int ctl_add_dependencies(Ctl *c, char ***names) {
        int r = 0;

        for (size_t i = 0; r >= 0 && *names && (*names)[i]; i++)
                r = add_of(c, (*names)[i], names);
        return r;
}

int ctl_patterns(Ctl *c, char **argv, char ***ret) {
        if (!c->with_dependencies || !argv[0])
                return strv_copy(argv, ret);
        return ctl_connect(c) < 0 ? -ENOTCONN : ctl_names(c, argv, ret);
}
