/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cgroup/internal.h"
#include "host/proc-file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define CGROUP_DEPTH_MAX 32

int cgroup_path(const Groups *gs, Hierarchy h, const char *path, const char *file, char ret[PATH_MAX]) {
        const char *base = gs->hierarchies[h].base;
        int n;

        if (!base)
                return -ENODEV;
        n = snprintf(ret, PATH_MAX, "%s%s%s%s", base, path, file ? "/" : "", file ?: "");
        return n < 0 || n >= PATH_MAX ? -ENAMETOOLONG : 0;
}

int cgroup_read(const Groups *gs, Hierarchy h, const char *path, const char *file, char *buffer,
                size_t size) {
        char full[PATH_MAX];
        int r = cgroup_path(gs, h, path, file, full);

        return r < 0 ? r : proc_read(full, buffer, size);
}

int cgroup_write(const Groups *gs, Hierarchy h, const char *path, const char *file, const char *value) {
        char full[PATH_MAX];
        int fd auto_fd = -1, r = cgroup_path(gs, h, path, file, full);

        if (r < 0)
                return r;
        fd = open(full, O_WRONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
        if (fd < 0)
                return -errno;
        return write(fd, value, strlen(value)) < 0 ? -errno : 0;
}

int cgroup_read_u64(const Groups *gs, Hierarchy h, const char *path, const char *file, uint64_t *ret) {
        char text[64];
        int r = cgroup_read(gs, h, path, file, text, sizeof(text));

        if (r < 0)
                return r;
        text[strcspn(text, "\n")] = 0;
        if (str_equal(text, "max")) {
                *ret = UINT64_MAX;
                return 0;
        }
        return parse_u64(text, ret);
}

int cgroup_find_key(char *text, const char *key, uint64_t *ret) {
        char *line;

        while ((line = strsep(&text, "\n"))) {
                const char *value = str_after(line, key);

                if (value && *value == ' ')
                        return parse_u64(value + 1, ret);
        }
        return -ENOENT;
}

int cgroup_read_key(const Groups *gs, Hierarchy h, const char *path, const char *file, const char *key,
                    uint64_t *ret) {
        char text[4096];
        int r = cgroup_read(gs, h, path, file, text, sizeof(text));

        return r < 0 ? r : cgroup_find_key(text, key, ret);
}

int cgroup_make(Groups *gs, Hierarchy h, const char *path) {
        char full[PATH_MAX];
        int r = cgroup_path(gs, h, path, NULL, full);

        if (r < 0)
                return r;
        if (mkdir(full, 0755) < 0)
                return errno == EEXIST ? 1 : -errno;
        return 0;
}

/* A directory of cgroups counts its subdirectories as links; most have none. */
static bool has_children(const char *directory) {
        struct stat st;

        return stat(directory, &st) >= 0 && st.st_nlink > 2;
}

typedef int (*DirectoryVisitor)(const char *directory, void *userdata);

/* Children before their parent. */
static int visit_tree(const char *directory, unsigned depth, DirectoryVisitor visit, void *userdata) {
        struct dirent *e;
        DIR *d;
        int r = 0;

        if (depth > CGROUP_DEPTH_MAX)
                return -ELOOP;
        d = has_children(directory) ? opendir(directory) : NULL;
        while (d && r >= 0 && (e = readdir(d))) {
                char child[PATH_MAX];
                int n;

                if (e->d_type != DT_DIR || str_equal(e->d_name, ".") || str_equal(e->d_name, ".."))
                        continue;
                n = snprintf(child, sizeof(child), "%s/%s", directory, e->d_name);
                r = n < 0 || n >= PATH_MAX ? -ENAMETOOLONG : visit_tree(child, depth + 1, visit, userdata);
        }
        if (d)
                closedir(d);
        return r < 0 ? r : visit(directory, userdata);
}

static int remove_one(const char *directory, void *userdata) {
        (void)rmdir(directory);
        return 0;
}

void cgroup_remove(const Groups *gs, Hierarchy h, const char *path) {
        char full[PATH_MAX];

        if (cgroup_path(gs, h, path, NULL, full) < 0)
                return;
        if (rmdir(full) < 0 && errno != ENOENT) /* it has children, as a rule */
                (void)visit_tree(full, 0, remove_one, NULL);
}

typedef struct PidVisit {
        PidVisitor visit;
        void *userdata;
} PidVisit;

/* Reads without allocating: this is how processes are killed when memory is out. 0 stands for a process that our pid
 * namespace does not show. */
static int visit_procs(const char *directory, void *userdata) {
        const PidVisit *v = userdata;
        char path[PATH_MAX], text[2048];
        int n = snprintf(path, sizeof(path), "%s/cgroup.procs", directory), r = 0;
        int fd auto_fd = -1;
        pid_t pid = 0;
        ssize_t got;

        if (n < 0 || n >= PATH_MAX)
                return -ENAMETOOLONG;
        fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
        if (fd < 0)
                return errno == ENOENT ? 0 : -errno;
        while (r >= 0 && (got = read(fd, text, sizeof(text))) > 0)
                for (ssize_t i = 0; r >= 0 && i < got; i++) {
                        if (text[i] >= '0' && text[i] <= '9') {
                                pid = pid * 10 + (text[i] - '0');
                                continue;
                        }
                        if (pid > 0)
                                r = v->visit(pid, v->userdata);
                        pid = 0;
                }
        return r;
}

int cgroup_each_pid(const Groups *gs, Hierarchy h, const char *path, PidVisitor visit, void *userdata) {
        PidVisit v = { visit, userdata };
        char full[PATH_MAX];
        int r = cgroup_path(gs, h, path, NULL, full);

        return r < 0 ? r : visit_tree(full, 0, visit_procs, &v);
}

/* An error ends the visit: here it means "found". */
static int found_one(pid_t pid, void *userdata) {
        return -EBUSY;
}

bool cgroup_is_empty(const Groups *gs, Hierarchy h, const char *path) {
        uint64_t populated;

        if (h == HIERARCHY_V2)
                return cgroup_read_key(gs, h, path, "cgroup.events", "populated", &populated) < 0 ||
                       populated == 0;
        return cgroup_each_pid(gs, h, path, found_one, NULL) != -EBUSY;
}

const char *cgroup_v1_name(Hierarchy h) {
        static const char *const names[HIERARCHY_MAX] = {
                [HIERARCHY_SYSTEMD] = "name=systemd",
                [HIERARCHY_MEMORY] = "memory",
                [HIERARCHY_PIDS] = "pids",
                [HIERARCHY_CPU] = "cpu",
                [HIERARCHY_CPUSET] = "cpuset",
                [HIERARCHY_BLKIO] = "blkio",
                [HIERARCHY_DEVICES] = "devices",
                [HIERARCHY_FREEZER] = "freezer",
        };

        return names[h];
}

/* Is `name` one of the words between commas? */
static bool lists(const char *words, size_t n, const char *name) {
        size_t length = strlen(name);

        for (const char *p = words; p < words + n;) {
                size_t word = strcspn(p, ",:");

                if (word == length && strncmp(p, name, length) == 0)
                        return true;
                p += word + 1;
        }
        return false;
}

int cgroup_line_path(char *text, Hierarchy h, const char **ret) {
        char *line, *rest = text;

        while ((line = strsep(&rest, "\n"))) {
                char *controllers = strchr(line, ':'),
                     *path = controllers ? strchr(controllers + 1, ':') : NULL;

                if (!path)
                        continue;
                if (h == HIERARCHY_V2
                            ? !str_starts_with(line, "0::")
                            : !lists(controllers + 1, (size_t)(path - controllers - 1), cgroup_v1_name(h)))
                        continue;
                *ret = path + 1;
                return 0;
        }
        return -ENOENT;
}

int cgroup_of_pid(const Groups *gs, Hierarchy h, pid_t pid, char **ret) {
        const char *path, *below, *own = gs->hierarchies[h].own_path;
        char text[4096];
        int r = proc_read_of(pid, "cgroup", text, sizeof(text));

        if (r < 0)
                return r;
        r = cgroup_line_path(text, h, &path);
        if (r < 0 || !own)
                return -ENOENT;
        below = str_equal(own, "/") ? path : str_after(path, own);
        if (!below || below[0] != '/')
                return -ENOENT;
        *ret = strdup(below);
        return *ret ? 0 : -ENOMEM;
}
