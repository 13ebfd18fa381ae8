/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A set is what its instances are. */

#include "life-world.h"

#define A "a.service"
#define SET "[Service]\nX-Instances=3\nExecStart=/bin/a\nExecReload=/bin/b\n"

static void members(World *w, unsigned up, unsigned alive, unsigned busy, unsigned failed, bool has_job) {
        world_push(
                w, world_unit(w, A),
                (Event){ .type = EVENT_MEMBERS, .members = { up, alive, busy, failed }, .value = has_job });
        world_run(w);
}

static void start_ends_when_no_instance_is_on_its_way(void **state) {
        World *w = *state;

        world_load(w, A, SET);
        assert_int_equal(world_unit(w, A)->spec->service->n_instances, 3);
        assert_int_equal(world_unit(w, A)->spec->commands->of[COMMAND_START].n, 0);
        world_start(w, A);
        world_expect(w, "[0.000] a.service dead -> start-post\n");
        members(w, 0, 3, 3, 0, true);
        members(w, 2, 3, 1, 0, true);
        world_expect(w, "");
        members(w, 2, 2, 0, 1, true);
        world_expect(w, "[0.000] a.service start-post -> running\n");
        assert_int_equal(service_active_state(world_service(w, A)), ACTIVE);
}

static void start_fails_without_any_instance(void **state) {
        World *w = *state;

        world_load(w, A, SET);
        world_start(w, A);
        members(w, 0, 0, 0, 3, true);
        world_expect(w, "[0.000] a.service dead -> start-post\n"
                        "[0.000] a.service start-post -> failed (exit-code)\n");
        assert_int_equal(world_unit(w, A)->n_results, 1);
        world_send(w, A, EVENT_RESET_FAILED);
        world_run(w);
        world_expect(w, "[0.000] a.service failed -> dead\n");
}

static void start_fails_with_the_first_run_of_all(void **state) {
        World *w = *state;

        world_load(w, A, SET);
        world_start(w, A);
        members(w, 0, 3, 1, 0, true);
        members(w, 0, 3, 0, 0, true); /* all wait for their restart */
        world_expect(w, "[0.000] a.service dead -> start-post\n"
                        "[0.000] a.service start-post -> auto-restart (exit-code)\n");
        members(w, 0, 3, 1, 0, false);
        members(w, 1, 3, 0, 0, false);
        world_expect(w, "[0.000] a.service auto-restart -> running\n");
        members(w, 0, 3, 0, 0, false);
        world_send(w, A, EVENT_STOP);
        world_run(w);
        members(w, 0, 0, 0, 0, false);
        world_expect(
                w,
                "[0.000] a.service running -> auto-restart (exit-code)\n"
                "[0.000] a.service auto-restart -> stop-sigterm\n[0.000] a.service stop-sigterm -> dead\n");
}

static void fails_with_the_last_and_comes_back_with_the_first(void **state) {
        World *w = *state;

        world_load(w, A, SET);
        world_start(w, A);
        members(w, 3, 3, 0, 0, true);
        members(w, 0, 1, 0, 2, false); /* one waits for its restart */
        world_expect(w, "[0.000] a.service dead -> start-post\n[0.000] a.service start-post -> running\n"
                        "[0.000] a.service running -> auto-restart (exit-code)\n");
        members(w, 0, 0, 0, 3, false);
        world_expect(w, "[0.000] a.service auto-restart -> failed\n");
        members(w, 0, 1, 1, 2, false);
        world_expect(w, "");
        members(w, 1, 1, 0, 2, false);
        world_expect(w, "[0.000] a.service failed -> running\n");
        members(w, 0, 0, 0, 0, false); /* somebody has stopped it */
        world_expect(w, "[0.000] a.service running -> dead\n");
}

static void stop_waits_for_all_and_restart_for_none(void **state) {
        World *w = *state;

        world_load(w, A, SET);
        world_start(w, A);
        members(w, 3, 3, 0, 0, true);
        world_send(w, A, EVENT_STOP);
        world_run(w);
        members(w, 2, 3, 3, 0, true);
        members(w, 0, 1, 1, 0, true);
        world_expect(w, "[0.000] a.service dead -> start-post\n[0.000] a.service start-post -> running\n"
                        "[0.000] a.service running -> stop-sigterm\n");
        members(w, 0, 0, 0, 0, true);
        world_expect(w, "[0.000] a.service stop-sigterm -> dead\n");
        assert_true(world_unit(w, A)->released_for_good);
        members(w, 1, 1, 0, 0, true); /* a job of its own decides */
        world_expect(w, "");

        world_start(w, A);
        members(w, 3, 3, 0, 0, true);
        world_restart(w, A);
        world_expect(w, "[0.000] a.service dead -> start-post\n[0.000] a.service start-post -> running\n"
                        "[0.000] a.service running -> dead\n[0.000] a.service dead -> start-post\n");
        assert_false(world_unit(w, A)->released_for_good);
}

