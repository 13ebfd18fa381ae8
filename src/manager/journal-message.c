/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What PID 1 and svinit-journald say to each other. Messages that do not fit
 * into the socket wait in a list; when the other end is gone they are dropped,
 * since all is handed over again to the next one.
 */

#include "manager/journal-internal.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utlist.h>

struct JournalPending {
        uint32_t verb;
        uint64_t id; /* of a stream, or the message's id */
        char *text;  /* owned; for ADD and STORED the stream's own is sent */
        JournalPending *next, *prev;
};

/* 1: sent; 0: the socket is full; negative: the other end is gone. */
static int send_message(JournalLink *l, uint32_t verb, uint64_t id, const char *text, const int *fds,
                        size_t n_fds) {
        size_t len = text ? strlen(text) : 0;
        JournalMessage header = {
                .verb = verb, .n_fds = (uint32_t)n_fds, .id = id, .text_len = (uint32_t)len
        };
        struct iovec iov[] = { { &header, sizeof(header) }, { (void *)text, len } };
        union {
                char buf[CMSG_SPACE(STATE_FDS_MAX * sizeof(int))];
                struct cmsghdr align;
        } control = { 0 };
        struct msghdr mh = { .msg_iov = iov, .msg_iovlen = len > 0 ? 2 : 1 };

        if (n_fds > 0) {
                mh.msg_control = control.buf;
                mh.msg_controllen = CMSG_SPACE(n_fds * sizeof(int));
                struct cmsghdr *c = CMSG_FIRSTHDR(&mh);
                c->cmsg_level = SOL_SOCKET;
                c->cmsg_type = SCM_RIGHTS;
                c->cmsg_len = CMSG_LEN(n_fds * sizeof(int));
                memcpy(CMSG_DATA(c), fds, n_fds * sizeof(int));
        }
        if (sendmsg(l->control, &mh, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)
                return 1;
        return errno == EAGAIN || errno == ENOBUFS || errno == ETOOMANYREFS ? 0 : -errno;
}

static int send_pending(JournalLink *l, const JournalPending *p) {
        JournalStream *s;

        switch (p->verb) {
        case JOURNAL_ADD:
        case JOURNAL_STORED:
                s = journal_stream_find(l, p->id);
                return s ? send_message(l, p->verb, p->id, s->text, &s->fd, 1) : 1;
        case JOURNAL_LISTEN:
                return send_message(l, p->verb, p->id, NULL, &l->sockets[p->id], 1);
        case JOURNAL_STATE:
                return send_message(l, p->verb, 0, NULL, l->state, l->n_state);
        default:
                return send_message(l, p->verb, p->id, p->text, NULL, 0);
        }
}

static void pending_free(JournalLink *l, JournalPending *p) {
        DL_DELETE(l->pending, p);
        free(p->text);
        free(p);
}

void journal_flush(JournalLink *l) {
        JournalPending *p, *next;

        if (l->control < 0)
                return;
        DL_FOREACH_SAFE (l->pending, p, next) {
                int r = send_pending(l, p);

                if (r == 0)
                        break;
                pending_free(l, p);
                if (r < 0)
                        break; /* its end is noticed by the source */
        }
        if (l->source)
                (void)sd_event_source_set_io_events(l->source, EPOLLIN | (l->pending ? EPOLLOUT : 0));
}

void journal_forget_pending(JournalLink *l) {
        JournalPending *p, *next;

        DL_FOREACH_SAFE (l->pending, p, next)
                pending_free(l, p);
}

int journal_post(JournalLink *l, uint32_t verb, uint64_t id, const char *text) {
        JournalPending *p;

        if (l->control < 0)
                return 0; /* all is handed over when the next one starts */
        p = calloc(1, sizeof(*p));
        if (!p)
                return -ENOMEM;
        p->verb = verb;
        p->id = id;
        if (text && !(p->text = strdup(text))) {
                free(p);
                return -ENOMEM;
        }
        DL_APPEND(l->pending, p);
        journal_flush(l);
        return 0;
}

int journal_hand_over(JournalLink *l) {
        JournalStream *s, *next;
        int r;

        r = journal_post(l, JOURNAL_STATE, 0, NULL);
        for (uint64_t i = 0; i < JOURNAL_SOCKET_MAX && r >= 0; i++)
                if (l->sockets[i] >= 0)
                        r = journal_post(l, JOURNAL_LISTEN, i, NULL);
        HASH_ITER (hh, l->streams, s, next)
                if (r >= 0)
                        r = journal_post(l, s->id & STORED_ID ? JOURNAL_STORED : JOURNAL_ADD, s->id, NULL);
        return r >= 0 ? journal_post(l, JOURNAL_READY_END, 0, NULL) : r;
}

static void on_gone(JournalLink *l, uint64_t id) {
        JournalStream *s = journal_stream_find(l, id);

        if (!s)
                return;
        if (!(id & STORED_ID) && !journal_stream_is_at_end(s))
                (void)journal_post(l, JOURNAL_ADD, id, NULL);
        else
                journal_stream_free(l, s);
}

void journal_link_process_of_unit_ended(JournalLink *l, pid_t pid, Unit *u) {
        if (l)
                l->dead[l->next_dead++ % DEAD_MAX] = (JournalDead){ pid, u };
}

void journal_link_forget_unit(JournalLink *l, const Unit *u) {
        for (size_t i = 0; l && i < DEAD_MAX; i++)
                if (l->dead[i].unit == u)
                        l->dead[i].unit = NULL;
}

/* The latest one: numbers are used again. */
static Unit *unit_of_dead(const JournalLink *l, pid_t pid) {
        for (unsigned i = 1; i <= DEAD_MAX; i++) {
                const JournalDead *d = &l->dead[(l->next_dead - i) % DEAD_MAX];

                if (d->pid == pid)
                        return d->unit;
        }
        return NULL;
}

static void on_ask(JournalLink *l, uint64_t pid) {
        Unit *u = pid > 1 && pid <= INT32_MAX ? manager_unit_of_pid(l->manager, (pid_t)pid) : NULL;
        Buf b auto_buf = { 0 };

        if (!u && pid > 1 && pid <= INT32_MAX)
                u = unit_of_dead(l, (pid_t)pid);
        if (u)
                journal_describe_unit(u, &b);
        (void)journal_post(l, JOURNAL_UNIT_OF, pid, b.error == 0 && b.data ? b.data : "");
}

static void keep_state(JournalLink *l, int *fds, size_t n) {
        for (size_t i = 0; i < l->n_state; i++)
                close(l->state[i]);
        l->n_state = MIN(n, (size_t)STATE_FDS_MAX);
        for (size_t i = 0; i < l->n_state; i++)
                l->state[i] = TAKE_FD(fds[i]);
}

static void handle(JournalLink *l, const JournalMessage *msg, int *fds, size_t n_fds) {
        char text[JOURNAL_MESSAGE_MAX];

        switch (msg->verb) {
        case JOURNAL_GONE:
                on_gone(l, msg->id);
                break;
        case JOURNAL_SAVE_STATE:
                keep_state(l, fds, n_fds);
                break;
        case JOURNAL_STORE:
                snprintf(text, sizeof(text), "%.*s", (int)msg->text_len, msg->text);
                if (n_fds != 1 || !(msg->id & STORED_ID))
                        break;
                /* Stored again with what its header said. */
                if (journal_stream_find(l, msg->id))
                        (void)str_replace(&journal_stream_find(l, msg->id)->text, text);
                else if (l->n_stored < STORED_MAX)
                        (void)journal_stream_add(l, msg->id, TAKE_FD(fds[0]), text);
                break;
        case JOURNAL_ASK:
                on_ask(l, msg->id);
                break;
        case JOURNAL_WALL:
                snprintf(text, sizeof(text), "%.*s", (int)msg->text_len, msg->text);
                manager_tell_users(l->manager, text);
                break;
        default:
                break;
        }
}

int journal_receive(JournalLink *l) {
        union {
                JournalMessage m;
                char buf[JOURNAL_MESSAGE_MAX];
        } data;
        union {
                char buf[CMSG_SPACE(STATE_FDS_MAX * sizeof(int))];
                struct cmsghdr align;
        } control;
        struct iovec iov = { data.buf, sizeof(data) };
        struct msghdr mh = { .msg_iov = &iov,
                             .msg_iovlen = 1,
                             .msg_control = control.buf,
                             .msg_controllen = sizeof(control) };
        int fds[STATE_FDS_MAX];
        size_t n_fds = 0;
        ssize_t n = recvmsg(l->control, &mh, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

        if (n < 0)
                return errno == EAGAIN || errno == EINTR ? 0 : -errno;
        if (n == 0)
                return -ECONNRESET;
        for (struct cmsghdr *c = CMSG_FIRSTHDR(&mh); c; c = CMSG_NXTHDR(&mh, c))
                if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS) {
                        n_fds = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
                        memcpy(fds, CMSG_DATA(c), n_fds * sizeof(int));
                }
        if ((size_t)n >= sizeof(JournalMessage) && data.m.text_len <= (size_t)n - sizeof(JournalMessage))
                handle(l, &data.m, fds, n_fds);
        for (size_t i = 0; i < n_fds; i++)
                cleanup_fd(&fds[i]);
        return 1;
}
