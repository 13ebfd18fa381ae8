/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Text into D-Bus values: whatever is in a unit file or a process list, the message stays readable. */

#include "bus-world.h"

#include "bus/codec/append.h"

typedef struct Wire {
        sd_bus *sd;
        sd_bus_message *m;
} Wire;

static int setup(void **state) {
        Wire *w = calloc(1, sizeof(Wire));

        wire_new(&w->sd);
        *state = w;
        return 0;
}

static int teardown(void **state) {
        Wire *w = *state;

        sd_bus_message_unref(w->m);
        sd_bus_close_unref(w->sd);
        free(w);
        return 0;
}

static sd_bus_message *begin(Wire *w) {
        w->m = sd_bus_message_unref(w->m);
        assert_true(sd_bus_message_new_signal(w->sd, &w->m, "/a", "a.b", "C") >= 0);
        return w->m;
}

static sd_bus_message *seal(Wire *w) {
        assert_true(sd_bus_message_seal(w->m, 1, 0) >= 0);
        return w->m;
}

/* The text read as `signature`. */
static sd_bus_message *as(Wire *w, const char *signature, size_t n, const char *const *values) {
        assert_true(append_text(begin(w), signature, values, n) >= 0);
        return seal(w);
}
#define AS(w, signature, ...)                                                                                \
        as(w, signature, sizeof((const char *[]){ __VA_ARGS__ }) / sizeof(char *),                           \
           (const char *const[]){ __VA_ARGS__ })

static void strings_that_are_not_utf8_are_made_so(void **state) {
        const char *text;

        assert_true(append_string(begin(*state), "a\xff\xc3z") >= 0);
        assert_true(sd_bus_message_read(seal(*state), "s", &text) > 0);
        assert_string_equal(text, "a??z");
        assert_true(append_string(begin(*state), "d\xc3\xa9j\xc3\xa0") >= 0);
        assert_true(sd_bus_message_read(seal(*state), "s", &text) > 0);
        assert_string_equal(text, "d\xc3\xa9j\xc3\xa0");
        assert_true(append_string(begin(*state), NULL) >= 0);
        assert_true(sd_bus_message_read(seal(*state), "s", &text) > 0);
        assert_string_equal(text, "");
}

static void numbers_are_read_in_every_notation(void **state) {
        uint64_t t;
        int b;

        assert_true(sd_bus_message_read(AS(*state, "t", "1min"), "t", &t) > 0);
        assert_int_equal(t, 60000000);
        assert_true(sd_bus_message_read(AS(*state, "t", "infinity"), "t", &t) > 0);
        assert_true(t == UINT64_MAX);
        assert_true(sd_bus_message_read(AS(*state, "t", "nonsense"), "t", &t) > 0);
        assert_true(t == UINT64_MAX);
        assert_true(sd_bus_message_read(AS(*state, "b", "yes"), "b", &b) > 0);
        assert_true(b);
        assert_true(sd_bus_message_read(AS(*state, "b", "maybe"), "b", &b) > 0);
        assert_false(b);
}

static void an_empty_value_starts_a_list_anew(void **state) {
        char **words auto_strv = NULL;

        assert_true(sd_bus_message_read_strv(AS(*state, "as", "a b", "", "\"c d\" e"), &words) >= 0);
        assert_int_equal(strv_length(words), 2);
        assert_string_equal(words[0], "c d");
        assert_string_equal(words[1], "e");
}

static void filters_say_whether_they_allow(void **state) {
        char **words auto_strv = NULL;
        sd_bus_message *m = AS(*state, "(bas)", "~@mount @swap");
        int allow;

        assert_true(sd_bus_message_enter_container(m, 'r', "bas") > 0);
        assert_true(sd_bus_message_read(m, "b", &allow) > 0);
        assert_false(allow);
        assert_true(sd_bus_message_read_strv(m, &words) >= 0);
        assert_string_equal(words[0], "@mount");
        m = AS(*state, "(bas)", "@system-service");
        assert_true(sd_bus_message_enter_container(m, 'r', "bas") > 0);
        assert_true(sd_bus_message_read(m, "b", &allow) > 0);
        assert_true(allow);
}

static void binds_are_taken_apart(void **state) {
        static const struct {
                const char *text, *from, *to;
                int optional;
                uint64_t flags;
        } rows[] = {
                { "/a", "/a", "/a", 0, 16384 },
                { "-/a:/b", "/a", "/b", 1, 16384 },
                { "/a:/b:norbind", "/a", "/b", 0, 0 },
        };

        for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
                const char *from, *to;
                uint64_t flags;
                int optional;

                assert_true(sd_bus_message_read(AS(*state, "a(ssbt)", rows[i].text), "a(ssbt)", 1, &from, &to,
                                                &optional, &flags) > 0);
                assert_string_equal(from, rows[i].from);
                assert_string_equal(to, rows[i].to);
                assert_int_equal(optional, rows[i].optional);
                assert_int_equal(flags, rows[i].flags);
        }
}

static void cpu_lists_become_bit_masks(void **state) {
        const uint8_t *mask;
        size_t n;

        assert_true(append_cpu_mask(begin(*state), "0-2,9 4") >= 0);
        assert_true(sd_bus_message_read_array(seal(*state), 'y', (const void **)&mask, &n) > 0);
        assert_int_equal(n, 2);
        assert_int_equal(mask[0], 0x17);
        assert_int_equal(mask[1], 0x02);
        assert_true(append_cpu_mask(begin(*state), "4000000000-,x,-1") >= 0);
        assert_true(append_cpu_mask(begin(*state), NULL) >= 0);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        static const struct CMUnitTest tests[] = {
                TEST(strings_that_are_not_utf8_are_made_so),
                TEST(numbers_are_read_in_every_notation),
                TEST(an_empty_value_starts_a_list_anew),
                TEST(filters_say_whether_they_allow),
                TEST(binds_are_taken_apart),
                TEST(cpu_lists_become_bit_masks),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
