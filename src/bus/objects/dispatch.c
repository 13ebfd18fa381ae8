/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <systemd/sd-id128.h>

#include "bus/clients/server.h"
#include "bus/object.h"

#define PEER_INTERFACE "org.freedesktop.DBus.Peer"

typedef struct StandardInterface {
        const char *name;
        const Method *methods;
} StandardInterface;

static int method_ping(Call *c) {
        return sd_bus_reply_method_return(c->message, NULL);
}

static int method_get_machine_id(Call *c) {
        char text[SD_ID128_STRING_MAX];
        sd_id128_t id;
        int r = sd_id128_get_machine(&id);

        return r < 0 ? r : sd_bus_reply_method_return(c->message, "s", sd_id128_to_string(id, text));
}

static const Method peer_methods[] = {
        { "Ping", "", "", ACCESS_READ, method_ping },
        { "GetMachineId", "", "s", ACCESS_READ, method_get_machine_id },
        { 0 },
};

static const StandardInterface standard_interfaces[] = {
        { PEER_INTERFACE, peer_methods },
        { PROPERTIES_INTERFACE, properties_methods },
        { "org.freedesktop.DBus.Introspectable", introspect_methods },
};

static const Method *find_in_table(const Method *table, const char *member) {
        for (const Method *row = table; row && row->member; row++)
                if (str_equal(row->member, member))
                        return row;
        return NULL;
}

/* A call may leave the interface out: then the first that has the member counts. */
static bool interface_is_meant(const char *wanted, const char *name, bool *known) {
        if (!str_is_empty(wanted) && !str_equal(wanted, name))
                return false;
        *known = true;
        return true;
}

static const Method *find_method(const Object *o, const char *interface, const char *member,
                                 bool *ret_known) {
        const Method *row = NULL;
        InterfaceId ids[OBJECT_INTERFACES_MAX];
        size_t n = object_interfaces(o, ids);

        *ret_known = false;
        for (size_t i = 0; !row && i < n; i++)
                if (interface_is_meant(interface, interfaces[ids[i]].name, ret_known))
                        row = find_in_table(interfaces[ids[i]].methods, member);
        for (size_t i = 0; !row && i < ELEMENTSOF(standard_interfaces); i++)
                if (interface_is_meant(interface, standard_interfaces[i].name, ret_known))
                        row = find_in_table(standard_interfaces[i].methods, member);
        return row;
}

static int find_called(Call *c, const Method **ret) {
        const char *interface = sd_bus_message_get_interface(c->message);
        const char *member = sd_bus_message_get_member(c->message);
        bool known;

        *ret = find_method(c->object, interface, member, &known);
        if (*ret)
                return 0;
        if (known)
                return sd_bus_error_setf(c->error, SD_BUS_ERROR_UNKNOWN_METHOD, "There is no method %s here.",
                                         member);
        return sd_bus_error_setf(c->error, SD_BUS_ERROR_UNKNOWN_INTERFACE, "There is no interface %s here.",
                                 interface);
}

static int check_call(Call *c, const Method *row) {
        int r = access_check(c, row);

        if (r != 0)
                return r;
        if (sd_bus_message_has_signature(c->message, row->in) <= 0)
                return sd_bus_error_setf(c->error, SD_BUS_ERROR_INVALID_ARGS,
                                         "%s takes arguments of type '%s', not '%s'.", row->member, row->in,
                                         sd_bus_message_get_signature(c->message, 1));
        return 0;
}

int dispatch_call(Connection *connection, sd_bus_message *m, sd_bus_error *error) {
        Object object;
        Call c = {
                .connection = connection,
                .bus = connection->bus,
                .manager = connection->bus->manager,
                .object = &object,
                .message = m,
                .error = error,
        };
        const Method *row;
        int r = 0;

        if (str_equal(sd_bus_message_get_interface(m), PEER_INTERFACE)) /* on every path */
                object = (Object){ OBJECT_NODE, .bus = c.bus, .manager = c.manager };
        else
                r = object_find(c.bus, connection, sd_bus_message_get_path(m), &object, error);
        if (r >= 0 && (r = find_called(&c, &row)) >= 0 && (r = check_call(&c, row)) == 0) {
                r = row->handle(&c);
                r = MIN(r, 0);
        }
        if (r != CALLER_UNKNOWN || sd_bus_error_is_set(error)) /* NotReferenced has the same number */
                return r;
        r = sd_bus_message_rewind(m, 1);
        return r < 0 ? r : DISPATCH_WHO;
}
