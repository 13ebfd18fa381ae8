/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Streams: from the kernel through the held pipe into lines. What makes it exact is described in state.h. */

#include "journal/line.h"
#include "journal/server.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define HEADER_MAX 4096
#define CONNECTIONS_MAX 4096
#define ASK_PATIENCE (50 * USEC_PER_MSEC)

static void drop_stream(Server *s, Stream *stream) {
        uint64_t id = stream->id;

        HASH_DEL(s->streams, stream);
        if (stream->is_watched)
                server_unwatch(s, stream->fd);
        stream_free(stream);
        (void)control_send(s, JOURNAL_GONE, id, "", NULL, 0);
}

/* ---- lines ---- */

typedef struct Batch {
        Server *server;
        Stream *stream; /* NULL: PID 1 does not know it any more */
        EntryTime when;
} Batch;

static void deliver_line(const Batch *b, char *text, size_t n, LineEnd end) {
        static char line_break[32];
        Server *s = b->server;
        Stream *stream = b->stream;
        const StreamInfo *info = &stream->info;
        int priority = info->priority;
        struct iovec own[2];
        size_t n_own = 1, prefix;

        prefix = info->level_prefix ? line_priority(text, n, false, &priority) : 0;
        text += prefix;
        n -= prefix;
        if (n == 0 || (info->level_max >= 0 && priority > info->level_max) ||
            !stream_may_log(stream, b->when.monotonic))
                return;

        /* The bytes in front belong to what has been delivered already, or to the head room. */
        memcpy(text - 8, "MESSAGE=", 8);
        own[0] = (struct iovec){ text - 8, n + 8 };
        if (end != LINE_NEWLINE) {
                int size =
                        snprintf(line_break, sizeof(line_break), "_LINE_BREAK=%s", line_end_to_string(end));

                own[n_own++] = (struct iovec){ line_break, (size_t)size };
        }

        deliver(s, &(Message){ .common = stream_fields(stream, priority, &s->host) ?: &s->host,
                               .own = own,
                               .n_own = n_own,
                               .when = b->when,
                               .text = text,
                               .size = n,
                               .priority = priority,
                               .facility = info->facility,
                               .identifier = info->identifier ?: info->unit,
                               .unit = info->unit,
                               .invocation = info->invocation,
                               .transport = info->is_stderr ? "stderr" : "stdout",
                               .pid = (pid_t)info->pid,
                               .to_stderr = info->is_stderr,
                               .to_console = info->to_console,
                               .to_syslog = s->config.forward_syslog });
}

static void deliver_piece(const Batch *b, char *text, size_t n, LineEnd end) {
        if (b->stream->info.is_native)
                record_deliver(b->server, b->stream, text, n, b->when);
        else
                deliver_line(b, text, n, end);
}

static LineEnd next_piece(const Batch *b, const char *text, size_t n, size_t *ret_size, size_t *ret_used) {
        if (b->stream->info.is_native)
                return record_next(text, n, STATE_CARRY_MAX, ret_size, ret_used);
        return line_next(text, n, b->server->config.line_max, ret_size, ret_used);
}

/*
 * Delivers the lines of text[0..n), of which the first `carried` bytes are the
 * stream's partial line. After each line `next` says how far it is.
 */
static void deliver_batch(const Batch *b, char *text, size_t n, size_t carried, size_t consumed) {
        Server *s = b->server;
        State *state = &s->state;
        Stream *stream = b->stream;
        size_t at = 0, size, used;
        LineEnd end;

        while ((end = next_piece(b, text + at, n - at, &size, &used)) != LINE_INCOMPLETE) {
                deliver_piece(b, text + at, size, end);
                at += used;
                if (at < carried)
                        continue; /* LineMax= has become smaller meanwhile: the carry goes as a whole */
                state_carry_clear(state, stream->id, stream->carry_slot);
                state->next.consumed = consumed + at - carried;
        }

        if (at < n) {
                uint64_t slot = state_carry_set(state, stream->id, stream->carry_slot, text + at, n - at);

                if (slot == 0) {
                        deliver_piece(b, text + at, n - at, LINE_TOO_LONG);
                        state_carry_clear(state, stream->id, stream->carry_slot);
                }
                stream->carry_slot = slot;
        } else
                stream->carry_slot = 0;
}

/* Brings the carry in front of the bytes that were read. Returns the beginning. */
static char *prepend_carry(Server *s, const Stream *stream, char *text, size_t *ret_carried) {
        const uint8_t *carry = state_carry_get(&s->state, stream->carry_slot, ret_carried);

        if (!carry) {
                *ret_carried = 0;
                return text;
        }
        memcpy(text - *ret_carried, carry, *ret_carried);
        return text - *ret_carried;
}

