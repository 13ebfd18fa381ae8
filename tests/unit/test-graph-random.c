/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What must hold for every set of units and every sequence of requests, found
 * out with random ones (the seed is the number of the round); and what must
 * hold for very many units, counted in edges looked at.
 */

#include "graph-world.h"
#include "graph/transaction.h"

#include <errno.h>

#define ROUNDS 2000
#define UNITS_MAX 14

#if !defined(__SANITIZE_ADDRESS__)
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define __SANITIZE_ADDRESS__ 1
#endif
#endif
#endif

#if !defined(__SANITIZE_ADDRESS__) && defined(__GLIBC__)
#define CAN_FAIL_ALLOCATIONS 1
static long allocations_left = -1; /* -1: any number */

void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t each);
void *__libc_realloc(void *p, size_t n);

static bool may_allocate(void) {
        return allocations_left < 0 || allocations_left-- > 0 || (allocations_left = 0);
}

void *malloc(size_t n) {
        return may_allocate() ? __libc_malloc(n) : NULL;
}

void *calloc(size_t n, size_t each) {
        return may_allocate() ? __libc_calloc(n, each) : NULL;
}

void *realloc(void *p, size_t n) {
        return may_allocate() ? __libc_realloc(p, n) : NULL;
}
#endif

static uint64_t lcg;

static unsigned dice(unsigned n) {
        lcg = lcg * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        return (unsigned)(lcg >> 33) % n;
}

/* Order is thrown in most often, so that there are cycles. */
static const DependencyKind kinds[] = {
        DEP_REQUIRES,
        DEP_REQUIRES,
        DEP_WANTS,
        DEP_WANTS,
        DEP_BINDS_TO,
        DEP_REQUISITE,
        DEP_CONFLICTS,
        DEP_PART_OF,
        DEP_UPHOLDS,
        DEP_ON_FAILURE,
        DEP_BEFORE,
        DEP_AFTER,
        DEP_AFTER,
        DEP_AFTER,
        DEP_BEFORE,
        DEP_TRIGGERS,
        DEP_PROPAGATES_RELOAD_TO,
        DEP_PROPAGATES_STOP_TO,
};

static const ActiveState states[] = { INACTIVE, INACTIVE, INACTIVE, ACTIVE, ACTIVE, FAILED };

static const JobType types[] = { JOB_START, JOB_START,         JOB_START,          JOB_STOP,
                                 JOB_STOP,  JOB_RESTART,       JOB_RELOAD,         JOB_TRY_RESTART,
                                 JOB_START, JOB_VERIFY_ACTIVE, JOB_RELOAD_OR_START };

static unsigned populate(World *w, Unit **units) {
        unsigned n = 2 + dice(UNITS_MAX - 2);
        char name[32];

        w->patience = 50; /* two units may well be each other's OnFailure= */
        for (unsigned i = 0; i < n; i++) {
                UnitSpec *spec;
                Fate *f;

                snprintf(name, sizeof(name), "u%u.%s", i, dice(3) == 0 ? "timer" : "path");
                assert_int_equal(graph_add(w->graph, name, units + i), 0);
                spec = spec_of(name, "AllowIsolate=yes");
                if (dice(8) == 0)
                        assign(spec, "StopWhenUnneeded", "yes");
                assert_int_equal(
                        graph_set_spec(w->graph, units[i], spec, dice(20) == 0 ? LOAD_MASKED : LOAD_LOADED),
                        0);
                f = units[i]->machine;
                f->fails = dice(8) == 0;
                f->oneshot = dice(8) == 0;
                f->no_condition = dice(12) == 0;
                f->cannot_reload = dice(8) == 0;
        }
        for (unsigned e = dice(3 * n) + 1; e > 0; e--)
                assert_int_equal(graph_add_edge(w->graph, units[dice(n)], kinds[dice(ELEMENTSOF(kinds))],
                                                units[dice(n)]),
                                 0);
        for (unsigned i = 0; i < n; i++)
                graph_unit_changed(w->graph, units[i], states[dice(ELEMENTSOF(states))], 0, NULL);
        return n;
}

/* -- a plan is closed and free of contradictions -- */

static const PlannedJob *only_job(const Transaction *t, const Unit *u) {
        const PlannedJob *p = planned_of_unit(t, u);

        assert_true(!p || !planned_next(t, p));
        return p;
}

