/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What clients can do to the server, and what they cannot. Server and clients share one loop. */

#include "bus-world.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <utlist.h>

#include "bus/codec/errors.h"
#include "manager/manager-internal.h"

#define TURNS_MAX 20000
#define SIGNALS_MAX 200000 /* root's socket buffer takes tens of thousands */

#define GREETING "\000AUTH EXTERNAL\r\nDATA\r\nBEGIN\r\n"
#define PING                                                                                                 \
        "l\001\000\001\000\000\000\000\001\000\000\000E\000\000\000\001\001o\000\001\000\000\000/"           \
        "\000\000\000\000\000\000\000\002\001s\000\031\000\000\000org.freedesktop.DBus."                     \
        "Peer\000\000\000\000\000\000\000\003\001s\000\004\000\000\000Ping\000\000\000\000"

typedef struct Server {
        World *world;
        Bus *bus;
        char path[64];
} Server;

static int setup(void **state) {
        Server *s = calloc(1, sizeof(Server));

        s->world = world_new();
        snprintf(s->path, sizeof(s->path), "%s/private", s->world->root);
        assert_int_equal(bus_new(&s->world->manager, s->path, &s->bus), 0);
        *state = s;
        return 0;
}

static int teardown(void **state) {
        Server *s = *state;

        bus_free(s->bus);
        assert_int_equal(access(s->path, F_OK), -1);
        world_free(s->world);
        free(s);
        return 0;
}

/* Runs the loop until nothing is left to do at once. */
static void settle(Server *s) {
        for (unsigned i = 0; i < TURNS_MAX; i++)
                if (sd_event_run(s->world->manager.event, 0) == 0)
                        return;
        fail_msg("the loop does not come to rest");
}

static int raw_client(Server *s) {
        struct sockaddr_un a = { .sun_family = AF_UNIX };
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

        strcpy(a.sun_path, s->path);
        assert_true(fd >= 0);
        if (connect(fd, (struct sockaddr *)&a, sizeof(a)) < 0) {
                close(fd);
                return -1;
        }
        return fd;
}

static sd_bus *client(Server *s, bool attached) {
        int fd = raw_client(s);
        sd_bus *sd;

        assert_true(fd >= 0);
        assert_true(sd_bus_new(&sd) >= 0);
        assert_true(sd_bus_set_fd(sd, fd, fd) >= 0);
        assert_true(sd_bus_start(sd) >= 0);
        if (attached)
                assert_true(sd_bus_attach_event(sd, s->world->manager.event, 0) >= 0);
        return sd;
}

typedef struct Answer {
        sd_bus_message *message;
        char error[128];
} Answer;

static int on_answer(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        Answer *a = userdata;

        if (sd_bus_message_is_method_error(m, NULL))
                snprintf(a->error, sizeof(a->error), "%s", sd_bus_message_get_error(m)->name);
        a->message = sd_bus_message_ref(m);
        return 0;
}

/* The answer's message, or NULL and the error's name. The call is taken. */
static sd_bus_message *ask_with(Server *s, sd_bus *sd, char error[128], sd_bus_message *call) {
        Answer answer = { 0 };

        assert_true(sd_bus_call_async(sd, NULL, call, on_answer, &answer, 0) >= 0);
        sd_bus_message_unref(call);
        settle(s);

        assert_non_null(answer.message);
        if (error)
                strcpy(error, answer.error);
        if (answer.error[0])
                answer.message = sd_bus_message_unref(answer.message);
        return answer.message;
}

static sd_bus_message *ask(Server *s, sd_bus *sd, char error[128], const char *path, const char *interface,
                           const char *member, const char *types, ...) {
        sd_bus_message *call;
        va_list ap;

        assert_true(sd_bus_message_new_method_call(sd, &call, BUS_NAME, path, interface, member) >= 0);
        va_start(ap, types);
        assert_true(sd_bus_message_appendv(call, types, ap) >= 0);
        va_end(ap);
        return ask_with(s, sd, error, call);
}

static void the_socket_is_for_its_owner_only(void **state) {
        Server *s = *state;
        struct stat st;

        assert_int_equal(stat(s->path, &st), 0);
        assert_int_equal(st.st_mode & 07777, 0600);
}

static void a_client_gets_properties(void **state) {
        Server *s = *state;
        sd_bus *sd = client(s, true);
        sd_bus_message *m;
        const char *version;

        m = ask(s, sd, NULL, MANAGER_PATH, "org.freedesktop.DBus.Properties", "Get", "ss", MANAGER_INTERFACE,
                "Version");
        assert_non_null(m);
        assert_true(sd_bus_message_read(m, "v", "s", &version) >= 0);
        assert_non_null(str_after(version, "252 "));
        assert_string_equal(sd_bus_message_get_sender(m), BUS_NAME);
        sd_bus_message_unref(m);
        sd_bus_close_unref(sd);
}

