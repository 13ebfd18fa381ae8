/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "load/dropin.h"

#include <errno.h>
#include <fcntl.h>

#define LONGEST_SUFFIX ".requires"

/* "a-b-" -> "a-"; no dash before the end: 0. */
static size_t cut_length(const char *prefix) {
        size_t n = strlen(prefix);

        for (n = n > 0 ? n - 1 : 0; n > 1; n--)
                if (prefix[n - 1] == '-')
                        return n;
        return 0;
}

/*
 * A name and what is left of it, in systemd's order: the template with all that is left of that, then the prefix cut
 * after its last dash. "a-b@x.service" gives that, "a-b@.service", "a-.service", "a-@x.service", "a-@.service".
 */
static int variants(const char *name, char ***ret) {
        char *prefix auto_free = NULL, *shorter auto_free = NULL;
        NameKind kind = name_kind(name);
        const char *rest;
        size_t n;
        int r;

        r = strv_add_unique(ret, name);
        if (r >= 0 && kind == NAME_INSTANCE) {
                char *template auto_free = NULL;

                r = name_template(name, &template);
                if (r >= 0)
                        r = variants(template, ret);
        }
        if (r >= 0)
                r = name_prefix(name, &prefix);
        if (r < 0)
                return r;
        n = cut_length(prefix);
        if (n == 0)
                return 0;
        rest = name + strlen(prefix) +
               (kind == NAME_TEMPLATE); /* what a template leaves has no instance either */
        r = str_printf(&shorter, "%.*s%s", (int)n, prefix, rest);
        return r < 0 ? r : variants(shorter, ret);
}

static int visit_one(const Index *x, size_t dir, const char *subdir, DirectoryVisitor visit, void *userdata) {
        const SearchDir *d = x->path.dirs + dir;
        char *path auto_free = NULL;
        int r;

        r = str_printf(&path, "%s/%s", d->path, subdir);
        return r < 0 ? r : visit(d, path, userdata);
}

/* The directories of one name: the search path first, then how exact the name is. */
static int visit_name(const Index *x, const char *name, const char *suffix, DirectoryVisitor visit,
                      void *userdata) {
        char **subdirs auto_strv = NULL, **exact auto_strv = NULL;
        uint64_t any = 0;
        int r;

        r = variants(name, &exact);
        if (r < 0)
                return r;
        STRV_FOREACH (v, exact) {
                char subdir[UNIT_NAME_MAX + sizeof(LONGEST_SUFFIX)];
                uint64_t dirs;

                ENSURE(strlen(*v) + strlen(suffix) < sizeof(subdir), -EINVAL);
                stpcpy(stpcpy(subdir, *v), suffix); /* many for each unit, and hardly one exists: no heap */
                dirs = index_subdir(x, subdir);
                any |= dirs;
                if (dirs && strv_add(&subdirs, subdir) < 0)
                        return -ENOMEM;
        }
        for (size_t i = 0; any && i < x->path.n; i++)
                STRV_FOREACH (s, subdirs)
                        if (index_subdir(x, *s) & (UINT64_C(1) << i)) {
                                r = visit_one(x, i, *s, visit, userdata);
                                if (r < 0)
                                        return r;
                        }
        return 0;
}

static int visit_type(const Index *x, const char *name, DirectoryVisitor visit, void *userdata) {
        char *subdir auto_free = NULL;
        uint64_t dirs;
        int r;

        r = str_printf(&subdir, "%s.d", unit_type_to_string(name_type(name)));
        if (r < 0)
                return r;
        dirs = index_subdir(x, subdir);
        for (size_t i = 0; dirs && i < x->path.n && r >= 0; i++)
                if (dirs & (UINT64_C(1) << i))
                        r = visit_one(x, i, subdir, visit, userdata);
        return r;
}

typedef struct Found {
        const Root *root;
        char **paths; /* in order of precedence; the strings owned */
        size_t n, capacity;
} Found;

