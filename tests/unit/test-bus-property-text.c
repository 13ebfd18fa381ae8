/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What clients set becomes what a file would say, and the parser takes it. */

#include "bus-world.h"

#include "bus/codec/property-text.h"

#include <signal.h>

typedef struct Wire {
        sd_bus *sd;
        sd_bus_message *m;
        SettingTexts texts;
        sd_bus_error error;
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
        setting_texts_release(&w->texts);
        sd_bus_error_free(&w->error);
        sd_bus_close_unref(w->sd);
        free(w);
        return 0;
}

static const char *name_of(UnitType type) {
        static char name[32];

        snprintf(name, sizeof(name), "a.%s", unit_type_to_string(type));
        return name;
}

/* The texts as lines, without headers. They are kept for a next property of the same unit. */
static int convert(Wire *w, UnitType type, const char *name, const char *signature, va_list ap, Buf *b) {
        int r;

        sd_bus_error_free(&w->error);
        w->m = sd_bus_message_unref(w->m);
        assert_true(sd_bus_message_new_signal(w->sd, &w->m, "/a", "a.b", "C") >= 0);
        assert_true(sd_bus_message_open_container(w->m, 'v', signature) >= 0);
        assert_true(sd_bus_message_appendv(w->m, signature, ap) >= 0);
        assert_true(sd_bus_message_close_container(w->m) >= 0);
        assert_true(sd_bus_message_seal(w->m, 1, 0) >= 0);
        r = property_to_text(type, name, w->m, &w->texts, &w->error);
        for (size_t i = 0; r == 0 && i < w->texts.n; i++)
                buf_addf(b, "%s%s=%s", i > 0 ? "\n" : "", w->texts.v[i].row->key, w->texts.v[i].value);
        return r;
}

static void expect_accepted(const SettingTexts *texts, UnitType type) {
        static const SpecifierHost host = { .hostname = "box",
                                            .runtime_dir = "/run",
                                            .state_dir = "/var/lib" };
        Report report = { 0 };
        const SpecContext context = { .specifiers = { .host = &host, .unit = name_of(type) },
                                      .report = &report };
        UnitSpec *s = NULL;

        assert_int_equal(spec_new(name_of(type), &s), 0);
        assert_int_equal(setting_texts_assign(texts, &context, s), 0);
        for (size_t i = 0; i < report.n_findings; i++)
                if (report.findings[i].severity == SEVERITY_ERROR)
                        fail_msg("%s", report.findings[i].text);
        report_release(&report);
        spec_free(s);
}

static void becomes(Wire *w, UnitType type, const char *name, const char *text, const char *signature, ...) {
        Buf b auto_buf = { 0 };
        va_list ap;
        int r;

        va_start(ap, signature);
        r = convert(w, type, name, signature, ap, &b);
        va_end(ap);
        if (r != 0)
                fail_msg("%s: %d %s", name, r, w->error.message ? w->error.message : "");
        assert_string_equal(b.data, text);
        expect_accepted(&w->texts, type);
        setting_texts_release(&w->texts);
}

static void is_refused(Wire *w, UnitType type, const char *name, int result, const char *signature, ...) {
        Buf b auto_buf = { 0 };
        va_list ap;
        int r;

        va_start(ap, signature);
        r = convert(w, type, name, signature, ap, &b);
        va_end(ap);
        if (result < 0)
                assert_true(r < 0);
        else
                assert_int_equal(r, result);
        setting_texts_release(&w->texts);
}

#define SERVICE(...) becomes(*state, UNIT_SERVICE, __VA_ARGS__)