static void expect_error(Server *s, sd_bus *sd, const char *expected, const char *path, const char *interface,
                         const char *member) {
        char error[128];

        assert_null(ask(s, sd, error, path, interface, member, ""));
        assert_string_equal(error, expected);
}

static void what_is_not_there_has_its_error(void **state) {
        Server *s = *state;
        sd_bus *sd = client(s, true);
        char error[128];

        expect_error(s, sd, SD_BUS_ERROR_UNKNOWN_OBJECT, "/nowhere", MANAGER_INTERFACE, "Reload");
        expect_error(s, sd, SD_BUS_ERROR_UNKNOWN_OBJECT, JOB_PATH_PREFIX "/1", NULL, "Cancel");
        expect_error(s, sd, SD_BUS_ERROR_UNKNOWN_INTERFACE, MANAGER_PATH, "a.b", "Reload");
        expect_error(s, sd, SD_BUS_ERROR_UNKNOWN_METHOD, MANAGER_PATH, MANAGER_INTERFACE, "Nothing");
        expect_error(s, sd, SD_BUS_ERROR_INVALID_ARGS, MANAGER_PATH, MANAGER_INTERFACE, "StartUnit");
        expect_error(s, sd, SD_BUS_ERROR_NOT_SUPPORTED, MANAGER_PATH, MANAGER_INTERFACE, "Reexecute");
        assert_null(ask(s, sd, error, MANAGER_PATH, MANAGER_INTERFACE, "GetUnit", "s", "none.service"));
        assert_string_equal(error, ERROR_NO_SUCH_UNIT);
        assert_null(ask(s, sd, error, MANAGER_PATH, MANAGER_INTERFACE, "GetUnit", "s", "no unit"));
        assert_string_equal(error, SD_BUS_ERROR_INVALID_ARGS);
        assert_null(ask(s, sd, error, MANAGER_PATH, "org.freedesktop.DBus.Properties", "Get", "ss",
                        MANAGER_INTERFACE, "X"));
        assert_string_equal(error, SD_BUS_ERROR_UNKNOWN_PROPERTY);
        sd_bus_close_unref(sd);
}

static int count_errors(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        *(unsigned *)userdata += sd_bus_message_is_method_error(m, NULL) > 0;
        return 0;
}

/* Whoever reads answers in order takes a second one for that of the next call. */
static void a_refused_call_has_one_answer(void **state) {
        Server *s = *state;
        sd_bus *sd = client(s, true);
        unsigned errors = 0;
        sd_bus_message *m;

        assert_true(sd_bus_add_filter(sd, NULL, count_errors, &errors) >= 0);
        expect_error(s, sd, SD_BUS_ERROR_UNKNOWN_METHOD, MANAGER_PATH, MANAGER_INTERFACE, "Nothing");
        m = ask(s, sd, NULL, MANAGER_PATH, "org.freedesktop.DBus.Properties", "Get", "ss", MANAGER_INTERFACE,
                "Version");
        assert_non_null(m);
        sd_bus_message_unref(m);
        while (sd_bus_process(sd, NULL) > 0)
                ;
        assert_int_equal(errors, 1);
        sd_bus_close_unref(sd);
}

static void signals_go_to_everybody_who_has_called(void **state) {
        Server *s = *state;
        sd_bus *one = client(s, true), *two = client(s, true);
        Answer first = { 0 }, second = { 0 };
        const char *sender = BUS_NAME;

        assert_true(sd_bus_match_signal(one, NULL, sender, MANAGER_PATH, MANAGER_INTERFACE, "Reloading",
                                        on_answer, &first) >= 0);
        assert_true(sd_bus_match_signal(two, NULL, sender, MANAGER_PATH, MANAGER_INTERFACE, "Reloading",
                                        on_answer, &second) >= 0);
        settle(s);
        s->world->manager.observer.reloading(true, s->world->manager.observer.userdata);
        settle(s);
        assert_null(first.message); /* it may be about to say Hello, and expect nothing but the answer */
        sd_bus_message_unref(ask(s, one, NULL, MANAGER_PATH, "org.freedesktop.DBus.Peer", "Ping", ""));
        sd_bus_message_unref(ask(s, two, NULL, MANAGER_PATH, MANAGER_INTERFACE, "Subscribe", ""));
        s->world->manager.observer.reloading(true, s->world->manager.observer.userdata);
        settle(s);
        assert_non_null(first.message);
        assert_non_null(second.message);
        sd_bus_message_unref(first.message);
        sd_bus_message_unref(second.message);
        sd_bus_close_unref(one);
        sd_bus_close_unref(two);
}

typedef struct Changes {
        unsigned n;
        char interfaces[8][64];
} Changes;

