/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Which jobs a request installs: dependencies, modes, merging, conflicts. */

#include "graph-world.h"

#include <errno.h>

/* -- what a start pulls in -- */

static void start_pulls_in_what_is_required_and_wanted(void **state) {
        World *w = *state;

        world_unit(w, "a.service",
                   "Requires=b.service\nWants=c.service\nBindsTo=d.service\nUpholds=e.service");
        for (const char *n = "bcde"; *n; n++)
                world_unit(w, (char[]){ *n, '.', 's', 'e', 'r', 'v', 'i', 'c', 'e', 0 }, "");
        world_load(w);
        world_start(w, "a.service");
        world_expect_jobs(w,
                          "a.service/start b.service/start c.service/start d.service/start e.service/start");
}

static void start_pulls_in_nothing_else(void **state) {
        World *w = *state;

        world_unit(w, "a.service",
                   "After=b.service\nBefore=b.service\nPartOf=c.service\nOnFailure=d."
                   "service\nPropagatesReloadTo=e.service");
        for (const char *n = "bcde"; *n; n++)
                world_unit(w, (char[]){ *n, '.', 's', 'e', 'r', 'v', 'i', 'c', 'e', 0 }, "");
        world_load(w);
        world_start(w, "a.service");
        world_expect_jobs(w, "a.service/start");
}

static void requisite_is_verified_and_not_started(void **state) {
        World *w = *state;

        world_unit(w, "a.service", "Requisite=b.service\nAfter=b.service");
        world_unit(w, "b.service", "");
        world_load(w);
        world_start(w, "a.service");
        world_expect_jobs(w, "a.service/start b.service/verify-active");
        world_settle(w);
        world_expect(w, "b.service/verify-active skipped\na.service/start dependency\n");
        world_up(w, "b.service");
        world_start(w, "a.service");
        world_expect_jobs(w, "a.service/start");
}

static void conflicting_units_are_stopped_both_ways(void **state) {
        World *w = *state;

        world_unit(w, "a.service", "Conflicts=b.service");
        world_unit(w, "b.service", "");
        world_load(w);
        world_up(w, "b.service");
        world_start(w, "a.service");
        world_expect_jobs(w, "a.service/start b.service/stop");
        world_settle(w);
        world_start(w, "b.service");
        world_expect_jobs(w, "b.service/start a.service/stop");
}

static void missing_wanted_units_are_passed_over(void **state) {
        World *w = *state;

        world_unit(w, "a.service", "Wants=none.service masked.service");
        world_unit_state(w, "masked.service", LOAD_MASKED);
        world_load(w);
        world_start(w, "a.service");
        world_expect_jobs(w, "a.service/start");
        assert_int_equal(w->report.n_findings, 0);
}

static void missing_required_units_fail_the_transaction(void **state) {
        World *w = *state;

        world_unit(w, "a.service", "Requires=b.service");
        world_unit(w, "b.service", "Requires=none.service");
        world_unit(w, "c.service", "BindsTo=masked.service");
        world_unit(w, "d.service", "Requisite=bad.service");
        world_unit(w, "e.service", "Requires=error.service");
        world_unit_state(w, "masked.service", LOAD_MASKED);
        world_unit_state(w, "bad.service", LOAD_BAD_SETTING);
        world_unit_state(w, "error.service", LOAD_ERROR);
        world_load(w);
        assert_int_equal(world_try(w, JOB_START, "a.service", JOB_REPLACE), ENQUEUE_NOT_FOUND);
        world_report_has(
                w, "Job start for b.service cannot be: none.service, which it requires, was not found.");
        world_report_has(w, "Job start for a.service cannot be: none.service, which it requires through "
                            "other units, was not found.");
        assert_int_equal(world_try(w, JOB_START, "c.service", JOB_REPLACE), ENQUEUE_MASKED);
        assert_int_equal(world_try(w, JOB_START, "d.service", JOB_REPLACE), ENQUEUE_BAD_SETTING);
        assert_int_equal(world_try(w, JOB_START, "e.service", JOB_REPLACE), ENQUEUE_LOAD_FAILED);
        assert_int_equal(world_try(w, JOB_START, "none.service", JOB_REPLACE), ENQUEUE_NOT_FOUND);
        world_report_has(w, "Unit none.service was not found.");
        assert_int_equal(world_try(w, JOB_STOP, "none.service", JOB_REPLACE), ENQUEUE_OK);
}

