/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Files that appear, change and vanish are noticed; PID files are believed only as far as they may be. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "host/watch.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct World {
        sd_event *event;
        Watcher *watcher;
        FileWatch *watch;
        char directory[32];
        unsigned n;
        bool free_in_handler;
} World;

static void on_move(FileWatch *f, void *userdata) {
        World *w = userdata;

        w->n++;
        if (w->free_in_handler)
                file_watch_free(TAKE(w->watch));
}

static int set_up(void **state) {
        World *w = calloc(1, sizeof(*w));

        assert_non_null(w);
        strcpy(w->directory, "/tmp/test-watch-XXXXXX");
        assert_non_null(mkdtemp(w->directory));
        assert_int_equal(chmod(w->directory, 0755), 0);
        assert_int_equal(sd_event_new(&w->event), 0);
        assert_int_equal(watcher_new(w->event, &w->watcher), 0);
        *state = w;
        return 0;
}

static int tear_down(void **state) {
        World *w = *state;
        char command[64];

        file_watch_free(w->watch);
        watcher_free(w->watcher);
        sd_event_unref(w->event);
        snprintf(command, sizeof(command), "rm -rf %s", w->directory);
        assert_int_equal(system(command), 0);
        free(w);
        return 0;
}

static char *below(World *w, const char *name) {
        static char paths[4][128];
        static unsigned next;
        char *path = paths[next++ % 4];

        snprintf(path, 128, "%s/%s", w->directory, name);
        return path;
}

static void watch(World *w, const char *name) {
        char *paths[] = { below(w, name), NULL };

        assert_int_equal(file_watch_new(w->watcher, paths, on_move, w, &w->watch), 0);
}

/* How often the handler was called since the last look. */
static unsigned moves(World *w) {
        unsigned n;

        while (sd_event_run(w->event, 0) > 0)
                continue;
        n = w->n;
        w->n = 0;
        return n;
}

static void put(const char *path, const char *text) {
        int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

        assert_true(fd >= 0);
        assert_int_equal(write(fd, text, strlen(text)), strlen(text));
        close(fd);
}

static void a_file_that_appears_is_noticed(void **state) {
        World *w = *state;

        watch(w, "f");
        assert_int_equal(moves(w), 0);
        put(below(w, "other"), "x");
        assert_int_equal(moves(w), 0);
        put(below(w, "f"), "x");
        assert_true(moves(w) > 0);
        put(below(w, "f"), "y");
        assert_true(moves(w) > 0);
        assert_int_equal(unlink(below(w, "f")), 0);
        assert_true(moves(w) > 0);
        put(below(w, "f"), "z");
        assert_true(moves(w) > 0);
}

/* The kernel goes on telling of the directory what only the watch that is gone had asked for. */
static void what_nobody_asked_for_any_more_is_passed_over(void **state) {
        World *w = *state;
        char *paths[] = { below(w, "there"), NULL };
        FileWatch *other;

        put(below(w, "there"), "x");
        assert_int_equal(file_watch_new(w->watcher, paths, on_move, w, &other), 0);
        watch(w, "missing");
        file_watch_free(TAKE(w->watch));
        put(below(w, "new"), "x");
        assert_int_equal(moves(w), 0);
        put(below(w, "there"), "y");
        assert_true(moves(w) > 0);
        file_watch_free(other);
}

static void a_file_that_is_moved_in_is_noticed(void **state) {
        World *w = *state;

        put(below(w, "new"), "x");
        watch(w, "f");
        assert_int_equal(rename(below(w, "new"), below(w, "f")), 0);
        assert_true(moves(w) > 0);
        put(below(w, "new"), "y");
        assert_int_equal(rename(below(w, "new"), below(w, "f")), 0);
        assert_true(moves(w) > 0);
        put(below(w, "f"), "z");
        assert_true(moves(w) > 0);
}

static void directories_on_the_way_may_come_later(void **state) {
        World *w = *state;

        watch(w, "a/b/f");
        assert_int_equal(mkdir(below(w, "a"), 0755), 0);
        assert_int_equal(mkdir(below(w, "a/b"), 0755), 0);
        /* Made before the event of its directory was read: nothing is missed. */
        put(below(w, "a/b/f"), "x");
        assert_true(moves(w) > 0);
        assert_int_equal(unlink(below(w, "a/b/f")), 0);
        assert_int_equal(rmdir(below(w, "a/b")), 0);
        assert_true(moves(w) > 0);
        assert_int_equal(mkdir(below(w, "a/b"), 0755), 0);
        (void)moves(w);
        put(below(w, "a/b/f"), "x");
        assert_true(moves(w) > 0);
        assert_int_equal(rename(below(w, "a"), below(w, "c")), 0);
        assert_true(moves(w) > 0);
}

