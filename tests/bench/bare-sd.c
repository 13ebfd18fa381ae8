/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* bare-sd N PROGRAM ARGS: the same on sd-event, with one object on one bus connection: what libsystemd costs. */

#include "children.h"

#include <stdio.h>
#include <sys/socket.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

static int on_child(sd_event_source *source, const struct signalfd_siginfo *si, void *userdata) {
        if (children_reap(userdata))
                exit(0); /* sd_event_exit() would flush the bus first, which waits for a peer */
        return 0;
}

static int on_term(sd_event_source *source, const struct signalfd_siginfo *si, void *userdata) {
        children_stop(userdata);
        return on_child(source, si, userdata);
}

static int get_running(sd_bus *bus, const char *path, const char *interface, const char *property,
                       sd_bus_message *reply, void *userdata, sd_bus_error *error) {
        return sd_bus_message_append(reply, "u", ((Children *)userdata)->n_running);
}

static const sd_bus_vtable vtable[] = { SD_BUS_VTABLE_START(0),
                                        SD_BUS_PROPERTY("NRunning", "u", get_running, 0, 0),
                                        SD_BUS_VTABLE_END };

static int serve(sd_event *event, Children *c, sd_bus **ret) {
        static int fds[2];
        sd_id128_t id;
        sd_bus *bus;
        int r;

        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) < 0)
                return -1;
        r = sd_bus_new(&bus);
        if (r >= 0)
                r = sd_id128_randomize(&id);
        if (r >= 0)
                r = sd_bus_set_fd(bus, fds[0], fds[0]);
        if (r >= 0)
                r = sd_bus_set_server(bus, 1, id);
        if (r >= 0)
                r = sd_bus_start(bus);
        if (r >= 0)
                r = sd_bus_attach_event(bus, event, SD_EVENT_PRIORITY_NORMAL);
        if (r >= 0)
                r = sd_bus_add_object_vtable(bus, NULL, "/bare", "org.example.Bare", vtable, c);
        *ret = bus;
        return r;
}

int main(int argc, char **argv) {
        sd_event *event;
        sd_bus *bus;
        Children c;
        sigset_t set;

        children_signals(&set);
        if (sd_event_default(&event) < 0 || serve(event, &c, &bus) < 0 ||
            sd_event_add_signal(event, NULL, SIGCHLD, on_child, &c) < 0 ||
            sd_event_add_signal(event, NULL, SIGTERM, on_term, &c) < 0 || !children_init(&c, argc, argv))
                return perror("bare-sd"), 1;
        return sd_event_loop(event) < 0;
}
