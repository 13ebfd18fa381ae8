/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The bytes of a channel, with the other end in our hands. */

#include "apps/channel.h"
#include "apps/message.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define MAX_MESSAGE (512 * 1024)

static struct {
        sd_event *event;
        Channel channel;
        int peer;
        Buf lines; /* each with a newline */
        unsigned complaints[APPS_COMPLAINT_MAX];
        int transferred; /* PID 1 has it */
        bool closed;
} t;

static void on_line(Channel *c, char *line, size_t n) {
        assert_int_equal(strlen(line), n);
        buf_add_n(&t.lines, line, n);
        buf_add_char(&t.lines, '\n');
}

static void on_closed(Channel *c) {
        t.closed = true;
}

static void on_complaint(Channel *c, AppsComplaint what) {
        t.complaints[what]++;
}

static void on_transfer(Channel *c, int fd) {
        cleanup_fd(&t.transferred);
        t.transferred = fcntl(fd, F_DUPFD_CLOEXEC, 3);
}

static const ChannelOwner owner = { on_line, on_closed, on_complaint, on_transfer };

static int setup(void **state) {
        int pair[2];

        memset(&t, 0, sizeof(t));
        t.transferred = -1;
        if (sd_event_new(&t.event) < 0 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
                return -1;
        t.peer = pair[1];
        return channel_open(&t.channel, t.event, pair[0], MAX_MESSAGE, true, &owner);
}

static int teardown(void **state) {
        channel_close(&t.channel);
        close(t.peer);
        cleanup_fd(&t.transferred);
        buf_release(&t.lines);
        sd_event_unref(t.event);
        return 0;
}

static void run(void) {
        while (sd_event_run(t.event, 0) > 0)
                ;
}

/* All that can be read at the other end, while the channel goes on sending. */
static void read_peer(Buf *b) {
        char data[65536];

        for (ssize_t n;;) {
                run();
                n = recv(t.peer, data, sizeof(data), MSG_DONTWAIT);
                if (n <= 0)
                        return;
                buf_add_n(b, data, (size_t)n);
        }
}

static char *long_text(size_t n) {
        char *s = malloc(n);

        memset(s, 'x', n);
        for (size_t i = 1; i < n; i++)
                s[i] = (char)('a' + i * 7 % 26);
        s[0] = s[n - 1] = '"';
        return s;
}

static void lines_are_whole_wherever_they_are_split(void **state) {
        static const char text[] = "{\"a\":\"\xc3\xa4\"}\r\n\n\"b\"\n3";

        for (size_t i = 0; i < sizeof(text) - 1; i++)
                channel_feed(&t.channel, text + i, 1);
        assert_string_equal(t.lines.data, "{\"a\":\"\xc3\xa4\"}\n\"b\"\n");
        channel_feed(&t.channel, "\n", 1);
        assert_string_equal(t.lines.data, "{\"a\":\"\xc3\xa4\"}\n\"b\"\n3\n");
}

static void line_that_is_too_long_is_dropped_and_the_next_one_is_not(void **state) {
        char *s = long_text(MAX_MESSAGE);

        channel_feed(&t.channel, s, MAX_MESSAGE);
        channel_feed(&t.channel, "\n", 1); /* exactly as long as it may be */
        assert_int_equal(t.lines.len, MAX_MESSAGE + 1);
        buf_release(&t.lines);
        t.lines = (Buf){ 0 };
        for (unsigned i = 0; i < 5; i++) {
                channel_feed(&t.channel, s, MAX_MESSAGE);
                assert_true(t.channel.capacity <= 2 * (size_t)MAX_MESSAGE + CHANNEL_READ_BUDGET);
        }
        channel_feed(&t.channel, "tail\n1\n", 7);
        assert_string_equal(t.lines.data, "1\n");
        assert_int_equal(t.complaints[APPS_TOO_LONG], 1);
        free(s);
}

static void messages_arrive_in_order_and_in_one_line(void **state) {
        Buf b auto_buf = { 0 };

        assert_int_equal(channel_send(&t.channel, "{\"a\":\n1}", 8, CHANNEL_DIRECT), 0);
        assert_int_equal(channel_send(&t.channel, "2", 1, CHANNEL_BROADCAST), 0);
        read_peer(&b);
        assert_string_equal(b.data, "{\"a\": 1}\n2\n");
        assert_int_equal(channel_send(&t.channel, "", MAX_MESSAGE + 1, CHANNEL_DIRECT), -EMSGSIZE);
}

static void who_does_not_read_loses_the_oldest_broadcasts(void **state) {
        const size_t n = 20 * 1024;
        char *s = long_text(n);
        Buf b auto_buf = { 0 };
        int r = 0;

        for (unsigned i = 0; i < 1000 && r >= 0; i++)
                r = channel_send(&t.channel, s, n, CHANNEL_DIRECT);
        assert_int_equal(r, -ENOBUFS);
        assert_true(t.complaints[APPS_NOT_READ] > 0);
        assert_int_equal(channel_send(&t.channel, "1", 1, CHANNEL_DIRECT),
                         0); /* there is room for a short one */
        for (unsigned i = 0; i < 10000; i++)
                (void)channel_send(&t.channel, "\"broadcast\"", 11, CHANNEL_BROADCAST);
        assert_int_equal(channel_send(&t.channel, "\"last\"", 6, CHANNEL_BROADCAST), 0);
        assert_true(t.channel.queued <= CHANNEL_QUEUE_BYTES);
        read_peer(&b);
        assert_true(b.len > CHANNEL_QUEUE_BYTES);
        assert_string_equal(b.data + b.len - 7, "\"last\"\n");
        free(s);
}

static void end_of_the_other_side_is_told_once(void **state) {
        assert_int_equal(send(t.peer, "1\n2", 3, 0), 3);
        (void)shutdown(t.peer, SHUT_RDWR);
        run();
        assert_string_equal(t.lines.data, "1\n");
        assert_true(t.closed);
        assert_int_equal(channel_send(&t.channel, "1", 1, CHANNEL_DIRECT), -EPIPE);
}

/* PID 1 moves it, and nothing goes into the channel meanwhile; what an earlier svinit-apps has asked for as well. */
static void long_message_is_transferred_and_all_others_wait(void **state) {
        const size_t n = MAX_MESSAGE - 7;
        char *s = long_text(n), *moved = malloc(n + 2);
        Buf b auto_buf = { 0 };

        assert_int_equal(channel_send(&t.channel, "1", 1, CHANNEL_DIRECT), 0);
        assert_int_equal(channel_send(&t.channel, s, n, CHANNEL_DIRECT), 0);
        assert_int_equal(channel_send(&t.channel, "2", 1, CHANNEL_DIRECT), 0);
        read_peer(&b);
        assert_string_equal(b.data, "1\n");
        assert_int_equal(pread(t.transferred, moved, n + 2, 0), n + 1);
        assert_memory_equal(moved, s, n);
        assert_int_equal(moved[n], '\n');
        channel_transferred(&t.channel);
        channel_transferred(&t.channel); /* nobody has asked */
        read_peer(&b);
        assert_string_equal(b.data, "1\n2\n");

        t.channel.transferring = true;
        assert_int_equal(channel_send(&t.channel, "3", 1, CHANNEL_DIRECT), 0);
        read_peer(&b);
        assert_string_equal(b.data, "1\n2\n");
        channel_transferred(&t.channel);
        read_peer(&b);
        assert_string_equal(b.data, "1\n2\n3\n");
        free(s);
        free(moved);
}

static void message_with_a_descriptor_holds_up_what_follows_until_it_is_acknowledged(void **state) {
        int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
        Buf b auto_buf = { 0 };

        assert_int_equal(channel_send_handle(&t.channel, "{\"cmd\":\"NODE_HANDLE\"}", 21, fd), 0);
        assert_int_equal(channel_send(&t.channel, "1", 1, CHANNEL_DIRECT), 0);
        read_peer(&b);
        assert_string_equal(b.data, "{\"cmd\":\"NODE_HANDLE\"}\n");
        channel_acknowledged(&t.channel, false); /* once more */
        read_peer(&b);
        assert_string_equal(b.data, "{\"cmd\":\"NODE_HANDLE\"}\n{\"cmd\":\"NODE_HANDLE\"}\n");
        channel_acknowledged(&t.channel, true);
        channel_acknowledged(&t.channel, true); /* nobody has asked */
        read_peer(&b);
        assert_string_equal(b.data, "{\"cmd\":\"NODE_HANDLE\"}\n{\"cmd\":\"NODE_HANDLE\"}\n1\n");
}

static MessageKind kind(const char *text) {
        Message m;
        MessageKind k;

        assert_int_equal(message_parse(text, strlen(text), &m), 0);
        k = m.kind;
        message_release(&m);
        return k;
}

static void messages_are_told_apart(void **state) {
        static const char *const bad[] = { "",    "{",     "nul", "{\"a\":1}x", "\"\x80\"",
                                           "'a'", "{a:1}", "1 2", "NaN" };

        assert_int_equal(kind("\"ready\""), MESSAGE_READY);
        assert_int_equal(kind("{\"type\":\"ready\"}"), MESSAGE_OF_PROGRAM);
        assert_int_equal(kind("[\"ready\"]"), MESSAGE_OF_PROGRAM);
        assert_int_equal(kind("{\"cmd\":\"NODE_X\",\"type\":\"axm:reply\"}"), MESSAGE_INTERNAL);
        assert_int_equal(kind("{\"\\u0063md\":\"\\u004eODE_X\"}"), MESSAGE_INTERNAL);
        assert_int_equal(kind("{\"cmd\":\"x\",\"cmd\":\"NODE_X\"}"), MESSAGE_INTERNAL);
        assert_int_equal(kind("{\"cmd\":7,\"type\":\"axm:monitor\"}"), MESSAGE_MONITOR);
        assert_int_equal(kind("12345678901234567890123"), MESSAGE_OF_PROGRAM);
        assert_int_equal(kind("\"a\\u0000b\""), MESSAGE_OF_PROGRAM);
        for (size_t i = 0; i < ELEMENTSOF(bad); i++) {
                Message m;

                assert_int_equal(message_parse(bad[i], strlen(bad[i]), &m), -EBADMSG);
        }
        assert_int_equal(message_check_outgoing("{\"cmd\":\"NODE_HANDLE\"}", 21), -EPERM);
        assert_int_equal(message_check_outgoing("{\"cmd\":\"node\"}", 14), 0);
}

int main(void) {
        const struct CMUnitTest tests[] = {
#define CHANNEL_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
                CHANNEL_TEST(lines_are_whole_wherever_they_are_split),
                CHANNEL_TEST(line_that_is_too_long_is_dropped_and_the_next_one_is_not),
                CHANNEL_TEST(messages_arrive_in_order_and_in_one_line),
                CHANNEL_TEST(who_does_not_read_loses_the_oldest_broadcasts),
                CHANNEL_TEST(end_of_the_other_side_is_told_once),
                CHANNEL_TEST(long_message_is_transferred_and_all_others_wait),
                CHANNEL_TEST(message_with_a_descriptor_holds_up_what_follows_until_it_is_acknowledged),
                cmocka_unit_test(messages_are_told_apart),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
