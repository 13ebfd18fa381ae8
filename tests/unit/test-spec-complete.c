/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What follows from several settings together: types, timeouts, dependencies, and what cannot be used. */

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <syslog.h>

#include "spec-world.h"

static void pid_files_below_var_run_move_to_run(void **state) {
        World w;

        world_complete(&w, "a.service",
                       "[Service]\nType=forking\nExecStart=/bin/a\nPIDFile=/var/run/a.pid\n");
        assert_string_equal(w.spec->service->pid_file, "/run/a.pid");
        assert_int_equal(w.report.n_findings, 1);
        assert_int_equal(w.report.findings[0].severity, SEVERITY_WARNING);
        expect_text(&w, 0, "'/var/run/a.pid' is an old name of '/run/a.pid', which is used.");
        world_release(&w);
}

static void the_type_follows_from_the_rest(void **state) {
        static const struct {
                const char *text;
                ServiceType type;
                NotifyAccess access;
        } cases[] = {
                { "[Service]\nExecStart=/a\n", TYPE_SIMPLE, NOTIFY_NONE },
                { "[Service]\nExecStart=/a\nBusName=org.a\n", TYPE_DBUS, NOTIFY_NONE },
                { "[Service]\nExecStart=/a\nBusName=org.a\nType=exec\n", TYPE_EXEC, NOTIFY_NONE },
                { "[Service]\nExecStop=/a\nRemainAfterExit=yes\n", TYPE_ONESHOT, NOTIFY_NONE },
                { "[Service]\nExecStart=/a\nType=notify\n", TYPE_NOTIFY, NOTIFY_MAIN },
                { "[Service]\nExecStart=/a\nType=notify\nNotifyAccess=all\n", TYPE_NOTIFY, NOTIFY_ALL },
                { "[Service]\nExecStart=/a\nType=notify\nNotifyAccess=none\n", TYPE_NOTIFY, NOTIFY_MAIN },
                { "[Service]\nExecStart=/a\nWatchdogSec=5\n", TYPE_SIMPLE, NOTIFY_MAIN },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                World w;

                world_complete(&w, "a.service", cases[i].text);
                expect_nothing_found(&w);
                assert_int_equal(w.spec->service->type, cases[i].type);
                assert_int_equal(w.spec->service->notify_access, cases[i].access);
                world_release(&w);
        }
}

static void timeouts_follow_from_type_and_configuration(void **state) {
        World w;

        world_complete(&w, "a.service", "[Service]\nType=oneshot\nExecStart=/a\n");
        assert_true(w.spec->service->timeout_start == USEC_INFINITY);
        world_release(&w);

        world_complete(&w, "a.service", "[Service]\nType=oneshot\nExecStart=/a\nTimeoutStartSec=5\n");
        assert_int_equal(w.spec->service->timeout_start, 5 * USEC_PER_SEC);
        world_release(&w);

        world_init(&w, "a.service", "[Service]\nExecStart=/a\nRestartSec=0\n");
        w.context.default_timeout_start = 1;
        w.context.default_timeout_stop = 2;
        w.context.default_restart_delay = 3;
        assert_int_equal(spec_complete(w.spec, &w.context), 0);
        assert_int_equal(w.spec->service->timeout_start, 1);
        assert_int_equal(w.spec->service->timeout_stop, 2);
        assert_int_equal(w.spec->service->restart_delay, 0);
        world_release(&w);

        world_complete(&w, "a.service", "[Service]\nExecStart=/a\nTimeoutSec=0\nTimeoutAbortSec=infinity\n");
        assert_true(w.spec->service->timeout_start == USEC_INFINITY);
        assert_true(w.spec->service->timeout_stop == USEC_INFINITY);
        assert_true(w.spec->service->timeout_abort_set);
        world_release(&w);
}

static void the_start_limit_of_the_configuration_holds_for_units_without_their_own(void **state) {
        World w;

        world_init(&w, "a.timer", "[Timer]\nOnBootSec=1\n");
        w.context.has_start_limit = true;
        w.context.default_start_limit_interval = 0;
        w.context.default_start_limit_burst = 9;
        assert_int_equal(spec_complete(w.spec, &w.context), 0);
        assert_int_equal(w.spec->policy->start_limit_interval, 0);
        assert_int_equal(w.spec->policy->start_limit_burst, 9);
        world_release(&w);

        /* As much as the built-in value, but said. */
        world_init(&w, "a.service", "[Service]\nExecStart=/a\n[Unit]\nStartLimitBurst=5\n");
        w.context.has_start_limit = true;
        w.context.default_start_limit_interval = 7;
        w.context.default_start_limit_burst = 9;
        assert_int_equal(spec_complete(w.spec, &w.context), 0);
        assert_int_equal(w.spec->policy->start_limit_interval, 7);
        assert_int_equal(w.spec->policy->start_limit_burst, 5);
        world_release(&w);
}