/* ... but what only wants the one that cannot be starts without it, and without what it would have brought. */
static void a_wanted_unit_that_cannot_be_is_left_out_as_a_whole(void **state) {
        World *w = *state;

        world_unit(w, "a.service", "Wants=b.service c.service");
        world_unit(w, "b.service", "Wants=d.service\nRequires=e.service");
        world_unit(w, "c.service", "");
        world_unit(w, "d.service", "");
        world_unit(w, "e.service", "Requires=none.service");
        world_load(w);
        world_start(w, "a.service");
        world_expect_jobs(w, "a.service/start c.service/start");
        world_report_has(w, "none.service");
}

static void a_unit_that_is_there_pulls_in_nothing(void **state) {
        World *w = *state;

        world_unit(w, "a.service", "Requires=b.service");
        world_unit(w, "b.service", "Wants=c.service");
        world_unit(w, "c.service", "");
        world_load(w);
        world_up(w, "b.service");
        world_enqueue(w, JOB_STOP, "c.service", JOB_REPLACE);
        world_settle(w);
        world_start(w, "a.service");
        world_expect_jobs(w, "a.service/start");
        world_settle(w);
        world_start(w, "b.service"); /* unless it is asked for itself */
        world_expect_jobs(w, "b.service/start c.service/start");
}

/* -- stop, restart, reload -- */

static void stop_takes_along_what_depends_on_it(void **state) {
        World *w = *state;

        world_unit(w, "a.service", "");
        world_unit(w, "b.service", "Requires=a.service");
        world_unit(w, "c.service", "BindsTo=a.service");
        world_unit(w, "d.service", "PartOf=a.service");
        world_unit(w, "e.service", "Requisite=a.service");
        world_unit(w, "f.service", "StopPropagatedFrom=a.service");
        world_unit(w, "g.service", "Wants=a.service\nAfter=a.service\nUpholds=a.service");
        world_unit(w, "h.service", "Requires=b.service");
        world_load(w);
        world_up(w, "a.service");
        for (const char *n = "cdefgh"; *n; n++)
                world_up(w, (char[]){ *n, '.', 's', 'e', 'r', 'v', 'i', 'c', 'e', 0 });
        world_enqueue(w, JOB_STOP, "a.service", JOB_REPLACE);
        world_expect_jobs(
                w,
                "a.service/stop b.service/stop c.service/stop d.service/stop e.service/stop f.service/stop "
                "h.service/stop");
}

static void restart_restarts_only_what_is_up(void **state) {
        World *w = *state;

        world_unit(w, "a.service", "PropagatesStopTo=e.service");
        world_unit(w, "b.service", "Requires=a.service");
        world_unit(w, "c.service", "PartOf=a.service");
        world_unit(w, "d.service", "Requires=a.service");
        world_unit(w, "e.service", "");
        world_load(w);
        world_up(w, "b.service");
        world_up(w, "c.service");
        world_up(w, "e.service");
        world_enqueue(w, JOB_RESTART, "a.service", JOB_REPLACE);
        world_expect_jobs(w, "a.service/restart b.service/restart c.service/restart");
}

static void reload_spreads_where_it_can(void **state) {
        World *w = *state;

        world_unit(w, "a.service", "PropagatesReloadTo=b.service c.service");
        world_unit(w, "b.service", "");
        world_unit(w, "c.service", "");
        world_unit(w, "d.service", "ReloadPropagatedFrom=a.service");
        world_load(w);
        world_up(w, "a.service");
        world_up(w, "b.service");
        world_up(w, "d.service");
        world_enqueue(w, JOB_RELOAD, "a.service", JOB_REPLACE);
        world_expect_jobs(w, "a.service/reload b.service/reload d.service/reload");
        world_settle(w);
        fate_of(w, "b.service")->cannot_reload = true;
        world_enqueue(w, JOB_RELOAD, "a.service", JOB_REPLACE);
        world_expect_jobs(w, "a.service/reload d.service/reload");
        assert_int_equal(world_try(w, JOB_RELOAD, "b.service", JOB_REPLACE), ENQUEUE_NOT_APPLICABLE);
}