static int on_change(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        Changes *c = userdata;
        const char *interface;

        assert_true(sd_bus_message_read(m, "s", &interface) >= 0);
        assert_true(c->n < 8);
        snprintf(c->interfaces[c->n++], sizeof(c->interfaces[0]), "%s", interface);
        return 0;
}

static void a_thousand_changes_in_a_turn_are_one_signal_for_each_interface(void **state) {
        static const char *const names[] = { "a.service", "b.service" };
        Server *s = *state;
        sd_bus *sd = client(s, true);
        struct ManagerInternal internal = { 0 };
        Changes changes[2] = { 0 };
        Unit *u[2];

        s->world->manager.internal = &internal;
        for (unsigned i = 0; i < 2; i++) {
                char *path;

                u[i] = world_unit(s->world, names[i], "[Service]\nExecStart=/bin/true\n");
                assert_int_equal(unit_path(u[i], &path), 0);
                assert_true(sd_bus_match_signal(sd, NULL, BUS_NAME, path, "org.freedesktop.DBus.Properties",
                                                "PropertiesChanged", on_change, &changes[i]) >= 0);
                free(path);
        }
        sd_bus_message_unref(ask(s, sd, NULL, MANAGER_PATH, MANAGER_INTERFACE, "Subscribe", ""));

        for (unsigned i = 0; i < 1000; i++)
                unit_mark_changed(u[i % 2]);
        manager_flush_changes(&s->world->manager);
        settle(s);
        for (unsigned i = 0; i < 2; i++) {
                assert_int_equal(changes[i].n, 2);
                assert_string_equal(changes[i].interfaces[0], "org.freedesktop.systemd1.Service");
                assert_string_equal(changes[i].interfaces[1], "org.freedesktop.systemd1.Unit");
        }

        manager_flush_changes(&s->world->manager);
        settle(s);
        assert_int_equal(changes[0].n, 2); /* nothing has changed since */
        s->world->manager.internal = NULL;
        sd_bus_close_unref(sd);
}

static void a_client_that_leaves_is_forgotten(void **state) {
        Server *s = *state;
        sd_bus *sd = client(s, true);

        settle(s);
        assert_int_equal(s->bus->n_connections, 1);
        sd_bus_close_unref(sd);
        settle(s);
        assert_int_equal(s->bus->n_connections, 0);
}

static void who_sends_garbage_is_dropped(void **state) {
        Server *s = *state;
        char garbage[4096];
        int fd = raw_client(s);

        memset(garbage, 'x', sizeof(garbage));
        for (unsigned i = 0; i < 1000 && send(fd, garbage, sizeof(garbage), MSG_NOSIGNAL) > 0; i++)
                settle(s);
        settle(s);
        assert_int_equal(s->bus->n_connections, 0);
        close(fd);
}

/* Authentication and a call of Ping() in one piece, as clients send that do not wait for the OK. */
static void who_does_not_wait_for_the_greeting_is_answered(void **state) {
        static const char everything[] = "\000AUTH EXTERNAL\r\nDATA\r\nNEGOTIATE_UNIX_FD\r\nBEGIN\r\n" PING;
        Server *s = *state;
        char answer[1024];
        int fd = raw_client(s);
        ssize_t n;

        assert_int_equal(send(fd, everything, sizeof(everything) - 1, MSG_NOSIGNAL), sizeof(everything) - 1);
        settle(s);
        n = read(fd, answer, sizeof(answer));
        assert_true(n > 0);
        assert_non_null(memmem(answer, (size_t)n, "AGREE_UNIX_FD\r\nl\2", 17));
        close(fd);
}

static void who_does_not_authenticate_is_dropped(void **state) {
        Server *s = *state;
        sd_bus *sd = client(s, true);
        int fd = raw_client(s);
        Connection *c;

        settle(s);
        assert_int_equal(s->bus->n_connections, 2);
        DL_FOREACH (s->bus->connections, c) {
                c->since = 0; /* long ago */
        }
        assert_true(sd_event_source_set_time(s->bus->patience_timer, 0) >= 0);
        settle(s);
        assert_int_equal(s->bus->n_connections, 1);
        assert_true(connection_is_ready(s->bus->connections));
        close(fd);
        sd_bus_close_unref(sd);
}

static void connections_beyond_the_cap_are_closed(void **state) {
        int fds[CONNECTIONS_MAX + 8];
        Server *s = *state;
        char byte;

        for (size_t i = 0; i < ELEMENTSOF(fds); i++) {
                fds[i] = raw_client(s);
                settle(s);
        }
        assert_int_equal(s->bus->n_connections, CONNECTIONS_MAX);
        assert_int_equal(read(fds[ELEMENTSOF(fds) - 1], &byte, 1), 0);
        assert_int_equal(read(fds[0], &byte, 1), -1);
        for (size_t i = 0; i < ELEMENTSOF(fds); i++)
                close(fds[i]);
        settle(s);
        assert_int_equal(s->bus->n_connections, 0);
}

