/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Services that are up: reload, watchdog, runtime limit, notify messages, memory. */

#include "life-world.h"

#define A "a.service"

static World *running(void **state, const char *text) {
        World *w = *state;

        world_load(w, A, text);
        world_start(w, A);
        world_send(w, A, EVENT_NOTIFY_READY);
        world_expect_state(w, A, "running success");
        return w;
}

static void reload_runs_its_commands(void **state) {
        World *w = running(state,
                           "[Service]\nExecStart=/bin/a\nExecReload=/bin/check\nExecReload=/bin/reload\n");

        world_reload(w, A);
        world_control_exit(w, A, 0);
        world_control_exit(w, A, 0);
        world_expect(w, "[0.000] a.service running -> reload, spawn /bin/check\n"
                        "[0.000] a.service reload, spawn /bin/reload\n"
                        "[0.000] a.service reload -> running, reload done\n");
}

static void failed_reload_leaves_the_service_running(void **state) {
        World *w = running(state,
                           "[Service]\nExecStart=/bin/a\nExecReload=/bin/check\nExecReload=/bin/reload\n");

        world_reload(w, A);
        world_control_exit(w, A, 1);
        world_expect(w, "[0.000] a.service running -> reload, spawn /bin/check\n"
                        "[0.000] a.service reload -> running, reload failed\n");
        assert_int_equal(world_service(w, A)->reload_result, RESULT_EXIT_CODE);
        assert_int_equal(world_service(w, A)->result, RESULT_SUCCESS);
}

static void reload_that_cannot_be_spawned_fails(void **state) {
        World *w = running(state, "[Service]\nExecStart=/bin/a\nExecReload=/bin/reload\n");

        w->fail_spawns = true;
        world_reload(w, A);
        world_expect_state(w, A, "running success");
        assert_int_equal(world_service(w, A)->reload_result, RESULT_RESOURCES);
}

static void reload_that_hangs_is_killed(void **state) {
        World *w =
                running(state, "[Service]\nExecStart=/bin/a\nExecReload=/bin/reload\nTimeoutStartSec=10\n");

        world_reload(w, A);
        world_advance(w, 10 * USEC_PER_SEC);
        world_control_signal(w, A, SIGKILL);
        world_expect(w, "[0.000] a.service running -> reload, spawn /bin/reload\n"
                        "[10.000] a.service reload, kill control KILL\n"
                        "[10.000] a.service reload -> running, reload failed\n");
        assert_int_equal(world_service(w, A)->reload_result, RESULT_TIMEOUT);
}

static void reload_that_cannot_be_killed_is_left_behind(void **state) {
        World *w = running(state, "[Service]\nExecStart=/bin/a\nExecReload=/bin/reload\nTimeoutSec=10\n");

        world_reload(w, A);
        world_advance(w, 20 * USEC_PER_SEC);
        world_expect_state(w, A, "running success");
}

static void reload_without_a_way_fails_at_once(void **state) {
        World *w = running(state, "[Service]\nExecStart=/bin/a\n");

        assert_false(service_can_reload(world_service(w, A)));
        world_reload(w, A);
        world_expect(w, "[0.000] a.service running, reload failed\n");
}

static void exited_service_can_reload(void **state) {
        World *w = *state;

        world_load(
                w, A,
                "[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/a\nExecReload=/bin/reload\n");
        world_start(w, A);
        world_exit(w, A, 0);
        world_forget_trace(w);
        world_reload(w, A);
        world_control_exit(w, A, 0);
        world_expect(w, "[0.000] a.service exited -> reload, spawn /bin/reload\n"
                        "[0.000] a.service reload -> exited, reload done\n");
}

static void main_that_ends_during_reload_is_noticed_after_it(void **state) {
        World *w = running(state, "[Service]\nExecStart=/bin/a\nExecReload=/bin/reload\n");

        world_reload(w, A);
        world_exit(w, A, 0);
        world_control_exit(w, A, 0);
        world_expect(w, "[0.000] a.service running -> reload, spawn /bin/reload\n"
                        "[0.000] a.service reload -> dead, reload failed\n");
}