static void numbers_are_written_as_their_setting_has_them(void **state) {
        SERVICE("MemoryMax", "MemoryMax=16777216", "t", (uint64_t)16777216);
        SERVICE("MemoryMax", "MemoryMax=infinity", "t", UINT64_MAX);
        SERVICE("MemoryMaxScale", "MemoryMax=50%", "u", (uint32_t)(UINT32_MAX / 2 + 1));
        SERVICE("TasksMax", "TasksMax=7", "t", (uint64_t)7);
        SERVICE("CPUWeight", "CPUWeight=", "t", UINT64_MAX);
        SERVICE("CPUWeight", "CPUWeight=idle", "t", (uint64_t)0);
        SERVICE("IOWeight", "IOWeight=20", "t", (uint64_t)20);
        SERVICE("CPUQuotaPerSecUSec", "CPUQuota=50%", "t", (uint64_t)500000);
        SERVICE("CPUQuotaPerSecUSec", "CPUQuota=", "t", UINT64_MAX);
        SERVICE("RestartUSec", "RestartSec=1500us", "t", (uint64_t)1500);
        SERVICE("RuntimeMaxUSec", "RuntimeMaxSec=infinity", "t", UINT64_MAX);
        SERVICE("TimerSlackNSec", "TimerSlackNSec=50ns", "t", (uint64_t)50);
        SERVICE("UMask", "UMask=0027", "u", 027U);
        SERVICE("Nice", "Nice=-5", "i", -5);
        SERVICE("OOMScoreAdjust", "OOMScoreAdjust=-900", "i", -900);
        SERVICE("KillSignal", "KillSignal=SIGINT", "i", SIGINT);
        SERVICE("LogLevelMax", "LogLevelMax=warning", "i", 4);
        SERVICE("SyslogFacility", "SyslogFacility=16", "i", 16);
        SERVICE("CPUSchedulingPolicy", "CPUSchedulingPolicy=batch", "i", 3);
        SERVICE("IOSchedulingClass", "IOSchedulingClass=idle", "i", 3);
        SERVICE("SecureBits", "SecureBits=keep-caps", "i", 16);
        SERVICE("CapabilityBoundingSet", "CapabilityBoundingSet=cap_chown", "t", (uint64_t)1);
        SERVICE("CapabilityBoundingSet", "CapabilityBoundingSet=", "t", (uint64_t)0);
        SERVICE("SystemCallErrorNumber", "SystemCallErrorNumber=EPERM", "i", 1);
        SERVICE("ManagedOOMMemoryPressureLimit", "ManagedOOMMemoryPressureLimit=50%", "u",
                (uint32_t)(UINT32_MAX / 2 + 1));
        SERVICE("RestrictNamespaces", "RestrictNamespaces=yes", "t", (uint64_t)0);
        SERVICE("MountFlags", "MountFlags=slave", "t", (uint64_t)(1 << 19));
        SERVICE("PrivateTmp", "PrivateTmp=yes", "b", 1);
}

static void numbers_without_a_meaning_are_refused(void **state) {
        is_refused(*state, UNIT_SERVICE, "KillSignal", -1, "i", 4711);
        is_refused(*state, UNIT_SERVICE, "KillSignal", -1, "i", -3);
        is_refused(*state, UNIT_SERVICE, "SecureBits", -1, "i", 1 << 20);
        is_refused(*state, UNIT_SERVICE, "LogLevelMax", -1, "i", 99);
        is_refused(*state, UNIT_SERVICE, "MountFlags", -1, "t", (uint64_t)1);
}

/* The texts stay for a next property of the same unit. */
static void keep(Wire *w, const char *name, ...) {
        Buf b auto_buf = { 0 };
        va_list ap;

        va_start(ap, name);
        assert_int_equal(convert(w, UNIT_SERVICE, name, "t", ap, &b), 0);
        va_end(ap);
}

/* In one call, in either order. */
static void limits_have_two_halves(void **state) {
        Wire *w = *state;

        SERVICE("LimitNOFILE", "LimitNOFILE=1024", "t", (uint64_t)1024);
        for (int soft_first = 0; soft_first < 2; soft_first++) {
                keep(w, soft_first ? "LimitNOFILESoft" : "LimitNOFILE",
                     soft_first ? UINT64_C(100) : UINT64_MAX);
                keep(w, soft_first ? "LimitNOFILE" : "LimitNOFILESoft",
                     soft_first ? UINT64_MAX : UINT64_C(100));
                assert_int_equal(w->texts.n, 1);
                assert_string_equal(w->texts.v[0].value, "100:infinity");
                setting_texts_release(&w->texts);
        }
}

