/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "load/search-path.h"

#include <errno.h>
#include <limits.h>
#include <unistd.h>

#ifndef PKGLIBDIR
#define PKGLIBDIR "/usr/lib/svinit"
#endif

typedef enum Base {
        ABSOLUTE,
        BELOW_RUN,
        BELOW_CONFIG_HOME,
        BELOW_DATA_HOME,
        GENERATOR_NORMAL,
        GENERATOR_EARLY,
        GENERATOR_LATE
} Base;

typedef struct UsualDir {
        Base base;
        const char *path;
        unsigned flags;
} UsualDir;

static const UsualDir of_system[] = {
        { ABSOLUTE, "/etc/svinit/system", 0 },
        { ABSOLUTE, "/etc/systemd/system.control", DIR_CONTROL },
        { BELOW_RUN, "/systemd/system.control", DIR_VOLATILE | DIR_CONTROL },
        { BELOW_RUN, "/systemd/transient", DIR_VOLATILE | DIR_TRANSIENT },
        { GENERATOR_EARLY, NULL, DIR_VOLATILE | DIR_GENERATED },
        { ABSOLUTE, "/etc/systemd/system", DIR_PERSISTENT },
        { BELOW_RUN, "/systemd/system", DIR_VOLATILE | DIR_RUNTIME },
        { GENERATOR_NORMAL, NULL, DIR_VOLATILE | DIR_GENERATED },
        { ABSOLUTE, "/usr/local/lib/systemd/system", 0 },
        { ABSOLUTE, PKGLIBDIR "/system", 0 },
        { ABSOLUTE, "/usr/lib/systemd/system", DIR_VENDOR },
        { ABSOLUTE, "/lib/systemd/system", DIR_VENDOR },
        { GENERATOR_LATE, NULL, DIR_VOLATILE | DIR_GENERATED },
        { 0 },
};

static const UsualDir of_all_users[] = {
        { ABSOLUTE, "/etc/systemd/user", DIR_PERSISTENT },
        { ABSOLUTE, "/run/systemd/user", DIR_VOLATILE | DIR_RUNTIME },
        { ABSOLUTE, "/usr/local/share/systemd/user", 0 },
        { ABSOLUTE, "/usr/share/systemd/user", DIR_VENDOR },
        { ABSOLUTE, "/usr/local/lib/systemd/user", 0 },
        { ABSOLUTE, "/usr/lib/systemd/user", DIR_VENDOR },
        { 0 },
};

static const UsualDir of_one_user[] = {
        { BELOW_CONFIG_HOME, "/systemd/user.control", DIR_CONTROL },
        { BELOW_RUN, "/systemd/user.control", DIR_VOLATILE | DIR_CONTROL },
        { BELOW_RUN, "/systemd/transient", DIR_VOLATILE | DIR_TRANSIENT },
        { BELOW_RUN, "/systemd/generator.early", DIR_VOLATILE | DIR_GENERATED },
        { BELOW_CONFIG_HOME, "/systemd/user", DIR_PERSISTENT },
        { ABSOLUTE, "/etc/xdg/systemd/user", 0 },
        { ABSOLUTE, "/etc/systemd/user", 0 },
        { BELOW_RUN, "/systemd/user", DIR_VOLATILE | DIR_RUNTIME },
        { ABSOLUTE, "/run/systemd/user", DIR_VOLATILE },
        { BELOW_RUN, "/systemd/generator", DIR_VOLATILE | DIR_GENERATED },
        { BELOW_DATA_HOME, "/systemd/user", 0 },
        { ABSOLUTE, "/usr/local/share/systemd/user", 0 },
        { ABSOLUTE, "/usr/share/systemd/user", DIR_VENDOR },
        { ABSOLUTE, "/usr/local/lib/systemd/user", 0 },
        { ABSOLUTE, "/usr/lib/systemd/user", DIR_VENDOR },
        { BELOW_RUN, "/systemd/generator.late", DIR_VOLATILE | DIR_GENERATED },
        { 0 },
};

static const UsualDir *usual_dirs(const LoaderOptions *o) {
        return o->scope == SCOPE_GLOBAL ? of_all_users : o->scope == SCOPE_USER ? of_one_user : of_system;
}

static bool same_path(const SearchPath *p, const char *path) {
        for (size_t i = 0; i < p->n; i++)
                if (str_equal(p->dirs[i].path, path))
                        return true;
        return false;
}

/* Takes the path, also on failure. */
static int add(SearchPath *p, char *path, unsigned flags) {
        SearchDir *grown;

        if (!path)
                return -ENOMEM;
        if (p->n >= SEARCH_PATH_MAX || same_path(p, path)) {
                free(path);
                return 0;
        }
        grown = realloc(p->dirs, (p->n + 1) * sizeof(*grown));
        if (!grown) {
                free(path);
                return -ENOMEM;
        }
        p->dirs = grown;
        p->dirs[p->n++] = (SearchDir){ .path = path, .flags = flags };
        return 0;
}