static void links_on_the_way_are_followed(void **state) {
        World *w = *state;

        assert_int_equal(mkdir(below(w, "real"), 0755), 0);
        assert_int_equal(symlink("real", below(w, "link")), 0);
        watch(w, "link/f");
        put(below(w, "real/f"), "x");
        assert_true(moves(w) > 0);
        assert_int_equal(mkdir(below(w, "real2"), 0755), 0);
        put(below(w, "real2/f"), "x");
        assert_int_equal(symlink("real2", below(w, "link2")), 0);
        (void)moves(w);
        assert_int_equal(rename(below(w, "link2"), below(w, "link")), 0);
        assert_true(moves(w) > 0);
        put(below(w, "real2/f"), "y");
        assert_true(moves(w) > 0);
}

static void the_handler_may_free_its_watch(void **state) {
        World *w = *state;

        watch(w, "f");
        w->free_in_handler = true;
        put(below(w, "f"), "x");
        assert_int_equal(moves(w), 1);
        assert_null(w->watch);
}

static PathSpec *path_spec(World *w, PathKind kind, const char *name) {
        static PathSpec spec;
        static PathWatch one;

        one = (PathWatch){ .kind = kind, .path = below(w, name) };
        spec = (PathSpec){ .watches = &one, .n_watches = 1 };
        return &spec;
}

static void path_units_look_at_what_exists(void **state) {
        World *w = *state;

        assert_false(path_watch_holds(path_spec(w, PATH_EXISTS, "f"), NULL));
        assert_false(path_watch_holds(path_spec(w, PATH_EXISTS_GLOB, "{e,f}*"), NULL));
        assert_false(path_watch_holds(path_spec(w, PATH_DIRECTORY_NOT_EMPTY, ""), NULL));
        put(below(w, ".hidden"), "x");
        assert_false(path_watch_holds(path_spec(w, PATH_DIRECTORY_NOT_EMPTY, ""), NULL));
        put(below(w, "f"), "x");
        assert_true(path_watch_holds(path_spec(w, PATH_EXISTS, "f"), NULL));
        assert_true(path_watch_holds(path_spec(w, PATH_EXISTS_GLOB, "{e,f}*"), NULL));
        assert_true(path_watch_holds(path_spec(w, PATH_DIRECTORY_NOT_EMPTY, ""), NULL));
        assert_false(path_watch_holds(path_spec(w, PATH_CHANGED, "f"), NULL));
}

static void changed_waits_for_the_close_modified_does_not(void **state) {
        World *w = *state;
        int fd;

        put(below(w, "f"), "x");
        fd = open(below(w, "f"), O_WRONLY | O_CLOEXEC);
        assert_int_equal(path_watch_new(w->watcher, path_spec(w, PATH_CHANGED, "f"), on_move, w, &w->watch),
                         0);
        assert_int_equal(write(fd, "y", 1), 1);
        assert_int_equal(moves(w), 0);
        close(fd);
        assert_true(moves(w) > 0);
        file_watch_free(w->watch);

        fd = open(below(w, "f"), O_WRONLY | O_CLOEXEC);
        assert_int_equal(path_watch_new(w->watcher, path_spec(w, PATH_MODIFIED, "f"), on_move, w, &w->watch),
                         0);
        assert_int_equal(write(fd, "y", 1), 1);
        assert_true(moves(w) > 0);
        close(fd);
}

/* Between the look at what is there and the watch on it, it may be gone. */
static void a_directory_that_is_made_again_and_again_is_not_lost(void **state) {
        World *w = *state;
        char *top = below(w, "top"), *inner = below(w, "top/inner");
        pid_t child;

        assert_true(mkdir(top, 0755) >= 0 && mkdir(inner, 0755) >= 0);
        assert_int_equal(
                path_watch_new(w->watcher, path_spec(w, PATH_MODIFIED, "top/inner"), on_move, w, &w->watch),
                0);
        child = fork();
        assert_true(child >= 0);
        if (child == 0) {
                for (unsigned i = 0; i < 3000; i++)
                        if (rmdir(inner) < 0 || (i % 2 && (rmdir(top) < 0 || mkdir(top, 0755) < 0)) ||
                            mkdir(inner, 0755) < 0)
                                _exit(1);
                _exit(0);
        }
        while (waitpid(child, NULL, WNOHANG) == 0)
                (void)moves(w);
        (void)moves(w);
        put(below(w, "top/inner/f"), "x");
        assert_true(moves(w) > 0);
}

static void globs_are_watched_where_they_begin(void **state) {
        World *w = *state;

        assert_int_equal(
                path_watch_new(w->watcher, path_spec(w, PATH_EXISTS_GLOB, "*.job"), on_move, w, &w->watch),
                0);
        put(below(w, "a.job"), "x");
        assert_true(moves(w) > 0);
}

