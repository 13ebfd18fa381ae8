/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* help: what svctl can do, from its tables; with a unit, the documentation of that. */

#include "ctl/core/names.h"
#include "ctl/options.h"
#include "ctl/run/run.h"

#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

void option_print(char letter, const char *name, const char *argument, const char *help) {
        char left[64];

        snprintf(left, sizeof(left), "%c%c%s--%s%s%s", letter ? '-' : ' ', letter ?: ' ',
                 letter ? ", " : "  ", name, argument ? "=" : "", argument ?: "");
        printf("  %-36s %s\n", left, help);
}

static void print_options_of(const char *verb) {
        for (const CtlOption *o = ctl_options; o->name; o++)
                if (o->help && str_equal(o->verb, verb))
                        option_print(o->letter, o->name, o->argument, o->help);
}

static void print_options(void) {
        puts("\nOptions:");
        print_options_of(NULL);
        for (const Verb *v = verbs; v->name; v++)
                for (const CtlOption *o = ctl_options; o->name; o++)
                        if (o->help && str_equal(o->verb, v->name)) {
                                printf("\nOptions of %s:\n", v->name);
                                print_options_of(v->name);
                                break;
                        }
}

static int help(void) {
        const char *group = "";

        puts("svctl [OPTIONS] VERB [ARGUMENTS]\n\nControls svinit: units, their state, files and logs.");
        for (const Verb *v = verbs; v->name; v++) {
                char call[64];

                if (!str_equal(group, v->group))
                        printf("\n%s:\n", group = v->group);
                snprintf(call, sizeof(call), "%s %s", v->name, v->arguments);
                printf("  %-36s %s\n", call, v->summary);
        }
        print_options();
        run_help();
        puts("\nSee svctl(1).");
        return CTL_OK;
}

int help_on_verb(const Verb *v) {
        printf("svctl [OPTIONS] %s%s%s\n\n%s.\n", v->name, *v->arguments ? " " : "", v->arguments,
               v->summary);
        options_print_of_verb(v);
        puts("\nSee svctl(1); 'svctl --help' lists all verbs.");
        return CTL_OK;
}

/* "man:sleep(1)" */
static int show_manual(const char *page) {
        char *name auto_free = strdup(page), *section = name ? strchr(name, '(') : NULL, *end;
        char *words[] = { (char *)"man", NULL, name, NULL };
        pid_t pid;
        int status;

        if (!name)
                return ctl_print_error("%s", strerror(ENOMEM));
        if (section && (end = strchr(section, ')'))) {
                *section = *end = 0;
                words[1] = section + 1;
        }
        fflush(stdout);
        if (posix_spawnp(&pid, "man", NULL, NULL, words[1] ? words : (char *[]){ words[0], name, NULL },
                         environ) != 0)
                return ctl_print_error("man:%s: there is no man(1) here", page);
        return waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0 ? CTL_OK
                                                                                                : CTL_FAILED;
}

static int help_on(Ctl *c, const char *unit) {
        sd_bus_error error __attribute__((cleanup(sd_bus_error_free))) = SD_BUS_ERROR_NULL;
        char *path auto_free = NULL, **places auto_strv = NULL;
        int code = CTL_OK, r;

        r = ctl_unit_path(unit, &path);
        if (r >= 0)
                r = sd_bus_get_property_strv(c->bus, SD1, path, SD1_UNIT, "Documentation", &error, &places);
        if (r < 0)
                return ctl_print_error("%s: %s", unit, error.message ?: strerror(-r));
        if (!places || !places[0])
                return ctl_print_error("%s says nothing of its documentation", unit);
        STRV_FOREACH (p, places) {
                const char *page = str_after(*p, "man:");

                if (page)
                        code = show_manual(page) ?: code;
                else
                        puts(*p);
        }
        return code;
}

VERB(help) {
        char **names auto_strv = NULL;
        int code = CTL_OK;

        if (argc <= 1)
                return help();
        if (ctl_connect(c) < 0 || ctl_names_or_processes(c, argv + 1, &names) < 0)
                return CTL_FAILED;
        STRV_FOREACH (n, names)
                code = help_on(c, *n) ?: code;
        return code;
}
