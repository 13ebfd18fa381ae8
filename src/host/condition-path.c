/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host/condition-internal.h"
#include "host/file-test.h"

#include <dirent.h>
#include <fcntl.h>
#include <glob.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

bool directory_has_entries(const char *path) {
        DIR *d = opendir(path);
        struct dirent *e;
        bool found = false;

        if (!d)
                return false;
        /* Hidden files and editors' backups are nothing that a service would work on. */
        while (!found && (e = readdir(d)))
                found = e->d_name[0] != '.' && !str_ends_with(e->d_name, "~");
        closedir(d);
        return found;
}

bool glob_has_match(const char *pattern, char **ret_path) {
        glob_t g = { 0 };
        bool found = glob(pattern, GLOB_NOSORT | GLOB_BRACE, NULL, &g) == 0 && g.gl_pathc > 0;

        if (found && ret_path)
                *ret_path = strdup(g.gl_pathv[0]);
        globfree(&g);
        return found;
}

int condition_path_exists(const HostInfo *h, const char *path) {
        return access(path, F_OK) >= 0;
}

int condition_path_exists_glob(const HostInfo *h, const char *pattern) {
        return glob_has_match(pattern, NULL);
}

int condition_path_is_directory(const HostInfo *h, const char *path) {
        struct stat st;

        return stat(path, &st) >= 0 && S_ISDIR(st.st_mode);
}

int condition_path_is_symbolic_link(const HostInfo *h, const char *path) {
        struct stat st;

        return lstat(path, &st) >= 0 && S_ISLNK(st.st_mode);
}

int condition_path_is_mount_point(const HostInfo *h, const char *path) {
        struct statx sx;

        if (str_equal(path, "/"))
                return 1;
        if (statx(AT_FDCWD, path, 0, STATX_TYPE, &sx) < 0)
                return 0;
        return (sx.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT) &&
               (sx.stx_attributes & STATX_ATTR_MOUNT_ROOT);
}

/* What is not there is not read-only. */
static bool is_on_read_only(const char *path) {
        struct statvfs st;

        return statvfs(path, &st) >= 0 && (st.f_flag & ST_RDONLY);
}

int condition_path_is_read_write(const HostInfo *h, const char *path) {
        return access(path, F_OK) >= 0 && !is_on_read_only(path);
}

/* Block devices and their layers are the machine's, not to be seen from a container. */
int condition_path_is_encrypted(const HostInfo *h, const char *path) {
        return 0;
}

int condition_directory_not_empty(const HostInfo *h, const char *path) {
        return directory_has_entries(path);
}

int condition_file_not_empty(const HostInfo *h, const char *path) {
        struct stat st;

        return stat(path, &st) >= 0 && S_ISREG(st.st_mode) && st.st_size > 0;
}

int condition_file_is_executable(const HostInfo *h, const char *path) {
        struct stat st;

        return stat(path, &st) >= 0 && S_ISREG(st.st_mode) && (st.st_mode & 0111);
}

static bool is_newer(const struct timespec *a, const struct timespec *b) {
        return a->tv_sec > b->tv_sec || (a->tv_sec == b->tv_sec && a->tv_nsec > b->tv_nsec);
}

/* /usr was changed after the last run of the updaters, which leave a stamp. */
int condition_needs_update(const HostInfo *h, const char *path) {
        char *stamp auto_free = NULL;
        struct stat usr, updated;
        int r;

        if (is_on_read_only(path))
                return 0;
        r = str_printf(&stamp, "%s/.updated", path);
        if (r < 0)
                return r;
        if (lstat(stamp, &updated) < 0 || lstat("/usr", &usr) < 0)
                return 1;
        return is_newer(&usr.st_mtim, &updated.st_mtim);
}
