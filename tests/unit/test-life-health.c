/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Healthy or not: a table of what checks find and when, and what is made of it; what a service does that is not well. */

#include "life-world.h"
#include "life/health.h"

#define A "a.service"
#define SEC USEC_PER_SEC
#define MSEC USEC_PER_MSEC

static const HealthSpec usual = { .interval = 10 * SEC, .timeout = 5 * SEC, .failures = 3, .successes = 1 };

typedef struct Step {
        usec_t at;
        bool well;
        HealthNews news;
        HealthState state;
        usec_t pause; /* until it is asked again */
} Step;

static void walk(const HealthSpec *spec, const Step *steps, size_t n) {
        Health h;

        health_begin(&h, 0);
        assert_int_equal(h.next, 0);
        assert_int_equal(h.state, HEALTH_STARTING);
        for (size_t i = 0; i < n; i++) {
                HealthNews news = health_note(&h, spec, steps[i].well, steps[i].at);

                if (news != steps[i].news || h.state != steps[i].state ||
                    h.next - steps[i].at != steps[i].pause)
                        fail_msg("step %zu: news %d, %s, pause %llu", i, news,
                                 health_state_to_string(h.state), (unsigned long long)(h.next - steps[i].at));
        }
}

static void who_is_well_at_once_is_asked_at_the_interval(void **state) {
        static const Step steps[] = {
                { 0, true, HEALTH_IS_WELL, HEALTH_HEALTHY, 10 * SEC },
                { 10 * SEC, true, HEALTH_NO_NEWS, HEALTH_HEALTHY, 10 * SEC },
                { 20 * SEC, false, HEALTH_NO_NEWS, HEALTH_HEALTHY, 10 * SEC },
                { 30 * SEC, false, HEALTH_NO_NEWS, HEALTH_HEALTHY, 10 * SEC },
                { 40 * SEC, true, HEALTH_NO_NEWS, HEALTH_HEALTHY, 10 * SEC },
                { 50 * SEC, false, HEALTH_NO_NEWS, HEALTH_HEALTHY, 10 * SEC },
                { 60 * SEC, false, HEALTH_NO_NEWS, HEALTH_HEALTHY, 10 * SEC },
                { 70 * SEC, false, HEALTH_IS_SICK, HEALTH_UNHEALTHY, 10 * SEC },
                { 80 * SEC, false, HEALTH_NO_NEWS, HEALTH_UNHEALTHY, 10 * SEC },
                { 90 * SEC, false, HEALTH_NO_NEWS, HEALTH_UNHEALTHY, 10 * SEC },
                { 100 * SEC, false, HEALTH_IS_SICK, HEALTH_UNHEALTHY, 10 * SEC },
                { 110 * SEC, true, HEALTH_IS_WELL, HEALTH_HEALTHY, 10 * SEC },
        };

        walk(&usual, steps, ELEMENTSOF(steps));
}

static void who_starts_is_asked_often_and_given_time(void **state) {
        static const Step steps[] = {
                { 0, false, HEALTH_NO_NEWS, HEALTH_STARTING, 100 * MSEC },
                { 100 * MSEC, false, HEALTH_NO_NEWS, HEALTH_STARTING, 150 * MSEC },
                { 250 * MSEC, false, HEALTH_NO_NEWS, HEALTH_STARTING, 225 * MSEC },
                { 20 * SEC, false, HEALTH_NO_NEWS, HEALTH_STARTING, 337500 },
                { 29 * SEC, false, HEALTH_NO_NEWS, HEALTH_STARTING, 506250 },
                { 30 * SEC - 1, false, HEALTH_NO_NEWS, HEALTH_STARTING, 1 },
                { 30 * SEC, false, HEALTH_IS_SICK, HEALTH_UNHEALTHY, 10 * SEC },
        };

        walk(&usual, steps, ELEMENTSOF(steps));
}

