/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Every child is reaped, the watched ones are known, and nobody starves meanwhile. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "host/process.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct World {
        sd_event *event;
        Reaper *reaper;
        unsigned n_watched, n_orphans, n_idle;
        ProcessEnd last;
        void *last_watcher;
        bool was_zombie;
        pid_t unwatch; /* by the handler */
} World;

static void on_end(const ProcessEnd *end, void *watcher, void *userdata) {
        World *w = userdata;

        w->last = *end;
        w->last_watcher = watcher;
        w->was_zombie = !process_exists(end->pid) && process_parent(end->pid) > 0;
        if (watcher)
                w->n_watched++;
        else
                w->n_orphans++;
        if (w->unwatch)
                reaper_unwatch(w->reaper, w->unwatch);
}

static int set_up(void **state) {
        World *w = calloc(1, sizeof(*w));

        assert_non_null(w);
        assert_int_equal(sd_event_new(&w->event), 0);
        assert_int_equal(reaper_new(w->event, 0, on_end, w, &w->reaper), 0);
        *state = w;
        return 0;
}

static int tear_down(void **state) {
        World *w = *state;

        reaper_free(w->reaper);
        sd_event_unref(w->event);
        free(w);
        return 0;
}

static pid_t start(int code) {
        pid_t pid = fork();

        assert_true(pid >= 0);
        if (pid == 0)
                _exit(code);
        return pid;
}

static pid_t start_sleeper(void) {
        pid_t pid = fork();

        assert_true(pid >= 0);
        if (pid == 0)
                for (;;)
                        pause();
        return pid;
}

static void turn_until(World *w, const unsigned *counter, unsigned value) {
        for (unsigned i = 0; *counter < value; i++) {
                if (i > 2000)
                        fail_msg("nothing happened");
                assert_true(sd_event_run(w->event, 20000) >= 0);
        }
}

static void a_watched_child_is_told_with_its_watcher(void **state) {
        World *w = *state;
        pid_t pid = start(42);
        int mark;

        assert_int_equal(reaper_watch(w->reaper, pid, &mark), 0);
        assert_int_equal(reaper_watch(w->reaper, pid, w), -EEXIST);
        assert_ptr_equal(reaper_find(w->reaper, pid), &mark);
        turn_until(w, &w->n_watched, 1);
        assert_int_equal(w->last.pid, pid);
        assert_int_equal(w->last.code, CLD_EXITED);
        assert_int_equal(w->last.status, 42);
        assert_ptr_equal(w->last_watcher, &mark);
        assert_true(w->was_zombie);
        assert_true(w->last.comm[0] != 0);
        assert_true(w->last.when.monotonic > 0);
        assert_null(reaper_find(w->reaper, pid));
        assert_int_equal(waitpid(pid, NULL, WNOHANG), -1); /* reaped */
}

static void signals_are_told(void **state) {
        World *w = *state;
        pid_t pid = start_sleeper();

        assert_int_equal(reaper_watch(w->reaper, pid, w), 0);
        assert_int_equal(kill(pid, SIGKILL), 0);
        turn_until(w, &w->n_watched, 1);
        assert_int_equal(w->last.code, CLD_KILLED);
        assert_int_equal(w->last.status, SIGKILL);
}

/* What ended before the reaper was there has sent its signal to nobody. */
static void earlier_children_are_reaped(void **state) {
        World *w = *state;
        pid_t pid;
        siginfo_t si;

        reaper_free(w->reaper);
        pid = start(0);
        assert_int_equal(waitid(P_PID, (id_t)pid, &si, WEXITED | WNOWAIT), 0);
        assert_int_equal(reaper_new(w->event, 0, on_end, w, &w->reaper), 0);
        turn_until(w, &w->n_orphans, 1);
        assert_int_equal(w->last.pid, pid);
}

static void orphans_of_descendants_are_reaped(void **state) {
        World *w = *state;
        pid_t pid;

        assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), 0);
        pid = fork();
        if (pid == 0) {
                if (fork() == 0)
                        _exit(7);
                _exit(0);
        }
        assert_int_equal(reaper_watch(w->reaper, pid, w), 0);
        turn_until(w, &w->n_orphans, 1);
        turn_until(w, &w->n_watched, 1);
        assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
        assert_int_equal(errno, ECHILD);
}

static int on_idle(sd_event_source *s, void *userdata) {
        ((World *)userdata)->n_idle++;
        return sd_event_source_set_enabled(s, SD_EVENT_ONESHOT); /* behind who waits already */
}

/* A thousand that end at once take several dispatches, between which others have their turn. */
static void a_storm_does_not_starve_others(void **state) {
        World *w = *state;
        sd_event_source *idle = NULL;
        unsigned n = 1000;

        for (unsigned i = 0; i < n; i++) {
                pid_t pid = start(0);
                siginfo_t si;

                assert_int_equal(waitid(P_PID, (id_t)pid, &si, WEXITED | WNOWAIT), 0);
        }
        assert_int_equal(sd_event_add_defer(w->event, &idle, on_idle, w), 0);
        assert_true(sd_event_run(w->event, 1000000) > 0);
        assert_true(sd_event_run(w->event, 1000000) > 0);
        assert_true(w->n_orphans <= 600);
        turn_until(w, &w->n_orphans, n);
        assert_true(w->n_idle >= 2);
        sd_event_source_disable_unref(idle);
}

