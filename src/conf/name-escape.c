/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/name.h"

#include <errno.h>

#define PLAIN_CHARS "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ:_."

/* A dot at the very start is escaped, so that no name is a hidden file. */
static void escape_to(const char *text, size_t n, Buf *b) {
        for (size_t i = 0; i < n; i++) {
                char c = text[i];

                if (c == '/')
                        buf_add_char(b, '-');
                else if (c != 0 && strchr(PLAIN_CHARS, c) && !(c == '.' && b->len == 0))
                        buf_add_char(b, c);
                else
                        buf_addf(b, "\\x%02x", (unsigned)(unsigned char)c);
        }
}

int name_escape(const char *text, char **ret) {
        Buf b auto_buf = { 0 };

        escape_to(text, strlen(text), &b);
        return buf_take(&b, ret);
}

static int unescape_to(const char *text, Buf *b) {
        for (const char *p = text; *p; p++) {
                int high, low;

                if (*p != '\\') {
                        buf_add_char(b, *p == '-' ? '/' : *p);
                        continue;
                }
                if (p[1] != 'x' || (high = hex_value(p[2])) < 0 || (low = hex_value(p[3])) < 0)
                        return -EINVAL;
                if (high == 0 && low == 0)
                        return -EINVAL;
                buf_add_char(b, (char)(high << 4 | low));
                p += 3;
        }
        return 0;
}

int name_unescape(const char *text, char **ret) {
        Buf b auto_buf = { 0 };
        int r = unescape_to(text, &b);

        return r < 0 ? r : buf_take(&b, ret);
}

#define COMPONENT_MAX 255 /* NAME_MAX: no file system has longer names */
#define PATH_LENGTH_MAX 4096

/* The components of a path joined with one "/"; "." is dropped, ".." refused. */
static int path_normalize_to(const char *path, Buf *b) {
        if (strlen(path) >= PATH_LENGTH_MAX)
                return -EINVAL;
        while (*path) {
                size_t n;

                path += strspn(path, "/");
                n = strcspn(path, "/");
                if (n > COMPONENT_MAX || (n == 2 && path[0] == '.' && path[1] == '.'))
                        return -EINVAL;
                if (n > 0 && !(n == 1 && path[0] == '.')) {
                        if (b->len > 0)
                                buf_add_char(b, '/');
                        buf_add_n(b, path, n);
                }
                path += n;
        }
        return b->error;
}

int name_path_escape(const char *path, char **ret) {
        Buf clean auto_buf = { 0 }, b auto_buf = { 0 };
        int r = path_normalize_to(path, &clean);

        if (r < 0)
                return r;
        if (clean.len == 0 && path[0] && path[0] != '/')
                return -EINVAL; /* "." is somewhere, but nobody knows where */
        if (clean.len == 0)
                buf_add_char(&b, '-');
        else
                escape_to(clean.data, clean.len, &b);
        return buf_take(&b, ret);
}

int name_path_unescape(const char *text, char **ret) {
        Buf raw auto_buf = { 0 }, clean auto_buf = { 0 };
        int r;

        if (text[0] == 0)
                return -EINVAL;
        if (str_equal(text, "-"))
                return str_printf(ret, "/");
        r = unescape_to(text, &raw);
        if (r < 0)
                return r;
        if (raw.error < 0)
                return raw.error;
        r = path_normalize_to(raw.data, &clean);
        if (r < 0)
                return r;
        /* Only what name_path_escape() writes is a path: "a--b" and "-a" are not. */
        if (!clean.data || !str_equal(raw.data, clean.data))
                return -EINVAL;
        return str_printf(ret, "/%s", clean.data);
}

int name_from_path(const char *path, UnitType t, char **ret) {
        const char *suffix = unit_type_to_string(t);
        char *stem auto_free = NULL, *s auto_free = NULL;
        int r;

        if (!suffix)
                return -EINVAL;
        r = name_path_escape(path, &stem);
        if (r < 0)
                return r;
        r = str_printf(&s, "%s.%s", stem, suffix);
        if (r < 0)
                return r;
        if (strlen(s) > UNIT_NAME_MAX)
                return -ENAMETOOLONG;
        *ret = TAKE(s);
        return 0;
}
