/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* complete WORD...: reads the words as svctl would, and offers what the last of them may become. */

#include "ctl/complete/complete.h"

#include "ctl/options.h"
#include "ctl/run/run.h"

#include <string.h>

/* An option of either table. */
typedef struct Option {
        const char *name, *argument, *help, *choices;
        char letter;
        WordKind words;
        bool own; /* of this verb alone */
} Option;

/* What is understood of the words so far. */
typedef struct Line {
        const Verb *verb;
        unsigned n_arguments; /* behind the verb */
        bool lost;            /* a verb that there is not */
        bool bare;            /* a "--", or the command of run: no more options */
} Line;

/* Behind "run" stand its own options only; what is general comes before it. */
static bool nth_option(size_t i, const Verb *verb, Option *ret) {
        const RunOption *r;
        size_t n = 0;

        bool run = verb && str_equal(verb->name, "run");

        for (const CtlOption *o = ctl_options; o->name && !run; o++)
                if ((!o->verb || (verb && str_equal(o->verb, verb->name))) && n++ == i) {
                        *ret = (Option){ o->name,   o->argument, o->help,        o->choices,
                                         o->letter, o->words,    o->verb != NULL };
                        return true;
                }
        *ret = (Option){ 0 };
        r = run ? run_option(i - n) : NULL;
        if (r)
                *ret = (Option){ r->name, r->argument, r->help, r->choices, r->letter, r->words, true };
        return r;
}

/* "--name", "--name=..." or "-x": the row; of two that fit that of the verb itself. */
static bool find_option(const char *word, const Verb *verb, Option *ret) {
        size_t n = strcspn(word, "=");
        bool found = false;
        Option o;

        for (size_t i = 0; nth_option(i, verb, &o); i++)
                if (str_starts_with(word, "--")
                            ? n > 2 && strlen(o.name) == n - 2 && memcmp(o.name, word + 2, n - 2) == 0
                            : word[0] == '-' && word[1] && word[1] == o.letter && !word[2]) {
                        if (!found || o.own || !ret->own)
                                *ret = o;
                        found = true;
                }
        return found;
}

/* Does the word want its argument in the next one? */
static bool wants_argument(const char *word, const Verb *verb, Option *ret) {
        return word[0] == '-' && !strchr(word, '=') && find_option(word, verb, ret) && ret->argument;
}

static Line read_line(Completion *p, int n, char **words) {
        Line line = { 0 };
        Option o;

        for (int i = 0; i < n; i++) {
                if (!line.bare && str_equal(words[i], "--")) {
                        line.bare = true;
                } else if (!line.bare && words[i][0] == '-') {
                        i += wants_argument(words[i], line.verb, &o);
                } else if (!line.verb) {
                        line.verb = verb_find(words[i]);
                        line.lost |= !line.verb;
                } else {
                        p->unit = line.n_arguments++ == 0 ? words[i] : p->unit;
                        line.bare |= str_equal(line.verb->name, "run");
                }
        }
        return line;
}

static void offer_argument(Completion *p, const Option *o) {
        if (o->choices)
                completion_offer_choices(p, o->choices);
        else
                completion_offer_kind(p, o->words, 0);
}

/* "start, stop, ...: what it does": does the text name verbs, and not this one? */
static bool is_of_others(const char *help, const Verb *verb) {
        const char *end = strstr(help, ": ");
        bool names = false;

        for (const char *s = help; verb && end && s < end; s += strspn(s, ", ")) {
                size_t n = strcspn(s, ",: ");
                char *word auto_free = strndup(s, n);

                if (!word || str_equal(word, verb->name) || str_equal(word, "..."))
                        return false;
                names = names || verb_find(word);
                if (!verb_find(word))
                        return false;
                s += n;
                if (s == end)
                        break;
        }
        return names;
}

static void offer_options(Completion *p, const Line *line) {
        Option o;

        for (size_t i = 0; nth_option(i, line->verb, &o); i++) {
                char *text auto_free = NULL;

                if (o.help && !is_of_others(o.help, line->verb) &&
                    str_printf(&text, "--%s%s", o.name, o.argument ? "=" : "") >= 0)
                        completion_offer(p, text, o.help);
        }
}

static bool is_meant(const Option *o, const char *word, const Verb *verb) {
        Option found;

        return find_option(word, verb, &found) && found.help == o->help;
}