static void requests_collapse_by_state(void **state) {
        World *w = *state;

        world_unit(w, "a.service", "");
        world_load(w);
        world_enqueue(w, JOB_TRY_RESTART, "a.service", JOB_REPLACE);
        world_enqueue(w, JOB_TRY_RELOAD, "a.service", JOB_REPLACE);
        world_enqueue(w, JOB_RELOAD_OR_TRY_RESTART, "a.service", JOB_REPLACE);
        world_expect_jobs(w, "");
        world_enqueue(w, JOB_RELOAD_OR_START, "a.service", JOB_REPLACE);
        world_expect_jobs(w, "a.service/start");
        world_settle(w);
        world_enqueue(w, JOB_RELOAD_OR_RESTART, "a.service", JOB_REPLACE);
        world_expect_jobs(w, "a.service/reload");
        world_settle(w);
        fate_of(w, "a.service")->cannot_reload = true;
        world_enqueue(w, JOB_RELOAD_OR_RESTART, "a.service", JOB_REPLACE);
        world_expect_jobs(w, "a.service/restart");
        world_settle(w);
        world_enqueue(w, JOB_RELOAD_OR_TRY_RESTART, "a.service", JOB_REPLACE);
        world_expect_jobs(w, "a.service/restart");
}

static void types_merge_as_the_table_says(void **state) {
        World *w = *state;
        static const struct {
                JobType a, b, down, up;
        } rows[] = {
                { JOB_START, JOB_START, JOB_START, JOB_START },
                { JOB_START, JOB_VERIFY_ACTIVE, JOB_START, JOB_START },
                { JOB_START, JOB_RELOAD, JOB_START, JOB_RELOAD },
                { JOB_START, JOB_RESTART, JOB_RESTART, JOB_RESTART },
                { JOB_VERIFY_ACTIVE, JOB_RELOAD, JOB_RELOAD, JOB_RELOAD },
                { JOB_VERIFY_ACTIVE, JOB_RESTART, JOB_RESTART, JOB_RESTART },
                { JOB_RELOAD, JOB_RESTART, JOB_RESTART, JOB_RESTART },
                { JOB_STOP, JOB_STOP, JOB_STOP, JOB_STOP },
                { JOB_STOP, JOB_START, JOB_TYPE_INVALID, JOB_TYPE_INVALID },
                { JOB_STOP, JOB_VERIFY_ACTIVE, JOB_TYPE_INVALID, JOB_TYPE_INVALID },
                { JOB_STOP, JOB_RELOAD, JOB_TYPE_INVALID, JOB_TYPE_INVALID },
                { JOB_STOP, JOB_RESTART, JOB_TYPE_INVALID, JOB_TYPE_INVALID },
        };
        Unit *u = world_unit(w, "a.service", "");

        for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
                u->active = INACTIVE;
                assert_int_equal(job_type_merge(rows[i].a, rows[i].b, u), rows[i].down);
                assert_int_equal(job_type_merge(rows[i].b, rows[i].a, u), rows[i].down);
                u->active = ACTIVE;
                assert_int_equal(job_type_merge(rows[i].a, rows[i].b, u), rows[i].up);
                assert_int_equal(job_type_merge(rows[i].b, rows[i].a, u), rows[i].up);
        }
        u->active = INACTIVE;
}

static void a_second_request_joins_the_waiting_job(void **state) {
        World *w = *state;
        uint32_t id;

        world_unit(w, "a.service", "");
        world_load(w);
        world_start(w, "a.service");
        id = unit_(w, "a.service")->job->id;
        world_start(w, "a.service");
        assert_int_equal(unit_(w, "a.service")->job->id, id);
        world_enqueue(w, JOB_RESTART, "a.service", JOB_REPLACE);
        assert_int_equal(unit_(w, "a.service")->job->id, id);
        world_expect_jobs(w, "a.service/restart");
        world_enqueue(w, JOB_STOP, "a.service", JOB_REPLACE);
        world_expect(w, "a.service/restart canceled\n");
        world_expect_jobs(w, "a.service/stop");
}

/* -- modes -- */

static void mode_fail_does_not_replace(void **state) {
        World *w = *state;

        world_unit(w, "a.service", "");
        world_load(w);
        world_start(w, "a.service");
        assert_int_equal(world_try(w, JOB_STOP, "a.service", JOB_FAIL), ENQUEUE_DESTRUCTIVE);
        world_expect_jobs(w, "a.service/start");
        assert_int_equal(world_try(w, JOB_START, "a.service", JOB_FAIL), ENQUEUE_OK);
}

static void mode_fail_leaves_out_what_would_disturb(void **state) {
        World *w = *state;

        world_unit(w, "a.service", "Wants=b.service");
        world_unit(w, "b.service", "Conflicts=c.service");
        world_unit(w, "c.service", "");
        world_load(w);
        world_up(w, "c.service");
        world_enqueue(w, JOB_START, "a.service", JOB_FAIL);
        world_expect_jobs(w, "a.service/start");
        world_settle(w);
        world_start(w, "a.service");
        world_expect_jobs(w, "a.service/start b.service/start c.service/stop");
}

