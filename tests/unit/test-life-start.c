/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* How services start: systemd.service(5), Type= and the Exec lines before and after ExecStart=. */

#include "life-world.h"

#define A "a.service"

static void simple_runs_as_soon_as_it_was_spawned(void **state) {
        World *w = *state;

        world_load(w, A, "[Service]\nExecStart=/bin/a\n");
        world_start(w, A);
        world_expect(w, "[0.000] a.service dead -> start, spawn /bin/a\n"
                        "[0.000] a.service start -> running\n");
        assert_int_equal(world_service(w, A)->main_pid, 100);
        assert_int_equal(world_service(w, A)->main.pid, 100);
}

static void idle_starts_as_simple(void **state) {
        World *w = *state;

        world_load(w, A, "[Service]\nType=idle\nExecStart=/bin/a\n");
        world_start(w, A);
        world_expect_state(w, A, "running success");
}

static void exec_runs_when_the_program_was_executed(void **state) {
        World *w = *state;

        world_load(w, A, "[Service]\nType=exec\nExecStart=/bin/a\n");
        world_start(w, A);
        world_expect(w, "[0.000] a.service dead -> start, spawn /bin/a\n");
        world_main_pid(w, A, EVENT_EXECUTED, 4711);
        world_expect(w, "");
        world_executed(w, A);
        world_expect(w, "[0.000] a.service start -> running\n");
}

static void exec_fails_when_the_program_is_missing(void **state) {
        World *w = *state;

        world_load(w, A, "[Service]\nType=exec\nExecStart=/bin/a\n");
        world_start(w, A);
        world_exit(w, A, 203);
        world_expect(w, "[0.000] a.service dead -> start, spawn /bin/a\n"
                        "[0.000] a.service start -> failed (exit-code)\n");
}

static void notify_waits_for_ready(void **state) {
        World *w = *state;

        world_load(w, A, "[Service]\nType=notify\nExecStart=/bin/a\n");
        world_start(w, A);
        world_executed(w, A);
        world_expect(w, "[0.000] a.service dead -> start, spawn /bin/a\n");
        world_send(w, A, EVENT_NOTIFY_READY);
        world_expect(w, "[0.000] a.service start -> running\n");
}

static void notify_that_ends_without_ready_is_a_protocol_failure(void **state) {
        World *w = *state;

        world_load(w, A, "[Service]\nType=notify\nExecStart=/bin/a\n");
        world_start(w, A);
        world_exit(w, A, 0);
        world_expect_state(w, A, "failed protocol");
}

static void notify_may_go_on_in_another_process(void **state) {
        World *w = *state;

        world_load(w, A, "[Service]\nType=notify\nNotifyAccess=all\nRemainAfterExit=yes\nExecStart=/bin/a\n");
        world_start(w, A);
        world_fork(w, A);
        world_exit(w, A, 0);
        world_expect_state(w, A, "start success");
        world_others_end(w, A);
        world_expect_state(w, A, "failed protocol");
}

static void notify_follows_the_announced_main_process(void **state) {
        World *w = *state;

        world_load(w, A, "[Service]\nType=notify\nNotifyAccess=all\nExecStart=/bin/a\n");
        world_start(w, A);
        world_fork(w, A);
        world_main_pid(w, A, EVENT_NOTIFY_MAIN_PID, 555);
        world_expect(w, "[0.000] a.service dead -> start, spawn /bin/a\n"
                        "[0.000] a.service start, watch-main-pid\n");
        world_send(w, A, EVENT_NOTIFY_READY);
        world_exit(w, A, 3);
        world_others_end(w, A);
        world_expect_state(w, A, "failed exit-code");
        assert_int_equal(world_service(w, A)->main.pid, 555);
}

static void dbus_runs_when_the_name_was_taken(void **state) {
        World *w = *state;

        world_load(w, A, "[Service]\nBusName=org.example.A\nExecStart=/bin/a\n");
        world_start(w, A);
        world_expect(w, "[0.000] a.service dead -> start, spawn /bin/a\n");
        world_send(w, A, EVENT_NAME_ACQUIRED);
        world_expect(w, "[0.000] a.service start -> running\n");
}

