/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bus/server.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <systemd/sd-id128.h>
#include <unistd.h>
#include <utlist.h>

#include "base/log.h"
#include "bus/object.h"
#include "bus/signals.h"

static void connection_free(Connection *c) {
        DL_DELETE(c->bus->connections, c);
        c->bus->n_connections--;
        references_release(&c->own);
        sd_bus_close_unref(c->sd); /* detaches, drops what is queued, waits for nothing */
        free(c);
}

/*
 * sd-bus reads ahead while it authenticates. A client that says BEGIN and its
 * first call in one breath would wait for ever for what is already in our
 * buffer: nothing more makes the socket readable. What cannot be taken ends the
 * connection, as it does when the event loop takes it.
 */
static void take_what_was_read_ahead(Connection *c) {
        int r = 1;

        c->read_ahead = false;
        for (unsigned i = 0; i < READ_AHEAD_MAX && !c->doomed && r > 0; i++)
                r = sd_bus_process(c->sd, NULL);
        if (r < 0)
                connection_doom(c);
}

static int on_sweep(sd_event_source *source, void *userdata) {
        Bus *b = userdata;
        Connection *c, *next;

        DL_FOREACH_SAFE (b->connections, c, next) {
                if (c->read_ahead)
                        take_what_was_read_ahead(c);
                if (c->doomed)
                        connection_free(c);
        }
        return 0;
}

static void sweep(Bus *b) {
        (void)sd_event_source_set_enabled(b->sweep_source, SD_EVENT_ONESHOT);
}

void connection_doom(Connection *c) {
        c->doomed = true;
        sweep(c->bus);
}

bool connection_is_ready(const Connection *c) {
        return !c->doomed && sd_bus_is_ready(c->sd) > 0;
}

Connection *bus_first_ready(Bus *b) {
        Connection *c;

        DL_FOREACH (b->connections, c) {
                if (connection_is_ready(c))
                        return c;
        }
        return system_bus_listener(b->system);
}

void bus_forget_references(Bus *b, const Unit *u) {
        Connection *c;

        DL_FOREACH (b->connections, c) {
                references_forget(&c->own, u);
        }
}

int bus_append_holders(Bus *b, const Unit *u, sd_bus_message *m) {
        Connection *c;
        int r = 0;

        DL_FOREACH (b->connections, c) {
                char name[24];

                if (r < 0 || !references_contain(&c->own, u))
                        continue;
                (void)snprintf(name, sizeof(name), ":1.%u", c->number);
                r = sd_bus_message_append_basic(m, 's', name);
        }
        return r;
}

static bool queue_is_longer_than(const Connection *c, uint64_t limit) {
        uint64_t n = 0;

        return sd_bus_get_n_queued_write(c->sd, &n) >= 0 && n > limit;
}

/* One message for all: sd-bus allows a sealed message on several connections and keeps it once. */
void bus_broadcast(Bus *b, sd_bus_message *m) {
        Connection *c;

        DL_FOREACH (b->connections, c) {
                if (!connection_is_ready(c) || !c->has_called)
                        continue;
                if (sd_bus_send(c->sd, m, NULL) < 0 || queue_is_longer_than(c, QUEUE_MAX_AT_SIGNAL))
                        connection_doom(c);
        }

        c = system_bus_listener(b->system);
        if (c && (sd_bus_send(c->sd, m, NULL) < 0 || queue_is_longer_than(c, QUEUE_MAX_AT_SIGNAL)))
                system_bus_lost(b->system);
}

void bus_give_up_answer(sd_bus_message *call) {
        int fd = sd_bus_get_fd(sd_bus_message_get_bus(call));

        if (fd >= 0)
                (void)shutdown(fd, SHUT_RDWR); /* sd-bus finds out by itself */
}

void bus_refuse(sd_bus_message *call, int r, sd_bus_error *error) {
        if (sd_bus_reply_method_errno(call, r, error) < 0)
                bus_give_up_answer(call);
        sd_bus_error_free(error); /* what is still set when a filter returns, sd-bus sends a second time */
}