/* Will the unit be up, or on its way, when all is done? */
static bool will_be_up(const Transaction *t, const Unit *u) {
        const PlannedJob *p = only_job(t, u);
        const Job *j = u->job;

        if (p)
                return p->type != JOB_STOP;
        if (j && t->mode != JOB_FLUSH && t->mode != JOB_ISOLATE)
                return j->type != JOB_STOP;
        return active_state_is_up(u->active);
}

static void assert_plan_is_sound(const Transaction *t) {
        const uint32_t follow_stop = EDGE(DEP_REQUIRED_BY) | EDGE(DEP_BOUND_BY) | EDGE(DEP_CONSISTS_OF) |
                                     EDGE(DEP_REQUISITE_OF) | EDGE(DEP_PROPAGATES_STOP_TO);

        for (size_t i = 0; i < t->n_jobs; i++) {
                const PlannedJob *p = t->jobs + i;
                const Unit *u = p->unit;

                if (p->dropped)
                        continue;
                assert_ptr_equal(only_job(t, u), p);
                assert_true(p->type == JOB_STOP || u->load_state == LOAD_LOADED);
                for (const Edge *e = u->edges; e < u->edges + u->n_edges; e++) {
                        if ((p->type == JOB_START || p->type == JOB_RESTART) &&
                            e->kinds & (EDGE(DEP_REQUIRES) | EDGE(DEP_BINDS_TO)))
                                assert_true(will_be_up(t, e->other));
                        if ((p->type == JOB_START || p->type == JOB_RESTART) &&
                            e->kinds & EDGE(DEP_CONFLICTS))
                                assert_false(will_be_up(t, e->other));
                        if (p->type == JOB_STOP && e->kinds & follow_stop)
                                assert_false(will_be_up(t, e->other));
                }
        }
}

static void check_plan(World *w, JobType type, Unit *u, JobMode mode, int *ret) {
        Transaction t;

        *ret = transaction_build(&t, w->graph, &w->questions, type, u, mode, NULL);
        if (*ret == 0 && mode != JOB_IGNORE_DEPENDENCIES && mode != JOB_IGNORE_REQUIREMENTS)
                assert_plan_is_sound(&t);
        transaction_release(&t);
        for (u = graph_next_unit(w->graph, NULL); u; u = graph_next_unit(w->graph, u))
                assert_int_equal(u->planned, 0);
}

/* -- jobs always come to an end, in an order that keeps the rules -- */

static void assert_counters(const World *w) {
        for (const Job *j = graph_next_job(w->graph, NULL); j; j = graph_next_job(w->graph, j)) {
                Job **list;
                size_t n;

                assert_ptr_equal(j->unit->job, j);
                assert_int_equal(job_ordering(j, true, &list, &n), 0);
                free(list);
                assert_int_equal(j->n_blockers, n);
                assert_true(!j->in_run_queue || (n == 0 && j->state == JOB_WAITING));
        }
}

static void move_on(World *w, unsigned steps) {
        for (; steps > 0; steps--) {
                world_run(w);
                if (w->n_moving > 0)
                        arrive(w, dice((unsigned)w->n_moving));
                assert_counters(w);
        }
}

static void request_something(World *w, Unit **units, unsigned n) {
        Unit *u = units[dice(n)];
        JobType type = types[dice(ELEMENTSOF(types))];
        JobMode mode = dice(3) == 0 ? (JobMode)dice(JOB_MODE_MAX) : JOB_REPLACE;
        size_t jobs = graph_count_jobs(w->graph);
        unsigned added = w->n_jobs_added, removed = w->n_jobs_removed;
        int planned, r;

        if (mode == JOB_REPLACE_IRREVERSIBLY)
                mode = JOB_REPLACE;
        check_plan(w, type, u, mode, &planned);
        r = world_try(w, type, u->id, mode);
        assert_int_equal(r, planned);
        if (r != 0) {
                assert_int_equal(graph_count_jobs(w->graph), jobs);
                assert_int_equal(w->n_jobs_added, added);
                assert_int_equal(w->n_jobs_removed, removed);
        }
        assert_counters(w);
}