static void dbus_stops_when_the_name_is_lost(void **state) {
        World *w = *state;

        world_load(w, A, "[Service]\nBusName=org.example.A\nExecStart=/bin/a\n");
        world_start(w, A);
        world_send(w, A, EVENT_NAME_ACQUIRED);
        world_forget_trace(w);
        world_send(w, A, EVENT_NAME_LOST);
        world_expect(w, "[0.000] a.service running -> stop-sigterm, kill all TERM\n");
        world_signal(w, A, SIGTERM);
        world_expect(w, "[0.000] a.service stop-sigterm -> dead\n");
}

static void dbus_that_ends_before_it_has_the_name_is_down(void **state) {
        World *w = *state;

        world_load(w, A, "[Service]\nBusName=org.example.A\nExecStart=/bin/a\nExecStop=/bin/stop\n");
        world_start(w, A);
        world_exit(w, A, 0);
        world_expect(w, "[0.000] a.service dead -> start, spawn /bin/a\n"
                        "[0.000] a.service start -> dead\n");
}

static void oneshot_is_down_after_its_work(void **state) {
        World *w = *state;

        world_load(w, A, "[Service]\nType=oneshot\nExecStart=/bin/a\n");
        world_start(w, A);
        world_expect(w, "[0.000] a.service dead -> start, spawn /bin/a\n");
        world_exit(w, A, 0);
        world_expect(w, "[0.000] a.service start -> dead\n");
        assert_int_equal(world_unit(w, A)->n_results, 1);
        assert_int_equal(world_unit(w, A)->n_releases, 1);
}

static void oneshot_runs_its_commands_one_after_the_other(void **state) {
        World *w = *state;

        world_load(w, A, "[Service]\nType=oneshot\nExecStart=/bin/a\nExecStart=/bin/b\nExecStart=/bin/c\n");
        world_start(w, A);
        world_exit(w, A, 0);
        world_exit(w, A, 0);
        world_exit(w, A, 0);
        world_expect(w, "[0.000] a.service dead -> start, spawn /bin/a\n"
                        "[0.000] a.service start, spawn /bin/b\n"
                        "[0.000] a.service start, spawn /bin/c\n"
                        "[0.000] a.service start -> dead\n");
}

static void oneshot_stops_at_the_first_failure(void **state) {
        World *w = *state;

        world_load(w, A, "[Service]\nType=oneshot\nExecStart=-/bin/a\nExecStart=/bin/b\nExecStart=/bin/c\n");
        world_start(w, A);
        world_exit(w, A, 1);
        world_exit(w, A, 2);
        world_expect(w, "[0.000] a.service dead -> start, spawn /bin/a\n"
                        "[0.000] a.service start, spawn /bin/b\n"
                        "[0.000] a.service start -> failed (exit-code)\n");
}

static void oneshot_that_remains_is_exited(void **state) {
        World *w = *state;

        world_load(w, A,
                   "[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/a\nExecStop=/bin/stop\n");
        world_start(w, A);
        world_exit(w, A, 0);
        world_expect(w, "[0.000] a.service dead -> start, spawn /bin/a\n"
                        "[0.000] a.service start -> exited\n");
        world_stop(w, A);
        world_control_exit(w, A, 0);
        world_expect(w, "[0.000] a.service exited -> stop, spawn /bin/stop\n"
                        "[0.000] a.service stop -> dead\n");
}

static void oneshot_without_start_commands_is_exited_at_once(void **state) {
        World *w = *state;

        world_load(w, A, "[Service]\nRemainAfterExit=yes\nExecStop=/bin/stop\n");
        world_start(w, A);
        world_expect(w, "[0.000] a.service dead -> exited\n");
}

static void oneshot_killed_by_sigterm_has_failed(void **state) {
        World *w = *state;

        world_load(w, A, "[Service]\nType=oneshot\nExecStart=/bin/a\n");
        world_start(w, A);
        world_signal(w, A, SIGTERM);
        world_expect_state(w, A, "failed signal");
}

