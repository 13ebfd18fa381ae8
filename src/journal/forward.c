/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "journal/forward.h"

#include "base/macro.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define KMSG_TEXT_MAX 900U /* the kernel refuses more than about a kilobyte */
#define WALL_TEXT_MAX 2048U
#define WALL_PAUSE (100 * USEC_PER_MSEC)

static int open_device(const char *path) {
        int fd auto_fd = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
        struct stat st;

        return fd >= 0 && fstat(fd, &st) >= 0 && S_ISCHR(st.st_mode) ? TAKE_FD(fd) : -1;
}

void forward_open(Forward *f, const char *tty_path) {
        *f = FORWARD_INIT;
        f->kmsg = open_device("/dev/kmsg");
        f->terminal = open_device(tty_path);
}

void forward_leave_out_terminal(Forward *f, int shown) {
        struct stat a, b;

        if (f->terminal >= 0 && fstat(f->terminal, &a) >= 0 && fstat(shown, &b) >= 0 && S_ISCHR(b.st_mode) &&
            a.st_rdev == b.st_rdev)
                fd_release(&f->terminal);
}

void forward_release(Forward *f) {
        fd_release(&f->kmsg);
        fd_release(&f->terminal);
}

static int write_sender(const ForwardLine *line, char *buffer, size_t size) {
        const char *name = line->identifier ?: "unknown";

        return line->pid > 0 ? snprintf(buffer, size, "%.128s[%d]: ", name, (int)line->pid)
                             : snprintf(buffer, size, "%.128s: ", name);
}

static void write_line(Forward *f, int *fd, const char *head, const char *sender, const char *text,
                       size_t n) {
        struct iovec iov[] = { { (char *)head, strlen(head) },
                               { (char *)sender, strlen(sender) },
                               { (char *)text, n },
                               { (char *)"\n", 1 } };

        if (writev(*fd, iov, ELEMENTSOF(iov)) >= 0)
                return;
        f->n_missed++;
        if (errno == EIO || errno == ENXIO || errno == EPIPE) /* it was hung up */
                fd_release(fd);
}

void forward_to_kmsg(Forward *f, const ForwardLine *line) {
        char head[16], sender[160];

        if (f->kmsg < 0)
                return;
        snprintf(head, sizeof(head), "<%d>", line->priority);
        write_sender(line, sender, sizeof(sender));
        write_line(f, &f->kmsg, head, sender, line->text, MIN(line->size, (size_t)KMSG_TEXT_MAX));
}

void forward_to_terminal(Forward *f, const ForwardLine *line) {
        char head[48], sender[160];

        if (f->terminal < 0)
                return;
        snprintf(head, sizeof(head), "[%5" PRIu64 ".%06" PRIu64 "] ", line->monotonic / USEC_PER_SEC,
                 line->monotonic % USEC_PER_SEC);
        write_sender(line, sender, sizeof(sender));
        write_line(f, &f->terminal, head, sender, line->text, line->size);
}

bool forward_wall_text(Forward *f, const ForwardLine *line, char *buffer, size_t size) {
        int n;

        if (line->monotonic < f->wall_at) {
                f->n_missed++;
                return false;
        }
        f->wall_at = line->monotonic + WALL_PAUSE;
        n = write_sender(line, buffer, size);
        snprintf(buffer + n, size - (size_t)n, "%.*s", (int)MIN(line->size, (size_t)WALL_TEXT_MAX),
                 line->text);
        return true;
}
