/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The pure parts of svinit-journald: cutting lines, reading datagrams, showing lines. */

#include "journal/client.h"
#include "journal/config.h"
#include "journal/hash.h"
#include "journal/line.h"
#include "journal/parse-datagram.h"
#include "journal/render.h"
#include "journal/stream.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

/* ---- hashes ---- */

static void hashes_are_those_of_the_format(void **state) {
        static const uint8_t key[16] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 };
        uint8_t input[15];

        for (size_t i = 0; i < sizeof(input); i++)
                input[i] = (uint8_t)i;
        /* The example of the SipHash paper, and lookup3's of Bob Jenkins. */
        assert_int_equal(siphash24(input, 15, key), 0xa129ca6149be45e5ULL);
        assert_int_equal(jenkins_hash64("", 0), 0xdeadbeefdeadbeefULL);
        assert_int_equal(jenkins_hash64("Four score and seven years ago", 30) >> 32, 0x17770551);
}

static void hash_is_the_same_before_the_name_of_the_field_stands_there(void **state) {
        static const uint8_t key[16] = { 7, 1, 9 };
        char text[100] = "MESSAGE=";

        for (size_t i = 8; i < sizeof(text); i++)
                text[i] = (char)(i * 37);
        for (size_t n = 0; n <= sizeof(text) - 8; n++)
                assert_int_equal(siphash24_behind("MESSAGE=", text + 8, n, key), siphash24(text, n + 8, key));
}

/* ---- lines ---- */

static void expect_line(const char *data, size_t n, size_t max, LineEnd end, size_t size, size_t consumed) {
        size_t got_size, got_consumed;

        assert_int_equal(line_next(data, n, max, &got_size, &got_consumed), end);
        if (end == LINE_INCOMPLETE)
                return;
        assert_int_equal(got_size, size);
        assert_int_equal(got_consumed, consumed);
}

static void line_ends_at_newline_nul_or_limit(void **state) {
        expect_line("ab\ncd", 5, 100, LINE_NEWLINE, 2, 3);
        expect_line("\n", 1, 100, LINE_NEWLINE, 0, 1);
        expect_line("a\0b\n", 4, 100, LINE_NUL, 1, 2);
        expect_line("abc", 3, 100, LINE_INCOMPLETE, 0, 0);
        expect_line("", 0, 100, LINE_INCOMPLETE, 0, 0);
        expect_line("abcd", 4, 4, LINE_INCOMPLETE, 0, 0);
        expect_line("abcde", 5, 4, LINE_TOO_LONG, 4, 4);
        expect_line("abcd\n", 5, 4, LINE_NEWLINE, 4, 5);
        expect_line("abcde\n", 6, 4, LINE_TOO_LONG, 4, 4);
}

static void record_ends_at_an_empty_line(void **state) {
        size_t size = 0, used = 0;

        assert_int_equal(record_next("A=1\nB=2\n\nC=3\n", 13, 100, &size, &used), LINE_NEWLINE);
        assert_int_equal(size, 8);
        assert_int_equal(used, 9);
        assert_int_equal(record_next("A=1\n\n", 5, 100, &size, &used), LINE_NEWLINE);
        assert_int_equal(used, 5);
        assert_int_equal(record_next("A=1\nB=2\n", 8, 100, &size, &used), LINE_INCOMPLETE);
        assert_int_equal(record_next("", 0, 100, &size, &used), LINE_INCOMPLETE);
        assert_int_equal(record_next("A=123456\n\n", 10, 8, &size, &used), LINE_TOO_LONG);
        assert_int_equal(used, 8);
}

static void priority_prefix_is_one_digit_in_streams_and_three_in_syslog(void **state) {
        int p = -1;

        assert_int_equal(line_priority("<3>x", 4, false, &p), 3);
        assert_int_equal(p, 3);
        assert_int_equal(line_priority("<8>x", 4, false, &p), 0);
        assert_int_equal(line_priority("<13>x", 5, false, &p), 0);
        assert_int_equal(line_priority("<191>x", 6, true, &p), 5);
        assert_int_equal(p, 191);
        assert_int_equal(line_priority("<192>x", 6, true, &p), 0);
        assert_int_equal(line_priority("<>x", 3, true, &p), 0);
        assert_int_equal(line_priority("<3", 2, true, &p), 0);
}

/* ---- native datagrams ---- */

static void expect_field(const NativeEntry *e, size_t i, const char *payload, size_t n) {
        assert_true(i < e->n_fields);
        assert_int_equal(e->fields[i].iov_len, n);
        assert_memory_equal(e->fields[i].iov_base, payload, n);
}

