/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Transactions told to people. */

#include "graph-world.h"
#include "graph/explain.h"

/* One line for each step: "stop b.service <- a.service Conflicts (after c.service)". */
static void expect_plan(World *w, JobType type, const char *name, JobMode mode, const char *expected) {
        Buf b auto_buf = { 0 };
        Transaction t;
        Plan plan = { 0 };

        assert_int_equal(transaction_build(&t, w->graph, &w->questions, type, graph_find(w->graph, name),
                                           mode, &w->report),
                         0);
        assert_int_equal(transaction_explain(&t, &plan), 0);
        transaction_release(&t);
        for (size_t i = 0; i < plan.n; i++) {
                const PlanStep *s = plan.v + i;

                buf_addf(&b, "%s %s", job_type_to_string(s->type), s->unit->id);
                if (s->because)
                        buf_addf(&b, " <- %s %s", s->because->id,
                                 s->relation == DEP_MAX ? "-" : dependency_to_string(s->relation));
                for (size_t k = 0; k < s->n_after; k++)
                        buf_addf(&b, "%s%s", k == 0 ? " (after " : " ", s->after[k]->id);
                buf_addf(&b, "%s%s%s%s\n", s->n_after > 0 ? ")" : "", s->required ? "" : " optional",
                         s->in_queue ? " queued" : "", s->idle ? " idle" : "");
        }
        assert_string_equal(b.data ? b.data : "", expected);
        plan_release(&plan);
        assert_int_equal(graph_count_jobs(w->graph), w->n_jobs_added - w->n_jobs_removed);
}

static void up(World *w, const char *name) {
        JobRequests requests = { 0 };

        graph_unit_changed(w->graph, graph_find(w->graph, name), ACTIVE, 0, &requests);
        job_requests_release(&requests);
}

static void a_start_names_what_it_needs_likes_and_drives_away(void **state) {
        World *w = *state;

        world_unit(w, "a.target",
                   "Requires=b.target\nWants=c.target\nConflicts=d.target\nAfter=b.target d.target");
        world_unit(w, "b.target", "BindsTo=e.target\nAfter=e.target");
        world_unit(w, "c.target", "");
        world_unit(w, "d.target", "");
        world_unit(w, "e.target", "");
        world_load(w);
        up(w, "d.target");
        expect_plan(w, JOB_START, "a.target", JOB_REPLACE,
                    "start c.target <- a.target Wants optional\n"
                    "stop d.target <- a.target Conflicts\n"
                    "start e.target <- b.target BindsTo\n"
                    "start b.target <- a.target Requires (after e.target)\n"
                    "start a.target (after b.target c.target d.target)\n");
}

static void stops_come_in_the_order_of_starts_turned_round(void **state) {
        World *w = *state;

        world_unit(w, "a.target", "");
        world_unit(w, "b.target", "Requires=a.target\nAfter=a.target");
        world_unit(w, "c.target", "PartOf=b.target\nAfter=b.target");
        world_load(w);
        up(w, "a.target");
        up(w, "b.target");
        up(w, "c.target");
        expect_plan(w, JOB_STOP, "a.target", JOB_REPLACE,
                    "stop c.target <- b.target ConsistsOf\n"
                    "stop b.target <- a.target RequiredBy (after c.target)\n"
                    "stop a.target (after b.target)\n");
}

static void the_strongest_reason_is_told(void **state) {
        World *w = *state;

        world_unit(w, "a.target", "Wants=x.target\nRequires=b.target");
        world_unit(w, "b.target", "Requires=x.target");
        world_unit(w, "x.target", "");
        world_load(w);
        expect_plan(w, JOB_START, "a.target", JOB_REPLACE,
                    "start x.target <- b.target Requires\n"
                    "start b.target <- a.target Requires (after x.target)\n"
                    "start a.target (after x.target b.target)\n");
}

static void what_is_done_or_queued_is_told(void **state) {
        World *w = *state;

        world_unit(w, "a.target", "");
        world_unit(w, "b.target", "After=c.target");
        world_unit(w, "c.target", "");
        world_load(w);
        up(w, "a.target");
        expect_plan(w, JOB_START, "a.target", JOB_REPLACE, "start a.target idle\n");
        world_enqueue(w, JOB_START, "c.target", JOB_REPLACE);
        expect_plan(w, JOB_START, "c.target", JOB_REPLACE, "start c.target queued\n");
        expect_plan(w, JOB_START, "b.target", JOB_REPLACE, "start b.target (after c.target)\n");
}

static void a_mode_is_a_reason(void **state) {
        World *w = *state;

        world_unit(w, "a.target", "AllowIsolate=yes");
        world_unit(w, "b.target", "");
        world_load(w);
        up(w, "b.target");
        expect_plan(w, JOB_START, "a.target", JOB_ISOLATE,
                    "start a.target\n"
                    "stop b.target <- a.target -\n");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                WORLD_TEST(a_start_names_what_it_needs_likes_and_drives_away),
                WORLD_TEST(stops_come_in_the_order_of_starts_turned_round),
                WORLD_TEST(the_strongest_reason_is_told),
                WORLD_TEST(what_is_done_or_queued_is_told),
                WORLD_TEST(a_mode_is_a_reason),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