static void text_is_taken_literally(void **state) {
        SERVICE("Description", "Description=100%% \"of\" it", "s", "100% \"of\" it");
        SERVICE("Description", "Description=a b", "s", " \ta b ");
        SERVICE("User", "User=", "s", "");
        SERVICE("Environment", "Environment=A=%%n \"B=c d\" \"C=\\\"\\n\"", "as", 3, "A=%n", "B=c d",
                "C=\"\n");
        SERVICE("Environment", "Environment=", "as", 0);
        SERVICE("After", "After=a\\x2db.service c.service", "as", 2, "a\\x2db.service", "c.service");
        SERVICE("WorkingDirectory", "WorkingDirectory=~", "s", "~");
        SERVICE("LogExtraFields", "LogExtraFields=\"A=b c\"", "aay", 1, 5, 'A', '=', 'b', ' ', 'c');
}

static void what_would_break_the_line_is_refused(void **state) {
        is_refused(*state, UNIT_SERVICE, "Description", -1, "s", "a\n[Service]\nExecStart=/bin/false");
        is_refused(*state, UNIT_SERVICE, "Description", -1, "s", "a\\");
        is_refused(*state, UNIT_SERVICE, "After", -1, "as", 1, "a.service b.service");
        is_refused(*state, UNIT_SERVICE, "SystemCallFilter", -1, "(bas)", 1, 1, "read \"");
}

static void commands_come_with_their_prefixes(void **state) {
        SERVICE("ExecStart", "ExecStart=/bin/sh -c \"a b\" %%n", "a(sasb)", 1, "/bin/sh", 4, "/bin/sh", "-c",
                "a b", "%n", 0);
        SERVICE("ExecStart", "ExecStart=", "a(sasb)", 0);
        SERVICE("ExecStop", "ExecStop=-@/bin/a b\nExecStop=/bin/c", "a(sasb)", 2, "/bin/a", 1, "b", 1,
                "/bin/c", 1, "/bin/c", 0);
        SERVICE("ExecStartEx", "ExecStart=-+/bin/a \\;", "a(sasas)", 1, "/bin/a", 2, "/bin/a", ";", 2,
                "privileged", "ignore-failure");
        is_refused(*state, UNIT_SERVICE, "ExecStart", -1, "a(sasb)", 1, "a/b", 1, "a", 0);
        is_refused(*state, UNIT_SERVICE, "ExecStart", -1, "a(sasb)", 1, "/bin/a", 0, 0);
        is_refused(*state, UNIT_SERVICE, "ExecStartEx", -1, "a(sasas)", 1, "/bin/a", 1, "a", 1, "fast");
}