static void the_time_to_start_comes_first(void **state) {
        HealthSpec spec = usual;
        const Step steps[] = {
                { 89 * SEC, false, HEALTH_NO_NEWS, HEALTH_STARTING, 100 * MSEC },
                { 90 * SEC, false, HEALTH_IS_SICK, HEALTH_UNHEALTHY, 10 * SEC },
        };
        const Step well_before[] = {
                { 1 * SEC, true, HEALTH_IS_WELL, HEALTH_HEALTHY, 10 * SEC },
                { 2 * SEC, false, HEALTH_NO_NEWS, HEALTH_HEALTHY, 10 * SEC },
                { 3 * SEC, false, HEALTH_NO_NEWS, HEALTH_HEALTHY, 10 * SEC },
                { 4 * SEC, false, HEALTH_IS_SICK, HEALTH_UNHEALTHY, 10 * SEC },
        };

        spec.start = 60 * SEC;
        walk(&spec, steps, ELEMENTSOF(steps));
        walk(&spec, well_before, ELEMENTSOF(well_before));
}

static void several_successes_can_be_asked_for(void **state) {
        HealthSpec spec = usual;
        const Step steps[] = {
                { 0, true, HEALTH_NO_NEWS, HEALTH_STARTING, 100 * MSEC },
                { 1 * SEC, false, HEALTH_NO_NEWS, HEALTH_STARTING, 150 * MSEC },
                { 2 * SEC, true, HEALTH_NO_NEWS, HEALTH_STARTING, 225 * MSEC },
                { 3 * SEC, true, HEALTH_IS_WELL, HEALTH_HEALTHY, 10 * SEC },
                { 4 * SEC, false, HEALTH_IS_SICK, HEALTH_UNHEALTHY, 10 * SEC },
                { 5 * SEC, true, HEALTH_NO_NEWS, HEALTH_UNHEALTHY, 10 * SEC },
                { 6 * SEC, true, HEALTH_IS_WELL, HEALTH_HEALTHY, 10 * SEC },
        };

        spec.failures = 1;
        spec.successes = 2;
        walk(&spec, steps, ELEMENTSOF(steps));
}

static void no_setting_makes_it_ask_without_pause(void **state) {
        const HealthSpec least = { .interval = 0, .failures = 1, .successes = 1 }, most = {
                .interval = USEC_INFINITY, .start = USEC_INFINITY, .failures = 1000, .successes = 1
        };
        Health h;

        health_begin(&h, SEC);
        for (usec_t now = SEC; now < 2 * SEC; now = h.next) {
                (void)health_note(&h, &least, now % 2, now);
                assert_true(h.next >= now + (h.state == HEALTH_STARTING ? 1 : 100 * MSEC));
        }
        assert_int_equal(h.state, HEALTH_UNHEALTHY);
        health_begin(&h, SEC);
        assert_int_equal(health_note(&h, &most, false, 1000000 * SEC), HEALTH_NO_NEWS);
        assert_int_equal(health_note(&h, &most, true, 1000001 * SEC), HEALTH_IS_WELL);
        assert_int_equal(h.next, USEC_INFINITY);
        health_put_off(&h, &most, 5 * SEC);
        assert_int_equal(h.next, 6 * SEC);
}

static void who_is_not_well_is_stopped_and_started_again(void **state) {
        World *w = *state;

        world_load(w, A, "[Service]\nExecStart=/bin/a\nExecStop=/bin/s\nX-HealthCheck=tcp:80\nRestart=no\n");
        world_send(w, A, EVENT_SICK); /* of an earlier run */
        world_expect_state(w, A, "dead success");
        world_start(w, A);
        world_advance(w, 60 * SEC);
        world_send(w, A, EVENT_SICK);
        world_expect_state(w, A, "stop health-check");
        world_control_exit(w, A, 0);
        world_expect_state(w, A, "stop-sigterm health-check");
        world_send(w, A, EVENT_SICK);
        world_signal(w, A, SIGTERM);
        world_expect_state(w, A, "auto-restart health-check");
        assert_string_equal(world_service(w, A)->reason, "X-HealthCheck=");
        world_advance(w, 100 * MSEC);
        world_expect_state(w, A, "running success");
        assert_int_equal(world_service(w, A)->n_restarts, 1);
        assert_int_equal(world_service(w, A)->n_sick, 1);
        world_exit(w, A, 1);
        world_expect_state(w, A, "failed exit-code");
}

