/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Where svinit-journald found no directory to write in, it keeps the newest
 * messages in journal files without a name, of which PID 1 holds the
 * descriptors: root finds them there. sd-journal opens no file without a name,
 * so what is read is a copy, as it is now, under a name that is gone again
 * when this returns; with it, what lies in directories from before.
 */

#include "ctl/logs/logs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DESCRIPTORS "/proc/1/fd"
#define NAME "/memfd:svinit-messages" /* STATE_MEMORY_NAME of src/journal/state.h */
#define FILES_MAX 2
#define PATH_SIZE 96

/* In memory first; a container that is read-only has /dev/shm all the same. */
static const char *const places[] = { "/dev/shm", "/run", "/tmp", "/var/tmp" };

static int make_directory(char ret[64]) {
        for (size_t i = 0; i < ELEMENTSOF(places); i++) {
                snprintf(ret, 64, "%s/svctl-logs-XXXXXX", places[i]);
                if (mkdtemp(ret))
                        return 0;
        }
        return -EROFS;
}

/* From the beginning on: what the header speaks of when it is read is there when the rest is. */
static bool copy(const char *from_path, const char *to_path) {
        int from auto_fd = open(from_path, O_RDONLY | O_CLOEXEC), to auto_fd = -1;
        char buffer[16384];
        ssize_t n;

        to = from >= 0 ? open(to_path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600) : -1;
        if (to < 0)
                return false;
        while ((n = read(from, buffer, sizeof(buffer))) > 0)
                if (write(to, buffer, (size_t)n) != n)
                        return false;
        return n == 0;
}

static bool is_memory_journal(const char *path) {
        char target[64];
        ssize_t n = readlink(path, target, sizeof(target));

        return n >= (ssize_t)strlen(NAME) && memcmp(target, NAME, strlen(NAME)) == 0;
}

/* Those that have something in them. PID 1 may have descriptors by the thousand: these are among the first. */
static size_t find(char ret[][PATH_SIZE]) {
        DIR *d = opendir(DESCRIPTORS);
        struct dirent *e;
        struct stat st;
        size_t n = 0, seen = 0;

        while (d && seen < FILES_MAX && (e = readdir(d))) {
                snprintf(ret[n], PATH_SIZE, DESCRIPTORS "/%.20s", e->d_name);
                if (!is_memory_journal(ret[n]))
                        continue;
                seen++;
                n += stat(ret[n], &st) >= 0 && st.st_size > 0;
        }
        if (d)
                closedir(d);
        return n;
}

int logs_open_memory(sd_journal **ret, char *const *others) {
        char directory[64], found[FILES_MAX + 1][PATH_SIZE], path[PATH_SIZE], **files auto_strv = NULL;
        size_t n = find(found), n_copied = 0;
        int r;

        if (n == 0)
                return -ENOENT;
        r = make_directory(directory);
        if (r < 0)
                return r;
        r = strv_copy(others, &files);
        for (size_t i = 0; i < n && r >= 0; i++) {
                snprintf(path, sizeof(path), "%s/%zu.journal", directory, i);
                if (copy(found[i], path)) {
                        n_copied++;
                        r = strv_add(&files, path);
                }
        }
        if (r >= 0)
                r = n_copied > 0 ? sd_journal_open_files(ret, (const char **)files, 0) : -ENOENT;
        for (size_t i = 0; i < n; i++) {
                snprintf(path, sizeof(path), "%s/%zu.journal", directory, i);
                (void)unlink(path);
        }
        (void)rmdir(directory);
        return r;
}
