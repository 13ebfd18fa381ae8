/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "exec/mount-calls.h"
#include "exec/namespace.h"

#include <limits.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>

static int make_directories(const char *path) {
        char part[PATH_MAX];

        for (const char *slash = strchr(path + 1, '/');; slash = strchr(slash + 1, '/')) {
                size_t n = slash ? (size_t)(slash - path) : strlen(path);

                if (n >= sizeof(part))
                        return -ENAMETOOLONG;
                memcpy(part, path, n);
                part[n] = 0;
                if (mkdir(part, 0755) < 0 && errno != EEXIST)
                        return -errno;
                if (!slash)
                        return 0;
        }
}

/* A place to mount on: as the source, a directory or a file. */
static int make_place(const char *path, bool directory) {
        char parent[PATH_MAX];
        const char *slash = strrchr(path, '/');
        int fd auto_fd = -1, r;

        if (access(path, F_OK) >= 0 || errno != ENOENT)
                return 0;
        if (directory)
                return make_directories(path);
        if (slash > path) {
                (void)snprintf(parent, sizeof(parent), "%.*s", (int)(slash - path), path);
                r = make_directories(parent);
                if (r < 0)
                        return r;
        }
        fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC | O_NOFOLLOW, 0644);
        return fd < 0 ? -errno : 0;
}

/* A node that nobody may do anything with; the same places as in systemd. */
static int open_inaccessible(const ExecContext *c, const char *path) {
        char base[PATH_MAX], node[PATH_MAX + 8];
        struct stat st;
        int fd;

        if (stat(path, &st) < 0)
                return -errno;
        (void)snprintf(base, sizeof(base), "%s/systemd/inaccessible",
                       c->plan->directory_bases[DIRECTORY_RUNTIME]);
        (void)snprintf(node, sizeof(node), "%s/%s", base, S_ISDIR(st.st_mode) ? "dir" : "reg");
        if (mkdir(base, 0755) < 0 && errno != EEXIST)
                return -errno;
        if (S_ISDIR(st.st_mode)) {
                if (mkdir(node, 0) < 0 && errno != EEXIST)
                        return -errno;
        } else if (mknod(node, S_IFREG, 0) < 0 && errno != EEXIST)
                return -errno;
        fd = mount_copy(node, false);
        if (fd >= 0)
                (void)mount_restrict(fd,
                                     MOUNT_IS_READ_ONLY | MOUNT_HAS_NO_SUID | MOUNT_HAS_NO_DEVICES |
                                             MOUNT_HAS_NO_PROGRAMS,
                                     false);
        return fd;
}

/*
 * The unit's own directory in /tmp or /var/tmp: one that only root may pass,
 * and in it one for everybody. Somebody may have put a thing of his own there.
 */
static int open_tmp(const ExecContext *c, const char *path) {
        const char *base = str_ends_with(path, "/var/tmp") ? "/var/tmp" : "/tmp";
        char outer[PATH_MAX], inner[PATH_MAX + 8];
        struct stat st;

        if (!c->plan->private_name)
                return -EINVAL;
        (void)snprintf(outer, sizeof(outer), "%s/%s", base, c->plan->private_name);
        (void)snprintf(inner, sizeof(inner), "%s/tmp", outer);
        if (mkdir(outer, 0700) < 0 && errno != EEXIST)
                return -errno;
        if (lstat(outer, &st) < 0)
                return -errno;
        if (!S_ISDIR(st.st_mode) || st.st_uid != geteuid() || (st.st_mode & 077) != 0)
                return -EEXIST;
        if (mkdir(inner, 01777) >= 0) {
                if (chmod(inner, 01777) < 0)
                        return -errno;
        } else if (errno != EEXIST)
                return -errno;
        return mount_copy(inner, false);
}

int mount_entry_open(ExecContext *c, MountEntry *e) {
        int fd;

        switch (e->content) {
        case CONTENT_BIND:
        case CONTENT_BIND_FLAT:
                exec_detail(c, e->source);
                fd = mount_copy(e->source, e->content == CONTENT_BIND);
                break;
        case CONTENT_INACCESSIBLE:
                fd = open_inaccessible(c, e->path);
                break;
        case CONTENT_TMP:
                fd = open_tmp(c, e->path);
                break;
        case CONTENT_SYS:
                fd = mount_copy("/sys", true);
                break;
        case CONTENT_HOST_DEVICES:
                fd = mount_copy("/dev", true);
                break;
        default:
                return 0;
        }
        if (fd < 0)
                return fd;
        e->source_fd = fd;
        return 0;
}

