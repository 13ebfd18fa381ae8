/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "apps/message.h"

#include "base/macro.h"
#include "base/text.h"

#include <errno.h>
#include <string.h>

static const struct {
        const char *type;
        MessageKind kind;
} types[] = {
        { "axm:monitor", MESSAGE_MONITOR },
        { "axm:action", MESSAGE_ACTION },
        { "axm:reply", MESSAGE_REPLY },
        { "axm:option:configuration", MESSAGE_ABOUT },
        { "application:dependencies", MESSAGE_ABOUT },
};

static MessageKind kind_of(const Message *m) {
        if (m->command)
                return MESSAGE_INTERNAL;
        if (json_is_string(m->root))
                return str_equal(m->type, "ready") ? MESSAGE_READY : MESSAGE_OF_PROGRAM;
        for (size_t i = 0; m->type && i < ELEMENTSOF(types); i++)
                if (str_equal(m->type, types[i].type))
                        return types[i].kind;
        return MESSAGE_OF_PROGRAM;
}

int message_parse(const char *text, size_t n, Message *ret) {
        Message m = { 0 };
        json_error_t error;
        const char *command;

        /* Numbers beyond 64 bits are JSON as well, and to Node all numbers are of one kind. */
        m.root = json_loadb(text, n, JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);
        if (!m.root && json_error_code(&error) == json_error_numeric_overflow)
                m.root = json_loadb(text, n, JSON_DECODE_ANY | JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL,
                                    &error);
        if (!m.root)
                return json_error_code(&error) == json_error_out_of_memory ? -ENOMEM : -EBADMSG;
        m.type = json_is_string(m.root) ? json_string_value(m.root)
                                        : json_string_value(json_object_get(m.root, "type"));
        command = json_string_value(json_object_get(m.root, "cmd"));
        if (command && str_starts_with(command, "NODE_"))
                m.command = command;
        m.kind = kind_of(&m);
        *ret = m;
        return 0;
}

void message_release(Message *m) {
        json_decref(m->root);
        *m = (Message){ 0 };
}

int message_check_outgoing(const char *text, size_t n) {
        Message m;
        int r = message_parse(text, n, &m);

        if (r < 0)
                return r;
        r = m.kind == MESSAGE_INTERNAL ? -EPERM : 0;
        message_release(&m);
        return r;
}
