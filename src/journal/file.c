/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "journal/file.h"
#include "journal/compress.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define FIELD_HASH_ITEMS 1023
#define DATA_HASH_ITEMS_MIN 2047
#define BYTES_PER_DATA                                                                                       \
        576 /* what one line makes the file grow by, so that the table is about full with the file */
#define PAGE 4096ULL
#define SMALL_STEP (64 * 1024ULL)
#define PREPARE_STEP (128 * 1024ULL)

static uint64_t round_up(uint64_t n, uint64_t step) {
        return (n + step - 1) / step * step;
}

static int write_zeros(int fd, uint64_t from, uint64_t to) {
        static const char zeros[PAGE];
        struct iovec pieces[PREPARE_STEP / PAGE];

        while (from < to) {
                size_t n_pieces = 0;
                ssize_t n;

                for (uint64_t at = from; at < to && n_pieces < ELEMENTSOF(pieces); at += PAGE)
                        pieces[n_pieces++] = (struct iovec){ (void *)zeros, MIN(PAGE, to - at) };
                n = pwritev(fd, pieces, (int)n_pieces, (off_t)from);
                if (n < 0 && errno != EINTR)
                        return -errno;
                if (n > 0)
                        from += (uint64_t)n;
        }

        return 0;
}

/* Where fallocate() is not known, zeros do the same. A tmpfs ends it with EINTR for a process that was frozen. */
static int allocate(int fd, uint64_t from, uint64_t to) {
        int r;

        do
                r = fallocate(fd, 0, (off_t)from, (off_t)(to - from));
        while (r < 0 && errno == EINTR);
        if (r >= 0)
                return 0;
        if (errno == EOPNOTSUPP || errno == ENOSYS || errno == EINVAL)
                return write_zeros(fd, from, to);
        return -errno;
}

static int grow(JournalFile *f, uint64_t end) {
        uint64_t size = MIN(round_up(end, f->grow_step), f->map_size);
        int r;

        r = allocate(f->fd, f->size, size);
        if (r == -ENOSPC || r == -EDQUOT) {
                size = MIN(round_up(end, SMALL_STEP), f->map_size);
                r = allocate(f->fd, f->size, size);
        }
        if (r < 0)
                return r;

        f->size = size;
        journal_file_header(f)->arena_size = size - sizeof(FileHeader);
        return 0;
}

/*
 * Pages that write() made cost a third of those that faults make one by one: the kernel makes them in large pieces
 * and need not ask the disk what they hold. When it fails, faults will do.
 */
static void prepare(JournalFile *f, uint64_t end) {
        uint64_t to = MIN(round_up(end, PREPARE_STEP), f->size);

        if (f->sparse > 0 && f->prepared > f->sparse) {
                (void)madvise(f->map, f->sparse, MADV_NORMAL);
                f->sparse = 0;
        }
        if (to > f->prepared && write_zeros(f->fd, f->prepared, to) == 0)
                f->prepared = to;
}

int journal_file_reserve(JournalFile *f, uint64_t n) {
        uint64_t end = f->tail_end + n;
        int r = 0;

        if (n > f->map_size || f->tail_end > f->map_size - n)
                return JOURNAL_FILE_FULL;
        if (end > f->size)
                r = grow(f, end);
        if (r == 0 && end > f->prepared)
                prepare(f, end);
        return r;
}

void *journal_file_new_object(JournalFile *f, ObjectType type, uint64_t size) {
        FileHeader *h = journal_file_header(f);
        ObjectHeader *o = (ObjectHeader *)(f->map + f->tail_end);

        f->undo->high = f->tail_end + align8(size);
        store_order();
        o->type = (uint8_t)type;
        o->size = size;
        h->tail_object_offset = f->tail_end;
        h->n_objects++;
        f->tail_end += align8(size);
        return o;
}

