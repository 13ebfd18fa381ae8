/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/name.h"
#include "load/init-script.h"
#include "load/root.h"
#include "sysv/script.h"

#include <errno.h>

/* LSB 3.1, "Facility Names". A NULL is there before any script runs. */
static const struct {
        const char *facility, *target;
} facilities[] = {
        { "local_fs", NULL },
        { "syslog", NULL },
        { "network", "network-online.target" },
        { "named", "nss-lookup.target" },
        { "portmap", "rpcbind.target" },
        { "remote_fs", "remote-fs.target" },
        { "time", "time-sync.target" },
};

static int without_sh(const char *word, char **ret) {
        size_t n = strlen(word);

        if (str_ends_with(word, ".sh"))
                n -= 3;
        *ret = strndup(word, n);
        return *ret ? 0 : -ENOMEM;
}

static int target_of(const char *facility, char **ret_unit) {
        char *unit auto_free = NULL;
        int r = str_printf(&unit, "%s.target", facility);

        if (r < 0)
                return r;
        if (!name_is_valid(unit, NAME_PLAIN | NAME_INSTANCE))
                return FACILITY_INVALID;
        *ret_unit = TAKE(unit);
        return FACILITY_UNIT;
}

static int service_of(const char *word, const char *script_path, char **ret_unit) {
        char *own auto_free = NULL, *unit auto_free = NULL;
        int r = without_sh(path_name(script_path), &own);

        if (r < 0)
                return r;
        if (str_equal(word, own))
                return FACILITY_NOTHING;
        r = script_unit_name(word, &unit);
        if (r < 0)
                return r == -ENOMEM ? r : FACILITY_INVALID;
        *ret_unit = TAKE(unit);
        return FACILITY_UNIT;
}

int facility_translate(const char *word, const char *script_path, char **ret_unit) {
        bool system = word[0] == '$'; /* a condition of the system, not a script */

        if (str_equal(word, "$all"))
                return FACILITY_ALL;
        /* Scripts are found that leave the dollar sign out. */
        for (size_t i = 0; i < ELEMENTSOF(facilities); i++)
                if (str_equal(facilities[i].facility, word + system)) {
                        if (!facilities[i].target)
                                return FACILITY_NOTHING;
                        *ret_unit = strdup(facilities[i].target);
                        return *ret_unit ? FACILITY_UNIT : -ENOMEM;
                }
        return system ? target_of(word + 1, ret_unit) : service_of(word, script_path, ret_unit);
}
