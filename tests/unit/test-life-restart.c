/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Restart=, its exceptions, its delays and the start limit. */

#include "life-world.h"

#define A "a.service"

/* A crash is followed by exactly one new start, and not before RestartSec= has passed. */
static void restart_waits_for_delay(void **state) {
        World *w = *state;

        world_load(w, A, "[Service]\nExecStart=/bin/a\nRestart=on-failure\nRestartSec=100ms\n");
        world_start(w, A);
        world_exit(w, A, 1);
        world_advance(w, 99 * USEC_PER_MSEC);
        world_expect(w, "[0.000] a.service dead -> start, spawn /bin/a\n"
                        "[0.000] a.service start -> running\n"
                        "[0.000] a.service running -> auto-restart (exit-code)\n");
        world_advance(w, 1 * USEC_PER_MSEC);
        world_expect(w, "[0.100] a.service auto-restart -> dead\n"
                        "[0.100] a.service dead -> start, spawn /bin/a\n"
                        "[0.100] a.service start -> running\n");
        world_advance(w, USEC_PER_SEC);
        world_expect(w, "");
        assert_int_equal(world_unit(w, A)->n_restarts_asked, 1);
        assert_int_equal(world_service(w, A)->n_restarts, 1);
        assert_int_equal(world_unit(w, A)->n_releases, 0);
}

typedef enum Cause {
        CLEAN_EXIT,
        CLEAN_SIGNAL,
        UNCLEAN_EXIT,
        UNCLEAN_SIGNAL,
        COREDUMP,
        TIMED_OUT,
        WATCHDOG,
        CAUSE_MAX
} Cause;

/* Ends a run of a service that has WatchdogSec=10 and RuntimeMaxSec=5, or the other way round. */
static void end_run(World *w, const char *name, Cause cause) {
        switch (cause) {
        case CLEAN_EXIT:
                world_exit(w, name, 0);
                break;
        case CLEAN_SIGNAL:
                world_signal(w, name, SIGTERM);
                break;
        case UNCLEAN_EXIT:
                world_exit(w, name, 1);
                break;
        case UNCLEAN_SIGNAL:
                world_signal(w, name, SIGKILL);
                break;
        case COREDUMP:
                world_dump(w, name, SIGSEGV);
                break;
        case TIMED_OUT:
                world_advance(w, 5 * USEC_PER_SEC);
                world_signal(w, name, SIGTERM);
                break;
        default:
                world_send(w, name, EVENT_NOTIFY_WATCHDOG_TRIGGER);
                world_dump(w, name, SIGABRT);
        }
}

/* Table 2 of systemd.service(5), cell by cell. */
static void restart_follows_the_table_of_the_manual(void **state) {
        static const struct {
                const char *word;
                bool restarts
                        [CAUSE_MAX]; /* clean exit, clean signal, exit, signal, core, timeout, watchdog */
        } rows[] = {
                { "no", { 0, 0, 0, 0, 0, 0, 0 } },          { "always", { 1, 1, 1, 1, 1, 1, 1 } },
                { "on-success", { 1, 1, 0, 0, 0, 0, 0 } },  { "on-failure", { 0, 0, 1, 1, 1, 1, 1 } },
                { "on-abnormal", { 0, 0, 0, 1, 1, 1, 1 } }, { "on-abort", { 0, 0, 0, 1, 1, 0, 0 } },
                { "on-watchdog", { 0, 0, 0, 0, 0, 0, 1 } },
        };

        world_teardown(state);
        for (size_t i = 0; i < ELEMENTSOF(rows); i++)
                for (Cause c = 0; c < CAUSE_MAX; c++) {
                        char text[200];
                        World *w;

                        assert_int_equal(world_setup(state), 0);
                        w = *state;
                        snprintf(text, sizeof(text),
                                 "[Service]\nExecStart=/bin/a\nRuntimeMaxSec=5\nRestart=%s\n", rows[i].word);
                        world_load(w, A, text);
                        world_start(w, A);
                        end_run(w, A, c);
                        if (service_will_restart(world_service(w, A)) != rows[i].restarts[c])
                                fail_msg("Restart=%s, cause %d: %s because of %s", rows[i].word, (int)c,
                                         service_sub_state(world_service(w, A)), world_service(w, A)->reason);
                        assert_non_null(world_service(w, A)->reason);
                        world_teardown(state);
                }
        assert_int_equal(world_setup(state), 0);
}

