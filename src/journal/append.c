/* SPDX-License-Identifier: LGPL-2.1-or-later */
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

static FieldObject *add_field(JournalFile *f, const char *name, size_t n) {
        FileHeader *h = journal_file_header(f);
        uint64_t hash = siphash24(name, n, h->file_id.bytes), depth = 0;
        HashItem *bucket = bucket_of(f, h->field_hash_table_offset, h->field_hash_table_size, hash);
        FieldObject *o;

        for (uint64_t p = bucket->head; p > 0; p = o->next_hash_offset, depth++) {
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

/* Storage has been reserved by the caller: this cannot fail. */
static uint32_t add_data(JournalFile *f, const char *payload, size_t size, bool *ret_found) {
        FileHeader *h = journal_file_header(f);
        uint64_t hash = siphash24(payload, size, h->file_id.bytes), depth = 0;
        HashItem *bucket = bucket_of(f, h->data_hash_table_offset, h->data_hash_table_size, hash);
        const char *eq = memchr(payload, '=', size);
        FieldObject *field;
        uint64_t offset;
        DataObject *o;

        for (uint64_t p = bucket->head; p > 0; p = o->next_hash_offset, depth++) {
                o = data_at(f, p);
                if (o->hash == hash && o->object.size == sizeof(DataObject) + size &&
                    memcmp(o->payload, payload, size) == 0) {
                        *ret_found = true;
                        return (uint32_t)p;
                }
        }
        if (depth > h->data_hash_chain_depth)
                h->data_hash_chain_depth = depth;

        /* The field first: no DATA may be in a hash chain without being in its field's. */
        field = eq ? field_of(f, payload, (size_t)(eq - payload)) : NULL;
        o = journal_file_new_object(f, OBJECT_DATA, sizeof(DataObject) + size);
        offset = (uint64_t)((uint8_t *)o - f->map);
        o->hash = hash;
        memcpy(o->payload, payload, size);
        h->n_data++;
        chain_into(f, bucket, offset, false);
        if (field) {
                put64(f, &o->next_field_offset, field->head_data_offset);
                put64(f, &field->head_data_offset, offset);
        }
        *ret_found = false;
        return (uint32_t)offset;
}

/* ---- lists of entries ---- */

static uint32_t array_max(const JournalFile *f) {
        return MAX((uint32_t)(f->map_size / ARRAY_STEP_DIVISOR / sizeof(uint32_t)), 64U);
}

static uint32_t array_room(const EntryArrayObject *a) {
        return (uint32_t)((a->object.size - sizeof(EntryArrayObject)) / sizeof(uint32_t));
}

static EntryArrayObject *new_array(JournalFile *f, uint32_t previous, size_t n_wanted) {
        size_t n = MIN(MAX(MAX((size_t)previous * 2, n_wanted), (size_t)ARRAY_MIN), (size_t)array_max(f));
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

                next = new_array(f, room, n);
                t.offset = (uint32_t)((uint8_t *)next - f->map);
                t.used = 0;
                put64(f, a ? &a->next_entry_array_offset : head, t.offset);
        }

        put_tail(f, tail, t);
}

static void data_add_entries(JournalFile *f, uint32_t data, const uint32_t *entries, size_t n) {
        DataObject *o = data_at(f, data);
        size_t first = o->n_entries == 0;

        if (first)
                put64(f, &o->entry_offset, entries[0]);
        if (n > first)
                list_add(f, &o->entry_array_offset, &o->tail, entries + first, n - first);
        put64(f, &o->n_entries, o->n_entries + n);
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
        uint64_t n = sizeof(EntryObject) + 8;

        for (size_t i = 0; i < n_own; i++)
                n += 2 * own[i].iov_len + per_object + sizeof(uint32_t) + per_list;
        for (size_t i = 0; i < common->n_refs; i++)
                n += sizeof(uint32_t);
        n += (common->n_refs + 1) * (per_list + (f->n_run + 1) * 2 * sizeof(uint32_t));
        if (common->generation != f->generation)
                n += 2 * common->text.len + common->n_refs * per_object;
        return n;
}

static void locate_common(JournalFile *f, FieldSet *common) {
        bool found;

        for (size_t i = 0; i < common->n_refs; i++)
                common->refs[i].offset =
                        add_data(f, field_set_payload(common, i), common->refs[i].size, &found);
        common->generation = f->generation;
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

static int check_room(JournalFile *f, const FieldSet *common, const struct iovec *own, size_t n_own) {
        uint64_t need = bytes_needed(f, common, own, n_own);
        size_t records = (n_own + common->n_refs) * 8 + (f->common ? f->common->n_refs * 4 : 0) + 16;
        int r;

        if (f->n_run >= JOURNAL_RUN_MAX || records > undo_room(f->undo))
                return JOURNAL_FILE_TRANSACTION_FULL;

        r = journal_file_reserve(f, need);
        if (r == JOURNAL_FILE_FULL && journal_file_header(f)->n_entries == 0 && f->n_run == 0)
                return JOURNAL_FILE_TOO_LARGE;
        return r;
}

int journal_file_append(JournalFile *f, FieldSet *common, const struct iovec *own, size_t n_own,
                        const EntryTime *when) {
        uint32_t small[64], *data auto_free = NULL, *offsets = small, offset;
        EntryObject *e;
        bool found;
        int r;

        if (n_own + common->n_refs > JOURNAL_ENTRY_FIELDS_MAX || n_own + common->n_refs == 0)
                return JOURNAL_FILE_TOO_LARGE;
        if (n_own > ELEMENTSOF(small)) {
                data = malloc(n_own * sizeof(uint32_t));
                if (!data)
                        return -ENOMEM;
                offsets = data;
        }

        if (f->common != common || common->generation != f->generation)
                journal_file_link(f);
        r = check_room(f, common, own, n_own);
        if (r != 0)
                return r;

        if (common->generation != f->generation)
                locate_common(f, common);
        for (size_t i = 0; i < n_own; i++)
                offsets[i] = add_data(f, own[i].iov_base, own[i].iov_len, &found);

        e = new_entry(f, common, when);
        offset = (uint32_t)((uint8_t *)e - f->map);
        for (size_t i = 0; i < n_own; i++) {
                if (entry_has(e, common->n_refs + i, offsets[i])) {
                        offsets[i] = 0;
                        continue;
                }
                entry_add_item(f, e, offsets[i]);
                e->xor_hash ^= jenkins_hash64(own[i].iov_base, own[i].iov_len);
        }
        for (size_t i = 0; i < n_own; i++)
                if (offsets[i] > 0)
                        data_add_entries(f, offsets[i], &offset, 1);

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

        for (size_t i = 0; i < f->common->n_refs; i++)
                data_add_entries(f, f->common->refs[i].offset, f->run, f->n_run);
        f->n_run = 0;
        f->common = NULL;
}
