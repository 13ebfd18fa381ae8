/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Where groups lie, and what that means for the ones above and below.
 *
 *      v2     a controller is switched on in the groups above one that needs
 *             it, from the top down, and stays on: a group is asked once for
 *             each controller, whether it could or not
 *      v1     whoever has limits of that hierarchy gets a directory there, and
 *             everybody below a slice that has some; who runs already moves
 *
 * A slice lives as long as its unit holds it or something is in it. Nothing
 * here looks at more groups than those on the way up, or, when a slice gets
 * its first limit in v1, those below it.
 */

#include "cgroup/internal.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>
#include <utlist.h>

#define MOVE_ROUNDS_MAX 16

static const struct {
        Controller bit;
        const char *name; /* as Delegate= and cgroup.controllers have it */
        Hierarchy v1;
} controllers[] = {
        { CONTROLLER_MEMORY, "memory", HIERARCHY_MEMORY }, { CONTROLLER_PIDS, "pids", HIERARCHY_PIDS },
        { CONTROLLER_CPU, "cpu", HIERARCHY_CPU },          { CONTROLLER_IO, "io", HIERARCHY_BLKIO },
        { CONTROLLER_CPUSET, "cpuset", HIERARCHY_CPUSET },
};

const char *controller_name(Controller c) {
        for (size_t i = 0; i < ELEMENTSOF(controllers); i++)
                if (controllers[i].bit == c)
                        return controllers[i].name;
        return NULL;
}

unsigned controllers_from_text(const char *text) {
        unsigned found = 0;

        for (const char *p = text; *p; p += strspn(p, " \n")) {
                size_t n = strcspn(p, " \n");

                for (size_t i = 0; i < ELEMENTSOF(controllers); i++)
                        if (strlen(controllers[i].name) == n && strncmp(controllers[i].name, p, n) == 0)
                                found |= controllers[i].bit;
                p += n;
        }
        return found;
}

unsigned controllers_from_names(char *const *names) {
        unsigned found = 0;

        STRV_FOREACH (name, names)
                found |= controllers_from_text(str_equal(*name, "blkio") ? "io" : *name);
        return found;
}

/* From the top down: what a group has not got it cannot pass on. */
void group_pass_on(Group *g, unsigned wanted) {
        Groups *gs = g->groups;

        wanted &= gs->controllers & ~g->asked & ~g->disabled;
        if (!wanted || gs->tracking != HIERARCHY_V2)
                return;
        if (g->parent)
                group_pass_on(g->parent, wanted);
        for (size_t i = 0; i < ELEMENTSOF(controllers); i++) {
                char text[16];
                int r;

                if (!(wanted & controllers[i].bit))
                        continue;
                (void)snprintf(text, sizeof(text), "+%s", controllers[i].name);
                r = cgroup_write(gs, HIERARCHY_V2, g->path, "cgroup.subtree_control", text);
                g->asked |= controllers[i].bit;
                if (r >= 0)
                        g->passed_on |= controllers[i].bit;
                else if (!g->parent) /* nobody will have it */
                        gs->controllers &= ~(unsigned)controllers[i].bit;
        }
}

bool group_regain(Group *g, unsigned wanted) {
        unsigned lost = 0;

        for (Group *up = g->parent; up; up = up->parent) {
                char text[512];

                if (cgroup_read(g->groups, HIERARCHY_V2, up->path, "cgroup.subtree_control", text,
                                sizeof(text)) < 0)
                        return false;
                lost |= wanted & up->passed_on & ~controllers_from_text(text);
                up->asked &= ~lost;
                up->passed_on &= ~lost;
        }
        if (lost)
                group_pass_on(g->parent, lost);
        return lost && (g->parent->passed_on & lost) == lost;
}

bool group_has_v1(const Groups *gs, Controller c) {
        for (size_t i = 0; i < ELEMENTSOF(controllers); i++)
                if (controllers[i].bit == c && !(gs->controllers & c) && gs->tracking != HIERARCHY_NONE) {
                        const HierarchyInfo *info = gs->hierarchies + controllers[i].v1;

                        return info->base && !info->refused;
                }
        return false;
}

/* An empty cpuset takes nobody in: a new one starts with what is above it. */
static void fill_cpuset(Group *g) {
        static const char *const files[] = { "cpuset.cpus", "cpuset.mems" };

        for (size_t i = 0; i < ELEMENTSOF(files); i++) {
                char text[4096];

                if (cgroup_read(g->groups, HIERARCHY_CPUSET, g->parent ? g->parent->path : "", files[i], text,
                                sizeof(text)) > 0)
                        (void)cgroup_write(g->groups, HIERARCHY_CPUSET, g->path, files[i], text);
        }
}

typedef struct Move {
        Group *group;
        Hierarchy hierarchy;
        unsigned moved;
} Move;