static void native_fields_come_as_lines_or_with_their_size(void **state) {
        char data[] = "MESSAGE=hello\nPRIORITY=3\nBLOB\n\5\0\0\0\0\0\0\0a\nb\0c\n_TRUSTED=1\nlower=1\nUNIT=a."
                      "service\n";
        NativeEntry e;

        assert_int_equal(native_parse(data, sizeof(data) - 1, &e), sizeof(data) - 1);
        assert_int_equal(e.n_fields, 4);
        assert_int_equal(e.n_ignored, 2);
        expect_field(&e, 0, "MESSAGE=hello", 13);
        expect_field(&e, 2, "BLOB=a\nb\0c", 10);
        assert_int_equal(e.priority, 3);
        assert_memory_equal(e.message.data, "hello", 5);
        assert_memory_equal(e.unit.data, "a.service", 9);
        native_entry_release(&e);
}

static void native_entries_are_separated_by_empty_lines(void **state) {
        char data[] = "A=1\n\nB=2\n";
        NativeEntry e;

        assert_int_equal(native_parse(data, 9, &e), 5);
        expect_field(&e, 0, "A=1", 3);
        native_entry_release(&e);
        assert_int_equal(native_parse(data + 5, 4, &e), 4);
        expect_field(&e, 0, "B=2", 3);
        native_entry_release(&e);
}

static void native_size_beyond_the_datagram_is_refused(void **state) {
        char data[] = "A=1\nBLOB\n\xff\xff\xff\xff\xff\xff\xff\xff"
                      "abc\n";
        NativeEntry e;

        assert_int_equal(native_parse(data, sizeof(data) - 1, &e), -EBADMSG);
        assert_int_equal(e.n_fields, 1);
        native_entry_release(&e);
}

/* ---- syslog ---- */

static void expect_piece(Piece p, const char *text) {
        if (!text) {
                assert_null(p.data);
                return;
        }
        assert_non_null(p.data);
        assert_int_equal(p.size, strlen(text));
        assert_memory_equal(p.data, text, p.size);
}

static void syslog_head_is_taken_apart(void **state) {
        char data[] = "<30>Nov  1 10:11:12 sshd[77]: Accepted key\n";
        SyslogMessage m;

        syslog_parse(data, sizeof(data) - 1, &m);
        assert_int_equal(m.priority, 6);
        assert_int_equal(m.facility, 3);
        assert_true(m.has_facility);
        assert_false(m.needs_raw);
        expect_piece(m.timestamp, "Nov  1 10:11:12 ");
        expect_piece(m.identifier, "sshd");
        expect_piece(m.pid, "77");
        expect_piece(m.text, "Accepted key");
}

static void syslog_without_head_is_all_text(void **state) {
        char plain[] = "just text", odd[] = "<13>a]: b", colon[] = "<13>: x", nul[] = "<13>n: a\0b";
        SyslogMessage m;

        syslog_parse(plain, sizeof(plain) - 1, &m);
        expect_piece(m.text, "just text");
        expect_piece(m.identifier, NULL);
        assert_true(m.needs_raw);
        assert_int_equal(m.priority, 6);
        syslog_parse(odd, sizeof(odd) - 1, &m);
        expect_piece(m.identifier, "a]");
        expect_piece(m.pid, NULL);
        syslog_parse(colon, sizeof(colon) - 1, &m);
        expect_piece(m.identifier, NULL);
        expect_piece(m.text, ": x");
        syslog_parse(nul, sizeof(nul) - 1, &m);
        expect_piece(m.text, "a");
        assert_true(m.needs_raw);
}

/* ---- connections ---- */

static void connection_header_needs_seven_lines(void **state) {
        static const char header[] = "ident\na.service\n30\n0\n0\n0\n0\nfirst line\n";
        StreamInfo info;

        stream_info_init(&info);
        for (size_t n = 0; n < sizeof(header) - 12; n++)
                assert_int_equal(stream_header_parse(header, n, true, &info), 0);
        assert_int_equal(stream_header_parse(header, sizeof(header) - 1, true, &info),
                         (int)sizeof(header) - 12);
        assert_string_equal(info.identifier, "ident");
        assert_string_equal(info.unit, "a.service");
        assert_int_equal(info.priority, 6);
        assert_int_equal(info.facility, 3);
        assert_false(info.level_prefix);
        stream_info_release(&info);
}

