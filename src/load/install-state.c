/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* is-enabled: what the links say about a unit file. */

#include "load/install-internal.h"

#include <errno.h>
#include <fcntl.h>

static const struct {
        const char *word;
        bool enabled;
} states[] = {
        [FILE_ENABLED] = { "enabled", true },
        [FILE_ENABLED_RUNTIME] = { "enabled-runtime", true },
        [FILE_LINKED] = { "linked", false },
        [FILE_LINKED_RUNTIME] = { "linked-runtime", false },
        [FILE_ALIAS] = { "alias", true },
        [FILE_MASKED] = { "masked", false },
        [FILE_MASKED_RUNTIME] = { "masked-runtime", false },
        [FILE_STATIC] = { "static", true },
        [FILE_DISABLED] = { "disabled", false },
        [FILE_INDIRECT] = { "indirect", true },
        [FILE_GENERATED] = { "generated", true },
        [FILE_TRANSIENT] = { "transient", false },
        [FILE_BAD] = { "bad", false },
};
_Static_assert(ELEMENTSOF(states) == UNIT_FILE_STATE_MAX, "a word for each state");

const char *unit_file_state_to_string(UnitFileState s) {
        return (int)s >= 0 && s < UNIT_FILE_STATE_MAX ? states[s].word : NULL;
}

bool unit_file_state_is_enabled(UnitFileState s) {
        return (int)s >= 0 && s < UNIT_FILE_STATE_MAX && states[s].enabled;
}

typedef struct Found {
        bool config, runtime, vendor;             /* enabled there */
        bool linked_in_config, linked_in_runtime; /* by a link of its own name */
} Found;

/* Links of its own name below the place of the unit file are overridden by it: those are ignored. */
static Found find_links(const Loader *l, const LinkIndex *links, const InstallInfo *i,
                        bool known_names_only) {
        int place = directory_of(l, i->path, true);
        Found f = { 0 };

        for (size_t dir = 0; dir < l->index.path.n; dir++) {
                unsigned flags = l->index.path.dirs[dir].flags;
                LinkEvidence e;

                link_index_look(links, i, dir, known_names_only, place >= 0 && dir > (size_t)place, &e);
                if (e.found) {
                        f.config |= (flags & DIR_PERSISTENT) != 0;
                        f.runtime |= (flags & DIR_VOLATILE) != 0;
                        f.vendor |= !(flags & (DIR_PERSISTENT | DIR_VOLATILE));
                } else if (e.same_name) {
                        f.linked_in_config |= (flags & DIR_PERSISTENT) != 0;
                        f.linked_in_runtime |= (flags & DIR_VOLATILE) != 0;
                }
        }
        return f;
}

/*
 * What the links amount to; UNIT_FILE_STATE_MAX: nothing. Links of the packages
 * instantiate a template, for others they are no more than another name.
 */
static UnitFileState judge_links(const Found *f, const InstallInfo *i) {
        if (f->config)
                return FILE_ENABLED;
        if (f->runtime)
                return FILE_ENABLED_RUNTIME;
        if (f->vendor && name_kind(i->name) == NAME_INSTANCE)
                return FILE_STATIC;
        if (f->linked_in_config)
                return FILE_LINKED;
        return f->linked_in_runtime ? FILE_LINKED_RUNTIME : UNIT_FILE_STATE_MAX;
}

static int judge(const InstallContext *x, const InstallInfo *i, UnitFileState *ret) {
        unsigned flags = directory_flags(x->l, i->path);
        const LinkIndex *links;
        Found f;
        int r;

        if (flags & DIR_GENERATED)
                *ret = FILE_GENERATED;
        else if (flags & DIR_TRANSIENT)
                *ret = FILE_TRANSIENT;
        if (flags & (DIR_GENERATED | DIR_TRANSIENT))
                return 0;

        r = loader_links(x->l, &links);
        if (r < 0)
                return r;
        f = find_links(x->l, links, i, true);
        *ret = judge_links(&f, i);
        if (*ret != UNIT_FILE_STATE_MAX)
                return 0;
        f = find_links(x->l, links, i, false);
        if (judge_links(&f, i) != UNIT_FILE_STATE_MAX)
                *ret = FILE_INDIRECT; /* in use under another name */
        else if (install_has_rules(i))
                *ret = FILE_DISABLED;
        else
                *ret = i->spec.also ? FILE_INDIRECT : FILE_STATIC;
        return 0;
}

/* Asked by another name than that of its file? Instances have none of their own. */
static bool is_alias(const InstallInfo *i, const char *name) {
        return name_kind(name) != NAME_INSTANCE && !str_equal(path_name(i->path), name);
}

int install_state(Loader *l, const char *name, UnitFileState *ret, Report *report) {
        InstallContext x = install_context(l, 0, NULL, report);
        InstallInfo *i;
        int r;

        if (!name_is_valid(name, NAME_ANY))
                return -EINVAL;
        r = loader_refresh(l);
        if (r >= 0)
                r = install_discover(&x, name, SEARCH_LOAD | SEARCH_FOLLOW, &i);
        if (r >= 0 && i->mode == INSTALL_MASKED)
                *ret = directory_flags(l, i->path) & DIR_VOLATILE ? FILE_MASKED_RUNTIME : FILE_MASKED;
        else if (r >= 0 && is_alias(i, name))
                *ret = FILE_ALIAS;
        else if (r >= 0)
                r = judge(&x, i, ret);
        install_context_release(&x);
        return r;
}

void unit_file_list_release(UnitFileList *l) {
        for (size_t i = 0; i < l->n; i++)
                free(l->paths[i]);
        free(l->paths);
        *l = (UnitFileList){ 0 };
}

static bool is_file_or_link(int dir, const char *name) {
        struct stat st;

        return fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
               (S_ISREG(st.st_mode) || S_ISLNK(st.st_mode));
}

static int list_directory(const Loader *l, const char *directory, Marked *seen, UnitFileList *list) {
        char **names auto_strv = NULL;
        int dir auto_fd = -1;
        int r;

        r = root_list(&l->root, directory, &names);
        if (r >= 0)
                r = dir = root_open(&l->root, directory, O_PATH | O_DIRECTORY);
        if (r < 0)
                return r == -ENOMEM ? r : 0;
        STRV_FOREACH (n, names) {
                if (!name_is_valid(*n, NAME_ANY) || !is_file_or_link(dir, *n))
                        continue;
                r = marked_add(seen, *n);
                if (r > 0 && array_reserve(&list->paths, &list->capacity, list->n + 1, sizeof(char *)) < 0)
                        r = -ENOMEM;
                if (r > 0)
                        r = str_printf(&list->paths[list->n], "%s%s/%s", l->root.prefix, directory, *n);
                else if (r == 0)
                        continue;
                if (r < 0)
                        return r;
                list->n++;
        }
        return 0;
}

int install_list_files(Loader *l, UnitFileList *ret) {
        UnitFileList list = { 0 };
        Marked seen = { 0 };
        int r;

        r = loader_refresh(l);
        for (size_t i = 0; i < l->index.path.n && r >= 0; i++)
                if (l->index.path.dirs[i].exists)
                        r = list_directory(l, l->index.path.dirs[i].path, &seen, &list);
        marked_release(&seen);
        if (r < 0)
                unit_file_list_release(&list);
        else
                *ret = list;
        return MIN(r, 0);
}
