/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What the tests of exec share: a unit, a plan and a child that runs to its
 * end. "`" in a unit stands for the directory of the test.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/shim.h"
#include "exec/plan.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* Below /tmp and /var/tmp; several of these programs may run at the same time. */
static inline const char *private_name(void) {
        static char name[64];

        snprintf(name, sizeof(name), "systemd-private-test-%d", (int)getpid());
        return name;
}

static inline const char *private_path(const char *base, const char *below) {
        static char path[128];

        snprintf(path, sizeof(path), "%s/%s%s", base, private_name(), below);
        return path;
}

static const char *const search_path[] = { "/usr/local/bin", "/usr/bin", "/bin", NULL };

typedef struct World {
        UnitSpec *spec;
        ExecPlan plan;
        char directory[64];
        int out; /* read end of what the child writes */
        ExecStatus status;
        Buf output;
        siginfo_t end;
} World;

static int world_set_up(void **state) {
        World *w = calloc(1, sizeof(*w));

        assert_non_null(w);
        strcpy(w->directory, "/tmp/test-exec-XXXXXX");
        assert_non_null(mkdtemp(w->directory));
        assert_int_equal(chmod(w->directory, 0755), 0);
        assert_int_equal(spec_new("a.service", &w->spec), 0);
        w->out = -1;
        *state = w;
        return 0;
}

static int world_tear_down(void **state) {
        World *w = *state;
        char command[256];

        snprintf(command, sizeof(command), "rm -rf %s /tmp/%s /var/tmp/%s", w->directory, private_name(),
                 private_name());
        assert_int_equal(system(command), 0);
        if (w->out >= 0)
                close(w->out);
        buf_release(&w->output);
        spec_free(w->spec);
        free(w);
        return 0;
}

static inline bool is_root(void) {
        return geteuid() == 0;
}

#define NEED_ROOT()                                                                                          \
        do {                                                                                                 \
                if (!is_root()) {                                                                            \
                        print_message("skipped: needs root\n");                                              \
                        skip();                                                                              \
                }                                                                                            \
        } while (0)

/* The lines of [Service]; "`" stands for the directory of the test. */

static void world_load(World *w, const char *lines) {
        static const char head[] = "[Service]\n";
        Report report = { 0 };
        SpecContext context = { .report = &report };
        Buf text = { 0 };

        buf_add(&text, head);
        for (const char *p = lines; *p; p++) {
                if (*p == '`')
                        buf_add(&text, w->directory);
                else
                        buf_add_char(&text, *p);
        }
        assert_int_equal(spec_read(w->spec, &context, "a.service", (Text){ text.data, text.len }), 0);
        assert_int_equal(spec_complete(w->spec, &context), 0);
        for (size_t i = 0; i < report.n_findings; i++)
                fail_msg("%s=: %s", report.findings[i].key, report.findings[i].text);
        report_release(&report);
        buf_release(&text);

        w->plan = (ExecPlan){
                .unit = "a.service",
                .command = w->spec->commands->of[COMMAND_START].v,
                .exec = w->spec->exec,
                .sandbox = w->spec->sandbox,
                .apply_user = true,
                .apply_sandbox = true,
                .apply_root_directory = true,
                .directory_bases = { w->directory, w->directory, w->directory, w->directory, w->directory },
                .default_search_path = search_path,
                .stdin_fd = -1,
                .stdout_fd = -1,
                .stderr_fd = -1,
                .console_fd = -1,
                .cgroup_fd = -1,
                .ignore_missing_privilege = true,
                .dynamic_uid = (uid_t)-1,
                .network_fd = -1,
                .ipc_fd = -1,
                .filter_fd = -1,
                .private_name = private_name(),
        };
}

static void read_status(World *w, const ExecChild *child) {
        struct pollfd p = { .fd = child->status_fd, .events = POLLIN };
        int r = 1;

        while (child->status_fd >= 0 && (r = exec_status_read(child->status_fd, &w->status)) == 0)
                assert_true(poll(&p, 1, 10000) > 0);
        assert_int_equal(r, 1);
        if (child->status_fd >= 0)
                close(child->status_fd);
}

static void read_output(World *w) {
        char part[4096];
        ssize_t n;

        buf_release(&w->output);
        while ((n = read(w->out, part, sizeof(part))) > 0)
                buf_add_n(&w->output, part, (size_t)n);
        close(w->out);
        w->out = -1;
        if (!w->output.data)
                buf_add(&w->output, "");
}

/* Runs the plan to its end; what it wrote to standard output is in w->output. */
static void world_run(World *w) {
        int fds[2], null = open("/dev/null", O_WRONLY | O_CLOEXEC);
        bool capture = w->plan.stdout_fd < 0 && !w->spec->exec->io.output_set;
        ExecChild child;

        assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
        w->out = fds[0];
        if (capture)
                w->plan.stdout_fd = fds[1];
        assert_int_equal(exec_spawn(&w->plan, &child), 0);
        close(fds[1]);
        close(null);
        if (capture)
                w->plan.stdout_fd = -1;
        read_status(w, &child);
        read_output(w);
        assert_int_equal(waitid(P_PID, (id_t)child.pid, &w->end, WEXITED), 0);
}

static void expect_exit(World *w, int code) {
        if (w->status.failed && code < 200)
                fail_msg("failed at %s (%s): %s", w->status.step, w->status.detail,
                         strerror(-w->status.error));
        assert_int_equal(w->end.si_code, CLD_EXITED);
        assert_int_equal(w->end.si_status, code);
}

static inline void run_and_expect(World *w, const char *lines, const char *output) {
        world_load(w, lines);
        world_run(w);
        expect_exit(w, 0);
        assert_string_equal(w->output.data, output);
}

static inline void run_and_fail(World *w, const char *lines, int code, int error, const char *step) {
        world_load(w, lines);
        world_run(w);
        expect_exit(w, code);
        assert_true(w->status.failed);
        assert_int_equal(w->status.exit_code, code);
        assert_int_equal(w->status.error, error);
        assert_string_equal(w->status.step, step);
}

/* In the directory of the test; without a text a directory. */
static inline void make(const World *w, const char *name, const char *text) {
        char path[192];
        FILE *f;

        snprintf(path, sizeof(path), "%s/%s", w->directory, name);
        if (!text) {
                assert_int_equal(mkdir(path, 0755), 0);
                return;
        }
        f = fopen(path, "we");
        assert_non_null(f);
        fputs(text, f);
        fclose(f);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_set_up, world_tear_down)
