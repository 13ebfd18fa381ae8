/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "journal/server.h"

#include <stdarg.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <syslog.h>
#include <unistd.h>

static bool render(Server *s, const Message *m) {
        RenderLine line = {
                .realtime = m->when.realtime,
                .name = m->identifier ?: "unknown",
                .unit = m->unit,
                .stream = m->transport,
                .invocation = m->invocation,
                .pid = m->pid,
                .priority = m->priority,
                .text = m->text,
                .size = m->size,
        };

        return console_render(&s->consoles[m->to_stderr], &line);
}

/*
 * Each step may commit what was complete before this message, and nothing
 * else: room on the console is made first, the journal makes its own, and what
 * follows cannot fail or commit.
 */
void deliver(Server *s, const Message *m) {
        Console *console = m->text && m->to_console ? &s->consoles[m->to_stderr] : NULL;

        if (console && !render(s, m)) {
                storage_commit(&s->storage);
                console_make_room(console);
                (void)render(s, m); /* making room may have used the same buffer */
        }
        storage_append(&s->storage, m->common, m->own, m->n_own, &m->when);
        s->is_critical = s->is_critical || m->priority <= LOG_CRIT;
        if (console)
                console_put(console);
        if (m->to_syslog && m->raw.iov_len > 0)
                syslog_out_raw(&s->syslog, m->raw.iov_base, m->raw.iov_len, m->pid, m->when.monotonic);
        else if (m->to_syslog && m->text)
                syslog_out_send(&s->syslog, m->facility << 3 | m->priority, m->identifier ?: "unknown",
                                m->pid, m->text, m->size, m->when.realtime, m->when.monotonic);
}

void deliver_own(Server *s, int priority, const char *format, ...) {
        char message[512], level[16];
        struct iovec own[2];
        va_list ap;
        int n, m;

        n = snprintf(message, sizeof(message), "MESSAGE=");
        va_start(ap, format);
        n += vsnprintf(message + n, sizeof(message) - (size_t)n, format, ap);
        va_end(ap);
        n = MIN(n, (int)sizeof(message) - 1);
        m = snprintf(level, sizeof(level), "PRIORITY=%d", priority);

        own[0] = (struct iovec){ message, (size_t)n };
        own[1] = (struct iovec){ level, (size_t)m };
        deliver(s, &(Message){ .common = &s->self,
                               .own = own,
                               .n_own = 2,
                               .when = server_entry_time(),
                               .text = message + 8,
                               .size = (size_t)n - 8,
                               .priority = priority,
                               .facility = LOG_SYSLOG >> 3,
                               .identifier = "svinit-journald",
                               .transport = "driver",
                               .pid = getpid(),
                               .to_stderr = true,
                               .to_console = true });
}

static void watch_console(Server *s, unsigned i, bool wanted) {
        Console *c = &s->consoles[i];

        if (wanted == s->console_watched[i] || c->fd < 0)
                return;
        if (wanted)
                s->console_watched[i] = server_watch(s, c->fd, WATCH_CONSOLE, c, EPOLLOUT) >= 0;
        else {
                server_unwatch(s, c->fd);
                s->console_watched[i] = false;
        }
}

static void flush_syslog(Server *s) {
        SyslogOut *o = &s->syslog;
        bool left = syslog_out_flush(o), wanted = left && o->fd >= 0;

        if (wanted == o->is_watched)
                return;
        if (wanted)
                o->is_watched = server_watch(s, o->fd, WATCH_CONSOLE, NULL, EPOLLOUT) >= 0;
        else {
                server_unwatch(s, o->fd);
                o->is_watched = false;
        }
}

void deliver_flush(Server *s) {
        flush_syslog(s);
        for (unsigned i = 0; i < ELEMENTSOF(s->consoles); i++) {
                Console *c = &s->consoles[i];
                int before = c->fd;
                bool left = console_flush(c);

                if (c->fd < 0 && before >= 0)
                        s->console_watched[i] = false; /* closing takes it out of epoll */
                watch_console(s, i, left);
        }
}
