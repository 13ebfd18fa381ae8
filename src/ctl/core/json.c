/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "ctl/core/ctl.h"

#include <stdio.h>

/* The length of the UTF-8 sequence that s begins with; 0: it is none. */
static size_t sequence_length(const char *s) {
        for (size_t n = 1; n <= 4 && s[n - 1]; n++)
                if (str_is_utf8(s, n))
                        return n;
        return 0;
}

/* Text is whatever stands in a file: a byte that is no character becomes U+FFFD. */
static void add_character(Buf *b, const char *s, size_t n) {
        if (n == 0)
                buf_add(b, "\\ufffd");
        else if (*s == '"' || *s == '\\')
                buf_addf(b, "\\%c", *s);
        else if ((unsigned char)*s < 0x20 || *s == 0x7f)
                buf_addf(b, "\\u%04x", (unsigned char)*s);
        else
                buf_add_n(b, s, n);
}

void json_add_string(Buf *b, const char *s) {
        buf_add_char(b, '"');
        for (size_t n; s && *s; s += MAX(n, 1u)) {
                n = sequence_length(s);
                add_character(b, s, n);
        }
        buf_add_char(b, '"');
}

void json_add_list(Buf *b, char *const *strings) {
        buf_add_char(b, '[');
        STRV_FOREACH (s, strings) {
                if (s != strings)
                        buf_add_char(b, ',');
                json_add_string(b, *s);
        }
        buf_add_char(b, ']');
}

void json_add_member(Buf *b, const char *key, const char *value) {
        buf_addf(b, "%s\"%s\":", b->len > 0 && b->data[b->len - 1] != '{' ? "," : "", key);
        json_add_string(b, value);
}

int ctl_json_asked(const Ctl *c, const char *verb, bool *ret) {
        *ret = str_equal(c->output, "json");
        if (!c->output || *ret || str_equal(c->output, "text"))
                return CTL_OK;
        ctl_print_error("%s: there is no output '%s', only text and json", verb, c->output);
        return CTL_USAGE;
}
