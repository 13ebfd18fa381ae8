/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Units, names and edges; what follows from types; what may be forgotten. */

#include "graph-world.h"

#include <errno.h>

static void edges_are_seen_from_both_ends(void **state) {
        World *w = *state;
        Unit *a = world_unit(w, "a.service", "Requires=b.service\nAfter=b.service\nConflicts=c.service");
        Unit *b = unit_(w, "b.service"), *c = unit_(w, "c.service");

        assert_true(unit_has_edge(a, DEP_REQUIRES, b));
        assert_true(unit_has_edge(b, DEP_REQUIRED_BY, a));
        assert_true(unit_has_edge(b, DEP_BEFORE, a));
        assert_true(unit_has_edge(c, DEP_CONFLICTED_BY, a));
        assert_false(unit_has_edge(b, DEP_REQUIRES, a));
        assert_false(unit_has_edge(a, DEP_WANTS, b));
        assert_int_equal(b->n_edges, 1);
        assert_ptr_equal(unit_next_edge(b, DEP_REQUIRED_BY, NULL)->other, a);
        assert_null(unit_next_edge(b, DEP_REQUIRED_BY, unit_next_edge(b, DEP_REQUIRED_BY, NULL)));
        assert_int_equal(graph_add_edge(w->graph, a, DEP_REQUIRES, b), 0);
        assert_int_equal(b->n_edges, 1);
}

static void a_unit_has_no_edge_to_itself(void **state) {
        World *w = *state;
        Unit *a = world_unit(w, "a.target", "Requires=a.target\nAfter=a.target");

        assert_int_equal(a->n_edges, 0);
}

static void stubs_come_once_and_in_order(void **state) {
        World *w = *state;
        Unit *u;

        assert_int_equal(graph_add(w->graph, "a.target", &u), 0);
        assert_int_equal(graph_add(w->graph, "b.target", &u), 0);
        assert_int_equal(graph_add(w->graph, "a.target", &u), 0);
        assert_string_equal(graph_next_stub(w->graph)->id, "a.target");
        assert_string_equal(graph_next_stub(w->graph)->id, "b.target");
        assert_null(graph_next_stub(w->graph));
        assert_int_equal(graph_count_units(w->graph), 2);
}

static void bad_names_are_refused(void **state) {
        World *w = *state;
        Unit *u;

        assert_int_equal(graph_add(w->graph, "nothing", &u), -EINVAL);
        assert_int_equal(graph_add(w->graph, "a@.service", &u), -EINVAL);
        assert_int_equal(graph_add(w->graph, "", &u), -EINVAL);
        assert_int_equal(graph_count_units(w->graph), 0);
}

static void an_alias_finds_the_unit(void **state) {
        World *w = *state;
        Unit *a = world_unit(w, "a.service", "");

        assert_int_equal(graph_add_name(w->graph, a, "alias.service"), 0);
        assert_ptr_equal(graph_find(w->graph, "alias.service"), a);
        assert_int_equal(strv_length(a->names), 2);
        assert_int_equal(graph_add_name(w->graph, a, "alias.service"), 0);
        assert_int_equal(strv_length(a->names), 2);
        assert_int_equal(graph_add_name(w->graph, a, "alias.socket"), -EINVAL);
        world_unit(w, "b.service", "");
        assert_int_equal(graph_add_name(w->graph, a, "b.service"), -EEXIST);
}

