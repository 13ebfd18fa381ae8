/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * call: a task for an instance that is free, or with --new for one that is
 * started for it. That one is tied to us: svinit stops it when we have gone,
 * whatever the reason.
 */

#include "conf/name.h"
#include "ctl/apps/apps.h"

#include <systemd/sd-id128.h>

static void nothing(Ctl *c, const AppsAnswer *item, void *userdata) {
}

static int run_job(Ctl *c, const char *interface, const char *method, const char *verb, const char *unit) {
        sd_bus_message *m __attribute__((cleanup(sd_bus_message_unrefp))) = NULL;
        int r = sd_bus_message_new_method_call(c->bus, &m, SD1, SD1_PATH, interface, method);

        if (r >= 0)
                r = sd_bus_message_append(m, "ss", unit, str_equal(verb, "start") ? "fail" : "replace");
        return r < 0 ? CTL_FAILED : ctl_run_job(c, m, verb, unit);
}

/* "task@.service" -> "task@call-4f1c….service", which nobody else has. */
static int start_new(Ctl *c, char **name) {
        char word[SD_ID128_STRING_MAX], *unit auto_free = NULL, *instance auto_free = NULL;
        sd_id128_t id;

        if (name_kind(*name) != NAME_TEMPLATE)
                return ctl_print_error("--new takes a template, such as task@.service; %s is none.", *name);
        if (sd_id128_randomize(&id) < 0 ||
            str_printf(&instance, "call-%s", sd_id128_to_string(id, word)) < 0 ||
            name_with_instance(*name, instance, &unit) < 0)
                return CTL_FAILED;
        free(*name);
        *name = TAKE(unit);
        return run_job(c, OWN_MANAGER, "StartWithClient", "start", *name);
}

static int call(Ctl *c, const char *name, const char *text, size_t n) {
        AppsAnswer end = { 0 };
        int code = apps_request(c, CLIENT_CALL, name, text, n, nothing, NULL, &end);

        if (code == CTL_OK)
                code = apps_print_text(end.text, end.n);
        apps_answer_release(&end);
        return code;
}

/* However it ends, nothing of the instance stays. */
static int call_new(Ctl *c, char **name, const char *text, size_t n) {
        int code = start_new(c, name), stopped = CTL_OK;

        if (code == CTL_OK) {
                code = call(c, *name, text, n);
                stopped = run_job(c, SD1_MANAGER, "StopUnit", "stop", *name);
        }
        (void)sd_bus_call_method(c->bus, SD1, SD1_PATH, SD1_MANAGER, "ResetFailedUnit", NULL, NULL, "s",
                                 *name);
        return code != CTL_OK ? code : stopped;
}

int verb_call(Ctl *c, int argc, char **argv) {
        char *name auto_free = NULL, *text auto_free = NULL;
        size_t n = 0;
        int code;

        if (c->timeout && (timespan_parse(c->timeout, USEC_PER_SEC, &c->reply_timeout) < 0 ||
                           c->reply_timeout == 0 || c->reply_timeout > USEC_PER_DAY)) {
                ctl_print_error("call: --timeout=%s is no time up to a day", c->timeout);
                return CTL_USAGE;
        }
        code = apps_unit_name(c, argv[1], &name);
        if (code == CTL_OK)
                code = apps_read_text(argv[2], &text, &n);
        if (code != CTL_OK)
                return code;
        return c->new_instance ? call_new(c, &name, text, n) : call(c, name, text, n);
}
