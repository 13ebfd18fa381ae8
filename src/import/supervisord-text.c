/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "import/supervisord.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define DIGITS_MAX 3 /* of a width */

/* Python's "%(name)04d" and "%(name)s": *p stands behind the name. Other conversions nobody has use for here. */
static int add_formatted(Expansions *x, bool is_number, const char *value, const char **p, Buf *b) {
        size_t flags = strspn(*p, "-0"), digits = strspn(*p + flags, "0123456789");
        bool left = memchr(*p, '-', flags), zeros = memchr(*p, '0', flags);
        char conversion = (*p)[flags + digits];
        int width = digits > 0 ? (int)strtol(*p + flags, NULL, 10) : 0;

        if (digits > DIGITS_MAX || flags > 2 ||
            !(conversion == 's' || (is_number && strchr("di", conversion))) || !conversion)
                return -EINVAL;
        *p += flags + digits + 1;
        if (is_number && x->as_instance) {
                x->width_wanted |= width > 1;
                buf_add(b, DRAFT_INSTANCE);
        } else if (zeros && !left && conversion != 's') {
                buf_addf(b, "%0*ld", width, strtol(value, NULL, 10));
        } else {
                buf_addf(b, "%*s", left ? -width : width, value);
        }
        return b->error;
}

static int add_expanded(Expansions *x, const char **p, Buf *b) {
        const char *name = *p + 2, *close = strchr(name, ')'), *value;
        char number[16];
        size_t n;

        if (!close)
                return -EINVAL;
        n = (size_t)(close - name);
        *p = close + 1;
        if (n == strlen("process_num") && memcmp(name, "process_num", n) == 0) {
                snprintf(number, sizeof(number), "%u", x->process_num);
                return add_formatted(x, true, number, p, b);
        }
        value = env_get(x->variables, name, n);
        if (!value)
                return -ENOENT;
        return add_formatted(x, n == strlen("numprocs") && memcmp(name, "numprocs", n) == 0, value, p, b);
}

int supervisord_expand(Expansions *x, const char *text, char **ret, char **ret_bad) {
        Buf b auto_buf = { 0 };
        int r = 0;

        for (const char *p = text; *p && r >= 0;) {
                const char *start = p;

                if (*p != '%') {
                        buf_add_char(&b, *p++);
                } else if (p[1] == '%') {
                        buf_add_char(&b, '%');
                        p += 2;
                } else {
                        r = p[1] == '(' ? add_expanded(x, &p, &b) : -EINVAL;
                }
                if (r == -EINVAL || r == -ENOENT)
                        return str_printf(ret_bad, "'%.*s'%s", (int)strcspn(start, " \t\n,\""), start,
                                          r == -ENOENT ? ", a name that supervisord does not know here"
                                                       : ", which Python would not format") < 0
                                       ? -ENOMEM
                                       : -EINVAL;
        }
        return r < 0 ? r : buf_take(&b, ret);
}

static bool is_word(char c) {
        return isalnum((unsigned char)c) || (c && strchr("_/.+-():", c)) || (unsigned char)c >= 0x80;
}

/* A token of Python's shlex in its old mode: a word, a quoted text with its quotes, or one other character. */
static int next_token(const char **p, char **ret) {
        const char *start;

        for (;;) {
                *p += strspn(*p, " \t\r\n");
                if (**p != '#')
                        break;
                *p += strcspn(*p, "\n");
        }
        start = *p;
        if (!*start)
                return 0;
        if (*start == '"' || *start == '\'') {
                const char *close = strchr(start + 1, *start);

                if (!close)
                        return -EINVAL;
                *p = close + 1;
        } else if (is_word(*start)) {
                while (is_word(**p))
                        (*p)++;
        } else {
                (*p)++;
        }
        *ret = strndup(start, (size_t)(*p - start));
        return *ret ? 1 : -ENOMEM;
}

/* KEY = value, and whatever one token stands behind it. */
int supervisord_pairs(const char *text, char ***ret) {
        char **l auto_strv = NULL;
        int r;

        for (;;) {
                char *token[4] = { NULL }, *value;
                char *pair auto_free = NULL;
                int n = 0;

                for (r = 1; n < 4 && r > 0;)
                        if ((r = next_token(&text, token + n)) > 0)
                                n++;
                if (r >= 0 && n > 0 && (n < 3 || !str_equal(token[1], "=")))
                        r = -EINVAL;
                if (r >= 0 && n > 0) {
                        value = token[2] + strspn(token[2], "'\"");
                        while (*value && strchr("'\"", value[strlen(value) - 1]))
                                value[strlen(value) - 1] = 0;
                        r = str_printf(&pair, "%s=%s", token[0], value);
                        if (r >= 0)
                                r = env_set(&l, pair);
                }
                for (int i = 0; i < 4; i++)
                        free(token[i]);
                if (r < 0 || n == 0)
                        break;
        }
        if (r >= 0)
                *ret = TAKE(l);
        return r;
}
