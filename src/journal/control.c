/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "journal/server.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define CONTROL_FDS_MAX 16
#define CONTROL_BATCH 256
#define UPDATE_TURNS_MAX 16 /* a pipe's content, not what is written meanwhile */

typedef struct Incoming {
        int fds[CONTROL_FDS_MAX];
        size_t n_fds;
        union {
                JournalMessage message;
                char space[JOURNAL_MESSAGE_MAX];
        };
} Incoming;

int control_send(Server *s, JournalVerb verb, uint64_t id, const char *text, const int *fds, size_t n_fds) {
        JournalMessage header = {
                .verb = verb, .n_fds = (uint32_t)n_fds, .id = id, .text_len = (uint32_t)strlen(text)
        };
        struct iovec iov[] = { { &header, sizeof(header) }, { (char *)text, strlen(text) } };
        union {
                struct cmsghdr header;
                char space[CMSG_SPACE(sizeof(int) * CONTROL_FDS_MAX)];
        } control = { 0 };
        struct msghdr message = { .msg_iov = iov, .msg_iovlen = ELEMENTSOF(iov) };

        if (n_fds > CONTROL_FDS_MAX || sizeof(header) + header.text_len > JOURNAL_MESSAGE_MAX)
                return -E2BIG;
        if (n_fds > 0) {
                control.header = (struct cmsghdr){ .cmsg_len = CMSG_LEN(n_fds * sizeof(int)),
                                                   .cmsg_level = SOL_SOCKET,
                                                   .cmsg_type = SCM_RIGHTS };
                memcpy(CMSG_DATA(&control.header), fds, n_fds * sizeof(int));
                message.msg_control = &control;
                message.msg_controllen = CMSG_SPACE(n_fds * sizeof(int));
        }

        /* PID 1 never waits for us; should its queue be full, waiting for it is all that can be done. */
        while (sendmsg(s->control_fd, &message, MSG_NOSIGNAL) < 0) {
                struct pollfd p = { .fd = s->control_fd, .events = POLLOUT };

                if (errno != EAGAIN && errno != EINTR)
                        return -errno;
                if (errno == EAGAIN)
                        (void)poll(&p, 1, -1);
        }
        return 0;
}

static void take_fds(struct msghdr *message, Incoming *in) {
        for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
                size_t n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);

                if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
                        continue;
                for (size_t i = 0; i < n; i++) {
                        int fd;

                        memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof(fd));
                        if (in->n_fds < CONTROL_FDS_MAX)
                                in->fds[in->n_fds++] = fd;
                        else
                                close(fd);
                }
        }
}

/* 1: a message; 0: none; negative: PID 1 is gone. */
static int receive(Server *s, Incoming *in) {
        union {
                struct cmsghdr header;
                char space[CMSG_SPACE(sizeof(int) * CONTROL_FDS_MAX)];
        } control;
        struct iovec iov = { in->space, sizeof(in->space) };
        struct msghdr message = {
                .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)
        };
        ssize_t n;

        in->n_fds = 0;
        n = recvmsg(s->control_fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
        if (n < 0)
                return errno == EAGAIN || errno == EINTR ? 0 : -errno;
        if (n == 0)
                return -EPIPE;
        take_fds(&message, in);
        if ((size_t)n < sizeof(JournalMessage) || in->message.text_len > (size_t)n - sizeof(JournalMessage))
                in->message.verb = 0;
        return 1;
}

static int take_fd(Incoming *in, size_t i) {
        return i < in->n_fds ? TAKE_FD(in->fds[i]) : -1;
}

static void on_state(Server *s, Incoming *in) {
        if (in->n_fds > 0 && state_adopt(&s->state, in->fds, in->n_fds) >= 0)
                return;
        if (state_new(&s->state) < 0)
                abort(); /* nothing can be promised without it; the next one may find the memory */
        (void)control_send(s, JOURNAL_SAVE_STATE, 0, "", s->state.fds, STATE_FDS);
}

static void on_update(Server *s, const Incoming *in) {
        uint64_t id = in->message.id;
        Stream *stream = NULL;

        HASH_FIND(hh, s->streams, &id, sizeof(id), stream);
        if (!stream)
                return;
        /* What is in the pipe was written by the process before. */
        for (unsigned i = 0; s->ready && stream && i < UPDATE_TURNS_MAX && stream_read(s, stream); i++)
                HASH_FIND(hh, s->streams, &id, sizeof(id), stream);
        HASH_FIND(hh, s->streams, &id, sizeof(id), stream);
        if (!stream)
                return;
        stream_update(s, stream, in->message.text, in->message.text_len);
}

