/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "load/index.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static const char *const subdir_suffixes[] = { ".d", ".wants", ".requires", ".upholds" };

/* Finds the entry, or makes an absent one. */
static int obtain(Index *x, const char *name, Entry **ret) {
        Entry *e;

        HASH_FIND_STR(x->entries, name, e);
        if (!e) {
                e = calloc(1, sizeof(*e) + strlen(name) + 1);
                if (!e)
                        return -ENOMEM;
                strcpy(e->name, name);
                HASH_ADD_STR(x->entries, name, e);
                if (!e->hh.tbl) {
                        free(e);
                        return -ENOMEM;
                }
        }
        *ret = e;
        return 0;
}

static int add_subdir(Index *x, const char *name, size_t dir) {
        SubDir *d;

        HASH_FIND_STR(x->subdirs, name, d);
        if (!d) {
                d = calloc(1, sizeof(*d));
                if (!d)
                        return -ENOMEM;
                d->name = strdup(name);
                if (d->name)
                        HASH_ADD_KEYPTR(hh, x->subdirs, d->name, strlen(d->name), d);
                if (!d->name || !d->hh.tbl) {
                        free(d->name);
                        free(d);
                        return -ENOMEM;
                }
        }
        d->dirs |= UINT64_C(1) << dir;
        return 0;
}

bool unit_type_may_alias(UnitType t) {
        return t == UNIT_SERVICE || t == UNIT_SOCKET || t == UNIT_TARGET || t == UNIT_DEVICE ||
               t == UNIT_TIMER || t == UNIT_PATH;
}

bool alias_is_possible(const char *alias, const char *target) {
        char *a auto_free = NULL, *b auto_free = NULL;

        if (!name_is_valid(alias, NAME_ANY) || !name_is_valid(target, NAME_ANY))
                return false;
        if (name_type(alias) != name_type(target) || !unit_type_may_alias(name_type(target)))
                return false;
        if (name_kind(alias) == NAME_INSTANCE && name_kind(target) == NAME_TEMPLATE)
                return true;
        if (name_kind(alias) != NAME_INSTANCE || name_kind(target) != NAME_INSTANCE)
                return name_kind(alias) == name_kind(target);
        return name_instance(alias, &a) >= 0 && name_instance(target, &b) >= 0 && str_equal(a, b);
}

typedef enum LinkKind {
        LINK_OUT,
        LINK_ALIAS,
        LINK_MASK,
        LINK_SELF,
        LINK_BAD
} LinkKind;

/* What a link in directory `dir` means. An alias's target name goes to *ret_target. */
static int judge_link(Index *x, const Root *root, size_t dir, int fd, const char *name, LinkKind *ret,
                      char **ret_target) {
        char *path auto_free = NULL, *text auto_free = NULL, *target auto_free = NULL,
                   *parent auto_free = NULL;
        const char *directory = x->path.dirs[dir].path;
        int r;

        r = str_printf(&path, "%s/%s", directory, name);
        if (r >= 0)
                r = read_link_at(fd, name, &text);
        if (r < 0 && r != -ENOMEM) { /* gone meanwhile */
                *ret = LINK_SELF;
                return 0;
        }
        if (r >= 0)
                r = path_absolute(directory, text, &target);
        if (r >= 0)
                r = path_parent(target, &parent);
        if (r < 0)
                return r;

        if (str_equal(target, "/dev/null"))
                *ret = LINK_MASK;
        else if (search_path_find(&x->path, root, parent) < 0)
                *ret = LINK_OUT;
        else if (str_equal(path_name(target), name))
                *ret = LINK_SELF;
        else if (alias_is_possible(name, path_name(target)))
                *ret = LINK_ALIAS;
        else {
                *ret = LINK_BAD;
                report_add(&x->report, SEVERITY_WARNING, path, 0, NULL,
                           "The link leads to %s, of which %s cannot be another name. It is ignored.",
                           path_name(target), name);
        }
        return str_replace(ret_target, path_name(target));
}

static int add_alias(Index *x, Entry *e, const char *target_name) {
        Entry *target;
        int r;

        r = obtain(x, target_name, &target);
        if (r < 0)
                return r;
        e->kind = ENTRY_ALIAS;
        e->target = target;
        e->next_alias = target->aliases;
        target->aliases = e;
        return 0;
}

