/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "journal/compress.h"
#include "journal/file.h"
#include "journal/hash.h"

#include <errno.h>
#include <string.h>

#define ARRAY_MIN 4U
#define ARRAY_STEP_DIVISOR 4096 /* no single array takes more than this part of the file */

static DataObject *data_at(const JournalFile *f, uint64_t offset) {
        return (DataObject *)(f->map + offset);
}

/* Overwrites a number of the file. What existed before the transaction can be put back. */
static void put64(JournalFile *f, void *where, uint64_t value) {
        uint64_t offset = (uint64_t)((uint8_t *)where - f->map), old;

        if (offset >= sizeof(FileHeader) && offset < f->undo->limit) {
                memcpy(&old, where, sizeof(old));
                undo_note(f->undo, offset, old);
        }
        __atomic_store_n((uint64_t *)where, value, __ATOMIC_RELEASE);
}

static void put_tail(JournalFile *f, ArrayTail *where, ArrayTail value) {
        uint64_t bits;

        memcpy(&bits, &value, sizeof(bits));
        put64(f, where, bits);
}

/* ---- data and fields ---- */

static void chain_into(JournalFile *f, HashItem *bucket, uint64_t offset, bool is_field) {
        if (bucket->tail == 0)
                put64(f, &bucket->head, offset);
        else if (is_field)
                put64(f, &((FieldObject *)(f->map + bucket->tail))->next_hash_offset, offset);
        else
                put64(f, &data_at(f, bucket->tail)->next_hash_offset, offset);
        put64(f, &bucket->tail, offset);
}

static HashItem *bucket_of(const JournalFile *f, uint64_t table, uint64_t table_size, uint64_t hash) {
        HashItem *items = (HashItem *)(f->map + table);

        return &items[hash % (table_size / sizeof(HashItem))];
}

static HashItem *data_bucket(const JournalFile *f, uint64_t hash) {
        const FileHeader *h = journal_file_header(f);

        return bucket_of(f, h->data_hash_table_offset, h->data_hash_table_size, hash);
}

static FieldObject *add_field(JournalFile *f, const char *name, size_t n) {
        FileHeader *h = journal_file_header(f);
        uint64_t hash = siphash24(name, n, h->file_id.bytes), depth = 0;
        HashItem *bucket = bucket_of(f, h->field_hash_table_offset, h->field_hash_table_size, hash);
        FieldObject *o;

        for (uint64_t p = bucket->head, last = 0; p > last; last = p, p = o->next_hash_offset, depth++) {
                o = (FieldObject *)(f->map + p);
                if (o->hash == hash && o->object.size == sizeof(FieldObject) + n &&
                    memcmp(o->payload, name, n) == 0)
                        return o;
        }
        if (depth > h->field_hash_chain_depth)
                h->field_hash_chain_depth = depth;

        o = journal_file_new_object(f, OBJECT_FIELD, sizeof(FieldObject) + n);
        o->hash = hash;
        memcpy(o->payload, name, n);
        h->n_fields++;
        chain_into(f, bucket, (uint64_t)((uint8_t *)o - f->map), true);
        return o;
}

static FieldObject *field_of(JournalFile *f, const char *payload, size_t n) {
        FieldCache *c = &f->fields[(n * 7 + (uint8_t)payload[n / 2] + (uint8_t)payload[n - 1] * 5U) %
                                   ELEMENTSOF(f->fields)];
        FieldObject *o;

        if (c->offset > 0 && c->size == n && memcmp(c->name, payload, n) == 0)
                return (FieldObject *)(f->map + c->offset);

        o = add_field(f, payload, n);
        if (n <= sizeof(c->name)) {
                c->offset = (uint32_t)((uint8_t *)o - f->map);
                c->size = (uint8_t)n;
                memcpy(c->name, payload, n);
        }
        return o;
}

static bool data_is(const DataObject *o, const char *payload, size_t size) {
        size_t n = o->object.size - sizeof(DataObject);

        if (o->object.flags & OBJECT_FLAG_ZSTD)
                return compress_equals(o->payload, n, payload, size);
        return n == size && memcmp(o->payload, payload, size) == 0;
}

/* 0: it is not there. Chains ascend: one that does not is no reason to go round in it. */
static uint32_t find_data(JournalFile *f, const HashItem *bucket, const char *payload, size_t size,
                          uint64_t hash) {
        FileHeader *h = journal_file_header(f);
        uint64_t depth = 0;
        DataObject *o;

        for (uint64_t p = bucket->head, last = 0; p > last; last = p, p = o->next_hash_offset, depth++) {
                o = data_at(f, p);
                if (o->hash == hash && data_is(o, payload, size))
                        return (uint32_t)p;
        }
        if (depth > h->data_hash_chain_depth)
                h->data_hash_chain_depth = depth;
        return 0;
}

