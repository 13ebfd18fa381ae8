/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* preset, preset-all: enabling and disabling as the preset files have it. */

#include "load/install-internal.h"

#include <errno.h>
#include <fcntl.h>

static const char *const modes[] = {
        [PRESET_FULL] = "full",
        [PRESET_ENABLE_ONLY] = "enable-only",
        [PRESET_DISABLE_ONLY] = "disable-only",
};
_Static_assert(ELEMENTSOF(modes) == PRESET_MODE_MAX, "a word for each mode");

const char *preset_mode_to_string(PresetMode m) {
        return (int)m >= 0 && m < PRESET_MODE_MAX ? modes[m] : NULL;
}

PresetMode preset_mode_from_string(const char *s) {
        if (str_is_empty(s))
                return PRESET_FULL;
        for (PresetMode m = 0; m < PRESET_MODE_MAX; m++)
                if (str_equal(s, modes[m]))
                        return m;
        return PRESET_MODE_INVALID;
}

typedef struct Preset {
        InstallContext enable, disable;
        InstallChanges *changes;
        Report *report;
} Preset;

static int read_presets(Loader *l, Report *report) {
        int r;

        r = loader_refresh(l);
        if (r < 0 || l->presets_read)
                return r;
        r = presets_read(&l->presets, &l->root, l->user, report);
        l->presets_read = r >= 0;
        return r;
}

static int add_instances(InstallContext *x, const char *template, char *const *instances) {
        int r = 0;

        STRV_FOREACH (i, instances) {
                char *name auto_free = NULL;

                r = name_with_instance(template, *i, &name);
                if (r >= 0)
                        r = install_discover_usable(x, name, SEARCH_LOAD | SEARCH_FOLLOW, NULL);
                if (r < 0)
                        break;
        }
        return r;
}

/* Puts a unit file to those that are to be enabled or disabled. */
static int prepare(Preset *p, const char *name) {
        InstallContext x = install_context(p->enable.l, 0, p->changes, p->report);
        char *const *instances;
        InstallInfo *i;
        bool enabled, alias;
        int r;

        if (install_info_find(&p->enable, name) || install_info_find(&p->disable, name))
                return 0;
        r = install_discover(&x, name, SEARCH_FOLLOW, &i);
        alias = r >= 0 && !str_equal(i->name, name);
        install_context_release(&x);
        if (r < 0 || alias)
                return r;

        enabled = presets_decide(&p->enable.l->presets, name, &instances);
        if (!enabled)
                return install_discover(&p->disable, name, SEARCH_FOLLOW, NULL);
        if (instances)
                return add_instances(&p->enable, name, instances);
        return install_discover_usable(&p->enable, name, SEARCH_LOAD | SEARCH_FOLLOW, NULL);
}

static int execute(Preset *p, PresetMode mode) {
        Marked marked = { 0 };
        int r = 0, q = 0;

        if (mode != PRESET_ENABLE_ONLY) {
                r = install_mark_for_removal(&p->disable, &marked);
                if (r >= 0)
                        r = marked_remove(&p->disable, &marked, p->disable.dir);
                marked_release(&marked);
        }
        if (r != -ENOMEM && mode != PRESET_DISABLE_ONLY)
                q = install_apply(&p->enable, SEARCH_LOAD);
        return r < 0 ? r : q;
}

static Preset preset(Loader *l, unsigned flags, InstallChanges *changes, Report *report) {
        Preset p = { .enable = install_context(l, flags, changes, report),
                     .disable = install_context(l, flags, changes, report),
                     .changes = changes,
                     .report = report };

        p.enable.lenient = true;
        return p;
}

static void preset_release(Preset *p) {
        install_context_release(&p->enable);
        install_context_release(&p->disable);
}

int install_preset(Loader *l, char *const *names, PresetMode mode, unsigned flags, InstallChanges *changes,
                   bool *ret_info, Report *report) {
        Preset p = preset(l, flags, changes, report);
        int r;

        r = read_presets(l, report);
        STRV_FOREACH (n, names)
                if (r >= 0)
                        r = name_is_valid(*n, NAME_ANY) ? prepare(&p, *n)
                                                        : change_fail(&p.enable, -EUCLEAN, *n, NULL);
        if (r >= 0)
                r = execute(&p, mode);
        if (r >= 0 && ret_info)
                *ret_info = r > 0;
        preset_release(&p);
        return MIN(r, 0);
}

/* One bad unit file is no reason to leave all others as they are. */
static bool may_be_skipped(int r) {
        static const int errors[] = { -EEXIST,  -ERFKILL, -EADDRNOTAVAIL, -ETXTBSY, -EBADSLT, -EIDRM,
                                      -EUCLEAN, -ELOOP,   -EXDEV,         -ENOENT,  -EUNATCH };

        for (size_t i = 0; i < ELEMENTSOF(errors); i++)
                if (r == errors[i])
                        return true;
        return false;
}

static int prepare_directory(Preset *p, const char *directory) {
        const Root *root = &p->enable.l->root;
        char **names auto_strv = NULL;
        int dir auto_fd = -1;
        int r;

        r = root_list(root, directory, &names);
        if (r >= 0)
                r = dir = root_open(root, directory, O_PATH | O_DIRECTORY);
        if (r < 0)
                return r == -ENOENT ? 0 : r;
        STRV_FOREACH (n, names) {
                struct stat st;

                if (!name_is_valid(*n, NAME_ANY) || fstatat(dir, *n, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
                    !(S_ISREG(st.st_mode) || S_ISLNK(st.st_mode)))
                        continue;
                r = prepare(p, *n);
                if (r < 0 && !may_be_skipped(r))
                        return r;
        }
        return 0;
}

int install_preset_all(Loader *l, PresetMode mode, unsigned flags, InstallChanges *changes, Report *report) {
        Preset p = preset(l, flags, changes, report);
        int r;

        r = read_presets(l, report);
        for (size_t i = 0; i < l->index.path.n && r >= 0; i++)
                if (l->index.path.dirs[i].exists)
                        r = prepare_directory(&p, l->index.path.dirs[i].path);
        if (r >= 0)
                r = execute(&p, mode);
        preset_release(&p);
        return MIN(r, 0);
}

int install_preset_state(Loader *l, const char *name, bool *ret_enabled) {
        int r;

        if (!name_is_valid(name, NAME_ANY))
                return -EINVAL;
        r = read_presets(l, NULL);
        if (r >= 0)
                *ret_enabled = presets_decide(&l->presets, name, NULL);
        return r;
}