static void stop_during_reload_kills_the_command_and_runs_exec_stop(void **state) {
        World *w =
                running(state, "[Service]\nExecStart=/bin/a\nExecReload=/bin/reload\nExecStop=/bin/stop\n");

        world_reload(w, A);
        world_stop(w, A);
        world_control_signal(w, A, SIGKILL);
        world_expect(w, "[0.000] a.service running -> reload, spawn /bin/reload\n"
                        "[0.000] a.service reload, kill control KILL\n"
                        "[0.000] a.service reload -> stop, spawn /bin/stop, reload failed\n");
}

static void stop_before_the_reload_is_spawned_kills_it_when_it_comes(void **state) {
        World *w = running(state, "[Service]\nExecStart=/bin/a\nExecReload=/bin/reload\n");

        w->hold_spawns = true;
        world_reload(w, A);
        world_stop(w, A);
        world_answer_spawn(w, world_unit(w, A));
        world_control_signal(w, A, SIGKILL);
        world_expect(w, "[0.000] a.service running -> reload, spawn /bin/reload\n"
                        "[0.000] a.service reload, kill control KILL\n"
                        "[0.000] a.service reload -> stop-sigterm, kill all TERM, reload failed\n");
}

static void notify_reload_signals_and_waits(void **state) {
        World *w = running(state, "[Service]\nType=notify-reload\nExecStart=/bin/a\n");

        world_reload(w, A);
        assert_int_equal(world_unit(w, A)->last_kill.signal, SIGHUP);
        world_span(w, A, EVENT_NOTIFY_RELOADING, w->now.monotonic);
        world_send(w, A, EVENT_NOTIFY_READY);
        world_expect(w, "[0.000] a.service running -> reload-signal, kill main HUP\n"
                        "[0.000] a.service reload-signal -> reload-notify\n"
                        "[0.000] a.service reload-notify -> running, reload done\n");
}

static void ready_of_before_the_reload_signal_does_not_count(void **state) {
        World *w = running(state, "[Service]\nType=notify-reload\nExecStart=/bin/a\n");

        world_reload(w, A);
        world_send(w, A, EVENT_NOTIFY_READY);
        world_expect_state(w, A, "reload-signal success");
}

/* Of an earlier reload, or of a service that does not know the protocol: no answer to this signal. */
static void reloading_of_before_the_signal_does_not_count(void **state) {
        World *w = running(state, "[Service]\nType=notify-reload\nExecStart=/bin/a\n");

        world_reload(w, A);
        world_send(w, A, EVENT_NOTIFY_RELOADING);
        world_span(w, A, EVENT_NOTIFY_RELOADING, w->now.monotonic - 1);
        world_send(w, A, EVENT_NOTIFY_READY);
        world_expect_state(w, A, "reload-signal success");
        world_span(w, A, EVENT_NOTIFY_RELOADING, w->now.monotonic);
        world_send(w, A, EVENT_NOTIFY_READY);
        world_expect_state(w, A, "running success");
}

/* Somewhere in the window that the two settings span, and not for all at the same place in it. */
static void runtime_limit_is_prolonged_by_chance(void **state) {
        usec_t first = 0;
        bool differs = false;

        world_teardown(state);
        for (unsigned i = 0; i < 20; i++) {
                usec_t span;
                World *w;

                assert_int_equal(world_setup(state), 0);
                w = *state;
                world_load(w, A,
                           "[Service]\nExecStart=/bin/a\nRuntimeMaxSec=10\nRuntimeRandomizedExtraSec=5\n");
                world_service(w, A)->random = i;
                world_start(w, A);
                span = world_service(w, A)->deadline - w->now.monotonic;
                assert_in_range(span, 10 * USEC_PER_SEC, 15 * USEC_PER_SEC);
                differs = differs || (i > 0 && span != first);
                first = span;
                world_advance(w, span - 1);
                world_expect_state(w, A, "running success");
                world_advance(w, 1);
                world_expect_state(w, A, "stop-sigterm timeout");
                world_teardown(state);
        }
        assert_true(differs);
        assert_int_equal(world_setup(state), 0);
}