static void job_timeouts_go_together_unless_both_are_given(void **state) {
        World w;

        world_init(&w, "a.target", "[Unit]\nJobTimeoutSec=5\n");
        assert_int_equal(w.spec->policy->job_running_timeout, 5 * USEC_PER_SEC);
        world_release(&w);

        world_init(&w, "a.target", "[Unit]\nJobRunningTimeoutSec=3\nJobTimeoutSec=5\n");
        assert_int_equal(w.spec->policy->job_running_timeout, 3 * USEC_PER_SEC);
        assert_int_equal(w.spec->policy->job_timeout, 5 * USEC_PER_SEC);
        world_release(&w);
}

static void an_input_that_goes_both_ways_is_the_output(void **state) {
        static const struct {
                const char *text;
                StdInput input;
                StdOutput output;
        } cases[] = {
                { "StandardInput=socket\n", INPUT_SOCKET, OUTPUT_INHERIT },
                { "StandardInput=tty\nStandardOutput=journal\n", INPUT_TTY, OUTPUT_JOURNAL },
                { "StandardOutput=inherit\n", INPUT_NULL, OUTPUT_JOURNAL },
                { "StandardInputText=a\n", INPUT_DATA, OUTPUT_JOURNAL },
                { "StandardOutput=null\n", INPUT_NULL, OUTPUT_NULL },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                char text[200];
                World w;

                snprintf(text, sizeof(text), "[Service]\nExecStart=/a\n%s", cases[i].text);
                world_complete(&w, "a.service", text);
                expect_nothing_found(&w);
                assert_int_equal(w.spec->exec->io.input, cases[i].input);
                assert_int_equal(w.spec->exec->io.output, cases[i].output);
                world_release(&w);
        }
}

static void data_for_the_input_keeps_its_bytes(void **state) {
        World w;

        world_init(&w, "a.service",
                   "[Service]\nStandardInputText=a  b\\x41\\n\nStandardInputData=AP8A "
                   "/w==\nStandardInputText=%i%%\n");
        expect_nothing_found(&w);
        assert_int_equal(w.spec->exec->io.input_data_len, 7 + 4 + 2);
        assert_memory_equal(w.spec->exec->io.input_data, "a  bA\n\n\0\xff\0\xff%\n", 13);
        world_release(&w);
}

static void nonsense_is_fatal_and_says_why(void **state) {
        static const struct {
                const char *name, *text, *finding;
        } cases[] = {
                { "a.service", "[Service]\nType=simple\n",
                  "The service has neither ExecStart=, ExecStop= nor SuccessAction=; the unit cannot be "
                  "used." },
                { "a.service", "[Service]\nExecStop=/a\n",
                  "The service has neither ExecStart= nor SuccessAction=, and not RemainAfterExit=yes; the "
                  "unit "
                  "cannot be used." },
                { "a.service", "[Service]\nType=exec\nExecStop=/a\n",
                  "The service has no ExecStart=, which only Type=oneshot may go without; the unit cannot be "
                  "used." },
                { "a.service", "[Service]\nExecStart=/a\nExecStart=/b\n",
                  "The service has more than one ExecStart=, which only Type=oneshot may have; the unit "
                  "cannot be used." },
                { "a.service", "[Service]\nType=oneshot\nExecStart=/a\nRestart=always\n",
                  "A service of Type=oneshot cannot have Restart=always or Restart=on-success; the unit "
                  "cannot be used." },
                { "a.service", "[Service]\nX-NotifyFd=2\nExecStart=/a\n",
                  "Descriptors 1 and 2 are standard output and error; X-NotifyFd= takes 3 or more; the unit "
                  "cannot be used." },
                { "a.service", "[Service]\nType=exec\nX-NotifyFd=3\nExecStart=/a\n",
                  "X-NotifyFd= needs Type=notify or notify-reload, or no Type= at all; the unit cannot be "
                  "used." },
                { "a.service", "[Service]\nType=dbus\nExecStart=/a\n",
                  "A service of Type=dbus needs BusName=; the unit cannot be used." },
                { "a.service", "[Service]\nExecStart=/a\nRootImage=/x.img\n",
                  "An image cannot be mounted as the root, and without it another program would be run. The "
                  "unit cannot "
                  "be used." },
                { "a.socket", "[Socket]\nAccept=no\n",
                  "The socket has no ListenStream=, ListenDatagram=, ListenSequentialPacket= or ListenFIFO=; "
                  "the unit "
                  "cannot be used." },
                { "a.socket", "[Socket]\nListenStream=80\nAccept=yes\nService=b.service\n",
                  "With Accept=yes each connection has its own service, so Service= cannot be set; the unit "
                  "cannot be "
                  "used." },
                { "a.timer", "[Timer]\nUnit=b.service\n",
                  "The timer has no OnCalendar=, OnActiveSec=, OnBootSec= or other time to elapse; the unit "
                  "cannot be "
                  "used." },
                { "a.path", "[Path]\nUnit=b.service\n",
                  "The path unit has no PathExists=, PathChanged= or other path to watch; the unit cannot be "
                  "used." },
                { "a.mount", "[Mount]\nWhat=x\nWhere=/b\n",
                  "The name of the unit does not follow from Where=; the unit cannot be used." },
                { "a.target", "[Unit]\nOnFailure=b.target c.target\nOnFailureJobMode=isolate\n",
                  "OnFailureJobMode=isolate takes one unit, and OnFailure= names more; the unit cannot be "
                  "used." },
                { "a.target",
                  "[Unit]\nOnSuccess=b.target\nOnSuccess=c.target b.target\nOnSuccessJobMode=isolate\n",
                  "OnSuccessJobMode=isolate takes one unit, and OnSuccess= names more; the unit cannot be "
                  "used." },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                World w;

                world_complete(&w, cases[i].name, cases[i].text);
                assert_true(w.spec->fatal);
                assert_int_equal(w.report.n_findings, 1);
                expect_text(&w, 0, cases[i].finding);
                world_release(&w);
        }
}

