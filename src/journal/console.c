/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "journal/console.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * O_NONBLOCK belongs to the open file, which the container's other processes
 * share: a pipe or terminal is opened again to have one of our own. A file is
 * not, as its position would not be shared any more.
 */
void console_init(Console *c, State *state, unsigned ring, int fd, RenderFormat format) {
        char path[32];
        struct stat st;
        int again;

        *c = (Console){ .state = state, .ring = ring, .fd = fd, .format = format };
        if (fstat(fd, &st) < 0) {
                c->fd = -1;
                return;
        }
        c->is_terminal = isatty(fd);
        c->is_file = S_ISREG(st.st_mode);
        c->is_socket = S_ISSOCK(st.st_mode);
        if (c->is_file || c->is_socket)
                return;

        snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
        again = S_ISFIFO(st.st_mode) || c->is_terminal
                        ? open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
                        : -1;
        c->is_owned = again >= 0;
        c->must_poll = again < 0;
        if (again >= 0)
                c->fd = again;
}

void console_release(Console *c) {
        if (c->is_owned)
                fd_release(&c->fd);
        buf_release(&c->scratch);
}

bool console_render(Console *c, const RenderLine *line) {
        c->scratch.len = 0;
        c->scratch.error = 0;
        if (c->fd < 0 || c->format == RENDER_NONE)
                return true;

        render_line(c->format, c->is_terminal, line, &c->scratch);
        return c->scratch.len <= state_ring_room(c->state, c->ring);
}

void console_put(Console *c) {
        if (c->scratch.len == 0)
                return;
        if (c->scratch.error || !state_ring_put(c->state, c->ring, c->scratch.data, c->scratch.len))
                c->n_dropped++;
}

static ssize_t write_some(Console *c, const struct iovec *piece) {
        struct pollfd p = { .fd = c->fd, .events = POLLOUT };
        size_t n = MIN(piece->iov_len, (size_t)CONSOLE_PIECE);

        if (c->is_socket)
                return send(c->fd, piece->iov_base, n, MSG_DONTWAIT | MSG_NOSIGNAL);
        /* When it may block, ready means room for this much. */
        if (c->must_poll && (poll(&p, 1, 0) <= 0 || !(p.revents & POLLOUT))) {
                errno = p.revents & (POLLERR | POLLHUP) ? EPIPE : EAGAIN;
                return -1;
        }
        return write(c->fd, piece->iov_base, n);
}

bool console_flush(Console *c) {
        struct iovec iov[2];

        while (c->fd >= 0 && state_ring_peek(c->state, c->ring, iov) > 0) {
                ssize_t written = write_some(c, &iov[0]);

                if (written < 0 && errno == EINTR)
                        continue;
                if (written < 0 && errno == EAGAIN)
                        return true;
                if (written < 0) {
                        /* Nobody will ever read again. */
                        if (c->is_owned)
                                close(c->fd);
                        c->fd = -1;
                        break;
                }
                if (written > 0)
                        c->is_stalled = false;
                state_ring_done(c->state, c->ring, (size_t)written);
        }

        if (c->fd >= 0 && c->n_dropped > 0) {
                char text[128];
                int size = snprintf(
                        text, sizeof(text),
                        "%" PRIu64
                        " lines are not shown here because the reader was too slow; the journal has them.",
                        c->n_dropped);

                c->n_dropped = 0;
                (void)console_render(c, &(RenderLine){ .name = "svinit-journald",
                                                       .stream = "stderr",
                                                       .priority = 4,
                                                       .text = text,
                                                       .size = (size_t)size });
                console_put(c);
        }
        return false;
}

void console_make_room(Console *c) {
        struct pollfd p = { .fd = c->fd, .events = POLLOUT };

        if (!console_flush(c) || c->is_stalled || c->fd < 0)
                return;
        if (poll(&p, 1, CONSOLE_PATIENCE_MSEC) <= 0) {
                c->is_stalled = true;
                return;
        }
        (void)console_flush(c);
}
