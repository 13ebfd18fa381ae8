/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "load/root.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#define CLOCK_TICK                                                                                           \
        (20 * USEC_PER_MSEC) /* of the times in a file system; two changes within one look like one */

int root_init(Root *r, const char *prefix) {
        size_t n = 0;

        *r = (Root){ .fd = -1 };
        r->prefix = strdup(prefix ? prefix : "");
        if (!r->prefix)
                return -ENOMEM;
        for (n = strlen(r->prefix); n > 0 && r->prefix[n - 1] == '/'; n--)
                r->prefix[n - 1] = 0;
        if (n == 0)
                return 0;

        r->fd = open(r->prefix, O_PATH | O_DIRECTORY | O_CLOEXEC);
        return r->fd < 0 ? -errno : 0;
}

void root_release(Root *r) {
        if (r->prefix)
                cleanup_fd(&r->fd);
        free(r->prefix);
        *r = (Root){ .fd = -1 };
}

int root_join(const Root *r, const char *path, char **ret) {
        return str_printf(ret, "%s%s", r->prefix, path);
}

const char *root_strip(const Root *r, const char *path) {
        const char *rest = str_after(path, r->prefix);

        return rest && rest[0] == '/' ? rest : path;
}

int root_open(const Root *r, const char *path, int flags) {
        struct open_how how = { .flags = (unsigned)flags | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT };
        char *full auto_free = NULL;
        int fd;

        if (r->fd < 0) {
                fd = open(path, flags | O_CLOEXEC);
                return fd < 0 ? -errno : fd;
        }

        for (unsigned attempt = 0; attempt < 8; attempt++) {
                fd = (int)syscall(SYS_openat2, r->fd, path, &how, sizeof(how));
                if (fd >= 0 || errno != EAGAIN) /* EAGAIN: something was renamed during the look-up */
                        break;
        }
        if (fd >= 0)
                return fd;
        if (errno != ENOSYS && errno != EPERM) /* before Linux 5.6, or a seccomp filter that knows it not */
                return -errno;
        if (root_join(r, path, &full) < 0)
                return -ENOMEM;
        fd = open(full, flags | O_CLOEXEC);
        return fd < 0 ? -errno : fd;
}

int root_stat(const Root *r, const char *path, struct stat *ret) {
        int fd auto_fd = -1;

        if (r->fd < 0)
                return stat(path, ret) < 0 ? -errno : 0;
        fd = root_open(r, path, O_PATH);
        if (fd < 0)
                return fd;
        return fstat(fd, ret) < 0 ? -errno : 0;
}

int root_open_parent(const Root *r, const char *path, const char **ret_name) {
        char *parent auto_free = NULL;
        int fd;

        if (path_parent(path, &parent) < 0)
                return -ENOMEM;
        fd = root_open(r, parent, O_PATH | O_DIRECTORY);
        if (fd >= 0)
                *ret_name = path_name(path);
        return fd;
}

int read_link_at(int dirfd, const char *name, char **ret) {
        char text[PATH_MAX];
        ssize_t n;

        n = readlinkat(dirfd, name, text, sizeof(text));
        if (n < 0)
                return -errno;
        if ((size_t)n >= sizeof(text))
                return -ENAMETOOLONG;
        *ret = strndup(text, (size_t)n);
        return *ret ? 0 : -ENOMEM;
}

int root_read_link(const Root *r, const char *path, char **ret) {
        int fd auto_fd = -1;
        const char *name;

        fd = root_open_parent(r, path, &name);
        return fd < 0 ? fd : read_link_at(fd, name, ret);
}

int root_make_directory(const Root *r, const char *path) {
        char *parent auto_free = NULL;
        int fd auto_fd = -1;
        const char *name;
        int e;

        fd = root_open(r, path, O_PATH | O_DIRECTORY);
        if (fd >= 0)
                return 0;
        if (fd != -ENOENT || str_equal(path, "/"))
                return fd;

        e = path_parent(path, &parent);
        if (e >= 0)
                e = root_make_directory(r, parent);
        if (e < 0)
                return e;
        fd = root_open_parent(r, path, &name);
        if (fd < 0)
                return fd;
        return mkdirat(fd, name, 0755) < 0 && errno != EEXIST ? -errno : 0;
}

static const struct {
        const char *words;
        int error;
} read_outcomes[] = {
        [READ_OK] = { "is a file", 0 },
        [READ_MASK] = { "is empty or a link to /dev/null", -ERFKILL },
        [READ_DIRECTORY] = { "is a directory, a unit file was expected", -EISDIR },
        [READ_NOT_REGULAR] = { "is a FIFO, a socket or a device, a unit file was expected", -EBADFD },
        [READ_TOO_BIG] = { "is larger than 4 MiB, which no unit file is", -EFBIG },
};
_Static_assert(ELEMENTSOF(read_outcomes) == READ_OUTCOME_MAX, "a sentence for each outcome");

const char *read_outcome_words(ReadOutcome o) {
        return read_outcomes[o].words;
}

int read_outcome_errno(ReadOutcome o) {
        return read_outcomes[o].error;
}