static void a_stub_is_merged_with_its_edges(void **state) {
        World *w = *state;
        Unit *a = world_unit(w, "a.service", ""),
             *user = world_unit(w, "user.target", "Wants=alias.service\nAfter=alias.service");
        Unit *stub = unit_(w, "alias.service");
        size_t n = graph_count_units(w->graph);

        assert_int_equal(graph_add_name(w->graph, a, stub->id), 0);
        assert_ptr_equal(graph_find(w->graph, "alias.service"), a);
        assert_true(unit_has_edge(user, DEP_WANTS, a));
        assert_true(unit_has_edge(a, DEP_BEFORE, user));
        assert_int_equal(user->n_edges, 1);
        assert_int_equal(graph_count_units(w->graph), n - 1);

        /* It is there until the queue is empty, but nobody meets it. */
        assert_int_equal(stub->load_state, LOAD_MERGED);
        for (Unit *u = graph_next_unit(w->graph, NULL); u; u = graph_next_unit(w->graph, u))
                assert_ptr_not_equal(u, stub);
        for (Unit *u; (u = graph_next_stub(w->graph));)
                assert_ptr_not_equal(u, stub);

        /* What the user asked for is still the user's. */
        assert_int_equal(graph_set_spec(w->graph, user, spec_of("user.target", ""), LOAD_LOADED), 0);
        assert_false(unit_has_edge(user, DEP_WANTS, a));
        assert_int_equal(user->n_edges, 0);
}

static void a_new_spec_replaces_what_the_old_one_said(void **state) {
        World *w = *state;
        Unit *a = world_unit(w, "a.target", "Wants=b.target c.target\nBefore=c.target");
        Unit *b = unit_(w, "b.target"), *c = world_unit(w, "c.target", "After=a.target");

        assert_int_equal(graph_set_spec(w->graph, a, spec_of("a.target", "Wants=c.target"), LOAD_LOADED), 0);
        assert_false(unit_has_edge(a, DEP_WANTS, b));
        assert_int_equal(b->n_edges, 0);
        assert_true(unit_has_edge(a, DEP_WANTS, c));
        assert_true(unit_has_edge(a, DEP_BEFORE, c)); /* c says so as well */
}

static void a_forgotten_spec_takes_only_its_own_edges_with_it(void **state) {
        World *w = *state;
        Unit *a = world_unit(w, "a.target", "Wants=b.target"),
             *b = world_unit(w, "b.target", "After=a.target");
        Unit *t = world_unit(w, "t.target", "Wants=b.target");

        graph_forget_spec(w->graph, a);
        assert_false(unit_has_edge(a, DEP_WANTS, b));
        assert_true(unit_has_edge(a, DEP_BEFORE, b));
        assert_true(unit_has_edge(t, DEP_WANTS, b));
        assert_int_equal(graph_set_spec(w->graph, a, a->spec, LOAD_LOADED), 0);
        assert_true(unit_has_edge(a, DEP_WANTS, b));
        /* A file that has become a link since. */
        graph_forget_spec(w->graph, b);
        assert_int_equal(graph_add_name(w->graph, a, "b.target"), 0);
        assert_true(unit_has_edge(t, DEP_WANTS, a));
}

static void a_forgotten_spec_takes_along_what_it_helped_to_imply(void **state) {
        World *w = *state;
        Unit *t = world_unit(w, "t.target", "Wants=a.service"), *a = world_unit(w, "a.service", "");

        world_load(w);
        assert_true(unit_has_edge(t, DEP_AFTER, a));
        graph_forget_spec(w->graph, a);
        assert_false(unit_has_edge(t, DEP_AFTER, a));
        assert_true(unit_has_edge(t, DEP_WANTS, a));
        assert_int_equal(graph_set_spec(w->graph, a, spec_of("a.service", "After=t.target"), LOAD_LOADED), 0);
        assert_int_equal(graph_complete(w->graph, a), 0);
        assert_false(unit_has_edge(t, DEP_AFTER, a)); /* it would be a circle */
}

static void a_name_that_is_dropped_is_free_for_another_unit(void **state) {
        World *w = *state;
        Unit *a = world_unit(w, "a.target", ""), *user, *b;

        assert_int_equal(graph_add_name(w->graph, a, "b.target"), 0);
        user = world_unit(w, "user.target", "Wants=b.target");
        assert_true(unit_has_edge(user, DEP_WANTS, a));
        assert_int_equal(graph_drop_name(w->graph, a, "a.target"), -ENOENT);
        assert_int_equal(graph_drop_name(w->graph, a, "b.target"), 0);
        assert_null(graph_find(w->graph, "b.target"));
        assert_ptr_equal(graph_next_referrer(a, NULL)->other, user);
        assert_int_equal(graph_set_spec(w->graph, user, NULL, LOAD_LOADED), 0);
        b = unit_(w, "b.target");
        assert_ptr_not_equal(a, b);
        assert_true(unit_has_edge(user, DEP_WANTS, b));
        assert_null(graph_next_referrer(a, NULL));
}

