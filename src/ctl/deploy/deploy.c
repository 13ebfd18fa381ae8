/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/deploy/deploy.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static int say(const Deploy *d, int r) {
        return r < 0 ? ctl_print_error("%s: %s", d->path, strerror(-r)) : CTL_OK;
}

/* The link leads there, and the unit with it; or both are as they were, and the exit code says so. */
static int serve(Deploy *d, const char *name, const char *before) {
        int code = say(d, deploy_flip(d, name));

        if (code != CTL_OK)
                return code;
        code = deploy_roll(d);
        if (code == CTL_OK)
                return CTL_OK;
        if (say(d, deploy_flip(d, before)) == CTL_OK)
                ctl_print_error("%s: %s does not serve; the link leads to %s again", d->unit, name,
                                before ?: "nothing");
        return code;
}

static const char *current_of(const Releases *l) {
        return l->current == SIZE_MAX ? NULL : l->names[l->current];
}

static int build(Deploy *d, const char *name, const char *before) {
        char *directory auto_free = NULL;
        int code;

        if (deploy_release_path(d, name, &directory) < 0)
                return CTL_FAILED;
        code = deploy_step(d, "build", d->build, directory);
        if (code == CTL_OK)
                code = serve(d, name, before);
        if (code != CTL_OK) {
                deploy_forget(d, name);
                return code;
        }
        if (!d->ctl->quiet)
                printf("%s\n", name);
        deploy_prune(d);
        return deploy_step(d, "post", d->after, directory);
}

static int update(Deploy *d, int argc, char **argv) {
        Releases l __attribute__((cleanup(releases_release))) = { 0 };
        char *sha auto_free = NULL, *name auto_free = NULL, *directory auto_free = NULL;
        int code = deploy_setup(d);

        if (code == CTL_OK)
                code = say(d, deploy_list(d, &l));
        if (code == CTL_OK && deploy_release_path(d, NULL, &directory) < 0)
                code = CTL_FAILED;
        if (code == CTL_OK)
                code = deploy_step(d, "pre", d->before, directory);
        if (code == CTL_OK)
                code = deploy_fetch(d);
        if (code == CTL_OK)
                code = deploy_resolve(d, argc > 0 ? argv[0] : d->reference, &sha);
        if (code == CTL_OK)
                code = deploy_check_out(d, sha, &name);
        return code == CTL_OK ? build(d, name, current_of(&l)) : code;
}

static int setup(Deploy *d, int argc, char **argv) {
        int code = deploy_setup(d);

        return code == CTL_OK ? deploy_fetch(d) : code;
}

static int rollback(Deploy *d, int argc, char **argv) {
        Releases l __attribute__((cleanup(releases_release))) = { 0 };
        unsigned n = 1;
        int code = deploy_lock(d);

        if (argc > 0 && (parse_unsigned(argv[0], &n) < 0 || n == 0)) {
                ctl_print_error("'%s' is no number of releases to go back by", argv[0]);
                return CTL_USAGE;
        }
        if (code == CTL_OK)
                code = say(d, deploy_list(d, &l));
        if (code != CTL_OK)
                return code;
        if (l.current == SIZE_MAX || l.current < n)
                return ctl_print_error("%s: there are %zu releases before the one that serves", d->unit,
                                       l.current == SIZE_MAX ? 0 : l.current);
        code = serve(d, l.names[l.current - n], l.names[l.current]);
        if (code == CTL_OK && !d->ctl->quiet)
                printf("%s\n", l.names[l.current - n]);
        return code;
}

static int list(Deploy *d, int argc, char **argv) {
        Releases l __attribute__((cleanup(releases_release))) = { 0 };
        int code = say(d, deploy_list(d, &l));

        for (size_t i = 0; l.names && l.names[i]; i++) {
                char *subject auto_free = NULL;

                (void)deploy_git_line(d, &subject, "-c", "safe.directory=*", "log", "-1", "--format=%s",
                                      strtok(strdupa(l.names[i]), "-"), NULL);
                printf("%s %s  %s\n", i == l.current ? "*" : " ", l.names[i], subject ?: "");
        }
        return code;
}

static int print_name(Deploy *d, bool previous) {
        Releases l __attribute__((cleanup(releases_release))) = { 0 };
        int code = say(d, deploy_list(d, &l));

        if (code != CTL_OK)
                return code;
        if (l.current == SIZE_MAX || (previous && l.current == 0))
                return ctl_print_error("%s has no %s release", d->unit, previous ? "previous" : "current");
        printf("%s/releases/%s\n", d->path, l.names[l.current - previous]);
        return CTL_OK;
}

static int current(Deploy *d, int argc, char **argv) {
        return print_name(d, false);
}

static int previous(Deploy *d, int argc, char **argv) {
        return print_name(d, true);
}

/* As `svctl run` does it, where the release is and as who built it. */
static int run_command(Deploy *d, int argc, char **argv) {
        char **words auto_strv = NULL, *directory auto_free = NULL, *option = NULL;
        int r = deploy_release_path(d, NULL, &directory);

        if (r >= 0)
                r = strv_add(&words, "run");
        if (r >= 0)
                r = strv_add(&words, "--pipe");
        if (r >= 0 && (r = str_printf(&option, "--working-directory=%s", directory)) >= 0)
                r = strv_push(&words, option);
        if (r >= 0 && d->user && (r = str_printf(&option, "--uid=%s", d->user)) >= 0)
                r = strv_push(&words, option);
        if (r >= 0)
                r = strv_add(&words, "--");
        for (int i = 0; i < argc && r >= 0; i++)
                r = strv_add(&words, argv[i]);
        if (r < 0)
                return ctl_print_error("%s", strerror(-r));
        d->ctl->quiet = true;
        return verb_find("run")->run(d->ctl, (int)strv_length(words), words);
}

static const struct {
        const char *name;
        int min, max; /* arguments; -1: any number */
        int (*run)(Deploy *d, int argc, char **argv);
} actions[] = {
        { "setup", 0, 0, setup },       { "update", 0, 1, update },   { "rollback", 0, 1, rollback },
        { "list", 0, 0, list },         { "current", 0, 0, current }, { "previous", 0, 0, previous },
        { "exec", 1, -1, run_command },
};

static int act(Deploy *d, int argc, char **argv) {
        const char *name = argc > 0 ? argv[0] : "list";

        for (size_t i = 0; i < ELEMENTSOF(actions); i++) {
                if (!str_equal(actions[i].name, name))
                        continue;
                if (argc - 1 < actions[i].min || (actions[i].max >= 0 && argc - 1 > actions[i].max)) {
                        ctl_print_error("deploy %s: too %s arguments", name,
                                        argc - 1 < actions[i].min ? "few" : "many");
                        return CTL_USAGE;
                }
                return actions[i].run(d, argc - 1, argv + 1);
        }
        ctl_print_error("deploy: '%s' is none of setup, update, rollback, list, current, previous and exec",
                        name);
        return CTL_USAGE;
}

VERB(deploy) {
        char *there[] = { (char *)c->host, NULL };
        Deploy d = { .lock = -1 };
        int code;

        if (c->host)
                return deploy_on_hosts(c, there, argc, argv);
        code = deploy_read(&d, c, argv[1]);
        if (code == CTL_OK)
                code = d.hosts && !c->local ? deploy_on_hosts(c, d.hosts, argc, argv)
                                            : act(&d, argc - 2, argv + 2);
        deploy_release(&d);
        return code;
}
