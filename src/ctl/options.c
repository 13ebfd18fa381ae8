/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The options, each with the member of Ctl that it sets: getopt_long(3), --help and completion walk this table. */

#include "ctl/run/run.h"

#include <errno.h>
#include <getopt.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

typedef enum OptionKind {
        OPTION_IGNORED, /* or seen to elsewhere */
        OPTION_FLAG,    /* bool */
        OPTION_TEXT,    /* const char *, borrowed */
        OPTION_LIST,    /* char **, one more each time */
        OPTION_WORDS,   /* char **, as many as commas separate */
} OptionKind;

#define LONG_OPTION 256 /* what getopt_long(3) returns for each without a letter */

#define FLAG(member) .kind = OPTION_FLAG, .offset = offsetof(Ctl, member)
#define TEXT(member) .kind = OPTION_TEXT, .offset = offsetof(Ctl, member)
#define LIST(member) .kind = OPTION_LIST, .offset = offsetof(Ctl, member)
#define WORDS(member) .kind = OPTION_WORDS, .offset = offsetof(Ctl, member)

typedef struct CtlOption {
        const char *name;
        char letter;          /* 0: long only */
        const char *argument; /* NULL: none */
        const char *help;     /* NULL: taken and ignored, for systemctl's callers */
        const char *verb;     /* only behind this verb, where its letter means nothing else; NULL: anywhere */
        OptionKind kind;
        LoaderScope scope; /* what it chooses, if any */
        size_t offset;     /* in Ctl */
} CtlOption;

