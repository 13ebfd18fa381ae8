/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bus/clients/signals.h"

#include <errno.h>

#include "base/log.h"
#include "bus/clients/server.h"
#include "bus/clients/system-bus.h"
#include "bus/object.h"

const SignalRow manager_signals[] = {
        { "UnitNew", "so", "id unit" },
        { "UnitRemoved", "so", "id unit" },
        { "JobNew", "uos", "id job unit" },
        { "JobRemoved", "uoss", "id job unit result" },
        { "StartupFinished", "tttttt", "firmware loader kernel initrd userspace total" },
        { "UnitFilesChanged", "" },
        { "Reloading", "b", "active" },
        { 0 },
};

const SignalRow own_manager_signals[] = {
        { "RollEnded", "usss", "id unit result reason" },
        { 0 },
};

static int new_signal(Bus *b, const char *path, const char *interface, const char *member,
                      sd_bus_message **ret) {
        Connection *c = bus_first_ready(b);

        *ret = NULL;
        return c ? sd_bus_message_new_signal(c->sd, ret, path, interface, member) : -ENOTCONN;
}

/* Who waits for a signal that memory did not suffice for would wait for ever: an end of the connection is an answer. */
static void send_if_complete(Bus *b, sd_bus_message *m, int r, void (*send)(Bus *b, sd_bus_message *m)) {
        if (r >= 0)
                send(b, m);
        else if (r != -ENOTCONN)
                bus_drop_listeners(b, r);
        sd_bus_message_unref(m);
}

/* Reads a signal of the manager's interface off its arguments; types as in manager_signals. */
static void emit(Bus *b, const char *member, const char *types, ...) {
        sd_bus_message *m;
        va_list ap;
        int r;

        r = new_signal(b, MANAGER_PATH, MANAGER_INTERFACE, member, &m);
        if (r >= 0 && types[0] != 0) {
                va_start(ap, types);
                r = sd_bus_message_appendv(m, types, ap);
                va_end(ap);
        }
        send_if_complete(b, m, r, bus_broadcast);
}

static int append_changes(Object *o, const Interface *i, sd_bus_message *m) {
        int r = sd_bus_message_append(m, "s", i->name);

        return r < 0 ? r : properties_append_changed(o, i, m);
}

static void emit_properties(Object *o, const char *path, InterfaceId interface) {
        const Interface *i = &interfaces[interface];
        sd_bus_message *m;
        int r;

        if (!interface_has_changes(i))
                return;

        r = new_signal(o->bus, path, PROPERTIES_INTERFACE, "PropertiesChanged", &m);
        if (r >= 0)
                r = append_changes(o, i, m);
        send_if_complete(o->bus, m, r, o->kind == OBJECT_UNIT ? bus_broadcast_change : bus_broadcast);
}

/* For one reader, who was behind. */
static int tell_properties(Connection *c, Object *o, const char *path, InterfaceId interface) {
        sd_bus_message *m __attribute__((cleanup(sd_bus_message_unrefp))) = NULL;
        const Interface *i = &interfaces[interface];
        int r;

        if (!interface_has_changes(i))
                return 0;
        if ((r = sd_bus_message_new_signal(c->sd, &m, path, PROPERTIES_INTERFACE, "PropertiesChanged")) < 0 ||
            (r = append_changes(o, i, m)) < 0)
                return r;
        return connection_send_signal(c, m);
}

static int tell_unit(Connection *c, Unit *u) {
        char *path auto_free = NULL;
        InterfaceId ids[OBJECT_INTERFACES_MAX];
        int r = unit_path(u, &path);
        Object o;
        size_t n;

        object_of_unit(c->bus, u, &o);
        n = object_interfaces(&o, ids);
        for (size_t i = 0; r >= 0 && i < n; i++)
                r = tell_properties(c, &o, path, ids[i]);
        return r;
}