static void forking_reads_its_pid_file(void **state) {
        World *w = *state;

        world_load(w, A, "[Service]\nType=forking\nPIDFile=/run/a.pid\nExecStart=/bin/a\n");
        world_start(w, A);
        world_fork(w, A);
        world_control_exit(w, A, 0);
        world_expect(w, "[0.000] a.service dead -> start, spawn /bin/a\n"
                        "[0.000] a.service start, watch-pid-file\n");
        world_main_pid(w, A, EVENT_MAIN_PID, 200);
        world_expect(w, "[0.000] a.service start -> running, unwatch-pid-file, watch-main-pid\n");
        assert_int_equal(world_service(w, A)->main_pid, 200);
}

static void forking_fails_when_the_pid_file_never_comes(void **state) {
        World *w = *state;

        world_load(w, A,
                   "[Service]\nType=forking\nPIDFile=/run/a.pid\nExecStart=/bin/a\nTimeoutStartSec=5\n");
        world_start(w, A);
        world_fork(w, A);
        world_control_exit(w, A, 0);
        world_forget_trace(w);
        world_advance(w, 5 * USEC_PER_SEC);
        world_expect(w,
                     "[5.000] a.service start -> stop-sigterm (timeout), unwatch-pid-file, kill all TERM\n");
        world_others_end(w, A);
        world_expect(w, "[5.000] a.service stop-sigterm -> failed\n");
}

static void forking_fails_when_the_daemon_dies_before_its_pid_file(void **state) {
        World *w = *state;

        world_load(w, A, "[Service]\nType=forking\nPIDFile=/run/a.pid\nExecStart=/bin/a\n");
        world_start(w, A);
        world_fork(w, A);
        world_control_exit(w, A, 0);
        world_others_end(w, A);
        world_expect_state(w, A, "failed protocol");
}

static void forking_fails_when_no_process_can_write_the_pid_file(void **state) {
        World *w = *state;

        world_load(w, A, "[Service]\nType=forking\nPIDFile=/run/a.pid\nExecStart=/bin/a\n");
        world_start(w, A);
        world_control_exit(w, A, 0);
        world_expect_state(w, A, "failed protocol");
}

static void forking_lets_start_post_write_the_pid_file(void **state) {
        World *w = *state;

        world_load(
                w, A,
                "[Service]\nType=forking\nPIDFile=/run/a.pid\nExecStart=/bin/a\nExecStartPost=/bin/post\n");
        world_start(w, A);
        world_fork(w, A);
        world_control_exit(w, A, 0);
        world_control_exit(w, A, 0);
        world_expect(w, "[0.000] a.service dead -> start, spawn /bin/a\n"
                        "[0.000] a.service start -> start-post, watch-pid-file, spawn /bin/post\n");
        world_main_pid(w, A, EVENT_MAIN_PID, 200);
        world_expect(w, "[0.000] a.service start-post -> running, unwatch-pid-file, watch-main-pid\n");
}

static void forking_without_pid_file_guesses(void **state) {
        World *w = *state;

        world_load(w, A, "[Service]\nType=forking\nExecStart=/bin/a\n");
        world_start(w, A);
        world_fork(w, A);
        world_control_exit(w, A, 0);
        world_main_pid(w, A, EVENT_MAIN_PID, 200);
        world_expect(w, "[0.000] a.service dead -> start, spawn /bin/a\n"
                        "[0.000] a.service start, guess-main-pid\n"
                        "[0.000] a.service start -> running, watch-main-pid\n");
}

static void forking_runs_without_a_main_process_until_the_group_is_empty(void **state) {
        World *w = *state;

        world_load(w, A, "[Service]\nType=forking\nGuessMainPID=no\nExecStart=/bin/a\n");
        world_start(w, A);
        world_fork(w, A);
        world_control_exit(w, A, 0);
        world_expect(w, "[0.000] a.service dead -> start, spawn /bin/a\n"
                        "[0.000] a.service start -> running\n");
        world_others_end(w, A);
        world_expect(w, "[0.000] a.service running -> dead\n");
}

static void forking_goes_on_when_nobody_can_be_guessed(void **state) {
        World *w = *state;

        world_load(w, A, "[Service]\nType=forking\nExecStart=/bin/a\n");
        world_start(w, A);
        world_fork(w, A);
        world_control_exit(w, A, 0);
        world_send(w, A, EVENT_NO_MAIN_PID);
        world_expect_state(w, A, "running success");
        assert_false(world_service(w, A)->main_known);
}

