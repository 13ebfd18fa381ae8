/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * System calls for svinit-shim. There is one shim for each service, so it is
 * linked without a C library where we know how to call the kernel
 * (-DSHIM_FREESTANDING): a tenth of the memory, half of the time to start.
 * Elsewhere the C library does the same. A result is -errno on failure.
 */

#include <errno.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifdef SHIM_FREESTANDING

#if defined(__x86_64__)
static inline long system_call(long number, long a, long b, long c, long d, long e, long f) {
        register long r10 asm("r10") = d;
        register long r8 asm("r8") = e;
        register long r9 asm("r9") = f;
        long r;

        asm volatile("syscall"
                     : "=a"(r)
                     : "0"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
        return r;
}
#elif defined(__aarch64__)
static inline long system_call(long number, long a, long b, long c, long d, long e, long f) {
        register long x8 asm("x8") = number;
        register long x0 asm("x0") = a;
        register long x1 asm("x1") = b;
        register long x2 asm("x2") = c;
        register long x3 asm("x3") = d;
        register long x4 asm("x4") = e;
        register long x5 asm("x5") = f;

        asm volatile("svc #0"
                     : "+r"(x0)
                     : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
                     : "memory", "cc");
        return x0;
}
#else
#error "no system calls without a C library for this processor"
#endif

/* As the kernel knows it; 0 is SIG_DFL and 1 SIG_IGN. */
static inline void set_disposition(int signo, long disposition) {
        const struct { long handler, flags, restorer, mask; } action = { .handler = disposition };

        (void)system_call(SYS_rt_sigaction, signo, (long)&action, 0, sizeof(action.mask), 0, 0);
}

/* The first function has no caller, so the stack is not where one would have left it. */
#if defined(__x86_64__)
#define ALIGN_STACK __attribute__((force_align_arg_pointer))
#else
#define ALIGN_STACK
#endif

#define PROGRAM_ENTRY(function)                                                                              \
        void _start(void) __attribute__((noreturn, used));                                                   \
        ALIGN_STACK void _start(void) {                                                                      \
                function();                                                                                  \
                for (;;)                                                                                     \
                        (void)system_call(SYS_exit_group, 0, 0, 0, 0, 0, 0);                                 \
        }

#else

static inline long system_call(long number, long a, long b, long c, long d, long e, long f) {
        long r = syscall(number, a, b, c, d, e, f);

        return r < 0 ? -errno : r;
}

static inline void set_disposition(int signo, long disposition) {
        (void)signal(signo, disposition == 0 ? SIG_DFL : SIG_IGN);
}

#define PROGRAM_ENTRY(function)                                                                              \
        int main(void) {                                                                                     \
                function();                                                                                  \
                return 0;                                                                                    \
        }

#endif
