/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * HTTP/1.0, as much of it as one who scrapes needs: GET /metrics, and the
 * connection ends with the answer. How long it may take is its unit's matter.
 */

#include "ctl/apps/metrics.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define REQUEST_MAX 16384

static void answer_with(const char *status, const char *type, const char *body, size_t n, Buf *answer) {
        buf_addf(answer,
                 "HTTP/1.0 %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n",
                 status, type, n);
        buf_add_n(answer, body, n);
}

static void refuse(const char *status, Buf *answer) {
        char body[128];
        int n = snprintf(body, sizeof(body), "%s\n", status);

        answer_with(status, "text/plain; charset=utf-8", body, (size_t)n, answer);
}

/* Up to the empty line that ends its header. False: there is none. */
static bool read_request(Buf *ret) {
        char data[4096];

        while (ret->len < REQUEST_MAX) {
                ssize_t n = read(STDIN_FILENO, data, sizeof(data));

                if (n <= 0)
                        return false;
                buf_add_n(ret, data, (size_t)n);
                if (ret->error < 0)
                        return false;
                if (strstr(ret->data, "\r\n\r\n") || strstr(ret->data, "\n\n"))
                        return true;
        }
        return false;
}

bool metrics_http_asks(Buf *answer) {
        Buf request auto_buf = { 0 };
        const char *path;

        if (!read_request(&request)) {
                refuse("400 Bad Request", answer);
                return false;
        }
        path = str_after(request.data, "GET ");
        if (!path) {
                refuse("405 Method Not Allowed", answer);
                return false;
        }
        if (strcspn(path, " ?\r\n") != strlen("/metrics") || !str_starts_with(path, "/metrics")) {
                refuse("404 Not Found", answer);
                return false;
        }
        return true;
}

void metrics_http_answer(const Buf *body, Buf *answer) {
        if (body->error < 0)
                refuse("500 Internal Server Error", answer);
        else
                answer_with("200 OK", "application/openmetrics-text; version=1.0.0; charset=utf-8",
                            body->data, body->len, answer);
}