bool stat_is_null_device(const struct stat *st) {
        return S_ISCHR(st->st_mode) && st->st_rdev == makedev(1, 3);
}

static usec_t usec_of(const struct timespec *t) {
        return (usec_t)t->tv_sec * USEC_PER_SEC + (usec_t)t->tv_nsec / NSEC_PER_USEC;
}

bool stat_is_settled(const struct stat *st) {
        struct timespec now;

        (void)clock_gettime(CLOCK_REALTIME, &now);
        return MAX(usec_of(&st->st_mtim), usec_of(&st->st_ctim)) + CLOCK_TICK < usec_of(&now);
}

static ReadOutcome judge(const struct stat *st) {
        if (stat_is_null_device(st) || (S_ISREG(st->st_mode) && st->st_size == 0))
                return READ_MASK;
        if (S_ISDIR(st->st_mode))
                return READ_DIRECTORY;
        if (!S_ISREG(st->st_mode))
                return READ_NOT_REGULAR;
        return st->st_size > ROOT_FILE_MAX ? READ_TOO_BIG : READ_OK;
}

/* A file that shrinks meanwhile is what it is now. */
static int read_up_to(int fd, char *data, size_t n, size_t *ret) {
        size_t got = 0;

        while (got < n) {
                ssize_t k = read(fd, data + got, n - got);

                if (k < 0 && errno == EINTR)
                        continue;
                if (k < 0)
                        return -errno;
                if (k == 0)
                        break;
                got += (size_t)k;
        }
        *ret = got;
        return 0;
}

int root_read_file(const Root *r, const char *path, Text *ret, struct stat *ret_stat) {
        char *data auto_free = NULL;
        int fd auto_fd = -1;
        ReadOutcome outcome;
        struct stat st;
        size_t n = 0;
        int e;

        fd = root_open(r, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
        if (fd == -ENXIO) /* a socket */
                return READ_NOT_REGULAR;
        if (fd < 0)
                return fd;
        if (fstat(fd, &st) < 0)
                return -errno;
        if (ret_stat)
                *ret_stat = st;
        outcome = judge(&st);
        if (outcome != READ_OK)
                return outcome;

        data = malloc((size_t)st.st_size + 1);
        if (!data)
                return -ENOMEM;
        e = read_up_to(fd, data, (size_t)st.st_size, &n);
        if (e < 0)
                return e;
        data[n] = 0;
        *ret = (Text){ TAKE(data), n };
        return READ_OK;
}

static int compare_names(const void *a, const void *b) {
        return strcmp(*(char *const *)a, *(char *const *)b);
}

int root_list(const Root *r, const char *path, char ***ret) {
        char **names = NULL;
        struct dirent *de;
        size_t n = 0, capacity = 0;
        int fd, e = 0;
        DIR *d;

        fd = root_open(r, path, O_RDONLY | O_DIRECTORY | O_NONBLOCK);
        if (fd < 0)
                return fd;
        d = fdopendir(fd);
        if (!d) {
                e = -errno;
                close(fd);
                return e;
        }
        /* strv_push() counts the strings each time: too slow for the .wants directory of ten thousand units. */
        while (e == 0 && (errno = 0, de = readdir(d))) {
                if (de->d_name[0] == '.')
                        continue;
                e = array_reserve(&names, &capacity, n + 2, sizeof(char *));
                if (e < 0)
                        break;
                names[n] = strdup(de->d_name);
                names[n + 1] = NULL;
                if (!names[n++])
                        e = -ENOMEM;
        }
        if (e == 0 && errno != 0)
                e = -errno;
        closedir(d);
        if (e < 0) {
                strv_free(names);
                return e;
        }
        if (n > 0)
                qsort(names, n, sizeof(char *), compare_names);
        *ret = names;
        return 0;
}

const char *path_name(const char *path) {
        const char *slash = strrchr(path, '/');

        return slash ? slash + 1 : path;
}

int path_parent(const char *path, char **ret) {
        const char *slash = strrchr(path, '/');

        *ret = !slash || slash == path ? strdup("/") : strndup(path, (size_t)(slash - path));
        return *ret ? 0 : -ENOMEM;
}

int path_absolute(const char *directory, const char *target, char **ret) {
        Buf b auto_buf = { 0 };
        Buf all auto_buf = { 0 };

        if (target[0] != '/')
                buf_addf(&all, "%s/", directory);
        buf_add(&all, target);
        for (const char *p = all.data; p && *p;) {
                size_t n = strcspn(p, "/");

                if (n == 2 && strncmp(p, "..", 2) == 0) {
                        const char *slash = b.data ? strrchr(b.data, '/') : NULL;

                        b.len = slash ? (size_t)(slash - b.data) : 0;
                        if (b.data)
                                b.data[b.len] = 0;
                } else if (n > 0 && !(n == 1 && p[0] == '.')) {
                        buf_add_char(&b, '/');
                        buf_add_n(&b, p, n);
                }
                p += n + strspn(p + n, "/");
        }
        if (all.error < 0)
                return all.error;
        if (b.len == 0)
                buf_add_char(&b, '/');
        return buf_take(&b, ret);
}