/* mount(8)'s words for flags; the rest of the options is the file system's. */
static unsigned long split_options(const char *options, Buf *data) {
        static const struct {
                const char *word;
                unsigned long set, clear;
        } words[] = {
                { "ro", 0, 0 },
                { "rw", 0, 0 },
                { "nosuid", MS_NOSUID, 0 },
                { "suid", 0, MS_NOSUID },
                { "nodev", MS_NODEV, 0 },
                { "dev", 0, MS_NODEV },
                { "noexec", MS_NOEXEC, 0 },
                { "exec", 0, MS_NOEXEC },
                { "noatime", MS_NOATIME, MS_STRICTATIME },
                { "relatime", MS_RELATIME, MS_STRICTATIME },
        };
        unsigned long flags = MS_NODEV | MS_STRICTATIME;

        for (const char *at = options; at && *at;) {
                size_t n = strcspn(at, ","), i;

                for (i = 0; i < ELEMENTSOF(words); i++)
                        if (strlen(words[i].word) == n && strncmp(at, words[i].word, n) == 0)
                                break;
                if (i < ELEMENTSOF(words))
                        flags = (flags & ~words[i].clear) | words[i].set;
                else if (n > 0) {
                        buf_add_char(data, ',');
                        buf_add_n(data, at, n);
                }
                at += n + (at[n] == ',');
        }
        return flags;
}

static int mount_empty(const MountEntry *e) {
        Buf data auto_buf = { 0 };
        unsigned long flags;

        buf_add(&data, "mode=0755");
        flags = split_options(e->source, &data);
        if (data.error < 0)
                return data.error;
        return mount("tmpfs", e->path, "tmpfs", flags, data.data) < 0 ? -errno : 0;
}

/* What a program may expect in /dev that is no device of the machine. */
static const char *const nodes[] = { "null", "zero", "full",   "random",    "urandom", "tty",
                                     "pts",  "shm",  "mqueue", "hugepages", "log" };
static const struct {
        const char *name, *target;
} links[] = {
        { "ptmx", "pts/ptmx" },          { "fd", "/proc/self/fd" },       { "stdin", "/proc/self/fd/0" },
        { "stdout", "/proc/self/fd/1" }, { "stderr", "/proc/self/fd/2" }, { "core", "/proc/kcore" },
};

static int attach_node(int fd, const char *dev, const char *name) {
        char path[PATH_MAX];
        struct stat st;
        int r;

        (void)snprintf(path, sizeof(path), "%s/%s", dev, name);
        if (fstat(fd, &st) < 0)
                return -errno;
        r = make_place(path, S_ISDIR(st.st_mode));
        return r < 0 ? r : mount_attach(fd, path);
}

static int mount_devices(const MountEntry *e) {
        int fds[ELEMENTSOF(nodes)], r = 0, dev auto_fd = -1;
        char path[PATH_MAX];

        for (size_t i = 0; i < ELEMENTSOF(nodes); i++) {
                (void)snprintf(path, sizeof(path), "/dev/%s", nodes[i]);
                fds[i] = mount_copy(path, true);
        }
        if (mount("tmpfs", e->path, "tmpfs", MS_NOSUID | MS_NOEXEC | MS_STRICTATIME, "mode=0755,size=4m") < 0)
                r = -errno;
        for (size_t i = 0; i < ELEMENTSOF(nodes); i++) {
                if (fds[i] < 0)
                        continue; /* missing outside as well */
                if (r >= 0)
                        r = attach_node(fds[i], e->path, nodes[i]);
                (void)close(fds[i]);
        }
        for (size_t i = 0; r >= 0 && i < ELEMENTSOF(links); i++) {
                (void)snprintf(path, sizeof(path), "%s/%s", e->path, links[i].name);
                if (symlink(links[i].target, path) < 0)
                        r = -errno;
        }
        if (r < 0)
                return r;
        dev = open(e->path, O_PATH | O_CLOEXEC);
        return dev < 0 ? -errno : mount_restrict(dev, MOUNT_IS_READ_ONLY, false);
}

static int mount_proc(const ExecContext *c, const MountEntry *e) {
        const SandboxSpec *s = c->plan->sandbox;
        char options[64];

        (void)snprintf(options, sizeof(options), "hidepid=%s%s",
                       s->protect_proc == PROTECT_PROC_DEFAULT ? "off"
                                                               : protect_proc_to_string(s->protect_proc),
                       s->proc_subset == PROC_SUBSET_PID ? ",subset=pid" : "");
        return mount("proc", e->path, "proc", MS_NOSUID | MS_NOEXEC | MS_NODEV, options) < 0 ? -errno : 0;
}

int mount_entry_attach(ExecContext *c, MountEntry *e) {
        struct stat st = { .st_mode = S_IFDIR };
        int r;

        exec_detail(c, e->path);
        if (e->source_fd >= 0 && fstat(e->source_fd, &st) < 0)
                return -errno;
        if (e->content == CONTENT_INACCESSIBLE || e->content == CONTENT_QUEUES) {
                if (access(e->path, F_OK) < 0)
                        return -errno;
        } else {
                r = make_place(e->path, S_ISDIR(st.st_mode));
                if (r < 0)
                        return r;
        }
        switch (e->content) {
        case CONTENT_TMPFS:
                return mount_empty(e);
        case CONTENT_DEVICES:
                return mount_devices(e);
        case CONTENT_PROC:
                return mount_proc(c, e);
        case CONTENT_QUEUES:
                return mount("mqueue", e->path, "mqueue", MS_NOSUID | MS_NOEXEC | MS_NODEV, NULL) < 0 ? -errno
                                                                                                      : 0;
        default:
                r = mount_attach(e->source_fd, e->path);
                (void)close(TAKE_FD(e->source_fd));
                return r;
        }
}
