/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bus/clients/connection.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utlist.h>

#include "base/log.h"
#include "bus/clients/driver.h"
#include "bus/clients/server.h"
#include "bus/clients/signals.h"
#include "bus/object.h"

#define READ_AHEAD_MAX 64 /* steps in the turn that authenticates */

static uint64_t n_unread(const Connection *c) {
        uint64_t n = 0;

        return sd_bus_get_n_queued_write(c->sd, &n) < 0 ? 0 : n;
}

/* While there is something to write, to tell or to answer, nothing is read. */
static uint32_t wanted_events(const Connection *c) {
        int e;

        if (c->authenticated)
                return n_unread(c) > 0 || c->held || c->behind ? EPOLLOUT : EPOLLIN;
        e = sd_bus_get_events(c->sd);
        return e > 0 ? (uint32_t)e : EPOLLIN;
}

static void update_events(Connection *c) {
        if (c->doomed || !c->io)
                return;
        if (sd_bus_is_open(c->sd) <= 0 || sd_event_source_set_io_events(c->io, wanted_events(c)) < 0)
                connection_doom(c);
}

static void drop_first_held(Connection *c) {
        HeldCall *h = c->held;

        DL_DELETE(c->held, h);
        c->n_held--;
        sd_bus_message_unref(h->message);
        free(h);
}

static int hold_call(Connection *c, sd_bus_message *m) {
        HeldCall *h;

        if (c->n_held >= HELD_MAX)
                return -ENOBUFS;
        h = malloc(sizeof(HeldCall));
        if (!h)
                return -ENOMEM;
        *h = (HeldCall){ sd_bus_message_ref(m) };
        DL_APPEND(c->held, h);
        c->n_held++;
        return 0;
}

static void forget_deferred(Connection *c) {
        DeferredCall *d;

        DL_FOREACH (c->bus->deferred, d) {
                if (d->connection == c)
                        d->connection = NULL;
        }
        if (c->user)
                c->user->n_in_flight -= c->n_in_flight;
}

void connection_free(Connection *c) {
        DL_DELETE(c->bus->connections, c);
        c->bus->n_connections--;
        c->bus->n_strangers -= c->user->stranger;
        forget_deferred(c);
        c->user->n_matches -= c->matches.n;
        bus_user_leave(c->bus, c->user);
        connection_has_caught_up(c);
        while (c->held)
                drop_first_held(c);
        references_release(&c->own);
        matches_release(&c->matches);
        identity_release(&c->who);
        sd_event_source_disable_unref(c->io);
        sd_bus_close_unref(c->sd); /* drops what is queued, waits for nothing */
        intake_close(&c->intake);
        free(c);
}

void connection_doom(Connection *c) {
        c->doomed = true;
        (void)sd_event_source_set_enabled(c->io, SD_EVENT_OFF);
        (void)sd_event_source_set_enabled(c->bus->sweep_source, SD_EVENT_ONESHOT);
}

bool connection_is_ready(const Connection *c) {
        return !c->doomed && sd_bus_is_ready(c->sd) > 0;
}

bool connection_listens(const Connection *c) {
        return connection_is_ready(c) && c->has_called && (!c->is_bus_client || c->matches.list);
}

static bool connection_wants(const Connection *c, sd_bus_message *m) {
        return connection_listens(c) &&
               (!c->is_bus_client ||
                matches_want(&c->matches, sd_bus_message_get_path(m), sd_bus_message_get_interface(m),
                             sd_bus_message_get_member(m)));
}

void connection_note_behind(Connection *c) {
        if (c->behind || n_unread(c) <= BEHIND_AT)
                return;
        c->behind = true;
        backlog_enter(&c->bus->backlog, &c->told);
}

void connection_has_caught_up(Connection *c) {
        if (!c->behind)
                return;
        c->behind = false;
        backlog_leave(&c->bus->backlog);
}

int connection_send_signal(Connection *c, sd_bus_message *m) {
        int r;

        if (!connection_wants(c, m))
                return 0;
        r = sd_bus_send(c->sd, m, NULL);
        if (r < 0 || n_unread(c) > (c->may_control ? QUEUE_MAX : QUEUE_MAX_OF_STRANGER))
                return r < 0 ? r : -ENOBUFS;
        update_events(c);
        return 0;
}