static void something_happens(World *w, Unit **units, unsigned n) {
        Unit *u = units[dice(n)];

        switch (dice(4)) {
        case 0:
                if (u->job)
                        (void)graph_job_cancel(w->graph, u->job->id, NULL);
                break;
        case 1:
                for (size_t i = 0; i < w->n_moving; i++)
                        if (w->moving[i] == u)
                                return;
                if (u->load_state == LOAD_LOADED)
                        world_tell(w, u, states[dice(ELEMENTSOF(states))],
                                   dice(6) == 0 ? CHANGE_WILL_RESTART : 0);
                break;
        default:
                request_something(w, units, n);
        }
        assert_counters(w);
}

static void every_plan_is_sound_and_every_job_ends(void **state) {
        World *w = *state;
        unsigned n_ok = 0;

        for (unsigned round = 0; round < ROUNDS; round++) {
                Unit *units[UNITS_MAX];
                unsigned n;

                lcg = round;
                w->quiet = true;
                n = populate(w, units);
                for (unsigned i = dice(8) + 2; i > 0; i--) {
                        something_happens(w, units, n);
                        n_ok += graph_count_jobs(w->graph) > 0;
                        move_on(w, dice(4));
                }
                w->deaf = true;
                for (unsigned i = 0; graph_count_jobs(w->graph) > 0 || w->n_moving > 0; i++) {
                        if (i > 50 * UNITS_MAX)
                                fail_msg("round %u: %zu jobs do not end", round, graph_count_jobs(w->graph));
                        move_on(w, 1);
                }
                assert_int_equal(w->n_jobs_added, w->n_jobs_removed);
                assert_int_equal(world_teardown(state), 0);
                assert_int_equal(world_setup(state), 0);
                w = *state;
        }
        assert_true(n_ok > ROUNDS); /* it was about something */
}

/* The same requests give the same jobs in the same order, whatever the addresses are. */
static void the_result_does_not_depend_on_chance(void **state) {
        World *w = *state;
        Buf first auto_buf = { 0 };
        void *ballast[3] = { 0 };

        for (int pass = 0; pass < 3; pass++) {
                ballast[pass] = malloc(1000 + 333 * (size_t)pass);
                for (unsigned round = 0; round < 50; round++) {
                        Unit *units[UNITS_MAX];
                        unsigned n;

                        lcg = round;
                        n = populate(w, units);
                        for (unsigned i = 0; i < 5; i++) {
                                request_something(w, units, n);
                                move_on(w, 1);
                        }
                        for (const Job *j = graph_next_job(w->graph, NULL); j;
                             j = graph_next_job(w->graph, j))
                                buf_addf(&w->trace, "%u %s/%s\n", j->id, j->unit->id,
                                         job_type_to_string(j->type));
                        if (pass == 0)
                                buf_add(&first, w->trace.data ?: "");
                        else {
                                size_t len = w->trace.len;

                                assert_memory_equal(first.data, w->trace.data ?: "", len);
                                memmove(first.data, first.data + len, first.len - len + 1);
                                first.len -= len;
                                if (pass == 1)
                                        buf_add(&first, w->trace.data ?: "");
                        }
                        assert_int_equal(world_teardown(state), 0);
                        assert_int_equal(world_setup(state), 0);
                        w = *state;
                }
        }
        assert_int_equal(first.len, 0);
        for (int pass = 0; pass < 3; pass++)
                free(ballast[pass]);
}

/* -- memory runs out -- */

#ifdef CAN_FAIL_ALLOCATIONS
static void no_memory_means_no_installation(void **state) {
        World *w = *state;
        char name[32], text[64];
        Job *job;
        int r;

        w->quiet = true;
        world_unit(w, "t.target", "Conflicts=old.service");
        world_unit(w, "old.service", "");
        for (int i = 0; i < 40; i++) {
                snprintf(name, sizeof(name), "s%d.service", i);
                snprintf(text, sizeof(text), "RequiredBy=t.target\nAfter=s%d.service", (i + 1) % 40);
                world_unit(w, name, text);
        }
        assert_int_equal(graph_set_spec(w->graph, unit_(w, "s39.service"),
                                        spec_of("s39.service", "RequiredBy=t.target"), LOAD_LOADED),
                         0);
        world_load(w);
        world_start(w, "old.service");

        for (long n = 0;; n++) {
                allocations_left = n;
                r = graph_enqueue(w->graph, NULL, JOB_START, unit_(w, "t.target"), JOB_REPLACE, NULL, &job,
                                  NULL);
                allocations_left = -1;
                if (r == 0)
                        break;
                assert_int_equal(r, -ENOMEM);
                assert_int_equal(graph_count_jobs(w->graph), 1);
                assert_int_equal(w->n_jobs_removed, 0);
                assert_non_null(unit_(w, "old.service")->job);
                assert_int_equal(unit_(w, "s7.service")->planned, 0);
                assert_ptr_equal(graph_next_job(w->graph, NULL), unit_(w, "old.service")->job);
                assert_null(graph_next_job(w->graph, unit_(w, "old.service")->job));
                assert_true(n < 10000);
        }
        assert_int_equal(graph_count_jobs(w->graph), 42);
        world_settle(w);
        assert_int_equal(unit_(w, "t.target")->active, ACTIVE);
}

