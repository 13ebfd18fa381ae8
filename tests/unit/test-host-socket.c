/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Listening descriptors: what systemd.socket(5) promises of their addresses, nodes and options. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "host/socket-address.h"
#include "host/sockets.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct World {
        UnitSpec *spec;
        Report report;
        char directory[32];
        int *fds;
        size_t n;
} World;

static int set_up(void **state) {
        World *w = calloc(1, sizeof(*w));

        assert_non_null(w);
        strcpy(w->directory, "/tmp/test-socket-XXXXXX");
        assert_non_null(mkdtemp(w->directory));
        *state = w;
        return 0;
}

static int tear_down(void **state) {
        World *w = *state;
        char command[64];

        if (w->fds)
                listen_close(w->spec->socket, w->fds, w->n);
        snprintf(command, sizeof(command), "rm -rf %s", w->directory);
        assert_int_equal(system(command), 0);
        report_release(&w->report);
        spec_free(w->spec);
        free(w);
        return 0;
}

/* The lines of [Socket]; "`" stands for the directory of the test. */
static int open_lines(World *w, const char *lines) {
        SpecContext context = { .report = &w->report };
        Buf text = { 0 };
        int r;

        if (w->fds)
                listen_close(w->spec->socket, w->fds, w->n);
        w->fds = NULL;
        report_release(&w->report);
        spec_free(w->spec);
        assert_int_equal(spec_new("a.socket", &w->spec), 0);
        buf_add(&text, "[Socket]\n");
        for (const char *p = lines; *p; p++)
                if (*p == '`')
                        buf_add(&text, w->directory);
                else
                        buf_add_char(&text, *p);
        assert_int_equal(spec_read(w->spec, &context, "a.socket", (Text){ text.data, text.len }), 0);
        assert_int_equal(spec_complete(w->spec, &context), 0);
        assert_int_equal(w->report.n_findings, 0);
        buf_release(&text);
        r = listen_open(w->spec->socket, &w->report, "a.socket", &w->fds, &w->n);
        return r;
}

static char *below(World *w, const char *name) {
        static char path[128];

        snprintf(path, sizeof(path), "%s/%s", w->directory, name);
        return path;
}

static int option(int fd, int level, int name) {
        socklen_t n = sizeof(int);
        int v = -1;

        assert_int_equal(getsockopt(fd, level, name, &v, &n), 0);
        return v;
}

static void sockets_come_in_the_order_of_their_lines(void **state) {
        World *w = *state;

        assert_int_equal(
                open_lines(
                        w,
                        "ListenDatagram=`/a\nListenStream=`/b\nListenSequentialPacket=`/c\nListenFIFO=`/d\n"),
                0);
        assert_int_equal(w->n, 4);
        assert_int_equal(option(w->fds[0], SOL_SOCKET, SO_TYPE), SOCK_DGRAM);
        assert_int_equal(option(w->fds[1], SOL_SOCKET, SO_TYPE), SOCK_STREAM);
        assert_int_equal(option(w->fds[1], SOL_SOCKET, SO_ACCEPTCONN), 1);
        assert_int_equal(option(w->fds[2], SOL_SOCKET, SO_TYPE), SOCK_SEQPACKET);
        struct stat st;
        assert_int_equal(fstat(w->fds[3], &st), 0);
        assert_true(S_ISFIFO(st.st_mode));
        for (size_t i = 0; i < w->n; i++) {
                assert_int_equal(fcntl(w->fds[i], F_GETFD), FD_CLOEXEC);
                assert_true(fcntl(w->fds[i], F_GETFL) & O_NONBLOCK);
        }
}

static void nodes_have_mode_and_parents(void **state) {
        World *w = *state;
        struct stat st;

        umask(077);
        assert_int_equal(
                open_lines(w, "ListenStream=`/x/y/s\nListenFIFO=`/f\nSocketMode=0660\nDirectoryMode=0700\n"),
                0);
        umask(022);
        assert_int_equal(stat(below(w, "x/y/s"), &st), 0);
        assert_int_equal(st.st_mode & 07777, 0660);
        assert_int_equal(stat(below(w, "f"), &st), 0);
        assert_int_equal(st.st_mode & 07777, 0660);
        assert_int_equal(stat(below(w, "x"), &st), 0);
        assert_int_equal(st.st_mode & 07777, 0700);
}

