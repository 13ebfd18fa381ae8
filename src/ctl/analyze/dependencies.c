/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* list-dependencies: the tree that systemctl draws. */

#include "ctl/analyze/relations.h"
#include "ctl/core/glyphs.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define WIDTH_MIN 20
#define DEPTH_MAX 63 /* a bit for each level says whether more follows there */

static const char *const forward[] = { "Requires", "Requisite", "Wants", "ConsistsOf",
                                       "BindsTo",  "Upholds",   NULL };
static const char *const reverse[] = { "RequiredBy", "RequisiteOf", "WantedBy", "PartOf",
                                       "BoundBy",    "UpheldBy",    NULL };
static const char *const after[] = { "After", NULL };
static const char *const before[] = { "Before", NULL };

typedef struct Tree {
        Ctl *ctl;
        Relations relations;
        const char *const *properties;
        const Glyphs *glyphs;
        size_t width;
        char **seen; /* owned: the way from the root; with --plain all that has been listed with its children */
} Tree;

static void print_state(const Tree *t, const char *state) {
        const Glyphs *g = t->glyphs;
        const struct {
                const char *state, *glyph, *color;
        } rows[] = {
                { "active", g->full, "\033[0;1;32m" },     { "reloading", g->circle_arrow, "\033[0;1;32m" },
                { "activating", g->full, "\033[0;1;32m" }, { "inactive", g->empty, "\033[0m" },
                { "deactivating", g->full, "\033[0m" },    { "maintenance", g->empty, "\033[0;1;31m" },
                { "failed", g->cross, "\033[0;1;31m" },
        };
        bool color = t->ctl->screen.color;
        size_t i = 0;

        while (i + 1 < ELEMENTSOF(rows) && !str_equal(rows[i].state, state))
                i++;
        printf("%s%s%s ", color ? rows[i].color : "", rows[i].glyph, color ? "\033[0m" : "");
}

/* Unit names are ASCII: a byte is a column. */
static void print_name(const Tree *t, const char *name, size_t room) {
        size_t dots = str_equal(t->glyphs->ellipsis, "...") ? 3 : 1;

        if (t->ctl->full || t->ctl->plain || strlen(name) <= room)
                puts(name);
        else
                printf("%.*s%s\n", (int)(room - dots), name, t->glyphs->ellipsis);
}

static void print_branch(const Tree *t, const char *name, unsigned level, uint64_t more, bool last) {
        size_t used = 0;

        for (unsigned i = level; i-- > 0 && !t->ctl->plain;) {
                used += 2;
                if (used > t->width - 3 && !t->ctl->full) {
                        printf("%s...\n", t->width % 2 ? "" : " ");
                        return;
                }
                fputs(more & (UINT64_C(1) << i) ? t->glyphs->vertical : t->glyphs->space, stdout);
        }
        used += 2;
        if (used > t->width - 3 && !t->ctl->full && !t->ctl->plain) {
                printf("%s...\n", t->width % 2 ? "" : " ");
                return;
        }
        if (!t->ctl->plain)
                fputs(last ? t->glyphs->right : t->glyphs->branch, stdout);
        print_name(t, name, t->width - used);
}

/* Targets last, each kind by name. */
static int compare(const void *a, const void *b) {
        const char *x = *(char *const *)a, *y = *(char *const *)b;
        int targets = (int)str_ends_with(x, ".target") - (int)str_ends_with(y, ".target");

        return targets ?: strcasecmp(x, y);
}

static int children(Tree *t, const char *unit, char ***ret) {
        const Relative *u;
        int r;

        r = relations_find(&t->relations, unit, &u);
        for (const char *const *p = t->properties; *p && r >= 0; p++) {
                char **names auto_strv = NULL;

                r = relative_names(u, *p, &names);
                STRV_FOREACH (n, names)
                        if (r >= 0)
                                r = strv_add_unique(ret, *n);
        }
        if (r >= 0 && *ret)
                qsort(*ret, strv_length(*ret), sizeof(char *), compare);
        return r;
}

static int print_children(Tree *t, const char *unit, unsigned level, uint64_t more);

