/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The writer of journal files, judged by libsystemd's reader and `journalctl --verify`. */

#include "journal/compress.h"
#include "journal/file.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

#include <cmocka.h>

#define REALTIME 1700000000000000ULL

typedef struct Fixture {
        char dir[64], path[96];
        int dirfd;
        Undo *undo;
        uint64_t commit;
        JournalFile file;
        JournalFileSpec spec;
        FieldSet common;
} Fixture;

static int setup(void **state) {
        Fixture *x = calloc(1, sizeof(*x));

        if (!x)
                return -1;
        strcpy(x->dir, "/tmp/svinit-journal-XXXXXX");
        assert_non_null(mkdtemp(x->dir));
        snprintf(x->path, sizeof(x->path), "%s/system.journal", x->dir);
        x->dirfd = open(x->dir, O_DIRECTORY | O_CLOEXEC);
        x->undo = calloc(1, sizeof(Undo));
        undo_disarm(x->undo);
        x->commit = 1;
        x->file = JOURNAL_FILE_INIT;
        x->spec = (JournalFileSpec){ .max_size = 4 << 20, .grow_step = 1 << 20, .mode = 0640, .gid = -1 };
        memset(&x->spec.machine_id, 0x11, sizeof(Id128));
        memset(&x->spec.boot_id, 0x22, sizeof(Id128));
        assert_int_equal(field_set_add(&x->common, "_SYSTEMD_UNIT", "web.service"), 0);
        assert_int_equal(field_set_add(&x->common, "PRIORITY", "6"), 0);
        assert_int_equal(field_set_add(&x->common, "_TRANSPORT", "stdout"), 0);
        *state = x;
        return 0;
}

static int teardown(void **state) {
        Fixture *x = *state;

        journal_file_close(&x->file, JOURNAL_CLOSE_TO_CONTINUE);
        unlink(x->path);
        rmdir(x->dir);
        close(x->dirfd);
        field_set_release(&x->common);
        free(x->undo);
        free(x);
        return 0;
}

static void create(Fixture *x) {
        assert_int_equal(journal_file_create(&x->file, x->dirfd, "system.journal", &x->spec, x->undo), 0);
        journal_file_begin(&x->file, x->commit);
}

static void commit(Fixture *x) {
        journal_file_link(&x->file);
        x->commit++;
        journal_file_begin(&x->file, x->commit);
}

static int append(Fixture *x, FieldSet *common, const char *message, uint64_t tick) {
        struct iovec own = { (char *)message, strlen(message) };

        return journal_file_append(&x->file, common, &own, 1, &(EntryTime){ REALTIME + tick, 1000 + tick });
}

/* Appends numbered lines until the file is full or there are n. */
static unsigned append_lines(Fixture *x, unsigned from, unsigned n) {
        for (unsigned i = from; i < from + n; i++) {
                char line[64];
                int r;

                snprintf(line, sizeof(line), "MESSAGE=line %u", i);
                do {
                        r = append(x, &x->common, line, i);
                        if (r == JOURNAL_FILE_TRANSACTION_FULL)
                                commit(x);
                } while (r == JOURNAL_FILE_TRANSACTION_FULL);
                if (r == JOURNAL_FILE_FULL)
                        return i - from;
                assert_int_equal(r, 0);
        }

        return n;
}

static void verify(Fixture *x) {
        char command[256];

        snprintf(command, sizeof(command), "journalctl --verify -q --file=%s 2>&1", x->path);
        assert_int_equal(system(command), 0);
}

static unsigned count(Fixture *x, const char *match) {
        const char *paths[] = { x->path, NULL };
        unsigned n = 0;
        sd_journal *j;

        assert_int_equal(sd_journal_open_files(&j, paths, 0), 0);
        if (match)
                assert_int_equal(sd_journal_add_match(j, match, 0), 0);
        SD_JOURNAL_FOREACH(j)
        n++;
        sd_journal_close(j);
        return n;
}