static int add_unit(Index *x, const Root *root, size_t dir, int fd, const char *name, bool link) {
        char *target auto_free = NULL;
        LinkKind kind = LINK_OUT;
        Entry *e;
        int r;

        HASH_FIND_STR(x->entries, name, e);
        if (e && e->kind != ENTRY_ABSENT) /* the first directory wins */
                return 0;
        if (link) {
                r = judge_link(x, root, dir, fd, name, &kind, &target);
                if (r < 0)
                        return r;
                if (kind == LINK_SELF || kind == LINK_BAD) /* the file itself comes later in the path */
                        return 0;
        }

        r = obtain(x, name, &e);
        if (r < 0)
                return r;
        e->dir = (unsigned)dir;
        e->link = link;
        if (name_type(name) == UNIT_MOUNT)
                r = strv_add(&x->mounts, name);
        if (r < 0)
                return r;
        if (kind == LINK_ALIAS)
                return add_alias(x, e, target);
        e->kind = kind == LINK_MASK ? ENTRY_MASK : ENTRY_FILE;
        return 0;
}

static bool is_subdir_name(const char *name) {
        for (size_t i = 0; i < ELEMENTSOF(subdir_suffixes); i++)
                if (str_ends_with(name, subdir_suffixes[i]))
                        return true;
        return false;
}

static bool is_link(DIR *d, const struct dirent *de) {
        struct stat st;

        if (de->d_type != DT_UNKNOWN)
                return de->d_type == DT_LNK;
        return fstatat(dirfd(d), de->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(st.st_mode);
}

static int scan(Index *x, const Root *root, size_t dir) {
        const char *path = x->path.dirs[dir].path;
        struct dirent *de;
        int fd, r = 0;
        DIR *d;

        fd = root_open(root, path, O_RDONLY | O_DIRECTORY | O_NONBLOCK);
        d = fd < 0 ? NULL : fdopendir(fd);
        if (!d) {
                r = fd < 0 ? fd : -errno;
                if (fd >= 0)
                        close(fd);
                if (r == -ENOMEM)
                        return r;
                report_add(&x->report, SEVERITY_WARNING, path, 0, NULL,
                           "The directory cannot be read (%s). The units in it are not known.", strerror(-r));
                return 0;
        }
        while (r >= 0 && (errno = 0, de = readdir(d))) {
                if (name_is_valid(de->d_name, NAME_ANY))
                        r = add_unit(x, root, dir, fd, de->d_name, is_link(d, de));
                else if (is_subdir_name(de->d_name))
                        r = add_subdir(x, de->d_name, dir);
        }
        if (r >= 0 && errno != 0)
                report_add(&x->report, SEVERITY_WARNING, path, 0, NULL,
                           "The directory cannot be read to its end (%s).", strerror(errno));
        closedir(d);
        return r;
}

int index_init(Index *x, SearchPath *path, const Root *root) {
        int r = 0;

        *x = (Index){ .path = TAKE(*path) };
        search_path_examine(&x->path, root);
        for (size_t i = 0; i < x->path.n && r >= 0; i++)
                if (x->path.dirs[i].exists && !x->path.dirs[i].duplicate)
                        r = scan(x, root, i);
        if (r < 0)
                index_release(x);
        return r;
}

void index_release(Index *x) {
        Entry *e, *next_entry;
        SubDir *d, *next_subdir;

        HASH_ITER (hh, x->entries, e, next_entry) {
                HASH_DEL(x->entries, e);
                free(e);
        }
        HASH_ITER (hh, x->subdirs, d, next_subdir) {
                HASH_DEL(x->subdirs, d);
                free(d->name);
                free(d);
        }
        strv_free(x->mounts);
        search_path_release(&x->path);
        report_release(&x->report);
        *x = (Index){ 0 };
}

const Entry *index_find(const Index *x, const char *name) {
        Entry *e;

        HASH_FIND_STR(x->entries, name, e);
        return e && e->kind != ENTRY_ABSENT ? e : NULL;
}

uint64_t index_subdir(const Index *x, const char *name) {
        SubDir *d;

        HASH_FIND_STR(x->subdirs, name, d);
        return d ? d->dirs : 0;
}

int entry_path(const Index *x, const Entry *e, char **ret) {
        return str_printf(ret, "%s/%s", x->path.dirs[e->dir].path, e->name);
}
