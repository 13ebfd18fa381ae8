/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Which links speak for which unit, read once and kept until a directory
 * changes: 10,000 units ask, and each would otherwise read all directories.
 */

#include "load/install-internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

typedef struct Link {
        char *name; /* owned */
        char *target; /* owned; what follows the last slash of where it leads; NULL in X.wants: it does not count there */
        size_t dir; /* index into the search path */
} Link;

/* All links that a name may find: those called so, its instances, those that lead to it. */
typedef struct Bucket {
        char *key;    /* owned */
        size_t *link; /* owned; indexes into the links */
        size_t n, capacity;
        UT_hash_handle hh;
} Bucket;

typedef struct Watched {
        char *path; /* owned; without the root prefix */
        ino_t ino;
        struct timespec mtime;
        bool settled; /* the time would show another change */
} Watched;

struct LinkIndex {
        Link *links;
        size_t n_links, links_capacity;
        Bucket *buckets; /* hash */
        Watched *directories;
        size_t n_directories, directories_capacity;
};

void link_index_free(LinkIndex *x) {
        Bucket *b, *next;

        if (!x)
                return;
        HASH_ITER (hh, x->buckets, b, next) {
                HASH_DEL(x->buckets, b);
                free(b->key);
                free(b->link);
                free(b);
        }
        for (size_t i = 0; i < x->n_links; i++) {
                free(x->links[i].name);
                free(x->links[i].target);
        }
        for (size_t i = 0; i < x->n_directories; i++)
                free(x->directories[i].path);
        free(x->links);
        free(x->directories);
        free(x);
}

static Bucket *bucket_obtain(LinkIndex *x, const char *key) {
        Bucket *b;

        HASH_FIND_STR(x->buckets, key, b);
        if (b)
                return b;
        b = calloc(1, sizeof(*b));
        if (!b)
                return NULL;
        b->key = strdup(key);
        if (b->key)
                HASH_ADD_KEYPTR(hh, x->buckets, b->key, strlen(b->key), b);
        if (b->key && b->hh.tbl)
                return b;
        free(b->key);
        free(b);
        return NULL;
}

/* The link last added, under a name. */
static int file_under(LinkIndex *x, const char *key) {
        Bucket *b = bucket_obtain(x, key);
        size_t link = x->n_links - 1;

        if (!b || array_reserve(&b->link, &b->capacity, b->n + 1, sizeof(*b->link)) < 0)
                return -ENOMEM;
        if (b->n == 0 || b->link[b->n - 1] != link)
                b->link[b->n++] = link;
        return 0;
}

static int add_link(LinkIndex *x, size_t dir, const char *name, const char *target) {
        char *template auto_free = NULL;
        Link link = { .dir = dir };
        int r;

        r = array_reserve(&x->links, &x->links_capacity, x->n_links + 1, sizeof(*x->links));
        if (r >= 0)
                r = str_replace(&link.name, name);
        if (r >= 0)
                r = str_replace(&link.target, target);
        if (r < 0) {
                free(link.name);
                return r;
        }
        x->links[x->n_links++] = link;
        r = file_under(x, name);
        if (r >= 0 && target)
                r = file_under(x, target);
        if (r >= 0 && name_is_valid(name, NAME_INSTANCE)) {
                r = name_template(name, &template);
                if (r >= 0)
                        r = file_under(x, template);
        }
        return r;
}

static int watch(LinkIndex *x, const char *path, int fd) {
        Watched w = { 0 };
        struct stat st;
        int r;

        if (fstat(fd, &st) < 0)
                return -errno;
        r = array_reserve(&x->directories, &x->directories_capacity, x->n_directories + 1, sizeof(w));
        if (r < 0)
                return r;
        w = (Watched){ strdup(path), st.st_ino, st.st_mtim, stat_is_settled(&st) };
        if (!w.path)
                return -ENOMEM;
        x->directories[x->n_directories++] = w;
        return 0;
}

static bool holds_dependencies(const char *name) {
        return str_ends_with(name, ".wants") || str_ends_with(name, ".requires") ||
               str_ends_with(name, ".upholds");
}

