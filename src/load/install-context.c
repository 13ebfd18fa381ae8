/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Finding the unit files of an operation, along their links. */

#include "load/install-internal.h"

#include <errno.h>
#include <fcntl.h>

#define LINKS_MAX 64 /* of a chain of names; as systemd */

InstallContext install_context(Loader *l, unsigned flags, InstallChanges *changes, Report *r) {
        return (InstallContext){
                .l = l, .flags = flags, .changes = changes, .report = r, .dir = config_directory(l, flags)
        };
}

static void info_free(InstallInfo *i) {
        free(i->name);
        free(i->path);
        free(i->target);
        install_spec_release(&i->spec);
        free(i);
}

void install_context_release(InstallContext *x) {
        InstallInfo *i, *next;

        HASH_ITER (hh, x->infos, i, next) {
                HASH_DEL(x->infos, i);
                info_free(i);
        }
}

InstallInfo *install_info_find(const InstallContext *x, const char *name) {
        InstallInfo *i;

        HASH_FIND_STR(x->infos, name, i);
        return i;
}

static InstallInfo *info_new(InstallContext *x, const char *name, bool auxiliary) {
        InstallInfo *i = calloc(1, sizeof(*i));

        if (!i)
                return NULL;
        i->auxiliary = auxiliary;
        i->name = strdup(name);
        if (i->name)
                HASH_ADD_KEYPTR(hh, x->infos, i->name, strlen(i->name), i);
        if (!i->name || !i->hh.tbl) {
                info_free(i);
                return NULL;
        }
        return i;
}

int install_info_add(InstallContext *x, const char *name_or_path, bool auxiliary, InstallInfo **ret) {
        const char *name = path_name(name_or_path);
        InstallInfo *i;
        int r = 0;

        if (!name_is_valid(name, NAME_ANY))
                return -EINVAL;
        i = install_info_find(x, name);
        if (i) {
                i->auxiliary &= auxiliary;
        } else {
                i = info_new(x, name, auxiliary);
                if (!i)
                        return -ENOMEM;
                if (name != name_or_path)
                        r = path_absolute("/", root_strip(&x->l->root, name_or_path), &i->path);
        }
        if (ret)
                *ret = i;
        return r;
}

InstallInfo *install_next(InstallContext *x) {
        InstallInfo *next = x->processed ? x->processed->hh.next : x->infos;

        if (next)
                x->processed = next;
        return next;
}

static bool type_may_template(UnitType t) {
        return t == UNIT_SERVICE || t == UNIT_SOCKET || t == UNIT_TARGET || t == UNIT_TIMER || t == UNIT_PATH;
}

/* What is at the path, without reading it. */
static int look_at(InstallContext *x, InstallInfo *i, const char *path) {
        int dir auto_fd = -1;
        const char *name;
        struct stat st;

        dir = root_open_parent(&x->l->root, path, &name);
        if (dir < 0)
                return dir;
        if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
                return -errno;
        if (S_ISLNK(st.st_mode))
                return -ELOOP;
        if (S_ISDIR(st.st_mode))
                return -EISDIR;
        if (stat_is_null_device(&st) || (S_ISREG(st.st_mode) && st.st_size == 0))
                i->mode = INSTALL_MASKED;
        else if (S_ISREG(st.st_mode))
                i->mode = INSTALL_REGULAR;
        else
                return -ENOTTY;
        return 0;
}

static int load_file(InstallContext *x, InstallInfo *i, const char *path, unsigned flags) {
        int r;

        if (name_kind(i->name) != NAME_PLAIN && !type_may_template(name_type(i->name))) {
                report_add(x->report, SEVERITY_WARNING, NULL, 0, NULL,
                           "%s: unit type %s cannot be templated, ignoring.", path,
                           unit_type_to_string(name_type(i->name)));
                return -EINVAL;
        }
        if (!(flags & SEARCH_LOAD))
                return look_at(x, i, path);
        r = install_file_read(x, i, path, false);
        if (r < 0)
                return r;
        i->mode = r == READ_MASK ? INSTALL_MASKED : INSTALL_REGULAR;
        return 0;
}

/* The path is a link. */
static int judge_link(InstallContext *x, InstallInfo *i, const char *path) {
        char *target auto_free = NULL;
        bool inside;
        int mask, r;

        r = link_target(&x->l->root, path, &target);
        if (r < 0)
                return r;
        inside = directory_of(x->l, target, true) >= 0;
        if (inside)
                r = alias_check(path_name(path), path_name(target), x->report);
        if (r < 0)
                return r;
        mask = path_is_mask(&x->l->root, target);
        if (mask < 0 && mask != -ENOENT)
                return mask;
        i->mode = mask > 0 ? INSTALL_MASKED : inside ? INSTALL_ALIAS : INSTALL_LINKED;
        free(i->target);
        i->target = TAKE(target);
        return 0;
}

static int load_or_read_link(InstallContext *x, InstallInfo *i, const char *path, unsigned flags) {
        int r;

        r = load_file(x, i, path, flags);
        return r == -ELOOP ? judge_link(x, i, path) : r;
}

/* The first directory that has a file or link of the name. -ENOENT: none. */
static int search_name(InstallContext *x, InstallInfo *i, const char *name, unsigned flags) {
        for (size_t k = 0; k < x->l->index.path.n; k++) {
                char *path auto_free = NULL;
                int r;

                if (!x->l->index.path.dirs[k].exists)
                        continue;
                r = str_printf(&path, "%s/%s", x->l->index.path.dirs[k].path, name);
                if (r >= 0)
                        r = load_or_read_link(x, i, path, flags);
                if (r >= 0) {
                        i->path = TAKE(path);
                        return 0;
                }
                if (r != -ENOENT && r != -ENOTDIR && r != -EACCES)
                        return r;
        }
        return -ENOENT;
}

