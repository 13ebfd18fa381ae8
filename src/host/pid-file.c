/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * PID files, systemd.service(5) PIDFile=. The number in it decides whom we
 * signal, so the way to it matters: once a directory or link on the way
 * belongs to somebody without privileges, everything behind it must belong to
 * the same one; and the file may name only processes of its own owner. root's
 * (and our own) files may name any.
 */

#include "host/process.h"
#include "host/watch.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINKS_MAX 16

typedef struct Walk {
        char rest[PATH_MAX]; /* still to go */
        int fd;              /* where we are */
        uid_t owner;
        bool safe;
        unsigned links;
} Walk;

static void note_owner(Walk *w, uid_t owner) {
        if (w->owner != 0 && w->owner != geteuid() && owner != w->owner)
                w->safe = false;
        w->owner = owner;
}

static int go_to_root(Walk *w) {
        struct stat st;

        cleanup_fd(&w->fd);
        w->fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (w->fd < 0 || fstat(w->fd, &st) < 0)
                return -errno;
        note_owner(w, st.st_uid);
        return 0;
}

/* Puts the target of the link in front of what is still to go. */
static int follow_link(Walk *w, int link) {
        char target[PATH_MAX], rest[PATH_MAX];
        ssize_t n = readlinkat(link, "", target, sizeof(target) - 1);
        int length;

        if (n < 0)
                return -errno;
        if (++w->links > LINKS_MAX)
                return -ELOOP;
        target[n] = 0;
        length = snprintf(rest, sizeof(rest), "%s/%s", target, w->rest);
        if (length < 0 || (size_t)length >= sizeof(rest))
                return -ENAMETOOLONG;
        strcpy(w->rest, rest);
        return target[0] == '/' ? go_to_root(w) : 0;
}

/* One component; 1 when there was none left. */
static int walk_step(Walk *w) {
        char name[NAME_MAX + 1], *p = w->rest + strspn(w->rest, "/");
        size_t n = strcspn(p, "/");
        int next auto_fd = -1;
        struct stat st;

        if (n == 0)
                return 1;
        if (n > NAME_MAX)
                return -ENAMETOOLONG;
        memcpy(name, p, n);
        name[n] = 0;
        memmove(w->rest, p + n, strlen(p + n) + 1);
        if (str_equal(name, "."))
                return 0;
        next = openat(w->fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
        if (next < 0 || fstat(next, &st) < 0)
                return -errno;
        note_owner(w, st.st_uid);
        if (S_ISLNK(st.st_mode))
                return follow_link(w, next);
        cleanup_fd(&w->fd);
        w->fd = TAKE_FD(next);
        return 0;
}

/* Ends at the file itself, as an O_PATH descriptor. */
static int walk(const char *path, Walk *w) {
        int r;

        *w = (Walk){ .fd = -1, .safe = true };
        if (path[0] != '/' || strlen(path) >= sizeof(w->rest))
                return -EINVAL;
        strcpy(w->rest, path);
        r = go_to_root(w);
        while (r == 0)
                r = walk_step(w);
        return MIN(r, 0);
}

/* "1234\n": what follows the number's line is not ours. */
static int read_number(int path_fd, pid_t *ret) {
        char name[64], text[64];
        int fd auto_fd = -1, pid;
        struct stat st;
        ssize_t n;

        (void)snprintf(name, sizeof(name), "/proc/self/fd/%d", path_fd);
        if (fstat(path_fd, &st) < 0)
                return -errno;
        if (!S_ISREG(st.st_mode))
                return -EBADMSG;
        fd = open(name, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
        if (fd < 0)
                return -errno;
        n = read(fd, text, sizeof(text) - 1);
        if (n < 0)
                return -errno;
        text[n] = 0;
        text[strcspn(text, "\n")] = 0;
        if (!str_strip(text)[0])
                return -EAGAIN;
        if (parse_int(str_strip(text), &pid) < 0 || pid <= 1 || pid == getpid())
                return -EBADMSG;
        *ret = (pid_t)pid;
        return 0;
}

static bool owns_process(uid_t owner, pid_t pid) {
        char path[64];
        struct stat st;

        (void)snprintf(path, sizeof(path), "/proc/%d", (int)pid);
        return stat(path, &st) >= 0 && st.st_uid == owner;
}

int pid_file_read(const char *path, pid_t *ret, bool *ret_trusted) {
        pid_t pid = 0;
        Walk w;
        int r = walk(path, &w);

        if (r >= 0)
                r = read_number(w.fd, &pid);
        cleanup_fd(&w.fd);
        if (r < 0)
                return r;
        if (!process_exists(pid))
                return -ESRCH;
        *ret = pid;
        *ret_trusted = w.safe && (w.owner == 0 || w.owner == geteuid() || owns_process(w.owner, pid));
        return 0;
}
