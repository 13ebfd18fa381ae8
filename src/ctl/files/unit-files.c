/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * enable, disable, mask ...: asked of the manager where one runs, else done by
 * the library it uses itself, in an image build or below --root=.
 */

#include "ctl/core/ctl.h"
#include "load/root.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Arguments of the D-Bus method behind the names. */
typedef enum Arguments {
        ARGUMENTS_NONE,
        ARGUMENTS_RUNTIME,
        ARGUMENTS_RUNTIME_FORCE,
        ARGUMENTS_FLAGS, /* both as bits */
        ARGUMENTS_PRESET,
        ARGUMENTS_DEPENDENCY,
} Arguments;

typedef struct FileVerb FileVerb;
typedef struct Run {
        Ctl *ctl;
        const FileVerb *verb;
        char **names; /* owned */
        char *target; /* owned; of add-wants and add-requires, NULL */
        unsigned flags;
        PresetMode mode;
        bool info; /* [Install] has said something, or is of no concern */
        InstallChanges changes;
        Report report;
} Run;

struct FileVerb {
        const char *name, *words; /* "Failed to WORDS unit" */
        const char *method;
        Arguments arguments;
        bool replies_info; /* a boolean comes before the changes */
        bool tells_info;   /* people hear of it */
        const char *job;   /* --now */
        int (*run)(Loader *l, Run *run);
};

static int run_enable(Loader *l, Run *run) {
        return install_enable(l, run->names, run->flags, &run->changes, &run->info, &run->report);
}

static int run_disable(Loader *l, Run *run) {
        return install_disable(l, run->names, run->flags, &run->changes, NULL, &run->report);
}

static int run_reenable(Loader *l, Run *run) {
        return install_reenable(l, run->names, run->flags, &run->changes, &run->info, &run->report);
}

static int run_preset(Loader *l, Run *run) {
        return install_preset(l, run->names, run->mode, run->flags, &run->changes, &run->info, &run->report);
}

static int run_preset_all(Loader *l, Run *run) {
        return install_preset_all(l, run->mode, run->flags, &run->changes, &run->report);
}

static int run_mask(Loader *l, Run *run) {
        return install_mask(l, run->names, run->flags, &run->changes);
}

static int run_unmask(Loader *l, Run *run) {
        return install_unmask(l, run->names, run->flags, &run->changes);
}

static int run_link(Loader *l, Run *run) {
        return install_link(l, run->names, run->flags, &run->changes);
}

static int run_revert(Loader *l, Run *run) {
        return install_revert(l, run->names, &run->changes);
}

static int run_add(Loader *l, Run *run) {
        DependencyKind kind = str_equal(run->verb->name, "add-wants") ? DEP_WANTS : DEP_REQUIRES;

        return install_add_dependency(l, run->names, run->target, kind, run->flags, &run->changes,
                                      &run->report);
}

static const FileVerb file_verbs[] = {
        { "enable", "enable", "EnableUnitFiles", ARGUMENTS_RUNTIME_FORCE, true, true, "start", run_enable },
        { "disable", "disable", "DisableUnitFiles", ARGUMENTS_RUNTIME, false, false, "stop", run_disable },
        { "reenable", "reenable", "ReenableUnitFiles", ARGUMENTS_RUNTIME_FORCE, true, true, NULL,
          run_reenable },
        { "preset", "preset", "PresetUnitFilesWithMode", ARGUMENTS_PRESET, true, false, NULL, run_preset },
        { "preset-all", "preset", "PresetAllUnitFiles", ARGUMENTS_PRESET, false, false, NULL,
          run_preset_all },
        { "mask", "mask", "MaskUnitFiles", ARGUMENTS_RUNTIME_FORCE, false, false, "stop", run_mask },
        { "unmask", "unmask", "UnmaskUnitFiles", ARGUMENTS_RUNTIME, false, false, NULL, run_unmask },
        { "link", "link", "LinkUnitFiles", ARGUMENTS_RUNTIME_FORCE, false, false, NULL, run_link },
        { "revert", "revert", "RevertUnitFiles", ARGUMENTS_NONE, false, false, NULL, run_revert },
        { "add-wants", "add dependency on", "AddDependencyUnitFiles", ARGUMENTS_DEPENDENCY, false, false,
          NULL, run_add },
        { "add-requires", "add dependency on", "AddDependencyUnitFiles", ARGUMENTS_DEPENDENCY, false, false,
          NULL, run_add },
};

