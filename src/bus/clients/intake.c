/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bus/clients/intake.h"

#include <endian.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/macro.h"
#include "base/text.h"

#define PROTOCOL_VERSION 1
#define PIECE 4096

int intake_open(Intake *i, int socket, uid_t uid, size_t size_max, int *ret_fd) {
        int fds[2];

        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) < 0)
                return -errno;
        *i = (Intake){ .socket = socket, .pair = fds[1], .uid = uid, .size_max = size_max };
        *ret_fd = fds[0];
        return 0;
}

void intake_close(Intake *i) {
        if (i->pair >= 0)
                close(i->pair);
        *i = INTAKE_CLOSED;
}

/* Descriptors that come along are closed by the kernel, for there is no room for them; who sends them has to go. */
static ssize_t receive(const Intake *i, void *buffer, size_t size, int flags) {
        struct iovec part = { buffer, size };
        struct msghdr m = { .msg_iov = &part, .msg_iovlen = 1 };
        ssize_t n = recvmsg(i->socket, &m, MSG_DONTWAIT | flags);

        if (n < 0)
                return errno == EAGAIN || errno == EINTR ? -EAGAIN : -errno;
        if (m.msg_flags & MSG_CTRUNC)
                return -EPROTO;
        return n == 0 ? -ECONNRESET : n;
}

/* The buffer is empty: nothing is passed on before sd-bus has read the last piece. */
static int pass_on(const Intake *i, const void *data, size_t n) {
        ssize_t k = send(i->pair, data, n, MSG_NOSIGNAL);

        if (k < 0)
                return errno == EAGAIN ? -ENOBUFS : -errno;
        return (size_t)k == n ? 1 : -EIO;
}

/* The uid in decimal digits, each of them as two hexadecimal ones: 31 30 for 10. */
static bool is_uid(const char *claim, uid_t uid) {
        char digits[16], hex[2 * sizeof(digits)] = "";

        (void)snprintf(digits, sizeof(digits), "%u", uid);
        for (size_t k = 0; digits[k]; k++) {
                hex[2 * k] = '3'; /* ASCII has the digits there */
                hex[2 * k + 1] = digits[k];
        }
        return str_equal(claim, hex);
}

/* Without a name, a client is who the kernel says. */
static bool claims_the_truth(const Intake *i, const char *line) {
        const char *claim = str_after(line, "AUTH EXTERNAL");

        if (!claim)
                claim = str_after(line, "DATA");
        if (!claim)
                return !str_after(line, "AUTH ANONYMOUS");
        claim += strspn(claim, " ");
        return claim[0] == 0 || is_uid(claim, i->uid);
}

/* `n` bytes with the line break. The first line of all comes after a byte of 0. */
static int take_line(Intake *i, size_t n) {
        static const char no[] = "CANCEL\r\n"; /* the answer to it is REJECTED */
        const char *begin = i->line + (i->line[0] == 0);
        char *end = i->line + n - 2;
        int r;

        if (end < begin || end[0] != '\r' || strnlen(begin, (size_t)(end - begin)) < (size_t)(end - begin))
                return -EPROTO;
        end[0] = 0;
        i->greeted = str_equal(begin, "BEGIN");
        if (claims_the_truth(i, begin)) {
                end[0] = '\r';
                r = pass_on(i, i->line, n);
        } else {
                size_t first = (size_t)(begin - i->line);

                memcpy(i->line + first, no, sizeof(no) - 1);
                r = pass_on(i, i->line, first + sizeof(no) - 1);
        }
        i->n_line = 0;
        return r;
}

/* Not a byte is taken that comes after the line: behind the last one are messages. */
static int greet(Intake *i) {
        char *end, *next = i->line + i->n_line;
        ssize_t n = receive(i, next, sizeof(i->line) - i->n_line, MSG_PEEK);

        if (n < 0)
                return n == -EAGAIN ? 0 : (int)n;
        end = memchr(next, '\n', (size_t)n);
        n = receive(i, next, end ? (size_t)(end - next) + 1 : (size_t)n, 0);
        if (n < 0)
                return (int)n;
        i->n_line += (size_t)n;
        if (end)
                return take_line(i, i->n_line);
        return i->n_line < sizeof(i->line) ? 1 : -EMSGSIZE;
}

static uint32_t number_at(const Intake *i, size_t offset) {
        uint32_t v;

        memcpy(&v, i->line + offset, sizeof(v));
        return i->line[0] == 'l' ? le32toh(v) : be32toh(v);
}

/* Byte order, type, flags, version; length of the body, serial, length of the fields. */
static int read_header(Intake *i) {
        uint64_t size;

        if ((i->line[0] != 'l' && i->line[0] != 'B') || i->line[3] != PROTOCOL_VERSION)
                return -EPROTO;
        size = INTAKE_HEADER_SIZE + (((uint64_t)number_at(i, 12) + 7) & ~UINT64_C(7)) + number_at(i, 4);
        if (size > i->size_max)
                return -EMSGSIZE;
        i->left = (size_t)size - INTAKE_HEADER_SIZE;
        return 0;
}

/* 0: it has not come whole. */
static int take_header(Intake *i) {
        ssize_t n = receive(i, i->line + i->n_line, INTAKE_HEADER_SIZE - i->n_line, 0);
        int r;

        if (n < 0)
                return n == -EAGAIN ? 0 : (int)n;
        i->n_line += (size_t)n;
        if (i->n_line < INTAKE_HEADER_SIZE)
                return 0;
        r = read_header(i);
        return r < 0 ? r : 1;
}

int intake_step(Intake *i) {
        char piece[PIECE];
        size_t have = 0;
        ssize_t n = 0;
        int r;

        if (!i->greeted)
                return greet(i);
        if (i->left == 0) {
                r = take_header(i);
                if (r <= 0)
                        return r;
                have = i->n_line;
                memcpy(piece, i->line, have);
                i->n_line = 0;
        }

        if (i->left > 0)
                n = receive(i, piece + have, MIN(i->left, sizeof(piece) - have), 0);
        if (n < 0 && n != -EAGAIN)
                return (int)n;
        n = MAX(n, 0);
        i->left -= (size_t)n;
        have += (size_t)n;
        return have > 0 ? pass_on(i, piece, have) : 0;
}
