/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "exec/clone.h"

#include "base/macro.h"

#include <errno.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef CLONE_INTO_CGROUP
#define CLONE_INTO_CGROUP UINT64_C(0x200000000)
#endif

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define HAS_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define HAS_SANITIZER 1
#endif
#endif

/* struct clone_args as far as we use it: the C library's header may be older than CLONE_INTO_CGROUP. */
typedef struct CloneArguments {
        uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid,
                set_tid_size, cgroup;
} CloneArguments;

/* Said once by the kernel or the container's filter, true for the life of the process. */
static bool clone3_is_missing;

/* Does this error mean "not here" (and not "not now")? */
static bool note_missing(int e) {
        if (e != ENOSYS && e != EPERM && e != E2BIG && e != EINVAL)
                return false;
        clone3_is_missing = true;
        return true;
}

pid_t clone_copy(int cgroup_fd, bool *ret_in_group) {
        pid_t pid;

        *ret_in_group = false;
        if (cgroup_fd >= 0 && !clone3_is_missing) {
                CloneArguments a = { .flags = CLONE_INTO_CGROUP,
                                     .exit_signal = SIGCHLD,
                                     .cgroup = (uint64_t)cgroup_fd };
                long r = syscall(SYS_clone3, &a, sizeof(a));

                if (r >= 0) {
                        *ret_in_group = true;
                        return (pid_t)r;
                }
                if (!note_missing(errno))
                        return -errno;
        }
        pid = fork();
        return pid < 0 ? -errno : pid;
}

#ifdef HAS_SANITIZER

/* Its shadow memory would keep the marks of the child's frames. */
pid_t clone_shared(int cgroup_fd, CloneFunction run, void *userdata) {
        return -EOPNOTSUPP;
}

#else

#define SHARED_STACK_SIZE (64 * 1024)

/* The child returns from the kernel on its own stack, so the call and what follows it cannot be written in C. */
#if defined(__x86_64__)
#define HAS_CLONE3_CALL 1
static long clone3_call(const CloneArguments *a, CloneFunction run, void *userdata) {
        register CloneFunction function asm("r12") = run;
        register void *argument asm("r13") = userdata;
        long r;

        asm volatile("syscall\n\t"
                     "test %%rax, %%rax\n\t"
                     "jnz 1f\n\t"
                     "mov %[argument], %%rdi\n\t"
                     "call *%[function]\n\t"
                     "mov %%eax, %%edi\n\t"
                     "mov %[exit_number], %%eax\n\t"
                     "syscall\n\t"
                     "hlt\n"
                     "1:"
                     : "=a"(r)
                     : "0"((long)SYS_clone3), "D"(a), "S"(sizeof(*a)), [function] "r"(function),
                       [argument] "r"(argument), [exit_number] "i"(SYS_exit_group)
                     : "rcx", "r11", "memory", "cc");
        return r;
}
#elif defined(__aarch64__)
#define HAS_CLONE3_CALL 1
static long clone3_call(const CloneArguments *a, CloneFunction run, void *userdata) {
        register long number asm("x8") = SYS_clone3;
        register long x0 asm("x0") = (long)a;
        register long x1 asm("x1") = sizeof(*a);
        register CloneFunction function asm("x19") = run;
        register void *argument asm("x20") = userdata;

        asm volatile("svc #0\n\t"
                     "cbnz x0, 1f\n\t"
                     "mov x0, %[argument]\n\t"
                     "blr %[function]\n\t"
                     "mov x8, %[exit_number]\n\t"
                     "svc #0\n\t"
                     "brk #1\n"
                     "1:"
                     : "+r"(x0)
                     : "r"(x1), "r"(number), [function] "r"(function), [argument] "r"(argument),
                       [exit_number] "i"(SYS_exit_group)
                     : "x30", "memory", "cc");
        return x0;
}
#endif

static pid_t clone_into_group(int cgroup_fd, char *stack, CloneFunction run, void *userdata) {
#ifdef HAS_CLONE3_CALL
        CloneArguments a = { .flags = CLONE_INTO_CGROUP | CLONE_VM | CLONE_VFORK,
                             .exit_signal = SIGCHLD,
                             .stack = (uint64_t)(uintptr_t)stack,
                             .stack_size = SHARED_STACK_SIZE,
                             .cgroup = (uint64_t)cgroup_fd };
        long r;

        if (clone3_is_missing)
                return -EOPNOTSUPP;
        r = clone3_call(&a, run, userdata);
        if (r < 0 && note_missing((int)-r))
                return -EOPNOTSUPP;
        return (pid_t)r;
#else
        return -EOPNOTSUPP;
#endif
}

pid_t clone_shared(int cgroup_fd, CloneFunction run, void *userdata) {
        /* Ours while we stand still; only the pages that the child touches exist. */
        char stack[SHARED_STACK_SIZE] __attribute__((aligned(16)));
        pid_t pid;

        if (cgroup_fd >= 0)
                return clone_into_group(cgroup_fd, stack, run, userdata);
        pid = clone(run, stack + sizeof(stack), CLONE_VM | CLONE_VFORK | SIGCHLD, userdata);
        return pid < 0 ? -errno : pid;
}

#endif