static void no_memory_leaves_units_and_names_whole(void **state) {
        Unit *u = NULL, *stub, *user;
        Graph *g;
        int r;

        assert_int_equal(graph_new(NULL, &g), 0);
        for (long n = 0;; n++) {
                allocations_left = n;
                r = graph_add(g, "a.service", &u);
                allocations_left = -1;
                if (r == 0)
                        break;
                assert_int_equal(r, -ENOMEM);
                assert_null(graph_find(g, "a.service"));
                assert_int_equal(graph_count_units(g), 0);
        }
        assert_int_equal(graph_add(g, "b.target", &user), 0);
        assert_int_equal(graph_add(g, "alias.service", &stub), 0);
        for (long n = 0;; n++) {
                allocations_left = n;
                r = graph_add_edge(g, user, DEP_WANTS, stub);
                allocations_left = -1;
                if (r == 0)
                        break;
                assert_int_equal(r, -ENOMEM);
                assert_int_equal(user->n_edges + stub->n_edges, 0);
        }
        for (long n = 0;; n++) {
                allocations_left = n;
                r = graph_add_name(g, u, "alias.service");
                allocations_left = -1;
                if (r == 0)
                        break;
                assert_int_equal(r, -ENOMEM);
                assert_ptr_equal(graph_find(g, "alias.service"), stub);
                assert_true(unit_has_edge(user, DEP_WANTS, stub));
        }
        assert_ptr_equal(graph_find(g, "alias.service"), u);
        assert_true(unit_has_edge(user, DEP_WANTS, u));
        graph_free(g);
}
#endif

/* -- many units -- */

#define MANY 10000

static void make_chain(World *w) {
        char name[32], text[96];

        w->quiet = true;
        for (int i = 0; i < MANY; i++) {
                snprintf(name, sizeof(name), "s%d.service", i);
                snprintf(text, sizeof(text), "Requires=s%d.service\nAfter=s%d.service", i + 1, i + 1);
                world_unit(w, name, i + 1 < MANY ? text : "");
        }
        world_load(w);
        w->graph->n_steps = 0;
}

static void a_chain_of_ten_thousand_starts_and_stops(void **state) {
        World *w = *state;
        Unit *bottom;

        make_chain(w);
        bottom = unit_(w, "s9999.service");
        world_start(w, "s0.service");
        assert_int_equal(graph_count_jobs(w->graph), MANY);
        assert_true(w->graph->n_steps < 20 * MANY);
        world_settle(w);
        assert_int_equal(graph_count_jobs(w->graph), 0);
        assert_int_equal(unit_(w, "s0.service")->active, ACTIVE);
        assert_true(w->graph->n_steps < 40 * MANY);

        world_enqueue(w, JOB_RESTART, bottom->id, JOB_REPLACE);
        assert_int_equal(graph_count_jobs(w->graph), MANY);
        world_settle(w);
        world_enqueue(w, JOB_STOP, bottom->id, JOB_REPLACE);
        world_settle(w);
        assert_int_equal(graph_count_jobs(w->graph), 0);
        assert_int_equal(unit_(w, "s0.service")->active, INACTIVE);
        assert_true(w->graph->n_steps < 200 * MANY);
}

