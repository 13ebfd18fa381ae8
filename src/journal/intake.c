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

#define PIPE_SIZE_USUAL ((size_t)64 * 1024)
#define PIPE_SIZE_MAX ((size_t)1024 * 1024)

void stream_drop(Server *s, Stream *stream) {
        UnitLog *unit = unit_log_find(&s->units, stream->info.unit);
        uint64_t id = stream->id;

        if (unit)
                unit->is_of_stream = false;
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

/* NULL for those without a limit, which is most of them. */
static UnitLog *limit_of(Server *s, const StreamInfo *info) {
        if (info->rate_interval == 0 || info->rate_burst == 0 || !info->unit)
                return NULL;
        return unit_log_find(&s->units, info->unit) ?: unit_log_learn(&s->units, info, true);
}

/* Found, and not yet delivered. */
typedef struct Piece {
        char *text;        /* without the priority in front */
        size_t size, used; /* `used` with that, and with what ended it */
        LineEnd end;
        int priority;
        Foresight foresight;
} Piece;

static void deliver_line(const Batch *b, const Piece *p) {
        static char line_break[32];
        Server *s = b->server;
        Stream *stream = b->stream;
        const StreamInfo *info = &stream->info;
        struct iovec own[2];
        size_t n_own = 1;

        if (p->size == 0 || (info->level_max >= 0 && p->priority > info->level_max) ||
            !deliver_admits(s, limit_of(s, info), p->priority, b->when.monotonic))
                return;

        /* The bytes in front belong to what has been delivered already, or to the head room. */
        memcpy(p->text - 8, "MESSAGE=", 8);
        own[0] = (struct iovec){ p->text - 8, p->size + 8 };
        if (p->end != LINE_NEWLINE) {
                int size = snprintf(line_break, sizeof(line_break), "_LINE_BREAK=%s",
                                    line_end_to_string(p->end));

                own[n_own++] = (struct iovec){ line_break, (size_t)size };
        }

        deliver(s, &(Message){ .common = stream_fields(stream, p->priority, b->when.monotonic, &s->host)
                                                 ?: &s->host,
                               .own = own,
                               .n_own = n_own,
                               .foresight = &p->foresight,
                               .when = b->when,
                               .text = p->text,
                               .size = p->size,
                               .priority = p->priority,
                               .facility = info->facility,
                               .identifier = info->identifier ?: info->unit,
                               .unit = info->unit,
                               .invocation = info->invocation,
                               .transport = info->is_stderr ? "stderr" : "stdout",
                               .pid = (pid_t)info->pid,
                               .to_stderr = info->is_stderr,
                               .to_console = info->to_console,
                               .is_forwarded = true,
                               .forward = info->forward });
}

static void deliver_piece(const Batch *b, const Piece *p) {
        if (b->stream->info.is_native)
                record_deliver(b->server, b->stream, p->text, p->size, b->when);
        else
                deliver_line(b, p);
}

static void strip_priority(const StreamInfo *info, Piece *p) {
        size_t n;

        p->priority = info->priority;
        if (info->is_native || !info->level_prefix)
                return;
        n = line_priority(p->text, p->size, false, &p->priority);
        p->text += n;
        p->size -= n;
}

/* The partial line as it is. */
static void deliver_rest(const Batch *b, char *text, size_t n, LineEnd end) {
        Piece p = { .text = text, .size = n, .end = end };

        strip_priority(&b->stream->info, &p);
        deliver_piece(b, &p);
}

static bool find_piece(const Batch *b, char *text, size_t n, Piece *ret) {
        const Server *s = b->server;
        const StreamInfo *info = &b->stream->info;

        ret->text = text;
        ret->foresight = (Foresight){ 0 };
        ret->end = info->is_native ? record_next(text, n, STATE_CARRY_MAX, &ret->size, &ret->used)
                                   : line_next(text, n, s->config.line_max, &ret->size, &ret->used);
        if (ret->end == LINE_INCOMPLETE)
                return false;
        strip_priority(info, ret);
        if (!info->is_native && ret->size > 0)
                journal_file_foresee(&s->storage.file, ret->text, ret->size, &ret->foresight);
        return true;
}

#define AHEAD 8U /* lines that are looked at before the first of them is delivered */

/*
 * Delivers the lines of text[0..n), of which the first `carried` bytes are the
 * stream's partial line. After each line `next` says how far it is.
 */
static void deliver_batch(const Batch *b, char *text, size_t n, size_t carried, size_t consumed) {
        Server *s = b->server;
        State *state = &s->state;
        Stream *stream = b->stream;
        Piece pieces[AHEAD];
        size_t at = 0, seen = 0;
        bool more = true;

        for (unsigned done = 0, found = 0;; done++) {
                while (more && found - done < AHEAD) {
                        Piece *p = &pieces[found % AHEAD];

                        more = find_piece(b, text + seen, n - seen, p);
                        seen += more ? p->used : 0;
                        found += more;
                }
                if (done == found)
                        break;
                if (found - done > AHEAD / 2)
                        journal_file_foresee_again(&s->storage.file,
                                                   &pieces[(done + AHEAD / 2) % AHEAD].foresight);
                deliver_piece(b, &pieces[done % AHEAD]);
                at += pieces[done % AHEAD].used;
                if (at < carried)
                        continue; /* LineMax= has become smaller meanwhile: the carry goes as a whole */
                state_carry_clear(state, stream->id, stream->carry_slot);
                state->next.consumed = consumed + at - carried;
        }

        if (at < n) {
                uint64_t slot = state_carry_set(state, stream->id, stream->carry_slot, text + at, n - at);

                if (slot == 0) {
                        deliver_rest(b, text + at, n - at, LINE_TOO_LONG);
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
                deliver_rest(&b, from, carried, LINE_EOF);
                state_carry_clear(&s->state, stream->id, stream->carry_slot);
        }
        storage_commit(&s->storage);
        deliver_flush(s);
        server_after_input(s);
        stream_drop(s, stream);
}

/*
 * A pipe that was found nearly full has held up its writer, or soon will: from
 * then on it holds more. The others stay small, as their sum is limited.
 */
static void size_for_bursts(Stream *stream, size_t n) {
        if (stream->is_socket || stream->pipe_size >= PIPE_SIZE_MAX || n < PIPE_SIZE_USUAL / 2)
                return;
        (void)fcntl(stream->fd, F_SETPIPE_SZ, PIPE_SIZE_MAX);
        stream->pipe_size = PIPE_SIZE_MAX; /* no second try where it may not be */
}

bool stream_read(Server *s, Stream *stream) {
        State *state = &s->state;
        ssize_t n;

        if (stream->in_header)
                return connection_read_header(s, stream);

        state->next.kind = WORK_STREAM;
        state->next.stream = stream->id;
        state->next.consumed = 0;
        state->next.carry_slot = 0;
        state->next.when = server_entry_time();
        storage_commit(&s->storage);
        stream_look_again(stream, state->next.when.monotonic);

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
        size_for_bursts(stream, (size_t)n);
        deliver_flush(s);
        server_after_input(s);
        return true;
}

void stream_recover(Server *s) {
        const Commit *c = state_committed(&s->state);
        Stream *stream = NULL, unknown = { .fd = -1 };

        if (c->kind == WORK_HEADER)
                connection_recover(s, c);
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
void stream_complete_rate(const Config *c, StreamInfo *info) {
        if (info->rate_interval == UINT64_MAX)
                info->rate_interval = info->rate_burst > 0 && c->rate_interval == 0 ? RATE_INTERVAL_OF_BURST
                                                                                    : c->rate_interval;
        if (info->rate_burst == 0)
                info->rate_burst = c->rate_burst;
}

/* Of units that are known already, as others of their messages come otherwise. */
static void learn_unit(Server *s, const StreamInfo *info) {
        if (unit_log_find(&s->units, info->unit))
                (void)unit_log_learn(&s->units, info, true);
}

UnitLog *stream_unit_log(Server *s, const char *unit) {
        UnitLog *known = unit_log_find(&s->units, unit);
        Stream *stream, *next;

        if (known)
                return known->is_of_stream ? known : NULL;
        HASH_ITER (hh, s->streams, stream, next)
                if (!stream->is_socket && str_equal(stream->info.unit, unit))
                        return unit_log_learn(&s->units, &stream->info, true);
        return NULL;
}

void stream_update(Server *s, Stream *stream, const char *text, size_t n) {
        stream->info.rate_interval = UINT64_MAX;
        stream->info.rate_burst = 0;
        stream_info_parse(&stream->info, text, n);
        stream_complete_rate(&s->config, &stream->info);
        stream_forget_fields(stream);
        learn_unit(s, &stream->info);
}

int stream_adopt(Server *s, uint64_t id, int fd, const char *text, size_t n, bool is_connection) {
        static const uint8_t no_run[16];
        Stream *stream = NULL;
        int r;

        HASH_FIND(hh, s->streams, &id, sizeof(id), stream);
        if (stream) { /* announced before its process was known */
                close(fd);
                stream_update(s, stream, text, n);
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
        stream_complete_rate(&s->config, &stream->info);
        learn_unit(s, &stream->info);
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