static void records_become_lines(void **state) {
        SERVICE("EnvironmentFiles", "EnvironmentFile=-/a\nEnvironmentFile=/b c", "a(sb)", 2, "/a", 1, "/b c",
                0);
        SERVICE("DeviceAllow", "DeviceAllow=/dev/null rw", "a(ss)", 1, "/dev/null", "rw");
        SERVICE("LoadCredential", "LoadCredential=key:/etc/key", "a(ss)", 1, "key", "/etc/key");
        SERVICE("TemporaryFileSystem", "TemporaryFileSystem=/a:size=5%%", "a(ss)", 1, "/a", "size=5%");
        SERVICE("BindPaths", "BindPaths=-/a:/b:rbind", "a(ssbt)", 1, "/a", "/b", 1, (uint64_t)16384);
        SERVICE("IODeviceWeight", "IODeviceWeight=/dev/sda 20", "a(st)", 1, "/dev/sda", (uint64_t)20);
        SERVICE("IPAddressDeny", "IPAddressDeny=10.0.0.0/8", "a(iayu)", 1, 2, 4, 10, 0, 0, 0, 8U);
        SERVICE("SocketBindAllow", "SocketBindAllow=ipv4:tcp:80-82", "a(iiqq)", 1, 2, 6, 3, 80);
        SERVICE("SuccessExitStatus", "SuccessExitStatus=1 2 SIGKILL", "(aiai)", 2, 1, 2, 1, SIGKILL);
        SERVICE("SetCredential", "SetCredential=key:\\x00\\x61", "a(say)", 1, "key", 2, 0, 'a');
        SERVICE("SystemCallFilter", "SystemCallFilter=~mount umount2", "(bas)", 0, 2, "mount", "umount2");
        SERVICE("RestrictAddressFamilies", "RestrictAddressFamilies=none", "(bas)", 1, 0);
        SERVICE("CPUAffinity", "CPUAffinity=0-1,3", "ay", 1, 11);
        SERVICE("StandardInputData", "StandardInputData=aGk=", "ay", 2, 'h', 'i');
        SERVICE("AppArmorProfile", "AppArmorProfile=-x", "(bs)", 1, "x");
        SERVICE("SELinuxContext", "SELinuxContext=-x", "s", "-x");
        SERVICE("StateDirectorySymlink", "StateDirectory=a:b", "a(sst)", 1, "a", "b", (uint64_t)0);
}

static void some_names_stand_for_several_settings(void **state) {
        SERVICE("StandardOutputFileToAppend", "StandardOutput=append:/a", "s", "/a");
        SERVICE("StandardInputFileDescriptorName", "StandardInput=fd:x", "s", "x");
        SERVICE("DelegateControllers", "Delegate=cpu memory", "as", 2, "cpu", "memory");
        SERVICE("Conditions", "ConditionPathExists=|!/a\nConditionHost=b", "a(sbbs)", 2,
                "ConditionPathExists", 1, 1, "/a", "ConditionHost", 0, 0, "b");
        becomes(*state, UNIT_TIMER, "TimersMonotonic", "OnActiveSec=5000000us\nOnBootSec=1us", "a(st)", 2,
                "OnActiveSec", (uint64_t)5000000, "OnBootSec", (uint64_t)1);
        becomes(*state, UNIT_TIMER, "TimersCalendar", "OnCalendar=daily", "a(ss)", 1, "OnCalendar", "daily");
        becomes(*state, UNIT_TIMER, "OnUnitActiveUSec", "OnUnitActiveSec=7us", "t", (uint64_t)7);
        becomes(*state, UNIT_TIMER, "AccuracyUSec", "AccuracySec=1us", "t", (uint64_t)1);
        becomes(*state, UNIT_PATH, "Paths", "PathExists=/a", "a(ss)", 1, "PathExists", "/a");
        becomes(*state, UNIT_SOCKET, "Listen", "ListenStream=80\nListenFIFO=/a", "a(ss)", 2, "Stream", "80",
                "FIFO", "/a");
        becomes(*state, UNIT_SCOPE, "RuntimeMaxUSec", "RuntimeMaxSec=1us", "t", (uint64_t)1);
        becomes(*state, UNIT_SERVICE, "OpenFile", "OpenFile=/a\\x3ab:c d:append,graceful\nOpenFile=/e:f",
                "a(sst)", 2, "/a:b", "c d", (uint64_t)10, "/e", "f", (uint64_t)0);
        is_refused(*state, UNIT_PATH, "Paths", -1, "a(ss)", 1, "Unit", "/a");
        is_refused(*state, UNIT_TIMER, "TimersCalendar", -1, "a(ss)", 1, "OnBootSec", "5");
}

