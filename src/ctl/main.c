/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* svctl: options, then the verb. Called as systemctl it takes systemctl's options that it need not act on. */

#include "ctl/run.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

typedef struct CtlOption {
        const char *name;
        char letter;          /* 0: long only */
        const char *argument; /* NULL: none */
        const char *help;     /* NULL: taken and ignored, for systemctl's callers */
        const char *verb;     /* only behind this verb, where its letter means nothing else; NULL: anywhere */
} CtlOption;

static const CtlOption ctl_options[] = {
        { "help", 'h', NULL, "this text" },
        { "version", 0, NULL, "the version" },
        { "quiet", 'q', NULL, "say less" },
        { "no-block", 0, NULL, "do not wait for jobs" },
        { "job-mode", 0, "MODE", "replace, fail, isolate, replace-irreversibly, ignore-dependencies, ..." },
        { "job", 0, "TYPE", "plan: start, stop, restart, reload, try-restart, ... (start)" },
        { "dry-run", 0, NULL, "start, stop, ..., apply: only say what would be done" },
        { "show-transaction", 'T', NULL, "start, stop, ...: show the jobs that this takes along" },
        { "signal", 's', "SIGNAL", "kill: which signal (TERM)" },
        { "kill-whom", 0, "WHOM", "kill: all, main or control" },
        { "property", 'p', "NAME", "show: only these properties" },
        { "value", 0, NULL, "show: only the values" },
        { "all", 'a', NULL, "show all units, empty properties too" },
        { "failed", 0, NULL, "list-units: failed ones" },
        { "type", 't', "TYPE", "list only these types" },
        { "state", 0, "STATE", "list only these states" },
        { "plain", 0, NULL, "no bullets, no tree" },
        { "no-legend", 0, NULL, "no headings and counts" },
        { "now", 0, NULL, "enable, disable, mask: start or stop as well" },
        { "runtime", 0, NULL, "enable, disable, mask: until the next boot" },
        { "force", 'f', NULL, "overwrite links that are in the way; logs: follow" },
        { "root", 0, "DIR", "work on unit files below DIR, without svinit" },
        { "image", 0, "FILE", NULL },
        { "global", 0, NULL, "enable, disable, mask: the units of all user managers" },
        { "user", 0, NULL, "enable, disable, mask: the units of the caller's user manager" },
        { "preset-mode", 0, "MODE", "preset: full, enable-only or disable-only" },
        { "drop-in", 0, "NAME", "edit: the name of the drop-in (override.conf)" },
        { "stdin", 0, NULL, "edit: take the new text from the standard input" },
        { "no-reload", 0, NULL, "enable, disable: do not reload the manager" },
        { "unit", 'u', "UNIT", "logs: of this unit" },
        { "lines", 'n', "N", "logs, status: the last N lines" },
        { "follow", 0, NULL, "logs: go on as lines come" },
        { "since", 'S', "TIME", "logs: from then on, e.g. -10min or 2026-01-05 10:00" },
        { "priority", 0, "LEVEL", "logs: this level and above" },
        { "starting-ok", 0, NULL, "is-healthy: what still starts is well" },
        { "show-types", 0, NULL, "list-sockets: with the types" },
        { "what", 0, "WHAT",
          "clean: configuration, state, cache, logs, runtime, fdstore, all (cache,runtime)" },
        { "read-only", 0, NULL, "bind, mount-image: not to be written to" },
        { "mkdir", 0, NULL, "bind, mount-image: make the place where it is mounted" },
        { "after", 0, NULL, "list-dependencies: what the unit comes after" },
        { "before", 0, NULL, "list-dependencies: what the unit comes before" },
        { "order", 0, NULL, "dot: only the order" },
        { "require", 0, NULL, "dot: only requirements" },
        { "from-pattern", 0, "GLOB", "dot: arrows from these units" },
        { "to-pattern", 0, "GLOB", "dot: arrows to these units" },
        { "reverse", 'r', NULL, "logs: newest first; list-dependencies: who needs it; top: least first" },
        { "output", 'o', "FORMAT", "logs: short, cat, json; verify, diff, plan, doctor, top: text, json" },
        { "full", 'l', NULL, "do not shorten lines" },
        { "here", 0, NULL, "also what this machine or container lacks", "verify" },
        { "recursive-errors", 0, "DEPTH", "also errors of units that are pulled in: yes, one, no", "verify" },
        { "man", 0, "BOOL", "look for the manual pages of Documentation= (no)", "verify" },
        { "counts", 0, NULL, "how many there are of each support class", "dump-directives" },
        { "outcomes", 0, NULL, "what becomes of each setting as root, in a default container, as a user",
          "dump-directives" },
        { "resources", 0, NULL, "what becomes of each limit on every kind of control group",
          "dump-directives" },
        { "iterations", 0, "N", "calendar: show so many elapses (1)", "analyze" },
        { "base-time", 0, "TIME", "calendar: from then on, not from now", "analyze" },
        { "sort", 0, "BY", "cpu, memory, tasks, io or name", "top" },
        { "tree", 0, NULL, "units below their slices", "top" },
        { "iterations", 'n', "N", "end after N times", "top" },
        { "delay", 'd', "TIME", "the time between two (1s)", "top" },
        { "batch", 'b', NULL, "no screen, no keys: print, by default once", "top" },
        { "unescape", 'u', NULL, "unescape", "escape" },
        { "instance", 0, NULL, "with --unescape: the instance of a unit name", "escape" },
        { "mangle", 'm', NULL, "make a unit name as other verbs do: add a suffix, escape what must be",
          "escape" },
        { "path", 'p', NULL, "the text is a path", "escape" },
        { "suffix", 0, "TYPE", "add the type of a unit", "escape" },
        { "template", 0, "TEMPLATE", "make an instance of this template; with --unescape: expect one",
          "escape" },
        { "no-pager", 0, NULL, NULL },
        { "system", 0, NULL, NULL },
        { "no-ask-password", 0, NULL, NULL },
        { "no-wall", 0, NULL, NULL },
        { "kill-who", 0, "WHOM", NULL },
        { "name", 0, NULL, NULL },
};