static void unit_in_a_header_counts_from_root_only(void **state) {
        static const char header[] = "ident\na.service\n6\n1\n0\n0\n0\n";
        StreamInfo info;

        stream_info_init(&info);
        assert_true(stream_header_parse(header, sizeof(header) - 1, false, &info) > 0);
        assert_null(info.unit);
        stream_info_release(&info);
}

static void malformed_header_is_refused(void **state) {
        static const char priority[] = "i\nu\nx\n1\n0\n0\n0\n", flag[] = "i\nu\n6\n7\n0\n0\n0\n";
        char endless[4096];
        StreamInfo info;

        stream_info_init(&info);
        memset(endless, 'x', sizeof(endless));
        assert_int_equal(stream_header_parse(priority, sizeof(priority) - 1, true, &info), -EINVAL);
        assert_int_equal(stream_header_parse(flag, sizeof(flag) - 1, true, &info), -EINVAL);
        assert_int_equal(stream_header_parse(endless, sizeof(endless), true, &info), -EINVAL);
        stream_info_release(&info);
}

static void stream_text_survives_the_way_to_the_manager(void **state) {
        Buf b auto_buf = { 0 };
        StreamInfo a, c;

        stream_info_init(&a);
        stream_info_init(&c);
        stream_info_parse(
                &a,
                "UNIT=x.service\nIDENTIFIER=x\nPID=7\nUID=0\nGID=5\nPRIORITY=3\nFACILITY=1\nLEVEL_PREFIX=0\n",
                83);
        assert_int_equal(strv_add(&a.extra, "NOTE=two\nlines\nUID=9"), 0);
        assert_int_equal(strv_add(&a.extra, "ONE=1"), 0);
        stream_info_format(&a, &b);
        stream_info_parse(&c, b.data, b.len);
        assert_true(strv_equal(a.extra, c.extra));
        assert_int_equal(c.uid, 0);
        assert_string_equal(c.unit, "x.service");
        assert_int_equal(c.pid, 7);
        assert_int_equal(c.gid, 5);
        assert_int_equal(c.priority, 3);
        assert_int_equal(c.facility, 1);
        assert_false(c.level_prefix);
        stream_info_release(&a);
        stream_info_release(&c);
}

/* ---- units ---- */

static void expect_unit(const char *path, const char *unit, const char *slice) {
        char got_unit[256], got_slice[256];

        assert_int_equal(cgroup_path_unit(path, got_unit, sizeof(got_unit), got_slice, sizeof(got_slice)),
                         unit != NULL);
        if (!unit)
                return;
        assert_string_equal(got_unit, unit);
        assert_string_equal(got_slice, slice);
}

static void unit_is_the_first_group_below_the_slices(void **state) {
        expect_unit("/system.slice/nginx.service", "nginx.service", "system.slice");
        expect_unit("/a.slice/a-b.slice/x.service/worker/y.service", "x.service", "a-b.slice");
        expect_unit("/x.scope", "x.scope", "-.slice");
        expect_unit("/system.slice/_cpu.service", "cpu.service", "system.slice");
        expect_unit("/docker/0123", NULL, NULL);
        expect_unit("/system.slice", NULL, NULL);
        expect_unit("/", NULL, NULL);
}

/* ---- rendering ---- */

static void expect_shown(RenderFormat format, const char *text, const char *shown) {
        RenderLine line = { .realtime = 1700000000123456,
                            .name = "web",
                            .unit = "web.service",
                            .stream = "stdout",
                            .pid = 17,
                            .priority = 6,
                            .text = text,
                            .size = strlen(text) };
        Buf b auto_buf = { 0 };

        render_line(format, false, &line, &b);
        assert_string_equal(b.data ?: "", shown);
}

static void line_is_shown_raw_or_with_its_sender(void **state) {
        expect_shown(RENDER_RAW, "hello", "hello\n");
        expect_shown(RENDER_PREFIX, "hello", "web[17]: hello\n");
        expect_shown(RENDER_NONE, "hello", "");
}

#define HEAD                                                                                                 \
        "{\"ts\":\"2023-11-14T22:13:20.123456Z\",\"unit\":\"web.service\",\"name\":\"web\",\"stream\":"      \
        "\"stdout\","                                                                                        \
        "\"priority\":6,\"pid\":17"