void signals_catch_up(Connection *c) {
        OwedUnit *o = backlog_after(&c->bus->backlog, c->told);
        int r = 0;

        for (unsigned i = 0; r >= 0 && o && i < CATCH_UP_AT_ONCE; i++) {
                r = tell_unit(c, o->unit);
                c->told = o->serial;
                o = o->next;
        }
        if (r < 0)
                connection_doom(c);
        else if (!o)
                connection_has_caught_up(c);
}

static void emit_failed_units(Bus *b) {
        unsigned n = graph_count_failed(b->manager->graph);
        Object o = { OBJECT_MANAGER, .bus = b, .manager = b->manager };

        if (n == b->n_failed_told)
                return;

        b->n_failed_told = n;
        emit_properties(&o, MANAGER_PATH, INTERFACE_MANAGER);
}

static void emit_unit(Bus *b, Unit *u, const char *member) {
        char *path auto_free = NULL;
        int r;

        if (!bus_first_ready(b))
                return;
        r = unit_path(u, &path);
        if (r >= 0)
                emit(b, member, "so", u->id, path);
        else
                bus_drop_listeners(b, r);
}

static void on_unit_added(Unit *u, void *userdata) {
        emit_unit(userdata, u, "UnitNew");
}

static void on_unit_removed(Unit *u, void *userdata) {
        Bus *b = userdata;

        bus_forget_references(b, u);
        system_bus_forget_references(b->system, u);
        system_bus_unit_removed(b->system, u);
        backlog_forget(&b->backlog, u);
        emit_unit(b, u, "UnitRemoved");
}

/* NULL: nobody listens, or nobody does any more. Who is behind is owed the change. */
static char *path_of_changed(Bus *b, Unit *u) {
        char *path = NULL;
        int r;

        if (!bus_first_ready(b))
                return NULL;
        r = bus_owe(b, u);
        if (r >= 0)
                r = unit_path(u, &path);
        if (r >= 0)
                return path;
        bus_drop_listeners(b, r);
        return NULL;
}

static void on_unit_changed(Unit *u, void *userdata) {
        InterfaceId ids[OBJECT_INTERFACES_MAX];
        char *path auto_free = NULL;
        Bus *b = userdata;
        Object o;
        size_t n;

        system_bus_unit_changed(b->system, u);
        driver_socket_unit_moved(b->driver, u);
        path = path_of_changed(b, u);
        if (!path)
                return;

        object_of_unit(b, u, &o);
        n = object_interfaces(&o, ids);
        for (size_t i = 0; i < n; i++)
                if (ids[i] != INTERFACE_OWN_UNIT)
                        emit_properties(&o, path, ids[i]);
        emit_failed_units(b);
}

/* NULL: nobody listens, or nobody does any more. */
static char *path_to_tell(Bus *b, const Job *j) {
        char *path = NULL;
        int r;

        if (!bus_first_ready(b))
                return NULL;
        r = job_path(j, &path);
        if (r >= 0)
                return path;
        bus_drop_listeners(b, r);
        return NULL;
}

static void on_job_added(Job *j, void *userdata) {
        Bus *b = userdata;
        char *path auto_free = path_to_tell(b, j);

        driver_socket_unit_moved(b->driver, j->unit);
        if (path)
                emit(b, "JobNew", "uos", j->id, path, j->unit->id);
}

static void on_job_changed(Job *j, void *userdata) {
        Bus *b = userdata;
        char *path auto_free = path_to_tell(b, j);
        Object o = { OBJECT_JOB, .bus = b, .manager = b->manager, .job = j };

        driver_socket_job_begins(b->driver, j);
        if (path)
                emit_properties(&o, path, INTERFACE_JOB);
}

static void on_job_removed(Job *j, void *userdata) {
        Bus *b = userdata;
        char *path auto_free = path_to_tell(b, j);

        driver_socket_unit_moved(b->driver, j->unit);
        if (path)
                emit(b, "JobRemoved", "uoss", j->id, path, j->unit->id, job_result_to_string(j->result));
}