static void notify_reload_times_out(void **state) {
        World *w = running(state, "[Service]\nType=notify-reload\nExecStart=/bin/a\nTimeoutStartSec=10\n");

        world_reload(w, A);
        world_span(w, A, EVENT_NOTIFY_RELOADING, w->now.monotonic);
        world_forget_trace(w);
        world_advance(w, 10 * USEC_PER_SEC);
        world_expect(w, "[10.000] a.service reload-notify -> running, reload failed\n");
        assert_int_equal(world_service(w, A)->reload_result, RESULT_TIMEOUT);
}

static void service_may_announce_a_reload_of_its_own(void **state) {
        World *w = running(state, "[Service]\nType=notify\nExecStart=/bin/a\n");

        world_send(w, A, EVENT_NOTIFY_RELOADING);
        world_send(w, A, EVENT_NOTIFY_READY);
        world_expect(w, "[0.000] a.service running -> reload-notify\n"
                        "[0.000] a.service reload-notify -> running, reload done\n");
}

static void service_may_announce_its_stop(void **state) {
        World *w = running(
                state, "[Service]\nType=notify\nExecStart=/bin/a\nExecStop=/bin/stop\nTimeoutStopSec=10\n");

        world_send(w, A, EVENT_NOTIFY_STOPPING);
        world_expect(w, "[0.000] a.service running -> stop-sigterm\n");
        world_exit(w, A, 0);
        world_expect(w, "[0.000] a.service stop-sigterm -> dead\n");
}

static void announced_stop_that_does_not_end_is_killed(void **state) {
        World *w = running(state, "[Service]\nType=notify\nExecStart=/bin/a\nTimeoutStopSec=10\n");

        world_send(w, A, EVENT_NOTIFY_STOPPING);
        world_advance(w, 10 * USEC_PER_SEC);
        world_expect(w, "[0.000] a.service running -> stop-sigterm\n"
                        "[10.000] a.service stop-sigterm -> stop-sigkill (timeout), kill all KILL\n");
}

static void watchdog_bites_when_pings_stop(void **state) {
        World *w = running(state,
                           "[Service]\nType=notify\nExecStart=/bin/a\nExecStop=/bin/stop\nWatchdogSec=10\n");

        world_advance(w, 9 * USEC_PER_SEC);
        world_send(w, A, EVENT_NOTIFY_WATCHDOG);
        world_advance(w, 9 * USEC_PER_SEC);
        world_expect_state(w, A, "running success");
        world_advance(w, 1 * USEC_PER_SEC);
        world_dump(w, A, SIGABRT);
        world_expect(w, "[19.000] a.service running -> stop-watchdog (watchdog), kill all ABRT\n"
                        "[19.000] a.service stop-watchdog -> failed\n");
}

static void watchdog_does_not_count_before_the_start_is_complete(void **state) {
        World *w = *state;

        world_load(w, A, "[Service]\nType=notify\nExecStart=/bin/a\nWatchdogSec=10\n");
        world_start(w, A);
        world_advance(w, 30 * USEC_PER_SEC);
        world_expect_state(w, A, "start success");
        world_send(w, A, EVENT_NOTIFY_READY);
        world_advance(w, 9 * USEC_PER_SEC);
        world_expect_state(w, A, "running success");
        world_advance(w, 1 * USEC_PER_SEC);
        world_expect_state(w, A, "stop-watchdog watchdog");
}

static void watchdog_may_be_triggered_by_the_service(void **state) {
        World *w = running(
                state, "[Service]\nType=notify\nExecStart=/bin/a\nWatchdogSec=10\nWatchdogSignal=SIGQUIT\n");

        world_send(w, A, EVENT_NOTIFY_WATCHDOG_TRIGGER);
        world_expect(w, "[0.000] a.service running -> stop-watchdog (watchdog), kill all QUIT\n");
}

