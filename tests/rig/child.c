/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Inside the new namespaces, from the mounts to exec. */

#include "rig.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *in(const char *root, const char *path) {
        static char buf[8][512];
        static unsigned i;

        i = (i + 1) % 8;
        snprintf(buf[i], sizeof(buf[i]), "%s%s", root, path);
        return buf[i];
}

static void need(int r, const char *what) {
        if (r < 0)
                die(what);
}

static void make_device(const char *root, const char *name, unsigned major, unsigned minor) {
        const char *path = in(root, name);

        need(mknod(path, S_IFCHR | 0666, makedev(major, minor)), path);
        need(chmod(path, 0666), path);
}

static void fill_dev(const char *root) {
        static const struct {
                const char *name;
                unsigned major, minor;
        } devices[] = { { "/dev/null", 1, 3 },   { "/dev/zero", 1, 5 },    { "/dev/full", 1, 7 },
                        { "/dev/random", 1, 8 }, { "/dev/urandom", 1, 9 }, { "/dev/tty", 5, 0 } };

        need(mount("tmpfs", in(root, "/dev"), "tmpfs", MS_NOSUID, "mode=755"), "/dev");
        for (unsigned i = 0; i < sizeof(devices) / sizeof(devices[0]); i++)
                make_device(root, devices[i].name, devices[i].major, devices[i].minor);
        need(mkdir(in(root, "/dev/pts"), 0755), "/dev/pts");
        need(mkdir(in(root, "/dev/shm"), 01777), "/dev/shm");
        need(mount("devpts", in(root, "/dev/pts"), "devpts", MS_NOSUID | MS_NOEXEC,
                   "newinstance,ptmxmode=0666,mode=620,gid=5"),
             "devpts");
        need(mount("tmpfs", in(root, "/dev/shm"), "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777,size=64m"),
             "/dev/shm");
        need(symlink("pts/ptmx", in(root, "/dev/ptmx")), "ptmx");
        need(symlink("/proc/self/fd", in(root, "/dev/fd")), "fd");
        need(symlink("/proc/self/fd/0", in(root, "/dev/stdin")), "stdin");
        need(symlink("/proc/self/fd/1", in(root, "/dev/stdout")), "stdout");
        need(symlink("/proc/self/fd/2", in(root, "/dev/stderr")), "stderr");
}

void fill_root(const char *root, const Boot *b) {
        char data[64];

        need(mount("proc", in(root, "/proc"), "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL), "/proc");
        fill_dev(root);
        if (!b->keep_run) {
                snprintf(data, sizeof(data), "mode=755%s%s", b->run_size ? ",size=" : "", b->run_size ?: "");
                need(mount("tmpfs", in(root, "/run"), "tmpfs", MS_NOSUID | MS_NODEV, data), "/run");
        }
        if (b->cgroup) {
                need(mount("sysfs", in(root, "/sys"), "sysfs", MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_RDONLY,
                           NULL),
                     "/sys");
                cgroups_mount(root, b);
        }
}

static void bind_one(const char *root, const char *option) {
        char from[512];
        const char *colon = strchr(option, ':'), *to;
        struct stat st;

        if (!colon) {
                errno = EINVAL;
                die(option);
        }
        snprintf(from, sizeof(from), "%.*s", (int)(colon - option), option);
        to = in(root, colon + 1);
        need(stat(from, &st), from);
        if (S_ISDIR(st.st_mode)) {
                for (char *p = (char *)to + strlen(root) + 1; *p; p++)
                        if (*p == '/') {
                                *p = 0;
                                (void)mkdir(to, 0755);
                                *p = '/';
                        }
                (void)mkdir(to, 0755);
        } else {
                /* Not for writing: what is there may be a program that runs in another container. */
                int fd = open(to, O_RDONLY | O_CREAT | O_NONBLOCK | O_CLOEXEC, 0755);

                need(fd, to);
                close(fd);
        }
        need(mount(from, to, NULL, MS_BIND, NULL), option);
}

static void loopback_up(void) {
        struct ifreq ifr = { .ifr_flags = IFF_UP | IFF_RUNNING };
        int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

        strcpy(ifr.ifr_name, "lo");
        need(fd, "socket");
        need(ioctl(fd, SIOCSIFFLAGS, &ifr), "lo");
        close(fd);
}

static void reset_signals(void) {
        sigset_t none;

        for (int s = 1; s < 65; s++)
                (void)signal(s, SIG_DFL);
        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, NULL);
}

/* A PID 1 that only waits: svinit is its child then, as under `docker run --init`. */
static void be_init(pid_t child) {
        int status = 0;
        pid_t pid;

        while ((pid = waitpid(-1, &status, 0)) != child)
                if (pid < 0 && errno != EINTR)
                        _exit(RIG_FAILED);
        _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

static pid_t inner;

static void pass_on(int signo) {
        kill(inner, signo);
}

static void fork_away_from_pid1(void) {
        inner = fork();
        if (inner < 0)
                die("fork");
        if (inner == 0)
                return;
        signal(SIGTERM, pass_on);
        signal(SIGINT, pass_on);
        be_init(inner);
}

/* Who calls may be nice, ignore signals or hide files: no engine hands that on. */
static void forget_caller(void) {
        sigset_t none;

        for (int signo = 1; signo <= SIGRTMAX; signo++)
                (void)signal(signo, SIG_DFL);
        sigemptyset(&none);
        (void)sigprocmask(SIG_SETMASK, &none, NULL);
        (void)umask(022);
        (void)setpriority(PRIO_PROCESS, 0, 0); /* without the privilege it stays as it is */
}

void boot_child(const Boot *b) {
        const char *env[RIG_LIST_MAX + 4] = {
                "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root",
                "container=rig"
        };
        char root[512];

        need(prctl(PR_SET_PDEATHSIG, SIGKILL), "pdeathsig");
        (void)setsid();
        forget_caller();
        if (isatty(STDIN_FILENO)) /* as an engine's -t */
                need(ioctl(STDIN_FILENO, TIOCSCTTY, 1), "controlling terminal");
        if (!b->host_network)
                loopback_up();
        need(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), "private mounts");
        if (b->scratch)
                make_overlay(b->scratch, "/", false);
        snprintf(root, sizeof(root), "%s/root", b->scratch ?: b->root);
        fill_root(root, b);
        for (unsigned i = 0; i < b->n_binds; i++)
                bind_one(root, b->binds[i]);
        if (b->read_only)
                need(mount(NULL, root, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL), "read-only root");
        need(sethostname("rig", 3), "hostname");
        need(chdir(root), root);
        need((int)syscall(SYS_pivot_root, ".", "."), "pivot_root");
        need(umount2(".", MNT_DETACH), "old root");
        need(chdir("/"), "/");

        if (b->nofile > 0) {
                struct rlimit rl = { b->nofile, b->nofile };

                need(setrlimit(RLIMIT_NOFILE, &rl), "nofile");
        }
        for (unsigned i = 0; i < b->n_env; i++)
                env[3 + i] = b->env[i];
        if (b->not_pid1)
                fork_away_from_pid1();
        reset_signals();
        drop_privileges(b);
        execve(b->argv[0], b->argv, (char *const *)env);
        die(b->argv[0]);
}