static void empty_held(Server *s) {
        int held = state_held_read(&s->state);
        char scratch[4096];

        while (splice(held, NULL, s->null_fd, NULL, 1 << 20, SPLICE_F_NONBLOCK) > 0)
                ;
        if (errno != EAGAIN)
                while (read(held, scratch, sizeof(scratch)) > 0)
                        ;
}

/* All of the held pipe, without taking it out. */
static ssize_t look_at_held(Server *s, char **ret_text) {
        State *state = &s->state;
        size_t n = 0, room = s->buffer_size - SERVER_HEADROOM;
        ssize_t teed, got;

        teed = tee(state_held_read(state), state_copy_write(state), room, SPLICE_F_NONBLOCK);
        if (teed < 0)
                return errno == EAGAIN ? 0 : -errno;

        *ret_text = s->buffer + SERVER_HEADROOM;
        while (n < (size_t)teed) {
                got = read(state_copy_read(state), *ret_text + n, (size_t)teed - n);
                if (got <= 0)
                        return got < 0 ? -errno : -EIO;
                n += (size_t)got;
        }

        return (ssize_t)n;
}

/* The held pipe belongs to `stream`, and the first `consumed` bytes of it are stored. */
static void finish_held(Server *s, Stream *stream, size_t consumed) {
        Batch b = { .server = s, .stream = stream, .when = state_committed(&s->state)->when };
        size_t carried = 0;
        char *text = NULL;
        ssize_t n;

        n = look_at_held(s, &text);
        if (n > 0 && (size_t)n > consumed) {
                char *from = prepend_carry(s, stream, text + consumed, &carried);

                deliver_batch(&b, from, (size_t)n - consumed + carried, carried, consumed);
                s->state.next.consumed = (uint64_t)n;
        }
        s->state.next.kind = WORK_STREAM_DONE;
        storage_commit(&s->storage);
}

/* No more can come: the partial line is a line. */
static void finish_stream(Server *s, Stream *stream) {
        Batch b = { .server = s, .stream = stream, .when = server_entry_time() };
        size_t carried;
        char *from = prepend_carry(s, stream, s->buffer + SERVER_HEADROOM, &carried);

        s->state.next.kind = WORK_NONE;
        s->state.next.carry_slot = 0;
        if (carried > 0) {
                deliver_piece(&b, from, carried, LINE_EOF);
                state_carry_clear(&s->state, stream->id, stream->carry_slot);
        }
        storage_commit(&s->storage);
        deliver_flush(s);
        server_after_input(s);
        drop_stream(s, stream);
}

static void report_rate(Server *s, Stream *stream) {
        if (stream->rate_dropped == 0 || stream->rate_count > stream->info.rate_burst)
                return;
        deliver_own(s, 4, "Suppressed %" PRIu64 " messages from %s.", TAKE(stream->rate_dropped),
                    stream->info.unit ?: "a stream");
}

static bool read_header(Server *s, Stream *stream);

bool stream_read(Server *s, Stream *stream) {
        State *state = &s->state;
        ssize_t n;

        if (stream->in_header)
                return read_header(s, stream);

        state->next.kind = WORK_STREAM;
        state->next.stream = stream->id;
        state->next.consumed = 0;
        state->next.carry_slot = 0;
        state->next.when = server_entry_time();
        storage_commit(&s->storage);

        n = splice(stream->fd, NULL, state_held_write(state), NULL, s->buffer_size - SERVER_HEADROOM,
                   SPLICE_F_NONBLOCK);
        if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) {
                finish_stream(s, stream);
                return false;
        }
        if (n < 0)
                return false;

        finish_held(s, stream, 0);
        empty_held(s);
        report_rate(s, stream);
        deliver_flush(s);
        server_after_input(s);
        return true;
}

