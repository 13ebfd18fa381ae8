/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "journal/server.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
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

static bool goes_to(const Server *s, const Message *m, ForwardTo to) {
        bool wanted = (m->is_forwarded && s->config.forward[to]) || (m->forward & FORWARD_BIT(to));

        return wanted && m->priority <= s->config.max_level[to];
}

static void show_to_users(Server *s, const ForwardLine *line) {
        char text[2304];

        if (forward_wall_text(&s->forward, line, text, sizeof(text)))
                (void)control_send(s, JOURNAL_WALL, 0, text, NULL, 0);
}

static void forward(Server *s, const Message *m) {
        ForwardLine line = {
                .priority = m->facility << 3 | m->priority,
                .identifier = m->identifier,
                .pid = m->pid,
                .monotonic = m->when.monotonic,
                .text = m->text,
                .size = m->size,
        };

        if (!m->text)
                return;
        if (goes_to(s, m, FORWARD_SYSLOG) && m->raw.iov_len > 0)
                syslog_out_raw(&s->syslog, m->raw.iov_base, m->raw.iov_len, m->pid, m->when.monotonic);
        else if (goes_to(s, m, FORWARD_SYSLOG))
                syslog_out_send(&s->syslog, line.priority, m->identifier ?: "unknown", m->pid, m->text,
                                m->size, m->when.realtime, m->when.monotonic);
        if (goes_to(s, m, FORWARD_KMSG))
                forward_to_kmsg(&s->forward, &line);
        if (goes_to(s, m, FORWARD_CONSOLE))
                forward_to_terminal(&s->forward, &line);
        if (goes_to(s, m, FORWARD_WALL))
                show_to_users(s, &line);
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
        if (m->priority <= s->config.max_level_store)
                storage_append(&s->storage, m->common, m->own, m->n_own, m->foresight, &m->when);
        s->is_critical = s->is_critical || m->priority <= LOG_CRIT;
        if (console)
                console_put(console);
        forward(s, m);
}

#define OWN_FIELDS_MAX 4

/* Up to OWN_FIELDS_MAX fields, MESSAGE= the first. */
static void deliver_fields(Server *s, int priority, const char *const fields[]) {
        struct iovec own[OWN_FIELDS_MAX + 1];
        char level[16];
        size_t n = 0;

        for (; n < OWN_FIELDS_MAX && fields[n]; n++)
                own[n] = (struct iovec){ (char *)fields[n], strlen(fields[n]) };
        own[n] = (struct iovec){ level, (size_t)snprintf(level, sizeof(level), "PRIORITY=%d", priority) };
        deliver(s, &(Message){ .common = &s->self,
                               .own = own,
                               .n_own = n + 1,
                               .when = server_entry_time(),
                               .text = fields[0] + 8,
                               .size = strlen(fields[0]) - 8,
                               .priority = priority,
                               .facility = LOG_SYSLOG >> 3,
                               .identifier = "svinit-journald",
                               .transport = "driver",
                               .pid = getpid(),
                               .to_stderr = true,
                               .to_console = true });
}

void deliver_own(Server *s, int priority, const char *id, const char *format, ...) {
        char message[512], message_id[48];
        va_list ap;
        int n;

        n = snprintf(message, sizeof(message), "MESSAGE=");
        va_start(ap, format);
        vsnprintf(message + n, sizeof(message) - (size_t)n, format, ap);
        va_end(ap);
        snprintf(message_id, sizeof(message_id), "MESSAGE_ID=%s", id ?: "");
        deliver_fields(s, priority, (const char *const[]){ message, id ? message_id : NULL, NULL });
}

/* As journald words it: who looks for the words or for the fields finds them. */
static void report_dropped(Server *s, const UnitLog *unit, uint64_t n) {
        char message[400], count[48], object[300];

        snprintf(message, sizeof(message), "MESSAGE=Suppressed %" PRIu64 " messages from %s", n, unit->name);
        snprintf(count, sizeof(count), "N_DROPPED=%" PRIu64, n);
        snprintf(object, sizeof(object), "OBJECT_SYSTEMD_UNIT=%s", unit->name);
        deliver_fields(s, LOG_WARNING,
                       (const char *const[]){ message, "MESSAGE_ID=a596d6fe7bfa4994828e72309e95d61e", count,
                                              object, NULL });
}

bool deliver_admits(Server *s, UnitLog *unit, int priority, usec_t monotonic) {
        uint64_t n_dropped;

        if (!unit_log_admits(unit, priority) || !unit_log_count(unit, monotonic, &n_dropped))
                return false;
        if (n_dropped > 0)
                report_dropped(s, unit, n_dropped);
        return true;
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
