/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Commit, carry and rings of the State; rotation, vacuum and recovery of the Storage. */

#include "journal/storage.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

#include <cmocka.h>

#define REALTIME 1700000000000000ULL

typedef struct Fixture {
        char dir[64], runtime[96], persistent[96], files[160];
        StorageConfig config;
        State state;
        Storage storage;
        FieldSet common;
        unsigned n; /* entries given so far */
        uint64_t tick;
} Fixture;

static void open_storage(Fixture *x) {
        storage_init(&x->storage, &x->config, &x->state);
        memset(&x->storage.machine_id, 0xab, sizeof(Id128));
        memset(&x->storage.boot_id, 0x22, sizeof(Id128));
        x->storage.has_machine_id = true;
        storage_open(&x->storage);
}

static int setup(void **state) {
        Fixture *x = calloc(1, sizeof(*x));

        strcpy(x->dir, "/tmp/svinit-storage-XXXXXX");
        assert_non_null(mkdtemp(x->dir));
        snprintf(x->runtime, sizeof(x->runtime), "%s/run", x->dir);
        snprintf(x->persistent, sizeof(x->persistent), "%s/var", x->dir);
        snprintf(x->files, sizeof(x->files), "%s/abababababababababababababababab", x->runtime);
        x->config = (StorageConfig){
                .runtime_dir = x->runtime,
                .persistent_dir = x->persistent,
                .runtime = { .max_file_size = 1 << 19, .max_use = 64 << 20, .keep_free = 1 }
        };
        x->config.persistent = x->config.runtime;
        assert_int_equal(state_new(&x->state), 0);
        assert_int_equal(field_set_add(&x->common, "_SYSTEMD_UNIT", "web.service"), 0);
        x->storage.dirfd = -1;
        x->storage.file = JOURNAL_FILE_INIT;
        *state = x;
        return 0;
}

static int teardown(void **state) {
        Fixture *x = *state;
        char command[128];

        storage_close(&x->storage);
        state_release(&x->state);
        field_set_release(&x->common);
        snprintf(command, sizeof(command), "rm -rf %s", x->dir);
        assert_int_equal(system(command), 0);
        free(x);
        return 0;
}

static void append(Fixture *x, unsigned n) {
        for (unsigned i = 0; i < n; i++) {
                char line[64];
                int size = snprintf(line, sizeof(line), "MESSAGE=line %u", x->n++);

                x->tick++;
                storage_append(&x->storage, &x->common, &(struct iovec){ line, (size_t)size }, 1, NULL,
                               &(EntryTime){ REALTIME + x->tick, 1000 + x->tick });
        }
}

static unsigned count_entries(Fixture *x, const char *dir) {
        unsigned n = 0;
        sd_journal *j;

        if (sd_journal_open_directory(&j, dir, 0) < 0)
                return 0;
        SD_JOURNAL_FOREACH(j) {
                char line[64];
                const void *data;
                size_t size;

                snprintf(line, sizeof(line), "MESSAGE=line %u", n++);
                assert_int_equal(sd_journal_get_data(j, "MESSAGE", &data, &size), 0);
                assert_int_equal(size, strlen(line));
                assert_memory_equal(data, line, size);
        }
        sd_journal_close(j);
        return n;
}

static unsigned count_files(const char *dir, const char *suffix) {
        DIR *d = opendir(dir);
        struct dirent *e;
        unsigned n = 0;

        while (d && (e = readdir(d)))
                n += str_ends_with(e->d_name, suffix);
        if (d)
                closedir(d);
        return n;
}

static void verify(const char *dir) {
        char command[256];

        snprintf(command, sizeof(command), "journalctl --verify -q -D %s 2>&1", dir);
        assert_int_equal(system(command), 0);
}

/* What the kernel does with a file of a process that dies. */
static void munmap_file(JournalFile *f) {
        munmap(f->map, f->map_size);
        close(f->fd);
        *f = JOURNAL_FILE_INIT;
}