static void json_wraps_text_and_merges_objects(void **state) {
        expect_shown(RENDER_JSON, "a \"b\"\t\xff\xc3\xa4",
                     HEAD ",\"message\":\"a \\\"b\\\"\\t\\ufffd\xc3\xa4\"}\n");
        expect_shown(RENDER_JSON, "{\"level\": [1, {\"a\": null}]}",
                     HEAD ",\"level\": [1, {\"a\": null}]}\n");
        expect_shown(RENDER_JSON, " { } ", HEAD "}\n");
        expect_shown(RENDER_JSON, "{\"ts\":1,\"name\":3,\"priority\":5,\"message\":\"m\"}",
                     "{\"unit\":\"web.service\",\"stream\":\"stdout\",\"pid\":17,"
                     "\"ts\":1,\"name\":3,\"priority\":5,\"message\":\"m\"}\n");
}

static void line_of_json_does_not_say_who_wrote_it(void **state) {
        char many[512] = "{", *p = many + 1;

        expect_shown(RENDER_JSON,
                     "{\"unit\":2, "
                     "\"a\":{\"pid\":1},\"\\u0070id\":3,\"stream\":\"unit\",\"invocation\":0,\"unit\":5}",
                     HEAD ",\"line_unit\":2, \"a\":{\"pid\":1},\"line_\\u0070id\":3,\"line_stream\":\"unit\","
                          "\"line_invocation\":0,\"line_unit\":5}\n");
        expect_shown(RENDER_JSON, "{\"units\":1,\"pi\":2,\"\\\\pid\":3,\"\\u0170id\":4}",
                     HEAD ",\"units\":1,\"pi\":2,\"\\\\pid\":3,\"\\u0170id\":4}\n");

        for (int i = 0; i < 17; i++)
                p = stpcpy(p, i < 16 ? "\"pid\":1," : "\"pid\":1}");
        assert_false(
                json_is_object(many, strlen(many), (const char *const[]){ "pid", NULL }, &(JsonObject){ 0 }));
}

static void what_is_not_quite_an_object_is_text(void **state) {
        static const char *const texts[] = { "{",
                                             "{}{}",
                                             "{\"a\":}",
                                             "{\"a\":01}",
                                             "{a:1}",
                                             "{\"a\":1,}",
                                             "{\"a\" 1}",
                                             "{\"\\x\":1}",
                                             "{\"a\":tru}",
                                             "[1]",
                                             "{\"a\":1.}",
                                             "{\"a\":\"\x01\"}",
                                             "{\"\\u12g4\":1}" };

        for (size_t i = 0; i < ELEMENTSOF(texts); i++) {
                JsonObject o;

                assert_false(json_is_object(texts[i], strlen(texts[i]), (const char *const[]){ NULL }, &o));
        }
}

static void deep_json_is_refused_without_recursing_for_ever(void **state) {
        static const char *const none[] = { NULL };
        char text[4096];
        JsonObject o;

        memset(text, '[', sizeof(text));
        memcpy(text, "{\"a\":", 5);
        assert_false(json_is_object(text, sizeof(text), none, &o));
}

/* ---- configuration ---- */

static void later_assignments_win_and_what_is_not_understood_is_told(void **state) {
        static const char text[] =
                "[Other]\nStorage=none\n[Journal]\n# a comment\nStorage = volatile\nSystemMaxUse=2G\n"
                "MaxFileSec=2h\nLineMax=1K\nForwardToSyslog=no\n\nAudit=yes\nStorage=wrong\nSytemMaxUse=1G\n";
        Config c;

        assert_int_equal(config_init(&c), 0);
        config_parse(&c, "/etc/x.conf", text, sizeof(text) - 1);
        assert_int_equal(c.storage.mode, STORAGE_VOLATILE);
        assert_int_equal(c.storage.persistent.max_use, 2ULL << 30);
        assert_int_equal(c.storage.max_file_usec, 2 * USEC_PER_HOUR);
        assert_int_equal(c.line_max, 1024);
        assert_false(c.forward[FORWARD_SYSLOG]);
        assert_int_equal(strv_length(c.complaints), 2);
        assert_string_equal(c.complaints[0],
                            "/etc/x.conf:12: Storage=: 'wrong' is not understood and ignored.");
        assert_string_equal(c.complaints[1],
                            "/etc/x.conf:13: Unknown key 'SytemMaxUse' in section [Journal]; it is ignored.");
        config_release(&c);
}

static void put_drop_in(const char *root, const char *where, const char *text) {
        char command[256];

        snprintf(command, sizeof(command), "mkdir -p $(dirname %s%s) && printf '[Journal]\n%s\n' >%s%s", root,
                 where, text, root, where);
        assert_int_equal(system(command), 0);
}

