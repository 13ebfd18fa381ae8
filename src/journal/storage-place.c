/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Directories that journal files may be in: made, given to the group of readers, and tried. */

#include "journal/storage.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define TEMPORARY ".#system.journal.try"

bool storage_is_full(int error) {
        return error == -ENOSPC || error == -EDQUOT;
}

bool storage_is_shut(int error) {
        return storage_is_full(error) || error == -EROFS || error == -EIO;
}

/* Files get its group from it: later nobody here may give any away. */
static void give_to_group(int fd, int gid) {
        struct stat st;

        if (fstat(fd, &st) < 0 || st.st_uid != geteuid() ||
            ((st.st_mode & S_ISGID) && (gid < 0 || st.st_gid == (gid_t)gid)))
                return;
        if (gid >= 0)
                (void)fchown(fd, (uid_t)-1, (gid_t)gid);
        (void)fchmod(fd, (st.st_mode & 0777) | S_ISGID);
}

static int open_below(const char *base, const char *id, bool make_base, int gid) {
        int fd auto_fd = -1, sub = -1;
        bool is_new;

        if (make_base && mkdir(base, 02755) < 0 && errno != EEXIST)
                return -errno;
        fd = open(base, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0)
                return -errno;
        if (make_base)
                give_to_group(fd, gid);

        if (str_is_empty(id))
                return TAKE_FD(fd);
        is_new = mkdirat(fd, id, 0755) >= 0;
        if (!is_new && errno != EEXIST)
                return -errno;
        sub = openat(fd, id, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
        if (sub < 0)
                return -errno;
        if (is_new)
                (void)fchmod(sub, 0755);
        give_to_group(sub, gid);
        return sub;
}

static void make_parent(const char *path) {
        char *copy auto_free = strdup(path);
        char *slash = copy ? strrchr(copy, '/') : NULL;

        if (!slash || slash == copy)
                return;
        *slash = 0;
        if (mkdir(copy, 0755) < 0 && errno == ENOENT) {
                make_parent(copy);
                (void)mkdir(copy, 0755);
        }
}

void storage_make_runtime_base(const Storage *s) {
        if (s->config.mode == STORAGE_NONE)
                return;
        make_parent(s->config.runtime_dir);
        (void)mkdir(s->config.runtime_dir, 02755);
}

bool storage_needs_override(const Storage *s) {
        struct stat st;

        return s->dirfd >= 0 && fstat(s->dirfd, &st) >= 0 && st.st_uid != geteuid() &&
               !(st.st_mode & S_IWOTH);
}

/* A file system that has stopped after an error says so only to who makes something. */
static int try_to_make(int dirfd) {
        int fd auto_fd = openat(dirfd, TEMPORARY, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

        if (fd < 0 || unlinkat(dirfd, TEMPORARY, 0) < 0)
                return -errno;
        return 0;
}

/* A directory of ours where files can be made; found out by asking, as root may be told anything by permission bits. */
int storage_usable_dir(const Storage *s, bool runtime) {
        const char *base = runtime ? s->config.runtime_dir : s->config.persistent_dir;
        bool make_base = runtime || s->config.mode == STORAGE_PERSISTENT;
        char id[33] = "";
        int fd auto_fd = -1, r;

        if (s->has_machine_id)
                hex_format(s->machine_id.bytes, sizeof(s->machine_id.bytes), id);
        if (make_base)
                make_parent(base);
        fd = open_below(base, id, make_base, s->gid);
        if (fd < 0)
                return fd;
        if (faccessat(fd, ".", W_OK | X_OK, AT_EACCESS) < 0)
                return -errno;
        r = try_to_make(fd);
        return storage_is_shut(r) && !storage_is_full(r) ? r : TAKE_FD(fd);
}