/* The process dies: nothing is closed in order, the State is handed to the next one. */
static void crash(Fixture *x) {
        int fds[STATE_FDS];
        State old = x->state;

        for (size_t i = 0; i < STATE_FDS; i++)
                fds[i] = dup(old.fds[i]);
        state_release(&x->state);
        munmap_file(&x->storage.file);
        close(x->storage.dirfd);
        assert_int_equal(state_adopt(&x->state, fds, STATE_FDS), 0);
        open_storage(x);
}

static void sequence_goes_on_over_rotation(void **state) {
        Fixture *x = *state;

        open_storage(x);
        append(x, 5000);
        storage_commit(&x->storage);
        storage_rotate(&x->storage);
        append(x, 100);
        storage_commit(&x->storage);
        assert_int_equal(journal_file_header(&x->storage.file)->tail_entry_seqnum, 5100);
        assert_true(count_files(x->files, ".journal") > 2);
        assert_int_equal(count_entries(x, x->files), 5100);
        verify(x->files);
}

static void uncommitted_entries_are_undone_by_the_next_one(void **state) {
        Fixture *x = *state;

        open_storage(x);
        append(x, 10);
        storage_commit(&x->storage);
        append(x, 700);
        crash(x);
        assert_int_equal(count_entries(x, x->files), 10);
        x->n = 10;
        append(x, 20);
        storage_commit(&x->storage);
        crash(x);
        assert_int_equal(count_entries(x, x->files), 30);
        assert_int_equal(count_files(x->files, ".journal~"), 0);
        verify(x->files);
}

static void file_of_an_earlier_run_is_set_aside(void **state) {
        Fixture *x = *state;

        open_storage(x);
        append(x, 10);
        storage_commit(&x->storage);
        munmap_file(&x->storage.file);
        close(x->storage.dirfd);
        state_release(&x->state);
        assert_int_equal(state_new(&x->state), 0);

        open_storage(x);
        append(x, 10);
        storage_commit(&x->storage);
        assert_int_equal(count_files(x->files, ".journal~"), 1);
        assert_int_equal(count_entries(x, x->files), 20);
        verify(x->files);
}

static void file_closed_in_order_is_continued(void **state) {
        Fixture *x = *state;

        open_storage(x);
        append(x, 10);
        storage_close(&x->storage);
        open_storage(x);
        append(x, 10);
        storage_close(&x->storage);
        assert_int_equal(count_files(x->files, ".journal"), 1);
        assert_int_equal(count_entries(x, x->files), 20);
}

static void damaged_file_is_not_continued(void **state) {
        Fixture *x = *state;

        open_storage(x);
        append(x, 10);
        storage_commit(&x->storage);
        x->state.shared->is_damaged = true;
        crash(x);
        assert_int_equal(count_files(x->files, ".journal~"), 1);
        append(x, 5);
        storage_commit(&x->storage);
        assert_int_equal(count_entries(x, x->files), 15);
}

static void time_that_goes_back_begins_a_file(void **state) {
        Fixture *x = *state;

        open_storage(x);
        append(x, 10);
        storage_commit(&x->storage);
        storage_append(&x->storage, &x->common, &(struct iovec){ (char *)"MESSAGE=early", 13 }, 1, NULL,
                       &(EntryTime){ REALTIME - 3600 * USEC_PER_SEC, 5000 });
        storage_commit(&x->storage);
        assert_int_equal(count_files(x->files, ".journal"), 2);
        verify(x->files);
}

static void oldest_files_go_when_there_are_too_many_bytes(void **state) {
        Fixture *x = *state;
        struct stat st;
        char path[256];

        x->config.runtime.max_use = 3 << 20;
        open_storage(x);
        append(x, 30000);
        storage_commit(&x->storage);
        assert_in_range(count_files(x->files, ".journal"), 3, 8);
        snprintf(path, sizeof(path), "%s/system.journal", x->files);
        assert_int_equal(stat(path, &st), 0);
        assert_int_equal(journal_file_header(&x->storage.file)->tail_entry_seqnum, 30000);
        assert_int_equal(x->storage.n_dropped_total, 0);
        verify(x->files);
}