static void irreversible_jobs_are_not_replaced(void **state) {
        World *w = *state;

        world_unit(w, "a.service", "Conflicts=shutdown.target\nBefore=shutdown.target");
        world_unit(w, "b.service", "Conflicts=shutdown.target\nBefore=shutdown.target");
        world_unit(w, "r.target", "AllowIsolate=yes");
        world_unit(w, "shutdown.target", "DefaultDependencies=no");
        world_load(w);
        world_up(w, "a.service");
        world_enqueue(w, JOB_START, "shutdown.target", JOB_REPLACE_IRREVERSIBLY);
        world_expect_jobs(w, "shutdown.target/start a.service/stop");
        assert_int_equal(world_try(w, JOB_START, "b.service", JOB_REPLACE), ENQUEUE_DESTRUCTIVE);
        world_report_has(w, "shutdown.target");
        assert_int_equal(world_try(w, JOB_START, "r.target", JOB_ISOLATE), ENQUEUE_DESTRUCTIVE);
        assert_int_equal(world_try(w, JOB_STOP, "shutdown.target", JOB_REPLACE), ENQUEUE_DESTRUCTIVE);
        world_expect_jobs(w, "shutdown.target/start a.service/stop");
        world_settle(w);
        world_expect(
                w,
                "a.service stopping\na.service inactive\nshutdown.target starting\nshutdown.target active\n");
}

static void isolate_keeps_what_was_triggered_by_a_unit_that_stays(void **state) {
        World *w = *state;

        world_unit(w, "t.target", "AllowIsolate=yes\nWants=a.timer");
        world_unit(w, "a.timer", "Triggers=a.service");
        world_unit(w, "a.service", "");
        world_unit(w, "b.timer", "Triggers=b.service");
        world_unit(w, "b.service", "");
        world_unit(w, "c.timer", "Triggers=c.service\nIgnoreOnIsolate=yes");
        world_unit(w, "c.service", "");
        world_load(w);
        for (const char *const *n = (const char *const[]){ "a.timer", "a.service", "b.timer", "b.service",
                                                           "c.timer", "c.service", NULL };
             *n; n++)
                world_up(w, *n);
        world_enqueue(w, JOB_START, "t.target", JOB_ISOLATE);
        world_expect_jobs(w, "t.target/start b.timer/stop b.service/stop");
}

static void isolate_stops_the_rest(void **state) {
        World *w = *state;

        world_unit(w, "t.target", "AllowIsolate=yes\nWants=a.service");
        world_unit(w, "a.service", "Requires=b.service");
        world_unit(w, "b.service", "");
        world_unit(w, "c.service", "");
        world_unit(w, "d.service", "IgnoreOnIsolate=yes");
        world_unit(w, "e.service", "");
        world_unit(w, "n.target", "");
        world_load(w);
        world_up(w, "a.service");
        world_up(w, "c.service");
        world_up(w, "d.service");
        world_start(w, "e.service"); /* waits, and is cancelled */
        assert_int_equal(world_try(w, JOB_START, "n.target", JOB_ISOLATE), ENQUEUE_NO_ISOLATION);
        assert_int_equal(world_try(w, JOB_STOP, "t.target", JOB_ISOLATE), -EINVAL);
        world_enqueue(w, JOB_START, "t.target", JOB_ISOLATE);
        world_expect_jobs(w, "t.target/start c.service/stop e.service/stop");
        world_expect(w, "e.service/start canceled\n");
        world_settle(w);
        assert_int_equal(unit_(w, "b.service")->active, ACTIVE);
        assert_int_equal(unit_(w, "d.service")->active, ACTIVE);
        assert_int_equal(unit_(w, "c.service")->active, INACTIVE);
}

static void flush_cancels_all_other_jobs(void **state) {
        World *w = *state;

        world_unit(w, "a.service", "");
        world_unit(w, "b.service", "");
        world_load(w);
        world_start(w, "a.service");
        world_enqueue(w, JOB_START, "b.service", JOB_FLUSH);
        world_expect_jobs(w, "b.service/start");
        world_expect(w, "a.service/start canceled\n");
}