static const FileVerb *find_verb(const char *name) {
        for (size_t i = 0; i < ELEMENTSOF(file_verbs); i++)
                if (str_equal(file_verbs[i].name, name))
                        return file_verbs + i;
        return NULL;
}

static void run_release(Run *run) {
        strv_free(run->names);
        free(run->target);
        install_changes_release(&run->changes);
        report_release(&run->report);
}

static int append_arguments(const Run *run, sd_bus_message *m) {
        int runtime = (run->flags & INSTALL_RUNTIME) != 0, force = (run->flags & INSTALL_FORCE) != 0;

        switch (run->verb->arguments) {
        case ARGUMENTS_NONE:
                return 0;
        case ARGUMENTS_RUNTIME:
                return sd_bus_message_append(m, "b", runtime);
        case ARGUMENTS_PRESET:
                return sd_bus_message_append(m, "sbb", preset_mode_to_string(run->mode), runtime, force);
        case ARGUMENTS_DEPENDENCY:
                return sd_bus_message_append(m, "ssbb", run->target,
                                             str_equal(run->verb->name, "add-wants") ? "Wants" : "Requires",
                                             runtime, force);
        default:
                return sd_bus_message_append(m, "bb", runtime, force);
        }
}

/* By the manager, which is told to read all again afterwards. */
static int run_remotely(Run *run) {
        sd_bus_error error = SD_BUS_ERROR_NULL;
        sd_bus_message *m = NULL, *reply = NULL;
        Ctl *c = run->ctl;
        int r, code;

        if (ctl_connect(c) < 0)
                return CTL_FAILED;
        r = sd_bus_message_new_method_call(c->bus, &m, SD1, SD1_PATH, SD1_MANAGER, run->verb->method);
        if (r >= 0 && !str_equal(run->verb->name, "preset-all"))
                r = sd_bus_message_append_strv(m, run->names);
        if (r >= 0)
                r = append_arguments(run, m);
        if (r >= 0)
                r = sd_bus_call(c->bus, m, 120 * USEC_PER_SEC, &error, &reply);
        if (r >= 0)
                r = ctl_read_changes(reply, run->verb->replies_info ? &run->info : NULL, &run->changes);
        if (r < 0)
                fprintf(stderr, "Failed to %s unit: %s\n", run->verb->words,
                        error.message ? error.message : strerror(-r));
        code = r < 0 ? CTL_FAILED : ctl_print_changes(c, run->verb->words, 0, &run->changes);
        sd_bus_message_unref(m);
        sd_bus_message_unref(reply);
        sd_bus_error_free(&error);
        return code == CTL_OK && !c->no_reload ? ctl_reload(c) : code;
}

static int run_locally(Run *run) {
        Loader *l = NULL;
        int r, code;

        if (ctl_loader_or_say(run->ctl, run->verb->words, &l) < 0)
                return CTL_FAILED;
        r = run->verb->run(l, run);
        ctl_print_findings(&run->report);
        code = ctl_print_changes(run->ctl, run->verb->words, r, &run->changes);
        loader_free(l);
        return code;
}

int ctl_reload(Ctl *c) {
        return ctl_call(c, "Reload", NULL, NULL, "daemon-reload", NULL) < 0 ? CTL_FAILED : CTL_OK;
}

