/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "journal/syslog-out.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define RETRY_USEC (10 * USEC_PER_MSEC) /* what a daemon misses that has just begun to listen */

struct SyslogItem {
        SyslogItem *next;
        pid_t pid;
        size_t size;
        char data[];
};

void syslog_out_init(SyslogOut *o, const char *path) {
        *o = (SyslogOut){ .fd = -1, .address.sun_family = AF_UNIX };
        o->is_off = !path || strlen(path) >= sizeof(o->address.sun_path);
        if (!o->is_off)
                memcpy(o->address.sun_path, path, strlen(path));
}

static void drop_first(SyslogOut *o) {
        SyslogItem *item = o->first;

        o->first = item->next;
        if (!o->first)
                o->last = NULL;
        o->queued -= item->size;
        free(item);
}

void syslog_out_release(SyslogOut *o) {
        while (o->first)
                drop_first(o);
        fd_release(&o->fd);
}

/* Connected, epoll tells when the daemon has made room. */
static bool is_connected(SyslogOut *o, usec_t now) {
        if (o->fd >= 0)
                return true;
        if (o->is_off || now < o->retry_at)
                return false;
        o->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (o->fd >= 0 && connect(o->fd, (struct sockaddr *)&o->address, sizeof(o->address)) >= 0)
                return true;
        fd_release(&o->fd);
        o->retry_at = now + RETRY_USEC;
        return false;
}

/* Whoever listened is gone, and what waits was meant for it; its successor is looked for in a while. */
static void disconnect(SyslogOut *o, usec_t now) {
        while (o->first) {
                drop_first(o);
                o->n_missed++;
        }
        fd_release(&o->fd);
        o->is_watched = false; /* closing takes it out of epoll */
        o->retry_at = now + RETRY_USEC;
}

/* With the sender's credentials where we may claim them, as a daemon that trusts them wants to know who it was. */
static ssize_t send_as(SyslogOut *o, const struct iovec *iov, size_t n, pid_t pid) {
        union {
                struct cmsghdr header;
                char space[CMSG_SPACE(sizeof(struct ucred))];
        } control = { 0 };
        struct msghdr message = {
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

static void enqueue(SyslogOut *o, const struct iovec *iov, size_t n, pid_t pid) {
        SyslogItem *item = NULL;
        size_t size = 0;

        for (size_t i = 0; i < n; i++)
                size += iov[i].iov_len;
        if (o->queued + size <= SYSLOG_QUEUE_MAX)
                item = malloc(sizeof(*item) + size);
        if (!item) {
                o->n_missed++;
                return;
        }
        *item = (SyslogItem){ .pid = pid };
        for (size_t i = 0; i < n; i++) {
                memcpy(item->data + item->size, iov[i].iov_base, iov[i].iov_len);
                item->size += iov[i].iov_len;
        }
        *(o->last ? &o->last->next : &o->first) = item;
        o->last = item;
        o->queued += size;
}

static void submit(SyslogOut *o, const struct iovec *iov, size_t n, pid_t pid, usec_t now) {
        if (!is_connected(o, now))
                return;
        if (!o->first && send_as(o, iov, n, pid) >= 0)
                return;
        if (o->first || errno == EAGAIN || errno == ENOBUFS)
                enqueue(o, iov, n, pid);
        else if (errno == ECONNREFUSED || errno == ENOTCONN || errno == ECONNRESET)
                disconnect(o, now);
        else
                o->n_missed++;
}

void syslog_out_send(SyslogOut *o, int priority, const char *identifier, pid_t pid, const char *text,
                     size_t n, usec_t realtime, usec_t now) {
        time_t seconds = (time_t)(realtime / USEC_PER_SEC);
        char head[256], stamp[32];
        struct tm tm;
        int size;

        if (o->is_off || (o->fd < 0 && now < o->retry_at))
                return;

        localtime_r(&seconds, &tm);
        strftime(stamp, sizeof(stamp), "%h %e %T", &tm);
        if (pid > 0)
                size = snprintf(head, sizeof(head), "<%d>%s %.128s[%d]: ", priority, stamp, identifier,
                                (int)pid);
        else
                size = snprintf(head, sizeof(head), "<%d>%s %.128s: ", priority, stamp, identifier);
        submit(o, (struct iovec[]){ { head, (size_t)size }, { (char *)text, n } }, 2, pid, now);
}

void syslog_out_raw(SyslogOut *o, const char *data, size_t n, pid_t pid, usec_t now) {
        submit(o, &(struct iovec){ (char *)data, n }, 1, pid, now);
}

bool syslog_out_flush(SyslogOut *o) {
        while (o->first) {
                struct iovec iov = { o->first->data, o->first->size };

                if (send_as(o, &iov, 1, o->first->pid) >= 0)
                        drop_first(o);
                else if (errno == EAGAIN || errno == ENOBUFS)
                        return true;
                else if (errno == ECONNREFUSED || errno == ENOTCONN || errno == ECONNRESET)
                        disconnect(o, 0);
                else {
                        drop_first(o);
                        o->n_missed++;
                }
        }
        return false;
}
