/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "ctl/ctl.h"

#include <stdio.h>

void json_add_string(Buf *b, const char *s) {
        buf_add_char(b, '"');
        for (; s && *s; s++)
                if (*s == '"' || *s == '\\')
                        buf_addf(b, "\\%c", *s);
                else if ((unsigned char)*s < 0x20)
                        buf_addf(b, "\\u%04x", (unsigned char)*s);
                else
                        buf_add_char(b, *s);
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
