/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a client sends after the greeting, on a connection of a manager with a
 * few units, and the loop that runs until nothing is left to do. The first
 * byte says what the rest is:
 *
 *      bit 0   bytes as they are; else a call with a good header, made of the
 *              lines path, interface, member and signature, and then the body;
 *              a line of one byte picks from what there is
 *      bit 1   the client may control
 *      bit 2   it is a stranger with a stranger's limits
 *      bit 3   it reads no answers to many such calls
 *
 * Only targets, timers and slices can be started, and nothing that would reach
 * outside is allowed to be: no processes, signals, files or the end.
 */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utlist.h>

#include "bus/clients/server.h"
#include "bus/object.h"
#include "bus/tables.h"
#include "fuzz.h"
#include "manager/manager-internal.h"

#define TURNS_MAX 100000
#define UNREAD_ROUNDS 64
#define REST_MAX (5 * USEC_PER_SEC)

static const char *const files[][2] = {
        { "a.target", "[Unit]\nDescription=A\nWants=b.target c.service\nAfter=b.target\n" },
        { "b.target", "[Unit]\nConflicts=d.target\nOnFailure=a.target\n" },
        { "d.target", "[Unit]\nRefuseManualStart=yes\n[Install]\nWantedBy=a.target\nAlias=e.target\n" },
        { "t.timer", "[Timer]\nOnActiveSec=10h\nUnit=a.target\n" },
        { "x@.target", "[Unit]\nDescription=Of %i\n" },
        { "a.slice", "[Slice]\nMemoryMax=1M\n" },
};

static const char *const paths[] = {
        "/",
        MANAGER_PATH,
        UNIT_PATH_PREFIX,
        JOB_PATH_PREFIX,
        LOG_CONTROL_PATH,
        DRIVER_PATH,
        UNIT_PATH_PREFIX "/a_2etarget",
        UNIT_PATH_PREFIX "/b_2etarget",
        UNIT_PATH_PREFIX "/t_2etimer",
        UNIT_PATH_PREFIX "/a_2eslice",
        UNIT_PATH_PREFIX "/c_2eservice",
        UNIT_PATH_PREFIX "/none_2esocket",
        UNIT_PATH_PREFIX "/x_40i_2etarget",
        UNIT_PATH_PREFIX "/self",
        UNIT_PATH_PREFIX "/_80",
        JOB_PATH_PREFIX "/1",
};

/* Of what changes something; the rest would leave the machine no better than it found it. */
static const char *const harmless[] = {
        "StartUnit",
        "StartUnitReplace",
        "StartUnitWithFlags",
        "StopUnit",
        "RestartUnit",
        "TryRestartUnit",
        "ReloadUnit",
        "ReloadOrRestartUnit",
        "EnqueueUnitJob",
        "RefUnit",
        "UnrefUnit",
        "CancelJob",
        "ClearJobs",
        "ResetFailed",
        "ResetFailedUnit",
        "SetEnvironment",
        "UnsetEnvironment",
        "UnsetAndSetEnvironment",
        "Start",
        "Stop",
        "Restart",
        "TryRestart",
        "EnqueueJob",
        "Ref",
        "Unref",
        "Cancel",
        "Set",
        "EnqueueMarkedJobs",
        "SetShowStatus",
        "BindMountUnit",
        "MountImageUnit",
        "SwitchRoot",
};

typedef struct World {
        Manager *manager;
        Bus *bus;
        Connection *connection; /* borrowed; NULL: it was dropped */
        int peer;
        char root[64];
} World;

static void write_files(const char *root) {
        char path[256];

        (void)snprintf(path, sizeof(path), "mkdir -p %s/etc/systemd/system", root);
        HOLDS(system(path) == 0);
        for (size_t i = 0; i < ELEMENTSOF(files); i++) {
                FILE *f;

                (void)snprintf(path, sizeof(path), "%s/etc/systemd/system/%s", root, files[i][0]);
                f = fopen(path, "we");
                HOLDS(f && fputs(files[i][1], f) >= 0 && fclose(f) == 0);
        }
}

static World world;

static void remove_root(void) {
        char command[128];

        (void)snprintf(command, sizeof(command), "rm -rf --one-file-system %s", world.root);
        (void)!system(command);
}

