/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * A manager without a machine below it: an event loop, a graph and a loader
 * over an empty directory. Enough for the bus to show every kind of unit; no
 * unit ever starts.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include <sys/socket.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

#include "bus/clients/server.h"
#include "bus/object.h"

typedef struct World {
        Manager manager;
        Bus bus; /* for objects outside a connection */
        sd_bus *sd, *peer;
        char root[32];
} World;

static void world_unit_added(Unit *u, void *userdata) {
        UnitRuntime *rt = calloc(1, sizeof(UnitRuntime));

        assert_non_null(rt);
        rt->unit = u;
        rt->manager = userdata;
        rt->filter_fd = -1;
        u->machine = rt;
        machine_init(&rt->machine, u->type, u->spec);
}

static void world_unit_removed(Unit *u, void *userdata) {
        free(u->machine);
        u->machine = NULL;
}

static void world_init_manager(World *w) {
        GraphHooks hooks = { .unit_added = world_unit_added,
                             .unit_removed = world_unit_removed,
                             .userdata = &w->manager };
        LoaderOptions options = { .root = w->root,
                                  .host = &w->manager.host.specifiers,
                                  .runtime_dir = "/run" };
        Manager *m = &w->manager;

        strcpy(w->root, "/tmp/test-bus-XXXXXX");
        assert_non_null(mkdtemp(w->root));
        config_init(&m->config);
        assert_true(sd_event_new(&m->event) >= 0);
        assert_int_equal(graph_new(&hooks, &m->graph), 0);
        assert_int_equal(loader_new(&options, &m->loader), 0);
        assert_int_equal(loader_refresh(m->loader), 0);
        assert_int_equal(groups_new(&(GroupsOptions){ .event = m->event, .force_shim = true }, &m->groups),
                         0);
        m->exit_code = -1;
        m->host.virtualization = (char *)"docker";
        m->host.specifiers.architecture = "x86-64";
        w->bus.manager = m;
}

/* A connection that messages can be made for; nobody talks on it. */
static inline void world_start_bus(World *w) {
        int fds[2];

        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds), 0);
        assert_true(sd_bus_new(&w->sd) >= 0);
        assert_true(sd_bus_set_fd(w->sd, fds[0], fds[0]) >= 0);
        assert_true(sd_bus_start(w->sd) >= 0);
        close(fds[1]);
}

static inline World *world_new(void) {
        World *w = calloc(1, sizeof(World));

        assert_non_null(w);
        world_init_manager(w);
        return w;
}

static inline void world_free(World *w) {
        for (size_t i = 0; i < INTERFACE_MAX; i++)
                property_index_release(&w->bus.indexes[i]);
        w->sd = sd_bus_close_unref(w->sd);
        graph_free(w->manager.graph);
        loader_free(w->manager.loader);
        groups_free(w->manager.groups);
        config_release(&w->manager.config);
        strv_free(w->manager.environment);
        sd_event_unref(w->manager.event);
        (void)rmdir(w->root);
        free(w);
}

/* A loaded unit with that text. */
static inline Unit *world_unit(World *w, const char *name, const char *text) {
        SpecContext context = { .specifiers = { .unit = name } };
        UnitSpec *spec;
        Unit *u;

        assert_int_equal(graph_add(w->manager.graph, name, &u), 0);
        assert_int_equal(spec_new(name, &spec), 0);
        assert_int_equal(spec_read(spec, &context, "test", (Text){ (char *)text, strlen(text) }), 0);
        assert_int_equal(spec_complete(spec, &context), 0);
        assert_int_equal(graph_set_spec(w->manager.graph, u, spec, LOAD_LOADED), 0);
        machine_set_spec(&unit_runtime(u)->machine, u->spec);
        return u;
}

/* A connection whose messages go nowhere, for tests that make messages and read them again. */
static inline void wire_new(sd_bus **ret) {
        int fds[2];

        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds), 0);
        assert_true(sd_bus_new(ret) >= 0);
        assert_true(sd_bus_set_fd(*ret, fds[0], fds[0]) >= 0);
        assert_true(sd_bus_start(*ret) >= 0);
        close(fds[1]);
}
