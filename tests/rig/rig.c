/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The rig: boots a program as PID 1 in namespaces of its own, on an overlay of
 * this machine's root (or of another root file system), and reports how it
 * ended. Nothing outside the namespaces is mounted, written or signalled; when
 * the rig dies, everything inside dies with it.
 *
 *      rig boot [options] -- PROGRAM ARGS    run it as PID 1; the exit status tells how it ended
 *      rig root DIR [LOWER]                  tmpfs and overlay on DIR/root, to be shared by several boots;
 *                                            only inside a private mount namespace (unshare -m)
 *      rig in DIR -- PROGRAM ARGS            a program in DIR/root with this machine's network (apt)
 */

#include "rig.h"

#include <errno.h>
#include <getopt.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

static const char usage[] =
        "rig boot [--root DIR] [--bind FROM:TO] [--env NAME=VALUE] [--cgroup none|ro|v1|v1-few|hybrid]\n"
        "         [--docker] [--uid UID] [--read-only] [--cap-drop-all] [--host-network] [--not-pid1]\n"
        "         [--keep-run] [--run-size SIZE] [--nofile N] [--pidfile FILE] [--timeout SECONDS] -- "
        "PROGRAM ARGS\n"
        "rig root DIR [LOWER]\n"
        "rig in DIR -- PROGRAM ARGS\n";

void die(const char *what) {
        fprintf(stderr, "rig: %s: %s\n", what, strerror(errno));
        exit(RIG_FAILED);
}

static pid_t parent_of(pid_t pid) {
        char path[64], line[256];
        int parent = 0;
        FILE *f;

        snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
        f = fopen(path, "re");
        while (f && fgets(line, sizeof(line), f))
                if (sscanf(line, "PPid: %d", &parent) == 1)
                        break;
        if (f)
                fclose(f);
        return parent;
}

/* Some ancestor lives in another mount namespace: then ours was made for this, and goes away with us. */
static void in_private_namespace(void) {
        struct stat ours, theirs;
        char path[64];

        if (stat("/proc/self/ns/mnt", &ours) < 0)
                die("mount namespace");
        for (pid_t pid = parent_of(getpid()); pid > 0; pid = parent_of(pid)) {
                snprintf(path, sizeof(path), "/proc/%d/ns/mnt", (int)pid);
                if (stat(path, &theirs) >= 0 && theirs.st_ino != ours.st_ino)
                        return;
        }
        fputs("rig: refuse to mount in the machine's own mount namespace; use unshare -m\n", stderr);
        exit(RIG_FAILED);
}

/* A directory of the upper layer, with nothing of the lower one in it. */
static void make_empty(const char *dir, const char *name, mode_t mode) {
        char path[512];

        snprintf(path, sizeof(path), "%s/upper/%s", dir, name);
        if (mkdir(path, mode) < 0 || chmod(path, mode) < 0 ||
            setxattr(path, "trusted.overlay.opaque", "y", 1, 0) < 0)
                die(path);
}

static void make_parent(const char *dir, const char *name) {
        char path[512];

        snprintf(path, sizeof(path), "%s/upper/%s", dir, name);
        if (mkdir(path, 0755) < 0)
                die(path);
}

static void make_absent(const char *dir, const char *name) {
        char path[512];

        snprintf(path, sizeof(path), "%s/upper/%s", dir, name);
        if (mknod(path, S_IFCHR, 0) < 0)
                die(path);
}

/* What this machine happens to keep in its own directories is nothing to a container. */
static void hide_state(const char *dir) {
        make_parent(dir, "var");
        make_parent(dir, "var/log");
        make_empty(dir, "tmp", 01777);
        make_empty(dir, "var/tmp", 01777);
        make_absent(dir, "var/log/journal");
}

/* Nor what the packages that happen to be installed would have done from time to time, or by a script. */
static void hide_jobs(const char *dir) {
        static const char *const directories[] = { "etc/cron.d",      "etc/cron.hourly",  "etc/cron.daily",
                                                   "etc/cron.weekly", "etc/cron.monthly", "etc/init.d",
                                                   "var/spool/cron" };

        make_parent(dir, "etc");
        make_parent(dir, "var/spool");
        for (unsigned i = 0; i < sizeof(directories) / sizeof(*directories); i++)
                make_empty(dir, directories[i], 0755);
        make_absent(dir, "etc/crontab");
}

