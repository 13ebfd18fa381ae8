/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "apps/channel-internal.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define CAPACITY_KEPT (8 * 1024) /* a buffer that had to grow beyond is given back */
#define DRAIN_TURNS 16
#define FDS_MAX 253 /* SCM_MAX_FD */

bool channel_is_open(const Channel *c) {
        return c->fd >= 0;
}

static void forget_input(Channel *c) {
        free(TAKE(c->buffer));
        c->filled = c->looked = c->capacity = 0;
        c->skipping = false;
}

void channel_close(Channel *c) {
        if (!channel_is_open(c))
                return;
        sd_event_source_disable_unref(TAKE(c->source));
        fd_release(&c->fd);
        channel_forget_queue(c);
        forget_input(c);
}

/* Room for n more bytes and a NUL. */
static bool grow(Channel *c, size_t n) {
        size_t capacity = MAX(c->capacity, (size_t)4096);
        char *buffer;

        if (c->filled + n < c->capacity)
                return true;
        while (capacity <= c->filled + n)
                capacity *= 2;
        buffer = realloc(c->buffer, capacity);
        if (!buffer)
                return false;
        c->buffer = buffer;
        c->capacity = capacity;
        return true;
}

/* A whole line is in front. The owner may close the channel in it. */
static bool give_line(Channel *c, char *line, size_t n) {
        if (n > 0 && line[n - 1] == '\r')
                n--;
        line[n] = 0;
        if (n > 0)
                c->owner->on_line(c, line, n);
        return channel_is_open(c);
}

/* The lines that are complete; what follows them moves to the front. */
static void give_lines(Channel *c) {
        size_t begin = 0;
        char *end;

        while ((end = memchr(c->buffer + c->looked, '\n', c->filled - c->looked))) {
                size_t at = (size_t)(end - c->buffer);

                c->looked = at + 1;
                if (at - begin > c->max_message)
                        c->owner->on_complaint(c, APPS_TOO_LONG);
                else if (!c->skipping && !give_line(c, c->buffer + begin, at - begin))
                        return;
                c->skipping = false;
                c->may_be_torn = false;
                begin = c->looked;
        }
        c->filled -= begin;
        memmove(c->buffer, c->buffer + begin, c->filled);
        c->looked = c->filled;
}

static void check_length(Channel *c) {
        if (c->filled > c->max_message) {
                if (!c->skipping)
                        c->owner->on_complaint(c, APPS_TOO_LONG);
                c->skipping = true;
        }
        if (c->skipping || c->filled == 0) {
                c->filled = c->looked = 0;
                if (c->capacity > CAPACITY_KEPT) {
                        free(TAKE(c->buffer));
                        c->capacity = 0;
                }
        }
}

void channel_feed(Channel *c, const char *data, size_t n) {
        if (!grow(c, n)) { /* as if it were too long */
                c->filled = c->looked = 0;
                c->skipping = true;
                return;
        }
        memcpy(c->buffer + c->filled, data, n);
        c->filled += n;
        give_lines(c);
        if (channel_is_open(c))
                check_length(c);
}

static void close_fds(struct msghdr *m) {
        for (struct cmsghdr *h = CMSG_FIRSTHDR(m); h; h = CMSG_NXTHDR(m, h)) {
                size_t n = (h->cmsg_len - CMSG_LEN(0)) / sizeof(int);

                for (size_t i = 0; h->cmsg_level == SOL_SOCKET && h->cmsg_type == SCM_RIGHTS && i < n; i++) {
                        int fd;

                        memcpy(&fd, CMSG_DATA(h) + i * sizeof(int), sizeof(fd));
                        close(fd);
                }
        }
}

/* How much came; 0: nothing is there; negative: it is at its end. */
static ssize_t take(Channel *c) {
        char data[CHANNEL_READ_BUDGET];
        union {
                struct cmsghdr header;
                char space[CMSG_SPACE(sizeof(int) * FDS_MAX)];
        } control;
        struct iovec iov = { data, sizeof(data) };
        struct msghdr m = {
                .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)
        };
        ssize_t n = recvmsg(c->fd, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

        if (n < 0)
                return errno == EAGAIN || errno == EINTR ? 0 : -errno;
        if (n == 0)
                return -EPIPE;
        close_fds(&m);
        channel_feed(c, data, (size_t)n);
        return n;
}

static void end(Channel *c) {
        if (!channel_is_open(c))
                return;
        channel_close(c);
        c->owner->on_closed(c);
}

static int on_event(sd_event_source *s, int fd, uint32_t revents, void *userdata) {
        Channel *c = userdata;

        if (revents & (EPOLLIN | EPOLLHUP | EPOLLERR) && take(c) < 0)
                end(c);
        if (channel_is_open(c) && revents & EPOLLOUT && channel_flush(c) < 0)
                end(c);
        return 0;
}

void channel_drain(Channel *c) {
        /* What the kernel holds, and no more: children of its writer may write on for ever. */
        for (unsigned i = 0; i < DRAIN_TURNS && channel_is_open(c); i++) {
                ssize_t n = take(c);

                if (n < 0)
                        end(c);
                if (n <= 0)
                        break;
        }
}

int channel_open(Channel *c, sd_event *event, int fd, size_t max_message, bool fresh,
                 const ChannelOwner *owner) {
        int r;

        *c = CHANNEL_NONE;
        c->owner = owner;
        c->fd = fd;
        c->max_message = max_message;
        c->may_be_torn = !fresh;
        r = sd_event_add_io(event, &c->source, fd, EPOLLIN, on_event, c);
        if (r < 0)
                channel_close(c);
        return r;
}
