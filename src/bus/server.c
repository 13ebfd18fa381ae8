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

/* One message for all: sd-bus allows a sealed message on several connections and keeps it once. */
void bus_broadcast(Bus *b, sd_bus_message *m) {
        uint64_t unread = 0;
        Connection *c;

        DL_FOREACH (b->connections, c) {
                if (connection_send_signal(c, m) < 0)
                        connection_doom(c);
        }

        c = system_bus_listener(b->system);
        if (c && (sd_bus_send(c->sd, m, NULL) < 0 || sd_bus_get_n_queued_write(c->sd, &unread) < 0 ||
                  unread > QUEUE_MAX_AT_SIGNAL))
                system_bus_lost(b->system);
}

void bus_give_up_answer(sd_bus_message *call) {
        int fd = sd_bus_get_fd(sd_bus_message_get_bus(call));

        if (fd >= 0)
                (void)shutdown(fd, SHUT_RDWR); /* sd-bus finds out by itself */
}

void bus_refuse(sd_bus_message *call, int r, sd_bus_error *error) {
        if (r == -ENOBUFS && error && !sd_bus_error_is_set(error))
                (void)sd_bus_error_set(error, SD_BUS_ERROR_LIMITS_EXCEEDED,
                                       "This client wants too much at a time.");
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

                r = connection_add(b, peer);
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

static int add_sources(Bus *b) {
        sd_event *event = b->manager->event;
        int r;

        if ((r = connections_init(b)) < 0 ||
            (r = sd_event_add_time(event, &b->accept_timer, CLOCK_MONOTONIC, 0, 10 * USEC_PER_MSEC,
                                   on_accept_timer, b)) < 0 ||
            (r = sd_event_source_set_enabled(b->accept_timer, SD_EVENT_OFF)) < 0)
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

void bus_free(Bus *b) {
        if (!b)
                return;

        b->closing = true;
        if (b->manager->observer.userdata == b)
                manager_set_observer(b->manager, &(ManagerObserver){ 0 });

        system_bus_free(b->system);
        connections_release(b);
        sd_event_source_unref(b->accept_source);
        sd_event_source_unref(b->accept_timer);
        if (b->listen_fd >= 0)
                close(b->listen_fd);
        if (b->path)
                (void)unlink(b->path);
        for (size_t i = 0; i < ELEMENTSOF(b->indexes); i++)
                property_index_release(&b->indexes[i]);
        free(b->path);
        free(b);
}
