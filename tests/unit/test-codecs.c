/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Each codec, through each row that uses it: what it takes, what it refuses, and that its own text means the same. */

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "unit/directive.h"

/* A unit in which the row can be assigned, and the section to do it in. */
static UnitSpec *spec_for(const Directive *d, const char **ret_section) {
        static const struct {
                const char *section, *name;
        } units[] = {
                { "Unit", "a.target" },         { "Install", "a.target" }, { "Service", "a.service" },
                { "Socket", "a.socket" },       { "Timer", "a.timer" },    { "Path", "a.path" },
                { "Mount", "a.mount" },         { "Swap", "a.swap" },      { "Scope", "a.scope" },
                { "Automount", "a.automount" },
        };
        UnitSpec *s;

        for (size_t i = 0; i < ELEMENTSOF(units); i++)
                if (directive_find(units[i].section, d->key) == d) {
                        *ret_section = units[i].section;
                        assert_int_equal(spec_new(units[i].name, &s), 0);
                        return s;
                }
        fail_msg("no unit for %s=", d->key);
        return NULL;
}

/* Whether the value was taken without a word of complaint. Those who want the report get it as of a file. */
static bool assign(UnitSpec *s, const char *section, const char *key, const char *value, Report *ret_report) {
        Report report = { 0 };
        const SpecContext c = { .report = &report };
        const Assignment a = {
                .section = section, .key = key, .value = value, .file = "a", .line = ret_report ? 1 : 0
        };
        size_t errors;

        assert_int_equal(spec_assign(s, &c, &a), 0);
        errors = report_count(&report, SEVERITY_ERROR);
        if (ret_report)
                *ret_report = report;
        else
                report_release(&report);
        return errors == 0;
}

static char *format(const Directive *d, const UnitSpec *s) {
        Buf b auto_buf = { 0 };
        char *text;

        assert_int_equal(directive_format(d, s, &b), 0);
        assert_int_equal(buf_take(&b, &text), 0);
        return text;
}

/* Each line is one assignment. */
static void assign_lines(UnitSpec *s, const char *section, const char *key, const char *text) {
        char *copy auto_free = strdup(text);
        char *line = copy, *end;

        do {
                end = strchr(line, '\n');
                if (end)
                        *end = 0;
                if (!assign(s, section, key, line, NULL))
                        fail_msg("%s= does not read what it wrote: '%s'", key, line);
                line = end + 1;
        } while (end);
}

static void expect_round_trip(const Directive *d, const char *value) {
        char *first auto_free = NULL, *second auto_free = NULL;
        const char *section = NULL;
        UnitSpec *s;

        s = spec_for(d, &section);
        if (!assign(s, section, d->key, value, NULL))
                fail_msg("%s= does not take '%s'", d->key, value);
        first = format(d, s);
        spec_free(s);

        s = spec_for(d, &section);
        assign_lines(s, section, d->key, first);
        second = format(d, s);
        spec_free(s);
        if (strcmp(first, second) != 0)
                fail_msg("%s=%s is written as '%s', then as '%s'", d->key, value, first, second);
}

static void expect_refusal(const Directive *d, const char *value) {
        char *before auto_free = NULL, *after auto_free = NULL;
        const char *section = NULL;
        Report report;
        UnitSpec *s;

        s = spec_for(d, &section);
        before = format(d, s);
        if (assign(s, section, d->key, value, &report))
                fail_msg("%s= takes '%s'", d->key, value);
        assert_string_equal(report.findings[0].key, d->key);
        assert_int_equal(report.findings[0].line, 1);
        assert_true(strlen(report.findings[0].text) > 20);
        report_release(&report);

        after = format(d, s);
        if (!d->list)
                assert_string_equal(before, after);
        if (s->fatal != d->vital)
                fail_msg("%s=%s: fatal is %d", d->key, value, s->fatal);
        spec_free(s);
}

#define FOR_EACH_CODEC_ROW(d)                                                                                \
        for (const Directive *const *table_ = directive_tables; *table_; table_++)                           \
                for (const Directive *d = *table_; d->key; d++)                                              \
                        if (d->codec)

static void good_samples_are_taken_and_written_back(void **state) {
        FOR_EACH_CODEC_ROW(d) {
                for (const char *const *sample = d->codec->good; *sample; sample++)
                        expect_round_trip(d, *sample);
        }
}

static void bad_samples_are_refused(void **state) {
        FOR_EACH_CODEC_ROW(d) {
                for (const char *const *sample = d->codec->bad; *sample; sample++)
                        expect_refusal(d, *sample);
        }
}

