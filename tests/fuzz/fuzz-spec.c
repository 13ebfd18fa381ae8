/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A whole unit file into a spec. The first byte chooses the type of the unit.
 * Whatever the file says, each directive can be written out, and what is
 * written is read again as the same.
 */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "unit/directive.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const names[UNIT_TYPE_MAX] = {
        [UNIT_SERVICE] = "a-b@c.service", [UNIT_SOCKET] = "a.socket", [UNIT_TARGET] = "a.target",
        [UNIT_DEVICE] = "a.device",       [UNIT_MOUNT] = "a-b.mount", [UNIT_AUTOMOUNT] = "a-b.automount",
        [UNIT_SWAP] = "a.swap",           [UNIT_TIMER] = "a@.timer",  [UNIT_PATH] = "a@b.path",
        [UNIT_SLICE] = "a-b.slice",       [UNIT_SCOPE] = "a.scope",
};

static const SpecifierHost host = { .hostname = "box", .runtime_dir = "/run", .state_dir = "/var/lib" };

static const char *section_of(const Directive *d, UnitType type) {
        static const char *const sections[] = { "Unit",  "Service",   "Install", "Socket", "Timer", "Path",
                                                "Mount", "Automount", "Swap",    "Slice",  "Scope" };

        for (size_t i = 0; i < ELEMENTSOF(sections); i++)
                if (directive_section_is_known(sections[i], type) && directive_find(sections[i], d->key) == d)
                        return sections[i];
        return "";
}

/* Each line of the text is one assignment. */
static void read_back(const Directive *d, const char *text, UnitType type) {
        const SpecContext context = { .specifiers = { .host = &host } };
        char *copy auto_free = strdup(text), *line = copy;
        Buf again auto_buf = { 0 };
        UnitSpec *s = NULL;

        if (!copy || spec_new(names[type], &s) < 0)
                return;
        while (line) {
                char *end = strchr(line, '\n');

                if (end)
                        *end = 0;
                spec_assign(s, &context, &(Assignment){ section_of(d, type), d->key, line, "fuzz", 1 });
                line = end ? end + 1 : NULL;
        }
        if (directive_format(d, s, &again) == 0 && strcmp(again.data ? again.data : "", text) != 0) {
                fprintf(stderr, "%s: [%s] [%s]\n", d->key, text, again.data);
                abort();
        }
        spec_free(s);
}

static void ignore(const Directive *d, const char *value, const char *file, unsigned line, void *userdata) {
}

static void format_all(const UnitSpec *s) {
        for (const Directive *const *table = directive_tables; *table; table++)
                for (const Directive *d = *table; d->key; d++) {
                        Buf b auto_buf = { 0 };

                        if (d->alias_of || !directive_counts_for(d, s->type))
                                continue;
                        if (directive_format(d, s, &b) == 0 && b.len > 0 && !str_equal(b.data, d->initial))
                                read_back(d, b.data, s->type);
                }
        spec_visit_unapplied(s, ignore, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        Report report = { 0 };
        const SpecContext context = { .specifiers = { .host = &host, .fragment_path = "/etc/a" },
                                      .report = &report,
                                      .profile = "a" };
        char *text auto_free = NULL;
        UnitSpec *s = NULL;
        UnitType type;

        if (size == 0 || size > 1 << 16)
                return 0;
        type = data[0] % UNIT_TYPE_MAX;
        text = malloc(size);
        if (!text || spec_new(names[type], &s) < 0)
                return 0;
        memcpy(text, data + 1, size - 1);

        if (spec_read(s, &context, "fuzz", (Text){ text, size - 1 }) >= 0) {
                spec_complete(s, &context);
                format_all(s);
        }
        spec_free(s);
        report_release(&report);
        return 0;
}
