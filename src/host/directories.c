/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What has to be there before the first unit: file systems of the kernel (as
 * PID 1 of a machine or of a bare namespace) and what other programs expect
 * below /run. An engine has made most of it; each row is tried only where it
 * is missing, and what fails is a note.
 */

#include "host/account-file.h"
#include "host/environment.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct EarlyMount {
        const char *point, *witness; /* mounted when the witness exists */
        const char *type, *options;
        unsigned long flags;
        bool machine_only; /* a container that lacks it lacks it on purpose */
} EarlyMount;

static const EarlyMount mounts[] = {
        { "/proc", "/proc/self", "proc", NULL, MS_NOSUID | MS_NOEXEC | MS_NODEV, false },
        { "/sys", "/sys/kernel", "sysfs", NULL, MS_NOSUID | MS_NOEXEC | MS_NODEV, true },
        { "/dev", "/dev/null", "devtmpfs", "mode=0755", MS_NOSUID, true },
        { "/dev/pts", "/dev/pts/ptmx", "devpts", "mode=0620,gid=5,ptmxmode=0666", MS_NOSUID | MS_NOEXEC,
          true },
        { "/dev/shm", "/dev/shm", "tmpfs", "mode=1777", MS_NOSUID | MS_NODEV, false },
        { "/sys/fs/cgroup", "/sys/fs/cgroup/cgroup.procs", "cgroup2", "nsdelegate,memory_recursiveprot",
          MS_NOSUID | MS_NOEXEC | MS_NODEV, true },
};

typedef struct Node {
        const char *path; /* below the runtime directory, or absolute */
        mode_t mode;
        bool file;
        bool root_only;
        const char *group;
} Node;

static const Node nodes[] = {
        { "systemd", 0755, false, false, NULL },
        { "systemd/system", 0755, false, false, NULL }, /* programs ask whether it is there */
        { "systemd/units", 0755, false, false, NULL },
        { "systemd/transient", 0755, false, false, NULL },
        { "systemd/journal", 0755, false, false, NULL },
        { "svinit", 0755, false, false, NULL },
        { "lock", 01777, false, false, NULL },
        { "utmp", 0664, true, true, "utmp" },
        { "/var/log/wtmp", 0664, true, true, "utmp" },
        { "/var/log/btmp", 0660, true, true, "utmp" },
        { "/var/log/lastlog", 0664, true, true, "utmp" },
        { "/tmp", 01777, false, true, NULL },
        { "/var/tmp", 01777, false, true, NULL },
};

/* Left by an earlier run of this container: connecting to them would only puzzle. */
static const char *const stale_sockets[] = {
        "systemd/private",        "systemd/notify",          "systemd/journal/socket",
        "systemd/journal/stdout", "systemd/journal/dev-log", "systemd/journal/io.systemd.journal",
};

static void note(Report *report, const char *path, const char *what, int r) {
        report_add(report, SEVERITY_NOTE, path, 0, NULL, "%s: %s", what,
                   strerrordesc_np(-r) ?: "unknown error");
}

static void mount_one(const EarlyMount *m, bool container, Report *report) {
        if ((m->machine_only && container) || access(m->witness, F_OK) >= 0)
                return;
        (void)mkdir(m->point, 0755);
        if (mount(m->type, m->point, m->type, m->flags, m->options) >= 0)
                return;
        /* Options that an older kernel does not know. */
        if (errno == EINVAL && m->options && mount(m->type, m->point, m->type, m->flags, NULL) >= 0)
                return;
        note(report, m->point, "It could not be mounted", -errno);
}

/* A machine's /run is a tmpfs of this boot; a container's is what the image and the engine say. */
static void mount_run(Report *report) {
        struct stat root, run;

        if (stat("/", &root) < 0 || stat("/run", &run) < 0 || root.st_dev != run.st_dev)
                return;
        if (mount("tmpfs", "/run", "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755") < 0)
                note(report, "/run", "It could not be mounted", -errno);
}

static int make_file(const char *path, const Node *n) {
        int fd auto_fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW, n->mode);
        gid_t gid = (gid_t)-1;

        if (fd < 0)
                return errno == EEXIST ? 0 : -errno;
        if (n->group && account_file_group(n->group, &gid) >= 0 && fchown(fd, (uid_t)-1, gid) < 0)
                return -errno;
        return fchmod(fd, n->mode) < 0 ? -errno : 0;
}

/* Of a directory that is there the mode counts only where everybody has to write. */
static int make_directory(const char *path, const Node *n) {
        struct stat st;

        if (mkdir(path, 0755) >= 0)
                return chmod(path, n->mode) < 0 ? -errno : 0;
        if (errno != EEXIST)
                return -errno;
        if (!(n->mode & S_ISVTX) || stat(path, &st) < 0 || (st.st_mode & 07777) == n->mode)
                return 0;
        return chmod(path, n->mode) < 0 ? -errno : 0;
}

/* Cut off, it names nothing that is there. Without allocation: none of these may be left out. */
static void place(const HostInfo *h, const char *name, char path[static PATH_MAX]) {
        const char *below = name[0] == '/' ? "" : h->runtime_dir;

        (void)snprintf(path, PATH_MAX, "%s%s%s", below, below[0] ? "/" : "", name);
}

static void make_node(const HostInfo *h, const Node *n, Report *report) {
        char path[PATH_MAX];
        int r;

        if (n->root_only && !(h->root && h->pid1))
                return;
        place(h, n->path, path);
        r = n->file ? make_file(path, n) : make_directory(path, n);
        if (r < 0)
                note(report, path, "It could not be made", r);
}

static void remove_stale(const HostInfo *h, const char *name) {
        char path[PATH_MAX];
        struct stat st;

        place(h, name, path);
        if (lstat(path, &st) >= 0 && S_ISSOCK(st.st_mode))
                (void)unlink(path);
}

void host_prepare_directories(const HostInfo *h, Report *report) {
        if (h->pid1 && h->root) {
                for (size_t i = 0; i < ELEMENTSOF(mounts); i++)
                        mount_one(mounts + i, h->container, report);
                if (!h->container)
                        mount_run(report);
        }
        if (!h->runtime_writable) {
                report_add(report, SEVERITY_WARNING, h->runtime_dir, 0, NULL,
                           "No runtime directory can be written; svinit keeps its state in memory.");
                return;
        }
        for (size_t i = 0; i < ELEMENTSOF(nodes); i++)
                make_node(h, nodes + i, report);
        for (size_t i = 0; i < ELEMENTSOF(stale_sockets); i++)
                remove_stale(h, stale_sockets[i]);
}