static void no_value_is_too_long_to_refuse(void **state) {
        char value[5000];

        memset(value, '\xc3', sizeof(value));
        value[sizeof(value) - 1] = 0;
        FOR_EACH_CODEC_ROW(d) {
                const char *section = NULL;
                UnitSpec *s = spec_for(d, &section);

                assign(s, section, d->key, value, NULL);
                spec_free(s);
        }
}

/* Section, key, what is written, how it is written back. */
static const struct {
        const char *section, *key, *value, *text;
} forms[] = {
        { "Service", "RestartSec", "90", "1min 30s" },
        { "Service", "TimeoutStopSec", "0", "infinity" },
        { "Service", "TimeoutStopSec", "2m", "2min" },
        { "Service", "WatchdogSec", "0", "0" },
        { "Service", "PIDFile", "app.pid", "/run/app.pid" },
        { "Service", "PIDFile", "/var/run/app//app.pid", "/run/app/app.pid" },
        { "Service", "SuccessExitStatus", "TEMPFAIL 250 SIGKILL 250", "75 250 SIGKILL" },
        { "Service", "SuccessExitStatus", "143 SIGTERM", "143 SIGTERM" },
        { "Service", "ExecStart", "-@/bin/sh zsh -c 'echo $A ; x' ; /bin/b",
          "-@/bin/sh zsh -c \"echo $A ; x\"\n/bin/b" },
        { "Service", "ExecStart", "!!-/bin/a", "-!!/bin/a" },
        { "Service", "ExecStart", "/bin/echo %% \\; ';'", "/bin/echo %% \\; \\;" },
        { "Service", "ExecStart", "| echo 'a; b' | cat", "|echo 'a; b' | cat" },
        { "Service", "Environment", "A=1 \"B=x y\" A=2", "A=2 \"B=x y\"" },
        { "Service", "WorkingDirectory", "-/srv//a/", "-/srv/a" },
        { "Service", "LimitNOFILE", "1024:524288", "1024:524288" },
        { "Service", "LimitMEMLOCK", "64M", "64M" },
        { "Service", "LimitMEMLOCK", "65537", "65537" },
        { "Service", "LimitCPU", "1min", "60" },
        { "Service", "LimitCPU", "1500ms", "2" },
        { "Service", "LimitRTTIME", "200ms", "200000" },
        { "Service", "LimitNICE", "-5", "25" },
        { "Service", "LimitNICE", "+5", "15" },
        { "Service", "LimitCORE", "0:infinity", "0:infinity" },
        { "Service", "MemoryMax", "1.5G", "1536M" },
        { "Service", "MemoryMax", "12.5%", "12.50%" },
        { "Service", "TasksMax", "20%", "20%" },
        { "Service", "CPUQuota", "150%", "150%" },
        { "Service", "CPUWeight", "idle", "idle" },
        { "Service", "CapabilityBoundingSet", "cap_chown CAP_KILL", "cap_chown cap_kill" },
        { "Service", "CapabilityBoundingSet", "~CAP_SYS_ADMIN", "~cap_sys_admin" },
        { "Service", "CapabilityBoundingSet", "", "" },
        { "Service", "AmbientCapabilities", "CAP_NET_BIND_SERVICE", "cap_net_bind_service" },
        { "Service", "SecureBits", "noroot-locked noroot", "noroot noroot-locked" },
        { "Service", "UMask", "77", "0077" },
        { "Service", "RuntimeDirectory", "a b/c", "a b/c" },
        { "Service", "StateDirectory", "a:b", "a:b" },
        { "Service", "RuntimeDirectoryMode", "2775", "2775" },
        { "Service", "StandardOutput", "syslog", "journal" },
        { "Service", "StandardOutput", "append:/var/log//a", "append:/var/log/a" },
        { "Service", "StandardInputText", "a", "" },
        { "Service", "StandardInputData", "aGVsbG8=", "aGVsbG8=" },
        { "Service", "SyslogFacility", "3", "daemon" },
        { "Service", "SyslogLevel", "4", "warning" },
        { "Service", "KillSignal", "SIGRTMIN+3", "SIGRTMIN+3" },
        { "Service", "KillSignal", "2", "SIGINT" },
        { "Service", "CPUAffinity", "0-3,5 7", "0-3 5 7" },
        { "Service", "Nice", "-5", "-5" },
        { "Service", "TimerSlackNSec", "1ms", "1000000ns" },
        { "Service", "ProtectSystem", "true", "yes" },
        { "Service", "ProtectHome", "read-only", "read-only" },
        { "Service", "RuntimeDirectoryPreserve", "1", "yes" },
        { "Service", "Delegate", "memory pids", "memory pids" },
        { "Service", "Slice", "web-a.slice", "web-a.slice" },
        { "Service", "Sockets", "a.socket b.socket", "a.socket b.socket" },
        { "Service", "ExecSearchPath", "/a//b:/c", "/a/b:/c" },
        { "Service", "X-Essential", "on-failure", "on-failure" },
        { "Service", "X-RestartJitter", "20%", "20%" },
        { "Service", "ReadWritePaths", "-/a '/b c'", "-/a \"/b c\"" },
        { "Unit", "After", "a.target b\\x2dc.service", "a.target b\\x2dc.service" },
        { "Unit", "ConditionPathExists", "|!/a//b", "|!/a/b" },
        { "Unit", "ConditionKernelVersion", "| ! >= 5", "|!>= 5" },
        { "Service", "LimitNOFILE", "5:infinity", "5:infinity" },
        { "Service", "LimitNOFILE", "infinity", "infinity" },
        { "Service", "MemoryMax", "1G 512M", "1536M" },
        { "Service", "MemoryMax", "10.K", "10K" },
        { "Service", "MemoryMax", "5\u2030", "0.50%" },
        { "Service", "Nice", "0x5", "5" },
        { "Service", "TimerSlackNSec", "1.5us", "1500ns" },
        { "Service", "KillSignal", "SIGRTMIN+0", "SIGRTMIN" },
        { "Service", "PIDFile", "a/./b", "/run/a/b" },
        { "Service", "ReadWritePaths", "-+/a//b", "-+/a/b" },
        { "Service", "BindPaths", "-/a:/b:norbind", "-/a:/b:norbind" },
        { "Service", "User", "-x", "-x" },
        { "Service", "ExecStart", "; /bin/a ; ; /bin/b", "/bin/a\n/bin/b" },
        { "Unit", "ConditionKernelCommandLine", "!quiet", "!quiet" },
        { "Unit", "OnFailureIsolate", "yes", "yes" },
        { "Unit", "JobTimeoutSec", "0", "infinity" },
        { "Unit", "Documentation", "man:a(8) https://a.org", "man:a(8) https://a.org" },
        { "Install", "WantedBy", "a@%i.service b.target", "a@%i.service b.target" },
        { "Socket", "ListenStream", "0.0.0.0:80", "0.0.0.0:80" },
        { "Socket", "ListenStream", "[::1]:80", "[::1]:80" },
        { "Socket", "ListenStream", "[fe80::1%eth0]:80", "[fe80::1%%eth0]:80" },
        { "Socket", "ListenStream", "80", "80" },
        { "Socket", "ListenStream", "@abstract", "@abstract" },
        { "Socket", "ListenStream", "vsock:2:1024", "vsock:2:1024" },
        { "Socket", "ListenDatagram", "/var/run/log", "/run/log" },
        { "Socket", "ListenFIFO", "/run//fifo", "/run/fifo" },
        { "Socket", "ListenNetlink", "15 1", "kobject-uevent 1" },
        { "Socket", "ListenNetlink", "generic", "generic 0" },
        { "Socket", "ListenMessageQueue", "/jobs/", "/jobs" },
        { "Socket", "Timestamping", "nsec", "ns" },
        { "Socket", "IPTOS", "8", "throughput" },
        { "Socket", "ReceiveBuffer", "8M", "8M" },
        { "Socket", "Service", "other.service", "other.service" },
        { "Timer", "OnBootSec", "90", "1min 30s" },
        { "Timer", "OnCalendar", "daily", "daily" },
        { "Timer", "OnCalendar", "Mon..Fri *-*-* 06,18:00", "Mon..Fri *-*-* 06,18:00" },
        { "Timer", "Unit", "x.target", "x.target" },
        { "Path", "PathExistsGlob", "/var/spool/*.job", "/var/spool/*.job" },
};

