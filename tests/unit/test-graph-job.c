/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Jobs at work: their order, how they end, what follows from it. */

#include "graph-world.h"

#include <errno.h>

/* -- order -- */

static void unordered_jobs_run_side_by_side(void **state) {
        World *w = *state;

        world_unit(w, "t.target", "Wants=a.service b.service");
        world_unit(w, "a.service", "");
        world_unit(w, "b.service", "");
        world_load(w);
        world_start(w, "t.target");
        world_settle(w);
        world_expect(w, "a.service starting\nb.service starting\na.service active\nb.service active\n"
                        "t.target starting\nt.target active\n");
}

static void a_start_waits_for_what_it_comes_after(void **state) {
        World *w = *state;

        world_unit(w, "a.service", "Requires=b.service\nAfter=b.service");
        world_unit(w, "b.service", "Before=c.service");
        world_unit(w, "c.service", "");
        world_load(w);
        world_start(w, "c.service");
        world_start(w, "a.service");
        assert_int_equal(unit_(w, "c.service")->job->n_blockers, 1);
        world_settle(w);
        world_expect(w, "b.service starting\nb.service active\na.service starting\nc.service starting\n"
                        "a.service active\nc.service active\n");
}

static void stops_run_in_reverse(void **state) {
        World *w = *state;

        world_unit(w, "a.service", "Requires=b.service\nAfter=b.service");
        world_unit(w, "b.service", "Requires=c.service\nAfter=c.service");
        world_unit(w, "c.service", "");
        world_load(w);
        world_up(w, "a.service");
        world_enqueue(w, JOB_STOP, "c.service", JOB_REPLACE);
        world_settle(w);
        world_expect(w, "a.service stopping\na.service inactive\nb.service stopping\nb.service inactive\n"
                        "c.service stopping\nc.service inactive\n");
}

static void a_stop_goes_before_a_start_either_way(void **state) {
        World *w = *state;

        world_unit(w, "a.service", "Conflicts=b.service c.service\nAfter=b.service\nBefore=c.service");
        world_unit(w, "b.service", "");
        world_unit(w, "c.service", "");
        world_load(w);
        world_up(w, "b.service");
        world_up(w, "c.service");
        world_start(w, "a.service");
        world_settle(w);
        world_expect(w, "b.service stopping\nc.service stopping\nb.service inactive\nc.service inactive\n"
                        "a.service starting\na.service active\n");
}

/* All go down in reverse, then all come up in order. */
static void a_restart_is_a_stop_and_then_a_start(void **state) {
        World *w = *state;

        world_unit(w, "a.service", "Requires=b.service\nAfter=b.service");
        world_unit(w, "b.service", "");
        world_load(w);
        world_up(w, "a.service");
        world_enqueue(w, JOB_RESTART, "b.service", JOB_REPLACE);
        world_settle(w);
        world_expect(w, "a.service stopping\na.service inactive\nb.service stopping\nb.service inactive\n"
                        "b.service starting\nb.service active\na.service starting\na.service active\n");
        world_expect_jobs(w, "");
}

static void a_restart_of_what_is_down_is_a_start(void **state) {
        World *w = *state;

        world_unit(w, "a.service", "");
        world_load(w);
        world_enqueue(w, JOB_RESTART, "a.service", JOB_REPLACE);
        world_settle(w);
        world_expect(w, "a.service starting\na.service active\n");
}

static void a_restart_during_a_start_stops_it_first(void **state) {
        World *w = *state;

        world_unit(w, "a.service", "");
        world_load(w);
        fate_of(w, "a.service")->sits = true;
        world_start(w, "a.service");
        world_settle(w);
        world_enqueue(w, JOB_RESTART, "a.service", JOB_REPLACE);
        fate_of(w, "a.service")->sits = false;
        world_settle(w);
        world_expect(w, "a.service starting\na.service stopping\na.service inactive\na.service starting\n"
                        "a.service active\n");
}

static void a_reload_during_a_reload_is_done_again(void **state) {
        World *w = *state;

        world_unit(w, "a.service", "");
        world_load(w);
        world_up(w, "a.service");
        world_enqueue(w, JOB_RELOAD, "a.service", JOB_REPLACE);
        world_run(w);
        world_enqueue(w, JOB_RELOAD, "a.service", JOB_REPLACE);
        world_settle(w);
        world_expect(w, "a.service reloading\na.service active\na.service reloading\na.service active\n");
        world_expect_jobs(w, "");
}

