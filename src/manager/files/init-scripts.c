/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * /etc/svinit/init.d: executables NN-name that run one after the other, in the
 * order of their names, before the services of the container. Each becomes a
 * oneshot beside what generators make, so that all that is true for units is
 * true for it; the container ends with the exit code of the first that fails.
 */

#include "manager/manager-internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SCRIPT_DIRECTORY "/etc/svinit/init.d"
#define NAME_CHARACTERS "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_.-"

/* What package managers and editors leave beside a file is none of these: it ends in a character or word of its own. */
static bool is_leftover(const char *name) {
        static const char *const ends[] = { ".dpkg-old", ".dpkg-dist", ".dpkg-new", ".dpkg-tmp",
                                            ".rpmsave",  ".rpmnew",    ".rpmorig",  ".ucf-old",
                                            ".ucf-dist", ".bak",       ".orig",     ".swp" };

        for (size_t i = 0; i < ELEMENTSOF(ends); i++)
                if (str_ends_with(name, ends[i]))
                        return true;
        return false;
}

/* NULL: it is one; else what is wrong with it. */
static const char *mistake_of(const char *name, const char *path) {
        struct stat st;

        if (strspn(name, "0123456789") != 2 || name[2] != '-' || !name[3] ||
            name[strspn(name, NAME_CHARACTERS)] || strlen(name) > 200 || is_leftover(name))
                return "its name is not two digits, '-', and letters, digits, '_', '.' or '-'";
        if (stat(path, &st) < 0 || !S_ISREG(st.st_mode) || access(path, X_OK) < 0)
                return "it is not an executable file";
        return NULL;
}

static int is_visible(const struct dirent *e) {
        return e->d_name[0] != '.';
}

/* In the order of their bytes, whatever the locale. */
static int compare(const struct dirent **a, const struct dirent **b) {
        return strcmp((*a)->d_name, (*b)->d_name);
}

static int collect(char ***ret) {
        struct dirent **entries = NULL;
        char **scripts auto_strv = NULL;
        int n = scandir(SCRIPT_DIRECTORY, &entries, is_visible, compare), r = 0;

        if (n < 0)
                return errno == ENOENT || errno == ENOTDIR ? 0 : -errno;
        for (int i = 0; i < n; i++) {
                const char *name = entries[i]->d_name, *mistake;
                char path[512];

                (void)snprintf(path, sizeof(path), SCRIPT_DIRECTORY "/%s", name);
                mistake = mistake_of(name, path);
                if (mistake)
                        LOG(SCRIPT_REFUSED, FIELD_S("PATH", path), FIELD_S("TEXT", mistake));
                else if (r >= 0)
                        r = strv_add(&scripts, name);
                free(entries[i]);
        }
        free(entries);
        if (r >= 0)
                *ret = TAKE(scripts);
        return r;
}

static int write_unit(int dirfd, const char *unit, const char *script, const char *previous) {
        Buf b auto_buf = { 0 };
        int fd auto_fd = -1;

        buf_addf(&b, "# From " SCRIPT_DIRECTORY ": see svinit(1).\n[Unit]\nDescription=Init script %s\n",
                 script);
        buf_addf(&b, "SourcePath=" SCRIPT_DIRECTORY "/%s\nDefaultDependencies=no\n", script);
        buf_add(&b, "Requires=sysinit.target\nAfter=sysinit.target\n");
        if (previous)
                buf_addf(&b, "After=%s\n", previous);
        buf_add(&b, "Before=basic.target " COMMAND_UNIT " shutdown.target\nConflicts=shutdown.target\n\n");
        buf_addf(&b,
                 "[Service]\nType=oneshot\nRemainAfterExit=yes\nX-Essential=on-"
                 "failure\nExecStart=" SCRIPT_DIRECTORY "/%s\n",
                 script);
        if (b.error < 0)
                return b.error;
        fd = openat(dirfd, unit, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
        if (fd < 0)
                return -errno;
        return write(fd, b.data, b.len) != (ssize_t)b.len ? -ENOSPC : 0;
}

static int write_units(int dirfd, char *const *scripts) {
        char *previous auto_free = NULL;

        if (mkdirat(dirfd, "basic.target.wants", 0755) < 0 && errno != EEXIST)
                return -errno;
        STRV_FOREACH (s, scripts) {
                char *unit auto_free = NULL, *link auto_free = NULL, *target auto_free = NULL;
                int r = str_printf(&unit, "init-%s.service", *s);

                if (r >= 0)
                        r = str_printf(&link, "basic.target.wants/%s", unit);
                if (r >= 0)
                        r = str_printf(&target, "../%s", unit);
                if (r >= 0)
                        r = write_unit(dirfd, unit, *s, previous);
                if (r >= 0 && symlinkat(target, dirfd, link) < 0 && errno != EEXIST)
                        r = -errno;
                if (r < 0)
                        return r;
                free(previous);
                previous = TAKE(unit);
        }
        return 0;
}

int init_scripts_make_units(const char *directory) {
        char **scripts auto_strv = NULL;
        int fd auto_fd = -1;
        int r = collect(&scripts);

        if (r < 0 || !scripts)
                return r;
        if (!directory)
                return -EROFS;
        fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
        return fd < 0 ? -errno : write_units(fd, scripts);
}
