/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "journal/parse-kmsg.h"

#include <string.h>
#include <syslog.h>

#define FACILITY_MAX 127

/* Digits and one of `ends` behind them. */
static bool take_number(char **p, const char *end, const char *ends, uint64_t *ret) {
        uint64_t v = 0;
        char *from = *p;

        for (; *p < end && **p >= '0' && **p <= '9'; (*p)++)
                if (__builtin_mul_overflow(v, 10, &v) || __builtin_add_overflow(v, (uint64_t)(**p - '0'), &v))
                        return false;
        if (*p == from || *p >= end || **p == 0 || !strchr(ends, **p))
                return false;
        (*p)++;
        *ret = v;
        return true;
}

static int hex_digit(char c) {
        return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* "\xNN" becomes the byte; never longer than before. */
static size_t unescape(char *p, size_t n) {
        size_t out = 0;

        for (size_t i = 0; i < n; out++) {
                if (n - i >= 4 && p[i] == '\\' && p[i + 1] == 'x' && hex_digit(p[i + 2]) >= 0 &&
                    hex_digit(p[i + 3]) >= 0) {
                        p[out] = (char)(hex_digit(p[i + 2]) << 4 | hex_digit(p[i + 3]));
                        i += 4;
                } else
                        p[out] = p[i++];
        }
        return out;
}

static void take_dictionary(char *p, const char *end, KmsgRecord *ret) {
        while (p < end) {
                char *newline = memchr(p, '\n', (size_t)(end - p));
                size_t n = (size_t)((newline ?: end) - p);

                if (n > 8 && memcmp(p, " DEVICE=", 8) == 0)
                        ret->device = (Piece){ p + 8, unescape(p + 8, n - 8) };
                else if (n > 11 && memcmp(p, " SUBSYSTEM=", 11) == 0)
                        ret->subsystem = (Piece){ p + 11, unescape(p + 11, n - 11) };
                if (!newline)
                        break;
                p = newline + 1;
        }
}

bool kmsg_parse(char *buffer, size_t n, KmsgRecord *ret) {
        char *p = buffer, *end = buffer + n, *semicolon, *newline;
        uint64_t priority;
        size_t head;

        *ret = (KmsgRecord){ 0 };
        if (!take_number(&p, end, ",", &priority) || priority > (FACILITY_MAX << 3 | LOG_PRIMASK) ||
            !take_number(&p, end, ",", &ret->seqnum) || !take_number(&p, end, ",;", &ret->monotonic))
                return false;
        ret->priority = (int)priority & LOG_PRIMASK;
        ret->facility = (int)(priority >> 3);

        /* Flags, and what later kernels may have put behind them. */
        semicolon = p[-1] == ';' ? p - 1 : memchr(p, ';', (size_t)(end - p));
        if (!semicolon)
                return false;
        p = semicolon + 1;
        newline = memchr(p, '\n', (size_t)(end - p));
        if (newline)
                take_dictionary(newline + 1, end, ret);

        n = unescape(p, (size_t)((newline ?: end) - p));
        if (ret->facility != LOG_KERN >> 3) {
                head = syslog_identifier_length(p, n, &ret->identifier, &ret->pid);
                p += head;
                n -= head;
        }
        ret->text = (Piece){ p, n };
        return true;
}