VERB(help) {
        const char *group = "", *verb = NULL;

        puts("svctl [OPTIONS] VERB [ARGUMENTS]\n\nControls svinit: units, their state, files and logs.");
        for (const Verb *v = verbs; v->name; v++) {
                char call[64];

                if (!str_equal(group, v->group))
                        printf("\n%s:\n", group = v->group);
                snprintf(call, sizeof(call), "%s %s", v->name, v->arguments);
                printf("  %-36s %s\n", call, v->summary);
        }
        puts("\nOptions:");
        for (size_t i = 0; i < ELEMENTSOF(ctl_options); i++) {
                const CtlOption *o = ctl_options + i;
                char left[64];

                if (!o->help)
                        continue;
                if (o->verb && !str_equal(o->verb, verb))
                        printf("\nOptions of %s:\n", verb = o->verb);
                snprintf(left, sizeof(left), "%c%c%s--%s%s%s", o->letter ? '-' : ' ', o->letter ?: ' ',
                         o->letter ? ", " : "  ", o->name, o->argument ? "=" : "", o->argument ?: "");
                printf("  %-36s %s\n", left, o->help);
        }
        run_help();
        puts("\nSee svctl(1).");
        return CTL_OK;
}

static int add_words(char ***list, const char *value) {
        char *copy auto_free = strdup(value), *save = NULL;
        int r = copy ? 0 : -ENOMEM;

        for (char *w = copy ? strtok_r(copy, ",", &save) : NULL; w && r >= 0; w = strtok_r(NULL, ",", &save))
                r = strv_add(list, w);
        return r;
}

