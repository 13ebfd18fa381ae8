/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "apps/http-answer.h"

#include <errno.h>
#include <string.h>

static bool is_digit(char c) {
        return c >= '0' && c <= '9';
}

/* "HTTP/1.1 200", then a blank or the end of the line. */
static int read_status(const HttpAnswer *a) {
        const char *s = a->start;

        if (a->length < 12 || memcmp(s, "HTTP/1.", 7) != 0 || !is_digit(s[7]) || s[8] != ' ' || s[9] < '1' ||
            !is_digit(s[9]) || !is_digit(s[10]) || !is_digit(s[11]) || (a->length > 12 && s[12] != ' '))
                return -EBADMSG;
        return (s[9] - '0') * 100 + (s[10] - '0') * 10 + (s[11] - '0');
}

static bool is_interim(int status) {
        return status >= 100 && status < 200 && status != 101;
}

static void end_line(HttpAnswer *a) {
        if (a->state == HTTP_STATUS_LINE) {
                a->status = read_status(a);
                a->state = is_interim(a->status) ? HTTP_FIELDS : HTTP_OVER;
        } else if (a->length == 0) {
                a->state = HTTP_STATUS_LINE;
        }
        a->length = 0;
}

static void take(HttpAnswer *a, char c) {
        if (a->cr) /* one in the middle of a line is a byte of it */
                a->length++;
        a->cr = c == '\r';
        if (a->cr)
                return;
        if (a->length < sizeof(a->start))
                a->start[a->length] = c;
        a->length++;
}

int http_answer_feed(HttpAnswer *a, const char *data, size_t n) {
        for (size_t i = 0; i < n && a->state != HTTP_OVER; i++) {
                if (data[i] == '\n') {
                        a->cr = false;
                        end_line(a);
                } else
                        take(a, data[i]);
                if (a->state != HTTP_OVER && (++a->received > HTTP_BEFORE_MAX || a->length > HTTP_LINE_MAX)) {
                        a->state = HTTP_OVER;
                        a->status = -EBADMSG;
                }
        }
        return a->state == HTTP_OVER ? a->status : 0;
}