static void what_is_reset_is_not_refused(void **state) {
        World w;

        world_complete(&w, "a.target", "[Unit]\nOnFailure=b.target b.target\nOnFailureJobMode=isolate\n");
        expect_nothing_found(&w);
        assert_false(w.spec->fatal);
        world_release(&w);

        world_complete(&w, "a.service", "[Service]\nExecStart=/a\nRootImage=/x.img\nRootImage=\n");
        expect_nothing_found(&w);
        assert_false(w.spec->fatal);
        world_release(&w);
}

static void services_get_the_default_dependencies(void **state) {
        World w;

        world_complete(&w, "a.service", "[Service]\nExecStart=/a\n");
        assert_true(has(w.spec, DEP_REQUIRES, "sysinit.target"));
        assert_true(has(w.spec, DEP_AFTER, "sysinit.target"));
        assert_true(has(w.spec, DEP_AFTER, "basic.target"));
        assert_true(has(w.spec, DEP_CONFLICTS, "shutdown.target"));
        assert_true(has(w.spec, DEP_BEFORE, "shutdown.target"));
        assert_true(has(w.spec, DEP_AFTER, "systemd-journald.socket"));
        assert_true(has(w.spec, DEP_SLICE, "system.slice"));
        assert_true(has(w.spec, DEP_REQUIRES, "system.slice"));
        assert_true(has(w.spec, DEP_AFTER, "system.slice"));
        assert_int_equal(w.spec->common->n_deps, 9);
        world_release(&w);

        world_complete(&w, "a.service",
                       "[Unit]\nDefaultDependencies=no\n[Service]\nExecStart=/a\nStandardOutput=null\n");
        assert_int_equal(w.spec->common->n_deps, 3); /* the slice */
        world_release(&w);
}

static void each_type_gets_its_own_dependencies(void **state) {
        World w;

        world_complete(&w, "a.socket", "[Socket]\nListenStream=/run/a/s\n");
        assert_true(has(w.spec, DEP_BEFORE, "sockets.target"));
        assert_true(has(w.spec, DEP_TRIGGERS, "a.service"));
        assert_true(has(w.spec, DEP_BEFORE, "a.service"));
        assert_false(has(w.spec, DEP_AFTER, "basic.target"));
        assert_string_equal(w.spec->common->requires_mounts_for[0], "/run/a/s");
        world_release(&w);

        world_complete(&w, "a.socket", "[Socket]\nListenStream=80\nAccept=yes\n");
        assert_false(has(w.spec, DEP_TRIGGERS, "a.service"));
        assert_int_equal(w.spec->socket->trigger_limit_burst, 200);
        world_release(&w);

        world_complete(&w, "a.timer", "[Timer]\nOnCalendar=daily\nUnit=b.target\n");
        assert_true(has(w.spec, DEP_TRIGGERS, "b.target"));
        assert_true(has(w.spec, DEP_BEFORE, "timers.target"));
        assert_true(has(w.spec, DEP_AFTER, "time-sync.target"));
        assert_null(spec_slice(w.spec));
        world_release(&w);

        world_complete(&w, "a.timer", "[Timer]\nOnActiveSec=5\n");
        assert_true(has(w.spec, DEP_TRIGGERS, "a.service"));
        assert_false(has(w.spec, DEP_AFTER, "time-sync.target"));
        world_release(&w);

        world_complete(&w, "a.path", "[Path]\nPathExists=/x\n");
        assert_true(has(w.spec, DEP_TRIGGERS, "a.service"));
        assert_true(has(w.spec, DEP_BEFORE, "paths.target"));
        world_release(&w);

        world_complete(&w, "a.target", "[Unit]\nWants=b.service\n");
        assert_true(has(w.spec, DEP_CONFLICTS, "shutdown.target"));
        assert_false(has(w.spec, DEP_AFTER, "sysinit.target"));
        world_release(&w);

        world_complete(&w, "shutdown.target", "[Unit]\n");
        assert_int_equal(w.spec->common->n_deps, 0);
        world_release(&w);

        world_complete(&w, "srv-data.mount", "[Mount]\nWhat=x\nWhere=/srv/data\n");
        assert_true(has(w.spec, DEP_BEFORE, "local-fs.target"));
        assert_true(has(w.spec, DEP_CONFLICTS, "umount.target"));
        assert_string_equal(w.spec->common->requires_mounts_for[0], "/srv");
        world_release(&w);

        world_complete(&w, "srv-data.mount", "[Mount]\nWhat=x:/\nWhere=/srv/data\nType=nfs\n");
        assert_true(has(w.spec, DEP_BEFORE, "remote-fs.target"));
        assert_true(has(w.spec, DEP_AFTER, "network-online.target"));
        world_release(&w);
}