static void forking_fails_with_its_starter(void **state) {
        World *w = *state;

        world_load(w, A, "[Service]\nType=forking\nExecStart=/bin/a\n");
        world_start(w, A);
        world_control_exit(w, A, 1);
        world_expect_state(w, A, "failed exit-code");
}

static void forking_refuses_the_starter_as_main_process(void **state) {
        World *w = *state;

        world_load(w, A, "[Service]\nType=forking\nNotifyAccess=all\nExecStart=/bin/a\n");
        world_start(w, A);
        world_main_pid(w, A, EVENT_NOTIFY_MAIN_PID, world_service(w, A)->control_pid);
        assert_int_equal(world_service(w, A)->main_pid, 0);
}

static void pid_file_of_other_types_delays_nothing(void **state) {
        World *w = *state;

        world_load(w, A,
                   "[Service]\nType=notify\nPIDFile=/run/a.pid\nExecStart=/bin/a\nExecStartPost=/bin/post\n");
        world_start(w, A);
        world_send(w, A, EVENT_NOTIFY_READY);
        world_control_exit(w, A, 0);
        world_expect(w, "[0.000] a.service dead -> start, spawn /bin/a\n"
                        "[0.000] a.service start -> start-post, spawn /bin/post\n"
                        "[0.000] a.service start-post -> running\n");
}

static void all_lines_run_in_order(void **state) {
        World *w = *state;

        world_load(w, A,
                   "[Service]\nExecCondition=/bin/c\nExecStartPre=/bin/p1\nExecStartPre=/bin/p2\nExecStart=/"
                   "bin/a\n"
                   "ExecStartPost=/bin/q1\nExecStartPost=/bin/q2\n");
        world_start(w, A);
        for (int i = 0; i < 5; i++)
                world_control_exit(w, A, 0);
        world_expect(w, "[0.000] a.service dead -> condition, spawn /bin/c\n"
                        "[0.000] a.service condition -> start-pre, spawn /bin/p1\n"
                        "[0.000] a.service start-pre, spawn /bin/p2\n"
                        "[0.000] a.service start-pre -> start, spawn /bin/a\n"
                        "[0.000] a.service start -> start-post, spawn /bin/q1\n"
                        "[0.000] a.service start-post, spawn /bin/q2\n"
                        "[0.000] a.service start-post -> running\n");
}

static void condition_that_says_no_skips_without_failure(void **state) {
        World *w = *state;

        world_load(w, A,
                   "[Service]\nExecCondition=/bin/c\nExecStart=/bin/a\nExecStopPost=/bin/"
                   "post\nRestart=always\n");
        world_start(w, A);
        world_control_exit(w, A, 254);
        world_control_exit(w, A, 0);
        world_expect(w, "[0.000] a.service dead -> condition, spawn /bin/c\n"
                        "[0.000] a.service condition -> stop-post (exec-condition), spawn /bin/post\n"
                        "[0.000] a.service stop-post -> dead\n");
        assert_true(world_service(w, A)->skip);
}

static void condition_255_fails(void **state) {
        World *w = *state;

        world_load(w, A, "[Service]\nExecCondition=/bin/c\nExecStart=/bin/a\n");
        world_start(w, A);
        world_control_exit(w, A, 255);
        world_expect_state(w, A, "failed exit-code");
}

static void condition_killed_by_a_signal_fails(void **state) {
        World *w = *state;

        world_load(w, A, "[Service]\nExecCondition=/bin/c\nExecStart=/bin/a\n");
        world_start(w, A);
        world_control_signal(w, A, SIGTERM);
        world_expect_state(w, A, "failed signal");
}

static void condition_goes_on_with_a_status_that_means_success(void **state) {
        World *w = *state;

        world_load(w, A, "[Service]\nExecCondition=/bin/c\nExecStart=/bin/a\nSuccessExitStatus=7\n");
        world_start(w, A);
        world_control_exit(w, A, 7);
        world_expect_state(w, A, "running success");
}

