/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Several sockets on one port: which of them gets what is new. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "host/sockets.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#define MEMBERS 4
#define LINES 3 /* stream, datagram, UNIX */

typedef struct World {
        UnitSpec *spec;
        Report report;
        char directory[32];
        unsigned short port;
        int *first, more[MEMBERS][LINES]; /* more[0] is first */
        size_t n_lines;
} World;

static struct sockaddr_in loopback(unsigned short port) {
        return (struct sockaddr_in){ .sin_family = AF_INET,
                                     .sin_port = htons(port),
                                     .sin_addr = { htonl(INADDR_LOOPBACK) } };
}

/* That nobody has, in either protocol. */
static unsigned short free_port(void) {
        for (;;) {
                struct sockaddr_in a = loopback(0);
                socklen_t n = sizeof(a);
                int stream auto_fd = socket(AF_INET, SOCK_STREAM, 0),
                           datagram auto_fd = socket(AF_INET, SOCK_DGRAM, 0);

                assert_int_equal(bind(stream, (struct sockaddr *)&a, sizeof(a)), 0);
                assert_int_equal(getsockname(stream, (struct sockaddr *)&a, &n), 0);
                if (bind(datagram, (struct sockaddr *)&a, sizeof(a)) == 0)
                        return ntohs(a.sin_port);
        }
}

static void read_spec(World *w, const char *distribution) {
        SpecContext context = { .report = &w->report };
        char text[256];
        int n = snprintf(
                text, sizeof(text),
                "[Socket]\nListenStream=127.0.0.1:%u\nListenDatagram=127.0.0.1:%u\nListenStream=%s/s\n%s",
                w->port, w->port, w->directory, distribution);

        assert_int_equal(spec_new("a.socket", &w->spec), 0);
        assert_int_equal(spec_read(w->spec, &context, "a.socket", (Text){ text, (size_t)n }), 0);
        assert_int_equal(spec_complete(w->spec, &context), 0);
        assert_int_equal(w->report.n_findings, 0);
}

static int set_up(void **state) {
        World *w = calloc(1, sizeof(*w));
        InheritedFds none = { 0 };

        assert_non_null(w);
        strcpy(w->directory, "/tmp/test-share-XXXXXX");
        assert_non_null(mkdtemp(w->directory));
        w->port = free_port();
        read_spec(w, "X-SocketDistribution=reuseport\n");
        assert_int_equal(
                listen_open(w->spec->socket, &none, "a", &w->report, "a.socket", &w->first, &w->n_lines), 0);
        assert_int_equal(w->n_lines, LINES);
        memcpy(w->more[0], w->first, sizeof(w->more[0]));
        for (unsigned i = 1; i < MEMBERS; i++) {
                assert_int_equal(
                        listen_open_more(w->spec->socket, w->first, &w->report, "a.socket", w->more[i]), 0);
                assert_int_equal(w->more[i][2], -1);
        }
        *state = w;
        return 0;
}

static int tear_down(void **state) {
        World *w = *state;
        char command[64];

        for (unsigned i = 1; i < MEMBERS; i++)
                for (unsigned l = 0; l < LINES; l++)
                        fd_release(&w->more[i][l]);
        listen_close(w->spec->socket, w->first, w->n_lines);
        snprintf(command, sizeof(command), "rm -rf %s", w->directory);
        assert_int_equal(system(command), 0);
        report_release(&w->report);
        spec_free(w->spec);
        free(w);
        return 0;
}

static void choose(World *w, const unsigned *places, size_t n) {
        for (unsigned l = 0; l < 2; l++)
                assert_int_equal(listen_select(w->first[l], places, n), 0);
}

/* How many of so many connections wait at each. */
static void connect_many(World *w, unsigned n, unsigned *ret) {
        struct sockaddr_in a = loopback(w->port);

        memset(ret, 0, MEMBERS * sizeof(*ret));
        for (unsigned i = 0; i < n; i++) {
                int fd auto_fd = socket(AF_INET, SOCK_STREAM, 0);

                assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
                for (unsigned m = 0; m < MEMBERS; m++) {
                        int got auto_fd = w->more[m][0] < 0 ? -1 : accept(w->more[m][0], NULL, NULL);

                        ret[m] += got >= 0;
                }
        }
}

static void send_one(World *w, int fd) {
        struct sockaddr_in a = loopback(w->port);

        assert_int_equal(sendto(fd, "x", 1, 0, (struct sockaddr *)&a, sizeof(a)), 1);
}

static unsigned count_datagrams(World *w, unsigned member) {
        unsigned n = 0;
        char c;

        while (recv(w->more[member][1], &c, 1, MSG_DONTWAIT) == 1)
                n++;
        return n;
}

