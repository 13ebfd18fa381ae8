/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Questions of svinit-apps to services: real sockets, well-behaved and other servers. */

#include "apps/instance.h"
#include "apps/probe.h"

#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

/* A server that does as it is told: what it sends, a byte at a time or at once, and whether it closes then. */
typedef struct Server {
        int listener, client; /* client: the first connection */
        unsigned port;
        const char *answer; /* NULL: none */
        size_t sent;
        bool drips, closes, floods;
        sd_event_source *source, *client_source, *timer;
        char request[2048];
        size_t n_request;
} Server;

typedef struct World {
        Apps apps;
        int pid1; /* its end of the link */
        Server server;
} World;

static int setup(void **state) {
        World *w = calloc(1, sizeof(*w));
        int pair[2];

        assert_non_null(w);
        assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair), 0);
        w->apps.control_fd = pair[0];
        w->pid1 = pair[1];
        w->server.listener = w->server.client = -1;
        assert_true(sd_event_new(&w->apps.event) >= 0);
        *state = w;
        return 0;
}

static void server_end(Server *s) {
        s->source = sd_event_source_disable_unref(s->source);
        s->client_source = sd_event_source_disable_unref(s->client_source);
        s->timer = sd_event_source_disable_unref(s->timer);
        if (s->client >= 0)
                close(s->client);
        if (s->listener >= 0)
                close(s->listener);
        *s = (Server){ .listener = -1, .client = -1 };
}

static int teardown(void **state) {
        World *w = *state;

        server_end(&w->server);
        probes_release(&w->apps);
        assert_int_equal(w->apps.n_probes, 0);
        sd_event_unref(w->apps.event);
        close(w->apps.control_fd);
        close(w->pid1);
        free(w);
        return 0;
}

/* ---- the server ---- */

static void server_close(Server *s) {
        s->client_source = sd_event_source_disable_unref(s->client_source);
        s->timer = sd_event_source_disable_unref(s->timer);
        fd_release(&s->client);
}

