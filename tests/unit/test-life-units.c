/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Sockets, timers, paths, and the units without processes of their own. */

#include "life-world.h"

#define SERVICE "[Service]\nExecStart=/bin/a\n"
#define ONESHOT "[Service]\nType=oneshot\nExecStart=/bin/a\n"

static void socket_listens_and_hands_over(void **state) {
        World *w = *state;

        world_load(w, "a.socket", "[Socket]\nListenStream=80\n");
        world_load(w, "a.service", SERVICE);
        world_start(w, "a.socket");
        world_expect(w, "[0.000] a.socket dead -> start-chown, open\n"
                        "[0.000] a.socket start-chown -> listening, listen\n");
        world_send(w, "a.socket", EVENT_TRIGGER);
        world_expect(w, "[0.000] a.socket listening -> running, trigger, unlisten\n"
                        "[0.000] a.service dead -> start, spawn /bin/a\n"
                        "[0.000] a.service start -> running\n");
        world_exit(w, "a.service", 0);
        world_expect(w, "[0.000] a.service running -> dead\n"
                        "[0.000] a.socket running -> listening, listen\n");
}

static void socket_runs_its_commands_around(void **state) {
        World *w = *state;

        world_load(w, "a.socket",
                   "[Socket]\nListenStream=80\nExecStartPre=/bin/p1\nExecStartPre=-/bin/p2\nExecStartPost=/"
                   "bin/q\n"
                   "ExecStopPre=/bin/r\nExecStopPost=/bin/s\n");
        world_start(w, "a.socket");
        world_control_exit(w, "a.socket", 0);
        world_control_exit(w, "a.socket", 1);
        world_control_exit(w, "a.socket", 0);
        world_expect(w, "[0.000] a.socket dead -> start-pre, spawn /bin/p1\n"
                        "[0.000] a.socket start-pre, spawn /bin/p2\n"
                        "[0.000] a.socket start-pre -> start-chown, open\n"
                        "[0.000] a.socket start-chown -> start-post, spawn /bin/q\n"
                        "[0.000] a.socket start-post -> listening, listen\n");
        world_stop(w, "a.socket");
        world_control_exit(w, "a.socket", 0);
        world_control_exit(w, "a.socket", 0);
        world_expect(w, "[0.000] a.socket listening -> stop-pre, spawn /bin/r\n"
                        "[0.000] a.socket stop-pre -> stop-post, close, spawn /bin/s\n"
                        "[0.000] a.socket stop-post -> dead\n");
}

static void socket_that_cannot_listen_fails(void **state) {
        World *w = *state;

        world_load(w, "a.socket", "[Socket]\nListenStream=80\n");
        w->fail_opens = true;
        world_start(w, "a.socket");
        world_expect(w, "[0.000] a.socket dead -> start-chown, open\n"
                        "[0.000] a.socket start-chown -> failed (resources), close\n");
        assert_int_equal(world_unit(w, "a.socket")->n_results, 1);
}

static void socket_command_that_fails_or_hangs_fails_the_socket(void **state) {
        World *w = *state;

        world_load(w, "a.socket", "[Socket]\nListenStream=80\nExecStartPre=/bin/p\nTimeoutSec=10\n");
        world_start(w, "a.socket");
        world_control_exit(w, "a.socket", 2);
        world_expect_state(w, "a.socket", "failed exit-code");
        world_start(w, "a.socket");
        world_forget_trace(w);
        world_advance(w, 20 * USEC_PER_SEC);
        world_control_signal(w, "a.socket", SIGKILL);
        world_expect(w, "[10.000] a.socket start-pre -> final-sigterm (timeout), kill control TERM\n"
                        "[20.000] a.socket final-sigterm -> final-sigkill, kill control KILL\n"
                        "[20.000] a.socket final-sigkill -> failed\n");
}

static void socket_gives_up_when_the_service_hit_its_start_limit(void **state) {
        World *w = *state;

        world_load(w, "a.socket", "[Socket]\nListenStream=80\n");
        world_load(w, "a.service", "[Unit]\nStartLimitBurst=1\n" SERVICE);
        world_start(w, "a.socket");
        world_send(w, "a.socket", EVENT_TRIGGER);
        world_exit(w, "a.service", 0);
        world_forget_trace(w);
        world_send(w, "a.socket", EVENT_TRIGGER);
        world_expect(w, "[0.000] a.socket listening -> running, trigger, unlisten\n"
                        "[0.000] a.service dead -> failed (start-limit-hit)\n"
                        "[0.000] a.socket running -> failed (service-start-limit-hit), close\n");
}