static void watchdog_interval_may_be_changed_by_the_service(void **state) {
        World *w = running(state, "[Service]\nType=notify\nExecStart=/bin/a\nWatchdogSec=10\n");

        world_span(w, A, EVENT_NOTIFY_WATCHDOG_USEC, 30 * USEC_PER_SEC);
        world_advance(w, 29 * USEC_PER_SEC);
        world_expect_state(w, A, "running success");
        world_advance(w, 1 * USEC_PER_SEC);
        world_expect_state(w, A, "stop-watchdog watchdog");
}

static void aborted_service_has_its_own_time(void **state) {
        World *w =
                running(state, "[Service]\nType=notify\nExecStart=/bin/a\nWatchdogSec=10\nTimeoutStopSec=5\n"
                               "TimeoutAbortSec=20\n");

        world_advance(w, 29 * USEC_PER_SEC);
        world_expect_state(w, A, "stop-watchdog watchdog");
        world_advance(w, 1 * USEC_PER_SEC);
        world_expect(w, "[30.000] a.service stop-watchdog -> stop-sigkill, kill all KILL\n");
}

static void runtime_limit_stops_the_service(void **state) {
        World *w = running(state, "[Service]\nExecStart=/bin/a\nExecStop=/bin/stop\nRuntimeMaxSec=60\n");

        world_advance(w, 60 * USEC_PER_SEC);
        world_expect(w, "[60.000] a.service running -> stop (timeout), spawn /bin/stop\n");
}

static void runtime_limit_counts_through_reloads(void **state) {
        World *w = running(state, "[Service]\nExecStart=/bin/a\nExecReload=/bin/reload\nRuntimeMaxSec=60\n");

        world_advance(w, 50 * USEC_PER_SEC);
        world_reload(w, A);
        world_control_exit(w, A, 0);
        world_advance(w, 9 * USEC_PER_SEC);
        world_expect_state(w, A, "running success");
        world_advance(w, 1 * USEC_PER_SEC);
        world_expect_state(w, A, "stop-sigterm timeout");
}

static void runtime_limit_may_be_extended(void **state) {
        World *w = running(state, "[Service]\nType=notify\nExecStart=/bin/a\nRuntimeMaxSec=60\n");

        world_advance(w, 59 * USEC_PER_SEC);
        world_span(w, A, EVENT_NOTIFY_EXTEND, 10 * USEC_PER_SEC);
        world_advance(w, 9 * USEC_PER_SEC);
        world_expect_state(w, A, "running success");
        world_advance(w, 1 * USEC_PER_SEC);
        world_expect_state(w, A, "stop-sigterm timeout");
}

static void main_killed_for_memory_is_an_oom_kill(void **state) {
        World *w = running(state, "[Service]\nExecStart=/bin/a\n");

        world_end(w, A, world_service(w, A)->main_pid, CLD_KILLED, SIGKILL, true);
        world_expect_state(w, A, "failed oom-kill");
}

static void oom_policy_stop_stops_in_order(void **state) {
        World *w = running(state, "[Service]\nExecStart=/bin/a\nExecStop=/bin/stop\nOOMPolicy=stop\n");

        world_send(w, A, EVENT_OOM);
        world_expect(w, "[0.000] a.service running -> stop (oom-kill), spawn /bin/stop\n");
}

static void oom_policy_continue_goes_on(void **state) {
        World *w = running(state, "[Service]\nExecStart=/bin/a\nOOMPolicy=continue\n");

        world_send(w, A, EVENT_OOM);
        world_expect_state(w, A, "running success");
}

static void oom_policy_kill_kills_all(void **state) {
        World *w = running(state, "[Service]\nExecStart=/bin/a\nOOMPolicy=kill\n");

        world_send(w, A, EVENT_OOM);
        world_expect(w, "[0.000] a.service running -> stop-sigkill (oom-kill), kill all KILL\n");
}

