/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What is still possible behind svinit-journald's sandbox. Each test is a
 * child that enters it, as there is no way back.
 */

#include "base/macro.h"
#include "companion/sandbox.h"
#include "journal/whose.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* Nothing but libc may be called behind the filter, so the child says by its exit code which line failed. */
#define CHECK(x)                                                                                             \
        do {                                                                                                 \
                if (!(x))                                                                                    \
                        _exit(__LINE__ % 250 + 1);                                                           \
        } while (0)

static char dir[64], other[64];

static bool has_landlock(void) {
        return syscall(SYS_landlock_create_ruleset, NULL, 0, 1U) > 0;
}

static int setup(void **state) {
        strcpy(dir, "/tmp/svinit-sandbox-XXXXXX");
        strcpy(other, "/tmp/svinit-outside-XXXXXX");
        return mkdtemp(dir) && mkdtemp(other) ? 0 : -1;
}

static int teardown(void **state) {
        rmdir(dir);
        rmdir(other);
        return 0;
}

static void enter(void) {
        const char *const directories[] = { dir, "/does/not/exist" };

        CHECK(sandbox_enter(&(Sandbox){ .directories = directories, .n_directories = 2 }));
}

static void in_child(void (*what)(void)) {
        int status;
        pid_t pid = fork();

        if (pid == 0) {
                what();
                _exit(0);
        }
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_int_equal(status, 0);
}

static void use_directory(void) {
        char path[128], again[128];
        int fd;

        enter();
        snprintf(path, sizeof(path), "%s/a", dir);
        snprintf(again, sizeof(again), "%s/b", dir);
        fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        CHECK(fd >= 0 && ftruncate(fd, 4096) == 0 && rename(path, again) == 0 && unlink(again) == 0);
}

static void journal_files_are_made_renamed_and_removed(void **state) {
        in_child(use_directory);
}

static bool is_refused(const char *path, int flags) {
        return open(path, flags | O_CLOEXEC, 0600) < 0 && errno == EACCES;
}

static void leave_directory(void) {
        char path[128], around[192];
        int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        enter();
        snprintf(path, sizeof(path), "%s/a", other);
        snprintf(around, sizeof(around), "%s/../%s/a", dir, other + strlen("/tmp/"));
        CHECK(is_refused(path, O_RDWR | O_CREAT));
        CHECK(is_refused(around, O_RDWR | O_CREAT));
        CHECK(is_refused("/etc/passwd", O_RDONLY));
        CHECK(openat(fd, "../..", O_RDONLY | O_DIRECTORY | O_CLOEXEC) < 0 && errno == EACCES);
        CHECK(openat(fd, "/etc/passwd", O_RDONLY | O_CLOEXEC) < 0 && errno == EACCES);
        CHECK(symlink("/etc", around) < 0 && link("/etc/passwd", path) < 0);
}

static void nothing_else_is_opened_by_name(void **state) {
        if (!has_landlock())
                skip();
        in_child(leave_directory);
}

static void *in_thread(void *argument) {
        return argument;
}

static void use_calls(void) {
        char *const argv[] = { (char *)"true", NULL };
        pthread_t thread;
        void *result, *page;

        enter();
        CHECK(pthread_create(&thread, NULL, in_thread, dir) == 0);
        CHECK(pthread_join(thread, &result) == 0 && result == dir);
        CHECK(socket(AF_INET, SOCK_STREAM, 0) < 0 && errno == EPERM);
        CHECK(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0) >= 0);
        CHECK(fork() < 0 && errno == EPERM);
        CHECK(execv("/bin/true", argv) < 0 && errno == EPERM);
        CHECK(mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED);
        page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        CHECK(page != MAP_FAILED && mprotect(page, 4096, PROT_READ) == 0);
        CHECK(mprotect(page, 4096, PROT_READ | PROT_EXEC) < 0 && errno == EPERM);
        CHECK(kill(getppid(), 0) < 0);
        CHECK(chown(dir, 1, 1) < 0 && errno == EPERM);
        CHECK(syscall(SYS_mount, "none", dir, "tmpfs", 0, NULL) < 0 && errno == EPERM);
        CHECK(syscall(SYS_ptrace, 16, getppid(), 0, 0) < 0 && errno == EPERM);
}

static void __attribute__((unused)) threads_work_and_processes_programs_networks_do_not(void **state) {
        in_child(use_calls);
}

static void read_status(void) {
        static const char *const lines[] = { "NoNewPrivs:\t1\n", "Seccomp:\t2\n",
                                             "CapPrm:\t0000000000000000\n", "CapEff:\t0000000000000000\n",
                                             "CapAmb:\t0000000000000000\n" };
        char text[4096] = "";
        int fd;

        enter();
        fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
        CHECK(fd >= 0 && read(fd, text, sizeof(text) - 1) > 0);
        for (size_t i = 0; i < ELEMENTSOF(lines); i++)
                CHECK(strstr(text, lines[i]));
        CHECK(geteuid() != 0 || strstr(text, "CapBnd:\t0000000000000000\n"));
}

static void __attribute__((unused)) no_capability_is_left(void **state) {
        in_child(read_status);
}

static void ask(void) {
        char before[4096] = "", after[4096] = "";
        ssize_t n = whose_program(getppid(), before, sizeof(before));

        CHECK(n > 0);
        whose_begin();
        enter();
        CHECK(whose_program(getppid(), after, sizeof(after)) == n && memcmp(before, after, (size_t)n) == 0);
        CHECK(whose_program(-1, after, sizeof(after)) == -1);
        CHECK(whose_program(getppid(), after, sizeof(after)) == n);
}

static void program_of_a_process_is_still_known(void **state) {
        in_child(ask);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(journal_files_are_made_renamed_and_removed),
                cmocka_unit_test(nothing_else_is_opened_by_name),
#ifndef __SANITIZE_ADDRESS__ /* the filter is not there: see sandbox-calls.c */
                cmocka_unit_test(threads_work_and_processes_programs_networks_do_not),
                cmocka_unit_test(no_capability_is_left),
#endif
                cmocka_unit_test(program_of_a_process_is_still_known),
        };

        return cmocka_run_group_tests(tests, setup, teardown);
}
