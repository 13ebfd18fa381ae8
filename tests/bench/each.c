/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * each N PID PROGRAM ARGS: runs PROGRAM N times in the namespaces of process
 * PID (0: here), one after the other, and prints wall and CPU microseconds of
 * each, and at the end what the whole container has used meanwhile. Setting up
 * is not in the measurement: the namespaces are entered once.
 */

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void enter(int pid) {
        static const char *const spaces[] = { "cgroup", "ipc", "uts", "net", "pid", "mnt" };
        char path[64];
        int fds[6];

        for (unsigned i = 0; i < 6; i++) {
                snprintf(path, sizeof(path), "/proc/%d/ns/%s", pid, spaces[i]);
                fds[i] = open(path, O_RDONLY | O_CLOEXEC);
        }
        for (unsigned i = 0; i < 6; i++)
                if (fds[i] < 0 || setns(fds[i], 0) < 0) {
                        perror("each: setns");
                        exit(1);
                }
}

static long long microseconds(void) {
        struct timespec t;

        clock_gettime(CLOCK_MONOTONIC, &t);
        return (long long)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static long long cpu_of(const struct rusage *ru) {
        return (long long)(ru->ru_utime.tv_sec + ru->ru_stime.tv_sec) * 1000000 + ru->ru_utime.tv_usec +
               ru->ru_stime.tv_usec;
}

static int run(char **argv) {
        long long start = microseconds();
        struct rusage ru;
        int status;
        pid_t pid = vfork();

        if (pid == 0) {
                execvp(argv[0], argv);
                _exit(127);
        }
        while (pid >= 0 && wait4(pid, &status, 0, &ru) != pid)
                if (errno != EINTR)
                        pid = -1;
        if (pid < 0 || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
                return fprintf(stderr, "each: %s: status %#x\n", argv[0], status), 1;
        fprintf(stderr, "%lld %lld\n", microseconds() - start, cpu_of(&ru));
        return 0;
}

/* What all processes of the container have used, in microseconds. */
static long long account(void) {
        int fd = open("/account/cpuacct.usage", O_RDONLY | O_CLOEXEC);
        char text[32] = "";

        if (fd < 0 || read(fd, text, sizeof(text) - 1) < 0)
                perror("each: /account");
        close(fd);
        return atoll(text) / 1000;
}

int main(int argc, char **argv) {
        long long before;

        if (argc < 4)
                return 2;
        if (atoi(argv[2]) > 0)
                enter(atoi(argv[2]));
        before = account();
        for (int i = 0; i < atoi(argv[1]); i++)
                if (run(argv + 3) != 0)
                        return 1;
        fprintf(stderr, "total %lld\n", account() - before);
        return 0;
}