static void a_failure_goes_up_a_chain_of_ten_thousand(void **state) {
        World *w = *state;

        make_chain(w);
        fate_of(w, "s9999.service")->fails = true;
        world_start(w, "s0.service");
        world_settle(w);
        assert_int_equal(graph_count_jobs(w->graph), 0);
        assert_int_equal(w->n_jobs_removed, MANY);
        assert_int_equal(unit_(w, "s9998.service")->active, INACTIVE);
        assert_true(w->graph->n_steps < 60 * MANY);
        assert_false(world_garbage(w, unit_(w, "s9999.service")));
        graph_unit_changed(w->graph, unit_(w, "s9999.service"), INACTIVE, 0, NULL);
        assert_true(world_garbage(w, unit_(w, "s9999.service")));
}

static void a_missing_unit_below_ten_thousand_refuses_them_all(void **state) {
        World *w = *state;

        make_chain(w);
        assert_int_equal(graph_set_spec(w->graph, unit_(w, "s9999.service"),
                                        spec_of("s9999.service", "Requires=none.service"), LOAD_LOADED),
                         0);
        world_load(w);
        assert_int_equal(world_try(w, JOB_START, "s0.service", JOB_REPLACE), ENQUEUE_NOT_FOUND);
        assert_int_equal(graph_count_jobs(w->graph), 0);
        assert_int_equal(w->report.n_findings, 2);
}

static void a_cycle_of_ten_thousand_is_named_in_short(void **state) {
        World *w = *state;

        make_chain(w);
        assert_int_equal(
                graph_add_edge(w->graph, unit_(w, "s9999.service"), DEP_AFTER, unit_(w, "s0.service")), 0);
        assert_int_equal(world_try(w, JOB_START, "s0.service", JOB_REPLACE), ENQUEUE_CYCLIC);
        world_report_has(w, "s0.service after s1.service after s2.service");
        world_report_has(w, "more) after s0.service;");
}

/* Each of the many costs its own neighbours only, not those of the target. */
static void a_star_of_ten_thousand_is_linear(void **state) {
        World *w = *state;
        char name[32];

        w->quiet = true;
        world_unit(w, "t.target", "");
        world_unit(w, "shutdown.target", "DefaultDependencies=no");
        for (int i = 0; i < MANY; i++) {
                snprintf(name, sizeof(name), "s%d.service", i);
                world_unit(w, name, "WantedBy=t.target\nConflicts=shutdown.target\nBefore=shutdown.target");
        }
        world_load(w);
        w->graph->n_steps = 0;
        world_start(w, "t.target");
        assert_int_equal(graph_count_jobs(w->graph), MANY + 1);
        assert_int_equal(unit_(w, "t.target")->job->n_blockers, MANY);
        world_settle(w);
        assert_int_equal(graph_count_jobs(w->graph), 0);
        assert_int_equal(unit_(w, "t.target")->active, ACTIVE);
        assert_true(w->graph->n_steps < 60 * MANY);

        /* One more is no matter of the others in its slice. */
        world_unit(w, "one.service", "Conflicts=shutdown.target\nBefore=shutdown.target");
        world_load(w);
        w->graph->n_steps = 0;
        world_start(w, "one.service");
        world_settle(w);
        assert_true(w->graph->n_steps < 100);

        w->graph->n_steps = 0;
        world_enqueue(w, JOB_START, "shutdown.target", JOB_REPLACE_IRREVERSIBLY);
        assert_int_equal(unit_(w, "shutdown.target")->job->n_blockers, MANY + 1);
        world_settle(w);
        assert_int_equal(unit_(w, "shutdown.target")->active, ACTIVE);
        assert_true(w->graph->n_steps < 60 * MANY);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                WORLD_TEST(every_plan_is_sound_and_every_job_ends),
                WORLD_TEST(the_result_does_not_depend_on_chance),
#ifdef CAN_FAIL_ALLOCATIONS
                WORLD_TEST(no_memory_means_no_installation),
                WORLD_TEST(no_memory_leaves_units_and_names_whole),
#endif
                WORLD_TEST(a_chain_of_ten_thousand_starts_and_stops),
                WORLD_TEST(a_failure_goes_up_a_chain_of_ten_thousand),
                WORLD_TEST(a_missing_unit_below_ten_thousand_refuses_them_all),
                WORLD_TEST(a_cycle_of_ten_thousand_is_named_in_short),
                WORLD_TEST(a_star_of_ten_thousand_is_linear),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
