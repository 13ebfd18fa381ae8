/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/run/run.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>

static const char hex_digits[] = "0123456789abcdef";
static const char base64_digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static void add_hex(Buf *b, const Buf *text) {
        for (size_t i = 0; i < text->len; i++) {
                buf_add_char(b, hex_digits[(unsigned char)text->data[i] >> 4]);
                buf_add_char(b, hex_digits[text->data[i] & 15]);
        }
}

static void add_base64(Buf *b, const Buf *text) {
        for (size_t i = 0; i < text->len; i += 3) {
                size_t left = MIN(text->len - i, (size_t)3);
                uint32_t bits = 0;

                for (size_t k = 0; k < 3; k++)
                        bits = bits << 8 | (k < left ? (unsigned char)text->data[i + k] : 0);
                for (size_t k = 0; k < 4; k++)
                        buf_add_char(b, k <= left ? base64_digits[bits >> (18 - 6 * k) & 63] : '=');
        }
}

/* Any byte can come: what is no character becomes U+FFFD, and NUL its escape. */
static void add_utf8(Buf *b, const Buf *text) {
        const char *p = text->data ? text->data : "", *end = p + text->len;

        while (p < end) {
                Buf part auto_buf = { 0 };
                size_t n = strlen(p);

                json_add_string(&part, p);
                if (part.error < 0) {
                        b->error = part.error;
                        return;
                }
                buf_add_n(b, part.data + 1, part.len - 2);
                p += n;
                if (p < end) {
                        buf_add(b, "\\u0000");
                        p++;
                }
        }
}

static void add_text(Buf *b, const RunRequest *q, const char *key, const Buf *text) {
        buf_addf(b, ",\"%s\":\"", key);
        if (text->error < 0)
                b->error = text->error;
        if (str_equal(q->encoding, "hex"))
                add_hex(b, text);
        else if (str_equal(q->encoding, "base64"))
                add_base64(b, text);
        else
                add_utf8(b, text);
        buf_add_char(b, '"');
}

static void add_ending(Buf *b, const PropertyList *l) {
        uint64_t code = property_number(l, "ExecMainCode", 0),
                 status = property_number(l, "ExecMainStatus", 0);

        json_add_member(b, "result", property_get(l, "Result"));
        if (code == CLD_EXITED)
                buf_addf(b, ",\"status\":%llu", (unsigned long long)status);
        else
                buf_add(b, ",\"status\":null");
        if (code == CLD_KILLED || code == CLD_DUMPED)
                json_add_member(b, "signal", sigabbrev_np((int)status) ? sigabbrev_np((int)status) : "");
        else
                buf_add(b, ",\"signal\":null");
        buf_addf(b, ",\"timed_out\":%s", str_equal(property_get(l, "Result"), "timeout") ? "true" : "false");
}

static int print(const RunRequest *q, const RunEnd *e, const Stream *out, const Stream *err) {
        Buf b auto_buf = { 0 };

        buf_add_char(&b, '{');
        json_add_member(&b, "unit", q->name);
        add_ending(&b, &e->properties);
        buf_addf(&b, ",\"truncated\":%s", out->truncated || err->truncated ? "true" : "false");
        add_text(&b, q, "stdout", &out->text);
        add_text(&b, q, "stderr", &err->text);
        buf_add(&b, "}\n");
        if (b.error < 0)
                return ctl_print_error("%s: %s", q->name, strerror(-b.error));
        fputs(b.data, stdout);
        return run_exit_code(e);
}

static int capture(RunRequest *q, Stream *out, Stream *err, RunEnd *end) {
        sd_event *event __attribute__((cleanup(sd_event_unrefp))) = NULL;
        int r = sd_event_new(&event);

        if (r >= 0)
                r = run_open_streams(q, event, out, err);
        if (r >= 0)
                r = q->given[STDIN_FILENO] = open("/dev/null", O_RDONLY | O_CLOEXEC);
        if (r < 0)
                return ctl_print_error("%s: %s", q->name, strerror(-r));
        return run_and_wait(q, event, end);
}

int run_captured(RunRequest *q) {
        Stream out = { .fd = -1, .to = -1 }, err = { .fd = -1, .to = -1 };
        RunEnd end = { 0 };
        int r = capture(q, &out, &err, &end);

        if (end.ended) {
                run_finish_streams(&out, &err);
                if (!q->ctl->quiet)
                        run_say_why(q, &end);
                r = print(q, &end, &out, &err);
        }
        property_list_release(&end.properties);
        run_close_streams(&out, &err);
        return r;
}