static void nodes_belong_to_the_socket_s_user(void **state) {
        World *w = *state;
        struct stat st;

        if (geteuid() != 0) {
                print_message("skipped: needs root\n");
                skip();
        }
        assert_int_equal(open_lines(w, "ListenStream=`/s\nSocketUser=www-data\n"), 0);
        assert_int_equal(stat(below(w, "s"), &st), 0);
        assert_int_equal(st.st_uid, 33);
        assert_int_equal(st.st_gid, 33);
        assert_int_equal(open_lines(w, "ListenStream=`/s\nSocketUser=www-data\nSocketGroup=adm\n"), 0);
        assert_int_equal(stat(below(w, "s"), &st), 0);
        assert_int_equal(st.st_gid, 4);
}

static void an_unknown_user_is_refused_by_name(void **state) {
        World *w = *state;

        assert_int_equal(open_lines(w, "ListenStream=`/s\nSocketUser=no-such-user\n"), -ESRCH);
        assert_int_equal(w->report.n_findings, 1);
        assert_string_equal(w->report.findings[0].key, "SocketUser");
        assert_non_null(strstr(w->report.findings[0].text, "no-such-user"));
        assert_int_equal(access(below(w, "s"), F_OK), -1);
}

static void a_stale_socket_is_replaced_a_file_is_not(void **state) {
        World *w = *state;
        int fd;

        assert_int_equal(open_lines(w, "ListenStream=`/s\n"), 0);
        assert_int_equal(open_lines(w, "ListenStream=`/s\n"), 0);
        fd = open(below(w, "file"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
        close(fd);
        assert_int_equal(open_lines(w, "ListenStream=`/other\nListenStream=`/file\n"), -EADDRINUSE);
        assert_null(w->fds);
        assert_int_equal(report_count(&w->report, SEVERITY_ERROR), 1);
        assert_non_null(strstr(w->report.findings[0].text, "/file"));
        assert_int_equal(access(below(w, "file"), F_OK), 0);
}

static void nodes_are_removed_only_when_asked(void **state) {
        World *w = *state;

        assert_int_equal(open_lines(w, "ListenStream=`/s\nSymlinks=`/l\n"), 0);
        listen_close(w->spec->socket, TAKE(w->fds), w->n);
        assert_int_equal(access(below(w, "s"), F_OK), 0);
        assert_int_equal(open_lines(w, "ListenStream=`/s\nSymlinks=`/l\nRemoveOnStop=yes\n"), 0);
        assert_int_equal(access(below(w, "l"), F_OK), 0);
        listen_close(w->spec->socket, TAKE(w->fds), w->n);
        assert_int_equal(access(below(w, "s"), F_OK), -1);
        struct stat st;
        assert_int_equal(lstat(below(w, "l"), &st), -1);
}

/* A port of this machine that nobody uses now. */
static unsigned free_port(void) {
        struct sockaddr_in sa = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
        socklen_t n = sizeof(sa);
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

        assert_int_equal(bind(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
        assert_int_equal(getsockname(fd, (struct sockaddr *)&sa, &n), 0);
        close(fd);
        return ntohs(sa.sin_port);
}

static int connect_to(unsigned port) {
        struct sockaddr_in sa = { .sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                                  .sin_port = htons((uint16_t)port) };
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

        assert_int_equal(connect(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
        return fd;
}

static void connections_are_named_by_their_ends(void **state) {
        char *instance = NULL, **env = NULL, text[128], expected[128];
        unsigned port = free_port();
        int client, fd = -1;
        World *w = *state;

        /* A bare port answers over IPv4 as well. */
        snprintf(text, sizeof(text), "ListenStream=%u\nKeepAlive=yes\nNoDelay=yes\n", port);
        assert_int_equal(open_lines(w, text), 0);
        assert_int_equal(option(w->fds[0], SOL_SOCKET, SO_KEEPALIVE), 1);
        assert_int_equal(option(w->fds[0], IPPROTO_TCP, TCP_NODELAY), 1);
        client = connect_to(port);
        assert_int_equal(listen_accept(w->fds[0], 7, &fd, &instance, &env), 0);
        snprintf(expected, sizeof(expected), "7-127.0.0.1:%u-127.0.0.1:", port);
        assert_true(str_starts_with(instance, expected));
        assert_string_equal(env_get(env, "REMOTE_ADDR", 11), "127.0.0.1");
        assert_string_equal(env_get(env, "REMOTE_PORT", 11), instance + strlen(expected));
        assert_int_equal(fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
        free(instance);
        strv_free(env);
        close(fd);
        close(client);
        assert_int_equal(listen_accept(w->fds[0], 8, &fd, &instance, &env), -EAGAIN);
}

static void what_is_pending_is_flushed(void **state) {
        struct sockaddr_un sa = { .sun_family = AF_UNIX };
        char *instance, **env, scrap[8];
        int client, fd;
        World *w = *state;

        assert_int_equal(open_lines(w, "ListenStream=`/s\nListenDatagram=`/d\nListenFIFO=`/f\n"), 0);
        client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        strcpy(sa.sun_path, below(w, "s"));
        assert_int_equal(connect(client, (struct sockaddr *)&sa, sizeof(sa)), 0);
        close(client);
        client = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        strcpy(sa.sun_path, below(w, "d"));
        assert_int_equal(sendto(client, "x", 1, 0, (struct sockaddr *)&sa, sizeof(sa)), 1);
        close(client);
        assert_int_equal(write(w->fds[2], "abc", 3), 3);
        listen_flush(w->spec->socket, w->fds, w->n);
        assert_int_equal(listen_accept(w->fds[0], 0, &fd, &instance, &env), -EAGAIN);
        assert_int_equal(recv(w->fds[1], scrap, sizeof(scrap), MSG_DONTWAIT), -1);
        assert_int_equal(read(w->fds[2], scrap, sizeof(scrap)), -1);
}

static void expect_address(const char *text, int family, const char *host, unsigned port) {
        char buffer[INET6_ADDRSTRLEN];
        SocketAddress a;
        unsigned p;

        assert_int_equal(socket_address_parse(text, true, &a), 0);
        assert_int_equal(a.any.sa_family, family);
        socket_address_host(&a, buffer, sizeof(buffer), &p);
        assert_string_equal(buffer, host);
        assert_int_equal(p, port);
}

static void addresses_are_understood(void **state) {
        SocketAddress a;

        expect_address("80", AF_INET6, "::", 80);
        expect_address("127.0.0.1:80", AF_INET, "127.0.0.1", 80);
        expect_address("[::1]:80", AF_INET6, "::1", 80);
        expect_address("[fe80::1]:80%1", AF_INET6, "fe80::1", 80);
        assert_int_equal(socket_address_parse("80", false, &a), 0);
        assert_int_equal(a.any.sa_family, AF_INET);
        assert_int_equal(socket_address_parse("@abstract", true, &a), 0);
        assert_int_equal(a.len, offsetof(struct sockaddr_un, sun_path) + 9);
        assert_null(socket_address_path(&a));
        assert_int_equal(socket_address_parse("/run/x", true, &a), 0);
        assert_string_equal(socket_address_path(&a), "/run/x");
        assert_int_equal(socket_address_parse("vsock::99", true, &a), 0);
        assert_int_equal(a.vm.svm_port, 99);
        assert_int_equal(socket_address_parse("vsock:", true, &a), -EINVAL);
        assert_int_equal(socket_address_parse("0", true, &a), -EINVAL);
        assert_int_equal(socket_address_parse("65536", true, &a), -EINVAL);
        assert_int_equal(socket_address_parse("[::1", true, &a), -EINVAL);
        assert_int_equal(socket_address_parse("1.2.3:4", true, &a), -EINVAL);
        assert_int_equal(socket_address_parse("", true, &a), -EINVAL);
        assert_int_equal(socket_address_parse("/", true, &a), -EINVAL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
        const struct CMUnitTest tests[] = {
                TEST(sockets_come_in_the_order_of_their_lines), TEST(nodes_have_mode_and_parents),
                TEST(nodes_belong_to_the_socket_s_user),        TEST(an_unknown_user_is_refused_by_name),
                TEST(a_stale_socket_is_replaced_a_file_is_not), TEST(nodes_are_removed_only_when_asked),
                TEST(connections_are_named_by_their_ends),      TEST(what_is_pending_is_flushed),
                cmocka_unit_test(addresses_are_understood),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
