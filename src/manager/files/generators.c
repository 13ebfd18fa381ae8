/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Generators, systemd.generator(7), and environment generators,
 * systemd.environment-generator(7): programs that write unit files and set
 * variables before any unit is read. They are run by a process forked from us
 * (generators.h), which tells on a pipe what they said and what failed; the
 * end of the pipe is the end of the run. PID 1 goes on meanwhile.
 */

#include "manager/generators.h"
#include "load/backup.h"
#include "load/init-script.h"
#include "load/root.h"
#include "manager/files.h"
#include "manager/manager-internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#define TOLD_MAX (4 * 1024 * 1024) /* of one record */

#ifndef PKGLIBDIR
#define PKGLIBDIR "/usr/lib/svinit"
#endif

struct GeneratorRun {
        sd_event_source *source, *timer; /* source owns the pipe */
        Buf told;                        /* begins with a record that is not complete yet */
        pid_t pid;
        char **environment; /* owned; as environment generators set it */
        bool complete;
        GeneratorsDone done;
};

/* Which */

static const char *const generator_directories[] = { "/run/systemd/system-generators",
                                                     "/etc/systemd/system-generators",
                                                     "/usr/local/lib/systemd/system-generators",
                                                     PKGLIBDIR "/system-generators",
                                                     "/usr/lib/systemd/system-generators",
                                                     "/lib/systemd/system-generators",
                                                     NULL };
static const char *const environment_directories[] = { "/run/systemd/system-environment-generators",
                                                       "/etc/systemd/system-environment-generators",
                                                       "/usr/local/lib/systemd/system-environment-generators",
                                                       "/usr/lib/systemd/system-environment-generators",
                                                       "/lib/systemd/system-environment-generators",
                                                       NULL };

static const char *const user_directories[] = { "/run/systemd/user-generators",
                                                "/etc/systemd/user-generators",
                                                "/usr/local/lib/systemd/user-generators",
                                                "/usr/lib/systemd/user-generators", NULL };
static const char *const user_environment_directories[] = {
        "/run/systemd/user-environment-generators", "/etc/systemd/user-environment-generators",
        "/usr/local/lib/systemd/user-environment-generators", "/usr/lib/systemd/user-environment-generators",
        NULL
};

/* Those of systemd describe a machine's disks, consoles, kernel command line and initrd; ours is in place of one. */
static bool is_of_systemd(const char *name) {
        static const char *const names[] = { "bless-boot", "cryptsetup",     "debug",    "factory-reset",
                                             "fstab",      "getty",          "gpt-auto", "hibernate-resume",
                                             "import",     "integritysetup", "rc-local", "run",
                                             "ssh",        "system-update",  "sysv",     "tpm2",
                                             "veritysetup" };
        const char *rest = str_after(name, "systemd-");

        for (size_t i = 0; rest && i < ELEMENTSOF(names); i++) {
                const char *end = str_after(rest, names[i]);

                if (end && str_equal(end, "-generator"))
                        return true;
        }
        return false;
}

/* The first directory that has the name wins; an empty file or a link to /dev/null there masks it. */
static int collect_one(const char *directory, const char *name, char ***names, char ***paths) {
        char *path auto_free = NULL;
        struct stat st;
        bool mask;
        int r;

        if (name_is_backup(name) || is_of_systemd(name) || strv_contains(*names, name))
                return 0;
        r = str_printf(&path, "%s/%s", directory, name);
        if (r < 0 || stat(path, &st) < 0)
                return MIN(r, 0);
        mask = stat_is_null_device(&st) || (S_ISREG(st.st_mode) && st.st_size == 0);
        if (!mask && (!S_ISREG(st.st_mode) || (st.st_mode & 0111) == 0))
                return 0;
        r = strv_add(names, name);
        if (r < 0 || mask || strv_length(*paths) >= GENERATORS_MAX)
                return r;
        return strv_push(paths, TAKE(path));
}

static int compare_names(const void *a, const void *b) {
        return strcmp(path_name(*(char *const *)a), path_name(*(char *const *)b));
}

static int collect(const char *const *directories, char ***ret) {
        char **names auto_strv = NULL, **paths auto_strv = NULL;
        int r = 0;

        for (; *directories && r >= 0; directories++) {
                DIR *d = opendir(*directories);
                struct dirent *e;

                while (d && r >= 0 && (e = readdir(d)))
                        r = collect_one(*directories, e->d_name, &names, &paths);
                if (d)
                        closedir(d);
        }
        if (r < 0)
                return r;
        if (paths)
                qsort(paths, strv_length(paths), sizeof(char *), compare_names);
        *ret = TAKE(paths);
        return 0;
}

