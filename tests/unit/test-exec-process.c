/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a process is by itself: memory policy, core dumps, keyring, labels, terminal. */

#include "exec-world.h"

#include <sched.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <termios.h>

static char self[512];

#define GET_KEYRING 0
#define SESSION_KEYRING (-3)

static long session_keyring(void) {
        return syscall(SYS_keyctl, GET_KEYRING, SESSION_KEYRING, 0, 0, 0);
}

static void run(World *w, const char *settings) {
        char lines[2048];

        spec_free(TAKE(w->spec));
        assert_int_equal(spec_new("a.service", &w->spec), 0);
        snprintf(lines, sizeof(lines), "%s\n", settings);
        world_load(w, lines);
        memset(&w->status, 0, sizeof(w->status));
        world_run(w);
}

static void core_dumps_have_what_was_asked_for(void **state) {
        run_and_expect(*state,
                       "ExecStart=/bin/cat /proc/self/coredump_filter\nCoredumpFilter=private-huge 0x3\n",
                       "00000023\n");
}

static void memory_comes_from_the_nodes_asked_for(void **state) {
        World *w = *state;

        run(w, "ExecStart=/bin/sh -c 'grep -c bind:0 /proc/self/numa_maps'\nNUMAPolicy=bind\nNUMAMask=0");
        if (w->status.unapplied[0] || w->end.si_status != 0)
                skip(); /* a kernel without NUMA */
        assert_true(atoi(w->output.data) > 0);
        run(w, "ExecStart=/bin/true\nNUMAPolicy=bind\nNUMAMask=900");
        expect_exit(w, 242);
}

/* The whole machine is one node, or we cannot know: its processors and not the one that we run on. */
static void processors_come_from_the_nodes_asked_for(void **state) {
        cpu_set_t ours, one;
        World *w = *state;

        if (access("/sys/devices/system/node/node0/cpulist", R_OK) < 0 ||
            access("/sys/devices/system/node/node1", F_OK) >= 0)
                skip();
        assert_int_equal(sched_getaffinity(0, sizeof(ours), &ours), 0);
        CPU_ZERO(&one);
        for (int i = 0; CPU_COUNT(&one) == 0; i++)
                if (CPU_ISSET(i, &ours))
                        CPU_SET(i, &one);
        assert_int_equal(sched_setaffinity(0, sizeof(one), &one), 0);
        run(w, "ExecStart=/usr/bin/nproc\nCPUAffinity=numa\nNUMAMask=0");
        assert_int_equal(sched_setaffinity(0, sizeof(ours), &ours), 0);
        expect_exit(w, 0);
        assert_true(atoi(w->output.data) >= CPU_COUNT(&ours));
        run(w, "ExecStart=/bin/true\nCPUAffinity=numa\nNUMAMask=900");
        assert_string_equal(w->status.unapplied,
                            "CPUAffinity=: no such NUMA node can be seen here (NUMAMask=)\n");
}

static void session_keyrings_are_private(void **state) {
        World *w = *state;
        char line[600];
        long ours = session_keyring();

        if (ours < 0)
                skip(); /* denied here */
        snprintf(line, sizeof(line), "ExecStart=%s --keyring\nKeyringMode=private", self);
        run(w, line);
        assert_true(atol(w->output.data) > 0 && atol(w->output.data) != ours);
        snprintf(line, sizeof(line), "ExecStart=%s --keyring\nKeyringMode=inherit", self);
        run(w, line);
        assert_int_equal(atol(w->output.data), ours);
        snprintf(line, sizeof(line), "ExecStart=%s --keyring\nKeyringMode=shared", self);
        run(w, line);
        expect_exit(w, 0);
}

/* No test machine runs all three; a module that is not there is noted, or passed over after "-". */
static void labels_of_missing_modules_are_told(void **state) {
        World *w = *state;

        if (access("/sys/fs/smackfs/load2", F_OK) >= 0)
                skip();
        run(w, "ExecStart=/bin/true\nSmackProcessLabel=x");
        expect_exit(w, 0);
        assert_string_equal(w->status.unapplied,
                            "SmackProcessLabel=: the kernel does not run this security module\n");
        run(w, "ExecStart=/bin/true\nSmackProcessLabel=-x");
        assert_string_equal(w->status.unapplied, "");
}

static int open_terminal(char *path, size_t n) {
        int fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);

        assert_true(fd >= 0);
        assert_int_equal(grantpt(fd), 0);
        assert_int_equal(unlockpt(fd), 0);
        assert_int_equal(ptsname_r(fd, path, n), 0);
        return fd;
}

static void terminals_get_their_size(void **state) {
        World *w = *state;
        char path[64], lines[256];
        int fd = open_terminal(path, sizeof(path));

        snprintf(lines, sizeof(lines),
                 "ExecStart=/bin/stty "
                 "size\nStandardInput=tty\nStandardOutput=file:`/"
                 "out\nTTYPath=%s\nTTYRows=33\nTTYColumns=77\nTTYReset=yes",
                 path);
        run(w, lines);
        expect_exit(w, 0);
        run(w, "ExecStart=/bin/cat `/out");
        assert_string_equal(w->output.data, "33 77\n");
        close(fd);
}

static void a_busy_terminal_is_told(void **state) {
        World *w = *state;
        char path[64], lines[256];
        int fd = open_terminal(path, sizeof(path)), pipe_fds[2];
        pid_t pid;
        char c;

        assert_int_equal(pipe(pipe_fds), 0);
        pid = fork();
        if (pid == 0) {
                (void)setsid();
                int tty = open(path, O_RDWR); /* becomes its controlling terminal */

                if (tty < 0 || write(pipe_fds[1], "x", 1) != 1)
                        _exit(1);
                pause();
                _exit(0);
        }
        assert_int_equal(read(pipe_fds[0], &c, 1), 1);
        snprintf(lines, sizeof(lines), "ExecStart=/bin/true\nStandardInput=tty-fail\nTTYPath=%s", path);
        run(w, lines);
        expect_exit(w, 208);
        assert_string_equal(w->status.step, "stdin");
        assert_string_equal(w->status.detail, path);
        if (is_root()) {
                snprintf(lines, sizeof(lines), "ExecStart=/bin/true\nStandardInput=tty-force\nTTYPath=%s",
                         path);
                run(w, lines);
                expect_exit(w, 0);
        }
        (void)kill(pid, SIGKILL);
        assert_int_equal(waitpid(pid, NULL, 0), pid);
        close(pipe_fds[0]);
        close(pipe_fds[1]);
        close(fd);
}

int main(int argc, char **argv) {
        const struct CMUnitTest tests[] = {
                TEST(core_dumps_have_what_was_asked_for),
                TEST(memory_comes_from_the_nodes_asked_for),
                TEST(processors_come_from_the_nodes_asked_for),
                TEST(session_keyrings_are_private),
                TEST(labels_of_missing_modules_are_told),
                TEST(terminals_get_their_size),
                TEST(a_busy_terminal_is_told),
        };
        ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

        if (argc > 1 && str_equal(argv[1], "--keyring"))
                return printf("%ld\n", session_keyring()) < 0;
        if (n < 0)
                return 1;
        return cmocka_run_group_tests(tests, NULL, NULL);
}