static void a_stop_that_no_instance_follows_ends(void **state) {
        World *w = *state;

        world_load(w, A, SET);
        world_start(w, A);
        members(w, 3, 3, 0, 0, true);
        world_send(w, A, EVENT_STOP);
        world_run(w);
        members(w, 3, 3, 0, 0, true);
        world_expect(w,
                     "[0.000] a.service dead -> start-post\n[0.000] a.service start-post -> running\n"
                     "[0.000] a.service running -> stop-sigterm\n[0.000] a.service stop-sigterm -> dead\n");
}

static void reload_is_passed_on_and_done(void **state) {
        World *w = *state;

        world_load(w, A, SET);
        assert_true(service_can_reload(world_service(w, A)));
        world_start(w, A);
        members(w, 3, 3, 0, 0, true);
        world_send(w, A, EVENT_RELOAD);
        world_run(w);
        assert_int_equal(service_active_state(world_service(w, A)), ACTIVE);
        assert_int_equal(world_service(w, A)->unexpected, 0);
}

static Service *becomes_a_set_in_its_pause(World *w) {
        Service *s;

        world_load(w, A, "[Service]\nExecStart=/bin/a\nRestart=always\nRestartSec=1s\n");
        world_load(w, "set.service", SET);
        world_start(w, A);
        world_exit(w, A, 1);
        s = world_service(w, A);
        assert_int_equal(s->state, SERVICE_AUTO_RESTART);
        s->spec = world_unit(w, "set.service")->spec; /* its file says so now */
        return s;
}

static void a_pause_of_what_was_no_set_ends_as_well(void **state) {
        World *w = *state;
        Service *s = becomes_a_set_in_its_pause(w);

        members(w, 0, 0, 0, 0, false);
        assert_int_equal(s->state, SERVICE_AUTO_RESTART);
        assert_int_not_equal(s->deadline, USEC_INFINITY);
        world_advance(w, 1 * USEC_PER_SEC);
        assert_int_equal(s->state, SERVICE_START_POST);
        assert_int_equal(s->deadline, USEC_INFINITY);
        members(w, 3, 3, 0, 0, true);
        assert_int_equal(s->state, SERVICE_RUNNING);
}

/* Somebody is faster than its end. */
static void a_start_or_stop_in_the_pause_of_what_was_no_set_leaves_no_deadline(void **state) {
        World *w = *state;
        Service *s = becomes_a_set_in_its_pause(w);

        world_start(w, A);
        assert_int_equal(s->state, SERVICE_START_POST);
        assert_int_equal(s->deadline, USEC_INFINITY);

        s->state = SERVICE_AUTO_RESTART;
        s->state_deadline = 2 * USEC_PER_SEC;
        world_stop(w, A);
        members(w, 0, 0, 0, 0, false);
        assert_int_equal(s->state, SERVICE_DEAD);
        assert_int_equal(s->deadline, USEC_INFINITY);
}

static void numbers_follow_from_the_cpus(void **state) {
        static const struct {
                InstanceCount count;
                unsigned cpus, expected;
        } cases[] = {
                { { INSTANCES_NONE, 0 }, 4, 0 },
                { { INSTANCES_NUMBER, 7 }, 4, 7 },
                { { INSTANCES_SHARE, 100 }, 4, 4 },
                { { INSTANCES_SHARE, 50 }, 5, 3 },
                { { INSTANCES_SHARE, 1 }, 4, 1 },
                { { INSTANCES_LESS, 1 }, 4, 3 },
                { { INSTANCES_LESS, 4 }, 4, 1 },
                { { INSTANCES_SHARE, 100 }, 0, 1 },
                { { INSTANCES_SHARE, 1000 }, 512, INSTANCES_MAX },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++)
                assert_int_equal(instances_resolve(cases[i].count, cases[i].cpus), cases[i].expected);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                SCENARIO(start_ends_when_no_instance_is_on_its_way),
                SCENARIO(start_fails_without_any_instance),
                SCENARIO(start_fails_with_the_first_run_of_all),
                SCENARIO(fails_with_the_last_and_comes_back_with_the_first),
                SCENARIO(stop_waits_for_all_and_restart_for_none),
                SCENARIO(a_stop_that_no_instance_follows_ends),
                SCENARIO(reload_is_passed_on_and_done),
                SCENARIO(a_pause_of_what_was_no_set_ends_as_well),
                SCENARIO(a_start_or_stop_in_the_pause_of_what_was_no_set_leaves_no_deadline),
                cmocka_unit_test(numbers_follow_from_the_cpus),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
