/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Directories of the service (RuntimeDirectory= and its like), its root and
 * its working directory.
 *
 * A directory is made with its parents; it alone gets mode and owner, the mode
 * after the owner because chown() takes the set-group-ID bit away. When it
 * exists with another owner, everything in it changes hands
 * (systemd.exec(5)). No symbolic link is followed on that way: what is in the
 * directory was written by the service.
 */

#include "exec/child.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const variables[DIRECTORY_KIND_MAX] = {
        [DIRECTORY_RUNTIME] = "RUNTIME_DIRECTORY",
        [DIRECTORY_STATE] = "STATE_DIRECTORY",
        [DIRECTORY_CACHE] = "CACHE_DIRECTORY",
        [DIRECTORY_LOGS] = "LOGS_DIRECTORY",
        [DIRECTORY_CONFIGURATION] = "CONFIGURATION_DIRECTORY",
};

/* Makes all components but the last. Parents are everybody's to pass, nobody's to write. */
static int make_parents(char *path) {
        for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
                int r = 0;

                *slash = 0;
                if (mkdir(path, 0755) >= 0)
                        (void)chmod(path, 0755); /* the umask is the service's */
                else if (errno != EEXIST)
                        r = -errno;
                *slash = '/';
                if (r < 0)
                        return r;
        }
        return 0;
}

/* Ends in a handle on the directory itself; a symbolic link in its place is followed, as in systemd. */
static int make_directory(char *path, int *ret_fd, bool *ret_made) {
        bool made = false;
        int fd;

        made = mkdir(path, 0700) >= 0;
        if (!made && errno == ENOENT) {
                int r = make_parents(path);

                if (r < 0)
                        return r;
                made = mkdir(path, 0700) >= 0;
        }
        if (!made && errno != EEXIST)
                return -errno;
        fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0)
                return -errno;
        *ret_fd = fd;
        *ret_made = made;
        return 0;
}

#define TREE_DEPTH_MAX 64

static int own_tree(int fd, uid_t uid, gid_t gid, unsigned depth);

/* A directory through its own descriptor: nobody can put a link in its place between two calls. */
static int own_directory(int dirfd, const char *name, uid_t uid, gid_t gid, unsigned depth) {
        int fd auto_fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), r;
        struct stat st;

        if (fd < 0)
                return errno == ENOENT || errno == ELOOP || errno == ENOTDIR ? 0 : -errno;
        if (fstat(fd, &st) < 0)
                return -errno;
        r = depth < TREE_DEPTH_MAX ? own_tree(fd, uid, gid, depth + 1) : 0;
        if (r < 0)
                return r;
        if (fchown(fd, uid, gid) < 0)
                return -errno;
        /* chown() took the set-group-ID bit, which on a directory is only inheritance. */
        if ((st.st_mode & S_ISGID) && fchmod(fd, st.st_mode & 07777) < 0)
                return -errno;
        return 0;
}

static int own_entry(int dirfd, const char *name, uid_t uid, gid_t gid, unsigned depth) {
        struct stat st;

        if (str_equal(name, ".") || str_equal(name, ".."))
                return 0;
        if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
                return errno == ENOENT ? 0 : -errno;
        if (S_ISDIR(st.st_mode))
                return own_directory(dirfd, name, uid, gid, depth);
        return fchownat(dirfd, name, uid, gid, AT_SYMLINK_NOFOLLOW) < 0 && errno != ENOENT ? -errno : 0;
}

static int own_tree(int fd, uid_t uid, gid_t gid, unsigned depth) {
        int copy = fcntl(fd, F_DUPFD_CLOEXEC, 3), r = 0;
        struct dirent *e;
        DIR *d;

        if (copy < 0)
                return -errno;
        d = fdopendir(copy);
        if (!d) {
                r = -errno;
                close(copy);
                return r;
        }
        while (r >= 0 && (e = readdir(d)))
                r = own_entry(copy, e->d_name, uid, gid, depth);
        closedir(d);
        return r;
}

static int adopt_directory(const ExecContext *c, int fd, bool made, unsigned mode, bool change_owner) {
        const Account *a = &c->account;
        struct stat st;
        int r;

        if (fstat(fd, &st) < 0)
                return -errno;
        if (change_owner && a->uid != (uid_t)-1 && (st.st_uid != a->uid || st.st_gid != a->gid)) {
                if (!made) {
                        r = own_tree(fd, a->uid, a->gid, 0);
                        if (r < 0)
                                return r;
                }
                if (fchown(fd, a->uid, a->gid) < 0)
                        return -errno;
        } else if ((st.st_mode & 07777) == mode)
                return 0;
        return fchmod(fd, (mode_t)mode) < 0 ? -errno : 0;
}