void generator_plan_release(GeneratorPlan *p) {
        strv_free(p->environment_generators);
        strv_free(p->generators);
        for (size_t i = 0; i < ELEMENTSOF(p->directories); i++)
                free(p->directories[i]);
        strv_free(p->inherited);
        strv_free(p->facts);
        *p = (GeneratorPlan){ 0 };
}

static int add_fact(GeneratorPlan *p, const char *name, const char *value) {
        char *s;
        int r;

        if (str_is_empty(value))
                return 0;
        r = str_printf(&s, "%s=%s", name, value);
        return r < 0 ? r : strv_push(&p->facts, s);
}

static int plan_environment(Manager *m, GeneratorPlan *p) {
        const HostInfo *h = &m->host;
        char *virtualization auto_free = NULL;
        int r = 0;

        if (!str_is_empty(h->virtualization))
                r = str_printf(&virtualization, "%s:%s", h->container ? "container" : "vm",
                               h->virtualization);
        if (r >= 0)
                r = add_fact(p, "SYSTEMD_SCOPE", "system");
        if (r >= 0)
                r = add_fact(p, "SYSTEMD_IN_INITRD", "0");
        if (r >= 0)
                r = add_fact(p, "SYSTEMD_FIRST_BOOT",
                             access("/run/systemd/first-boot", F_OK) >= 0 ? "1" : "0");
        if (r >= 0)
                r = add_fact(p, "SYSTEMD_VIRTUALIZATION", virtualization);
        if (r >= 0)
                r = add_fact(p, "SYSTEMD_ARCHITECTURE", h->specifiers.architecture);
        if (r >= 0) /* they look for native units where we do */
                r = add_fact(p, "SYSTEMD_UNIT_PATH", getenv("SYSTEMD_UNIT_PATH"));
        if (r < 0)
                return r;
        return manager_inherited_environment(m, NULL, &p->inherited);
}

static int make_directories(Manager *m, GeneratorPlan *p) {
        static const char *const names[] = { "generator", "generator.early", "generator.late" };

        for (size_t i = 0; i < ELEMENTSOF(names); i++) {
                int r = str_printf(&p->directories[i], "%s/systemd/%s", m->host.runtime_dir, names[i]);

                if (r < 0)
                        return r;
                remove_tree(p->directories[i]);
                if (mkdir(p->directories[i], 0755) < 0 && errno != EEXIST)
                        return -errno;
        }
        return 0;
}

/* Without them the container must not come up. */
static void make_scripts(Manager *m, const char *directory) {
        int r = init_scripts_make_units(directory);

        m->internal->scripts_lost = r < 0;
        if (r < 0)
                LOG_ERRNO(SCRIPTS_LOST, r, FIELD_S("PATH", directory ?: m->host.runtime_dir));
}

static bool has_entries(const char *directory) {
        DIR *d = opendir(directory);
        struct dirent *e;
        bool found = false;

        while (d && !found && (e = readdir(d)))
                found = e->d_name[0] != '.';
        if (d)
                closedir(d);
        return found;
}

/* Those of ours that would write nothing: each is a process less, and so is the one that runs them, after the last. */
static void leave_out_idle(Manager *m, GeneratorPlan *p) {
        static const char sysv[] = PKGLIBDIR "/system-generators/svinit-sysv-generator",
                          cron[] = PKGLIBDIR "/system-generators/svinit-cron-generator";

        if (strv_contains(p->generators, sysv) && !init_scripts_lack_units(m->loader))
                strv_remove(p->generators, sysv);
        if (strv_contains(p->generators, cron) && access("/etc/crontab", F_OK) < 0 &&
            !has_entries("/etc/cron.d") && !has_entries("/var/spool/cron/crontabs"))
                strv_remove(p->generators, cron);
}

/* 1: there is something to run */
static int make_plan(Manager *m, GeneratorPlan *p) {
        bool user = m->host.user;
        size_t n;
        int r = collect(user ? user_directories : generator_directories, &p->generators);

        if (r >= 0)
                r = collect(user ? user_environment_directories : environment_directories,
                            &p->environment_generators);
        if (r < 0)
                return r;
        n = strv_length(p->generators) + strv_length(p->environment_generators);
        if (n > 0 && !m->host.runtime_writable)
                LOG(GENERATORS_LEFT_OUT, FIELD_I("N_GENERATORS", n), FIELD_S("PATH", m->host.runtime_dir));
        if (!m->host.runtime_writable) {
                make_scripts(m, NULL);
                return 0;
        }
        r = make_directories(m, p);
        if (!user)
                make_scripts(m, r < 0 ? NULL : p->directories[0]);
        leave_out_idle(m, p);
        n = strv_length(p->generators) + strv_length(p->environment_generators);
        if (r < 0 || n == 0)
                return r;
        r = plan_environment(m, p);
        return r < 0 ? r : 1;
}

/* The run */

