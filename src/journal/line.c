/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "journal/line.h"

#include <string.h>

#define PRIORITY_MAX 191 /* facility 23, debug */

LineEnd line_next(const char *data, size_t n, size_t max, size_t *ret_size, size_t *ret_consumed) {
        size_t window = n < max + 1 ? n : max + 1;
        const char *newline = window > 0 ? memchr(data, '\n', window) : NULL;
        size_t end = newline ? (size_t)(newline - data) : window;
        const char *nul = end > 0 ? memchr(data, 0, end) : NULL;

        if (nul)
                end = (size_t)(nul - data);
        *ret_size = end;
        *ret_consumed = end + 1;
        if (nul)
                return LINE_NUL;
        if (newline)
                return LINE_NEWLINE;
        if (n <= max)
                return LINE_INCOMPLETE;

        *ret_size = *ret_consumed = max;
        return LINE_TOO_LONG;
}

LineEnd record_next(const char *data, size_t n, size_t max, size_t *ret_size, size_t *ret_consumed) {
        size_t window = n < max ? n : max;

        for (const char *p = data; (p = memchr(p, '\n', window - (size_t)(p - data))); p++) {
                size_t at = (size_t)(p - data) + 1;

                if (at >= window)
                        break;
                if (*(p + 1) != '\n')
                        continue;
                *ret_size = at;
                *ret_consumed = at + 1;
                return LINE_NEWLINE;
        }
        if (n < max)
                return LINE_INCOMPLETE;

        *ret_size = *ret_consumed = max;
        return LINE_TOO_LONG;
}

const char *line_end_to_string(LineEnd end) {
        static const char *const names[LINE_END_MAX] = {
                [LINE_NUL] = "nul",
                [LINE_TOO_LONG] = "line-max",
                [LINE_EOF] = "eof",
        };

        return names[end];
}

size_t line_priority(const char *text, size_t n, bool with_facility, int *ret_priority) {
        size_t max_digits = with_facility ? 3 : 1, i = 1;
        int value = 0;

        if (n < 3 || text[0] != '<')
                return 0;
        for (; i < n && i <= max_digits && text[i] >= '0' && text[i] <= '9'; i++)
                value = value * 10 + (text[i] - '0');
        if (i == 1 || i >= n || text[i] != '>' || value > (with_facility ? PRIORITY_MAX : 7))
                return 0;

        *ret_priority = value;
        return i + 1;
}