static void start_timeout_is_followed_by_a_restart(void **state) {
        World *w = *state;

        world_load(w, A,
                   "[Service]\nType=notify\nExecStart=/bin/a\nRestart=on-abnormal\nTimeoutStartSec=5\n");
        world_start(w, A);
        world_advance(w, 5 * USEC_PER_SEC);
        world_signal(w, A, SIGTERM);
        world_expect_state(w, A, "auto-restart timeout");
}

static void oom_kill_and_lack_of_resources_are_abnormal(void **state) {
        World *w = *state;

        world_load(w, A, "[Service]\nExecStart=/bin/a\nRestart=on-abnormal\n");
        world_start(w, A);
        world_end(w, A, world_service(w, A)->main_pid, CLD_KILLED, SIGKILL, true);
        world_expect_state(w, A, "auto-restart oom-kill");
        w->fail_spawns = true;
        world_advance(w, 100 * USEC_PER_MSEC);
        world_expect_state(w, A, "auto-restart resources");
}

static void requested_stop_forbids_the_restart(void **state) {
        World *w = *state;

        world_load(w, A, "[Service]\nExecStart=/bin/a\nRestart=always\n");
        world_start(w, A);
        world_stop(w, A);
        world_signal(w, A, SIGTERM);
        world_expect_state(w, A, "dead success");
        assert_string_equal(world_service(w, A)->reason, "it was asked to stop");
}

static void stop_that_comes_while_it_ends_forbids_the_restart_too(void **state) {
        World *w = *state;

        world_load(w, A, "[Service]\nExecStart=/bin/a\nExecStopPost=/bin/post\nRestart=always\n");
        world_start(w, A);
        world_exit(w, A, 1);
        world_expect_state(w, A, "stop-post exit-code");
        world_stop(w, A);
        world_control_exit(w, A, 0);
        world_expect_state(w, A, "failed exit-code");
}

static void stop_ends_the_wait_for_a_restart(void **state) {
        World *w = *state;

        world_load(w, A, "[Service]\nExecStart=/bin/a\nRestart=always\n");
        world_start(w, A);
        world_exit(w, A, 1);
        world_stop(w, A);
        world_expect_state(w, A, "dead exit-code");
        assert_int_equal(world_unit(w, A)->n_releases, 1);
        world_advance(w, USEC_PER_MINUTE);
        world_expect(w, "");
}

static void start_ends_the_wait_for_a_restart(void **state) {
        World *w = *state;

        world_load(w, A, "[Service]\nExecStart=/bin/a\nRestart=always\nRestartSec=1h\n");
        world_start(w, A);
        world_exit(w, A, 1);
        world_forget_trace(w);
        world_start(w, A);
        world_expect(w, "[0.000] a.service auto-restart -> start, spawn /bin/a\n"
                        "[0.000] a.service start -> running\n");
        assert_int_equal(world_service(w, A)->n_restarts, 0);
        assert_int_equal(world_service(w, A)->result, RESULT_SUCCESS);
}

static void prevented_statuses_are_not_followed_by_a_restart(void **state) {
        World *w = *state;

        world_load(w, A,
                   "[Service]\nExecStart=/bin/a\nRestart=always\nRestartPreventExitStatus=5 "
                   "SIGUSR1\nRestartSec=0\n");
        world_start(w, A);
        world_exit(w, A, 5);
        world_expect_state(w, A, "failed exit-code");
        world_start(w, A);
        world_signal(w, A, SIGUSR1);
        world_expect_state(w, A, "failed signal");
        world_start(w, A);
        world_exit(w, A, 6);
        world_expect_state(w, A, "auto-restart exit-code");
}

static void forced_statuses_are_followed_by_a_restart(void **state) {
        World *w = *state;

        world_load(w, A, "[Service]\nExecStart=/bin/a\nRestart=no\nRestartForceExitStatus=0 133\n");
        world_start(w, A);
        world_exit(w, A, 133);
        world_expect_state(w, A, "auto-restart exit-code");
        world_advance(w, 100 * USEC_PER_MSEC);
        world_exit(w, A, 0);
        world_expect_state(w, A, "auto-restart success");
        world_advance(w, 100 * USEC_PER_MSEC);
        world_exit(w, A, 1);
        world_expect_state(w, A, "failed exit-code");
}

static void statuses_of_control_processes_prevent_nothing(void **state) {
        World *w = *state;

        world_load(w, A,
                   "[Service]\nExecStartPre=/bin/p\nExecStart=/bin/"
                   "a\nRestart=always\nRestartPreventExitStatus=5\n");
        world_start(w, A);
        world_control_exit(w, A, 5);
        world_expect_state(w, A, "auto-restart exit-code");
}

