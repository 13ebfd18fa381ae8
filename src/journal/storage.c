/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "journal/storage.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <inttypes.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define CURRENT "system.journal"
#define GIVE_UP_MIN (1024ULL * 1024) /* a smaller file is not worth giving up for a few more lines */
#define SYNC_STACK (64UL * 1024)
#define RETRY_USEC (5 * USEC_PER_SEC)
#define BETTER_USEC (30 * USEC_PER_SEC)
#define PERSISTENT_STEP (4ULL * 1024 * 1024)
#define RUNTIME_STEP (512ULL * 1024) /* charged to the container's memory */

/* errno of a sync that failed. What was written since may be in memory alone. */
static int sync_failed;

static usec_t now(clockid_t clock) {
        struct timespec ts;

        clock_gettime(clock, &ts);
        return (usec_t)ts.tv_sec * USEC_PER_SEC + (usec_t)ts.tv_nsec / NSEC_PER_USEC;
}

/* getgrnam() may ask a directory server; the group is a local one or there is none. */
static int journal_group(void) {
        FILE *f = fopen("/etc/group", "re");
        char line[1024];
        int gid = -1;

        while (f && gid < 0 && fgets(line, sizeof(line), f)) {
                const char *rest = str_after(line, "systemd-journal:");
                unsigned v;

                if (rest && (rest = strchr(rest, ':')) && sscanf(rest + 1, "%u", &v) == 1)
                        gid = (int)v;
        }
        if (f)
                fclose(f);
        return gid;
}

void storage_init(Storage *s, const StorageConfig *config, State *state) {
        *s = (Storage){ .config = *config,
                        .state = state,
                        .dirfd = -1,
                        .file = JOURNAL_FILE_INIT,
                        .gid = journal_group() };
}

void storage_spec(const Storage *s, JournalFileSpec *ret) {
        const Commit *c = state_committed(s->state);

        *ret = (JournalFileSpec){
                .max_size = s->limits.max_file_size,
                .grow_step = s->is_runtime ? RUNTIME_STEP : PERSISTENT_STEP,
                .compress_from = s->config.compress_from,
                .machine_id = s->machine_id,
                .boot_id = s->boot_id,
                .seqnum_id = c->seqnum_id,
                .seqnum = c->seqnum,
                .mode = 0640,
                .gid = s->gid,
        };
}

/* ---- places that fail ---- */

/* That is told once, until the place has been used again. */
static void note_failure(Storage *s, bool is_runtime, int error) {
        if (s->failed[is_runtime] != -error) {
                s->left.error = -error;
                s->left.is_runtime = is_runtime;
        }
        s->failed[is_runtime] = -error;
}

/* It has failed: another place is used for a while. */
static void leave_alone(Storage *s, bool is_runtime, int error) {
        note_failure(s, is_runtime, error);
        s->avoid_until[is_runtime] = s->better_at = now(CLOCK_MONOTONIC) + BETTER_USEC;
}

static void avoid(Storage *s, int error) {
        leave_alone(s, s->is_runtime, error);
        fd_release(&s->dirfd);
}

/* ---- names ---- */

/* An archived file is named after its first entry; one that a crash left, after the time it was found. */
void storage_archived_name(const FileHeader *h, char *ret, size_t size) {
        char id[33];

        hex_format(h->seqnum_id.bytes, sizeof(h->seqnum_id.bytes), id);
        snprintf(ret, size, "system@%s-%016" PRIx64 "-%016" PRIx64 ".journal", id, h->head_entry_seqnum,
                 h->head_entry_realtime);
}

static bool read_header(int fd, FileHeader *ret) {
        return fd >= 0 && pread(fd, ret, sizeof(*ret), 0) == sizeof(*ret);
}

