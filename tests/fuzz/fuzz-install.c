/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Before the first NUL: a preset file. After it: the [Install] of a template,
 * which is then enabled, looked at, disabled, preset and reverted below a
 * directory of its own. What is enabled can be disabled without a rest.
 */

#include "fuzz.h"
#include "load/install.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define ETC "/etc/systemd/system"
#define LIB "/usr/lib/systemd/system"
#define PRESETS "/etc/systemd/system-preset"

static char root[64];

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at) {
        return remove(path);
}

static void clean(void) {
        (void)nftw(root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void make_directories(const char *path) {
        char full[256];

        (void)snprintf(full, sizeof(full), "%s%s/", root, path);
        for (char *p = full + strlen("/tmp/"); (p = strchr(p, '/')); *p++ = '/') {
                *p = 0;
                HOLDS(mkdir(full, 0755) == 0 || errno == EEXIST);
        }
}

static void put(const char *path, const void *data, size_t n) {
        char full[256];
        int fd;

        (void)snprintf(full, sizeof(full), "%s%s", root, path);
        fd = open(full, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
        HOLDS(fd >= 0 && write(fd, data, n) == (ssize_t)n);
        close(fd);
}

static bool is_empty(const char *path, const struct stat *st, int type) {
        return type != FTW_SL && type != FTW_F;
}

static int n_left;

static int count(const char *path, const struct stat *st, int type, struct FTW *at) {
        n_left += !is_empty(path, st, type);
        return 0;
}

static void links_are_gone(void) {
        char full[256];

        (void)snprintf(full, sizeof(full), "%s" ETC, root);
        n_left = 0;
        HOLDS(nftw(full, count, 16, FTW_PHYS) == 0 && n_left == 0);
}

/* Every row has its words, and nothing is told of that lies outside. */
static void changes_can_be_told(const InstallChanges *c) {
        char *error auto_free = NULL;

        for (size_t i = 0; i < c->n; i++) {
                char *text auto_free = NULL;

                HOLDS(change_sentence(c->v + i, "enable", "->", &text) == 0 && text[0] != 0);
                HOLDS(c->v[i].type > CHANGE_UNLINK || str_starts_with(c->v[i].path, root));
        }
        HOLDS(install_changes_error(c, &error) <= 0);
}

static void run(Loader *l, const char *name) {
        char *const names[] = { (char *)name, NULL };
        InstallChanges changes = { 0 };
        Report report = { 0 };
        UnitFileState state;
        bool info, enabled;

        (void)install_enable(l, names, INSTALL_FORCE, &changes, &info, &report);
        (void)install_state(l, name, &state, &report);
        HOLDS(install_preset_state(l, name, &enabled) == 0);
        (void)install_preset(l, names, PRESET_FULL, 0, &changes, &info, &report);
        (void)install_preset_all(l, PRESET_ENABLE_ONLY, 0, &changes, &report);
        (void)install_disable(l, names, 0, &changes, &info, &report);
        changes_can_be_told(&changes);
        install_changes_release(&changes);
        report_release(&report);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        const uint8_t *zero = size > 0 ? memchr(data, 0, size) : NULL;
        size_t n = zero ? (size_t)(zero - data) : size;
        LoaderOptions o = { .root = root, .runtime_dir = "/run" };
        Loader *l;

        (void)snprintf(root, sizeof(root), "/tmp/fuzz-install-%ld", (long)getpid());
        clean();
        make_directories(ETC);
        make_directories(LIB);
        make_directories(PRESETS);
        put(PRESETS "/50-x.preset", data, n);
        put(LIB "/t@.service", zero ? zero + 1 : data, zero ? size - n - 1 : 0);
        HOLDS(loader_new(&o, &l) == 0);
        run(l, "t@i.service");
        run(l, "t@.service");
        loader_free(l);
        links_are_gone();
        clean();
        return 0;
}
