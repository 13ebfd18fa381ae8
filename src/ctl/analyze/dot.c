/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* dot: the units in memory as a graph for graphviz, as systemd-analyze draws it. */

#include "ctl/analyze/relations.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct {
        const char *property, *color, *color_words;
        bool order;
} arrows[] = {
        { "After", "green", "green", true },
        { "Requires", "black", "black", false },
        { "Requisite", "darkblue", "dark blue", false },
        { "Wants", "grey66", "dark grey", false },
        { "Conflicts", "red", "red", false },
};

static bool matches(char *const *patterns, const char *unit) {
        STRV_FOREACH (p, patterns)
                if (fnmatch(*p, unit, FNM_NOESCAPE) == 0)
                        return true;
        return false;
}

/* Patterns ask for all arrows at a unit; --from-pattern= and --to-pattern= for those that begin and end there. */
static bool is_wanted(const Ctl *c, char *const *patterns, const char *from, const char *to) {
        bool from_named = matches(patterns, from), to_named = matches(patterns, to);

        if (c->from_patterns && !from_named && !matches(c->from_patterns, from))
                return false;
        if (c->to_patterns && !to_named && !matches(c->to_patterns, to))
                return false;
        return !patterns || from_named || to_named;
}

static int print_arrows(const Ctl *c, const Relative *u, char *const *patterns) {
        int r = 0;

        for (size_t i = 0; i < ELEMENTSOF(arrows) && r >= 0; i++) {
                char **names auto_strv = NULL;

                if (c->order != c->require && arrows[i].order != c->order)
                        continue;
                r = relative_names(u, arrows[i].property, &names);
                STRV_FOREACH (n, names)
                        if (is_wanted(c, patterns, u->id, *n))
                                printf("\t\"%s\"->\"%s\" [color=\"%s\"];\n", u->id, *n, arrows[i].color);
        }
        return r;
}

static int list_units(Ctl *c, char ***ret) {
        sd_bus_message *reply = NULL;
        const char *id;
        int r;

        r = ctl_call(c, "ListUnits", &reply, NULL, "dot", NULL);
        if (r >= 0)
                r = sd_bus_message_enter_container(reply, 'a', "(ssssssouso)");
        while (r >= 0 && (r = sd_bus_message_read(reply, "(ssssssouso)", &id, NULL, NULL, NULL, NULL, NULL,
                                                  NULL, NULL, NULL, NULL)) > 0)
                r = strv_add(ret, id);
        sd_bus_message_unref(reply);
        return MIN(r, 0);
}

static void print_legend(void) {
        fputs("   Color legend: ", stderr);
        for (size_t i = 1; i <= ELEMENTSOF(arrows); i++) {
                size_t k = i % ELEMENTSOF(arrows); /* the order is named last */

                fprintf(stderr, "%s%-9s = %s\n", i > 1 ? "                 " : "", arrows[k].color_words,
                        arrows[k].property);
        }
        if (isatty(STDOUT_FILENO))
                fputs("Draw it with graphviz: svctl dot | dot -Tsvg > units.svg\n", stderr);
}

VERB(dot) {
        char **units auto_strv = NULL, **patterns auto_strv = NULL;
        Relations relations = { .ctl = c };
        int r;

        if (ctl_connect(c) < 0 || ctl_names(c, argv + 1, &patterns) < 0)
                return CTL_FAILED;
        if (argc > 1 && !patterns) /* globs that match nothing */
                r = strv_add(&patterns, argv[1]);
        r = list_units(c, &units);
        if (r >= 0)
                puts("digraph systemd {");
        STRV_FOREACH (name, units) {
                const Relative *u;

                if (r >= 0)
                        r = relations_find(&relations, *name, &u);
                if (r >= 0)
                        r = print_arrows(c, u, patterns);
        }
        if (r >= 0) {
                puts("}");
                print_legend();
        }
        relations_release(&relations);
        return r < 0 ? CTL_FAILED : CTL_OK;
}
