/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who a caller on the system bus is and what polkit says to it; bus daemon, polkit and caller are the other end of a socket. */

#include "bus-world.h"

#include <errno.h>
#include <utlist.h>

#include "bus/clients/question.h"

#define SENDER ":1.7"
#define TURNS_MAX 1000

typedef enum PolkitWord {
        POLKIT_YES,
        POLKIT_NO,
        POLKIT_DIALOGUE,
        POLKIT_NOT_THERE,
        POLKIT_SILENT,
} PolkitWord;

typedef struct Scene {
        sd_event *event;
        sd_bus *ours, *theirs;
        Questions questions;
        uint32_t uid;
        PolkitWord polkit;
        unsigned n_asked, n_cancelled, n_done;
        bool dialogue, by_polkit; /* as polkit was asked; how it was done */
        char unit[64], verb[64], action[64], error[128];
        size_t n_groups;
} Scene;

static void settle(Scene *s) {
        for (unsigned i = 0; i < TURNS_MAX; i++)
                if (sd_event_run(s->event, 0) == 0)
                        return;
        fail_msg("the loop does not come to rest");
}

static int tell_identity(Scene *s, sd_bus_message *m) {
        if (s->uid == (uint32_t)-1)
                return sd_bus_reply_method_errorf(m, SD_BUS_ERROR_NAME_HAS_NO_OWNER, "It has left.");
        return sd_bus_reply_method_return(m, "a{sv}", 4, "UnixUserID", "u", s->uid, "UnixGroupIDs", "au", 2,
                                          100U, 200U, "LinuxSecurityLabel", "ay", 1, 0, "ProcessID", "u",
                                          42U);
}

static int judge(Scene *s, sd_bus_message *m) {
        const char *name, *unit, *verb, *action, *cancellation;
        uint32_t flags;

        s->n_asked++;
        assert_true(sd_bus_message_skip(m, "(sa{sv})") > 0);
        assert_true(sd_bus_message_read(m, "s", &action) > 0);
        assert_true(sd_bus_message_enter_container(m, 'a', "{ss}") > 0);
        assert_true(sd_bus_message_read(m, "{ss}", &name, &unit) > 0);
        assert_string_equal(name, "unit");
        assert_true(sd_bus_message_read(m, "{ss}", &name, &verb) > 0);
        assert_string_equal(name, "verb");
        assert_true(sd_bus_message_read(m, "{ss}", &name, NULL) > 0);
        assert_string_equal(name, "polkit.message");
        assert_true(sd_bus_message_exit_container(m) > 0);
        assert_true(sd_bus_message_read(m, "us", &flags, &cancellation) > 0);
        snprintf(s->action, sizeof(s->action), "%s", action);
        snprintf(s->unit, sizeof(s->unit), "%s", unit);
        snprintf(s->verb, sizeof(s->verb), "%s", verb);
        s->dialogue = flags & 1;

        if (s->polkit == POLKIT_SILENT)
                return 1;
        if (s->polkit == POLKIT_NOT_THERE)
                return sd_bus_reply_method_errorf(m, SD_BUS_ERROR_SERVICE_UNKNOWN, "There is none.");
        return sd_bus_reply_method_return(m, "(bba{ss})", s->polkit == POLKIT_YES,
                                          s->polkit == POLKIT_DIALOGUE, 0);
}

/* The other end. */
static int on_theirs(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        Scene *s = userdata;

        if (sd_bus_message_is_method_call(m, NULL, "GetConnectionCredentials"))
                return tell_identity(s, m) < 0 ? -EIO : 1;
        if (sd_bus_message_is_method_call(m, NULL, "CheckAuthorization"))
                return judge(s, m) < 0 ? -EIO : 1;
        if (sd_bus_message_is_method_call(m, NULL, "CancelCheckAuthorization"))
                s->n_cancelled++;
        return 0;
}

static int on_ours(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        Scene *s = userdata;
        int r;

        if (!sd_bus_message_is_method_call(m, MANAGER_INTERFACE, "StartUnit"))
                return 0;
        r = question_ask(&s->questions, m);
        if (r < 0)
                bus_refuse(m, r, error);
        return 1;
}