/* Storage has been reserved by the caller: this cannot fail. */
static uint32_t add_data(JournalFile *f, HashItem *bucket, const char *payload, size_t size, uint64_t hash) {
        FileHeader *h = journal_file_header(f);
        const char *eq = memchr(payload, '=', size);
        void *packed auto_free = NULL;
        size_t packed_size = size >= f->compress_from ? compress_pack(payload, size, &packed) : 0;
        FieldObject *field;
        uint64_t offset;
        DataObject *o;

        /* The field first: no DATA may be in a hash chain without being in its field's. */
        field = eq ? field_of(f, payload, (size_t)(eq - payload)) : NULL;
        o = journal_file_new_object(f, OBJECT_DATA, sizeof(DataObject) + (packed_size ?: size));
        offset = (uint64_t)((uint8_t *)o - f->map);
        o->object.flags = packed_size ? OBJECT_FLAG_ZSTD : 0;
        o->hash = hash;
        memcpy(o->payload, packed_size ? packed : payload, packed_size ?: size);
        h->n_data++;
        chain_into(f, bucket, offset, false);
        if (field) {
                put64(f, &o->next_field_offset, field->head_data_offset);
                put64(f, &field->head_data_offset, offset);
        }
        return (uint32_t)offset;
}

static uint64_t data_hash(const JournalFile *f, const char *payload, size_t size) {
        return siphash24(payload, size, journal_file_header(f)->file_id.bytes);
}

void journal_file_foresee(const JournalFile *f, const char *text, size_t size, Foresight *ret) {
        HashItem *bucket;

        *ret = (Foresight){ 0 };
        if (!journal_file_is_open(f))
                return;
        ret->generation = f->generation;
        ret->hash = siphash24_behind("MESSAGE=", text, size, journal_file_header(f)->file_id.bytes);
        bucket = data_bucket(f, ret->hash);
        ret->bucket = (uint64_t)((uint8_t *)bucket - f->map);
        __builtin_prefetch(bucket, 1);
}

void journal_file_foresee_again(const JournalFile *f, const Foresight *foresight) {
        const HashItem *bucket;

        if (!journal_file_is_open(f) || foresight->generation != f->generation)
                return;
        bucket = (const HashItem *)(f->map + foresight->bucket);
        __builtin_prefetch(f->map + bucket->head);
        __builtin_prefetch(f->map + bucket->tail, 1);
}

/* ---- lists of entries ---- */

static uint32_t array_max(const JournalFile *f) {
        return MAX((uint32_t)(f->map_size / ARRAY_STEP_DIVISOR / sizeof(uint32_t)), 64U);
}

static uint32_t array_room(const EntryArrayObject *a) {
        return (uint32_t)((a->object.size - sizeof(EntryArrayObject)) / sizeof(uint32_t));
}

static EntryArrayObject *new_array(JournalFile *f, size_t n) {
        EntryArrayObject *a = journal_file_new_object(f, OBJECT_ENTRY_ARRAY,
                                                      sizeof(EntryArrayObject) + n * sizeof(uint32_t));

        journal_file_header(f)->n_entry_arrays++;
        return a;
}

static void fill_array(JournalFile *f, EntryArrayObject *a, uint32_t used, const uint32_t *entries,
                       size_t n) {
        uint64_t offset = (uint64_t)((uint8_t *)&a->items[used] - f->map);

        if (offset < f->undo->limit)
                undo_note_zero(f->undo, offset, n * sizeof(uint32_t));
        memcpy(&a->items[used], entries, n * sizeof(uint32_t));
        store_order();
}

/* Appends to the list that begins at *head and ends at *tail. */
static void list_add(JournalFile *f, uint64_t *head, ArrayTail *tail, const uint32_t *entries, size_t n) {
        ArrayTail t = *tail;

        while (n > 0) {
                EntryArrayObject *a = t.offset ? (EntryArrayObject *)(f->map + t.offset) : NULL, *next;
                uint32_t room = a ? array_room(a) : 0;
                size_t now = MIN(n, (size_t)(room - t.used));

                if (now > 0) {
                        fill_array(f, a, t.used, entries, now);
                        t.used += (uint32_t)now;
                        entries += now;
                        n -= now;
                        continue;
                }

                next = new_array(f,
                                 MIN(MAX(MAX((size_t)room * 2, n), (size_t)ARRAY_MIN), (size_t)array_max(f)));
                t.offset = (uint32_t)((uint8_t *)next - f->map);
                t.used = 0;
                put64(f, a ? &a->next_entry_array_offset : head, t.offset);
        }

        put_tail(f, tail, t);
}

