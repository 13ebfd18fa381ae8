/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * ForwardToSyslog=: messages for a syslog daemon that listens where journald
 * would tell it. Never waits: a daemon that does not keep up misses messages,
 * which are counted.
 */

#include "base/time.h"

#include <sys/types.h>
#include <sys/un.h>

typedef struct SyslogOut {
        int fd; /* owned; -1: nothing is forwarded */
        struct sockaddr_un address;
        usec_t retry_at; /* monotonic; nobody listened */
        uint64_t n_missed;
} SyslogOut;

void syslog_out_init(SyslogOut *o, const char *path); /* NULL: forwards nothing */
void syslog_out_release(SyslogOut *o);
/* `priority` with the facility. `now`: monotonic. */
void syslog_out_send(SyslogOut *o, int priority, const char *identifier, pid_t pid, const char *text,
                     size_t n, usec_t realtime, usec_t now);
