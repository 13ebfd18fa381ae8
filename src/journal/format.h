/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The Journal File Format, as published by systemd, in the form written here:
 * compact (32-bit offsets), keyed hash, large data as zstd, no sealing. All
 * numbers are little endian, all objects begin at a multiple of 8.
 *
 *      header | data hash table | field hash table | objects ...
 *
 *      DATA        one "FIELD=value", stored once; chained in its hash bucket and in its FIELD; lists its entries
 *      FIELD       one field name; heads the chain of its DATA
 *      ENTRY       time, sequence number, offsets of its DATA
 *      ENTRY_ARRAY part of a list of entries: of the file (from the header) or of one DATA
 */

#include <stddef.h>
#include <stdint.h>

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "Journal files are little endian and this writer stores numbers as they are."
#endif

#define JOURNAL_SIGNATURE "LPKSHHRH"
#define JOURNAL_INCOMPATIBLE_KEYED_HASH (1U << 2)
#define JOURNAL_INCOMPATIBLE_ZSTD (1U << 3) /* data may be compressed that way */
#define JOURNAL_INCOMPATIBLE_COMPACT (1U << 4)
#define JOURNAL_INCOMPATIBLE_OURS (JOURNAL_INCOMPATIBLE_KEYED_HASH | JOURNAL_INCOMPATIBLE_COMPACT)
#define JOURNAL_COMPACT_SIZE_MAX UINT32_MAX

typedef enum JournalState {
        JOURNAL_OFFLINE = 0, /* closed by its writer, any other may continue */
        JOURNAL_ONLINE = 1,  /* being written; when nobody does, it was left by a crash */
        JOURNAL_ARCHIVED =
                2, /* closed; others begin a new file. Ours may go on while it has its name, see append.c */
} JournalState;

typedef enum ObjectType {
        OBJECT_UNUSED,
        OBJECT_DATA,
        OBJECT_FIELD,
        OBJECT_ENTRY,
        OBJECT_DATA_HASH_TABLE,
        OBJECT_FIELD_HASH_TABLE,
        OBJECT_ENTRY_ARRAY,
        OBJECT_TAG,
        OBJECT_TYPE_MAX,
} ObjectType;

typedef struct Id128 {
        uint8_t bytes[16];
} Id128;

/* The list of entries of a file or of a DATA object ends here; two numbers that always change together. */
typedef struct ArrayTail {
        uint32_t offset; /* the last array */
        uint32_t used;   /* entries in it */
} ArrayTail;

typedef struct FileHeader {
        uint8_t signature[8];
        uint32_t compatible_flags;
        uint32_t incompatible_flags;
        uint8_t state;
        uint8_t reserved[7];
        Id128 file_id;
        Id128 machine_id;
        Id128 boot_id; /* of the tail entry */
        Id128 seqnum_id;
        uint64_t header_size;
        uint64_t arena_size;
        uint64_t data_hash_table_offset; /* of the items, not of the object */
        uint64_t data_hash_table_size;   /* bytes */
        uint64_t field_hash_table_offset;
        uint64_t field_hash_table_size;
        uint64_t tail_object_offset;
        uint64_t n_objects;
        uint64_t n_entries;
        uint64_t tail_entry_seqnum;
        uint64_t head_entry_seqnum;
        uint64_t entry_array_offset;
        uint64_t head_entry_realtime;
        uint64_t tail_entry_realtime;
        uint64_t tail_entry_monotonic;
        uint64_t n_data;
        uint64_t n_fields;
        uint64_t n_tags;
        uint64_t n_entry_arrays;
        uint64_t data_hash_chain_depth;
        uint64_t field_hash_chain_depth;
        ArrayTail tail_entry_array;
} FileHeader;
_Static_assert(sizeof(FileHeader) == 264, "header of format 252");

typedef struct ObjectHeader {
        uint8_t type;
        uint8_t flags;
        uint8_t reserved[6];
        uint64_t size; /* with this header, without padding */
} ObjectHeader;
_Static_assert(sizeof(ObjectHeader) == 16, "object header");

#define OBJECT_FLAG_ZSTD (1U << 2)

typedef struct DataObject {
        ObjectHeader object;
        uint64_t hash;
        uint64_t next_hash_offset;
        uint64_t next_field_offset;
        uint64_t entry_offset; /* the first entry; the others are in the arrays */
        uint64_t entry_array_offset;
        uint64_t n_entries;
        ArrayTail tail;
        uint8_t payload[];
} DataObject;
_Static_assert(sizeof(DataObject) == 72, "compact data object");

typedef struct FieldObject {
        ObjectHeader object;
        uint64_t hash;
        uint64_t next_hash_offset;
        uint64_t head_data_offset;
        uint8_t payload[];
} FieldObject;
_Static_assert(sizeof(FieldObject) == 40, "field object");

typedef struct EntryObject {
        ObjectHeader object;
        uint64_t seqnum;
        uint64_t realtime;
        uint64_t monotonic;
        Id128 boot_id;
        uint64_t xor_hash;
        uint32_t items[];
} EntryObject;
_Static_assert(sizeof(EntryObject) == 64, "entry object");

typedef struct HashItem {
        uint64_t head;
        uint64_t tail;
} HashItem;

typedef struct HashTableObject {
        ObjectHeader object;
        HashItem items[];
} HashTableObject;

typedef struct EntryArrayObject {
        ObjectHeader object;
        uint64_t next_entry_array_offset;
        uint32_t items[];
} EntryArrayObject;
_Static_assert(sizeof(EntryArrayObject) == 24, "entry array object");

static inline uint64_t align8(uint64_t n) {
        return (n + 7) & ~(uint64_t)7;
}
