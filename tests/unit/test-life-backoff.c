/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Automatic starts: the pauses before them, which grow and begin anew, and when they are given up; beside PM2's rules. */

#include "life-world.h"

#define A "a.service"

/* The result is that of the last run, if that had failed. */
static void expect_given_up(World *w, const char *name) {
        assert_int_equal(world_service(w, name)->state, SERVICE_FAILED);
        assert_true(world_service(w, name)->limit_hit);
}

static void delay_grows_in_steps(void **state) {
        static const unsigned expected[] = { 100, 1000, 10000, 100000, 100000 };
        World *w = *state;

        world_load(w, A,
                   "[Unit]\nStartLimitIntervalSec=0\n[Service]\nExecStart=/bin/"
                   "a\nRestart=always\nRestartSec=100ms\n"
                   "RestartMaxDelaySec=100s\nRestartSteps=3\n");
        world_start(w, A);
        for (size_t i = 0; i < ELEMENTSOF(expected); i++) {
                usec_t delay;

                world_exit(w, A, 1);
                delay = world_service(w, A)->deadline - w->now.monotonic;
                assert_in_range(delay, expected[i] * USEC_PER_MSEC - 10, expected[i] * USEC_PER_MSEC);
                world_advance(w, delay);
                world_expect_state(w, A, "running success");
        }
}

/* A run that lasted long enough is a new beginning for the pauses and their count; a shorter one is not. */
static void stable_run_begins_the_count_anew(void **state) {
        World *w = *state;

        world_load(w, A,
                   "[Unit]\nStartLimitIntervalSec=0\n[Service]\nExecStart=/bin/a\nRestart=always\n"
                   "RestartSec=1s\nRestartMaxDelaySec=16s\nRestartSteps=4\nX-StableSec=30s\n");
        world_start(w, A);
        for (usec_t pause = 1; pause <= 4; pause *= 2) {
                world_advance(w, 30 * USEC_PER_SEC - 1);
                world_exit(w, A, 1);
                assert_in_range(world_service(w, A)->deadline - w->now.monotonic, pause * USEC_PER_SEC - 10,
                                pause * USEC_PER_SEC);
                world_advance(w, pause * USEC_PER_SEC);
                world_expect_state(w, A, "running success");
        }
        assert_int_equal(world_service(w, A)->n_restarts, 3);
        world_advance(w, 30 * USEC_PER_SEC);
        world_exit(w, A, 1);
        assert_int_equal(world_service(w, A)->n_restarts, 0);
        assert_int_equal(world_service(w, A)->deadline - w->now.monotonic, USEC_PER_SEC);
}

/* A reload is no break in the run. */
static void stable_run_goes_on_through_reloads(void **state) {
        World *w = *state;

        world_load(w, A, "[Service]\nType=notify\nExecStart=/bin/a\nRestart=always\nX-StableSec=10s\n");
        world_start(w, A);
        world_send(w, A, EVENT_NOTIFY_READY);
        world_exit(w, A, 1);
        world_advance(w, 100 * USEC_PER_MSEC);
        world_send(w, A, EVENT_NOTIFY_READY);
        assert_int_equal(world_service(w, A)->n_restarts, 1);
        world_advance(w, 6 * USEC_PER_SEC);
        world_send(w, A, EVENT_NOTIFY_RELOADING);
        world_advance(w, 2 * USEC_PER_SEC);
        world_send(w, A, EVENT_NOTIFY_READY);
        world_advance(w, 2 * USEC_PER_SEC);
        world_exit(w, A, 1);
        assert_int_equal(world_service(w, A)->n_restarts, 0);
}