static void on_listen(Server *s, Incoming *in) {
        uint64_t id = in->message.id;
        int fd = take_fd(in, 0);

        if (fd < 0 || id >= JOURNAL_SOCKET_MAX) {
                fd_release(&fd);
                return;
        }
        if (s->sockets[id] >= 0) {
                server_unwatch(s, s->sockets[id]);
                close(s->sockets[id]);
        }
        (void)fcntl(fd, F_SETFL,
                    fcntl(fd, F_GETFL) | O_NONBLOCK); /* nobody who holds it wants to wait in it */
        s->sockets[id] = fd;
        if (id == JOURNAL_SOCKET_NATIVE || id == JOURNAL_SOCKET_SYSLOG)
                datagram_prepare(fd);
        if (s->ready)
                (void)server_watch(s, fd, WATCH_SOCKET, &s->sockets[id], EPOLLIN);
}

static void on_ready(Server *s) {
        if (!s->state.shared || s->ready)
                return;
        server_begin(s);
        for (size_t i = 0; i < JOURNAL_SOCKET_MAX; i++)
                if (s->sockets[i] >= 0)
                        (void)server_watch(s, s->sockets[i], WATCH_SOCKET, &s->sockets[i], EPOLLIN);
}

void control_leave_flush_to_next(Server *s, uint64_t id) {
        s->state.shared->flush = id;
        storage_commit(&s->storage);
        storage_archive(&s->storage);
        s->ending = true;
}

bool control_perform(Server *s, uint32_t verb) {
        if ((verb == JOURNAL_SYNC || verb == JOURNAL_END) && !s->draining) {
                s->draining = true;
                server_drain(s);
                s->draining = false;
        }
        if (verb == JOURNAL_ROTATE)
                storage_rotate(&s->storage);
        if (verb == JOURNAL_FLUSH && storage_flush(&s->storage) == -EACCES)
                return false;
        (void)storage_sync(&s->storage);
        return true;
}

static void on_request(Server *s, const Incoming *in) {
        if (!s->ready)
                return;
        if (!control_perform(s, in->message.verb)) {
                control_leave_flush_to_next(s, in->message.id);
                return;
        }
        if (in->message.verb == JOURNAL_END) {
                s->ending = true;
                server_end(s);
        }
        (void)control_send(s, JOURNAL_SYNCED, in->message.id, "", NULL, 0);
}

static void dispatch(Server *s, Incoming *in) {
        const JournalMessage *m = &in->message;

        switch (m->verb) {
        case JOURNAL_ADD:
        case JOURNAL_STORED:
                if (in->n_fds > 0 && m->verb == JOURNAL_STORED &&
                    requests_adopt(&s->requests, m->id, in->fds[0], m->text, m->text_len))
                        in->fds[0] = -1;
                else if (in->n_fds > 0)
                        (void)stream_adopt(s, m->id, take_fd(in, 0), m->text, m->text_len,
                                           m->verb == JOURNAL_STORED);
                break;
        case JOURNAL_UPDATE:
                on_update(s, in);
                break;
        case JOURNAL_LISTEN:
                on_listen(s, in);
                break;
        case JOURNAL_STATE:
                if (!s->state.shared)
                        on_state(s, in);
                break;
        case JOURNAL_READY_END:
                on_ready(s);
                break;
        case JOURNAL_SYNC:
        case JOURNAL_ROTATE:
        case JOURNAL_FLUSH:
        case JOURNAL_END:
                on_request(s, in);
                break;
        case JOURNAL_UNIT_OF:
                stream_unit_known(s, (pid_t)m->id, m->text, m->text_len);
                sender_unit_known(s, (pid_t)m->id, m->text, m->text_len);
                break;
        default:
                break;
        }

        for (size_t i = 0; i < in->n_fds; i++)
                fd_release(&in->fds[i]);
}

bool control_dispatch(Server *s) {
        Incoming in;

        for (unsigned i = 0; i < CONTROL_BATCH && !s->ending; i++) {
                int r = receive(s, &in);

                if (r < 0)
                        return false;
                if (r == 0)
                        break;
                dispatch(s, &in);
        }

        return true;
}
