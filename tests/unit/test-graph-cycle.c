/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Order cycles in a transaction: which job goes, and what is said about it. */

#include "graph-world.h"

static void a_cycle_is_broken_where_it_does_not_matter(void **state) {
        World *w = *state;

        world_unit(w, "t.target", "Wants=a.service b.service");
        world_unit(w, "a.service", "After=b.service");
        world_unit(w, "b.service", "After=a.service\nWants=c.service");
        world_unit(w, "c.service", "");
        world_load(w);
        world_start(w, "t.target");
        world_report_has(w,
                         "a.service after b.service after a.service; job for b.service deleted to break it");
        world_expect_jobs(w, "t.target/start a.service/start");
}

static void the_cycle_is_named_in_order(void **state) {
        World *w = *state;

        world_unit(w, "t.target", "Requires=a.service b.service\nWants=c.service");
        world_unit(w, "a.service", "After=b.service");
        world_unit(w, "b.service", "After=c.service");
        world_unit(w, "c.service", "After=a.service");
        world_load(w);
        world_start(w, "t.target");
        world_report_has(w, "a.service after b.service after c.service after a.service; job for c.service "
                            "deleted to break it");
        world_expect_jobs(w, "t.target/start a.service/start b.service/start");
}

static void a_cycle_that_matters_is_refused(void **state) {
        World *w = *state;

        world_unit(w, "a.service", "Requires=b.service\nAfter=b.service");
        world_unit(w, "b.service", "After=a.service");
        world_load(w);
        assert_int_equal(world_try(w, JOB_START, "a.service", JOB_REPLACE), ENQUEUE_CYCLIC);
        world_report_has(w, "a.service after b.service after a.service");
        world_expect_jobs(w, "");
}

static void a_cycle_with_an_installed_job_is_found(void **state) {
        World *w = *state;

        world_unit(w, "a.service", "After=b.service");
        world_unit(w, "b.service", "After=c.service");
        world_unit(w, "c.service", "After=a.service");
        world_load(w);
        world_start(w, "a.service");
        world_start(w, "b.service");
        assert_int_equal(world_try(w, JOB_START, "c.service", JOB_REPLACE), ENQUEUE_CYCLIC);
        world_expect_jobs(w, "a.service/start b.service/start");
}

static void several_cycles_are_broken_at_once(void **state) {
        World *w = *state;
        char name[64], text[128];
        Buf wants auto_buf = { 0 };

        for (int i = 0; i < 100; i++)
                buf_addf(&wants, "Wants=a%d.service b%d.service\n", i, i);
        world_unit(w, "t.target", wants.data);
        for (int i = 0; i < 100; i++) {
                snprintf(name, sizeof(name), "a%d.service", i);
                snprintf(text, sizeof(text), "After=b%d.service", i);
                world_unit(w, name, text);
                snprintf(name, sizeof(name), "b%d.service", i);
                snprintf(text, sizeof(text), "After=a%d.service a%d.service", i, (i + 1) % 100);
                world_unit(w, name, text);
        }
        world_load(w);
        world_start(w, "t.target");
        world_settle(w);
        assert_int_equal(graph_count_jobs(w->graph), 0);
        assert_int_equal(unit_(w, "t.target")->active, ACTIVE);
}

/* Started and stopped at the same time, a stop goes first: no cycle although the order is a circle. */
static void a_circle_of_a_start_and_a_stop_is_no_cycle(void **state) {
        World *w = *state;

        world_unit(w, "a.service", "Conflicts=b.service\nAfter=b.service\nBefore=b.service");
        world_unit(w, "b.service", "");
        world_load(w);
        world_up(w, "b.service");
        world_start(w, "a.service");
        world_settle(w);
        world_expect(w, "b.service stopping\nb.service inactive\na.service starting\na.service active\n");
}

/* In its first half a restart goes before the start, in its second they would wait for each other. */
static void a_cycle_of_a_restart_and_a_start_is_found(void **state) {
        World *w = *state;

        world_unit(w, "a.service", "Wants=b.service\nAfter=b.service");
        world_unit(w, "b.service", "After=a.service");
        world_load(w);
        world_enqueue(w, JOB_START, "a.service", JOB_IGNORE_REQUIREMENTS);
        world_settle(w);
        world_enqueue(w, JOB_RESTART, "a.service", JOB_REPLACE);
        world_report_has(w,
                         "a.service after b.service after a.service; job for b.service deleted to break it");
        world_expect_jobs(w, "a.service/restart");
        world_settle(w);
        assert_int_equal(unit_(w, "a.service")->active, ACTIVE);
}

/* A failed transaction leaves everything as it was. */

int main(void) {
        const struct CMUnitTest tests[] = {
                WORLD_TEST(a_cycle_is_broken_where_it_does_not_matter),
                WORLD_TEST(the_cycle_is_named_in_order),
                WORLD_TEST(a_cycle_that_matters_is_refused),
                WORLD_TEST(a_cycle_with_an_installed_job_is_found),
                WORLD_TEST(several_cycles_are_broken_at_once),
                WORLD_TEST(a_circle_of_a_start_and_a_stop_is_no_cycle),
                WORLD_TEST(a_cycle_of_a_restart_and_a_start_is_found),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