static void socket_that_is_triggered_too_often_fails(void **state) {
        World *w = *state;

        world_load(w, "a.socket",
                   "[Socket]\nListenStream=80\nTriggerLimitBurst=2\nTriggerLimitIntervalSec=2\n");
        world_load(w, "a.service", "[Unit]\nStartLimitIntervalSec=0\n" ONESHOT);
        world_start(w, "a.socket");
        for (unsigned i = 0; i < 2; i++) {
                world_send(w, "a.socket", EVENT_TRIGGER);
                world_exit(w, "a.service", 0);
        }
        world_expect_state(w, "a.socket", "listening success");
        world_send(w, "a.socket", EVENT_TRIGGER);
        world_expect_state(w, "a.socket", "failed trigger-limit-hit");
}

static void accepting_socket_goes_on_listening(void **state) {
        World *w = *state;

        world_load(w, "a.socket", "[Socket]\nListenStream=80\nAccept=yes\n");
        world_start(w, "a.socket");
        world_forget_trace(w);
        world_send(w, "a.socket", EVENT_TRIGGER);
        world_expect(w, "[0.000] a.socket listening, trigger\n");
}

static void socket_follows_a_service_that_was_started_by_hand(void **state) {
        World *w = *state;

        world_load(w, "a.socket", "[Socket]\nListenStream=80\n");
        world_load(w, "a.service", SERVICE);
        world_start(w, "a.socket");
        world_start(w, "a.service");
        world_expect_state(w, "a.socket", "running success");
}

static void socket_waits_for_its_command_when_it_stops_early(void **state) {
        World *w = *state;

        world_load(w, "a.socket", "[Socket]\nListenStream=80\nExecStartPre=/bin/p\n");
        w->hold_spawns = true;
        world_start(w, "a.socket");
        world_stop(w, "a.socket");
        world_answer_spawn(w, world_unit(w, "a.socket"));
        world_control_signal(w, "a.socket", SIGTERM);
        world_expect(w, "[0.000] a.socket dead -> start-pre, spawn /bin/p\n"
                        "[0.000] a.socket start-pre -> final-sigterm\n"
                        "[0.000] a.socket final-sigterm, kill control TERM\n"
                        "[0.000] a.socket final-sigterm -> dead\n");
}

#define PRECISE "AccuracySec=1us\n"

static void on_active_elapses_once(void **state) {
        World *w = *state;

        world_load(w, "a.timer", "[Timer]\nOnActiveSec=5\n" PRECISE);
        world_load(w, "a.service", ONESHOT);
        world_start(w, "a.timer");
        world_advance(w, 5 * USEC_PER_SEC);
        world_exit(w, "a.service", 0);
        world_advance(w, USEC_PER_HOUR);
        world_expect(w, "[0.000] a.timer dead -> waiting\n"
                        "[5.000] a.timer waiting -> running, trigger\n"
                        "[5.000] a.service dead -> start, spawn /bin/a\n"
                        "[5.000] a.service start -> dead\n"
                        "[5.000] a.timer running -> elapsed\n");
}

static void boot_and_startup_that_are_past_elapse_at_once(void **state) {
        World *w = *state;

        world_load(w, "a.timer", "[Timer]\nOnBootSec=5\n" PRECISE);
        world_load(w, "b.timer", "[Timer]\nOnStartupSec=30\n" PRECISE);
        world_advance(w, 20 * USEC_PER_SEC);
        world_start(w, "a.timer");
        world_start(w, "b.timer");
        world_advance(w, 0);
        world_expect_state(w, "a.timer", "running success");
        world_advance(w, 10 * USEC_PER_SEC - 1);
        world_expect_state(w, "b.timer", "waiting success");
        world_advance(w, 1);
        world_expect_state(w, "b.timer", "running success");
}