static void make_manager(World *w) {
        Manager *m = calloc(1, sizeof(*m));

        HOLDS(m);
        w->manager = m;
        m->internal = calloc(1, sizeof(*m->internal));
        HOLDS(m->internal);
        m->internal->notify_fd = -1;
        m->exit_code = -1;
        m->stop_deadline = USEC_INFINITY;
        m->host.virtualization = (char *)"docker";
        m->host.specifiers.architecture = "x86-64";
        strcpy(w->root, "/tmp/fuzz-bus-XXXXXX");
        HOLDS(mkdtemp(w->root));
        write_files(w->root);
        (void)atexit(remove_root);
        config_init(&m->config);
        HOLDS(sd_event_new(&m->event) >= 0 && manager_queue_init(m) >= 0 && manager_graph_init(m) >= 0);
        HOLDS(loader_new(
                      &(LoaderOptions){ .root = w->root, .host = &m->host.specifiers, .runtime_dir = "/run" },
                      &m->loader) == 0);
        HOLDS(loader_refresh(m->loader) == 0);
        HOLDS(reaper_new(m->event, PRIORITY_CHILD, on_process_end, m, &m->reaper) == 0);
        HOLDS(watcher_new(m->event, &m->watcher) == 0);
        HOLDS(groups_new(&(GroupsOptions){ .event = m->event, .force_shim = true }, &m->groups) == 0);
}

static void make_world(World *w) {
        char path[128];

        make_manager(w);
        (void)snprintf(path, sizeof(path), "%s/private", w->root);
        HOLDS(bus_new(w->manager, path, &w->bus) == 0);
}

static void turn(World *w) {
        for (unsigned i = 0; i < TURNS_MAX; i++)
                if (sd_event_run(w->manager->event, 0) == 0)
                        return;
        HOLDS(!"the loop comes to rest");
}

static bool is_connected(const World *w) {
        Connection *c;

        DL_FOREACH (w->bus->connections, c) {
                if (c == w->connection)
                        return !c->doomed;
        }
        return false;
}

static void drain(World *w) {
        static char buf[1 << 16];

        while (recv(w->peer, buf, sizeof(buf), MSG_DONTWAIT) > 0)
                turn(w);
}

static void disconnect(World *w) {
        if (w->connection)
                close(w->peer);
        w->connection = NULL;
        while (w->bus->n_connections > 0) /* a stranger may have to rest first */
                HOLDS(sd_event_run(w->manager->event, REST_MAX) > 0);
        HOLDS(!w->bus->deferred);
}

/* What connections are made of is not the same for strangers; the real uid is never one. */
static void connect_to(World *w, bool stranger) {
        static const char greeting[] = "\0AUTH EXTERNAL\r\nDATA\r\nBEGIN\r\n";
        BusUser *u;
        int fds[2];

        HOLDS(bus_user_of(w->bus, geteuid(), &u) == 0);
        u->stranger = stranger;
        HOLDS(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) == 0);
        HOLDS(connection_add(w->bus, fds[0]) == 0);
        w->connection = w->bus->connections;
        w->peer = fds[1];
        HOLDS(send(w->peer, greeting, sizeof(greeting) - 1, MSG_NOSIGNAL) == (ssize_t)sizeof(greeting) - 1);
        turn(w);
        HOLDS(is_connected(w) && w->connection->authenticated);
        drain(w);
}

/* Text up to the end of the line; a line of one byte is that choice. */
static char *take_line(const uint8_t **data, size_t *n, const char *const *choices, size_t n_choices) {
        const uint8_t *end = memchr(*data, '\n', *n);
        size_t length = end ? (size_t)(end - *data) : *n;
        char *s;

        if (length == 1 && n_choices > 0)
                s = strdup(choices[**data % n_choices]);
        else
                s = fuzz_string(*data, length);
        HOLDS(s);
        *n -= MIN(*n, length + 1);
        *data = end ? end + 1 : *data + length;
        return s;
}

static void align(Buf *b, size_t n) {
        while (b->len % n != 0)
                buf_add_n(b, "", 1);
}

static void add_u32(Buf *b, uint32_t v) {
        buf_add_n(b, (const char *)&v, sizeof(v));
}

/* A field of the header; they begin where the header's own 16 bytes end. */
static void add_field(Buf *b, uint8_t code, char type, const char *text) {
        uint32_t length = (uint32_t)strlen(text);
        const char head[4] = { (char)code, 1, type, 0 };

        align(b, 8);
        buf_add_n(b, head, 4);
        if (type == 'g')
                buf_add_n(b, &(char){ (char)length }, 1);
        else
                add_u32(b, length);
        buf_add_n(b, text, length + 1);
}