static void print_option(const Option *o, const Verb *verb) {
        const char letter[] = { '-', o->letter, 0 };
        char *name auto_free = NULL;

        if (str_printf(&name, "--%s", o->name) >= 0 && is_meant(o, name, verb))
                option_print(is_meant(o, letter, verb) ? o->letter : 0, o->name, o->argument, o->help);
}

/* Its own, and those that name it: "start, restart: ...". */
static bool is_about(const Option *o, const Verb *verb) {
        const char *end = strstr(o->help, ": ");

        for (const char *s = o->help; !o->own && end && s < end; s += strspn(s, ", ")) {
                size_t n = strcspn(s, ",: ");

                if (n == strlen(verb->name) && memcmp(s, verb->name, n) == 0)
                        return true;
                s += n;
                if (n == 0)
                        break;
        }
        return o->own;
}

void options_print_of_verb(const Verb *verb) {
        unsigned n = 0;
        Option o;

        for (size_t i = 0; nth_option(i, verb, &o); i++)
                if (o.help && is_about(&o, verb)) {
                        if (n++ == 0)
                                puts("\nOptions:");
                        print_option(&o, verb);
                }
        n = 0;
        for (size_t i = 0; nth_option(i, verb, &o); i++)
                if (o.help && !is_about(&o, verb) && !is_of_others(o.help, verb)) {
                        if (n++ == 0)
                                puts("\nOptions of many verbs:");
                        print_option(&o, verb);
                }
}

static void offer_verbs(Completion *p) {
        for (const Verb *v = verbs; v->name; v++)
                completion_offer(p, v->name, v->summary);
}

static void offer(Completion *p, int n, char **words) {
        char *last = words[n - 1];
        Line line = read_line(p, n - 1, words);
        Option o;

        if (line.lost)
                return;
        if (!line.bare && n >= 2 && wants_argument(words[n - 2], line.verb, &o)) {
                offer_argument(p, &o);
        } else if (!line.bare && str_starts_with(last, "--") && strchr(last, '=')) {
                char *prefix auto_free = strndup(last, strcspn(last, "=") + 1);

                p->current = strchr(last, '=') + 1;
                p->prefix = prefix ?: "";
                if (find_option(last, line.verb, &o) && o.argument)
                        offer_argument(p, &o);
        } else if (!line.bare && last[0] == '-') {
                offer_options(p, &line);
        } else if (!line.verb) {
                offer_verbs(p);
        } else if (line.verb->max_args < 0 || (int)line.n_arguments < line.verb->max_args) {
                completion_offer_kind(p, line.verb->words, line.n_arguments);
        }
}

/* What -o may be depends on the verb, and a time may be written in more ways than are offered. */
static bool is_closed(const CtlOption *o) {
        if (o->kind != OPTION_TEXT || str_equal(o->name, "output") || str_equal(o->name, "timestamp"))
                return false;
        return o->words == WORDS_CHOICE || o->words == WORDS_JOB_MODES || o->words == WORDS_JOB_TYPES ||
               o->words == WORDS_PRESET_MODES;
}

static void offer_all(const CtlOption *o, Completion *p) {
        if (o->words == WORDS_CHOICE)
                completion_offer_choices(p, o->choices);
        else
                completion_offer_kind(p, o->words, 0);
}

int option_check(const CtlOption *o, const char *value) {
        Completion p = { .current = "", .prefix = "" };
        Similar s;

        if ((!is_closed(o) && o->words != WORDS_SIGNALS) || !value)
                return 0;
        if (str_equal(value, "help")) {
                offer_all(o, &p);
                return 1;
        }
        similar_init(&s, value);
        p.similar = &s;
        offer_all(o, &p);
        if (p.found || !is_closed(o))
                return 0;
        ctl_print_error("--%s: there is no '%s'%s --%s=help lists them", o->name, value,
                        *similar_hint(&s) ? s.hint : ";", o->name);
        return CTL_USAGE;
}

VERB(complete) {
        Completion p = { .ctl = c, .current = argc > 1 ? argv[argc - 1] : "", .prefix = "" };
        char *nothing[] = { (char *)"", NULL };

        offer(&p, argc > 1 ? argc - 1 : 1, argc > 1 ? argv + 1 : nothing);
        return CTL_OK; /* nothing to offer is no failure */
}