static void reader_finds_every_line_by_match_and_in_order(void **state) {
        Fixture *x = *state;
        const char *paths[] = { x->path, NULL };
        unsigned n = 0;
        sd_journal *j;

        create(x);
        assert_int_equal(append_lines(x, 0, 5000), 5000);
        commit(x);

        assert_int_equal(sd_journal_open_files(&j, paths, 0), 0);
        assert_int_equal(sd_journal_add_match(j, "_SYSTEMD_UNIT=web.service", 0), 0);
        SD_JOURNAL_FOREACH(j) {
                char line[64];
                const void *data;
                uint64_t usec;
                size_t size;

                snprintf(line, sizeof(line), "MESSAGE=line %u", n);
                assert_int_equal(sd_journal_get_data(j, "MESSAGE", &data, &size), 0);
                assert_int_equal(size, strlen(line));
                assert_memory_equal(data, line, size);
                assert_int_equal(sd_journal_get_realtime_usec(j, &usec), 0);
                assert_int_equal(usec, REALTIME + n);
                n++;
        }
        sd_journal_close(j);
        assert_int_equal(n, 5000);
        assert_int_equal(count(x, "MESSAGE=line 4321"), 1);
        assert_int_equal(count(x, "_SYSTEMD_UNIT=other.service"), 0);
        verify(x);
}

static void equal_messages_are_stored_once(void **state) {
        Fixture *x = *state;
        uint64_t n_data;

        create(x);
        assert_int_equal(append(x, &x->common, "MESSAGE=again", 1), 0);
        n_data = journal_file_header(&x->file)->n_data;
        for (unsigned i = 2; i <= 700; i++)
                assert_int_equal(append(x, &x->common, "MESSAGE=again", i), 0);
        commit(x);
        assert_int_equal(journal_file_header(&x->file)->n_data, n_data);
        assert_int_equal(count(x, "MESSAGE=again"), 700);
        verify(x);
}

/* Also when the file that it was foreseen for is full meanwhile. */
static void foreseen_message_is_the_same_message(void **state) {
        struct iovec own = { (char *)"MESSAGE=again", 13 };
        Fixture *x = *state;
        Foresight foresight;

        journal_file_foresee(&x->file, "again", 5, &foresight); /* no file yet */
        journal_file_foresee_again(&x->file, &foresight);
        create(x);
        for (unsigned i = 1; i <= 40; i++) {
                assert_int_equal(journal_file_append_foreseen(&x->file, &x->common, &own, 1, &foresight,
                                                              &(EntryTime){ REALTIME + i, 1000 + i }),
                                 0);
                assert_int_equal(append(x, &x->common, "MESSAGE=again", i), 0);
                if (i == 20) {
                        commit(x);
                        journal_file_close(&x->file, JOURNAL_CLOSE_FOR_EVER);
                        create(x);
                }
                if (i % 7 == 0)
                        journal_file_foresee(&x->file, "again", 5, &foresight);
                journal_file_foresee_again(&x->file, &foresight);
        }
        commit(x);
        assert_int_equal(count(x, "MESSAGE=again"), 40);
        verify(x);
}

static void field_given_twice_is_linked_once(void **state) {
        Fixture *x = *state;
        struct iovec own[] = {
                { "MESSAGE=a", 9 }, { "A=1", 3 }, { "A=1", 3 }, { "PRIORITY=6", 10 }, { "A=2", 3 }
        };

        create(x);
        for (unsigned i = 0; i < 9; i++)
                assert_int_equal(journal_file_append(&x->file, &x->common, own, ELEMENTSOF(own),
                                                     &(EntryTime){ REALTIME + i, i }),
                                 0);
        commit(x);
        assert_int_equal(count(x, "A=1"), 9);
        assert_int_equal(count(x, "PRIORITY=6"), 9);
        verify(x);
}

static void binary_and_large_data_come_back_unchanged(void **state) {
        Fixture *x = *state;
        const char *paths[] = { x->path, NULL };
        size_t size = 300000, got;
        char *large = malloc(size);
        const void *data;
        sd_journal *j;

        memcpy(large, "BLOB=", 5);
        for (size_t i = 5; i < size; i++)
                large[i] = (char)(i * 31);
        create(x);
        assert_int_equal(journal_file_append(&x->file, &x->common, &(struct iovec){ large, size }, 1,
                                             &(EntryTime){ REALTIME, 1 }),
                         0);
        commit(x);
        assert_int_equal(sd_journal_open_files(&j, paths, 0), 0);
        sd_journal_set_data_threshold(j, 0);
        assert_int_equal(sd_journal_next(j), 1);
        assert_int_equal(sd_journal_get_data(j, "BLOB", &data, &got), 0);
        assert_int_equal(got, size);
        assert_memory_equal(data, large, size);
        sd_journal_close(j);
        free(large);
        verify(x);
}