static void a_target_comes_after_what_it_pulls_in(void **state) {
        World *w = *state;
        Unit *t = world_unit(w, "t.target",
                             "Wants=a.service b.service c.service e.service\nRequires=d.service");

        world_unit(w, "a.service", "");
        world_unit(w, "b.service", "After=t.target");
        world_unit(w, "c.service", "DefaultDependencies=no");
        world_unit(w, "d.service", "");
        world_unit(w, "n.target", "Wants=a.service\nDefaultDependencies=no");
        world_load(w);

        assert_true(unit_has_edge(t, DEP_AFTER, unit_(w, "a.service")));
        assert_true(unit_has_edge(t, DEP_AFTER, unit_(w, "d.service")));
        assert_false(unit_has_edge(t, DEP_AFTER, unit_(w, "b.service")));
        assert_false(unit_has_edge(t, DEP_AFTER, unit_(w, "c.service")));
        assert_false(unit_has_edge(t, DEP_AFTER, unit_(w, "e.service"))); /* not found */
        assert_false(unit_has_edge(unit_(w, "n.target"), DEP_AFTER, unit_(w, "a.service")));
}

/* A service that comes later completes the edges of a target that was there before. */
static void the_order_of_loading_does_not_matter_to_a_target(void **state) {
        World *w = *state;
        Unit *t = world_unit(w, "t.target", "Wants=a.target"), *a;

        assert_int_equal(graph_complete(w->graph, t), 0);
        a = world_unit(w, "a.target", "");
        assert_false(unit_has_edge(t, DEP_AFTER, a));
        assert_int_equal(graph_complete(w->graph, a), 0);
        assert_true(unit_has_edge(t, DEP_AFTER, a));
}

static void expect_slice(World *w, const char *unit, const char *slice) {
        Unit *u = unit_(w, unit), *s = unit_(w, slice);

        assert_true(unit_has_edge(u, DEP_SLICE, s));
        assert_true(unit_has_edge(u, DEP_REQUIRES, s));
        assert_true(unit_has_edge(u, DEP_AFTER, s));
        assert_true(unit_has_edge(s, DEP_SLICE_OF, u));
}

/* A mount with a file, loaded from it: world_load() takes others for not found. */
static Unit *mount_unit(World *w, const char *name, bool file) {
        Unit *u;

        assert_int_equal(graph_add(w->graph, name, &u), 0);
        if (file)
                assert_int_equal(str_replace(&u->fragment_path, "/etc/a.mount"), 0);
        assert_int_equal(graph_set_spec(w->graph, u, spec_of(name, ""), LOAD_LOADED), 0);
        return u;
}

static void assert_needs(const Unit *u, const Unit *mount, bool after, bool requires) {
        assert_int_equal(unit_has_edge(u, DEP_AFTER, mount), after);
        assert_int_equal(unit_has_edge(u, DEP_REQUIRES, mount), requires);
}