static int count_message(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        uint8_t type = 0;
        unsigned *n = userdata;

        (void)sd_bus_message_get_type(m, &type);
        *n += type == SD_BUS_MESSAGE_METHOD_RETURN;
        return 0;
}

/* Asks and asks and takes no answer: then there is one that waits, and all answers come when they are read. */
static void who_does_not_read_costs_one_answer(void **state) {
        Server *s = *state;
        sd_bus *sd = client(s, false);
        unsigned n = 0, answers = 0;
        uint64_t unread = 0;
        int flags;

        for (unsigned i = 0; i < 100 && sd_bus_is_ready(sd) == 0; i++) {
                assert_true(sd_bus_process(sd, NULL) >= 0);
                settle(s);
        }
        flags = fcntl(sd_bus_get_fd(sd), F_GETFL);
        assert_true(flags & O_NONBLOCK);

        for (; n < 4000 && unread == 0; n++) {
                sd_bus_message *m;
                uint64_t cookie;

                assert_true(sd_bus_message_new_method_call(sd, &m, BUS_NAME, MANAGER_PATH,
                                                           "org.freedesktop.DBus.Properties", "GetAll") >= 0);
                assert_true(sd_bus_message_append(m, "s", "") >= 0);
                (void)sd_bus_send(sd, m, &cookie); /* without it no answer would be asked for */
                sd_bus_message_unref(m);
                settle(s);
                assert_int_equal(s->bus->n_connections, 1);
                assert_true(sd_bus_get_n_queued_write(s->bus->connections->sd, &unread) >= 0);
                assert_true(unread <= 1);
        }
        assert_int_equal(unread, 1);
        assert_true(sd_bus_add_filter(sd, NULL, count_message, &answers) >= 0);
        for (unsigned turns = 0; turns < TURNS_MAX && answers < n; turns++) {
                assert_true(sd_bus_process(sd, NULL) >= 0);
                settle(s);
        }
        assert_int_equal(answers, n);
        sd_bus_close_unref(sd);
}

/* Who connects from now on is a stranger. */
static void expect_strangers(Server *s) {
        BusUser *u;

        assert_int_equal(bus_user_of(s->bus, geteuid(), &u), 0);
        u->stranger = true;
}

/* Connected, and listening to everything. It reads nothing but the answer that says so. */
static sd_bus *listener(Server *s) {
        sd_bus *sd = client(s, false);

        for (unsigned i = 0; i < 100 && sd_bus_is_ready(sd) == 0; i++) {
                assert_true(sd_bus_process(sd, NULL) >= 0);
                settle(s);
        }
        assert_true(sd_bus_call_method_async(sd, NULL, BUS_NAME, MANAGER_PATH, "org.freedesktop.DBus.Peer",
                                             "Ping", NULL, NULL, "") >= 0);
        assert_true(sd_bus_flush(sd) >= 0);
        settle(s);
        return sd;
}

/* How many signals there were, each of which counts, when it was too much. */
static unsigned signals_until_dropped(Server *s, uint64_t *ret_unread) {
        unsigned n = 0;

        for (; n < SIGNALS_MAX && !s->bus->connections->doomed; n++) {
                assert_true(sd_bus_get_n_queued_write(s->bus->connections->sd, ret_unread) >= 0);
                s->world->manager.observer.reloading(true, s->world->manager.observer.userdata);
        }
        settle(s);
        assert_int_equal(s->bus->n_connections, 0);
        return n;
}

static void a_subscriber_that_does_not_read_is_dropped(void **state) {
        Server *s = *state;
        sd_bus *sd = listener(s);
        uint64_t unread = 0;

        assert_in_range(signals_until_dropped(s, &unread), QUEUE_MAX, SIGNALS_MAX - 1);
        assert_int_equal(unread, QUEUE_MAX);
        sd_bus_close_unref(sd);

        expect_strangers(s);
        sd = listener(s);
        s->bus->connections->may_control = false;
        assert_true(signals_until_dropped(s, &unread) < QUEUE_MAX);
        assert_int_equal(unread, QUEUE_MAX_OF_STRANGER);
        sd_bus_close_unref(sd);
}

typedef struct Seen {
        unsigned n_changes, n_others;
        char last[2][64]; /* states of two units */
} Seen;

static int on_state(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        const char *path = sd_bus_message_get_path(m), *name, *value;
        Seen *seen = userdata;
        int r;

        if (sd_bus_message_is_signal(m, MANAGER_INTERFACE, "Reloading"))
                seen->n_others++;
        if (!sd_bus_message_is_signal(m, PROPERTIES_INTERFACE, "PropertiesChanged"))
                return 0;
        seen->n_changes++;
        assert_true(sd_bus_message_skip(m, "s") >= 0);
        assert_true(sd_bus_message_enter_container(m, 'a', "{sv}") >= 0);
        while ((r = sd_bus_message_enter_container(m, 'e', "sv")) > 0) {
                assert_true(sd_bus_message_read(m, "s", &name) >= 0);
                if (str_equal(name, "SubState")) {
                        assert_true(sd_bus_message_read(m, "v", "s", &value) >= 0);
                        strcpy(seen->last[!!strstr(path, "b_2e")], value);
                } else
                        assert_true(sd_bus_message_skip(m, "v") >= 0);
                assert_true(sd_bus_message_exit_container(m) >= 0);
        }
        assert_true(r >= 0);
        return 0;
}

