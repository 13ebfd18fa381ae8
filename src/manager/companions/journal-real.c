/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The image's own systemd-journald in the place of svinit-journald. */

#include "manager/manager-internal.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#define REAL_JOURNALD "/lib/systemd/systemd-journald"

bool journal_find_real(Manager *m) {
        if (!m->config.real_journal)
                return false;
        if (access(REAL_JOURNALD, X_OK) < 0) {
                LOG_ERRNO(JOURNAL_REAL_MISSING, -errno, FIELD_S("PATH", REAL_JOURNALD));
                return false;
        }
        m->internal->real_journal = true;
        manager_log_to_real_journal();
        return true;
}

/* The seven lines with which a stream begins. */
int journal_real_header(const Unit *u, bool is_stderr, char **ret) {
        const ExecSpec *e = u->spec->exec;
        StdOutput how = is_stderr && e->io.error != OUTPUT_INHERIT ? e->io.error : e->io.output;
        bool kmsg = how == OUTPUT_KMSG || how == OUTPUT_KMSG_CONSOLE,
             console = how == OUTPUT_JOURNAL_CONSOLE || how == OUTPUT_KMSG_CONSOLE;

        return str_printf(ret, "%s\n%s\n%d\n%d\n0\n%d\n%d\n", journal_identifier(u), u->id,
                          e->syslog_level | e->syslog_facility, e->syslog_level_prefix, kmsg, console);
}

/* /run/systemd/units */

static const char *const exports[] = { "invocation", "log-level-max", "log-extra-fields",
                                       "log-rate-limit-interval", "log-rate-limit-burst" };

static void path_of(const char *what, const Unit *u, char *ret, size_t n) {
        snprintf(ret, n, "/run/systemd/units/%s:%s", what, u->id);
}

void journal_withdraw_unit(const Manager *m, const Unit *u) {
        char path[UNIT_NAME_MAX + 64];

        for (size_t i = 0; m->internal->real_journal && i < ELEMENTSOF(exports); i++) {
                path_of(exports[i], u, path, sizeof(path));
                (void)unlink(path);
        }
}

/* A link that leads nowhere: its target is the value. */
static void PRINTF_LIKE(3, 4) export(const char *what, const Unit *u, const char *format, ...) {
        char path[UNIT_NAME_MAX + 64], value[40];
        va_list ap;

        va_start(ap, format);
        vsnprintf(value, sizeof(value), format, ap);
        va_end(ap);
        path_of(what, u, path, sizeof(path));
        (void)symlink(value, path); /* without it entries lack a field */
}

/* Each with its size in front. */
static void export_fields(const Unit *u, char *const *fields) {
        char path[UNIT_NAME_MAX + 64];
        int fd auto_fd = -1;
        Buf b auto_buf = { 0 };

        STRV_FOREACH (field, fields) {
                uint64_t n = strlen(*field);

                buf_add_n(&b, (const char *)&n, sizeof(n)); /* little endian, as all we run on */
                buf_add_n(&b, *field, n);
        }
        if (b.len == 0 || b.error < 0)
                return;
        path_of("log-extra-fields", u, path, sizeof(path));
        fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
        if (fd >= 0 && write(fd, b.data, b.len) != (ssize_t)b.len)
                (void)unlink(path);
}

void journal_export_unit(const Manager *m, const Unit *u) {
        const ExecSpec *e = u->spec->exec;
        const uint8_t *id = unit_runtime(u)->invocation_id;
        char text[33];

        if (!m->internal->real_journal)
                return;
        journal_withdraw_unit(m, u);
        hex_format(id, 16, text);
        export("invocation", u, "%s", text);
        if (!e)
                return;
        if (e->log_level_max >= 0 && !unit_is_debugged(u))
                export("log-level-max", u, "%d", e->log_level_max);
        if (e->log_rate_limit_interval != USEC_INFINITY)
                export("log-rate-limit-interval", u, "%" PRIu64, e->log_rate_limit_interval);
        if (e->log_rate_limit_burst > 0)
                export("log-rate-limit-burst", u, "%u", e->log_rate_limit_burst);
        export_fields(u, e->log_extra_fields);
}
