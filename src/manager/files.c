/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "manager/files.h"

#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

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

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw) {
        (void)remove(path);
        return 0;
}

void remove_tree(const char *path) {
        (void)nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

/* O_NONBLOCK would change the descriptor for all who share it; poll() and a piece that a pipe takes whole does not. */
void write_nonblocking(int fd, const char *data, size_t n) {
        struct pollfd p = { .fd = fd, .events = POLLOUT };

        if (poll(&p, 1, 0) == 1 && (p.revents & POLLOUT))
                if (write(fd, data, n) < 0)
                        return;
}
