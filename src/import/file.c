/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "import/formats.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int import_fail(Import *im, unsigned line, const char *format, ...) {
        char *text auto_free = NULL;
        va_list ap;
        int n;

        va_start(ap, format);
        n = vasprintf(&text, format, ap);
        va_end(ap);
        if (n < 0) {
                text = NULL;
                return -ENOMEM;
        }
        report_add(&im->report, SEVERITY_ERROR, im->file, line, NULL, "%s", text);
        return -EBADMSG;
}

int import_read(int fd, Buf *b) {
        char block[16384];
        ssize_t n;

        while ((n = read(fd, block, sizeof(block))) != 0) {
                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return -errno;
                if (b->len + (size_t)n > IMPORT_FILE_MAX)
                        return -EFBIG;
                buf_add_n(b, block, (size_t)n);
        }
        return b->error;
}

int import_read_file(Import *im, const char *path, Text *ret) {
        int fd auto_fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY), r;
        Buf b auto_buf = { 0 };

        r = fd < 0 ? -errno : import_read(fd, &b);
        ret->len = b.len;
        if (r >= 0)
                r = buf_take(&b, &ret->data);
        if (r < 0 && r != -ENOMEM)
                return import_fail(im, 0, "%s cannot be read: %s.", path, strerror(-r));
        return r;
}

int import_directory_of(const Import *im, char **ret) {
        const char *slash = strrchr(im->file, '/');
        char *directory auto_free = NULL;

        if (!slash)
                return str_printf(ret, "%s", im->directory);
        if (str_printf(&directory, "%.*s", (int)MAX(slash - im->file, 1), im->file) < 0)
                return -ENOMEM;
        return import_absolute(im->directory, directory, ret);
}
