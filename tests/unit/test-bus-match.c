/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which signals a client of the built-in driver gets. */

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>

#include "bus/clients/match.h"

#define PATH "/org/freedesktop/systemd1"
#define INTERFACE "org.freedesktop.systemd1.Manager"

static bool wants(const char *rule, const char *path, const char *interface, const char *member) {
        Matches l = { 0 };
        bool result;

        assert_int_equal(matches_add(&l, rule), 0);
        result = matches_want(&l, path, interface, member);
        matches_release(&l);
        return result;
}

static bool takes(const char *rule) {
        return wants(rule, PATH, INTERFACE, "JobRemoved");
}

static void without_a_rule_nothing_is_wanted(void **state) {
        assert_false(matches_want(&(Matches){ 0 }, PATH, INTERFACE, "JobRemoved"));
}

static void what_a_rule_leaves_out_may_be_anything(void **state) {
        assert_true(takes(""));
        assert_true(takes("type='signal'"));
        assert_true(takes("type=signal,member=JobRemoved"));
        assert_true(takes("type='signal', sender='org.freedesktop.systemd1',path='" PATH
                          "',interface='" INTERFACE "',member='JobRemoved'"));
        assert_true(takes("arg0='5',arg1path='/a,b',eavesdrop='true',destination=':1.3'"));
}

static void what_a_rule_says_has_to_be_so(void **state) {
        assert_false(takes("type='method_call'"));
        assert_false(takes("member='JobNew'"));
        assert_false(takes("interface='a.b'"));
        assert_false(takes("path='/org/freedesktop'"));
        assert_false(takes("sender='org.freedesktop.DBus',member='JobRemoved'"));
}

static void a_namespace_is_a_path_and_what_lies_below(void **state) {
        assert_true(takes("path_namespace='" PATH "'"));
        assert_true(takes("path_namespace='/org'"));
        assert_true(takes("path_namespace='/'"));
        assert_false(takes("path_namespace='/org/free'"));
        assert_false(takes("path_namespace='" PATH "/unit'"));
}

static void quoting_is_that_of_the_specification(void **state) {
        assert_true(wants("path='/a',member=X", "/a", "i", "X"));
        assert_true(wants("member='X''Y'", "/a", "i", "XY"));
        assert_true(wants("member=X\\'Y", "/a", "i", "X'Y"));
        assert_true(wants("member='a,b'", "/a", "i", "a,b"));
}

static void what_is_no_rule_is_refused(void **state) {
        static const char *const bad[] = {
                "x",          "=",           "type",
                "type='sign", "type='bird'", "colour=red",
                "member='a",  "path='/a',y", "a-key-that-is-longer-than-any-key-of-the-specification='x'"
        };
        char big[MATCH_LENGTH_MAX + 20];
        Matches l = { 0 };

        for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
                assert_int_equal(matches_add(&l, bad[i]), -EINVAL);
        memset(big, 'x', sizeof(big));
        memcpy(big, "member=", 7);
        big[MATCH_LENGTH_MAX + 1] = 0;
        assert_int_equal(matches_add(&l, big), -ENOBUFS);
        big[MATCH_LENGTH_MAX] = 0;
        assert_int_equal(matches_add(&l, big), 0);
        assert_int_equal(l.n, 1);
        matches_release(&l);
}

static void a_rule_is_taken_back_by_its_words_and_once_for_each_time(void **state) {
        Matches l = { 0 };

        assert_int_equal(matches_add(&l, "member='A'"), 0);
        assert_int_equal(matches_add(&l, "member='A'"), 0);
        assert_int_equal(matches_remove(&l, "member=A"), -ENOENT);
        assert_int_equal(matches_remove(&l, "member='A'"), 0);
        assert_true(matches_want(&l, "/", "i", "A"));
        assert_int_equal(matches_remove(&l, "member='A'"), 0);
        assert_false(matches_want(&l, "/", "i", "A"));
        assert_int_equal(matches_remove(&l, "member='A'"), -ENOENT);
}

static void a_client_has_no_more_than_its_share_of_rules(void **state) {
        Matches l = { 0 };

        for (unsigned i = 0; i < MATCHES_MAX; i++)
                assert_int_equal(matches_add(&l, "member='A'"), 0);
        assert_int_equal(matches_add(&l, "member='A'"), -ENOBUFS);
        assert_int_equal(matches_remove(&l, "member='A'"), 0);
        assert_int_equal(matches_add(&l, "member='A'"), 0);
        matches_release(&l);
}

int main(void) {
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(without_a_rule_nothing_is_wanted),
                cmocka_unit_test(what_a_rule_leaves_out_may_be_anything),
                cmocka_unit_test(what_a_rule_says_has_to_be_so),
                cmocka_unit_test(a_namespace_is_a_path_and_what_lies_below),
                cmocka_unit_test(quoting_is_that_of_the_specification),
                cmocka_unit_test(what_is_no_rule_is_refused),
                cmocka_unit_test(a_rule_is_taken_back_by_its_words_and_once_for_each_time),
                cmocka_unit_test(a_client_has_no_more_than_its_share_of_rules),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