/* As with systemd: by name, whatever the directory; of the same name that of the administrator. */
static void drop_ins_count_by_name(void **state) {
        char root[] = "/tmp/svinit-journal-conf-XXXXXX", command[64];
        Config c;

        assert_non_null(mkdtemp(root));
        put_drop_in(root, "/etc/systemd/journald.conf", "SystemMaxUse=1M\nRuntimeMaxUse=1M");
        put_drop_in(root, "/etc/systemd/journald.conf.d/10-mine.conf", "SystemMaxUse=2M\nLineMax=1K");
        put_drop_in(root, "/usr/lib/systemd/journald.conf.d/50-image.conf", "SystemMaxUse=3M");
        put_drop_in(root, "/usr/lib/systemd/journald.conf.d/60-masked.conf", "LineMax=2K");
        put_drop_in(root, "/run/systemd/journald.conf.d/60-masked.conf", "");
        put_drop_in(root, "/etc/systemd/journald.conf.d/70-other", "LineMax=4K");
        assert_int_equal(config_init(&c), 0);
        config_load_from(&c, root);
        assert_int_equal(c.storage.persistent.max_use, 3 << 20);
        assert_int_equal(c.storage.runtime.max_use, 1 << 20);
        assert_int_equal(c.line_max, 1024);
        assert_null(c.complaints);
        config_release(&c);
        snprintf(command, sizeof(command), "rm -rf %s", root);
        assert_int_equal(system(command), 0);
}

static void compression_has_a_size_or_is_on_or_off(void **state) {
        static const struct {
                const char *text;
                uint64_t from;
        } cases[] = {
                { "[Journal]\n", 512 },
                { "[Journal]\nCompress=no\n", 0 },
                { "[Journal]\nCompress=no\nCompress=yes\n", 512 },
                { "[Journal]\nCompress=2K\n", 2048 },
                { "[Journal]\nCompress=3\n", 8 },
                { "[Journal]\nCompress=loud\n", 512 },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                Config c;

                assert_int_equal(config_init(&c), 0);
                config_parse(&c, "x", cases[i].text, strlen(cases[i].text));
                assert_int_equal(c.storage.compress_from, cases[i].from);
                config_release(&c);
        }
}

static void sizes_have_units_and_limits(void **state) {
        uint64_t v;

        assert_int_equal(config_parse_size("16M", &v), 0);
        assert_int_equal(v, 16 << 20);
        assert_int_equal(config_parse_size("7", &v), 0);
        assert_int_equal(v, 7);
        assert_int_equal(config_parse_size("1X", &v), -EINVAL);
        assert_int_equal(config_parse_size("", &v), -EINVAL);
        assert_int_equal(config_parse_size("18000000000G", &v), -ERANGE);
        assert_int_equal(config_parse_size("99999999999999999999", &v), -ERANGE);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(hashes_are_those_of_the_format),
                cmocka_unit_test(hash_is_the_same_before_the_name_of_the_field_stands_there),
                cmocka_unit_test(line_ends_at_newline_nul_or_limit),
                cmocka_unit_test(record_ends_at_an_empty_line),
                cmocka_unit_test(priority_prefix_is_one_digit_in_streams_and_three_in_syslog),
                cmocka_unit_test(native_fields_come_as_lines_or_with_their_size),
                cmocka_unit_test(native_entries_are_separated_by_empty_lines),
                cmocka_unit_test(native_size_beyond_the_datagram_is_refused),
                cmocka_unit_test(syslog_head_is_taken_apart),
                cmocka_unit_test(syslog_without_head_is_all_text),
                cmocka_unit_test(connection_header_needs_seven_lines),
                cmocka_unit_test(unit_in_a_header_counts_from_root_only),
                cmocka_unit_test(malformed_header_is_refused),
                cmocka_unit_test(stream_text_survives_the_way_to_the_manager),
                cmocka_unit_test(unit_is_the_first_group_below_the_slices),
                cmocka_unit_test(line_is_shown_raw_or_with_its_sender),
                cmocka_unit_test(json_wraps_text_and_merges_objects),
                cmocka_unit_test(line_of_json_does_not_say_who_wrote_it),
                cmocka_unit_test(what_is_not_quite_an_object_is_text),
                cmocka_unit_test(deep_json_is_refused_without_recursing_for_ever),
                cmocka_unit_test(later_assignments_win_and_what_is_not_understood_is_told),
                cmocka_unit_test(drop_ins_count_by_name),
                cmocka_unit_test(compression_has_a_size_or_is_on_or_off),
                cmocka_unit_test(sizes_have_units_and_limits),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