static void paths_need_the_mounts_on_the_way_in_any_order_of_loading(void **state) {
        World *w = *state;
        Unit *root, *var, *lib, *varnish, *early, *late, *nothing;

        root = mount_unit(w, "-.mount", false);
        var = mount_unit(w, "var.mount", true);
        varnish = mount_unit(w, "varnish.mount", true);
        early = world_unit(w, "early.service", "RequiresMountsFor=/var/lib/x");
        nothing = world_unit(w, "nothing.service", "");
        world_load(w);
        lib = mount_unit(w, "var-lib.mount", true);
        late = world_unit(w, "late.service", "RequiresMountsFor=/var");
        world_load(w);

        assert_needs(early, root, true, false);
        assert_needs(early, var, true, true);
        assert_needs(early, lib, true, true);
        assert_needs(early, varnish, false, false);
        assert_needs(late, var, true, true);
        assert_needs(late, lib, false, false);
        assert_needs(nothing, root, false, false);

        /* The file goes, and the need for it. */
        graph_forget_spec(w->graph, lib);
        assert_int_equal(graph_set_spec(w->graph, lib, spec_of(lib->id, ""), LOAD_NOT_FOUND), 0);
        assert_needs(early, lib, false, false);
        assert_needs(early, var, true, true);
        assert_true(world_garbage(w, root));
        graph_unit_changed(w->graph, late, ACTIVE, 0, NULL);
        assert_false(world_garbage(w, root)); /* late.service refers to it */
        graph_remove(w->graph, lib);
        early = world_unit(w, "early.service", "RequiresMountsFor=/var/lib/x");
        world_load(w);
        assert_needs(early, var, true, true);
}

static char *const *some_mounts(void *userdata) {
        static const char *const names[] = { "srv.mount", "mnt.mount", "no\\xdirectory.mount", NULL };

        return (char *const *)names;
}

static void mounts_with_files_are_called_when_a_path_needs_them(void **state) {
        const GraphHooks hooks = { .mounts = some_mounts };
        Graph *g;
        Unit *u;

        assert_int_equal(graph_new(&hooks, &g), 0);
        assert_int_equal(graph_add(g, "a.service", &u), 0);
        assert_ptr_equal(graph_next_stub(g), u);
        assert_int_equal(graph_set_spec(g, u, spec_of("a.service", "RequiresMountsFor=/mnt/x"), LOAD_LOADED),
                         0);
        assert_non_null(graph_find(g, "mnt.mount"));
        assert_null(graph_find(g, "srv.mount"));
        graph_free(g);
}

static void a_unit_without_a_file_asks_for_nothing(void **state) {
        World *w = *state;
        Unit *u = world_unit_state(w, "a.service", LOAD_LOADED);

        world_unit(w, "b.service", "");
        assert_int_equal(graph_set_spec(w->graph, u, spec_of("a.service", "After=b.service"), LOAD_NOT_FOUND),
                         0);
        assert_int_equal(u->n_edges, 0);
        /* But what runs keeps its place in the order of the stop. */
        graph_unit_changed(w->graph, u, ACTIVE, 0, NULL);
        assert_int_equal(graph_set_spec(w->graph, u, NULL, LOAD_NOT_FOUND), 0);
        assert_true(unit_has_edge(u, DEP_AFTER, unit_(w, "b.service")));
}

static void what_cannot_be_is_no_edge(void **state) {
        World *w = *state;
        Unit *slice = world_unit(w, "a.slice", "OnFailure=b.service"), *b;

        b = world_unit(w, "b.service", "Before=c.device\nJoinsNamespaceOf=d.service");
        assert_false(unit_has_edge(slice, DEP_ON_FAILURE, b));
        assert_false(unit_has_edge(b, DEP_BEFORE, unit_(w, "c.device")));
        assert_true(unit_has_edge(b, DEP_JOINS_NAMESPACE_OF, unit_(w, "d.service")));
        assert_false(unit_has_edge(unit_(w, "d.service"), DEP_JOINS_NAMESPACE_OF, b));
}

static void units_with_processes_are_in_a_slice(void **state) {
        World *w = *state;

        world_unit(w, "a.service", "");
        world_unit(w, "b.service", "Slice=x-y.slice");
        world_unit(w, "i@1.service", "");
        world_unit(w, "t.target", "");
        world_load(w);
        expect_slice(w, "a.service", "system.slice");
        expect_slice(w, "b.service", "x-y.slice");
        expect_slice(w, "x-y.slice", "x.slice");
        expect_slice(w, "x.slice", "-.slice");
        expect_slice(w, "system.slice", "-.slice");
        expect_slice(w, "i@1.service", "system-i.slice");
        assert_null(unit_next_edge(unit_(w, "t.target"), DEP_SLICE, NULL));
        assert_null(unit_next_edge(unit_(w, "-.slice"), DEP_SLICE, NULL));
}