static const CtlOption ctl_options[] = {
        { "help", 'h', NULL, "this text" },
        { "version", 0, NULL, "the version" },
        { "quiet", 'q', NULL, "say less", FLAG(quiet) },
        { "no-block", 0, NULL, "do not wait for jobs", FLAG(no_block) },
        { "job-mode", 0, "MODE", "replace, fail, isolate, replace-irreversibly, ignore-dependencies, ...",
          TEXT(mode) },
        { "job", 0, "TYPE", "plan: start, stop, restart, reload, try-restart, ... (start)", TEXT(job) },
        { "dry-run", 0, NULL, "start, stop, ..., apply: only say what would be done", FLAG(dry_run) },
        { "show-transaction", 'T', NULL, "start, stop, ...: show the jobs that this takes along",
          FLAG(show_transaction) },
        { "signal", 's', "SIGNAL", "kill: which signal (TERM)", TEXT(signal) },
        { "kill-whom", 0, "WHOM", "kill: all, main or control", TEXT(whom) },
        { "property", 'p', "NAME", "show: only these properties", WORDS(properties) },
        { "value", 0, NULL, "show: only the values", FLAG(value) },
        { "all", 'a', NULL, "show all units, empty properties too", FLAG(all) },
        { "failed", 0, NULL, "list-units: failed ones", FLAG(failed) },
        { "type", 't', "TYPE", "list only these types", WORDS(types) },
        { "state", 0, "STATE", "list only these states", WORDS(states) },
        { "plain", 0, NULL, "no bullets, no tree", FLAG(plain) },
        { "no-legend", 0, NULL, "no headings and counts", FLAG(no_legend) },
        { "now", 0, NULL, "enable, disable, mask: start or stop as well", FLAG(now) },
        { "runtime", 0, NULL, "enable, disable, mask: until the next boot", FLAG(runtime) },
        { "force", 'f', NULL, "overwrite links that are in the way; logs: follow", FLAG(force) },
        { "root", 0, "DIR", "work on unit files below DIR, without svinit", TEXT(root) },
        { "image", 0, "FILE", NULL, TEXT(image) },
        { "global", 0, NULL, "enable, disable, mask: the units of all user managers", .scope = SCOPE_GLOBAL },
        { "user", 0, NULL, "enable, disable, mask: the units of the caller's user manager",
          .scope = SCOPE_USER },
        { "preset-mode", 0, "MODE", "preset: full, enable-only or disable-only", TEXT(preset_mode) },
        { "drop-in", 0, "NAME", "edit: the name of the drop-in (override.conf)", TEXT(drop_in) },
        { "stdin", 0, NULL, "edit: take the new text from the standard input", FLAG(take_stdin) },
        { "no-reload", 0, NULL, "enable, disable: do not reload the manager", FLAG(no_reload) },
        { "unit", 'u', "UNIT", "logs: of this unit", LIST(units) },
        { "lines", 'n', "N", "logs, status: the last N lines", TEXT(lines) },
        { "follow", 0, NULL, "logs: go on as lines come", FLAG(follow) },
        { "since", 'S', "TIME", "logs: from then on, e.g. -10min or 2026-01-05 10:00", TEXT(since) },
        { "priority", 0, "LEVEL", "logs: this level and above", TEXT(priority) },
        { "read-only", 0, NULL, "bind, mount-image: not to be written to", FLAG(read_only) },
        { "mkdir", 0, NULL, "bind, mount-image: make the place where it is mounted", FLAG(mkdir) },
        { "after", 0, NULL, "list-dependencies: what the unit comes after", FLAG(after) },
        { "before", 0, NULL, "list-dependencies: what the unit comes before", FLAG(before) },
        { "order", 0, NULL, "dot: only the order", FLAG(order) },
        { "require", 0, NULL, "dot: only requirements", FLAG(require) },
        { "from-pattern", 0, "GLOB", "dot: arrows from these units", LIST(from_patterns) },
        { "to-pattern", 0, "GLOB", "dot: arrows to these units", LIST(to_patterns) },
        { "reverse", 'r', NULL, "logs: newest first; list-dependencies: who needs it; top: least first",
          FLAG(reverse) },
        { "output", 'o', "FORMAT", "what is shown: short, cat (names or values only), json, json-pretty",
          TEXT(output) },
        { "full", 'l', NULL, "do not shorten lines", FLAG(full) },
        { "host", 'H', "[USER@]HOST[:PORT]", "work on a svinit elsewhere, over ssh", TEXT(host) },
        { "machine", 'M', "NAME|PID", "work in a container on this machine", TEXT(machine) },
        { "container", 0, "NAME|PID", NULL, TEXT(machine) },
        { "no-pager", 0, NULL, "no pager, on a terminal either", FLAG(no_pager) },
        { "system", 0, NULL, NULL },
        { "no-ask-password", 0, NULL, NULL },
        { "no-wall", 0, NULL, NULL },
        { "kill-who", 0, "WHOM", NULL, TEXT(whom) },
        { "name", 0, NULL, NULL },
        { "starting-ok", 0, NULL, "what still starts is well", FLAG(starting_ok), .verb = "is-healthy" },
        { "show-types", 0, NULL, "with the types", FLAG(show_types), .verb = "list-sockets" },
        { "what", 0, "WHAT", "configuration, state, cache, logs, runtime, fdstore, all (cache,runtime)",
          WORDS(what), .verb = "clean" },
        { "here", 0, NULL, "also what this machine or container lacks", FLAG(here), .verb = "verify" },
        { "recursive-errors", 0, "DEPTH", "also errors of units that are pulled in: yes, one, no",
          TEXT(recursive_errors), .verb = "verify" },
        { "man", 0, "BOOL", "look for the manual pages of Documentation= (no)", TEXT(man), .verb = "verify" },
        { "counts", 0, NULL, "how many there are of each support class", FLAG(counts),
          .verb = "dump-directives" },
        { "outcomes", 0, NULL, "what becomes of each setting as root, in a default container, as a user",
          FLAG(outcomes), .verb = "dump-directives" },
        { "resources", 0, NULL, "what becomes of each limit on every kind of control group", FLAG(resources),
          .verb = "dump-directives" },
        { "iterations", 0, "N", "calendar: show so many elapses (1)", TEXT(iterations), .verb = "analyze" },
        { "base-time", 0, "TIME", "calendar: from then on, not from now", TEXT(base_time),
          .verb = "analyze" },
        { "fuzz", 0, "TIME", "critical-chain: also those that were up so much earlier", TEXT(fuzz),
          .verb = "analyze" },
        { "sort", 0, "BY", "cpu, memory, tasks, io or name", TEXT(sort), .verb = "top" },
        { "tree", 0, NULL, "units below their slices", FLAG(tree), .verb = "top" },
        { "iterations", 'n', "N", "end after N times", TEXT(iterations), .verb = "top" },
        { "delay", 'd', "TIME", "the time between two (1s)", TEXT(delay), .verb = "top" },
        { "batch", 'b', NULL, "no screen, no keys: print, by default once", FLAG(batch), .verb = "top" },
        { "unescape", 'u', NULL, "unescape", FLAG(unescape), .verb = "escape" },
        { "instance", 0, NULL, "with --unescape: the instance of a unit name", FLAG(instance),
          .verb = "escape" },
        { "mangle", 'm', NULL, "make a unit name as other verbs do: add a suffix, escape what must be",
          FLAG(mangle), .verb = "escape" },
        { "path", 'p', NULL, "the text is a path", FLAG(path), .verb = "escape" },
        { "suffix", 0, "TYPE", "add the type of a unit", TEXT(suffix), .verb = "escape" },
        { "template", 0, "TEMPLATE", "make an instance of this template; with --unescape: expect one",
          TEXT(template), .verb = "escape" },
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

static int apply(Ctl *c, const CtlOption *o, const char *value) {
        void *member = (char *)c + o->offset;

        if (o->scope)
                c->scope = o->scope;
        switch (o->kind) {
        case OPTION_FLAG:
                *(bool *)member = true;
                return 0;
        case OPTION_TEXT:
                *(const char **)member = value;
                return 0;
        case OPTION_LIST:
                return strv_add(member, value);
        case OPTION_WORDS:
                return add_words(member, value);
        default:
                return 0;
        }
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

static const CtlOption *by_name(const char *name, size_t n, unsigned *ret_found) {
        const CtlOption *option = NULL;

        *ret_found = 0;
        for (size_t i = 0; i < ELEMENTSOF(ctl_options); i++) {
                const CtlOption *o = ctl_options + i;

                if (strncmp(o->name, name, n) != 0)
                        continue;
                option = o;
                (*ret_found)++;
                if (!o->name[n]) {
                        *ret_found = 1;
                        return o;
                }
        }
        return option;
}

/* What getopt_long(3) has stopped at: a letter, or a word with "--". */
static int say_wrong_option(const char *word) {
        size_t n = optopt == 0 || optopt == LONG_OPTION ? strcspn(word + 2, "=") : 0;
        const CtlOption *o;
        unsigned found;
        Similar s;

        if (n == 0) {
                o = by_letter(optopt, NULL);
                ctl_print_error(o ? "option -%c wants an argument%s%s" : "there is no option -%c%s%s", optopt,
                                o && o->argument ? ": " : "", o && o->argument ? o->argument : "");
                return CTL_USAGE;
        }
        o = by_name(word + 2, n, &found);
        if (found == 1 && o->argument) {
                ctl_print_error("option --%s wants an argument: --%s=%s", o->name, o->name, o->argument);
        } else if (found == 1) {
                ctl_print_error("option --%s takes no argument", o->name);
        } else {
                char name[64];

                snprintf(name, sizeof(name), "%.*s", (int)n, word + 2);
                similar_init(&s, name);
                for (size_t i = 0; i < ELEMENTSOF(ctl_options); i++)
                        similar_try(&s, ctl_options[i].name);
                ctl_print_error(found > 1 ? "option --%s may be several%s" : "there is no option --%s%s",
                                name, similar_hint(&s));
        }
        return CTL_USAGE;
}

int ctl_parse_options(Ctl *c, int argc, char **argv) {
        struct option longs[ELEMENTSOF(ctl_options) + 1] = { 0 };
        char letters[3 * ELEMENTSOF(ctl_options) + 2] = "+";
        const char *verb;
        int ch, index;

        for (size_t i = 0; i < ELEMENTSOF(ctl_options); i++) {
                const CtlOption *o = ctl_options + i;

                longs[i] = (struct option){ o->name, o->argument ? required_argument : no_argument, NULL,
                                            LONG_OPTION };
                if (o->letter && !o->verb)
                        add_letter(letters, o);
        }
        verb = verb_with_options(argc, argv, letters, longs);
        letters[str_equal(verb, "run") ? 1 : 0] = 0; /* what follows it is its own, and that of its command */
        for (size_t i = 0; i < ELEMENTSOF(ctl_options); i++)
                if (ctl_options[i].letter && by_letter(ctl_options[i].letter, verb) == ctl_options + i)
                        add_letter(letters, ctl_options + i);
        opterr = c->called_as_systemctl;
        while ((ch = getopt_long(argc, argv, letters, longs, &index)) >= 0) {
                const CtlOption *o = ch == LONG_OPTION ? ctl_options + index
                                     : ch == '?'       ? NULL
                                                       : by_letter(ch, verb);

                if (!o)
                        return -(c->called_as_systemctl ? CTL_FAILED : say_wrong_option(argv[optind - 1]));
                if (str_equal(o->name, "help"))
                        return -verb_help(c, 0, NULL);
                if (str_equal(o->name, "version"))
                        return puts(c->called_as_systemctl ? "systemd 252 (svinit " PACKAGE_VERSION ")"
                                                           : "svctl " PACKAGE_VERSION),
                               0;
                if (apply(c, o, optarg) < 0)
                        return -CTL_FAILED;
        }
        return 1;
}

void ctl_release_options(Ctl *c) {
        for (size_t i = 0; i < ELEMENTSOF(ctl_options); i++) {
                char ***list = (char ***)((char *)c + ctl_options[i].offset);

                if (ctl_options[i].kind != OPTION_LIST && ctl_options[i].kind != OPTION_WORDS)
                        continue;
                strv_free(*list);
                *list = NULL;
        }
}