static void failing_start_pre_fails_the_start_and_runs_stop_post_only(void **state) {
        World *w = *state;

        world_load(w, A,
                   "[Service]\nExecStartPre=/bin/p1\nExecStartPre=/bin/p2\nExecStart=/bin/a\nExecStop=/bin/"
                   "stop\n"
                   "ExecStopPost=/bin/post\n");
        world_start(w, A);
        world_control_exit(w, A, 1);
        world_control_exit(w, A, 0);
        world_expect(w, "[0.000] a.service dead -> start-pre, spawn /bin/p1\n"
                        "[0.000] a.service start-pre -> stop-post (exit-code), spawn /bin/post\n"
                        "[0.000] a.service stop-post -> failed\n");
}

static void failing_start_pre_with_a_dash_is_no_failure(void **state) {
        World *w = *state;

        world_load(w, A, "[Service]\nExecStartPre=-/bin/p\nExecStart=/bin/a\n");
        world_start(w, A);
        world_control_exit(w, A, 1);
        world_expect_state(w, A, "running success");
        assert_int_equal(world_service(w, A)->commands[COMMAND_START_PRE].status, 1);
}

static void start_pre_killed_by_sigterm_is_a_failure(void **state) {
        World *w = *state;

        world_load(w, A, "[Service]\nExecStartPre=/bin/p\nExecStart=/bin/a\n");
        world_start(w, A);
        world_control_signal(w, A, SIGTERM);
        world_expect_state(w, A, "failed signal");
}

static void failing_start_post_stops_the_service_without_exec_stop(void **state) {
        World *w = *state;

        world_load(w, A, "[Service]\nExecStart=/bin/a\nExecStartPost=/bin/q\nExecStop=/bin/stop\n");
        world_start(w, A);
        world_control_exit(w, A, 1);
        world_expect(w, "[0.000] a.service dead -> start, spawn /bin/a\n"
                        "[0.000] a.service start -> start-post, spawn /bin/q\n"
                        "[0.000] a.service start-post -> stop-sigterm (exit-code), kill all TERM\n");
        world_signal(w, A, SIGTERM);
        world_expect(w, "[0.000] a.service stop-sigterm -> failed\n");
}

static void main_that_ends_during_start_post_is_noticed_after_it(void **state) {
        World *w = *state;

        world_load(w, A, "[Service]\nExecStart=/bin/a\nExecStartPost=/bin/q\n");
        world_start(w, A);
        world_exit(w, A, 1);
        world_expect_state(w, A, "start-post exit-code");
        world_control_exit(w, A, 0);
        world_expect_state(w, A, "failed exit-code");
}

static void spawn_failure_is_a_lack_of_resources(void **state) {
        World *w = *state;

        world_load(w, A, "[Service]\nExecStart=/bin/a\n");
        w->fail_spawns = true;
        world_start(w, A);
        world_expect(w, "[0.000] a.service dead -> start, spawn /bin/a\n"
                        "[0.000] a.service start -> failed (resources)\n");
}

static void spawn_failure_of_a_command_is_not_forgiven_by_a_dash(void **state) {
        World *w = *state;

        world_load(w, A, "[Service]\nExecStartPre=-/bin/p\nExecStart=/bin/a\n");
        w->fail_spawns = true;
        world_start(w, A);
        world_expect_state(w, A, "failed resources");
}

static void start_timeout_terminates(void **state) {
        World *w = *state;

        world_load(w, A, "[Service]\nType=notify\nExecStart=/bin/a\nTimeoutStartSec=10\n");
        world_start(w, A);
        world_advance(w, 10 * USEC_PER_SEC);
        world_signal(w, A, SIGTERM);
        world_expect(w, "[0.000] a.service dead -> start, spawn /bin/a\n"
                        "[10.000] a.service start -> stop-sigterm (timeout), kill all TERM\n"
                        "[10.000] a.service stop-sigterm -> failed\n");
}

static void start_timeout_counts_for_each_command(void **state) {
        World *w = *state;

        world_load(w, A,
                   "[Service]\nExecStartPre=/bin/p1\nExecStartPre=/bin/p2\nExecStart=/bin/"
                   "a\nTimeoutStartSec=10\n");
        world_start(w, A);
        world_advance(w, 9 * USEC_PER_SEC);
        world_control_exit(w, A, 0);
        world_advance(w, 9 * USEC_PER_SEC);
        world_expect_state(w, A, "start-pre success");
        world_advance(w, 1 * USEC_PER_SEC);
        world_expect_state(w, A, "stop-sigterm timeout");
}

