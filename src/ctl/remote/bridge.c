/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * stdio-bridge: the far end of -H. Carries bytes between the standard input
 * and output and the bus on which svinit is, until one side closes. What it
 * looks at is the client's greeting: descriptors cannot come this way, so the
 * client is told that nobody here takes them.
 */

#include "ctl/core/ctl.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define BUS_SOCKET "/run/dbus/system_bus_socket"
#define GREETING_MAX 4096
#define ASK_FOR_DESCRIPTORS "NEGOTIATE_UNIX_FD\r\n"
#define ASK_FOR_NOTHING "NEGOTIATE_UNIX_NO\r\n" /* as long; every server says that it knows no such command */
#define END_OF_GREETING "BEGIN\r\n"

static int connect_to_bus(void) {
        struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = BUS_SOCKET };
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), r;

        if (fd < 0)
                return -errno;
        if (connect(fd, (struct sockaddr *)&address, sizeof(address)) >= 0)
                return fd;
        r = -errno;
        close(fd);
        return r;
}

static int write_all(int fd, const char *data, size_t n) {
        while (n > 0) {
                ssize_t k = write(fd, data, n);

                if (k < 0 && errno != EINTR)
                        return -errno;
                data += MAX(k, 0);
                n -= (size_t)MAX(k, 0);
        }
        return 0;
}

/* 1: go on; 0: it has closed. */
static int copy(int from, int to) {
        char data[65536];
        ssize_t n = read(from, data, sizeof(data));
        int r;

        if (n < 0)
                return errno == EINTR || errno == EAGAIN ? 1 : -errno;
        r = write_all(to, data, (size_t)n);
        return r < 0 ? r : n > 0;
}

typedef struct Greeting {
        char text[GREETING_MAX];
        size_t n;
        bool over;
} Greeting;

/* Passes on what is whole; a line that comes in pieces is kept until its end is there. */
static int pass_greeting(Greeting *g, int to) {
        char *end, *ask;
        size_t whole;
        int r;

        end = memmem(g->text, g->n, END_OF_GREETING, strlen(END_OF_GREETING));
        g->over = end || g->n == sizeof(g->text);
        ask = memmem(g->text, end ? (size_t)(end - g->text) : g->n, ASK_FOR_DESCRIPTORS,
                     strlen(ASK_FOR_DESCRIPTORS));
        if (ask)
                memcpy(ask, ASK_FOR_NOTHING, strlen(ASK_FOR_NOTHING));
        end = memrchr(g->text, '\n', g->n);
        whole = g->over ? g->n : end ? (size_t)(end + 1 - g->text) : 0;
        r = write_all(to, g->text, whole);
        g->n -= whole;
        memmove(g->text, g->text + whole, g->n);
        return r < 0 ? r : 1;
}

static int copy_greeting(Greeting *g, int from, int to) {
        ssize_t n = read(from, g->text + g->n, sizeof(g->text) - g->n);

        if (n < 0)
                return errno == EINTR ? 1 : -errno;
        if (n == 0)
                return write_all(to, g->text, g->n);
        g->n += (size_t)n;
        return pass_greeting(g, to);
}

static int carry(int bus) {
        struct pollfd fds[] = { { .fd = STDIN_FILENO, .events = POLLIN }, { .fd = bus, .events = POLLIN } };
        Greeting greeting = { 0 };
        int r = 1;

        while (r > 0) {
                if (poll(fds, ELEMENTSOF(fds), -1) < 0) {
                        r = errno == EINTR ? 1 : -errno;
                        continue;
                }
                if (fds[1].revents)
                        r = copy(bus, STDOUT_FILENO);
                if (r > 0 && fds[0].revents)
                        r = greeting.over ? copy(STDIN_FILENO, bus)
                                          : copy_greeting(&greeting, STDIN_FILENO, bus);
        }
        return r;
}

VERB(stdio_bridge) {
        int bus = connect_to_bus(), r;

        if (bus < 0)
                return ctl_print_error("%s: %s", BUS_SOCKET, strerror(-bus));
        r = carry(bus);
        close(bus);
        return r < 0 && r != -EPIPE && r != -ECONNRESET ? ctl_print_error("%s", strerror(-r)) : CTL_OK;
}