static void values_are_written_in_normal_form(void **state) {
        for (size_t i = 0; i < ELEMENTSOF(forms); i++) {
                const Directive *d = directive_find(forms[i].section, forms[i].key);
                char *text auto_free = NULL;
                const char *section = NULL, *value = forms[i].value;
                UnitSpec *s;

                assert_non_null(d);
                if (strchr(value, '%') && d->codec->id == CODEC_listen)
                        value = forms[i].text; /* a lone % would be a specifier */
                s = spec_for(d, &section);
                if (!assign(s, section, d->key, value, NULL))
                        fail_msg("%s=%s is refused", d->key, value);
                text = format(d, s);
                if (strcmp(text, forms[i].text) != 0)
                        fail_msg("%s=%s is written as '%s'", d->key, value, text);
                spec_free(s);
                expect_round_trip(d, value);
        }
}

static void refused_values(void **state) {
        static const struct {
                const char *section, *key, *value;
        } values[] = {
                { "Service", "Nice", "20" },
                { "Service", "OOMScoreAdjust", "-1001" },
                { "Service", "IOSchedulingPriority", "8" },
                { "Service", "MemoryMax", "0" },
                { "Service", "Slice", "a.service" },
                { "Service", "LimitNICE", "41" },
                { "Service", "LimitNICE", "infinity" },
                { "Service", "KillSignal", "POLL" },
                { "Service", "MemoryMax", "0%" },
                { "Service", "MemoryMax", "1M 1G" },
                { "Service", "MemoryMax", "5 5" },
                { "Service", "MemoryMax", "1.234%" },
                { "Service", "WorkingDirectory", "/a/../b" },
                { "Service", "RootDirectory", "/a/../b" },
                { "Service", "EnvironmentFile", "/a/../b" },
                { "Service", "ReadWritePaths", "/a/../b" },
                { "Service", "BindPaths", "/a:b" },
                { "Service", "BindPaths", "/a:/b:x" },
                { "Service", "Environment", "A=\\q" },
                { "Unit", "ConditionPathExists", "| /a" },
                { "Unit", "ConditionPathExists", "/a/../b" },
                { "Service", "LimitNICE", "-21" },
                { "Service", "LimitNOFILE", "64K" },
                { "Service", "PassEnvironment", "A=1" },
                { "Service", "ConfigurationDirectory", "a:b" },
                { "Service", "StateDirectory", "a:/b" },
                { "Unit", "ConditionPathExists", "a" },
                { "Unit", "Requires", "a" },
                { "Socket", "ListenSequentialPacket", "80" },
                { "Socket", "ListenStream", "host:80" },
                { "Socket", "Service", "a.timer" },
                { "Timer", "OnCalendar", "someday" },
                { "Timer", "OnBootSec", "-5" },
                { "Path", "PathChanged", "a/b" },
        };

        for (size_t i = 0; i < ELEMENTSOF(values); i++) {
                const Directive *d = directive_find(values[i].section, values[i].key);

                assert_non_null(d);
                expect_refusal(d, values[i].value);
        }
}