/* nginx changes its binary that way: the new master is in the PID file before the old one ends. */
static void forking_service_survives_the_end_of_its_old_main_process(void **state) {
        World *w = *state;

        world_load(w, A, "[Service]\nType=forking\nPIDFile=/run/a.pid\nExecStart=/bin/a\n");
        world_start(w, A);
        world_fork(w, A);
        world_control_exit(w, A, 0);
        world_main_pid(w, A, EVENT_MAIN_PID, 200);
        world_main_pid(w, A, EVENT_MAIN_PID, 300);
        world_end(w, A, 200, CLD_EXITED, 0, false);
        world_expect_state(w, A, "running success");
        assert_int_equal(world_service(w, A)->main_pid, 300);
}

static void exit_type_cgroup_runs_until_the_last_process_ended(void **state) {
        World *w = running(state, "[Service]\nExitType=cgroup\nExecStart=/bin/a\n");

        world_fork(w, A);
        world_exit(w, A, 0);
        world_expect_state(w, A, "running success");
        world_others_end(w, A);
        world_expect_state(w, A, "dead success");
}

static void exit_type_cgroup_remembers_how_the_main_process_ended(void **state) {
        World *w = running(state, "[Service]\nExitType=cgroup\nExecStart=/bin/a\nExecReload=/bin/reload\n");

        world_fork(w, A);
        world_exit(w, A, 1);
        world_reload(w, A);
        world_control_exit(w, A, 0);
        world_expect_state(w, A, "running exit-code");
        world_others_end(w, A);
        world_expect_state(w, A, "failed exit-code");
}

static void running_service_that_ends_runs_exec_stop(void **state) {
        World *w =
                running(state, "[Service]\nExecStart=/bin/a\nExecStop=/bin/stop\nExecStopPost=/bin/post\n");

        world_exit(w, A, 0);
        world_control_exit(w, A, 0);
        world_control_exit(w, A, 0);
        world_expect(w, "[0.000] a.service running -> stop, spawn /bin/stop\n"
                        "[0.000] a.service stop -> stop-post, spawn /bin/post\n"
                        "[0.000] a.service stop-post -> dead\n");
}

static void running_service_that_ends_well_may_remain(void **state) {
        World *w = running(state, "[Service]\nExecStart=/bin/a\nRemainAfterExit=yes\n");

        world_exit(w, A, 0);
        world_expect_state(w, A, "exited success");
}

static void what_the_main_process_leaves_behind_is_terminated(void **state) {
        World *w = running(state, "[Service]\nExecStart=/bin/a\n");

        world_fork(w, A);
        world_exit(w, A, 0);
        world_expect(w, "[0.000] a.service running -> stop-sigterm, kill all TERM\n");
        world_others_end(w, A);
        world_expect(w, "[0.000] a.service stop-sigterm -> dead\n");
}

static void signals_of_a_clean_end_are_no_failure(void **state) {
        static const int signals[] = { SIGHUP, SIGINT, SIGTERM, SIGPIPE };
        World *w = running(state, "[Unit]\nStartLimitIntervalSec=0\n[Service]\nExecStart=/bin/a\n");

        for (size_t i = 0; i < ELEMENTSOF(signals); i++) {
                world_signal(w, A, signals[i]);
                world_expect_state(w, A, "dead success");
                world_start(w, A);
        }
        world_signal(w, A, SIGUSR1);
        world_expect_state(w, A, "failed signal");
        world_start(w, A);
        world_dump(w, A, SIGSEGV);
        world_expect_state(w, A, "failed core-dump");
}

static void configured_statuses_and_signals_are_success(void **state) {
        World *w = running(state, "[Service]\nExecStart=/bin/a\nSuccessExitStatus=143 TEMPFAIL SIGUSR1\n");
        static const int statuses[] = { 143, 75 };

        for (size_t i = 0; i < ELEMENTSOF(statuses); i++) {
                world_exit(w, A, statuses[i]);
                world_expect_state(w, A, "dead success");
                world_start(w, A);
        }
        world_signal(w, A, SIGUSR1);
        world_expect_state(w, A, "dead success");
}

