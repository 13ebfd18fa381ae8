/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * --machine=: into a container. A child joins its namespaces and goes on there
 * as if svctl had been called inside; the caller waits for it. It takes no more
 * along than the container's first process has: no capability beyond those, no
 * variable of the session here, and nobody in there can trace it.
 */

#include "ctl/remote/container.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static bool matches(const Container *m, const char *name) {
        return str_equal(m->name, name) || str_equal(m->id, name) ||
               (strlen(name) >= 4 && name[strspn(name, "0123456789abcdef")] == 0 &&
                str_starts_with(m->id, name));
}

static void print_candidates(const Containers *l, const char *name) {
        for (size_t i = 0; i < l->n; i++)
                if (!name || matches(l->v + i, name))
                        fprintf(stderr, "  %d  %s  %s\n", (int)l->v[i].pid, l->v[i].name, l->v[i].id);
}

static int find_by_name(const char *name, pid_t *ret) {
        Containers l = { 0 };
        size_t n = 0;
        int r = containers_find(&l);

        for (size_t i = 0; i < l.n; i++)
                if (matches(l.v + i, name)) {
                        *ret = l.v[i].pid;
                        n++;
                }
        if (r < 0)
                ctl_print_error("/proc: %s", strerror(-r));
        else if (n == 0)
                ctl_print_error("there is no container '%s' here%s", name,
                                l.n > 0 ? "; those that there are (process, name, id):" : "");
        else if (n > 1)
                ctl_print_error("%zu containers are called '%s'; say which by its process number:", n, name);
        if (r >= 0 && n != 1)
                print_candidates(&l, n > 1 ? name : NULL);
        containers_release(&l);
        return r < 0 ? r : n == 1 ? 0 : -ENOENT;
}

static int find(const char *name, pid_t *ret) {
        unsigned pid;

        if (parse_unsigned(name, &pid) < 0 || pid > INT32_MAX)
                return find_by_name(name, ret);
        *ret = (pid_t)pid;
        if (pid > 0 && (kill(*ret, 0) >= 0 || errno == EPERM))
                return 0;
        ctl_print_error("there is no process %u here", pid);
        return -ESRCH;
}

/* A user namespace only where it is another: one cannot enter one's own. */
static int namespaces_of(pid_t pid) {
        int all = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWCGROUP;
        struct stat ours, theirs;
        char path[64];

        snprintf(path, sizeof(path), "/proc/%d/ns/user", (int)pid);
        if (stat("/proc/self/ns/user", &ours) >= 0 && stat(path, &theirs) >= 0 &&
            (ours.st_dev != theirs.st_dev || ours.st_ino != theirs.st_ino))
                all |= CLONE_NEWUSER;
        return all;
}

/* CapBnd: of /proc/PID/status; all when it cannot be read. */
static uint64_t capabilities_of(pid_t pid) {
        char path[64], line[512];
        uint64_t set = UINT64_MAX;
        FILE *f;

        snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
        f = fopen(path, "re");
        while (f && fgets(line, sizeof(line), f))
                if (str_starts_with(line, "CapBnd:"))
                        set = strtoull(line + strlen("CapBnd:"), NULL, 16);
        if (f)
                fclose(f);
        return set;
}

static int keep_capabilities(uint64_t set) {
        struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
        struct __user_cap_data_struct data[2];

        for (int i = 0; i < 64 && prctl(PR_CAPBSET_READ, i, 0, 0, 0) >= 0; i++)
                if (!(set & (UINT64_C(1) << i)) && prctl(PR_CAPBSET_DROP, i, 0, 0, 0) < 0)
                        return -errno;
        if (syscall(SYS_capget, &header, data) < 0)
                return -errno;
        for (int i = 0; i < 2; i++) {
                data[i].permitted &= (uint32_t)(set >> (32 * i));
                data[i].effective &= data[i].permitted;
                data[i].inheritable &= data[i].permitted;
        }
        return syscall(SYS_capset, &header, data) < 0 ? -errno : 0;
}

static void forget_session(void) {
        static const char *const variables[] = { "XDG_RUNTIME_DIR",
                                                 "DBUS_SESSION_BUS_ADDRESS",
                                                 "DBUS_SYSTEM_BUS_ADDRESS",
                                                 "SYSTEMD_UNIT_PATH",
                                                 "HOME",
                                                 "SYSTEMD_OFFLINE" };

        for (size_t i = 0; i < ELEMENTSOF(variables); i++)
                (void)unsetenv(variables[i]);
}

/* The root of that user namespace; what we are outside it has no name there. */
static int become_root(void) {
        return setgroups(0, NULL) < 0 || setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0 ? -errno : 0;
}

/* 0, or negative with a sentence on stderr. Number spaces of processes count for children only. */
static int join(pid_t pid) {
        uint64_t capabilities = capabilities_of(pid);
        int fd auto_fd = (int)syscall(SYS_pidfd_open, pid, 0U), kinds = namespaces_of(pid), r;

        r = fd < 0 || setns(fd, kinds) < 0 ? -errno : 0;
        if (r >= 0 && kinds & CLONE_NEWUSER)
                r = become_root();
        if (r < 0) {
                ctl_print_error("the namespaces of process %d cannot be entered: %s%s", (int)pid,
                                strerror(-r), r == -EPERM ? "; only root may" : "");
                return r;
        }
        (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
        r = keep_capabilities(capabilities);
        if (r < 0)
                ctl_print_error("capabilities that the container does not have: %s", strerror(-r));
        return r;
}

static int wait_for(pid_t pid) {
        int status;

        while (waitpid(pid, &status, 0) < 0)
                if (errno != EINTR)
                        return CTL_FAILED;
        return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int container_enter(Ctl *c) {
        pid_t init = 0, child;

        if (find(c->machine, &init) < 0 || join(init) < 0)
                return CTL_FAILED;
        fflush(NULL);
        child = fork();
        if (child < 0)
                return ctl_print_error("%s", strerror(errno));
        if (child > 0) {
                (void)signal(SIGINT, SIG_IGN); /* the child has it too, from the terminal */
                (void)signal(SIGQUIT, SIG_IGN);
                return wait_for(child);
        }
        (void)prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0);
        forget_session();
        return chdir("/") < 0 ? ctl_print_error("/: %s", strerror(errno)) : CONTAINER_ENTERED;
}