static void oneshot_restarts_after_failures_only(void **state) {
        World *w = *state;

        world_load(w, A, "[Service]\nType=oneshot\nExecStart=/bin/a\nRestart=on-failure\n");
        world_start(w, A);
        world_exit(w, A, 1);
        world_expect_state(w, A, "auto-restart exit-code");
        world_advance(w, 100 * USEC_PER_MSEC);
        world_exit(w, A, 0);
        world_expect_state(w, A, "dead success");
}

static void skipped_service_does_not_restart(void **state) {
        World *w = *state;

        world_load(w, A, "[Service]\nExecCondition=/bin/c\nExecStart=/bin/a\nRestart=always\n");
        world_start(w, A);
        world_control_exit(w, A, 1);
        world_expect_state(w, A, "dead exec-condition");
}

static void automatic_restarts_are_counted_until_an_explicit_start(void **state) {
        World *w = *state;

        world_load(w, A, "[Service]\nExecStart=/bin/a\nRestart=always\n");
        world_start(w, A);
        for (unsigned i = 0; i < 3; i++) {
                world_exit(w, A, 1);
                world_advance(w, 100 * USEC_PER_MSEC);
        }
        assert_int_equal(world_service(w, A)->n_restarts, 3);
        world_stop(w, A);
        world_signal(w, A, SIGTERM);
        assert_int_equal(world_service(w, A)->n_restarts, 3);
        world_start(w, A);
        assert_int_equal(world_service(w, A)->n_restarts, 0);
}

/* The result is that of the last run, if that had failed. */
static void expect_given_up(World *w, const char *name) {
        assert_int_equal(world_service(w, name)->state, SERVICE_FAILED);
        assert_true(world_service(w, name)->limit_hit);
}

static void start_limit_ends_a_crash_loop(void **state) {
        World *w = *state;

        world_load(w, A,
                   "[Unit]\nStartLimitIntervalSec=10\nStartLimitBurst=3\n[Service]\nExecStart=/bin/"
                   "a\nRestart=always\n");
        world_start(w, A);
        for (unsigned i = 0; i < 3; i++) {
                world_exit(w, A, 1);
                world_advance(w, 100 * USEC_PER_MSEC);
        }
        expect_given_up(w, A);
        assert_int_equal(world_unit(w, A)->n_releases, 1);
        assert_int_equal(world_unit(w, A)->n_results, 4);
}

static void start_limit_counts_explicit_starts_and_forgets(void **state) {
        World *w = *state;

        world_load(w, A,
                   "[Unit]\nStartLimitIntervalSec=10\nStartLimitBurst=2\n[Service]\nType=oneshot\nExecStart=/"
                   "bin/a\n");
        for (unsigned i = 0; i < 2; i++) {
                world_start(w, A);
                world_exit(w, A, 0);
        }
        world_start(w, A);
        world_expect_state(w, A, "failed start-limit-hit");
        world_advance(w, 11 * USEC_PER_SEC);
        world_start(w, A);
        world_expect_state(w, A, "start success");
}

static void reset_failed_lifts_the_start_limit(void **state) {
        World *w = *state;

        world_load(w, A, "[Unit]\nStartLimitBurst=1\n[Service]\nExecStart=/bin/a\n");
        world_start(w, A);
        world_exit(w, A, 1);
        world_start(w, A);
        expect_given_up(w, A);
        world_send(w, A, EVENT_RESET_FAILED);
        world_expect_state(w, A, "dead success");
        world_start(w, A);
        world_expect_state(w, A, "running success");
}

#define GROWS                                                                                                \
        "[Unit]\nStartLimitBurst=2\nStartLimitIntervalSec=1h\n[Service]\nExecStart=/bin/"                    \
        "a\nX-MemoryRestart=10M\n"

/* Above its soft limit a service is stopped in order and started again, whatever Restart= says; no failure. */
static void too_large_is_stopped_and_started_again(void **state) {
        World *w = *state;

        world_load(w, A, GROWS);
        world_start(w, A);
        world_advance(w, 20 * USEC_PER_SEC);
        world_forget_trace(w);
        world_send(w, A, EVENT_MEMORY);
        world_expect_state(w, A, "stop-sigterm success");
        world_signal(w, A, SIGTERM);
        world_expect_state(w, A, "auto-restart success");
        assert_string_equal(world_service(w, A)->reason, "X-MemoryRestart=");
        world_advance(w, 100 * USEC_PER_MSEC);
        world_expect_state(w, A, "running success");
        assert_int_equal(world_service(w, A)->n_restarts, 1);
}

