/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The notify socket: what counts as a message, who sent it, and whose the descriptors are. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "host/notify.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

typedef struct World {
        sd_event *event;
        NotifySocket *socket;
        char directory[32], path[64];
        unsigned n;
        pid_t pid;
        uid_t uid;
        char *lines; /* joined by | */
        size_t n_fds;
        int taken;
        bool take;
} World;

static void on_message(NotifyMessage *m, void *userdata) {
        World *w = userdata;

        w->n++;
        w->pid = m->pid;
        w->uid = m->uid;
        w->n_fds = m->n_fds;
        free(w->lines);
        w->lines = NULL;
        assert_int_equal(strv_join(m->lines, "|", &w->lines), 0);
        if (w->take && m->n_fds > 0) {
                w->taken = m->fds[0];
                m->fds[0] = -1;
        }
}

static int set_up(void **state) {
        World *w = calloc(1, sizeof(*w));

        assert_non_null(w);
        w->taken = -1;
        strcpy(w->directory, "/tmp/test-notify-XXXXXX");
        assert_non_null(mkdtemp(w->directory));
        snprintf(w->path, sizeof(w->path), "%s/notify", w->directory);
        assert_int_equal(sd_event_new(&w->event), 0);
        assert_int_equal(notify_socket_new(w->event, -1, w->path, 0, on_message, w, &w->socket), 0);
        assert_string_equal(notify_socket_path(w->socket), w->path);
        setenv("NOTIFY_SOCKET", w->path, 1);
        *state = w;
        return 0;
}

static int tear_down(void **state) {
        World *w = *state;

        notify_socket_free(w->socket);
        assert_int_equal(access(w->path, F_OK), -1);
        assert_int_equal(rmdir(w->directory), 0);
        sd_event_unref(w->event);
        free(w->lines);
        free(w);
        return 0;
}

static void turn(World *w) {
        while (sd_event_run(w->event, 10000) > 0)
                continue;
}

static void a_message_comes_with_its_sender(void **state) {
        World *w = *state;
        struct stat st;

        assert_int_equal(sd_notify(0, "READY=1\nSTATUS=all is well"), 1);
        turn(w);
        assert_int_equal(w->n, 1);
        assert_int_equal(w->pid, getpid());
        assert_int_equal(w->uid, getuid());
        assert_string_equal(w->lines, "READY=1|STATUS=all is well");
        assert_int_equal(stat(w->path, &st), 0);
        assert_int_equal(st.st_mode & 0777, 0777);
}

static unsigned count_fds(void) {
        unsigned n = 0;

        for (int fd = 0; fd < 1024; fd++)
                n += fcntl(fd, F_GETFD) >= 0;
        return n;
}

static void descriptors_are_closed_unless_taken(void **state) {
        int fds[2] = { open("/dev/null", O_RDONLY), open("/dev/zero", O_RDONLY) };
        unsigned before = count_fds();
        World *w = *state;

        assert_int_equal(sd_pid_notify_with_fds(0, 0, "FDSTORE=1", fds, 2), 1);
        turn(w);
        assert_int_equal(w->n_fds, 2);
        assert_int_equal(count_fds(), before);

        w->take = true;
        assert_int_equal(sd_pid_notify_with_fds(0, 0, "FDSTORE=1", fds, 2), 1);
        turn(w);
        assert_int_equal(count_fds(), before + 1);
        assert_int_equal(fcntl(w->taken, F_GETFD), FD_CLOEXEC);
        close(w->taken);
        close(fds[0]);
        close(fds[1]);
}

/* sd_notify_barrier() waits until its descriptor is closed by us. */
static void a_barrier_is_lifted(void **state) {
        World *w = *state;
        int fds[2];
        char c;

        assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
        assert_int_equal(sd_pid_notify_with_fds(0, 0, "BARRIER=1", fds + 1, 1), 1);
        close(fds[1]);
        turn(w);
        assert_int_equal(read(fds[0], &c, 1), 0);
        close(fds[0]);
}

static int count(sd_event_source *source, int fd, uint32_t revents, void *userdata) {
        ++*(unsigned *)userdata;
        return 0;
}