static void answer(Connection *c, sd_bus_message *m, sd_bus_error *error) {
        int r;

        c->has_called = true;
        r = driver_check_destination(m, error);
        if (r >= 0)
                r = dispatch_call(c, m, error);
        if (r < 0)
                bus_refuse(m, r, error);
}

/* Those that were read while an answer waited, in their order. */
static void answer_held(Connection *c) {
        sd_bus_error error __attribute__((cleanup(sd_bus_error_free))) = SD_BUS_ERROR_NULL;
        sd_bus_message *m __attribute__((cleanup(sd_bus_message_unrefp))) =
                sd_bus_message_ref(c->held->message);

        drop_first_held(c);
        answer(c, m, &error);
}

/* Everything that comes in on a connection. */
static int on_message(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        Connection *c = userdata;
        uint8_t type = 0;

        if (c->doomed || c->bus->closing)
                return 1;

        if (sd_bus_message_is_signal(m, "org.freedesktop.DBus.Local", "Disconnected")) {
                connection_doom(c);
                return 0;
        }
        if (sd_bus_message_is_signal(m, "org.freedesktop.DBus.Local", "Connected")) {
                c->authenticated = true;
                if (intake_is_open(&c->intake) && !c->intake.greeted)
                        connection_doom(c);
                return 1;
        }

        (void)sd_bus_message_get_type(m, &type);
        if (type != SD_BUS_MESSAGE_METHOD_CALL)
                return 1;
        if (!c->held && n_unread(c) == 0)
                answer(c, m, error);
        else if (hold_call(c, m) < 0)
                connection_doom(c);
        return 1;
}

/*
 * One step of sd-bus: it writes what waits, or else reads at most one message
 * and has it answered. What a stranger sends it gets from the intake.
 */
static int step(Connection *c) {
        int moved = 0, r;

        if (intake_is_open(&c->intake) && n_unread(c) == 0 && (moved = intake_step(&c->intake)) < 0)
                return moved;
        r = sd_bus_process(c->sd, NULL);
        if (r < 0)
                return r;
        return sd_bus_is_open(c->sd) > 0 ? MAX(moved, r) : -ENOTCONN;
}

/*
 * sd-bus reads ahead while it authenticates. A client that says BEGIN and its
 * first call in one breath would wait for ever for what is already in our
 * buffer: nothing more makes the socket readable.
 */
static int authenticate(Connection *c) {
        int r = 1;

        for (unsigned i = 0; i < READ_AHEAD_MAX && !c->doomed && r > 0; i++)
                r = step(c);
        return r;
}

static void rest(Connection *c, usec_t until) {
        c->resting = true;
        (void)sd_event_source_set_enabled(c->io, SD_EVENT_OFF);
        bus_users_wake_at(c->bus, until);
}

/* What a client costs is measured where it costs it. */
static int on_io(sd_event_source *source, int fd, uint32_t revents, void *userdata) {
        Connection *c = userdata;
        usec_t begin, until;
        int r = 0;

        if (c->doomed)
                return 0;
        if (!bus_user_may_go_on(c->user, now_monotonic(), &until)) {
                rest(c, until);
                return 0;
        }

        begin = bus_time_spent();
        if (!c->authenticated)
                r = authenticate(c);
        else if (c->behind && n_unread(c) <= BEHIND_AT / 2)
                signals_catch_up(c);
        else if (c->held && n_unread(c) == 0)
                answer_held(c);
        else
                r = step(c);
        bus_user_charge(c->user, usec_sub(bus_time_spent(), begin));

        if (r < 0)
                connection_doom(c);
        update_events(c);
        return 0;
}

static int add_io(Connection *c, int fd) {
        int r = sd_event_add_io(c->bus->manager->event, &c->io, fd, wanted_events(c), on_io, c);

        if (r < 0 || !c->user->stranger)
                return r;
        return sd_event_source_set_priority(c->io, PRIORITY_STRANGER);
}

