/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What svinit says: the same directory through loader and graph, as the manager does it. */

#include "transaction.h"

#include "graph/transaction.h"
#include "load/loader.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct Ours {
        const char *directory;
        Loader *loader;
        Graph *graph;
        char ***facts;
} Ours;

static char *const *mounts(void *userdata) {
        return loader_mounts(((Ours *)userdata)->loader);
}

static int adopt_names(Ours *o, Unit *u, const LoadedUnit *loaded) {
        Unit *real = graph_find(o->graph, loaded->id);
        int r = 0;

        if (real && real != u) {
                r = graph_add_name(o->graph, real, u->id);
                return r < 0 ? r : 1;
        }
        if (!str_equal(loaded->id, u->id)) {
                r = graph_add_name(o->graph, u, loaded->id);
                if (r >= 0)
                        r = str_replace(&u->id, loaded->id);
        }
        for (char *const *name = loaded->names; r >= 0 && name && *name; name++) {
                r = graph_add_name(o->graph, u, *name);
                if (r == -EEXIST)
                        r = 0;
        }
        return r;
}

static int load_one(Ours *o, Unit *u) {
        static const LoadState states[] = { [LOADED_OK] = LOAD_LOADED,
                                            [LOADED_NOT_FOUND] = LOAD_NOT_FOUND,
                                            [LOADED_MASKED] = LOAD_MASKED,
                                            [LOADED_BAD_SETTING] = LOAD_BAD_SETTING,
                                            [LOADED_ERROR] = LOAD_ERROR };
        LoadedUnit loaded = { 0 };
        SpecContext context = { 0 };
        int outcome, r;

        if (u->perpetual)
                return 0;
        outcome = loader_load(o->loader, &context, u->id, &loaded);
        if (outcome < 0)
                return outcome;
        r = adopt_names(o, u, &loaded);
        if (r == 0) {
                r = str_replace(&u->fragment_path, loaded.fragment_path);
                if (r >= 0)
                        r = graph_set_spec(o->graph, u, TAKE(loaded.spec), states[outcome]);
        }
        loaded_unit_release(&loaded);
        return r < 0 ? r : 0;
}

static int load_all(Ours *o) {
        Unit *u;

        while ((u = graph_next_stub(o->graph))) {
                int r = load_one(o, u);

                if (r < 0)
                        return r;
        }
        for (u = graph_next_unit(o->graph, NULL); u; u = graph_next_unit(o->graph, u)) {
                int r = u->load_state == LOAD_LOADED ? graph_complete(o->graph, u) : 0;

                if (r < 0)
                        return r;
        }
        return 0;
}

static int add_builtin(Ours *o) {
        static const char *const names[] = { "-.slice", "system.slice", "init.scope", "-.mount" };

        for (size_t i = 0; i < ELEMENTSOF(names); i++) {
                UnitSpec *spec;
                Unit *u;
                int r;

                r = graph_add(o->graph, names[i], &u);
                if (r >= 0)
                        r = spec_new(names[i], &spec);
                if (r < 0)
                        return r;
                u->perpetual = true;
                r = graph_set_spec(o->graph, u, spec, LOAD_LOADED);
                if (r < 0)
                        return r;
                graph_unit_changed(o->graph, u, ACTIVE, 0, NULL);
        }
        return 0;
}

/* The mounts of the machine lead systemd to these. */
static int add_what_mounts_need(Ours *o) {
        static const char *const names[] = { "local-fs.target", "local-fs-pre.target", "umount.target",
                                             "swap.target", "systemd-journald.socket" };
        Unit *u;
        int r = 0;

        for (size_t i = 0; i < ELEMENTSOF(names) && r >= 0; i++)
                r = graph_add(o->graph, names[i], &u);
        return r;
}

static int fact(Ours *o, const char *kind, const char *unit, const char *a, const char *b) {
        char *line;
        int r = str_printf(&line, "%s %s %s%s%s", kind, unit, a, b ? " " : "", b ?: "");

        return r < 0 ? r : strv_push(o->facts, line);
}