int storage_set_aside(int dirfd) {
        char name[NAME_MAX + 1];
        FileHeader h;
        int fd auto_fd = openat(dirfd, CURRENT, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

        if (fd < 0 && errno == ENOENT)
                return 0;
        if (read_header(fd, &h) && h.state == JOURNAL_ARCHIVED && h.n_entries > 0)
                storage_archived_name(&h, name, sizeof(name));
        else
                snprintf(name, sizeof(name), "system@%016" PRIx64 "-%016" PRIx64 ".journal~",
                         now(CLOCK_REALTIME),
                         (uint64_t)now(CLOCK_MONOTONIC) * 2654435761U ^ (uint64_t)getpid());
        return renameat(dirfd, CURRENT, dirfd, name) < 0 ? -errno : 0;
}

/*
 * The header says ARCHIVED before the name does: a crash in between is finished by storage_set_aside() at the next
 * start. A file that keeps the name of the current one is in the way of the next: another place is used then.
 */
void storage_archive(Storage *s) {
        bool is_empty;
        int r = 0;

        if (!journal_file_is_open(&s->file))
                return;
        is_empty = journal_file_header(&s->file)->n_entries == 0;
        journal_file_close(&s->file, JOURNAL_CLOSE_FOR_EVER);
        if (s->is_memory)
                s->memory_slot = (s->memory_slot + 1) % STATE_MEMORY_FILES;
        else if (is_empty)
                (void)unlinkat(s->dirfd, CURRENT, 0);
        else
                r = storage_set_aside(s->dirfd);
        if (r < 0)
                avoid(s, r);
}

/* ---- where ---- */

static void use_dir(Storage *s, int dirfd, bool is_runtime) {
        s->dirfd = dirfd;
        s->is_runtime = is_runtime;
        storage_default_limits(dirfd, is_runtime, is_runtime ? &s->config.runtime : &s->config.persistent,
                               &s->limits);
}

static int choose_dir(Storage *s) {
        usec_t t = now(CLOCK_MONOTONIC);
        bool is_runtime = false;
        int r = -ENOENT;

        if (s->config.mode == STORAGE_NONE)
                return -ENOENT;
        if (s->config.mode != STORAGE_VOLATILE && !s->is_relinquished && t >= s->avoid_until[false])
                r = storage_usable_dir(s, false);
        if (storage_is_shut(r))
                leave_alone(s, false, r);
        if (r < 0 && t >= s->avoid_until[true]) {
                r = storage_usable_dir(s, true);
                is_runtime = true;
                if (r < 0)
                        note_failure(s, true, r);
        }
        if (r >= 0)
                use_dir(s, r, is_runtime);
        return MIN(r, 0);
}

/* What an interrupted one was writing is finished where it is, though a better place has come meanwhile. */
static void choose_interrupted(Storage *s) {
        const Id128 none = { 0 }, *id = &state_committed(s->state)->file_id;
        int dirfd auto_fd = -1, fd auto_fd = -1;
        FileHeader h;

        if (s->dirfd >= 0 || s->config.mode == STORAGE_NONE || memcmp(id, &none, sizeof(none)) == 0 ||
            access(s->config.runtime_dir, F_OK) < 0)
                return;
        dirfd = storage_usable_dir(s, true);
        if (dirfd >= 0)
                fd = openat(dirfd, CURRENT, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
        if (read_header(fd, &h) && memcmp(&h.file_id, id, sizeof(h.file_id)) == 0)
                use_dir(s, TAKE_FD(dirfd), true);
}

/* ---- the current file ---- */

static void remember_file(Storage *s) {
        const FileHeader *h = journal_file_header(&s->file);

        s->state->next.file_id = h->file_id;
        s->state->next.seqnum_id = h->seqnum_id;
        s->state->next.seqnum = h->tail_entry_seqnum;
}

static usec_t retention_begin(const Storage *s) {
        return s->config.max_retention_usec > 0 ? usec_sub(now(CLOCK_REALTIME), s->config.max_retention_usec)
                                                : 0;
}

/* After an attempt to open a file: rolls back what was interrupted. 0, or why it cannot be continued. */
int storage_continue(Storage *s, int outcome) {
        const Commit *c = state_committed(s->state);
        Undo *undo = &s->state->shared->undo;
        const FileHeader *h = journal_file_header(&s->file);
        bool is_ours = outcome == 0 && memcmp(&c->file_id, &h->file_id, sizeof(Id128)) == 0;

        if (outcome != 0)
                return outcome;
        if (is_ours && undo_is_armed(undo, state_seq(s->state)) &&
            memcmp(&undo->header.file_id, &h->file_id, sizeof(Id128)) == 0 &&
            !journal_file_roll_back(&s->file)) {
                journal_file_close(&s->file, JOURNAL_CLOSE_AS_IT_IS);
                return JOURNAL_FILE_DIRTY;
        }
        if (!is_ours && c->seqnum > 0) { /* meanwhile another file has gone on with the numbers */
                journal_file_close(&s->file, JOURNAL_CLOSE_FOR_EVER);
                return JOURNAL_FILE_FOREIGN;
        }
        return 0;
}

static int open_current(Storage *s) {
        Undo *undo = &s->state->shared->undo;
        JournalFileSpec spec;
        int r;

        storage_spec(s, &spec);
        r = JOURNAL_FILE_DIRTY;
        if (!s->state->shared->is_damaged)
                r = storage_continue(s, journal_file_open(&s->file, s->dirfd, CURRENT, &spec,
                                                          &state_committed(s->state)->file_id, undo));
        s->state->shared->is_damaged = false;
        undo_disarm(undo);
        if (r == 0)
                return 0;

        r = storage_set_aside(s->dirfd);
        if (r < 0)
                return r;
        storage_vacuum(s->dirfd, &s->limits, retention_begin(s), 0);
        r = journal_file_create(&s->file, s->dirfd, CURRENT, &spec, undo);
        if (storage_is_full(r) && storage_vacuum(s->dirfd, &s->limits, 0, spec.grow_step * 2))
                r = journal_file_create(&s->file, s->dirfd, CURRENT, &spec, undo);
        return r;
}

static int open_somewhere(Storage *s) {
        if (storage_memory_is_current(s)) {
                s->better_at = 1;
                return storage_memory_open(s);
        }
        while (s->dirfd >= 0 || choose_dir(s) >= 0) {
                int r = open_current(s);

                if (r >= 0) {
                        s->is_memory = false;
                        s->failed[s->is_runtime] = 0;
                        return 0;
                }
                avoid(s, r);
        }
        s->better_at = now(CLOCK_MONOTONIC) + BETTER_USEC;
        return storage_memory_open(s);
}

static bool ready(Storage *s) {
        if (journal_file_is_open(&s->file))
                return true;
        if (s->config.mode == STORAGE_NONE || now(CLOCK_MONOTONIC) < s->retry_at)
                return false;
        if (open_somewhere(s) < 0) {
                s->retry_at = now(CLOCK_MONOTONIC) + RETRY_USEC;
                return false;
        }
        remember_file(s);
        return true;
}

void storage_reopen(Storage *s) {
        if (!ready(s))
                undo_disarm(&s->state->shared->undo);
        state_commit(s->state);
}

void storage_open(Storage *s) {
        int r;

        choose_interrupted(s);
        storage_reopen(s);
        r = storage_flush(s);
        if (storage_is_shut(r) && s->is_runtime)
                leave_alone(s, false, r);
}

void storage_commit(Storage *s) {
        if (s->in_transaction) {
                journal_file_link(&s->file);
                s->state->next.seqnum = journal_file_header(&s->file)->tail_entry_seqnum;
                s->in_transaction = false;
        }
        state_commit(s->state);
}

static void begin_another(Storage *s) {
        storage_archive(s);
        if (s->dirfd >= 0)
                storage_vacuum(s->dirfd, &s->limits, retention_begin(s), 0);
        if (ready(s))
                state_commit(s->state);
}

void storage_rotate(Storage *s) {
        storage_commit(s);
        if (journal_file_is_open(&s->file))
                begin_another(s);
}

/* Entries are found by time within a file: it must not run backwards there. */
static bool wants_rotation(const Storage *s, const EntryTime *when) {
        const FileHeader *h = journal_file_header(&s->file);

        if (h->n_entries == 0)
                return false;
        if (when->realtime < h->tail_entry_realtime)
                return true;
        return s->config.max_file_usec > 0 &&
               when->realtime - h->head_entry_realtime > s->config.max_file_usec;
}

static int append_once(Storage *s, FieldSet *common, const struct iovec *own, size_t n_own,
                       const Foresight *foresight, const EntryTime *when) {
        if (!ready(s))
                return -ENOSPC;
        if (wants_rotation(s, when)) {
                storage_commit(s);
                begin_another(s);
                if (!ready(s))
                        return -ENOSPC;
        }
        if (!s->in_transaction) {
                journal_file_begin(&s->file, state_seq(s->state));
                s->in_transaction = true;
        }
        return journal_file_append_foreseen(&s->file, common, own, n_own, foresight, when);
}

/* The disk is full: oldest first, at last the file being written, so that the newest lines are there. */
static bool make_space(Storage *s) {
        uint64_t must_free = s->is_runtime ? RUNTIME_STEP : PERSISTENT_STEP;

        if (!journal_file_is_open(&s->file) || s->is_memory)
                return false;
        if (storage_vacuum(s->dirfd, &s->limits, 0, must_free))
                return true;
        if (s->file.size < GIVE_UP_MIN || journal_file_header(&s->file)->n_entries == 0)
                return false;

        storage_commit(s);
        storage_archive(s);
        return (s->dirfd < 0 || storage_vacuum(s->dirfd, &s->limits, 0, must_free)) && ready(s);
}

/* This place takes no more. What is in its file stays, marked as not closed when nothing can be written there. */
static bool leave_place(Storage *s, int error) {
        if (!journal_file_is_open(&s->file) || s->is_memory || error == -ENOMEM)
                return false;
        storage_commit(s);
        if (storage_is_full(error))
                storage_archive(s);
        else
                journal_file_close(&s->file, JOURNAL_CLOSE_AS_IT_IS);
        avoid(s, error);
        if (!ready(s))
                return false;
        state_commit(s->state);
        return true;
}

static void leave_unsynced(Storage *s) {
        int error = -__atomic_exchange_n(&sync_failed, 0, __ATOMIC_RELAXED);

        if (!s->is_runtime && storage_is_shut(error))
                (void)leave_place(s, error);
}

/* Back to where it should be, with what was stored elsewhere meanwhile. */
static void try_better(Storage *s) {
        usec_t t = now(CLOCK_MONOTONIC);

        if (t < s->better_at)
                return;
        s->better_at = 0;
        storage_commit(s);
        if (!s->is_memory) {
                if (storage_flush(s) < 0)
                        s->better_at = t + BETTER_USEC;
                return;
        }
        if (choose_dir(s) < 0) {
                s->better_at = t + BETTER_USEC;
                return;
        }
        storage_archive(s);
        storage_memory_move(s, s->dirfd);
        if (ready(s))
                state_commit(s->state);
}

void storage_append(Storage *s, FieldSet *common, const struct iovec *own, size_t n_own,
                    const Foresight *foresight, const EntryTime *when) {
        unsigned n_rotated = 0;

        if (s->config.mode == STORAGE_NONE)
                return;
        if (__atomic_load_n(&sync_failed, __ATOMIC_RELAXED) > 0)
                leave_unsynced(s);
        if (s->better_at > 0)
                try_better(s);

        for (;;) {
                int r = append_once(s, common, own, n_own, foresight, when);

                if (r == 0) {
                        s->n_appended++;
                        s->is_dirty = true;
                        return;
                }
                if (r == JOURNAL_FILE_TRANSACTION_FULL) {
                        storage_commit(s);
                        continue;
                }
                if (r == JOURNAL_FILE_FULL && n_rotated++ < 2) {
                        storage_commit(s);
                        begin_another(s);
                        continue;
                }
                if (storage_is_full(r) && make_space(s))
                        continue;
                if (r < 0 && leave_place(s, r))
                        continue;
                break;
        }

        s->n_dropped++;
        s->n_dropped_total++;
}

/* Somebody removed the file: what is written to it from now on would be lost. */
static bool replace_removed(Storage *s) {
        struct stat st;

        if (s->is_memory || s->in_transaction || fstat(s->file.fd, &st) < 0 || st.st_nlink > 0)
                return false;
        journal_file_close(&s->file, JOURNAL_CLOSE_FOR_EVER);
        if (ready(s))
                state_commit(s->state);
        return true;
}

int storage_sync(Storage *s) {
        int r;

        if (!journal_file_is_open(&s->file))
                return 0;
        s->is_dirty = false;
        r = replace_removed(s) ? 0 : journal_file_sync(&s->file);
        if (r < 0)
                __atomic_store_n(&sync_failed, -r, __ATOMIC_RELAXED);
        return r;
}

static void *sync_thread(void *argument) {
        int fd = (int)(intptr_t)argument;

        if (fdatasync(fd) < 0)
                __atomic_store_n(&sync_failed, errno, __ATOMIC_RELAXED);
        close(fd);
        return NULL;
}

void storage_sync_later(Storage *s) {
        pthread_attr_t attributes;
        pthread_t thread;
        int fd;

        if (!journal_file_is_open(&s->file))
                return;
        s->is_dirty = false;
        if (replace_removed(s) || s->is_runtime)
                return;

        fd = fcntl(s->file.fd, F_DUPFD_CLOEXEC, 3);
        if (fd < 0)
                return;
        pthread_attr_init(&attributes);
        pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
        pthread_attr_setstacksize(&attributes, SYNC_STACK);
        if (pthread_create(&thread, &attributes, sync_thread, (void *)(intptr_t)fd) != 0)
                (void)sync_thread((void *)(intptr_t)fd);
        pthread_attr_destroy(&attributes);
}

void storage_close(Storage *s) {
        if (journal_file_is_open(&s->file)) {
                if (s->in_transaction)
                        storage_commit(s);
                (void)journal_file_sync(&s->file);
                journal_file_close(&s->file, JOURNAL_CLOSE_TO_CONTINUE);
        }
        fd_release(&s->dirfd);
}