static void files_are_readable_by_the_group_only(void **state) {
        Fixture *x = *state;
        char path[256];
        struct stat st;

        open_storage(x);
        append(x, 1);
        storage_commit(&x->storage);
        snprintf(path, sizeof(path), "%s/system.journal", x->files);
        assert_int_equal(stat(path, &st), 0);
        assert_int_equal(st.st_mode & 07777, 0640);
        assert_int_equal(stat(x->files, &st), 0);
        assert_int_equal(st.st_mode & 0777, 0755);
}

static void persistent_directory_is_used_when_it_exists(void **state) {
        Fixture *x = *state;

        assert_int_equal(mkdir(x->persistent, 0755), 0);
        open_storage(x);
        append(x, 1);
        storage_commit(&x->storage);
        assert_false(x->storage.is_runtime);
        assert_int_not_equal(access(x->runtime, F_OK), 0);
}

static void flush_takes_what_is_there_along(void **state) {
        Fixture *x = *state;
        char files[160];

        open_storage(x);
        append(x, 3000);
        storage_commit(&x->storage);
        assert_int_equal(mkdir(x->persistent, 0755), 0);
        assert_int_equal(storage_flush(&x->storage), 0);
        append(x, 10);
        storage_commit(&x->storage);
        snprintf(files, sizeof(files), "%s/abababababababababababababababab", x->persistent);
        assert_int_equal(count_entries(x, files), 3010);
        assert_int_equal(count_files(x->files, ".journal"), 0);
        verify(files);
}

/* The directory came while nobody ran: what an interrupted one was writing must not stay behind. */
static void what_was_being_written_goes_along_when_the_directory_came_meanwhile(void **state) {
        Fixture *x = *state;
        char files[160];

        open_storage(x);
        append(x, 3000);
        storage_commit(&x->storage);
        append(x, 5);
        assert_int_equal(mkdir(x->persistent, 0755), 0);
        crash(x);
        x->n -= 5;
        assert_false(x->storage.is_runtime);
        append(x, 10);
        storage_commit(&x->storage);
        snprintf(files, sizeof(files), "%s/abababababababababababababababab", x->persistent);
        assert_int_equal(count_entries(x, files), 3010);
        assert_int_equal(count_files(x->files, ".journal"), 0);
        verify(files);
}

/* An earlier run had no such directory, and the runtime directory has outlived it. */
static void what_an_earlier_run_has_left_goes_along(void **state) {
        Fixture *x = *state;
        char files[160];

        open_storage(x);
        append(x, 20);
        storage_commit(&x->storage);
        storage_close(&x->storage);
        state_release(&x->state);
        assert_int_equal(state_new(&x->state), 0);
        assert_int_equal(mkdir(x->persistent, 0755), 0);
        open_storage(x);
        append(x, 10);
        storage_commit(&x->storage);
        snprintf(files, sizeof(files), "%s/abababababababababababababababab", x->persistent);
        assert_int_equal(count_entries(x, files), 30);
        assert_int_equal(count_files(x->files, ".journal"), 0);
        verify(files);
}

/* ---- in memory ---- */

static void block_directories(Fixture *x) {
        int fd = open(x->runtime, O_CREAT | O_WRONLY | O_CLOEXEC,
                      0600); /* a file where the directory should be */

        close(fd);
}

/* sd-journal opens no file without a name. */
static void copy_memory(const Fixture *x, const char *dir) {
        assert_true(mkdir(dir, 0700) >= 0 || errno == EEXIST);
        for (unsigned i = 0; i < STATE_MEMORY_FILES; i++) {
                int from = state_memory_file(&x->state, i), to;
                char path[128], buffer[16384];
                off_t at = 0;
                ssize_t n;

                snprintf(path, sizeof(path), "%s/%u.journal", dir, i);
                (void)unlink(path);
                if (lseek(from, 0, SEEK_END) == 0)
                        continue;
                to = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
                for (; (n = pread(from, buffer, sizeof(buffer), at)) > 0; at += n)
                        assert_int_equal(write(to, buffer, (size_t)n), n);
                close(to);
        }
}

