/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* How services stop: ExecStop=, systemd.kill(5), time-outs, ExecStopPost=. */

#include "life-world.h"

#define A "a.service"

static World *running(void **state, const char *text) {
        World *w = *state;

        world_load(w, A, text);
        world_start(w, A);
        world_expect_state(w, A, "running success");
        return w;
}

static void stop_sends_sigterm_and_sigcont(void **state) {
        World *w = running(state, "[Service]\nExecStart=/bin/a\n");

        world_stop(w, A);
        world_expect(w, "[0.000] a.service running -> stop-sigterm, kill all TERM\n");
        assert_true(world_unit(w, A)->last_kill.also_sigcont);
        assert_false(world_unit(w, A)->last_kill.also_sighup);
        world_signal(w, A, SIGTERM);
        world_expect(w, "[0.000] a.service stop-sigterm -> dead\n");
        assert_int_equal(world_unit(w, A)->n_results, 1);
        assert_int_equal(world_unit(w, A)->n_releases, 1);
}

static void stop_runs_its_commands_first(void **state) {
        World *w = running(
                state,
                "[Service]\nExecStart=/bin/a\nExecStop=/bin/s1\nExecStop=/bin/s2\nExecStopPost=/bin/p1\n"
                "ExecStopPost=/bin/p2\n");

        world_stop(w, A);
        world_control_exit(w, A, 0);
        world_exit(w, A, 0);
        world_control_exit(w, A, 0);
        world_control_exit(w, A, 0);
        world_control_exit(w, A, 0);
        world_expect(w, "[0.000] a.service running -> stop, spawn /bin/s1\n"
                        "[0.000] a.service stop, spawn /bin/s2\n"
                        "[0.000] a.service stop -> stop-post, spawn /bin/p1\n"
                        "[0.000] a.service stop-post, spawn /bin/p2\n"
                        "[0.000] a.service stop-post -> dead\n");
}

static void failing_exec_stop_is_followed_by_the_signals(void **state) {
        World *w = running(state, "[Service]\nExecStart=/bin/a\nExecStop=/bin/s1\nExecStop=/bin/s2\n");

        world_stop(w, A);
        world_control_exit(w, A, 1);
        world_expect(w, "[0.000] a.service running -> stop, spawn /bin/s1\n"
                        "[0.000] a.service stop -> stop-sigterm (exit-code), kill all TERM\n");
}

static void exec_stop_that_hangs_is_terminated(void **state) {
        World *w = running(
                state,
                "[Service]\nExecStart=/bin/a\nExecStop=/bin/s1\nExecStop=/bin/s2\nTimeoutStopSec=10\n");

        world_stop(w, A);
        world_advance(w, 10 * USEC_PER_SEC);
        world_expect(w, "[0.000] a.service running -> stop, spawn /bin/s1\n"
                        "[10.000] a.service stop -> stop-sigterm (timeout), kill all TERM\n");
}

static void exec_stop_that_cannot_be_spawned_is_skipped(void **state) {
        World *w = running(state, "[Service]\nExecStart=/bin/a\nExecStop=/bin/s\n");

        w->fail_spawns = true;
        world_stop(w, A);
        world_expect_state(w, A, "stop-sigterm resources");
}

static void who_ignores_sigterm_gets_sigkill(void **state) {
        World *w = running(state, "[Service]\nExecStart=/bin/a\nTimeoutStopSec=10\n");

        world_stop(w, A);
        world_advance(w, 10 * USEC_PER_SEC);
        world_signal(w, A, SIGKILL);
        world_expect(w, "[0.000] a.service running -> stop-sigterm, kill all TERM\n"
                        "[10.000] a.service stop-sigterm -> stop-sigkill (timeout), kill all KILL\n"
                        "[10.000] a.service stop-sigkill -> failed\n");
        assert_false(world_unit(w, A)->last_kill.also_sigcont);
}

