/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The process that runs generators: it may block, allocate and wait as PID 1 may not. */

#include "exec/child.h"
#include "manager/generators.h"
#include "manager/manager.h"
#include "unit/enums.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define LINES_MAX 100                 /* of one generator, that are told */
#define LINE_LENGTH_MAX 1000          /* longer ones are told in pieces */
#define OUTPUT_MAX (1024 * 1024)      /* of an environment generator */
#define AFTER_KILL (USEC_PER_SEC / 2) /* then it is stuck in the kernel and left there */

typedef struct Running {
        const char *path;
        pid_t pid;     /* 0: it has ended, or never began */
        int said, out; /* read ends: messages, and what an environment generator prints; -1 */
        Buf line, output;
        unsigned n_lines;
        usec_t deadline;
        bool late;
} Running;

typedef struct Runner {
        int tell, signals;
        char **environment; /* owned; of the next one to be started */
        char *const *arguments;
        Running v[GENERATORS_MAX];
        size_t n;
} Runner;

static void tell(const Runner *r, const char *kind, const char *path, const char *text) {
        Buf b auto_buf = { 0 };
        const char *p;

        buf_add_n(&b, kind, strlen(kind) + 1);
        buf_add_n(&b, path, strlen(path) + 1);
        buf_add_n(&b, text, strlen(text) + 1);
        if (b.error < 0)
                return;
        p = b.data;
        for (size_t left = b.len; left > 0;) {
                ssize_t n = write(r->tell, p, left);

                if (n < 0 && errno != EINTR)
                        _exit(1); /* PID 1 has gone on without us */
                if (n > 0) {
                        p += n;
                        left -= (size_t)n;
                }
        }
}

/* One program */

static void be_generator(const Runner *r, const char *path, int said, int out) __attribute__((noreturn));
static void be_generator(const Runner *r, const char *path, int said, int out) {
        char *argv[5] = { (char *)path };
        sigset_t none;

        (void)setpgid(0, 0); /* what it starts ends with it */
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        for (size_t i = 0; out < 0 && i < 3; i++)
                argv[i + 1] = r->arguments[i];
        if (dup2(open("/dev/null", O_RDONLY | O_CLOEXEC), STDIN_FILENO) < 0)
                (void)close(STDIN_FILENO);
        if (dup2(out >= 0 ? out : said, STDOUT_FILENO) < 0 || dup2(said, STDERR_FILENO) < 0)
                _exit(EXIT_FAILURE);
        sigemptyset(&none);
        (void)sigprocmask(SIG_SETMASK, &none, NULL);
        execve(path, argv, r->environment);
        dprintf(STDERR_FILENO, "cannot be executed: %s\n", strerror(errno));
        _exit(EXIT_FAILURE);
}

static int open_pipe(int fds[2]) {
        if (pipe2(fds, O_CLOEXEC) < 0)
                return -errno;
        (void)fcntl(fds[0], F_SETFL, O_NONBLOCK);
        return 0;
}

/* A failure is told; there is nothing to wait for then. */
static void start(Runner *r, const char *path, bool environment, usec_t deadline) {
        int said[2] = { -1, -1 }, out[2] = { -1, -1 }, e;
        pid_t pid = -1;

        e = open_pipe(said);
        if (e >= 0 && environment)
                e = open_pipe(out);
        if (e >= 0) {
                pid = fork();
                if (pid == 0)
                        be_generator(r, path, said[1], out[1]);
                e = pid < 0 ? -errno : 0;
        }
        cleanup_fd(&said[1]);
        cleanup_fd(&out[1]);
        if (e < 0) {
                tell(r, RUNNER_FAILED, path, strerror(-e));
                cleanup_fd(&said[0]);
                cleanup_fd(&out[0]);
                return;
        }
        (void)setpgid(pid, pid); /* whoever comes first */
        r->v[r->n++] =
                (Running){ .path = path, .pid = pid, .said = said[0], .out = out[0], .deadline = deadline };
}

static void tell_line(const Runner *r, Running *g) {
        if (g->line.len > 0 && g->n_lines++ < LINES_MAX)
                tell(r, RUNNER_SAID, g->path, g->line.data);
        g->line.len = 0;
}

static void split_lines(const Runner *r, Running *g, const char *text, size_t n) {
        for (size_t i = 0; i < n; i++) {
                if (text[i] != '\n' && text[i] != 0)
                        buf_add_char(&g->line, text[i]);
                if (text[i] == '\n' || g->line.len >= LINE_LENGTH_MAX)
                        tell_line(r, g);
        }
}

static void listen_to(const Runner *r, Running *g, int *fd) {
        char text[4096];
        ssize_t n;

        while (*fd >= 0 && (n = read(*fd, text, sizeof(text))) != 0) {
                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0 && errno == EAGAIN)
                        return;
                if (n < 0)
                        break;
                if (fd == &g->said)
                        split_lines(r, g, text, (size_t)n);
                else if (g->output.len < OUTPUT_MAX)
                        buf_add_n(&g->output, text, (size_t)n);
        }
        fd_release(fd);
}

static bool how_it_ended(const Running *g, int status, char *text, size_t size) {
        if (g->late)
                snprintf(text, size, "did not end in time and was killed");
        else if (WIFSIGNALED(status))
                snprintf(text, size, "was killed by %s", signal_to_string(WTERMSIG(status)) ?: "a signal");
        else if (WEXITSTATUS(status) != 0)
                snprintf(text, size, "exited with status %d", WEXITSTATUS(status));
        else
                return false;
        return true;
}