static void slices_follow_from_names(void **state) {
        World w;

        world_complete(&w, "getty-x@tty1.service", "[Service]\nExecStart=/a\n");
        assert_string_equal(spec_slice(w.spec), "system-getty\\x2dx.slice");
        assert_true(has(w.spec, DEP_SLICE, "system-getty\\x2dx.slice"));
        world_release(&w);

        world_complete(&w, "a@b.service", "[Service]\nExecStart=/a\nSlice=web.slice\n");
        assert_string_equal(spec_slice(w.spec), "web.slice");
        assert_true(has(w.spec, DEP_REQUIRES, "web.slice"));
        world_release(&w);

        world_complete(&w, "a-b.slice", "");
        assert_string_equal(spec_slice(w.spec), "a.slice");
        assert_true(has(w.spec, DEP_AFTER, "a.slice"));
        world_release(&w);

        world_complete(&w, "-.slice", "");
        assert_null(spec_slice(w.spec));
        world_release(&w);

        world_complete(&w, "a--b.slice", "");
        assert_true(w.spec->fatal);
        world_release(&w);
}

static void settings_bring_dependencies_along(void **state) {
        World w;

        world_complete(&w, "a.service",
                       "[Service]\nExecStart=/a\nBusName=org.a\nSockets=x.socket\nWorkingDirectory=/srv/"
                       "a\nPrivateTmp=yes\n");
        assert_true(has(w.spec, DEP_REQUIRES, "dbus.socket"));
        assert_true(has(w.spec, DEP_AFTER, "dbus.socket"));
        assert_true(has(w.spec, DEP_WANTS, "x.socket"));
        assert_true(has(w.spec, DEP_TRIGGERED_BY, "x.socket"));
        assert_true(has(w.spec, DEP_AFTER, "systemd-tmpfiles-setup.service"));
        assert_string_equal(w.spec->common->requires_mounts_for[0], "/srv/a");
        world_release(&w);
}

static void dependencies_are_kept_once_and_cannot_be_dropped(void **state) {
        World w;

        world_init(&w, "a.target", "[Unit]\nAfter=b.target c.target b.target\nAfter=\nWants=b.target\n");
        expect_nothing_found(&w);
        assert_int_equal(w.spec->common->n_deps, 3);
        world_release(&w);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(pid_files_below_var_run_move_to_run),
                cmocka_unit_test(the_type_follows_from_the_rest),
                cmocka_unit_test(timeouts_follow_from_type_and_configuration),
                cmocka_unit_test(the_start_limit_of_the_configuration_holds_for_units_without_their_own),
                cmocka_unit_test(job_timeouts_go_together_unless_both_are_given),
                cmocka_unit_test(an_input_that_goes_both_ways_is_the_output),
                cmocka_unit_test(data_for_the_input_keeps_its_bytes),
                cmocka_unit_test(nonsense_is_fatal_and_says_why),
                cmocka_unit_test(what_is_reset_is_not_refused),
                cmocka_unit_test(services_get_the_default_dependencies),
                cmocka_unit_test(each_type_gets_its_own_dependencies),
                cmocka_unit_test(slices_follow_from_names),
                cmocka_unit_test(settings_bring_dependencies_along),
                cmocka_unit_test(dependencies_are_kept_once_and_cannot_be_dropped),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