static int edges_of(Ours *o, const Unit *u) {
        int r = 0;

        for (const Edge *e = u->edges; e < u->edges + u->n_edges; e++)
                for (int k = 0; k < DEP_MAX && r >= 0; k++)
                        if (e->kinds & EDGE(k) && k != DEP_NAMESPACE_JOINED_BY &&
                            unit_counts(o->directory, e->other->id))
                                r = fact(o, "edge", u->id, dependency_to_string((DependencyKind)k),
                                         e->other->id);
        STRV_FOREACH (path, u->spec->common->requires_mounts_for)
                if (r >= 0)
                        r = fact(o, "path", u->id, *path, NULL);
        return r;
}

static int all_units(Ours *o) {
        int r = 0;

        for (Unit *u = graph_next_unit(o->graph, NULL); u && r >= 0; u = graph_next_unit(o->graph, u)) {
                if (!unit_counts(o->directory, u->id) || str_equal(u->id, "-.mount"))
                        continue;
                r = fact(o, "unit", u->id, load_state_to_string(u->load_state), NULL);
                if (r >= 0 && u->load_state == LOAD_LOADED)
                        r = edges_of(o, u);
        }
        return r;
}

static const char *outcome_to_string(int outcome) {
        static const char *const words[ENQUEUE_OUTCOME_MAX] = {
                [ENQUEUE_OK] = "started",
                [ENQUEUE_NOT_FOUND] = "not-found",
                [ENQUEUE_MASKED] = "masked",
                [ENQUEUE_LOAD_FAILED] = "load-failed",
                [ENQUEUE_BAD_SETTING] = "bad-setting",
                [ENQUEUE_CYCLIC] = "cyclic",
                [ENQUEUE_CONFLICTING] = "conflicting",
                [ENQUEUE_DESTRUCTIVE] = "destructive",
                [ENQUEUE_NOT_APPLICABLE] = "not-applicable",
                [ENQUEUE_ONLY_BY_DEPENDENCY] = "only-by-dependency",
                [ENQUEUE_NO_ISOLATION] = "no-isolation",
                [ENQUEUE_SHUTTING_DOWN] = "shutting-down",
        };

        return words[outcome];
}

static int plan(Ours *o, Unit *anchor, unsigned *ret_choices) {
        JobMode mode = anchor->spec->policy->allow_isolate ? JOB_ISOLATE : JOB_REPLACE;
        Report report = { 0 };
        bool given_up = false;
        Transaction t;
        int outcome, r = 0;

        outcome = transaction_build(&t, o->graph, NULL, JOB_START, anchor, mode, &report);
        for (size_t i = 0; i < report.n_findings; i++) {
                if (strstr(report.findings[i].text, " cannot be: "))
                        given_up = true;
                else
                        ++*ret_choices;
                if (getenv("VERBOSE"))
                        fprintf(stderr, "# svinit: %s\n", report.findings[i].text);
        }
        if (given_up)
                r = fact(o, "given-up", "some", "jobs", NULL);
        if (outcome >= 0 && r >= 0)
                r = fact(o, "outcome", "of", outcome_to_string(outcome), NULL);
        for (size_t i = 0; outcome == 0 && i < t.n_jobs && r >= 0; i++)
                if (!t.jobs[i].dropped && unit_counts(o->directory, t.jobs[i].unit->id))
                        r = fact(o, "job", t.jobs[i].unit->id, job_type_to_string(t.jobs[i].type), NULL);
        transaction_release(&t);
        report_release(&report);
        if (r >= 0 && outcome == 0)
                r = all_units(o);
        return outcome < 0 ? outcome : r;
}

int facts_of_svinit(const char *directory, const char *anchor, char ***ret, unsigned *ret_choices) {
        LoaderOptions options = { .runtime_dir = "/run" };
        Ours o = { .directory = directory, .facts = ret };
        GraphHooks hooks = { .mounts = mounts, .userdata = &o };
        Unit *u;
        int r;

        *ret_choices = 0;
        setenv("SYSTEMD_UNIT_PATH", directory, true);
        r = loader_new(&options, &o.loader);
        if (r >= 0)
                r = loader_refresh(o.loader);
        if (r >= 0)
                r = graph_new(&hooks, &o.graph);
        if (r >= 0)
                r = add_builtin(&o);
        if (r >= 0)
                r = add_what_mounts_need(&o);
        if (r >= 0)
                r = graph_add(o.graph, anchor, &u);
        if (r >= 0)
                r = load_all(&o);
        if (r >= 0)
                r = plan(&o, graph_find(o.graph, anchor), ret_choices);
        graph_free(o.graph);
        loader_free(o.loader);
        return r;
}