static bool is_behind(const Server *s) {
        return s->bus->connections->behind;
}

/* It misses no signal of which each one counts, and of units it gets how they are in the end. */
static void who_was_behind_catches_up_with_the_latest(void **state) {
        Server *s = *state;
        sd_bus *sd = listener(s);
        const ManagerObserver *o = &s->world->manager.observer;
        Unit *u[] = { world_unit(s->world, "a.service", "[Service]\nExecStart=/bin/true\n"),
                      world_unit(s->world, "b.service", "[Service]\nExecStart=/bin/true\n"),
                      world_unit(s->world, "c.service", "[Service]\nExecStart=/bin/true\n") };
        Seen seen = { 0 };
        unsigned n = 0;
        uint64_t unread;
        bool more = true;

        for (; n < SIGNALS_MAX && !is_behind(s); n++)
                o->unit_changed(u[0], o->userdata);
        assert_true(is_behind(s));
        for (unsigned i = 0; i < 50000; i++) {
                o->unit_changed(u[i % 3], o->userdata);
                if (i % 100 == 0)
                        o->reloading(true, o->userdata);
        }
        assert_int_equal(sd_bus_get_n_queued_write(s->bus->connections->sd, &unread), 0);
        assert_in_range(unread, BEHIND_AT, BEHIND_AT + 510);
        assert_int_equal(HASH_COUNT(s->bus->backlog.by_unit), 3);
        o->unit_removed(u[2], o->userdata); /* of which one hears nothing more */
        assert_int_equal(HASH_COUNT(s->bus->backlog.by_unit), 2);

        unit_runtime(u[0])->machine.service.state = SERVICE_RUNNING;
        unit_runtime(u[1])->machine.service.state = SERVICE_STOP_SIGTERM;
        assert_true(sd_bus_add_filter(sd, NULL, on_state, &seen) >= 0);
        for (unsigned turns = 0; turns < SIGNALS_MAX && (more || is_behind(s)); turns++) {
                more = sd_bus_process(sd, NULL) > 0;
                assert_true(sd_event_run(s->world->manager.event, 0) >= 0);
        }
        assert_false(is_behind(s));
        assert_null(s->bus->backlog.list);
        assert_int_equal(seen.n_others, 500);
        assert_in_range(seen.n_changes, 4, 2 * n + 8);
        assert_string_equal(seen.last[0], "running");
        assert_string_equal(seen.last[1], "stop-sigterm");
        sd_bus_close_unref(sd);
}

static void accepting_pauses_when_descriptors_run_out(void **state) {
        Server *s = *state;
        int fd = raw_client(s), probe = fcntl(fd, F_DUPFD_CLOEXEC, 0), enabled;
        struct rlimit before, none;

        assert_true(probe >= 0);
        close(probe);
        assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
        none = (struct rlimit){ (rlim_t)probe, before.rlim_max };
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
        settle(s);
        assert_int_equal(s->bus->n_connections, 0);
        assert_true(sd_event_source_get_enabled(s->bus->door.source, &enabled) >= 0);
        assert_int_equal(enabled, SD_EVENT_OFF);

        assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
        assert_true(sd_event_source_set_time(s->bus->door.pause, 0) >= 0);
        settle(s);
        assert_int_equal(s->bus->n_connections, 1);
        close(fd);
}

/* As if the connection had come from somebody else's process. */
static void make_stranger(Server *s) {
        BusUser *u = s->bus->connections->user;

        s->bus->n_strangers += u->n_connections;
        u->stranger = true;
        s->bus->connections->may_control = false;
}

static void a_stranger_that_takes_more_than_its_share_rests(void **state) {
        Server *s = *state;
        sd_bus *sd = client(s, true);
        BusUser *u;

        settle(s);
        make_stranger(s);
        u = s->bus->connections->user;
        bus_user_charge(u, BURST_OF_USER + 60 * USEC_PER_SEC);
        assert_true(sd_bus_call_method_async(sd, NULL, BUS_NAME, MANAGER_PATH, "org.freedesktop.DBus.Peer",
                                             "Ping", NULL, NULL, "") >= 0);
        settle(s);
        assert_true(s->bus->connections->resting);
        assert_false(s->bus->connections->has_called);

        u->since = usec_sub(u->since, SHARE_OF_USER * 61 * USEC_PER_SEC);
        assert_true(sd_event_source_set_time(s->bus->rest_timer, 0) >= 0);
        settle(s);
        assert_false(s->bus->connections->resting);
        assert_true(s->bus->connections->has_called);
        sd_bus_close_unref(sd);
}