static void who_survives_sigkill_is_given_up(void **state) {
        World *w = running(state, "[Service]\nExecStart=/bin/a\nTimeoutStopSec=10\n");

        world_stop(w, A);
        world_advance(w, 60 * USEC_PER_SEC);
        world_expect(w, "[0.000] a.service running -> stop-sigterm, kill all TERM\n"
                        "[10.000] a.service stop-sigterm -> stop-sigkill (timeout), kill all KILL\n"
                        "[20.000] a.service stop-sigkill -> final-sigterm, kill all TERM\n"
                        "[30.000] a.service final-sigterm -> final-sigkill, kill all KILL\n"
                        "[40.000] a.service final-sigkill -> failed\n");
}

static void stop_waits_for_the_whole_group(void **state) {
        World *w = running(state, "[Service]\nExecStart=/bin/a\nExecStopPost=/bin/post\n");

        world_fork(w, A);
        world_stop(w, A);
        world_signal(w, A, SIGTERM);
        world_expect(w, "[0.000] a.service running -> stop-sigterm, kill all TERM\n");
        world_others_end(w, A);
        world_expect(w, "[0.000] a.service stop-sigterm -> stop-post, spawn /bin/post\n");
}

static void kill_mode_mixed_terminates_main_and_kills_the_rest(void **state) {
        World *w = running(state, "[Service]\nExecStart=/bin/a\nKillMode=mixed\n");

        world_fork(w, A);
        world_stop(w, A);
        world_signal(w, A, SIGTERM);
        world_others_end(w, A);
        world_expect(w, "[0.000] a.service running -> stop-sigterm, kill main TERM\n"
                        "[0.000] a.service stop-sigterm -> stop-sigkill, kill all KILL\n"
                        "[0.000] a.service stop-sigkill -> dead\n");
}

static void kill_mode_process_leaves_the_rest_alone(void **state) {
        World *w = running(state, "[Service]\nExecStart=/bin/a\nKillMode=process\n");

        world_fork(w, A);
        world_stop(w, A);
        world_signal(w, A, SIGTERM);
        world_expect(w, "[0.000] a.service running -> stop-sigterm, kill main TERM\n"
                        "[0.000] a.service stop-sigterm -> dead\n");
}

static void kill_mode_none_kills_nobody(void **state) {
        World *w = running(state, "[Service]\nExecStart=/bin/a\nExecStop=/bin/stop\nKillMode=none\n");

        world_stop(w, A);
        world_control_exit(w, A, 0);
        world_expect(w, "[0.000] a.service running -> stop, spawn /bin/stop\n"
                        "[0.000] a.service stop -> dead\n");
}

static void kill_signals_are_configurable(void **state) {
        World *w = running(
                state,
                "[Service]\nExecStart=/bin/a\nKillSignal=SIGINT\nFinalKillSignal=SIGQUIT\nSendSIGHUP=yes\n"
                "TimeoutStopSec=10\n");

        world_stop(w, A);
        world_advance(w, 10 * USEC_PER_SEC);
        world_expect(w, "[0.000] a.service running -> stop-sigterm, kill all INT+HUP\n"
                        "[10.000] a.service stop-sigterm -> stop-sigkill (timeout), kill all QUIT\n");
}

static void restart_has_its_own_signal(void **state) {
        World *w = running(state, "[Service]\nExecStart=/bin/a\nRestartKillSignal=SIGUSR2\n");

        world_restart(w, A);
        world_signal(w, A, SIGTERM);
        world_expect(w, "[0.000] a.service running -> stop-sigterm, kill all USR2\n"
                        "[0.000] a.service stop-sigterm -> dead\n"
                        "[0.000] a.service dead -> start, spawn /bin/a\n"
                        "[0.000] a.service start -> running\n");
        assert_false(world_unit(w, A)->released_for_good);
}

static void send_sigkill_no_waits_but_does_not_kill(void **state) {
        World *w = running(
                state,
                "[Service]\nExecStart=/bin/a\nSendSIGKILL=no\nTimeoutStopSec=10\nExecStopPost=/bin/post\n");

        world_stop(w, A);
        world_advance(w, 10 * USEC_PER_SEC);
        world_control_exit(w, A, 0);
        world_advance(w, 10 * USEC_PER_SEC);
        world_expect(w, "[0.000] a.service running -> stop-sigterm, kill all TERM\n"
                        "[10.000] a.service stop-sigterm -> stop-post (timeout), spawn /bin/post\n"
                        "[10.000] a.service stop-post -> final-sigterm, kill all TERM\n"
                        "[20.000] a.service final-sigterm -> failed\n");
}

