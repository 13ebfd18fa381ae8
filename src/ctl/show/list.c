/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* list-units and list-jobs; and the units that all verbs which list go through. */

#include "ctl/show/list.h"
#include "ctl/core/names.h"

#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

/* First by type, then by name. */
static int compare_units(const void *a, const void *b) {
        const ListedUnit *x = a, *y = b;
        const char *tx = strrchr(x->id, '.') ?: "", *ty = strrchr(y->id, '.') ?: "";

        return strcmp(tx, ty) ?: strcmp(x->id, y->id);
}

static bool is_wanted(const Ctl *c, const ListedUnit *u, char *const *patterns) {
        const char *type = strrchr(u->id, '.');

        if (c->types && (!type || (!strv_contains(c->types, type + 1) && !strv_contains(c->types, u->load))))
                return false;
        if (c->failed && !str_equal(u->active, "failed"))
                return false;
        if (c->states && !strv_contains(c->states, u->active) && !strv_contains(c->states, u->sub) &&
            !strv_contains(c->states, u->load))
                return false;
        if (patterns && *patterns) {
                bool match = false;

                STRV_FOREACH (p, patterns)
                        match = match || fnmatch(*p, u->id, FNM_NOESCAPE) == 0;
                if (!match)
                        return false;
        }
        return c->all || c->states || c->failed || *u->job_type || !str_equal(u->active, "inactive");
}

int listed_units_read(Ctl *c, const char *suffix, char *const *patterns, ListedUnits *ret) {
        sd_bus_message *reply = NULL;
        size_t capacity = 0;
        ListedUnit u;
        uint32_t job;
        int r;

        r = ctl_call(c, "ListUnits", &reply, NULL, "list-units", NULL);
        if (r >= 0)
                r = sd_bus_message_enter_container(reply, 'a', "(ssssssouso)");
        while (r >= 0 &&
               (r = sd_bus_message_read(reply, "(ssssssouso)", &u.id, &u.description, &u.load, &u.active,
                                        &u.sub, NULL, &u.path, &job, &u.job_type, NULL)) > 0) {
                if ((suffix && !str_ends_with(u.id, suffix)) || !is_wanted(c, &u, patterns))
                        continue;
                r = array_reserve(&ret->v, &capacity, ret->n + 1, sizeof(u));
                if (r >= 0)
                        ret->v[ret->n++] = u;
        }
        ret->reply = reply;
        if (ret->n > 0)
                qsort(ret->v, ret->n, sizeof(u), compare_units);
        return MIN(r, 0);
}

void listed_units_release(ListedUnits *l) {
        sd_bus_message_unref(l->reply);
        free(l->v);
        *l = (ListedUnits){ 0 };
}

static const char *type_of(const ListedUnit *u) {
        const char *dot = strrchr(u->id, '.');

        return dot ? dot : "";
}

static void add_colored(Table *t, const char *text, const char *color) {
        table_add(t, text);
        table_color(t, color);
}

/* What is wrong with a unit stands out: that it has failed, or that it could not be loaded. */
static void add_unit(const Ctl *c, const ListedUnit *u, Table *t) {
        bool failed = str_equal(u->active, "failed"), loaded = str_equal(u->load, "loaded");
        const char *active = failed ? COLOR_RED(c) : NULL, *load = loaded ? NULL : COLOR_RED(c);

        add_colored(t, u->id, active);
        add_colored(t, u->load, load);
        add_colored(t, u->active, active);
        add_colored(t, u->sub, active);
        table_add(t, u->job_type);
        table_add(t, u->description);
        table_dot(t, failed ? COLOR_RED(c) : loaded ? NULL : COLOR_YELLOW(c));
}

static void print_words(const Ctl *c, const char *title, const char *const *words) {
        if (!c->no_legend)
                puts(title);
        for (; *words; words++)
                puts(*words);
}

static const char *const types[] = { "service",   "mount", "swap", "socket", "target", "device",
                                     "automount", "timer", "path", "slice",  "scope",  NULL };
static const char *const loads[] = { "stub",  "loaded", "not-found", "bad-setting",
                                     "error", "merged", "masked",    NULL };

static bool is_one_of(const char *const *words, const char *s) {
        for (; *words; words++)
                if (str_equal(*words, s))
                        return true;
        return false;
}

/* -t: a load state will do as well. */
static int check_types(const Ctl *c) {
        STRV_FOREACH (t, c->types) {
                Similar s;

                if (is_one_of(types, *t) || is_one_of(loads, *t))
                        continue;
                if (c->called_as_systemctl) {
                        fprintf(stderr,
                                "Unknown unit type or load state '%s'.\nUse -t help to see a list of allowed "
                                "values.\n",
                                *t);
                        return CTL_FAILED;
                }
                similar_init(&s, *t);
                for (const char *const *w = types; *w; w++)
                        similar_try(&s, *w);
                ctl_print_error("'%s' is no unit type and no load state%s -t help lists them", *t,
                                *similar_hint(&s) ? s.hint : ";");
                return CTL_USAGE;
        }
        return CTL_OK;
}