static void on_unit_active_repeats(void **state) {
        World *w = *state;

        world_load(w, "a.timer", "[Timer]\nOnActiveSec=1\nOnUnitActiveSec=10\n" PRECISE);
        world_load(w, "a.service", ONESHOT);
        world_start(w, "a.timer");
        for (unsigned i = 0; i < 3; i++) {
                world_advance(w, i == 0 ? USEC_PER_SEC : 10 * USEC_PER_SEC);
                world_expect_state(w, "a.timer", "running success");
                world_exit(w, "a.service", 0);
                world_expect_state(w, "a.timer", "waiting success");
        }
}

static void on_unit_inactive_counts_from_the_end_of_the_run(void **state) {
        World *w = *state;

        world_load(w, "a.timer", "[Timer]\nOnUnitInactiveSec=10\n" PRECISE);
        world_load(w, "a.service", ONESHOT);
        world_start(w, "a.timer");
        world_expect_state(w, "a.timer", "elapsed success");
        world_start(w, "a.service");
        world_advance(w, 30 * USEC_PER_SEC);
        world_exit(w, "a.service", 0);
        world_advance(w, 9 * USEC_PER_SEC);
        world_expect_state(w, "a.timer", "waiting success");
        world_advance(w, 1 * USEC_PER_SEC);
        world_expect_state(w, "a.timer", "running success");
}

static void calendar_elapses_on_the_real_clock(void **state) {
        World *w = *state;

        world_load(w, "a.timer", "[Timer]\nOnCalendar=*-*-* *:*:00 UTC\n" PRECISE);
        world_load(w, "a.service", ONESHOT);
        world_start(w, "a.timer");
        world_advance(w, 39 * USEC_PER_SEC);
        world_expect_state(w, "a.timer", "waiting success");
        world_advance(w, 1 * USEC_PER_SEC);
        world_exit(w, "a.service", 0);
        world_forget_trace(w);
        world_advance(w, USEC_PER_MINUTE);
        world_expect(w, "[100.000] a.timer waiting -> running, trigger\n"
                        "[100.000] a.service dead -> start, spawn /bin/a\n");
        assert_int_equal(world_unit(w, "a.timer")->machine.timer.last_trigger.realtime,
                         WORLD_REALTIME + 100 * USEC_PER_SEC);
}

static void persistent_timer_catches_up(void **state) {
        World *w = *state;

        world_load(w, "a.timer", "[Timer]\nOnCalendar=*-*-* 00:00:00 UTC\nPersistent=yes\n" PRECISE);
        world_load(w, "b.timer", "[Timer]\nOnCalendar=*-*-* 00:00:00 UTC\n" PRECISE);
        world_unit(w, "a.timer")->machine.timer.last_trigger.realtime = WORLD_REALTIME - 2 * USEC_PER_DAY;
        world_unit(w, "b.timer")->machine.timer.last_trigger.realtime = WORLD_REALTIME - 2 * USEC_PER_DAY;
        world_start(w, "a.timer");
        world_start(w, "b.timer");
        world_advance(w, 0);
        world_expect(w, "[0.000] a.timer dead -> waiting\n"
                        "[0.000] b.timer dead -> waiting\n"
                        "[0.000] a.timer waiting -> running, stamp, trigger\n");
}

static void persistent_timer_without_a_stamp_makes_one(void **state) {
        World *w = *state;

        world_load(w, "a.timer", "[Timer]\nOnCalendar=daily\nPersistent=yes\n");
        world_start(w, "a.timer");
        world_expect(w, "[0.000] a.timer dead -> waiting, stamp\n");
}

static void random_delay_stays_in_its_window(void **state) {
        World *w = *state;
        usec_t first = 0, next, low, high;

        world_load(w, "a.timer", "[Timer]\nOnActiveSec=10\nRandomizedDelaySec=60\n" PRECISE);
        world_load(w, "b.timer",
                   "[Timer]\nOnActiveSec=10\nRandomizedDelaySec=60\nFixedRandomDelay=yes\n" PRECISE);
        low = w->now.monotonic + 10 * USEC_PER_SEC;
        high = low + 60 * USEC_PER_SEC;
        world_unit(w, "b.timer")->machine.timer.random = 12345;
        for (uint64_t seed = 1; seed < 50; seed++) {
                Timer t = world_unit(w, "a.timer")->machine.timer;
                EffectList fx = { 0 };

                t.random = seed;
                timer_step(&t, &(Event){ .type = EVENT_START, .now = w->now }, &fx);
                assert_in_range(t.next_monotonic, low, high);
        }
        for (unsigned i = 0; i < 3; i++) {
                Timer t = world_unit(w, "b.timer")->machine.timer;
                EffectList fx = { 0 };

                timer_step(&t, &(Event){ .type = EVENT_START, .now = w->now }, &fx);
                timer_step(&t, &(Event){ .type = EVENT_CLOCK_CHANGED, .now = w->now }, &fx);
                next = t.next_monotonic;
                assert_true(first == 0 || next == first);
                first = next;
        }
}

