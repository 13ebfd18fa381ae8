/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * A child changes a journal file, one instruction at a time; after each of
 * them a copy of the file is recovered as after a SIGKILL at that point. Before
 * the commit it must be the old file, byte for byte; after it, the new one.
 */

#include "journal/storage.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define FILE_MAX (256 * 1024)

typedef struct Fixture {
        char dir[64];
        int dirfd;
        State state;
        JournalFile file;
        JournalFileSpec spec;
        FieldSet web, db, level;
        uint8_t *before; /* the file as it was committed last */
        size_t size;
} Fixture;

static int setup(void **state) {
        Fixture *x = calloc(1, sizeof(*x));

        strcpy(x->dir, "/tmp/svinit-kill-XXXXXX");
        assert_non_null(mkdtemp(x->dir));
        x->dirfd = open(x->dir, O_DIRECTORY | O_CLOEXEC);
        assert_int_equal(state_new(&x->state), 0);
        x->file = JOURNAL_FILE_INIT;
        x->spec = (JournalFileSpec){ .max_size = FILE_MAX, .grow_step = FILE_MAX, .mode = 0600, .gid = -1 };
        assert_int_equal(field_set_add(&x->web, "_SYSTEMD_UNIT", "web.service"), 0);
        assert_int_equal(field_set_add(&x->web, "PRIORITY", "6"), 0);
        assert_int_equal(field_set_add(&x->db, "_SYSTEMD_UNIT", "db.service"), 0);
        assert_int_equal(field_set_add(&x->level, "PRIORITY", "6"), 0);
        assert_int_equal(
                journal_file_create(&x->file, x->dirfd, "system.journal", &x->spec, &x->state.shared->undo),
                0);
        *state = x;
        return 0;
}

static int teardown(void **state) {
        Fixture *x = *state;

        journal_file_close(&x->file, JOURNAL_CLOSE_TO_CONTINUE);
        unlinkat(x->dirfd, "system.journal", 0);
        close(x->dirfd);
        rmdir(x->dir);
        field_set_release(&x->web);
        field_set_release(&x->db);
        field_set_release(&x->level);
        state_release(&x->state);
        free(x->before);
        free(x);
        return 0;
}

static void append(Fixture *x, FieldSet *common, const char *message, uint64_t tick) {
        struct iovec own = { (char *)message, strlen(message) };

        if (journal_file_append(&x->file, common, &own, 1, &(EntryTime){ 1000 + tick, 1000 + tick }) != 0)
                _exit(1);
}

static void begin(Fixture *x) {
        journal_file_begin(&x->file, state_seq(&x->state));
}

static void commit(Fixture *x) {
        journal_file_link(&x->file);
        x->state.next.consumed++;
        state_commit(&x->state);
}

/* What the file looks like when the lists are full, half full and not there, and chains exist. */
static void fill(Fixture *x) {
        begin(x);
        for (unsigned i = 0; i < 5; i++) {
                append(x, &x->web, "MESSAGE=same", i);
                append(x, &x->db, "MESSAGE=other", i);
        }
        append(x, &x->web, "CODE=1", 9);
        commit(x);
}

static void keep_before(Fixture *x) {
        x->size = x->file.size;
        free(x->before);
        x->before = malloc(x->size);
        assert_non_null(x->before);
        memcpy(x->before, x->file.map, x->size);
}

/* What the traced child does. */
static void change(Fixture *x) {
        begin(x);
        append(x, &x->web, "MESSAGE=same", 100);
        append(x, &x->web, "MESSAGE=new text", 101);
        append(x, &x->web, "NEW_FIELD=1", 102);
        append(x, &x->db, "CODE=1", 103);
        append(x, &x->level, "MESSAGE=same", 104); /* goes on in web's list */
        append(x, &x->web, "MESSAGE=same", 105);   /* and web has to copy it */
        commit(x);
}

/* Recovers a copy of file and undo. True: the change had been committed. */
static bool check_point(Fixture *x, uint8_t *copy, uint64_t seq_before, unsigned long step) {
        const SharedState *shared = x->state.shared;

        if (shared->seq != seq_before)
                return true;
        if (!undo_is_armed(&shared->undo, shared->seq))
                return false; /* nothing has been touched yet: compared by the caller at the end */
        memcpy(copy, x->file.map, x->size);
        if (!undo_roll_back(&shared->undo, copy, x->size) || memcmp(copy, x->before, x->size) != 0)
                fail_msg("after %lu instructions the file could not be restored", step);
        return false;
}

static void killed_at_any_instruction_the_file_is_old_or_new(void **state) {
        Fixture *x = *state;
        uint8_t *copy = malloc(FILE_MAX);
        unsigned long n = 0, n_checked = 0;
        bool committed = false;
        uint64_t seq;
        int status;
        pid_t pid;

        fill(x);
        keep_before(x);
        seq = state_seq(&x->state);
        pid = fork();
        if (pid == 0) {
                if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0)
                        _exit(77);
                raise(SIGSTOP);
                change(x);
                _exit(0);
        }

        assert_int_equal(waitpid(pid, &status, 0), pid);
        if (WIFEXITED(status) && WEXITSTATUS(status) == 77) {
                free(copy);
                skip(); /* not allowed to trace */
        }
        while (WIFSTOPPED(status)) {
                uint64_t n_records = x->state.shared->undo.n;

                assert_int_equal(ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL), 0);
                assert_int_equal(waitpid(pid, &status, 0), pid);
                /* Each instruction near a store to an existing place, and every seventh of the others. */
                if (committed || (n++ % 7 != 0 && x->state.shared->undo.n == n_records))
                        continue;
                committed = check_point(x, copy, seq, n);
                n_checked++;
        }
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
        assert_true(committed);
        assert_true(n_checked > 500);
        assert_int_equal(journal_file_header(&x->file)->tail_entry_seqnum, 17);
        free(copy);
}

/* The record that is true changes from one instruction to the next, never in between. */
static void commit_shows_the_old_or_the_new_record(void **state) {
        Fixture *x = *state;
        int status;
        pid_t pid;

        memset(&x->state.next, 0x11, sizeof(Commit));
        x->state.next.carry_slot = 0;
        state_commit(&x->state);
        pid = fork();
        if (pid == 0) {
                if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0)
                        _exit(77);
                raise(SIGSTOP);
                memset(&x->state.next, 0x22, sizeof(Commit));
                x->state.next.carry_slot = 0;
                state_commit(&x->state);
                _exit(0);
        }

        assert_int_equal(waitpid(pid, &status, 0), pid);
        if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
                skip();
        while (WIFSTOPPED(status)) {
                const Commit *c = state_committed(&x->state);
                const uint8_t *bytes = (const uint8_t *)c;

                assert_true(bytes[0] == 0x11 || bytes[0] == 0x22);
                for (size_t i = 0; i < sizeof(*c); i++)
                        if (bytes[i] != bytes[0] && (i < offsetof(Commit, carry_slot) ||
                                                     i >= offsetof(Commit, carry_slot) + sizeof(uint64_t)))
                                fail_msg("byte %zu of the record is torn", i);
                assert_int_equal(ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL), 0);
                assert_int_equal(waitpid(pid, &status, 0), pid);
        }
        assert_int_equal(((const uint8_t *)state_committed(&x->state))[0], 0x22);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(killed_at_any_instruction_the_file_is_old_or_new, setup,
                                                teardown),
                cmocka_unit_test_setup_teardown(commit_shows_the_old_or_the_new_record, setup, teardown),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
