/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * A world for the graph: units are given as text, and a manager without
 * processes runs their jobs. What happens is written to a trace, one line for
 * each step, which a test compares.
 *
 *      world_unit(w, "a.service", "Requires=b.service\nAfter=b.service");
 *      world_load(w);
 *      world_enqueue(w, JOB_START, "a.service", JOB_REPLACE);
 *      world_settle(w);
 *      world_expect(w, "b.service starting\n" ...);
 *
 * A unit that has begun to move arrives when world_arrive() or world_settle()
 * says so, or fails when it is told to (world_fails()).
 */

#include "graph/graph.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

typedef struct World {
        Graph *graph;
        Buf trace;
        Report report;
        JobQuestions questions;
        Unit *moving[20000]; /* in the order in which they began */
        size_t n_moving;
        unsigned n_jobs_added, n_jobs_removed;
        bool quiet;        /* no trace */
        bool deaf;         /* requests are not enqueued */
        unsigned patience; /* requests until it becomes deaf; 0: for ever */
} World;

/* What the world knows about a unit; in u->machine. */
typedef struct Fate {
        bool fails, skipped, no_condition, cannot_reload, reload_fails, oneshot,
                sits; /* sits: arrives only when told */
} Fate;

#define UNUSED_HERE __attribute__((unused))

static UNUSED_HERE void on_unit_added(Unit *u, void *userdata) {
        u->machine = calloc(1, sizeof(Fate));
        assert_non_null(u->machine);
}

static UNUSED_HERE void on_unit_removed(Unit *u, void *userdata) {
        free(u->machine);
}

static UNUSED_HERE void on_job_added(Job *j, void *userdata) {
        World *w = userdata;

        assert_ptr_equal(j->unit->job, j);
        assert_ptr_equal(graph_find_job(w->graph, j->id), j);
        w->n_jobs_added++;
}

static UNUSED_HERE void on_job_removed(Job *j, void *userdata) {
        World *w = userdata;

        w->n_jobs_removed++;
        if (j->result != JOB_DONE && !w->quiet)
                buf_addf(&w->trace, "%s/%s %s\n", j->unit->id, job_type_to_string(j->type),
                         job_result_to_string(j->result));
}

static UNUSED_HERE bool world_can_reload(const Unit *u, void *userdata) {
        return !((Fate *)u->machine)->cannot_reload;
}

static UNUSED_HERE int world_setup(void **state) {
        World *w = calloc(1, sizeof(*w));
        GraphHooks hooks = { on_unit_added, on_unit_removed, on_job_added, on_job_removed, w };

        assert_non_null(w);
        assert_int_equal(graph_new(&hooks, &w->graph), 0);
        w->questions = (JobQuestions){ .can_reload = world_can_reload };
        *state = w;
        return 0;
}

static UNUSED_HERE int world_teardown(void **state) {
        World *w = *state;

        graph_free(w->graph);
        buf_release(&w->trace);
        report_release(&w->report);
        free(w);
        return 0;
}

static UNUSED_HERE Unit *unit_(World *w, const char *name) {
        Unit *u = graph_find(w->graph, name);

        if (!u)
                fail_msg("no unit %s", name);
        return u;
}

static UNUSED_HERE Fate *fate_of(World *w, const char *name) {
        return unit_(w, name)->machine;
}