static void expect_elapse(World *w, const char *name, const char *settings, usec_t expected) {
        char text[128];

        snprintf(text, sizeof(text), "[Timer]\n%s\n", settings);
        world_load(w, name, text);
        world_unit(w, name)->machine.timer.boot = w->now.monotonic - 10 * USEC_PER_MINUTE;
        world_start(w, name);
        assert_int_equal(machine_deadline(&world_unit(w, name)->machine), w->now.monotonic + expected);
}

/* ... and no timer is late by more than a tenth of its wait. */
static void timers_meet_at_round_times_within_their_accuracy(void **state) {
        World *w = *state;

        w->now.monotonic += 10 * USEC_PER_MINUTE;
        expect_elapse(w, "a.timer", "OnActiveSec=1h 5s", USEC_PER_HOUR + USEC_PER_MINUTE);
        expect_elapse(w, "b.timer", "OnActiveSec=1h 5s\nAccuracySec=20s", USEC_PER_HOUR + 10 * USEC_PER_SEC);
        expect_elapse(w, "c.timer", "OnActiveSec=1h 5s 300ms\nAccuracySec=2s",
                      USEC_PER_HOUR + 6 * USEC_PER_SEC);
        expect_elapse(w, "d.timer", "OnActiveSec=1h 5s 300ms\nAccuracySec=300ms",
                      USEC_PER_HOUR + 5500 * USEC_PER_MSEC);
        expect_elapse(w, "e.timer", "OnActiveSec=1h 5s 300ms\nAccuracySec=1us",
                      USEC_PER_HOUR + 5300 * USEC_PER_MSEC);
        expect_elapse(w, "f.timer", "OnActiveSec=15300ms", 16 * USEC_PER_SEC);
        expect_elapse(w, "g.timer", "OnActiveSec=1100ms", 1100 * USEC_PER_MSEC);
        expect_elapse(w, "h.timer", "OnActiveSec=0", 0);
}

static void clock_change_recalculates_or_triggers(void **state) {
        World *w = *state;

        world_load(w, "a.timer", "[Timer]\nOnCalendar=*-*-* 00:00:00 UTC\nOnClockChange=yes\n");
        world_load(w, "b.timer", "[Timer]\nOnCalendar=*-*-* 00:00:00 UTC\n" PRECISE);
        world_start(w, "a.timer");
        world_start(w, "b.timer");
        w->now.realtime += USEC_PER_DAY;
        world_send(w, "a.timer", EVENT_CLOCK_CHANGED);
        world_send(w, "b.timer", EVENT_CLOCK_CHANGED);
        world_expect_state(w, "a.timer", "running success");
        world_expect_state(w, "b.timer", "waiting success");
}

static void time_zone_change_recalculates_or_triggers(void **state) {
        World *w = *state;

        world_load(w, "a.timer", "[Timer]\nOnTimezoneChange=yes\n");
        world_load(w, "b.timer", "[Timer]\nOnCalendar=*-*-* 00:00:00 UTC\nOnClockChange=yes\n" PRECISE);
        world_start(w, "a.timer");
        world_start(w, "b.timer");
        world_expect_state(w, "a.timer", "waiting success");
        world_send(w, "a.timer", EVENT_CLOCK_CHANGED);
        world_send(w, "a.timer", EVENT_SPEC_CHANGED);
        world_expect_state(w, "a.timer", "waiting success");
        world_send(w, "a.timer", EVENT_TIMEZONE_CHANGED);
        world_send(w, "b.timer", EVENT_TIMEZONE_CHANGED);
        world_send(w, "b.timer", EVENT_SPEC_CHANGED);
        world_expect_state(w, "a.timer", "running success");
        world_expect_state(w, "b.timer", "waiting success");
}

