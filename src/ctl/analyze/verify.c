/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * verify: every mistake in unit files with file, line and what was expected,
 * and what svinit knows but does not do. The options and the exit code are
 * those of `systemd-analyze verify`: 1 when there is an error or a warning, 0
 * when there are only notes.
 */

#include "ctl/analyze/verify.h"

#include "unit/directive.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TEST_INSTANCE "test-instance" /* what a template is looked at as */

static void add_or_null(Buf *b, const char *key, const char *s) {
        if (s)
                json_add_member(b, key, s);
        else
                buf_addf(b, ",\"%s\":null", key);
}

static void add_number_or_null(Buf *b, const char *key, unsigned n) {
        if (n > 0)
                buf_addf(b, ",\"%s\":%u", key, n);
        else
                add_or_null(b, key, NULL);
}

static void print_json(const Finding *f, bool first) {
        Buf b auto_buf = { 0 };

        buf_add(&b, "{\"file\":");
        if (f->file)
                json_add_string(&b, f->file);
        else
                buf_add(&b, "null");
        add_number_or_null(&b, "line", f->line);
        add_number_or_null(&b, "column", f->column);
        add_or_null(&b, "section", f->section);
        add_or_null(&b, "key", f->key);
        json_add_member(&b, "severity", severity_to_string(f->severity));
        json_add_member(&b, "code", finding_code_to_string(f->code));
        json_add_member(&b, "text", f->text);
        printf("%s%s}", first ? "[" : ",", b.data ?: "{");
}

void verify_emit(Verify *v, const Finding *f) {
        const Ctl *c = v->ctl;
        Buf b auto_buf = { 0 };

        if (f->severity != SEVERITY_NOTE)
                v->n_mistakes++;
        else if (c->quiet)
                return;
        if (v->json)
                print_json(f, v->n_emitted == 0);
        else {
                finding_format(f, &b);
                printf("%s%s%s: %s\n", f->severity == SEVERITY_ERROR ? COLOR_RED(c) : COLOR_DIM(c),
                       severity_to_string(f->severity), COLOR_END(c), b.data ?: "");
        }
        v->n_emitted++;
}

/* The place of the assignment, where the finding has none. */
static void fill_place(Finding *f, const Places *places, const char *word) {
        const PlacedAssignment *a = f->key && f->line == 0 ? places_find(places, f->key, word) : NULL;

        if (!a && f->key && f->line == 0 && word)
                a = places_find(places, f->key, NULL);
        if (!a)
                return;
        f->file = (char *)a->file;
        f->section = a->section;
        f->line = a->line;
        f->column = placed_column(a, word);
}

void verify_say(Verify *v, const Unit *u, const Places *places, Severity severity, FindingCode code,
                const char *key, const char *word, const char *format, ...) {
        Finding f = { .severity = severity, .code = code, .file = u->fragment_path, .key = (char *)key };
        va_list args;

        va_start(args, format);
        if (vasprintf(&f.text, format, args) >= 0) {
                fill_place(&f, places, word);
                verify_emit(v, &f);
                free(f.text);
        }
        va_end(args);
}

void verify_emit_report(Verify *v, const Places *places, const Report *report, bool unapplied) {
        for (size_t i = 0; i < report->n_findings; i++) {
                Finding f = report->findings[i]; /* borrows its strings */

                if (f.code == FINDING_NOT_APPLIED && !unapplied)
                        continue;
                fill_place(&f, places, NULL);
                verify_emit(v, &f);
        }
}

typedef struct Unapplied {
        Verify *verify;
        const Unit *unit;
        const Places *places;
} Unapplied;

static void note_unapplied(const Directive *d, const char *value, const char *file, unsigned line,
                           void *userdata) {
        const Unapplied *u = userdata;
        Finding f = { .severity = SEVERITY_NOTE,
                      .code = FINDING_NOT_APPLIED,
                      .file = (char *)file,
                      .line = line,
                      .key = (char *)d->key };

        if (d->support == SUPPORT_REFUSED) /* said as an error */
                return;
        for (size_t i = 0; i < u->places->n; i++)
                if (u->places->v[i].line == line && str_equal(u->places->v[i].file, file)) {
                        f.column = u->places->v[i].key_column;
                        f.section = u->places->v[i].section;
                        f.key = u->places->v[i].key;
                }
        if (str_printf(&f.text, "%s: %s", support_to_string(d->support), d->limit ?: "not applied.") < 0)
                return;
        verify_emit(u->verify, &f);
        free(f.text);
}