/* Takes the path, also on failure. */
static int add_path(Found *found, char *path) {
        int r = path ? array_reserve(&found->paths, &found->capacity, found->n + 1, sizeof(char *)) : -ENOMEM;

        if (r < 0) {
                free(path);
                return r;
        }
        found->paths[found->n++] = path;
        return 0;
}

static int add_dropins(const SearchDir *dir, const char *path, void *userdata) {
        char **files auto_strv = NULL;
        Found *found = userdata;
        int r;

        r = root_list(found->root, path, &files);
        if (r < 0)
                return r == -ENOMEM ? r : 0;
        STRV_FOREACH (f, files) {
                char *full = NULL;

                if (!str_ends_with(*f, ".conf"))
                        continue;
                r = str_printf(&full, "%s/%s", path, *f);
                if (r >= 0)
                        r = add_path(found, full);
                if (r < 0)
                        return r;
        }
        return 0;
}

typedef struct Ranked {
        char *path;
        size_t rank;
} Ranked;

static int compare_ranked(const void *a, const void *b) {
        const Ranked *x = a, *y = b;
        int c = strcmp(path_name(x->path), path_name(y->path));

        return c != 0 ? c : (x->rank > y->rank) - (x->rank < y->rank);
}

/* By file name; of one name the first that was found counts. */
static int sort_and_drop_double(Found *found) {
        Ranked *ranked auto_free = calloc(found->n + 1, sizeof(*ranked)); /* never 0 */
        size_t n = 0;

        if (!ranked)
                return -ENOMEM;
        for (size_t i = 0; i < found->n; i++)
                ranked[i] = (Ranked){ found->paths[i], i };
        qsort(ranked, found->n, sizeof(*ranked), compare_ranked);
        for (size_t i = 0; i < found->n; i++)
                if (n > 0 && str_equal(path_name(found->paths[n - 1]), path_name(ranked[i].path)))
                        free(ranked[i].path);
                else
                        found->paths[n++] = ranked[i].path;
        found->n = n;
        return 0;
}

/* The array as a list that NULL ends. */
static int take_paths(Found *found, char ***ret) {
        int r;

        *ret = NULL;
        if (found->n == 0)
                return 0;
        r = array_reserve(&found->paths, &found->capacity, found->n + 1, sizeof(char *));
        if (r < 0)
                return r;
        found->paths[found->n] = NULL;
        *ret = TAKE(found->paths);
        found->n = 0;
        return 0;
}

static void found_release(Found *found) {
        for (size_t i = 0; i < found->n; i++)
                free(found->paths[i]);
        free(found->paths);
}

int dropin_find(const Index *x, const Root *root, char *const *names, char ***ret) {
        Found found = { .root = root };
        int r = 0;

        STRV_FOREACH (n, names)
                if (r >= 0)
                        r = visit_name(x, *n, ".d", add_dropins, &found);
        if (r >= 0 && names)
                r = visit_type(x, names[0], add_dropins, &found);
        if (r >= 0 && found.n > 0)
                r = sort_and_drop_double(&found);
        if (r >= 0)
                r = take_paths(&found, ret);
        found_release(&found);
        return r;
}

void linked_units_release(LinkedUnits *l) {
        for (size_t i = 0; i < l->n; i++)
                free(l->v[i].name);
        free(l->v);
        *l = (LinkedUnits){ 0 };
}

typedef struct Links {
        const Root *root;
        const char *unit;
        LinkedUnits found;
        LinkedUnits masked;
} Links;

static int add_unit(LinkedUnits *l, char *name, const SearchDir *dir) {
        int r = name ? array_reserve(&l->v, &l->capacity, l->n + 1, sizeof(LinkedUnit)) : -ENOMEM;

        if (r < 0) {
                free(name);
                return r;
        }
        l->v[l->n++] = (LinkedUnit){ name, dir };
        return 0;
}