static void a_start_during_a_stop_waits_for_its_end(void **state) {
        World *w = *state;

        world_unit(w, "a.service", "");
        world_load(w);
        world_up(w, "a.service");
        fate_of(w, "a.service")->sits = true;
        world_enqueue(w, JOB_STOP, "a.service", JOB_REPLACE);
        world_settle(w);
        world_start(w, "a.service");
        world_settle(w);
        world_expect(w, "a.service stopping\na.service/stop canceled\n");
        fate_of(w, "a.service")->sits = false;
        world_settle(w);
        world_expect(w, "a.service inactive\na.service starting\na.service active\n");
}

static void job_ordering_lists_both_directions(void **state) {
        World *w = *state;
        Job **list;
        size_t n;

        world_unit(w, "a.service", "Wants=b.service c.service\nAfter=b.service c.service");
        world_unit(w, "b.service", "");
        world_unit(w, "c.service", "");
        world_load(w);
        world_start(w, "a.service");
        assert_int_equal(job_ordering(unit_(w, "a.service")->job, true, &list, &n), 0);
        assert_int_equal(n, 2);
        free(list);
        assert_int_equal(job_ordering(unit_(w, "a.service")->job, false, &list, &n), 0);
        assert_int_equal(n, 0);
        free(list);
        assert_int_equal(job_ordering(unit_(w, "b.service")->job, false, &list, &n), 0);
        assert_int_equal(n, 1);
        assert_ptr_equal(list[0], unit_(w, "a.service")->job);
        free(list);
}

/* A daemon-reload under running jobs: who waits for whom follows the new files. */
/* A reload may turn a row into a circle; nobody would ever run. */
static void waiting_jobs_in_a_circle_lose_the_one_nobody_requires(void **state) {
        World *w = *state;
        JobRequests requests = { 0 };
        Unit *a, *b;

        a = world_unit(w, "a.service", "Requires=b.service\nAfter=b.service");
        b = world_unit(w, "b.service", "After=c.service");
        world_unit(w, "c.service", "");
        world_load(w);
        fate_of(w, "c.service")->sits = true;
        world_start(w, "c.service");
        world_start(w, "a.service");
        world_run(w);
        assert_int_equal(graph_break_job_cycles(w->graph, &w->report, &requests), 0);
        assert_int_equal(w->report.n_findings, 0);

        assert_int_equal(graph_add_edge(w->graph, b, DEP_AFTER, a), 0);
        assert_int_equal(graph_break_job_cycles(w->graph, &w->report, &requests), 0);
        world_report_has(w, "Ordering cycle: ");
        world_report_has(w, "that of a.service is cancelled");
        assert_null(a->job);
        fate_of(w, "c.service")->sits = false;
        world_settle(w);
        assert_int_equal(b->active, ACTIVE);
        assert_int_equal(graph_count_jobs(w->graph), 0);
        job_requests_release(&requests);
}

/* Its first half is no part of the circle, its second would be. */
static void a_restart_in_a_circle_is_found_before_its_second_half(void **state) {
        World *w = *state;
        JobRequests requests = { 0 };
        Unit *a = world_unit(w, "a.service", ""), *b = world_unit(w, "b.service", "After=a.service");

        world_load(w);
        world_up(w, "a.service");
        world_enqueue(w, JOB_RESTART, "a.service", JOB_REPLACE);
        world_start(w, "b.service");
        world_run(w);
        assert_int_equal(a->active, DEACTIVATING);
        assert_int_equal(graph_add_edge(w->graph, a, DEP_AFTER, b), 0);
        assert_int_equal(graph_break_job_cycles(w->graph, &w->report, &requests), 0);
        assert_null(b->job);
        world_settle(w);
        assert_int_equal(a->active, ACTIVE);
        assert_int_equal(graph_count_jobs(w->graph), 0);
        job_requests_release(&requests);
}