void bus_drop_listeners(Bus *b, int error) {
        Connection *c;

        LOG_ERRNO(BUS_SIGNAL_LOST, error);
        DL_FOREACH (b->connections, c) {
                if (connection_is_ready(c))
                        connection_doom(c);
        }
        if (system_bus_listener(b->system))
                system_bus_lost(b->system);
}

/* Everything that comes in on a connection. */
static int on_message(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        Connection *c = userdata;
        uint8_t type = 0;
        int r;

        if (c->doomed || c->bus->closing)
                return 1;

        if (sd_bus_message_is_signal(m, "org.freedesktop.DBus.Local", "Disconnected")) {
                connection_doom(c);
                return 0;
        }
        if (sd_bus_message_is_signal(m, "org.freedesktop.DBus.Local", "Connected")) {
                c->authenticated = c->read_ahead = true;
                sweep(c->bus);
                return 1;
        }

        (void)sd_bus_message_get_type(m, &type);
        if (type != SD_BUS_MESSAGE_METHOD_CALL)
                return 1;

        c->has_called = true;
        if (queue_is_longer_than(c, QUEUE_MAX_AT_CALL)) {
                connection_doom(c);
                return 1;
        }

        r = dispatch_call(c, m, error);
        if (r >= 0)
                return r;
        bus_refuse(m, r, error);
        return 1;
}

/* The sd-bus side of a connection. The descriptor is its own from here on, also on failure. */
static int connection_start(Connection *c, int fd) {
        Bus *b = c->bus;
        int r;

        r = sd_bus_new(&c->sd);
        if (r < 0) {
                close(fd);
                return r;
        }

        r = sd_bus_set_fd(c->sd, fd, fd);
        if (r < 0) {
                close(fd);
                return r;
        }

        if ((r = sd_bus_set_server(c->sd, 1, b->server_id)) < 0 ||
            (r = sd_bus_set_exit_on_disconnect(c->sd, 0)) < 0 ||
            (r = sd_bus_set_close_on_exit(c->sd, 0)) < 0 || (r = sd_bus_set_connected_signal(c->sd, 1)) < 0 ||
            (r = sd_bus_set_sender(c->sd, BUS_NAME)) < 0 ||
            (r = sd_bus_add_filter(c->sd, NULL, on_message, c)) < 0 || (r = sd_bus_start(c->sd)) < 0)
                return r;

        return sd_bus_attach_event(c->sd, b->manager->event, SD_EVENT_PRIORITY_NORMAL);
}

/* BusControlUsers= are numbers: names would need the name service. */
bool uid_may_control(const Bus *b, uid_t uid) {
        if (uid == 0 || uid == geteuid())
                return true;
        STRV_FOREACH (it, b->manager->config.control_users) {
                unsigned u;

                if (parse_unsigned(*it, &u) >= 0 && (uid_t)u == uid)
                        return true;
        }
        return false;
}

static unsigned count_of_user(const Bus *b, uid_t uid) {
        Connection *c;
        unsigned n = 0;

        DL_FOREACH (b->connections, c) {
                n += c->uid == uid;
        }
        return n;
}

static bool has_room_for(const Bus *b, uid_t uid) {
        if (b->n_connections >= CONNECTIONS_MAX)
                return false;
        return uid == 0 || uid == geteuid() || count_of_user(b, uid) < CONNECTIONS_PER_USER_MAX;
}

/* Closes connections whose peer has not authenticated in time; waits on for the younger ones. */
static int on_patience(sd_event_source *source, uint64_t usec, void *userdata) {
        usec_t now = now_monotonic(), next = USEC_INFINITY;
        Bus *b = userdata;
        Connection *c;

        DL_FOREACH (b->connections, c) {
                if (c->doomed || c->authenticated)
                        continue;
                if (usec_add(c->since, AUTHENTICATION_TIMEOUT) <= now)
                        connection_doom(c);
                else
                        next = MIN(next, usec_add(c->since, AUTHENTICATION_TIMEOUT));
        }

        if (next != USEC_INFINITY) {
                (void)sd_event_source_set_time(source, next);
                (void)sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
        }
        return 0;
}