static void stop_without_time_limit_waits(void **state) {
        World *w = running(state, "[Service]\nExecStart=/bin/a\nTimeoutStopSec=0\n");

        world_stop(w, A);
        world_advance(w, USEC_PER_DAY);
        world_expect_state(w, A, "stop-sigterm success");
        world_signal(w, A, SIGTERM);
        world_expect_state(w, A, "dead success");
}

static void stop_time_may_be_extended(void **state) {
        World *w = running(
                state, "[Service]\nType=simple\nNotifyAccess=main\nExecStart=/bin/a\nTimeoutStopSec=10\n");

        world_stop(w, A);
        world_advance(w, 9 * USEC_PER_SEC);
        world_span(w, A, EVENT_NOTIFY_EXTEND, 10 * USEC_PER_SEC);
        world_advance(w, 9 * USEC_PER_SEC);
        world_expect_state(w, A, "stop-sigterm success");
}

static void stop_timeout_may_abort_or_kill(void **state) {
        World *w = running(state,
                           "[Service]\nExecStart=/bin/a\nTimeoutStopSec=10\nTimeoutStopFailureMode=abort\n");

        world_load(w, "b.service",
                   "[Service]\nExecStart=/bin/b\nExecStop=/bin/"
                   "stop\nTimeoutStopSec=10\nTimeoutStopFailureMode=kill\n");
        world_start(w, "b.service");
        world_stop(w, A);
        world_stop(w, "b.service");
        world_forget_trace(w);
        world_advance(w, 10 * USEC_PER_SEC);
        world_expect(w, "[10.000] a.service stop-sigterm -> stop-watchdog (timeout), kill all ABRT\n"
                        "[10.000] b.service stop -> stop-sigkill (timeout), kill all KILL\n");
}

static void failing_exec_stop_post_fails_the_service(void **state) {
        World *w =
                running(state, "[Service]\nExecStart=/bin/a\nExecStopPost=/bin/p1\nExecStopPost=/bin/p2\n");

        world_exit(w, A, 0);
        world_control_exit(w, A, 1);
        world_expect(w, "[0.000] a.service running -> stop-post, spawn /bin/p1\n"
                        "[0.000] a.service stop-post -> failed (exit-code)\n");
}

static void exec_stop_post_that_hangs_gets_the_final_signals(void **state) {
        World *w = running(state, "[Service]\nExecStart=/bin/a\nExecStopPost=/bin/post\nTimeoutStopSec=10\n");

        world_exit(w, A, 0);
        world_advance(w, 20 * USEC_PER_SEC);
        world_control_signal(w, A, SIGKILL);
        world_expect(w, "[0.000] a.service running -> stop-post, spawn /bin/post\n"
                        "[10.000] a.service stop-post -> final-sigterm (timeout), kill all TERM\n"
                        "[20.000] a.service final-sigterm -> final-sigkill, kill all KILL\n"
                        "[20.000] a.service final-sigkill -> failed\n");
}

static void what_exec_stop_post_leaves_behind_is_killed(void **state) {
        World *w = running(state, "[Service]\nExecStart=/bin/a\nExecStopPost=/bin/post\n");

        world_exit(w, A, 0);
        world_fork(w, A);
        world_control_exit(w, A, 0);
        world_others_end(w, A);
        world_expect(w, "[0.000] a.service running -> stop-post, spawn /bin/post\n"
                        "[0.000] a.service stop-post -> final-sigterm, kill all TERM\n"
                        "[0.000] a.service final-sigterm -> dead\n");
}

static void first_failure_stays_the_result(void **state) {
        World *w = running(state, "[Service]\nExecStart=/bin/a\nTimeoutStopSec=10\nExecStopPost=/bin/post\n");

        world_stop(w, A);
        world_advance(w, 10 * USEC_PER_SEC);
        world_signal(w, A, SIGKILL);
        world_control_exit(w, A, 3);
        world_expect_state(w, A, "failed timeout");
}

static void exit_code_after_sigterm_counts(void **state) {
        World *w = running(state, "[Service]\nExecStart=/bin/a\n");

        world_stop(w, A);
        world_exit(w, A, 143);
        world_expect_state(w, A, "failed exit-code");
}