static void a_sick_service_that_somebody_stops_stays_down(void **state) {
        World *w = *state;

        world_load(w, A, "[Service]\nExecStart=/bin/a\nX-HealthCheck=tcp:80\nRestart=always\n");
        world_start(w, A);
        world_send(w, A, EVENT_SICK);
        world_stop(w, A);
        world_signal(w, A, SIGTERM);
        world_expect_state(w, A, "failed health-check");
}

static void who_is_never_well_meets_the_start_limit(void **state) {
        World *w = *state;

        world_load(w, A,
                   "[Unit]\nStartLimitBurst=2\nStartLimitIntervalSec=1h\n[Service]\nExecStart=/bin/a\n"
                   "X-HealthCheck=tcp:80\n");
        world_start(w, A);
        for (unsigned i = 0; i < 2; i++) {
                world_advance(w, 30 * SEC);
                world_send(w, A, EVENT_SICK);
                world_signal(w, A, SIGTERM);
                world_advance(w, 100 * MSEC);
        }
        world_expect_state(w, A, "failed health-check");
        assert_true(world_service(w, A)->limit_hit);
}

static void a_reload_ends_before_the_sick_is_stopped(void **state) {
        World *w = *state;

        world_load(w, A, "[Service]\nExecStart=/bin/a\nExecReload=/bin/r\nX-HealthCheck=tcp:80\n");
        world_start(w, A);
        world_reload(w, A);
        world_send(w, A, EVENT_SICK);
        world_expect_state(w, A, "reload health-check");
        world_control_exit(w, A, 0);
        world_expect_state(w, A, "stop-sigterm health-check");
}

#define WAITS "[Service]\nExecStart=/bin/a\nX-HealthCheck=tcp:80\nX-ReadyOn=health\nTimeoutStartSec=20s\n"

static void a_start_can_wait_for_health(void **state) {
        World *w = *state;

        world_load(w, A, WAITS "ExecStartPost=/bin/p\n");
        world_start(w, A);
        world_send(w, A, EVENT_WELL); /* nobody has asked it yet */
        assert_false(service_waits_for_health(world_service(w, A)));
        world_control_exit(w, A, 0);
        world_expect_state(w, A, "start-post success");
        assert_true(service_waits_for_health(world_service(w, A)));
        world_advance(w, 10 * SEC);
        world_send(w, A, EVENT_WELL);
        world_expect_state(w, A, "running success");
        world_send(w, A, EVENT_WELL);
        world_expect_state(w, A, "running success");
}

static void who_is_not_well_in_time_has_not_started(void **state) {
        World *w = *state;

        world_load(w, A, WAITS);
        world_start(w, A);
        world_advance(w, 20 * SEC);
        world_expect_state(w, A, "stop-sigterm timeout");
        world_signal(w, A, SIGTERM);
        world_expect_state(w, A, "failed timeout");
        world_start(w, A);
        world_send(w, A, EVENT_SICK);
        world_expect_state(w, A, "stop-sigterm health-check");
        world_signal(w, A, SIGTERM);
        world_expect_state(w, A, "auto-restart health-check");
        world_advance(w, SEC);
        world_expect_state(w, A, "start-post success");
        world_exit(w, A, 3); /* and its end is its end */
        world_expect_state(w, A, "failed exit-code");
        world_start(w, A);
        world_stop(w, A);
        world_signal(w, A, SIGTERM);
        world_expect_state(w, A, "dead success");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(who_is_well_at_once_is_asked_at_the_interval),
                cmocka_unit_test(who_starts_is_asked_often_and_given_time),
                cmocka_unit_test(the_time_to_start_comes_first),
                cmocka_unit_test(several_successes_can_be_asked_for),
                cmocka_unit_test(no_setting_makes_it_ask_without_pause),
                SCENARIO(who_is_not_well_is_stopped_and_started_again),
                SCENARIO(a_sick_service_that_somebody_stops_stays_down),
                SCENARIO(who_is_never_well_meets_the_start_limit),
                SCENARIO(a_start_can_wait_for_health),
                SCENARIO(who_is_not_well_in_time_has_not_started),
                SCENARIO(a_reload_ends_before_the_sick_is_stopped),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
