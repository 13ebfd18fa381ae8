/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What survives svinit-journald: memory files and two pipes of which PID 1
 * keeps duplicates. With them every input is stored exactly once, whatever
 * instruction SIGKILL meets.
 *
 * Input of streams goes through the pipe `held`:
 *
 *      commit(STREAM id, consumed 0)      from here on `held` belongs to this stream
 *      splice(stream -> held)             the kernel moves the bytes: they are in one or the other
 *      tee(held -> copy), read(copy)      `held` still has them
 *      ... append, commit(consumed n) ... the file's transaction and `consumed` become true together
 *      commit(STREAM_DONE)                all of `held` is stored; the partial last line is in the carry
 *      empty `held`                       may be repeated
 *
 * Datagrams are looked at (MSG_PEEK), stored, committed together with a
 * fingerprint, then taken. After a SIGKILL the fingerprint tells whether the
 * datagram at the head of the queue is the stored one.
 *
 * A commit is one store: the counter `seq` selects which of two records is
 * true, and an Undo that was armed at an earlier count is void.
 *
 * The header of a connection is committed (HEADER), stored with PID 1, then taken.
 *
 * Text for the container's stdout and stderr waits in rings of the same memory:
 * their end is part of the commit, their beginning moves after each write, so
 * a SIGKILL repeats at most the piece that was being written and loses none.
 */

#include "base/macro.h"
#include "journal/file.h"

#define STATE_FDS 8
#define STATE_MEMORY_FILES 2
#define STATE_MEMORY_NAME "svinit-messages" /* readers know it, see src/ctl/logs */
#define STATE_RINGS 2
#define STATE_RING_SIZE (128U * 1024)
#define STATE_CARRY_SLOTS 1024U      /* streams that may end in a partial line at the same time */
#define STATE_CARRY_MAX (64U * 1024) /* bytes of it: LineMax= is limited to this */

typedef enum WorkKind {
        WORK_NONE,
        WORK_STREAM,
        WORK_STREAM_DONE,
        WORK_DATAGRAM,
        WORK_HEADER
} WorkKind;

typedef struct Fingerprint {
        uint64_t socket; /* JournalSocket */
        uint64_t time;   /* when the kernel queued it, ns */
        uint64_t size;
        uint64_t pid;
} Fingerprint;

typedef struct Commit {
        uint64_t kind; /* WorkKind */
        uint64_t stream;
        uint64_t consumed;   /* bytes of `held` that are stored */
        EntryTime when;      /* of the entries made from it: the same when they are made again */
        uint64_t carry_slot; /* of `stream`, counted from 1; 0: it has none */
        uint64_t carry_half, carry_len;
        Fingerprint datagram;
        uint64_t ring_tail[STATE_RINGS];
        Id128 file_id; /* of the file being written */
        Id128 seqnum_id;
        uint64_t seqnum;
        uint64_t
                kmsg_next; /* sequence number of the first message of the kernel that is not stored; 0: none is */
} Commit;

/* A partial line has two places: the new one is written while the old one is still the true one. */
typedef struct CarrySlot {
        uint64_t stream; /* 0: free */
        uint64_t half, len;
} CarrySlot;

typedef struct SharedState {
        char magic[16];
        uint64_t seq;
        uint64_t
                is_damaged; /* the file could not be written through its mapping (SIGBUS, SIGSEGV): it is not to be continued */
        uint64_t flush; /* the id of a FLUSH that the next svinit-journald carries out and answers; 0: none */
        Id128 run_id;   /* random; of this state, hence of this run of svinit */
        Commit slot[2];
        uint64_t ring_head[STATE_RINGS];
        CarrySlot carry[STATE_CARRY_SLOTS];
        Undo undo;
        char ring[STATE_RINGS][STATE_RING_SIZE];
} SharedState;

typedef struct State {
        SharedState *shared;
        uint8_t *carry;     /* STATE_CARRY_SLOTS * 2 * STATE_CARRY_MAX, sparse */
        int fds[STATE_FDS]; /* owned: shared, carry, held r/w, copy r/w, journal files in memory */
        Commit next;        /* becomes true with state_commit() */
} State;

#define STATE_INIT ((State){ .fds = { -1, -1, -1, -1, -1, -1, -1, -1 } })

static inline int state_held_read(const State *s) {
        return s->fds[2];
}
static inline int state_held_write(const State *s) {
        return s->fds[3];
}
static inline int state_copy_read(const State *s) {
        return s->fds[4];
}
static inline int state_copy_write(const State *s) {
        return s->fds[5];
}
/* Empty until there is nowhere else to write, see storage-memory.c. */
static inline int state_memory_file(const State *s, unsigned i) {
        return s->fds[6 + i];
}

int state_new(State *s);
/* Takes the descriptors in any case; -EINVAL when they are not a state of this version. */
int state_adopt(State *s, int fds[], size_t n);
void state_release(State *s);

static inline uint64_t state_seq(const State *s) {
        return s->shared->seq;
}
static inline const Commit *state_committed(const State *s) {
        return &s->shared->slot[s->shared->seq & 1];
}
void state_commit(State *s);

/*
 * The partial line of a stream, in a slot counted from 1; 0: the stream has none. _set and _clear go into `next`;
 * _set returns the slot, 0 when all are taken or the text is too long.
 */
uint64_t state_carry_find(const State *s, uint64_t stream);
const uint8_t *state_carry_get(const State *s, uint64_t slot, size_t *ret_size);
uint64_t state_carry_set(State *s, uint64_t stream, uint64_t slot, const void *data, size_t n);
void state_carry_clear(State *s, uint64_t stream, uint64_t slot);

/* The rings. put: all or nothing, in `next`. peek: what is committed and not yet written, at most two pieces. */
size_t state_ring_room(const State *s, unsigned i);
bool state_ring_put(State *s, unsigned i, const void *data, size_t n);
int state_ring_peek(const State *s, unsigned i, struct iovec ret[2]);
void state_ring_done(State *s, unsigned i, size_t n);