static void dash_before_exec_start_forgives_the_main_process(void **state) {
        World *w = running(state, "[Service]\nExecStart=-/bin/a\n");

        world_exit(w, A, 9);
        world_expect_state(w, A, "dead success");
        assert_int_equal(world_service(w, A)->main.status, 9);
}

static void strange_processes_are_counted_and_ignored(void **state) {
        World *w = running(state, "[Service]\nExecStart=/bin/a\n");

        world_end(w, A, 31337, CLD_EXITED, 1, false);
        world_expect_state(w, A, "running success");
        assert_int_equal(world_service(w, A)->unexpected, 1);
}

static void early_empty_group_is_not_believed(void **state) {
        World *w = running(state, "[Service]\nExecStart=/bin/a\n");

        world_send(w, A, EVENT_EMPTY);
        world_fork(w, A);
        world_exit(w, A, 0);
        world_expect_state(w, A, "stop-sigterm success");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                SCENARIO(reload_runs_its_commands),
                SCENARIO(failed_reload_leaves_the_service_running),
                SCENARIO(reload_that_cannot_be_spawned_fails),
                SCENARIO(reload_that_hangs_is_killed),
                SCENARIO(reload_that_cannot_be_killed_is_left_behind),
                SCENARIO(reload_without_a_way_fails_at_once),
                SCENARIO(exited_service_can_reload),
                SCENARIO(main_that_ends_during_reload_is_noticed_after_it),
                SCENARIO(stop_during_reload_kills_the_command_and_runs_exec_stop),
                SCENARIO(stop_before_the_reload_is_spawned_kills_it_when_it_comes),
                SCENARIO(notify_reload_signals_and_waits),
                SCENARIO(ready_of_before_the_reload_signal_does_not_count),
                SCENARIO(reloading_of_before_the_signal_does_not_count),
                SCENARIO(runtime_limit_is_prolonged_by_chance),
                SCENARIO(notify_reload_times_out),
                SCENARIO(service_may_announce_a_reload_of_its_own),
                SCENARIO(service_may_announce_its_stop),
                SCENARIO(announced_stop_that_does_not_end_is_killed),
                SCENARIO(watchdog_bites_when_pings_stop),
                SCENARIO(watchdog_does_not_count_before_the_start_is_complete),
                SCENARIO(watchdog_may_be_triggered_by_the_service),
                SCENARIO(watchdog_interval_may_be_changed_by_the_service),
                SCENARIO(aborted_service_has_its_own_time),
                SCENARIO(runtime_limit_stops_the_service),
                SCENARIO(runtime_limit_counts_through_reloads),
                SCENARIO(runtime_limit_may_be_extended),
                SCENARIO(main_killed_for_memory_is_an_oom_kill),
                SCENARIO(oom_policy_stop_stops_in_order),
                SCENARIO(oom_policy_continue_goes_on),
                SCENARIO(oom_policy_kill_kills_all),
                SCENARIO(forking_service_survives_the_end_of_its_old_main_process),
                SCENARIO(exit_type_cgroup_runs_until_the_last_process_ended),
                SCENARIO(exit_type_cgroup_remembers_how_the_main_process_ended),
                SCENARIO(running_service_that_ends_runs_exec_stop),
                SCENARIO(running_service_that_ends_well_may_remain),
                SCENARIO(what_the_main_process_leaves_behind_is_terminated),
                SCENARIO(signals_of_a_clean_end_are_no_failure),
                SCENARIO(configured_statuses_and_signals_are_success),
                SCENARIO(dash_before_exec_start_forgives_the_main_process),
                SCENARIO(strange_processes_are_counted_and_ignored),
                SCENARIO(early_empty_group_is_not_believed),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