static void be_patient_with(Connection *c) {
        sd_event_source *timer = c->bus->patience_timer;
        int enabled = SD_EVENT_OFF;

        (void)sd_event_source_get_enabled(timer, &enabled);
        if (enabled != SD_EVENT_OFF)
                return; /* it looks at everybody and goes on for whoever is left */

        (void)sd_event_source_set_time(timer, usec_add(c->since, AUTHENTICATION_TIMEOUT));
        (void)sd_event_source_set_enabled(timer, SD_EVENT_ONESHOT);
}

static int add_connection(Bus *b, int fd) {
        int accepted auto_fd = fd;
        struct ucred peer = { .uid = (uid_t)-1 };
        socklen_t size = sizeof(peer);
        Connection *c;
        int r;

        if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0)
                return -errno;
        if (!has_room_for(b, peer.uid))
                return -EBUSY;

        c = malloc(sizeof(Connection));
        if (!c)
                return -ENOMEM;

        *c = (Connection){
                .bus = b,
                .number = ++b->n_ever,
                .uid = peer.uid,
                .pid = peer.pid,
                .since = now_monotonic(),
                .may_control = uid_may_control(b, peer.uid),
        };
        c->references = &c->own;
        DL_APPEND(b->connections, c);
        b->n_connections++;

        r = connection_start(c, TAKE_FD(accepted));
        if (r < 0) {
                connection_free(c);
                return r;
        }

        be_patient_with(c);
        return 0;
}

static void pause_accepting(Bus *b) {
        (void)sd_event_source_set_enabled(b->accept_source, SD_EVENT_OFF);
        (void)sd_event_source_set_time(b->accept_timer, usec_add(now_monotonic(), ACCEPT_PAUSE));
        (void)sd_event_source_set_enabled(b->accept_timer, SD_EVENT_ONESHOT);
}

static int on_accept_timer(sd_event_source *source, uint64_t usec, void *userdata) {
        Bus *b = userdata;

        (void)sd_event_source_set_enabled(b->accept_source, SD_EVENT_ON);
        return 0;
}

static int on_accept(sd_event_source *source, int fd, uint32_t revents, void *userdata) {
        Bus *b = userdata;

        for (unsigned i = 0; i < ACCEPTS_PER_TURN; i++) {
                int peer = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC), r;

                if (peer < 0) {
                        /* A descriptor that cannot be had leaves the peer in the backlog: the source would spin. */
                        if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
                                LOG_ERRNO(BUS_ACCEPT_PAUSED, -errno);
                                pause_accepting(b);
                        }
                        if (errno == EINTR || errno == ECONNABORTED)
                                continue;
                        return 0;
                }

                r = add_connection(b, peer);
                if (r < 0)
                        LOG_ERRNO(BUS_CLIENT_REFUSED, r);
        }
        return 0;
}

/* The descriptor, listening. */
int bus_open_socket(const char *path) {
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        int fd auto_fd = -1;
        mode_t mask;
        int r;

        if (strlen(path) >= sizeof(address.sun_path))
                return -ENAMETOOLONG;
        memcpy(address.sun_path, path, strlen(path) + 1);

        fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (fd < 0)
                return -errno;

        if (unlink(path) < 0 && errno != ENOENT)
                return -errno;

        mask = umask(0177);
        r = bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ? -errno : 0;
        umask(mask);
        if (r < 0)
                return r;

        return listen(fd, SOMAXCONN) < 0 ? -errno : TAKE_FD(fd);
}

static bool is_socket(const char *path) {
        struct stat st;

        return stat(path, &st) >= 0 && S_ISSOCK(st.st_mode);
}