static void failed_units_are_counted(void **state) {
        World *w = *state;
        Unit *a = world_unit(w, "a.service", "");

        graph_unit_changed(w->graph, a, FAILED, 0, NULL);
        graph_unit_changed(w->graph, a, FAILED, 0, NULL);
        assert_int_equal(graph_count_failed(w->graph), 1);
        graph_unit_changed(w->graph, a, INACTIVE, 0, NULL);
        assert_int_equal(graph_count_failed(w->graph), 0);
        graph_unit_changed(w->graph, a, FAILED, 0, NULL);
        graph_remove(w->graph, a);
        assert_int_equal(graph_count_failed(w->graph), 0);
}

/* What a pair of units says of each other it may say twice: After= here is Before= there. */
static void what_both_ends_ask_for_holds_both(void **state) {
        World *w = *state;
        Unit *user = world_unit(w, "user.target", "After=a.target"),
             *a = world_unit(w, "a.target", "Before=b.target"),
             *b = world_unit(w, "b.target", "After=a.target");

        world_load(w);
        graph_unit_changed(w->graph, user, ACTIVE, 0, NULL);
        assert_false(world_garbage(w, a));
        assert_false(world_garbage(w, b)); /* a refers to it, whatever b says */
}

static void what_somebody_alive_refers_to_is_kept(void **state) {
        World *w = *state;
        Unit *t = world_unit(w, "t.target", "Wants=a.target"),
             *a = world_unit(w, "a.target", "Wants=b.target");
        Unit *b = world_unit(w, "b.target", "After=a.target");

        world_load(w);
        assert_true(world_garbage(w, t));
        assert_true(world_garbage(w, b));
        graph_unit_changed(w->graph, t, ACTIVE, 0, NULL);
        assert_false(world_garbage(w, t));
        assert_false(world_garbage(w, a));
        assert_false(world_garbage(w, b)); /* through a */
        graph_unit_changed(w->graph, t, INACTIVE, 0, NULL);
        graph_unit_changed(w->graph, b, ACTIVE, 0, NULL);
        assert_true(world_garbage(w, t));  /* what it refers to does not hold it */
        assert_false(world_garbage(w, a)); /* b does, by its After= */
        t->refs = 1;
        assert_false(world_garbage(w, t));
        t->refs = 0;
}

/* Found out for all of them together, and each once, although each refers to the hub that refers to all. */
static void many_candidates_share_what_is_found_out(void **state) {
        enum {
                MANY = 2000
        };
        World *w = *state;
        Unit *holder = world_unit(w, "holder.target", "Before=hub.target"), *first = NULL, *garbage;
        unsigned n = 0;

        world_unit(w, "hub.target", "");
        for (unsigned i = 0; i < MANY; i++) {
                char name[32], text[64];
                Unit *u;

                snprintf(name, sizeof(name), "u%u.target", i);
                snprintf(text, sizeof(text),
                         i > 0 ? "PartOf=hub.target\nAfter=u%u.target" : "PartOf=hub.target", i - 1);
                u = world_unit(w, name, text);
                assert_int_equal(graph_add_edge(w->graph, unit_(w, "hub.target"), DEP_WANTS, u), 0);
                u->walk_next = first;
                first = u;
        }
        world_load(w);
        graph_unit_changed(w->graph, holder, ACTIVE, 0, NULL);
        w->graph->n_steps = 0;
        assert_null(graph_find_garbage(w->graph, first));
        assert_true(w->graph->n_steps < 20 * MANY);

        graph_unit_changed(w->graph, holder, INACTIVE, 0, NULL);
        for (unsigned i = 0; i < MANY; i++) {
                char name[32];

                snprintf(name, sizeof(name), "u%u.target", i);
                unit_(w, name)->walk_next = i > 0 ? garbage : NULL;
                garbage = unit_(w, name);
        }
        w->graph->n_steps = 0;
        garbage = graph_find_garbage(w->graph, garbage);
        for (const Unit *u = garbage; u; u = u->walk_next)
                n++;
        assert_int_equal(n, MANY + 2);
        assert_true(w->graph->n_steps < 20 * MANY);
}

