/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/specifier.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static const SpecifierHost host = {
        .architecture = "x86-64",
        .hostname = "box.example.org",
        .machine_id = "0123",
        .user = "root",
        .uid = "0",
        .runtime_dir = "/run",
        .state_dir = "/var/lib",
        .os_version_id = "",
};

static void assert_expands(const SpecifierContext *c, const char *text, const char *expected) {
        char *got auto_free = NULL;

        assert_int_equal(specifier_expand(c, text, &got), 0);
        assert_string_equal(got, expected);
}

static void assert_fails(const SpecifierContext *c, const char *text, int error) {
        char *got = NULL;

        assert_int_equal(specifier_expand(c, text, &got), error);
        assert_null(got);
}

/* The expected texts are what systemd 252 makes of the same name. */
static void instance_is_taken_apart(void **state) {
        const SpecifierContext c = { &host, "a-b@c-d\\x2de.service", "/etc/systemd/system/a-b@.service" };

        assert_expands(
                &c, "n=%n N=%N p=%p P=%P i=%i I=%I j=%j J=%J f=%f",
                "n=a-b@c-d\\x2de.service N=a-b@c-d\\x2de p=a-b P=a/b i=c-d\\x2de I=c/d-e j=b J=b f=/c/d-e");
        assert_expands(&c, "%y in %Y", "/etc/systemd/system/a-b@.service in /etc/systemd/system");
}

static void plain_name_has_an_empty_instance(void **state) {
        const SpecifierContext c = { &host, "x-yy-z.service", NULL };

        assert_expands(&c, "n=%n N=%N p=%p P=%P i=%i I=%I j=%j J=%J f=%f",
                       "n=x-yy-z.service N=x-yy-z p=x-yy-z P=x/yy/z i= I= j=z J=z f=/x/yy/z");
}

static void host_values_are_filled_in(void **state) {
        const SpecifierContext c = { &host, "a.service", NULL };

        assert_expands(&c, "%a %H %l %q %m %u:%U %t/x %S [%w]",
                       "x86-64 box.example.org box box 0123 root:0 /run/x /var/lib []");
}

static void percent_sign_is_doubled(void **state) {
        const SpecifierContext c = { &host, "a.service", NULL };

        assert_expands(&c, "100%% %%n", "100% %n");
        assert_expands(&c, "", "");
        assert_expands(&c, "no specifier", "no specifier");
        /* As systemd: only letters and digits can be specifiers. */
        assert_expands(&c, "5% - %-%", "5% - %-%");
}

static void unknown_specifier_fails(void **state) {
        const SpecifierContext c = { &host, "a.service", NULL };

        assert_fails(&c, "a%zb", -EINVAL);
        assert_fails(&c, "%5", -EINVAL);
}

static void unknown_value_fails(void **state) {
        const SpecifierContext c = { &host, "a.service", NULL }, nameless = { NULL, NULL, NULL };

        assert_fails(&c, "%b", -ENXIO);
        assert_fails(&c, "%y", -ENXIO);
        assert_fails(&nameless, "%d", -ENXIO);
        assert_fails(&nameless, "%n", -ENXIO);
        assert_fails(&nameless, "%H", -ENXIO);
        assert_fails(&nameless, "%l", -ENXIO);
        assert_expands(&nameless, "%%", "%");
}

static void broken_escape_fails(void **state) {
        const SpecifierContext c = { &host, "a@b\\x2.service", NULL };

        assert_expands(&c, "%i", "b\\x2");
        assert_fails(&c, "%I", -EINVAL);
        assert_fails(&c, "%f", -EINVAL);
}

static void result_has_a_limit(void **state) {
        const SpecifierContext c = { &host, "a.service", NULL };
        const size_t n = 200000;
        char *text auto_free = malloc(2 * n + 1);

        assert_non_null(text);
        for (size_t i = 0; i < n; i++)
                memcpy(text + 2 * i, "%n", 2);
        text[2 * n] = 0;
        assert_fails(&c, text, -E2BIG);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(instance_is_taken_apart),
                cmocka_unit_test(plain_name_has_an_empty_instance),
                cmocka_unit_test(host_values_are_filled_in),
                cmocka_unit_test(percent_sign_is_doubled),
                cmocka_unit_test(unknown_specifier_fails),
                cmocka_unit_test(unknown_value_fails),
                cmocka_unit_test(broken_escape_fails),
                cmocka_unit_test(result_has_a_limit),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
