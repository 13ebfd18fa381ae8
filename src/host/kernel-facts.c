/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host/kernel-facts.h"

#include "base/macro.h"
#include "host/proc-file.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct {
        const char *name;
        unsigned long flag;
} kinds[NAMESPACE_KIND_MAX] = {
        [NAMESPACE_MOUNT] = { "mount", CLONE_NEWNS }, [NAMESPACE_NETWORK] = { "network", CLONE_NEWNET },
        [NAMESPACE_IPC] = { "ipc", CLONE_NEWIPC },    [NAMESPACE_UTS] = { "uts", CLONE_NEWUTS },
        [NAMESPACE_PID] = { "pid", CLONE_NEWPID },    [NAMESPACE_CGROUP] = { "cgroup", CLONE_NEWCGROUP },
        [NAMESPACE_USER] = { "user", CLONE_NEWUSER },
};

const char *namespace_kind_to_string(NamespaceKind k) {
        return kinds[k].name;
}

static int make_nothing(void) {
        return 0;
}

/* In its own namespace: nobody else sees what it does to its mounts. */
static int make_mount(void) {
        if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
                return errno;
        return mount("/", "/", NULL, MS_BIND, NULL) < 0 ? errno : 0;
}

/* A child that tells no signal, so that the reaper does not meet it; `run` gives the errno for its exit code. */
static int try_in_child(unsigned long flags, int (*run)(void)) {
        int status;
        long pid = syscall(SYS_clone, flags | CLONE_VFORK, 0, 0, 0, 0);

        if (pid < 0)
                return -errno;
        if (pid == 0)
                _exit(run());
        while (waitpid((pid_t)pid, &status, __WALL) < 0)
                if (errno != EINTR)
                        return -errno;
        return WIFEXITED(status) ? -WEXITSTATUS(status) : -EIO;
}

/* A call with arguments that cannot be right: who has it says so, and a filter answers before it is looked at. */
static int try_clone3(void) {
        return syscall(SYS_clone3, NULL, 0) < 0 && errno != EINVAL ? -errno : 0;
}

static uint64_t read_capabilities(void) {
        char text[4096], *line;

        if (proc_read("/proc/self/status", text, sizeof(text)) < 0 || !(line = strstr(text, "\nCapEff:")))
                return 0;
        return strtoull(line + 8, NULL, 16);
}

void kernel_facts_find(KernelFacts *ret) {
        int seccomp = prctl(PR_GET_SECCOMP, 0, 0, 0, 0);

        *ret = (KernelFacts){ .capabilities = read_capabilities(),
                              .clone3 = try_clone3(),
                              .no_new_privileges = prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1,
                              .seccomp_mode = seccomp < 0 ? -errno : seccomp };
        for (NamespaceKind k = 0; k < NAMESPACE_KIND_MAX; k++)
                ret->namespaces[k] = try_in_child(kinds[k].flag, make_nothing);
        ret->mount = ret->namespaces[NAMESPACE_MOUNT] < 0 ? ret->namespaces[NAMESPACE_MOUNT]
                                                          : try_in_child(CLONE_NEWNS, make_mount);
}