void make_overlay(const char *dir, const char *lower, bool with_jobs) {
        char data[1024], path[512];
        static const char *const parts[] = { "upper", "work", "root" };

        if (mount("tmpfs", dir, "tmpfs", 0, "mode=755") < 0)
                die("tmpfs for the overlay");
        for (unsigned i = 0; i < 3; i++) {
                snprintf(path, sizeof(path), "%s/%s", dir, parts[i]);
                if (mkdir(path, 0755) < 0)
                        die(path);
        }
        if (strcmp(lower, "/") == 0)
                hide_state(dir);
        if (!with_jobs)
                hide_jobs(dir);
        snprintf(data, sizeof(data), "lowerdir=%s,upperdir=%s/upper,workdir=%s/work", lower, dir, dir);
        if (mount("overlay", path, "overlay", 0, data) < 0)
                die("overlay");
}

static int command_root(int argc, char **argv) {
        if (argc < 2 || argc > 3)
                return fputs(usage, stderr), RIG_FAILED;
        in_private_namespace();
        make_overlay(argv[1], argc > 2 ? argv[2] : "/", true);
        return 0;
}

static int command_in(int argc, char **argv) {
        char root[512];
        int status;

        if (argc < 4 || strcmp(argv[2], "--") != 0)
                return fputs(usage, stderr), RIG_FAILED;
        in_private_namespace();
        snprintf(root, sizeof(root), "%s/root", argv[1]);
        pid_t pid = fork();
        if (pid == 0) {
                if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
                        die("unshare");
                fill_root(root, &(Boot){ 0 });
                if (chroot(root) < 0 || chdir("/") < 0)
                        die("chroot");
                execvp(argv[3], argv + 3);
                die(argv[3]);
        }
        if (pid < 0 || waitpid(pid, &status, 0) < 0)
                die("fork");
        return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

enum {
        O_ROOT = 256,
        O_BIND,
        O_ENV,
        O_CGROUP,
        O_DOCKER,
        O_UID,
        O_READ_ONLY,
        O_CAP_DROP,
        O_NETWORK,
        O_PIDFILE,
        O_TIMEOUT,
        O_NOT_PID1,
        O_KEEP_RUN,
        O_RUN_SIZE,
        O_NOFILE
};

static const struct option options[] = { { "root", 1, NULL, O_ROOT },
                                         { "bind", 1, NULL, O_BIND },
                                         { "env", 1, NULL, O_ENV },
                                         { "cgroup", 1, NULL, O_CGROUP },
                                         { "docker", 0, NULL, O_DOCKER },
                                         { "uid", 1, NULL, O_UID },
                                         { "read-only", 0, NULL, O_READ_ONLY },
                                         { "cap-drop-all", 0, NULL, O_CAP_DROP },
                                         { "host-network", 0, NULL, O_NETWORK },
                                         { "pidfile", 1, NULL, O_PIDFILE },
                                         { "timeout", 1, NULL, O_TIMEOUT },
                                         { "not-pid1", 0, NULL, O_NOT_PID1 },
                                         { "keep-run", 0, NULL, O_KEEP_RUN },
                                         { "run-size", 1, NULL, O_RUN_SIZE },
                                         { "nofile", 1, NULL, O_NOFILE },
                                         { 0 } };

static void push(const char **list, unsigned *n, const char *value) {
        if (*n == RIG_LIST_MAX) {
                fputs("rig: too many options of one kind\n", stderr);
                exit(RIG_FAILED);
        }
        list[(*n)++] = value;
}

static void parse(Boot *b, int argc, char **argv) {
        int c;

        *b = (Boot){ .cgroup = "none", .timeout = 120 };
        while ((c = getopt_long(argc, argv, "+", options, NULL)) >= 0)
                switch (c) {
                case O_ROOT:
                        b->root = optarg;
                        break;
                case O_BIND:
                        push(b->binds, &b->n_binds, optarg);
                        break;
                case O_ENV:
                        push(b->env, &b->n_env, optarg);
                        break;
                case O_CGROUP:
                        b->cgroup = optarg;
                        break;
                case O_DOCKER:
                        b->docker = true;
                        break;
                case O_UID:
                        b->uid = (unsigned)atoi(optarg);
                        break;
                case O_READ_ONLY:
                        b->read_only = true;
                        break;
                case O_CAP_DROP:
                        b->cap_drop_all = true;
                        break;
                case O_NETWORK:
                        b->host_network = true;
                        break;
                case O_PIDFILE:
                        b->pidfile = optarg;
                        break;
                case O_TIMEOUT:
                        b->timeout = atoi(optarg);
                        break;
                case O_NOT_PID1:
                        b->not_pid1 = true;
                        break;
                case O_KEEP_RUN:
                        b->keep_run = true;
                        break;
                case O_RUN_SIZE:
                        b->run_size = optarg;
                        break;
                case O_NOFILE:
                        b->nofile = (unsigned)atoi(optarg);
                        break;
                default:
                        fputs(usage, stderr);
                        exit(RIG_FAILED);
                }
        if (optind >= argc) {
                fputs(usage, stderr);
                exit(RIG_FAILED);
        }
        b->argv = argv + optind;
}

static pid_t child_pid;

static void on_signal(int signo) {
        if (child_pid > 0)
                kill(child_pid, signo == SIGALRM ? SIGKILL : signo);
}

static void forward_signals(int timeout) {
        static const int forwarded[] = { SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2, SIGALRM };
        struct sigaction sa = { .sa_handler = on_signal, .sa_flags = SA_RESTART };

        for (unsigned i = 0; i < sizeof(forwarded) / sizeof(forwarded[0]); i++)
                sigaction(forwarded[i], &sa, NULL);
        if (timeout > 0)
                alarm((unsigned)timeout);
}

static int command_boot(int argc, char **argv) {
        char scratch[] = "/tmp/rig-XXXXXX";
        struct clone_args {
                uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid,
                        set_tid_size, cgroup;
        } ca = { .flags = CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWCGROUP,
                 .exit_signal = SIGCHLD };
        siginfo_t si = { 0 };
        Boot b;

        parse(&b, argc, argv);
        if (!b.host_network)
                ca.flags |= CLONE_NEWNET;
        if (!b.root && !mkdtemp(scratch))
                die("scratch directory");
        b.scratch = b.root ? NULL : scratch;
        cgroups_enter(&b);

        child_pid = (pid_t)syscall(SYS_clone3, &ca, sizeof(ca));
        if (child_pid == 0)
                boot_child(&b);
        if (child_pid < 0)
                die("clone3");
        forward_signals(b.timeout);
        if (b.pidfile) {
                FILE *f = fopen(b.pidfile, "we");

                if (!f || fprintf(f, "%d\n", (int)child_pid) < 0 || fclose(f) != 0)
                        die(b.pidfile);
        }
        while (waitid(P_PID, (id_t)child_pid, &si, WEXITED) < 0)
                if (errno != EINTR)
                        die("waitid");
        cgroups_leave(&b);
        if (b.scratch)
                rmdir(b.scratch);
        if (si.si_code != CLD_EXITED)
                fprintf(stderr, "rig: PID 1 was killed by signal %d\n", si.si_status);
        return si.si_code == CLD_EXITED ? si.si_status : 128 + si.si_status;
}

int main(int argc, char **argv) {
        if (argc >= 2 && strcmp(argv[1], "boot") == 0)
                return command_boot(argc - 1, argv + 1);
        if (argc >= 2 && strcmp(argv[1], "root") == 0)
                return command_root(argc - 1, argv + 1);
        if (argc >= 2 && strcmp(argv[1], "in") == 0)
                return command_in(argc - 1, argv + 1);
        fputs(usage, stderr);
        return RIG_FAILED;
}
