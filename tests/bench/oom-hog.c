/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * oom-hog FILE [BYTES]: a service of tests/bench/resources. Takes memory until
 * it is killed, or kills itself when it has BYTES, and leaves in FILE when each
 * run began and when it last got some: pairs of CLOCK_MONOTONIC, in ns. After
 * RUNS kills it stays as it is.
 */

#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define RUNS 40
#define STEP 16384

typedef struct Record {
        volatile int64_t n;
        volatile struct { int64_t begin, last; } runs[RUNS + 1];
} Record;

static int64_t now(void) {
        struct timespec ts;

        clock_gettime(CLOCK_MONOTONIC, &ts);
        return ts.tv_sec * INT64_C(1000000000) + ts.tv_nsec;
}

int main(int argc, char **argv) {
        int64_t begin = now(), most = argc > 2 ? atoll(argv[2]) : INT64_MAX, i;
        int fd = argc >= 2 ? open(argv[1], O_RDWR | O_CREAT | O_CLOEXEC, 0600) : -1;
        Record *r;

        if (fd < 0 || ftruncate(fd, sizeof(*r)) < 0)
                return 1;
        r = mmap(NULL, sizeof(*r), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        if (r == MAP_FAILED)
                return 1;
        i = r->n;
        r->runs[i].begin = begin;
        if (i == RUNS)
                for (;;)
                        pause();
        r->n = i + 1;
        for (int64_t taken = 0;; taken += STEP) {
                char *p = mmap(NULL, STEP, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE,
                               -1, 0);

                if (p == MAP_FAILED)
                        return 1;
                r->runs[i].last = now();
                if (taken >= most)
                        (void)kill(getpid(), SIGKILL);
        }
}
