/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * System call filters: the service is tests/tools/act, which says what became
 * of one system call that it made.
 */

#include "exec-world.h"

#include <sys/mman.h>

static char actor[600]; /* the program */

/* What becomes of the call in a service with these lines: its errno, or minus the signal that ended it. */
static int outcome(World *w, const char *what, const char *lines) {
        char text[2048];

        snprintf(text, sizeof(text), "ExecStart=%s %s `/f\n%s\n", actor, what, lines);
        spec_free(TAKE(w->spec));
        assert_int_equal(spec_new("a.service", &w->spec), 0);
        world_load(w, text);
        memset(&w->status, 0, sizeof(w->status));
        world_run(w);
        if (w->status.failed)
                fail_msg("%s: failed at %s (%s): %s", lines, w->status.step, w->status.detail,
                         strerror(-w->status.error));
        assert_string_equal(w->status.unapplied, "");
        if (w->end.si_code != CLD_EXITED)
                return -w->end.si_status;
        assert_int_equal(w->end.si_status, 0);
        return atoi(w->output.data);
}

static void expect(World *w, const char *what, const char *lines, int wanted) {
        int r = outcome(w, what, lines);

        if (r != wanted)
                fail_msg("%s with %s: %d, not %d", what, lines, r, wanted);
}

static void make_file(const World *w) {
        char path[128];

        snprintf(path, sizeof(path), "%s/f", w->directory);
        close(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
}

static void a_filtered_plan_is_not_light(void **state) {
        World *w = *state;

        world_load(w, "ExecStart=/bin/true\nLockPersonality=yes\n");
        assert_false(exec_plan_is_light(&w->plan));
}

static void single_directives_deny(void **state) {
        static const struct {
                const char *line, *what;
                int without, with;
        } cases[] = {
                { "RestrictNamespaces=yes", "clone3", EINVAL, ENOSYS },
                { "RestrictNamespaces=~user", "unshare-user", 0, EPERM },
                { "RestrictAddressFamilies=AF_UNIX", "socket-inet", 0, EAFNOSUPPORT },
                { "RestrictAddressFamilies=AF_UNIX", "socket-unix", 0, 0 },
                { "RestrictAddressFamilies=AF_UNIX", "socket-high", EAFNOSUPPORT, EAFNOSUPPORT },
                { "RestrictAddressFamilies=~AF_INET", "socket-inet", 0, EAFNOSUPPORT },
                { "RestrictAddressFamilies=~AF_INET", "socket-unix", 0, 0 },
                { "RestrictAddressFamilies=none", "socket-unix", 0, EAFNOSUPPORT },
                { "RestrictRealtime=yes", "idle", 0, 0 },
                { "RestrictSUIDSGID=yes", "chmod-suid", 0, EPERM },
                { "RestrictSUIDSGID=yes", "chmod", 0, 0 },
                { "RestrictSUIDSGID=yes", "open-suid", 0, EPERM },
                { "LockPersonality=yes", "personality", 0, EPERM },
                { "MemoryDenyWriteExecute=yes", "write-execute", 0, EPERM },
        };
        World *w = *state;

        make_file(w);
        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                expect(w, cases[i].what, "", cases[i].without);
                expect(w, cases[i].what, cases[i].line, cases[i].with);
        }
}

static void as_root_more_is_denied(void **state) {
        World *w = *state;

        NEED_ROOT();
        expect(w, "unshare-net", "RestrictNamespaces=uts", EPERM);
        expect(w, "unshare-uts", "RestrictNamespaces=uts", 0);
        expect(w, "unshare-uts", "RestrictNamespaces=~net", 0);
        expect(w, "realtime", "RestrictRealtime=yes", EPERM);
        expect(w, "modules", "ProtectKernelModules=yes", EPERM);
        expect(w, "clock", "ProtectClock=yes", EPERM);
        expect(w, "syslog", "ProtectKernelLogs=yes", EPERM);
}

static void listed_calls_are_denied(void **state) {
        World *w = *state;

        expect(w, "mkdir", "SystemCallFilter=~mkdir", -SIGSYS);
        expect(w, "mkdir", "SystemCallFilter=~mkdir\nSystemCallErrorNumber=EACCES", EACCES);
        expect(w, "mkdir", "SystemCallFilter=~mkdir:ELOOP sync\nSystemCallErrorNumber=EACCES", ELOOP);
        expect(w, "sync", "SystemCallFilter=~mkdir:ELOOP sync\nSystemCallErrorNumber=EACCES", EACCES);
        expect(w, "mkdir", "SystemCallFilter=~mkdir:kill\nSystemCallErrorNumber=EACCES", -SIGSYS);
}

static void a_denied_call_may_be_allowed_again(void **state) {
        World *w = *state;

        expect(w, "sync", "SystemCallFilter=~@sync\nSystemCallErrorNumber=EACCES", EACCES);
        expect(w, "sync", "SystemCallFilter=~@sync\nSystemCallFilter=sync\nSystemCallErrorNumber=EACCES", 0);
        expect(w, "sync", "SystemCallFilter=~@sync\nSystemCallFilter=", 0);
}

