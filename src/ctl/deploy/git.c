/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/deploy/deploy.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ARGUMENTS_MAX 16
#define SHA_SHOWN 12 /* digits in the name of a release */

enum {
        EXIT_NO_USER = 125,
        EXIT_NO_GIT = 127,
};

/* git's words: where it works, then those given, up to a NULL. */
typedef struct GitWords {
        const char *v[ARGUMENTS_MAX + 1];
} GitWords;

static void take_words(const Deploy *d, GitWords *w, va_list ap) {
        size_t n = 0;

        w->v[n++] = "git";
        w->v[n++] = "-C";
        w->v[n++] = d->path;
        w->v[n++] = "--git-dir=repo";
        while (n < ARGUMENTS_MAX && (w->v[n] = va_arg(ap, const char *)))
                n++;
        w->v[n] = NULL;
}

/* In the child: it becomes User=, with the variables that ssh and git look at. Returns only on failure. */
static int become_git(const Deploy *d, GitWords *w, int out) {
        if (d->switches_user && (initgroups(d->user, d->gid) < 0 || setresgid(d->gid, d->gid, d->gid) < 0 ||
                                 setresuid(d->uid, d->uid, d->uid) < 0 || setenv("HOME", d->home, 1) < 0 ||
                                 setenv("USER", d->user, 1) < 0 || setenv("LOGNAME", d->user, 1) < 0))
                return EXIT_NO_USER;
        if (setenv("GIT_TERMINAL_PROMPT", isatty(STDIN_FILENO) ? "1" : "0", 1) < 0 ||
            dup2(out, STDOUT_FILENO) < 0)
                return EXIT_NO_USER;
        execvp(w->v[0], (char **)w->v);
        return EXIT_NO_GIT;
}

static int run(const Deploy *d, GitWords *w, int out, pid_t *ret) {
        pid_t pid;

        fflush(stdout);
        pid = fork();
        if (pid < 0)
                return ctl_print_error("git: %s", strerror(errno));
        if (pid == 0)
                _exit(become_git(d, w, out));
        *ret = pid;
        return CTL_OK;
}

static int wait_for(pid_t pid) {
        int status;

        while (waitpid(pid, &status, 0) < 0)
                if (errno != EINTR)
                        return CTL_FAILED;
        if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_NO_GIT)
                return ctl_print_error("there is no git here, which svctl deploy needs");
        if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_NO_USER)
                return ctl_print_error("git cannot be run as the user of [X-Deploy]");
        return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? CTL_OK : CTL_FAILED;
}

int deploy_git(const Deploy *d, ...) {
        GitWords words;
        va_list ap;
        pid_t pid;

        va_start(ap, d);
        take_words(d, &words, ap);
        va_end(ap);
        return run(d, &words, STDERR_FILENO, &pid) == CTL_OK ? wait_for(pid) : CTL_FAILED;
}

static ssize_t read_text(int fd, char *text, size_t size) {
        size_t n = 0;
        ssize_t k;

        while (n < size - 1 && ((k = read(fd, text + n, size - 1 - n)) > 0 || (k < 0 && errno == EINTR)))
                n += k > 0 ? (size_t)k : 0;
        text[n] = 0;
        return (ssize_t)n;
}

int deploy_git_line(const Deploy *d, char **ret, ...) {
        GitWords words;
        char text[256];
        int fds[2], code;
        va_list ap;
        pid_t pid;

        va_start(ap, ret);
        take_words(d, &words, ap);
        va_end(ap);
        if (pipe2(fds, O_CLOEXEC) < 0)
                return ctl_print_error("git: %s", strerror(errno));
        code = run(d, &words, fds[1], &pid);
        close(fds[1]);
        if (code == CTL_OK)
                (void)read_text(fds[0], text, sizeof(text));
        close(fds[0]);
        if (code != CTL_OK || wait_for(pid) != CTL_OK)
                return CTL_FAILED;
        text[strcspn(text, "\n")] = 0;
        return str_printf(ret, "%s", text) < 0 ? CTL_FAILED : CTL_OK;
}

static int make_directory(const Deploy *d, const char *below) {
        char *path auto_free = NULL;

        if (str_printf(&path, "%s%s%s", d->path, *below ? "/" : "", below) < 0)
                return CTL_FAILED;
        if (mkdir(path, 0755) < 0) {
                if (errno == EEXIST)
                        return CTL_OK;
                return ctl_print_error("%s: %s", path, strerror(errno));
        }
        if (d->switches_user && lchown(path, d->uid, d->gid) < 0)
                return ctl_print_error("%s: %s", path, strerror(errno));
        return CTL_OK;
}

/* Where it fetches from may have changed since. */
int deploy_setup(Deploy *d) {
        char *url auto_free = NULL;
        int code = make_directory(d, "");

        if (code == CTL_OK)
                code = make_directory(d, "releases");
        if (code == CTL_OK)
                code = deploy_lock(d);
        if (code == CTL_OK)
                code = deploy_git(d, "init", "-q", "--bare", NULL);
        if (code != CTL_OK)
                return code;
        if (deploy_git_line(d, &url, "config", "remote.origin.url", NULL) != CTL_OK)
                return deploy_git(d, "remote", "add", "origin", d->repository, NULL);
        return str_equal(url, d->repository)
                       ? CTL_OK
                       : deploy_git(d, "remote", "set-url", "origin", d->repository, NULL);
}

int deploy_fetch(Deploy *d) {
        char depth[32];

        snprintf(depth, sizeof(depth), "--depth=%u", d->depth);
        return deploy_git(d, "fetch", "-q", "--prune", "--tags", "--force",
                          d->depth > 0 ? depth : "--no-auto-maintenance", "origin", NULL);
}

/* A branch of the other side counts before a tag or a commit of that name. */
int deploy_resolve(Deploy *d, const char *reference, char **ret_sha) {
        char *branch auto_free = NULL, *commit auto_free = NULL;

        if (str_printf(&branch, "refs/remotes/origin/%s^{commit}",
                       str_after(reference, "origin/") ?: reference) < 0 ||
            str_printf(&commit, "%s^{commit}", reference) < 0)
                return CTL_FAILED;
        if (deploy_git_line(d, ret_sha, "rev-parse", "--verify", "-q", branch, NULL) == CTL_OK ||
            (reference[0] != '-' &&
             deploy_git_line(d, ret_sha, "rev-parse", "--verify", "-q", commit, NULL) == CTL_OK))
                return CTL_OK;
        return ctl_print_error("%s: %s has no branch, tag or commit '%s'", d->unit, d->repository, reference);
}

int deploy_check_out(Deploy *d, const char *sha, char **ret_name) {
        char *path auto_free = NULL, *name auto_free = NULL, time[32];
        struct timespec now;
        struct tm tm;
        int code;

        clock_gettime(CLOCK_REALTIME, &now);
        if (!gmtime_r(&now.tv_sec, &tm) || strftime(time, sizeof(time), "%Y%m%dT%H%M%S", &tm) == 0 ||
            str_printf(&name, "%.*s-%s.%03ldZ", SHA_SHOWN, sha, time, now.tv_nsec / 1000000) < 0 ||
            str_printf(&path, "releases/%s", name) < 0)
                return CTL_FAILED;
        code = deploy_git(d, "worktree", "add", "-q", "--detach", path, sha, NULL);
        if (code == CTL_OK)
                *ret_name = TAKE(name);
        return code;
}

void deploy_forget(Deploy *d, const char *name) {
        char *path auto_free = NULL;

        if (str_printf(&path, "releases/%s", name) >= 0)
                (void)deploy_git(d, "worktree", "remove", "--force", path, NULL);
}
