/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What svinit itself has to say: native records ("NAME=value" lines and an
 * empty line) through a pipe that PID 1 keeps, so that its messages are as safe
 * as a service's lines. A datagram socket holds ten, and PID 1 cannot wait.
 */

#include "journal/parse-datagram.h"
#include "journal/server.h"

#include <stdio.h>
#include <syslog.h>

static const char *piece_text(Piece p, char *buffer, size_t size) {
        if (!p.data)
                return NULL;
        snprintf(buffer, size, "%.*s", (int)MIN(p.size, size - 1), p.data);
        return buffer;
}

static void deliver_entry(Server *s, Stream *stream, const NativeEntry *e, EntryTime when) {
        const StreamInfo *info = &stream->info;
        char unit[256], identifier[128];

        deliver(s, &(Message){ .common = stream_record_fields(stream, when.monotonic, &s->host) ?: &s->host,
                               .own = e->fields,
                               .n_own = e->n_fields,
                               .when = when,
                               .text = e->message.data,
                               .size = e->message.size,
                               .priority = e->priority >= 0 ? e->priority : LOG_INFO,
                               .facility = e->facility >= 0 ? e->facility : LOG_DAEMON >> 3,
                               .identifier = piece_text(e->identifier, identifier, sizeof(identifier))
                                                     ?: info->identifier,
                               .unit = piece_text(e->unit, unit, sizeof(unit)) ?: info->unit,
                               .transport = "journal",
                               .pid = (pid_t)info->pid,
                               .to_stderr = true,
                               .to_console = info->to_console && e->priority < LOG_DEBUG,
                               .is_forwarded = true });
}

void record_deliver(Server *s, Stream *stream, char *text, size_t n, EntryTime when) {
        NativeEntry e;

        (void)native_parse(text, n, &e);
        if (e.n_fields > 0)
                deliver_entry(s, stream, &e, when);
        native_entry_release(&e);
}
