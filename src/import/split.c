/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A command line in the shell's quotes, without the shell: what Python's shlex makes of it. */

#include "import/formats.h"

#include <errno.h>

/* One word: quotes of both kinds, a backslash outside of them and, before '"' and itself, within double ones. */
static int add_word(const char **p, Buf *b) {
        char quote = 0;

        for (; **p && (quote || !strchr(" \t\r\n", **p)); (*p)++) {
                char c = **p;

                if (quote && c == quote) {
                        quote = 0;
                } else if (!quote && (c == '"' || c == '\'')) {
                        quote = c;
                } else if (c == '\\' && quote != '\'' && (!quote || strchr("\"\\", (*p)[1]))) {
                        if (!*++*p)
                                return -EINVAL;
                        buf_add_char(b, **p);
                } else {
                        buf_add_char(b, c);
                }
        }
        return quote ? -EINVAL : b->error;
}

int import_split(const char *text, char ***ret) {
        char **l auto_strv = NULL;
        int r = 0;

        while (text += strspn(text, " \t\r\n"), *text && r >= 0) {
                Buf b auto_buf = { 0 };
                char *word;

                r = add_word(&text, &b);
                if (r >= 0 && (r = buf_take(&b, &word)) >= 0)
                        r = strv_push(&l, word);
        }
        if (r >= 0)
                *ret = TAKE(l);
        return r;
}