static int map_file(JournalFile *f, const JournalFileSpec *spec) {
        uint64_t size =
                MIN(round_up(MAX(spec->max_size, f->size), PAGE), JOURNAL_COMPACT_SIZE_MAX & ~(PAGE - 1));
        void *map;

        if (f->size > size)
                return -EFBIG;
        map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, f->fd, 0);
        if (map == MAP_FAILED)
                return -errno;
        f->map = map;
        f->map_size = size;
        f->grow_step = MAX(spec->grow_step, PAGE);
        return 0;
}

static void unmap(JournalFile *f) {
        if (f->map)
                munmap(f->map, f->map_size);
        if (f->fd >= 0)
                close(f->fd);
        *f = JOURNAL_FILE_INIT;
}

static void new_table(JournalFile *f, ObjectType type, uint64_t n_items, uint64_t *ret_offset,
                      uint64_t *ret_size) {
        HashTableObject *table =
                journal_file_new_object(f, type, sizeof(ObjectHeader) + n_items * sizeof(HashItem));

        *ret_offset = (uint64_t)((uint8_t *)table->items - f->map);
        *ret_size = n_items * sizeof(HashItem);
}

static uint64_t data_hash_items(const JournalFileSpec *spec) {
        return MAX(spec->max_size / BYTES_PER_DATA, (uint64_t)DATA_HASH_ITEMS_MIN);
}

/* A file says whether there may be such data in it. */
static void begin_compression(JournalFile *f, const JournalFileSpec *spec) {
        bool may = journal_file_header(f)->incompatible_flags & JOURNAL_INCOMPATIBLE_ZSTD;

        f->compress_from = may && spec->compress_from > 0 ? spec->compress_from : UINT64_MAX;
}

static int initialise(JournalFile *f, const JournalFileSpec *spec) {
        uint64_t n_items = data_hash_items(spec), tables;
        FileHeader *h;
        int r;

        r = map_file(f, spec);
        if (r < 0)
                return r;
        f->size = 0;
        f->tail_end = sizeof(FileHeader);
        r = allocate(f->fd, 0, PAGE);
        if (r < 0)
                return r;
        f->size = PAGE;

        h = journal_file_header(f);
        memcpy(h->signature, JOURNAL_SIGNATURE, sizeof(h->signature));
        h->incompatible_flags = JOURNAL_INCOMPATIBLE_OURS;
        if (spec->compress_from > 0 && compress_is_open())
                h->incompatible_flags |= JOURNAL_INCOMPATIBLE_ZSTD;
        begin_compression(f, spec);
        h->state = JOURNAL_ONLINE;
        if (getrandom(&h->file_id, sizeof(Id128), 0) != sizeof(Id128))
                return -EIO;
        h->file_id.bytes[6] = (h->file_id.bytes[6] & 0x0f) | 0x40; /* version and variant of a random UUID */
        h->file_id.bytes[8] = (h->file_id.bytes[8] & 0x3f) | 0x80;
        h->machine_id = spec->machine_id;
        h->boot_id = spec->boot_id;
        h->seqnum_id = spec->seqnum > 0 ? spec->seqnum_id : h->file_id;
        h->tail_entry_seqnum = spec->seqnum;
        h->header_size = sizeof(FileHeader);

        /* The tables are met here and there: a file of a few lines is spared most of their pages. */
        tables = (n_items + FIELD_HASH_ITEMS + 4) * sizeof(HashItem);
        f->prepared = f->sparse = MIN(round_up(f->tail_end + tables, PAGE), f->map_size);
        (void)madvise(f->map, f->sparse, MADV_RANDOM);
        r = journal_file_reserve(f, tables);
        if (r != 0)
                return r < 0 ? r : -EFBIG;
        new_table(f, OBJECT_FIELD_HASH_TABLE, FIELD_HASH_ITEMS, &h->field_hash_table_offset,
                  &h->field_hash_table_size);
        new_table(f, OBJECT_DATA_HASH_TABLE, n_items, &h->data_hash_table_offset, &h->data_hash_table_size);
        return 0;
}

