/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What svinit answers when it cannot do something: exit codes, sentences, and what was perhaps meant. */

#include "ctl/core/ctl.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int ctl_print_error(const char *format, ...) {
        va_list ap;

        fflush(stdout);
        fputs("svctl: ", stderr);
        va_start(ap, format);
        vfprintf(stderr, format, ap);
        va_end(ap);
        fputc('\n', stderr);
        return CTL_FAILED;
}

static const struct {
        const char *error;
        int exit;
} error_exits[] = {
        { SD1 ".NoSuchUnit", CTL_NOT_INSTALLED },         { SD1 ".LoadFailed", CTL_NOT_CONFIGURED },
        { SD1 ".OnlyByDependency", CTL_REFUSED },         { SD1 ".NoIsolation", CTL_REFUSED },
        { SD1 ".TransactionIsDestructive", CTL_REFUSED }, { SD1 ".JobTypeNotApplicable", CTL_NOT_ACTIVE },
        { SD_BUS_ERROR_NOT_SUPPORTED, CTL_NOT_ACTIVE },   { SD_BUS_ERROR_ACCESS_DENIED, CTL_REFUSED }
};

int ctl_error_exit(const sd_bus_error *e, int r) {
        for (size_t i = 0; i < ELEMENTSOF(error_exits); i++)
                if (sd_bus_error_has_name(e, error_exits[i].error))
                        return error_exits[i].exit;
        return CTL_FAILED;
}

/* Among what is loaded and the files that there are. */
static void try_units(Ctl *c, Similar *s) {
        sd_bus_message *reply = NULL;
        const char *id, *path;

        if (sd_bus_call_method(c->bus, SD1, SD1_PATH, SD1_MANAGER, "ListUnitFiles", NULL, &reply, NULL) >=
                    0 &&
            sd_bus_message_enter_container(reply, 'a', "(ss)") > 0)
                while (sd_bus_message_read(reply, "(ss)", &path, NULL) > 0)
                        similar_try(s, strrchr(path, '/') ? strrchr(path, '/') + 1 : path);
        reply = sd_bus_message_unref(reply);
        if (sd_bus_call_method(c->bus, SD1, SD1_PATH, SD1_MANAGER, "ListUnits", NULL, &reply, NULL) >= 0 &&
            sd_bus_message_enter_container(reply, 'a', "(ssssssouso)") > 0)
                while (sd_bus_message_read(reply, "(ssssssouso)", &id, NULL, NULL, NULL, NULL, NULL, NULL,
                                           NULL, NULL, NULL) > 0)
                        if (!str_equal(id, s->word))
                                similar_try(s, id);
        sd_bus_message_unref(reply);
}

void ctl_say_not_found(Ctl *c, const char *unit) {
        Similar s;

        if (c->called_as_systemctl) {
                fflush(stdout);
                fprintf(stderr, "Unit %s could not be found.\n", unit);
                return;
        }
        similar_init(&s, unit);
        try_units(c, &s);
        ctl_print_error("unit %s was not found%s", unit, similar_hint(&s));
}

/* Which line of which file it is; false: the answer is about another unit, or the unit can be used meanwhile. */
static bool say_bad_setting(Ctl *c, const char *unit) {
        sd_bus_message *m = NULL;
        char *path auto_free = NULL;
        const char *text = NULL;
        bool said = false;

        if (ctl_unit_path(unit, &path) < 0 ||
            sd_bus_get_property(c->bus, SD1, path, SD1_UNIT, "LoadError", NULL, &m, "(ss)") < 0)
                return false;
        if (sd_bus_message_read(m, "(ss)", NULL, &text) > 0 && *text) {
                ctl_print_error("%s: %s", unit, text);
                ctl_print_error("'svctl verify %s' tells all that is wrong with it", unit);
                said = true;
        }
        sd_bus_message_unref(m);
        return said;
}

bool ctl_is_not_found(Ctl *c, const char *unit) {
        char *state auto_free = NULL;

        if (ctl_get_string(c, unit, SD1_UNIT, "LoadState", &state) < 0 || !str_equal(state, "not-found"))
                return false;
        ctl_say_not_found(c, unit);
        return true;
}

void ctl_print_bus_error(Ctl *c, const char *what, const sd_bus_error *e, int r) {
        const char *text = e->message ? e->message : strerror(-r);
        Similar s;

        if (sd_bus_error_has_name(e, SD1 ".BadUnitSetting") && !c->called_as_systemctl &&
            say_bad_setting(c, what))
                return;
        if (sd_bus_error_has_name(e, SD1 ".NoSuchUnit") && !c->called_as_systemctl) {
                similar_init(&s, what);
                try_units(c, &s);
                ctl_print_error("%s: %.*s%s", what, (int)(strlen(text) - str_ends_with(text, ".")), text,
                                *similar_hint(&s) ? s.hint : ".");
        } else if (geteuid() != 0 &&
                   (sd_bus_error_has_name(e, SD_BUS_ERROR_ACCESS_DENIED) ||
                    sd_bus_error_has_name(e, SD_BUS_ERROR_INTERACTIVE_AUTHORIZATION_REQUIRED))) {
                ctl_print_error("%s: %.*s; you are uid %u.", what,
                                (int)(strlen(text) - str_ends_with(text, ".")), text, (unsigned)geteuid());
        } else {
                ctl_print_error("%s: %s", what, text);
        }
}
