/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* analyze dump: what the manager says of itself when it is asked to tell all. */

#include "ctl/analyze/analyze.h"

#include <stdio.h>
#include <string.h>

static int ask(Ctl *c, char **patterns, sd_bus_message **ret) {
        sd_bus_error error __attribute__((cleanup(sd_bus_error_free))) = SD_BUS_ERROR_NULL;
        sd_bus_message *m __attribute__((cleanup(sd_bus_message_unrefp))) = NULL;
        int r;

        r = sd_bus_message_new_method_call(c->bus, &m, SD1, SD1_PATH, SD1_MANAGER,
                                           patterns[0] ? "DumpUnitsMatchingPatterns" : "Dump");
        if (r >= 0 && patterns[0])
                r = sd_bus_message_append_strv(m, patterns);
        if (r >= 0)
                r = sd_bus_call(c->bus, m, 0, &error, ret);
        if (r < 0)
                ctl_print_error("analyze dump: %s", error.message ?: strerror(-r));
        return r;
}

int analyze_dump(Ctl *c, int argc, char **argv) {
        sd_bus_message *reply __attribute__((cleanup(sd_bus_message_unrefp))) = NULL;
        const char *text;

        if (ctl_connect(c) < 0 || ask(c, argv + 1, &reply) < 0 || sd_bus_message_read(reply, "s", &text) < 0)
                return CTL_FAILED;
        fputs(text, stdout);
        return CTL_OK;
}
