/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bus/clients/driver-socket.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"
#include "bus/clients/server.h"

struct DriverSocket {
        Bus *bus;   /* borrowed */
        char *path; /* owned */
        Door door;
        FileWatch *watch;      /* of the path */
        sd_event_source *look; /* on while there is something to look at */
        bool begun;            /* the first job is there: who is expected can be told */
};

#define BUS_SOCKET "dbus.socket"
#define BUS_SERVICE "dbus.service"

static bool is_expected(const Graph *g, const char *name) {
        const Unit *u = graph_find(g, name);

        return u && (!active_state_is_down(u->active) || (u->job && u->job->type != JOB_STOP));
}

/* Whoever listens there, if only with a full queue. */
static bool somebody_listens(const char *path) {
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        int fd auto_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

        if (fd < 0 || strlen(path) >= sizeof(address.sun_path))
                return true;
        memcpy(address.sun_path, path, strlen(path) + 1);
        return connect(fd, (struct sockaddr *)&address, sizeof(address)) >= 0 ||
               (errno != ENOENT && errno != ECONNREFUSED);
}

static int make_parent(const char *path) {
        char parent[sizeof(((struct sockaddr_un *)NULL)->sun_path)];

        if (snprintf(parent, sizeof(parent), "%.*s", (int)(strrchr(path, '/') - path), path) >=
            (int)sizeof(parent))
                return -ENAMETOOLONG;
        return mkdir(parent, 0755) < 0 && errno != EEXIST ? -errno : 0;
}

static int open_door(DriverSocket *s) {
        int r = make_parent(s->path), fd;

        if (r < 0)
                return r;
        fd = door_bind(s->path, 0666);
        if (fd < 0)
                return fd;
        r = door_open(&s->door, s->bus, s->path, fd);
        if (r >= 0)
                r = sd_event_source_set_priority(s->door.source, PRIORITY_STRANGER);
        if (r < 0)
                (void)unlink(s->path);
        system_bus_reconnect(s->bus->system); /* whoever waits there for a bus would find ourselves */
        return r;
}

/* Names can be watched for where a bus is, and only there. */
static void close_door(DriverSocket *s) {
        if (door_is_at(&s->door, s->path))
                (void)unlink(s->path);
        door_close(&s->door);
        system_bus_reconnect(s->bus->system);
}

static int on_look(sd_event_source *source, void *userdata) {
        DriverSocket *s = userdata;
        const Graph *g = s->bus->manager->graph;
        int r = 0;

        if (!s->begun)
                return 0;
        if (driver_socket_is_open(s) && !door_is_at(&s->door, s->path))
                close_door(s);
        if (!driver_socket_is_open(s) && !is_expected(g, BUS_SOCKET) && !is_expected(g, BUS_SERVICE) &&
            !somebody_listens(s->path))
                r = open_door(s);
        if (r < 0)
                LOG_ERRNO(BUS_SOCKET_FAILED, r, FIELD_S("PATH", s->path));
        return 0;
}

static void on_path_moved(FileWatch *w, void *userdata) {
        driver_socket_look(userdata);
}

bool driver_socket_is_open(const DriverSocket *s) {
        return s && s->door.fd >= 0;
}

void driver_socket_look(DriverSocket *s) {
        if (s)
                (void)sd_event_source_set_enabled(s->look, SD_EVENT_ONESHOT);
}

void driver_socket_unit_moved(DriverSocket *s, const Unit *u) {
        if (!s || (s->begun && !strv_contains(u->names, BUS_SOCKET) && !strv_contains(u->names, BUS_SERVICE)))
                return;
        s->begun = true;
        driver_socket_look(s);
}

void driver_socket_job_begins(DriverSocket *s, const Job *j) {
        if (driver_socket_is_open(s) && j->type != JOB_STOP && strv_contains(j->unit->names, BUS_SERVICE) &&
            !is_expected(s->bus->manager->graph, BUS_SOCKET))
                close_door(s);
}

int driver_socket_new(Bus *b, const char *path, DriverSocket **ret) {
        DriverSocket *s;
        int r;

        s = malloc(sizeof(DriverSocket));
        if (!s)
                return -ENOMEM;
        *s = (DriverSocket){ .bus = b, .path = strdup(path), .door = DOOR_CLOSED };

        r = s->path ? sd_event_add_defer(b->manager->event, &s->look, on_look, s) : -ENOMEM;
        if (r >= 0)
                r = sd_event_source_set_enabled(s->look, SD_EVENT_OFF);
        if (r >= 0)
                r = file_watch_new(b->manager->watcher, (char *[]){ s->path, NULL }, on_path_moved, s,
                                   &s->watch);
        if (r < 0) {
                driver_socket_free(s);
                return r;
        }

        *ret = s;
        return 0;
}

void driver_socket_free(DriverSocket *s) {
        if (!s)
                return;

        file_watch_free(s->watch);
        if (driver_socket_is_open(s) && door_is_at(&s->door, s->path))
                (void)unlink(s->path);
        door_close(&s->door);
        sd_event_source_unref(s->look);
        free(s->path);
        free(s);
}