static void what_is_set_back_elapses_again(void **state) {
        World *w = *state;
        usec_t next;

        world_load(w, "a.timer", "[Timer]\nOnCalendar=*-*-* *:00:00 UTC\n" PRECISE);
        world_load(w, "a.service", ONESHOT);
        world_start(w, "a.timer");
        next = machine_deadline_realtime(&world_unit(w, "a.timer")->machine);
        world_unit(w, "a.timer")->machine.timer.last_trigger.realtime = w->now.realtime + 5 * USEC_PER_HOUR;
        world_send(w, "a.timer", EVENT_CLOCK_CHANGED);
        assert_int_equal(machine_deadline_realtime(&world_unit(w, "a.timer")->machine), next);
}

static void timer_that_does_not_remain_goes(void **state) {
        World *w = *state;

        world_load(w, "a.timer", "[Timer]\nOnActiveSec=5\nRemainAfterElapse=no\n" PRECISE);
        world_load(w, "a.service", ONESHOT);
        world_start(w, "a.timer");
        world_advance(w, 5 * USEC_PER_SEC);
        world_exit(w, "a.service", 0);
        world_expect_state(w, "a.timer", "dead success");
        assert_int_equal(world_unit(w, "a.timer")->n_releases, 1);
}

static void stopped_timer_triggers_nothing(void **state) {
        World *w = *state;

        world_load(w, "a.timer", "[Timer]\nOnActiveSec=5\n");
        world_start(w, "a.timer");
        world_stop(w, "a.timer");
        assert_int_equal(machine_deadline(&world_unit(w, "a.timer")->machine), USEC_INFINITY);
        world_expect_state(w, "a.timer", "dead success");
}

static void path_that_exists_triggers_at_once(void **state) {
        World *w = *state;

        world_load(w, "a.path", "[Path]\nPathExists=/x\n");
        world_load(w, "a.service", ONESHOT);
        w->paths_hold = true;
        world_start(w, "a.path");
        w->paths_hold = false;
        world_exit(w, "a.service", 0);
        world_expect(w, "[0.000] a.path dead -> waiting, open\n"
                        "[0.000] a.path waiting, check-paths\n"
                        "[0.000] a.path waiting -> running, trigger\n"
                        "[0.000] a.service dead -> start, spawn /bin/a\n"
                        "[0.000] a.service start -> dead\n"
                        "[0.000] a.path running -> waiting, check-paths\n");
}

static void path_that_changes_triggers(void **state) {
        World *w = *state;

        world_load(w, "a.path", "[Path]\nPathChanged=/x\nPathExists=/y\n");
        world_load(w, "a.service", ONESHOT);
        world_start(w, "a.path");
        world_forget_trace(w);
        world_send(w, "a.path", EVENT_TRIGGER); /* of what is looked at: nothing has appeared */
        world_push(w, world_unit(w, "a.path"), (Event){ .type = EVENT_TRIGGER, .value = true });
        world_push(w, world_unit(w, "a.path"), (Event){ .type = EVENT_TRIGGER, .value = true });
        world_expect(w, "[0.000] a.path waiting, check-paths\n"
                        "[0.000] a.path waiting -> running, trigger\n"
                        "[0.000] a.service dead -> start, spawn /bin/a\n");
}

static void path_that_triggers_too_often_fails(void **state) {
        World *w = *state;

        world_load(w, "a.path", "[Path]\nPathExists=/x\nTriggerLimitBurst=3\nTriggerLimitIntervalSec=2\n");
        world_load(w, "a.service", "[Unit]\nStartLimitIntervalSec=0\n" ONESHOT);
        w->paths_hold = true;
        world_start(w, "a.path");
        for (unsigned i = 0; i < 3; i++)
                world_exit(w, "a.service", 0);
        world_expect_state(w, "a.path", "failed trigger-limit-hit");
}

static void path_gives_up_when_the_service_hit_its_start_limit(void **state) {
        World *w = *state;

        world_load(w, "a.path", "[Path]\nPathExists=/x\n");
        world_load(w, "a.service", "[Unit]\nStartLimitBurst=1\n" ONESHOT);
        w->paths_hold = true;
        world_start(w, "a.path");
        world_exit(w, "a.service", 0);
        world_expect_state(w, "a.path", "failed unit-start-limit-hit");
}

