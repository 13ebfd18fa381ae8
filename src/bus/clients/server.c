/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bus/clients/server.h"

#include <errno.h>
#include <sys/socket.h>
#include <systemd/sd-id128.h>
#include <unistd.h>
#include <utlist.h>

#include "base/log.h"
#include "bus/clients/signals.h"
#include "bus/object.h"

Connection *bus_first_ready(Bus *b) {
        Connection *c;

        DL_FOREACH (b->connections, c) {
                if (connection_listens(c))
                        return c;
        }
        return system_bus_listener(b->system);
}

Connection *bus_find_connection(Bus *b, unsigned number) {
        Connection *c;

        DL_FOREACH (b->connections, c) {
                if (c->number == number && !c->doomed)
                        return c;
        }
        return NULL;
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
static void broadcast(Bus *b, sd_bus_message *m, bool to_all) {
        uint64_t unread = 0;
        Connection *c;

        DL_FOREACH (b->connections, c) {
                if ((to_all || !c->behind) && connection_send_signal(c, m) < 0)
                        connection_doom(c);
        }

        c = system_bus_listener(b->system);
        if (c && (sd_bus_send(c->sd, m, NULL) < 0 || sd_bus_get_n_queued_write(c->sd, &unread) < 0 ||
                  unread > QUEUE_MAX_OF_DAEMON))
                system_bus_lost(b->system);
}

void bus_broadcast(Bus *b, sd_bus_message *m) {
        broadcast(b, m, true);
}

void bus_broadcast_change(Bus *b, sd_bus_message *m) {
        broadcast(b, m, false);
}

/* Who is behind is found out before a change is told, and does not change while it is. */
int bus_owe(Bus *b, Unit *u) {
        Connection *c;

        DL_FOREACH (b->connections, c) {
                if (connection_listens(c))
                        connection_note_behind(c);
        }
        return b->backlog.n_readers > 0 ? backlog_add(&b->backlog, u) : 0;
}

void bus_give_up_answer(sd_bus_message *call) {
        sd_bus *sd = sd_bus_message_get_bus(call);
        int fd = sd_bus_get_fd(sd);

        if (fd >= 0)
                (void)shutdown(fd, SHUT_RDWR); /* sd-bus finds out by itself */
        else
                sd_bus_close(
                        sd); /* it reads from an intake, where there is no end; its connection finds out */
}

/* A path may stand for any bytes; an answer that is no UTF-8 cannot be sent. */
static bool can_be_said(const sd_bus_error *error) {
        return !error || !error->message || str_is_utf8(error->message, strlen(error->message));
}

void bus_refuse(sd_bus_message *call, int r, sd_bus_error *error) {
        if (r == -ENOBUFS && error && !sd_bus_error_is_set(error))
                (void)sd_bus_error_set(error, SD_BUS_ERROR_LIMITS_EXCEEDED,
                                       "This client wants too much at a time.");
        if (can_be_said(error))
                r = sd_bus_reply_method_errno(call, r, error);
        else
                r = sd_bus_reply_method_errorf(call, error->name, "What was asked for is no UTF-8.");
        if (r < 0)
                bus_give_up_answer(call);
        sd_bus_error_free(error); /* what is still set when a filter returns, sd-bus sends a second time */
}

void bus_drop_listeners(Bus *b, int error) {
        Connection *c;

        LOG_ERRNO(BUS_SIGNAL_LOST, error);
        DL_FOREACH (b->connections, c) {
                if (connection_listens(c))
                        connection_doom(c);
        }
        if (system_bus_listener(b->system))
                system_bus_lost(b->system);
}

/* Who is connected stays so. */
int bus_remake_socket(Bus *b) {
        int fd, r;

        if (!b->path || door_is_at(&b->door, b->path))
                return 0;
        fd = bus_open_socket(b->path);
        if (fd < 0)
                return fd;
        door_close(&b->door);
        r = door_open(&b->door, b, b->path, fd);
        if (r < 0)
                (void)unlink(b->path); /* nobody listens there: the next signal makes it anew */
        return r;
}

int bus_open_socket(const char *path) {
        return door_bind(path, 0600);
}

int bus_daemon_socket(const Bus *b, char path[BUS_PATH_MAX]) {
        const char *run = b->manager->host.runtime_dir ?: "/run";
        const char *name = str_equal(run, "/run") ? "dbus/system_bus_socket" : "bus";

        return snprintf(path, BUS_PATH_MAX, "%s/%s", run, name) < BUS_PATH_MAX ? 0 : -ENAMETOOLONG;
}

static int add_driver_socket(Bus *b) {
        char path[BUS_PATH_MAX];
        int r;

        if (!b->manager->config.bus_driver || !b->manager->watcher)
                return 0;
        r = bus_daemon_socket(b, path);
        return r < 0 ? r : driver_socket_new(b, path, &b->driver);
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
        *b = (Bus){ .manager = m, .door = DOOR_CLOSED, .path = strdup(path) };

        if ((r = b->path ? 0 : -ENOMEM) < 0 || (r = sd_id128_randomize(&b->server_id)) < 0 ||
            (r = connections_init(b)) < 0 || (r = door_open(&b->door, b, path, TAKE_FD(owned))) < 0 ||
            (r = system_bus_new(b, &b->system)) < 0 || (r = add_driver_socket(b)) < 0) {
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
        driver_socket_free(b->driver);
        if (b->manager->observer.userdata == b)
                manager_set_observer(b->manager, &(ManagerObserver){ 0 });

        system_bus_free(b->system);
        connections_release(b);
        door_close(&b->door);
        if (b->path)
                (void)unlink(b->path);
        for (size_t i = 0; i < ELEMENTSOF(b->indexes); i++)
                property_index_release(&b->indexes[i]);
        free(b->path);
        free(b);
}
