/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Order, for random sets of units: what is ordered starts in that order and
 * stops in the reverse one; the jobs of a request do not depend on the order
 * in which units were loaded; and when files change under installed jobs, the
 * jobs still come to an end. The seed is the number of the round.
 */

#include "graph-world.h"
#include "graph/transaction.h"

#define ROUNDS 600
#define UNITS_MAX 12
#define LINES_MAX 4 /* dependencies of a unit */

static uint64_t lcg;

static unsigned dice(unsigned n) {
        lcg = lcg * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        return (unsigned)(lcg >> 33) % n;
}

typedef struct Sketch {
        unsigned n;
        char *names[UNITS_MAX];
        char *texts[UNITS_MAX];
} Sketch;

static const char *const kinds[] = { "Requires", "Wants",  "Wants", "After",  "After",
                                     "After",    "Before", "Wants", "Upholds" };
static const char *const rough_kinds[] = { "Conflicts", "BindsTo", "Requisite", "PartOf" };

static void sketch_release(Sketch *s) {
        for (unsigned i = 0; i < s->n; i++) {
                free(s->names[i]);
                free(s->texts[i]);
        }
        *s = (Sketch){ 0 };
}

static void draw_text(Sketch *s, unsigned i, bool rough) {
        Buf b auto_buf = { 0 };

        for (unsigned lines = dice(LINES_MAX + 1); lines > 0; lines--) {
                const char *kind = rough && dice(4) == 0 ? rough_kinds[dice(ELEMENTSOF(rough_kinds))]
                                                         : kinds[dice(ELEMENTSOF(kinds))];

                buf_addf(&b, "%s=%s\n", kind, s->names[dice(s->n)]);
        }
        for (unsigned k = 1; i == 0 && k < s->n; k++) /* the first unit wants all others */
                buf_addf(&b, "Wants=%s\n", s->names[k]);
        free(TAKE(s->texts[i]));
        assert_int_equal(buf_take(&b, s->texts + i), 0);
}

static void draw(Sketch *s, bool rough) {
        *s = (Sketch){ .n = 3 + dice(UNITS_MAX - 3) };
        for (unsigned i = 0; i < s->n; i++)
                assert_int_equal(str_printf(s->names + i, "u%u.%s", i, dice(3) == 0 ? "timer" : "path"), 0);
        for (unsigned i = 0; i < s->n; i++)
                draw_text(s, i, rough);
}

/* In the order first, first + step, ... */
static void load(World *w, const Sketch *s, unsigned first, bool backwards) {
        for (unsigned i = 0; i < s->n; i++) {
                unsigned k = (backwards ? s->n - 1 - i + first : i + first) % s->n;

                world_unit(w, s->names[k], s->texts[k]);
        }
        world_load(w);
}

static void next_world(void **state) {
        assert_int_equal(world_teardown(state), 0);
        assert_int_equal(world_setup(state), 0);
}

/* -- start and stop -- */

/* Where "u1.path active" stands in the trace; -1: nowhere. */
static long place(const World *w, const Unit *u, const char *what) {
        char line[64];
        const char *found;

        snprintf(line, sizeof(line), "\n%s %s\n", u->id, what);
        found = strstr(w->trace.data, line);
        return found ? found - w->trace.data : -1;
}

static unsigned assert_order(const World *w, const char *first_done, const char *then_begins, bool reverse) {
        unsigned n_pairs = 0;

        for (const Unit *u = graph_next_unit(w->graph, NULL); u; u = graph_next_unit(w->graph, u))
                for (const Edge *e = NULL; (e = unit_next_edge(u, DEP_AFTER, e));) {
                        const Unit *first = reverse ? u : e->other, *then = reverse ? e->other : u;
                        long done = place(w, first, first_done), begins = place(w, then, then_begins);

                        if (done < 0 || begins < 0)
                                continue;
                        assert_true(done < begins);
                        n_pairs++;
                }
        return n_pairs;
}

static void stops_mirror_starts(void **state) {
        unsigned n_pairs = 0;

        for (unsigned round = 0; round < ROUNDS; round++) {
                World *w = *state;
                Sketch s;

                lcg = round;
                draw(&s, false);
                load(w, &s, 0, false);
                w->deaf = true; /* what Upholds= asks for afterwards has an order of its own */
                buf_add(&w->trace, "\n");
                if (world_try(w, JOB_START, s.names[0], JOB_REPLACE) == 0) {
                        world_settle(w);
                        n_pairs += assert_order(w, "active", "starting", false);
                        buf_release(&w->trace);
                        buf_add(&w->trace, "\n");
                        for (unsigned i = 0; i < s.n; i++)
                                if (active_state_is_up(unit_(w, s.names[i])->active))
                                        (void)world_try(w, JOB_STOP, s.names[i], JOB_REPLACE);
                        world_settle(w);
                        n_pairs += assert_order(w, "inactive", "stopping", true);
                        assert_int_equal(graph_count_jobs(w->graph), 0);
                        for (unsigned i = 0; i < s.n; i++)
                                assert_int_equal(unit_(w, s.names[i])->active, INACTIVE);
                }
                sketch_release(&s);
                next_world(state);
        }
        assert_true(n_pairs > ROUNDS); /* it was about something */
}

