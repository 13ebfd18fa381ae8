/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "journal/storage.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

static int copy_file(int from_dir, int to_dir, const char *name) {
        int in auto_fd = openat(from_dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
        int out auto_fd = -1;
        char temporary[NAME_MAX + 1];
        ssize_t n;

        snprintf(temporary, sizeof(temporary), ".#%.200s.new", name);
        if (in < 0)
                return -errno;
        (void)unlinkat(to_dir, temporary, 0);
        out = openat(to_dir, temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0640);
        if (out < 0)
                return -errno;

        while ((n = copy_file_range(in, NULL, out, NULL, 16 << 20, 0)) > 0)
                ;
        if (n < 0 && (errno == EXDEV || errno == EINVAL || errno == ENOSYS || errno == EOPNOTSUPP)) {
                char buffer[16384];

                while ((n = read(in, buffer, sizeof(buffer))) > 0)
                        if (write(out, buffer, (size_t)n) != n) {
                                n = -1;
                                break;
                        }
        }
        if (n < 0 || renameat(to_dir, temporary, to_dir, name) < 0) {
                int r = -errno;

                (void)unlinkat(to_dir, temporary, 0);
                return r ?: -EIO;
        }
        (void)unlinkat(from_dir, name, 0);
        return 0;
}

/* Our files are complete and readable wherever they lie: they are moved, not written again. */
static int move_files(int from_dir, int to_dir) {
        int fd = openat(from_dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), r = 0;
        DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
        struct dirent *entry;

        if (!d) {
                if (fd >= 0)
                        close(fd);
                return -errno;
        }
        while ((entry = readdir(d)))
                if (strchr(entry->d_name, '@') &&
                    (str_ends_with(entry->d_name, ".journal") || str_ends_with(entry->d_name, ".journal~"))) {
                        int q = copy_file(from_dir, to_dir, entry->d_name);

                        r = q < 0 ? q : r;
                }
        closedir(d);
        return r;
}

void storage_relinquish(Storage *s) {
        if (s->config.mode == STORAGE_NONE || s->is_relinquished)
                return;
        s->is_relinquished = true;
        if (s->dirfd < 0 || s->is_runtime)
                return;
        storage_commit(s);
        storage_archive(s);
        fd_release(&s->dirfd);
        storage_reopen(s);
}

/* What a run before, or one without the persistent directory, has left. */
static int take_runtime_files(Storage *s) {
        int fd auto_fd = access(s->config.runtime_dir, F_OK) < 0 ? -1 : storage_usable_dir(s, true);

        if (fd < 0)
                return 0;
        (void)storage_set_aside(fd);
        return move_files(fd, s->dirfd);
}

int storage_flush(Storage *s) {
        int fd auto_fd = -1, r;

        s->is_relinquished = false;
        if (s->dirfd < 0 || s->config.mode == STORAGE_VOLATILE || s->config.mode == STORAGE_NONE)
                return 0;
        if (!s->is_runtime)
                return take_runtime_files(s);
        fd = storage_usable_dir(s, false);
        if (fd < 0)
                return fd;

        /* What is archived already first: where there is no room for that, the file being written is not given up. */
        r = move_files(s->dirfd, fd);
        if (storage_is_shut(r))
                return r;
        storage_commit(s);
        storage_archive(s);
        if (s->dirfd >= 0)
                r = move_files(s->dirfd, fd);
        s->avoid_until[false] = 0;
        fd_release(&s->dirfd);
        storage_reopen(s);
        return r;
}
