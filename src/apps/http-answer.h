/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The status of an answer in HTTP/1.0 or 1.1, from bytes as they come, however they come. What says only that more is
 * to follow (100 Continue, 103) is passed over; of the final answer nothing is read but its first line.
 */

#include <stdbool.h>
#include <stddef.h>

#define HTTP_LINE_MAX 1024    /* bytes of a status line */
#define HTTP_BEFORE_MAX 16384 /* bytes up to the final one's end */

typedef struct HttpAnswer {
        enum {
                HTTP_STATUS_LINE,
                HTTP_FIELDS, /* of an answer that was not the final one */
                HTTP_OVER,
        } state;
        char start[13];  /* of the line: "HTTP/1.1 200" */
        size_t length;   /* of the line so far, without a CR at its end */
        size_t received; /* bytes */
        bool cr;         /* the last byte was one */
        int status;      /* HTTP_OVER: 100 to 999, or -EBADMSG: that is no HTTP */
} HttpAnswer;

/* The status, 0 as long as it is not known, or -EBADMSG. */
int http_answer_feed(HttpAnswer *a, const char *data, size_t n);
