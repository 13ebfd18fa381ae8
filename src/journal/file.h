/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * One journal file that is being written, through a shared mapping.
 *
 *      journal_file_create() or _open()
 *        journal_file_begin() -> journal_file_append()* -> journal_file_link() -> the owner commits
 *                             \-> journal_file_roll_back()
 *      journal_file_close()
 *
 * Entries that share a FieldSet and follow each other form a run. Their list
 * entries (in the file's list and in those of the common fields) are written
 * for the whole run at once by journal_file_link(); readers see the run then.
 *
 * Space on the disk is taken before it is written to, so that a full disk is
 * -ENOSPC from append() and not SIGBUS. After any error or outcome of append()
 * the entry was not added and those before it are unharmed; their linking was
 * reserved for with them and cannot fail.
 */

#include "base/macro.h"
#include "base/time.h"
#include "journal/fields.h"
#include "journal/undo.h"

#include <sys/uio.h>

#define JOURNAL_RUN_MAX 1024
#define JOURNAL_ENTRY_FIELDS_MAX 1024
#define JOURNAL_DATA_MAX (64U * 1024 * 1024)

/* Outcomes. */
typedef enum JournalFileOutcome {
        JOURNAL_FILE_FULL = 1,         /* append: no room left, begin another file */
        JOURNAL_FILE_TRANSACTION_FULL, /* append: link, commit and begin again, then repeat */
        JOURNAL_FILE_TOO_LARGE,        /* append: this entry fits in no file of this size */
        JOURNAL_FILE_FOREIGN,          /* open: not a file this writer may continue */
        JOURNAL_FILE_DIRTY,            /* open: left online by another run */
} JournalFileOutcome;

typedef enum JournalClose {
        JOURNAL_CLOSE_TO_CONTINUE, /* by this writer: to others it is archived, see append.c */
        JOURNAL_CLOSE_FOR_EVER,    /* and gives back the space it has not used */
        JOURNAL_CLOSE_AS_IT_IS,    /* marked as not closed */
} JournalClose;

typedef struct JournalFileSpec {
        uint64_t max_size, grow_step; /* bytes */
        uint64_t compress_from;       /* payloads of so many bytes are compressed; 0: none are */
        Id128 machine_id, boot_id;
        Id128 seqnum_id; /* all zero: begins a sequence of its own */
        uint64_t seqnum; /* last one given out in that sequence */
        unsigned mode;
        int gid; /* -1: as the directory has it */
} JournalFileSpec;

typedef struct EntryTime {
        uint64_t realtime, monotonic; /* µs */
} EntryTime;

/* Of a MESSAGE= to come: its hash, worked out while what append() needs for it is fetched from memory. */
typedef struct Foresight {
        uint64_t generation; /* of the file; 0: nothing is known */
        uint64_t hash;
        uint64_t bucket; /* offset */
} Foresight;

typedef struct FieldCache {
        uint32_t offset; /* of the FIELD object; 0: empty */
        uint8_t size;
        char name[27];
} FieldCache;

typedef struct JournalFile {
        int fd; /* owned; -1: not open */
        uint8_t *map;
        uint64_t map_size; /* address space: the file never becomes larger */
        uint64_t size;     /* bytes with storage behind them */
        uint64_t prepared; /* up to here the pages are there, or come when they are met */
        uint64_t sparse;   /* up to here they come one by one, while the file is short; 0: in large pieces */
        uint64_t grow_step;
        uint64_t compress_from; /* UINT64_MAX: nothing is */
        uint64_t tail_end;      /* where the next object goes */
        uint64_t
                generation; /* changes with the file and with each roll-back: offsets kept elsewhere are void */
        Id128 boot_id;      /* of the entries to come */
        Undo *undo;         /* borrowed */
        FieldSet *common;   /* borrowed; of the current run */
        size_t n_run;
        uint64_t copies; /* bytes of lists that must be copied when the run is linked */
        uint32_t run[JOURNAL_RUN_MAX];
        FieldCache fields[64];
} JournalFile;

#define JOURNAL_FILE_INIT ((JournalFile){ .fd = -1 })

static inline FileHeader *journal_file_header(const JournalFile *f) {
        return (FileHeader *)f->map;
}
static inline bool journal_file_is_open(const JournalFile *f) {
        return f->fd >= 0;
}

/* Makes a new file; it appears under its name when it is complete. */
int journal_file_create(JournalFile *f, int dirfd, const char *name, const JournalFileSpec *spec, Undo *undo);
/* Continues a file. `may_be_online`: it is the one this boot's interrupted writer left, its id checked by the caller. */
int journal_file_open(JournalFile *f, int dirfd, const char *name, const JournalFileSpec *spec,
                      const Id128 *may_be_online, Undo *undo);
/* The same in a file that has no name; they take the descriptor in any case. */
int journal_file_create_in(JournalFile *f, int fd, const JournalFileSpec *spec, Undo *undo);
int journal_file_open_in(JournalFile *f, int fd, const JournalFileSpec *spec, const Id128 *may_be_online,
                         Undo *undo);
void journal_file_close(JournalFile *f, JournalClose how);

void journal_file_begin(JournalFile *f, uint64_t commit);
int journal_file_append(JournalFile *f, FieldSet *common, const struct iovec *own, size_t n_own,
                        const EntryTime *when);
/*
 * Hash tables of large files are in no cache: a line waits there longer than all else takes. Who knows the lines that
 * come has them fetched meanwhile: first when the text is known, again a few lines later, then own[0] is that message.
 */
void journal_file_foresee(const JournalFile *f, const char *text, size_t size, Foresight *ret);
void journal_file_foresee_again(const JournalFile *f, const Foresight *foresight);
int journal_file_append_foreseen(JournalFile *f, FieldSet *common, const struct iovec *own, size_t n_own,
                                 const Foresight *foresight, const EntryTime *when);
void journal_file_link(JournalFile *f);
/* False: the file is not usable any more. */
bool journal_file_roll_back(JournalFile *f);

/* Tells those who wait with inotify that there is something new. */
void journal_file_announce(JournalFile *f);
int journal_file_sync(JournalFile *f);
/* Leaves what was written to the page cache, out of this process' memory. */
void journal_file_trim(JournalFile *f);

/* For append.c: `n` more bytes of type `type` at the end; storage was made sure of by journal_file_reserve(). */
int journal_file_reserve(JournalFile *f, uint64_t n);
void *journal_file_new_object(JournalFile *f, ObjectType type, uint64_t size);
