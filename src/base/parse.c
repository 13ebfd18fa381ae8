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

int parse_u64(const char *s, uint64_t *ret) {
        return parse_digits(s, 10, ret);
}

int parse_i64(const char *s, int64_t *ret) {
        bool negative;
        uint64_t v;
        int r;

        if (!s)
                return -EINVAL;
        negative = *s == '-';
        r = parse_digits(negative || *s == '+' ? s + 1 : s, 10, &v);
        if (r < 0)
                return r;
        if (v > (uint64_t)INT64_MAX + negative)
                return -ERANGE;
        /* -1 first: the magnitude of INT64_MIN is no int64_t. */
        *ret = !negative ? (int64_t)v : v == 0 ? 0 : -(int64_t)(v - 1) - 1;
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
