/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What can be listened on beside the sockets that clients connect to: FIFOs,
 * special files, message queues, the kernel's netlink; and how nodes in the
 * file system are made.
 */

#include "host/socket-open.h"
#include "host/sockets.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/netlink.h>
#include <mqueue.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <unistd.h>

int socket_make_parents(const char *path, unsigned mode) {
        char copy[sizeof(((struct sockaddr_un *)0)->sun_path) + 4096];

        if (strlen(path) >= sizeof(copy))
                return -ENAMETOOLONG;
        strcpy(copy, path);
        for (char *slash = strchr(copy + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
                *slash = 0;
                if (mkdir(copy, (mode_t)mode) < 0 && errno != EEXIST)
                        return -errno;
                *slash = '/';
        }
        return 0;
}

int socket_dress_node(const Opener *o, const char *path) {
        if (chmod(path, (mode_t)o->spec->mode) < 0)
                return -errno;
        if (o->uid == (uid_t)-1 && o->gid == (gid_t)-1)
                return 0;
        return lchown(path, o->uid, o->gid) < 0 ? -errno : 0;
}

void socket_remove_stale(const char *path, mode_t kind) {
        struct stat st;

        if (lstat(path, &st) >= 0 && (st.st_mode & S_IFMT) == kind)
                (void)unlink(path);
}

static void set_pipe_size(const Opener *o, int fd) {
        uint64_t size = o->spec->pipe_size;

        if (size != LIMIT_UNSET && size > 0 &&
            fcntl(fd, F_SETPIPE_SZ, (int)MIN(size, (uint64_t)INT32_MAX)) < 0)
                opener_note(o, "PipeSize");
}

/* Read and write, so that the end of the last writer is no end of file. */
int socket_open_fifo(const Opener *o, const char *path, int *ret) {
        int fd auto_fd = -1, r = socket_make_parents(path, o->spec->directory_mode);
        struct stat st;
        mode_t old;

        if (r < 0)
                return r;
        old = umask(0777 & ~(mode_t)o->spec->mode);
        r = mkfifo(path, (mode_t)o->spec->mode) < 0 && errno != EEXIST ? -errno : 0;
        (void)umask(old);
        if (r < 0)
                return r;
        fd = open(path, O_RDWR | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | O_NOFOLLOW);
        if (fd < 0 || fstat(fd, &st) < 0)
                return -errno;
        if (!S_ISFIFO(st.st_mode))
                return -EEXIST;
        r = socket_dress_node(o, path);
        if (r < 0)
                return r;
        set_pipe_size(o, fd);
        opener_set_label(o, fd, "security.SMACK64", o->spec->smack_label, "SmackLabel");
        *ret = TAKE_FD(fd);
        return 0;
}

/* Plain files are always readable, which epoll_wait(2) does not say of them: the kernel refuses them. */
static int check_pollable(int fd) {
        struct epoll_event e = { .events = EPOLLIN };
        int set auto_fd = epoll_create1(EPOLL_CLOEXEC);

        if (set < 0 || epoll_ctl(set, EPOLL_CTL_ADD, fd, &e) < 0)
                return errno == EPERM ? -EOPNOTSUPP : -errno;
        return 0;
}

int socket_open_special(const Opener *o, const char *path, int *ret) {
        int fd auto_fd = -1, r;
        struct stat st;

        fd = open(path,
                  (o->spec->writable ? O_RDWR : O_RDONLY) | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | O_NOFOLLOW);
        if (fd < 0 || fstat(fd, &st) < 0)
                return -errno;
        if (!S_ISREG(st.st_mode) && !S_ISCHR(st.st_mode)) /* files of /proc and /sys are regular */
                return -EEXIST;
        r = check_pollable(fd);
        if (r < 0)
                return r;
        *ret = TAKE_FD(fd);
        return 0;
}

int socket_open_queue(const Opener *o, const char *name, int *ret) {
        const SocketSpec *s = o->spec;
        struct mq_attr limits = { .mq_maxmsg = s->queue_messages, .mq_msgsize = s->queue_message_size };
        bool limited = s->queue_messages > 0 && s->queue_message_size > 0;
        int fd auto_fd = -1;
        struct stat st;
        mode_t old;

        old = umask(0777 & ~(mode_t)s->mode);
        fd = mq_open(name, O_RDONLY | O_CREAT | O_CLOEXEC | O_NONBLOCK, (mode_t)s->mode,
                     limited ? &limits : NULL);
        (void)umask(old);
        if (fd < 0 || fstat(fd, &st) < 0)
                return -errno;
        /* One that was there before: whoever else has made it would hold both ends. */
        if (st.st_uid != geteuid())
                return -EEXIST;
        if ((st.st_mode & 07777) != s->mode && fchmod(fd, (mode_t)s->mode) < 0)
                return -errno;
        *ret = TAKE_FD(fd);
        return 0;
}

int socket_open_netlink(const Opener *o, const char *address, int *ret) {
        struct sockaddr_nl a = { .nl_family = AF_NETLINK };
        const char *blank = strchr(address, ' ');
        char family[24];
        int fd auto_fd = -1, protocol;

        if (!blank || (size_t)(blank - address) >= sizeof(family) ||
            parse_unsigned(blank + 1, &a.nl_groups) < 0)
                return -EINVAL;
        memcpy(family, address, (size_t)(blank - address));
        family[blank - address] = 0;
        protocol = netlink_family_from_string(family);
        if (protocol < 0)
                return -EINVAL;
        fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);
        if (fd < 0)
                return -errno;
        socket_set_options(o, fd, AF_NETLINK, SOCK_RAW);
        if (bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0)
                return -errno;
        *ret = TAKE_FD(fd);
        return 0;
}

/* What is there already stays, unless RemoveOnStop= says that the place is ours. */
static int make_link(const char *target, const char *link, bool ours) {
        char there[PATH_MAX];
        ssize_t n;
        int r = symlink(target, link);

        if (r >= 0 || errno != EEXIST)
                return r;
        n = readlink(link, there, sizeof(there));
        if (n >= 0 && (size_t)n == strlen(target) && memcmp(there, target, (size_t)n) == 0)
                return 0;
        errno = EEXIST;
        return ours && unlink(link) >= 0 ? symlink(target, link) : -1;
}

void socket_make_links(const Opener *o) {
        const SocketSpec *s = o->spec;
        const char *target = NULL;

        for (size_t i = 0; i < s->n_listen && !target; i++)
                if (listen_address_is_node(s->listen + i))
                        target = s->listen[i].address;
        STRV_FOREACH (link, s->symlinks) {
                if (!target)
                        return;
                (void)socket_make_parents(*link, s->directory_mode);
                if (make_link(target, *link, s->remove_on_stop) < 0)
                        report_add(o->report, SEVERITY_NOTE, o->file, 0, "Symlinks", "Symlinks=: %s: %s",
                                   *link, strerrordesc_np(errno) ?: "unknown error");
        }
}