/* An arrow to "..." still comes below the last one of a circle; its own children do not show that. */
static int print_child(Tree *t, const char *name, unsigned level, uint64_t more, bool last, bool circular) {
        const Relative *u;
        int r;

        r = relations_find(&t->relations, name, &u);
        if (r < 0)
                return r;
        if (t->ctl->plain)
                fputs("  ", stdout);
        else
                print_state(t, property_get(&u->properties, "ActiveState"));
        print_branch(t, name, level, more, last && !circular);
        if ((!t->ctl->all && !str_ends_with(name, ".target")) || level >= DEPTH_MAX)
                return 0;
        return print_children(t, name, level + 1, more << 1 | !last);
}

static int print_children(Tree *t, const char *unit, unsigned level, uint64_t more) {
        char **names auto_strv = NULL;
        bool circular = false;
        int r;

        r = strv_add(&t->seen, unit);
        if (r >= 0)
                r = children(t, unit, &names);
        for (char **n = names; n && *n && r >= 0; n++) {
                if (strv_contains(t->seen, *n))
                        circular = true;
                else
                        r = print_child(t, *n, level, more, !n[1], circular);
        }
        if (r >= 0 && !t->ctl->plain) {
                if (circular) {
                        fputs("  ", stdout);
                        print_branch(t, "...", level, more, true);
                }
                strv_remove(t->seen, unit);
        }
        return r;
}

/* With -o json objects in one another, with -o cat each name once. */
static int add_children(Tree *t, const char *unit, unsigned level, Buf *b);

static int add_child(Tree *t, const char *name, unsigned level, Buf *b) {
        const Relative *u;
        int r;

        r = relations_find(&t->relations, name, &u);
        if (r < 0)
                return r;
        json_open(b, "{");
        json_add_member(b, "unit", name);
        json_add_member(b, "active", property_get(&u->properties, "ActiveState"));
        json_add_key(b, "dependencies");
        buf_add_char(b, '[');
        if (!strv_contains(t->seen, name) && /* else a circle */
            (level == 0 || ((t->ctl->all || str_ends_with(name, ".target")) && level < DEPTH_MAX)))
                r = add_children(t, name, level, b);
        buf_add(b, "]}");
        return r;
}

static int add_children(Tree *t, const char *unit, unsigned level, Buf *b) {
        char **names auto_strv = NULL;
        int r = strv_add(&t->seen, unit);

        if (r >= 0)
                r = children(t, unit, &names);
        for (char **n = names; n && *n && r >= 0; n++)
                r = add_child(t, *n, level + 1, b);
        strv_remove(t->seen, unit);
        return r;
}

static int print_names(Tree *t, const char *unit, unsigned level) {
        char **names auto_strv = NULL;
        int r = children(t, unit, &names);

        for (char **n = names; n && *n && r >= 0; n++) {
                if (strv_contains(t->seen, *n))
                        continue;
                puts(*n);
                r = strv_add(&t->seen, *n);
                if (r >= 0 && (t->ctl->all || str_ends_with(*n, ".target")) && level < DEPTH_MAX)
                        r = print_names(t, *n, level + 1);
        }
        return r;
}

static int print_one(Tree *t, const char *unit, bool first, Buf *json) {
        if (t->ctl->format >= FORMAT_JSON)
                return add_child(t, unit, 0, json);
        if (t->ctl->format == FORMAT_CAT)
                return print_names(t, unit, 0);
        if (!first)
                putchar('\n');
        puts(unit);
        return print_children(t, unit, 0, 0);
}

VERB(list_dependencies) {
        char *defaults[] = { (char *)"default.target", NULL };
        Tree t = { .ctl = c,
                   .relations = { .ctl = c },
                   .properties = c->after     ? after
                                 : c->before  ? before
                                 : c->reverse ? reverse
                                              : forward,
                   .width = MAX(c->screen.width, (unsigned)WIDTH_MIN) };
        char **names auto_strv = NULL;
        Buf json auto_buf = { 0 };
        int r = 0;

        t.glyphs = ctl_glyphs();
        if (ctl_connect(c) < 0 || ctl_names(c, argc > 1 ? argv + 1 : defaults, &names) < 0)
                return CTL_FAILED;
        buf_add_char(&json, '[');
        for (char **n = names; n && *n && r >= 0; n++)
                r = print_one(&t, *n, n == names, &json);
        buf_add_char(&json, ']');
        relations_release(&t.relations);
        strv_free(t.seen);
        if (r < 0)
                return CTL_FAILED;
        return c->format >= FORMAT_JSON ? json_print(&json) : CTL_OK;
}