static void new_edges_count_for_waiting_jobs(void **state) {
        World *w = *state;
        Unit *a = world_unit(w, "a.service", ""), *b = world_unit(w, "b.service", "");

        world_load(w);
        world_start(w, "a.service");
        world_start(w, "b.service");
        assert_int_equal(graph_set_spec(w->graph, a, spec_of("a.service", "After=b.service"), LOAD_LOADED),
                         0);
        assert_int_equal(a->job->n_blockers, 1);
        graph_recount_jobs(w->graph);
        assert_int_equal(a->job->n_blockers, 1);
        assert_ptr_equal(graph_next_runnable(w->graph), b->job);
        assert_null(graph_next_runnable(w->graph));
        assert_int_equal(graph_set_spec(w->graph, a, spec_of("a.service", ""), LOAD_LOADED), 0);
        assert_int_equal(a->job->n_blockers, 0);
        assert_ptr_equal(graph_next_runnable(w->graph), a->job);
}

/* -- how jobs end -- */

static void a_failed_start_fails_what_requires_it(void **state) {
        World *w = *state;

        world_unit(w, "t.target", "Wants=a.service c.service");
        world_unit(w, "a.service", "Requires=b.service\nAfter=b.service");
        world_unit(w, "b.service", "");
        world_unit(w, "c.service", "Wants=b.service\nAfter=b.service");
        world_load(w);
        fate_of(w, "b.service")->fails = true;
        world_start(w, "t.target");
        world_settle(w);
        world_expect(
                w,
                "b.service starting\nb.service failed\nb.service/start failed\na.service/start dependency\n"
                "c.service starting\nc.service active\nt.target starting\nt.target active\n");
}

static void a_cancelled_job_takes_its_dependants_along(void **state) {
        World *w = *state;

        world_unit(w, "a.service", "Requires=b.service\nAfter=b.service");
        world_unit(w, "b.service", "BindsTo=c.service\nAfter=c.service");
        world_unit(w, "c.service", "");
        world_load(w);
        world_start(w, "a.service");
        assert_int_equal(graph_job_cancel(w->graph, unit_(w, "c.service")->job->id, NULL), 0);
        world_expect(w, "c.service/start canceled\nb.service/start dependency\na.service/start dependency\n");
        world_expect_jobs(w, "");
        assert_int_equal(graph_job_cancel(w->graph, 4711, NULL), -ENOENT);
}

static void a_skipped_start_fails_what_requires_it(void **state) {
        World *w = *state;

        world_unit(w, "a.service", "Requires=b.service\nAfter=b.service");
        world_unit(w, "b.service", "");
        world_load(w);
        fate_of(w, "b.service")->skipped = true;
        world_start(w, "a.service");
        world_settle(w);
        world_expect(w, "b.service starting\nb.service inactive\nb.service/start skipped\na.service/start "
                        "dependency\n");
}

static void a_false_condition_is_no_failure(void **state) {
        World *w = *state;

        world_unit(w, "a.service", "Requires=b.service\nAfter=b.service");
        world_unit(w, "b.service", "");
        world_load(w);
        fate_of(w, "b.service")->no_condition = true;
        world_start(w, "a.service");
        world_settle(w);
        world_expect(w, "b.service left out\na.service starting\na.service active\n");
}

static void a_oneshot_that_ends_well_has_done_its_job(void **state) {
        World *w = *state;

        world_unit(w, "a.service", "Requires=b.service\nAfter=b.service");
        world_unit(w, "b.service", "");
        world_load(w);
        fate_of(w, "b.service")->oneshot = true;
        world_start(w, "a.service");
        world_settle(w);
        world_expect(w, "b.service starting\nb.service inactive\na.service starting\na.service active\n");
}

/* Requisite= wants it to be there, even if a start in the same transaction ended well. */
static void a_oneshot_that_is_gone_does_not_satisfy_requisite(void **state) {
        World *w = *state;

        world_unit(w, "t.target", "Wants=a.service b.service");
        world_unit(w, "a.service", "Requisite=b.service\nAfter=b.service");
        world_unit(w, "b.service", "");
        world_load(w);
        fate_of(w, "b.service")->oneshot = true;
        world_start(w, "t.target");
        world_settle(w);
        assert_int_equal(unit_(w, "a.service")->active, INACTIVE);
        assert_int_equal(unit_(w, "t.target")->active, ACTIVE);
}

static void a_failed_reload_says_so(void **state) {
        World *w = *state;

        world_unit(w, "a.service", "");
        world_load(w);
        world_up(w, "a.service");
        fate_of(w, "a.service")->reload_fails = true;
        world_enqueue(w, JOB_RELOAD, "a.service", JOB_REPLACE);
        world_settle(w);
        world_expect(w, "a.service reloading\na.service active\na.service/reload failed\n");
}

