/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* is-active, is-failed, is-system-running: an answer on stdout and an exit code for scripts. */

#include "ctl/core/ctl.h"
#include "ctl/core/job-wait.h"

#include <stdio.h>
#include <string.h>

static void add_answer(Buf *b, const char *unit, const char *state, bool yes) {
        json_open(b, "{");
        json_add_member(b, "unit", unit);
        json_add_member(b, "state", state);
        json_add_bool(b, "answer", yes);
        buf_add_char(b, '}');
}

static int check(Ctl *c, char **argv, bool (*good)(const char *), int otherwise) {
        char **names auto_strv = NULL;
        Buf b auto_buf = { 0 };
        int code = otherwise;

        if (ctl_connect(c) < 0 || ctl_names(c, argv, &names) < 0)
                return CTL_FAILED;
        buf_add_char(&b, '[');
        STRV_FOREACH (name, names) {
                char *state auto_free = NULL;

                if (ctl_get_string(c, *name, SD1_UNIT, "ActiveState", &state) < 0)
                        continue;
                if (c->format >= FORMAT_JSON)
                        add_answer(&b, *name, state, good(state));
                else if (!c->quiet)
                        puts(state);
                if (good(state))
                        code = CTL_OK;
        }
        buf_add_char(&b, ']');
        if (c->format >= FORMAT_JSON && json_print(&b) != CTL_OK)
                return CTL_FAILED;
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

static int say_system_state(const Ctl *c, const char *state) {
        bool yes = str_equal(state, "running");
        Buf b auto_buf = { 0 };

        if (c->format >= FORMAT_JSON) {
                json_open(&b, "{");
                json_add_member(&b, "state", state);
                json_add_bool(&b, "answer", yes);
                buf_add_char(&b, '}');
                if (json_print(&b) != CTL_OK)
                        return CTL_FAILED;
        } else if (!c->quiet) {
                puts(state);
        }
        return yes ? CTL_OK : CTL_FAILED;
}

VERB(is_system_running) {
        sd_bus_error error = SD_BUS_ERROR_NULL;
        char *state auto_free = NULL;
        int r;

        if (c->root || ctl_is_offline() || !ctl_manager_runs(c))
                return say_system_state(c, "offline");
        if (c->wait && boot_wait_end(c) < 0)
                return CTL_FAILED;
        r = sd_bus_get_property_string(c->bus, SD1, SD1_PATH, SD1_MANAGER, "SystemState", &error, &state);
        if (r < 0)
                ctl_print_error("%s", error.message ?: strerror(-r));
        sd_bus_error_free(&error);
        return r < 0 ? CTL_FAILED : say_system_state(c, state);
}