void generators_release(Manager *m) {
        GeneratorRun *g = TAKE(m->internal->generators);

        if (!g)
                return;
        sd_event_source_disable_unref(g->source);
        sd_event_source_disable_unref(g->timer);
        buf_release(&g->told);
        strv_free(g->environment);
        free(g);
}

static void take_record(Manager *m, const char *kind, const char *path, const char *text) {
        GeneratorRun *g = m->internal->generators;

        if (str_equal(kind, RUNNER_SAID))
                LOG(GENERATOR_SAID, FIELD_S("PATH", path), FIELD_S("TEXT", text));
        else if (str_equal(kind, RUNNER_FAILED))
                LOG(GENERATOR_FAILED, FIELD_S("PATH", path), FIELD_S("TEXT", text));
        else if (str_equal(kind, RUNNER_ASSIGNMENT))
                (void)env_set(&g->environment, text);
        else if (str_equal(kind, RUNNER_DONE))
                g->complete = true;
}

static const char *after_string(const char *s, const char *end) {
        const char *nul = s < end ? memchr(s, 0, (size_t)(end - s)) : NULL;

        return nul ? nul + 1 : NULL;
}

static void take_records(Manager *m) {
        Buf *told = &m->internal->generators->told;
        const char *kind = told->data, *end = told->data + told->len, *path, *text, *next;
        size_t left;

        for (;; kind = next) {
                path = after_string(kind, end);
                text = path ? after_string(path, end) : NULL;
                next = text ? after_string(text, end) : NULL;
                if (!next)
                        break;
                take_record(m, kind, path, text);
        }
        left = (size_t)(end - kind);
        if (left > 0)
                memmove(told->data, kind, left);
        told->len = left;
}

/* What services inherit until then is what the last run has set. */
static void take_environment(Manager *m, char **environment) {
        strv_free(m->generated_environment);
        m->generated_environment = environment;
}

static int finish(Manager *m) {
        GeneratorRun *g = m->internal->generators;
        GeneratorsDone done = g->done;

        if (!g->complete)
                LOG(GENERATORS_CUT_SHORT);
        take_environment(m, TAKE(g->environment));
        generators_release(m);
        m->generators_finish = dual_now();
        done(m);
        return 0;
}

static int on_told(sd_event_source *s, int fd, uint32_t revents, void *userdata) {
        Manager *m = userdata;
        GeneratorRun *g = m->internal->generators;
        char text[4096];
        ssize_t n = read(fd, text, sizeof(text));

        if (n < 0 && (errno == EAGAIN || errno == EINTR))
                return 0;
        if (n <= 0)
                return finish(m);
        buf_add_n(&g->told, text, (size_t)n);
        if (g->told.error < 0 || g->told.len > TOLD_MAX)
                return finish(m);
        take_records(m);
        return 0;
}

/* It hangs in the kernel, on a dead file system for example: the units that are there must not wait for it. */
static int on_late(sd_event_source *s, uint64_t usec, void *userdata) {
        Manager *m = userdata;

        (void)kill(m->internal->generators->pid, SIGKILL);
        return finish(m);
}

static int watch_runner(Manager *m, GeneratorRun *g, int fd) {
        int r = sd_event_add_io(m->event, &g->source, fd, EPOLLIN, on_told, m);

        if (r < 0) {
                close(fd);
                return r;
        }
        (void)sd_event_source_set_io_fd_own(g->source, true);
        return sd_event_add_time_relative(m->event, &g->timer, CLOCK_MONOTONIC, RUNNER_PATIENCE, 0, on_late,
                                          m);
}

static int start_runner(Manager *m, const GeneratorPlan *p, GeneratorRun *g) {
        int fds[2], r;

        if (pipe2(fds, O_CLOEXEC) < 0)
                return -errno;
        g->pid = fork();
        if (g->pid == 0)
                generator_runner(p, fds[1]);
        r = g->pid < 0 ? -errno : 0;
        close(fds[1]);
        (void)fcntl(fds[0], F_SETFL, O_NONBLOCK);
        if (r >= 0)
                return watch_runner(m, g, fds[0]);
        close(fds[0]);
        return r;
}

int generators_run(Manager *m, GeneratorsDone done) {
        GeneratorPlan plan = { 0 };
        int r;

        ENSURE(!m->internal->generators, -EBUSY);
        m->generators_start = m->generators_finish = dual_now();
        r = make_plan(m, &plan);
        if (r > 0) {
                m->internal->generators = calloc(1, sizeof(GeneratorRun));
                r = m->internal->generators ? start_runner(m, &plan, m->internal->generators) : -ENOMEM;
                if (r >= 0) {
                        m->internal->generators->done = done;
                        r = 1;
                } else
                        generators_release(m);
        }
        generator_plan_release(&plan);
        if (r <= 0)
                take_environment(m, NULL);
        return r;
}