static void every_word_is_known_both_ways(void **state) {
#define CHECK(name, max)                                                                                     \
        for (int v_ = 0; v_ < (max); v_++) {                                                                 \
                assert_non_null(name##_to_string(v_));                                                       \
                assert_int_equal(name##_from_string(name##_to_string(v_)), v_);                              \
        }                                                                                                    \
        assert_null(name##_to_string(-1));                                                                   \
        assert_null(name##_to_string(max));                                                                  \
        assert_int_equal(name##_from_string("?"), -1);                                                       \
        assert_int_equal(name##_from_string(NULL), -1)
        CHECK(service_type, SERVICE_TYPE_MAX);
        CHECK(exit_type, EXIT_TYPE_MAX);
        CHECK(restart, RESTART_MAX);
        CHECK(restart_mode, RESTART_MODE_MAX);
        CHECK(roll_mode, ROLL_MODE_MAX);
        CHECK(ipc, IPC_KIND_MAX);
        CHECK(ready_on, READY_ON_MAX);
        CHECK(notify_access, NOTIFY_ACCESS_MAX);
        CHECK(kill_mode, KILL_MODE_MAX);
        CHECK(oom_policy, OOM_POLICY_MAX);
        CHECK(timeout_failure_mode, TIMEOUT_FAILURE_MODE_MAX);
        CHECK(emergency_action, EMERGENCY_ACTION_MAX);
        CHECK(collect_mode, COLLECT_MODE_MAX);
        CHECK(job_mode, JOB_MODE_MAX);
        CHECK(std_input, STD_INPUT_MAX);
        CHECK(std_output, STD_OUTPUT_MAX);
        CHECK(preserve, PRESERVE_MAX);
        CHECK(protect_system, PROTECT_SYSTEM_MAX);
        CHECK(protect_home, PROTECT_HOME_MAX);
        CHECK(bind_ipv6_only, BIND_IPV6_MAX);
#undef CHECK
}

static void an_error_names_every_word_that_would_do(void **state) {
        for (int v = 0; v < SERVICE_TYPE_MAX; v++)
                assert_non_null(strstr(codec_service_type.expects, service_type_to_string(v)));
        for (int v = 0; v < RESTART_MAX; v++)
                assert_non_null(strstr(codec_restart.expects, restart_to_string(v)));
        for (int v = 0; v < KILL_MODE_MAX; v++)
                assert_non_null(strstr(codec_kill_mode.expects, kill_mode_to_string(v)));
        for (int v = 0; v < EMERGENCY_ACTION_MAX; v++)
                assert_non_null(strstr(codec_emergency_action.expects, emergency_action_to_string(v)));
        for (int v = 0; v < STD_OUTPUT_MAX; v++)
                assert_non_null(strstr(codec_std_output.expects, std_output_to_string(v)));
        for (int v = 0; v < STD_INPUT_MAX; v++)
                assert_non_null(strstr(codec_std_input.expects, std_input_to_string(v)));
        for (int v = 0; v < JOB_MODE_MAX; v++)
                assert_non_null(strstr(codec_job_mode.expects, job_mode_to_string(v)));
}

static void signals_have_names(void **state) {
        assert_int_equal(signal_from_string("SIGTERM"), SIGTERM);
        assert_int_equal(signal_from_string("KILL"), SIGKILL);
        assert_int_equal(signal_from_string("1"), SIGHUP);
        assert_int_equal(signal_from_string("RTMIN+3"), SIGRTMIN + 3);
        assert_int_equal(signal_from_string("SIGRTMAX-2"), SIGRTMAX - 2);
        assert_int_equal(signal_from_string("SIGRTMIN-1"), -1);
        assert_int_equal(signal_from_string("0"), -1);
        assert_int_equal(signal_from_string(""), -1);
        assert_int_equal(signal_from_string(NULL), -1);
        for (int n = 1; n <= SIGRTMAX; n++)
                if (signal_to_string(n))
                        assert_int_equal(signal_from_string(signal_to_string(n)), n);
        assert_string_equal(signal_to_string(SIGPWR), "SIGPWR");
        assert_null(signal_to_string(0));
        assert_null(signal_to_string(1000));
}

static void exit_codes_have_names(void **state) {
        assert_int_equal(exit_status_from_string("TEMPFAIL"), 75);
        assert_int_equal(exit_status_from_string("EXEC"), 203);
        assert_int_equal(exit_status_from_string("255"), 255);
        assert_int_equal(exit_status_from_string("256"), -1);
        assert_string_equal(exit_status_to_string(217), "USER");
        assert_null(exit_status_to_string(99));
}

static void a_set_tells_codes_from_signals(void **state) {
        uint8_t codes[] = { 9 };
        int signals[] = { 15 };
        const ExitStatusSet set = { .codes = codes, .signals = signals, .n_codes = 1, .n_signals = 1 };

        assert_true(exit_status_set_contains(&set, CLD_EXITED, 9));
        assert_false(exit_status_set_contains(&set, CLD_EXITED, 15));
        assert_true(exit_status_set_contains(&set, CLD_KILLED, 15));
        assert_true(exit_status_set_contains(&set, CLD_DUMPED, 15));
        assert_false(exit_status_set_contains(&set, CLD_KILLED, 9));
        assert_false(exit_status_set_contains(&set, CLD_STOPPED, 15));
}

static void inverses_are_mutual(void **state) {
        for (int k = 0; k < DEP_MAX; k++) {
                assert_non_null(dependency_to_string(k));
                assert_int_equal(dependency_inverse(dependency_inverse(k)), k);
        }
        assert_int_equal(dependency_inverse(DEP_AFTER), DEP_BEFORE);
        assert_int_equal(dependency_inverse(DEP_PART_OF), DEP_CONSISTS_OF);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(good_samples_are_taken_and_written_back),
                cmocka_unit_test(bad_samples_are_refused),
                cmocka_unit_test(no_value_is_too_long_to_refuse),
                cmocka_unit_test(values_are_written_in_normal_form),
                cmocka_unit_test(refused_values),
                cmocka_unit_test(every_word_is_known_both_ways),
                cmocka_unit_test(an_error_names_every_word_that_would_do),
                cmocka_unit_test(signals_have_names),
                cmocka_unit_test(exit_codes_have_names),
                cmocka_unit_test(a_set_tells_codes_from_signals),
                cmocka_unit_test(inverses_are_mutual),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
