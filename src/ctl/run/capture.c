/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/run/run.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit/codec-number.h"

#define KEPT (UINT64_C(1) << 20)

/* One of the two streams of the command. What is more than `most` is read and thrown away. */
typedef struct Stream {
        int fd; /* owned */
        uint64_t most;
        Buf text;
        bool truncated;
        sd_event_source *source; /* owned */
} Stream;

static void keep(Stream *s, const char *data, size_t n) {
        size_t room = s->text.len < s->most ? (size_t)MIN(s->most - s->text.len, (uint64_t)n) : 0;

        buf_add_n(&s->text, data, room);
        s->truncated = s->truncated || room < n;
}

/* 1: something came; 0: nothing more will; -EAGAIN: not now. */
static int take(Stream *s) {
        char data[16384];
        ssize_t n = read(s->fd, data, sizeof(data));

        if (n > 0)
                keep(s, data, (size_t)n);
        if (n < 0)
                return errno == EINTR ? 1 : errno == EAGAIN ? -EAGAIN : 0;
        return n > 0;
}

static int on_output(sd_event_source *source, int fd, uint32_t revents, void *userdata) {
        Stream *s = userdata;

        if (take(s) == 0)
                (void)sd_event_source_set_enabled(source, SD_EVENT_OFF);
        return 0;
}

static int open_stream(Stream *s, sd_event *event, int *ret_write_end) {
        int fds[2], r;

        if (pipe2(fds, O_CLOEXEC) < 0)
                return -errno;
        s->fd = fds[0];
        *ret_write_end = fds[1];
        (void)fcntl(s->fd, F_SETFL, O_NONBLOCK);
        r = sd_event_add_io(event, &s->source, s->fd, EPOLLIN, on_output, s);
        return r < 0 ? r : sd_event_source_set_priority(s->source, RUN_PRIORITY);
}

/* Any byte can come: what is no character becomes U+FFFD, and NUL its escape. */
static void add_text(Buf *b, const char *key, const Buf *text) {
        const char *p = text->data ? text->data : "", *end = p + text->len;

        buf_addf(b, ",\"%s\":\"", key);
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
        add_text(&b, "stdout", &out->text);
        add_text(&b, "stderr", &err->text);
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
                r = open_stream(out, event, &q->given[STDOUT_FILENO]);
        if (r >= 0)
                r = open_stream(err, event, &q->given[STDERR_FILENO]);
        if (r >= 0)
                r = q->given[STDIN_FILENO] = open("/dev/null", O_RDONLY | O_CLOEXEC);
        if (r < 0)
                return ctl_print_error("%s: %s", q->name, strerror(-r));
        return run_and_wait(q, event, end);
}

int run_captured(RunRequest *q) {
        uint64_t most = KEPT;
        Stream out = { .fd = -1 }, err = { .fd = -1 };
        RunEnd end = { 0 };
        int r;

        if (q->max_output && size_parse_bytes(q->max_output, &most) < 0)
                return ctl_print_error("--max-output=%s is not a size such as 1M", q->max_output);
        out.most = err.most = most;
        r = capture(q, &out, &err, &end);
        if (end.ended) {
                while (take(&out) > 0 || take(&err) > 0)
                        ; /* what was written last */
                r = print(q, &end, &out, &err);
        }
        property_list_release(&end.properties);
        sd_event_source_unref(out.source);
        sd_event_source_unref(err.source);
        fd_release(&out.fd);
        fd_release(&err.fd);
        buf_release(&out.text);
        buf_release(&err.text);
        return r;
}