static int scan(LinkIndex *x, const Root *root, size_t dir, const char *path, bool top);

static int visit(LinkIndex *x, const Root *root, size_t dir, const char *path, bool top, DIR *d,
                 const struct dirent *de) {
        char *text auto_free = NULL, *below auto_free = NULL;
        unsigned char type = de->d_type;
        struct stat st;
        int r;

        if (type == DT_UNKNOWN && fstatat(dirfd(d), de->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0)
                type = IFTODT(st.st_mode);
        if (type == DT_DIR && top && holds_dependencies(de->d_name)) {
                r = str_printf(&below, "%s/%s", path, de->d_name);
                return r < 0 ? r : scan(x, root, dir, below, false);
        }
        if (type != DT_LNK)
                return 0;
        if (top && read_link_at(dirfd(d), de->d_name, &text) < 0)
                return 0;
        return add_link(x, dir, de->d_name, text ? path_name(text) : NULL);
}

/* What cannot be read has no links. */
static int scan(LinkIndex *x, const Root *root, size_t dir, const char *path, bool top) {
        struct dirent *de;
        int fd, r;
        DIR *d;

        fd = root_open(root, path, O_RDONLY | O_DIRECTORY | O_NONBLOCK);
        d = fd < 0 ? NULL : fdopendir(fd);
        if (!d) {
                if (fd >= 0)
                        close(fd);
                return 0;
        }
        r = watch(x, path, fd);
        while (r >= 0 && (de = readdir(d)))
                if (de->d_name[0] != '.')
                        r = visit(x, root, dir, path, top, d, de);
        closedir(d);
        return r == -ENOMEM ? r : 0;
}

static bool is_current(const LinkIndex *x, const Root *root) {
        for (size_t i = 0; i < x->n_directories; i++) {
                const Watched *w = x->directories + i;
                struct stat st;

                if (!w->settled || root_stat(root, w->path, &st) < 0 || st.st_ino != w->ino ||
                    st.st_mtim.tv_sec != w->mtime.tv_sec || st.st_mtim.tv_nsec != w->mtime.tv_nsec)
                        return false;
        }
        return true;
}

int loader_links(Loader *l, const LinkIndex **ret) {
        LinkIndex *x;
        int r = 0;

        if (l->links && is_current(l->links, &l->root)) {
                *ret = l->links;
                return 0;
        }
        x = calloc(1, sizeof(*x));
        if (!x)
                return -ENOMEM;
        for (size_t i = 0; i < l->index.path.n && r >= 0; i++)
                if (l->index.path.dirs[i].exists && !l->index.path.dirs[i].duplicate)
                        r = scan(x, &l->root, i, l->index.path.dirs[i].path, true);
        if (r < 0) {
                link_index_free(x);
                return r;
        }
        link_index_free(l->links);
        *ret = l->links = x;
        return 0;
}

/* Is the link one that enabling makes? As systemctl, by the names as written: %i in Alias= is not seen. */
static bool is_known_name(const InstallInfo *i, const char *name) {
        char *instance auto_free = NULL;

        if (str_equal(name, i->name) || (install_instance(i, &instance) >= 0 && str_equal(name, instance)))
                return true;
        return strv_contains(i->spec.alias, name);
}

void link_index_look(const LinkIndex *links, const InstallInfo *i, size_t dir, bool known_names_only,
                     bool ignore_same_name, LinkEvidence *ret) {
        const Bucket *b;

        *ret = (LinkEvidence){ 0 };
        HASH_FIND_STR(links->buckets, i->name, b);
        for (size_t k = 0; b && k < b->n && !ret->found; k++) {
                const Link *link = links->links + b->link[k];
                bool same = str_equal(link->name, i->name), leads = str_equal(link->target, i->name);

                if (link->dir != dir)
                        continue;
                if (link->target && same && ignore_same_name)
                        same = false;
                if (link->target && !same && !leads)
                        continue;
                if (same && leads)
                        ret->same_name = true;
                else
                        ret->found = !known_names_only || is_known_name(i, link->name);
        }
}
