/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * From nothing to the boot transaction: generators, the default target, and
 * the moment when all of it is done.
 */

#include "manager/files.h"
#include "manager/manager-internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define GENERATOR_PATIENCE (10 * USEC_PER_SEC)
#define GENERATORS_MAX 64

static const char *const generator_directories[] = { "/run/systemd/system-generators",
                                                     "/etc/systemd/system-generators",
                                                     "/usr/local/lib/systemd/system-generators",
                                                     "/usr/lib/systemd/system-generators",
                                                     "/lib/systemd/system-generators" };

/* systemd's own generators describe a machine's disks, consoles and initrd; what they make has no meaning here. */
static bool generator_is_wanted(const char *name) {
        return !str_starts_with(name, "systemd-") && name[0] != '.';
}

/* The first directory that has the name wins; a link to /dev/null masks it. */
static int collect_generators(char ***ret) {
        char **names auto_strv = NULL, **paths auto_strv = NULL;
        int r;

        for (size_t i = 0; i < ELEMENTSOF(generator_directories); i++) {
                DIR *d = opendir(generator_directories[i]);
                struct dirent *e;

                while (d && (e = readdir(d)) && strv_length(paths) < GENERATORS_MAX) {
                        char *path;
                        struct stat st;

                        if (!generator_is_wanted(e->d_name) || strv_contains(names, e->d_name))
                                continue;
                        r = str_printf(&path, "%s/%s", generator_directories[i], e->d_name);
                        if (r >= 0)
                                r = strv_add(&names, e->d_name);
                        if (r < 0) {
                                closedir(d);
                                return r;
                        }
                        if (stat(path, &st) < 0 || !S_ISREG(st.st_mode) || access(path, X_OK) < 0)
                                free(path);
                        else if (strv_push(&paths, path) < 0) {
                                closedir(d);
                                return -ENOMEM;
                        }
                }
                if (d)
                        closedir(d);
        }
        *ret = TAKE(paths);
        return 0;
}

/* In the child: each generator with three directories and a clean environment. */
static pid_t start_generator(Manager *m, const char *path, char dirs[3][128]) {
        pid_t pid = fork();

        if (pid != 0)
                return pid;
        char *const argv[] = { (char *)path, dirs[0], dirs[1], dirs[2], NULL };
        char virt[64] = "SYSTEMD_VIRTUALIZATION=";
        strncat(virt, m->host.virtualization, sizeof(virt) - strlen(virt) - 1);
        char *const env[] = { (char *)"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                              (char *)"SYSTEMD_SCOPE=system", (char *)"SYSTEMD_FIRST_BOOT=0", virt, NULL };
        sigset_t none;
        int null;

        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, NULL);
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        null = open("/dev/null", O_RDWR | O_CLOEXEC);
        if (null >= 0)
                dup2(null, 0);
        dup2(2, 1);
        umask(0022);
        execve(path, argv, env);
        _exit(127);
}

static void log_generator(const char *path, int status) {
        if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
                LOG(GENERATOR_FAILED, FIELD_S("PATH", path),
                    FIELD_I("EXIT_STATUS", WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status)));
}

/* A runner process starts them all at once, waits for them with a limit and kills what hangs: it may block, we poll its end. */
static void run_all(Manager *m, char **paths, char dirs[3][128]) {
        pid_t pids[GENERATORS_MAX];
        size_t n = MIN(strv_length(paths), (size_t)GENERATORS_MAX), left = n;
        usec_t end = now_monotonic() + GENERATOR_PATIENCE;

        for (size_t i = 0; i < n; i++)
                pids[i] = start_generator(m, paths[i], dirs);
        for (size_t i = 0; i < n; i++)
                if (pids[i] < 0)
                        left--;
        while (left > 0) {
                bool late = now_monotonic() >= end;

                for (size_t i = 0; i < n; i++) {
                        int status;

                        if (pids[i] <= 0)
                                continue;
                        if (late) {
                                LOG(GENERATOR_FAILED, FIELD_S("PATH", paths[i]), FIELD_I("EXIT_STATUS", 124));
                                kill(pids[i], SIGKILL);
                        }
                        if (waitpid(pids[i], &status, late ? 0 : WNOHANG) == pids[i]) {
                                if (!late)
                                        log_generator(paths[i], status);
                                pids[i] = 0;
                                left--;
                        }
                }
                if (left > 0 && !late)
                        poll(NULL, 0, 2);
        }
}

