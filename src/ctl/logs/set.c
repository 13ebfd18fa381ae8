/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The instances of a set: the lines of "web.service" are those of web@0.service and so on as well. That the journal has
 * lines of them is enough, so that it works on another machine's journal; who follows hears of those that are still
 * to come, too, for which svinit is asked. It is asked about a unit without a single line as well: is there such a one?
 */

#include "ctl/logs/logs.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* Of units that come and go with a roll, or that `svctl scale` adds while one looks. */
#define MORE 8

static int add_name(const char *unit, unsigned i, char ***names) {
        char *name auto_free = NULL;
        int r = str_printf(&name, "%.*s@%u.service", (int)(strlen(unit) - strlen(".service")), unit, i);

        return r < 0 ? r : strv_add_unique(names, name);
}

static bool is_instance_of(const char *unit, size_t stem, const char *name, size_t n) {
        char *end, digits[8];
        size_t suffix = strlen(".service");

        if (n < stem + 2 + suffix || n > stem + 1 + suffix + sizeof(digits) - 1 ||
            memcmp(name, unit, stem) != 0 || name[stem] != '@' ||
            memcmp(name + n - suffix, ".service", suffix) != 0)
                return false;
        memcpy(digits, name + stem + 1, n - suffix - stem - 1);
        digits[n - suffix - stem - 1] = 0;
        end = digits + strspn(digits, "0123456789");
        return *end == 0 && (digits[0] != '0' || digits[1] == 0);
}

bool logs_is_instance(const char *unit, const char *name) {
        return str_ends_with(unit, ".service") &&
               is_instance_of(unit, strlen(unit) - strlen(".service"), name, strlen(name));
}

static int add_from_journal(sd_journal *j, const char *unit, char ***names) {
        static const char *const fields[] = { "_SYSTEMD_UNIT", "UNIT" };
        size_t stem = strlen(unit) - strlen(".service");
        int r = 0;

        for (size_t i = 0; i < ELEMENTSOF(fields) && r >= 0; i++) {
                size_t n, skip = strlen(fields[i]) + 1;
                const void *data;

                r = sd_journal_query_unique(j, fields[i]);
                while (r >= 0 && sd_journal_enumerate_available_unique(j, &data, &n) > 0)
                        if (is_instance_of(unit, stem, (const char *)data + skip, n - skip)) {
                                char *name auto_free = strndup((const char *)data + skip, n - skip);

                                r = name ? strv_add_unique(names, name) : -ENOMEM;
                        }
        }
        return r;
}

static bool svinit_is_there(Ctl *c) {
        char socket[300];

        if (c->bus)
                return true;
        snprintf(socket, sizeof(socket), "%s/systemd/private", ctl_runtime_dir(c));
        return !c->host && access(socket, R_OK | W_OK) == 0 && ctl_connect(c) >= 0;
}

/* A journal that is read without its svinit has no more to come. */
static unsigned ask_for_instances(Ctl *c, const char *unit) {
        char *path auto_free = NULL;
        uint32_t n = 0;

        if (!svinit_is_there(c) || ctl_unit_path(unit, &path) < 0)
                return 0;
        (void)sd_bus_get_property_trivial(c->bus, SD1, path, "org.svinit.Unit", "Instances", NULL, 'u', &n);
        return n;
}

int logs_add_instances(Logs *l, const char *unit, char ***names) {
        unsigned n;
        int r;

        if (!str_ends_with(unit, ".service") || strchr(unit, '@') || strpbrk(unit, "*?["))
                return 0;
        r = add_from_journal(l->j, unit, names);
        n = l->o->follow ? ask_for_instances(l->c, unit) : 0;
        for (unsigned i = 0; i < n + (n > 0 ? MORE : 0) && r >= 0; i++)
                r = add_name(unit, i, names);
        return r;
}

void logs_say_unknown(Logs *l) {
        if (l->c->quiet || l->o->directory || l->o->files || !l->units || !svinit_is_there(l->c))
                return;
        STRV_FOREACH (unit, l->units)
                if (!strpbrk(*unit, "*?["))
                        (void)ctl_is_not_found(l->c, *unit);
}