/* Who is connected stays so. */
int bus_remake_socket(Bus *b) {
        int fd auto_fd = -1, r;

        if (!b->path || is_socket(b->path))
                return 0;
        fd = bus_open_socket(b->path);
        if (fd < 0)
                return fd;
        r = sd_event_source_set_io_fd(b->accept_source, fd);
        if (r < 0) {
                (void)unlink(b->path); /* nobody listens there: the next signal makes it anew */
                return r;
        }
        close(b->listen_fd);
        b->listen_fd = TAKE_FD(fd);
        return 0;
}

static int add_timer(Bus *b, sd_event_time_handler_t handler, sd_event_source **ret) {
        int r = sd_event_add_time(b->manager->event, ret, CLOCK_MONOTONIC, 0, 10 * USEC_PER_MSEC, handler, b);

        return r < 0 ? r : sd_event_source_set_enabled(*ret, SD_EVENT_OFF);
}

static int add_sources(Bus *b) {
        sd_event *event = b->manager->event;
        int r;

        if ((r = add_timer(b, on_accept_timer, &b->accept_timer)) < 0 ||
            (r = add_timer(b, on_patience, &b->patience_timer)) < 0 ||
            (r = sd_event_add_defer(event, &b->sweep_source, on_sweep, b)) < 0 ||
            (r = sd_event_source_set_enabled(b->sweep_source, SD_EVENT_OFF)) < 0)
                return r;

        return sd_event_add_io(event, &b->accept_source, b->listen_fd, EPOLLIN, on_accept, b);
}

int bus_new(Manager *m, const char *private_socket_path, Bus **ret) {
        int fd = bus_open_socket(private_socket_path);

        return fd < 0 ? fd : bus_new_on(m, private_socket_path, fd, ret);
}

int bus_new_on(Manager *m, const char *path, int fd, Bus **ret) {
        int owned auto_fd = fd, r;
        Bus *b;

        b = malloc(sizeof(Bus));
        if (!b)
                return -ENOMEM;
        *b = (Bus){ .manager = m, .listen_fd = TAKE_FD(owned), .path = strdup(path) };

        if ((r = b->path ? 0 : -ENOMEM) < 0 || (r = sd_id128_randomize(&b->server_id)) < 0 ||
            (r = add_sources(b)) < 0 || (r = system_bus_new(b, &b->system)) < 0) {
                bus_free(b);
                return r;
        }

        bus_observe(b);
        *ret = b;
        return 0;
}

/* sd_bus_process() writes what the socket takes; what comes in meanwhile is thrown away. */
static void flush_connection(Connection *c) {
        uint64_t n = 0, before;

        if (!connection_is_ready(c))
                return;

        (void)sd_bus_get_n_queued_write(c->sd, &n);
        do {
                before = n;
                n = 0;
                if (before == 0 || sd_bus_process(c->sd, NULL) < 0)
                        return;
                (void)sd_bus_get_n_queued_write(c->sd, &n);
        } while (n < before);
}

void bus_free(Bus *b) {
        Connection *c, *next;

        if (!b)
                return;

        b->closing = true;
        if (b->manager->observer.userdata == b)
                manager_set_observer(b->manager, &(ManagerObserver){ 0 });

        DL_FOREACH_SAFE (b->connections, c, next) {
                flush_connection(c);
                connection_free(c);
        }

        system_bus_free(b->system);
        sd_event_source_unref(b->accept_source);
        sd_event_source_unref(b->accept_timer);
        sd_event_source_unref(b->patience_timer);
        sd_event_source_unref(b->sweep_source);
        if (b->listen_fd >= 0)
                close(b->listen_fd);
        if (b->path)
                (void)unlink(b->path);
        for (size_t i = 0; i < ELEMENTSOF(b->indexes); i++)
                property_index_release(&b->indexes[i]);
        free(b->path);
        free(b);
}
