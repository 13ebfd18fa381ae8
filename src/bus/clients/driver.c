/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bus/clients/driver.h"

#include <errno.h>
#include <unistd.h>
#include <utlist.h>

#include "bus/clients/server.h"
#include "bus/object.h"
#include "bus/tables.h"

#define ALREADY_RUNNING 2 /* DBUS_START_REPLY_ALREADY_RUNNING */

static bool name_is_ours(const char *name) {
        return str_equal(name, BUS_NAME) || str_equal(name, DRIVER_NAME);
}

int driver_check_destination(sd_bus_message *m, sd_bus_error *error) {
        const char *to = sd_bus_message_get_destination(m);

        if (!to || name_is_ours(to))
                return 0;
        return sd_bus_error_setf(error, SD_BUS_ERROR_SERVICE_UNKNOWN,
                                 "%s is not here: svinit serves this socket, and there is no message bus.",
                                 to);
}

/* Answers come from the driver, not from the manager. */
static int reply(Call *c, const char *types, ...) {
        sd_bus_message *m __attribute__((cleanup(sd_bus_message_unrefp))) = NULL;
        va_list ap;
        int r;

        if ((r = sd_bus_message_new_method_return(c->message, &m)) < 0 ||
            (r = sd_bus_message_set_sender(m, DRIVER_NAME)) < 0)
                return r;
        if (types[0] != 0) {
                va_start(ap, types);
                r = sd_bus_message_appendv(m, types, ap);
                va_end(ap);
        }
        return r < 0 ? r : sd_bus_send(NULL, m, NULL);
}

static void unique_name(const Connection *c, char name[16]) {
        (void)snprintf(name, 16, ":1.%u", c->number);
}

static int method_hello(Call *c) {
        char name[16];

        if (c->connection->is_bus_client)
                return sd_bus_error_set(c->error, SD_BUS_ERROR_FAILED, "Hello has been said.");
        c->connection->is_bus_client = true;
        unique_name(c->connection, name);
        return reply(c, "s", name);
}

static int method_add_match(Call *c) {
        const char *rule;
        int r = sd_bus_message_read(c->message, "s", &rule);

        if (r < 0)
                return r;
        r = connection_add_match(c->connection, rule);
        if (r == -EINVAL)
                return sd_bus_error_setf(c->error, SD_BUS_ERROR_MATCH_RULE_INVALID, "'%s' is no match rule.",
                                         rule);
        if (r == -ENOBUFS)
                return sd_bus_error_setf(
                        c->error, SD_BUS_ERROR_LIMITS_EXCEEDED,
                        "A client has no more than %u match rules of %u bytes, and a user no more than %u.",
                        MATCHES_MAX, MATCH_LENGTH_MAX, MATCHES_PER_USER_MAX);
        return r < 0 ? r : reply(c, "");
}

static int method_remove_match(Call *c) {
        const char *rule;
        int r = sd_bus_message_read(c->message, "s", &rule);

        if (r < 0)
                return r;
        if (connection_remove_match(c->connection, rule) < 0)
                return sd_bus_error_setf(c->error, SD_BUS_ERROR_MATCH_RULE_NOT_FOUND,
                                         "There is no match rule '%s'.", rule);
        return reply(c, "");
}

/* Who has a name: svinit itself, or a client by its unique name. */
typedef struct Owner {
        bool known;
        pid_t pid;
        uid_t uid;
} Owner;

static Owner owner_of(Call *c, const char *name) {
        const char *number = str_after(name, ":1.");
        unsigned n;
        Connection *i = number && parse_unsigned(number, &n) >= 0 ? bus_find_connection(c->bus, n) : NULL;

        if (name_is_ours(name))
                return (Owner){ true, getpid(), geteuid() };
        if (i && i->is_bus_client)
                return (Owner){ true, i->who.pid, i->who.uid };
        return (Owner){ 0 };
}

static int method_name_has_owner(Call *c) {
        const char *name;
        int r = sd_bus_message_read(c->message, "s", &name);

        return r < 0 ? r : reply(c, "b", owner_of(c, name).known);
}

static int read_owner(Call *c, const char **ret_name, Owner *ret) {
        int r = sd_bus_message_read(c->message, "s", ret_name);

        if (r < 0)
                return r;
        *ret = owner_of(c, *ret_name);
        return ret->known ? 0
                          : sd_bus_error_setf(c->error, SD_BUS_ERROR_NAME_HAS_NO_OWNER,
                                              "Nobody has the name %s here.", *ret_name);
}

/* Our signals have the well-known name as their sender, so that is the owner to match. */
static int method_get_name_owner(Call *c) {
        const char *name;
        Owner owner;
        int r = read_owner(c, &name, &owner);

        return r < 0 ? r : reply(c, "s", name);
}