/* Where the library is: smaller in the file, the same to readers, found again when it comes again. */
static void large_text_is_compressed(void **state) {
        Fixture *x = *state;
        uint64_t n_data, end;
        char large[20000] = "MESSAGE=", noise[4000] = "MESSAGE=";
        const char *paths[] = { x->path, NULL };
        const void *data;
        sd_journal *j;
        size_t size;

        if (!compress_open())
                skip();
        for (size_t i = 8; i < sizeof(large) - 1; i++)
                large[i] = (char)('a' + i % 23);
        for (size_t i = 8, v = 1; i < sizeof(noise) - 1; i++)
                noise[i] = (char)(33 + (v = v * 6364136223846793005U + 1442695040888963407U, v >> 57) % 94);
        x->spec.compress_from = 512;
        create(x);
        end = x->file.tail_end;
        assert_int_equal(append(x, &x->common, large, 1), 0);
        assert_true(x->file.tail_end - end < 4000);
        n_data = journal_file_header(&x->file)->n_data;
        assert_int_equal(append(x, &x->common, large, 2), 0);
        assert_int_equal(append(x, &x->common, "MESSAGE=small", 3), 0);
        assert_int_equal(append(x, &x->common, noise, 4), 0);
        commit(x);
        assert_int_equal(journal_file_header(&x->file)->n_data, n_data + 2);
        verify(x);

        /* The next one goes on with it. */
        journal_file_close(&x->file, JOURNAL_CLOSE_TO_CONTINUE);
        assert_int_equal(journal_file_open(&x->file, x->dirfd, "system.journal", &x->spec, NULL, x->undo), 0);
        journal_file_begin(&x->file, x->commit);
        assert_int_equal(append(x, &x->common, large, 5), 0);
        commit(x);
        assert_int_equal(journal_file_header(&x->file)->n_data, n_data + 2);
        verify(x);

        assert_true(sd_journal_open_files(&j, paths, 0) >= 0);
        assert_true(sd_journal_add_match(j, large, strlen(large)) >= 0);
        for (unsigned i = 0; i < 3; i++) {
                assert_int_equal(sd_journal_next(j), 1);
                sd_journal_set_data_threshold(j, 0);
                assert_true(sd_journal_get_data(j, "MESSAGE", &data, &size) >= 0);
                assert_int_equal(size, strlen(large));
                assert_memory_equal(data, large, size);
        }
        assert_int_equal(sd_journal_next(j), 0);
        sd_journal_close(j);
}

static void full_file_says_so_and_stays_valid(void **state) {
        Fixture *x = *state;
        unsigned n;

        create(x);
        n = append_lines(x, 0, 1000000);
        assert_in_range(n, 5000, 30000);
        commit(x);
        assert_int_equal(count(x, NULL), n);
        journal_file_close(&x->file, JOURNAL_CLOSE_FOR_EVER);
        verify(x);
}

static void entry_larger_than_a_file_is_refused(void **state) {
        Fixture *x = *state;
        size_t size = 8 << 20;
        char *large = malloc(size);

        memset(large, 'x', size);
        memcpy(large, "A=", 2);
        create(x);
        assert_int_equal(journal_file_append(&x->file, &x->common, &(struct iovec){ large, size }, 1,
                                             &(EntryTime){ REALTIME, 1 }),
                         JOURNAL_FILE_TOO_LARGE);
        free(large);
}

static void offline_file_is_continued_and_online_one_is_not(void **state) {
        Fixture *x = *state;
        Id128 id;

        create(x);
        append_lines(x, 0, 100);
        commit(x);
        id = journal_file_header(&x->file)->file_id;
        journal_file_close(&x->file, JOURNAL_CLOSE_TO_CONTINUE);

        assert_int_equal(journal_file_open(&x->file, x->dirfd, "system.journal", &x->spec, NULL, x->undo), 0);
        journal_file_begin(&x->file, ++x->commit);
        append_lines(x, 100, 100);
        commit(x);
        assert_int_equal(journal_file_header(&x->file)->tail_entry_seqnum, 200);
        journal_file_close(&x->file, JOURNAL_CLOSE_AS_IT_IS);

        assert_int_equal(journal_file_open(&x->file, x->dirfd, "system.journal", &x->spec, NULL, x->undo),
                         JOURNAL_FILE_DIRTY);
        assert_int_equal(journal_file_open(&x->file, x->dirfd, "system.journal", &x->spec, &id, x->undo), 0);
        journal_file_close(&x->file, JOURNAL_CLOSE_TO_CONTINUE);
        assert_int_equal(count(x, NULL), 200);
        verify(x);
}