/* One of the units that were asked for. */
static int verify_named(Verify *v, Unit *u) {
        Places places;
        int r;

        r = places_read(u, v->ctl->root, &places);
        if (r < 0)
                return r;
        verify_emit_report(v, &places, ctl_graph_report(u), true);
        if (u->load_state == LOAD_LOADED || u->load_state == LOAD_BAD_SETTING)
                spec_visit_unapplied(u->spec, note_unapplied,
                                     &(Unapplied){ .verify = v, .unit = u, .places = &places });
        verify_unit(v, u, &places);
        if (u->load_state == LOAD_LOADED)
                verify_advise(v, u, &places);
        if (v->ctl->here && u->load_state == LOAD_LOADED)
                verify_here(v, u, &places);
        places_release(&places);
        return 0;
}

static bool is_named(Unit *const *named, size_t n, const Unit *u) {
        for (size_t i = 0; i < n; i++)
                if (named[i] == u)
                        return true;
        return false;
}

static bool is_next_to(Unit *const *named, size_t n, const Unit *u) {
        for (size_t i = 0; i < u->n_edges; i++)
                if (is_named(named, n, u->edges[i].other))
                        return true;
        return false;
}

/* What is to be looked at. */
typedef struct Wanted {
        char *name, *directory; /* owned; the directory of a file, NULL for a unit of the search path */
        const char *file;       /* borrowed; NULL: whatever the search path has */
        bool done;
} Wanted;

/* Is it there only because of an argument whose turn comes later? */
static bool is_of_later(const Wanted *w, size_t n, const Graph *g, const Unit *u) {
        for (size_t i = 0; i < n; i++)
                if (!w[i].done && graph_find(g, w[i].name) == u)
                        return true;
        return false;
}

/* The files of the units that were loaded along with them. */
static int verify_others(Verify *v, const Wanted *w, size_t n_wanted, Unit *const *named, size_t n) {
        for (Unit *u = graph_next_unit(v->graph->graph, NULL); u && v->depth != VERIFY_ITSELF;
             u = graph_next_unit(v->graph->graph, u)) {
                const Report *report = ctl_graph_report(u);
                Places places;
                int r;

                if (report->n_findings == 0 || is_named(named, n, u) ||
                    is_of_later(w, n_wanted, v->graph->graph, u) ||
                    (v->depth == VERIFY_DIRECT && !is_next_to(named, n, u)))
                        continue;
                r = places_read(u, v->ctl->root, &places);
                if (r < 0)
                        return r;
                verify_emit_report(v, &places, report, false);
                places_release(&places);
        }
        return 0;
}

/* The directory of a file as it counts for a search path: absolute, links in it resolved. */
static int directory_of(const char *path, char **ret) {
        char *parent auto_free = NULL;
        const char *slash = strrchr(path, '/');

        parent = slash ? strndup(path, slash > path ? (size_t)(slash - path) : 1) : strdup(".");
        if (!parent)
                return -ENOMEM;
        *ret = realpath(parent, NULL);
        return *ret ? 0 : -errno;
}

/* An argument that is no unit file. */
static void complain(Verify *v, const char *file, const char *text) {
        verify_emit(v, &(Finding){ .severity = SEVERITY_ERROR,
                                   .code = FINDING_UNREADABLE,
                                   .file = (char *)file,
                                   .text = (char *)text });
}

static int complain_of_name(Verify *v, const char *file, const char *name) {
        char *text auto_free = NULL;
        int r = str_printf(
                &text, "'%s' is not a unit name; expected one such as web.service or web@.service.", name);

        if (r < 0)
                return r;
        complain(v, file, text);
        return 1;
}

/* "x.service.d/10.conf": the unit that the drop-in is for, and the directory that unit would be in. */
static int owner_of_dropin(const char *path, char **ret) {
        const char *slash = strrchr(path, '/');
        size_t n = slash ? (size_t)(slash - path) : 0;

        if (n < 2 || !str_ends_with(path, ".conf") || strncmp(slash - 2, ".d", 2) != 0)
                return 0;
        *ret = strndup(path, n - 2);
        return *ret ? 1 : -ENOMEM;
}

/* What the unit is called that an argument means. 1: said why there is none. */
static int wanted_read(Verify *v, const char *argument, Wanted *w) {
        char *owner auto_free = NULL, *name auto_free = NULL;
        bool is_file = strchr(argument, '/') || access(argument, F_OK) >= 0;
        int r;

        if (!is_file)
                r = name_mangle(argument, UNIT_SERVICE, &name);
        else {
                r = owner_of_dropin(argument, &owner);
                if (r < 0)
                        return r;
                if (access(argument, R_OK) < 0) {
                        complain(v, argument, strerror(errno));
                        return 1;
                }
                w->file = owner ? NULL : argument;
                r = directory_of(owner ?: argument, &w->directory);
                if (r >= 0)
                        r = str_replace(&name, path_name(owner ?: argument));
        }
        if (r == -ENOMEM)
                return r;
        if (r < 0 || !name_is_valid(name, NAME_ANY))
                return complain_of_name(v, is_file ? argument : NULL,
                                        is_file ? path_name(argument) : argument);
        if (name_kind(name) != NAME_TEMPLATE) {
                w->name = TAKE(name);
                return 0;
        }
        return name_with_instance(name, TEST_INSTANCE, &w->name);
}

