/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "journal/state.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAGIC "svinit-journal3"
#define CARRY_SIZE ((size_t)STATE_CARRY_SLOTS * 2 * STATE_CARRY_MAX)

/* A ring position: how often the ring was found empty and begun anew, and bytes since. */
#define RING_EPOCH_SHIFT 40
#define RING_BYTES(p) ((p) & ((1ULL << RING_EPOCH_SHIFT) - 1))
#define RING_EPOCH(p) ((p) >> RING_EPOCH_SHIFT)

static int map_both(State *s) {
        void *p;

        p = mmap(NULL, sizeof(SharedState), PROT_READ | PROT_WRITE, MAP_SHARED, s->fds[0], 0);
        if (p == MAP_FAILED)
                return -errno;
        s->shared = p;

        p = mmap(NULL, CARRY_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, s->fds[1], 0);
        if (p == MAP_FAILED)
                return -errno;
        s->carry = p;
        return 0;
}

static int new_memory(const char *name, size_t size) {
        int fd auto_fd = memfd_create(name, MFD_CLOEXEC);

        if (fd < 0)
                return -errno;
        if (ftruncate(fd, (off_t)size) < 0)
                return -errno;
        return TAKE_FD(fd);
}

int state_new(State *s) {
        int r;

        *s = STATE_INIT;
        r = s->fds[0] = new_memory("svinit-journal", sizeof(SharedState));
        if (r < 0)
                goto fail;
        r = s->fds[1] = new_memory("svinit-journal-lines", CARRY_SIZE);
        if (r < 0)
                goto fail;
        if (pipe2(s->fds + 2, O_CLOEXEC | O_NONBLOCK) < 0 || pipe2(s->fds + 4, O_CLOEXEC | O_NONBLOCK) < 0) {
                r = -errno;
                goto fail;
        }
        for (unsigned i = 0; i < STATE_MEMORY_FILES; i++) {
                r = s->fds[6 + i] = new_memory(STATE_MEMORY_NAME, 0);
                if (r < 0)
                        goto fail;
        }
        r = map_both(s);
        if (r < 0)
                goto fail;

        undo_disarm(&s->shared->undo);
        s->shared->seq = 1;
        (void)getrandom(&s->shared->run_id, sizeof(Id128), GRND_NONBLOCK);
        store_order();
        memcpy(s->shared->magic, MAGIC, sizeof(MAGIC));
        return 0;

fail:
        state_release(s);
        return r;
}

static bool has_size(int fd, size_t size) {
        struct stat st;

        return fstat(fd, &st) >= 0 && S_ISREG(st.st_mode) && (size_t)st.st_size == size;
}

static bool is_file(int fd) {
        struct stat st;

        return fstat(fd, &st) >= 0 && S_ISREG(st.st_mode);
}

static bool is_pipe(int fd) {
        struct stat st;

        return fstat(fd, &st) >= 0 && S_ISFIFO(st.st_mode);
}

/* Nothing in the memory may lead outside of it. */
static bool is_sane(const SharedState *sh) {
        const Commit *c = &sh->slot[sh->seq & 1];

        if (memcmp(sh->magic, MAGIC, sizeof(MAGIC)) != 0 || c->carry_slot > STATE_CARRY_SLOTS ||
            c->carry_half > 1 || c->carry_len > STATE_CARRY_MAX)
                return false;
        for (size_t i = 0; i < STATE_CARRY_SLOTS; i++)
                if (sh->carry[i].half > 1 || sh->carry[i].len > STATE_CARRY_MAX)
                        return false;
        return true;
}

/* What a commit says about its stream's carry, made true in the table; harmless to repeat. */
static void apply_carry(SharedState *sh, const Commit *c) {
        CarrySlot *slot;

        if (c->carry_slot == 0)
                return;
        slot = &sh->carry[c->carry_slot - 1];
        slot->half = c->carry_half;
        slot->len = c->carry_len;
        slot->stream = c->carry_len > 0 ? c->stream : 0;
}

int state_adopt(State *s, int fds[], size_t n) {
        char scratch[4096];
        int r = -EINVAL;

        *s = STATE_INIT;
        for (size_t i = 0; i < n; i++) {
                if (i < STATE_FDS)
                        s->fds[i] = TAKE_FD(fds[i]);
                else
                        close(TAKE_FD(fds[i]));
        }
        if (n != STATE_FDS || !has_size(s->fds[0], sizeof(SharedState)) || !has_size(s->fds[1], CARRY_SIZE) ||
            !is_pipe(s->fds[2]) || !is_pipe(s->fds[3]) || !is_pipe(s->fds[4]) || !is_pipe(s->fds[5]) ||
            !is_file(s->fds[6]) || !is_file(s->fds[7]))
                goto fail;
        r = map_both(s);
        if (r < 0)
                goto fail;
        r = -EINVAL;
        if (!is_sane(s->shared))
                goto fail;

        while (read(state_copy_read(s), scratch, sizeof(scratch)) > 0)
                ;
        s->next = *state_committed(s);
        apply_carry(s->shared, &s->next);
        return 0;

fail:
        state_release(s);
        return r;
}