static int read_file(World *w, const char *name, pid_t *ret) {
        bool trusted = false;
        int r = pid_file_read(below(w, name), ret, &trusted);

        assert_true(r < 0 || trusted);
        return r;
}

static int read_text(World *w, const char *text, pid_t *ret) {
        put(below(w, "pid"), text);
        return read_file(w, "pid", ret);
}

/* Somebody could have pointed us to another's. */
static pid_t read_untrusted(World *w, const char *name) {
        bool trusted = true;
        pid_t pid = 0;

        assert_int_equal(pid_file_read(below(w, name), &pid, &trusted), 0);
        assert_false(trusted);
        return pid;
}

static void pid_files_hold_a_number(void **state) {
        World *w = *state;
        char text[32];
        pid_t pid = 0;

        assert_int_equal(read_file(w, "missing", &pid), -ENOENT);
        assert_int_equal(read_file(w, "", &pid), -EBADMSG);
        assert_int_equal(read_text(w, "", &pid), -EAGAIN);
        assert_int_equal(read_text(w, "\n", &pid), -EAGAIN);
        assert_int_equal(read_text(w, "x", &pid), -EBADMSG);
        assert_int_equal(read_text(w, "0\n", &pid), -EBADMSG);
        assert_int_equal(read_text(w, "1\n", &pid), -EBADMSG);
        assert_int_equal(read_text(w, "-5\n", &pid), -EBADMSG);
        assert_int_equal(read_text(w, "2147483647\n", &pid), -ESRCH);
        snprintf(text, sizeof(text), "%d\n", (int)getpid());
        assert_int_equal(read_text(w, text, &pid), -EBADMSG); /* ourselves */
        assert_int_equal(pid, 0);
        snprintf(text, sizeof(text), " %d \nrest\n", (int)getppid());
        assert_int_equal(read_text(w, text, &pid), 0);
        assert_int_equal(pid, getppid());
}

static void pid_files_may_be_links(void **state) {
        World *w = *state;
        char text[32];
        pid_t pid;

        snprintf(text, sizeof(text), "%d\n", (int)getppid());
        put(below(w, "real"), text);
        assert_int_equal(symlink("real", below(w, "link")), 0);
        assert_int_equal(read_file(w, "link", &pid), 0);
        assert_int_equal(symlink("loop", below(w, "loop")), 0);
        assert_int_equal(read_file(w, "loop", &pid), -ELOOP);
}

/* A user without privileges may name his own processes, and no others. */
static void users_may_name_only_their_own(void **state) {
        World *w = *state;
        char text[32];
        pid_t pid, theirs;

        if (geteuid() != 0) {
                print_message("skipped: needs root\n");
                skip();
        }
        theirs = fork();
        if (theirs == 0) {
                (void)!setresuid(33, 33, 33);
                for (;;)
                        pause();
        }
        while (true) {
                struct stat st;
                char path[32];

                snprintf(path, sizeof(path), "/proc/%d", (int)theirs);
                assert_int_equal(stat(path, &st), 0);
                if (st.st_uid == 33)
                        break;
                usleep(1000);
        }
        snprintf(text, sizeof(text), "%d\n", (int)getppid());
        put(below(w, "pid"), text);
        assert_int_equal(chown(below(w, "pid"), 33, 33), 0);
        assert_int_equal(read_untrusted(w, "pid"), getppid());

        snprintf(text, sizeof(text), "%d\n", (int)theirs);
        put(below(w, "pid"), text);
        assert_int_equal(read_file(w, "pid", &pid), 0);
        assert_int_equal(pid, theirs);

        /* Their link to root's file is theirs all the same. */
        snprintf(text, sizeof(text), "%d\n", (int)getppid());
        put(below(w, "root"), text);
        assert_int_equal(symlink("root", below(w, "theirs")), 0);
        assert_int_equal(lchown(below(w, "theirs"), 33, 33), 0);
        assert_int_equal(read_untrusted(w, "theirs"), getppid());
        kill(theirs, SIGKILL);
        waitpid(theirs, NULL, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
        const struct CMUnitTest tests[] = {
                TEST(a_file_that_appears_is_noticed),
                TEST(what_nobody_asked_for_any_more_is_passed_over),
                TEST(a_file_that_is_moved_in_is_noticed),
                TEST(directories_on_the_way_may_come_later),
                TEST(links_on_the_way_are_followed),
                TEST(the_handler_may_free_its_watch),
                TEST(path_units_look_at_what_exists),
                TEST(a_directory_that_is_made_again_and_again_is_not_lost),
                TEST(changed_waits_for_the_close_modified_does_not),
                TEST(globs_are_watched_where_they_begin),
                TEST(pid_files_hold_a_number),
                TEST(pid_files_may_be_links),
                TEST(users_may_name_only_their_own),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