/* "foo@.service" in bar@x.service.wants is foo@x.service; in bar.service.wants it is foo@bar.service. */
static int fill_template(const char *name, const char *unit, char **ret) {
        char *instance auto_free = NULL;
        int r;

        if (name_kind(name) != NAME_TEMPLATE)
                return str_replace(ret, name);
        r = name_instance(unit, &instance);
        if (r >= 0 && !instance)
                r = name_prefix(unit, &instance);
        return r < 0 ? r : name_with_instance(name, instance, ret);
}

/* Through however many links: a unit that is masked is not to be pulled in. A link that is broken is no mask. */
static bool is_mask(const Root *root, const char *directory, const char *name, const char *target) {
        char *path auto_free = NULL;
        struct stat st;

        if (str_equal(target, "/dev/null"))
                return true;
        if (str_printf(&path, "%s/%s", directory, name) < 0 || root_stat(root, path, &st) < 0)
                return false;
        return stat_is_null_device(&st) || (S_ISREG(st.st_mode) && st.st_size == 0);
}

static int add_links(const SearchDir *dir, const char *path, void *userdata) {
        char **files auto_strv = NULL;
        Links *links = userdata;
        int fd auto_fd = -1;
        int r;

        r = fd = root_open(links->root, path, O_PATH | O_DIRECTORY);
        if (r >= 0)
                r = root_list(links->root, path, &files);
        if (r < 0)
                return r == -ENOMEM ? r : 0;
        STRV_FOREACH (f, files) {
                char *target auto_free = NULL, *name = NULL;

                if (!name_is_valid(*f, NAME_ANY))
                        continue;
                r = read_link_at(fd, *f, &target);
                if (r < 0 && r != -ENOMEM) /* only links count */
                        continue;
                if (r >= 0)
                        r = fill_template(*f, links->unit, &name);
                if (r >= 0)
                        r = add_unit(is_mask(links->root, path, *f, target) ? &links->masked : &links->found,
                                     name, dir);
                if (r < 0)
                        return r;
        }
        return 0;
}

/* By name, then by precedence: lower addresses of SearchDir come first in the path. */
static int compare_units(const void *a, const void *b) {
        const LinkedUnit *u = a, *v = b;
        int c = strcmp(u->name, v->name);

        return c != 0 ? c : (u->dir > v->dir) - (u->dir < v->dir);
}

static bool is_masked(const LinkedUnits *masked, const LinkedUnit *u) {
        for (size_t i = 0; i < masked->n; i++)
                if (str_equal(masked->v[i].name, u->name) && masked->v[i].dir <= u->dir)
                        return true;
        return false;
}

static void drop_double_and_masked(LinkedUnits *l, const LinkedUnits *masked) {
        size_t n = 0;

        qsort(l->v, l->n, sizeof(*l->v), compare_units);
        for (size_t i = 0; i < l->n; i++) {
                if ((n > 0 && str_equal(l->v[n - 1].name, l->v[i].name)) || is_masked(masked, l->v + i))
                        free(l->v[i].name);
                else
                        l->v[n++] = l->v[i];
        }
        l->n = n;
}

int linked_directories_visit(const Index *x, char *const *names, const char *suffix, DirectoryVisitor visit,
                             void *userdata) {
        int r = 0;

        STRV_FOREACH (n, names)
                if (r >= 0)
                        r = visit_name(x, *n, suffix, visit, userdata);
        return r;
}

int linked_units_find(const Index *x, const Root *root, char *const *names, const char *suffix,
                      LinkedUnits *ret) {
        Links links = { .root = root, .unit = names[0] };
        int r;

        r = linked_directories_visit(x, names, suffix, add_links, &links);
        if (r >= 0 && links.found.n > 0)
                drop_double_and_masked(&links.found, &links.masked);
        linked_units_release(&links.masked);
        if (r < 0)
                linked_units_release(&links.found);
        else
                *ret = links.found;
        return r;
}