static int method_list_queued_owners(Call *c) {
        const char *name;
        Owner owner;
        int r = read_owner(c, &name, &owner);

        return r < 0 ? r : reply(c, "as", 1, name);
}

static int method_get_process(Call *c) {
        const char *name;
        Owner owner;
        int r = read_owner(c, &name, &owner);

        return r < 0 ? r : reply(c, "u", (uint32_t)owner.pid);
}

static int method_get_user(Call *c) {
        const char *name;
        Owner owner;
        int r = read_owner(c, &name, &owner);

        return r < 0 ? r : reply(c, "u", (uint32_t)owner.uid);
}

static int method_get_credentials(Call *c) {
        const char *name;
        Owner owner;
        int r = read_owner(c, &name, &owner);

        return r < 0 ? r
                     : reply(c, "a{sv}", 2, "ProcessID", "u", (uint32_t)owner.pid, "UnixUserID", "u",
                             (uint32_t)owner.uid);
}

static int append_clients(Bus *b, sd_bus_message *m) {
        Connection *c;
        int r = 0;

        DL_FOREACH (b->connections, c) {
                char name[16];

                if (r < 0 || c->doomed || !c->is_bus_client)
                        continue;
                unique_name(c, name);
                r = sd_bus_message_append_basic(m, 's', name);
        }
        return r;
}

static int method_list_names(Call *c) {
        sd_bus_message *m __attribute__((cleanup(sd_bus_message_unrefp))) = NULL;
        int r;

        if ((r = sd_bus_message_new_method_return(c->message, &m)) < 0 ||
            (r = sd_bus_message_set_sender(m, DRIVER_NAME)) < 0 ||
            (r = sd_bus_message_open_container(m, 'a', "s")) < 0 ||
            (r = sd_bus_message_append(m, "ss", DRIVER_NAME, BUS_NAME)) < 0 ||
            (r = append_clients(c->bus, m)) < 0 || (r = sd_bus_message_close_container(m)) < 0)
                return r;
        return sd_bus_send(NULL, m, NULL);
}

static int method_list_activatable(Call *c) {
        return reply(c, "as", 0);
}

static int method_start_service(Call *c) {
        const char *name;
        uint32_t flags;
        int r = sd_bus_message_read(c->message, "su", &name, &flags);

        if (r < 0)
                return r;
        if (!name_is_ours(name))
                return sd_bus_error_setf(c->error, SD_BUS_ERROR_SERVICE_UNKNOWN,
                                         "%s cannot be started: there is no message bus here.", name);
        return reply(c, "u", (uint32_t)ALREADY_RUNNING);
}

static int method_no_names(Call *c) {
        return sd_bus_error_set(
                c->error, SD_BUS_ERROR_ACCESS_DENIED,
                "Names cannot be had: svinit serves this socket, and there is no message bus.");
}

static int method_get_id(Call *c) {
        char id[SD_ID128_STRING_MAX];

        hex_format(c->bus->server_id.bytes, sizeof(c->bus->server_id.bytes), id);
        return reply(c, "s", id);
}

const Method driver_methods[] = {
        { "Hello", "", "s", ACCESS_READ, method_hello, "unique_name" },
        { "AddMatch", "s", "", ACCESS_READ, method_add_match, "rule" },
        { "RemoveMatch", "s", "", ACCESS_READ, method_remove_match, "rule" },
        { "NameHasOwner", "s", "b", ACCESS_READ, method_name_has_owner, "name has_owner" },
        { "GetNameOwner", "s", "s", ACCESS_READ, method_get_name_owner, "name unique_name" },
        { "ListQueuedOwners", "s", "as", ACCESS_READ, method_list_queued_owners, "name unique_names" },
        { "GetConnectionUnixProcessID", "s", "u", ACCESS_READ, method_get_process, "name pid" },
        { "GetConnectionUnixUser", "s", "u", ACCESS_READ, method_get_user, "name uid" },
        { "GetConnectionCredentials", "s", "a{sv}", ACCESS_READ, method_get_credentials, "name credentials" },
        { "ListNames", "", "as", ACCESS_READ, method_list_names, "names" },
        { "ListActivatableNames", "", "as", ACCESS_READ, method_list_activatable, "names" },
        { "StartServiceByName", "su", "u", ACCESS_READ, method_start_service, "name flags result" },
        { "RequestName", "su", "u", ACCESS_READ, method_no_names, "name flags result" },
        { "ReleaseName", "s", "u", ACCESS_READ, method_no_names, "name result" },
        { "GetId", "", "s", ACCESS_READ, method_get_id, "id" },
        { 0 },
};
