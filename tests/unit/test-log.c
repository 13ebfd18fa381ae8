/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/log.h"
#include "base/text.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

typedef struct Heard {
        char sentence[4096];
        char unit[64];
        int priority;
        int64_t errno_field; /* -1: none */
        unsigned n;
} Heard;

static void hear(const LogRecord *record, void *userdata) {
        Heard *h = userdata;

        h->n++;
        h->priority = record->priority;
        h->errno_field = -1;
        strncpy(h->sentence, record->sentence, sizeof(h->sentence) - 1);
        strncpy(h->unit, record->unit ? record->unit : "", sizeof(h->unit) - 1);
        for (size_t i = 0; i < record->n_fields; i++)
                if (str_equal(record->fields[i].name, "ERRNO"))
                        h->errno_field = record->fields[i].number;
        LOG(TEXT, FIELD_S("TEXT", "from inside the hook"));
}

static int setup(void **state) {
        static Heard heard;

        heard = (Heard){ 0 };
        log_set_hook(hear, &heard);
        log_set_max_priority(LOG_INFO);
        *state = &heard;
        return 0;
}

static void sentence_has_the_values_of_the_fields(void **state) {
        Heard *h = *state;

        LOG_UNIT("a.service", UNIT_RESTART_SCHEDULED, FIELD_I("N_RESTARTS", -3),
                 FIELD_S("REASON", "why not"));
        assert_string_equal(h->sentence,
                            "a.service: Scheduled restart job, restart counter is at -3 (why not).");
        assert_string_equal(h->unit, "a.service");
        assert_int_equal(h->priority, LOG_INFO);
        assert_int_equal(h->errno_field, -1);
}

static void error_is_a_field_and_words(void **state) {
        Heard *h = *state;

        LOG_UNIT_ERRNO("a.service", SPAWN_FAILED, -ENOENT, FIELD_S("STEP", "exec"),
                       FIELD_S("EXECUTABLE", "/bin/a"), FIELD_S("TEXT", "No such file or directory"),
                       FIELD_S("STATUS_TEXT", "203/EXEC"));
        assert_string_equal(
                h->sentence,
                "a.service: Failed at step exec spawning /bin/a: No such file or directory (203/EXEC)");
        assert_int_equal(h->errno_field, ENOENT);
}

static void sentence_is_one_line(void **state) {
        Heard *h = *state;

        LOG(TEXT, FIELD_S("TEXT", "a\nb\x1b[31mc@TEXT@"));
        assert_string_equal(h->sentence, "a b [31mc@TEXT@");
}

static void value_that_is_missing_shows_its_name(void **state) {
        Heard *h = *state;

        LOG(TEXT, FIELD_S("OTHER", "x"));
        assert_string_equal(h->sentence, "@TEXT@");
}

static void long_sentence_is_cut_between_characters(void **state) {
        char text[5001];
        Heard *h = *state;

        for (size_t i = 0; i < sizeof(text) - 1; i += 2)
                memcpy(text + i, "\xc3\xa9", 2);
        text[sizeof(text) - 1] = 0;
        LOG(TEXT, FIELD_S("TEXT", text));
        assert_true(strlen(h->sentence) > 2000 && strlen(h->sentence) < 2100);
        assert_true(str_is_utf8(h->sentence, strlen(h->sentence)));
        assert_true(str_ends_with(h->sentence, "..."));
}

static void less_important_messages_are_dropped(void **state) {
        Heard *h = *state;

        LOG(TEXT_DEBUG, FIELD_S("TEXT", "quiet"));
        assert_int_equal(h->n, 0);
        log_set_max_priority(LOG_DEBUG);
        LOG(TEXT_DEBUG, FIELD_S("TEXT", "loud"));
        assert_int_equal(h->n, 1);
        log_set_hook(NULL, NULL);
        LOG(TEXT_ERROR, FIELD_S("TEXT", "to nobody"));
        assert_int_equal(h->n, 1);
}

static void every_row_is_complete(void **state) {
        for (size_t i = 0; i < MESSAGE_MAX; i++) {
                const MessageRow *row = &message_rows[i];

                assert_non_null(row->name);
                assert_true(row->priority >= LOG_EMERG && row->priority <= LOG_DEBUG);
                assert_true(row->id[0] == 0 || strlen(row->id) == 32);
                assert_int_equal(row->id[strspn(row->id, "0123456789abcdef")], 0);
                assert_true(row->sentence[0] != 0);
        }
}

/* systemd has one id for several endings of a job. */
static void id_is_found_with_the_text_of_its_first_row(void **state) {
        for (size_t i = 0; i < MESSAGE_MAX; i++) {
                const MessageRow *row = &message_rows[i], *found = message_find(row->id);

                if (!row->id[0]) {
                        assert_null(found);
                        continue;
                }
                assert_non_null(found);
                assert_true(found <= row && str_equal(found->id, row->id));
                assert_true(found->catalogue[0] != 0);
        }
        assert_null(message_find("00000000000000000000000000000000"));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup(sentence_has_the_values_of_the_fields, setup),
                cmocka_unit_test_setup(error_is_a_field_and_words, setup),
                cmocka_unit_test_setup(sentence_is_one_line, setup),
                cmocka_unit_test_setup(value_that_is_missing_shows_its_name, setup),
                cmocka_unit_test_setup(long_sentence_is_cut_between_characters, setup),
                cmocka_unit_test_setup(less_important_messages_are_dropped, setup),
                cmocka_unit_test(every_row_is_complete),
                cmocka_unit_test(id_is_found_with_the_text_of_its_first_row),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
