/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Taking links away: all that have, or lead to, a name that goes. */

#include "load/install-internal.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

struct MarkedName {
        char *name; /* owned; of a unit, or the path of a link that has gone */
        UT_hash_handle hh;
};

void marked_release(Marked *m) {
        MarkedName *n, *next;

        HASH_ITER (hh, m->names, n, next) {
                HASH_DEL(m->names, n);
                free(n->name);
                free(n);
        }
}

static bool is_marked(const Marked *m, const char *name) {
        MarkedName *n;

        HASH_FIND_STR(m->names, name, n);
        return n;
}

int marked_add(Marked *m, const char *name) {
        MarkedName *n;

        if (is_marked(m, name))
                return 0;
        n = calloc(1, sizeof(*n));
        if (!n)
                return -ENOMEM;
        n->name = strdup(name);
        if (n->name)
                HASH_ADD_KEYPTR(hh, m->names, n->name, strlen(n->name), n);
        if (!n->name || !n->hh.tbl) {
                free(n->name);
                free(n);
                return -ENOMEM;
        }
        return 1;
}

int install_mark_for_removal(InstallContext *x, Marked *m) {
        InstallInfo *i;

        while ((i = install_next(x))) {
                int r = install_info_traverse(x, i, SEARCH_LOAD | SEARCH_FOLLOW, NULL);
                bool masked = r >= 0 && i->mode == INSTALL_MASKED;

                if (r == -ENOMEM)
                        return r;
                if (r >= 0 && !masked && i->mode != INSTALL_REGULAR)
                        continue;
                if (masked)
                        r = change_add_at(x, CHANGE_MASKED, i->path, NULL);
                else if (r == -ENOLINK)
                        r = i->path ? change_add_at(x, CHANGE_DANGLING, i->path, NULL)
                                    : install_changes_add(x->changes, CHANGE_DANGLING, i->name, NULL);
                else if (r < 0 && !(r == -ENOENT && i->auxiliary))
                        r = i->path ? change_fail_at(x, r, i->path, NULL) : change_fail(x, r, i->name, NULL);
                /* What is left of a unit that has gone, or cannot be read, can still be removed. */
                if (r != -ENOMEM && !masked)
                        r = marked_add(m, i->name);
                if (r == -ENOMEM)
                        return r;
        }
        return 0;
}

typedef struct Removal {
        InstallContext *context;
        Marked *marked;
        const char *top; /* borrowed; directories up to it are removed when they become empty */
        bool again;
} Removal;

/* By its name, that of its template, or by where it leads. 1, 0, or a negative errno: it leads nowhere. */
static int shall_go(const Removal *rm, const char *path) {
        char *end auto_free = NULL, *template auto_free = NULL;
        const char *name = path_name(path);
        int r;

        if (!name_is_valid(name, NAME_ANY))
                return 0;
        if (is_marked(rm->marked, name))
                return 1;
        if (name_kind(name) == NAME_INSTANCE && name_template(name, &template) >= 0 &&
            is_marked(rm->marked, template))
                return 1;
        r = link_resolve(&rm->context->l->root, path, &end);
        if (r < 0)
                return change_fail_at(rm->context, r, path, NULL);
        return is_marked(rm->marked, end) || is_marked(rm->marked, path_name(end));
}

/* Removes directories that are empty now. */
static void remove_parents(const Removal *rm, const char *path) {
        char *at auto_free = NULL;

        if (path_parent(path, &at) < 0)
                return;
        while (!str_equal(at, rm->top)) {
                char *up auto_free = NULL;
                int dir auto_fd = -1;
                const char *name;

                dir = root_open_parent(&rm->context->l->root, at, &name);
                if (dir < 0 || unlinkat(dir, name, AT_REMOVEDIR) < 0 || path_parent(at, &up) < 0)
                        return;
                free(at);
                at = TAKE(up);
        }
}

static int remove_one(Removal *rm, int dir, const char *path) {
        InstallContext *x = rm->context;
        bool dry = x->flags & INSTALL_DRY_RUN;
        int r;

        if (!dry && unlinkat(dir, path_name(path), 0) < 0 && errno != ENOENT) {
                r = -errno;
                return change_fail_at(x, r, path, NULL);
        }
        if (!dry)
                remove_parents(rm, path);
        r = change_add_at(x, CHANGE_UNLINK, path, NULL);
        if (r >= 0)
                r = marked_add(rm->marked, path); /* what leads to the link goes too */
        rm->again |= r > 0 && !dry;
        return MIN(r, 0);
}

static int remove_in(Removal *rm, const char *directory);

static int visit(Removal *rm, int dir, const char *directory, const char *name) {
        char *path auto_free = NULL;
        struct stat st;
        int r;

        if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
                return 0;
        if (!S_ISDIR(st.st_mode) && !S_ISLNK(st.st_mode))
                return 0;
        r = str_printf(&path, "%s/%s", directory, name);
        if (r < 0)
                return r;
        if (S_ISDIR(st.st_mode))
                return remove_in(rm, path);
        r = shall_go(rm, path);
        return r > 0 ? remove_one(rm, dir, path) : r;
}

static int remove_in(Removal *rm, const char *directory) {
        const Root *root = &rm->context->l->root;
        char **names auto_strv = NULL;
        int dir auto_fd = -1;
        int r, first = 0;

        r = root_list(root, directory, &names);
        if (r >= 0)
                r = dir = root_open(root, directory, O_PATH | O_DIRECTORY);
        if (r < 0)
                return r == -ENOENT ? 0 : r;
        STRV_FOREACH (n, names) {
                r = visit(rm, dir, directory, *n);
                if (r == -ENOMEM)
                        return r;
                if (r < 0 && first == 0)
                        first = r;
        }
        return first;
}

int marked_remove(InstallContext *x, Marked *m, const char *directory) {
        Removal rm = { .context = x, .marked = m, .top = directory };
        int r, first = 0;

        if (!m->names)
                return 0;
        do {
                rm.again = false;
                r = remove_in(&rm, directory);
                if (r < 0 && first == 0)
                        first = r;
        } while (rm.again && r != -ENOMEM);
        return first;
}
