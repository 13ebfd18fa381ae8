/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Unit names, escaping in both directions, and what people type for a name. */

#include "conf/name.h"
#include "fuzz.h"

static void escaping_can_be_undone(const char *text) {
        char *escaped auto_free = NULL, *back auto_free = NULL, *path auto_free = NULL,
                      *again auto_free = NULL;

        HOLDS(name_escape(text, &escaped) == 0);
        HOLDS(name_unescape(escaped, &back) == 0);
        HOLDS(str_equal(back, text));
        if (name_path_escape(text, &path) < 0)
                return;
        HOLDS(name_path_unescape(path, &again) == 0 && again[0] == '/');
        HOLDS(!strstr(again, "//") && !strstr(again, "/./"));
}

static void what_is_unescaped_is_escaped_again(const char *text) {
        char *path auto_free = NULL, *escaped auto_free = NULL, *again auto_free = NULL;

        if (name_path_unescape(text, &path) < 0)
                return;
        HOLDS(name_path_escape(path, &escaped) == 0);
        HOLDS(name_path_unescape(escaped, &again) == 0 && str_equal(again, path));
}

static void parts_make_the_whole(const char *name) {
        char *instance auto_free = NULL, *template auto_free = NULL, *again auto_free = NULL;

        HOLDS(name_type(name) != UNIT_TYPE_INVALID);
        if (name_kind(name) != NAME_INSTANCE)
                return;
        HOLDS(name_instance(name, &instance) == 0 && name_template(name, &template) == 0);
        HOLDS(name_is_valid(template, NAME_TEMPLATE));
        HOLDS(name_with_instance(template, instance, &again) == 0 && str_equal(again, name));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        char *text auto_free = fuzz_string(data, size), *mangled auto_free = NULL, *parent auto_free = NULL;

        escaping_can_be_undone(text);
        what_is_unescaped_is_escaped_again(text);
        if (name_is_valid(text, NAME_ANY))
                parts_make_the_whole(text);
        if (name_mangle(text, UNIT_SERVICE, &mangled) >= 0)
                HOLDS(name_is_valid(mangled, NAME_ANY));
        if (name_slice_parent(text, &parent) >= 0 && parent)
                HOLDS(name_is_valid(parent, NAME_PLAIN) && name_type(parent) == UNIT_SLICE);
        return 0;
}
