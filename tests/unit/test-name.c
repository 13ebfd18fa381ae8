/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/name.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

typedef int (*OneToOne)(const char *, char **);

static void assert_maps(OneToOne f, const char *from, const char *expected) {
        char *got auto_free = NULL;
        int r = f(from, &got);

        if (!expected) {
                assert_int_equal(r, -EINVAL);
                return;
        }
        assert_int_equal(r, 0);
        assert_string_equal(got, expected);
}

static void kinds_of_names_are_told_apart(void **state) {
        assert_true(name_is_valid("a.service", NAME_PLAIN));
        assert_false(name_is_valid("a.service", NAME_TEMPLATE | NAME_INSTANCE));
        assert_true(name_is_valid("a@.service", NAME_TEMPLATE));
        assert_false(name_is_valid("a@.service", NAME_PLAIN | NAME_INSTANCE));
        assert_true(name_is_valid("a@b.service", NAME_INSTANCE));
        assert_true(name_is_valid("a@b@c.d.service", NAME_INSTANCE));
        assert_false(name_is_valid("a@b.service", NAME_PLAIN | NAME_TEMPLATE));
        assert_int_equal(name_kind("-.mount"), NAME_PLAIN);
}

static void bad_names_are_refused(void **state) {
        static const char *const bad[] = {
                "",          "a",          ".service", "a.servicex",  "a b.service",      "a/b.service",
                "@.service", "@b.service", "a.",       "a.service\n", "\xc3\xa9.service", "a%.service",
                "a.Service"
        };
        char name[UNIT_NAME_MAX + 2];

        for (size_t i = 0; i < ELEMENTSOF(bad); i++)
                assert_false(name_is_valid(bad[i], NAME_ANY));

        memset(name, 'a', sizeof(name));
        memcpy(name + UNIT_NAME_MAX - 6, ".mount", 7);
        assert_true(name_is_valid(name, NAME_ANY));
        memset(name, 'a', sizeof(name));
        memcpy(name + UNIT_NAME_MAX - 5, ".mount", 7);
        assert_false(name_is_valid(name, NAME_ANY));
}