int signal_nothing_to_do(Connection *c, const char *job, const char *unit) {
        return sd_bus_emit_signal(c->sd, MANAGER_PATH, MANAGER_INTERFACE, "JobRemoved", "uoss", 0, job, unit,
                                  job_result_to_string(JOB_DONE));
}

static void on_roll_changed(Unit *u, void *userdata) {
        Bus *b = userdata;
        char *path auto_free = path_of_changed(b, u);
        Object o;

        if (!path)
                return;
        object_of_unit(b, u, &o);
        emit_properties(&o, path, INTERFACE_OWN_UNIT);
}

static void on_roll_ended(Unit *u, uint32_t id, const char *result, const char *reason, void *userdata) {
        Bus *b = userdata;
        sd_bus_message *m;
        int r = new_signal(b, MANAGER_PATH, interfaces[INTERFACE_OWN_MANAGER].name, "RollEnded", &m);

        if (r >= 0)
                r = sd_bus_message_append(m, "usss", id, u->id, result, reason);
        send_if_complete(b, m, r, bus_broadcast);
}

static void on_reloading(bool active, void *userdata) {
        emit(userdata, "Reloading", "b", active);
}

static void on_startup_finished(void *userdata) {
        Bus *b = userdata;
        usec_t begin = b->manager->userspace_time.monotonic, end = b->manager->finish_time.monotonic;

        emit(b, "StartupFinished", "tttttt", UINT64_C(0), UINT64_C(0), UINT64_C(0), UINT64_C(0),
             usec_sub(end, begin), usec_sub(end, begin));
}

static void on_unit_files_changed(void *userdata) {
        emit(userdata, "UnitFilesChanged", "");
}

/* The controller's connection: on the bus, or the one that was given this name by our driver. */
static sd_bus *connection_to(Bus *b, const char *name) {
        const char *number = str_after(name, ":1.");
        Connection *c;
        unsigned n;

        if (system_bus_is_connected(b->system))
                return system_bus_connection(b->system);
        c = number && parse_unsigned(number, &n) >= 0 ? bus_find_connection(b, n) : NULL;
        return c && c->is_bus_client ? c->sd : NULL;
}

static bool on_ask_controller(Unit *scope, const char *controller, void *userdata) {
        sd_bus_message *m __attribute__((cleanup(sd_bus_message_unrefp))) = NULL;
        char *path auto_free = NULL;
        sd_bus *sd = connection_to(userdata, controller);

        return sd && unit_path(scope, &path) >= 0 &&
               sd_bus_message_new_signal(sd, &m, path, interfaces[interface_of_type(UNIT_SCOPE)].name,
                                         "RequestStop") >= 0 &&
               sd_bus_message_set_destination(m, controller) >= 0 && sd_bus_send(sd, m, NULL) >= 0;
}

static void on_reconnect(void *userdata) {
        Bus *b = userdata;
        int r = bus_remake_socket(b);

        if (r < 0)
                LOG_ERRNO(BUS_SOCKET_FAILED, r, FIELD_S("PATH", b->path));
        driver_socket_look(b->driver);
        system_bus_reconnect(b->system);
}

void bus_observe(Bus *b) {
        manager_set_observer(b->manager, &(ManagerObserver){
                                                 .unit_added = on_unit_added,
                                                 .unit_removed = on_unit_removed,
                                                 .unit_changed = on_unit_changed,
                                                 .job_added = on_job_added,
                                                 .job_changed = on_job_changed,
                                                 .job_removed = on_job_removed,
                                                 .reloading = on_reloading,
                                                 .startup_finished = on_startup_finished,
                                                 .unit_files_changed = on_unit_files_changed,
                                                 .reconnect = on_reconnect,
                                                 .ask_controller = on_ask_controller,
                                                 .roll_changed = on_roll_changed,
                                                 .roll_ended = on_roll_ended,
                                                 .userdata = b,
                                         });
}
