/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What is run below an init that runs one command, and beside it.
 *
 *      command pairs N --- A... --- B...  each N times in turn, with "command stamp" behind it: the least
 *                                         microseconds to the command's first instruction and to the end of all
 *      command stamp                      the clock, to standard output
 *      command die SIGNAL                 by that signal, or with 0 when it does not kill
 *      command catch                      the clock into the FIFO; ends at the first signal, its number is the code
 *      command echo                       the clock into the FIFO, once more for each SIGUSR1, until SIGTERM
 */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CANDIDATES_MAX 8

static char *self;
static int fifo = -1;

static long long nanoseconds(const struct timespec *t) {
        return (long long)t->tv_sec * 1000000000 + t->tv_nsec;
}

static void stamp(int fd) {
        struct timespec now;

        clock_gettime(CLOCK_MONOTONIC, &now);
        if (write(fd, &now, sizeof(now)) != sizeof(now))
                _exit(99);
}

/* One run; false: it did not come to its end as it should. */
static int run(char **argv, double *ret_start, double *ret_all) {
        struct timespec begin, first, end;
        int out[2], status = -1, good;
        pid_t pid;

        if (pipe(out) < 0)
                return 0;
        clock_gettime(CLOCK_MONOTONIC, &begin);
        pid = vfork();
        if (pid == 0) {
                dup2(out[1], STDOUT_FILENO);
                execvp(argv[0], argv);
                _exit(127);
        }
        close(out[1]);
        good = pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
        clock_gettime(CLOCK_MONOTONIC, &end);
        good = good && read(out[0], &first, sizeof(first)) == sizeof(first);
        close(out[0]);
        *ret_start = (double)(nanoseconds(&first) - nanoseconds(&begin)) / 1000;
        *ret_all = (double)(nanoseconds(&end) - nanoseconds(&begin)) / 1000;
        return good;
}

/* The work itself: what comes on top is the machine's. */
static double least(const double *v, int n) {
        double found = v[0];

        for (int i = 1; i < n; i++)
                if (v[i] < found)
                        found = v[i];
        return found;
}

static int pairs(int n, char **argv) {
        char *candidates[CANDIDATES_MAX][16];
        double *start[CANDIDATES_MAX], *all[CANDIDATES_MAX];
        int k = -1, words = 0;

        for (; *argv; argv++) {
                if (strcmp(*argv, "---") == 0) {
                        if (++k == CANDIDATES_MAX)
                                return 2;
                        words = 0;
                } else if (k < 0 || words > 12)
                        return 2;
                else
                        candidates[k][words++] = *argv;
                candidates[k][words] = self;
                candidates[k][words + 1] = (char *)"stamp";
                candidates[k][words + 2] = NULL;
        }
        for (int c = 0; c <= k; c++) {
                start[c] = calloc((size_t)n, sizeof(double));
                all[c] = calloc((size_t)n, sizeof(double));
        }
        for (int i = 0; i < n; i++)
                for (int c = 0; c <= k; c++)
                        if (!run(candidates[c], start[c] + i, all[c] + i))
                                return fprintf(stderr, "command: %s failed\n", candidates[c][0]), 1;
        for (int c = 0; c <= k; c++)
                fprintf(stderr, "%.1f %.1f\n", least(start[c], n), least(all[c], n));
        return 0;
}

static void on_signal(int signo) {
        _exit(signo);
}

static void on_echo(int signo) {
        stamp(fifo);
}

static void catch_signals(void (*one)(int)) {
        struct sigaction sa = { .sa_handler = on_signal };

        sigfillset(
                &sa.sa_mask); /* of two that come together the first decides: SIGTERM, not the SIGCONT behind it */
        fifo = open("/out/fifo", O_WRONLY | O_CLOEXEC);
        for (int signo = 1; signo <= SIGRTMAX; signo++) {
                sa.sa_handler = one && signo == SIGUSR1 ? one : on_signal;
                (void)sigaction(signo, &sa, NULL);
        }
        stamp(fifo);
        for (;;)
                poll(NULL, 0, -1);
}

int main(int argc, char **argv) {
        self = argv[0];
        if (argc == 2 && strcmp(argv[1], "stamp") == 0)
                return stamp(STDOUT_FILENO), 0;
        if (argc == 2 && strcmp(argv[1], "catch") == 0)
                catch_signals(NULL);
        if (argc == 2 && strcmp(argv[1], "echo") == 0)
                catch_signals(on_echo);
        if (argc == 3 && strcmp(argv[1], "die") == 0) {
                struct rlimit none = { 0 };

                (void)setrlimit(RLIMIT_CORE, &none);
                return kill(getpid(), atoi(argv[2])) < 0;
        }
        return argc > 3 && strcmp(argv[1], "pairs") == 0 ? pairs(atoi(argv[2]), argv + 3) : 2;
}
