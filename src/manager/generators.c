/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Generators, systemd.generator(7): programs that write unit files before any
 * is read. A runner process, forked from us, starts them all at once, waits
 * for them with a limit and kills what hangs; it tells what failed on a pipe,
 * and the end of that pipe is the end of the run. PID 1 goes on meanwhile.
 */

#include "manager/files.h"
#include "manager/manager-internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATIENCE (10 * USEC_PER_SEC)
#define GENERATORS_MAX 64
#define EXIT_LATE 124

struct GeneratorRun {
        sd_event_source *source; /* owns the pipe */
        Buf told;
        GeneratorsDone done;
};

static const char *const directories[] = { "/run/systemd/system-generators", "/etc/systemd/system-generators",
                                           "/usr/local/lib/systemd/system-generators",
                                           "/usr/lib/systemd/system-generators",
                                           "/lib/systemd/system-generators" };

/* systemd's own generators describe a machine's disks, consoles and initrd; what they make has no meaning here. */
static bool is_wanted(const char *name) {
        return !str_starts_with(name, "systemd-") && name[0] != '.';
}

/* The first directory that has the name wins; a link to /dev/null masks it. */
static int collect_one(const char *directory, const char *name, char ***names, char ***paths) {
        char *path auto_free = NULL;
        struct stat st;
        int r;

        if (!is_wanted(name) || strv_contains(*names, name))
                return 0;
        r = str_printf(&path, "%s/%s", directory, name);
        if (r >= 0)
                r = strv_add(names, name);
        if (r < 0)
                return r;
        if (stat(path, &st) < 0 || !S_ISREG(st.st_mode) || access(path, X_OK) < 0)
                return 0;
        return strv_push(paths, TAKE(path));
}

static int collect(char ***ret) {
        char **names auto_strv = NULL, **paths auto_strv = NULL;
        int r = 0;

        for (size_t i = 0; i < ELEMENTSOF(directories) && r >= 0; i++) {
                DIR *d = opendir(directories[i]);
                struct dirent *e;

                while (d && r >= 0 && (e = readdir(d)) && strv_length(paths) < GENERATORS_MAX)
                        r = collect_one(directories[i], e->d_name, &names, &paths);
                if (d)
                        closedir(d);
        }
        if (r >= 0)
                *ret = TAKE(paths);
        return r;
}

/* ---- the runner ---- */

typedef struct Directories {
        char path[3][PATH_MAX]; /* normal, early, late */
} Directories;

static pid_t start_one(const char *path, Directories *dirs, char *const *env) {
        char *const argv[] = { (char *)path, dirs->path[0], dirs->path[1], dirs->path[2], NULL };
        pid_t pid = fork();
        int null;

        if (pid != 0)
                return pid;
        (void)setpgid(0, 0); /* its helpers end with it */
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        null = open("/dev/null", O_RDWR | O_CLOEXEC);
        if (null >= 0)
                (void)dup2(null, STDIN_FILENO);
        (void)dup2(STDERR_FILENO, STDOUT_FILENO);
        execve(path, argv, env);
        _exit(127);
}

static void tell(int fd, const char *path, int status) {
        char line[PATH_MAX + 16];
        int n = snprintf(line, sizeof(line), "%d %s\n", status, path);

        if (write(fd, line, (size_t)n) < 0)
                return;
}

static void wait_for_all(int fd, char *const *paths, pid_t *pids, size_t n) {
        usec_t end = now_monotonic() + PATIENCE;

        for (size_t left = n; left > 0;) {
                bool late = now_monotonic() >= end;

                left = 0;
                for (size_t i = 0; i < n; i++) {
                        int status;

                        if (pids[i] <= 0)
                                continue;
                        if (late)
                                (void)kill(-pids[i], SIGKILL);
                        if (waitpid(pids[i], &status, late ? 0 : WNOHANG) != pids[i]) {
                                left++;
                                continue;
                        }
                        pids[i] = 0;
                        if (late || status != 0)
                                tell(fd, paths[i],
                                     late                ? EXIT_LATE
                                     : WIFEXITED(status) ? WEXITSTATUS(status)
                                                         : 128 + WTERMSIG(status));
                }
                if (left > 0)
                        (void)poll(NULL, 0, 2);
        }
}