static int move_one(pid_t pid, void *userdata) {
        Move *m = userdata;
        char *path auto_free = NULL, text[16];

        if (pid <= 1 || pid == getpid() ||
            (cgroup_of_pid(m->group->groups, m->hierarchy, pid, &path) >= 0 &&
             str_equal(path, m->group->path)))
                return 0;
        (void)snprintf(text, sizeof(text), "%d", (int)pid);
        if (cgroup_write(m->group->groups, m->hierarchy, m->group->path, "cgroup.procs", text) >= 0)
                m->moved++;
        return 0;
}

/* Those who run already: whoever forks meanwhile is met in the next round. */
static void move_in(Group *g, Hierarchy h) {
        Move m = { .group = g, .hierarchy = h, .moved = 1 };

        for (unsigned i = 0; i < MOVE_ROUNDS_MAX && TAKE(m.moved) > 0; i++)
                (void)cgroup_each_pid(g->groups, g->groups->tracking, g->path, move_one, &m);
}

int group_enter_hierarchy(Group *g, Hierarchy h) {
        HierarchyInfo *info = g->groups->hierarchies + h;
        int r = 0;

        if (g->made & 1U << h)
                return 0;
        if (!info->base || info->refused)
                return -ENODEV;
        if (g->parent)
                r = group_enter_hierarchy(g->parent, h);
        if (r >= 0)
                r = cgroup_make(g->groups, h, g->path);
        if (r == -EROFS || r == -EACCES || r == -EPERM)
                info->refused = true; /* for all groups to come: asked once */
        if (r < 0)
                return r;
        g->made |= 1U << h;
        g->stale = g->stale || r > 0;
        if (h == HIERARCHY_MEMORY)
                group_note_oom_kills(g);
        if (h == HIERARCHY_CPUSET)
                fill_cpuset(g);
        if (!g->is_slice && h != g->groups->tracking &&
            g->hh_path.tbl) /* else it is new and nobody is in it */
                move_in(g, h);
        return 0;
}

int group_limit_in(Group *g, Hierarchy h) {
        Group *child;
        int r = group_enter_hierarchy(g, h);

        if (r < 0 || !g->parent || g->limited & 1U << h) /* who is not in a group there is in ours */
                return r;
        g->limited |= 1U << h;
        DL_FOREACH2(g->children, child, next_sibling)
        (void)group_limit_in(child, h); /* one that cannot stays as it was */
        return 0;
}

static Group *find_group(Groups *gs, const char *path) {
        Group *g;

        HASH_FIND(hh_path, gs->by_path, path, strlen(path), g);
        return g;
}

/* Directories, and its place among the others. */
static int settle(Group *g) {
        Groups *gs = g->groups;

        if (gs->tracking != HIERARCHY_NONE) {
                int r = group_enter_hierarchy(g, gs->tracking);

                if (r < 0)
                        return r;
        }
        for (Hierarchy h = 0; h < HIERARCHY_MAX; h++)
                if (g->parent->limited & 1U << h && group_enter_hierarchy(g, h) >= 0)
                        g->limited |= 1U << h;
        HASH_ADD_KEYPTR(hh_path, gs->by_path, g->path, strlen(g->path), g);
        if (!g->hh_path.tbl)
                return -ENOMEM;
        DL_APPEND2(g->parent->children, g, prev_sibling, next_sibling);
        return 0;
}

static int group_make(Group *parent, const char *name, size_t n, Group **ret) {
        char *path;
        Group *g;
        int r = str_printf(&path, "%s/%.*s", parent->path, (int)n, name);

        if (r < 0)
                return r;
        g = find_group(parent->groups, path);
        if (g) {
                free(path);
                *ret = g;
                return 0;
        }
        g = calloc(1, sizeof(*g));
        if (!g) {
                free(path);
                return -ENOMEM;
        }
        *g = (Group){ .groups = parent->groups, .parent = parent, .path = path, .device_program = -1 };
        g->is_slice = str_ends_with(path, ".slice");
        r = settle(g);
        if (r < 0) {
                group_drop(g);
                return r;
        }
        *ret = g;
        return 0;
}

int group_find_or_make(Groups *gs, const char *slices, const char *unit, Group **ret) {
        Group *g = &gs->top;
        int r = 0;

        for (const char *p = slices; r >= 0 && *p; p += strspn(p, "/")) {
                size_t n = strcspn(p, "/");

                r = group_make(g, p, n, &g);
                p += n;
        }
        if (r >= 0)
                r = group_make(g, unit, strlen(unit), ret);
        if (r < 0)
                group_drop(g); /* slices made for nothing */
        return r;
}

void group_drop(Group *g) {
        while (g && g->parent && !g->held && !g->children) {
                Group *parent = g->parent;

                group_shims_release(g);
                group_events_remove(g);
                memory_watch_release(g);
                group_attributes_release(g);
                if (g->hh_path.tbl) {
                        HASH_DELETE(hh_path, g->groups->by_path, g);
                        DL_DELETE2(parent->children, g, prev_sibling, next_sibling);
                }
                for (Hierarchy h = 0; h < HIERARCHY_MAX; h++)
                        if (g->made & 1U << h)
                                cgroup_remove(g->groups, h, g->path);
                free(g->path);
                free(g);
                g = parent;
        }
}
