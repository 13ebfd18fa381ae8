/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What makes a change of a journal file atomic against SIGKILL.
 *
 * The file is changed by stores to a shared mapping, which the kernel keeps
 * when the process dies, in program order. Before a byte that existed when the
 * transaction began is overwritten, its old value is written here, in memory
 * that outlives the process as well. To roll back is to put the old values
 * back, newest first, restore the header and clear what was appended: the file
 * is then, byte for byte, what it was.
 *
 *      armed -> records ... -> the owner's commit (one store elsewhere) -> stale
 *
 * An Undo is valid while `armed_at` equals the owner's commit counter, so the
 * commit of the owner's state and of the file are one and the same store.
 */

#include "journal/format.h"

#include <stdbool.h>

#define UNDO_MAX 16384              /* records in one transaction */
#define UNDO_ZERO_FLAG (1ULL << 63) /* the record is a range that held zeros; value is its length */

typedef struct UndoRecord {
        uint64_t offset;
        uint64_t value;
} UndoRecord;

typedef struct Undo {
        uint64_t armed_at;
        uint64_t limit; /* bytes from here on did not exist at the beginning */
        uint64_t high;  /* ... and none beyond here has been touched */
        uint64_t n;
        FileHeader header;
        UndoRecord records[UNDO_MAX];
} Undo;

/* Keeps the compiler from moving stores across: SIGKILL sees them in this order. */
static inline void store_order(void) {
        __atomic_signal_fence(__ATOMIC_SEQ_CST);
}

void undo_arm(Undo *u, uint64_t commit, const FileHeader *header, uint64_t limit);
/* No transaction is going on, whatever the commit counter will be. */
static inline void undo_disarm(Undo *u) {
        u->armed_at = UINT64_MAX;
}
static inline bool undo_is_armed(const Undo *u, uint64_t commit) {
        return u->armed_at == commit;
}

/* The place at `offset` is about to be overwritten and holds `old`. */
static inline void undo_note(Undo *u, uint64_t offset, uint64_t old) {
        u->records[u->n] = (UndoRecord){ offset, old };
        store_order();
        u->n++;
        store_order();
}

/* `size` bytes at `offset`, all zero, are about to be written. */
static inline void undo_note_zero(Undo *u, uint64_t offset, uint64_t size) {
        undo_note(u, offset | UNDO_ZERO_FLAG, size);
}

static inline size_t undo_room(const Undo *u) {
        return UNDO_MAX - u->n;
}

/* Rolls back the file mapped at `map`. False when the records do not fit that file: it must not be used any more. */
bool undo_roll_back(const Undo *u, uint8_t *map, uint64_t map_size);
