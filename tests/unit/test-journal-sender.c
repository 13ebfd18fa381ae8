/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Who sent it, what its unit allows, where it goes besides: the pure parts. */

#include "journal/client.h"
#include "journal/config.h"
#include "journal/parse-kmsg.h"
#include "journal/unit-log.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <syslog.h>

#include <cmocka.h>

static void expect_piece(Piece p, const char *text) {
        if (!text) {
                assert_null(p.data);
                return;
        }
        assert_non_null(p.data);
        assert_int_equal(p.size, strlen(text));
        assert_memory_equal(p.data, text, p.size);
}

/* ---- processes ---- */

static void status_tells_effective_ids_and_capabilities(void **state) {
        char capabilities[17];
        ClientIds ids = client_parse_status("Name:\tx\nUid:\t0\t1000\t0\t0\nGid:\t5\t100\t5\t5\n"
                                            "CapPrm:\t00000000ffffffff\nCapEff:\t00000000a80425fb\n",
                                            capabilities);

        assert_int_equal(ids.uid, 1000);
        assert_int_equal(ids.gid, 100);
        assert_string_equal(capabilities, "a80425fb");
        ids = client_parse_status("Name:\tx\nCapEff:\t0000000000000000\n", capabilities);
        assert_int_equal(ids.uid, -1);
        assert_string_equal(capabilities, "0");
        client_parse_status("", capabilities);
        assert_string_equal(capabilities, "");
}

static void start_time_is_found_behind_any_name(void **state) {
        assert_int_equal(
                client_parse_start_time("7 (a) b 9) R 1 7 7 0 -1 4194304 1 0 0 0 0 0 0 0 20 0 1 0 4711 1 2"),
                4711);
        assert_int_equal(client_parse_start_time("7 (a) R 1 7"), 0);
        assert_int_equal(client_parse_start_time(""), 0);
}

/* ---- units ---- */

static void unit_has_one_limit_for_all_its_messages(void **state) {
        StreamInfo info = {
                .unit = (char *)"a.service", .level_max = LOG_INFO, .rate_interval = 100, .rate_burst = 2
        };
        UnitLogs logs = { 0 };
        UnitLog *u = unit_log_learn(&logs, &info, true);
        uint64_t dropped;

        assert_ptr_equal(unit_log_find(&logs, "a.service"), u);
        assert_null(unit_log_find(&logs, "b.service"));
        assert_null(unit_log_find(&logs, NULL));
        assert_true(unit_log_admits(u, LOG_INFO));
        assert_false(unit_log_admits(u, LOG_DEBUG));
        assert_true(unit_log_admits(NULL, LOG_DEBUG));
        assert_true(unit_log_count(u, 1000, &dropped));
        assert_true(unit_log_count(u, 1001, &dropped));
        assert_false(unit_log_count(u, 1002, &dropped));
        assert_false(unit_log_count(u, 1099, &dropped));
        assert_true(unit_log_count(u, 1100, &dropped));
        assert_int_equal(dropped, 2);
        assert_true(unit_log_count(u, 1101, &dropped));
        assert_int_equal(dropped, 0);
        unit_logs_release(&logs);
}

static void what_is_learned_again_replaces_what_was_known(void **state) {
        char *extra[] = { (char *)"A=1", NULL };
        StreamInfo info = {
                .unit = (char *)"a.service", .invocation = (char *)"1", .extra = extra, .level_max = -1
        };
        UnitLogs logs = { 0 };
        UnitLog *u = unit_log_learn(&logs, &info, true);

        assert_string_equal(u->extra[0], "A=1");
        info.extra = NULL;
        info.invocation = (char *)"2";
        assert_ptr_equal(unit_log_learn(&logs, &info, false), u);
        assert_null(u->extra);
        assert_string_equal(u->invocation, "2");
        assert_true(unit_log_admits(u, LOG_DEBUG));
        unit_logs_release(&logs);
}