/* -t help and --state=help: what there is to choose from. */
bool ctl_words_asked(const Ctl *c) {
        static const char *const actives[] = { "active",     "reloading",    "inactive",    "failed",
                                               "activating", "deactivating", "maintenance", NULL };
        const char *files[UNIT_FILE_STATE_MAX + 1] = { 0 };

        if (strv_contains(c->types, "help")) {
                print_words(c, "Available unit types:", types);
                return true;
        }
        if (!strv_contains(c->states, "help"))
                return false;
        for (size_t i = 0; i < UNIT_FILE_STATE_MAX; i++)
                files[i] = unit_file_state_to_string(i);
        print_words(c, "Available unit load states:", loads);
        if (!c->no_legend)
                puts("");
        print_words(c, "Available unit active states:", actives);
        if (!c->no_legend)
                puts("");
        print_words(c, "Available unit file states:", files);
        return true;
}

void ctl_print_count(const Ctl *c, size_t n, const char *what) {
        if (c->no_legend || c->format != FORMAT_SHORT)
                return;
        printf("\n%s%zu %ss listed.%s%s%s%s\n", n > 0 ? COLOR_BOLD(c) : COLOR_RED(c), n, what, COLOR_END(c),
               COLOR_DIM(c), c->all ? "" : " Inactive ones as well: --all.", COLOR_END(c));
}

VERB(list_units) {
        Column columns[] = { { "UNIT", "unit", .shrinks = true },
                             { "LOAD", "load" },
                             { "ACTIVE", "active" },
                             { "SUB", "sub" },
                             { "JOB", "job", .hidden = true },
                             { "DESCRIPTION", "description", .shrinks = true },
                             { 0 } };
        Table t = { .columns = columns, .marks = true };
        char **patterns auto_strv = NULL;
        ListedUnits units = { 0 };
        size_t n;
        int code;

        if (ctl_words_asked(c))
                return CTL_OK;
        code = check_types(c);
        if (code != CTL_OK)
                return code;
        if (ctl_connect(c) < 0)
                return CTL_FAILED;
        if (ctl_patterns(c, argv + 1, &patterns) < 0 || listed_units_read(c, NULL, patterns, &units) < 0) {
                listed_units_release(&units);
                return CTL_FAILED;
        }
        for (size_t i = 0; i < units.n; i++) {
                const ListedUnit *u = units.v + i;

                add_unit(c, u, &t);
                columns[4].hidden &= !*u->job_type;
                if (i + 1 < units.n && !str_equal(type_of(u), type_of(u + 1)))
                        table_end_group(&t);
        }
        n = units.n;
        code = table_print(&t, c);
        listed_units_release(&units);
        ctl_print_count(c, n, "loaded unit");
        return code;
}

static bool fits_patterns(char *const *patterns, const char *unit) {
        bool fits = !patterns[0];

        STRV_FOREACH (p, patterns)
                fits = fits || fnmatch(*p, unit, FNM_NOESCAPE) == 0;
        return fits;
}

VERB(list_jobs) {
        static const Column columns[] = { { "JOB", "job", .number = true },
                                          { "UNIT", "unit", .shrinks = true, .names = true },
                                          { "TYPE", "type" },
                                          { "STATE", "state" },
                                          { 0 } };
        Table t = { .columns = columns };
        const char *unit, *type, *state;
        sd_bus_message *reply = NULL;
        unsigned n = 0;
        uint32_t id;
        int r, code;

        if (ctl_connect(c) < 0)
                return CTL_FAILED;
        r = ctl_call(c, "ListJobs", &reply, NULL, "list-jobs", NULL);
        if (r >= 0)
                r = sd_bus_message_enter_container(reply, 'a', "(usssoo)");
        while (r >= 0 &&
               (r = sd_bus_message_read(reply, "(usssoo)", &id, &unit, &type, &state, NULL, NULL)) > 0) {
                char number[16];

                if (!fits_patterns(argv + 1, unit))
                        continue;
                snprintf(number, sizeof(number), "%u", id);
                table_add_number(&t, number, id);
                add_colored(&t, unit, str_equal(state, "running") ? COLOR_BOLD(c) : NULL);
                table_add(&t, type);
                add_colored(&t, state, str_equal(state, "running") ? COLOR_BOLD(c) : NULL);
                n++;
        }
        sd_bus_message_unref(reply);
        if (n == 0 && r >= 0 && c->format == FORMAT_SHORT) {
                if (!c->no_legend)
                        printf("%sNo jobs running.%s\n", COLOR_GREEN(c), COLOR_END(c));
                return CTL_OK;
        }
        code = table_print(&t, c);
        if (r >= 0 && !c->no_legend && c->format == FORMAT_SHORT)
                printf("\n%s%u jobs listed.%s\n", COLOR_BOLD(c), n, COLOR_END(c));
        return r < 0 ? CTL_FAILED : code;
}