static int stranger(Server *s, const char *greeting, size_t n) {
        int fd = raw_client(s);

        assert_true(fd >= 0);
        assert_int_equal(send(fd, greeting, n, MSG_NOSIGNAL), n);
        settle(s);
        return fd;
}

/* However the bytes are cut, two calls have two answers. */
static void a_stranger_is_answered_however_it_writes(void **state) {
        static const char everything[] = GREETING PING PING;
        const size_t n = sizeof(everything) - 1;
        Server *s = *state;

        expect_strangers(s);
        for (size_t piece = 1; piece <= n; piece = piece < 40 ? piece + 1 : piece * 2) {
                char answers[1024];
                const char *first;
                int fd = stranger(s, everything, MIN(piece, n));
                ssize_t got;

                for (size_t at = piece; at < n; at += piece) {
                        assert_true(send(fd, everything + at, MIN(piece, n - at), MSG_NOSIGNAL) > 0);
                        settle(s);
                }
                got = read(fd, answers, sizeof(answers));
                assert_true(got > 0);
                first = memmem(answers, (size_t)got, "\r\nl\2", 4);
                assert_non_null(first);
                assert_non_null(memmem(first + 4, (size_t)(answers + got - first - 4), "l\2", 2));
                close(fd);
                settle(s);
                assert_int_equal(s->bus->n_connections, 0);
        }
}

/* What a message will be is known when its first bytes are there: nothing of the rest is waited for. */
static void a_stranger_that_announces_too_much_goes_at_once(void **state) {
        static const uint32_t sizes[][2] = {
                /* of the body, of the fields */
                { INCOMING_MAX, 0 }, { 1 << 20, 8 },    { (128 << 20) - 1024, 8 },  { UINT32_MAX, 0 },
                { 0, INCOMING_MAX }, { 0, UINT32_MAX }, { UINT32_MAX, UINT32_MAX },
        };
        Server *s = *state;

        expect_strangers(s);
        for (size_t i = 0; i < ELEMENTSOF(sizes); i++) {
                char header[INTAKE_HEADER_SIZE] = "l\1\0\1";
                int fd = stranger(s, GREETING, sizeof(GREETING) - 1);

                assert_int_equal(s->bus->n_connections, 1);
                memcpy(header + 4, &sizes[i][0], sizeof(uint32_t));
                memcpy(header + 12, &sizes[i][1], sizeof(uint32_t));
                assert_int_equal(send(fd, header, sizeof(header), MSG_NOSIGNAL), sizeof(header));
                settle(s);
                assert_int_equal(s->bus->n_connections, 0);
                close(fd);
        }
}

static void a_stranger_that_is_no_client_goes(void **state) {
        static const char *const spoilt[] = { "x\1\0\1", "l\1\0\2", "B\1\0\0" };
        char line[INTAKE_LINE_MAX + 1], byte;
        Server *s = *state;
        int fd;

        expect_strangers(s);
        for (size_t i = 0; i < ELEMENTSOF(spoilt); i++) {
                char header[INTAKE_HEADER_SIZE] = { 0 };

                memcpy(header, spoilt[i], 4);
                fd = stranger(s, GREETING, sizeof(GREETING) - 1);
                assert_int_equal(send(fd, header, sizeof(header), MSG_NOSIGNAL), sizeof(header));
                settle(s);
                assert_int_equal(s->bus->n_connections, 0);
                close(fd);
        }

        memset(line, 'x', sizeof(line));
        fd = stranger(s, line, sizeof(line));
        assert_int_equal(s->bus->n_connections, 0);
        assert_true(read(fd, &byte, 1) <= 0);
        close(fd);
}

/* Files are handed out to whoever may look, and taken from nobody who may only look. */
static void a_stranger_gets_descriptors_and_sends_none(void **state) {
        char control[CMSG_SPACE(sizeof(int))] = { 0 };
        struct iovec part = { (char *)"l", 1 };
        struct msghdr message = {
                .msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)
        };
        struct cmsghdr *c = CMSG_FIRSTHDR(&message);
        Server *s = *state;
        int fd = -1, raw;
        struct stat st;
        sd_bus_message *m;
        sd_bus *sd;

        expect_strangers(s);
        raw = raw_client(s);
        assert_true(sd_bus_new(&sd) >= 0 && sd_bus_set_fd(sd, raw, raw) >= 0);
        assert_true(sd_bus_negotiate_fds(sd, 1) >= 0 && sd_bus_start(sd) >= 0);
        assert_true(sd_bus_attach_event(sd, s->world->manager.event, 0) >= 0);
        m = ask(s, sd, NULL, MANAGER_PATH, MANAGER_INTERFACE, "DumpByFileDescriptor", "");
        assert_non_null(m);
        assert_true(sd_bus_message_read(m, "h", &fd) >= 0);
        assert_int_equal(fstat(fd, &st), 0);
        assert_true(st.st_size > 0);
        sd_bus_message_unref(m);
        sd_bus_close_unref(sd);

        fd = stranger(s, GREETING, sizeof(GREETING) - 1);
        *c = (struct cmsghdr){ CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS };
        memcpy(CMSG_DATA(c), &fd, sizeof(fd));
        assert_int_equal(sendmsg(fd, &message, MSG_NOSIGNAL), 1);
        settle(s);
        assert_int_equal(s->bus->n_connections, 0);
        close(fd);
}

