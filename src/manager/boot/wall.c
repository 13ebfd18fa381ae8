/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * A line for everybody who is logged in, as wall(1) shows it. utmp is read
 * here, as the C library's functions for it wait for locks; a terminal that
 * does not take the line at once does not get it.
 */

#include "manager/manager-internal.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <utmp.h>

#define RECORDS_MAX 256U /* looked at: a few kilobytes for each */

static bool is_logged_in(const struct utmp *record) {
        return record->ut_type == USER_PROCESS && record->ut_line[0] && record->ut_line[0] != '/' &&
               !memmem(record->ut_line, sizeof(record->ut_line), "..", 2);
}

static void show(const struct utmp *record, const char *text, size_t n) {
        char path[sizeof("/dev/") + sizeof(record->ut_line)];
        int fd auto_fd = -1;

        snprintf(path, sizeof(path), "/dev/%.*s", (int)sizeof(record->ut_line), record->ut_line);
        fd = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
        if (fd >= 0 && isatty(fd) && write(fd, text, n) < 0)
                return; /* it has not been seen; there is nobody else to tell */
}

/* What a service has written must not move the cursor of somebody else's terminal. */
static void add_visible(Buf *b, const char *line) {
        for (const unsigned char *p = (const unsigned char *)line; *p; p++)
                if (*p < ' ' || *p == 0x7f)
                        buf_addf(b, "\\x%02x", *p);
                else
                        buf_add_char(b, (char)*p);
}

void manager_tell_users(const Manager *m, const char *line) {
        char path[300];
        Buf text auto_buf = { 0 };
        struct utmp record;
        int fd auto_fd = -1;

        snprintf(path, sizeof(path), "%s/utmp", m->host.runtime_dir);
        fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
        if (fd < 0)
                return;
        buf_add(&text, "\a\r\nMessage from svinit-journald:\r\n\r\n");
        add_visible(&text, line);
        buf_add(&text, "\r\n\r\n");
        for (unsigned i = 0; text.error == 0 && i < RECORDS_MAX; i++) {
                if (read(fd, &record, sizeof(record)) != sizeof(record))
                        break;
                if (is_logged_in(&record))
                        show(&record, text.data, text.len);
        }
}
