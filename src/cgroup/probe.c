/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Finding out. The place of our own group in each hierarchy follows from the
 * mount (mount point and root field of mountinfo) and from /proc/self/cgroup;
 * with the host's cgroup namespace the two differ by a prefix. Whether it is
 * ours to write is decided by a mkdir and by nothing else.
 *
 * v2 allows no processes beside enabled controllers, so we move into
 * init.scope. Others are moved only when they are ours: as PID 1 all are, else
 * our descendants; if somebody stays behind the controllers stay off and the
 * groups only track.
 */

#include "cgroup/internal.h"
#include "host/proc-file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static int unescape_octal(char *s) {
        char *to = s;

        for (; *s; s++)
                if (s[0] == '\\' && s[1] >= '0' && s[1] <= '3' && s[2] && s[3]) {
                        *to++ = (char)((s[1] - '0') << 6 | (s[2] - '0') << 3 | (s[3] - '0'));
                        s += 3;
                } else
                        *to++ = *s;
        *to = 0;
        return 0;
}

typedef struct CgroupMount {
        char *root, *point; /* into the line */
        const char *type, *options;
} CgroupMount;

/* "36 35 98:0 ROOT POINT rw,... [optional] - TYPE SOURCE SUPER-OPTIONS" */
static bool parse_mount(char *line, CgroupMount *ret) {
        char *separator = strstr(line, " - "), *save = NULL, *word = NULL;

        if (!separator)
                return false;
        *separator = 0;
        word = strtok_r(line, " ", &save);
        for (unsigned i = 0; word && i < 3; i++)
                word = strtok_r(NULL, " ", &save);
        ret->root = word;
        ret->point = strtok_r(NULL, " ", &save);
        save = NULL;
        ret->type = strtok_r(separator + 3, " ", &save);
        (void)strtok_r(NULL, " ", &save);
        ret->options = strtok_r(NULL, " ", &save) ?: "";
        if (!ret->root || !ret->point || !ret->type)
                return false;
        (void)unescape_octal(ret->root);
        (void)unescape_octal(ret->point);
        return true;
}

static bool has_option(const char *options, const char *name) {
        size_t n = strlen(name);

        for (const char *p = options; *p;) {
                size_t word = strcspn(p, ",");

                if (word == n && strncmp(p, name, n) == 0)
                        return true;
                p += word + (p[word] == ',');
        }
        return false;
}

static bool mount_is_of(const CgroupMount *m, Hierarchy h) {
        if (h == HIERARCHY_V2)
                return str_equal(m->type, "cgroup2");
        return str_equal(m->type, "cgroup") && has_option(m->options, cgroup_v1_name(h));
}

/* The own path without init.scope, in which we are after a re-execution. */
static int own_path(Hierarchy h, const char *self, char **ret) {
        char *text auto_free = strdup(self), *copy;
        const char *path;
        int r;

        if (!text)
                return -ENOMEM;
        r = cgroup_line_path(text, h, &path);
        if (r < 0)
                return r;
        if (str_starts_with(path, "/.."))
                return -ENOENT; /* outside of what is mounted here */
        copy = strdup(path);
        if (!copy)
                return -ENOMEM;
        if (str_ends_with(copy, INIT_SCOPE))
                copy[strlen(copy) - strlen(INIT_SCOPE)] = 0;
        if (!copy[0])
                strcpy(copy, "/");
        *ret = copy;
        return 0;
}

static int set_hierarchy(HierarchyInfo *info, const CgroupMount *m, char *own) {
        const char *below;
        int r;

        /* The mount may show a part of the tree only. */
        below = str_equal(m->root, "/") ? own : str_after(own, m->root);
        if (!below || (below[0] != 0 && below[0] != '/')) {
                free(own);
                return -ENOENT;
        }
        r = str_printf(&info->base, "%s%s", m->point, str_equal(below, "/") ? "" : below);
        if (r < 0) {
                free(own);
                return r;
        }
        info->own_path = own;
        return 0;
}

static int look_at_mount(Groups *gs, const char *line, const char *self) {
        char *copy auto_free = strdup(line);
        CgroupMount m;

        if (!copy)
                return -ENOMEM;
        if (!strstr(copy, " - cgroup") || !parse_mount(copy, &m))
                return 0;
        for (Hierarchy h = 0; h < HIERARCHY_MAX; h++) {
                char *own;

                if (!mount_is_of(&m, h) || own_path(h, self, &own) < 0)
                        continue;
                /* A later mount covers an earlier one at the same place; of others the first counts. */
                if (gs->hierarchies[h].base) {
                        free(own);
                        continue;
                }
                if (set_hierarchy(gs->hierarchies + h, &m, own) == -ENOMEM)
                        return -ENOMEM;
        }
        return 0;
}