/* ---- shared lists ---- */

/*
 * The fields of one process came together each time, so they have the same
 * entries, and one list serves them all. A list goes on in the place behind
 * its last entry; where that is taken, another field of the same past went on
 * without this one, which gets a list of its own then. Readers do not notice;
 * a writer that does not know would overwrite what another field's list holds,
 * so what we close is marked as archived.
 */

static bool has_same_list(const DataObject *a, const DataObject *b) {
        return a->entry_offset == b->entry_offset && a->entry_array_offset == b->entry_array_offset &&
               a->n_entries == b->n_entries;
}

static bool is_overtaken(const JournalFile *f, const DataObject *o) {
        const EntryArrayObject *a = (EntryArrayObject *)(f->map + o->tail.offset);

        if (o->tail.offset == 0)
                return false;
        return o->tail.used < array_room(a) ? a->items[o->tail.used] > 0 : a->next_entry_array_offset > 0;
}

static uint64_t copy_size(const DataObject *o) {
        return sizeof(EntryArrayObject) + (o->n_entries + ARRAY_MIN) * sizeof(uint32_t) + 8;
}

static void copy_list(JournalFile *f, DataObject *o) {
        size_t n = (size_t)o->n_entries - 1, done = 0;
        const EntryArrayObject *from = (EntryArrayObject *)(f->map + o->entry_array_offset);
        EntryArrayObject *to = new_array(f, n + ARRAY_MIN);

        while (done < n) {
                size_t now = MIN((size_t)array_room(from), n - done);

                if (now == 0)
                        break; /* fewer than it says */
                fill_array(f, to, (uint32_t)done, from->items, now);
                done += now;
                from = (EntryArrayObject *)(f->map + from->next_entry_array_offset);
        }
        put64(f, &o->entry_array_offset, (uint64_t)((uint8_t *)to - f->map));
        put_tail(f, &o->tail, (ArrayTail){ (uint32_t)((uint8_t *)to - f->map), (uint32_t)n });
}

static void data_add_entries(JournalFile *f, DataObject *o, const uint32_t *entries, size_t n) {
        size_t first = o->n_entries == 0;

        if (is_overtaken(f, o))
                copy_list(f, o);
        if (first)
                put64(f, &o->entry_offset, entries[0]);
        if (n > first)
                list_add(f, &o->entry_array_offset, &o->tail, entries + first, n - first);
        put64(f, &o->n_entries, o->n_entries + n);
}

static void data_take_list(JournalFile *f, DataObject *o, const DataObject *from) {
        put64(f, &o->entry_offset, from->entry_offset);
        put64(f, &o->entry_array_offset, from->entry_array_offset);
        put_tail(f, &o->tail, from->tail);
        put64(f, &o->n_entries, from->n_entries);
}

/* Those of the common fields that had the same list have the same again. */
static void add_run_to_common(JournalFile *f) {
        const FieldSet *common = f->common;
        DataObject before[JOURNAL_ENTRY_FIELDS_MAX];

        for (size_t i = 0; i < common->n_refs; i++) {
                DataObject *o = data_at(f, common->refs[i].offset);
                size_t k = 0;

                before[i] = *o;
                while (k < i && !has_same_list(&before[k], &before[i]))
                        k++;
                if (k < i && common->refs[k].offset != common->refs[i].offset)
                        data_take_list(f, o, data_at(f, common->refs[k].offset));
                else if (k == i)
                        data_add_entries(f, o, f->run, f->n_run);
        }
}

/* What copying lists will take when the run is linked. */
static uint64_t copies_of_common(const JournalFile *f, const FieldSet *common) {
        uint64_t n = 0;

        for (size_t i = 0; i < common->n_refs; i++) {
                const DataObject *o = data_at(f, common->refs[i].offset);
                size_t k = 0;

                if (!is_overtaken(f, o))
                        continue;
                while (k < i && !has_same_list(data_at(f, common->refs[k].offset), o))
                        k++;
                if (k == i)
                        n += copy_size(o);
        }
        return n;
}