static int run_now(const Run *run) {
        char **args auto_strv = NULL;

        if (!run->verb->job)
                return CTL_OK;
        if (ctl_is_in_chroot()) {
                if (!run->ctl->quiet)
                        fprintf(stderr, "Running in chroot, ignoring command '%s'\n", run->verb->job);
                return CTL_OK;
        }
        if (strv_add(&args, run->verb->job) < 0 || strv_add_all(&args, run->names) < 0)
                return CTL_FAILED;
        return ctl_connect(run->ctl) < 0 ? CTL_FAILED : verb_jobs(run->ctl, (int)strv_length(args), args);
}

static int mangle(Ctl *c, const char *verb, const char *text, UnitType type, char **ret) {
        bool glob = strpbrk(text, "*?[") != NULL, changed;
        char *plain auto_free = NULL;
        int r;

        r = name_mangle(text, type, ret);
        if (r < 0) {
                fprintf(stderr, "Failed to mangle unit name: %s\n", strerror(-r));
                return r;
        }
        if (c->quiet || text[0] == '/')
                return 0;
        if (glob)
                fprintf(stderr, "Glob pattern passed to %s, but globs are not supported for this.\n", verb);
        changed = !str_starts_with(*ret, text);
        if (!changed)
                return 0;
        plain = strdup(*ret);
        if (plain && !str_ends_with(text, unit_type_to_string(name_type(plain))))
                *strrchr(plain, '.') = 0;
        fprintf(stderr, "Invalid unit name \"%s\" escaped as \"%s\"%s.\n", text, plain ? plain : *ret,
                glob ? "" : " (maybe you should use systemd-escape?)");
        return 0;
}

static int add_path(const char *path, char ***names) {
        char *absolute auto_free = NULL, *here auto_free = path[0] == '/' ? NULL : get_current_dir_name();
        int r;

        r = path_absolute(here ? here : "/", path, &absolute);
        return r < 0 ? r : strv_push(names, TAKE(absolute));
}

/* Paths stay as they are: `enable /path/to.service` links the file. */
int ctl_file_names(Ctl *c, const char *verb, char **argv, char ***ret) {
        char **names auto_strv = NULL;

        STRV_FOREACH (a, argv) {
                char *name = NULL;
                int r;

                if (strchr(*a, '/'))
                        r = add_path(*a, &names);
                else {
                        r = mangle(c, verb, *a, UNIT_SERVICE, &name);
                        if (r >= 0)
                                r = strv_push(&names, name);
                }
                if (r < 0)
                        return r;
        }
        *ret = TAKE(names);
        return 0;
}

/* disable knows names only. */
static void strip_paths(char **names) {
        bool said = false;

        STRV_FOREACH (n, names) {
                const char *slash = strrchr(*n, '/');

                if (!slash)
                        continue;
                if (!said)
                        fputs("Warning: Can't execute disable on the unit file path. Proceeding with the "
                              "unit name.\n",
                              stderr);
                said = true;
                memmove(*n, slash + 1, strlen(slash + 1) + 1);
        }
}

/* link is about files elsewhere. */
static int check_link_paths(Ctl *c, char **argv) {
        STRV_FOREACH (a, argv) {
                if (**a == '/')
                        continue;
                if (c->root) {
                        fprintf(stderr, "Non-absolute paths are not allowed when --root is used: %s%s\n", *a,
                                strchr(*a, '/') || strchr(*a, '.') ? "" : ".service");
                        return -EINVAL;
                }
                if (!strchr(*a, '/')) {
                        fputs("Link argument must contain at least one directory separator.\n"
                              "If you intended to link a file in the current working directory, try ./NAME "
                              "instead.\n",
                              stderr);
                        return -EINVAL;
                }
        }
        return 0;
}

static int prepare(Run *run, char **argv) {
        Ctl *c = run->ctl;
        int r = 0;

        run->flags = (c->runtime ? INSTALL_RUNTIME : 0) | (c->force ? INSTALL_FORCE : 0);
        run->mode = preset_mode_from_string(c->preset_mode);
        run->info = true;
        if (run->mode < 0) {
                fprintf(stderr, "Failed to parse preset mode: %s.\n", c->preset_mode);
                return -EINVAL;
        }
        if (run->verb->arguments == ARGUMENTS_DEPENDENCY)
                r = mangle(c, "as target", *++argv, UNIT_TARGET, &run->target);
        argv++;
        if (r >= 0 && str_equal(run->verb->name, "link"))
                r = check_link_paths(c, argv);
        if (r >= 0)
                r = ctl_file_names(c, run->verb->name, argv, &run->names);
        if (r >= 0 && str_equal(run->verb->name, "disable"))
                strip_paths(run->names);
        return r;
}