static UNUSED_HERE void assign(UnitSpec *spec, const char *key, const char *value) {
        CommonSpec *c = spec_part(spec, PART_COMMON);
        PolicySpec *policy = spec_part(spec, PART_POLICY);
        bool yes = strcmp(value, "yes") == 0;

        if (strcmp(key, "DefaultDependencies") == 0)
                policy->default_dependencies = yes;
        else if (strcmp(key, "StopWhenUnneeded") == 0)
                policy->stop_when_unneeded = yes;
        else if (strcmp(key, "RefuseManualStart") == 0)
                policy->refuse_manual_start = yes;
        else if (strcmp(key, "RefuseManualStop") == 0)
                policy->refuse_manual_stop = yes;
        else if (strcmp(key, "AllowIsolate") == 0)
                policy->allow_isolate = yes;
        else if (strcmp(key, "IgnoreOnIsolate") == 0)
                policy->ignore_on_isolate = yes;
        else if (strcmp(key, "CollectMode") == 0)
                policy->collect_mode = COLLECT_INACTIVE_OR_FAILED;
        else if (strcmp(key, "RequiresMountsFor") == 0)
                assert_int_equal(strv_add(&c->requires_mounts_for, value), 0);
        else if (strcmp(key, "Slice") == 0) {
                CgroupSpec *g = spec_part(spec, PART_CGROUP);
                assert_int_equal(str_replace(&g->slice, value), 0);
        } else {
                for (int k = 0; k < DEP_MAX; k++)
                        if (strcmp(key, dependency_to_string((DependencyKind)k)) == 0) {
                                assert_int_equal(spec_add_dependency(spec, (DependencyKind)k, value), 0);
                                return;
                        }
                fail_msg("unknown key %s", key);
        }
}

/* "Key=value value\n..." */
static UNUSED_HERE UnitSpec *spec_of(const char *name, const char *text) {
        char *copy = strdup(text), *line, *word, *lines = copy;
        UnitSpec *spec;

        assert_int_equal(spec_new(name, &spec), 0);
        while ((line = strsep(&lines, "\n"))) {
                const char *key = strsep(&line, "=");

                while (line && (word = strsep(&line, " ")))
                        if (*word)
                                assign(spec, key, word);
        }
        free(copy);
        return spec;
}

static UNUSED_HERE Unit *world_unit(World *w, const char *name, const char *text) {
        Unit *u;

        assert_int_equal(graph_add(w->graph, name, &u), 0);
        assert_int_equal(graph_set_spec(w->graph, u, spec_of(name, text), LOAD_LOADED), 0);
        return u;
}

static UNUSED_HERE Unit *world_unit_state(World *w, const char *name, LoadState state) {
        Unit *u;

        assert_int_equal(graph_add(w->graph, name, &u), 0);
        assert_int_equal(graph_set_spec(w->graph, u, spec_of(name, ""), state), 0);
        return u;
}

/* Slices are there and up; what has no text was not found. */
static UNUSED_HERE void world_load(World *w) {
        Unit *u;

        while ((u = graph_next_stub(w->graph))) {
                if (u->load_state != LOAD_STUB)
                        continue;
                u->perpetual = u->type == UNIT_SLICE;
                assert_int_equal(graph_set_spec(w->graph, u, spec_of(u->id, ""),
                                                u->perpetual ? LOAD_LOADED : LOAD_NOT_FOUND),
                                 0);
                if (u->perpetual)
                        graph_unit_changed(w->graph, u, ACTIVE, 0, NULL);
        }
        for (u = graph_next_unit(w->graph, NULL); u; u = graph_next_unit(w->graph, u))
                assert_int_equal(graph_complete(w->graph, u), 0);
}

/* Could u be forgotten now? */
static UNUSED_HERE bool world_garbage(World *w, Unit *u) {
        Unit *garbage;

        u->walk_next = NULL;
        for (garbage = graph_find_garbage(w->graph, u); garbage && garbage != u; garbage = garbage->walk_next)
                ;
        return garbage;
}

static UNUSED_HERE void note(World *w, const Unit *u, const char *what) {
        if (!w->quiet)
                buf_addf(&w->trace, "%s %s\n", u->id, what);
}

static UNUSED_HERE void world_expect(World *w, const char *trace) {
        const char *have = w->trace.data ?: "";

        if (strcmp(have, trace) != 0)
                fail_msg("expected:\n%sbut it was:\n%s", trace, have);
        buf_release(&w->trace);
}