static int apply(Ctl *c, const char *name, const char *value) {
        struct {
                const char *name;
                bool *flag;
        } flags[] = { { "after", &c->after },
                      { "before", &c->before },
                      { "order", &c->order },
                      { "require", &c->require },
                      { "dry-run", &c->dry_run },
                      { "show-transaction", &c->show_transaction },
                      { "quiet", &c->quiet },
                      { "no-block", &c->no_block },
                      { "value", &c->value },
                      { "all", &c->all },
                      { "failed", &c->failed },
                      { "plain", &c->plain },
                      { "no-legend", &c->no_legend },
                      { "now", &c->now },
                      { "runtime", &c->runtime },
                      { "force", &c->force },
                      { "follow", &c->follow },
                      { "reverse", &c->reverse },
                      { "stdin", &c->take_stdin },
                      { "full", &c->full },
                      { "no-reload", &c->no_reload },
                      { "unescape", &c->unescape },
                      { "instance", &c->instance },
                      { "here", &c->here },
                      { "counts", &c->counts },
                      { "outcomes", &c->outcomes },
                      { "resources", &c->resources },
                      { "batch", &c->batch },
                      { "tree", &c->tree },
                      { "mangle", &c->mangle },
                      { "path", &c->path },
                      { "starting-ok", &c->starting_ok },
                      { "show-types", &c->show_types },
                      { "read-only", &c->read_only },
                      { "mkdir", &c->mkdir } };
        struct {
                const char *name;
                const char **text;
        } texts[] = { { "job-mode", &c->mode },
                      { "signal", &c->signal },
                      { "kill-whom", &c->whom },
                      { "kill-who", &c->whom },
                      { "root", &c->root },
                      { "image", &c->image },
                      { "preset-mode", &c->preset_mode },
                      { "drop-in", &c->drop_in },
                      { "lines", &c->lines },
                      { "since", &c->since },
                      { "priority", &c->priority },
                      { "output", &c->output },
                      { "suffix", &c->suffix },
                      { "template", &c->template },
                      { "iterations", &c->iterations },
                      { "base-time", &c->base_time },
                      { "sort", &c->sort },
                      { "delay", &c->delay },
                      { "man", &c->man },
                      { "recursive-errors", &c->recursive_errors } };

        for (size_t i = 0; i < ELEMENTSOF(flags); i++)
                if (str_equal(name, flags[i].name)) {
                        *flags[i].flag = true;
                        return 0;
                }
        for (size_t i = 0; i < ELEMENTSOF(texts); i++)
                if (str_equal(name, texts[i].name)) {
                        *texts[i].text = value;
                        return 0;
                }
        if (str_equal(name, "property"))
                return add_words(&c->properties, value);
        if (str_equal(name, "type"))
                return add_words(&c->types, value);
        if (str_equal(name, "state"))
                return add_words(&c->states, value);
        if (str_equal(name, "what"))
                return add_words(&c->what, value);
        if (str_equal(name, "global") || str_equal(name, "user"))
                c->scope = name[0] == 'g' ? SCOPE_GLOBAL : SCOPE_USER;
        if (str_equal(name, "from-pattern"))
                return strv_add(&c->from_patterns, value);
        if (str_equal(name, "to-pattern"))
                return strv_add(&c->to_patterns, value);
        if (str_equal(name, "job"))
                c->job = value;
        if (str_equal(name, "unit"))
                return strv_add(&c->units, value);
        return 0;
}

static const CtlOption *by_letter(int letter, const char *verb) {
        const CtlOption *general = NULL;

        for (size_t i = 0; i < ELEMENTSOF(ctl_options); i++) {
                const CtlOption *o = ctl_options + i;

                if (o->letter != letter)
                        continue;
                if (o->verb && str_equal(o->verb, verb))
                        return o;
                general = o->verb ? general : o;
        }
        return general;
}

static void add_letter(char *letters, const CtlOption *o) {
        sprintf(letters + strlen(letters), "%c%s", o->letter, o->argument ? ":" : "");
}

/* The first argument that is no option, when it has options of its own. */
static const char *verb_with_options(int argc, char **argv, const char *letters, const struct option *longs) {
        const char *word;

        opterr = 0;
        while (getopt_long(argc, argv, letters, longs, NULL) >= 0)
                ;
        word = optind < argc ? argv[optind] : NULL;
        optind = 0; /* so that the C library begins anew */
        opterr = 1;
        if (str_equal(word, "run"))
                return word;
        for (size_t i = 0; i < ELEMENTSOF(ctl_options); i++)
                if (ctl_options[i].verb && str_equal(ctl_options[i].verb, word))
                        return word;
        return NULL;
}

