/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/deploy/deploy.h"

#include <stdio.h>

/* A setting and its value, as a line of a unit file; specifiers in a path are doubled. */
static int add(char ***l, const char *key, const char *value, bool is_path) {
        Buf b auto_buf = { 0 };
        char *line;
        int r;

        buf_addf(&b, "%s=", key);
        for (; *value; value++) {
                if (is_path && *value == '%')
                        buf_add_char(&b, '%');
                buf_add_char(&b, *value);
        }
        r = buf_take(&b, &line);
        return r < 0 ? r : strv_push(l, line);
}

static int settings_of(const Deploy *d, const char *what, char *const *commands, const char *directory,
                       char ***ret) {
        char *description auto_free = NULL;
        int r = str_printf(&description, "%s of a release of %s", what, d->unit);

        if (r >= 0)
                r = add(ret, "Description", description, true);
        if (r >= 0)
                r = add(ret, "Type", "oneshot", false);
        if (r >= 0)
                r = add(ret, "CollectMode", "inactive-or-failed", false);
        if (r >= 0)
                r = add(ret, "WorkingDirectory", directory, true);
        if (r >= 0)
                r = add(ret, "TimeoutStartSec", d->timeout, false);
        if (r >= 0 && d->user)
                r = add(ret, "User", d->user, false);
        STRV_FOREACH (command, commands)
                if (r >= 0)
                        r = add(ret, "ExecStart", *command, false);
        return r;
}

static int make_call(const Deploy *d, const char *unit, char **settings, sd_bus_message **ret) {
        sd_bus_message *m = NULL;
        int r;

        r = sd_bus_message_new_method_call(d->ctl->bus, &m, SD1, SD1_PATH, SD1_MANAGER, "StartTransientUnit");
        if (r >= 0 && (r = sd_bus_message_append(m, "ss", unit, "fail")) >= 0 &&
            (r = sd_bus_message_open_container(m, 'a', "(sv)")) >= 0 &&
            (r = ctl_append_settings(m, settings)) >= 0 &&
            (r = sd_bus_message_append(m, "(sv)", "AddRef", "b", true)) >=
                    0 && /* until it is known how it ended */
            (r = sd_bus_message_close_container(m)) >= 0)
                r = sd_bus_message_append(m, "a(sa(sv))", 0);
        if (r < 0) {
                sd_bus_message_unref(m);
                return r;
        }
        *ret = m;
        return 0;
}

/* What it writes is in the journal under that name. */
int deploy_step(Deploy *d, const char *what, char *const *commands, const char *directory) {
        sd_bus_message *m __attribute__((cleanup(sd_bus_message_unrefp))) = NULL;
        char *unit auto_free = NULL, **settings auto_strv = NULL;
        int r;

        if (!commands)
                return CTL_OK;
        if (ctl_connect(d->ctl) < 0)
                return CTL_FAILED;
        r = str_printf(&unit, "%.*s-deploy-%s.service", (int)(strlen(d->unit) - strlen(".service")), d->unit,
                       what);
        if (r >= 0)
                r = settings_of(d, what, commands, directory, &settings);
        if (r >= 0)
                r = make_call(d, unit, settings, &m);
        if (r < 0)
                return ctl_print_error("%s: %s", unit ?: d->unit, strerror(-r));
        if (!d->ctl->quiet)
                fprintf(stderr, "%s: %s\n", what, unit);
        return ctl_run_job(d->ctl, m, "start", unit);
}

/* What is down stays so: it finds the new release when it is started. */
int deploy_roll(Deploy *d) {
        char *state auto_free = NULL, *argv[] = { (char *)"roll", d->unit, NULL };

        if (ctl_connect(d->ctl) < 0)
                return CTL_FAILED;
        if (ctl_get_string(d->ctl, d->unit, SD1_UNIT, "ActiveState", &state) < 0)
                return ctl_print_error("%s: svinit does not say how it is", d->unit);
        if (str_equal(state, "active") || str_equal(state, "activating") || str_equal(state, "reloading"))
                return verb_find("roll")->run(d->ctl, 2, argv);
        if (!d->ctl->quiet)
                fprintf(stderr, "%s is %s; svctl start %s starts it\n", d->unit, state, d->unit);
        return CTL_OK;
}