static void unlisted_calls_are_denied(void **state) {
        World *w = *state;

        expect(w, "mkdir", "SystemCallFilter=@system-service", 0);
        expect(w, "modules", "SystemCallFilter=@system-service", -SIGSYS);
        expect(w, "modules", "SystemCallFilter=@system-service\nSystemCallErrorNumber=EACCES", EACCES);
        expect(w, "sync",
               "SystemCallFilter=@system-service\nSystemCallFilter=~@sync\nSystemCallErrorNumber=1", EPERM);
        expect(w, "sync", "SystemCallFilter=@system-service\nSystemCallFilter=~sync:ELOOP", ELOOP);
}

static void calls_of_later_kernels_do_not_exist(void **state) {
        expect(*state, "new", "SystemCallFilter=@system-service", ENOSYS);
}

static void our_architecture_is_always_allowed(void **state) {
        World *w = *state;

        expect(w, "mkdir", "SystemCallArchitectures=native", 0);
        make_file(w);
        expect(w, "sync",
               "SystemCallArchitectures=native\nSystemCallLog=sync\nSystemCallFilter=@system-service", 0);
}

/* PID 1 holds a file for them: the second child only loads what the first has compiled. */
static void filters_are_compiled_once(void **state) {
        World *w = *state;
        struct stat first, second;
        char lines[1024];
        int fd = memfd_create("filters", MFD_CLOEXEC);

        snprintf(lines, sizeof(lines),
                 "ExecStart=%s modules "
                 "`/f\nSystemCallFilter=@system-service\nSystemCallErrorNumber=EACCES\n",
                 actor);
        for (int i = 0; i < 2; i++) {
                spec_free(TAKE(w->spec));
                assert_int_equal(spec_new("a.service", &w->spec), 0);
                world_load(w, lines);
                w->plan.filter_fd = fd;
                world_run(w);
                expect_exit(w, 0);
                assert_int_equal(atoi(w->output.data), EACCES);
                assert_int_equal(fstat(fd, i == 0 ? &first : &second), 0);
        }
        assert_true(first.st_size > 0);
        assert_int_equal(first.st_mtim.tv_nsec, second.st_mtim.tv_nsec);
        close(fd);
}

static void keys_tell_filters_apart(void **state) {
        static const char *const lines[] = {
                "SystemCallFilter=mount",  "SystemCallFilter=~mount",
                "SystemCallLog=mount",     "SystemCallFilter=~mount:EPERM",
                "LockPersonality=yes",     "RestrictNamespaces=~user",
                "RestrictNamespaces=~pid", "SystemCallFilter=mount\nSystemCallErrorNumber=1"
        };
        uint64_t keys[ELEMENTSOF(lines)];
        World *w = *state;

        world_load(w, "ExecStart=/bin/true\n");
        assert_int_equal(exec_filter_key(&w->plan), 0);
        for (size_t i = 0; i < ELEMENTSOF(lines); i++) {
                char text[256];

                snprintf(text, sizeof(text), "ExecStart=/bin/true\n%s\n", lines[i]);
                spec_free(TAKE(w->spec));
                assert_int_equal(spec_new("a.service", &w->spec), 0);
                world_load(w, text);
                keys[i] = exec_filter_key(&w->plan);
                for (size_t k = 0; k < i; k++)
                        assert_int_not_equal(keys[i], keys[k]);
        }
}

static void a_filter_implies_no_new_privileges(void **state) {
        static const char *const lines[] = { "LockPersonality=yes", "SystemCallFilter=~@clock",
                                             "RestrictAddressFamilies=AF_UNIX" };
        World *w = *state;

        NEED_ROOT();
        for (size_t i = 0; i < ELEMENTSOF(lines); i++) {
                char text[256];

                snprintf(text, sizeof(text),
                         "ExecStart=/bin/grep NoNewPrivs /proc/self/status\nUser=nobody\n%s\n", lines[i]);
                spec_free(TAKE(w->spec));
                assert_int_equal(spec_new("a.service", &w->spec), 0);
                run_and_expect(w, text, "NoNewPrivs:\t1\n");
        }
}

/* Their mounts and capabilities do the same: nothing that the service may need is taken for the filter's sake. */
static void a_secondary_filter_implies_nothing(void **state) {
        NEED_ROOT();
        run_and_expect(*state,
                       "ExecStart=/bin/grep NoNewPrivs /proc/self/status\nUser=nobody\nProtectClock=yes\n",
                       "NoNewPrivs:\t0\n");
}

int main(int argc, char **argv) {
        const struct CMUnitTest tests[] = {
                TEST(a_filtered_plan_is_not_light),
                TEST(single_directives_deny),
                TEST(as_root_more_is_denied),
                TEST(listed_calls_are_denied),
                TEST(a_denied_call_may_be_allowed_again),
                TEST(unlisted_calls_are_denied),
                TEST(calls_of_later_kernels_do_not_exist),
                TEST(our_architecture_is_always_allowed),
                TEST(filters_are_compiled_once),
                TEST(keys_tell_filters_apart),
                TEST(a_filter_implies_no_new_privileges),
                TEST(a_secondary_filter_implies_nothing),
        };
        char self[512], *slash;
        ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

        self[n < 0 ? 0 : n] = 0;
        slash = strrchr(self, '/');
        if (!slash)
                return 1;
        snprintf(actor, sizeof(actor), "%.*s/../tools/act", (int)(slash - self), self);
        return cmocka_run_group_tests(tests, NULL, NULL);
}