static void only_the_chosen_get_connections_and_each_of_them_some(void **state) {
        World *w = *state;
        unsigned got[MEMBERS];

        choose(w, (unsigned[]){ 1, 3 }, 2);
        connect_many(w, 200, got);
        assert_int_equal(got[0] + got[2], 0);
        assert_int_equal(got[1] + got[3], 200);
        assert_true(got[1] > 40 && got[3] > 40);
        choose(w, (unsigned[]){ 2 }, 1);
        connect_many(w, 20, got);
        assert_int_equal(got[2], 20);
        choose(w, (unsigned[]){ 0, 1, 2, 3 }, 4);
        connect_many(w, 400, got);
        for (unsigned m = 0; m < MEMBERS; m++)
                assert_true(got[m] > 40);
}

static void the_last_one_takes_the_place_of_one_that_is_closed(void **state) {
        World *w = *state;
        unsigned got[MEMBERS];

        fd_release(&w->more[1][0]);
        assert_int_equal(listen_select(w->first[0], (unsigned[]){ 1 }, 1), 0);
        connect_many(w, 20, got);
        assert_int_equal(got[3], 20);
}

static void datagrams_of_one_sender_go_one_way_and_those_of_many_several(void **state) {
        World *w = *state;
        int one auto_fd = socket(AF_INET, SOCK_DGRAM, 0);
        unsigned all = 0, with_some = 0;

        choose(w, (unsigned[]){ 0, 1, 3 }, 3);
        for (unsigned i = 0; i < 20; i++)
                send_one(w, one);
        for (unsigned m = 0; m < MEMBERS; m++) {
                unsigned n = count_datagrams(w, m);

                assert_true(n == 0 || n == 20);
                all += n;
        }
        assert_int_equal(all, 20);
        for (unsigned i = 0; i < 120; i++) {
                int fd auto_fd = socket(AF_INET, SOCK_DGRAM, 0);

                send_one(w, fd);
        }
        assert_int_equal(count_datagrams(w, 2), 0);
        for (unsigned m = 0; m < MEMBERS; m++)
                with_some += count_datagrams(w, m) > 0;
        assert_int_equal(with_some, 3);
}

static void any_choice_has_a_program(void **state) {
        static unsigned places[1000];
        World *w = *state;
        unsigned got[MEMBERS];

        for (unsigned i = 0; i < ELEMENTSOF(places); i++)
                places[i] = 2 * i;
        choose(w, places, ELEMENTSOF(places));
        for (unsigned i = 0; i < ELEMENTSOF(places); i++)
                places[i] = i;
        choose(w, places, ELEMENTSOF(places)); /* the kernel takes any for a place that is not there */
        connect_many(w, 20, got);
        assert_int_equal(got[0] + got[1] + got[2] + got[3], 20);
}

static void only_internet_sockets_that_are_told_to_can_be_several(void **state) {
        World *w = *state, other = { .port = free_port() };
        InheritedFds none = { 0 };

        assert_true(listen_is_shareable(w->first[0]));
        assert_true(listen_is_shareable(w->first[1]));
        assert_false(listen_is_shareable(w->first[2]));
        strcpy(other.directory, w->directory);
        read_spec(&other, "");
        assert_int_equal(listen_open(other.spec->socket, &none, "a", &other.report, "a.socket", &other.first,
                                     &other.n_lines),
                         0);
        assert_false(listen_is_shareable(other.first[0]));
        listen_close(other.spec->socket, other.first, other.n_lines);
        spec_free(other.spec);
        report_release(&other.report);
}

static void one_that_cannot_be_opened_leaves_nothing(void **state) {
        World *w = *state;
        int fds[LINES] = { 7, 7, 7 }, first[LINES];

        /* The datagram line is another port's, which somebody has for himself. */
        int taken auto_fd = socket(AF_INET, SOCK_DGRAM, 0);
        struct sockaddr_in a = loopback(0);
        socklen_t n = sizeof(a);
        char text[40];

        assert_int_equal(bind(taken, (struct sockaddr *)&a, sizeof(a)), 0);
        assert_int_equal(getsockname(taken, (struct sockaddr *)&a, &n), 0);
        snprintf(text, sizeof(text), "127.0.0.1:%u", ntohs(a.sin_port));
        memcpy(first, w->first, sizeof(first));
        char *before = w->spec->socket->listen[1].address;
        w->spec->socket->listen[1].address = text;
        assert_int_equal(listen_open_more(w->spec->socket, first, &w->report, "a.socket", fds), -EADDRINUSE);
        w->spec->socket->listen[1].address = before;
        for (unsigned l = 0; l < LINES; l++)
                assert_int_equal(fds[l], -1);
        assert_non_null(strstr(w->report.findings[0].text, text));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
        const struct CMUnitTest tests[] = {
                TEST(only_the_chosen_get_connections_and_each_of_them_some),
                TEST(the_last_one_takes_the_place_of_one_that_is_closed),
                TEST(datagrams_of_one_sender_go_one_way_and_those_of_many_several),
                TEST(any_choice_has_a_program),
                TEST(only_internet_sockets_that_are_told_to_can_be_several),
                TEST(one_that_cannot_be_opened_leaves_nothing),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
