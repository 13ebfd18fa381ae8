/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * save: a target that wants what runs now. What was made while the system runs
 * gets files that stay: transient units, and the runtime drop-ins of
 * set-property and scale. All of them begin with the same line, by which
 * --clear knows them again.
 */

#include "ctl/core/text-file.h"
#include "ctl/show/list.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#define SAVED "# Saved by svctl save "
#define TARGET_DEFAULT "saved"

typedef struct Save {
        Ctl *ctl;
        const char *target;
        ListedUnits units;
        char **wanted, **transient; /* owned; names */
        size_t n_left_out;
} Save;

static int get_all(Save *s, const char *unit, PropertyList *ret) {
        char *path auto_free = NULL;
        int r = ctl_unit_path(unit, &path);

        return r < 0 ? r : ctl_get_all(s->ctl, path, "", ret, NULL);
}

static bool has_suffix(const char *unit) {
        return str_ends_with(unit, ".service") || str_ends_with(unit, ".socket") ||
               str_ends_with(unit, ".timer") || str_ends_with(unit, ".path");
}

/* "web@1.service": the unit that makes it, "web" and a suffix, is in memory. */
static bool comes_with(const Save *s, const char *unit, const char *suffix) {
        size_t n = strcspn(unit, "@");

        for (size_t i = 0; unit[n] && i < s->units.n; i++) {
                const char *id = s->units.v[i].id;

                if (strncmp(id, unit, n) == 0 && str_equal(id + n, suffix))
                        return true;
        }
        return false;
}

/* What others bring back: the boot, a set, a socket with a process for each connection, a timer. */
static bool is_of_others(const Save *s, const char *unit, const PropertyList *l) {
        if (str_equal(property_get(l, "DefaultDependencies"), "no"))
                return true;
        if (str_equal(property_get(l, "Type"), "oneshot") &&
            str_equal(property_get(l, "RemainAfterExit"), "no"))
                return true;
        return strchr(unit, '@') && (comes_with(s, unit, ".service") || comes_with(s, unit, ".socket"));
}

/* What systemd-run and svctl run call what nobody has given a name. */
static bool is_nameless(const char *unit) {
        return (str_starts_with(unit, "run-r") || str_starts_with(unit, "run-u")) &&
               strspn(unit + 5, "0123456789abcdef") == strcspn(unit + 5, ".");
}

static int add_transient(Save *s, const char *unit) {
        return strv_contains(s->transient, unit) ? 0 : strv_add(&s->transient, unit);
}

/* A timer, path or socket that a client has made usually came with its service. */
static int add_triggered(Save *s, const char *text) {
        char *names auto_free = strdup(text), *save = NULL;
        int r = names ? 0 : -ENOMEM;

        for (char *n = names ? strtok_r(names, " ", &save) : NULL; n && r >= 0;
             n = strtok_r(NULL, " ", &save)) {
                PropertyList l = { 0 };

                if (get_all(s, n, &l) >= 0 && str_equal(property_get(&l, "Transient"), "yes"))
                        r = add_transient(s, n);
                property_list_release(&l);
        }
        return r;
}

static int choose_one(Save *s, const char *unit) {
        PropertyList l = { 0 };
        bool transient;
        int r = get_all(s, unit, &l);

        if (r < 0)
                return r == -ENOMEM ? r : 0; /* it has gone meanwhile */
        transient = str_equal(property_get(&l, "Transient"), "yes");
        if (is_of_others(s, unit, &l)) {
                r = 0;
        } else if (transient && is_nameless(unit)) {
                fprintf(stderr, "%s is left out: it has no name of its own (svctl run --unit=NAME)\n", unit);
                s->n_left_out++;
        } else {
                r = strv_add(&s->wanted, unit);
                if (r >= 0 && transient)
                        r = add_transient(s, unit);
                if (r >= 0 && transient)
                        r = add_triggered(s, property_get(&l, "Triggers"));
        }
        property_list_release(&l);
        return r;
}

static int choose(Save *s) {
        int r = listed_units_read(s->ctl, NULL, NULL, &s->units);

        for (size_t i = 0; r >= 0 && i < s->units.n; i++) {
                const ListedUnit *u = s->units.v + i;

                if (has_suffix(u->id) && str_equal(u->load, "loaded") &&
                    (str_equal(u->active, "active") || str_equal(u->active, "activating") ||
                     str_equal(u->active, "reloading")))
                        r = choose_one(s, u->id);
        }
        return r;
}

/* A file of ours, with the text behind its first line, which says who made it. */
static int put(Save *s, const char *path, const char *text) {
        Buf b auto_buf = { 0 };
        int r;

        buf_addf(&b, SAVED "%s\n%s", s->target, text);
        r = path_make_parents(path);
        if (r >= 0)
                r = b.error < 0 ? b.error : text_file_write(path, b.data, b.len);
        if (r < 0)
                ctl_print_error("%s: %s", path, strerror(-r));
        else if (!s->ctl->quiet)
                puts(path);
        return r;
}

static int copy(Save *s, const char *from, const char *to) {
        Buf b auto_buf = { 0 };
        const char *text;
        int r = text_file_read(from, &b);

        if (r < 0 || !b.data)
                return r < 0 ? ctl_print_error("%s: %s", from, strerror(-r)), r : 0;
        text = b.data;
        if (str_starts_with(text, "# This is a ")) /* which it no longer is */
                text += strcspn(text, "\n") + 1;
        return put(s, to, text + strspn(text, "\n"));
}

