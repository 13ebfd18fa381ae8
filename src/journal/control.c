/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "journal/server.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#define CONTROL_BATCH 256
#define UPDATE_TURNS_MAX 16 /* a pipe's content, not what is written meanwhile */

int control_send(Server *s, JournalVerb verb, uint64_t id, const char *text, const int *fds, size_t n_fds) {
        /* PID 1 never waits for us; should its queue be full, waiting for it is all that can be done. */
        return link_send_waiting(s->control_fd, &(LinkMessage){ .verb = verb, .id = id }, text, strlen(text),
                                 fds, n_fds);
}

static void on_state(Server *s, LinkIncoming *in) {
        if (in->n_fds > 0 && state_adopt(&s->state, in->fds, in->n_fds) >= 0)
                return;
        if (state_new(&s->state) < 0)
                abort(); /* nothing can be promised without it; the next one may find the memory */
        (void)control_send(s, JOURNAL_SAVE_STATE, 0, "", s->state.fds, STATE_FDS);
}

static void on_update(Server *s, const LinkIncoming *in) {
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

static void on_listen(Server *s, LinkIncoming *in) {
        uint64_t id = in->message.id;
        int fd = link_take_fd(in, 0);

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
        requests_begin(s);
}

void control_leave_flush_to_next(Server *s, uint64_t id) {
        s->state.shared->flush = id;
        storage_commit(&s->storage);
        storage_archive(&s->storage);
        requests_hand_over(s);
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

static void on_request(Server *s, const LinkIncoming *in) {
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

static void dispatch(Server *s, LinkIncoming *in) {
        const LinkMessage *m = &in->message;

        switch (m->verb) {
        case JOURNAL_ADD:
        case JOURNAL_STORED:
                if (in->n_fds > 0 && m->verb == JOURNAL_STORED &&
                    requests_adopt(s, m->id, in->fds[0], m->text, m->text_len))
                        in->fds[0] = -1;
                else if (in->n_fds > 0)
                        (void)stream_adopt(s, m->id, link_take_fd(in, 0), m->text, m->text_len,
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
        link_incoming_release(in);
}

bool control_dispatch(Server *s) {
        LinkIncoming in;

        for (unsigned i = 0; i < CONTROL_BATCH && !s->ending; i++) {
                int r = link_receive(s->control_fd, &in);

                if (r < 0)
                        return false;
                if (r == 0)
                        break;
                dispatch(s, &in);
        }

        return true;
}