static bool has_that_name(const Unit *u, void *userdata) {
        return str_equal(u->id, userdata);
}

/* Some of what is down is kept; what only the others refer to goes. */
static void garbage_is_told_from_its_neighbours(void **state) {
        World *w = *state;
        Unit *a = world_unit(w, "a.target", "Wants=shared.target own-a.target"),
             *b = world_unit(w, "b.target", "Wants=shared.target own-b.target"), *garbage;

        world_load(w);
        w->graph->hooks.unit_in_use = has_that_name;
        w->graph->hooks.userdata = (void *)"a.target";
        a->walk_next = b;
        b->walk_next = unit_(w, "shared.target");
        unit_(w, "shared.target")->walk_next = NULL;
        garbage = graph_find_garbage(w->graph, a);
        assert_ptr_equal(garbage, b);
        assert_null(garbage->walk_next);
        assert_true(unit_was_looked_at(unit_(w, "shared.target")));
        assert_false(unit_was_looked_at(unit_(w, "own-b.target")));
        w->graph->hooks.userdata = w;
        w->graph->hooks.unit_in_use = NULL;
}

static void a_failed_unit_is_kept_unless_collect_mode_says_otherwise(void **state) {
        World *w = *state;
        Unit *a = world_unit(w, "a.target", ""),
             *b = world_unit(w, "b.target", "CollectMode=inactive-or-failed");

        world_load(w);
        graph_unit_changed(w->graph, a, FAILED, 0, NULL);
        graph_unit_changed(w->graph, b, FAILED, 0, NULL);
        assert_false(world_garbage(w, a));
        assert_true(world_garbage(w, b));
        graph_unit_changed(w->graph, b, FAILED, CHANGE_WILL_RESTART, NULL);
        assert_false(world_garbage(w, b));
}

/* PartOf= in the service and Wants= in the target: a circle of those that nobody else wants. */
static void units_that_refer_to_each_other_go_together(void **state) {
        World *w = *state;
        Unit *t = world_unit(w, "t.target", "Wants=a.service b.service");

        world_unit(w, "a.service", "PartOf=t.target");
        world_unit(w, "b.service", "PartOf=t.target");
        world_unit(w, "c.target", "");
        world_load(w);
        assert_true(world_garbage(w, t));
        graph_remove_garbage(w->graph, graph_find_garbage(w->graph, t));
        assert_null(graph_find(w->graph, "t.target"));
        assert_null(graph_find(w->graph, "a.service"));
        assert_null(graph_find(w->graph, "b.service"));
        assert_non_null(graph_find(w->graph, "c.target"));
        assert_null(graph_next_stub(w->graph)); /* nobody brings them back */
}

static void removal_leaves_no_trace_and_names_are_loaded_again(void **state) {
        World *w = *state;
        Unit *a = world_unit(w, "a.target", "Wants=b.target");

        world_unit(w, "b.target", "");
        world_load(w);
        world_start(w, "b.target");
        graph_remove(w->graph, unit_(w, "b.target"));
        assert_null(graph_find(w->graph, "b.target"));
        assert_int_equal(graph_count_jobs(w->graph), 0);
        assert_int_equal(a->n_edges, 0);
        assert_ptr_equal(graph_next_stub(w->graph), a);
        world_expect(w, "b.target/start canceled\n");
}

