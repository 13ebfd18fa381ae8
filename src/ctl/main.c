/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* svctl: options, then the verb. Called as systemctl it takes systemctl's options that it need not act on. */

#include "ctl/core/ctl.h"
#include "ctl/core/glyphs.h"
#include "ctl/core/ssh.h"
#include "ctl/options.h"
#include "ctl/remote/container.h"
#include "ctl/run/run.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int say_unknown(const Ctl *c, const char *word) {
        Similar s;

        if (c->called_as_systemctl) {
                fprintf(stderr, "Unknown command verb %s.\n", word);
                return CTL_FAILED;
        }
        similar_init(&s, word);
        for (const Verb *v = verbs; v->name; v++)
                similar_try(&s, v->name);
        ctl_print_error("unknown verb '%s'%s 'svctl --help' lists them", word,
                        *similar_hint(&s) ? s.hint : ";");
        return CTL_USAGE;
}

static int say_wrong_count(const Ctl *c, const Verb *v, int n) {
        const char *much = n < v->min_args ? "few" : "many";

        if (c->called_as_systemctl) {
                fprintf(stderr, "Too %s arguments.\n", much);
                return CTL_FAILED;
        }
        ctl_print_error("%s: too %s arguments; usage: svctl %s%s%s", v->name, much, v->name,
                        *v->arguments ? " " : "", v->arguments);
        return CTL_USAGE;
}

static int check_options(const Ctl *c) {
        if (c->root && c->image) {
                fputs("Please specify either --root= or --image=, the combination of both is not "
                      "supported.\n",
                      stderr);
                return CTL_FAILED;
        }
        if (c->image) {
                fputs("--image= is not supported: mount the image and use --root=.\n", stderr);
                return CTL_FAILED;
        }
        if (c->timestamp && !timestamp_style_choose(c->timestamp))
                return ctl_print_error("--timestamp: '%s' is none of pretty, unix, us, utc and us+utc",
                                       c->timestamp);
        return CTL_OK;
}

static int run(Ctl *c, int argc, char **argv) {
        char *list_units[] = { (char *)"list-units", NULL };
        int code = check_options(c), words_of_run = 0;
        const Verb *v;

        if (code != CTL_OK)
                return code;
        if (argc == 0) {
                argc = 1;
                argv = list_units;
        }
        v = verb_find(argv[0]);
        if (!v)
                return say_unknown(c, argv[0]);
        if (argc - 1 < v->min_args || (v->max_args >= 0 && argc - 1 > v->max_args))
                return say_wrong_count(c, v, argc - 1);
        if (str_equal(v->name, "run")) /* "svctl run -H host ...": the place may be named behind it, too */
                words_of_run = run_find_place(c, argc, argv);
        if (c->machine) {
                code = c->host ? ctl_print_error("-H and -M do not go together") : container_enter(c);
                if (code != CONTAINER_ENTERED)
                        return code;
        }
        if (c->host && v->there)
                return ssh_run(c, c->argc, c->argv, c->argc - argc + words_of_run);
        code = ctl_guard(c, v);
        if (code != 0)
                return MAX(code, 0);
        code = ctl_run_verb(c, v, argc, argv);
        if (c->recursive && !c->machine && str_starts_with(v->name, "list-"))
                code = containers_repeat(c) ?: code;
        return code;
}

/* Of a probe that cannot even be asked the answer is no: engines know 0 and 1. */
static bool is_probe(char **argv) {
        char **word = argv[0] ? argv + 1 : argv;

        while (*word && **word == '-')
                word++;
        return str_equal(*word, "is-healthy");
}

int main(int argc, char **argv) {
        const char *name = strrchr(argv[0], '/');
        Ctl c = { .argc = argc, .argv = argv, .mode = "replace" };
        int r;

        if (str_equal(name ? name + 1 : argv[0], "systemd-stdio-bridge")) /* what systemctl -H calls there */
                return verb_stdio_bridge(&c, 1, argv);
        (void)ctl_glyphs(); /* the locale, before anything is measured */
        screen_init(&c.screen);
        c.called_as_systemctl = str_equal(name ? name + 1 : argv[0], "systemctl");
        r = ctl_parse_options(&c, argc, argv);
        c.no_legend |= c.quiet;
        r = r <= 0 ? -r : run(&c, argc - optind, argv + optind);
        sd_bus_flush_close_unref(c.bus);
        ctl_release_options(&c);
        if (fflush(stdout) != 0 || (r > CTL_FAILED && is_probe(argv)))
                r = CTL_FAILED;
        return r;
}