/* The numbers of the first and the last line in the files in memory; they must follow each other. */
static void look_into_memory(const Fixture *x, unsigned *ret_first, unsigned *ret_last) {
        unsigned line = 0, n_lines = 0;
        char dir[96];
        sd_journal *j;

        snprintf(dir, sizeof(dir), "%s/copy", x->dir);
        copy_memory(x, dir);
        assert_int_equal(sd_journal_open_directory(&j, dir, 0), 0);
        SD_JOURNAL_FOREACH(j) {
                const void *data;
                size_t size;

                assert_int_equal(sd_journal_get_data(j, "MESSAGE", &data, &size), 0);
                assert_int_equal(sscanf(data, "MESSAGE=line %u", &line), 1);
                if (n_lines++ == 0)
                        *ret_first = line;
                assert_int_equal(line, *ret_first + n_lines - 1);
        }
        sd_journal_close(j);
        assert_true(n_lines > 0);
        *ret_last = line;
}

static void with_nowhere_to_write_the_newest_are_in_memory(void **state) {
        Fixture *x = *state;
        unsigned first, last;

        block_directories(x);
        open_storage(x);
        append(x, 7);
        storage_commit(&x->storage);
        look_into_memory(x, &first, &last);
        assert_int_equal(first, 0);
        assert_int_equal(last, 6);

        append(x, 40000);
        storage_commit(&x->storage);
        assert_int_equal(x->storage.n_dropped, 0);
        look_into_memory(x, &first, &last);
        assert_int_equal(last, 40006);
        assert_true(first > 0);
        assert_true(last - first > 5000);
}

static void memory_outlives_a_crash_and_what_was_not_committed_is_undone(void **state) {
        Fixture *x = *state;
        unsigned first, last;

        block_directories(x);
        open_storage(x);
        append(x, 30000);
        storage_commit(&x->storage);
        append(x, 5);
        crash(x);
        x->n -= 5;
        append(x, 10);
        storage_commit(&x->storage);
        look_into_memory(x, &first, &last);
        assert_int_equal(last, 30009);
        assert_int_equal(x->storage.n_dropped, 0);
}

static void memory_goes_to_the_directory_when_there_is_one(void **state) {
        Fixture *x = *state;

        block_directories(x);
        open_storage(x);
        append(x, 2000);
        assert_int_equal(unlink(x->runtime), 0);
        x->storage.better_at = 1; /* long ago */
        append(x, 500);
        storage_commit(&x->storage);
        assert_int_equal(count_entries(x, x->files), 2500);
        assert_int_equal(lseek(state_memory_file(&x->state, 0), 0, SEEK_END), 0);
        verify(x->files);
}

/* The disk takes nothing more while lines come, as one that became read-only, and later does again. */
static void place_that_fails_meanwhile_is_left_and_returned_to(void **state) {
        Fixture *x = *state;
        char files[160], path[192];
        int fd;

        assert_int_equal(mkdir(x->persistent, 0755), 0);
        x->config.persistent.max_file_size = 16 << 20;
        open_storage(x);
        append(x, 100);
        storage_commit(&x->storage);
        append(x, 50);
        snprintf(files, sizeof(files), "%s/abababababababababababababababab", x->persistent);
        snprintf(path, sizeof(path), "%s/system.journal", files);
        fd = open(path, O_RDONLY | O_CLOEXEC);
        assert_true(fd >= 0 && dup2(fd, x->storage.file.fd) >= 0);
        close(fd);
        append(x, 30000);
        storage_commit(&x->storage);
        assert_true(x->storage.is_runtime);
        assert_int_equal(x->storage.left.error, EBADF);
        assert_false(x->storage.left.is_runtime);
        assert_true(x->storage.better_at > 0);

        x->storage.better_at = 1; /* long ago */
        append(x, 10);
        storage_commit(&x->storage);
        assert_false(x->storage.is_runtime);
        assert_int_equal(x->storage.n_dropped, 0);
        assert_int_equal(count_entries(x, files), 30160);
        assert_int_equal(count_files(x->files, ".journal"), 0);
}