static int on_drip(sd_event_source *source, uint64_t usec, void *userdata) {
        Server *s = userdata;

        if (send(s->client, s->answer + s->sent, 1, MSG_NOSIGNAL) == 1)
                s->sent++;
        if (!s->answer[s->sent])
                return 0; /* and stays silent */
        assert_true(sd_event_source_set_time_relative(source, USEC_PER_MSEC) >= 0);
        return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

static void server_answer(Server *s, sd_event *event) {
        static const char junk[65536];

        if (s->drips) {
                assert_true(sd_event_add_time_relative(event, &s->timer, CLOCK_MONOTONIC, 0, 1, on_drip, s) >=
                            0);
                return;
        }
        if (s->answer)
                assert_int_equal(send(s->client, s->answer, strlen(s->answer), MSG_NOSIGNAL),
                                 strlen(s->answer));
        if (s->floods)
                (void)sd_event_source_set_io_events(s->client_source, EPOLLOUT);
        while (s->floods && send(s->client, junk, sizeof(junk), MSG_NOSIGNAL | MSG_DONTWAIT) > 0)
                ;
        if (s->closes)
                server_close(s);
}

static int on_client(sd_event_source *source, int fd, uint32_t revents, void *userdata) {
        static const char junk[65536];
        Server *s = userdata;
        ssize_t n;

        if (revents & EPOLLOUT) {
                if (send(fd, junk, sizeof(junk), MSG_NOSIGNAL | MSG_DONTWAIT) < 0 && errno != EAGAIN)
                        server_close(s);
                return 0;
        }
        n = recv(fd, s->request + s->n_request, sizeof(s->request) - 1 - s->n_request, MSG_DONTWAIT);
        if (n <= 0) {
                server_close(s);
                return 0;
        }
        s->n_request += (size_t)n;
        if (strstr(s->request, "\r\n\r\n"))
                server_answer(s, sd_event_source_get_event(source));
        return 0;
}

static int on_listener(sd_event_source *source, int fd, uint32_t revents, void *userdata) {
        Server *s = userdata;

        s->client = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
        assert_true(s->client >= 0);
        return sd_event_add_io(sd_event_source_get_event(source), &s->client_source, s->client, EPOLLIN,
                               on_client, s);
}

/* Without an event source nobody accepts. False: this machine has no such addresses. */
static bool server_begin(World *w, int family, bool accepts) {
        struct sockaddr_in6 a6 = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
        struct sockaddr_in a4 = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
        struct sockaddr_storage got;
        socklen_t n = sizeof(got);
        Server *s = &w->server;
        int on = 1;

        s->listener = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (family == AF_INET6)
                (void)setsockopt(s->listener, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
        if (bind(s->listener, family == AF_INET ? (struct sockaddr *)&a4 : (struct sockaddr *)&a6,
                 family == AF_INET ? sizeof(a4) : sizeof(a6)) < 0) {
                assert_int_equal(family, AF_INET6);
                return false;
        }
        assert_int_equal(listen(s->listener, 1), 0);
        assert_int_equal(getsockname(s->listener, (struct sockaddr *)&got, &n), 0);
        s->port = ntohs(family == AF_INET ? ((struct sockaddr_in *)&got)->sin_port
                                          : ((struct sockaddr_in6 *)&got)->sin6_port);
        if (accepts)
                assert_true(sd_event_add_io(w->apps.event, &s->source, s->listener, EPOLLIN, on_listener,
                                            s) >= 0);
        return true;
}

/* ---- what PID 1 is told ---- */

static int answer(World *w, uint64_t id, const char *text) {
        LinkIncoming in;
        int r, value;

        probe_begin(&w->apps, id, text, strlen(text));
        while ((r = link_receive(w->pid1, &in)) == 0)
                assert_true(sd_event_run(w->apps.event, UINT64_MAX) >= 0);
        assert_int_equal(r, 1);
        assert_int_equal(in.message.verb, APPS_PROBED);
        assert_int_equal(in.message.id, id);
        value = in.message.value;
        link_incoming_release(&in);
        return value;
}

static int ask_http(World *w, const char *path, unsigned msec) {
        char text[256];

        snprintf(text, sizeof(text), "KIND=http\nPORT=%u\nPATH=%s\nTIMEOUT_USEC=%u", w->server.port, path,
                 msec * 1000);
        return answer(w, 7, text);
}

static int http(World *w, Server how, unsigned msec) {
        server_end(&w->server);
        how.listener = how.client = -1;
        w->server = how;
        server_begin(w, AF_INET, true);
        return ask_http(w, "/", msec);
}

#define LONG 60000 /* ms: nothing waits for it */

static void a_status_is_the_answer(void **state) {
        World *w = *state;

        assert_int_equal(http(w, (Server){ .answer = "HTTP/1.1 200 OK\r\n\r\n", .closes = true }, LONG), 200);
        assert_int_equal(http(w, (Server){ .answer = "HTTP/1.0 301\n" }, LONG), 301);
        assert_int_equal(http(w, (Server){ .answer = "HTTP/1.1 503 Not\r\n", .closes = true }, LONG), 503);
        assert_int_equal(http(w,
                              (Server){ .answer = "HTTP/1.1 100 Continue\r\nA: b\r\n\r\nHTTP/1.1 204 x\r\n" },
                              LONG),
                         204);
        assert_int_equal(http(w, (Server){ .answer = "HTTP/1.1 200 OK\r\n\r\n", .drips = true }, LONG), 200);
}

static void the_request_is_what_servers_expect(void **state) {
        World *w = *state;

        w->server.answer = "HTTP/1.1 200 OK\r\n\r\n";
        server_begin(w, AF_INET, true);
        assert_int_equal(ask_http(w, "/health?a=b", LONG), 200);
        assert_ptr_equal(strstr(w->server.request, "GET /health?a=b HTTP/1.1\r\n"), w->server.request);
        assert_non_null(strstr(w->server.request, "\r\nHost: localhost:"));
        assert_non_null(strstr(w->server.request, "\r\nConnection: close\r\n"));
}

static void what_is_no_http_is_told_apart(void **state) {
        World *w = *state;

        assert_int_equal(http(w, (Server){ .answer = "220 smtp ready\r\n" }, LONG), APPS_PROBE_NO_HTTP);
        assert_int_equal(http(w, (Server){ .floods = true }, LONG), APPS_PROBE_NO_HTTP);
        assert_int_equal(http(w, (Server){ .closes = true }, LONG), APPS_PROBE_CLOSED);
        assert_int_equal(http(w, (Server){ .answer = "HTTP/1.1 2", .closes = true }, LONG),
                         APPS_PROBE_CLOSED);
        assert_int_equal(w->apps.n_probes, 0);
}

/* Whoever hangs, drips and never ends, or does not even accept. */
static void who_is_too_slow_is_late(void **state) {
        World *w = *state;

        assert_int_equal(http(w, (Server){ 0 }, 20), APPS_PROBE_LATE);
        assert_int_equal(http(w, (Server){ .answer = "HTTP/1.1 200 OK and so on", .drips = true }, 200),
                         APPS_PROBE_LATE);
        server_end(&w->server);
        server_begin(w, AF_INET, false);
        assert_int_equal(ask_http(w, "/", 20), APPS_PROBE_LATE);
        assert_int_equal(w->apps.n_probes, 0);
}

static void a_huge_answer_is_not_read_to_its_end(void **state) {
        World *w = *state;

        assert_int_equal(http(w, (Server){ .answer = "HTTP/1.1 200 OK\r\n\r\n", .floods = true }, LONG), 200);
        while (w->apps.n_probes > 0) /* far sooner than after its time */
                assert_true(sd_event_run(w->apps.event, UINT64_MAX) >= 0);
}

static void nobody_there_is_refused_and_the_other_address_is_tried(void **state) {
        World *w = *state;
        unsigned port;
        char text[128];

        assert_true(server_begin(w, AF_INET, true));
        port = w->server.port;
        server_end(&w->server);
        snprintf(text, sizeof(text), "KIND=tcp\nPORT=%u\nTIMEOUT_USEC=60000000", port);
        assert_int_equal(answer(w, 1, text), APPS_PROBE_ERRNO + ECONNREFUSED);
        if (!server_begin(w, AF_INET6, true))
                return;
        snprintf(text, sizeof(text), "KIND=tcp\nPORT=%u\nTIMEOUT_USEC=60000000", w->server.port);
        assert_int_equal(answer(w, 2, text), APPS_PROBE_WELL);
        snprintf(text, sizeof(text), "KIND=tcp\nHOST=127.0.0.1\nPORT=%u\nTIMEOUT_USEC=60000000",
                 w->server.port);
        assert_int_equal(answer(w, 3, text), APPS_PROBE_ERRNO + ECONNREFUSED);
        snprintf(text, sizeof(text), "KIND=tcp\nHOST=::1\nPORT=%u\nTIMEOUT_USEC=60000000", w->server.port);
        assert_int_equal(answer(w, 4, text), APPS_PROBE_WELL);
}

static void unix_sockets_of_all_types_are_asked(void **state) {
        static const int types[] = { SOCK_STREAM, SOCK_SEQPACKET, SOCK_DGRAM };
        World *w = *state;
        struct sockaddr_un a = { .sun_family = AF_UNIX };
        char text[256];

        snprintf(a.sun_path, sizeof(a.sun_path), "%s/svinit-probe-%d", getenv("TMPDIR") ?: "/tmp",
                 (int)getpid());
        snprintf(text, sizeof(text), "KIND=unix\nPATH=%s\nTIMEOUT_USEC=60000000", a.sun_path);
        (void)unlink(a.sun_path);
        assert_int_equal(answer(w, 1, text), APPS_PROBE_ERRNO + ENOENT);
        for (size_t i = 0; i < ELEMENTSOF(types); i++) {
                int fd = socket(AF_UNIX, types[i] | SOCK_CLOEXEC, 0);

                assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
                if (types[i] != SOCK_DGRAM)
                        assert_int_equal(listen(fd, 5), 0);
                assert_int_equal(answer(w, 2 + i, text), APPS_PROBE_WELL);
                close(fd);
                assert_int_equal(answer(w, 9, text), APPS_PROBE_ERRNO + ECONNREFUSED);
                (void)unlink(a.sun_path);
        }
}

/* What PID 1 is told at last, whatever else it is told before. */
static int told(World *w, uint64_t id) {
        for (;;) {
                LinkIncoming in;
                int r = link_receive(w->pid1, &in), value = in.message.value;
                bool is_it = r > 0 && in.message.verb == APPS_PROBED && in.message.id == id;

                assert_true(r >= 0);
                if (r > 0)
                        link_incoming_release(&in);
                else
                        assert_true(sd_event_run(w->apps.event, UINT64_MAX) >= 0);
                if (is_it)
                        return value;
        }
}

static void a_message_is_answered_by_any_other(void **state) {
        static const char question[] = "KIND=message\nINSTANCE=5\nTEXT={\"ping\":1}\nTIMEOUT_USEC=60000000",
                          soon[] = "KIND=message\nINSTANCE=5\nTEXT={\"ping\":1}\nTIMEOUT_USEC=20000",
                          about[] = "UNIT=a.service\nMAX_MESSAGE=1000\nFRESH=1";
        World *w = *state;
        char line[64];
        int pair[2];
        ssize_t n;

        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
        assert_int_equal(instance_new(&w->apps, 5, about, strlen(about), pair[0]), 0);
        probe_begin(&w->apps, 1, question, strlen(question));
        n = recv(pair[1], line, sizeof(line), 0);
        assert_int_equal(n, 11);
        assert_memory_equal(line, "{\"ping\":1}\n", 11);
        assert_int_equal(send(pair[1], "\"pong\"\n", 7, 0), 7);
        assert_int_equal(told(w, 1), APPS_PROBE_WELL);
        probe_begin(&w->apps, 2, soon, strlen(soon));
        assert_int_equal(told(w, 2), APPS_PROBE_LATE);
        /* It works for somebody: the next message is his. */
        instance_find(&w->apps, 5)->owes = true;
        probe_begin(&w->apps, 3, question, strlen(question));
        assert_int_equal(told(w, 3), APPS_PROBE_WELL);
        instance_free(instance_find(&w->apps, 5));
        close(pair[1]);
}

static void nonsense_is_answered_too(void **state) {
        World *w = *state;

        assert_int_equal(answer(w, 1, "KIND=tcp\nPORT=70000\nTIMEOUT_USEC=1000000"),
                         APPS_PROBE_ERRNO + EINVAL);
        assert_int_equal(answer(w, 2, "KIND=unix\nTIMEOUT_USEC=1000000"), APPS_PROBE_ERRNO + EINVAL);
        assert_int_equal(answer(w, 3, "KIND=message\nINSTANCE=5\nTEXT={}\nTIMEOUT_USEC=1000000"),
                         APPS_PROBE_NO_CHANNEL);
        assert_int_equal(answer(w, 4, "KIND=message\nINSTANCE=5\nTEXT={\nTIMEOUT_USEC=1000000"),
                         APPS_PROBE_NO_JSON);
        assert_int_equal(answer(w, 5, ""), APPS_PROBE_ERRNO + EINVAL);
        assert_int_equal(w->apps.n_probes, 0);
}

static void an_answer_can_come_in_any_pieces(void **state) {
        static const struct {
                const char *text;
                int status;
        } rows[] = {
                { "HTTP/1.1 200 OK\r\n", 200 },
                { "HTTP/1.1 100 C\r\nX: y\r\n\r\nHTTP/1.1 103 E\n\nHTTP/1.0 404 No\n", 404 },
                { "HTTP/1.1 101 Switching Protocols\r\n", 101 },
                { "HTTP/1.1 999\r\n", 999 },
                { "HTTP/1.1 099 x\r\n", -EBADMSG },
                { "HTTP/1.1 20 x\r\n", -EBADMSG },
                { "HTTP/1.1 2000 x\r\n", -EBADMSG },
                { "HTTP/2 200\r\n", -EBADMSG },
                { "\r\n", -EBADMSG },
                { "HTTP/1.1 200\rOK\r\n", -EBADMSG },
                { "HTTP/1.1 200 O\rK\r\n", 200 },
                { "HTTP/1.1 200 OK", 0 },
                { "", 0 },
        };

        for (size_t i = 0; i < ELEMENTSOF(rows); i++)
                for (size_t step = 1; step < 40; step++) {
                        size_t n = strlen(rows[i].text);
                        HttpAnswer a = { 0 };
                        int r = 0;

                        for (size_t at = 0; at < n; at += step)
                                r = http_answer_feed(&a, rows[i].text + at, MIN(step, n - at));
                        assert_int_equal(r, rows[i].status);
                }
}

static void what_comes_before_an_answer_is_bounded(void **state) {
        HttpAnswer line = { 0 }, fields = { 0 };
        int r = 0;

        for (size_t i = 0; r == 0; i++) {
                assert_true(i <= HTTP_LINE_MAX);
                r = http_answer_feed(&line, "x", 1);
        }
        assert_int_equal(r, -EBADMSG);
        for (size_t i = 0; (r = http_answer_feed(&fields, "HTTP/1.1 100 C\r\nA: b\r\n\r\n", 24)) == 0; i++)
                assert_true(i <= HTTP_BEFORE_MAX / 24);
        assert_int_equal(r, -EBADMSG);
}

int main(void) {
#define PROBE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
        const struct CMUnitTest tests[] = {
                PROBE(a_status_is_the_answer),
                PROBE(the_request_is_what_servers_expect),
                PROBE(what_is_no_http_is_told_apart),
                PROBE(who_is_too_slow_is_late),
                PROBE(a_huge_answer_is_not_read_to_its_end),
                PROBE(nobody_there_is_refused_and_the_other_address_is_tried),
                PROBE(unix_sockets_of_all_types_are_asked),
                PROBE(a_message_is_answered_by_any_other),
                PROBE(nonsense_is_answered_too),
                cmocka_unit_test(an_answer_can_come_in_any_pieces),
                cmocka_unit_test(what_comes_before_an_answer_is_bounded),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
