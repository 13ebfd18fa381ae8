/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The system calls of what runs beside PID 1, as a filter. Only a few dozen
 * numbers are compared, and the kernel remembers the outcome for each, so this
 * is written down directly. A call that is not listed fails with EPERM, except
 * clone3: the C library asks for it first and is content with clone then.
 */

#include "companion/sandbox.h"

#include "base/macro.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

/* What sanitizers bring into a program does not work behind a filter. */
#if defined(__SANITIZE_ADDRESS__)
#elif defined(__x86_64__)
#define OUR_ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__i386__)
#define OUR_ARCHITECTURE AUDIT_ARCH_I386
#elif defined(__aarch64__)
#define OUR_ARCHITECTURE AUDIT_ARCH_AARCH64
#elif defined(__arm__)
#define OUR_ARCHITECTURE AUDIT_ARCH_ARM
#elif defined(__riscv) && __riscv_xlen == 64
#define OUR_ARCHITECTURE AUDIT_ARCH_RISCV64
#elif defined(__powerpc64__)
#define OUR_ARCHITECTURE AUDIT_ARCH_PPC64LE
#endif

#ifdef OUR_ARCHITECTURE

#define CALLS_MAX 160
#define ARGUMENT_LOW(i) (offsetof(struct seccomp_data, args) + (i) * sizeof(uint64_t))

typedef struct Filter {
        struct sock_filter code[CALLS_MAX * 2 + 64];
        unsigned short n;
} Filter;

static void add(Filter *f, struct sock_filter instruction) {
        if (f->n < ELEMENTSOF(f->code))
                f->code[f->n++] = instruction;
}

static void begin(Filter *f) {
        add(f, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)));
        add(f, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, OUR_ARCHITECTURE, 1, 0));
        add(f, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS));
        add(f, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)));
}

static void on_call(Filter *f, unsigned call, uint32_t action) {
        add(f, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 1));
        add(f, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, action));
}

/* The call is allowed when of that argument the bits of `mask` are one of the values, else refused. */
static void on_argument(Filter *f, unsigned call, unsigned argument, uint32_t mask, const uint32_t *values,
                        uint8_t n) {
        add(f, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, (uint8_t)(3 + 2 * n)));
        add(f, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)ARGUMENT_LOW(argument)));
        add(f, (struct sock_filter)BPF_STMT(BPF_ALU | BPF_AND | BPF_K, mask));
        for (uint8_t i = 0; i < n; i++)
                on_call(f, values[i], SECCOMP_RET_ALLOW);
        add(f, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM));
}

static bool install(Filter *f) {
        struct sock_fprog program = { .len = f->n, .filter = f->code };

        add(f, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM));
        program.len = f->n;
        return f->n < ELEMENTSOF(f->code) && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) >= 0;
}

#define C(name) SYS_##name

static const unsigned short calls[] = {
        /* input and output of what is open */
        C(read),
        C(write),
        C(readv),
        C(writev),
        C(pread64),
        C(pwrite64),
        C(pwritev),
        C(lseek),
        C(close),
        C(splice),
        C(tee),
        C(fcntl),
        C(dup),
        C(ioctl),
        C(ppoll),
        C(epoll_ctl),
        C(epoll_pwait),
        C(recvmsg),
        C(recvfrom),
        C(sendmsg),
        C(sendto),
        C(connect),
        C(accept4),
        C(getsockopt),
        C(setsockopt),
        C(fstat),
        C(statx),
        C(fstatfs),
        C(statfs),
        /* journal files; Landlock says where */
        C(openat),
        C(readlinkat),
        C(faccessat),
        C(unlinkat),
        C(renameat),
        C(mkdirat),
        C(ftruncate),
        C(fallocate),
        C(fsync),
        C(fdatasync),
        C(fchmod),
        C(fchown),
        C(getdents64),
        C(copy_file_range),
        /* memory */
        C(mmap),
        C(munmap),
        C(mremap),
        C(mprotect),
        C(madvise),
        C(brk),
        /* the process itself and its threads */
        C(futex),
        C(rt_sigaction),
        C(rt_sigprocmask),
        C(rt_sigreturn),
        C(restart_syscall),
        C(exit),
        C(exit_group),
        C(getpid),
        C(gettid),
        C(getppid),
        C(getuid),
        C(geteuid),
        C(getgid),
        C(getegid),
        C(set_robust_list),
        C(sched_getaffinity),
        C(sched_yield),
        C(clock_gettime),
        C(clock_nanosleep),
        C(gettimeofday),
        C(getrandom),
        C(sysinfo),
        C(uname),
        C(tgkill),
/* those that not every architecture or C library has */
#ifdef SYS_rseq
        C(rseq),
#endif
#ifdef SYS_faccessat2
        C(faccessat2),
#endif
#ifdef SYS_newfstatat
        C(newfstatat),
#endif
#ifdef SYS_renameat2
        C(renameat2),
#endif
#ifdef SYS_open
        C(open),
        C(stat),
        C(lstat),
        C(readlink),
        C(unlink),
        C(access),
        C(mkdir),
        C(rename),
        C(poll),
        C(epoll_wait),
        C(time),
#endif
#ifdef SYS_fcntl64
        C(fcntl64),
        C(fstat64),
        C(_llseek),
        C(fstatfs64),
        C(statfs64),
        C(ftruncate64),
        C(mmap2),
        C(fstatat64),
#endif
};

_Static_assert(ELEMENTSOF(calls) < CALLS_MAX, "room in the filter");

/* Who looks up names of hosts may have libraries opened for that. */
static void no_more_code(Filter *f) {
        static const uint32_t none;

        on_argument(f, SYS_mprotect, 2, PROT_EXEC, &none, 1);
#ifdef SYS_mmap
        on_argument(f, SYS_mmap, 2, PROT_EXEC, &none, 1);
#endif
#ifdef SYS_mmap2
        on_argument(f, SYS_mmap2, 2, PROT_EXEC, &none, 1);
#endif
}

bool sandbox_filter_calls(const Sandbox *box) {
        static const uint32_t families[] = { AF_UNIX, AF_INET, AF_INET6 };
        const uint32_t thread = CLONE_VM | CLONE_THREAD;
        Filter f = { 0 };

        begin(&f);
        if (!box->network)
                no_more_code(&f);
        for (size_t i = 0; i < ELEMENTSOF(calls); i++)
                on_call(&f, calls[i], SECCOMP_RET_ALLOW);
        for (size_t i = 0; i < box->n_more_calls; i++)
                on_call(&f, box->more_calls[i], SECCOMP_RET_ALLOW);
        on_call(&f, SYS_clone3, SECCOMP_RET_ERRNO | ENOSYS);
        on_argument(&f, SYS_socket, 0, UINT32_MAX, families, box->network ? ELEMENTSOF(families) : 1);
        on_argument(&f, SYS_clone, 0, thread, &thread, 1);
        return install(&f);
}

bool sandbox_filter_only(const unsigned short *only, size_t n) {
        Filter f = { 0 };

        begin(&f);
        for (size_t i = 0; i < n; i++)
                on_call(&f, only[i], SECCOMP_RET_ALLOW);
        return install(&f);
}

#else

bool sandbox_filter_calls(const Sandbox *box) {
        return true; /* nobody has written down this architecture's numbers */
}

bool sandbox_filter_only(const unsigned short *only, size_t n) {
        return true;
}

#endif