/* A name that cannot be given away, as where nothing can be renamed any more: not a line is tried there again and again. */
static void file_that_cannot_be_renamed_is_left_as_it_is(void **state) {
        Fixture *x = *state;
        char files[160], path[480], name[NAME_MAX + 1];

        assert_int_equal(mkdir(x->persistent, 0755), 0);
        open_storage(x);
        append(x, 100);
        storage_commit(&x->storage);
        storage_archived_name(journal_file_header(&x->storage.file), name, sizeof(name));
        snprintf(files, sizeof(files), "%s/abababababababababababababababab", x->persistent);
        snprintf(path, sizeof(path), "%s/%s", files, name);
        assert_int_equal(mkdir(path, 0755), 0);
        storage_rotate(&x->storage);
        append(x, 100);
        storage_commit(&x->storage);
        assert_true(x->storage.is_runtime);
        assert_int_equal(x->storage.left.error, EISDIR);

        x->storage.left.error = 0; /* told */
        x->storage.better_at = 1;
        append(x, 100);
        storage_commit(&x->storage);
        assert_true(x->storage.is_runtime);
        assert_int_equal(x->storage.left.error, 0);

        assert_int_equal(rmdir(path), 0);
        x->storage.avoid_until[false] = 0;
        x->storage.better_at = 1;
        append(x, 100);
        storage_commit(&x->storage);
        assert_false(x->storage.is_runtime);
        assert_int_equal(x->storage.n_dropped, 0);
        assert_int_equal(count_entries(x, files), 400);
        verify(files);
}

static void removed_file_is_replaced(void **state) {
        Fixture *x = *state;
        char path[256];

        open_storage(x);
        append(x, 5);
        storage_commit(&x->storage);
        snprintf(path, sizeof(path), "%s/system.journal", x->files);
        assert_int_equal(unlink(path), 0);
        storage_sync(&x->storage);
        x->n = 0;
        append(x, 5);
        storage_commit(&x->storage);
        assert_int_equal(count_entries(x, x->files), 5);
}

/* ---- state ---- */

static void carry_changes_with_the_commit_only(void **state) {
        Fixture *x = *state;
        State *s = &x->state;
        const uint8_t *text;
        uint64_t slot;
        size_t n;

        slot = state_carry_set(s, 42, 0, "first", 5);
        assert_int_not_equal(slot, 0);
        assert_int_equal(state_carry_find(s, 42), 0);
        state_commit(s);
        assert_int_equal(state_carry_find(s, 42), slot);

        assert_int_equal(state_carry_set(s, 42, slot, "second half", 11), slot);
        text = state_carry_get(s, slot, &n);
        assert_int_equal(n, 5);
        assert_memory_equal(text, "first", 5);
        state_commit(s);
        text = state_carry_get(s, slot, &n);
        assert_int_equal(n, 11);
        assert_memory_equal(text, "second half", 11);

        state_carry_clear(s, 42, slot);
        state_commit(s);
        assert_null(state_carry_get(s, slot, &n));
        assert_int_equal(state_carry_find(s, 42), 0);
}

static void carries_run_out_without_harm(void **state) {
        Fixture *x = *state;

        for (uint64_t i = 1; i <= STATE_CARRY_SLOTS; i++) {
                assert_int_not_equal(state_carry_set(&x->state, i, 0, "x", 1), 0);
                state_commit(&x->state);
        }
        assert_int_equal(state_carry_set(&x->state, 5000, 0, "x", 1), 0);
        assert_int_equal(
                state_carry_set(&x->state, 7, state_carry_find(&x->state, 7), x->dir, STATE_CARRY_MAX + 1),
                0);
}