static UNUSED_HERE int world_try(World *w, JobType type, const char *name, JobMode mode) {
        Job *job = NULL;

        report_release(&w->report);
        return graph_enqueue(w->graph, &w->questions, type, unit_(w, name), mode, &w->report, &job, NULL);
}

static UNUSED_HERE void world_enqueue(World *w, JobType type, const char *name, JobMode mode) {
        int r = world_try(w, type, name, mode);

        if (r != 0)
                fail_msg("%s of %s: %d, %s", job_type_to_string(type), name, r,
                         w->report.n_findings > 0 ? w->report.findings[0].text : "");
}

static UNUSED_HERE void world_start(World *w, const char *name) {
        world_enqueue(w, JOB_START, name, JOB_REPLACE);
}

static UNUSED_HERE void world_report_has(World *w, const char *words) {
        for (size_t i = 0; i < w->report.n_findings; i++)
                if (strstr(w->report.findings[i].text, words))
                        return;
        fail_msg("no finding says \"%s\"; the first is \"%s\"", words,
                 w->report.n_findings > 0 ? w->report.findings[0].text : "");
}

/* The installed jobs, in the order of their ids: "a.service/start b.service/stop". */
static UNUSED_HERE void world_expect_jobs(World *w, const char *jobs) {
        Buf b auto_buf = { 0 };

        buf_add(&b, "");
        for (const Job *j = graph_next_job(w->graph, NULL); j; j = graph_next_job(w->graph, j))
                buf_addf(&b, "%s%s/%s", b.len > 0 ? " " : "", j->unit->id, job_type_to_string(j->type));
        if (strcmp(b.data ?: "", jobs) != 0)
                fail_msg("expected jobs: %s\nbut they are: %s", jobs, b.data);
}

static UNUSED_HERE void world_run_requests(World *w, JobRequests *requests) {
        for (size_t i = 0; i < requests->n; i++) {
                const JobRequest *q = requests->v + i;
                Job *job;

                if (!w->quiet)
                        buf_addf(&w->trace, "request %s %s\n", job_type_to_string(q->type), q->unit->id);
                if (w->patience > 0 && --w->patience == 0)
                        w->deaf = true;
                if (!w->deaf)
                        (void)graph_enqueue(w->graph, &w->questions, q->type, q->unit, q->mode, NULL, &job,
                                            NULL);
        }
        job_requests_release(requests);
}

static UNUSED_HERE void world_tell(World *w, Unit *u, ActiveState state, unsigned flags) {
        JobRequests requests = { 0 };

        if (state != ACTIVATING && state != DEACTIVATING && state != RELOADING)
                note(w, u, active_state_to_string(state));
        graph_unit_changed(w->graph, u, state, flags, &requests);
        world_run_requests(w, &requests);
}

static UNUSED_HERE void finish(World *w, Job *j, JobResult result) {
        JobRequests requests = { 0 };

        graph_job_finish(w->graph, j, result, &requests);
        world_run_requests(w, &requests);
}

static UNUSED_HERE bool stops(const Job *j) {
        return j->type == JOB_STOP || (j->type == JOB_RESTART && !j->restart_stopped);
}

/* The rules of systemd.unit(5) about Before= and After=, said once more and without counters. */
static UNUSED_HERE void assert_turn(const Job *j) {
        for (const Edge *e = j->unit->edges; e < j->unit->edges + j->unit->n_edges; e++) {
                const Job *other = e->other->job;
                bool before = e->kinds & EDGE(DEP_BEFORE), after = e->kinds & EDGE(DEP_AFTER);

                if (!other || j->ignore_order || other->ignore_order)
                        continue;
                if (stops(j))
                        assert_false(before && stops(other));
                else
                        assert_false((before || after) && stops(other));
                if (!stops(j))
                        assert_false(after && !stops(other));
        }
}

