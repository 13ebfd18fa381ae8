/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Where journal files are, which one is being written, how many may be kept.
 *
 * /var/log/journal/MACHINE-ID is used when /var/log/journal exists and may be
 * written, else /run/log/journal/MACHINE-ID, else two files in memory that
 * take turns (storage-memory.c). When a disk is full the oldest archived file
 * goes; when there is none, or the disk fails (a sync tells it as well) or may not be written any more,
 * the next of these places is used, and the better one tried again later.
 * What no place takes is dropped and counted. Nothing here waits for the disk
 * except storage_sync().
 *
 * storage_append() may commit what the owner has put into `state->next`: that
 * must always describe the input as it is after the last entry given here.
 */

#include "journal/state.h"

typedef enum StorageMode {
        STORAGE_AUTO,
        STORAGE_PERSISTENT,
        STORAGE_VOLATILE,
        STORAGE_NONE,
        STORAGE_MODE_MAX
} StorageMode;

/* 0: not set, the default follows from the file system. */
typedef struct StorageLimits {
        uint64_t max_use, keep_free, max_file_size;
        uint64_t max_files;
} StorageLimits;

typedef struct StorageConfig {
        StorageMode mode;
        StorageLimits persistent, runtime;
        uint64_t compress_from;                   /* bytes; 0: never */
        usec_t max_file_usec;                     /* MaxFileSec=; 0: no limit */
        usec_t max_retention_usec;                /* MaxRetentionSec=; 0: no limit */
        const char *persistent_dir, *runtime_dir; /* borrowed; without the machine id */
} StorageConfig;

typedef struct Storage {
        StorageConfig config;
        State *state; /* borrowed */
        Id128 machine_id, boot_id;
        bool has_machine_id;
        int gid;         /* systemd-journal's; -1: there is none */
        int dirfd;       /* owned; -1: nowhere to write */
        bool is_runtime; /* charged to memory: the runtime directory, or no directory */
        bool is_memory;
        bool has_looked_into_memory;
        unsigned memory_slot;  /* of the file that is or will be written there */
        usec_t avoid_until[2]; /* monotonic; the persistent, the runtime directory: it has failed */
        usec_t better_at;      /* monotonic; a better place is tried then; 0: there is none */
        struct {
                int error; /* 0: none, or the owner has told it */
                bool is_runtime;
        } left;               /* the directory that took no more */
        int failed[2];        /* errno for which each was left last; 0: it has been used since */
        bool is_relinquished; /* the persistent directory is to be left alone */
        StorageLimits limits; /* in force where dirfd is */
        JournalFile file;
        bool in_transaction;
        bool is_dirty;       /* written since the last sync */
        usec_t retry_at;     /* monotonic; after a failure nothing is tried before */
        uint64_t n_appended; /* entries */
        uint64_t n_dropped;  /* entries that could not be stored and were not yet reported */
        uint64_t n_dropped_total;
} Storage;

void storage_init(Storage *s, const StorageConfig *config, State *state);
/* storage-place.c. Before doors are closed: what may be needed later, and whether a directory belongs to somebody else. */
void storage_make_runtime_base(const Storage *s);
bool storage_needs_override(const Storage *s);
/*
 * Opens what may be continued, sets aside what may not. Rolls back what a SIGKILL has interrupted. What is in the
 * runtime directory goes to the persistent one, if there is one. Call after state_adopt().
 */
void storage_open(Storage *s);
/* Stores an entry or counts it as dropped. */
void storage_append(Storage *s, FieldSet *common, const struct iovec *own, size_t n_own,
                    const Foresight *foresight, const EntryTime *when);
/* Makes the entries given so far and `state->next` true together. */
void storage_commit(Storage *s);
void storage_rotate(Storage *s);
/*
 * Moves to the persistent directory when it has become usable; takes the runtime files along. -EACCES: not from
 * behind the sandbox, which was closed before the directory was there.
 */
int storage_flush(Storage *s);
/* Goes back to the volatile directory, until storage_flush(). */
void storage_relinquish(Storage *s);
/* Waits for the disk. */
int storage_sync(Storage *s);
/* Has a thread wait for it. */
void storage_sync_later(Storage *s);
void storage_close(Storage *s);

/* storage-place.c. A directory of ours where files can be made, or a negative errno. */
int storage_usable_dir(const Storage *s, bool runtime);
/* For storage-flush.c: closes and renames the current file; opens one where it should be. */
void storage_archive(Storage *s);
void storage_reopen(Storage *s);
/* A file of another run that has the current one's name gets its own. */
int storage_set_aside(int dirfd);
/* What an error says of a file system as a whole: it has no room; it takes nothing, for that reason or another. */
bool storage_is_full(int error);
bool storage_is_shut(int error);

/* For storage-memory.c. */
void storage_spec(const Storage *s, JournalFileSpec *ret);
int storage_continue(Storage *s, int outcome);
void storage_archived_name(const FileHeader *h, char *ret, size_t size);

/* storage-memory.c: goes on with the file in memory that an interrupted one wrote, or begins one. */
bool storage_memory_is_current(Storage *s);
int storage_memory_open(Storage *s);
/* What is there becomes archived files in that directory. */
void storage_memory_move(Storage *s, int dirfd);

/* storage-vacuum.c: oldest files go until the limits hold. True when at least one went. */
bool storage_vacuum(int dirfd, const StorageLimits *limits, usec_t not_before, uint64_t must_free);
void storage_default_limits(int dirfd, bool is_runtime, const StorageLimits *configured, StorageLimits *ret);
