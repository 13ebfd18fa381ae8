/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The view of cgroups that a boot gets. Groups are made only below our own
 * ones, named after our pid, and removed when the boot has ended.
 */

#include "rig.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct {
        const char *controller; /* as in /proc/self/cgroup and in the options of mount; "" is v2 */
        const char *mount;
        bool few; /* also there when only the usual limits are */
} hierarchies[] = {
        { "", "unified", true },         { "memory", "memory", true },
        { "pids", "pids", true },        { "cpu", "cpu", true },
        { "cpuacct", "cpuacct", false }, { "cpuset", "cpuset", false },
        { "blkio", "blkio", false },     { "devices", "devices", false },
        { "freezer", "freezer", false }, { "name=systemd", "systemd", false },
};

static bool is_wanted(const Boot *b, unsigned i) {
        bool v1 = hierarchies[i].controller[0];

        if (strcmp(b->cgroup, "v1-few") == 0)
                return v1 && hierarchies[i].few;
        return strcmp(b->cgroup, "hybrid") == 0 || (v1 && strcmp(b->cgroup, "v1") == 0);
}

static bool write_file(const char *path, const char *text) {
        int fd = open(path, O_WRONLY | O_CLOEXEC);
        bool ok = fd >= 0 && write(fd, text, strlen(text)) >= 0;

        if (fd >= 0)
                close(fd);
        return ok;
}

/* Our own path in a hierarchy, from /proc/self/cgroup. */
static bool own_path(const char *controller, char *ret, size_t n) {
        char line[512], *path, *name;
        FILE *f = fopen("/proc/self/cgroup", "re");
        bool found = false;

        while (f && !found && fgets(line, sizeof(line), f)) {
                line[strcspn(line, "\n")] = 0;
                name = strchr(line, ':');
                path = name ? strchr(name + 1, ':') : NULL;
                if (!path)
                        continue;
                *path++ = 0;
                if (strcmp(name + 1, controller) == 0) {
                        snprintf(ret, n, "%s", strcmp(path, "/") == 0 ? "" : path);
                        found = true;
                }
        }
        if (f)
                fclose(f);
        return found;
}

static void copy_file(const char *from_dir, const char *to_dir, const char *name) {
        char path[700], text[256];
        size_t n = 0;
        FILE *f;

        snprintf(path, sizeof(path), "%s/%s", from_dir, name);
        f = fopen(path, "re");
        if (f) {
                n = fread(text, 1, sizeof(text) - 1, f);
                fclose(f);
        }
        text[n] = 0;
        snprintf(path, sizeof(path), "%s/%s", to_dir, name);
        if (n == 0 || !write_file(path, text))
                die(path);
}

/* A new cpuset of v1 has neither CPUs nor nodes, and takes nobody. */
static void fill_cpuset(const char *group) {
        char parent[512];

        snprintf(parent, sizeof(parent), "%s", group);
        *strrchr(parent, '/') = 0;
        copy_file(parent, group, "cpuset.cpus");
        copy_file(parent, group, "cpuset.mems");
}

static void enter(Boot *b, const char *controller, const char *mount_name) {
        char own[256], procs[600], pid[16];
        unsigned i = b->n_groups;

        if (!own_path(controller, own, sizeof(own)))
                return;
        snprintf(b->homes[i], sizeof(b->homes[i]), "/sys/fs/cgroup/%s%s/cgroup.procs", mount_name, own);
        snprintf(b->groups[i], sizeof(b->groups[i]), "/sys/fs/cgroup/%s%s/rig-%d", mount_name, own,
                 (int)getpid());
        if (mkdir(b->groups[i], 0755) < 0)
                die(b->groups[i]);
        b->n_groups++;
        if (strcmp(controller, "cpuset") == 0)
                fill_cpuset(b->groups[i]);
        snprintf(procs, sizeof(procs), "%s/cgroup.procs", b->groups[i]);
        snprintf(pid, sizeof(pid), "%d", (int)getpid());
        if (!write_file(procs, pid))
                die(procs);
}

void cgroups_enter(Boot *b) {
        for (unsigned i = 0; i < sizeof(hierarchies) / sizeof(hierarchies[0]); i++)
                if (is_wanted(b, i))
                        enter(b, hierarchies[i].controller, hierarchies[i].mount);
}

void cgroups_mount(const char *root, const Boot *b) {
        char path[600];

        snprintf(path, sizeof(path), "%s/sys/fs/cgroup", root);
        if (mount("tmpfs", path, "tmpfs", MS_NOSUID | MS_NODEV, "mode=755") < 0)
                die(path);
        if (strcmp(b->cgroup, "ro") == 0) {
                if (mount("cgroup2", path, "cgroup2", MS_RDONLY, NULL) < 0)
                        die("cgroup2");
                return;
        }
        for (unsigned i = 0; i < sizeof(hierarchies) / sizeof(hierarchies[0]); i++) {
                const char *c = hierarchies[i].controller;

                if (!is_wanted(b, i))
                        continue;
                snprintf(path, sizeof(path), "%s/sys/fs/cgroup/%s", root, hierarchies[i].mount);
                if (mkdir(path, 0755) < 0 ||
                    mount("cgroup", path, c[0] ? "cgroup" : "cgroup2", 0, c[0] ? c : NULL) < 0)
                        die(path);
        }
}

static int remove_group(const char *path, const struct stat *st, int type, struct FTW *ftw) {
        if (type == FTW_DP)
                (void)rmdir(path);
        return 0;
}

/* The namespace's end has killed everything inside; a group may stay busy until its zombies are reaped. */
void cgroups_leave(Boot *b) {
        char pid[16];

        snprintf(pid, sizeof(pid), "%d", (int)getpid());
        for (unsigned i = 0; i < b->n_groups; i++) {
                if (!write_file(b->homes[i], pid))
                        fprintf(stderr, "rig: cannot go back to %s: %s\n", b->homes[i], strerror(errno));
                for (unsigned tries = 0; tries < 200 && access(b->groups[i], F_OK) >= 0; tries++) {
                        (void)nftw(b->groups[i], remove_group, 8, FTW_DEPTH | FTW_PHYS);
                        if (access(b->groups[i], F_OK) >= 0)
                                usleep(5000);
                }
                if (access(b->groups[i], F_OK) >= 0)
                        fprintf(stderr, "rig: %s is left over\n", b->groups[i]);
        }
}