/* *ret stays NULL when the directory is not known here. */
static int usual_path(const LoaderOptions *o, const UsualDir *d, char **ret) {
        const char *above = "", *path = d->path;

        switch (d->base) {
        case BELOW_RUN:
                above = o->runtime_dir ? o->runtime_dir : "/run";
                break;
        case BELOW_CONFIG_HOME:
                above = o->config_home;
                break;
        case BELOW_DATA_HOME:
                above = o->data_home;
                break;
        case GENERATOR_NORMAL:
        case GENERATOR_EARLY:
        case GENERATOR_LATE:
                path = o->generator_dirs[d->base - GENERATOR_NORMAL];
                break;
        default:
                break;
        }
        return above && path ? str_printf(ret, "%s%s", above, path) : 0;
}

static int add_usual(SearchPath *p, const LoaderOptions *o) {
        int r = 0;

        for (const UsualDir *d = usual_dirs(o); (d->path || d->base) && r >= 0; d++) {
                char *path = NULL;

                r = usual_path(o, d, &path);
                if (r >= 0 && path)
                        r = add(p, path, d->flags);
        }
        return r;
}

/* The same directory keeps its meaning when it is named in the variable. */
static unsigned usual_flags(const LoaderOptions *o, const char *path) {
        SearchPath all = { 0 };
        unsigned flags = 0;

        if (add_usual(&all, o) >= 0)
                for (size_t i = 0; i < all.n; i++)
                        if (str_equal(all.dirs[i].path, path))
                                flags = all.dirs[i].flags;
        search_path_release(&all);
        return flags;
}

/*
 * systemd.unit(5): an empty component at the end stands for the usual directories. A relative one begins where we
 * are now.
 */
static int add_variable(SearchPath *p, const LoaderOptions *o, const char *variable) {
        char here[PATH_MAX];

        if (!getcwd(here, sizeof(here)))
                strcpy(here, "/");
        for (const char *s = variable;;) {
                size_t n = strcspn(s, ":");
                char *word auto_free = NULL, *path = NULL;
                int r;

                if (n == 0 && s[n] == 0)
                        return add_usual(p, o);
                word = strndup(s, n);
                if (!word)
                        return -ENOMEM;
                if (n > 0) {
                        r = path_absolute(here, word, &path);
                        if (r >= 0)
                                r = add(p, path, usual_flags(o, path));
                        if (r < 0)
                                return r;
                }
                if (s[n] == 0)
                        return 0;
                s += n + 1;
        }
}

int search_path_init(SearchPath *p, const LoaderOptions *o, const char *unit_path_variable) {
        int r;

        *p = (SearchPath){ 0 };
        r = str_is_empty(unit_path_variable) ? add_usual(p, o) : add_variable(p, o, unit_path_variable);
        if (r < 0)
                search_path_release(p);
        return r;
}

void search_path_release(SearchPath *p) {
        for (size_t i = 0; i < p->n; i++)
                free(p->dirs[i].path);
        free(p->dirs);
        *p = (SearchPath){ 0 };
}

int search_path_copy(const SearchPath *p, SearchPath *ret) {
        SearchPath copy = { 0 };
        int r = 0;

        for (size_t i = 0; i < p->n && r >= 0; i++)
                r = add(&copy, strdup(p->dirs[i].path), p->dirs[i].flags);
        if (r < 0)
                search_path_release(&copy);
        else
                *ret = copy;
        return r;
}

void search_path_examine(SearchPath *p, const Root *root) {
        for (size_t i = 0; i < p->n; i++) {
                SearchDir *d = p->dirs + i;
                struct stat st;

                d->exists = d->duplicate = false;
                if (root_stat(root, d->path, &st) < 0 || !S_ISDIR(st.st_mode))
                        continue;
                d->exists = true;
                d->dev = st.st_dev;
                d->ino = st.st_ino;
                d->mtime = st.st_mtim;
                d->settled = stat_is_settled(&st);
                for (size_t k = 0; k < i && !d->duplicate; k++)
                        d->duplicate =
                                p->dirs[k].exists && p->dirs[k].dev == d->dev && p->dirs[k].ino == d->ino;
        }
}

bool search_path_changed(const SearchPath *p, const Root *root) {
        for (size_t i = 0; i < p->n; i++) {
                const SearchDir *d = p->dirs + i;
                struct stat st;
                bool exists = root_stat(root, d->path, &st) >= 0 && S_ISDIR(st.st_mode);

                if (exists != d->exists || (exists && !d->settled))
                        return true;
                if (exists && (st.st_mtim.tv_sec != d->mtime.tv_sec ||
                               st.st_mtim.tv_nsec != d->mtime.tv_nsec || st.st_ino != d->ino))
                        return true;
        }
        return false;
}

int search_path_find(const SearchPath *p, const Root *root, const char *directory) {
        struct stat st;

        for (size_t i = 0; i < p->n; i++)
                if (str_equal(p->dirs[i].path, directory))
                        return (int)i;
        if (root_stat(root, directory, &st) < 0)
                return -1;
        for (size_t i = 0; i < p->n; i++)
                if (p->dirs[i].exists && p->dirs[i].dev == st.st_dev && p->dirs[i].ino == st.st_ino)
                        return (int)i;
        return -1;
}

const char *search_path_config(const SearchPath *p, bool runtime) {
        for (size_t i = 0; i < p->n; i++)
                if (p->dirs[i].flags & (runtime ? DIR_RUNTIME : DIR_PERSISTENT))
                        return p->dirs[i].path;
        return runtime ? "/run/systemd/system" : "/etc/systemd/system"; /* $SYSTEMD_UNIT_PATH leaves it out */
}
