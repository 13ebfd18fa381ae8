/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Messages to a process beside PID 1 that does not read them. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "manager/companion.h"

#define PENDING_MAX 4

static int no_room(Companion *c, const LinkMessage *m, const char *text) {
        return 0;
}

static const CompanionType type = { .name = "none", .pending_max = PENDING_MAX, .send = no_room };

static void post_too_much(Companion *c) {
        for (unsigned i = 0; i < 2 * PENDING_MAX; i++)
                assert_int_equal(companion_post(c, &(LinkMessage){ .verb = 1 }, "text"), 0);
        assert_int_equal(c->n_pending, PENDING_MAX);
}

static void who_does_not_read_is_ended(void **state) {
        int pair[2], status;
        Companion c;

        assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
        companion_init(&c, &type, NULL);
        c.control = pair[0];
        c.pid = fork();
        if (c.pid == 0)
                for (;;)
                        pause();
        post_too_much(&c);
        assert_int_equal(waitpid(c.pid, &status, 0), c.pid);
        assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
        companion_release(&c);
        close(pair[1]);
}

/* Its last words are read when it has ended; what is said then is for the next one, and nobody is to be killed. */
static void who_has_ended_is_not_ended_again(void **state) {
        int pair[2];
        Companion c;

        assert_int_equal(setpgid(0, 0), 0); /* which is whom a signal to process 0 is for */
        assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
        companion_init(&c, &type, NULL);
        c.control = pair[0];
        post_too_much(&c);
        companion_release(&c);
        assert_int_equal(c.n_pending, 0);
        close(pair[1]);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(who_does_not_read_is_ended),
                cmocka_unit_test(who_has_ended_is_not_ended_again),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
