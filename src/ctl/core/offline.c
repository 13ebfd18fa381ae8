/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Without a manager: in an image build, below --root=, in a chroot. What has
 * to do with files works there; the rest is skipped or refused with
 * systemctl's words, since maintainer scripts depend on how it behaves.
 */

#include "ctl/core/ctl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

static int flag_from_environment(const char *name) {
        const char *value = getenv(name);
        bool b;

        return value && parse_bool(value, &b) >= 0 ? b : -1;
}

/* Is our root directory another than that of the first process? */
bool ctl_is_in_chroot(void) {
        struct stat ours, its;

        if (flag_from_environment("SYSTEMD_IGNORE_CHROOT") > 0)
                return false;
        return stat("/", &ours) >= 0 && stat("/proc/1/root", &its) >= 0 &&
               (ours.st_dev != its.st_dev || ours.st_ino != its.st_ino);
}

bool ctl_is_offline(void) {
        int told = flag_from_environment("SYSTEMD_OFFLINE");

        return told >= 0 ? told : ctl_is_in_chroot();
}

/* A socket may have been left behind by one that has gone. */
static bool answers(Ctl *c) {
        bool quiet = c->quiet, found;
        char path[300];

        snprintf(path, sizeof(path), "%s/systemd/private", ctl_runtime_dir(c));
        if (access(path, F_OK) < 0)
                return false;
        c->quiet = true;
        found = ctl_connect(c) >= 0;
        c->quiet = quiet;
        return found;
}

static void say_why_unreachable(Ctl *c, int r) {
        const char *dir = ctl_runtime_dir(c);

        if (r == -ENOENT || r == -ECONNREFUSED)
                ctl_print_error("svinit does not run here: there is no %s/systemd/private that answers (%s)",
                                dir, strerror(-r));
        else if (r == -EACCES || r == -EPERM)
                ctl_print_error("svinit cannot be reached by uid %u: %s/systemd/private: %s",
                                (unsigned)geteuid(), dir, strerror(-r));
        else
                ctl_print_error("svinit cannot be reached at %s/systemd/private: %s", dir, strerror(-r));
}

void ctl_say_unreachable(Ctl *c, int r) {
        if (c->called_as_systemctl && access("/run/systemd/system", F_OK) < 0)
                fputs("System has not been booted with systemd as init system (PID 1). Can't operate.\n"
                      "Failed to connect to bus: Host is down\n",
                      stderr);
        else if (!c->quiet)
                say_why_unreachable(c, r);
}

bool ctl_manager_runs(Ctl *c) {
        if (c->host)
                return ctl_connect(c) >= 0;
        return !c->root && c->scope == SCOPE_SYSTEM && !ctl_is_offline() &&
               flag_from_environment("SYSTEMCTL_INSTALL_CLIENT_SIDE") <= 0 && answers(c);
}

int ctl_guard(Ctl *c, const Verb *v) {
        if (v->offline || c->host)
                return 0;
        if (c->root) {
                fprintf(stderr, "Verb '%s' cannot be used with --root= or --image=.\n", v->name);
                return CTL_FAILED;
        }
        if (ctl_is_offline()) {
                fprintf(stderr, "Running in chroot, ignoring command '%s'\n", v->name);
                return -1;
        }
        return 0;
}

static bool read_id(const char *root, const char *path, char *buf, size_t n) {
        char full[4096];
        ssize_t got;
        int fd;

        snprintf(full, sizeof(full), "%s%s", root ? root : "", path);
        fd = open(full, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
        got = fd < 0 ? -1 : read(fd, buf, n - 1);
        if (fd >= 0)
                close(fd);
        buf[got > 0 ? got : 0] = 0;
        str_strip(buf);
        return strspn(buf, "0123456789abcdef") == 32 && buf[32] == 0;
}

/* What specifiers stand for, as far as it is known without a manager. */
static const SpecifierHost *host(const Ctl *c) {
        static struct utsname names;
        static char machine_id[64], uid[16];
        static SpecifierHost h = { .runtime_dir = "/run",
                                   .state_dir = "/var/lib",
                                   .cache_dir = "/var/cache",
                                   .logs_dir = "/var/log",
                                   .configuration_dir = "/etc",
                                   .tmp_dir = "/tmp",
                                   .var_tmp_dir = "/var/tmp",
                                   .user = "root",
                                   .uid = "0",
                                   .group = "root",
                                   .gid = "0",
                                   .home = "/root",
                                   .shell = "/bin/sh" };

        if (uname(&names) >= 0) {
                h.hostname = names.nodename;
                h.kernel = names.release;
                h.architecture = str_equal(names.machine, "x86_64")    ? "x86-64"
                                 : str_equal(names.machine, "aarch64") ? "arm64"
                                                                       : names.machine;
        }
        if (read_id(c->root, "/etc/machine-id", machine_id, sizeof(machine_id)))
                h.machine_id = machine_id;
        if (c->scope == SCOPE_USER) {
                snprintf(uid, sizeof(uid), "%u", (unsigned)geteuid());
                h.uid = uid;
                h.user = getenv("USER");
                h.home = getenv("HOME");
        }
        return &h;
}

/* The directories of --user; buf has room for both. */
static void find_home(LoaderOptions *o, char config[static 4096], char data[static 4096]) {
        const char *home = getenv("HOME"), *c = getenv("XDG_CONFIG_HOME"), *d = getenv("XDG_DATA_HOME");

        if (home && home[0] == '/') {
                snprintf(config, 4096, "%s/.config", home);
                snprintf(data, 4096, "%s/.local/share", home);
                o->config_home = config;
                o->data_home = data;
        }
        if (c && c[0] == '/')
                o->config_home = c;
        if (d && d[0] == '/')
                o->data_home = d;
        o->runtime_dir = getenv("XDG_RUNTIME_DIR");
}

int ctl_loader(Ctl *c, Loader **ret) {
        LoaderOptions o = { .root = c->root,
                            .host = host(c),
                            .runtime_dir = c->root ? "/run" : ctl_runtime_dir(c),
                            .scope = c->scope };
        static const char *const generators[] = { "generator", "generator.early", "generator.late" };
        char config[4096], data[4096], dirs[3][300];
        int r;

        for (size_t i = 0; i < ELEMENTSOF(generators) && !c->no_generated; i++) {
                snprintf(dirs[i], sizeof(dirs[i]), "%s/systemd/%s", o.runtime_dir, generators[i]);
                o.generator_dirs[i] = dirs[i];
        }
        if (c->scope == SCOPE_USER)
                find_home(&o, config, data);
        if (c->scope == SCOPE_USER && (c->root || !o.config_home || !o.runtime_dir))
                return -EINVAL;
        r = loader_new(&o, ret);
        if (r < 0)
                return r;
        r = loader_refresh(*ret);
        if (r < 0) {
                loader_free(*ret);
                *ret = NULL;
        }
        return r;
}

int ctl_loader_or_say(Ctl *c, const char *verb, Loader **ret) {
        int r = ctl_loader(c, ret);

        if (r >= 0)
                return 0;
        if (c->root && r != -EINVAL)
                fprintf(stderr, "Failed to initialize unit search paths for root directory %s: %s\n", c->root,
                        strerror(-r));
        else
                fprintf(stderr, "Failed to %s: %s.\n", verb, strerror(-r));
        return r;
}
