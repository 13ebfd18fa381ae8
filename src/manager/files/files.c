/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "manager/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define REMOVE_DEPTH_MAX 64 /* one descriptor for each */

bool path_is_mounted(const char *path) {
        char line[4096], point[2048];
        bool found = false;
        FILE *f = fopen("/proc/self/mountinfo", "re");

        while (f && path && !found && fgets(line, sizeof(line), f))
                found = sscanf(line, "%*d %*d %*s %*s %2047s", point) == 1 && strcmp(point, path) == 0;
        if (f)
                fclose(f);
        return found;
}

static int open_directory(int dirfd, const char *name) {
        return openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
}

/* Takes fd. Each step goes through the descriptor of the directory, so that no link put there meanwhile leads away. */
static void empty_directory(int fd, dev_t device, unsigned depth) {
        DIR *d = fdopendir(fd);
        struct dirent *e;

        if (!d) {
                close(fd);
                return;
        }
        while ((e = readdir(d))) {
                struct stat st;
                int child;

                if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0 ||
                    unlinkat(fd, e->d_name, 0) >= 0 || depth == 0)
                        continue;
                child = open_directory(fd, e->d_name);
                if (child < 0)
                        continue;
                if (fstat(child, &st) >= 0 && st.st_dev == device)
                        empty_directory(child, device, depth - 1);
                else
                        close(child);
                (void)unlinkat(fd, e->d_name, AT_REMOVEDIR);
        }
        closedir(d);
}

void remove_tree(const char *path) {
        int fd = open_directory(AT_FDCWD, path);
        struct stat st;

        if (fd < 0)
                return;
        if (fstat(fd, &st) >= 0)
                empty_directory(fd, st.st_dev, REMOVE_DEPTH_MAX);
        else
                close(fd);
        (void)rmdir(path);
}

void remove_tree_aside(const char *path, const char *trash) {
        static unsigned number;
        char aside[PATH_MAX];
        pid_t pid;

        if (rmdir(path) >= 0 || (errno != ENOTEMPTY && errno != EEXIST))
                return;
        (void)mkdir(trash, 0700);
        if (snprintf(aside, sizeof(aside), "%s/%d.%u", trash, (int)getpid(), number++) >=
                    (int)sizeof(aside) ||
            rename(path, aside) < 0) { /* a mount point, say */
                remove_tree(path);
                return;
        }
        pid = fork();
        if (pid > 0)
                return;
        remove_tree(aside);
        if (pid == 0)
                _exit(0);
}

void remove_tree_behind(const char *path) {
        pid_t pid;

        if (rmdir(path) >= 0 || (errno != ENOTEMPTY && errno != EEXIST))
                return;
        pid = fork();
        if (pid > 0)
                return;
        remove_tree(path);
        if (pid == 0)
                _exit(0);
}

/* O_NONBLOCK would change the descriptor for all who share it; poll() and a piece that a pipe takes whole does not. */
void write_nonblocking(int fd, const char *data, size_t n) {
        struct pollfd p = { .fd = fd, .events = POLLOUT };

        if (poll(&p, 1, 0) == 1 && (p.revents & POLLOUT))
                if (write(fd, data, n) < 0)
                        return;
}
