/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "journal/syslog-out.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define RETRY_USEC (1 * USEC_PER_SEC)

void syslog_out_init(SyslogOut *o, const char *path) {
        *o = (SyslogOut){ .fd = -1, .address.sun_family = AF_UNIX };
        if (!path || strlen(path) >= sizeof(o->address.sun_path))
                return;
        memcpy(o->address.sun_path, path, strlen(path));
        o->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

void syslog_out_release(SyslogOut *o) {
        fd_release(&o->fd);
}

/* With the sender's credentials where we may claim them, as a daemon that trusts them wants to know who it was. */
static ssize_t send_as(SyslogOut *o, const struct iovec *iov, size_t n, pid_t pid) {
        union {
                struct cmsghdr header;
                char space[CMSG_SPACE(sizeof(struct ucred))];
        } control = { 0 };
        struct msghdr message = {
                .msg_name = &o->address,
                .msg_namelen = sizeof(o->address),
                .msg_iov = (struct iovec *)iov,
                .msg_iovlen = n,
        };
        struct ucred ucred = { .pid = pid, .uid = getuid(), .gid = getgid() };
        ssize_t sent;

        if (pid > 0) {
                control.header = (struct cmsghdr){ .cmsg_len = CMSG_LEN(sizeof(ucred)),
                                                   .cmsg_level = SOL_SOCKET,
                                                   .cmsg_type = SCM_CREDENTIALS };
                memcpy(CMSG_DATA(&control.header), &ucred, sizeof(ucred));
                message.msg_control = &control;
                message.msg_controllen = sizeof(control);
        }
        sent = sendmsg(o->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent >= 0 || pid <= 0 || (errno != ESRCH && errno != EPERM))
                return sent;

        message.msg_control = NULL;
        message.msg_controllen = 0;
        return sendmsg(o->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
}

void syslog_out_send(SyslogOut *o, int priority, const char *identifier, pid_t pid, const char *text,
                     size_t n, usec_t realtime, usec_t now) {
        time_t seconds = (time_t)(realtime / USEC_PER_SEC);
        char head[256], stamp[32];
        struct iovec iov[2];
        struct tm tm;
        int size;

        if (o->fd < 0 || now < o->retry_at)
                return;

        localtime_r(&seconds, &tm);
        strftime(stamp, sizeof(stamp), "%h %e %T", &tm);
        if (pid > 0)
                size = snprintf(head, sizeof(head), "<%d>%s %.128s[%d]: ", priority, stamp, identifier,
                                (int)pid);
        else
                size = snprintf(head, sizeof(head), "<%d>%s %.128s: ", priority, stamp, identifier);
        iov[0] = (struct iovec){ head, (size_t)size };
        iov[1] = (struct iovec){ (char *)text, n };

        if (send_as(o, iov, 2, pid) >= 0)
                return;
        if (errno == ENOENT || errno == ECONNREFUSED)
                o->retry_at = now + RETRY_USEC;
        else
                o->n_missed++;
}