static void the_handler_may_unwatch(void **state) {
        World *w = *state;
        pid_t pid = start(0);

        assert_int_equal(reaper_watch(w->reaper, pid, w), 0);
        w->unwatch = pid;
        turn_until(w, &w->n_watched, 1);
        assert_null(reaper_find(w->reaper, pid));
}

static void an_unwatched_child_is_an_orphan(void **state) {
        World *w = *state;
        pid_t pid = start(0);

        assert_int_equal(reaper_watch(w->reaper, pid, w), 0);
        reaper_unwatch(w->reaper, pid);
        turn_until(w, &w->n_orphans, 1);
        assert_int_equal(w->n_watched, 0);
}

/* A process whose parent is somebody else: its end is seen, once. */
static void a_stranger_s_end_is_seen(void **state) {
        World *w = *state;
        int fds[2], go[2];
        pid_t parent, stranger;

        assert_int_equal(pipe(fds), 0);
        assert_int_equal(pipe(go), 0);
        parent = fork();
        if (parent == 0) {
                stranger = start_sleeper();
                (void)!write(fds[1], &stranger, sizeof(stranger));
                (void)!read(go[0], &(char){ 0 }, 1);
                kill(stranger, SIGKILL);
                waitpid(stranger, NULL, 0);
                pause();
        }
        assert_int_equal(read(fds[0], &stranger, sizeof(stranger)), sizeof(stranger));
        assert_int_equal(reaper_watch_stranger(w->reaper, stranger, w), 0);
        assert_int_equal(write(go[1], "x", 1), 1);
        turn_until(w, &w->n_watched, 1);
        assert_int_equal(w->last.pid, stranger);
        assert_null(reaper_find(w->reaper, stranger));

        assert_int_equal(kill(parent, SIGKILL), 0);
        turn_until(w, &w->n_orphans, 1);
        assert_int_equal(w->n_watched, 1);
        for (unsigned i = 0; i < 2; i++) {
                close(fds[i]);
                close(go[i]);
        }
}

/* A stranger that is handed to us ends as a child does, with its true status. */
static void a_stranger_that_became_ours_tells_its_status(void **state) {
        World *w = *state;
        int fds[2];
        pid_t parent, stranger;

        assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), 0);
        assert_int_equal(pipe(fds), 0);
        parent = fork();
        if (parent == 0) {
                stranger = start_sleeper();
                (void)!write(fds[1], &stranger, sizeof(stranger));
                pause();
        }
        assert_int_equal(read(fds[0], &stranger, sizeof(stranger)), sizeof(stranger));
        assert_int_equal(reaper_watch_stranger(w->reaper, stranger, w), 0);
        assert_int_equal(kill(parent, SIGKILL), 0);
        turn_until(w, &w->n_orphans, 1);
        assert_int_equal(kill(stranger, SIGTERM), 0);
        turn_until(w, &w->n_watched, 1);
        assert_int_equal(w->last.code, CLD_KILLED);
        assert_int_equal(w->last.status, SIGTERM);
        close(fds[0]);
        close(fds[1]);
}

static void a_stranger_that_is_gone_is_no_stranger(void **state) {
        World *w = *state;
        pid_t pid = start(0);

        assert_int_equal(waitpid(pid, NULL, 0), pid);
        assert_int_equal(reaper_watch_stranger(w->reaper, pid, w), -ESRCH);
        assert_null(reaper_find(w->reaper, pid));
}

static void proc_tells_about_processes(void **state) {
        char comm[16], *line;
        pid_t pid;

        assert_int_equal(process_parent(getpid()), getppid());
        assert_int_equal(process_parent(0x7fffffff), 0);
        assert_true(process_exists(getpid()));
        assert_false(process_exists(0x7fffffff));
        assert_false(process_exists(0));
        assert_true(process_comm(getpid(), comm) >= 0);
        assert_int_equal(strncmp(comm, program_invocation_short_name, 15), 0);
        assert_int_equal(process_command_line(getpid(), 4096, &line), 0);
        assert_non_null(strstr(line, program_invocation_short_name));
        free(line);
        pid = start(0);
        siginfo_t si;
        assert_int_equal(waitid(P_PID, (id_t)pid, &si, WEXITED | WNOWAIT), 0);
        assert_false(process_exists(pid));
        assert_int_equal(process_command_line(pid, 4096, &line), 0);
        assert_int_equal(line[0], '[');
        free(line);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
        const struct CMUnitTest tests[] = {
                TEST(a_watched_child_is_told_with_its_watcher),
                TEST(signals_are_told),
                TEST(earlier_children_are_reaped),
                TEST(orphans_of_descendants_are_reaped),
                TEST(a_storm_does_not_starve_others),
                TEST(the_handler_may_unwatch),
                TEST(an_unwatched_child_is_an_orphan),
                TEST(a_stranger_s_end_is_seen),
                TEST(a_stranger_that_became_ours_tells_its_status),
                TEST(a_stranger_that_is_gone_is_no_stranger),
                TEST(proc_tells_about_processes),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
