/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * enable, disable, mask ...: links on disk, by the same library that the
 * manager uses; a running manager is asked to reload afterwards. Works without
 * svinit, in an image build or below --root=.
 */

#include "ctl/ctl.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int ctl_loader(Ctl *c, Loader **ret) {
        static SpecifierHost host = { .runtime_dir = "/run",
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
                                      .shell = "/bin/sh",
                                      .hostname = "localhost" };
        LoaderOptions o = { .root = c->root,
                            .host = &host,
                            .runtime_dir = "/run",
                            .generator_dirs = { "/run/systemd/generator", "/run/systemd/generator.early",
                                                "/run/systemd/generator.late" } };
        int r;

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

static void print_changes(Ctl *c, const InstallChanges *changes) {
        for (size_t i = 0; i < changes->n && !c->quiet; i++)
                if (changes->v[i].type == CHANGE_SYMLINK)
                        fprintf(stderr, "Created symlink %s -> %s.\n", changes->v[i].path,
                                changes->v[i].source);
                else if (changes->v[i].type == CHANGE_UNLINK)
                        fprintf(stderr, "Removed %s.\n", changes->v[i].path);
}

static int print_report(const Report *r, int result) {
        for (size_t i = 0; i < r->n_findings; i++)
                ctl_print_error("%s", r->findings[i].text);
        if (result < 0 && r->n_findings == 0)
                ctl_print_error("%s", strerror(-result));
        return result < 0 ? CTL_FAILED : CTL_OK;
}

static bool manager_runs(Ctl *c) {
        return !c->root && access("/run/systemd/private", F_OK) >= 0;
}

static int reload_manager(Ctl *c) {
        if (c->no_reload || !manager_runs(c) || ctl_connect(c) < 0)
                return CTL_OK;
        return ctl_call(c, "Reload", NULL, NULL, "daemon-reload", NULL) < 0 ? CTL_FAILED : CTL_OK;
}

static int run_now(Ctl *c, const char *verb, char **names) {
        const char *job = str_equal(verb, "enable") || str_equal(verb, "reenable") ? "start" : "stop";
        char **args auto_strv = NULL;

        if (strv_add(&args, job) < 0 || strv_add_all(&args, names) < 0)
                return CTL_FAILED;
        return verb_jobs(c, (int)strv_length(args), args);
}

static int change(Loader *l, const char *verb, char **names, unsigned flags, InstallChanges *changes,
                  bool *info, Report *report) {
        if (str_equal(verb, "enable"))
                return install_enable(l, names, flags, changes, info, report);
        if (str_equal(verb, "disable"))
                return install_disable(l, names, flags, changes, report);
        if (str_equal(verb, "reenable"))
                return install_reenable(l, names, flags, changes, info, report);
        if (str_equal(verb, "mask"))
                return install_mask(l, names, flags, changes, report);
        return install_unmask(l, names, flags, changes, report);
}

/* Paths stay as they are: `enable /path/to.service` links the file. */
static int file_names(char **argv, char ***ret) {
        char **names auto_strv = NULL;

        STRV_FOREACH (a, argv) {
                char *name = NULL;
                int r = **a == '/' ? ((name = strdup(*a)) ? 0 : -ENOMEM)
                                   : name_mangle(*a, UNIT_SERVICE, &name);

                if (r >= 0)
                        r = strv_push(&names, name);
                if (r < 0)
                        return ctl_print_error("'%s' is not a unit name", *a), r;
        }
        *ret = TAKE(names);
        return 0;
}

VERB(unit_files) {
        unsigned flags = (c->runtime ? INSTALL_RUNTIME : 0) | (c->force ? INSTALL_FORCE : 0);
        char **names auto_strv = NULL;
        InstallChanges changes = { 0 };
        Report report = { 0 };
        bool info = true;
        Loader *l = NULL;
        int r, code;

        if (file_names(argv + 1, &names) < 0)
                return CTL_FAILED;
        r = ctl_loader(c, &l);
        if (r < 0)
                return ctl_print_error("cannot read the unit directories: %s", strerror(-r));
        r = change(l, argv[0], names, flags, &changes, &info, &report);
        print_changes(c, &changes);
        code = print_report(&report, r);
        if (r >= 0 && !info && !c->quiet)
                ctl_print_error("%s: the files have no [Install] section that says where they belong; "
                                "nothing was linked",
                                argv[0]);
        if (changes.n > 0) {
                int q = reload_manager(c);
                code = code ?: q;
        }
        if (code == CTL_OK && c->now && manager_runs(c) && ctl_connect(c) >= 0)
                code = run_now(c, argv[0], names);
        install_changes_release(&changes);
        report_release(&report);
        loader_free(l);
        return code;
}

VERB(get_default) {
        char *name auto_free = NULL;
        Loader *l = NULL;
        int r = ctl_loader(c, &l);

        if (r >= 0)
                r = install_get_default(l, &name);
        if (r >= 0)
                puts(name);
        loader_free(l);
        return r < 0 ? ctl_print_error("default.target: %s", strerror(-r)) : CTL_OK;
}

VERB(set_default) {
        InstallChanges changes = { 0 };
        Report report = { 0 };
        char *name auto_free = NULL;
        Loader *l = NULL;
        int r, code;

        r = name_mangle(argv[1], UNIT_TARGET, &name);
        if (r >= 0)
                r = ctl_loader(c, &l);
        if (r >= 0)
                r = install_set_default(l, name, INSTALL_FORCE, &changes, &report);
        print_changes(c, &changes);
        code = print_report(&report, r) ?: reload_manager(c);
        install_changes_release(&changes);
        report_release(&report);
        loader_free(l);
        return code;
}
