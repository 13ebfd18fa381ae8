/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * --ipc: the command as a child that was forked by child_process.fork(), with
 * the channel that Node's children have: we hold the other end. A line of the
 * standard input is a message for it, a message of its own a line of the
 * standard output; what it writes to its own goes to our standard error.
 */

#include "ctl/run/run.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define PENDING_MAX (64 * 1024)
#define INTERNAL "{\"cmd\":\"NODE_" /* Node's own messages to itself */

typedef struct Channel {
        RunRequest *request;
        int fd; /* owned; -1: it is closed */
        sd_event_source *io, *input;
        Buf out, in;        /* not yet taken by the command; a message that has not come to its end */
        size_t sent_of_out; /* bytes */
        uint64_t n_sent, n_received;
        bool input_ended;
        char last; /* byte of the input */
} Channel;

static void close_channel(Channel *h) {
        h->io = sd_event_source_disable_unref(h->io);
        h->input = sd_event_source_disable_unref(h->input);
        fd_release(&h->fd);
}

/* Who has been asked all, and has answered all, is let go: a forked child that has no more to do then ends. */
static void close_when_done(Channel *h) {
        if (h->fd >= 0 && h->input_ended && h->out.len == 0 && h->n_sent > 0 && h->n_received >= h->n_sent)
                close_channel(h);
}

static void watch_for(Channel *h) {
        bool pending = h->out.len > 0;

        if (h->io)
                (void)sd_event_source_set_io_events(h->io, EPOLLIN | (pending ? EPOLLOUT : 0));
        if (h->input)
                (void)sd_event_source_set_enabled(h->input, pending ? SD_EVENT_OFF : SD_EVENT_ON);
}

static void pass_on(Channel *h) {
        while (h->fd >= 0 && h->sent_of_out < h->out.len) {
                ssize_t n =
                        send(h->fd, h->out.data + h->sent_of_out, h->out.len - h->sent_of_out, MSG_NOSIGNAL);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0 && errno != EAGAIN)
                        close_channel(h); /* it has closed its end */
                if (n < 0)
                        break;
                h->sent_of_out += (size_t)n;
        }
        if (h->fd < 0 || h->sent_of_out == h->out.len) {
                buf_release(&h->out);
                h->sent_of_out = 0;
        }
        watch_for(h);
        close_when_done(h);
}

static int take_input(Channel *h, int fd) {
        char data[PENDING_MAX];
        ssize_t n = read(fd, data, sizeof(data));

        if (n < 0 && (errno == EAGAIN || errno == EINTR))
                return 0;
        if (n <= 0) {
                h->input_ended = true;
                h->input = sd_event_source_disable_unref(h->input);
                if (h->last && h->last != '\n') { /* the last line counts without its end as well */
                        buf_add_char(&h->out, '\n');
                        h->n_sent++;
                }
        } else {
                buf_add_n(&h->out, data, (size_t)n);
                for (ssize_t i = 0; i < n; i++)
                        h->n_sent += data[i] == '\n';
                h->last = data[n - 1];
        }
        if (h->out.error < 0)
                return sd_event_exit(sd_event_source_get_event(h->io), CTL_FAILED);
        pass_on(h);
        return 0;
}

static int on_input(sd_event_source *source, int fd, uint32_t revents, void *userdata) {
        return take_input(userdata, fd);
}

/* A file has no readiness to wait for. */
static int on_file_input(sd_event_source *source, void *userdata) {
        return take_input(userdata, STDIN_FILENO);
}

static void print_message(Channel *h, const char *line, size_t n) {
        if (n > strlen(INTERNAL) && memcmp(line, INTERNAL, strlen(INTERNAL)) == 0)
                return;
        h->n_received++;
        fwrite(line, 1, n, stdout);
        putchar('\n');
        if (fflush(stdout) != 0)
                run_stop(h->request); /* nobody hears it any more */
}

static void print_messages(Channel *h) {
        size_t done = 0;

        for (char *end; (end = memchr(h->in.data + done, '\n', h->in.len - done));) {
                print_message(h, h->in.data + done, (size_t)(end - h->in.data) - done);
                done = (size_t)(end - h->in.data) + 1;
        }
        memmove(h->in.data, h->in.data + done, h->in.len - done);
        h->in.len -= done;
}

/* False: nothing is there (for now). */
static bool take_messages(Channel *h) {
        char data[PENDING_MAX];
        ssize_t n = h->fd < 0 ? 0 : read(h->fd, data, sizeof(data));

        if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
                close_channel(h);
        if (n <= 0)
                return false;
        buf_add_n(&h->in, data, (size_t)n);
        if (h->in.error >= 0)
                print_messages(h);
        return true;
}

static int on_channel(sd_event_source *source, int fd, uint32_t revents, void *userdata) {
        Channel *h = userdata;

        if (revents & EPOLLOUT)
                pass_on(h);
        if (h->fd >= 0 && revents & (EPOLLIN | EPOLLHUP | EPOLLERR))
                (void)take_messages(h);
        close_when_done(h);
        return 0;
}

static int open_channel(Channel *h, sd_event *event) {
        RunRequest *q = h->request;
        int fds[2], r;

        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0)
                return -errno;
        h->fd = fds[0];
        q->channel = fds[1];
        (void)fcntl(h->fd, F_SETFL, O_NONBLOCK);
        r = sd_event_add_io(event, &h->io, h->fd, EPOLLIN, on_channel, h);
        if (r >= 0)
                r = sd_event_source_set_priority(h->io, RUN_PRIORITY);
        if (r >= 0)
                r = sd_event_add_io(event, &h->input, STDIN_FILENO, EPOLLIN, on_input, h);
        if (r == -EPERM) {
                r = sd_event_add_defer(event, &h->input, on_file_input, h);
                if (r >= 0)
                        r = sd_event_source_set_enabled(h->input, SD_EVENT_ON);
        }
        if (r >= 0)
                r = sd_event_source_set_priority(h->input, RUN_PRIORITY);
        q->given[STDOUT_FILENO] = q->given[STDERR_FILENO] = STDERR_FILENO;
        if (r >= 0)
                r = q->given[STDIN_FILENO] = open("/dev/null", O_RDONLY | O_CLOEXEC);
        return r;
}

int run_with_channel(RunRequest *q, RunEnd *end) {
        sd_event *event __attribute__((cleanup(sd_event_unrefp))) = NULL;
        Channel h = { .request = q, .fd = -1 };
        int r = sd_event_new(&event);

        if (r >= 0)
                r = open_channel(&h, event);
        r = r < 0 ? ctl_print_error("%s: %s", q->name, strerror(-r)) : run_and_wait(q, event, end);
        while (end->ended && take_messages(&h))
                ; /* what was sent last */
        close_channel(&h);
        buf_release(&h.out);
        buf_release(&h.in);
        return r;
}