static void start_timeout_may_abort_or_kill(void **state) {
        World *w = *state;

        world_load(w, A,
                   "[Service]\nType=notify\nExecStart=/bin/"
                   "a\nTimeoutStartSec=10\nTimeoutStartFailureMode=abort\n");
        world_load(w, "b.service",
                   "[Service]\nType=notify\nExecStart=/bin/"
                   "b\nTimeoutStartSec=10\nTimeoutStartFailureMode=kill\n");
        world_start(w, A);
        world_start(w, "b.service");
        world_forget_trace(w);
        world_advance(w, 10 * USEC_PER_SEC);
        world_expect(w, "[10.000] a.service start -> stop-watchdog (timeout), kill all ABRT\n"
                        "[10.000] b.service start -> stop-sigkill (timeout), kill all KILL\n");
}

static void zero_and_infinity_mean_no_start_timeout(void **state) {
        World *w = *state;

        world_load(w, A, "[Service]\nType=notify\nExecStart=/bin/a\nTimeoutStartSec=0\n");
        world_load(w, "b.service", "[Service]\nType=notify\nExecStart=/bin/b\nTimeoutStartSec=infinity\n");
        world_load(w, "c.service", "[Service]\nType=oneshot\nExecStart=/bin/c\n");
        world_start(w, A);
        world_start(w, "b.service");
        world_start(w, "c.service");
        world_advance(w, USEC_PER_DAY);
        world_expect_state(w, A, "start success");
        world_expect_state(w, "b.service", "start success");
        world_expect_state(w, "c.service", "start success");
}

static void extended_start_has_more_time(void **state) {
        World *w = *state;

        world_load(w, A, "[Service]\nType=notify\nExecStart=/bin/a\nTimeoutStartSec=10\n");
        world_start(w, A);
        world_advance(w, 9 * USEC_PER_SEC);
        world_span(w, A, EVENT_NOTIFY_EXTEND, 5 * USEC_PER_SEC);
        world_span(w, A, EVENT_NOTIFY_EXTEND, 1 * USEC_PER_SEC);
        world_advance(w, 4999 * USEC_PER_MSEC);
        world_expect_state(w, A, "start success");
        world_advance(w, 1 * USEC_PER_MSEC);
        world_expect_state(w, A, "stop-sigterm timeout");
}

static void stop_during_start_pre_goes_straight_to_the_signals(void **state) {
        World *w = *state;

        world_load(w, A, "[Service]\nExecStartPre=/bin/p\nExecStart=/bin/a\nExecStop=/bin/stop\n");
        world_start(w, A);
        world_stop(w, A);
        world_control_signal(w, A, SIGTERM);
        world_expect(w, "[0.000] a.service dead -> start-pre, spawn /bin/p\n"
                        "[0.000] a.service start-pre -> stop-sigterm, kill all TERM\n"
                        "[0.000] a.service stop-sigterm -> failed (signal)\n");
}

static void stop_during_start_post_kills_both_processes(void **state) {
        World *w = *state;

        world_load(
                w, A,
                "[Service]\nKillMode=process\nExecStart=/bin/a\nExecStartPost=-/bin/q\nExecStop=/bin/stop\n");
        world_start(w, A);
        world_forget_trace(w);
        world_stop(w, A);
        world_signal(w, A, SIGTERM);
        world_control_signal(w, A, SIGTERM);
        world_expect(w, "[0.000] a.service start-post -> stop-sigterm, kill main TERM, kill control TERM\n"
                        "[0.000] a.service stop-sigterm -> dead\n");
}

static void stop_before_the_spawn_is_answered_kills_the_newborn(void **state) {
        World *w = *state;

        world_load(w, A, "[Service]\nExecStart=/bin/a\n");
        w->hold_spawns = true;
        world_start(w, A);
        world_stop(w, A);
        world_expect(w, "[0.000] a.service dead -> start, spawn /bin/a\n"
                        "[0.000] a.service start -> stop-sigterm\n");
        world_answer_spawn(w, world_unit(w, A));
        world_expect(w, "[0.000] a.service stop-sigterm, kill all TERM\n");
        world_signal(w, A, SIGTERM);
        world_expect(w, "[0.000] a.service stop-sigterm -> dead\n");
}

