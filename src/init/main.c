/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * svinit: options, construction, the loop, teardown in order, exit code.
 */

#include "base/log.h"
#include "bus/bus.h"
#include "init/libsystemd.h"
#include "init/options.h"
#include "manager/manager.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
        EXIT_SVINIT_FAILED = 125,
        EXIT_REBOOT = 133,
};

extern char **environ;

/* sd-event wants its signals blocked before the sources are made; nothing may interrupt PID 1. */
static void prepare_signals(void) {
        sigset_t all;

        sigfillset(&all);
        sigdelset(&all, SIGSEGV);
        sigdelset(&all, SIGBUS);
        sigdelset(&all, SIGFPE);
        sigdelset(&all, SIGILL);
        sigdelset(&all, SIGABRT);
        (void)sigprocmask(SIG_SETMASK, &all, NULL);
        (void)signal(SIGPIPE, SIG_IGN);
}

/* Descriptors 0, 1, 2 must be something, or the first file opened becomes our standard output. */
static void prepare_stdio(void) {
        for (int fd = 0; fd < 3; fd++)
                if (fcntl(fd, F_GETFD) < 0)
                        (void)open("/dev/null", fd == 0 ? O_RDONLY : O_WRONLY);
}

static bool bus_path(const Manager *m, char path[256]) {
        snprintf(path, 256, "%s/systemd/private", m->host.runtime_dir);
        return m->host.runtime_writable;
}

/* Takes fd, on which clients may wait already; -1: there is none. */
static int attach_bus(Manager *m, int fd, Bus **ret) {
        char path[256];
        int r;

        if (!bus_path(m, path))
                return 0;
        r = fd >= 0 ? bus_new_on(m, path, fd, ret) : bus_new(m, path, ret);
        if (r < 0)
                LOG_ERRNO(BOOT_STEP_FAILED, r, FIELD_S("STEP", "the D-Bus socket"));
        return r;
}

/* The PID 1 of a machine must not return: the kernel would panic. In a container it must, for the exit code. */
static void end_machine(int code) {
        sync();
        (void)reboot(code == EXIT_REBOOT ? RB_AUTOBOOT : RB_POWER_OFF);
}

static int build(Manager *m) {
        const char *why = NULL;
        int r = libsystemd_open(&why);

        if (r >= 0)
                r = manager_build(m);
        if (r < 0)
                fprintf(stderr, "svinit: cannot start: %s\n", why ? why : strerror(-r));
        return r;
}

/* The exit code when the command has ended before anything needed the manager; -1: go on with the client's socket. */
static int run_alone(Manager *m, int *ret_client_fd) {
        char path[256];
        int code;

        if (!manager_start_command(m))
                return -1;
        if (bus_path(m, path))
                *ret_client_fd = bus_open_socket(path);
        code = manager_wait_alone(m, *ret_client_fd, false);
        if (code < 0 && build(m) < 0)
                code = manager_wait_alone(m, *ret_client_fd, true);
        if (code >= 0 && *ret_client_fd >= 0) {
                close(*ret_client_fd);
                (void)unlink(path);
        }
        return code;
}

/* Where nothing runs yet, no start is better than one that nobody can talk to. */
static int run_manager(Manager *m, const Options *o, int client_fd) {
        Bus *bus = NULL;
        int r, code;

        r = attach_bus(m, client_fd, &bus);
        if (r == -ENOMEM && !o->manager.command)
                return EXIT_SVINIT_FAILED;
        r = manager_startup(m);
        if (r < 0) {
                LOG_ERRNO(BOOT_STEP_FAILED, r, FIELD_S("STEP", "the boot transaction"));
                manager_stop(m, "the boot transaction cannot be started", EXIT_SVINIT_FAILED);
        }
        code = manager_run(m);
        bus_free(bus);
        return code;
}

static int run(const Options *o) {
        int client_fd = -1, code;
        Manager *m = NULL;
        bool machine;
        int r;

        r = manager_new(&o->manager, &m);
        if (r < 0) {
                fprintf(stderr, "svinit: cannot start: %s\n", strerror(-r));
                return EXIT_SVINIT_FAILED;
        }
        machine = m->host.pid1 && !m->host.container;
        code = run_alone(m, &client_fd);
        if (code < 0)
                code = m->event || build(m) >= 0 ? run_manager(m, o, client_fd) : EXIT_SVINIT_FAILED;
        manager_free(m);
        if (machine)
                end_machine(code);
        return options_exit_code(o, code);
}

/*
 * What is large is given back at once. Left alone, malloc() moves that limit
 * up to 32 MB as soon as something large was freed, and an answer of a
 * megabyte to a client would stay ours for good.
 */
static void give_back_what_is_large(void) {
        (void)mallopt(M_MMAP_THRESHOLD, 128 * 1024);
}

int main(int argc, char **argv) {
        Options o;
        int r;

        r = options_parse(&o, argc, argv);
        if (r <= 0)
                return r < 0 ? EXIT_SVINIT_FAILED : 0;

        o.manager.environment = environ;
        o.manager.log_level = o.verbosity > 1 ? LOG_DEBUG : o.verbosity == 1 ? LOG_INFO : 0;
        give_back_what_is_large();
        prepare_stdio();
        prepare_signals();
        o.manager.umask = umask(0022);
        if (getpid() != 1)
                (void)prctl(PR_SET_CHILD_SUBREAPER, 1);
        if (o.parent_death_signal > 0)
                (void)prctl(PR_SET_PDEATHSIG, o.parent_death_signal);
        return run(&o);
}