static void a_unit_that_comes_up_by_itself_ends_the_waiting_job(void **state) {
        World *w = *state;

        world_unit(w, "a.service", "");
        world_load(w);
        world_start(w, "a.service");
        world_tell(w, unit_(w, "a.service"), ACTIVE, 0);
        world_expect_jobs(w, "");
        world_enqueue(w, JOB_STOP, "a.service", JOB_REPLACE);
        world_tell(w, unit_(w, "a.service"), INACTIVE, 0);
        world_expect_jobs(w, "");
        assert_null(graph_next_runnable(w->graph));
}

/* Between job_running and the machine's answer other things may be said about the unit. */
static void only_the_answer_ends_a_start_that_changed_nothing(void **state) {
        World *w = *state;
        Unit *a = world_unit(w, "a.service", "");

        world_load(w);
        world_start(w, "a.service");
        graph_job_running(w->graph, graph_next_runnable(w->graph));
        world_tell(w, a, INACTIVE, 0);
        world_expect_jobs(w, "a.service/start");
        world_tell(w, a, INACTIVE, CHANGE_ANSWERED);
        world_expect_jobs(w, "");
}

static void a_start_ends_with_the_first_run(void **state) {
        World *w = *state;
        Unit *a = world_unit(w, "a.service", "OnFailure=f.service");

        world_unit(w, "f.service", "");
        world_load(w);
        fate_of(w, "a.service")->sits = true;
        world_start(w, "a.service");
        world_run(w);
        world_becomes(w, "a.service", FAILED, CHANGE_WILL_RESTART);
        world_expect_jobs(w, "");
        assert_false(unit_is_down(a));
        world_becomes(w, "a.service", ACTIVATING, 0);
        world_expect(w, "a.service starting\na.service failed\na.service/start failed\n");
        world_becomes(w, "a.service", FAILED, 0);
        world_expect(w, "a.service failed\nrequest start f.service\nf.service starting\nf.service active\n");
}

/* -- what follows -- */

static void a_failure_starts_on_failure_units(void **state) {
        World *w = *state;

        world_unit(w, "a.service", "OnFailure=f.service\nOnSuccess=s.service");
        world_unit(w, "f.service", "");
        world_unit(w, "s.service", "");
        world_load(w);
        world_up(w, "a.service");
        world_becomes(w, "a.service", FAILED, CHANGE_WILL_RESTART);
        world_expect(w, "a.service failed\n");
        world_becomes(w, "a.service", FAILED, 0); /* the last attempt */
        world_expect(w, "a.service failed\nrequest start f.service\nf.service starting\nf.service active\n");
        world_becomes(w, "a.service", FAILED, 0);
        world_becomes(w, "a.service", INACTIVE, 0); /* reset-failed is no success */
        world_expect(w, "a.service failed\na.service inactive\n");
}

static void a_good_end_starts_on_success_units(void **state) {
        World *w = *state;

        world_unit(w, "a.service", "OnFailure=f.service\nOnSuccess=s.service");
        world_unit(w, "f.service", "");
        world_unit(w, "s.service", "");
        world_load(w);
        world_up(w, "a.service");
        world_becomes(w, "a.service", INACTIVE, 0);
        world_expect(w,
                     "a.service inactive\nrequest start s.service\ns.service starting\ns.service active\n");
}

static void a_dependency_failure_starts_on_failure_units(void **state) {
        World *w = *state;

        world_unit(w, "a.service", "Requires=b.service\nAfter=b.service\nOnFailure=f.service");
        world_unit(w, "b.service", "");
        world_unit(w, "f.service", "");
        world_load(w);
        fate_of(w, "b.service")->fails = true;
        world_start(w, "a.service");
        world_settle(w);
        assert_int_equal(unit_(w, "f.service")->active, ACTIVE);
}