static int read_mounts(Groups *gs) {
        char self[4096], *line auto_free = NULL;
        size_t capacity = 0;
        FILE *f;
        int r = proc_read("/proc/self/cgroup", self, sizeof(self));

        if (r < 0)
                return r;
        f = fopen("/proc/self/mountinfo", "re");
        if (!f)
                return -errno;
        while (r >= 0 && getline(&line, &capacity, f) >= 0) {
                line[strcspn(line, "\n")] = 0;
                r = look_at_mount(gs, line, self);
        }
        (void)fclose(f);
        return r;
}

static bool try_mkdir(const HierarchyInfo *info) {
        char *path auto_free = NULL;

        if (!info->base || str_printf(&path, "%s/svinit-probe-%d", info->base, (int)getpid()) < 0)
                return false;
        if (mkdir(path, 0755) < 0)
                return false;
        (void)rmdir(path);
        return true;
}

typedef struct Move {
        Groups *groups;
        unsigned moved, stayed;
} Move;

static bool is_ours(pid_t pid) {
        if (getpid() == 1)
                return true;
        for (unsigned depth = 0; pid > 1 && depth < 64; depth++, pid = process_parent(pid))
                if (pid == getpid())
                        return true;
        return false;
}

static int move_one(pid_t pid, void *userdata) {
        char text[16];
        Move *m = userdata;

        (void)snprintf(text, sizeof(text), "%d", (int)pid);
        if (is_ours(pid) && cgroup_write(m->groups, HIERARCHY_V2, INIT_SCOPE, "cgroup.procs", text) >= 0)
                m->moved++;
        else
                m->stayed++;
        return 0;
}

/* Only the processes of the group itself: a plain read of its list, which visit order of a tree would mix with others. */
static void move_all(Groups *gs) {
        for (unsigned turn = 0; turn < 8; turn++) {
                char text[65536], *line, *rest = text;
                Move m = { .groups = gs };

                if (cgroup_read(gs, HIERARCHY_V2, "", "cgroup.procs", text, sizeof(text)) <= 0)
                        return;
                while ((line = strsep(&rest, "\n")))
                        if (line[0])
                                (void)move_one((pid_t)atoi(line), &m);
                if (m.moved == 0)
                        return;
        }
}

static bool is_true_root(const Groups *gs) {
        char path[PATH_MAX];

        return cgroup_path(gs, HIERARCHY_V2, "", "cgroup.type", path) >= 0 && access(path, F_OK) < 0;
}

/* Which can be had is known when the two that every unit uses are switched on; the others wait until they are needed. */
static void find_controllers(Groups *gs) {
        char text[512];

        gs->controllers = cgroup_read(gs, HIERARCHY_V2, "", "cgroup.controllers", text, sizeof(text)) < 0
                                  ? 0
                                  : controllers_from_text(text);
        if (!gs->controllers)
                return;
        group_pass_on(&gs->top, CONTROLLER_MEMORY | CONTROLLER_PIDS);
        if (!(gs->top.passed_on) && gs->top.asked) /* somebody else's processes are in our group */
                gs->controllers = 0;
}

static void settle_in_v2(Groups *gs) {
        char text[512];

        if (cgroup_make(gs, HIERARCHY_V2, INIT_SCOPE) >= 0) {
                if (cgroup_read(gs, HIERARCHY_V2, "", "cgroup.controllers", text, sizeof(text)) > 0 &&
                    text[0] != '\n' && !is_true_root(gs))
                        move_all(gs);
                else
                        (void)cgroup_write(gs, HIERARCHY_V2, INIT_SCOPE, "cgroup.procs", "0");
        }
        find_controllers(gs);
}

static Hierarchy choose_v1(const Groups *gs) {
        static const Hierarchy order[] = { HIERARCHY_SYSTEMD, HIERARCHY_FREEZER, HIERARCHY_PIDS,
                                           HIERARCHY_MEMORY, HIERARCHY_CPU };

        for (size_t i = 0; i < ELEMENTSOF(order); i++)
                if (try_mkdir(gs->hierarchies + order[i]))
                        return order[i];
        return HIERARCHY_NONE;
}

int cgroup_probe(Groups *gs) {
        int r;

        gs->tier = TIER_SHIM;
        gs->tracking = HIERARCHY_NONE;
        r = read_mounts(gs);
        if (r == -ENOMEM)
                return r;
        if (gs->options.force_shim)
                return 0;
        if (try_mkdir(gs->hierarchies + HIERARCHY_V2)) {
                gs->tracking = HIERARCHY_V2;
                settle_in_v2(gs);
                gs->tier = gs->hierarchies[HIERARCHY_MEMORY].base && !(gs->controllers & CONTROLLER_MEMORY)
                                   ? TIER_HYBRID
                                   : TIER_V2;
                return 0;
        }
        gs->tracking = choose_v1(gs);
        if (gs->tracking != HIERARCHY_NONE)
                gs->tier = TIER_V1;
        return 0;
}
