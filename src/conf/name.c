/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/name.h"

#include <errno.h>

static const char *const type_names[] = {
        [UNIT_SERVICE] = "service", [UNIT_SOCKET] = "socket", [UNIT_TARGET] = "target",
        [UNIT_DEVICE] = "device",   [UNIT_MOUNT] = "mount",   [UNIT_AUTOMOUNT] = "automount",
        [UNIT_SWAP] = "swap",       [UNIT_TIMER] = "timer",   [UNIT_PATH] = "path",
        [UNIT_SLICE] = "slice",     [UNIT_SCOPE] = "scope",
};
_Static_assert(ELEMENTSOF(type_names) == UNIT_TYPE_MAX, "a name per unit type");

const char *unit_type_to_string(UnitType t) {
        return t >= 0 && t < UNIT_TYPE_MAX ? type_names[t] : NULL;
}

UnitType unit_type_from_string(const char *s) {
        for (UnitType t = 0; t < UNIT_TYPE_MAX; t++)
                if (str_equal(s, type_names[t]))
                        return t;
        return UNIT_TYPE_INVALID;
}

UnitType name_type(const char *name) {
        const char *dot = strrchr(name, '.');

        return dot ? unit_type_from_string(dot + 1) : UNIT_TYPE_INVALID;
}

NameKind name_kind(const char *name) {
        const char *at = strchr(name, '@');

        if (!at)
                return NAME_PLAIN;
        return strrchr(name, '.') == at + 1 ? NAME_TEMPLATE : NAME_INSTANCE;
}

static bool is_name_char(char c) {
        return char_is_alnum(c) || (c != 0 && strchr(":-_.\\@", c));
}

bool name_is_valid(const char *name, NameKind kinds) {
        const char *dot;

        if (str_is_empty(name) || strnlen(name, UNIT_NAME_MAX + 1) > UNIT_NAME_MAX)
                return false;
        for (const char *p = name; *p; p++)
                if (!is_name_char(*p))
                        return false;
        if (name_type(name) == UNIT_TYPE_INVALID)
                return false;

        dot = strrchr(name, '.');
        if (dot == name || name[0] == '@' || memchr(dot, '@', strlen(dot)))
                return false;
        return (name_kind(name) & kinds) != 0;
}

/* A result is a unit name or nothing: takes s. */
static int name_checked(char *s, NameKind kinds, char **ret) {
        if (!name_is_valid(s, kinds)) {
                bool is_long = strnlen(s, UNIT_NAME_MAX + 1) > UNIT_NAME_MAX;

                free(s);
                return is_long ? -ENAMETOOLONG : -EINVAL;
        }
        *ret = s;
        return 0;
}

static int copy_up_to(const char *name, const char *end, char **ret) {
        char *s = strndup(name, (size_t)(end - name));

        if (!s)
                return -ENOMEM;
        *ret = s;
        return 0;
}

int name_prefix(const char *name, char **ret) {
        const char *end = strchr(name, '@');

        if (!end)
                end = strrchr(name, '.');
        return end ? copy_up_to(name, end, ret) : -EINVAL;
}

int name_instance(const char *name, char **ret) {
        const char *at = strchr(name, '@'), *dot = strrchr(name, '.');

        if (!dot || (at && dot < at))
                return -EINVAL;
        if (!at || dot == at + 1) {
                *ret = NULL;
                return 0;
        }
        return copy_up_to(at + 1, dot, ret);
}

int name_prefix_and_instance(const char *name, char **ret) {
        const char *dot = strrchr(name, '.');

        return dot ? copy_up_to(name, dot, ret) : -EINVAL;
}

int name_template(const char *name, char **ret) {
        const char *at = strchr(name, '@'), *dot = strrchr(name, '.');

        if (!at || !dot || dot < at)
                return -EINVAL;
        return str_printf(ret, "%.*s%s", (int)(at + 1 - name), name, dot);
}

int name_with_instance(const char *template, const char *instance, char **ret) {
        const char *at = strchr(template, '@');
        char *s;
        int r;

        if (!name_is_valid(template, NAME_TEMPLATE | NAME_INSTANCE))
                return -EINVAL;
        r = str_printf(&s, "%.*s%s%s", (int)(at + 1 - template), template, instance, strrchr(template, '.'));
        if (r < 0)
                return r;
        return name_checked(s, NAME_INSTANCE, ret);
}

int name_change_type(const char *name, UnitType t, char **ret) {
        const char *dot = strrchr(name, '.'), *suffix = unit_type_to_string(t);
        char *s;
        int r;

        if (!dot || !suffix)
                return -EINVAL;
        r = str_printf(&s, "%.*s.%s", (int)(dot - name), name, suffix);
        if (r < 0)
                return r;
        return name_checked(s, NAME_ANY, ret);
}

int name_mangle(const char *text, UnitType default_type, char **ret) {
        Buf b auto_buf = { 0 };
        char *s;
        int r;

        if (str_is_empty(text) || !unit_type_to_string(default_type))
                return -EINVAL;
        if (name_is_valid(text, NAME_ANY))
                return str_printf(ret, "%s", text);
        if (text[0] == '/') {
                const char *top = text + strspn(text, "/");
                bool device = str_starts_with(top, "dev/") || str_starts_with(top, "sys/");

                return name_from_path(text, device ? UNIT_DEVICE : UNIT_MOUNT, ret);
        }

        for (const char *p = text; *p; p++)
                if (*p == '/')
                        buf_add_char(&b, '-');
                else if (is_name_char(*p))
                        buf_add_char(&b, *p);
                else
                        buf_addf(&b, "\\x%02x", (unsigned)(unsigned char)*p);
        /* A suffix only counts behind something: ".mount" has none. */
        if (name_type(text) == UNIT_TYPE_INVALID || strrchr(text, '.') == text)
                buf_addf(&b, ".%s", unit_type_to_string(default_type));
        r = buf_take(&b, &s);
        if (r < 0)
                return r;
        return name_checked(s, NAME_ANY, ret);
}

int name_slice_parent(const char *slice, char **ret) {
        const char *dash;

        if (name_type(slice) != UNIT_SLICE || !name_is_valid(slice, NAME_PLAIN))
                return -EINVAL;
        if (str_equal(slice, "-.slice")) {
                *ret = NULL;
                return 0;
        }
        if (slice[0] == '-' || strstr(slice, "--") || strstr(slice, "-.slice"))
                return -EINVAL;
        dash = strrchr(slice, '-');
        if (!dash)
                return str_printf(ret, "-.slice");
        return str_printf(ret, "%.*s.slice", (int)(dash - slice), slice);
}