/* Its last words are in the pipes; whoever holds them open beyond its end is killed. */
static void finish(const Runner *r, Running *g, int status) {
        char text[100];

        (void)kill(-g->pid, SIGKILL);
        g->pid = 0;
        listen_to(r, g, &g->said);
        listen_to(r, g, &g->out);
        fd_release(&g->said);
        fd_release(&g->out);
        tell_line(r, g);
        if (g->n_lines > LINES_MAX) {
                snprintf(text, sizeof(text), "(%u more lines)", g->n_lines - LINES_MAX);
                tell(r, RUNNER_SAID, g->path, text);
        }
        if (how_it_ended(g, status, text, sizeof(text)))
                tell(r, RUNNER_FAILED, g->path, text);
        buf_release(&g->line);
}

/* Waiting */

static void reap(Runner *r) {
        struct signalfd_siginfo info;
        int status;

        while (read(r->signals, &info, sizeof(info)) > 0)
                ;
        for (Running *g = r->v; g < r->v + r->n; g++)
                if (g->pid > 0 && waitpid(g->pid, &status, WNOHANG) == g->pid)
                        finish(r, g, status);
}

static void kill_late(Runner *r, usec_t now) {
        for (Running *g = r->v; g < r->v + r->n; g++) {
                if (g->pid == 0 || now < g->deadline)
                        continue;
                if (!g->late) {
                        g->late = true;
                        g->deadline = now + AFTER_KILL;
                        (void)kill(-g->pid, SIGKILL);
                } else
                        finish(r, g, 0);
        }
}

static size_t collect_descriptors(const Runner *r, struct pollfd *fds) {
        size_t n = 0;

        fds[n++] = (struct pollfd){ .fd = r->signals, .events = POLLIN };
        for (const Running *g = r->v; g < r->v + r->n; g++) {
                fds[n++] = (struct pollfd){ .fd = g->said, .events = POLLIN };
                fds[n++] = (struct pollfd){ .fd = g->out, .events = POLLIN };
        }
        return n;
}

static usec_t next_deadline(const Runner *r) {
        usec_t next = USEC_INFINITY;

        for (const Running *g = r->v; g < r->v + r->n; g++)
                if (g->pid > 0)
                        next = MIN(next, g->deadline);
        return next;
}

static void wait_for_all(Runner *r) {
        struct pollfd fds[1 + 2 * GENERATORS_MAX];
        usec_t next, now;

        while ((next = next_deadline(r)) != USEC_INFINITY) {
                size_t n = collect_descriptors(r, fds);

                now = now_monotonic();
                (void)poll(fds, n, next > now ? (int)((next - now) / USEC_PER_MSEC) + 1 : 0);
                for (Running *g = r->v; g < r->v + r->n; g++) {
                        listen_to(r, g, &g->said);
                        listen_to(r, g, &g->out);
                }
                reap(r);
                kill_late(r, now_monotonic());
        }
}

/* All of them */

static void take_assignments(Runner *r, const char *path, const Buf *output, char ***set) {
        char **env auto_strv = NULL;

        if (output->len == 0 || environment_file_parse(output->data, output->len, &env) < 0)
                return;
        STRV_FOREACH (e, env)
                if (env_set(&r->environment, *e) >= 0 && env_set(set, *e) >= 0)
                        tell(r, RUNNER_ASSIGNMENT, path, *e);
}

static void run_environment_generators(Runner *r, const GeneratorPlan *p, char ***set) {
        usec_t deadline = now_monotonic() + ENVIRONMENT_GENERATORS_PATIENCE;

        STRV_FOREACH (path, p->environment_generators) {
                r->n = 0;
                start(r, *path, true, deadline);
                wait_for_all(r);
                for (size_t i = 0; i < r->n; i++) {
                        take_assignments(r, *path, &r->v[i].output, set);
                        buf_release(&r->v[i].output);
                }
        }
        r->n = 0;
}

static void run_generators(Runner *r, const GeneratorPlan *p) {
        usec_t deadline = now_monotonic() + GENERATOR_PATIENCE;

        STRV_FOREACH (path, p->generators)
                if (r->n < GENERATORS_MAX)
                        start(r, *path, false, deadline);
        wait_for_all(r);
}

static void prepare(int fd, Runner *r) {
        sigset_t child;

        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        for (int s = 1; s < NSIG; s++)
                (void)signal(s, SIG_DFL);
        sigemptyset(&child);
        sigaddset(&child, SIGCHLD);
        (void)sigprocmask(SIG_SETMASK, &child, NULL);
        /* Sockets and pipes of services must not stay open because we have them. */
        if (fd != 3)
                fd = dup3(fd, 3, O_CLOEXEC);
        (void)close_range(4, ~0U, 0);
        r->tell = fd;
        r->signals = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
        if (fd < 0 || r->signals < 0)
                _exit(1);
        (void)umask(0022);
        (void)setpgid(0, 0);
}

/* The generators' environment is clean: the facts, a path, and what environment generators have set. */
static int make_clean(Runner *r, const GeneratorPlan *p, char *const *set) {
        int e;

        strv_free(TAKE(r->environment));
        e = strv_add(&r->environment, "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
        STRV_FOREACH (s, set)
                if (e >= 0)
                        e = env_set(&r->environment, *s);
        STRV_FOREACH (s, p->facts)
                if (e >= 0)
                        e = env_set(&r->environment, *s);
        return e;
}

void generator_runner(const GeneratorPlan *p, int fd) {
        static Runner r;
        char **set = NULL;

        prepare(fd, &r);
        r.arguments = p->directories;
        if (strv_copy(p->inherited, &r.environment) < 0 || strv_add_all(&r.environment, p->facts) < 0)
                _exit(1);
        run_environment_generators(&r, p, &set);
        if (make_clean(&r, p, set) < 0)
                _exit(1);
        run_generators(&r, p);
        tell(&r, RUNNER_DONE, "", "");
        _exit(0);
}