/* Never the same twice in this process, which is all that remembers offsets; 0 is none. */
static void new_generation(JournalFile *f) {
        static uint64_t last;

        f->generation = ++last;
}

int journal_file_create_in(JournalFile *f, int fd, const JournalFileSpec *spec, Undo *undo) {
        int r;

        *f = JOURNAL_FILE_INIT;
        f->undo = undo;
        f->boot_id = spec->boot_id;
        f->fd = fd;
        if (ftruncate(fd, 0) < 0)
                r = -errno;
        else
                r = initialise(f, spec);
        if (r < 0) {
                unmap(f);
                return r;
        }
        new_generation(f);
        return 0;
}

int journal_file_create(JournalFile *f, int dirfd, const char *name, const JournalFileSpec *spec,
                        Undo *undo) {
        char temporary[NAME_MAX + 1];
        int r;

        snprintf(temporary, sizeof(temporary), ".#%s.new", name);
        (void)unlinkat(dirfd, temporary, 0);

        *f = JOURNAL_FILE_INIT;
        f->undo = undo;
        f->boot_id = spec->boot_id;
        f->fd = openat(dirfd, temporary, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (f->fd < 0)
                return -errno;

        r = initialise(f, spec);
        if (r < 0)
                goto fail;
        if (spec->gid >= 0)
                (void)fchown(f->fd, (uid_t)-1, (gid_t)spec->gid);
        (void)fchmod(f->fd, spec->mode);
        if (renameat(dirfd, temporary, dirfd, name) < 0) {
                r = -errno;
                goto fail;
        }

        new_generation(f);
        return 0;

fail:
        (void)unlinkat(dirfd, temporary, 0);
        unmap(f);
        return r;
}

static bool table_is_inside(const FileHeader *h, uint64_t offset, uint64_t size) {
        uint64_t end = h->header_size + h->arena_size;

        return offset >= h->header_size + sizeof(ObjectHeader) && offset % 8 == 0 &&
               size >= sizeof(HashItem) && size % sizeof(HashItem) == 0 && offset < end &&
               size <= end - offset;
}

static bool header_is_ours(const FileHeader *h, uint64_t size) {
        if (memcmp(h->signature, JOURNAL_SIGNATURE, sizeof(h->signature)) != 0)
                return false;
        if ((h->incompatible_flags & ~JOURNAL_INCOMPATIBLE_ZSTD) != JOURNAL_INCOMPATIBLE_OURS ||
            h->compatible_flags != 0)
                return false;
        if ((h->incompatible_flags & JOURNAL_INCOMPATIBLE_ZSTD) && !compress_is_open())
                return false; /* what is there could not be found again */
        if (h->header_size != sizeof(FileHeader) || h->arena_size > size - sizeof(FileHeader))
                return false;
        if (!table_is_inside(h, h->data_hash_table_offset, h->data_hash_table_size) ||
            !table_is_inside(h, h->field_hash_table_offset, h->field_hash_table_size))
                return false;
        return h->tail_object_offset >= sizeof(FileHeader) && h->tail_object_offset % 8 == 0 &&
               h->tail_object_offset <= size - sizeof(ObjectHeader);
}

static int check_opened(JournalFile *f, const JournalFileSpec *spec, const Id128 *may_be_online) {
        FileHeader *h = journal_file_header(f);
        bool interrupted;
        uint64_t tail_size;

        if (!header_is_ours(h, f->size) || memcmp(&h->machine_id, &spec->machine_id, sizeof(Id128)) != 0)
                return JOURNAL_FILE_FOREIGN;

        interrupted = may_be_online && memcmp(may_be_online, &h->file_id, sizeof(Id128)) == 0;
        if (h->state == JOURNAL_ONLINE && !interrupted)
                return JOURNAL_FILE_DIRTY;
        if (h->state > JOURNAL_ARCHIVED)
                return JOURNAL_FILE_FOREIGN;

        tail_size = ((ObjectHeader *)(f->map + h->tail_object_offset))->size;
        if (tail_size < sizeof(ObjectHeader) || tail_size > f->size - h->tail_object_offset)
                return JOURNAL_FILE_FOREIGN;

        /* Who was killed in grow() had not said yet how large the file is: readers refuse what is beyond. */
        h->arena_size = f->size - sizeof(FileHeader);
        f->tail_end = h->tail_object_offset + align8(tail_size);
        f->prepared = round_up(f->tail_end, PAGE);
        return 0;
}

int journal_file_open_in(JournalFile *f, int fd, const JournalFileSpec *spec, const Id128 *may_be_online,
                         Undo *undo) {
        struct stat st;
        int r;

        *f = JOURNAL_FILE_INIT;
        f->undo = undo;
        f->boot_id = spec->boot_id;
        f->fd = fd;
        if (fstat(f->fd, &st) < 0) {
                r = -errno;
                goto fail;
        }
        r = JOURNAL_FILE_FOREIGN;
        if (!S_ISREG(st.st_mode) || st.st_size < (off_t)PAGE ||
            (uint64_t)st.st_size > JOURNAL_COMPACT_SIZE_MAX)
                goto fail;
        f->size = (uint64_t)st.st_size & ~(uint64_t)7;

        r = map_file(f, spec);
        if (r < 0)
                goto fail;
        r = check_opened(f, spec, may_be_online);
        if (r != 0)
                goto fail;

        new_generation(f);
        begin_compression(f, spec);
        journal_file_header(f)->state = JOURNAL_ONLINE;
        return 0;

fail:
        unmap(f);
        return r;
}

int journal_file_open(JournalFile *f, int dirfd, const char *name, const JournalFileSpec *spec,
                      const Id128 *may_be_online, Undo *undo) {
        int fd = openat(dirfd, name, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

        *f = JOURNAL_FILE_INIT;
        return fd < 0 ? -errno : journal_file_open_in(f, fd, spec, may_be_online, undo);
}

void journal_file_close(JournalFile *f, JournalClose how) {
        FileHeader *h = journal_file_header(f);

        if (!journal_file_is_open(f))
                return;

        /* Nobody will write here again: give back the rest, start writing back without waiting for it. */
        if (how == JOURNAL_CLOSE_FOR_EVER && f->tail_end < f->size) {
                h->arena_size = f->tail_end - sizeof(FileHeader);
                store_order();
                (void)ftruncate(f->fd, (off_t)f->tail_end);
        }
        if (how != JOURNAL_CLOSE_AS_IT_IS)
                h->state = JOURNAL_ARCHIVED;
        (void)sync_file_range(f->fd, 0, 0, SYNC_FILE_RANGE_WRITE);
        unmap(f);
}

void journal_file_begin(JournalFile *f, uint64_t commit) {
        undo_arm(f->undo, commit, journal_file_header(f), f->tail_end);
        f->common = NULL;
        f->n_run = 0;
        f->copies = 0;
}

bool journal_file_roll_back(JournalFile *f) {
        FileHeader *h = journal_file_header(f);

        f->common = NULL;
        f->n_run = 0;
        f->copies = 0;
        new_generation(f);
        memset(f->fields, 0, sizeof(f->fields));
        if (!undo_roll_back(f->undo, f->map, f->size))
                return false;
        f->tail_end =
                h->tail_object_offset + align8(((ObjectHeader *)(f->map + h->tail_object_offset))->size);
        return f->tail_end == f->undo->limit;
}

void journal_file_announce(JournalFile *f) {
        /* Stores to a mapping wake nobody; setting the size it has does. */
        (void)ftruncate(f->fd, (off_t)f->size);
}

int journal_file_sync(JournalFile *f) {
        return fdatasync(f->fd) < 0 ? -errno : 0;
}

void journal_file_trim(JournalFile *f) {
        (void)madvise(f->map, f->size, MADV_DONTNEED);
}