/* Is the unit read from the file that was named, and not from one of that name in a directory before it? */
static bool is_from(const Unit *u, const char *file) {
        struct stat a, b;

        return !file || !u->fragment_path || stat(file, &a) < 0 || stat(u->fragment_path, &b) < 0 ||
               (a.st_dev == b.st_dev && a.st_ino == b.st_ino);
}

/* The search path of a round: the first one that is left decides, so that each gets its turn. */
static int directories_of(const Wanted *w, size_t n, char ***ret) {
        for (size_t i = 0; i < n; i++)
                if (!w[i].done && w[i].directory) {
                        int r = strv_add_unique(ret, w[i].directory);

                        if (r < 0)
                                return r;
                }
        return 0;
}

static int load_wanted(Verify *v, Wanted *w, size_t n, Unit **ret, size_t *ret_n) {
        bool first = true;

        for (size_t i = 0; i < n; i++) {
                Unit *u;
                int r = w[i].done ? 0 : ctl_graph_load(v->graph, w[i].name, &u);

                if (r < 0)
                        return r;
        }
        for (size_t i = 0; i < n;
             i++) { /* again: one may have turned out to be another name of a later one */
                Unit *u = w[i].done ? NULL : graph_find(v->graph->graph, w[i].name);

                if (w[i].done || (!first && u && !is_from(u, w[i].file)))
                        continue;
                first = false;
                w[i].done = true;
                if (u && !is_named(ret, *ret_n, u))
                        ret[(*ret_n)++] = u;
        }
        return 0;
}

/* All that one search path can have at once: of files with the same name, one. */
static int verify_round(Verify *v, Wanted *w, size_t n) {
        Unit **named auto_free = calloc(n + 1, sizeof(*named));
        char **directories auto_strv = NULL;
        size_t n_named = 0;
        int r;

        if (!named)
                return -ENOMEM;
        r = directories_of(w, n, &directories);
        if (r >= 0)
                r = ctl_graph_new(v->ctl, directories, &v->graph);
        if (r >= 0)
                r = load_wanted(v, w, n, named, &n_named);
        for (size_t i = 0; i < n_named && r >= 0; i++)
                r = verify_named(v, named[i]);
        if (r >= 0)
                r = verify_others(v, w, n, named, n_named);
        ctl_graph_free(TAKE(v->graph));
        return r;
}

static bool is_left(const Wanted *w, size_t n) {
        for (size_t i = 0; i < n; i++)
                if (!w[i].done)
                        return true;
        return false;
}

static int parse_options(const Ctl *c, Verify *v) {
        static const char *const depths[] = {
                [VERIFY_ITSELF] = "no", [VERIFY_DIRECT] = "one", [VERIFY_ALL] = "yes"
        };

        *v = (Verify){ .ctl = (Ctl *)c, .depth = VERIFY_ALL };
        if (ctl_json_asked(c, "verify", &v->json) != CTL_OK)
                return CTL_USAGE;
        if (c->man && parse_bool(c->man, &v->manuals) < 0)
                return ctl_print_error("--man=%s is not a boolean", c->man);
        for (int i = 0; c->recursive_errors && i < (int)ELEMENTSOF(depths); i++)
                if (str_equal(c->recursive_errors, depths[i])) {
                        v->depth = (VerifyDepth)i;
                        return 0;
                }
        return c->recursive_errors
                       ? ctl_print_error("--recursive-errors=%s is none of yes, one, no", c->recursive_errors)
                       : 0;
}

VERB(verify) {
        Wanted *wanted auto_free = calloc((size_t)argc, sizeof(*wanted));
        size_t n = 0;
        Verify v;
        int r = wanted ? 0 : -ENOMEM;

        if (parse_options(c, &v) != 0)
                return CTL_USAGE;
        for (int i = 1; i < argc && r >= 0; i++) {
                r = wanted_read(&v, argv[i], wanted + n);
                n++;
                wanted[n - 1].done = r != 0;
        }
        while (r >= 0 && is_left(wanted, n))
                r = verify_round(&v, wanted, n);
        for (size_t i = 0; i < n; i++) {
                free(wanted[i].name);
                free(wanted[i].directory);
        }
        if (v.json)
                puts(v.n_emitted > 0 ? "]" : "[]");
        if (r < 0)
                return ctl_print_error("%s", strerror(-r));
        return v.n_mistakes > 0 ? CTL_FAILED : CTL_OK;
}
