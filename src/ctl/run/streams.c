/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/run/run.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <unistd.h>

/* Whoever read our output may be gone: as good as a command that is told so by itself. */
static void write_all(Stream *s, const char *data, size_t n) {
        while (n > 0 && !s->gone) {
                ssize_t k = write(s->to, data, n);

                if (k < 0 && errno != EINTR) {
                        s->gone = true;
                        run_stop(s->request);
                }
                data += MAX(k, 0);
                n -= (size_t)MAX(k, 0);
        }
}

/* What is more than may be is thrown away; the command hears of it, or ends. */
static void keep(Stream *s, const char *data, size_t n) {
        const RunRequest *q = s->request;
        size_t room = s->n < q->most ? (size_t)MIN(q->most - s->n, (uint64_t)n) : 0;

        if (s->to >= 0)
                write_all(s, data, room);
        else
                buf_add_n(&s->text, data, room);
        s->n += room;
        if (room == n || s->truncated)
                return;
        s->truncated = true;
        if (!q->truncate)
                run_stop(s->request);
}

/* 1: something came; 0: nothing more will; -EAGAIN: not now. */
static int take(Stream *s) {
        char data[65536];
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

static int open_stream(Stream *s, RunRequest *q, sd_event *event, int *ret_write_end) {
        int fds[2], r;

        s->request = q;
        if (pipe2(fds, O_CLOEXEC) < 0)
                return -errno;
        s->fd = fds[0];
        *ret_write_end = fds[1];
        (void)fcntl(s->fd, F_SETFL, O_NONBLOCK);
        r = sd_event_add_io(event, &s->source, s->fd, EPOLLIN, on_output, s);
        return r < 0 ? r : sd_event_source_set_priority(s->source, RUN_PRIORITY);
}

int run_open_streams(RunRequest *q, sd_event *event, Stream *out, Stream *err) {
        int r = open_stream(out, q, event, &q->given[STDOUT_FILENO]);

        return r < 0 ? r : open_stream(err, q, event, &q->given[STDERR_FILENO]);
}

#define READS_AT_END 32 /* processes that the command has left behind may go on writing */

void run_finish_streams(Stream *out, Stream *err) {
        Stream *const both[] = { out, err };

        for (size_t i = 0; i < ELEMENTSOF(both); i++)
                for (unsigned n = 0; n < READS_AT_END && both[i]->fd >= 0 && take(both[i]) > 0; n++)
                        ;
}

void run_close_streams(Stream *out, Stream *err) {
        Stream *const both[] = { out, err };

        for (size_t i = 0; i < ELEMENTSOF(both); i++) {
                sd_event_source_unref(both[i]->source);
                fd_release(&both[i]->fd);
                buf_release(&both[i]->text);
        }
}
