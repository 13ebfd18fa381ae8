/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What the kernel lets us do, asked in children of the test's own that have
 * lost something: what is found out is what the loss takes away.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/macro.h"
#include "host/kernel-facts.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static KernelFacts *shared; /* a child fills it */

/* The facts of a child that has done `lose` first. */
static const KernelFacts *facts_after(void (*lose)(void)) {
        int status;
        pid_t pid;

        memset(shared, 0xff, sizeof(*shared));
        pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
                if (lose)
                        lose();
                kernel_facts_find(shared);
                _exit(waitpid(-1, NULL, WNOHANG | __WALL) < 0 && errno == ECHILD ? 0 : 1);
        }
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 0); /* no child is left behind */
        return shared;
}

static void become_nobody(void) {
        if (syscall(SYS_setresgid, 65534, 65534, 65534) < 0 ||
            syscall(SYS_setresuid, 65534, 65534, 65534) < 0)
                _exit(2);
}

/* As Docker's filter has it: clone3() is not there, clone() makes no namespaces. */
static void filter_calls(void) {
        struct sock_filter code[] = {
                BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
                BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone3, 0, 1),
                BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
                BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 0, 3),
                BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args)),
                BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 0x7e020000, 0, 1),
                BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
                BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        };
        struct sock_fprog program = { ELEMENTSOF(code), code };

        if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
            prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) < 0)
                _exit(2);
}

static bool may_all(void) {
        pid_t pid = geteuid() == 0 ? fork() : -1;
        int status;

        if (pid == 0)
                _exit(unshare(CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWPID |
                              CLONE_NEWCGROUP) < 0);
        return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

static void root_may_make_namespaces_and_mounts(void **state) {
        const KernelFacts *f;

        if (!may_all())
                skip();
        f = facts_after(NULL);
        for (NamespaceKind k = 0; k < NAMESPACE_USER; k++)
                assert_int_equal(f->namespaces[k], 0);
        assert_int_equal(f->mount, 0);
        assert_true(f->capabilities & 1);
        assert_false(f->no_new_privileges);
}

static void an_ordinary_user_may_not(void **state) {
        const KernelFacts *f;

        if (geteuid() != 0)
                skip();
        f = facts_after(become_nobody);
        for (NamespaceKind k = 0; k < NAMESPACE_USER; k++)
                assert_int_equal(f->namespaces[k], -EPERM);
        assert_int_equal(f->mount, -EPERM);
        assert_true(f->capabilities == 0);
}

static void a_filter_is_seen_by_what_it_denies(void **state) {
        const KernelFacts *f = facts_after(filter_calls);

        assert_int_equal(f->clone3, -ENOSYS);
        assert_int_equal(f->seccomp_mode, 2);
        assert_true(f->no_new_privileges);
        for (NamespaceKind k = 0; k < NAMESPACE_KIND_MAX; k++)
                assert_int_equal(f->namespaces[k], -EPERM);
        assert_int_equal(f->mount, -EPERM);
}

static void every_namespace_has_a_name(void **state) {
        for (NamespaceKind k = 0; k < NAMESPACE_KIND_MAX; k++)
                assert_true(strlen(namespace_kind_to_string(k)) > 0);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(root_may_make_namespaces_and_mounts),
                cmocka_unit_test(an_ordinary_user_may_not),
                cmocka_unit_test(a_filter_is_seen_by_what_it_denies),
                cmocka_unit_test(every_namespace_has_a_name),
        };

        shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (shared == MAP_FAILED)
                return 1;
        return cmocka_run_group_tests(tests, NULL, NULL);
}
