/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* svinit.conf: what each key accepts, and what becomes of mistakes. */

#include "manager/config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <syslog.h>

#include <cmocka.h>

static void read_into(Config *c, Report *r, const char *text) {
        assert_int_equal(config_read_text(c, "svinit.conf", (Text){ (char *)text, strlen(text) }, r), 0);
}

static void defaults_are_systemds(void **state) {
        Config c;

        config_init(&c);
        assert_true(c.default_timeout_start == 90 * USEC_PER_SEC);
        assert_true(c.default_timeout_stop == 90 * USEC_PER_SEC);
        assert_true(c.default_restart_delay == 100 * USEC_PER_MSEC);
        assert_int_equal(c.default_start_limit_burst, 5);
        assert_true(c.shutdown_timeout == 0);
        assert_true(c.pass_environment);
        config_release(&c);
}

static void keys_set_their_values(void **state) {
        Report r = { 0 };
        Config c;

        config_init(&c);
        read_into(&c, &r,
                  "[Manager]\nDefaultTimeoutStopSec=5\nShutdownTimeoutSec=1min\nLogFormat=json\n"
                  "LogLevel=debug\nStrict=yes\nDefaultEnvironment=A=1 \"B=2 3\"\nDefaultStartLimitBurst=9\n");
        assert_int_equal(r.n_findings, 0);
        assert_true(c.default_timeout_stop == 5 * USEC_PER_SEC);
        assert_true(c.shutdown_timeout == 60 * USEC_PER_SEC);
        assert_string_equal(c.log_format, "json");
        assert_int_equal(c.log_level, LOG_DEBUG);
        assert_true(c.strict);
        assert_int_equal(strv_length(c.default_environment), 2);
        assert_string_equal(c.default_environment[1], "B=2 3");
        assert_int_equal(c.default_start_limit_burst, 9);
        config_release(&c);
        report_release(&r);
}

static void who_controls_is_known_by_number_or_by_the_files_of_accounts(void **state) {
        Report r = { 0 };
        Config c;

        config_init(&c);
        read_into(&c, &r, "[Manager]\nBusControlUsers=4711 root\nBusControlGroups=50 root 51\n");
        assert_int_equal(r.n_findings, 0);
        assert_int_equal(c.control_users.n, 2);
        assert_true(id_list_contains(&c.control_users, 4711) && id_list_contains(&c.control_users, 0));
        assert_int_equal(c.control_groups.n, 3);
        assert_true(id_list_contains(&c.control_groups, 51) && id_list_contains(&c.control_groups, 0));
        assert_false(id_list_contains(&c.control_groups, 4711));

        read_into(&c, &r, "[Manager]\nBusControlGroups=1 no-such-group\n");
        read_into(&c, &r, "[Manager]\nBusControlUsers=4294967295\n"); /* nobody knows who that is */
        assert_int_equal(r.n_findings, 2);
        assert_int_equal(c.control_groups.n, 3);
        read_into(&c, &r, "[Manager]\nBusControlGroups=\n");
        assert_int_equal(c.control_groups.n, 0);
        config_release(&c);
        report_release(&r);
}

static void auto_takes_back_a_stop_budget(void **state) {
        Report r = { 0 };
        Config c;

        config_init(&c);
        read_into(&c, &r, "[Manager]\nShutdownTimeoutSec=20s\nShutdownTimeoutSec=auto\n");
        assert_true(c.shutdown_timeout == 0);
        config_release(&c);
        report_release(&r);
}

static void a_mistake_keeps_the_default_and_is_told_with_its_line(void **state) {
        Report r = { 0 };
        Config c;

        config_init(&c);
        read_into(&c, &r, "[Manager]\nDefaultTimeoutStartSec=soon\nLogFormat=xml\nNoSuchKey=1\n");
        assert_int_equal(r.n_findings, 3);
        assert_int_equal(r.findings[0].line, 2);
        assert_int_equal(r.findings[0].severity, SEVERITY_ERROR);
        assert_int_equal(r.findings[2].severity, SEVERITY_WARNING);
        assert_true(c.default_timeout_start == 90 * USEC_PER_SEC);
        assert_null(c.log_format);
        config_release(&c);
        report_release(&r);
}

static void other_sections_are_not_ours(void **state) {
        Report r = { 0 };
        Config c;

        config_init(&c);
        read_into(&c, &r, "[X-Other]\nStrict=yes\n");
        assert_false(c.strict);
        config_release(&c);
        report_release(&r);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(defaults_are_systemds),
                cmocka_unit_test(keys_set_their_values),
                cmocka_unit_test(who_controls_is_known_by_number_or_by_the_files_of_accounts),
                cmocka_unit_test(auto_takes_back_a_stop_budget),
                cmocka_unit_test(a_mistake_keeps_the_default_and_is_told_with_its_line),
                cmocka_unit_test(other_sections_are_not_ours),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