static const char *signature_of(const char *member) {
        static const Method *const tables[] = { manager_methods,     unit_methods,      job_methods,
                                                service_methods,     scope_methods,     driver_methods,
                                                own_manager_methods, properties_methods };

        for (size_t i = 0; i < ELEMENTSOF(tables); i++)
                for (const Method *m = tables[i]; m->member; m++)
                        if (str_equal(m->member, member))
                                return m->in;
        return "s";
}

/* The member of that number among all that there are. */
static char *choose_member(unsigned number) {
        static const Method *const tables[] = { manager_methods, unit_methods, own_manager_methods,
                                                properties_methods, driver_methods };
        unsigned n = 0;

        for (size_t i = 0; i < ELEMENTSOF(tables); i++)
                for (const Method *m = tables[i]; m->member; m++)
                        if (n++ == number)
                                return strdup(m->member);
        return strdup("Introspect");
}

static char *take_member(const uint8_t **data, size_t *n) {
        char *s = take_line(data, n, NULL, 0), *chosen;

        if (strlen(s) != 1)
                return s;
        chosen = choose_member((unsigned char)s[0]);
        free(s);
        HOLDS(chosen);
        return chosen;
}

static void make_call(const uint8_t *data, size_t n, Buf *ret, bool *ret_control) {
        static const char *const interface_choices[] = { "",
                                                         MANAGER_INTERFACE,
                                                         "org.freedesktop.systemd1.Unit",
                                                         "org.freedesktop.DBus.Properties",
                                                         DRIVER_NAME,
                                                         "org.freedesktop.systemd1.Job",
                                                         "org.svinit.Manager" };
        char *path auto_free = take_line(&data, &n, paths, ELEMENTSOF(paths));
        char *interface auto_free = take_line(&data, &n, interface_choices, ELEMENTSOF(interface_choices));
        char *member auto_free = take_member(&data, &n);
        char *signature auto_free = take_line(&data, &n, NULL, 0);
        Buf fields auto_buf = { 0 };

        for (size_t i = 0; i < ELEMENTSOF(harmless); i++)
                *ret_control = *ret_control || str_equal(harmless[i], member);
        add_field(&fields, 1, 'o', path);
        if (interface[0])
                add_field(&fields, 2, 's', interface);
        add_field(&fields, 3, 's', member);
        if (n > 0)
                add_field(&fields, 8, 'g',
                          strlen(signature) == 1 && signature[0] == '=' ? signature_of(member) : signature);

        buf_add_n(ret, "l\1\0\1", 4);
        add_u32(ret, (uint32_t)n);
        add_u32(ret, 7);
        add_u32(ret, (uint32_t)fields.len);
        buf_add_n(ret, fields.data, fields.len);
        align(ret, 8);
        buf_add_n(ret, (const char *)data, n);
        HOLDS(ret->error >= 0);
}

static void send_all(World *w, const char *data, size_t n) {
        while (n > 0 && is_connected(w)) {
                ssize_t sent = send(w->peer, data, n, MSG_NOSIGNAL | MSG_DONTWAIT);

                if (sent < 0)
                        return;
                data += sent;
                n -= (size_t)sent;
                turn(w);
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        bool control = false;
        Buf call auto_buf = { 0 };

        if (size < 2 || size > 1 << 16)
                return 0;
        if (!world.manager)
                make_world(&world);
        if (world.connection && world.connection->user->stranger != !!(data[0] & 4))
                disconnect(&world);
        if (!world.connection)
                connect_to(&world, data[0] & 4);

        if (data[0] & 1)
                buf_add_n(&call, (const char *)data + 1, size - 1);
        else
                make_call(data + 1, size - 1, &call, &control);
        world.connection->may_control = control && data[0] & 2;
        world.connection->user->debt = 0; /* what the fuzzer does takes all the time there is */

        /* Bytes may be the begin of a giant, whose buffer a sanitizer copies in each round. */
        for (unsigned i = 0; i < ((data[0] & 9) == 8 ? UNREAD_ROUNDS : 1); i++)
                send_all(&world, call.data, call.len);
        if (is_connected(&world))
                drain(&world);
        /* What was not a whole message waits for the rest: the next input begins anew. */
        if (!is_connected(&world) || data[0] & 1 || intake_is_inside(&world.connection->intake)) {
                if (is_connected(&world))
                        world.connection->user->debt = 0;
                disconnect(&world);
        }
        return 0;
}