static void start_while_it_runs_changes_nothing_but_is_counted(void **state) {
        World *w = *state;

        world_load(w, A, "[Service]\nExecStart=/bin/a\n");
        world_start(w, A);
        world_forget_trace(w);
        world_start(w, A);
        world_expect(w, "");
        assert_int_equal(world_service(w, A)->unexpected, 1);
}

static void oom_during_the_start_is_its_result(void **state) {
        World *w = *state;

        world_load(w, A, "[Service]\nType=notify\nExecStart=/bin/a\n");
        world_start(w, A);
        world_fork(w, A);
        world_send(w, A, EVENT_OOM);
        world_expect_state(w, A, "stop-sigterm oom-kill");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                SCENARIO(simple_runs_as_soon_as_it_was_spawned),
                SCENARIO(idle_starts_as_simple),
                SCENARIO(exec_runs_when_the_program_was_executed),
                SCENARIO(exec_fails_when_the_program_is_missing),
                SCENARIO(notify_waits_for_ready),
                SCENARIO(notify_that_ends_without_ready_is_a_protocol_failure),
                SCENARIO(notify_may_go_on_in_another_process),
                SCENARIO(notify_follows_the_announced_main_process),
                SCENARIO(dbus_runs_when_the_name_was_taken),
                SCENARIO(dbus_stops_when_the_name_is_lost),
                SCENARIO(dbus_that_ends_before_it_has_the_name_is_down),
                SCENARIO(oneshot_is_down_after_its_work),
                SCENARIO(oneshot_runs_its_commands_one_after_the_other),
                SCENARIO(oneshot_stops_at_the_first_failure),
                SCENARIO(oneshot_that_remains_is_exited),
                SCENARIO(oneshot_without_start_commands_is_exited_at_once),
                SCENARIO(oneshot_killed_by_sigterm_has_failed),
                SCENARIO(forking_reads_its_pid_file),
                SCENARIO(forking_fails_when_the_pid_file_never_comes),
                SCENARIO(forking_fails_when_the_daemon_dies_before_its_pid_file),
                SCENARIO(forking_fails_when_no_process_can_write_the_pid_file),
                SCENARIO(forking_lets_start_post_write_the_pid_file),
                SCENARIO(forking_without_pid_file_guesses),
                SCENARIO(forking_runs_without_a_main_process_until_the_group_is_empty),
                SCENARIO(forking_goes_on_when_nobody_can_be_guessed),
                SCENARIO(forking_fails_with_its_starter),
                SCENARIO(forking_refuses_the_starter_as_main_process),
                SCENARIO(pid_file_of_other_types_delays_nothing),
                SCENARIO(all_lines_run_in_order),
                SCENARIO(condition_that_says_no_skips_without_failure),
                SCENARIO(condition_255_fails),
                SCENARIO(condition_killed_by_a_signal_fails),
                SCENARIO(condition_goes_on_with_a_status_that_means_success),
                SCENARIO(failing_start_pre_fails_the_start_and_runs_stop_post_only),
                SCENARIO(failing_start_pre_with_a_dash_is_no_failure),
                SCENARIO(start_pre_killed_by_sigterm_is_a_failure),
                SCENARIO(failing_start_post_stops_the_service_without_exec_stop),
                SCENARIO(main_that_ends_during_start_post_is_noticed_after_it),
                SCENARIO(spawn_failure_is_a_lack_of_resources),
                SCENARIO(spawn_failure_of_a_command_is_not_forgiven_by_a_dash),
                SCENARIO(start_timeout_terminates),
                SCENARIO(start_timeout_counts_for_each_command),
                SCENARIO(start_timeout_may_abort_or_kill),
                SCENARIO(zero_and_infinity_mean_no_start_timeout),
                SCENARIO(extended_start_has_more_time),
                SCENARIO(stop_during_start_pre_goes_straight_to_the_signals),
                SCENARIO(stop_during_start_post_kills_both_processes),
                SCENARIO(stop_before_the_spawn_is_answered_kills_the_newborn),
                SCENARIO(start_while_it_runs_changes_nothing_but_is_counted),
                SCENARIO(oom_during_the_start_is_its_result),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
