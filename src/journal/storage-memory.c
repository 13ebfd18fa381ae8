/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Where no directory can be written, messages are kept in two journal files in
 * memory: when one is full the other is begun anew, so that the newest are
 * there. They belong to the State, hence survive svinit-journald; readers find
 * them by name among PID 1's descriptors.
 */

#include "journal/storage.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#define MEMORY_FILE_MAX (2ULL * 1024 * 1024) /* each; charged to the container */
#define MEMORY_STEP (64ULL * 1024)

static bool read_header(const Storage *s, unsigned slot, FileHeader *ret) {
        return pread(state_memory_file(s->state, slot), ret, sizeof(*ret), 0) == sizeof(*ret);
}

/* Asked once: later nobody else writes there. */
bool storage_memory_is_current(Storage *s) {
        const Commit *c = state_committed(s->state);
        FileHeader h;

        if (s->has_looked_into_memory)
                return false;
        s->has_looked_into_memory = true;
        for (unsigned i = 0; i < STATE_MEMORY_FILES; i++)
                if (read_header(s, i, &h) && memcmp(&h.file_id, &c->file_id, sizeof(Id128)) == 0) {
                        s->memory_slot = i;
                        s->is_memory = true;
                        return true;
                }
        return false;
}

int storage_memory_open(Storage *s) {
        Undo *undo = &s->state->shared->undo;
        int slot = state_memory_file(s->state, s->memory_slot), fd, r;
        JournalFileSpec spec;

        s->is_memory = s->is_runtime = true;
        s->limits = (StorageLimits){ .max_file_size = MEMORY_FILE_MAX };
        storage_spec(s, &spec);
        spec.grow_step = MEMORY_STEP;

        fd = fcntl(slot, F_DUPFD_CLOEXEC, 3);
        if (fd < 0)
                return -errno;
        r = storage_continue(
                s, journal_file_open_in(&s->file, fd, &spec, &state_committed(s->state)->file_id, undo));
        undo_disarm(undo);
        if (r == 0)
                return 0;

        fd = fcntl(slot, F_DUPFD_CLOEXEC, 3);
        return fd < 0 ? -errno : journal_file_create_in(&s->file, fd, &spec, undo);
}

static int copy_out(int from, int to) {
        char buffer[16384];
        off_t at = 0;
        ssize_t n;

        while ((n = pread(from, buffer, sizeof(buffer), at)) > 0) {
                if (write(to, buffer, (size_t)n) != n)
                        return -EIO;
                at += n;
        }
        return n < 0 ? -errno : 0;
}

void storage_memory_move(Storage *s, int dirfd) {
        char name[NAME_MAX + 1];
        FileHeader h;

        for (unsigned i = 0; i < STATE_MEMORY_FILES; i++) {
                int from = state_memory_file(s->state, i), to auto_fd = -1;

                if (!read_header(s, i, &h) || h.n_entries == 0)
                        continue;
                storage_archived_name(&h, name, sizeof(name));
                to = openat(dirfd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0640);
                if (to < 0)
                        continue;
                if (copy_out(from, to) < 0)
                        (void)unlinkat(dirfd, name, 0);
                else
                        (void)ftruncate(from, 0);
        }
        s->is_memory = false;
}