/* Never returns. */
static void run(int fd, char *const *paths, Directories *dirs, const char *virtualization) {
        char virt[64];
        char *const env[] = { (char *)"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                              (char *)"SYSTEMD_SCOPE=system", (char *)"SYSTEMD_FIRST_BOOT=0", virt, NULL };
        size_t n = MIN(strv_length(paths), (size_t)GENERATORS_MAX);
        pid_t pids[GENERATORS_MAX];
        sigset_t none;

        snprintf(virt, sizeof(virt), "SYSTEMD_VIRTUALIZATION=%s", virtualization);
        for (int s = 1; s < NSIG; s++)
                (void)signal(s, SIG_DFL);
        sigemptyset(&none);
        (void)sigprocmask(SIG_SETMASK, &none, NULL);
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        (void)umask(0022);
        for (size_t i = 0; i < n; i++)
                pids[i] = start_one(paths[i], dirs, env);
        wait_for_all(fd, paths, pids, n);
        _exit(0);
}

/* ---- PID 1 ---- */

static void log_failures(char *text) {
        for (char *line = text, *save = NULL; (line = strtok_r(line, "\n", &save)); line = NULL) {
                char *path = strchr(line, ' ');

                if (!path)
                        continue;
                *path++ = 0;
                LOG(GENERATOR_FAILED, FIELD_S("PATH", path), FIELD_I("EXIT_STATUS", atoi(line)));
        }
}

void generators_release(Manager *m) {
        GeneratorRun *g = TAKE(m->internal->generators);

        if (!g)
                return;
        sd_event_source_disable_unref(g->source);
        buf_release(&g->told);
        free(g);
}

static int on_told(sd_event_source *s, int fd, uint32_t revents, void *userdata) {
        Manager *m = userdata;
        GeneratorRun *g = m->internal->generators;
        GeneratorsDone done = g->done;
        char text[1024];
        ssize_t n = read(fd, text, sizeof(text));

        if (n > 0) {
                buf_add_n(&g->told, text, (size_t)n);
                return 0;
        }
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
                return 0;
        if (g->told.data)
                log_failures(g->told.data);
        generators_release(m);
        m->generators_finish = dual_now();
        done(m);
        return 0;
}

static int prepare_directories(Manager *m, Directories *ret) {
        static const char *const names[] = { "generator", "generator.early", "generator.late" };

        for (size_t i = 0; i < ELEMENTSOF(names); i++) {
                int n = snprintf(ret->path[i], sizeof(ret->path[i]), "%s/systemd/%s", m->host.runtime_dir,
                                 names[i]);

                if (n < 0 || (size_t)n >= sizeof(ret->path[i]))
                        return -ENAMETOOLONG;
                remove_tree(ret->path[i]);
                if (mkdir(ret->path[i], 0755) < 0 && errno != EEXIST)
                        return -errno;
        }
        return 0;
}

static int start_runner(Manager *m, char *const *paths, Directories *dirs, GeneratorRun *g) {
        int fds[2], r;
        pid_t pid;

        if (pipe2(fds, O_CLOEXEC) < 0)
                return -errno;
        pid = fork();
        if (pid == 0)
                run(fds[1], paths, dirs, m->host.virtualization);
        r = pid < 0 ? -errno : 0;
        close(fds[1]);
        (void)fcntl(fds[0], F_SETFL, O_NONBLOCK);
        if (r >= 0)
                r = sd_event_add_io(m->event, &g->source, fds[0], EPOLLIN, on_told, m);
        if (r < 0) {
                close(fds[0]);
                return r;
        }
        (void)sd_event_source_set_io_fd_own(g->source, true);
        return 0;
}

int generators_run(Manager *m, GeneratorsDone done) {
        char **paths auto_strv = NULL;
        Directories dirs;
        GeneratorRun *g;
        int r;

        ENSURE(!m->internal->generators, -EBUSY);
        m->generators_start = m->generators_finish = dual_now();
        if (!m->host.runtime_writable)
                return 0;
        r = collect(&paths);
        if (r >= 0)
                r = prepare_directories(m, &dirs);
        if (r < 0 || !paths)
                return r;
        g = calloc(1, sizeof(*g));
        if (!g)
                return -ENOMEM;
        g->done = done;
        r = start_runner(m, paths, &dirs, g);
        if (r < 0) {
                free(g);
                return r;
        }
        m->internal->generators = g;
        return 1;
}
