/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What clients ask of a message bus before they talk to anybody on it. There
 * is no bus here, only us; but a client that says Hello because it was given
 * our address gets on with these answers, busctl for one.
 */

#include <errno.h>
#include <unistd.h>

#include "bus/object.h"
#include "bus/server.h"
#include "bus/tables.h"

#define NAME_HAS_NO_OWNER "org.freedesktop.DBus.Error.NameHasNoOwner"

static bool name_is_ours(const char *name) {
        return str_equal(name, BUS_NAME) || str_equal(name, DRIVER_NAME);
}

static int method_hello(Call *c) {
        char *name auto_free = NULL;

        if (str_printf(&name, ":1.%u", c->connection->number) < 0)
                return -ENOMEM;
        return sd_bus_reply_method_return(c->message, "s", name);
}

/* Every signal goes to every connection: clients filter for themselves. */
static int method_match(Call *c) {
        return sd_bus_reply_method_return(c->message, NULL);
}

static int method_name_has_owner(Call *c) {
        const char *name;
        int r = sd_bus_message_read(c->message, "s", &name);

        return r < 0 ? r : sd_bus_reply_method_return(c->message, "b", name_is_ours(name));
}

static int read_our_name(Call *c, const char **ret) {
        int r = sd_bus_message_read(c->message, "s", ret);

        if (r >= 0 && !name_is_ours(*ret))
                r = sd_bus_error_setf(c->error, NAME_HAS_NO_OWNER, "Nobody has the name %s here.", *ret);
        return r;
}

/* Our signals have the well-known name as their sender, so that is the owner to match. */
static int method_get_name_owner(Call *c) {
        const char *name;
        int r = read_our_name(c, &name);

        return r < 0 ? r : sd_bus_reply_method_return(c->message, "s", name);
}

static int method_get_process(Call *c) {
        const char *name;
        int r = read_our_name(c, &name);

        return r < 0 ? r : sd_bus_reply_method_return(c->message, "u", (uint32_t)getpid());
}

static int method_get_user(Call *c) {
        const char *name;
        int r = read_our_name(c, &name);

        return r < 0 ? r : sd_bus_reply_method_return(c->message, "u", (uint32_t)geteuid());
}

static int method_list_names(Call *c) {
        return sd_bus_reply_method_return(c->message, "as", 2, DRIVER_NAME, BUS_NAME);
}

static int method_list_activatable(Call *c) {
        return sd_bus_reply_method_return(c->message, "as", 0);
}

const Method driver_methods[] = {
        { "Hello", "", "s", ACCESS_READ, method_hello },
        { "AddMatch", "s", "", ACCESS_READ, method_match },
        { "RemoveMatch", "s", "", ACCESS_READ, method_match },
        { "NameHasOwner", "s", "b", ACCESS_READ, method_name_has_owner },
        { "GetNameOwner", "s", "s", ACCESS_READ, method_get_name_owner },
        { "GetConnectionUnixProcessID", "s", "u", ACCESS_READ, method_get_process },
        { "GetConnectionUnixUser", "s", "u", ACCESS_READ, method_get_user },
        { "ListNames", "", "as", ACCESS_READ, method_list_names },
        { "ListActivatableNames", "", "as", ACCESS_READ, method_list_activatable },
        { 0 },
};
