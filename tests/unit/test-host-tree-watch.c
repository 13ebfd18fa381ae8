/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Changes anywhere in a tree are told once, when it is quiet; what patterns leave out is not. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "host/tree-watch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct World {
        sd_event *event;
        Watcher *watcher;
        TreeWatch *tree;
        char top[32];
        unsigned n_changes, n_limits;
        char last[256];
} World;

static void on_news(TreeNews what, const char *path, int error, void *userdata) {
        World *w = userdata;

        if (what == TREE_CHANGED)
                w->n_changes++;
        else
                w->n_limits++;
        snprintf(w->last, sizeof(w->last), "%s", path);
}

static int set_up(void **state) {
        World *w = calloc(1, sizeof(*w));

        assert_non_null(w);
        strcpy(w->top, "/tmp/test-tree-XXXXXX");
        assert_non_null(mkdtemp(w->top));
        assert_int_equal(sd_event_new(&w->event), 0);
        assert_int_equal(watcher_new(w->event, &w->watcher), 0);
        *state = w;
        return 0;
}

static int tear_down(void **state) {
        World *w = *state;
        char command[64];

        tree_watch_free(w->tree);
        watcher_free(w->watcher);
        sd_event_unref(w->event);
        snprintf(command, sizeof(command), "rm -rf %s", w->top);
        assert_int_equal(system(command), 0);
        free(w);
        return 0;
}

static char *below(World *w, const char *name) {
        static char paths[4][160];
        static unsigned next;
        char *path = paths[next++ % 4];

        snprintf(path, 160, "%s/%s", w->top, name);
        return path;
}

static void write_file(World *w, const char *name) {
        FILE *f = fopen(below(w, name), "w");

        assert_non_null(f);
        assert_int_equal(fputs("x", f) >= 0 && fclose(f) == 0, 1);
}

static void make_directory(World *w, const char *name) {
        assert_int_equal(mkdir(below(w, name), 0755), 0);
}

/* Until nothing happens any more for much longer than it has to be quiet. */
static void settle(World *w) {
        while (sd_event_run(w->event, 100 * USEC_PER_MSEC) > 0)
                ;
}

static void watch(World *w, const char *name, const char *ignored) {
        char *paths[] = { below(w, name), NULL }, *patterns[] = { (char *)ignored, NULL };
        TreeOptions o = { .paths = paths, .ignored = ignored ? patterns : NULL, .quiet = 20 * USEC_PER_MSEC };

        assert_int_equal(tree_watch_new(w->event, w->watcher, &o, on_news, w, &w->tree), 0);
        settle(w);
}

static void expect(World *w, unsigned n_changes) {
        settle(w);
        assert_int_equal(w->n_changes, n_changes);
}

static void many_changes_are_told_once_with_the_first(void **state) {
        World *w = *state;

        make_directory(w, "a");
        make_directory(w, "a/b");
        watch(w, "a", NULL);
        expect(w, 0);
        write_file(w, "a/b/first");
        for (unsigned i = 0; i < 1000; i++)
                write_file(w, "a/second");
        expect(w, 1);
        assert_string_equal(w->last, below(w, "a/b/first"));
        write_file(w, "a/b/first");
        expect(w, 2);
        assert_int_equal(unlink(below(w, "a/b/first")), 0);
        expect(w, 3);
}

static void what_patterns_leave_out_does_not_count(void **state) {
        World *w = *state;

        make_directory(w, "node_modules");
        make_directory(w, "src");
        watch(w, ".", NULL);
        write_file(w, "node_modules/a.js");
        write_file(w, "src/.hidden.swp");
        write_file(w, "src/out.log");
        make_directory(w, "__pycache__");
        write_file(w, "__pycache__/a.pyc");
        expect(w, 0);
        write_file(w, "src/a.js");
        expect(w, 1);
}

static void a_pattern_with_a_slash_is_a_path(void **state) {
        World *w = *state;

        make_directory(w, "src");
        make_directory(w, "src/build");
        make_directory(w, "build");
        watch(w, ".", "/build");
        write_file(w, "build/a");
        expect(w, 0);
        write_file(w, "src/build/a");
        expect(w, 1);
}

static void new_and_moved_directories_are_followed(void **state) {
        World *w = *state;

        make_directory(w, "a");
        watch(w, "a", NULL);
        make_directory(w, "a/new");
        make_directory(w, "a/new/deep");
        expect(w, 1);
        write_file(w, "a/new/deep/file");
        expect(w, 2);
        assert_int_equal(rename(below(w, "a/new"), below(w, "gone")), 0);
        expect(w, 3);
        write_file(w, "gone/deep/file");
        expect(w, 3);
        assert_int_equal(rename(below(w, "gone"), below(w, "a/back")), 0);
        expect(w, 4);
        write_file(w, "a/back/deep/file");
        expect(w, 5);
        assert_string_equal(w->last, below(w, "a/back/deep/file"));
}

static void a_path_may_come_go_and_become_another(void **state) {
        World *w = *state;

        watch(w, "none/a", NULL);
        make_directory(w, "none");
        expect(w, 0);
        write_file(w, "none/a");
        expect(w, 1);
        write_file(w, "none/new");
        expect(w, 1);
        assert_int_equal(rename(below(w, "none/new"), below(w, "none/a")), 0);
        expect(w, 2);
        write_file(w, "none/a");
        expect(w, 3);
        assert_int_equal(unlink(below(w, "none/a")), 0);
        expect(w, 4);
        make_directory(w, "none/a");
        expect(w, 5);
        write_file(w, "none/a/file");
        expect(w, 6);
}

static void links_below_are_not_followed(void **state) {
        World *w = *state;

        make_directory(w, "a");
        make_directory(w, "b");
        assert_int_equal(symlink("..", below(w, "a/up")), 0);
        assert_int_equal(symlink(".", below(w, "a/loop")), 0);
        watch(w, "a", NULL);
        write_file(w, "b/file");
        expect(w, 0);
        assert_int_equal(w->n_limits, 0);
}

static void a_tree_that_is_too_large_is_watched_as_far_as_it_goes(void **state) {
        World *w = *state;
        char name[32];

        make_directory(w, "a");
        for (unsigned i = 0; i < TREE_DIRECTORIES_MAX / 64; i++) {
                snprintf(name, sizeof(name), "a/%u", i);
                make_directory(w, name);
                for (unsigned k = 0; k < 64; k++) {
                        snprintf(name, sizeof(name), "a/%u/%u", i, k);
                        make_directory(w, name);
                }
        }
        watch(w, "a", NULL);
        assert_int_equal(w->n_limits, 1);
        write_file(w, "a/0/file");
        expect(w, 1);
        assert_int_equal(w->n_limits, 1);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(many_changes_are_told_once_with_the_first, set_up, tear_down),
                cmocka_unit_test_setup_teardown(what_patterns_leave_out_does_not_count, set_up, tear_down),
                cmocka_unit_test_setup_teardown(a_pattern_with_a_slash_is_a_path, set_up, tear_down),
                cmocka_unit_test_setup_teardown(new_and_moved_directories_are_followed, set_up, tear_down),
                cmocka_unit_test_setup_teardown(a_path_may_come_go_and_become_another, set_up, tear_down),
                cmocka_unit_test_setup_teardown(links_below_are_not_followed, set_up, tear_down),
                cmocka_unit_test_setup_teardown(a_tree_that_is_too_large_is_watched_as_far_as_it_goes, set_up,
                                                tear_down),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