/* Uid 0 may, all others are for polkit to judge. */
static int do_call(void *userdata, sd_bus_message *m, const Identity *who, CallDetails *details) {
        Scene *s = userdata;

        s->n_groups = who->n_groups;
        if (details && who->uid != 0) {
                details->action = "org.freedesktop.systemd1.manage-units";
                details->unit = strdup("a.service");
                details->verb = "start";
                return DISPATCH_ASK;
        }
        s->n_done++;
        s->by_polkit = !details;
        assert_true(sd_bus_reply_method_return(m, NULL) >= 0);
        return 0;
}

static int on_answer(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        Scene *s = userdata;
        const sd_bus_error *e = sd_bus_message_get_error(m);

        snprintf(s->error, sizeof(s->error), "%s", e ? e->name : "done");
        return 0;
}

static sd_bus *open_end(Scene *s, int fd, bool server) {
        sd_bus *sd;

        assert_true(sd_bus_new(&sd) >= 0 && sd_bus_set_fd(sd, fd, fd) >= 0);
        if (server)
                assert_true(sd_bus_set_server(sd, 1, SD_ID128_NULL) >= 0);
        assert_true(sd_bus_start(sd) >= 0 && sd_bus_attach_event(sd, s->event, 0) >= 0);
        return sd;
}

static int setup(void **state) {
        Scene *s = calloc(1, sizeof(Scene));
        int fds[2];

        assert_true(sd_event_new(&s->event) >= 0);
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds), 0);
        s->ours = open_end(s, fds[0], false);
        s->theirs = open_end(s, fds[1], true);
        assert_true(sd_bus_add_filter(s->ours, NULL, on_ours, s) >= 0);
        assert_true(sd_bus_add_filter(s->theirs, NULL, on_theirs, s) >= 0);
        s->questions = (Questions){ .sd = s->ours, .handle = do_call, .userdata = s };
        settle(s);
        *state = s;
        return 0;
}

static int teardown(void **state) {
        Scene *s = *state;

        questions_drop(&s->questions);
        assert_int_equal(s->questions.n, 0);
        sd_bus_close_unref(s->ours);
        sd_bus_close_unref(s->theirs);
        sd_event_unref(s->event);
        free(s);
        return 0;
}

static void call(Scene *s, uint32_t uid, PolkitWord polkit, bool dialogue) {
        sd_bus_message *m;

        s->uid = uid;
        s->polkit = polkit;
        s->error[0] = 0;
        assert_true(sd_bus_message_new_method_call(s->theirs, &m, BUS_NAME, MANAGER_PATH, MANAGER_INTERFACE,
                                                   "StartUnit") >= 0);
        assert_true(sd_bus_message_set_sender(m, SENDER) >= 0);
        assert_true(sd_bus_message_set_allow_interactive_authorization(m, dialogue) >= 0);
        assert_true(sd_bus_call_async(s->theirs, NULL, m, on_answer, s, UINT64_MAX) >= 0);
        sd_bus_message_unref(m);
        settle(s);
}

static void polkit_is_not_asked_about_who_may_control(void **state) {
        Scene *s = *state;

        call(s, 0, POLKIT_NO, false);
        assert_string_equal(s->error, "done");
        assert_int_equal(s->n_groups, 2);
        assert_int_equal(s->n_asked, 0);
        assert_false(s->by_polkit);
        assert_int_equal(s->questions.n, 0);
}

static void what_polkit_allows_is_done(void **state) {
        Scene *s = *state;

        call(s, 1000, POLKIT_YES, false);
        assert_string_equal(s->error, "done");
        assert_true(s->by_polkit);
        assert_int_equal(s->n_done, 1);
        assert_string_equal(s->action, "org.freedesktop.systemd1.manage-units");
        assert_string_equal(s->unit, "a.service");
        assert_string_equal(s->verb, "start");
        assert_false(s->dialogue);
        call(s, 1000, POLKIT_YES, true);
        assert_true(s->dialogue);
        assert_int_equal(s->questions.n, 0);
}

static void all_else_is_refused(void **state) {
        Scene *s = *state;

        call(s, 1000, POLKIT_NO, false);
        assert_string_equal(s->error, SD_BUS_ERROR_ACCESS_DENIED);
        call(s, 1000, POLKIT_NOT_THERE, false);
        assert_string_equal(s->error, SD_BUS_ERROR_ACCESS_DENIED);
        call(s, 1000, POLKIT_DIALOGUE, false);
        assert_string_equal(s->error, SD_BUS_ERROR_INTERACTIVE_AUTHORIZATION_REQUIRED);
        assert_int_equal(s->n_asked, 3);
        call(s, (uint32_t)-1, POLKIT_YES, false); /* it has left: nobody knows what it was */
        assert_string_equal(s->error, SD_BUS_ERROR_ACCESS_DENIED);
        assert_int_equal(s->n_asked, 3);
        assert_int_equal(s->n_done, 0);
        assert_int_equal(s->questions.n, 0);
}