static void ring_shows_what_is_committed_and_not_written(void **state) {
        Fixture *x = *state;
        State *s = &x->state;
        struct iovec iov[2];

        assert_true(state_ring_put(s, 0, "hello ", 6));
        assert_int_equal(state_ring_peek(s, 0, iov), 0);
        assert_true(state_ring_put(s, 0, "world", 5));
        state_commit(s);
        assert_int_equal(state_ring_peek(s, 0, iov), 1);
        assert_int_equal(iov[0].iov_len, 11);
        assert_memory_equal(iov[0].iov_base, "hello world", 11);
        state_ring_done(s, 0, 6);
        assert_int_equal(state_ring_peek(s, 0, iov), 1);
        assert_memory_equal(iov[0].iov_base, "world", 5);
        assert_int_equal(state_ring_peek(s, 1, iov), 0);
}

/* Any mixture of puts, commits and writes brings out the bytes that went in. */
static void ring_keeps_the_order_of_bytes(void **state) {
        Fixture *x = *state;
        State *s = &x->state;
        uint64_t seed = 88172645463325252ULL;
        uint8_t in = 0, out = 0;

        for (unsigned i = 0; i < 200000; i++) {
                uint8_t piece[700];
                struct iovec iov[2];
                size_t n;

                seed ^= seed << 13;
                seed ^= seed >> 7;
                seed ^= seed << 17;
                n = seed % sizeof(piece);
                if (seed & 1024) {
                        size_t room = state_ring_room(s, 0);

                        for (size_t k = 0; k < n; k++)
                                piece[k] = (uint8_t)(in + k);
                        if (state_ring_put(s, 0, piece, n))
                                in += (uint8_t)n;
                        else
                                assert_true(n > room);
                }
                if (seed & 2048)
                        state_commit(s);
                if (seed & 4096 && state_ring_peek(s, 0, iov) > 0) {
                        n = MIN(n, iov[0].iov_len);
                        for (size_t k = 0; k < n; k++)
                                assert_int_equal(((uint8_t *)iov[0].iov_base)[k], out++);
                        state_ring_done(s, 0, n);
                }
        }
}

static void strange_memory_is_not_adopted(void **state) {
        Fixture *x = *state;
        int fds[STATE_FDS];
        State other;

        for (size_t i = 0; i < STATE_FDS; i++)
                fds[i] = dup(x->state.fds[i]);
        x->state.shared->slot[x->state.shared->seq & 1].carry_slot = STATE_CARRY_SLOTS + 1;
        assert_int_equal(state_adopt(&other, fds, STATE_FDS), -EINVAL);
        x->state.shared->slot[x->state.shared->seq & 1].carry_slot = 0;

        for (size_t i = 0; i < STATE_FDS; i++)
                fds[i] = dup(x->state.fds[2]);
        assert_int_equal(state_adopt(&other, fds, STATE_FDS), -EINVAL);
        fds[0] = dup(0);
        assert_int_equal(state_adopt(&other, fds, 1), -EINVAL);
}

int main(void) {
        const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
                T(sequence_goes_on_over_rotation),
                T(uncommitted_entries_are_undone_by_the_next_one),
                T(file_of_an_earlier_run_is_set_aside),
                T(file_closed_in_order_is_continued),
                T(damaged_file_is_not_continued),
                T(time_that_goes_back_begins_a_file),
                T(oldest_files_go_when_there_are_too_many_bytes),
                T(files_are_readable_by_the_group_only),
                T(persistent_directory_is_used_when_it_exists),
                T(flush_takes_what_is_there_along),
                T(what_was_being_written_goes_along_when_the_directory_came_meanwhile),
                T(what_an_earlier_run_has_left_goes_along),
                T(with_nowhere_to_write_the_newest_are_in_memory),
                T(memory_outlives_a_crash_and_what_was_not_committed_is_undone),
                T(memory_goes_to_the_directory_when_there_is_one),
                T(place_that_fails_meanwhile_is_left_and_returned_to),
                T(file_that_cannot_be_renamed_is_left_as_it_is),
                T(removed_file_is_replaced),
                T(carry_changes_with_the_commit_only),
                T(carries_run_out_without_harm),
                T(ring_shows_what_is_committed_and_not_written),
                T(ring_keeps_the_order_of_bytes),
                T(strange_memory_is_not_adopted),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