static void what_no_setting_has_is_unknown(void **state) {
        is_refused(*state, UNIT_SERVICE, "NoSuchThing", PROPERTY_UNKNOWN, "s", "x");
        is_refused(*state, UNIT_SERVICE, "MainPID", PROPERTY_UNKNOWN, "u", 1);
        is_refused(*state, UNIT_SERVICE, "WantedBy", PROPERTY_UNKNOWN, "as", 0);
        is_refused(*state, UNIT_TIMER, "ExecStart", PROPERTY_UNKNOWN, "a(sasb)", 0);
        is_refused(*state, UNIT_SERVICE, "TimersCalendar", -1, "a(ss)", 1, "OnCalendar", "daily");
        is_refused(*state, UNIT_SERVICE, "NiceScale", PROPERTY_UNKNOWN, "u", 1);
        is_refused(*state, UNIT_SERVICE, "MemoryMax", -1, "s", "5");
        is_refused(*state, UNIT_SERVICE, "MemoryMaxScale", -1, "t", (uint64_t)5);
}

/* Every property that is a row's, and can come over the wire, has a reader. */
static void every_row_can_be_set(void **state) {
        Wire *w = *state;

        for (const Directive *const *t = directive_tables; *t; t++)
                for (const Directive *d = *t; d->key; d++) {
                        const char *signature = d->signature ? d->signature
                                                : d->codec   ? d->codec->signature
                                                             : "";
                        UnitType type = UNIT_SERVICE;
                        int r;

                        if (d->alias_of || !directive_property(d) || !signature[0] ||
                            !str_equal(d->section, "*exec"))
                                continue;
                        if (str_equal(signature, "a(sasbttttuii)"))
                                continue; /* sent as a(sasb) */
                        w->m = sd_bus_message_unref(w->m);
                        assert_true(sd_bus_message_new_signal(w->sd, &w->m, "/a", "a.b", "C") >= 0);
                        assert_true(sd_bus_message_open_container(w->m, 'v', signature) >= 0);
                        if (signature[0] == 'a')
                                assert_true(sd_bus_message_open_container(w->m, 'a', signature + 1) >= 0 &&
                                            sd_bus_message_close_container(w->m) >= 0);
                        else if (str_equal(signature, "(bas)"))
                                assert_true(sd_bus_message_append(w->m, signature, 0, 0) >= 0);
                        else if (str_equal(signature, "(bs)"))
                                assert_true(sd_bus_message_append(w->m, signature, 0, "") >= 0);
                        else if (str_equal(signature, "s"))
                                assert_true(sd_bus_message_append(w->m, signature, "") >= 0);
                        else if (strchr("tx", signature[0]))
                                assert_true(sd_bus_message_append(w->m, signature, (uint64_t)0) >= 0);
                        else
                                assert_true(sd_bus_message_append(w->m, signature, 0) >= 0);
                        assert_true(sd_bus_message_close_container(w->m) >= 0);
                        assert_true(sd_bus_message_seal(w->m, 1, 0) >= 0);
                        sd_bus_error_free(&w->error);
                        r = property_to_text(type, directive_property(d), w->m, &w->texts, &w->error);
                        if (r == PROPERTY_UNKNOWN)
                                fail_msg("%s (%s) cannot be set", directive_property(d), signature);
                        setting_texts_release(&w->texts);
                }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(numbers_are_written_as_their_setting_has_them, setup,
                                                teardown),
                cmocka_unit_test_setup_teardown(numbers_without_a_meaning_are_refused, setup, teardown),
                cmocka_unit_test_setup_teardown(limits_have_two_halves, setup, teardown),
                cmocka_unit_test_setup_teardown(text_is_taken_literally, setup, teardown),
                cmocka_unit_test_setup_teardown(what_would_break_the_line_is_refused, setup, teardown),
                cmocka_unit_test_setup_teardown(commands_come_with_their_prefixes, setup, teardown),
                cmocka_unit_test_setup_teardown(records_become_lines, setup, teardown),
                cmocka_unit_test_setup_teardown(some_names_stand_for_several_settings, setup, teardown),
                cmocka_unit_test_setup_teardown(what_no_setting_has_is_unknown, setup, teardown),
                cmocka_unit_test_setup_teardown(every_row_can_be_set, setup, teardown),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
