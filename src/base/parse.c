/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/text.h"

#include <errno.h>
#include <limits.h>
#include <strings.h>

/* Digits of one base up to the end of the string. Range is judged last, so that "99999999999999999999x" is -EINVAL. */
static int parse_digits(const char *s, unsigned base, uint64_t *ret) {
        bool overflow = false;
        uint64_t v = 0;

        if (str_is_empty(s))
                return -EINVAL;
        for (; *s; s++) {
                unsigned digit = (unsigned)(unsigned char)*s - '0';

                if (digit >= base)
                        return -EINVAL;
                if (v > (UINT64_MAX - digit) / base)
                        overflow = true;
                else
                        v = v * base + digit;
        }
        if (overflow)
                return -ERANGE;
        *ret = v;
        return 0;
}

int parse_decimal(const char *s, uint64_t *ret) {
        return parse_digits(s, 10, ret);
}

/* Blanks are skipped; 0x, 0b, 0o and a plain 0 say the base, as in systemd. */
static const char *number_begin(const char *s, int *ret_base) {
        *ret_base = 0;
        s += strspn(s, " \t\n\r");
        if (*s != '0' || !s[1] || !strchr("bBoO", s[1]))
                return s;
        *ret_base = s[1] == 'b' || s[1] == 'B' ? 2 : 8;
        return s + 2;
}

int parse_u64(const char *s, uint64_t *ret) {
        unsigned long long v;
        char *end;
        int base;

        if (!s)
                return -EINVAL;
        s = number_begin(s, &base);
        errno = 0;
        v = strtoull(s, &end, base);
        if (errno > 0)
                return -errno;
        if (end == s || *end != 0)
                return -EINVAL;
        if (v > 0 && *s == '-') /* the C library takes it, modulo 2^64 */
                return -ERANGE;
        *ret = v;
        return 0;
}

int parse_i64(const char *s, int64_t *ret) {
        long long v;
        char *end;
        int base;

        if (!s)
                return -EINVAL;
        s = number_begin(s, &base);
        errno = 0;
        v = strtoll(s, &end, base);
        if (errno > 0)
                return -errno;
        if (end == s || *end != 0)
                return -EINVAL;
        *ret = v;
        return 0;
}

int parse_unsigned(const char *s, unsigned *ret) {
        uint64_t v;
        int r = parse_u64(s, &v);

        if (r < 0)
                return r;
        if (v > UINT_MAX)
                return -ERANGE;
        *ret = (unsigned)v;
        return 0;
}

int parse_int(const char *s, int *ret) {
        int64_t v;
        int r = parse_i64(s, &v);

        if (r < 0)
                return r;
        if (v < INT_MIN || v > INT_MAX)
                return -ERANGE;
        *ret = (int)v;
        return 0;
}

int parse_mode(const char *s, unsigned *ret) {
        uint64_t v;
        int r = parse_digits(s, 8, &v);

        if (r < 0)
                return r;
        if (v > 07777)
                return -ERANGE;
        *ret = (unsigned)v;
        return 0;
}

int parse_bool(const char *s, bool *ret) {
        static const char *const yes[] = { "1", "yes", "y", "true", "t", "on" };
        static const char *const no[] = { "0", "no", "n", "false", "f", "off" };

        if (!s)
                return -EINVAL;
        for (size_t i = 0; i < ELEMENTSOF(yes); i++) {
                if (strcasecmp(s, yes[i]) == 0) {
                        *ret = true;
                        return 0;
                }
                if (strcasecmp(s, no[i]) == 0) {
                        *ret = false;
                        return 0;
                }
        }
        return -EINVAL;
}

int hex_value(char c) {
        if (c >= '0' && c <= '9')
                return c - '0';
        if (c >= 'a' && c <= 'f')
                return c - 'a' + 10;
        if (c >= 'A' && c <= 'F')
                return c - 'A' + 10;
        return -1;
}

void hex_format(const uint8_t *bytes, size_t n, char *ret) {
        static const char digits[] = "0123456789abcdef";

        for (size_t i = 0; i < n; i++) {
                *ret++ = digits[bytes[i] >> 4];
                *ret++ = digits[bytes[i] & 15];
        }
        *ret = 0;
}
