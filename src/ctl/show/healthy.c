/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * is-healthy: for HEALTHCHECK and probes. 0 or 1 and nothing else, whatever
 * happens; why not is one line on the standard output, where engines keep it.
 */

#include "ctl/show/list.h"

#include <stdio.h>
#include <string.h>

typedef struct Check {
        Ctl *ctl;
        Buf problems; /* of -o json: units, each with the reason */
} Check;

static int say(Check *k, const char *what, const char *why) {
        if (k->ctl->format >= FORMAT_JSON) {
                json_open(&k->problems, "{");
                json_add_member(&k->problems, "unit", what);
                json_add_member(&k->problems, "reason", why);
                buf_add_char(&k->problems, '}');
        } else if (!k->ctl->quiet) {
                printf("%s: %s\n", what, why);
        }
        return CTL_FAILED;
}

static bool starts(const char *state) {
        return str_equal(state, "initializing") || str_equal(state, "starting");
}

/* "degraded: a.service b.service failed"; JSON has them one by one. */
static int judge_failed(Check *k) {
        ListedUnits units = { 0 };
        Buf b auto_buf = { 0 };

        k->ctl->failed = true;
        (void)listed_units_read(k->ctl, NULL, NULL, &units);
        for (size_t i = 0; i < units.n; i++) {
                buf_addf(&b, "%s ", units.v[i].id);
                if (k->ctl->format >= FORMAT_JSON)
                        (void)say(k, units.v[i].id, "failed");
        }
        listed_units_release(&units);
        if (k->ctl->format >= FORMAT_JSON)
                return CTL_FAILED;
        buf_add(&b, b.len > 0 ? "failed" : "a unit has failed");
        return say(k, "degraded", b.data ? b.data : "");
}

/* What the checks of units find. */
static int judge_unwell(Check *k) {
        sd_bus_message *reply __attribute__((cleanup(sd_bus_message_unrefp))) = NULL;
        const char *unit, *state, *error;
        int code = CTL_OK;

        if (sd_bus_call_method(k->ctl->bus, SD1, SD1_PATH, OWN_MANAGER, "Unwell", NULL, &reply, NULL) < 0 ||
            sd_bus_message_enter_container(reply, 'a', "(sss)") < 0)
                return CTL_OK;
        while (sd_bus_message_read(reply, "(sss)", &unit, &state, &error) > 0) {
                char *why auto_free = NULL;

                if (k->ctl->starting_ok && str_equal(state, "starting"))
                        continue;
                code = say(k, unit,
                           str_printf(&why, "%s%s%s", state, *error ? ": " : "", error) < 0 ? state : why);
        }
        return code;
}

static int judge_all(Check *k) {
        sd_bus_error error = SD_BUS_ERROR_NULL;
        char *state auto_free = NULL;
        Ctl *c = k->ctl;
        int r, code;

        r = sd_bus_get_property_string(c->bus, SD1, SD1_PATH, SD1_MANAGER, "SystemState", &error, &state);
        if (r < 0)
                code = say(k, "svinit", error.message ?: strerror(-r));
        else if (str_equal(state, "running") || (c->starting_ok && starts(state)))
                code = judge_unwell(k);
        else if (str_equal(state, "degraded"))
                code = judge_failed(k);
        else
                code = say(k, "svinit", state);
        sd_bus_error_free(&error);
        return code;
}

/* A oneshot that has run and succeeded did all that it was asked for. */
static bool has_done_its_work(Ctl *c, const char *unit, const char *path) {
        const char *service = SD1 ".Service";
        char *type auto_free = NULL, *result auto_free = NULL;
        uint64_t ended = 0;

        if (!str_ends_with(unit, ".service"))
                return false;
        return sd_bus_get_property_string(c->bus, SD1, path, service, "Type", NULL, &type) >= 0 &&
               str_equal(type, "oneshot") &&
               sd_bus_get_property_string(c->bus, SD1, path, service, "Result", NULL, &result) >= 0 &&
               str_equal(result, "success") &&
               sd_bus_get_property_trivial(c->bus, SD1, path, service, "ExecMainExitTimestamp", NULL, 't',
                                           &ended) >= 0 &&
               ended > 0;
}

/* X-HealthCheck= and X-ReadinessCheck= of a unit that is up. */
static int judge_checks(Check *k, const char *unit) {
        char *found auto_free = NULL, *error auto_free = NULL, *why auto_free = NULL;

        if (ctl_get_string(k->ctl, unit, OWN_UNIT, "Health", &found) < 0 || !*found ||
            str_equal(found, "healthy") || (k->ctl->starting_ok && str_equal(found, "starting")))
                return CTL_OK;
        if (ctl_get_string(k->ctl, unit, OWN_UNIT, "HealthError", &error) < 0 ||
            str_printf(&why, "%s%s%s", found, *error ? ": " : "", error) < 0)
                return say(k, unit, found);
        return say(k, unit, why);
}

static int judge(Check *k, const char *unit) {
        char *path auto_free = NULL, *active auto_free = NULL, *sub auto_free = NULL, *load auto_free = NULL;
        sd_bus_error error = SD_BUS_ERROR_NULL;
        Ctl *c = k->ctl;
        int r, code;

        r = ctl_unit_path(unit, &path);
        if (r >= 0)
                r = sd_bus_get_property_string(c->bus, SD1, path, SD1_UNIT, "ActiveState", &error, &active);
        if (r < 0) {
                code = say(k, unit, error.message ?: strerror(-r));
                sd_bus_error_free(&error);
                return code;
        }
        if (str_equal(active, "active") || str_equal(active, "reloading"))
                return judge_checks(k, unit);
        (void)sd_bus_get_property_string(c->bus, SD1, path, SD1_UNIT, "SubState", NULL, &sub);
        /* What waits for its next try has just failed. */
        if (c->starting_ok && str_equal(active, "activating") && !str_equal(sub, "auto-restart"))
                return CTL_OK;
        if (str_equal(active, "inactive") && has_done_its_work(c, unit, path))
                return CTL_OK;
        (void)sd_bus_get_property_string(c->bus, SD1, path, SD1_UNIT, "LoadState", NULL, &load);
        if (load && !str_equal(load, "loaded"))
                return say(k, unit, load);
        return say(k, unit, sub && !str_equal(sub, "dead") ? sub : active);
}

static int judge_units(Check *k, char **typed) {
        char **names auto_strv = NULL;
        int code = CTL_OK;

        if (ctl_names(k->ctl, typed, &names) < 0)
                return CTL_FAILED;
        if (!names)
                return say(k, typed[0], "no such unit is loaded");
        STRV_FOREACH (n, names)
                if (judge(k, *n) != CTL_OK)
                        code = CTL_FAILED;
        return code;
}

VERB(is_healthy) {
        Buf b auto_buf = { 0 };
        Check k = { .ctl = c };
        int code;

        if (ctl_connect(c) < 0)
                code = say(&k, "svinit", "not reached");
        else
                code = argc == 1 ? judge_all(&k) : judge_units(&k, argv + 1);
        if (c->format >= FORMAT_JSON) {
                json_open(&b, "{");
                json_add_bool(&b, "healthy", code == CTL_OK);
                json_add_key(&b, "problems");
                buf_addf(&b, "[%s]}", k.problems.data ? k.problems.data : "");
                if (json_print(&b) != CTL_OK)
                        code = CTL_FAILED;
        }
        buf_release(&k.problems);
        return code;
}
