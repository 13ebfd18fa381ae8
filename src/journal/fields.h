/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The fields that many entries have in common (unit, pid, identifier, ...), as
 * "NAME=value" payloads. A journal file stores each of them once; the set
 * remembers where, so that a line costs only what is new in it.
 */

#include "base/text.h"

typedef struct FieldRef {
        uint32_t start, size; /* in FieldSet.text */
        uint32_t offset;      /* of the DATA object in the file `generation` */
} FieldRef;

typedef struct FieldSet {
        Buf text;
        FieldRef *refs; /* owned */
        size_t n_refs, capacity;
        uint64_t xor_hash;
        uint64_t generation; /* of the JournalFile the offsets belong to; 0: none */
} FieldSet;

void field_set_release(FieldSet *s);
/* 0 or -ENOMEM; the set is unchanged then. An empty value adds nothing. */
int field_set_add_n(FieldSet *s, const char *name, const char *value, size_t n);
int field_set_add(FieldSet *s, const char *name, const char *value);
int field_set_add_u64(FieldSet *s, const char *name, uint64_t value);
void field_set_add_payloads(FieldSet *s, char *const *payloads); /* NAME=value; as far as there is memory */
int field_set_add_all(FieldSet *s, const FieldSet *more);
static inline const char *field_set_payload(const FieldSet *s, size_t i) {
        return s->text.data + s->refs[i].start;
}

/* Value of the first field of that name, or NULL; not terminated by a NUL. */
const char *field_set_get(const FieldSet *s, const char *name, size_t *ret_size);

/* Upper case letters, digits and underscores, at most 64; an underscore in front is for trusted fields only. */
bool field_name_is_valid(const char *name, size_t n, bool allow_trusted);