static void letters_digits_and_few_signs_make_names(void **state) {
        static const char allowed[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ:-_.\\";

        for (int c = 1; c < 256; c++) {
                const char name[] = { 'a', (char)c, 'b', '.', 's', 'e', 'r', 'v', 'i', 'c', 'e', 0 };

                assert_int_equal(name_is_valid(name, NAME_PLAIN), strchr(allowed, c) != NULL);
        }
}

static void types_have_their_suffix(void **state) {
        for (UnitType t = 0; t < UNIT_TYPE_MAX; t++)
                assert_int_equal(unit_type_from_string(unit_type_to_string(t)), t);
        assert_int_equal(name_type("a.b.timer"), UNIT_TIMER);
        assert_int_equal(name_type("a.b"), UNIT_TYPE_INVALID);
        assert_int_equal(name_type("a"), UNIT_TYPE_INVALID);
        assert_null(unit_type_to_string(UNIT_TYPE_MAX));
}

static void names_are_taken_apart(void **state) {
        char *none = (char *)"unchanged";

        assert_maps(name_prefix, "a-b@c@d.e.service", "a-b");
        assert_maps(name_prefix, "a.b.service", "a.b");
        assert_maps(name_instance, "a-b@c@d.e.service", "c@d.e");
        assert_maps(name_prefix_and_instance, "a@b.service", "a@b");
        assert_maps(name_template, "a@b.c.service", "a@.service");
        assert_maps(name_template, "a@.service", "a@.service");
        assert_maps(name_template, "a.service", NULL);
        assert_int_equal(name_instance("a.service", &none), 0);
        assert_null(none);
}

static void names_are_put_together(void **state) {
        char *s auto_free = NULL, *t auto_free = NULL, *u = NULL;
        char instance[UNIT_NAME_MAX + 1];

        assert_int_equal(name_with_instance("getty@.service", "tty1", &s), 0);
        assert_string_equal(s, "getty@tty1.service");
        assert_int_equal(name_with_instance("getty.service", "tty1", &u), -EINVAL);
        assert_int_equal(name_with_instance("getty@.service", "", &u), -EINVAL);
        assert_int_equal(name_with_instance("getty@.service", "a b", &u), -EINVAL);
        memset(instance, 'i', sizeof(instance) - 1);
        instance[sizeof(instance) - 1] = 0;
        assert_int_equal(name_with_instance("getty@.service", instance, &u), -ENAMETOOLONG);
        assert_int_equal(name_change_type("a@b.socket", UNIT_SERVICE, &t), 0);
        assert_string_equal(t, "a@b.service");
        assert_null(u);
}

static int mangle(const char *text, char **ret) {
        return name_mangle(text, UNIT_SERVICE, ret);
}

static void typed_names_are_completed(void **state) {
        assert_maps(mangle, "nginx", "nginx.service");
        assert_maps(mangle, "nginx.socket", "nginx.socket");
        assert_maps(mangle, "foo bar", "foo\\x20bar.service");
        assert_maps(mangle, "a/b", "a-b.service");
        assert_maps(mangle, "foo.bar", "foo.bar.service");
        assert_maps(mangle, "/var/lib", "var-lib.mount");
        assert_maps(mangle, "/dev/sda", "dev-sda.device");
        assert_maps(mangle, "f\xc3\xb6", "f\\xc3\\xb6.service");
        assert_maps(mangle, "@.service", NULL);
        assert_maps(mangle, "", NULL);
}

/* The expected texts are systemd-escape's. */
static void escapes_are_those_of_systemd_escape(void **state) {
        static const char *const pairs[][2] = {
                { "a b", "a\\x20b" },
                { "-x", "\\x2dx" },
                { ".hid", "\\x2ehid" },
                { "a\\b", "a\\x5cb" },
                { "\xc3\xbc@", "\\xc3\\xbc\\x40" },
                { "", "" },
                { "a/b", "a-b" },
                { "foo/../bar", "foo-..-bar" },
        };

        for (size_t i = 0; i < ELEMENTSOF(pairs); i++) {
                assert_maps(name_escape, pairs[i][0], pairs[i][1]);
                assert_maps(name_unescape, pairs[i][1], pairs[i][0]);
        }
        assert_maps(name_unescape, "a\\x2", NULL);
        assert_maps(name_unescape, "a\\n", NULL);
        assert_maps(name_unescape, "a\\x00b", NULL);
        assert_maps(name_unescape, "a\\xzz", NULL);
}

static void paths_are_normalized_before_they_are_escaped(void **state) {
        assert_maps(name_path_escape, "/", "-");
        assert_maps(name_path_escape, "", "-");
        assert_maps(name_path_escape, "//a//b/./", "a-b");
        assert_maps(name_path_escape, "/.a/.b", "\\x2ea-.b");
        assert_maps(name_path_escape, "/foo/../bar", NULL);
        assert_maps(name_path_escape, "/a-b", "a\\x2db");
}

static void only_escaped_paths_become_paths(void **state) {
        assert_maps(name_path_unescape, "-", "/");
        assert_maps(name_path_unescape, "a-b", "/a/b");
        assert_maps(name_path_unescape, "a\\x2db", "/a-b");
        assert_maps(name_path_unescape, "a--b", NULL);
        assert_maps(name_path_unescape, "-a", NULL);
        assert_maps(name_path_unescape, "a-", NULL);
        assert_maps(name_path_unescape, "a-..-b", NULL);
        assert_maps(name_path_unescape, "", NULL);
}

static void slices_have_parents(void **state) {
        char *none = (char *)"unchanged";

        assert_maps(name_slice_parent, "a-b-c.slice", "a-b.slice");
        assert_maps(name_slice_parent, "a.slice", "-.slice");
        assert_maps(name_slice_parent, "a--b.slice", NULL);
        assert_maps(name_slice_parent, "-a.slice", NULL);
        assert_maps(name_slice_parent, "a-.slice", NULL);
        assert_maps(name_slice_parent, "a.service", NULL);
        assert_int_equal(name_slice_parent("-.slice", &none), 0);
        assert_null(none);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(kinds_of_names_are_told_apart),
                cmocka_unit_test(bad_names_are_refused),
                cmocka_unit_test(letters_digits_and_few_signs_make_names),
                cmocka_unit_test(types_have_their_suffix),
                cmocka_unit_test(names_are_taken_apart),
                cmocka_unit_test(names_are_put_together),
                cmocka_unit_test(typed_names_are_completed),
                cmocka_unit_test(escapes_are_those_of_systemd_escape),
                cmocka_unit_test(paths_are_normalized_before_they_are_escaped),
                cmocka_unit_test(only_escaped_paths_become_paths),
                cmocka_unit_test(slices_have_parents),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