VERB(unit_files) {
        Run run = { .ctl = c, .verb = find_verb(argv[0]) };
        int code = CTL_FAILED, r;
        bool remote;

        r = prepare(&run, argv);
        if (r >= 0)
                r = ctl_sync_sysv(c, argv[0], run.names, NULL);
        if (r < 0)
                goto end;
        code = CTL_OK;
        remote = ctl_manager_runs(c);
        if (!run.names && argc > 1) { /* all were init scripts */
                code = remote && !c->no_reload ? ctl_reload(c) : CTL_OK;
                goto end;
        }
        code = remote ? run_remotely(&run) : run_locally(&run);
        if (code == CTL_OK && !run.info && run.verb->tells_info)
                ctl_print_no_install_info(c);
        if (code == CTL_OK && c->now)
                code = run_now(&run);
end:
        run_release(&run);
        return code;
}

static int find_default(Loader *l, char **ret) {
        Report report = { 0 };
        int r;

        r = install_get_default(l, ret, &report);
        ctl_print_findings(&report);
        report_release(&report);
        if (r < 0)
                fprintf(stderr, "Failed to get default target: %s\n", strerror(-r));
        return r;
}

VERB(get_default) {
        char *name auto_free = NULL;
        Loader *l = NULL;
        int r;

        if (ctl_loader_or_say(c, "get default target", &l) < 0)
                return CTL_FAILED;
        r = find_default(l, &name);
        if (r >= 0 && json_print_member(c, "default", name) != CTL_OK)
                r = -EIO;
        loader_free(l);
        return r < 0 ? CTL_FAILED : CTL_OK;
}

static int set_default_remotely(Ctl *c, const char *name, InstallChanges *changes) {
        sd_bus_error error = SD_BUS_ERROR_NULL;
        sd_bus_message *reply = NULL;
        int r;

        if (ctl_connect(c) < 0)
                return CTL_FAILED;
        r = sd_bus_call_method(c->bus, SD1, SD1_PATH, SD1_MANAGER, "SetDefaultTarget", &error, &reply, "sb",
                               name, true);
        if (r >= 0)
                r = ctl_read_changes(reply, NULL, changes);
        if (r < 0)
                fprintf(stderr, "Failed to set default target: %s\n",
                        error.message ? error.message : strerror(-r));
        sd_bus_message_unref(reply);
        sd_bus_error_free(&error);
        if (r < 0)
                return CTL_FAILED;
        (void)ctl_print_changes(c, "set default", 0, changes);
        return c->no_reload ? CTL_OK : ctl_reload(c);
}

VERB(set_default) {
        InstallChanges changes = { 0 };
        Report report = { 0 };
        char *name auto_free = NULL, *found auto_free = NULL;
        Loader *l = NULL;
        int r, code;

        if (mangle(c, "set-default", argv[1], UNIT_TARGET, &name) < 0)
                return CTL_FAILED;
        if (ctl_manager_runs(c))
                code = set_default_remotely(c, name, &changes);
        else if (ctl_loader_or_say(c, "set default", &l) < 0)
                code = CTL_FAILED;
        else {
                r = install_set_default(l, name, INSTALL_FORCE, &changes, &report);
                ctl_print_findings(&report);
                code = ctl_print_changes(c, "set default", r, &changes);
                if (code == CTL_OK) /* it must be one that can be found again */
                        code = find_default(l, &found) < 0 ? CTL_FAILED : CTL_OK;
        }
        install_changes_release(&changes);
        report_release(&report);
        loader_free(l);
        return code;
}