static void restarts_of_the_too_large_are_no_crash_loop(void **state) {
        World *w = *state;

        world_load(w, A, GROWS);
        world_start(w, A);
        for (unsigned i = 0; i < 5; i++) {
                world_advance(w, 20 * USEC_PER_SEC);
                world_send(w, A, EVENT_MEMORY);
                world_signal(w, A, SIGTERM);
                world_advance(w, 100 * USEC_PER_MSEC);
                world_expect_state(w, A, "running success");
        }
        assert_int_equal(world_service(w, A)->n_restarts, 5);
}

/* Its limit is too low for it: that would go on for ever. */
static void who_is_too_large_at_once_meets_the_start_limit(void **state) {
        World *w = *state;

        world_load(w, A, GROWS);
        world_start(w, A);
        for (unsigned i = 0; i < 2; i++) {
                world_advance(w, 5 * USEC_PER_SEC);
                world_send(w, A, EVENT_MEMORY);
                world_signal(w, A, SIGTERM);
                world_advance(w, 100 * USEC_PER_MSEC);
        }
        expect_given_up(w, A);
}

static void a_stop_of_the_too_large_stays_one(void **state) {
        World *w = *state;

        world_load(w, A, GROWS);
        world_start(w, A);
        world_advance(w, 20 * USEC_PER_SEC);
        world_send(w, A, EVENT_MEMORY);
        world_stop(w, A);
        world_signal(w, A, SIGTERM);
        world_expect_state(w, A, "dead success");
        world_load(w, "b.service", "[Service]\nExecStart=/bin/b\n");
        world_start(w, "b.service");
        world_send(w, "b.service", EVENT_MEMORY); /* it has no such limit */
        world_expect_state(w, "b.service", "running success");
}

static void normal_restart_passes_through_failed(void **state) {
        World *w = *state;

        world_load(w, A, "[Service]\nExecStart=/bin/a\nRestart=always\n");
        world_load(w, "b.service", "[Service]\nExecStart=/bin/b\nRestart=always\nRestartMode=direct\n");
        world_start(w, A);
        world_start(w, "b.service");
        world_exit(w, A, 1);
        world_exit(w, "b.service", 1);
        assert_int_equal(machine_passed_state(&world_unit(w, A)->machine), FAILED);
        assert_int_equal(machine_passed_state(&world_unit(w, "b.service")->machine), -1);
        world_advance(w, 100 * USEC_PER_MSEC);
        assert_int_equal(machine_passed_state(&world_unit(w, A)->machine), -1);
        world_exit(w, A, 0);
        assert_int_equal(machine_passed_state(&world_unit(w, A)->machine), INACTIVE);
}

static void new_spec_counts_from_the_next_decision_on(void **state) {
        World *w = *state;

        world_load(w, A, "[Service]\nExecStart=/bin/a\nRestart=no\n");
        world_load(w, "b.service", "[Service]\nExecStart=/bin/b\nRestart=always\n");
        world_start(w, A);
        machine_set_spec(&world_unit(w, A)->machine, world_unit(w, "b.service")->spec);
        world_exit(w, A, 1);
        world_expect_state(w, A, "auto-restart exit-code");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                SCENARIO(restart_waits_for_delay),
                SCENARIO(restart_follows_the_table_of_the_manual),
                SCENARIO(start_timeout_is_followed_by_a_restart),
                SCENARIO(oom_kill_and_lack_of_resources_are_abnormal),
                SCENARIO(requested_stop_forbids_the_restart),
                SCENARIO(stop_that_comes_while_it_ends_forbids_the_restart_too),
                SCENARIO(stop_ends_the_wait_for_a_restart),
                SCENARIO(start_ends_the_wait_for_a_restart),
                SCENARIO(prevented_statuses_are_not_followed_by_a_restart),
                SCENARIO(forced_statuses_are_followed_by_a_restart),
                SCENARIO(statuses_of_control_processes_prevent_nothing),
                SCENARIO(oneshot_restarts_after_failures_only),
                SCENARIO(skipped_service_does_not_restart),
                SCENARIO(automatic_restarts_are_counted_until_an_explicit_start),
                SCENARIO(start_limit_ends_a_crash_loop),
                SCENARIO(start_limit_counts_explicit_starts_and_forgets),
                SCENARIO(reset_failed_lifts_the_start_limit),
                SCENARIO(too_large_is_stopped_and_started_again),
                SCENARIO(restarts_of_the_too_large_are_no_crash_loop),
                SCENARIO(who_is_too_large_at_once_meets_the_start_limit),
                SCENARIO(a_stop_of_the_too_large_stays_one),
                SCENARIO(normal_restart_passes_through_failed),
                SCENARIO(new_spec_counts_from_the_next_decision_on),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
