/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Where svinit's own messages go: with all their fields into a pipe that
 * svinit-journald reads like a service's, and which PID 1 keeps, so that a
 * killed svinit-journald loses none; to stderr as long as there is none, and
 * when it is full. Neither write may block.
 */

#include "manager/files.h"
#include "manager/manager-internal.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define RECORD_MAX PIPE_BUF /* a write of that size is done as a whole or not at all */

typedef struct LogTarget {
        int fd; /* owned: the write end, non-blocking; -1 */
        bool is_pid1;
        bool is_real_journal;
        const Manager *manager; /* borrowed: whose units they are; NULL */
        unsigned n_missed;      /* found no room since the last one that did */
} LogTarget;

static LogTarget target = { .fd = -1 }; /* the log front end has one hook for the process */

/* What does not fit is cut; two bytes stay free for the end of the record. */
static size_t PRINTF_LIKE(3, 4) add(char *buf, size_t at, const char *format, ...) {
        const size_t limit = RECORD_MAX - 2;
        va_list ap;
        int n;

        if (at + 1 >= limit)
                return at;
        va_start(ap, format);
        n = vsnprintf(buf + at, limit - at, format, ap);
        va_end(ap);
        return n < 0 ? at : MIN(at + (size_t)n, limit - 1);
}

/* One line a field; a newline in a value becomes a blank. */
static size_t add_text(char *buf, size_t at, const char *name, const char *text) {
        size_t begin = add(buf, at, "%s=", name), end = add(buf, begin, "%s", text);

        for (size_t i = begin; i < end; i++)
                if (buf[i] == '\n')
                        buf[i] = ' ';
        return add(buf, end, "\n");
}

/* Which unit, and which of its runs. */
static size_t add_unit(char *buf, size_t n, const char *name) {
        const Unit *u =
                target.manager && target.manager->graph ? graph_find(target.manager->graph, name) : NULL;
        const UnitRuntime *rt = u ? u->machine : NULL;
        char id[2 * sizeof(rt->invocation_id) + 1];

        n = add_text(buf, n, "UNIT", name);
        if (!target.is_pid1)
                n = add_text(buf, n, "OBJECT_SYSTEMD_UNIT", name);
        if (!rt || !rt->has_invocation)
                return n;
        hex_format(rt->invocation_id, sizeof(rt->invocation_id), id);
        return add(buf, n, "INVOCATION_ID=%s\n", id);
}

static size_t render(const LogRecord *r, char *buf) {
        size_t n = 0;

        n = add_text(buf, n, "MESSAGE", r->sentence);
        n = add(buf, n, "PRIORITY=%d\nSYSLOG_FACILITY=3\nSYSLOG_IDENTIFIER=svinit\n", r->priority);
        if (r->id[0])
                n = add(buf, n, "MESSAGE_ID=%s\n", r->id);
        if (r->unit)
                n = add_unit(buf, n, r->unit);
        for (size_t i = 0; i < r->n_fields; i++) {
                const LogField *f = r->fields + i;

                if (f->text)
                        n = add_text(buf, n, f->name, f->text);
                else
                        n = add(buf, n, "%s=%" PRIi64 "\n", f->name, f->number);
        }
        n = add(buf, n, "CODE_FILE=%s\nCODE_LINE=%d\nCODE_FUNC=%s\n", r->file, r->line, r->func);
        if (buf[n - 1] != '\n')
                buf[n++] = '\n';
        buf[n++] = '\n';
        return n;
}

/* Those who were missed are told of in front of the first that finds room again. */
static bool send_missed(void) {
        char buf[256];
        int n;

        if (target.n_missed == 0)
                return true;
        n = snprintf(buf, sizeof(buf),
                     "MESSAGE=%u messages of svinit found no room on their way to the journal.\n"
                     "PRIORITY=4\nSYSLOG_FACILITY=3\nSYSLOG_IDENTIFIER=svinit\n\n",
                     target.n_missed);
        if (write(target.fd, buf, (size_t)n) < 0)
                return false;
        target.n_missed = 0;
        return true;
}

/* systemd-journald's socket is bound by a unit, which may come late, and may be made again. */
static void connect_to_journald(void) {
        struct sockaddr_un sa = { .sun_family = AF_UNIX, .sun_path = "/run/systemd/journal/socket" };
        int fd auto_fd = -1;

        if (target.fd >= 0 || !target.is_real_journal)
                return;
        fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (fd >= 0 && connect(fd, (struct sockaddr *)&sa, sizeof(sa)) >= 0)
                target.fd = TAKE_FD(fd);
}

static bool send_record(const LogRecord *r) {
        char buf[RECORD_MAX];

        connect_to_journald();
        if (target.fd < 0)
                return false;
        if (send_missed() && write(target.fd, buf, render(r, buf)) >= 0)
                return true;
        if (target.is_real_journal && errno != EAGAIN) {
                cleanup_fd(&target.fd);
                target.fd = -1;
        }
        target.n_missed++;
        return false;
}

/* A terminal or pipe that nobody reads must not stop PID 1: what does not go at once is dropped. */
static void write_stderr(const LogRecord *r) {
        char line[1024];
        int n;

        n = snprintf(line, sizeof(line), "svinit: %s\n", r->sentence);
        write_nonblocking(STDERR_FILENO, line, (size_t)MIN(n, (int)sizeof(line) - 1));
}

/* systemd-journald does not show anything on the container's output: what went wrong is told there as well. */
static void on_log(const LogRecord *r, void *userdata) {
        if (!send_record(r) || (target.is_real_journal && r->priority <= LOG_WARNING))
                write_stderr(r);
}

/* The output of `svinit -- COMMAND` is the command's, but for what went wrong. */
static int default_level(const Manager *m) {
        const ManagerOptions *o = &m->internal->options;

        if (o->log_level > 0)
                return o->log_level;
        if (m->config.log_level >= 0)
                return m->config.log_level;
        return o->command && !o->with_units ? LOG_WARNING : LOG_INFO;
}

void manager_log_level(const Manager *m) {
        log_set_max_priority(default_level(m));
}

void manager_log_init(Manager *m) {
        target.is_pid1 = m->host.pid1;
        target.manager = m;
        manager_log_level(m);
        log_set_hook(on_log, NULL);
}

void manager_log_forget_units(void) {
        target.manager = NULL;
}

void manager_log_to_real_journal(void) {
        target.is_real_journal = true;
}

void manager_log_to(int fd) {
        cleanup_fd(&target.fd);
        target.fd = fd;
        target.n_missed = 0;
}

void manager_log_report(const char *unit, const Report *r) {
        for (size_t i = 0; i < r->n_findings; i++) {
                Buf b auto_buf = { 0 };

                if (r->findings[i].severity == SEVERITY_NOTE)
                        continue;
                finding_format(r->findings + i, &b);
                LOG_UNIT(unit, UNIT_FINDING, FIELD_S("TEXT", b.data ?: ""),
                         FIELD_S("SEVERITY", severity_to_string(r->findings[i].severity)));
        }
}
