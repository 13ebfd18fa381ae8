/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What the child tells about its steps. On the pipe it is the ExecStatus
 * itself: the writer is a copy of the reader, and the record fits into
 * PIPE_BUF, so that one write is whole or not there. At most two come, one
 * before the exec for what was not applied and one for a failure; the end of
 * file means that the exec succeeded.
 */

#include "exec/child.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

_Static_assert(sizeof(ExecStatus) <= PIPE_BUF, "a status is written in one piece");

void exec_detail(ExecContext *c, const char *text) {
        (void)snprintf(c->status.detail, sizeof(c->status.detail), "%s", text ? text : "");
}

void exec_blame(ExecContext *c, const char *setting) {
        (void)snprintf(c->status.setting, sizeof(c->status.setting), "%s", setting ? setting : "");
}

void exec_reason(ExecContext *c, const char *text) {
        (void)snprintf(c->status.reason, sizeof(c->status.reason), "%s", text ? text : "");
}

void exec_note_text(ExecContext *c, const char *key, const char *reason) {
        char *at = c->status.unapplied + strlen(c->status.unapplied);
        size_t room = sizeof(c->status.unapplied) - (size_t)(at - c->status.unapplied);
        int n = snprintf(at, room, "%s=: %s\n", key, reason);

        /* A line that does not fit is left out as a whole. */
        if (n < 0 || (size_t)n >= room)
                *at = 0;
}

void exec_note(ExecContext *c, const char *key, int r) {
        /* Not strerror(): the child of a light plan has no memory of its own to translate into. */
        exec_note_text(c, key, strerrordesc_np(-r) ?: "not applied");
}

int exec_tolerate(ExecContext *c, const char *key, int r) {
        if (r >= 0)
                return 0;
        if (r != -EPERM && r != -EACCES && r != -ENOSYS && r != -EOPNOTSUPP)
                return r;
        exec_note(c, key, r);
        return 0;
}

int exec_refuse(ExecContext *c, const char *notes) {
        char text[sizeof(c->status.reason)], setting[sizeof(c->status.setting)];
        size_t key = strcspn(notes, "=");

        (void)snprintf(setting, sizeof(setting), "%.*s", (int)key, notes);
        exec_blame(c, setting);
        exec_detail(c, NULL);
        notes += strlen("=: ") + key;
        (void)snprintf(text, sizeof(text), "%.*s, and svinit is strict", (int)MIN(strcspn(notes, "\n"), 96u),
                       notes);
        exec_reason(c, text);
        return -EOPNOTSUPP;
}

void exec_status_send(const ExecContext *c) {
        ssize_t n;

        if (c->status_fd < 0)
                return;
        do
                n = write(c->status_fd, &c->status, sizeof(c->status));
        while (n < 0 && errno == EINTR);
}

int exec_status_read(int fd, ExecStatus *st) {
        for (;;) {
                ExecStatus record;
                ssize_t n = read(fd, &record, sizeof(record));

                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return errno == EAGAIN ? 0 : -errno;
                if (n == 0)
                        return 1;
                if (n != sizeof(record))
                        return -EBADMSG;
                record.step[sizeof(record.step) - 1] = 0;
                record.command[sizeof(record.command) - 1] = 0;
                record.setting[sizeof(record.setting) - 1] = 0;
                record.detail[sizeof(record.detail) - 1] = 0;
                record.reason[sizeof(record.reason) - 1] = 0;
                record.unapplied[sizeof(record.unapplied) - 1] = 0;
                *st = record;
                if (st->failed)
                        return 1;
        }
}
