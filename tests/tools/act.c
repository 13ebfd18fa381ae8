/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * act WHAT PATH: makes one system call and prints its errno, or 0. The service
 * of test-exec-seccomp; a program of its own, because what a sanitizer brings
 * into a program does not start behind such filters.
 */

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* errno, or 0 */
static int result(long r) {
        return r < 0 ? errno : 0;
}

static int try_mmap(void) {
        void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

        return p == MAP_FAILED ? errno : 0;
}

static int try_open_set_id(const char *path) {
        int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 04755);

        return fd < 0 ? errno : 0;
}

static int is(const char *a, const char *b) {
        return strcmp(a, b) == 0;
}

static int act(const char *what, const char *path) {
        struct sched_param realtime = { .sched_priority = 1 }, ordinary = { 0 };

        if (is(what, "unshare-net"))
                return result(unshare(CLONE_NEWNET));
        if (is(what, "unshare-uts"))
                return result(unshare(CLONE_NEWUTS));
        if (is(what, "unshare-user"))
                return result(unshare(CLONE_NEWUSER));
        if (is(what, "clone3"))
                return result(syscall(SYS_clone3, NULL, 0));
        if (is(what, "socket-unix"))
                return result(socket(AF_UNIX, SOCK_STREAM, 0));
        if (is(what, "socket-inet"))
                return result(socket(AF_INET, SOCK_STREAM, 0));
        if (is(what, "socket-high"))
                return result(syscall(SYS_socket, 1000, SOCK_STREAM, 0));
        if (is(what, "realtime"))
                return result(sched_setscheduler(0, SCHED_FIFO, &realtime));
        if (is(what, "idle"))
                return result(sched_setscheduler(0, SCHED_IDLE, &ordinary));
        if (is(what, "chmod-suid"))
                return result(chmod(path, 04755));
        if (is(what, "chmod"))
                return result(chmod(path, 0755));
        if (is(what, "open-suid"))
                return try_open_set_id(path);
        if (is(what, "personality"))
                return result(personality(ADDR_NO_RANDOMIZE));
        if (is(what, "write-execute"))
                return try_mmap();
        if (is(what, "syslog"))
                return result(syscall(SYS_syslog, 10, NULL, 0)); /* the size of the buffer */
        if (is(what, "modules"))
                return result(syscall(SYS_delete_module, "no-such-module", 0));
        if (is(what, "hostname"))
                return result(syscall(SYS_sethostname, "x", -1));
        if (is(what, "clock"))
                return result(syscall(SYS_settimeofday, NULL, (void *)1));
        if (is(what, "mkdir"))
                return result(mkdir(path, 0755));
        if (is(what, "sync"))
                return result(syscall(SYS_sync));
        if (is(what, "new")) /* a number that nobody has given yet */
                return result(syscall(1000));
        return 255;
}

int main(int argc, char **argv) {
        char text[16];
        int n;

        if (argc != 3)
                return 2;
        n = snprintf(text, sizeof(text), "%d\n", act(argv[1], argv[2]));
        return write(STDOUT_FILENO, text, (size_t)n) == n ? 0 : 1;
}