/* The drop-ins of set-property, from where they end with the boot to where they stay. */
static int copy_dropins(Save *s, const char *from, const char *directory, const char *unit) {
        char *path auto_free = NULL;
        const struct dirent *e;
        DIR *d;
        int r = str_printf(&path, "%s/%s.d", from, unit);

        if (r < 0)
                return r;
        d = opendir(path);
        while (r >= 0 && d && (e = readdir(d))) {
                char *source auto_free = NULL, *target auto_free = NULL;

                if (!str_ends_with(e->d_name, ".conf"))
                        continue;
                if (str_printf(&source, "%s/%s", path, e->d_name) < 0 ||
                    str_printf(&target, "%s/%s.d/%s", directory, unit, e->d_name) < 0)
                        r = -ENOMEM;
                else
                        r = copy(s, source, target);
        }
        if (d)
                closedir(d);
        return r;
}

static int run_directory(Save *s, const char *name, char **ret) {
        return str_printf(ret, "%s/systemd/%s", ctl_runtime_dir(s->ctl), name);
}

static int save_one(Save *s, const char *unit, const char *directory) {
        bool transient = strv_contains(s->transient, unit);
        char *from auto_free = NULL, *file auto_free = NULL, *to auto_free = NULL, *control auto_free = NULL,
                   *stays auto_free = NULL;
        const char *kind = s->ctl->scope == SCOPE_USER ? "user.control" : "system.control";
        int r;

        if ((r = run_directory(s, "transient", &from)) < 0 || (r = run_directory(s, kind, &control)) < 0 ||
            (r = str_printf(&stays, "%s.control", directory)) < 0 ||
            (r = str_printf(&file, "%s/%s", from, unit)) < 0 ||
            (r = str_printf(&to, "%s/%s", directory, unit)) < 0)
                return r;
        if (transient && (r = copy(s, file, to)) < 0)
                return r;
        if (transient && (r = copy_dropins(s, from, directory, unit)) < 0)
                return r;
        return copy_dropins(s, control, stays, unit);
}

static int save_target(Save *s, const char *directory) {
        char *path auto_free = NULL;
        Buf b auto_buf = { 0 };

        buf_addf(&b,
                 "# 'svctl start %s' starts all of it, 'svctl enable %s' at each "
                 "boot.\n[Unit]\nDescription=What ran "
                 "when it was saved\n",
                 s->target, s->target);
        STRV_FOREACH (u, s->wanted)
                buf_addf(&b, "Wants=%s\n", *u);
        buf_add(&b, "\n[Install]\nWantedBy=multi-user.target\n");
        if (b.error < 0 || str_printf(&path, "%s/%s", directory, s->target) < 0)
                return -ENOMEM;
        return put(s, path, b.data);
}

static int save(Save *s, const char *directory) {
        int r = 0;

        STRV_FOREACH (u, s->wanted)
                if (r >= 0)
                        r = save_one(s, *u, directory);
        STRV_FOREACH (u, s->transient)
                if (r >= 0 && !strv_contains(s->wanted, *u))
                        r = save_one(s, *u, directory);
        return r < 0 ? r : save_target(s, directory);
}

/* --clear */

static bool is_ours(const char *path, const char *target) {
        Buf b auto_buf = { 0 };
        const char *rest;

        if (text_file_read(path, &b) < 0 || !b.data)
                return false;
        rest = str_after(b.data, SAVED);
        return rest && str_starts_with(rest, target) && rest[strlen(target)] == '\n';
}

static void clear(Save *s, const char *directory, bool below, unsigned *n) {
        DIR *d = opendir(directory);
        const struct dirent *e;

        while (d && (e = readdir(d))) {
                char *path auto_free = NULL;

                if (e->d_name[0] == '.' || str_printf(&path, "%s/%s", directory, e->d_name) < 0)
                        continue;
                if (below && str_ends_with(e->d_name, ".d")) {
                        clear(s, path, false, n);
                        (void)rmdir(path); /* when nothing else is in there */
                } else if (is_ours(path, s->target) && unlink(path) >= 0) {
                        if (!s->ctl->quiet)
                                printf("Removed %s\n", path);
                        (*n)++;
                }
        }
        if (d)
                closedir(d);
}

static int clear_all(Save *s, const char *directory) {
        char *control auto_free = NULL;
        unsigned n = 0;

        if (str_printf(&control, "%s.control", directory) < 0)
                return CTL_FAILED;
        clear(s, directory, true, &n);
        clear(s, control, true, &n);
        if (n == 0)
                return ctl_print_error("nothing was saved as %s", s->target);
        return ctl_reload(s->ctl);
}

VERB(save) {
        Save s = { .ctl = c };
        char *target auto_free = NULL, *directory auto_free = NULL;
        int r, code = CTL_FAILED;

        r = name_mangle(argc > 1 ? argv[1] : TARGET_DEFAULT, UNIT_TARGET, &target);
        if (r < 0 || !str_ends_with(target, ".target"))
                return ctl_print_error("'%s' is not the name of a target", argv[1]);
        s.target = target;
        directory = strdup(ctl_unit_directory(c));
        if (!directory || ctl_connect(c) < 0)
                return CTL_FAILED;
        if (c->clear)
                return clear_all(&s, directory);
        r = choose(&s);
        if (r >= 0 && !s.wanted)
                ctl_print_error("nothing runs that could be saved");
        else if (r >= 0 && (r = save(&s, directory)) >= 0)
                code = ctl_reload(c);
        if (r == -ENOMEM)
                ctl_print_error("%s", strerror(ENOMEM));
        listed_units_release(&s.units);
        strv_free(s.wanted);
        strv_free(s.transient);
        return code;
}