static void ignore_dependencies_is_one_job_without_order(void **state) {
        World *w = *state;

        world_unit(w, "a.service", "Requires=b.service\nAfter=b.service c.service");
        world_unit(w, "b.service", "");
        world_unit(w, "c.service", "");
        world_load(w);
        fate_of(w, "c.service")->sits = true;
        world_start(w, "c.service");
        world_enqueue(w, JOB_START, "a.service", JOB_IGNORE_DEPENDENCIES);
        world_expect_jobs(w, "c.service/start a.service/start");
        world_settle(w);
        world_expect(w, "c.service starting\na.service starting\na.service active\n");
}

static void ignore_requirements_keeps_the_order(void **state) {
        World *w = *state;

        world_unit(w, "a.service", "Requires=b.service none.service\nAfter=b.service c.service");
        world_unit(w, "b.service", "");
        world_unit(w, "c.service", "");
        world_load(w);
        fate_of(w, "c.service")->sits = true;
        world_start(w, "c.service");
        world_enqueue(w, JOB_START, "a.service", JOB_IGNORE_REQUIREMENTS);
        world_expect_jobs(w, "c.service/start a.service/start");
        world_settle(w);
        world_expect(w, "c.service starting\n");
}

static void triggering_stops_the_triggers_as_well(void **state) {
        World *w = *state;

        world_unit(w, "a.service", "");
        world_unit(w, "a.socket", "Triggers=a.service");
        world_unit(w, "a.timer", "Triggers=a.service");
        world_load(w);
        world_up(w, "a.service");
        world_up(w, "a.socket");
        assert_int_equal(world_try(w, JOB_START, "a.service", JOB_TRIGGERING), -EINVAL);
        world_enqueue(w, JOB_STOP, "a.service", JOB_TRIGGERING);
        world_expect_jobs(w, "a.service/stop a.socket/stop");
}

static void manual_requests_may_be_refused(void **state) {
        World *w = *state;

        world_unit(w, "a.service", "RefuseManualStart=yes");
        world_unit(w, "b.service", "Wants=a.service\nRefuseManualStop=yes");
        world_load(w);
        w->questions.manual = true;
        assert_int_equal(world_try(w, JOB_START, "a.service", JOB_REPLACE), ENQUEUE_ONLY_BY_DEPENDENCY);
        assert_int_equal(world_try(w, JOB_TRY_RESTART, "a.service", JOB_REPLACE), ENQUEUE_ONLY_BY_DEPENDENCY);
        assert_int_equal(world_try(w, JOB_RESTART, "b.service", JOB_REPLACE), ENQUEUE_ONLY_BY_DEPENDENCY);
        assert_int_equal(world_try(w, JOB_STOP, "b.service", JOB_REPLACE), ENQUEUE_ONLY_BY_DEPENDENCY);
        world_start(w, "b.service");
        world_expect_jobs(w, "b.service/start a.service/start");
        w->questions.manual = false;
        assert_int_equal(world_try(w, JOB_STOP, "b.service", JOB_REPLACE), 0);
}

static void perpetual_units_are_not_stopped(void **state) {
        World *w = *state;

        world_unit(w, "a.service", "Conflicts=p.service");
        world_unit(w, "p.service", "")->perpetual = true;
        world_load(w);
        world_up(w, "p.service");
        assert_int_equal(world_try(w, JOB_STOP, "p.service", JOB_REPLACE), ENQUEUE_NOT_APPLICABLE);
        assert_int_equal(world_try(w, JOB_STOP, "-.slice", JOB_REPLACE), ENQUEUE_NOT_APPLICABLE);
        world_start(w, "a.service");
        world_expect_jobs(w, "a.service/start");
}

/* -- conflicts -- */

static void a_contradiction_that_matters_is_refused(void **state) {
        World *w = *state;

        world_unit(w, "a.service", "Requires=b.service c.service");
        world_unit(w, "b.service", "Conflicts=c.service");
        world_unit(w, "c.service", "");
        world_load(w);
        assert_int_equal(world_try(w, JOB_START, "a.service", JOB_REPLACE), ENQUEUE_CONFLICTING);
        world_report_has(w, "would have to start and to stop");
        world_expect_jobs(w, "");
}

static void what_does_not_matter_gives_way(void **state) {
        World *w = *state;

        world_unit(w, "a.service", "Requires=b.service\nWants=c.service");
        world_unit(w, "b.service", "");
        world_unit(w, "c.service", "Conflicts=b.service\nWants=d.service");
        world_unit(w, "d.service", "");
        world_load(w);
        world_start(w, "a.service");
        world_expect_jobs(w, "a.service/start b.service/start");
        world_report_has(w, "job stop is dropped");
}

