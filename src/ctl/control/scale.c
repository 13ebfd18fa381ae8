/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* scale: how many instances a unit with X-Instances= has. */

#include "ctl/core/job-wait.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

typedef struct Scale {
        Ctl *ctl;
        const char *unit;
        unsigned before, after; /* instances */
        char *setting;          /* owned; X-Instances=... */
} Scale;

static int read_instances(Ctl *c, const char *unit, unsigned *ret) {
        sd_bus_error error __attribute__((cleanup(sd_bus_error_free))) = SD_BUS_ERROR_NULL;
        char *path auto_free = NULL;
        uint32_t n;
        int r = ctl_unit_path(unit, &path);

        if (r >= 0)
                r = sd_bus_get_property_trivial(c->bus, SD1, path, "org.svinit.Unit", "Instances", &error,
                                                'u', &n);
        if (r < 0) {
                ctl_print_bus_error(c, unit, &error, r);
                return ctl_error_exit(&error, r);
        }
        if (n == 0 && ctl_is_not_found(c, unit))
                return CTL_NOT_INSTALLED;
        if (n == 0) {
                ctl_print_error(
                        strchr(unit, '@')
                                ? "%s is one service; the set of an instance is scaled by its own name"
                                : "%s is one service: its file has no X-Instances=",
                        unit);
                return CTL_FAILED;
        }
        *ret = n;
        return CTL_OK;
}

/* "+2" and "-1" count from what there is; all else is for X-Instances= as it stands. */
static int take_count(Scale *s, const char *text) {
        unsigned n;

        text += strspn(text, " ");
        if (text[0] != '+' && text[0] != '-')
                return str_printf(&s->setting, "X-Instances=%s", text);
        if (parse_unsigned(text + 1, &n) < 0 || n == 0 || n > INSTANCES_MAX)
                return -EINVAL;
        if (text[0] == '-' && n >= s->before)
                return -ERANGE;
        return str_printf(&s->setting, "X-Instances=%u", text[0] == '-' ? s->before - n : s->before + n);
}

static int instance_name(const Scale *s, unsigned i, char **ret) {
        return str_printf(ret, "%.*s@%u.service", (int)(strlen(s->unit) - strlen(".service")), s->unit, i);
}

static int add_job(const Scale *s, JobsWait *w, unsigned i) {
        sd_bus_message *reply __attribute__((cleanup(sd_bus_message_unrefp))) = NULL;
        char *name auto_free = NULL;
        const char *path;
        int r = instance_name(s, i, &name);

        if (r >= 0)
                r = ctl_call(s->ctl, "StartUnit", &reply, NULL, name, "ss", name, "replace");
        if (r >= 0)
                r = sd_bus_message_read(reply, "o", &path);
        return r < 0 || s->ctl->no_block ? r : jobs_wait_add(w, path);
}

/* svinit starts and stops them by itself; this is for waiting, and for what goes wrong. */
static int wait_for_start(const Scale *s) {
        JobsWait w __attribute__((cleanup(jobs_wait_release)));
        int r = jobs_wait_begin(s->ctl, "start", &w);

        for (unsigned i = s->before; i < s->after && r >= 0; i++)
                r = add_job(s, &w, i);
        return r < 0 ? CTL_FAILED : jobs_wait(&w);
}

/* They are drained first. */
static int wait_for_end(const Scale *s) {
        char **names auto_strv = NULL;
        int r = 0;

        for (unsigned i = s->after; i < s->before && r >= 0; i++) {
                char *name auto_free = NULL;

                r = instance_name(s, i, &name);
                if (r >= 0)
                        r = strv_add(&names, name);
        }
        return r < 0 ? CTL_FAILED : units_wait_end(s->ctl, names);
}

static bool is_being_rolled(const Scale *s) {
        char *state auto_free = NULL;

        return ctl_get_string(s->ctl, s->unit, "org.svinit.Unit", "RollState", &state) >= 0 && state[0];
}

static int scale(Scale *s, const char *count) {
        char *settings[2] = { NULL }, *state auto_free = NULL;
        int r = take_count(s, count), code;
        bool rolled;

        if (r == -ENOMEM)
                return CTL_FAILED;
        if (r == -ERANGE)
                return ctl_print_error("%s has %u instance%s and keeps one; 'svctl stop %s' stops them all",
                                       s->unit, s->before, s->before == 1 ? "" : "s", s->unit);
        if (r < 0)
                return ctl_print_error("'%s' is no number of instances: it is N, +N, -N, P%% or max", count);
        settings[0] = s->setting;
        if ((code = ctl_set_properties(s->ctl, s->unit, !s->ctl->permanent, settings)) != CTL_OK ||
            (code = ctl_reload(s->ctl)) != CTL_OK ||
            (code = read_instances(s->ctl, s->unit, &s->after)) != CTL_OK)
                return code;
        rolled = s->after != s->before && is_being_rolled(s);
        if (!s->ctl->quiet)
                printf("%s: %u instance%s, before %u%s\n", s->unit, s->after, s->after == 1 ? "" : "s",
                       s->before, rolled ? "; when its roll is over" : "");
        if (s->after == s->before || rolled ||
            ctl_get_string(s->ctl, s->unit, SD1_UNIT, "ActiveState", &state) < 0)
                return CTL_OK;
        if (s->after > s->before)
                return str_equal(state, "active") ? wait_for_start(s) : CTL_OK;
        return s->ctl->no_block ? CTL_OK : wait_for_end(s);
}

VERB(scale) {
        char **names auto_strv = NULL, *unit[] = { argv[1], NULL };
        Scale s = { .ctl = c };
        int code;

        if (ctl_connect(c) < 0 || ctl_names(c, unit, &names) < 0)
                return CTL_FAILED;
        if (!names || !names[0] || names[1] || !str_ends_with(names[0], ".service"))
                return ctl_print_error("'%s' is not one service", argv[1]);
        s.unit = names[0];
        code = read_instances(c, s.unit, &s.before);
        if (code == CTL_OK)
                code = scale(&s, argv[2]);
        free(s.setting);
        return code;
}
