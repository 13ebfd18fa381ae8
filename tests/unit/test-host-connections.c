/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Clients of a process, counted by the kernel's own list. */

#include "host/connections.h"

#include "base/macro.h"
#include "base/runtime.h"

#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

typedef union Address {
        struct sockaddr any;
        struct sockaddr_in in;
        struct sockaddr_in6 in6;
        struct sockaddr_un un;
} Address;

static int listen_at(Address *a, socklen_t *len) {
        int fd = socket(a->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

        if (fd < 0 || bind(fd, &a->any, *len) < 0 || listen(fd, 8) < 0)
                return -1;
        *len = sizeof(*a);
        assert_return_code(getsockname(fd, &a->any, len), errno);
        return fd;
}

static int client_of(const Address *a, socklen_t len) {
        int fd = socket(a->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

        assert_return_code(fd, errno);
        assert_return_code(connect(fd, &a->any, len), errno);
        return fd;
}

static unsigned count(int listener) {
        pid_t pid = getpid();
        unsigned n = 99;

        assert_return_code(connections_count(&pid, 1, &listener, 1, &n), 0);
        return n;
}

/* The clients are in this process as well, and do not count: it is they who have connected. */
static void run(Address *a, socklen_t len) {
        int listener = listen_at(a, &len), clients[3], served[3];

        if (listener < 0)
                skip(); /* no such addresses here */
        assert_int_equal(count(listener), 0);
        for (int i = 0; i < 3; i++)
                clients[i] = client_of(a, len);
        if (a->any.sa_family != AF_UNIX)
                assert_int_equal(connections_waiting(listener), 3);
        assert_int_equal(count(listener), 0); /* nobody has accepted them */
        for (int i = 0; i < 3; i++)
                assert_return_code(served[i] = accept(listener, NULL, NULL), errno);
        assert_int_equal(connections_waiting(listener), 0);
        assert_int_equal(count(listener), 3);
        close(served[1]);
        assert_int_equal(count(listener), 2);
        close(clients[0]); /* the other side has gone, and we have not noticed yet */
        assert_int_equal(count(listener), 2);
        close(served[0]);
        close(served[2]);
        assert_int_equal(count(listener), 0);
        close(clients[1]);
        close(clients[2]);
        close(listener);
}

static void tcp_over_ipv4(void **state) {
        Address a = { .in = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) } };

        run(&a, sizeof(a.in));
}

static void tcp_over_ipv6(void **state) {
        Address a = { .in6 = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT } };

        run(&a, sizeof(a.in6));
}

static void unix_stream(void **state) {
        Address a = { .un = { .sun_family = AF_UNIX } };

        /* abstract, made unique by the pid */
        snprintf(a.un.sun_path + 1, sizeof(a.un.sun_path) - 1, "svinit-test-connections-%d", (int)getpid());
        run(&a, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(a.un.sun_path + 1)));
}

static void clients_of_another_process_are_its_own(void **state) {
        Address a = { .in = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) } };
        socklen_t len = sizeof(a.in);
        int listener = listen_at(&a, &len), served, client, done[2];
        unsigned n = 99;
        pid_t child;

        if (listener < 0)
                skip();
        client = client_of(&a, len);
        served = accept(listener, NULL, NULL);
        assert_return_code(served, errno);
        assert_return_code(pipe(done), errno);
        child = fork();
        assert_return_code(child, errno);
        if (child == 0) { /* has it until the pipe is closed */
                char c;

                close(done[1]);
                _exit(read(done[0], &c, 1) == 0 ? 0 : 1);
        }
        close(served);
        assert_int_equal(count(listener), 0);
        assert_return_code(connections_count(&child, 1, &listener, 1, &n), 0);
        assert_int_equal(n, 1);
        close(done[0]);
        close(done[1]);
        assert_int_equal(waitpid(child, NULL, 0), child);
        assert_return_code(connections_count(&child, 1, &listener, 1, &n), 0);
        assert_int_equal(n, 0); /* it has ended */
        close(client);
        close(listener);
}

static void what_does_not_listen_has_no_clients(void **state) {
        int fds[2];

        assert_return_code(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), errno);
        assert_int_equal(count(fds[0]), 0);
        assert_int_equal(connections_waiting(fds[0]), 0);
        close(fds[0]);
        close(fds[1]);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(tcp_over_ipv4),
                cmocka_unit_test(tcp_over_ipv6),
                cmocka_unit_test(unix_stream),
                cmocka_unit_test(clients_of_another_process_are_its_own),
                cmocka_unit_test(what_does_not_listen_has_no_clients),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