static int compare_file_names(const void *a, const void *b) {
        return strcmp(path_name(*(char *const *)a), path_name(*(char *const *)b));
}

static bool has_file_named(char *const *paths, const char *name) {
        STRV_FOREACH (p, paths)
                if (str_equal(path_name(*p), name))
                        return true;
        return false;
}

static int add_dropins(const Loader *l, const char *name, char ***paths) {
        char *subdir auto_free = NULL;
        uint64_t dirs;
        int r;

        r = str_printf(&subdir, "%s.d", name);
        if (r < 0)
                return r;
        dirs = index_subdir(&l->index, subdir);
        for (size_t k = 0; k < l->index.path.n; k++) {
                char *dir auto_free = NULL, **files auto_strv = NULL;

                if (!(dirs & (UINT64_C(1) << k)))
                        continue;
                r = str_printf(&dir, "%s/%s", l->index.path.dirs[k].path, subdir);
                if (r >= 0)
                        r = root_list(&l->root, dir, &files);
                if (r == -ENOMEM)
                        return r;
                STRV_FOREACH (f, files) {
                        char *path;

                        if (!str_ends_with(*f, ".conf") || has_file_named(*paths, *f))
                                continue;
                        if (str_printf(&path, "%s/%s", dir, *f) < 0 || strv_push(paths, path) < 0)
                                return -ENOMEM;
                }
        }
        return 0;
}

/* [Install] may be continued in drop-ins, though only in those under the very name and under the template's. */
static int read_dropins(InstallContext *x, InstallInfo *i, const char *template) {
        char **paths auto_strv = NULL;
        int r;

        r = add_dropins(x->l, i->name, &paths);
        if (r >= 0 && template)
                r = add_dropins(x->l, template, &paths);
        if (r >= 0 && paths)
                qsort(paths, strv_length(paths), sizeof(char *), compare_file_names);
        for (char **p = paths; p && *p && r >= 0; p++)
                r = install_file_read(x, i, *p, true);
        return MIN(r, 0);
}

int install_info_search(InstallContext *x, InstallInfo *i, unsigned flags) {
        char *template auto_free = NULL;
        int r;

        if (i->mode != INSTALL_UNKNOWN)
                return 0;
        if (i->path)
                return load_or_read_link(x, i, i->path, flags);

        r = search_name(x, i, i->name, flags);
        if (name_kind(i->name) == NAME_INSTANCE) {
                int q = name_template(i->name, &template);

                if (q < 0)
                        return q;
                if (r == -ENOENT)
                        r = search_name(x, i, template, flags);
        }
        return r < 0 || !(flags & SEARCH_LOAD) ? r : read_dropins(x, i, template);
}

/* The alias leads to another name, which takes over its instance. */
static int next_name(const InstallInfo *i, char **ret) {
        const char *name = path_name(i->target);
        char *instance auto_free = NULL;
        int r;

        if (name_kind(i->name) != NAME_INSTANCE || name_kind(name) != NAME_TEMPLATE)
                return str_replace(ret, name);
        r = name_instance(i->name, &instance);
        return r < 0 ? r : name_with_instance(name, instance, ret);
}

static int follow(InstallContext *x, InstallInfo **i, unsigned flags) {
        char *name auto_free = NULL;
        int r = 0;

        if ((*i)->mode == INSTALL_ALIAS)
                r = next_name(*i, &name);
        if (r < 0)
                return r;
        if (!name || str_equal(name, (*i)->name)) { /* another place, not another name */
                free((*i)->path);
                (*i)->path = TAKE((*i)->target);
                (*i)->mode = INSTALL_UNKNOWN;
                return load_or_read_link(x, *i, (*i)->path, flags);
        }
        r = install_info_add(x, name, false, i);
        if (r < 0)
                return r;
        r = install_info_search(x, *i, flags);
        return r == -ENOENT ? -ENOLINK : r;
}

int install_info_traverse(InstallContext *x, InstallInfo *i, unsigned flags, InstallInfo **ret) {
        int r;

        r = install_info_search(x, i, flags);
        for (unsigned n = 0; r >= 0 && (i->mode == INSTALL_LINKED || i->mode == INSTALL_ALIAS); n++) {
                if (n >= LINKS_MAX)
                        return -ELOOP;
                if (!(flags & SEARCH_FOLLOW) &&
                    directory_flags(x->l, i->path) & (DIR_PERSISTENT | DIR_RUNTIME))
                        return -ELOOP;
                r = follow(x, &i, flags);
        }
        if (r >= 0 && ret)
                *ret = i;
        return r;
}

int install_discover(InstallContext *x, const char *name_or_path, unsigned flags, InstallInfo **ret) {
        InstallInfo *i;
        int r;

        r = install_info_add(x, name_or_path, false, &i);
        if (r >= 0)
                r = install_info_traverse(x, i, flags, ret);
        return r < 0 ? change_fail(x, r, name_or_path, NULL) : 0;
}

int install_discover_usable(InstallContext *x, const char *name_or_path, unsigned flags, InstallInfo **ret) {
        InstallInfo *i;
        int r;

        r = install_discover(x, name_or_path, flags, &i);
        if (r < 0)
                return r;
        if (i->mode == INSTALL_MASKED)
                return change_fail_at(x, -ERFKILL, i->path, NULL);
        if (directory_flags(x->l, i->path) & (DIR_GENERATED | DIR_TRANSIENT))
                return change_fail_at(x, -EADDRNOTAVAIL, i->path, NULL);
        if (ret)
                *ret = i;
        return 0;
}
