/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/core/text-file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

int text_stream_read(FILE *f, Buf *b) {
        char block[4096];
        size_t n;

        while ((n = fread(block, 1, sizeof(block), f)) > 0)
                buf_add_n(b, block, n);
        return b->error < 0 ? b->error : ferror(f) ? -EIO : 0;
}

int text_file_read(const char *path, Buf *b) {
        FILE *f = fopen(path, "re");
        int r;

        if (!f)
                return errno == ENOENT ? 0 : -errno;
        r = text_stream_read(f, b);
        fclose(f);
        return r;
}

int text_file_write(const char *path, const char *text, size_t n) {
        int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644), r = 0;

        if (fd < 0)
                return -errno;
        while (n > 0 && r >= 0) {
                ssize_t k = write(fd, text, n);

                if (k < 0 && errno != EINTR)
                        r = -errno;
                if (k > 0) {
                        text += k;
                        n -= (size_t)k;
                }
        }
        if (r >= 0 && fsync(fd) < 0)
                r = -errno;
        close(fd);
        return r;
}

int path_make_parents(const char *path) {
        char *copy auto_free = strdup(path);

        if (!copy)
                return -ENOMEM;
        for (char *p = copy + 1; (p = strchr(p, '/')); *p++ = '/') {
                *p = 0;
                if (mkdir(copy, 0755) < 0 && errno != EEXIST)
                        return -errno;
        }
        return 0;
}

const char *ctl_unit_directory(Ctl *c) {
        static char own[300];

        if (c->scope == SCOPE_GLOBAL)
                return c->runtime ? "/run/systemd/user" : "/etc/systemd/user";
        if (c->scope == SCOPE_USER && !c->runtime && getenv("XDG_CONFIG_HOME"))
                snprintf(own, sizeof(own), "%s/systemd/user", getenv("XDG_CONFIG_HOME"));
        else if (c->scope == SCOPE_USER && !c->runtime)
                snprintf(own, sizeof(own), "%s/.config/systemd/user", getenv("HOME") ? getenv("HOME") : "");
        else if (!c->runtime)
                return "/etc/systemd/system";
        else
                snprintf(own, sizeof(own), "%s/systemd/%s", c->root ? "/run" : ctl_runtime_dir(c),
                         c->scope == SCOPE_USER ? "user" : "system");
        return own;
}