void state_release(State *s) {
        if (s->shared)
                munmap(s->shared, sizeof(SharedState));
        if (s->carry)
                munmap(s->carry, CARRY_SIZE);
        for (size_t i = 0; i < STATE_FDS; i++)
                fd_release(&s->fds[i]);
        *s = STATE_INIT;
}

void state_commit(State *s) {
        SharedState *sh = s->shared;

        sh->slot[(sh->seq + 1) & 1] = s->next;
        store_order();
        sh->seq++;
        store_order();
        apply_carry(sh, &s->next);
}

/* ---- partial lines ---- */

static uint8_t *carry_place(const State *s, uint64_t slot, uint64_t half) {
        return s->carry + ((slot - 1) * 2 + half) * STATE_CARRY_MAX;
}

uint64_t state_carry_find(const State *s, uint64_t stream) {
        for (uint64_t i = 0; i < STATE_CARRY_SLOTS; i++)
                if (s->shared->carry[i].stream == stream)
                        return i + 1;
        return 0;
}

const uint8_t *state_carry_get(const State *s, uint64_t slot, size_t *ret_size) {
        if (slot == 0 || s->shared->carry[slot - 1].len == 0)
                return NULL;
        *ret_size = s->shared->carry[slot - 1].len;
        return carry_place(s, slot, s->shared->carry[slot - 1].half);
}

uint64_t state_carry_set(State *s, uint64_t stream, uint64_t slot, const void *data, size_t n) {
        uint64_t half;

        if (slot == 0)
                slot = state_carry_find(s, 0);
        if (slot == 0 || n > STATE_CARRY_MAX)
                return 0;

        half = !s->shared->carry[slot - 1].half;
        memcpy(carry_place(s, slot, half), data, n);
        s->next.stream = stream;
        s->next.carry_slot = slot;
        s->next.carry_half = half;
        s->next.carry_len = n;
        return slot;
}

void state_carry_clear(State *s, uint64_t stream, uint64_t slot) {
        s->next.stream = stream;
        s->next.carry_slot = slot;
        s->next.carry_half = slot ? s->shared->carry[slot - 1].half : 0;
        s->next.carry_len = 0;
}

/* ---- rings ---- */

/* The head as seen from `tail`: at the beginning when it still belongs to an earlier epoch. */
static uint64_t ring_head(const State *s, unsigned i, uint64_t tail) {
        uint64_t head = s->shared->ring_head[i];

        return RING_EPOCH(head) == RING_EPOCH(tail) ? MIN(RING_BYTES(head), RING_BYTES(tail)) : 0;
}

size_t state_ring_room(const State *s, unsigned i) {
        uint64_t tail = s->next.ring_tail[i], used = RING_BYTES(tail) - ring_head(s, i, tail);

        return used < STATE_RING_SIZE ? (size_t)(STATE_RING_SIZE - used) : 0;
}

bool state_ring_put(State *s, unsigned i, const void *data, size_t n) {
        uint64_t tail = s->next.ring_tail[i], committed = state_committed(s)->ring_tail[i];
        size_t at, first;

        /* Empty and nothing pending: begin at the first byte again, so that few pages are ever touched. */
        if (tail == committed && RING_BYTES(tail) > 0 && ring_head(s, i, tail) == RING_BYTES(tail))
                tail = (RING_EPOCH(tail) + 1) << RING_EPOCH_SHIFT;
        else if (n > state_ring_room(s, i))
                return false;
        if (n > STATE_RING_SIZE)
                return false;

        at = RING_BYTES(tail) % STATE_RING_SIZE;
        first = MIN(n, STATE_RING_SIZE - at);
        memcpy(s->shared->ring[i] + at, data, first);
        memcpy(s->shared->ring[i], (const char *)data + first, n - first);
        s->next.ring_tail[i] = tail + n;
        return true;
}

int state_ring_peek(const State *s, unsigned i, struct iovec ret[2]) {
        uint64_t tail = state_committed(s)->ring_tail[i], head = ring_head(s, i, tail);
        size_t n = (size_t)MIN(RING_BYTES(tail) - head, (uint64_t)STATE_RING_SIZE),
               at = head % STATE_RING_SIZE, first = MIN(n, STATE_RING_SIZE - at);

        ret[0] = (struct iovec){ s->shared->ring[i] + at, first };
        ret[1] = (struct iovec){ s->shared->ring[i], n - first };
        return n == 0 ? 0 : n > first ? 2 : 1;
}

void state_ring_done(State *s, unsigned i, size_t n) {
        uint64_t tail = state_committed(s)->ring_tail[i];

        s->shared->ring_head[i] = (RING_EPOCH(tail) << RING_EPOCH_SHIFT) | (ring_head(s, i, tail) + n);
        store_order();
}