/* A field of one entry goes on in a list that some of the common fields may have had with it. */
static uint64_t copies_because_of(const JournalFile *f, const FieldSet *common, const DataObject *own) {
        uint64_t n = 0;

        for (size_t i = 0; own->entry_array_offset > 0 && i < common->n_refs; i++) {
                const DataObject *o = data_at(f, common->refs[i].offset);

                if (o->entry_array_offset == own->entry_array_offset)
                        n += copy_size(o);
        }
        return n;
}

/* ---- entries ---- */

static bool entry_has(const EntryObject *e, size_t n, uint32_t data) {
        for (size_t i = 0; i < n; i++)
                if (e->items[i] == data)
                        return true;
        return false;
}

/* The most an entry can make the file grow by, with what linking its run will need. */
static uint64_t bytes_needed(const JournalFile *f, const FieldSet *common, const struct iovec *own,
                             size_t n_own) {
        uint64_t per_object = sizeof(DataObject) + sizeof(FieldObject) + 16;
        uint64_t per_list = (uint64_t)array_max(f) * sizeof(uint32_t) + sizeof(EntryArrayObject) + 8;
        uint64_t n = sizeof(EntryObject) + 8 + f->copies;

        for (size_t i = 0; i < n_own; i++)
                n += 2 * own[i].iov_len + per_object + sizeof(uint32_t) + per_list;
        n += common->n_refs * sizeof(uint32_t);
        n += (common->n_refs + 1) * (per_list + (f->n_run + 1) * 2 * sizeof(uint32_t));
        return n;
}

static int reserve(JournalFile *f, uint64_t n) {
        int r = journal_file_reserve(f, n);

        if (r == JOURNAL_FILE_FULL && journal_file_header(f)->n_entries == 0 && f->n_run == 0)
                return JOURNAL_FILE_TOO_LARGE;
        return r;
}

/* What stays when the entry is then refused is data without entries, which is none to readers. */
static int locate_common(JournalFile *f, FieldSet *common) {
        uint64_t per_object = sizeof(DataObject) + sizeof(FieldObject) + 16;
        int r;

        r = reserve(f, 2 * common->text.len + common->n_refs * per_object);
        if (r != 0)
                return r;
        for (size_t i = 0; i < common->n_refs; i++) {
                const char *payload = field_set_payload(common, i);
                uint64_t hash = data_hash(f, payload, common->refs[i].size);
                HashItem *bucket = data_bucket(f, hash);
                uint32_t offset = find_data(f, bucket, payload, common->refs[i].size, hash);

                common->refs[i].offset = offset ?: add_data(f, bucket, payload, common->refs[i].size, hash);
        }
        common->generation = f->generation;
        return 0;
}

static EntryObject *new_entry(JournalFile *f, const FieldSet *common, const EntryTime *when) {
        FileHeader *h = journal_file_header(f);
        EntryObject *e = journal_file_new_object(f, OBJECT_ENTRY,
                                                 sizeof(EntryObject) + common->n_refs * sizeof(uint32_t));

        e->seqnum = h->tail_entry_seqnum + f->n_run + 1;
        e->realtime = when->realtime;
        e->monotonic = when->monotonic;
        e->boot_id = f->boot_id;
        e->xor_hash = common->xor_hash;
        for (size_t i = 0; i < common->n_refs; i++)
                e->items[i] = common->refs[i].offset;
        return e;
}

/* The entry is still the last object of the file and grows by one item. */
static void entry_add_item(JournalFile *f, EntryObject *e, uint32_t data) {
        size_t n = (e->object.size - sizeof(EntryObject)) / sizeof(uint32_t);

        f->undo->high = f->tail_end = (uint64_t)((uint8_t *)&e->items[n] - f->map) + sizeof(uint32_t);
        f->undo->high = f->tail_end = align8(f->tail_end);
        store_order();
        e->items[n] = data;
        e->object.size += sizeof(uint32_t);
}

typedef struct OwnData {
        uint64_t hash;
        HashItem *bucket;
        uint32_t offset; /* 0: not in the file, or already in the entry */
} OwnData;

static void look_up(JournalFile *f, const struct iovec *own, const Foresight *foresight, OwnData *ret) {
        if (foresight && foresight->generation == f->generation) {
                ret->hash = foresight->hash;
                ret->bucket = (HashItem *)(f->map + foresight->bucket);
        } else {
                ret->hash = data_hash(f, own->iov_base, own->iov_len);
                ret->bucket = data_bucket(f, ret->hash);
        }
        ret->offset = find_data(f, ret->bucket, own->iov_base, own->iov_len, ret->hash);
}

