/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* First line: the unit's name. The rest: the text to expand. Also the escapes of names, which specifiers undo. */

#include "conf/name.h"
#include "conf/specifier.h"
#include "fuzz.h"

#include <errno.h>

static void expands_or_says_why(const SpecifierContext *c, const char *text) {
        char *s auto_free = NULL;
        int r = specifier_expand(c, text, &s);

        if (r == 0) {
                HOLDS(strlen(s) <= SPECIFIER_TEXT_MAX);
                HOLDS(strchr(text, '%') || str_equal(text, s));
        } else
                HOLDS(r == -EINVAL || r == -ENXIO || r == -E2BIG);
}

static void doubled_percent_signs_are_single_again(const SpecifierContext *c, const char *text) {
        Buf doubled auto_buf = { 0 };
        char *s auto_free = NULL;

        buf_add(&doubled, "");
        for (const char *p = text; *p; p++) {
                if (*p == '%')
                        buf_add_char(&doubled, '%');
                buf_add_char(&doubled, *p);
        }
        HOLDS(specifier_expand(c, doubled.data, &s) == 0 && str_equal(s, text));
}

static void escaped_text_is_read_back(const char *text) {
        char *e auto_free = NULL, *u auto_free = NULL, *p auto_free = NULL, *q auto_free = NULL,
                *again auto_free = NULL;

        HOLDS(name_escape(text, &e) == 0 && name_unescape(e, &u) == 0 && str_equal(u, text));
        if (name_path_escape(text, &p) < 0)
                return;
        HOLDS(name_path_unescape(p, &q) == 0 && q[0] == '/');
        HOLDS(name_path_escape(q, &again) == 0 && str_equal(p, again));
}

static void names_come_out_of_anything_valid(const char *text) {
        char *s auto_free = NULL, *prefix auto_free = NULL, *parent auto_free = NULL, *whole auto_free = NULL;

        if (name_mangle(text, UNIT_SERVICE, &s) < 0)
                return;
        HOLDS(name_is_valid(s, NAME_ANY) && name_type(s) != UNIT_TYPE_INVALID);
        HOLDS(name_prefix(s, &prefix) == 0 && name_prefix_and_instance(s, &whole) == 0);
        HOLDS(str_starts_with(whole, prefix));
        if (name_slice_parent(s, &parent) == 0 && parent)
                HOLDS(name_is_valid(parent, NAME_PLAIN) && name_type(parent) == UNIT_SLICE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        static const SpecifierHost host = {
                .hostname = "host.example", .user = "root", .runtime_dir = "/run", .os_id = ""
        };
        char *name auto_free = fuzz_string(data, size), *text;
        SpecifierContext c = { .host = &host,
                               .unit = name,
                               .fragment_path = "/etc/systemd/system/a@.service" };

        text = strchr(name, '\n');
        if (text)
                *text++ = 0;
        else
                text = name;
        if (!name_is_valid(name, NAME_ANY))
                c.unit = NULL;
        expands_or_says_why(&c, text);
        doubled_percent_signs_are_single_again(&c, text);
        escaped_text_is_read_back(text);
        names_come_out_of_anything_valid(text);
        return 0;
}