static void polkit_has_a_time_limit(void **state) {
        Scene *s = *state;
        usec_t begin = now_monotonic();
        uint64_t limit;

        call(s, 1000, POLKIT_SILENT, true);
        assert_true(sd_bus_get_timeout(s->ours, &limit) > 0);
        assert_in_range(limit, begin + DIALOGUE_TIMEOUT, now_monotonic() + DIALOGUE_TIMEOUT);
        begin = now_monotonic();
        call(s, 1000, POLKIT_SILENT, false);
        assert_true(sd_bus_get_timeout(s->ours, &limit) > 0);
        assert_in_range(limit, begin + AUTHORIZATION_TIMEOUT, now_monotonic() + AUTHORIZATION_TIMEOUT);
        assert_int_equal(s->questions.n, 2);
        assert_string_equal(s->error, "");
}

static void one_user_has_so_many_questions_at_polkit(void **state) {
        Scene *s = *state;

        for (unsigned i = 0; i < AUTHORIZATIONS_PER_USER_MAX; i++) {
                call(s, 1000, POLKIT_SILENT, false);
                assert_string_equal(s->error, "");
        }
        call(s, 0, POLKIT_SILENT, false);
        assert_string_equal(s->error, SD_BUS_ERROR_LIMITS_EXCEEDED); /* the sender is the same */
        assert_int_equal(s->questions.n, AUTHORIZATIONS_PER_USER_MAX);
}

static void who_leaves_has_asked_for_nothing(void **state) {
        Scene *s = *state;
        sd_bus_message *m;

        call(s, 1000, POLKIT_SILENT, true);
        assert_int_equal(s->questions.n, 1);
        assert_true(sd_bus_message_new_signal(s->theirs, &m, DRIVER_PATH, DRIVER_NAME, "NameOwnerChanged") >=
                    0);
        assert_true(sd_bus_message_set_sender(m, DRIVER_NAME) >= 0);
        assert_true(sd_bus_message_append(m, "sss", SENDER, SENDER, "") >= 0);
        assert_true(sd_bus_send(s->theirs, m, NULL) >= 0);
        sd_bus_message_unref(m);
        settle(s);
        assert_int_equal(s->questions.n, 0);
        assert_int_equal(s->n_cancelled, 1);
        assert_int_equal(s->n_done, 0);
}

static void users_and_groups_of_the_configuration_may_control(void **state) {
        Manager m = { .config = { .control_users = { (id_t[]){ 7, 8 }, 2 },
                                  .control_groups = { (id_t[]){ 50 }, 1 } } };
        gid_t groups[] = { 1, 50 };

        assert_true(identity_may_control(&m, &(Identity){ .uid = 0, .gid = 9 }));
        assert_true(identity_may_control(&m, &(Identity){ .uid = geteuid(), .gid = 9 }));
        assert_true(identity_may_control(&m, &(Identity){ .uid = 8, .gid = 9 }));
        assert_false(identity_may_control(&m, &(Identity){ .uid = 9, .gid = 9 }));
        assert_true(identity_may_control(&m, &(Identity){ .uid = 9, .gid = 50 }));
        assert_true(
                identity_may_control(&m, &(Identity){ .uid = 9, .gid = 9, .groups = groups, .n_groups = 2 }));
        assert_false(
                identity_may_control(&m, &(Identity){ .uid = 9, .gid = 9, .groups = groups, .n_groups = 1 }));
        assert_false(identity_may_control(&m, &(Identity){ .uid = (uid_t)-1, .gid = 50 }));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                TEST(polkit_is_not_asked_about_who_may_control),
                TEST(what_polkit_allows_is_done),
                TEST(all_else_is_refused),
                TEST(polkit_has_a_time_limit),
                TEST(one_user_has_so_many_questions_at_polkit),
                TEST(who_leaves_has_asked_for_nothing),
                cmocka_unit_test(users_and_groups_of_the_configuration_may_control),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
