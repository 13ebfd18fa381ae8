/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/shim.h"
#include "exec/child.h"
#include "exec/clone.h"
#include "exec/namespace.h"
#include "exec/seccomp.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void context_init(ExecContext *c, const ExecPlan *p) {
        *c = (ExecContext){
                .plan = p,
                .status_fd = -1,
                .account = { .uid = (uid_t)-1, .gid = (gid_t)-1, .n_groups = -1 },
                .stdin_fd = -1,
                .stdout_fd = -1,
                .stderr_fd = -1,
                .console_fd = -1,
                .changed_signals = exec_changed_signals(),
        };
}

static bool input_is_light(const ExecPlan *p) {
        return p->stdin_fd >= 0 || p->exec->io.input == INPUT_NULL;
}

/* `given`: PID 1 passes a descriptor, so nothing is opened. */
static bool output_is_light(StdOutput o, int given) {
        return given >= 0 || o == OUTPUT_NULL || o == OUTPUT_INHERIT || o == OUTPUT_JOURNAL ||
               o == OUTPUT_KMSG || o == OUTPUT_JOURNAL_CONSOLE || o == OUTPUT_KMSG_CONSOLE;
}

bool exec_has_directories(const ExecSpec *e) {
        for (DirectoryKind k = 0; k < DIRECTORY_KIND_MAX; k++)
                if (e->directories[k].names)
                        return true;
        return false;
}

bool exec_plan_is_light(const ExecPlan *p) {
        const ExecSpec *e = p->exec;
        bool in_root = str_is_empty(e->working_directory) || str_equal(e->working_directory, "/");

        return !p->shim && p->idle_fd == 0 && p->n_cgroup_procs_fds == 0 && !p->foreground &&
               !exec_account_is_wanted(p) && e->n_environment_files == 0 && !e->expand_file_variables &&
               !e->utmp_identifier && !exec_has_directories(e) && in_root &&
               (!p->apply_root_directory || str_is_empty(e->root_directory)) && input_is_light(p) &&
               output_is_light(e->io.output, p->stdout_fd) && output_is_light(e->io.error, p->stderr_fd) &&
               !e->oom_score_adjust_set && !seccomp_is_wanted(p) && !namespace_is_wanted(p) &&
               !p->credentials_directory && !p->journal_headers[0] && !p->journal_headers[1];
}

/* From here to the parent's restore no handler of ours runs, in neither process. */
static void block_signals(sigset_t *ret_old) {
        sigset_t all;

        sigfillset(&all);
        (void)sigprocmask(SIG_SETMASK, &all, ret_old);
}

static void restore_signals(const sigset_t *old) {
        (void)sigprocmask(SIG_SETMASK, old, NULL);
}

static int run_shared(void *userdata) {
        return exec_run_steps(userdata);
}

/* The caller knows one way to read a status, so what we know already comes to it by a pipe as well. */
static int status_as_pipe(ExecContext *c) {
        int fds[2];

        if (!c->status.failed && !c->status.unapplied[0])
                return -1;
        /* Without a descriptor to spare the exit code still tells. */
        if (pipe2(fds, O_CLOEXEC | O_NONBLOCK) < 0)
                return -1;
        c->status_fd = fds[1];
        exec_status_send(c);
        c->status_fd = -1;
        (void)close(fds[1]);
        return fds[0];
}

static int spawn_shared(const ExecPlan *p, ExecChild *ret) {
        ExecContext c;
        sigset_t old;
        pid_t pid;
        int r;

        context_init(&c, p);
        r = exec_image_build(&c);
        if (r < 0) {
                exec_context_release(&c);
                return r;
        }
        c.in_group = p->cgroup_fd >= 0;
        block_signals(&old);
        pid = clone_shared(p->cgroup_fd, run_shared, &c);
        restore_signals(&old);
        if (pid > 0)
                *ret = (ExecChild){ .pid = pid, .status_fd = status_as_pipe(&c), .shim_fd = -1 };
        exec_context_release(&c);
        return pid < 0 ? pid : 0;
}

/* Never returns. */
static void run_copy(const ExecPlan *p, int status_fd, bool in_group) {
        ExecContext c;
        int code;

        context_init(&c, p);
        c.status_fd = status_fd;
        c.in_group = in_group;
        exec_await_tidy(p);
        code = exec_run_steps(&c);
        exec_status_send(&c);
        _exit(code);
}