/* The cost of an edge is that of its smaller end, so a target may have any number. */
static void wants_of_a_big_target_cost_the_same_each(void **state) {
        World *w = *state;
        Unit *t = world_unit(w, "t.target", ""), *u;
        char name[64];

        for (int i = 0; i < 10000; i++) {
                snprintf(name, sizeof(name), "s%d.service", i);
                assert_int_equal(graph_add(w->graph, name, &u), 0);
                assert_int_equal(graph_add_edge(w->graph, t, DEP_WANTS, u), 0);
                assert_int_equal(graph_add_edge(w->graph, t, DEP_AFTER, u), 0);
        }
        assert_int_equal(t->n_edges, 10000);
        for (int i = 0; i < 10000; i += 2) {
                snprintf(name, sizeof(name), "s%d.service", i);
                graph_remove(w->graph, graph_find(w->graph, name));
        }
        assert_int_equal(t->n_edges, 5000);
        for (const Edge *e = t->edges; e < t->edges + t->n_edges; e++) {
                assert_int_equal(e->other->n_edges, 1);
                assert_ptr_equal(t->edges + e->other->edges->twin, e);
        }
}

static void words_go_both_ways(void **state) {
        for (int t = 0; t < JOB_TYPE_MAX; t++)
                assert_int_equal(job_type_from_string(job_type_to_string((JobType)t)), t);
        for (int s = 0; s < ACTIVE_STATE_MAX; s++)
                assert_non_null(active_state_to_string((ActiveState)s));
        for (int s = 0; s < LOAD_STATE_MAX; s++)
                assert_non_null(load_state_to_string((LoadState)s));
        for (int r = 0; r < JOB_RESULT_MAX; r++)
                assert_non_null(job_result_to_string((JobResult)r));
        assert_int_equal(job_type_from_string("dance"), JOB_TYPE_INVALID);
        assert_string_equal(job_result_to_string(JOB_CANCELED), "canceled");
        assert_string_equal(load_state_to_string(LOAD_BAD_SETTING), "bad-setting");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                WORLD_TEST(edges_are_seen_from_both_ends),
                WORLD_TEST(a_unit_has_no_edge_to_itself),
                WORLD_TEST(stubs_come_once_and_in_order),
                WORLD_TEST(bad_names_are_refused),
                WORLD_TEST(an_alias_finds_the_unit),
                WORLD_TEST(a_stub_is_merged_with_its_edges),
                WORLD_TEST(a_new_spec_replaces_what_the_old_one_said),
                WORLD_TEST(a_forgotten_spec_takes_only_its_own_edges_with_it),
                WORLD_TEST(a_forgotten_spec_takes_along_what_it_helped_to_imply),
                WORLD_TEST(a_name_that_is_dropped_is_free_for_another_unit),
                WORLD_TEST(a_target_comes_after_what_it_pulls_in),
                WORLD_TEST(the_order_of_loading_does_not_matter_to_a_target),
                WORLD_TEST(paths_need_the_mounts_on_the_way_in_any_order_of_loading),
                WORLD_TEST(mounts_with_files_are_called_when_a_path_needs_them),
                WORLD_TEST(a_unit_without_a_file_asks_for_nothing),
                WORLD_TEST(what_cannot_be_is_no_edge),
                WORLD_TEST(units_with_processes_are_in_a_slice),
                WORLD_TEST(failed_units_are_counted),
                WORLD_TEST(what_both_ends_ask_for_holds_both),
                WORLD_TEST(what_somebody_alive_refers_to_is_kept),
                WORLD_TEST(many_candidates_share_what_is_found_out),
                WORLD_TEST(garbage_is_told_from_its_neighbours),
                WORLD_TEST(a_failed_unit_is_kept_unless_collect_mode_says_otherwise),
                WORLD_TEST(units_that_refer_to_each_other_go_together),
                WORLD_TEST(removal_leaves_no_trace_and_names_are_loaded_again),
                WORLD_TEST(wants_of_a_big_target_cost_the_same_each),
                cmocka_unit_test(words_go_both_ways),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