/* 1: go on; else the exit code, negated. */
static int parse(Ctl *c, int argc, char **argv) {
        struct option longs[ELEMENTSOF(ctl_options) + 1] = { 0 };
        char letters[3 * ELEMENTSOF(ctl_options) + 2] = "+";
        const char *verb;
        int ch, index;

        for (size_t i = 0; i < ELEMENTSOF(ctl_options); i++) {
                const CtlOption *o = ctl_options + i;

                longs[i] =
                        (struct option){ o->name, o->argument ? required_argument : no_argument, NULL, 256 };
                if (o->letter && !o->verb)
                        add_letter(letters, o);
        }
        verb = verb_with_options(argc, argv, letters, longs);
        letters[str_equal(verb, "run") ? 1 : 0] = 0; /* what follows it is its own, and that of its command */
        for (size_t i = 0; i < ELEMENTSOF(ctl_options); i++)
                if (ctl_options[i].letter && by_letter(ctl_options[i].letter, verb) == ctl_options + i)
                        add_letter(letters, ctl_options + i);
        while ((ch = getopt_long(argc, argv, letters, longs, &index)) >= 0) {
                const CtlOption *o = ch == 256 ? ctl_options + index : ch == '?' ? NULL : by_letter(ch, verb);

                if (!o) {
                        if (c->called_as_systemctl)
                                return -CTL_FAILED;
                        fputs("Try 'svctl --help'.\n", stderr);
                        return -CTL_USAGE;
                }
                if (str_equal(o->name, "help"))
                        return -verb_help(c, 0, NULL);
                if (str_equal(o->name, "version"))
                        return puts(c->called_as_systemctl ? "systemd 252 (svinit " PACKAGE_VERSION ")"
                                                           : "svctl " PACKAGE_VERSION),
                               0;
                if (apply(c, o->name, optarg) < 0)
                        return -CTL_FAILED;
        }
        return 1;
}

static int run(Ctl *c, int argc, char **argv) {
        char *list_units[] = { (char *)"list-units", NULL };
        const Verb *v;
        int code;

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
        if (argc == 0) {
                argc = 1;
                argv = list_units;
        }
        v = verb_find(argv[0]);
        if (!v && c->called_as_systemctl) {
                fprintf(stderr, "Unknown command verb %s.\n", argv[0]);
                return CTL_FAILED;
        }
        if (!v) {
                ctl_print_error("unknown verb '%s'; 'svctl --help' lists them", argv[0]);
                return CTL_USAGE;
        }
        if (argc - 1 < v->min_args || (v->max_args >= 0 && argc - 1 > v->max_args)) {
                if (c->called_as_systemctl) {
                        fprintf(stderr, "Too %s arguments.\n", argc - 1 < v->min_args ? "few" : "many");
                        return CTL_FAILED;
                }
                ctl_print_error("usage: svctl %s %s", v->name, v->arguments);
                return CTL_USAGE;
        }
        code = ctl_guard(c, v);
        return code == 0 ? v->run(c, argc, argv) : MAX(code, 0);
}

int main(int argc, char **argv) {
        const char *name = strrchr(argv[0], '/');
        Ctl c = { .mode = "replace", .color = isatty(STDOUT_FILENO) && !getenv("NO_COLOR") };
        int r;

        c.called_as_systemctl = str_equal(name ? name + 1 : argv[0], "systemctl");
        r = parse(&c, argc, argv);
        c.no_legend |= c.quiet;
        r = r <= 0 ? -r : run(&c, argc - optind, argv + optind);
        sd_bus_flush_close_unref(c.bus);
        strv_free(c.properties);
        strv_free(c.types);
        strv_free(c.states);
        strv_free(c.what);
        strv_free(c.from_patterns);
        strv_free(c.to_patterns);
        strv_free(c.units);
        return fflush(stdout) == 0 ? r : CTL_FAILED;
}