static void a_bound_unit_goes_down_with_the_other(void **state) {
        World *w = *state;

        world_unit(w, "a.service", "BindsTo=c.service");
        world_unit(w, "b.service", "Requires=c.service\nWants=c.service");
        world_unit(w, "d.service", "PartOf=c.service");
        world_unit(w, "e.service", "");
        world_unit(w, "c.service", "PropagatesStopTo=e.service");
        world_load(w);
        world_up(w, "a.service");
        world_up(w, "b.service");
        world_up(w, "d.service");
        world_up(w, "e.service");
        world_becomes(w, "c.service", FAILED, CHANGE_WILL_RESTART); /* even so */
        world_expect(w, "c.service failed\nrequest stop a.service\nrequest stop e.service\n"
                        "a.service stopping\ne.service stopping\na.service inactive\ne.service inactive\n");
        world_becomes(w, "c.service", ACTIVE, 0);
        world_up(w, "a.service");
        world_becomes(w, "c.service", FAILED, 0);
        world_expect(w, "c.service failed\nrequest stop a.service\na.service stopping\na.service inactive\n");
}

static void a_unit_bound_to_what_was_left_out_stops(void **state) {
        World *w = *state;

        world_unit(w, "a.service", "BindsTo=b.service");
        world_unit(w, "b.service", "");
        world_load(w);
        fate_of(w, "b.service")->no_condition = true;
        world_start(w, "a.service");
        world_settle(w);
        world_expect(w, "a.service starting\nb.service left out\na.service active\nrequest stop a.service\n"
                        "a.service stopping\na.service inactive\n");
}

static void an_upheld_unit_is_started_again(void **state) {
        World *w = *state;

        world_unit(w, "a.service", "Upholds=b.service");
        world_unit(w, "b.service", "");
        world_load(w);
        world_up(w, "a.service");
        world_becomes(w, "b.service", FAILED, 0);
        world_expect(w, "b.service failed\nrequest start b.service\nb.service starting\nb.service active\n");
        world_enqueue(w, JOB_STOP, "a.service", JOB_REPLACE);
        world_settle(w);
        world_enqueue(w, JOB_STOP, "b.service", JOB_REPLACE);
        world_settle(w);
        assert_int_equal(unit_(w, "b.service")->active, INACTIVE);
}

static void an_unneeded_unit_is_stopped(void **state) {
        World *w = *state;

        world_unit(w, "a.service", "Requires=c.service");
        world_unit(w, "b.service", "Wants=c.service");
        world_unit(w, "c.service", "StopWhenUnneeded=yes\nRequires=d.service");
        world_unit(w, "d.service", "StopWhenUnneeded=yes");
        world_load(w);
        world_up(w, "a.service");
        world_up(w, "b.service");
        world_enqueue(w, JOB_STOP, "a.service", JOB_REPLACE);
        world_settle(w);
        world_expect(w, "a.service stopping\na.service inactive\n");
        world_becomes(w, "b.service", FAILED, 0);
        world_expect(w, "b.service failed\nrequest stop c.service\nc.service stopping\nc.service inactive\n"
                        "request stop d.service\nd.service stopping\nd.service inactive\n");
}

/* Nobody came up to need it: its own job and that of the one that wanted it are over. */
static void what_was_started_for_a_failed_unit_is_unneeded(void **state) {
        World *w = *state;

        world_unit(w, "a.service", "Wants=c.service\nAfter=c.service");
        world_unit(w, "c.service", "StopWhenUnneeded=yes");
        world_load(w);
        fate_of(w, "a.service")->fails = true;
        world_start(w, "a.service");
        world_settle(w);
        assert_int_equal(unit_(w, "c.service")->active, INACTIVE);
}

static void a_unit_that_comes_up_by_itself_brings_its_dependencies(void **state) {
        World *w = *state;

        world_unit(w, "a.service",
                   "Requires=b.service\nWants=c.service d.service\nAfter=d.service\nConflicts=e.service");
        for (const char *n = "bcde"; *n; n++)
                world_unit(w, (char[]){ *n, '.', 's', 'e', 'r', 'v', 'i', 'c', 'e', 0 }, "");
        world_load(w);
        world_up(w, "e.service");
        world_becomes(w, "a.service", ACTIVE, 0);
        world_expect(
                w,
                "a.service active\nrequest start b.service\nrequest start c.service\nrequest stop e.service\n"
                "b.service starting\nc.service starting\ne.service stopping\nb.service active\n"
                "c.service active\ne.service inactive\n");
}