/* A header that was committed may still be in front of the lines. */
static void recover_header(Server *s, const Commit *c) {
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

void stream_recover(Server *s) {
        const Commit *c = state_committed(&s->state);
        Stream *stream = NULL, unknown = { .fd = -1 };

        if (c->kind == WORK_HEADER)
                recover_header(s, c);
        if (c->kind == WORK_STREAM) {
                HASH_FIND(hh, s->streams, &c->stream, sizeof(c->stream), stream);
                if (!stream) {
                        stream = &unknown;
                        stream->id = c->stream;
                        stream->carry_slot = state_carry_find(&s->state, c->stream);
                        stream_info_init(&stream->info);
                }
                s->state.next = *c;
                s->state.next.carry_slot = 0;
                finish_held(s, stream, c->consumed);
                if (stream == &unknown)
                        stream_forget_fields(stream);
        }
        empty_held(s);
        deliver_flush(s);
}

/* ---- adding ---- */

#define RATE_INTERVAL_OF_BURST (30 * UINT64_C(1000000))

/* A unit may say one of the two; the other is the journal's, and a burst alone counts in 30 s, as with systemd. */
static void complete_rate(const Config *c, StreamInfo *info) {
        if (info->rate_interval == UINT64_MAX)
                info->rate_interval = info->rate_burst > 0 && c->rate_interval == 0 ? RATE_INTERVAL_OF_BURST
                                                                                    : c->rate_interval;
        if (info->rate_burst == 0)
                info->rate_burst = c->rate_burst;
}

int stream_adopt(Server *s, uint64_t id, int fd, const char *text, size_t n, bool is_connection) {
        static const uint8_t no_run[16];
        Stream *stream = NULL;
        int r;

        HASH_FIND(hh, s->streams, &id, sizeof(id), stream);
        if (stream) { /* announced before its process was known */
                close(fd);
                stream_info_parse(&stream->info, text, n);
                stream_forget_fields(stream);
                return 0;
        }
        if (id == 0) {
                close(fd);
                return -EINVAL;
        }
        stream = stream_new(id, fd, s->state.shared ? s->state.shared->run_id.bytes : no_run);
        if (!stream) {
                close(fd);
                return -ENOMEM;
        }
        stream->is_socket = is_connection;
        stream->in_header = is_connection && n == 0;
        stream->info.rate_interval = UINT64_MAX;
        stream_info_parse(&stream->info, text, n);
        complete_rate(&s->config, &stream->info);
        stream->carry_slot = state_carry_find(&s->state, id);
        HASH_ADD(hh, s->streams, id, sizeof(id), stream);
        if (!stream->hh.tbl) {
                stream_free(stream);
                return -ENOMEM;
        }
        if (id >= s->next_stream_id)
                s->next_stream_id = id + 1;

        r = server_watch(s, fd, WATCH_STREAM, stream, EPOLLIN | (stream->in_header ? EPOLLET : 0));
        stream->is_watched = r >= 0;
        return r;
}

/* ---- connections ---- */

void stream_accept(Server *s) {
        int fd auto_fd = accept4(s->sockets[JOURNAL_SOCKET_STDOUT], NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        uint64_t id;

        if (fd < 0)
                return;
        if (HASH_COUNT(s->streams) >= CONNECTIONS_MAX * 4) {
                deliver_own(s, 4, "Too many streams: a connection was refused.");
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

/* By its cgroup, or by asking PID 1. False: the answer is waited for. */
static bool find_unit(Server *s, Stream *stream) {
        char unit[256], slice[256], path[512];
        pid_t pid = (pid_t)stream->info.pid;

        if (client_unit(&s->cgroup_root, pid, unit, slice, path)) {
                (void)str_replace(&stream->info.unit, unit);
                (void)str_replace(&stream->info.slice, slice);
                (void)str_replace(&stream->info.cgroup, path);
                return true;
        }
        if (stream->is_waiting) /* more has come meanwhile */
                return false;
        if (stream->has_asked || pid <= 1 || control_send(s, JOURNAL_ASK, (uint64_t)pid, "", NULL, 0) < 0)
                return true;
        stream->has_asked = stream->is_waiting = true;
        s->streams_ask_until = server_now(CLOCK_MONOTONIC) + ASK_PATIENCE;
        return false;
}

/*
 * The header is looked at, then stored with PID 1, then taken. One that was
 * stored and not taken is found by recover_header().
 */
static bool read_header(Server *s, Stream *stream) {
        char text[HEADER_MAX];
        Buf b auto_buf = { 0 };
        bool trusted;
        ssize_t n;
        int r;

        n = recv(stream->fd, text, sizeof(text), MSG_PEEK | MSG_DONTWAIT);
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
                return false;
        if (n <= 0) {
                drop_stream(s, stream);
                return false;
        }
        peer_of(stream->fd, &stream->info, &trusted);
        r = stream_header_parse(text, (size_t)n, trusted, &stream->info);
        if (r < 0)
                drop_stream(s, stream);
        if (r <= 0)
                return false;
        if (!stream->info.unit && !find_unit(s, stream))
                return false;

        stream_info_format(&stream->info, &b);
        if (b.error) {
                drop_stream(s, stream);
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
                (void)read_header(s, stream);
        }
}