static UNUSED_HERE void begin(World *w, Job *j, ActiveState state) {
        Unit *u = j->unit;

        assert_turn(j);
        note(w, u, state == ACTIVATING ? "starting" : state == RELOADING ? "reloading" : "stopping");
        graph_job_running(w->graph, j);
        if (u->active != ACTIVATING && u->active != DEACTIVATING && u->active != RELOADING) {
                assert_true(w->n_moving < ELEMENTSOF(w->moving));
                w->moving[w->n_moving++] = u;
        }
        world_tell(w, u, state, CHANGE_ANSWERED);
}

static UNUSED_HERE void run_start(World *w, Job *j) {
        const Fate *f = j->unit->machine;

        if (active_state_is_up(j->unit->active))
                finish(w, j, JOB_DONE);
        else if (j->unit->active == ACTIVATING)
                graph_job_running(w->graph, j);
        else if (j->unit->active == DEACTIVATING)
                graph_job_postpone(w->graph, j);
        else if (f->no_condition) {
                note(w, j->unit, "left out");
                finish(w, j, JOB_DONE);
        } else
                begin(w, j, ACTIVATING);
}

static UNUSED_HERE void run_job(World *w, Job *j) {
        ActiveState s = j->unit->active;

        assert_int_equal(j->n_blockers, 0);
        switch (job_effective_type(j)) {
        case JOB_START:
                run_start(w, j);
                break;
        case JOB_VERIFY_ACTIVE:
                if (s == ACTIVATING)
                        graph_job_postpone(w->graph, j);
                else
                        finish(w, j, active_state_is_up(s) ? JOB_DONE : JOB_SKIPPED);
                break;
        case JOB_RELOAD:
                if (s == ACTIVATING || s == RELOADING)
                        graph_job_postpone(w->graph, j);
                else if (s != ACTIVE)
                        finish(w, j, JOB_INVALID);
                else
                        begin(w, j, RELOADING);
                break;
        default:
                if (active_state_is_down(s))
                        finish(w, j, JOB_DONE);
                else
                        begin(w, j, DEACTIVATING);
        }
}

static UNUSED_HERE void world_run(World *w) {
        Job *j;

        while ((j = graph_next_runnable(w->graph)))
                run_job(w, j);
}

/* Where a moving unit comes to rest. */
static UNUSED_HERE void arrive(World *w, size_t i) {
        Unit *u = w->moving[i];
        const Fate *f = u->machine;
        ActiveState s = u->active;

        memmove(w->moving + i, w->moving + i + 1, (--w->n_moving - i) * sizeof(*w->moving));
        if (s == ACTIVATING)
                world_tell(w, u,
                           f->fails                   ? FAILED
                           : f->skipped || f->oneshot ? INACTIVE
                                                      : ACTIVE,
                           f->skipped ? CHANGE_SKIPPED : 0);
        else if (s == RELOADING)
                world_tell(w, u, ACTIVE, f->reload_fails ? CHANGE_RELOAD_FAILED : 0);
        else if (s == DEACTIVATING)
                world_tell(w, u, INACTIVE, 0);
}

/* Runs what may run and lets the first unit arrive that does not sit; false: nothing moves any more. */
static UNUSED_HERE bool world_step(World *w) {
        world_run(w);
        for (size_t i = 0; i < w->n_moving; i++)
                if (!((Fate *)w->moving[i]->machine)->sits) {
                        arrive(w, i);
                        return true;
                }
        return false;
}

static UNUSED_HERE void world_settle(World *w) {
        while (world_step(w))
                ;
}

/* Brings a unit up with all it needs, without leaving a trace. */
static UNUSED_HERE void world_up(World *w, const char *name) {
        world_start(w, name);
        world_settle(w);
        assert_int_equal(unit_(w, name)->active, ACTIVE);
        buf_release(&w->trace);
}

/* The unit changes by itself. */
static UNUSED_HERE void world_becomes(World *w, const char *name, ActiveState state, unsigned flags) {
        world_tell(w, unit_(w, name), state, flags);
        world_settle(w);
}

#define WORLD_TEST(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)