static void of_two_rivals_that_are_wanted_one_starts(void **state) {
        World *w = *state;

        world_unit(w, "t.target", "Wants=a.service b.service");
        world_unit(w, "a.service", "Conflicts=b.service");
        world_unit(w, "b.service", "");
        world_load(w);
        world_start(w, "t.target");
        world_expect_jobs(w, "t.target/start a.service/start");
}

static void nothing_is_installed_of_what_is_refused(void **state) {
        World *w = *state;
        unsigned added = w->n_jobs_added;

        world_unit(w, "a.service", "Requires=b.service c.service");
        world_unit(w, "b.service", "");
        world_unit(w, "c.service", "Requires=none.service");
        world_load(w);
        assert_int_equal(world_try(w, JOB_START, "a.service", JOB_REPLACE), ENQUEUE_NOT_FOUND);
        assert_int_equal(w->n_jobs_added, added);
        assert_int_equal(graph_count_jobs(w->graph), 0);
        assert_int_equal(unit_(w, "b.service")->planned, 0);
        assert_null(graph_next_runnable(w->graph));
}

static void the_anchor_is_answered_even_when_nothing_changes(void **state) {
        World *w = *state;
        Job *job = NULL;
        size_t affected = 0;
        Unit *a = world_unit(w, "a.service", "Requires=b.service");

        world_unit(w, "b.service", "");
        world_load(w);
        assert_int_equal(graph_enqueue(w->graph, NULL, JOB_START, a, JOB_REPLACE, NULL, &job, &affected), 0);
        assert_ptr_equal(job, a->job);
        assert_int_equal(affected, 2);
        world_settle(w);
        assert_int_equal(graph_enqueue(w->graph, NULL, JOB_START, a, JOB_REPLACE, NULL, &job, &affected), 0);
        assert_ptr_equal(job, a->job);
        assert_int_equal(affected, 1);
        world_settle(w);
        assert_int_equal(graph_enqueue(w->graph, NULL, JOB_STOP, a, JOB_REPLACE, NULL, &job, NULL), 0);
        world_settle(w);
        assert_int_equal(
                graph_enqueue(w->graph, NULL, JOB_TRY_RESTART, a, JOB_REPLACE, NULL, &job, &affected), 0);
        assert_null(job);
        assert_int_equal(affected, 0);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                WORLD_TEST(start_pulls_in_what_is_required_and_wanted),
                WORLD_TEST(start_pulls_in_nothing_else),
                WORLD_TEST(requisite_is_verified_and_not_started),
                WORLD_TEST(conflicting_units_are_stopped_both_ways),
                WORLD_TEST(missing_wanted_units_are_passed_over),
                WORLD_TEST(missing_required_units_fail_the_transaction),
                WORLD_TEST(a_wanted_unit_that_cannot_be_is_left_out_as_a_whole),
                WORLD_TEST(a_unit_that_is_there_pulls_in_nothing),
                WORLD_TEST(stop_takes_along_what_depends_on_it),
                WORLD_TEST(restart_restarts_only_what_is_up),
                WORLD_TEST(reload_spreads_where_it_can),
                WORLD_TEST(requests_collapse_by_state),
                WORLD_TEST(types_merge_as_the_table_says),
                WORLD_TEST(a_second_request_joins_the_waiting_job),
                WORLD_TEST(mode_fail_does_not_replace),
                WORLD_TEST(mode_fail_leaves_out_what_would_disturb),
                WORLD_TEST(irreversible_jobs_are_not_replaced),
                WORLD_TEST(isolate_stops_the_rest),
                WORLD_TEST(isolate_keeps_what_was_triggered_by_a_unit_that_stays),
                WORLD_TEST(flush_cancels_all_other_jobs),
                WORLD_TEST(ignore_dependencies_is_one_job_without_order),
                WORLD_TEST(ignore_requirements_keeps_the_order),
                WORLD_TEST(triggering_stops_the_triggers_as_well),
                WORLD_TEST(manual_requests_may_be_refused),
                WORLD_TEST(perpetual_units_are_not_stopped),
                WORLD_TEST(a_contradiction_that_matters_is_refused),
                WORLD_TEST(what_does_not_matter_gives_way),
                WORLD_TEST(of_two_rivals_that_are_wanted_one_starts),
                WORLD_TEST(nothing_is_installed_of_what_is_refused),
                WORLD_TEST(the_anchor_is_answered_even_when_nothing_changes),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
