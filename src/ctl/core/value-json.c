/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * D-Bus values as JSON, with their types: numbers, true and false, texts,
 * lists; structs are lists, dictionaries objects. Numbers that stand for "not
 * set" or "infinity" (the greatest of 64 bits) and what is no number are null;
 * bytes are a text of hexadecimal digits.
 */

#include "ctl/core/ctl.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>

static int add_value(sd_bus_message *m, Buf *b);

static void add_u64(uint64_t n, Buf *b) {
        if (n == UINT64_MAX)
                buf_add(b, "null");
        else
                buf_addf(b, "%" PRIu64, n);
}

static void add_double(double d, Buf *b) {
        if (isfinite(d))
                buf_addf(b, "%.17g", d);
        else
                buf_add(b, "null");
}

static int add_basic(sd_bus_message *m, char type, Buf *b) {
        union {
                const char *s;
                uint64_t t;
                int64_t x;
                uint32_t u;
                int32_t i;
                uint16_t q;
                int16_t n;
                uint8_t y;
                int b;
                double d;
        } v;
        int r = sd_bus_message_read_basic(m, type, &v);

        if (r < 0)
                return r;
        switch (type) {
        case 's':
        case 'o':
        case 'g':
                json_add_string(b, v.s);
                return 0;
        case 't':
                add_u64(v.t, b);
                return 0;
        case 'x':
                buf_addf(b, "%" PRIi64, v.x);
                return 0;
        case 'u':
                buf_addf(b, "%" PRIu32, v.u);
                return 0;
        case 'i':
        case 'h':
                buf_addf(b, "%" PRIi32, v.i);
                return 0;
        case 'q':
                buf_addf(b, "%u", v.q);
                return 0;
        case 'n':
                buf_addf(b, "%d", v.n);
                return 0;
        case 'y':
                buf_addf(b, "%u", v.y);
                return 0;
        case 'b':
                buf_add(b, v.b ? "true" : "false");
                return 0;
        case 'd':
                add_double(v.d, b);
                return 0;
        default:
                return -EINVAL;
        }
}

static int add_bytes(sd_bus_message *m, Buf *b) {
        const uint8_t *p;
        size_t n;
        int r = sd_bus_message_read_array(m, 'y', (const void **)&p, &n);

        if (r < 0)
                return r;
        buf_add_char(b, '"');
        for (size_t i = 0; i < n; i++)
                buf_addf(b, "%02x", p[i]);
        buf_add_char(b, '"');
        return 0;
}

static int add_members(sd_bus_message *m, Buf *b) {
        int r;

        buf_add_char(b, '[');
        for (unsigned n = 0; (r = sd_bus_message_at_end(m, 0)) == 0; n++) {
                if (n > 0)
                        buf_add_char(b, ',');
                r = add_value(m, b);
                if (r < 0)
                        return r;
        }
        buf_add_char(b, ']');
        return MIN(r, 0);
}

/* Keys that are no texts become some. */
static int add_key(sd_bus_message *m, Buf *b) {
        Buf key auto_buf = { 0 };
        int r = add_value(m, &key);

        if (r < 0)
                return r;
        if (key.data && key.data[0] == '"')
                buf_addf(b, "%s:", key.data);
        else
                buf_addf(b, "\"%s\":", key.data ? key.data : "");
        return 0;
}

static int add_dictionary(sd_bus_message *m, const char *entry, Buf *b) {
        int r;

        buf_add_char(b, '{');
        for (unsigned n = 0; (r = sd_bus_message_enter_container(m, 'e', entry)) > 0; n++) {
                if (n > 0)
                        buf_add_char(b, ',');
                r = add_key(m, b);
                if (r >= 0)
                        r = add_value(m, b);
                if (r >= 0)
                        r = sd_bus_message_exit_container(m);
                if (r < 0)
                        return r;
        }
        buf_add_char(b, '}');
        return r;
}

static int add_array(sd_bus_message *m, const char *contents, Buf *b) {
        char entry[64] = "";

        if (contents[0] == '{' && strlen(contents) < sizeof(entry)) {
                memcpy(entry, contents + 1, strlen(contents) - 2);
                return add_dictionary(m, entry, b);
        }
        return add_members(m, b);
}

static int add_value(sd_bus_message *m, Buf *b) {
        const char *contents;
        char type;
        int r;

        r = sd_bus_message_peek_type(m, &type, &contents);
        if (r <= 0)
                return r < 0 ? r : -EINVAL;
        if (type == 'a' && str_equal(contents, "y"))
                return add_bytes(m, b);
        if (type != 'a' && type != 'r' && type != 'v')
                return add_basic(m, type, b);
        r = sd_bus_message_enter_container(m, type, contents);
        if (r >= 0)
                r = type == 'a'   ? add_array(m, contents, b)
                    : type == 'v' ? add_value(m, b)
                                  : add_members(m, b);
        return r < 0 ? r : sd_bus_message_exit_container(m);
}

int value_json_properties(sd_bus_message *m, char *const *names, Buf *b) {
        const char *name;
        int r = sd_bus_message_enter_container(m, 'a', "{sv}");

        while (r >= 0 && (r = sd_bus_message_enter_container(m, 'e', "sv")) > 0) {
                r = sd_bus_message_read(m, "s", &name);
                if (r >= 0 && (!names || strv_contains(names, name))) {
                        json_add_key(b, name);
                        r = add_value(m, b);
                } else if (r >= 0) {
                        r = sd_bus_message_skip(m, "v");
                }
                if (r >= 0)
                        r = sd_bus_message_exit_container(m);
        }
        return MIN(r, 0);
}
