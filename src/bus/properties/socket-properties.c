/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bus/codec/append.h"
#include "bus/tables.h"

static const Socket *socket_of(const Object *o) {
        return &o->runtime->machine.socket;
}

/* A port alone is one of all addresses, and shown as such. */
static int append_listen(sd_bus_message *m, const char *kind, const char *address) {
        char any[32];

        if (strspn(address, "0123456789") != strlen(address))
                return append_pair(m, kind, address);
        (void)snprintf(any, sizeof(any), "[::]:%s", address);
        return append_pair(m, kind, any);
}

static int get_listen(Object *o, const Property *p, sd_bus_message *m) {
        static const char *const kinds[] = {
                [LISTEN_STREAM] = "Stream",
                [LISTEN_DATAGRAM] = "Datagram",
                [LISTEN_SEQPACKET] = "SequentialPacket",
                [LISTEN_FIFO] = "FIFO",
                [LISTEN_SPECIAL] = "Special",
                [LISTEN_NETLINK] = "Netlink",
                [LISTEN_QUEUE] = "MessageQueue",
        };
        const SocketSpec *s = o->unit->spec->socket;
        int r = sd_bus_message_open_container(m, 'a', "(ss)");

        _Static_assert(ELEMENTSOF(kinds) == LISTEN_KIND_MAX, "a kind of listening has no word");
        for (size_t i = 0; r >= 0 && i < s->n_listen; i++)
                r = append_listen(m, kinds[s->listen[i].kind], s->listen[i].address);
        return r < 0 ? r : sd_bus_message_close_container(m);
}

static int get_socket_result(Object *o, const Property *p, sd_bus_message *m) {
        return append_string(m, socket_result_to_string(socket_of(o)->result));
}

/* arg: offset of a 32-bit number in Socket */
static int get_socket_int(Object *o, const Property *p, sd_bus_message *m) {
        const int *i = (const int *)((const char *)socket_of(o) + p->arg);

        return append_integer(m, p->signature[0], *i);
}

/* Without FileDescriptorName= it is the unit's own name. */
static int get_fd_name(Object *o, const Property *p, sd_bus_message *m) {
        const SocketSpec *s = o->unit->spec->socket;

        return append_string(m, s->fd_name ? s->fd_name : o->unit->id);
}

/* arg: offset of a CommandList in SocketSpec. Whose last run it was is not kept. */
static int get_socket_commands(Object *o, const Property *p, sd_bus_message *m) {
        const CommandList *l = (const CommandList *)((const char *)o->unit->spec->socket + p->arg);

        return append_commands(m, l, NULL, 0, false);
}

#define MEMBER(n, member, f)                                                                                 \
        { n, "u", get_socket_int, offsetof(Socket, member), f }
#define COMMANDS(n, member)                                                                                  \
        { n, COMMANDS_SIGNATURE, get_socket_commands, offsetof(SocketSpec, member), PROPERTY_INVALIDATES }

const Property socket_properties[] = {
        { "Listen", "a(ss)", get_listen, 0, PROPERTY_CONST },
        MEMBER("ControlPID", control_pid, PROPERTY_EMITS),
        { "Result", "s", get_socket_result, 0, PROPERTY_EMITS },
        MEMBER("NConnections", n_connections, PROPERTY_POLLED),
        MEMBER("NAccepted", n_accepted, PROPERTY_POLLED),
        MEMBER("NRefused", n_refused, PROPERTY_POLLED),
        { "FileDescriptorName", "s", get_fd_name, 0, PROPERTY_POLLED },
        NUMBER("UID", "u", UINT32_MAX, PROPERTY_EMITS),
        NUMBER("GID", "u", UINT32_MAX, PROPERTY_EMITS),
        COMMANDS("ExecStartPre", exec_start_pre),
        COMMANDS("ExecStartPost", exec_start_post),
        COMMANDS("ExecStopPre", exec_stop_pre),
        COMMANDS("ExecStopPost", exec_stop_post),
        NUMBER("NonBlocking", "b", false, PROPERTY_CONST),
        { 0 },
};