static void units_without_end_do_not_take_memory_without_end(void **state) {
        StreamInfo info = { .unit = NULL };
        UnitLogs logs = { 0 };
        char name[32];

        for (unsigned i = 0; i < UNIT_LOGS_MAX * 3; i++) {
                snprintf(name, sizeof(name), "run-%u.service", i);
                info.unit = name;
                assert_non_null(unit_log_learn(&logs, &info, false));
                assert_true(HASH_COUNT(logs.by_name) <= UNIT_LOGS_MAX);
        }
        unit_logs_release(&logs);
}

/* ---- messages of the kernel ---- */

static void kernel_message_is_taken_apart(void **state) {
        char data[] =
                "6,1234,98765432,-,caller=T1;usb \\xc3\\xa4 found\\x5c\n SUBSYSTEM=usb\n DEVICE=c189:1\n";
        KmsgRecord k;

        assert_true(kmsg_parse(data, sizeof(data) - 1, &k));
        assert_int_equal(k.priority, 6);
        assert_int_equal(k.facility, 0);
        assert_int_equal(k.seqnum, 1234);
        assert_int_equal(k.monotonic, 98765432);
        expect_piece(k.text, "usb \xc3\xa4 found\\");
        expect_piece(k.identifier, NULL);
        expect_piece(k.subsystem, "usb");
        expect_piece(k.device, "c189:1");
}

static void what_a_process_wrote_to_kmsg_has_its_name(void **state) {
        char data[] = "30,7,5,-;dracut[12]: hello\n", kernel[] = "4,7,5,-;usb: hello";
        KmsgRecord k;

        assert_true(kmsg_parse(data, sizeof(data) - 1, &k));
        assert_int_equal(k.facility, 3);
        expect_piece(k.identifier, "dracut");
        expect_piece(k.pid, "12");
        expect_piece(k.text, "hello");
        assert_true(kmsg_parse(kernel, sizeof(kernel) - 1, &k));
        expect_piece(k.text, "usb: hello");
}

static void what_is_no_record_is_refused(void **state) {
        static const char *const bad[] = {
                "", "6", "6,1,2", "x,1,2,-;a", "6,1,99999999999999999999,-;a", "9999,1,2,-;a", "6,1,2,-"
        };
        KmsgRecord k;

        for (size_t i = 0; i < ELEMENTSOF(bad); i++) {
                char copy[64];

                snprintf(copy, sizeof(copy), "%s", bad[i]);
                assert_false(kmsg_parse(copy, strlen(copy), &k));
        }
}

/* ---- syslog ---- */

static void rfc_5424_is_taken_apart(void **state) {
        char data[] = "<34>1 2003-10-11T22:14:15.003Z host su 77 ID47 [a b=\"x] \\\"y\"][c] \xef\xbb\xbf'su' "
                      "failed\n";
        char nothing[] = "<13>1 - - - - - - hello";
        SyslogMessage m;

        syslog_parse(data, sizeof(data) - 1, &m);
        assert_int_equal(m.priority, 2);
        assert_int_equal(m.facility, 4);
        assert_true(m.needs_raw);
        expect_piece(m.timestamp, "2003-10-11T22:14:15.003Z");
        expect_piece(m.identifier, "su");
        expect_piece(m.pid, "77");
        expect_piece(m.text, "'su' failed");
        syslog_parse(nothing, sizeof(nothing) - 1, &m);
        expect_piece(m.identifier, NULL);
        expect_piece(m.pid, NULL);
        expect_piece(m.text, "hello");
}

static void what_only_begins_like_rfc_5424_is_text(void **state) {
        static const char *const texts[] = { "<13>1 apple", "<13>1 2003-10-11T22:14:15Z a b c d",
                                             "<13>1 x a b c d - e", "<13>1 - a b c d [x" };

        for (size_t i = 0; i < ELEMENTSOF(texts); i++) {
                char copy[64];
                SyslogMessage m;

                snprintf(copy, sizeof(copy), "%s", texts[i]);
                syslog_parse(copy, strlen(copy), &m);
                expect_piece(m.text, texts[i] + 4);
                expect_piece(m.identifier, NULL);
        }
}

