/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * orphans N: N processes whose parents have gone end, 100 at a time, for the
 * init to reap. Tells begin and end through the FIFO, then waits to be killed.
 */

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define BATCH 100

static void say(int fifo) {
        struct timespec now;

        clock_gettime(CLOCK_MONOTONIC, &now);
        if (write(fifo, &now, sizeof(now)) != sizeof(now))
                exit(1);
}

/* The parent of a batch. Its children read until the gate is shut, which is after it has gone. */
static void make_batch(const int gate[2]) {
        char c;

        close(gate[1]);
        for (unsigned i = 0; i < BATCH; i++)
                if (fork() == 0)
                        _exit(read(gate[0], &c, 1) != 0);
        _exit(0);
}

static void run_batch(void) {
        int gate[2];
        pid_t pid;

        if (pipe2(gate, O_CLOEXEC) < 0)
                exit(1);
        pid = fork();
        if (pid == 0)
                make_batch(gate);
        if (pid < 0 || waitpid(pid, NULL, 0) != pid)
                exit(1);
        close(gate[0]);
        close(gate[1]);
}

int main(int argc, char **argv) {
        unsigned n = argc > 1 ? (unsigned)atoi(argv[1]) : 1000;
        int fifo = open("/out/fifo", O_WRONLY | O_CLOEXEC);

        if (fifo < 0)
                return perror("orphans"), 1;
        poll(NULL, 0, 200); /* the init's own start is over */
        say(fifo);
        poll(NULL, 0, 100); /* the reader has read the counters */
        for (unsigned i = 0; i < n / BATCH; i++)
                run_batch();
        say(fifo);
        for (;;)
                pause();
}
