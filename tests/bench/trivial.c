/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The least a service can be: no C library start-up, a handful of pages. It
 * writes the moment at which it runs into the FIFO of the measurement and then
 * pauses, or with -DEXITS ends at once and tells nobody.
 */

#include <fcntl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

void _start(void) __attribute__((noreturn));

/* An error would be stored in errno, which has no place yet: the crash that follows is seen. */
void _start(void) {
#ifndef EXITS
        struct timespec now;
        long fd = syscall(SYS_openat, AT_FDCWD, "/out/fifo", O_WRONLY | O_CLOEXEC);

        syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &now);
        syscall(SYS_write, fd, &now, sizeof(now));
        syscall(SYS_close, fd);
        for (;;)
                syscall(SYS_ppoll, NULL, 0, NULL, NULL, 0);
#endif
        for (;;)
                syscall(SYS_exit_group, 0);
}
