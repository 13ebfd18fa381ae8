/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * ForwardToSyslog=: messages for a syslog daemon that listens where journald
 * would tell it. What came by /dev/log goes on as it came.
 *
 * Never waits. The daemon's socket holds ten messages: what does not fit waits
 * in a queue of bounded size, and what does not fit there is missed and counted.
 */

#include "base/time.h"

#include <sys/types.h>
#include <sys/un.h>

#define SYSLOG_QUEUE_MAX (1024U * 1024) /* bytes */

typedef struct SyslogItem SyslogItem;

typedef struct SyslogOut {
        int fd; /* owned; connected; -1: nobody listens, or nothing is forwarded */
        bool is_off, is_watched;
        struct sockaddr_un address;
        usec_t retry_at; /* monotonic; nobody listened */
        uint64_t n_missed;
        SyslogItem *first, *last; /* owned */
        size_t queued;            /* bytes */
} SyslogOut;

void syslog_out_init(SyslogOut *o, const char *path); /* NULL: forwards nothing */
void syslog_out_release(SyslogOut *o);
/* `priority` with the facility. `now`: monotonic. */
void syslog_out_send(SyslogOut *o, int priority, const char *identifier, pid_t pid, const char *text,
                     size_t n, usec_t realtime, usec_t now);
void syslog_out_raw(SyslogOut *o, const char *data, size_t n, pid_t pid, usec_t now);
/* True when something waits for the socket to become writable. */
bool syslog_out_flush(SyslogOut *o);
