/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "load/generated.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static const Root system_root = { .prefix = (char *)"", .fd = -1 };

static int open_index(Index *ret) {
        LoaderOptions o = { 0 }; /* no generator directories */
        SearchPath path;
        int r = search_path_init(&path, &o, getenv("SYSTEMD_UNIT_PATH"));

        return r < 0 ? r : index_init(ret, &path, &system_root);
}

int native_unit_is_there(NativeUnits *units, const char *name, bool *ret_masked) {
        char *id auto_free = NULL;
        const Entry *e = NULL;
        int r;

        if (!units->known) {
                r = open_index(&units->index);
                if (r < 0)
                        return r;
                units->known = true;
        }
        r = index_resolve(&units->index, name, &id, &e);
        if (r == -ENOMEM)
                return r;
        if (ret_masked)
                *ret_masked = r >= 0 && e && e->kind == ENTRY_MASK;
        return r < 0 || e;
}

void native_units_release(NativeUnits *units) {
        if (units->known)
                index_release(&units->index);
        units->known = false;
}

static int write_all(int fd, const char *data, size_t n) {
        while (n > 0) {
                ssize_t k = write(fd, data, n);

                if (k < 0 && errno != EINTR)
                        return -errno;
                if (k > 0) {
                        data += k;
                        n -= (size_t)k;
                }
        }
        return 0;
}

int generated_write(int dirfd, const char *name, const Buf *text) {
        int fd auto_fd = openat(dirfd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);

        return fd < 0 ? -errno : write_all(fd, text->data, text->len);
}

int generated_want(int dirfd, const char *unit, const char *target) {
        char *directory auto_free = NULL, *link auto_free = NULL, *source auto_free = NULL;
        int r = str_printf(&directory, "%s.wants", target);

        if (r >= 0)
                r = str_printf(&link, "%s/%s", directory, unit);
        if (r >= 0)
                r = str_printf(&source, "../%s", unit);
        if (r < 0)
                return r;
        if (mkdirat(dirfd, directory, 0755) < 0 && errno != EEXIST)
                return -errno;
        return symlinkat(source, dirfd, link) < 0 && errno != EEXIST ? -errno : 0;
}