static void delay_grows_by_a_factor(void **state) {
        static const unsigned expected[] = { 100,  150,  225,  337,  505,   757,   1135, 1702,
                                             2553, 3829, 5743, 8614, 12921, 15000, 15000 };
        World *w = *state;

        world_load(w, A,
                   "[Unit]\nStartLimitIntervalSec=0\n[Service]\nExecStart=/bin/a\nRestart=always\n"
                   "RestartSec=100ms\nRestartMaxDelaySec=15s\nX-BackoffFactor=1.5\nX-BackoffResetSec=30s\n");
        world_start(w, A);
        for (size_t i = 0; i < ELEMENTSOF(expected); i++) {
                world_advance(w, 30 * USEC_PER_SEC - 1);
                world_exit(w, A, 0);
                assert_int_equal(world_service(w, A)->deadline - w->now.monotonic,
                                 expected[i] * USEC_PER_MSEC);
                world_advance(w, expected[i] * USEC_PER_MSEC);
                world_expect_state(w, A, "running success");
        }
        world_advance(w, 30 * USEC_PER_SEC);
        world_exit(w, A, 0);
        assert_int_equal(world_service(w, A)->deadline - w->now.monotonic, 100 * USEC_PER_MSEC);
        assert_int_equal(world_service(w, A)->n_restarts, ELEMENTSOF(expected)); /* they are counted on */
}

static void tiny_delays_grow_too_and_end_at_the_most(void **state) {
        World *w = *state;

        world_load(w, A,
                   "[Unit]\nStartLimitIntervalSec=0\n[Service]\nExecStart=/bin/a\nRestart=always\n"
                   "RestartSec=1us\nRestartMaxDelaySec=1h\nX-BackoffFactor=10\n");
        world_start(w, A);
        for (usec_t pause = 1; pause < 1000 * USEC_PER_SEC; pause *= 10) {
                world_exit(w, A, 0);
                assert_int_equal(world_service(w, A)->deadline - w->now.monotonic, pause);
                world_advance(w, pause);
        }
        world_exit(w, A, 0);
        world_advance(w, 1000 * USEC_PER_SEC);
        world_exit(w, A, 0);
        assert_int_equal(world_service(w, A)->deadline - w->now.monotonic, 3600 * USEC_PER_SEC);
}

/*
 * PM2's rule for giving up, as its program has it: an exit counts when the run was shorter than min_uptime and the
 * exit comes less than min_uptime times max_restarts after the explicit start; the one that makes the number full is
 * the last. Its pauses: the first, then 1.5 times the one before in whole milliseconds, at most 15 s; from the first
 * again after 30 s.
 */
typedef struct Pm2 {
        usec_t created, pause;
        unsigned unstable;
} Pm2;

#define MIN_UPTIME USEC_PER_SEC
#define MAX_RESTARTS 16
#define FIRST_PAUSE (40 * USEC_PER_MSEC)

static bool pm2_gives_up(Pm2 *p, usec_t run, usec_t now) {
        if (now - p->created < MIN_UPTIME * MAX_RESTARTS && run < MIN_UPTIME)
                p->unstable++;
        if (run > 30 * USEC_PER_SEC)
                p->pause = 0;
        p->pause = p->pause ? MIN(15000 * USEC_PER_MSEC, p->pause * 3 / 2 / USEC_PER_MSEC * USEC_PER_MSEC)
                            : FIRST_PAUSE;
        return p->unstable >= MAX_RESTARTS;
}

/* One life by both rules, until they give up or PM2 has stopped counting. */
static bool live_by_both_rules(World *w, const char *name, bool backoff, unsigned *seed) {
        Pm2 p = { .created = w->now.monotonic };

        for (;;) {
                unsigned most = rand_r(seed) % 8 > 0 ? 250 : 3000;
                usec_t run = rand_r(seed) % most * USEC_PER_MSEC, pause;
                bool end;

                if (w->now.monotonic + run - p.created >= MIN_UPTIME * MAX_RESTARTS)
                        return false;
                world_advance(w, run);
                end = pm2_gives_up(&p, run, w->now.monotonic);
                pause = backoff ? p.pause : FIRST_PAUSE;
                world_exit(w, name, (int)(rand_r(seed) % 2));
                if (end)
                        return true;
                assert_int_equal(world_service(w, name)->state, SERVICE_AUTO_RESTART);
                assert_int_equal(world_service(w, name)->deadline - w->now.monotonic, pause);
                world_advance(w, pause);
        }
}