static void path_of_a_running_service_waits_for_its_end(void **state) {
        World *w = *state;

        world_load(w, "a.path", "[Path]\nPathExists=/x\n");
        world_load(w, "a.service", SERVICE);
        world_start(w, "a.service");
        world_start(w, "a.path");
        world_expect_state(w, "a.path", "running success");
        world_exit(w, "a.service", 0);
        world_expect_state(w, "a.path", "waiting success");
}

static void path_that_cannot_be_watched_fails(void **state) {
        World *w = *state;

        world_load(w, "a.path", "[Path]\nPathExists=/x\n");
        w->fail_opens = true;
        world_start(w, "a.path");
        world_expect_state(w, "a.path", "failed resources");
}

static void targets_and_slices_are_what_they_are_told_to_be(void **state) {
        static const char *const names[] = { "a.target", "a.slice" };
        World *w = *state;

        for (size_t i = 0; i < ELEMENTSOF(names); i++) {
                world_load(w, names[i], "");
                world_start(w, names[i]);
                assert_string_equal(machine_sub_state(&world_unit(w, names[i])->machine), "active");
                world_stop(w, names[i]);
                assert_string_equal(machine_sub_state(&world_unit(w, names[i])->machine), "dead");
        }
}

static void mounts_are_found_but_not_made(void **state) {
        World *w = *state;

        world_load(w, "mnt.mount", "[Mount]\nWhat=tmpfs\nWhere=/mnt\n");
        world_start(w, "mnt.mount");
        world_expect_state(w, "mnt.mount", "failed resources");
        world_push(w, world_unit(w, "mnt.mount"), (Event){ .type = EVENT_START, .value = true });
        world_expect_state(w, "mnt.mount", "mounted success");
        world_send(w, "mnt.mount", EVENT_OPEN_FAILED);
        world_expect_state(w, "mnt.mount", "dead success");
}

static void scope_ends_with_its_last_process(void **state) {
        World *w = *state;

        world_load(w, "a.scope", "");
        world_start(w, "a.scope");
        world_expect_state(w, "a.scope", "running success");
        world_send(w, "a.scope", EVENT_EMPTY);
        world_expect_state(w, "a.scope", "dead success");
}

static void scope_is_stopped_by_signals(void **state) {
        World *w = *state;

        world_load(w, "a.scope", "[Scope]\nTimeoutStopSec=10\n");
        world_start(w, "a.scope");
        world_fork(w, "a.scope");
        world_stop(w, "a.scope");
        world_advance(w, 10 * USEC_PER_SEC);
        world_others_end(w, "a.scope");
        world_expect(w, "[0.000] a.scope dead -> start-chown, open\n"
                        "[0.000] a.scope start-chown -> running\n"
                        "[0.000] a.scope running -> stop-sigterm, kill all TERM\n"
                        "[10.000] a.scope stop-sigterm -> stop-sigkill (timeout), kill all KILL\n"
                        "[10.000] a.scope stop-sigkill -> failed\n");
        world_send(w, "a.scope", EVENT_RESET_FAILED);
        world_expect_state(w, "a.scope", "dead success");
}

static void scope_without_processes_fails(void **state) {
        World *w = *state;

        w->fail_opens = true;
        world_load(w, "a.scope", "");
        world_start(w, "a.scope");
        world_expect_state(w, "a.scope", "failed resources");
}

static void scope_has_its_time(void **state) {
        World *w = *state;

        world_load(w, "a.scope", "[Scope]\nRuntimeMaxSec=5\nTimeoutStopSec=1\n");
        world_start(w, "a.scope");
        world_fork(w, "a.scope");
        world_send(w, "a.scope", EVENT_ABANDON); /* that nobody looks after it gives it no more time */
        world_expect_state(w, "a.scope", "abandoned success");
        world_advance(w, 5 * USEC_PER_SEC);
        world_expect_state(w, "a.scope", "stop-sigterm timeout");
        world_others_end(w, "a.scope");
        world_expect_state(w, "a.scope", "failed timeout");
}

static void scope_heeds_kill_mode(void **state) {
        static const struct {
                const char *name, *text, *after;
        } rows[] = {
                { "mixed.scope", "[Scope]\nKillMode=mixed\n", "stop-sigkill success" },
                { "process.scope", "[Scope]\nKillMode=process\n", "dead success" },
                { "none.scope", "[Scope]\nKillMode=none\n", "dead success" },
        };

        for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
                const char *name = rows[i].name;
                World *w = *state;

                world_load(w, name, rows[i].text);
                world_start(w, name);
                world_fork(w, name);
                world_stop(w, name);
                world_expect_state(w, name, rows[i].after);
                world_others_end(w, name);
        }
}