/* -- loading -- */

static int compare_lines(const void *a, const void *b) {
        return strcmp(a, b);
}

/* "outcome, then the sorted jobs" */
static void plan_in_words(World *w, const char *name, Buf *b) {
        char lines[UNITS_MAX][64];
        size_t n = 0;
        Transaction t;
        int r;

        report_release(&w->report);
        r = transaction_build(&t, w->graph, &w->questions, JOB_START, unit_(w, name), JOB_REPLACE,
                              &w->report);
        for (size_t i = 0; r == 0 && i < t.n_jobs; i++)
                if (!t.jobs[i].dropped)
                        snprintf(lines[n++], sizeof(lines[0]), "%s/%s", t.jobs[i].unit->id,
                                 job_type_to_string(t.jobs[i].type));
        transaction_release(&t);
        qsort(lines, n, sizeof(lines[0]), compare_lines);
        buf_addf(b, "%d\n", r);
        for (size_t i = 0; i < n; i++)
                buf_addf(b, "%s\n", lines[i]);
}

/* Where one of several jobs had to be dropped, the order of the edges may decide; else nothing but the files. */
static void jobs_do_not_depend_on_the_order_of_loading(void **state) {
        unsigned n_same = 0;

        for (unsigned round = 0; round < ROUNDS; round++) {
                Buf first auto_buf = { 0 };
                bool choice = false;
                Sketch s;

                lcg = round;
                draw(&s, dice(3) == 0);
                for (unsigned way = 0; way < 4; way++) {
                        World *w = *state;
                        Buf b auto_buf = { 0 };

                        load(w, &s, way * 3, way & 1);
                        plan_in_words(w, s.names[0], &b);
                        choice = choice || w->report.n_findings > 0;
                        if (way == 0)
                                first = TAKE(b);
                        else if (!choice) {
                                assert_string_equal(first.data, b.data);
                                n_same++;
                        } else /* at least to the same end */
                                assert_int_equal(first.data[0] == '0', b.data[0] == '0');
                        next_world(state);
                }
                sketch_release(&s);
        }
        assert_true(n_same > ROUNDS);
}

/* -- files change -- */

static void change_a_file(World *w, Sketch *s) {
        JobRequests requests = { 0 };
        unsigned i = dice(s->n);
        Unit *u = unit_(w, s->names[i]);

        draw_text(s, i, true);
        graph_forget_spec(w->graph, u);
        assert_int_equal(graph_set_spec(w->graph, u, spec_of(u->id, s->texts[i]), LOAD_LOADED), 0);
        assert_int_equal(graph_complete(w->graph, u), 0);
        graph_recount_jobs(w->graph);
        assert_int_equal(graph_break_job_cycles(w->graph, &w->report, &requests), 0);
        world_run_requests(w, &requests);
}

static void jobs_end_whatever_becomes_of_their_files(void **state) {
        static const JobType types[] = { JOB_START, JOB_START, JOB_STOP, JOB_RESTART, JOB_RELOAD };
        unsigned n_circles = 0;

        for (unsigned round = 0; round < ROUNDS; round++) {
                World *w = *state;
                Sketch s;

                lcg = round;
                w->quiet = true;
                w->patience = 50;
                draw(&s, true);
                load(w, &s, 0, false);
                for (unsigned i = 0; i < 10; i++) {
                        if (dice(3) > 0)
                                (void)world_try(w, types[dice(ELEMENTSOF(types))], s.names[dice(s.n)],
                                                JOB_REPLACE);
                        else
                                (void)world_step(w);
                        report_release(&w->report);
                        change_a_file(w, &s);
                        n_circles += w->report.n_findings > 0;
                }
                w->deaf = true;
                world_settle(w);
                if (graph_count_jobs(w->graph) > 0)
                        fail_msg("round %u: %zu jobs wait for ever", round, graph_count_jobs(w->graph));
                assert_int_equal(w->n_jobs_added, w->n_jobs_removed);
                sketch_release(&s);
                next_world(state);
        }
        assert_true(n_circles > 20);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                WORLD_TEST(stops_mirror_starts),
                WORLD_TEST(jobs_do_not_depend_on_the_order_of_loading),
                WORLD_TEST(jobs_end_whatever_becomes_of_their_files),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
