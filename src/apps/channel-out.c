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
        size_t length, sent;
        int fd; /* owned: to be sent with it; -1 */
        unsigned tries;
        bool is_broadcast;
        Outgoing *prev, *next;
        char data[];
};

/* In front of a long message in the memfd. Written in one piece: who is killed in it has written all or nothing. */
typedef struct KeptHeader {
        uint64_t length; /* 0: there is no message */
        uint64_t sent;   /* bytes of it */
        uint64_t
                sending; /* so many more were on their way; not 0 afterwards: nobody knows whether they were sent */
} KeptHeader;

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
        c->awaits_ack = false;
}

/* ---- long messages ---- */

static int write_header(const Channel *c, const KeptHeader *h) {
        return pwrite(c->kept, h, sizeof(*h), 0) == (ssize_t)sizeof(*h) ? 0 : -EIO;
}

/* Before its first byte goes out, PID 1 has it. */
static int keep(Channel *c, const Outgoing *o) {
        KeptHeader h = { .length = o->length };

        if (c->kept < 0) {
                c->kept = memfd_create("svinit-apps-message", MFD_CLOEXEC);
                if (c->kept < 0)
                        return -errno;
                c->owner->on_keep(c, c->kept);
        }
        if (pwrite(c->kept, o->data, o->length, sizeof(h)) != (ssize_t)o->length)
                return -ENOMEM;
        return write_header(c, &h);
}

static void forget_kept(Channel *c) {
        (void)write_header(c, &(KeptHeader){ 0 });
        (void)ftruncate(c->kept, sizeof(KeptHeader));
}

static ssize_t send_piece(Channel *c, const Outgoing *o) {
        struct iovec iov = { (char *)o->data + o->sent,
                             MIN(o->length - o->sent, (size_t)CHANNEL_ATOMIC_MAX) };
        union {
                struct cmsghdr header;
                char space[CMSG_SPACE(sizeof(int))];
        } control = { 0 };
        struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };
        ssize_t n;

        if (o->fd >= 0 && o->sent == 0) {
                control.header = (struct cmsghdr){ .cmsg_len = CMSG_LEN(sizeof(int)),
                                                   .cmsg_level = SOL_SOCKET,
                                                   .cmsg_type = SCM_RIGHTS };
                memcpy(CMSG_DATA(&control.header), &o->fd, sizeof(int));
                m.msg_control = &control;
                m.msg_controllen = sizeof(control.space);
        }
        n = sendmsg(c->fd, &m, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n < 0)
                return errno == EAGAIN || errno == ENOBUFS || errno == EINTR ? 0 : -errno;
        return n;
}

/* As far as it goes. 1: all of it; 0: the socket is full; negative: the end. */
static int send_long(Channel *c, Outgoing *o) {
        while (o->sent < o->length) {
                KeptHeader h = { .length = o->length, .sent = o->sent };
                ssize_t n;

                h.sending = MIN(o->length - o->sent, (size_t)CHANNEL_ATOMIC_MAX);
                if (write_header(c, &h) < 0)
                        return -EIO;
                n = send_piece(c, o);
                if (n > 0)
                        o->sent += (size_t)n;
                h.sent = o->sent;
                h.sending = 0;
                if (write_header(c, &h) < 0)
                        return -EIO;
                if (n <= 0)
                        return (int)n;
        }
        forget_kept(c);
        return 1;
}

static int send_one(Channel *c, Outgoing *o) {
        ssize_t n;

        if (o->length > CHANNEL_ATOMIC_MAX) {
                if (o->sent == 0) {
                        int r = keep(c, o);

                        if (r < 0)
                                return r;
                }
                return send_long(c, o);
        }
        n = send_piece(c, o);
        if (n <= 0)
                return (int)n;
        o->sent += (size_t)n;
        return o->sent == o->length;
}

int channel_flush(Channel *c) {
        int r = 1;

        while (c->queue && !c->awaits_ack && r > 0) {
                r = send_one(c, c->queue);
                if (r <= 0)
                        break;
                if (c->queue->fd >= 0)
                        c->awaits_ack = true; /* it stays in front until then */
                else
                        outgoing_free(c, c->queue);
        }
        if (r < 0)
                return r;
        (void)sd_event_source_set_io_events(c->source, EPOLLIN | (c->queue && !c->awaits_ack ? EPOLLOUT : 0));
        return 0;
}

/* Half of one is not dropped, nor is what was said to this one alone. */
static void drop_broadcasts(Channel *c, size_t room) {
        Outgoing *o, *next;

        DL_FOREACH_SAFE (c->queue, o, next) {
                if (c->queued + room <= CHANNEL_QUEUE_BYTES)
                        return;
                if (o->is_broadcast && o->sent == 0)
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
        c->queue->sent = 0;
        if (well || ++c->queue->tries >= HANDLE_TRIES)
                outgoing_free(c, c->queue);
        (void)channel_flush(c);
}

static int read_kept(const Channel *c, KeptHeader *ret) {
        KeptHeader h;

        if (pread(c->kept, &h, sizeof(h), 0) != (ssize_t)sizeof(h))
                return -EIO;
        if (h.length > c->max_message + 1 || h.sent > h.length)
                return -EIO;
        *ret = h;
        return 0;
}

void channel_resume(Channel *c, int kept) {
        KeptHeader h;
        Outgoing *o;

        fd_release(&c->kept);
        c->kept = kept;
        if (!channel_is_open(c) || read_kept(c, &h) < 0 || h.length == 0)
                return;
        o = h.sending == 0 ? calloc(1, sizeof(*o) + h.length) : NULL;
        if (!o || pread(c->kept, o->data, h.length, sizeof(h)) != (ssize_t)h.length) {
                free(o);
                c->owner->on_complaint(c, APPS_TORN);
                (void)shutdown(c->fd, SHUT_RDWR); /* its end is met by the source */
                return;
        }
        o->length = h.length;
        o->sent = h.sent;
        o->fd = -1;
        DL_PREPEND(c->queue, o);
        c->queued += o->length;
        (void)channel_flush(c);
}
