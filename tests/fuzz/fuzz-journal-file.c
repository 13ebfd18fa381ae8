/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The writer of journal files: whatever is appended, committed, rolled back
 * and continued in whatever order, sd-journal finds for each field exactly the
 * entries that were committed with it, and journalctl finds nothing wrong.
 */

#include "fuzz.h"
#include "journal/compress.h"
#include "journal/file.h"

#include <fcntl.h>
#include <stdio.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

#define FILE_NAME "fuzz.journal"
#define FIELDS 16
#define SETS 6
#define VERIFY_EVERY 64 /* a process each time */

typedef struct World {
        char dir[64], path[96];
        int dirfd;
        Undo undo;
        JournalFile file;
        JournalFileSpec spec;
        FieldSet sets[SETS];
        uint16_t masks[SETS];
        uint64_t seq, tick;
        unsigned committed[FIELDS], pending[FIELDS];
} World;

static char payloads[FIELDS][24];

static void make_payloads(void) {
        for (unsigned i = 0; i < FIELDS; i++)
                snprintf(payloads[i], sizeof(payloads[i]), "F%u=%u", i % 5, i);
}

static void make_set(World *w, unsigned i, uint16_t mask) {
        field_set_release(&w->sets[i]);
        w->masks[i] = mask | 1;
        for (unsigned k = 0; k < FIELDS; k++)
                if (w->masks[i] & (1U << k)) {
                        char *eq = strchr(payloads[k], '='), name[8] = "";

                        memcpy(name, payloads[k], (size_t)(eq - payloads[k]));
                        HOLDS(field_set_add(&w->sets[i], name, eq + 1) == 0);
                }
}

static void begin(World *w) {
        journal_file_begin(&w->file, ++w->seq);
        memset(w->pending, 0, sizeof(w->pending));
}

static void commit(World *w) {
        journal_file_link(&w->file);
        for (unsigned i = 0; i < FIELDS; i++)
                w->committed[i] += w->pending[i];
        begin(w);
}

static void roll_back(World *w) {
        HOLDS(journal_file_roll_back(&w->file));
        begin(w);
}

static void reopen(World *w) {
        commit(w);
        journal_file_close(&w->file, JOURNAL_CLOSE_TO_CONTINUE);
        HOLDS(journal_file_open(&w->file, w->dirfd, FILE_NAME, &w->spec, NULL, &w->undo) == 0);
        begin(w);
}

/* False: the file is full. */
static bool append(World *w, unsigned set, uint16_t own_mask, unsigned repeat) {
        char text[512];
        struct iovec own[FIELDS + 1];
        size_t n = 0;

        for (unsigned k = 0; k < FIELDS; k++)
                if (own_mask & (1U << k))
                        own[n++] = (struct iovec){ payloads[k], strlen(payloads[k]) };
        memset(text, 'x', sizeof(text));
        snprintf(text, sizeof(text), "MESSAGE=%u", repeat % 7);
        own[n++] = (struct iovec){ text, 9 + repeat % 500 };

        for (;;) {
                int r = journal_file_append(&w->file, &w->sets[set], own, n,
                                            &(EntryTime){ 1000 + w->tick, 1000 + w->tick });

                HOLDS(r >= 0 && r != JOURNAL_FILE_TOO_LARGE);
                if (r == JOURNAL_FILE_FULL)
                        return false;
                if (r == 0)
                        break;
                commit(w);
        }
        w->tick++;
        for (unsigned k = 0; k < FIELDS; k++)
                w->pending[k] += ((own_mask | w->masks[set]) >> k) & 1U;
        return true;
}

static void check(World *w) {
        const char *paths[] = { w->path, NULL };
        static unsigned n_checks;
        char command[160];
        sd_journal *j;

        HOLDS(sd_journal_open_files(&j, paths, 0) >= 0);
        for (unsigned k = 0; k < FIELDS; k++) {
                unsigned n = 0;

                sd_journal_flush_matches(j);
                HOLDS(sd_journal_add_match(j, payloads[k], 0) >= 0);
                SD_JOURNAL_FOREACH(j) {
                        n++;
                }
                HOLDS(n == w->committed[k]);
        }
        sd_journal_close(j);

        snprintf(command, sizeof(command), "exec journalctl -q --verify --file=%s >/dev/null 2>&1", w->path);
        if (n_checks++ % VERIFY_EVERY == 0 && access("/usr/bin/journalctl", X_OK) >= 0)
                HOLDS(system(command) == 0);
}

static void play(World *w, const uint8_t *data, size_t size) {
        for (size_t i = 0; i + 3 < size; i += 4) {
                unsigned operation = data[i] % 16, set = data[i + 1] % SETS;
                uint16_t mask = (uint16_t)(data[i + 2] << 8 | data[i + 3]);

                if (operation == 0)
                        commit(w);
                else if (operation == 1)
                        roll_back(w);
                else if (operation == 2)
                        reopen(w);
                else if (operation == 3)
                        commit(w), make_set(w, set, mask);
                else if (operation < 12) {
                        for (unsigned k = 0; k <= data[i + 3] % 40U; k++)
                                if (!append(w, set, 0, k * data[i + 2]))
                                        return;
                } else if (!append(w, set, mask, data[i + 3]))
                        return;
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        static World world;
        World *w = &world;

        *w = (World){ .file = JOURNAL_FILE_INIT,
                      .dir = "/tmp/svinit-fuzz-XXXXXX",
                      .spec = { .max_size = 512 * 1024,
                                .grow_step = 64 * 1024,
                                .compress_from = 200,
                                .mode = 0600,
                                .gid = -1 } };
        (void)compress_open();
        make_payloads();
        for (unsigned i = 0; i < SETS; i++)
                make_set(w, i, (uint16_t)(0x1111U << i | 0x8001U));
        HOLDS(mkdtemp(w->dir));
        snprintf(w->path, sizeof(w->path), "%s/" FILE_NAME, w->dir);
        w->dirfd = open(w->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        HOLDS(journal_file_create(&w->file, w->dirfd, FILE_NAME, &w->spec, &w->undo) == 0);

        begin(w);
        play(w, data, size);
        commit(w);
        journal_file_close(&w->file, JOURNAL_CLOSE_FOR_EVER);
        check(w);

        HOLDS(unlink(w->path) == 0 && rmdir(w->dir) == 0);
        close(w->dirfd);
        for (unsigned i = 0; i < SETS; i++)
                field_set_release(&w->sets[i]);
        return 0;
}