static void no_invocation_is_that_of_the_caller(void **state) {
        Server *s = *state;
        sd_bus *sd = client(s, true);
        char error[128];

        assert_null(ask(s, sd, error, MANAGER_PATH, MANAGER_INTERFACE, "GetUnitByInvocationID", "ay", 0));
        assert_string_equal(error, ERROR_NO_UNIT_FOR_PID);
        assert_null(ask(s, sd, error, MANAGER_PATH, MANAGER_INTERFACE, "GetUnitByInvocationID", "ay", 3, 1, 2,
                        3));
        assert_string_equal(error, SD_BUS_ERROR_INVALID_ARGS);
        assert_null(ask(s, sd, error, MANAGER_PATH, MANAGER_INTERFACE, "GetUnitByInvocationID", "ay", 16, 1,
                        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0));
        assert_string_equal(error, ERROR_NO_UNIT_FOR_INVOCATION);
        sd_bus_close_unref(sd);
}

/* Each pattern is compared with each unit, each name a file that is looked for; root may ask for as many as it likes. */
static void a_stranger_asks_for_so_many_units_at_a_time(void **state) {
        Server *s = *state;
        sd_bus *sd = client(s, true);
        char error[128], **names auto_strv = NULL;

        for (unsigned i = 0; i <= WORDS_MAX; i++) {
                char name[32];

                snprintf(name, sizeof(name), "n%u.service", i);
                assert_int_equal(strv_add(&names, name), 0);
        }
        settle(s);
        for (unsigned stranger_asks = 0; stranger_asks <= 1; stranger_asks++) {
                sd_bus_message *m, *answer = NULL;

                s->bus->connections->may_control = !stranger_asks;
                assert_true(sd_bus_message_new_method_call(sd, &m, BUS_NAME, MANAGER_PATH, MANAGER_INTERFACE,
                                                           "ListUnitsByPatterns") >= 0);
                assert_true(sd_bus_message_append(m, "as", 0) >= 0);
                assert_true(sd_bus_message_append_strv(m, names) >= 0);
                answer = ask_with(s, sd, error, m);
                assert_int_equal(answer == NULL, stranger_asks);
                sd_bus_message_unref(answer);
        }
        assert_string_equal(error, SD_BUS_ERROR_LIMITS_EXCEEDED);
        sd_bus_close_unref(sd);
}

/* It is told so in the words of the greeting, and may go on as who it is. */
static void a_stranger_is_nobody_else(void **state) {
        static const char claims[] = "\000AUTH EXTERNAL 34373131\r\nAUTH ANONYMOUS\r\n" /* 4711 */
                                     "AUTH EXTERNAL\r\nDATA 34373131\r\n",
                          says[] = "REJECTED\r\nREJECTED\r\nDATA\r\nREJECTED\r\n",
                          rest[] = "AUTH EXTERNAL\r\nDATA\r\nBEGIN\r\n" PING;
        Server *s = *state;
        char answers[1024];
        int fd;

        expect_strangers(s);
        fd = stranger(s, claims, sizeof(claims) - 1);
        assert_int_equal(read(fd, answers, sizeof(answers)), sizeof(says) - 1);
        assert_memory_equal(answers, says, sizeof(says) - 1);
        assert_int_equal(send(fd, rest, sizeof(rest) - 1, MSG_NOSIGNAL), sizeof(rest) - 1);
        settle(s);
        assert_true(read(fd, answers, sizeof(answers)) > 0);
        assert_memory_equal(answers, "DATA\r\nOK ", 9);
        assert_int_equal(s->bus->n_connections, 1);
        close(fd);
}

static void strangers_leave_room_for_root(void **state) {
        Server *s = *state;
        BusUser somebody = { .uid = 4711, .stranger = true };

        s->bus->n_strangers = STRANGERS_MAX;
        assert_false(bus_has_room_for(s->bus, &somebody));
        assert_true(bus_has_room_for(s->bus, &(BusUser){ .uid = 0 }));
        s->bus->n_strangers = 0;
        assert_true(bus_has_room_for(s->bus, &somebody));
        somebody.n_connections = CONNECTIONS_PER_USER_MAX;
        assert_false(bus_has_room_for(s->bus, &somebody));
}