static void scope_heeds_oom_policy(void **state) {
        World *w = *state;

        world_load(w, "a.scope", "[Scope]\nOOMPolicy=continue\n");
        world_load(w, "b.scope", "[Scope]\nOOMPolicy=stop\n");
        world_load(w, "c.scope", "[Scope]\nOOMPolicy=kill\n");
        for (const char *name = "a.scope\0b.scope\0c.scope\0"; *name; name += strlen(name) + 1) {
                world_start(w, name);
                world_fork(w, name);
                world_send(w, name, EVENT_OOM);
        }
        world_expect_state(w, "a.scope", "running success");
        world_expect_state(w, "b.scope", "stop-sigterm oom-kill");
        world_expect_state(w, "c.scope", "stop-sigkill oom-kill");
}

static void events_and_effects_have_names(void **state) {
        for (int i = 0; i < EVENT_TYPE_MAX; i++)
                assert_non_null(event_type_to_string(i));
        for (int i = 0; i < EFFECT_TYPE_MAX; i++)
                assert_non_null(effect_type_to_string(i));
        assert_null(event_type_to_string(EVENT_TYPE_MAX));
        assert_null(effect_type_to_string(-1));
}

static void full_effect_list_says_so(void **state) {
        EffectList l = { 0 };

        for (unsigned i = 0; i < EFFECTS_MAX; i++)
                effect_add(&l, EFFECT_KILL);
        assert_false(l.overflow);
        assert_non_null(effect_add(&l, EFFECT_KILL));
        assert_true(l.overflow);
        assert_int_equal(l.n, EFFECTS_MAX);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                SCENARIO(socket_listens_and_hands_over),
                SCENARIO(socket_runs_its_commands_around),
                SCENARIO(socket_that_cannot_listen_fails),
                SCENARIO(socket_command_that_fails_or_hangs_fails_the_socket),
                SCENARIO(socket_gives_up_when_the_service_hit_its_start_limit),
                SCENARIO(socket_that_is_triggered_too_often_fails),
                SCENARIO(accepting_socket_goes_on_listening),
                SCENARIO(socket_follows_a_service_that_was_started_by_hand),
                SCENARIO(socket_waits_for_its_command_when_it_stops_early),
                SCENARIO(on_active_elapses_once),
                SCENARIO(boot_and_startup_that_are_past_elapse_at_once),
                SCENARIO(on_unit_active_repeats),
                SCENARIO(on_unit_inactive_counts_from_the_end_of_the_run),
                SCENARIO(calendar_elapses_on_the_real_clock),
                SCENARIO(persistent_timer_catches_up),
                SCENARIO(persistent_timer_without_a_stamp_makes_one),
                SCENARIO(random_delay_stays_in_its_window),
                SCENARIO(timers_meet_at_round_times_within_their_accuracy),
                SCENARIO(clock_change_recalculates_or_triggers),
                SCENARIO(time_zone_change_recalculates_or_triggers),
                SCENARIO(what_is_set_back_elapses_again),
                SCENARIO(timer_that_does_not_remain_goes),
                SCENARIO(stopped_timer_triggers_nothing),
                SCENARIO(path_that_exists_triggers_at_once),
                SCENARIO(path_that_changes_triggers),
                SCENARIO(path_that_triggers_too_often_fails),
                SCENARIO(path_gives_up_when_the_service_hit_its_start_limit),
                SCENARIO(path_of_a_running_service_waits_for_its_end),
                SCENARIO(path_that_cannot_be_watched_fails),
                SCENARIO(targets_and_slices_are_what_they_are_told_to_be),
                SCENARIO(mounts_are_found_but_not_made),
                SCENARIO(scope_ends_with_its_last_process),
                SCENARIO(scope_is_stopped_by_signals),
                SCENARIO(scope_without_processes_fails),
                SCENARIO(scope_has_its_time),
                SCENARIO(scope_heeds_kill_mode),
                SCENARIO(scope_heeds_oom_policy),
                cmocka_unit_test(events_and_effects_have_names),
                cmocka_unit_test(full_effect_list_says_so),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