/* ---- where it goes ---- */

static void forwarding_and_levels_are_as_configured(void **state) {
        static const char text[] =
                "[Journal]\nForwardToKMsg=yes\nForwardToWall=no\nMaxLevelKMsg=err\nMaxLevelStore=4\n"
                "MaxLevelConsole=9\nTTYPath=/dev/tty9\nReadKMsg=no\n";
        Config c;

        assert_int_equal(config_init(&c), 0);
        assert_true(c.forward[FORWARD_SYSLOG] && c.forward[FORWARD_WALL]);
        assert_false(c.forward[FORWARD_KMSG] || c.forward[FORWARD_CONSOLE]);
        assert_int_equal(c.max_level[FORWARD_WALL], LOG_EMERG);
        assert_int_equal(c.max_level_store, LOG_DEBUG);
        config_parse(&c, "journald.conf", text, sizeof(text) - 1);
        assert_true(c.forward[FORWARD_KMSG]);
        assert_false(c.forward[FORWARD_WALL]);
        assert_int_equal(c.max_level[FORWARD_KMSG], LOG_ERR);
        assert_int_equal(c.max_level[FORWARD_CONSOLE], LOG_INFO);
        assert_int_equal(c.max_level_store, LOG_WARNING);
        assert_string_equal(c.tty_path, "/dev/tty9");
        assert_false(c.read_kmsg);
        config_release(&c);
}

static void both_outputs_have_one_format_or_one_each(void **state) {
        static const char *const bad[] = { "", "json ", "json  none", "json none raw", "yaml" };
        RenderFormat f[2];

        assert_int_equal(render_formats_from_string("short-iso", f), 0);
        assert_int_equal(f[0], RENDER_SHORT_ISO);
        assert_int_equal(f[1], RENDER_SHORT_ISO);
        assert_int_equal(render_formats_from_string("json none", f), 0);
        assert_int_equal(f[0], RENDER_JSON);
        assert_int_equal(f[1], RENDER_NONE);
        for (size_t i = 0; i < ELEMENTSOF(bad); i++)
                assert_int_equal(render_formats_from_string(bad[i], f), -EINVAL);
}

static void users_are_told_one_thing_at_a_time(void **state) {
        ForwardLine line = { .identifier = "web", .pid = 7, .monotonic = 1000000, .text = "fire", .size = 4 };
        Forward f = FORWARD_INIT;
        char text[64];

        assert_true(forward_wall_text(&f, &line, text, sizeof(text)));
        assert_string_equal(text, "web[7]: fire");
        assert_false(forward_wall_text(&f, &line, text, sizeof(text)));
        assert_int_equal(f.n_missed, 1);
        line.monotonic += USEC_PER_SEC;
        assert_true(forward_wall_text(&f, &line, text, sizeof(text)));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(status_tells_effective_ids_and_capabilities),
                cmocka_unit_test(start_time_is_found_behind_any_name),
                cmocka_unit_test(unit_has_one_limit_for_all_its_messages),
                cmocka_unit_test(what_is_learned_again_replaces_what_was_known),
                cmocka_unit_test(units_without_end_do_not_take_memory_without_end),
                cmocka_unit_test(kernel_message_is_taken_apart),
                cmocka_unit_test(what_a_process_wrote_to_kmsg_has_its_name),
                cmocka_unit_test(what_is_no_record_is_refused),
                cmocka_unit_test(rfc_5424_is_taken_apart),
                cmocka_unit_test(what_only_begins_like_rfc_5424_is_text),
                cmocka_unit_test(forwarding_and_levels_are_as_configured),
                cmocka_unit_test(both_outputs_have_one_format_or_one_each),
                cmocka_unit_test(users_are_told_one_thing_at_a_time),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