/* sd-bus asks for 8 MB, and gets them when we are root. */
static int limit_kernel_buffer(const Connection *c, int fd) {
        int size = KERNEL_BUFFER_OF_STRANGER;

        if (!c->user->stranger)
                return 0;
        return setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size)) < 0 ? -errno : 0;
}

/* With an intake, sd-bus has nobody to ask who the peer is; the intake has. */
static int give_descriptors(Connection *c, int fd) {
        int from = fd, r = sd_bus_new(&c->sd);

        if (r >= 0 && !c->may_control)
                r = intake_open(&c->intake, fd, c->who.uid, INCOMING_MAX, &from);
        if (r >= 0)
                r = sd_bus_set_fd(c->sd, from, fd);
        if (r < 0) {
                if (from != fd)
                        close(from);
                close(fd);
                return r;
        }
        return sd_bus_set_anonymous(c->sd, intake_is_open(&c->intake));
}

/* The sd-bus side of a connection. The descriptor is its own from here on, also on failure. */
int connection_start(Connection *c, int fd) {
        Bus *b = c->bus;
        int r;

        if ((r = give_descriptors(c, fd)) < 0 || (r = sd_bus_set_server(c->sd, 1, b->server_id)) < 0 ||
            (r = sd_bus_negotiate_fds(c->sd, 1)) < 0 || (r = sd_bus_set_exit_on_disconnect(c->sd, 0)) < 0 ||
            (r = sd_bus_set_close_on_exit(c->sd, 0)) < 0 || (r = sd_bus_set_connected_signal(c->sd, 1)) < 0 ||
            (r = sd_bus_set_sender(c->sd, BUS_NAME)) < 0 ||
            (r = sd_bus_add_filter(c->sd, NULL, on_message, c)) < 0 || (r = sd_bus_start(c->sd)) < 0 ||
            (r = limit_kernel_buffer(c, fd)) < 0)
                return r;
        return add_io(c, fd);
}

/* sd_bus_process() writes what the socket takes; what comes in meanwhile is thrown away. */
void connection_flush(Connection *c) {
        uint64_t n = n_unread(c), before;

        if (!connection_is_ready(c))
                return;

        do {
                before = n;
                if (before == 0 || sd_bus_process(c->sd, NULL) < 0)
                        return;
                n = n_unread(c);
        } while (n < before);
}

int connection_add_match(Connection *c, const char *rule) {
        int r;

        if (c->user->stranger && c->user->n_matches >= MATCHES_PER_USER_MAX)
                return -ENOBUFS;
        r = matches_add(&c->matches, rule);
        if (r >= 0)
                c->user->n_matches++;
        return r;
}

int connection_remove_match(Connection *c, const char *rule) {
        int r = matches_remove(&c->matches, rule);

        if (r >= 0)
                c->user->n_matches--;
        return r;
}

int call_defer(Call *call, DeferredCall **ret) {
        Connection *c = call->connection;
        DeferredCall *d;

        if (c->user && (c->n_in_flight >= IN_FLIGHT_MAX ||
                        (c->user->stranger && c->user->n_in_flight >= IN_FLIGHT_PER_USER_MAX)))
                return sd_bus_error_setf(call->error, SD_BUS_ERROR_LIMITS_EXCEEDED,
                                         "Too many calls of this client wait for their answers.");
        d = malloc(sizeof(DeferredCall));
        if (!d)
                return -ENOMEM;
        *d = (DeferredCall){ .bus = call->bus, .message = sd_bus_message_ref(call->message) };
        if (c->user) {
                d->connection = c;
                c->n_in_flight++;
                c->user->n_in_flight++;
        }
        DL_APPEND(call->bus->deferred, d);
        *ret = d;
        return 0;
}

void deferred_call_free(DeferredCall *d) {
        Connection *c = d->connection;

        if (c) {
                c->n_in_flight--;
                c->user->n_in_flight--;
                update_events(c);
        }
        sd_bus_message_unref(d->message);
        if (d->bus)
                DL_DELETE(d->bus->deferred, d);
        free(d);
}

void deferred_call_end(DeferredCall *d, int r) {
        if (r < 0 && r != -ENOTCONN)
                bus_give_up_answer(d->message);
        deferred_call_free(d);
}