static int check_room(JournalFile *f, const FieldSet *common, const struct iovec *own, size_t n_own,
                      const Foresight *foresight, OwnData *data) {
        size_t records = (n_own + common->n_refs) * 8 + (f->common ? f->common->n_refs * 4 : 0) + 16;
        uint64_t copies = 0;

        if (f->n_run >= JOURNAL_RUN_MAX || records > undo_room(f->undo))
                return JOURNAL_FILE_TRANSACTION_FULL;

        if (f->n_run == 0)
                f->copies = copies_of_common(f, common);
        for (size_t i = 0; i < n_own; i++) {
                const DataObject *o;

                look_up(f, &own[i], i == 0 ? foresight : NULL, &data[i]);
                if (data[i].offset == 0)
                        continue;
                o = data_at(f, data[i].offset);
                f->copies += copies_because_of(f, common, o);
                copies += is_overtaken(f, o) ? copy_size(o) : 0;
        }
        return reserve(f, bytes_needed(f, common, own, n_own) + copies);
}

/* The same text twice in one entry is found the second time. */
static void add_own(JournalFile *f, const struct iovec *own, size_t n_own, OwnData *data) {
        for (size_t i = 0; i < n_own; i++) {
                if (data[i].offset == 0 && i > 0)
                        data[i].offset =
                                find_data(f, data[i].bucket, own[i].iov_base, own[i].iov_len, data[i].hash);
                if (data[i].offset == 0)
                        data[i].offset =
                                add_data(f, data[i].bucket, own[i].iov_base, own[i].iov_len, data[i].hash);
        }
}

int journal_file_append(JournalFile *f, FieldSet *common, const struct iovec *own, size_t n_own,
                        const EntryTime *when) {
        return journal_file_append_foreseen(f, common, own, n_own, NULL, when);
}

int journal_file_append_foreseen(JournalFile *f, FieldSet *common, const struct iovec *own, size_t n_own,
                                 const Foresight *foresight, const EntryTime *when) {
        OwnData small[64], *more auto_free = NULL, *data = small;
        EntryObject *e;
        uint32_t offset;
        int r = 0;

        if (n_own + common->n_refs > JOURNAL_ENTRY_FIELDS_MAX || n_own + common->n_refs == 0)
                return JOURNAL_FILE_TOO_LARGE;
        if (n_own > ELEMENTSOF(small)) {
                data = more = malloc(n_own * sizeof(OwnData));
                if (!more)
                        return -ENOMEM;
        }

        if (f->common != common || common->generation != f->generation)
                journal_file_link(f);
        if (undo_room(f->undo) < common->n_refs * 4 + 16)
                return JOURNAL_FILE_TRANSACTION_FULL;
        if (common->generation != f->generation)
                r = locate_common(f, common);
        if (r == 0)
                r = check_room(f, common, own, n_own, foresight, data);
        if (r != 0)
                return r;

        add_own(f, own, n_own, data);
        e = new_entry(f, common, when);
        offset = (uint32_t)((uint8_t *)e - f->map);
        for (size_t i = 0; i < n_own; i++) {
                if (entry_has(e, common->n_refs + i, data[i].offset)) {
                        data[i].offset = 0;
                        continue;
                }
                entry_add_item(f, e, data[i].offset);
                e->xor_hash ^= jenkins_hash64(own[i].iov_base, own[i].iov_len);
        }
        for (size_t i = 0; i < n_own; i++)
                if (data[i].offset > 0)
                        data_add_entries(f, data_at(f, data[i].offset), &offset, 1);

        f->common = common;
        f->run[f->n_run++] = offset;
        return 0;
}

void journal_file_link(JournalFile *f) {
        FileHeader *h = journal_file_header(f);
        const EntryObject *first, *last;

        if (f->n_run == 0)
                return;

        first = (EntryObject *)(f->map + f->run[0]);
        last = (EntryObject *)(f->map + f->run[f->n_run - 1]);
        list_add(f, &h->entry_array_offset, &h->tail_entry_array, f->run, f->n_run);
        if (h->head_entry_seqnum == 0)
                h->head_entry_seqnum = first->seqnum;
        if (h->head_entry_realtime == 0)
                h->head_entry_realtime = first->realtime;
        h->tail_entry_realtime = last->realtime;
        h->tail_entry_monotonic = last->monotonic;
        h->boot_id = last->boot_id;
        h->tail_entry_seqnum = last->seqnum;
        put64(f, &h->n_entries, h->n_entries + f->n_run);

        add_run_to_common(f);
        f->n_run = 0;
        f->copies = 0;
        f->common = NULL;
}
