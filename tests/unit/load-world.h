/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A root directory of our own, with unit files, and a loader that sees nothing else. */

#include "load/install.h"

#include <errno.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define ETC "/etc/systemd/system/"
#define RUN "/run/systemd/system/"
#define LIB "/usr/lib/systemd/system/"

typedef struct World {
        char root[64];
        Loader *loader;
} World;

static inline void world_path(const World *w, const char *path, char *ret, size_t n) {
        (void)snprintf(ret, n, "%s%s", w->root, path);
}

static inline void world_make_parents(const World *w, const char *path) {
        char full[512];

        world_path(w, path, full, sizeof(full));
        for (char *p = full + 1; (p = strchr(p, '/')); p++) {
                *p = 0;
                (void)mkdir(full, 0755);
                *p = '/';
        }
}

static inline void world_put(const World *w, const char *path, const char *text) {
        char full[512];
        FILE *f;

        world_make_parents(w, path);
        world_path(w, path, full, sizeof(full));
        f = fopen(full, "w");
        assert_non_null(f);
        assert_true(fputs(text, f) >= 0);
        assert_int_equal(fclose(f), 0);
}

static inline void world_link(const World *w, const char *path, const char *target) {
        char full[512];

        world_make_parents(w, path);
        world_path(w, path, full, sizeof(full));
        assert_int_equal(symlink(target, full), 0);
}

static inline void world_directory(const World *w, const char *path) {
        char full[512];

        world_make_parents(w, path);
        world_path(w, path, full, sizeof(full));
        assert_int_equal(mkdir(full, 0755), 0);
}

static inline void world_remove(const World *w, const char *path) {
        char full[512];

        world_path(w, path, full, sizeof(full));
        assert_int_equal(remove(full), 0);
}

/* Where the link of that path leads; NULL when there is none. */
static inline const char *world_link_target(const World *w, const char *path) {
        static char target[512];
        char full[512];
        ssize_t n;

        world_path(w, path, full, sizeof(full));
        n = readlink(full, target, sizeof(target) - 1);
        if (n < 0)
                return NULL;
        target[n] = 0;
        return target;
}

static inline bool world_has(const World *w, const char *path) {
        char full[512];
        struct stat st;

        world_path(w, path, full, sizeof(full));
        return lstat(full, &st) == 0;
}

static inline int world_setup_with(void **state, bool ignore_system_services) {
        World *w = calloc(1, sizeof(*w));
        LoaderOptions o = { .runtime_dir = "/run",
                            .generator_dirs = { "/run/systemd/generator", "/run/systemd/generator.early",
                                                "/run/systemd/generator.late" },
                            .ignore_system_services = ignore_system_services };

        (void)unsetenv("SYSTEMD_UNIT_PATH");
        if (!w)
                return -1;
        (void)snprintf(w->root, sizeof(w->root), "%s/svinit-test-load.XXXXXX", getenv("TMPDIR") ?: "/tmp");
        if (!mkdtemp(w->root))
                return -1;
        world_make_parents(w, ETC);
        world_make_parents(w, RUN);
        world_make_parents(w, LIB);
        o.root = w->root;
        *state = w;
        return loader_new(&o, &w->loader);
}

static inline int world_setup(void **state) {
        return world_setup_with(state, true);
}

static int world_remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw) {
        return remove(path);
}

static inline int world_teardown(void **state) {
        World *w = *state;

        loader_free(w->loader);
        (void)nftw(w->root, world_remove_one, 16, FTW_DEPTH | FTW_PHYS);
        free(w);
        return 0;
}

static inline int world_load(const World *w, const char *name, LoadedUnit *ret) {
        assert_int_equal(loader_refresh(w->loader), 0);
        *ret = (LoadedUnit){ 0 };
        return loader_load(w->loader, NULL, name, ret);
}

static inline bool loaded_depends(const LoadedUnit *u, DependencyKind kind, const char *name) {
        for (size_t i = 0; i < u->spec->common->n_deps; i++)
                if (u->spec->common->deps[i].kind == kind && str_equal(u->spec->common->deps[i].name, name))
                        return true;
        return false;
}
