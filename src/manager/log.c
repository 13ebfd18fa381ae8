/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Where svinit's own messages go: to svinit-journald as native datagrams with
 * all their fields, and to stderr as long as nobody takes those. Neither write
 * may block.
 */

#include "manager/files.h"
#include "manager/manager-internal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define RECORD_MAX 4096

typedef struct LogTarget {
        int fd; /* unconnected datagram socket; -1 */
        struct sockaddr_un address;
        bool early; /* svinit-journald is not there yet */
} LogTarget;

static LogTarget target = { .fd = -1 }; /* the log front end has one hook for the process */

static size_t PRINTF_LIKE(3, 4) add(char *buf, size_t at, const char *format, ...) {
        va_list ap;
        int n;

        if (at >= RECORD_MAX)
                return at;
        va_start(ap, format);
        n = vsnprintf(buf + at, RECORD_MAX - at, format, ap);
        va_end(ap);
        return n < 0 ? at : MIN(at + (size_t)n, (size_t)RECORD_MAX);
}

/* One line a field; a newline in a value becomes a blank. */
static size_t add_text(char *buf, size_t at, const char *name, const char *text) {
        size_t begin = add(buf, at, "%s=", name), end = add(buf, begin, "%s", text);

        for (size_t i = begin; i < end; i++)
                if (buf[i] == '\n')
                        buf[i] = ' ';
        return add(buf, end, "\n");
}

static size_t render(const LogRecord *r, char *buf) {
        size_t n = 0;

        n = add_text(buf, n, "MESSAGE", r->sentence);
        n = add(buf, n, "PRIORITY=%d\nSYSLOG_FACILITY=3\nSYSLOG_IDENTIFIER=svinit\n", r->priority);
        if (r->id[0])
                n = add(buf, n, "MESSAGE_ID=%s\n", r->id);
        if (r->unit) {
                n = add_text(buf, n, "UNIT", r->unit);
                if (getpid() != 1)
                        n = add_text(buf, n, "OBJECT_SYSTEMD_UNIT", r->unit);
        }
        for (size_t i = 0; i < r->n_fields; i++) {
                const LogField *f = r->fields + i;

                if (f->text)
                        n = add_text(buf, n, f->name, f->text);
                else
                        n = add(buf, n, "%s=%" PRIi64 "\n", f->name, f->number);
        }
        return add(buf, n, "CODE_FILE=%s\nCODE_LINE=%d\nCODE_FUNC=%s\n", r->file, r->line, r->func);
}

static bool send_native(const char *buf, size_t n) {
        return target.fd >= 0 && sendto(target.fd, buf, n, MSG_DONTWAIT | MSG_NOSIGNAL,
                                        (struct sockaddr *)&target.address, sizeof(target.address)) >= 0;
}

/* A terminal or pipe that nobody reads must not stop PID 1: what does not go at once is dropped. */
static void write_stderr(const LogRecord *r) {
        char line[1024];
        int n;

        n = snprintf(line, sizeof(line), "svinit: %s\n", r->sentence);
        write_nonblocking(STDERR_FILENO, line, (size_t)MIN(n, (int)sizeof(line) - 1));
}

static void on_log(const LogRecord *r, void *userdata) {
        char buf[RECORD_MAX];

        if (target.early || !send_native(buf, render(r, buf)))
                write_stderr(r);
}

/* early: before the journal's sockets are bound. */
void manager_log_init(Manager *m, bool early) {
        target.early = early;
        if (target.fd < 0)
                target.fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        target.address.sun_family = AF_UNIX;
        snprintf(target.address.sun_path, sizeof(target.address.sun_path), "%s/systemd/journal/socket",
                 m->host.runtime_dir ?: "/run");
        log_set_max_priority(m->config.log_level);
        log_set_hook(on_log, NULL);
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
