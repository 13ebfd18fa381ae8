/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "ctl/core/ctl.h"

#include <inttypes.h>
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

static void add_comma(Buf *b) {
        if (b->len > 0 && !strchr("{[:", b->data[b->len - 1]))
                buf_add_char(b, ',');
}

void json_add_key(Buf *b, const char *key) {
        add_comma(b);
        buf_addf(b, "\"%s\":", key);
}

void json_add_member(Buf *b, const char *key, const char *value) {
        json_add_key(b, key);
        json_add_string(b, value);
}

void json_add_number(Buf *b, const char *key, uint64_t n) {
        json_add_key(b, key);
        if (n == UINT64_MAX)
                buf_add(b, "null");
        else
                buf_addf(b, "%" PRIu64, n);
}

void json_add_bool(Buf *b, const char *key, bool value) {
        json_add_key(b, key);
        buf_add(b, value ? "true" : "false");
}

void json_open(Buf *b, const char *bracket) {
        add_comma(b);
        buf_add(b, bracket);
}

int json_print(Buf *b) {
        if (b->error < 0)
                return ctl_print_error("%s", strerror(-b->error));
        puts(b->data ? b->data : "");
        return CTL_OK;
}

int json_print_member(const Ctl *c, const char *key, const char *value) {
        Buf b auto_buf = { 0 };

        if (c->format < FORMAT_JSON)
                return puts(value) < 0 ? CTL_FAILED : CTL_OK;
        json_open(&b, "{");
        json_add_member(&b, key, value);
        buf_add_char(&b, '}');
        return json_print(&b);
}

static void break_line(Buf *b, size_t depth) {
        buf_add_char(b, '\n');
        for (size_t i = 0; i < depth; i++)
                buf_add_char(b, '\t');
}

void json_lay_out(const char *text, Buf *b) {
        bool quoted = false;
        size_t depth = 0;

        for (const char *p = text; *p; p++) {
                if (quoted && *p == '\\' && p[1])
                        buf_add_char(b, *p++);
                else if (*p == '"')
                        quoted = !quoted;
                else if (!quoted && strchr(" \t\n", *p))
                        continue;
                else if (!quoted && (*p == '}' || *p == ']'))
                        break_line(b, depth -= depth > 0);
                buf_add(b, !quoted && *p == ':' ? " " : "");
                buf_add_char(b, *p);
                if (quoted)
                        continue;
                if ((*p == '{' || *p == '[') && p[1 + strspn(p + 1, " \t\n")] == (*p == '{' ? '}' : ']')) {
                        p += 1 + strspn(p + 1, " \t\n");
                        buf_add_char(b, *p);
                } else if (*p == '{' || *p == '[') {
                        break_line(b, ++depth);
                } else if (*p == ',' && depth > 0) {
                        break_line(b, depth);
                } else if (*p == ':') {
                        buf_add_char(b, ' ');
                }
                if (depth == 0 && (*p == '}' || *p == ']')) /* the next value begins its own line */
                        buf_add_char(b, '\n');
        }
}

int ctl_json_asked(const Ctl *c, const char *verb, bool *ret) {
        *ret = str_equal(c->output, "json");
        if (!c->output || *ret || str_equal(c->output, "text") || str_equal(c->output, "cat"))
                return CTL_OK;
        ctl_print_error("%s: there is no output '%s', only text and json", verb, c->output);
        return CTL_USAGE;
}
