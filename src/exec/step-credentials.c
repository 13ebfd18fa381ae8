/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The directory with a unit's credentials: $RUNTIME/credentials/UNIT, files of
 * mode 0400 that belong to the service's user.
 *
 * Secrets are to be in memory only. Where $RUNTIME is no file system in memory
 * one is mounted for the unit; where that is denied the directory is a link
 * into /dev/shm; where that is missing they lie on disk, and it is said.
 *
 * The first command of a run makes the directory, the others find it; its mode
 * says that it is complete. PID 1 removes it when the run has ended.
 */

#include "exec/credentials.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

static bool is_in_memory(const char *path) {
        struct statfs st;

        return statfs(path, &st) >= 0 && (st.f_type == TMPFS_MAGIC || st.f_type == RAMFS_MAGIC);
}

static int make_parent(const char *path) {
        char parent[PATH_MAX];

        (void)snprintf(parent, sizeof(parent), "%.*s", (int)(strrchr(path, '/') - path), path);
        if (mkdir(parent, 0755) < 0)
                return errno == EEXIST ? 0 : -errno;
        return chmod(parent, 0755) < 0 ? -errno : 0; /* the umask is the service's */
}

/* A directory of ours that others cannot have prepared, below one that everybody may write. */
static int link_to_shared_memory(const ExecContext *c, const char *path) {
        char base[64], target[PATH_MAX];
        struct stat st;

        if (!is_in_memory("/dev/shm"))
                return -EOPNOTSUPP;
        (void)snprintf(base, sizeof(base), "/dev/shm/svinit-%u", (unsigned)geteuid());
        if (mkdir(base, 0711) >= 0)
                (void)chmod(base, 0711);
        if (lstat(base, &st) < 0)
                return -errno;
        if (!S_ISDIR(st.st_mode) || st.st_uid != geteuid())
                return -EEXIST;
        (void)snprintf(target, sizeof(target), "%s/%s", base, c->plan->unit);
        if (mkdir(target, 0700) < 0 && errno != EEXIST)
                return -errno;
        return symlink(target, path) < 0 ? -errno : 0;
}

static int make_storage(ExecContext *c, const char *path) {
        int r = make_parent(path);

        if (r < 0)
                return r;
        if (mkdir(path, 0700) < 0)
                return -errno;
        if (is_in_memory(path))
                return 0;
        if (mount("tmpfs", path, "tmpfs", MS_NODEV | MS_NOEXEC | MS_NOSUID, "mode=0700,size=2m") >= 0)
                return 0;
        (void)rmdir(path);
        if (link_to_shared_memory(c, path) >= 0)
                return 0;
        if (mkdir(path, 0700) < 0)
                return -errno;
        exec_note_text(c, c->plan->sandbox->load_credentials ? "LoadCredential" : "SetCredential",
                       "there is no memory-backed storage here, the credentials lie on disk");
        return 0;
}

static int write_one(const ExecContext *c, int dirfd, const Credential *credential) {
        const Account *a = &c->account;
        int fd auto_fd =
                openat(dirfd, credential->id, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC | O_NOFOLLOW, 0600);

        if (fd < 0)
                return -errno;
        for (size_t done = 0; done < credential->size;) {
                ssize_t n = write(fd, credential->data + done, credential->size - done);

                if (n < 0)
                        return -errno;
                done += (size_t)n;
        }
        if (a->switches && fchown(fd, a->uid, a->gid) < 0)
                return -errno;
        return fchmod(fd, 0400) < 0 ? -errno : 0;
}

/* 1: an earlier command of the run has made it. */
static int find_storage(const char *path) {
        struct stat st;

        if (stat(path, &st) < 0)
                return errno == ENOENT ? 0 : -errno;
        return (st.st_mode & 07777) == 0500 ? 1 : -EEXIST;
}

static int fill_storage(ExecContext *c, const char *path, const CredentialList *l) {
        const Account *a = &c->account;
        int fd auto_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), r = 0;

        if (fd < 0)
                return -errno;
        for (size_t i = 0; i < l->n; i++) {
                exec_detail(c, l->v[i].id);
                r = write_one(c, fd, l->v + i);
                if (r < 0)
                        return r;
        }
        if (a->switches && fchown(fd, a->uid, a->gid) < 0)
                return -errno;
        return fchmod(fd, 0500) < 0 ? -errno : 0;
}

int step_credentials(ExecContext *c) {
        const char *path = c->plan->credentials_directory;
        CredentialList l = { 0 };
        int r;

        if (!path || !credentials_are_wanted(c->plan->sandbox))
                return 0;
        exec_detail(c, path);
        r = find_storage(path);
        if (r != 0)
                return MIN(r, 0);
        r = credentials_collect(c, &l);
        if (r < 0)
                return r;
        exec_blame(c, NULL);
        exec_detail(c, path);
        r = make_storage(c, path);
        if (r >= 0)
                r = fill_storage(c, path, &l);
        credentials_release(&l);
        return r;
}
