/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

void buf_release(Buf *b) {
        free(b->data);
        *b = (Buf){ 0 };
}

/* Room for n more bytes and the final NUL; false after a failure, now or earlier. */
static bool buf_has_room(Buf *b, size_t n) {
        if (b->error < 0)
                return false;
        if (n > SIZE_MAX - b->len - 1 || array_reserve(&b->data, &b->capacity, b->len + n + 1, 1) < 0) {
                b->error = -ENOMEM;
                return false;
        }
        return true;
}

void buf_add_n(Buf *b, const char *s, size_t n) {
        if (!buf_has_room(b, n))
                return;
        if (n > 0)
                memcpy(b->data + b->len, s, n);
        b->len += n;
        b->data[b->len] = 0;
}

void buf_add(Buf *b, const char *s) {
        buf_add_n(b, s, strlen(s));
}

void buf_add_char(Buf *b, char c) {
        buf_add_n(b, &c, 1);
}

void buf_addf(Buf *b, const char *format, ...) {
        va_list args;
        int n;

        va_start(args, format);
        n = vsnprintf(NULL, 0, format, args);
        va_end(args);
        if (n < 0) {
                b->error = -ENOMEM;
                return;
        }
        if (!buf_has_room(b, (size_t)n))
                return;

        va_start(args, format);
        (void)vsnprintf(b->data + b->len, (size_t)n + 1, format, args);
        va_end(args);
        b->len += (size_t)n;
}

int buf_take(Buf *b, char **ret) {
        if (!b->data && b->error == 0)
                buf_add_n(b, "", 0);
        if (b->error < 0)
                return b->error;
        *ret = b->data;
        *b = (Buf){ 0 };
        return 0;
}

bool str_equal(const char *a, const char *b) {
        if (!a || !b)
                return a == b;
        return strcmp(a, b) == 0;
}

const char *str_after(const char *s, const char *prefix) {
        size_t n = strlen(prefix);

        return strncmp(s, prefix, n) == 0 ? s + n : NULL;
}

bool str_starts_with(const char *s, const char *prefix) {
        return str_after(s, prefix) != NULL;
}

bool str_ends_with(const char *s, const char *suffix) {
        size_t n = strlen(s), k = strlen(suffix);

        return n >= k && memcmp(s + n - k, suffix, k) == 0;
}

int str_replace(char **field, const char *value) {
        char *copy = NULL;

        if (value) {
                copy = strdup(value);
                if (!copy)
                        return -ENOMEM;
        }
        free(*field);
        *field = copy;
        return 0;
}

int str_printf(char **ret, const char *format, ...) {
        va_list args;
        char *s;
        int n;

        va_start(args, format);
        n = vasprintf(&s, format, args);
        va_end(args);
        if (n < 0)
                return -ENOMEM;
        *ret = s;
        return 0;
}

char *str_strip(char *s) {
        size_t n;

        s += strspn(s, " \t\r\n");
        n = strlen(s);
        while (n > 0 && strchr(" \t\r\n", s[n - 1]))
                n--;
        s[n] = 0;
        return s;
}

/* Length of the sequence that starts with this byte, with the value of its first bits; 0: none does. */
static size_t utf8_sequence(unsigned char c, uint32_t *ret_bits) {
        if (c < 0x80) {
                *ret_bits = c;
                return 1;
        }
        if (c >= 0xc2 && c <= 0xdf) {
                *ret_bits = c & 0x1f;
                return 2;
        }
        if ((c & 0xf0) == 0xe0) {
                *ret_bits = c & 0x0f;
                return 3;
        }
        if (c >= 0xf0 && c <= 0xf4) {
                *ret_bits = c & 0x07;
                return 4;
        }
        return 0;
}

bool code_point_is_valid(uint32_t c) {
        return c <= 0x10ffff && (c & 0xfffff800) != 0xd800 && (c & 0xfffe) != 0xfffe &&
               !(c >= 0xfdd0 && c <= 0xfdef);
}

bool fd_name_is_valid(const char *s) {
        if (strlen(s) > 255)
                return false;
        for (; *s; s++)
                if ((unsigned char)*s < ' ' || (unsigned char)*s >= 0x7f || *s == ':')
                        return false;
        return true;
}

bool str_is_utf8(const char *s, size_t n) {
        static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 }; /* shorter would do: overlong */
        const unsigned char *p = (const unsigned char *)s, *end = p + n;

        while (p < end) {
                uint32_t c;
                size_t length = utf8_sequence(*p, &c);

                if (length == 0 || (size_t)(end - p) < length)
                        return false;
                for (size_t i = 1; i < length; i++) {
                        if ((p[i] & 0xc0) != 0x80)
                                return false;
                        c = c << 6 | (p[i] & 0x3f);
                }
                if (c < least[length] || !code_point_is_valid(c))
                        return false;
                p += length;
        }
        return true;
}

void bytes_format(uint64_t bytes, Buf *b) {
        static const char suffixes[] = "BKMGTPE";
        double v = (double)bytes;
        unsigned i = 0;

        while (v >= 1024 && i < sizeof(suffixes) - 2) {
                v /= 1024;
                i++;
        }
        if (i == 0)
                buf_addf(b, "%" PRIu64 "B", bytes);
        else
                buf_addf(b, "%.1f%c", v, suffixes[i]);
}
