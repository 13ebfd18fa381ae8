/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The graph under refused memory: an edge is at both ends or at none, a transaction whole or not there at all. */

#include "refuse.h"

#include "graph-world.h"

#include "graph/explain.h"

static const struct {
        const char *name, *text;
} units[] = {
        { "a.service",
          "Requires=b.service\nWants=c.service d.service\nAfter=b.service c.service\nOnFailure=f.service" },
        { "b.service", "BindsTo=x.mount\nAfter=x.mount\nPartOf=a.service" },
        { "c.service", "Wants=e.service\nAfter=e.service\nBefore=d.service" },
        { "d.service", "Requisite=b.service\nAfter=e.service" },
        { "e.service", "After=d.service\nConflicts=g.service" }, /* a circle through d: somebody is dropped */
        { "f.service", "RequiresMountsFor=/x/y" },
        { "g.service", "Slice=one-two.slice\nStopWhenUnneeded=yes" },
        { "x.mount", "" },
        { "t.target", "Wants=a.service g.service\nAllowIsolate=yes" },
};

/* One step, at most two tries: what was refused is asked for again, with memory. */
#define STEP(result, call)                                                                                   \
        do {                                                                                                 \
                int r_ = (call);                                                                             \
                if (r_ == -ENOMEM) {                                                                         \
                        assert_true(refused);                                                                \
                        (result) = -ENOMEM;                                                                  \
                        memory_is_back();                                                                    \
                        r_ = (call);                                                                         \
                }                                                                                            \
                if (r_ < 0)                                                                                  \
                        fail_msg("%s: %d", #call, r_);                                                       \
        } while (0)

/* A spec is made with all the memory it wants: it is the graph that is tried. */
static UnitSpec *spec_in_peace(const char *name, const char *text) {
        unsigned long kept = refuse_in;
        UnitSpec *spec;

        memory_is_back();
        spec = spec_of(name, text);
        refuse_in = kept;
        return spec;
}

static void assert_sound(const Graph *g) {
        size_t n_jobs = 0;

        for (const Unit *u = graph_next_unit(g, NULL); u; u = graph_next_unit(g, u)) {
                for (size_t i = 0; i < u->n_edges; i++) {
                        const Edge *e = u->edges + i, *twin = e->other->edges + e->twin;

                        assert_true(e->twin < e->other->n_edges);
                        assert_ptr_equal(twin->other, u);
                        assert_int_equal(twin->twin, i);
                        for (int k = 0; k < DEP_MAX; k++)
                                assert_int_equal(
                                        !!(e->kinds & EDGE(k)),
                                        !!(twin->kinds & EDGE(dependency_inverse((DependencyKind)k))));
                }
                assert_int_equal(u->planned, 0);
                n_jobs += u->job != NULL;
                if (u->job)
                        assert_ptr_equal(graph_find_job(g, u->job->id), u->job);
        }
        assert_int_equal(n_jobs, graph_count_jobs(g));
}

static int load_all(Graph *g) {
        int result = 0;
        Unit *u;

        for (size_t i = 0; i < ELEMENTSOF(units); i++) {
                STEP(result, graph_add(g, units[i].name, &u));
                STEP(result, graph_set_spec(g, u, spec_in_peace(u->id, units[i].text), LOAD_LOADED));
                assert_sound(g);
        }
        while ((u = graph_next_stub(g)))
                if (u->load_state == LOAD_STUB)
                        STEP(result, graph_set_spec(g, u, spec_in_peace(u->id, ""),
                                                    u->type == UNIT_SLICE ? LOAD_LOADED : LOAD_NOT_FOUND));
        for (u = graph_next_unit(g, NULL); u; u = graph_next_unit(g, u))
                STEP(result, graph_complete(g, u));
        STEP(result, graph_add_name(g, graph_find(g, "a.service"), "alias.service"));
        assert_sound(g);
        return result;
}

static int enqueue(Graph *g, JobType type, const char *name, JobMode mode) {
        Unit *u = graph_find(g, name);
        size_t n_before = graph_count_jobs(g);
        Report report = { 0 };
        Job *job;
        int r;

        r = graph_enqueue(g, NULL, type, u, mode, &report, &job, NULL);
        assert_sound(g);
        if (r == -ENOMEM) {
                assert_int_equal(graph_count_jobs(g), n_before);
                memory_is_back();
                assert_int_equal(graph_enqueue(g, NULL, type, u, mode, &report, &job, NULL), 0);
                assert_sound(g);
        } else
                assert_int_equal(r, 0);
        report_release(&report);
        return r;
}

static int explain(Graph *g, JobType type, const char *name, Buf *b) {
        Transaction t;
        Plan plan = { 0 };
        int r;

        r = transaction_build(&t, g, NULL, type, graph_find(g, name), JOB_REPLACE, NULL);
        if (r == 0)
                r = transaction_explain(&t, &plan);
        memory_is_back();
        if (r >= 0)
                for (size_t i = 0; i < plan.n; i++)
                        buf_addf(b, "%s %s\n", job_type_to_string(plan.v[i].type), plan.v[i].unit->id);
        plan_release(&plan);
        transaction_release(&t);
        assert_sound(g);
        return r;
}

/* Each job does what it is for, at once. */
static void run_all(Graph *g) {
        Job *j;

        while ((j = graph_next_runnable(g))) {
                JobRequests requests = { 0 };
                Unit *u = j->unit;

                graph_job_running(g, j);
                graph_unit_changed(g, u, j->type == JOB_STOP ? INACTIVE : ACTIVE, CHANGE_ANSWERED, &requests);
                if (u->job == j)
                        graph_job_finish(g, j, JOB_DONE, &requests);
                job_requests_release(&requests);
                assert_sound(g);
        }
}

static void describe(const Graph *g, Buf *b) {
        for (const Unit *u = graph_next_unit(g, NULL); u; u = graph_next_unit(g, u)) {
                buf_addf(b, "%s %s %s:", u->id, load_state_to_string(u->load_state),
                         active_state_to_string(u->active));
                for (size_t i = 0; i < ELEMENTSOF(units); i++) {
                        const Unit *other = graph_find(g, units[i].name);

                        for (int k = 0; k < DEP_MAX; k++)
                                if (other && unit_has_edge(u, (DependencyKind)k, other))
                                        buf_addf(b, " %s=%s", dependency_to_string((DependencyKind)k),
                                                 other->id);
                }
                if (u->job)
                        buf_addf(b, " [%s]", job_type_to_string(u->job->type));
                buf_add_char(b, '\n');
        }
}

typedef int (*Deed)(Graph *g, Buf *b);

static int deed_load(Graph *g, Buf *b) {
        return load_all(g);
}

static int deed_start(Graph *g, Buf *b) {
        return enqueue(g, JOB_START, "a.service", JOB_REPLACE);
}

static int deed_run(Graph *g, Buf *b) {
        int r = enqueue(g, JOB_START, "a.service", JOB_FAIL);

        run_all(g);
        return r;
}

static int deed_isolate(Graph *g, Buf *b) {
        int r = enqueue(g, JOB_START, "f.service", JOB_REPLACE);
        int q = enqueue(g, JOB_START, "t.target", JOB_ISOLATE);

        return r < 0 ? r : q;
}

static int deed_restart(Graph *g, Buf *b) {
        unsigned long kept = refuse_in;
        int r, q;

        memory_is_back();
        (void)deed_run(g, b);
        refuse_in = kept;
        r = enqueue(g, JOB_RESTART, "b.service", JOB_REPLACE);
        q = enqueue(g, JOB_STOP, "x.mount", JOB_REPLACE);
        return r < 0 ? r : q;
}

static int deed_explain(Graph *g, Buf *b) {
        return explain(g, JOB_START, "t.target", b);
}

/* As a daemon-reload does: all is forgotten and said again while jobs are waiting. */
static int deed_reload(Graph *g, Buf *b) {
        int result = enqueue(g, JOB_START, "a.service", JOB_REPLACE), r;
        JobRequests requests = { 0 };

        for (Unit *u = graph_next_unit(g, NULL); u; u = graph_next_unit(g, u))
                graph_forget_spec(g, u);
        assert_sound(g);
        r = load_all(g);
        graph_recount_jobs(g);
        STEP(result, graph_break_job_cycles(g, NULL, &requests));
        job_requests_release(&requests);
        return result < 0 ? result : r;
}

static int do_and_describe(const void *what, char **ret_text) {
        Deed deed = *(const Deed *)what;
        const GraphHooks hooks = { 0 };
        unsigned long kept = refuse_in;
        Buf b = { 0 };
        Graph *g;
        int r;

        if (deed == deed_load) {
                r = graph_new(&hooks, &g);
                if (r < 0)
                        return r;
        } else {
                memory_is_back();
                assert_int_equal(graph_new(&hooks, &g), 0);
                assert_int_equal(load_all(g), 0);
                refuse_in = kept;
        }
        r = deed(g, &b);
        memory_is_back();
        describe(g, &b);
        assert_int_equal(buf_take(&b, ret_text), 0);
        graph_free(g);
        if (deed == deed_explain && r < 0) { /* nothing was tried again */
                free(*ret_text);
                *ret_text = NULL;
        }
        return r;
}

#define REFUSED(name, least)                                                                                 \
        static void name##_is_whole_or_not_at_all(void **state) {                                            \
                const Deed deed = deed_##name;                                                               \
                                                                                                             \
                assert_true(refuse_each(do_and_describe, &deed, #name) >= (least));                          \
        }

REFUSED(load, 100)
REFUSED(start, 5)
REFUSED(run, 5)
REFUSED(isolate, 10)
REFUSED(restart, 5)
REFUSED(explain, 5)
REFUSED(reload, 10)

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(load_is_whole_or_not_at_all),
                cmocka_unit_test(start_is_whole_or_not_at_all),
                cmocka_unit_test(run_is_whole_or_not_at_all),
                cmocka_unit_test(isolate_is_whole_or_not_at_all),
                cmocka_unit_test(restart_is_whole_or_not_at_all),
                cmocka_unit_test(explain_is_whole_or_not_at_all),
                cmocka_unit_test(reload_is_whole_or_not_at_all),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