static void oom_during_the_stop_kills(void **state) {
        World *w = running(state, "[Service]\nExecStart=/bin/a\n");

        world_fork(w, A);
        world_stop(w, A);
        world_send(w, A, EVENT_OOM);
        world_expect(w, "[0.000] a.service running -> stop-sigterm, kill all TERM\n"
                        "[0.000] a.service stop-sigterm -> stop-sigkill (oom-kill), kill all KILL\n");
}

static void second_stop_changes_nothing(void **state) {
        World *w = running(state, "[Service]\nExecStart=/bin/a\n");

        world_stop(w, A);
        world_forget_trace(w);
        world_stop(w, A);
        world_expect(w, "");
        assert_int_equal(world_service(w, A)->unexpected, 0);
}

static void deadline_that_was_moved_is_no_timeout(void **state) {
        World *w = running(state, "[Service]\nExecStart=/bin/a\nTimeoutStopSec=10\n");

        world_stop(w, A);
        world_forget_trace(w);
        world_advance(w, 5 * USEC_PER_SEC);
        world_send(w, A, EVENT_DEADLINE);
        world_expect(w, "");
}

static void runtime_directories_go_unless_preserved(void **state) {
        static const struct {
                const char *text;
                bool remove_at_stop, remove_at_restart;
        } cases[] = {
                { "[Service]\nExecStart=/bin/a\n", true, true },
                { "[Service]\nExecStart=/bin/a\nRuntimeDirectoryPreserve=yes\n", false, false },
                { "[Service]\nExecStart=/bin/a\nRuntimeDirectoryPreserve=restart\n", true, false },
        };
        static const char *const names[] = { "a.service", "b.service", "c.service" };
        World *w = *state;

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                world_load(w, names[i], cases[i].text);
                world_start(w, names[i]);
                world_restart(w, names[i]);
                world_signal(w, names[i], SIGTERM);
                assert_int_equal(world_unit(w, names[i])->remove_runtime, cases[i].remove_at_restart);
                world_stop(w, names[i]);
                world_signal(w, names[i], SIGTERM);
                assert_int_equal(world_unit(w, names[i])->remove_runtime, cases[i].remove_at_stop);
        }
}

static void foreign_main_process_is_waited_for_as_long_as_its_group(void **state) {
        World *w = running(state, "[Service]\nExecStart=/bin/a\nNotifyAccess=all\nKillMode=process\n");

        world_push(w, world_unit(w, A), (Event){ .type = EVENT_NOTIFY_MAIN_PID, .process = { .pid = 777 } });
        world_stop(w, A);
        world_expect(w, "[0.000] a.service running, watch-main-pid\n"
                        "[0.000] a.service running -> stop-sigterm, kill main TERM\n");
        world_send(w, A, EVENT_EMPTY);
        world_expect(w, "[0.000] a.service stop-sigterm -> dead\n");
}

static void stop_within(World *w, usec_t span) {
        usec_t now = w->now.monotonic;

        machine_stop_by(&world_unit(w, A)->machine, now, usec_add(now, span));
}

static void a_share_of_the_stop_cuts_its_time(void **state) {
        World *w = running(state, "[Service]\nExecStart=/bin/a\nExecStop=/bin/s\nTimeoutStopSec=90\n");
        const Machine *m = &world_unit(w, A)->machine;

        stop_within(w, 4 * USEC_PER_SEC);
        world_stop(w, A);
        world_advance(w, 3 * USEC_PER_SEC);
        assert_false(machine_stop_is_late(m, w->now.monotonic));
        world_span(w, A, EVENT_NOTIFY_EXTEND, 60 * USEC_PER_SEC);
        world_advance(w, 999 * USEC_PER_MSEC);
        assert_false(machine_stop_is_late(m, w->now.monotonic));
        assert_true(machine_stop_is_late(m, w->now.monotonic + USEC_PER_MSEC));
        world_advance(w, 1 * USEC_PER_MSEC);
        world_advance(w, 500 * USEC_PER_MSEC);
        world_expect(w, "[0.000] a.service running -> stop, spawn /bin/s\n"
                        "[3.000] a.service stop -> stop-sigterm (timeout), kill all TERM\n"
                        "[4.000] a.service stop-sigterm -> stop-sigkill, kill all KILL\n"
                        "[4.500] a.service stop-sigkill -> final-sigterm, kill all TERM\n");
}

