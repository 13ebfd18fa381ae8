/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Connections to /run/systemd/journal/stdout, until they are streams like the others: who connects, and what it says of itself. */

#include "journal/server.h"

#include <errno.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define HEADER_MAX 4096
#define CONNECTIONS_MAX 4096

void stream_accept(Server *s) {
        int fd auto_fd = accept4(s->sockets[JOURNAL_SOCKET_STDOUT], NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        uint64_t id;

        if (fd < 0)
                return;
        if (HASH_COUNT(s->streams) >= CONNECTIONS_MAX * 4) {
                deliver_own(s, 4, NULL, "Too many streams: a connection was refused.");
                storage_commit(&s->storage);
                return;
        }

        /* PID 1 gets it before anything else happens: from here on it cannot be lost. */
        id = MAX(s->next_stream_id, 1ULL << 63);
        s->next_stream_id = id + 1;
        (void)control_send(s, JOURNAL_STORE, id, "", &fd, 1);
        (void)stream_adopt(s, id, TAKE_FD(fd), "", 0, true);
}

static void peer_of(int fd, StreamInfo *info, bool *ret_trusted) {
        struct ucred ucred;
        socklen_t size = sizeof(ucred);

        *ret_trusted = false;
        if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &ucred, &size) < 0)
                return;
        info->pid = ucred.pid;
        info->uid = ucred.uid;
        info->gid = ucred.gid;
        *ret_trusted = ucred.uid == 0 || ucred.uid == getuid();
}

static void start_lines(Server *s, Stream *stream) {
        stream->in_header = false;
        server_unwatch(s, stream->fd);
        (void)server_watch(s, stream->fd, WATCH_STREAM, stream, EPOLLIN);
}

/* What holds for the unit holds for its connections. */
static void take_over(StreamInfo *info, const UnitLog *unit) {
        (void)str_replace(&info->invocation, unit->invocation);
        strv_free(TAKE(info->extra));
        (void)strv_copy(unit->extra, &info->extra);
        info->level_max = unit->level_max;
        info->rate_interval = unit->rate_interval;
        info->rate_burst = unit->rate_burst;
}

static bool ask(Server *s, Stream *stream) {
        if (stream->is_waiting) /* more has come meanwhile */
                return true;
        if (stream->has_asked || stream->info.pid <= 1 ||
            control_send(s, JOURNAL_ASK, (uint64_t)stream->info.pid, "", NULL, 0) < 0)
                return false;
        stream->has_asked = stream->is_waiting = true;
        s->streams_ask_until = server_now(CLOCK_MONOTONIC) + SERVER_ASK_PATIENCE;
        return true;
}

/* By the sender's cgroup, else the header says it, or PID 1. False: its answer is waited for. */
static bool find_unit(Server *s, Stream *stream) {
        char unit[256], slice[256], path[512];
        const UnitLog *known;

        if (client_unit(&s->cgroup_root, (pid_t)stream->info.pid, unit, slice, path)) {
                (void)str_replace(&stream->info.unit, unit);
                (void)str_replace(&stream->info.slice, slice);
                (void)str_replace(&stream->info.cgroup, path);
        }
        known = stream->info.unit ? stream_unit_log(s, stream->info.unit) : NULL;
        if (known)
                take_over(&stream->info, known);
        return known || !ask(s, stream);
}

static bool has_ended(int fd) {
        struct pollfd p = { .fd = fd, .events = POLLRDHUP };

        return poll(&p, 1, 0) > 0 && (p.revents & (POLLRDHUP | POLLHUP | POLLERR));
}

/*
 * The header is looked at, then stored with PID 1, then taken. One that was
 * stored and not taken is found by connection_recover().
 */
bool connection_read_header(Server *s, Stream *stream) {
        bool trusted,
                ended = has_ended(stream->fd); /* before what there is is looked at: then that was all */
        char text[HEADER_MAX];
        Buf b auto_buf = { 0 };
        ssize_t n;
        int r;

        n = recv(stream->fd, text, sizeof(text), MSG_PEEK | MSG_DONTWAIT);
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
                return false;
        if (n <= 0) {
                stream_drop(s, stream);
                return false;
        }
        peer_of(stream->fd, &stream->info, &trusted);
        r = stream_header_parse(text, (size_t)n, trusted, &stream->info);
        if (r < 0 || (r == 0 && ended))
                stream_drop(s, stream);
        if (r <= 0)
                return false;
        if (!find_unit(s, stream))
                return false;
        stream_complete_rate(&s->config, &stream->info);

        stream_info_format(&stream->info, &b);
        if (b.error) {
                stream_drop(s, stream);
                return false;
        }
        s->state.next.kind = WORK_HEADER;
        s->state.next.stream = stream->id;
        s->state.next.consumed = (uint64_t)r;
        s->state.next.carry_slot = 0;
        storage_commit(&s->storage);
        (void)control_send(s, JOURNAL_STORE, stream->id, b.data, &stream->fd, 1);
        (void)recv(stream->fd, text, (size_t)r, MSG_DONTWAIT);
        s->state.next.kind = WORK_NONE;
        storage_commit(&s->storage);
        start_lines(s, stream);
        return true;
}

void stream_unit_known(Server *s, pid_t pid, const char *text, size_t n) {
        Stream *stream, *next;

        HASH_ITER (hh, s->streams, stream, next) {
                if (!stream->in_header || !stream->is_waiting || (pid != 0 && stream->info.pid != pid))
                        continue;
                stream->is_waiting = false;
                stream_info_parse(&stream->info, text, n);
                (void)connection_read_header(s, stream);
        }
}

void connections_begin(Server *s) {
        Stream *stream, *next;

        HASH_ITER (hh, s->streams, stream, next)
                if (stream->in_header)
                        (void)connection_read_header(s, stream);
}

/* A header that was committed may still be in front of the lines. */
void connection_recover(Server *s, const Commit *c) {
        Stream *stream = NULL;
        StreamInfo again;
        char text[HEADER_MAX];
        ssize_t n;

        HASH_FIND(hh, s->streams, &c->stream, sizeof(c->stream), stream);
        if (!stream || stream->in_header || c->consumed > sizeof(text))
                return;
        n = recv(stream->fd, text, (size_t)c->consumed, MSG_PEEK | MSG_DONTWAIT);
        if (n != (ssize_t)c->consumed)
                return;

        stream_info_init(&again);
        if (stream_header_parse(text, (size_t)n, false, &again) == n &&
            again.priority == stream->info.priority && str_equal(again.identifier, stream->info.identifier))
                (void)recv(stream->fd, text, (size_t)n, MSG_DONTWAIT);
        stream_info_release(&again);
}
