/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the writers of journal-harness.c write: numbered lines. They are processes of their own. */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static uint64_t random_next(uint64_t *x) {
        *x ^= *x << 13;
        *x ^= *x >> 7;
        *x ^= *x << 17;
        return *x;
}

static void write_all(int fd, const char *p, size_t n) {
        while (n > 0) {
                ssize_t w = write(fd, p, n);

                if (w < 0 && errno == EINTR)
                        continue;
                if (w < 0)
                        _exit(1);
                p += w;
                n -= (size_t)w;
        }
}

/* Lines of different length, written in pieces that do not end where lines end. */
static void write_lines(int fd, uint64_t n_lines, uint64_t seed, size_t writer) {
        static const char filler[] =
                "abcdefghijklmnopqrstuvwxyz0123456789 the quick brown fox jumps over the lazy dog ";
        char buffer[16384];
        size_t used = 0;

        for (uint64_t i = 0; i < n_lines; i++) {
                uint64_t r = random_next(&seed);

                used += (size_t)snprintf(buffer + used, sizeof(buffer) - used,
                                         "writer %zu line %" PRIu64 " %.*s\n", writer, i, (int)(r % 70),
                                         filler);
                if (r % 13 == 0 || used > sizeof(buffer) - 512) {
                        size_t n = i + 1 == n_lines ? used : used - (size_t)(r / 13 % 20);

                        write_all(fd, buffer, n);
                        memmove(buffer, buffer + n, used - n);
                        used -= n;
                        if (r % 7 == 0)
                                usleep((useconds_t)(r % 500));
                }
        }

        /* The last line has no newline: the end of the stream ends it. */
        if (used > 0)
                write_all(fd, buffer, used - 1);
}

/* As fast as they are taken, in pieces of a page. */
static void write_wide_lines(int fd, uint64_t n_lines, size_t width, size_t writer) {
        char buffer[4096], line[1024];
        size_t used = 0;

        for (uint64_t i = 0; i < n_lines; i++) {
                size_t n = (size_t)snprintf(line, sizeof(line), "writer %zu line %" PRIu64 " ", writer, i);

                for (; n < width - 1; n++)
                        line[n] = (char)('a' + n % 26);
                line[n++] = '\n';
                if (used + n > sizeof(buffer)) {
                        write_all(fd, buffer, used);
                        used = 0;
                }
                memcpy(buffer + used, line, n);
                used += n;
        }
        write_all(fd, buffer, used);
}