/* What a job has done is not done again in hindsight. */
static void a_job_asks_for_nothing_in_hindsight(void **state) {
        World *w = *state;

        world_unit(w, "a.service", "Requires=b.service\nBindsTo=c.service");
        world_unit(w, "b.service", "");
        world_unit(w, "c.service", "");
        world_load(w);
        world_enqueue(w, JOB_START, "a.service", JOB_IGNORE_REQUIREMENTS);
        fate_of(w, "a.service")->fails = true;
        world_settle(w);
        world_expect(w, "a.service starting\na.service failed\na.service/start failed\n");
}

static bool is_service(const Unit *u, void *userdata) {
        return u->type == UNIT_SERVICE;
}

static unsigned below(World *w, const char *name) {
        return unit_(w, name)->job->n_below;
}

/* What stops at once stands between them without a share; a branch counts as much as its longest way. */
static void the_longest_chain_that_waits_for_a_stop_is_counted(void **state) {
        World *w = *state;

        world_unit(w, "all.target", "Wants=a.service b.service c.service d.service\nAfter=a.service");
        world_unit(w, "a.service", "Conflicts=end.target\nAfter=b.service d.service");
        world_unit(w, "b.service", "Conflicts=end.target\nAfter=mid.target");
        world_unit(w, "mid.target", "Conflicts=end.target\nWants=c.service\nAfter=c.service");
        world_unit(w, "c.service", "Conflicts=end.target");
        world_unit(w, "d.service", "Conflicts=end.target");
        world_unit(w, "end.target", "");
        world_load(w);
        world_up(w, "all.target");
        world_up(w, "mid.target");
        world_start(w, "end.target");
        graph_measure_chains(w->graph, is_service, NULL);
        assert_int_equal(below(w, "a.service"), 2);
        assert_int_equal(below(w, "b.service"), 1);
        assert_int_equal(below(w, "mid.target"), 1);
        assert_int_equal(below(w, "c.service"), 0);
        assert_int_equal(below(w, "d.service"), 0);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                WORLD_TEST(unordered_jobs_run_side_by_side),
                WORLD_TEST(a_start_waits_for_what_it_comes_after),
                WORLD_TEST(stops_run_in_reverse),
                WORLD_TEST(the_longest_chain_that_waits_for_a_stop_is_counted),
                WORLD_TEST(a_stop_goes_before_a_start_either_way),
                WORLD_TEST(a_restart_is_a_stop_and_then_a_start),
                WORLD_TEST(a_restart_of_what_is_down_is_a_start),
                WORLD_TEST(a_restart_during_a_start_stops_it_first),
                WORLD_TEST(a_reload_during_a_reload_is_done_again),
                WORLD_TEST(a_start_during_a_stop_waits_for_its_end),
                WORLD_TEST(job_ordering_lists_both_directions),
                WORLD_TEST(new_edges_count_for_waiting_jobs),
                WORLD_TEST(waiting_jobs_in_a_circle_lose_the_one_nobody_requires),
                WORLD_TEST(a_restart_in_a_circle_is_found_before_its_second_half),
                WORLD_TEST(a_failed_start_fails_what_requires_it),
                WORLD_TEST(a_cancelled_job_takes_its_dependants_along),
                WORLD_TEST(a_skipped_start_fails_what_requires_it),
                WORLD_TEST(a_false_condition_is_no_failure),
                WORLD_TEST(a_oneshot_that_ends_well_has_done_its_job),
                WORLD_TEST(a_oneshot_that_is_gone_does_not_satisfy_requisite),
                WORLD_TEST(a_failed_reload_says_so),
                WORLD_TEST(a_unit_that_comes_up_by_itself_ends_the_waiting_job),
                WORLD_TEST(only_the_answer_ends_a_start_that_changed_nothing),
                WORLD_TEST(a_start_ends_with_the_first_run),
                WORLD_TEST(a_failure_starts_on_failure_units),
                WORLD_TEST(a_good_end_starts_on_success_units),
                WORLD_TEST(a_dependency_failure_starts_on_failure_units),
                WORLD_TEST(a_bound_unit_goes_down_with_the_other),
                WORLD_TEST(a_unit_bound_to_what_was_left_out_stops),
                WORLD_TEST(an_upheld_unit_is_started_again),
                WORLD_TEST(an_unneeded_unit_is_stopped),
                WORLD_TEST(what_was_started_for_a_failed_unit_is_unneeded),
                WORLD_TEST(a_unit_that_comes_up_by_itself_brings_its_dependencies),
                WORLD_TEST(a_job_asks_for_nothing_in_hindsight),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