static bool leads_to(const char *path, const char *directory) {
        struct stat a, b;

        return stat(path, &a) >= 0 && stat(directory, &b) >= 0 && a.st_dev == b.st_dev &&
               a.st_ino == b.st_ino;
}

/*
 * "a:b": b is a symbolic link to a, both below the base; a relative one, which holds as well where the base is
 * seen from another place (a volume, the host).
 */
static int link_directory(const char *base, const char *name, const char *link) {
        char *path auto_free = NULL, *directory auto_free = NULL;
        Buf target auto_buf = { 0 };
        int r;

        for (const char *p = link; (p = strchr(p, '/')); p++)
                buf_add(&target, "../");
        buf_add(&target, name);
        r = target.error;
        if (r >= 0)
                r = str_printf(&path, "%s/%s", base, link);
        if (r >= 0)
                r = str_printf(&directory, "%s/%s", base, name);
        if (r >= 0)
                r = make_parents(path);
        if (r < 0)
                return r;
        if (symlink(target.data, path) >= 0)
                return 0;
        return errno == EEXIST && leads_to(path, directory) ? 0 : -errno;
}

static int set_up_one(ExecContext *c, DirectoryKind kind, const char *entry, Buf *list) {
        const char *base = c->plan->directory_bases[kind], *colon = strchr(entry, ':');
        char *name auto_free = strndup(entry, colon ? (size_t)(colon - entry) : strlen(entry)),
                   *path auto_free = NULL;
        int fd auto_fd = -1, r;
        bool made = false;

        if (!name)
                return -ENOMEM;
        r = str_printf(&path, "%s/%s", base, name);
        if (r < 0)
                return r;
        exec_detail(c, path);
        r = directory_is_private(c->plan, kind) ? directory_make_private(c, base, name)
                                                : directory_make_public(base, name);
        if (r < 0)
                return r;
        r = make_directory(path, &fd, &made);
        if (r < 0)
                return r;
        /* Configuration belongs to the administrator. */
        r = adopt_directory(c, fd, made, c->plan->exec->directories[kind].mode,
                            kind != DIRECTORY_CONFIGURATION);
        if (r < 0)
                return r;
        if (colon && colon[1]) {
                r = link_directory(base, name, colon + 1);
                if (r < 0)
                        return r;
        }
        buf_add(list, path);
        return 0;
}

static int set_up_directories(ExecContext *c, DirectoryKind kind) {
        char *const *names = c->plan->exec->directories[kind].names;
        Buf list auto_buf = { 0 };

        if (!names)
                return 0;
        if (!c->plan->directory_bases[kind])
                return -ENOENT;
        STRV_FOREACH (n, names) {
                int r;

                buf_add(&list, n == names ? variables[kind] : "");
                buf_add_char(&list, n == names ? '=' : ':');
                r = set_up_one(c, kind, *n, &list);
                if (r < 0)
                        return r;
        }
        return buf_take(&list, &c->directories[kind]);
}

int step_runtime_directory(ExecContext *c) {
        return set_up_directories(c, DIRECTORY_RUNTIME);
}

int step_state_directory(ExecContext *c) {
        return set_up_directories(c, DIRECTORY_STATE);
}

int step_cache_directory(ExecContext *c) {
        return set_up_directories(c, DIRECTORY_CACHE);
}

int step_logs_directory(ExecContext *c) {
        return set_up_directories(c, DIRECTORY_LOGS);
}

int step_configuration_directory(ExecContext *c) {
        return set_up_directories(c, DIRECTORY_CONFIGURATION);
}

int step_root_directory(ExecContext *c) {
        const char *root = c->plan->exec->root_directory;

        if (!c->plan->apply_root_directory || !c->plan->apply_sandbox || str_is_empty(root) ||
            str_equal(root, "/"))
                return 0;
        exec_detail(c, root);
        if (chroot(root) < 0 || chdir("/") < 0)
                return -errno;
        return 0;
}

/* "~" without User= is the home of who svinit runs as. */
static const char *home_directory(const ExecContext *c) {
        const struct passwd *pw;

        if (c->account.home)
                return c->account.home;
        if (c->account.uid != (uid_t)-1)
                return NULL;
        pw = getpwuid(getuid());
        return pw ? pw->pw_dir : NULL;
}

int step_working_directory(ExecContext *c) {
        const ExecSpec *e = c->plan->exec;
        const char *path = c->plan->directory ?: e->working_directory;

        if (str_is_empty(path) && c->plan->keep_directory)
                return 0;
        if (str_is_empty(path))
                path = "/";
        else if (str_equal(path, "~"))
                path = home_directory(c);
        exec_detail(c, path);
        if (!path)
                return e->working_directory_optional ? 0 : -ENXIO;
        if (chdir(path) < 0) {
                int r = -errno;

                if (!e->working_directory_optional)
                        return r;
                return chdir("/") < 0 ? -errno : 0;
        }
        return 0;
}
