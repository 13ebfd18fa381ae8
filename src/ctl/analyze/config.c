/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* analyze cat-config: a configuration file and the drop-ins that add to it, in the order in which they count. */

#include "ctl/analyze/analyze.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *const places[] = { "/etc", "/run", "/usr/local/lib", "/usr/lib" }; /* the first wins */

/* Behind the place, when it is given as a whole. */
static const char *relative(const char *name) {
        for (size_t i = 0; i < ELEMENTSOF(places); i++)
                if (str_after(name, places[i]) && str_after(name, places[i])[0] == '/')
                        return str_after(name, places[i]) + 1;
        return name;
}

static bool is_mask(const char *path) {
        char target[16];
        ssize_t n = readlink(path, target, sizeof(target) - 1);

        target[n > 0 ? n : 0] = 0;
        return str_equal(target, "/dev/null");
}

static const char *file_name(const char *path) {
        const char *slash = strrchr(path, '/');

        return slash ? slash + 1 : path;
}

/* 1: there is one of that name already, which comes from a place that wins. */
static int is_overridden(char *const *paths, const char *name) {
        STRV_FOREACH (p, paths)
                if (str_equal(file_name(*p), name))
                        return true;
        return false;
}

static int collect(const char *directory, char ***paths) {
        DIR *d = opendir(directory);
        struct dirent *e;
        int r = 0;

        while (d && r >= 0 && (e = readdir(d))) {
                char *path;

                if (!str_ends_with(e->d_name, ".conf") || e->d_name[0] == '.' ||
                    is_overridden(*paths, e->d_name))
                        continue;
                r = str_printf(&path, "%s/%s", directory, e->d_name);
                if (r >= 0)
                        r = strv_push(paths, path);
        }
        if (d)
                closedir(d);
        return r;
}

static int by_file_name(const void *a, const void *b) {
        return strcmp(file_name(*(char *const *)a), file_name(*(char *const *)b));
}

static int print_drop_ins(Ctl *c, const char *name, bool blank) {
        char **paths auto_strv = NULL;
        int code = CTL_OK, r = 0;

        for (size_t i = 0; i < ELEMENTSOF(places) && r >= 0; i++) {
                char *directory auto_free = NULL;

                r = str_printf(&directory, "%s%s/%s.d", c->root ?: "", places[i], name);
                if (r >= 0)
                        r = collect(directory, &paths);
        }
        if (r < 0)
                return ctl_print_error("%s", strerror(-r));
        if (paths)
                qsort(paths, strv_length(paths), sizeof(*paths), by_file_name);
        STRV_FOREACH (p, paths) {
                if (is_mask(*p))
                        continue;
                if (blank)
                        putchar('\n');
                blank = true;
                code = ctl_print_file(c, *p) ?: code;
        }
        return code;
}

static int cat_config(Ctl *c, const char *name) {
        for (size_t i = 0; i < ELEMENTSOF(places); i++) {
                char *path auto_free = NULL;
                int code, more;

                if (str_printf(&path, "%s%s/%s", c->root ?: "", places[i], name) < 0)
                        return ctl_print_error("%s", strerror(ENOMEM));
                if (access(path, F_OK) < 0)
                        continue;
                if (is_mask(path)) {
                        printf("# %s is masked\n", path);
                        return CTL_OK;
                }
                code = ctl_print_file(c, path);
                more = print_drop_ins(c, name, true);
                return code ?: more;
        }
        printf("# there is no %s below /etc, /run, /usr/local/lib and /usr/lib\n", name);
        return print_drop_ins(c, name, true);
}

int analyze_cat_config(Ctl *c, int argc, char **argv) {
        int code = CTL_OK;

        for (int i = 1; i < argc; i++) {
                int r;

                if (i > 1)
                        putchar('\n');
                r = cat_config(c, relative(argv[i]));
                code = code ?: r;
        }
        return code;
}
