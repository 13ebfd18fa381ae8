/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Services that have an init script: enable, disable and is-enabled are passed
 * on to the program that the distribution keeps for it, besides being done for
 * the unit file, if there is one.
 */

#include "ctl/core/ctl.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define SYSV_INSTALL "/lib/systemd/systemd-sysv-install"

/* The exit code, or a negative errno. */
static int run_program(char **argv) {
        int status;
        pid_t pid;

        fflush(stdout);
        fflush(stderr);
        pid = fork();
        if (pid < 0)
                return -errno;
        if (pid == 0) {
                execv(argv[0], argv);
                fprintf(stderr, "Failed to execute %s: %s\n", argv[0], strerror(errno));
                _exit(127);
        }
        while (waitpid(pid, &status, 0) < 0)
                if (errno != EINTR)
                        return -errno;
        return WIFEXITED(status) ? WEXITSTATUS(status) : -EPROTO;
}

static int run_sysv_install(Ctl *c, const char *verb, const char *name) {
        char *root auto_free = NULL, *line auto_free = NULL;
        char *argv[5] = { (char *)SYSV_INSTALL };
        int n = 1;

        if (c->root) {
                if (str_printf(&root, "--root=%s", c->root) < 0)
                        return -ENOMEM;
                argv[n++] = root;
        }
        argv[n++] = (char *)verb;
        argv[n++] = (char *)name;
        if (!c->quiet && strv_join(argv, " ", &line) >= 0)
                fprintf(stderr, "Executing: %s\n", line);
        return run_program(argv);
}

/* 1: that was all for this name; 0: there is a unit file as well. */
static int sync_one(Ctl *c, const char *verb, const char *name, bool native, bool *enabled) {
        char *script auto_free = NULL, *plain auto_free = NULL;
        int r;

        plain = strndup(name, strlen(name) - strlen(".service"));
        if (!plain || str_printf(&script, "%s/etc/init.d/%s", c->root ? c->root : "", plain) < 0)
                return -ENOMEM;
        if (access(script, F_OK) < 0 || access(SYSV_INSTALL, X_OK) < 0)
                return 0;
        if (!c->quiet && native)
                fprintf(stderr, "Synchronizing state of %s with SysV service script with %s.\n", name,
                        SYSV_INSTALL);
        else if (!c->quiet)
                fprintf(stderr, "%s is not a native service, redirecting to systemd-sysv-install.\n", name);
        r = run_sysv_install(c, verb, plain);
        if (r < 0)
                return r;
        if (str_equal(verb, "is-enabled")) {
                if (!c->quiet)
                        puts(r == 0 ? "enabled" : "disabled");
                if (enabled)
                        *enabled |= r == 0;
        } else if (r != 0)
                return -EBADE;
        return native ? 0 : 1;
}

/* 1: that was all. */
static int sync_if_service(Ctl *c, Loader *l, const char *verb, const char *name, bool *enabled) {
        Report report = { 0 };
        int r;

        if (!str_ends_with(name, ".service") || name[0] == '/')
                return 0;
        r = install_file_exists(l, name, &report);
        if (r < 0 && r != -ELOOP && r != -ERFKILL && r != -EADDRNOTAVAIL) {
                ctl_print_findings(&report);
                fprintf(stderr, "Failed to look up unit file state: %s\n", strerror(-r));
        } else if (r == 0 || !str_equal(verb, "is-enabled"))
                r = sync_one(c, verb, name, r != 0, enabled);
        else
                r = 0;
        report_release(&report);
        return r;
}

int ctl_sync_sysv(Ctl *c, const char *verb, char **names, bool *enabled) {
        static const char *const verbs_for_scripts[] = { "enable", "disable", "is-enabled" };
        const char *skip = getenv("SYSTEMCTL_SKIP_SYSV");
        bool concerned = false, told;
        Loader *l = NULL;
        size_t kept = 0;
        int r = 0;

        for (size_t i = 0; i < ELEMENTSOF(verbs_for_scripts); i++)
                concerned |= str_equal(verb, verbs_for_scripts[i]);
        if (!concerned || c->scope != SCOPE_SYSTEM || (skip && parse_bool(skip, &told) >= 0 && told))
                return 0;
        c->no_generated = true; /* the unit that was made of the script is not a native one */
        r = ctl_loader_or_say(c, verb, &l);
        c->no_generated = false;
        for (size_t i = 0; names && names[i]; i++) {
                if (r >= 0)
                        r = sync_if_service(c, l, verb, names[i], enabled);
                if (r > 0)
                        free(names[i]);
                else
                        names[kept++] = names[i];
        }
        if (names)
                names[kept] = NULL;
        loader_free(l);
        return MIN(r, 0);
}
