/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "apps/channel-internal.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utlist.h>

#define HANDLE_TRIES 3

struct Outgoing {
        size_t length;
        int fd; /* owned: to be sent with it; -1 */
        unsigned tries;
        bool is_broadcast, is_sent, is_transferred;
        Outgoing *prev, *next;
        char data[];
};

static void outgoing_free(Channel *c, Outgoing *o) {
        DL_DELETE(c->queue, o);
        c->queued -= o->length;
        cleanup_fd(&o->fd);
        free(o);
}

void channel_forget_queue(Channel *c) {
        Outgoing *o, *next;

        DL_FOREACH_SAFE (c->queue, o, next)
                outgoing_free(c, o);
        c->awaits_ack = c->transferring = false;
}

static int transfer(Channel *c, const Outgoing *o) {
        int fd auto_fd = memfd_create("svinit-apps-message", MFD_CLOEXEC);

        if (fd < 0)
                return -errno;
        if (pwrite(fd, o->data, o->length, 0) != (ssize_t)o->length)
                return -ENOMEM;
        c->owner->on_transfer(c, fd);
        c->transferring = true;
        return 0;
}

void channel_transferred(Channel *c) {
        if (!channel_is_open(c) || !TAKE(c->transferring))
                return;
        if (c->queue && c->queue->is_transferred) /* else an earlier svinit-apps has asked */
                outgoing_free(c, c->queue);
        (void)channel_flush(c);
}

/* 1: it is sent; 0: the socket is full; negative: the end. */
static int send_one(Channel *c, const Outgoing *o) {
        struct iovec iov = { (char *)o->data, o->length };
        union {
                struct cmsghdr header;
                char space[CMSG_SPACE(sizeof(int))];
        } control = { 0 };
        struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };

        if (o->fd >= 0) {
                control.header = (struct cmsghdr){ .cmsg_len = CMSG_LEN(sizeof(int)),
                                                   .cmsg_level = SOL_SOCKET,
                                                   .cmsg_type = SCM_RIGHTS };
                memcpy(CMSG_DATA(&control.header), &o->fd, sizeof(int));
                m.msg_control = &control;
                m.msg_controllen = sizeof(control.space);
        }
        if (sendmsg(c->fd, &m, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)
                return 1;
        return errno == EAGAIN || errno == ENOBUFS || errno == EINTR ? 0 : -errno;
}

static bool is_held_up(const Channel *c) {
        return c->awaits_ack || c->transferring;
}

int channel_flush(Channel *c) {
        while (c->queue && !is_held_up(c)) {
                Outgoing *o = c->queue;
                int r;

                if (o->length > CHANNEL_ATOMIC_MAX) {
                        o->is_transferred = true; /* it stays in front until then */
                        r = transfer(c, o);
                        if (r < 0)
                                return r;
                        break;
                }
                r = send_one(c, o);
                if (r < 0)
                        return r;
                if (r == 0)
                        break;
                o->is_sent = true;
                if (o->fd >= 0)
                        c->awaits_ack = true; /* this one, too */
                else
                        outgoing_free(c, o);
        }
        (void)sd_event_source_set_io_events(c->source, EPOLLIN | (c->queue && !is_held_up(c) ? EPOLLOUT : 0));
        return 0;
}

/* What is on its way is not dropped, nor is what was said to this one alone. */
static void drop_broadcasts(Channel *c, size_t room) {
        Outgoing *o, *next;

        DL_FOREACH_SAFE (c->queue, o, next) {
                if (c->queued + room <= CHANNEL_QUEUE_BYTES)
                        return;
                if (o->is_broadcast && !o->is_sent && !o->is_transferred)
                        outgoing_free(c, o);
        }
}

static int enqueue(Channel *c, const char *json, size_t n, int fd, ChannelSend how) {
        Outgoing *o;

        if (!channel_is_open(c))
                return -EPIPE;
        if (n > c->max_message)
                return -EMSGSIZE;
        if (c->queue && c->queued + n + 1 > CHANNEL_QUEUE_BYTES) {
                if (how == CHANNEL_BROADCAST)
                        drop_broadcasts(c, n + 1);
                c->owner->on_complaint(c, APPS_NOT_READ);
                if (c->queue && c->queued + n + 1 > CHANNEL_QUEUE_BYTES)
                        return -ENOBUFS;
        }
        o = calloc(1, sizeof(*o) + n + 1);
        if (!o)
                return -ENOMEM;
        memcpy(o->data, json, n);
        /* Between the parts of a JSON text a line may end; here only the whole text does. */
        for (char *p = o->data; (p = memchr(p, '\n', (size_t)(o->data + n - p)));)
                *p = ' ';
        o->data[n] = '\n';
        o->length = n + 1;
        o->fd = fd;
        o->is_broadcast = how == CHANNEL_BROADCAST;
        DL_APPEND(c->queue, o);
        c->queued += o->length;
        return 0;
}

int channel_send(Channel *c, const char *json, size_t n, ChannelSend how) {
        int r = enqueue(c, json, n, -1, how);

        /* An error here is met again by the source: the owner is not to lose the channel while it speaks. */
        if (r >= 0)
                (void)channel_flush(c);
        return r;
}

int channel_send_handle(Channel *c, const char *json, size_t n, int fd) {
        int r = enqueue(c, json, n, fd, CHANNEL_DIRECT);

        if (r < 0)
                cleanup_fd(&fd);
        else
                (void)channel_flush(c);
        return r;
}

void channel_acknowledged(Channel *c, bool well) {
        if (!channel_is_open(c) || !TAKE(c->awaits_ack) || !c->queue)
                return;
        if (well || ++c->queue->tries >= HANDLE_TRIES)
                outgoing_free(c, c->queue);
        (void)channel_flush(c);
}