static void a_user_has_so_many_match_rules(void **state) {
        sd_bus *sd = client(*state, true);
        Server *s = *state;
        Connection *c;

        settle(s);
        make_stranger(s);
        c = s->bus->connections;
        for (unsigned i = 0; i < MATCHES_MAX; i++)
                assert_int_equal(connection_add_match(c, "type='signal'"), 0);
        assert_int_equal(connection_add_match(c, "type='signal'"), -ENOBUFS);
        assert_int_equal(c->user->n_matches, MATCHES_MAX);
        assert_int_equal(connection_remove_match(c, "type='signal'"), 0);
        c->user->n_matches = MATCHES_PER_USER_MAX;
        assert_int_equal(connection_add_match(c, "type='signal'"), -ENOBUFS);
        sd_bus_close_unref(sd);
}

static void others_may_look_but_not_touch(void **state) {
        Server *s = *state;
        sd_bus *sd = client(s, true);
        char error[128];

        settle(s);
        s->bus->connections->may_control = false;
        expect_error(s, sd, SD_BUS_ERROR_ACCESS_DENIED, MANAGER_PATH, MANAGER_INTERFACE, "Reload");
        assert_null(ask(s, sd, error, LOG_CONTROL_PATH, "org.freedesktop.DBus.Properties", "Set", "ssv",
                        "org.freedesktop.LogControl1", "LogLevel", "s", "debug"));
        assert_string_equal(error, SD_BUS_ERROR_ACCESS_DENIED);
        sd_bus_message_unref(ask(s, sd, error, MANAGER_PATH, MANAGER_INTERFACE, "ListUnits", ""));
        assert_string_equal(error, "");
        sd_bus_close_unref(sd);
}

/* Each unit counts whoever holds it once, under all its names. */
static void a_held_name_of_another_unit_holds_that_one(void **state) {
        Server *s = *state;
        Graph *g = s->world->manager.graph;
        Unit *one, *two, *stub;
        References l = { 0 };

        one = world_unit(s->world, "one.service", "[Service]\nExecStart=/bin/true\n");
        two = world_unit(s->world, "two.service", "[Service]\nExecStart=/bin/true\n");
        assert_int_equal(graph_add(g, "first.service", &stub), 0);
        assert_int_equal(references_add(&l, stub), 0);
        assert_int_equal(graph_add_name(g, one, "first.service"), 0);
        references_forget(&l, stub);
        assert_true(references_contain(&l, one));
        assert_int_equal(one->refs, 1);

        assert_int_equal(references_add(&l, two), 0);
        assert_int_equal(graph_add(g, "second.service", &stub), 0);
        assert_int_equal(references_add(&l, stub), 0);
        assert_int_equal(graph_add_name(g, two, "second.service"), 0);
        references_forget(&l, stub);
        assert_int_equal(two->refs, 1);
        assert_int_equal(l.n, 2);
        assert_int_equal(references_remove(&l, two), 0);
        assert_true(references_contain(&l, two));
        free(l.v);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        static const struct CMUnitTest tests[] = {
                TEST(the_socket_is_for_its_owner_only),
                TEST(a_client_gets_properties),
                TEST(what_is_not_there_has_its_error),
                TEST(a_refused_call_has_one_answer),
                TEST(signals_go_to_everybody_who_has_called),
                TEST(a_thousand_changes_in_a_turn_are_one_signal_for_each_interface),
                TEST(a_client_that_leaves_is_forgotten),
                TEST(who_sends_garbage_is_dropped),
                TEST(who_does_not_wait_for_the_greeting_is_answered),
                TEST(who_does_not_authenticate_is_dropped),
                TEST(connections_beyond_the_cap_are_closed),
                TEST(who_does_not_read_costs_one_answer),
                TEST(a_subscriber_that_does_not_read_is_dropped),
                TEST(who_was_behind_catches_up_with_the_latest),
                TEST(accepting_pauses_when_descriptors_run_out),
                TEST(others_may_look_but_not_touch),
                TEST(a_stranger_that_takes_more_than_its_share_rests),
                TEST(a_stranger_is_answered_however_it_writes),
                TEST(a_stranger_that_announces_too_much_goes_at_once),
                TEST(a_stranger_that_is_no_client_goes),
                TEST(a_stranger_is_nobody_else),
                TEST(a_stranger_asks_for_so_many_units_at_a_time),
                TEST(a_stranger_gets_descriptors_and_sends_none),
                TEST(no_invocation_is_that_of_the_caller),
                TEST(strangers_leave_room_for_root),
                TEST(a_user_has_so_many_match_rules),
                TEST(a_held_name_of_another_unit_holds_that_one),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