/* Until the kernel has no room: what a sender that never stops has achieved each time we come back. */
static void flood(const World *w, int fd) {
        struct sockaddr_un sa = { .sun_family = AF_UNIX };

        strcpy(sa.sun_path, w->path);
        while (sendto(fd, "WATCHDOG=1", 10, MSG_DONTWAIT, (struct sockaddr *)&sa, sizeof(sa)) > 0)
                continue;
}

/* The rest of PID 1 gets its turns; when the flood is over, messages come first again. */
static void a_flood_takes_turns_with_other_work(void **state) {
        int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0), fds[2];
        sd_event_source *other = NULL;
        unsigned n_others = 0, n = 0;
        World *w = *state;

        notify_socket_free(w->socket);
        assert_int_equal(notify_socket_new(w->event, -1, w->path, -6, on_message, w, &w->socket), 0);
        assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
        assert_int_equal(close(fds[1]), 0); /* from now on the other end is always ready */
        assert_int_equal(sd_event_add_io(w->event, &other, fds[0], EPOLLIN, count, &n_others), 0);
        for (unsigned turns = 0; n_others < 20 && turns < 1000; turns++) {
                flood(w, fd);
                assert_true(sd_event_run(w->event, 0) > 0);
        }
        assert_int_equal(n_others, 20);
        assert_true(w->n > 100);

        for (unsigned i = 0; i < 100; i++)
                assert_true(sd_event_run(w->event, 0) > 0);
        /* After a while a message is read in the first turn after it came. */
        while (n < 3) {
                unsigned others = n_others, read = w->n;

                assert_int_equal(sd_notify(0, "READY=1"), 1);
                while (w->n == read)
                        assert_true(sd_event_run(w->event, 0) > 0);
                n = n_others == others ? n + 1 : 0;
        }
        sd_event_source_disable_unref(other);
        close(fds[0]);
        close(fd);
}

static void garbage_is_dropped(void **state) {
        char big[NOTIFY_MESSAGE_MAX + 2];
        struct sockaddr_un sa = { .sun_family = AF_UNIX };
        int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        World *w = *state;

        memset(big, 'A', sizeof(big));
        big[1] = '=';
        strcpy(sa.sun_path, w->path);
        assert_int_equal(connect(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
        assert_true(send(fd, big, sizeof(big), 0) > 0);
        assert_true(send(fd, "A=\xff\xfe", 4, 0) > 0);
        assert_true(send(fd, "A=1\0B=2", 7, 0) > 0);
        assert_true(send(fd, "nothing", 7, 0) > 0);
        assert_int_equal(send(fd, "", 0, 0), 0);
        turn(w);
        assert_int_equal(w->n, 0);
        assert_true(send(fd, big, NOTIFY_MESSAGE_MAX, 0) > 0);
        turn(w);
        assert_int_equal(w->n, 1);
        close(fd);
}

static void lines_are_split(void **state) {
        static const char latin[] = "READY=1\nSTATUS=fertig f\xfcr heute\nA=1";
        char **l;

        assert_int_equal(notify_parse("A=1\n\nB=x=y\nnonsense\n=z\nC=", 26, &l), 0);
        assert_int_equal(strv_length(l), 3);
        assert_string_equal(notify_value(l, "A"), "1");
        assert_string_equal(notify_value(l, "B"), "x=y");
        assert_string_equal(notify_value(l, "C"), "");
        assert_null(notify_value(l, "nonsense"));
        strv_free(l);
        assert_int_equal(notify_parse("A=1", 4, &l), 0);
        assert_string_equal(notify_value(l, "A"), "1");
        strv_free(l);
        assert_int_equal(notify_parse(latin, strlen(latin), &l), 0);
        assert_int_equal(strv_length(l), 2); /* the others count, whatever one of them is written in */
        assert_string_equal(notify_value(l, "READY"), "1");
        assert_string_equal(notify_value(l, "A"), "1");
        strv_free(l);
        assert_int_equal(notify_parse("A\0=1", 4, &l), -EINVAL);
        assert_int_equal(notify_parse("", 0, &l), 0);
        assert_null(l);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
        const struct CMUnitTest tests[] = {
                TEST(a_message_comes_with_its_sender),
                TEST(descriptors_are_closed_unless_taken),
                TEST(a_barrier_is_lifted),
                TEST(a_flood_takes_turns_with_other_work),
                TEST(garbage_is_dropped),
                cmocka_unit_test(lines_are_split),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
