/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#define OPTIONS_MAX 256 /* rows of the table */
#define LONG_OPTION 256 /* what getopt_long(3) returns for each without a letter */

static int add_words(char ***list, const char *value) {
        char *copy auto_free = strdup(value), *save = NULL;
        int r = copy ? 0 : -ENOMEM;

        for (char *w = copy ? strtok_r(copy, ",", &save) : NULL; w && r >= 0; w = strtok_r(NULL, ",", &save))
                r = strv_add(list, w);
        return r;
}

static int parse_opposite(const CtlOption *o, const char *value, bool *member) {
        bool b;

        if (parse_bool(value, &b) < 0) {
                ctl_print_error("--%s: '%s' is neither yes nor no", o->name, value);
                return -EINVAL;
        }
        *member = !b;
        return 0;
}

static int apply(Ctl *c, const CtlOption *o, const char *value) {
        void *member = (char *)c + o->offset;

        if (o->scope)
                c->scope = o->scope;
        if (o->besides)
                *(bool *)((char *)c + o->besides) = true;
        switch (o->kind) {
        case OPTION_FLAG:
                *(bool *)member = true;
                return 0;
        case OPTION_UNLESS:
                return parse_opposite(o, value, member);
        case OPTION_VALUE:
                *(const char **)member = o->word;
                return 0;
        case OPTION_REFUSED:
                ctl_print_error("--%s is not for a container: %s", o->name, o->word);
                return -EOPNOTSUPP;
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

        for (size_t i = 0; ctl_options[i].name; i++) {
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
        sprintf(letters + strlen(letters), "%c%s", o->letter, o->may_follow ? "::" : o->argument ? ":" : "");
}

static bool has_name(const struct option *longs, const char *name) {
        for (; longs->name; longs++)
                if (longs->name[0] == name[0] && str_equal(longs->name, name))
                        return true;
        return false;
}

/* The verb's own come first; of those of other verbs, what nobody else has by that name. */
static void add_longs(struct option *longs, size_t *rows, const char *verb, bool own) {
        size_t n = 0;

        while (longs[n].name)
                n++;
        for (size_t i = 0; ctl_options[i].name && n < OPTIONS_MAX; i++) {
                const CtlOption *o = ctl_options + i;

                if ((o->verb && str_equal(o->verb, verb)) != own || has_name(longs, o->name))
                        continue;
                rows[n] = i;
                longs[n++] = (struct option){ o->name,
                                              o->may_follow ? optional_argument
                                              : o->argument ? required_argument
                                                            : no_argument,
                                              NULL, LONG_OPTION };
        }
}

/* "-n 5" as well as "-n5" and "-n": is the word behind it its argument? */
static const char *argument_of(const CtlOption *o, int argc, char **argv) {
        if (!o->may_follow || optarg)
                return optarg;
        return optind < argc && o->may_follow(argv[optind]) ? argv[optind++] : "";
}

/* The first argument that is no option, when it has options of its own. */
static const char *verb_with_options(int argc, char **argv, const char *letters, const struct option *longs,
                                     const Verb **ret_verb) {
        const char *word;

        opterr = 0;
        while (getopt_long(argc, argv, letters, longs, NULL) >= 0)
                ;
        word = optind < argc ? argv[optind] : NULL;
        *ret_verb = verb_find(word ?: "");
        optind = 0; /* so that the C library begins anew */
        opterr = 1;
        if (str_equal(word, "run"))
                return word;
        for (size_t i = 0; ctl_options[i].name; i++)
                if (ctl_options[i].verb && str_equal(ctl_options[i].verb, word))
                        return word;
        return NULL;
}

/* "scale UNIT -1": what begins with a blank is left alone by getopt_long(3). */
static int hide_numbers(char **argv) {
        for (; *argv; argv++) {
                char *hidden;

                if (argv[0][0] != '-' || argv[0][1] < '0' || argv[0][1] > '9')
                        continue;
                if (str_printf(&hidden, " %s", *argv) < 0)
                        return -ENOMEM;
                *argv = hidden;
        }
        return 0;
}

static const CtlOption *by_name(const char *name, size_t n, unsigned *ret_found) {
        const CtlOption *option = NULL;

        *ret_found = 0;
        for (size_t i = 0; ctl_options[i].name; i++) {
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
                for (size_t i = 0; ctl_options[i].name; i++)
                        similar_try(&s, ctl_options[i].name);
                ctl_print_error(found > 1 ? "option --%s may be several%s" : "there is no option --%s%s",
                                name, similar_hint(&s));
        }
        return CTL_USAGE;
}

int ctl_parse_options(Ctl *c, int argc, char **argv) {
        struct option longs[OPTIONS_MAX + 1] = { 0 };
        char letters[3 * OPTIONS_MAX + 2] = "+";
        size_t rows[OPTIONS_MAX];
        const char *verb, *value;
        const Verb *v;
        int ch, index, r;

        for (size_t i = 0; ctl_options[i].name && i < OPTIONS_MAX; i++) {
                const CtlOption *o = ctl_options + i;

                if (o->letter && !o->verb)
                        add_letter(letters, o);
        }
        add_longs(longs, rows, NULL, false);
        verb = verb_with_options(argc, argv, letters, longs, &v);
        if (str_equal(verb, "scale") && hide_numbers(argv) < 0)
                return -CTL_FAILED;
        if (verb) { /* or nothing changes */
                memset(longs, 0, sizeof(longs));
                add_longs(longs, rows, verb, true);
                add_longs(longs, rows, verb, false);
        }
        letters[str_equal(verb, "run") ? 1 : 0] = 0; /* what follows it is its own, and that of its command */
        for (size_t i = 0; ctl_options[i].name; i++)
                if (ctl_options[i].letter && by_letter(ctl_options[i].letter, verb) == ctl_options + i)
                        add_letter(letters, ctl_options + i);
        opterr = c->called_as_systemctl;
        while ((ch = getopt_long(argc, argv, letters, longs, &index)) >= 0) {
                const CtlOption *o = ch == LONG_OPTION ? ctl_options + rows[index]
                                     : ch == '?'       ? NULL
                                                       : by_letter(ch, verb);

                if (!o)
                        return -(c->called_as_systemctl ? CTL_FAILED : say_wrong_option(argv[optind - 1]));
                if (str_equal(o->name, "help"))
                        return -(v && !c->called_as_systemctl ? help_on_verb(v) : verb_help(c, 0, NULL));
                if (str_equal(o->name, "version"))
                        return puts(c->called_as_systemctl ? "systemd 252 (svinit " PACKAGE_VERSION ")"
                                                           : "svctl " PACKAGE_VERSION),
                               0;
                value = argument_of(o, argc, argv);
                if (apply(c, o, value) < 0)
                        return -CTL_FAILED;
                r = c->called_as_systemctl && o->words != WORDS_SIGNALS ? 0 : option_check(o, value);
                if (r != 0)
                        return r == CTL_USAGE ? -r : 0;
        }
        return 1;
}

void ctl_release_options(Ctl *c) {
        for (size_t i = 0; ctl_options[i].name; i++) {
                char ***list = (char ***)((char *)c + ctl_options[i].offset);

                if (ctl_options[i].kind != OPTION_LIST && ctl_options[i].kind != OPTION_WORDS)
                        continue;
                strv_free(*list);
                *list = NULL;
        }
}
