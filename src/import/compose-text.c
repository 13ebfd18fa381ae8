/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "import/compose.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#define NESTED_MAX 8 /* defaults within defaults */

static const char *value_of(const Compose *c, const char *name, size_t n) {
        return env_get(c->variables, name, n);
}

static int expand(Compose *c, const char *text, size_t n, unsigned level, Buf *b);

/* The closing brace that belongs to an open one before `p`; NULL: there is none. */
static const char *closing(const char *p, const char *end) {
        unsigned open = 1;

        for (; p < end; p++) {
                if (*p == '{')
                        open++;
                else if (*p == '}' && --open == 0)
                        return p;
        }
        return NULL;
}

/* ${NAME}, ${NAME:-else}, ${NAME-else}, ${NAME:+instead}, ${NAME+instead}, ${NAME:?why}, ${NAME?why}. */
static int add_braced(Compose *c, const char *p, const char *end, unsigned level, Buf *b) {
        const char *name = p, *value, *word;
        bool empty_counts;
        char operator;
        size_t n;

        while (p < end && (isalnum((unsigned char)*p) || *p == '_'))
                p++;
        n = (size_t)(p - name);
        value = value_of(c, name, n);
        empty_counts = p < end && *p == ':';
        p += empty_counts;
        if (p == end) {
                if (!value)
                        import_drop(c->import, "${%.*s}, which is not set", (int)n, name);
                buf_add(b, value ?: "");
                return b->error;
        }
        operator= * p;
        word = p + 1;
        if (empty_counts && value && !*value)
                value = NULL;
        if (operator== '-' && !value)
                return expand(c, word, (size_t)(end - word), level + 1, b);
        if (operator== '+')
                return value ? expand(c, word, (size_t)(end - word), level + 1, b) : 0;
        if (operator== '?' && !value)
                import_drop(c->import, "${%.*s}, which must be set: %.*s", (int)n, name, (int)(end - word),
                            word);
        buf_add(b, value ?: "");
        return b->error;
}

static int expand(Compose *c, const char *text, size_t n, unsigned level, Buf *b) {
        const char *end = text + n, *close;
        int r = 0;

        for (const char *p = text; p < end && r >= 0;) {
                if (*p != '$' || p + 1 == end || level > NESTED_MAX) {
                        buf_add_char(b, *p++);
                } else if (p[1] == '$') {
                        buf_add_char(b, '$');
                        p += 2;
                } else if (p[1] == '{' && (close = closing(p + 2, end))) {
                        r = add_braced(c, p + 2, close, level, b);
                        p = close + 1;
                } else if (isalpha((unsigned char)p[1]) || p[1] == '_') {
                        const char *name = ++p;

                        while (p < end && (isalnum((unsigned char)*p) || *p == '_'))
                                p++;
                        r = add_braced(c, name, p, level, b);
                } else {
                        buf_add_char(b, *p++);
                }
        }
        return r < 0 ? r : b->error;
}

int compose_expand(Compose *c, const char *text, char **ret) {
        Buf b auto_buf = { 0 };
        int r = expand(c, text, strlen(text), 0, &b);

        return r < 0 ? r : buf_take(&b, ret);
}

int compose_text(Compose *c, Node *n, char **ret) {
        if (!node_text(n)) {
                *ret = NULL;
                return 0;
        }
        return compose_expand(c, node_text(n), ret);
}

int compose_texts(Compose *c, Node *n, char ***ret) {
        char **raw auto_strv = NULL, **l auto_strv = NULL;
        int r = node_texts(&c->tree, n, &raw);

        for (size_t i = 0; raw && raw[i] && r >= 0; i++) {
                char *text;

                r = compose_expand(c, raw[i], &text);
                if (r >= 0)
                        r = strv_push(&l, text);
        }
        if (r >= 0)
                *ret = TAKE(l);
        else if (r != -EINVAL)
                c->import->error = r;
        return r;
}

/* NAME=VALUE, perhaps in quotes; what else there is, compose takes for a mistake, too. */
static int take_line(Compose *c, char *line) {
        char *text = str_strip(line), *equals = strchr(text, '=');
        size_t n;

        if (!*text || *text == '#' || !equals || !env_name_is_valid(text, (size_t)(equals - text)))
                return 0;
        n = strlen(equals + 1);
        if (n >= 2 && strchr("'\"", equals[1]) && equals[n] == equals[1]) {
                equals[n] = 0;
                memmove(equals + 1, equals + 2, n - 1);
        }
        return env_set(&c->variables, text);
}

/* What the caller has counts more than the file. */
int compose_read_variables(Compose *c) {
        char *path auto_free = NULL;
        Text text = { 0 };
        int r = 0;

        if (str_printf(&path, "%s/.env", c->directory) < 0)
                return -ENOMEM;
        if (access(path, F_OK) == 0)
                r = import_read_file(c->import, path, &text);
        for (char *line = text.data, *next; line && r >= 0; line = next) {
                next = strchr(line, '\n');
                if (next)
                        *next++ = 0;
                r = take_line(c, line);
        }
        free(text.data);
        for (char **e = environ; *e && r >= 0; e++)
                if (env_assignment_is_valid(*e))
                        r = env_set(&c->variables, *e);
        return r;
}