static void make_directories(Manager *m, char dirs[3][128]) {
        static const char *const names[] = { "generator", "generator.early", "generator.late" };

        for (size_t i = 0; i < ELEMENTSOF(names); i++) {
                snprintf(dirs[i], 128, "%s/systemd/%s", m->host.runtime_dir, names[i]);
                remove_tree(dirs[i]);
                (void)mkdir(dirs[i], 0755);
        }
}

int manager_run_generators(Manager *m) {
        char **paths auto_strv = NULL, dirs[3][128];
        int r;

        if (!m->host.runtime_writable)
                return 0;
        r = collect_generators(&paths);
        if (r < 0)
                return r;
        m->generators_start = dual_now();
        make_directories(m, dirs);
        run_all(m, paths, dirs);
        m->generators_finish = dual_now();
        return 0;
}

static int boot_unit(Manager *m, const char *name, Report *why) {
        Unit *u;
        int r;

        r = manager_load_unit(m, name, &u);
        if (r < 0)
                return r;
        return manager_enqueue(m, JOB_START, u, JOB_REPLACE, why, NULL);
}

static void log_boot_failure(const char *name, int r, const Report *why) {
        LOG(BOOT_FAILED, FIELD_S("UNIT_NAME", name),
            FIELD_S("TEXT", why->n_findings > 0 ? why->findings[0].text
                            : r < 0             ? strerror(-r)
                                                : "it cannot be started"));
}

static int boot_command(Manager *m, char *const *command) {
        Report why = { 0 };
        int r;

        r = manager_add_command_unit(m, command);
        if (r >= 0)
                r = boot_unit(m, "main.service", &why);
        if (r != 0)
                log_boot_failure("main.service", r, &why);
        report_release(&why);
        return r;
}

/* What is asked for, else default.target, else multi-user.target. */
static int boot_units(Manager *m, const char *wanted) {
        const char *const names[] = { wanted ?: "default.target", wanted ? NULL : "multi-user.target" };
        int r = -ENOENT;

        for (size_t i = 0; i < ELEMENTSOF(names) && names[i] && r != 0; i++) {
                Report why = { 0 };

                r = boot_unit(m, names[i], &why);
                if (r != 0)
                        log_boot_failure(names[i], r, &why);
                else
                        manager_log_report(names[i], &why);
                report_release(&why);
        }
        return r;
}

static int check_main(Manager *m, const char *name) {
        Unit *u;
        int r;

        r = manager_load_unit(m, name, &u);
        if (r < 0)
                return r;
        if (u->load_state != LOAD_LOADED || u->type != UNIT_SERVICE)
                return -ENOENT;
        return 0;
}

int manager_startup(Manager *m) {
        const ManagerOptions *o = &m->internal->options;
        int r = 0;

        m->state = SYSTEM_STARTING;
        if (!o->command || o->with_units) {
                r = manager_run_generators(m);
                if (r < 0)
                        LOG_ERRNO(BOOT_STEP_FAILED, r, FIELD_S("STEP", "generators"));
        }
        m->units_load_start = dual_now();
        r = loader_refresh(m->loader);
        if (r < 0)
                return r;
        r = manager_add_builtin_units(m);
        if (r < 0)
                return r;
        if (o->main_unit) {
                r = check_main(m, o->main_unit);
                if (r < 0) {
                        LOG_ERRNO(BOOT_FAILED, r, FIELD_S("UNIT_NAME", o->main_unit),
                                  FIELD_S("TEXT", "--main= wants a service that can be loaded"));
                        return r;
                }
        }
        if (o->command)
                r = boot_command(m, o->command);
        if (r == 0 && (!o->command || o->with_units))
                r = boot_units(m, o->unit);
        m->units_load_finish = dual_now();
        m->started = true;
        manager_kick(m);
        return r;
}

void manager_check_started(Manager *m) {
        char text[64];
        Buf b auto_buf = { 0 };

        if (m->state != SYSTEM_STARTING || m->internal->queue_count > 0 || graph_count_jobs(m->graph) > 0)
                return;
        m->state = graph_count_failed(m->graph) > 0 ? SYSTEM_DEGRADED : SYSTEM_RUNNING;
        m->finish_time = dual_now();
        timespan_format(
                (m->finish_time.monotonic - m->userspace_time.monotonic) / USEC_PER_MSEC * USEC_PER_MSEC, &b);
        snprintf(text, sizeof(text), "%s", b.data ?: "");
        LOG(STARTUP_FINISHED, FIELD_S("USERSPACE_TEXT", text),
            FIELD_I("USERSPACE_USEC", m->finish_time.monotonic - m->userspace_time.monotonic));
        if (m->observer.startup_finished)
                m->observer.startup_finished(m->observer.userdata);
}