#define PM2_UNIT                                                                                             \
        "[Unit]\nStartLimitBurst=16\nStartLimitIntervalSec=16s\n[Service]\nExecStart=/bin/a\n"               \
        "Restart=always\nRestartSec=40ms\nX-StableSec=1s\n"

static void gives_up_when_pm2_does(void **state) {
        static const char *const names[] = { A, "b.service" };
        World *w = *state;
        unsigned seed = 9, n_given_up = 0;

        world_load(w, A, PM2_UNIT);
        world_load(w, "b.service",
                   PM2_UNIT "X-BackoffFactor=1.5\nRestartMaxDelaySec=15s\nX-BackoffResetSec=30s\n");
        for (unsigned i = 0; i < 600; i++) {
                const char *name = names[i % 2];

                world_start(w, name);
                if (live_by_both_rules(w, name, i % 2, &seed)) {
                        expect_given_up(w, name);
                        n_given_up++;
                        continue;
                }
                world_stop(w, name);
                if (world_service(w, name)->main_pid > 0)
                        world_signal(w, name, SIGTERM);
                world_forget_trace(w);
        }
        assert_in_range(n_given_up, 50, 550); /* both ways were tried */
}

/* Every short run counts, a long one neither counts nor makes the others forgotten. */
static void without_a_window_every_short_run_counts(void **state) {
        World *w = *state;

        world_load(w, A,
                   "[Unit]\nStartLimitBurst=3\nStartLimitIntervalSec=infinity\n[Service]\nExecStart=/bin/a\n"
                   "Restart=always\nX-StableSec=1s\n");
        world_start(w, A);
        for (unsigned i = 0; i < 8; i++) {
                world_advance(w, i % 4 ? 3600 * USEC_PER_SEC : 0);
                world_exit(w, A, 1);
                world_advance(w, 100 * USEC_PER_MSEC);
                world_expect_state(w, A, "running success");
        }
        world_exit(w, A, 1);
        expect_given_up(w, A);
        world_start(w, A); /* somebody asks for it: from the beginning */
        world_expect_state(w, A, "running success");
        world_exit(w, A, 1);
        assert_int_equal(world_service(w, A)->state, SERVICE_AUTO_RESTART);
}

/* Never shorter than RestartSec=, and by more than chance of one value. */
static void jitter_prolongs_the_pause(void **state) {
        World *w = *state;
        usec_t least = USEC_INFINITY, most = 0;

        world_load(w, A,
                   "[Unit]\nStartLimitIntervalSec=0\n[Service]\nExecStart=/bin/a\nRestart=always\n"
                   "RestartSec=10s\nX-RestartJitter=20%\n");
        world_start(w, A);
        for (unsigned i = 0; i < 100; i++) {
                usec_t pause;

                world_exit(w, A, 1);
                pause = world_service(w, A)->deadline - w->now.monotonic;
                assert_in_range(pause, 10 * USEC_PER_SEC, 12 * USEC_PER_SEC);
                least = MIN(least, pause);
                most = MAX(most, pause);
                world_advance(w, pause);
                world_expect_state(w, A, "running success");
        }
        assert_true(most - least > USEC_PER_SEC);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                SCENARIO(delay_grows_in_steps),
                SCENARIO(stable_run_begins_the_count_anew),
                SCENARIO(stable_run_goes_on_through_reloads),
                SCENARIO(delay_grows_by_a_factor),
                SCENARIO(tiny_delays_grow_too_and_end_at_the_most),
                SCENARIO(gives_up_when_pm2_does),
                SCENARIO(without_a_window_every_short_run_counts),
                SCENARIO(jitter_prolongs_the_pause),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