static int spawn_copy(const ExecPlan *p, ExecChild *ret) {
        int fds[2];
        bool in_group;
        sigset_t old;
        pid_t pid;

        if (pipe2(fds, O_CLOEXEC) < 0)
                return -errno;
        block_signals(&old);
        pid = clone_copy(p->cgroup_fd, &in_group);
        if (pid == 0)
                run_copy(p, fds[1], in_group);
        restore_signals(&old);
        (void)close(fds[1]);
        if (pid < 0) {
                (void)close(fds[0]);
                return pid;
        }
        (void)fcntl(fds[0], F_SETFL, O_NONBLOCK);
        *ret = (ExecChild){ .pid = pid, .status_fd = fds[0], .shim_fd = -1 };
        return 0;
}

/* Ends the shim before it was one, with a status as of a step. */
static void fail_shim(const ExecPlan *p, int status_fd, int r, pid_t service) {
        ExecContext c;

        context_init(&c, p);
        c.status_fd = status_fd;
        c.status.failed = true;
        c.status.exit_code = 203;
        c.status.error = r;
        (void)snprintf(c.status.step, sizeof(c.status.step), "shim");
        (void)snprintf(c.status.command, sizeof(c.status.command), "%s", p->shim_path);
        exec_status_send(&c);
        if (service > 0)
                (void)kill(service, SIGKILL);
        _exit(203);
}

/*
 * The outer process: becomes a subreaper, forks the service and turns into
 * svinit-shim. Signals stay blocked until the exec: nothing may end it between.
 */
static void run_shim(const ExecPlan *p, int status_fd, int socket_fd) {
        char *const argv[] = { (char *)"svinit-shim", (char *)p->unit, NULL };
        char *const none[] = { NULL };
        ShimRecord started = { .left = 1 };
        pid_t pid;

        if (access(p->shim_path, X_OK) < 0)
                fail_shim(p, status_fd, -errno, 0);
        if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0 || prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0)
                fail_shim(p, status_fd, -errno, 0);
        pid = fork();
        if (pid < 0)
                fail_shim(p, status_fd, -errno, 0);
        if (pid == 0) {
                /* Told by the service's process itself: before its own first word, READY=1 say, can come. */
                started.pid = getpid();
                if (send(socket_fd, &started, sizeof(started), MSG_NOSIGNAL) < 0)
                        fail_shim(p, status_fd, -errno, 0);
                (void)close(socket_fd);
                run_copy(p, status_fd, false);
        }
        if (dup2(socket_fd, SHIM_SOCKET_FD) < 0)
                fail_shim(p, status_fd, -errno, pid);
        /* Our copy of the status pipe ends here: the service's steps are what it tells. */
        (void)execve(p->shim_path, argv, none);
        fail_shim(p, status_fd, -errno, pid);
}

static int spawn_shim(const ExecPlan *p, ExecChild *ret) {
        int status[2], sockets[2], moved, r = 0;
        sigset_t old;
        pid_t pid;

        if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) < 0)
                return -errno;
        if (pipe2(status, O_CLOEXEC) < 0) {
                r = -errno;
                goto fail_sockets;
        }
        block_signals(&old);
        pid = fork();
        if (pid == 0) {
                /* Away from the number that the shim's socket gets. */
                moved = status[1] == SHIM_SOCKET_FD ? fcntl(status[1], F_DUPFD_CLOEXEC, SHIM_SOCKET_FD + 1)
                                                    : status[1];
                run_shim(p, moved, sockets[1]);
        }
        r = pid < 0 ? -errno : 0;
        restore_signals(&old);
        (void)close(status[1]);
        if (r < 0)
                goto fail_pipe;

        (void)close(sockets[1]);
        (void)fcntl(status[0], F_SETFL, O_NONBLOCK);
        (void)fcntl(sockets[0], F_SETFL, O_NONBLOCK);
        *ret = (ExecChild){ .status_fd = status[0], .shim_fd = sockets[0], .shim_pid = pid };
        return 0;

fail_pipe:
        (void)close(status[0]);
fail_sockets:
        (void)close(sockets[0]);
        (void)close(sockets[1]);
        return r;
}

int exec_spawn(const ExecPlan *p, ExecChild *ret) {
        ENSURE(p && p->command && p->exec && p->command->path, -EINVAL);
        exec_forget_tidy();

        if (p->shim)
                return spawn_shim(p, ret);
        if (exec_plan_is_light(p)) {
                int r = spawn_shared(p, ret);

                if (r != -EOPNOTSUPP)
                        return r;
        }
        return spawn_copy(p, ret);
}

/* Tells no signal, so that the reaper does not meet it; what it loads goes with it. */
bool exec_has_filter_library(void) {
        int status;
        long pid = syscall(SYS_clone, CLONE_VFORK, 0, 0, 0, 0);

        if (pid < 0)
                return false;
        if (pid == 0)
                _exit(seccomp_is_possible() ? 0 : 1);
        while (waitpid((pid_t)pid, &status, __WALL) < 0)
                if (errno != EINTR)
                        return false;
        return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}
