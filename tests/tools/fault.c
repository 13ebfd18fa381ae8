/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Bad luck on request: a library that is loaded before svinit (LD_PRELOAD) and
 * makes allocations and new processes fail in PID 1, and nowhere else.
 *
 * Who drives the test maps the file FAULT_FILE and writes there what is to
 * fail (fault.h); without the file nothing does.
 */

#include "fault.h"

#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static Faults *faults; /* NULL: not in PID 1, or nobody asked */
static bool trace;
static __thread bool inside; /* backtrace() may allocate */

static void *(*next_malloc)(size_t);
static void *(*next_calloc)(size_t, size_t);
static void *(*next_realloc)(void *, size_t);
static int (*next_posix_memalign)(void **, size_t, size_t);
static void *(*next_aligned_alloc)(size_t, size_t);
static pid_t (*next_fork)(void);
static int (*next_clone)(int (*)(void *), void *, int, void *, ...);

/* dlsym() itself may ask for memory. */
static char early[4096];
static size_t early_used;

static void *early_memory(size_t size) {
        size_t at = (early_used + 15) & ~(size_t)15;

        if (at + size > sizeof(early))
                abort();
        early_used = at + size;
        return early + at;
}

static void find_next(void) {
        static bool busy;

        if (next_malloc || busy)
                return;
        busy = true;
        next_calloc = dlsym(RTLD_NEXT, "calloc");
        next_realloc = dlsym(RTLD_NEXT, "realloc");
        next_posix_memalign = dlsym(RTLD_NEXT, "posix_memalign");
        next_aligned_alloc = dlsym(RTLD_NEXT, "aligned_alloc");
        next_fork = dlsym(RTLD_NEXT, "fork");
        next_clone = dlsym(RTLD_NEXT, "clone");
        next_malloc = dlsym(RTLD_NEXT, "malloc");
        busy = false;
}

static __attribute__((constructor)) void map_faults(void) {
        void *warm[2];
        int fd;

        find_next();
        if (getpid() != 1)
                return;
        fd = open(FAULT_FILE, O_RDWR | O_CLOEXEC);
        if (fd < 0)
                return;
        faults = mmap(NULL, sizeof(*faults), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        close(fd);
        if (faults == MAP_FAILED)
                faults = NULL;
        else
                faults->ready = 1;
        trace = getenv("FAULT_TRACE");
        (void)backtrace(warm, 2);
}

static void show_place(const char *what) {
        void *frames[24];

        inside = true;
        (void)!write(2, what, strlen(what));
        backtrace_symbols_fd(frames, backtrace(frames, 24), 2);
        inside = false;
}

/* xorshift: the same faults for the same seed. */
static bool chance(void) {
        uint64_t x = faults->seed;

        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        faults->seed = x;
        return x % faults->one_in == 0;
}

/* A process between clone() and exec shares our memory, but not our luck. */
static bool allocation_fails(void) {
        bool fails;

        if (!faults || !faults->memory || inside || getpid() != 1)
                return false;
        faults->n_seen++;
        fails = faults->one_in > 0 ? chance()
                                   : faults->n_seen >= faults->first &&
                                             faults->n_seen - faults->first < faults->how_many;
        if (fails) {
                faults->n_failed++;
                errno = ENOMEM;
                if (trace)
                        show_place("refused:\n");
        }
        return fails;
}

void *malloc(size_t size) {
        find_next();
        if (!next_malloc)
                return early_memory(size);
        return allocation_fails() ? NULL : next_malloc(size);
}

void *calloc(size_t n, size_t size) {
        find_next();
        if (!next_malloc)
                return early_memory(n * size);
        return allocation_fails() ? NULL : next_calloc(n, size);
}

void *realloc(void *p, size_t size) {
        find_next();
        return allocation_fails() ? NULL : next_realloc(p, size);
}

int posix_memalign(void **ret, size_t alignment, size_t size) {
        find_next();
        return allocation_fails() ? ENOMEM : next_posix_memalign(ret, alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
        find_next();
        return allocation_fails() ? NULL : next_aligned_alloc(alignment, size);
}

static bool process_fails(void) {
        if (!faults || faults->process_error == 0 || getpid() != 1)
                return false;
        faults->n_failed++;
        errno = (int)faults->process_error;
        return true;
}

pid_t fork(void) {
        find_next();
        return process_fails() ? -1 : next_fork();
}

int clone(int (*run)(void *), void *stack, int flags, void *argument, ...) {
        find_next();
        return process_fails() ? -1 : next_clone(run, stack, flags, argument);
}