static void file_that_grew_before_a_kill_is_readable_to_its_end(void **state) {
        Fixture *x = *state;
        uint64_t size;
        Id128 id;

        create(x);
        append_lines(x, 0, 100);
        commit(x);
        id = journal_file_header(&x->file)->file_id;
        size = x->file.size;
        assert_int_equal(ftruncate(x->file.fd, (off_t)size + 65536), 0); /* ... and its header was not told */
        journal_file_close(&x->file, JOURNAL_CLOSE_AS_IT_IS);

        assert_int_equal(journal_file_open(&x->file, x->dirfd, "system.journal", &x->spec, &id, x->undo), 0);
        journal_file_begin(&x->file, ++x->commit);
        for (unsigned i = 100; x->file.tail_end <= size; i++)
                append_lines(x, i, 1);
        commit(x);
        assert_int_equal(x->file.size, size + 65536);
        journal_file_close(&x->file, JOURNAL_CLOSE_TO_CONTINUE);
        assert_true(count(x, NULL) > 100);
        verify(x);
}

static void file_with_garbage_is_not_continued(void **state) {
        Fixture *x = *state;
        int fd = open(x->path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        static const char garbage[8192] = "LPKSHHRHgarbage";

        assert_int_equal(write(fd, garbage, sizeof(garbage)), sizeof(garbage));
        close(fd);
        assert_int_equal(journal_file_open(&x->file, x->dirfd, "system.journal", &x->spec, NULL, x->undo),
                         JOURNAL_FILE_FOREIGN);
        assert_false(journal_file_is_open(&x->file));
}

static char *slurp(Fixture *x, size_t *ret_size) {
        struct stat st;
        char *data;

        assert_int_equal(fstat(x->file.fd, &st), 0);
        data = malloc((size_t)st.st_size);
        assert_int_equal(pread(x->file.fd, data, (size_t)st.st_size, 0), st.st_size);
        *ret_size = (size_t)st.st_size;
        return data;
}

static void rolled_back_file_is_what_it_was(void **state) {
        Fixture *x = *state;
        FieldSet other = { 0 };
        size_t size, size_after;
        char *before, *after;

        create(x);
        append_lines(x, 0, 777);
        commit(x);
        before = slurp(x, &size);

        assert_int_equal(field_set_add(&other, "_SYSTEMD_UNIT", "new.service"), 0);
        assert_int_equal(append(x, &other, "MESSAGE=line 5", 1000), 0);
        append_lines(x, 1001, 500);
        assert_int_equal(append(x, &other, "NEW_FIELD=1", 2000), 0);
        journal_file_link(&x->file);
        assert_true(journal_file_roll_back(&x->file));
        after = slurp(x, &size_after);
        assert_int_equal(size, size_after);
        assert_memory_equal(before, after, size);

        /* ... and the same file takes the lines now. */
        journal_file_begin(&x->file, ++x->commit);
        append_lines(x, 777, 500);
        assert_int_equal(append(x, &other, "NEW_FIELD=1", 2000), 0);
        commit(x);
        assert_int_equal(count(x, NULL), 1278);
        verify(x);
        free(before);
        free(after);
        field_set_release(&other);
}

static void rollback_refuses_another_file(void **state) {
        Fixture *x = *state;

        create(x);
        append_lines(x, 0, 10);
        x->undo->header.file_id.bytes[0] ^= 1;
        assert_false(undo_roll_back(x->undo, x->file.map, x->file.size));
        x->undo->header.file_id.bytes[0] ^= 1;
        x->undo->n = UNDO_MAX + 1;
        assert_false(undo_roll_back(x->undo, x->file.map, x->file.size));
        x->undo->n = 1;
        x->undo->records[0].offset = x->file.size + 8;
        assert_false(undo_roll_back(x->undo, x->file.map, x->file.size));
}

int main(void) {
        const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
                T(reader_finds_every_line_by_match_and_in_order),
                T(equal_messages_are_stored_once),
                T(foreseen_message_is_the_same_message),
                T(field_given_twice_is_linked_once),
                T(binary_and_large_data_come_back_unchanged),
                T(large_text_is_compressed),
                T(full_file_says_so_and_stays_valid),
                T(entry_larger_than_a_file_is_refused),
                T(offline_file_is_continued_and_online_one_is_not),
                T(file_that_grew_before_a_kill_is_readable_to_its_end),
                T(file_with_garbage_is_not_continued),
                T(rolled_back_file_is_what_it_was),
                T(rollback_refuses_another_file),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
