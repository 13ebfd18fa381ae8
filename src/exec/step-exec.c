/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The last steps: what execve() needs, what was not applied, descriptors, exec.
 */

#include "exec/child.h"
#include "exec/seccomp.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

int step_image(ExecContext *c) {
        /* A child that shares memory got it from its parent. */
        return c->image.argv ? 0 : exec_image_build(c);
}

int step_pam(ExecContext *c) {
        if (c->plan->exec->pam_name)
                exec_note_text(c, "PAMName", "no PAM session is opened");
        return 0;
}

int step_unapplied(ExecContext *c) {
        if (c->status.unapplied[0])
                exec_status_send(c);
        return 0;
}

static int set_non_blocking(int fd, bool on) {
        int flags = fcntl(fd, F_GETFL);

        if (flags < 0)
                return -errno;
        if (!!(flags & O_NONBLOCK) == on)
                return 0;
        return fcntl(fd, F_SETFL, on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK) < 0 ? -errno : 0;
}

/* Kernels before 5.9 have no close_range(). */
static int mark_close_on_exec(unsigned first) {
        struct stat st;

        if (syscall(SYS_close_range, first, ~0U, 4U /* CLOSE_RANGE_CLOEXEC */) >= 0)
                return 0;
        if (errno != ENOSYS && errno != EPERM && errno != EINVAL)
                return -errno;
        for (int fd = (int)first, missed = 0; missed < 4096; fd++) {
                if (fstat(fd, &st) < 0) {
                        missed++;
                        continue;
                }
                missed = 0;
                (void)fcntl(fd, F_SETFD, FD_CLOEXEC);
        }
        return 0;
}

/* After all others: only the status is needed after it, and goes out of its way. */
static int pass_notify_fd(ExecContext *c, int first_free) {
        const ExecPlan *p = c->plan;
        int fd;

        if (p->notify_fd_number == 0)
                return 0;
        exec_blame(c, "X-NotifyFd");
        if (p->notify_fd_number < first_free) {
                exec_reason(c, "a descriptor of a socket unit has the number");
                return -EADDRINUSE;
        }
        fd = fcntl(p->notify_fd, F_DUPFD_CLOEXEC, first_free);
        if (fd < 0)
                return -errno;
        if (c->status_fd == p->notify_fd_number) {
                c->status_fd = fcntl(c->status_fd, F_DUPFD_CLOEXEC, p->notify_fd_number + 1);
                if (c->status_fd < 0)
                        return -errno;
        }
        if (fd == p->notify_fd_number)
                return fcntl(fd, F_SETFD, 0) < 0 ? -errno : 0;
        return dup2(fd, p->notify_fd_number) < 0 ? -errno : 0;
}

/* Sources first go beyond the last target, so that no target covers one that is still to come. */
int step_descriptors(ExecContext *c) {
        const ExecPlan *p = c->plan;
        size_t n_passed = exec_n_passed(p), n = n_passed + (p->channel_fd > 0);
        int first_free = STDERR_FILENO + 1 + (int)n, moved[n + 1], r;

        if (n > 0 && c->status_fd >= 0 && c->status_fd < first_free) {
                c->status_fd = fcntl(c->status_fd, F_DUPFD_CLOEXEC, first_free);
                if (c->status_fd < 0)
                        return -errno;
        }
        for (size_t i = 0; i < n; i++) {
                moved[i] = fcntl(i < n_passed ? p->fds[i] : p->channel_fd, F_DUPFD_CLOEXEC, first_free);
                if (moved[i] < 0)
                        return -errno;
        }
        for (size_t i = 0; i < n; i++) {
                int target = STDERR_FILENO + 1 + (int)i;

                if (dup2(moved[i], target) < 0)
                        return -errno;
                if (i < n_passed && p->fds_in_use && p->fds_in_use[i])
                        continue;
                r = set_non_blocking(target, i < n_passed && p->non_blocking_fds);
                if (r < 0)
                        return r;
        }
        r = mark_close_on_exec((unsigned)first_free);
        return r < 0 ? r : pass_notify_fd(c, first_free);
}

static void write_own_pid(ExecContext *c) {
        long pid = (long)syscall(SYS_getpid);

        (void)snprintf(c->exec_pid, sizeof(c->exec_pid), "SYSTEMD_EXEC_PID=%ld", pid);
        (void)snprintf(c->listen_pid, sizeof(c->listen_pid), "LISTEN_PID=%ld", pid);
        (void)snprintf(c->watchdog_pid, sizeof(c->watchdog_pid), "WATCHDOG_PID=%ld", pid);
}

/* A directory that is missing or closed to us hides no program in a later one. */
static int exec_by_search(ExecContext *c, const char *name) {
        const char *const *dirs = (const char *const *)c->plan->exec->exec_search_path;
        char path[PATH_MAX];
        int r = -ENOENT;

        if (!dirs)
                dirs = c->plan->default_search_path;
        for (; dirs && *dirs; dirs++) {
                int n = snprintf(path, sizeof(path), "%s/%s", *dirs, name);

                if (n < 0 || (size_t)n >= sizeof(path))
                        continue;
                (void)execve(path, c->image.argv, c->image.envp);
                if (errno != ENOENT && errno != ENOTDIR) {
                        r = -errno;
                        if (errno != EACCES)
                                break;
                }
        }
        return r;
}

/*
 * The file is there, and yet execve() does not find something, or does not know what it is: the first line tells
 * why. With a filter of system calls nobody may look.
 */
static void explain_script(ExecContext *c, const char *path) {
        char line[80] = "", text[128];
        int fd auto_fd =
                seccomp_filter_is_wanted(c->plan) ? -1 : open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
        size_t n;

        if (fd < 0 || read(fd, line, sizeof(line) - 1) < 2 || line[0] != '#' || line[1] != '!')
                return;
        n = strcspn(line, "\n");
        if (line[n - 1] == '\r')
                return exec_reason(c, "its first line has a Windows line end");
        n = 2 + strspn(line + 2, " \t");
        for (char *p = line + n; *p; p++)
                if (*p <= ' ' || *p == 0x7f)
                        *p = 0;
        (void)snprintf(text, sizeof(text), "its first line asks for '%s'", line + n);
        exec_reason(c, text);
}

int step_exec(ExecContext *c) {
        const Command *command = c->plan->command;
        const char *path = command->flags & COMMAND_SHELL ? c->image.argv[0] : command->path;
        int r;

        write_own_pid(c);
        if (!strchr(path, '/'))
                return exec_by_search(c, path);
        (void)execve(path, c->image.argv, c->image.envp);
        r = -errno;
        if (r == -ENOENT)
                explain_script(c, path);
        return r;
}