static void a_share_that_comes_late_cuts_what_is_left(void **state) {
        World *w = running(state, "[Service]\nExecStart=/bin/a\nTimeoutStopSec=90\n");

        world_stop(w, A);
        world_advance(w, 10 * USEC_PER_SEC);
        stop_within(w, 2 * USEC_PER_SEC);
        world_advance(w, 2 * USEC_PER_SEC);
        world_signal(w, A, SIGKILL);
        world_expect(w, "[0.000] a.service running -> stop-sigterm, kill all TERM\n"
                        "[12.000] a.service stop-sigterm -> stop-sigkill (timeout), kill all KILL\n"
                        "[12.000] a.service stop-sigkill -> failed\n");
}

static void a_share_does_not_lengthen_a_stop_and_ends_with_the_next_start(void **state) {
        World *w = running(state, "[Service]\nExecStart=/bin/a\nTimeoutStopSec=10\n");

        stop_within(w, 60 * USEC_PER_SEC);
        world_stop(w, A);
        world_advance(w, 10 * USEC_PER_SEC);
        world_signal(w, A, SIGKILL);
        world_expect_state(w, A, "failed timeout");
        world_start(w, A);
        assert_true(world_unit(w, A)->machine.stop_by == USEC_INFINITY);
}

/* The answer to a spawn is still to come: it is asked for again, but not without a pause. */
static void a_used_up_share_waits_for_the_answer_to_a_spawn(void **state) {
        World *w = running(state, "[Service]\nExecStart=/bin/a\nExecStop=/bin/s\nTimeoutStopSec=90\n");

        w->hold_spawns = true;
        stop_within(w, 0);
        world_stop(w, A);
        for (int i = 0; i < 3; i++) {
                world_advance(w, 500 * USEC_PER_MSEC);
                assert_true(machine_deadline(&world_unit(w, A)->machine) > w->now.monotonic);
        }
        world_expect_state(w, A, "stop success");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                SCENARIO(stop_sends_sigterm_and_sigcont),
                SCENARIO(stop_runs_its_commands_first),
                SCENARIO(failing_exec_stop_is_followed_by_the_signals),
                SCENARIO(exec_stop_that_hangs_is_terminated),
                SCENARIO(exec_stop_that_cannot_be_spawned_is_skipped),
                SCENARIO(who_ignores_sigterm_gets_sigkill),
                SCENARIO(who_survives_sigkill_is_given_up),
                SCENARIO(stop_waits_for_the_whole_group),
                SCENARIO(kill_mode_mixed_terminates_main_and_kills_the_rest),
                SCENARIO(kill_mode_process_leaves_the_rest_alone),
                SCENARIO(kill_mode_none_kills_nobody),
                SCENARIO(kill_signals_are_configurable),
                SCENARIO(restart_has_its_own_signal),
                SCENARIO(send_sigkill_no_waits_but_does_not_kill),
                SCENARIO(stop_without_time_limit_waits),
                SCENARIO(stop_time_may_be_extended),
                SCENARIO(a_share_of_the_stop_cuts_its_time),
                SCENARIO(a_share_that_comes_late_cuts_what_is_left),
                SCENARIO(a_share_does_not_lengthen_a_stop_and_ends_with_the_next_start),
                SCENARIO(a_used_up_share_waits_for_the_answer_to_a_spawn),
                SCENARIO(stop_timeout_may_abort_or_kill),
                SCENARIO(failing_exec_stop_post_fails_the_service),
                SCENARIO(exec_stop_post_that_hangs_gets_the_final_signals),
                SCENARIO(what_exec_stop_post_leaves_behind_is_killed),
                SCENARIO(first_failure_stays_the_result),
                SCENARIO(exit_code_after_sigterm_counts),
                SCENARIO(oom_during_the_stop_kills),
                SCENARIO(second_stop_changes_nothing),
                SCENARIO(deadline_that_was_moved_is_no_timeout),
                SCENARIO(runtime_directories_go_unless_preserved),
                SCENARIO(foreign_main_process_is_waited_for_as_long_as_its_group),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
