/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bus/objects/control-group.h"

#include <errno.h>
#include <unistd.h>

#include "bus/codec/append.h"
#include "bus/object.h"

#define COMMAND_LINE_MAX 1024
#define ROOT_SLICE "-.slice"

/* "/a.slice/a-b.slice" of "a-b.slice", "" of the root slice: below the group of svinit. */
static int slice_path(const char *slice, char **ret) {
        char *path auto_free = strdup(""), *name auto_free = strdup(slice);

        if (!path || !name)
                return -ENOMEM;
        while (!str_equal(name, ROOT_SLICE)) {
                char *longer = NULL, *parent = NULL;

                if (str_printf(&longer, "/%s%s", name, path) < 0 || name_slice_parent(name, &parent) < 0) {
                        free(longer);
                        return -ENOMEM;
                }
                free(path);
                path = longer;
                free(name);
                name = parent;
        }
        *ret = TAKE(path);
        return 0;
}

/* As /proc/PID/cgroup has it. */
static int real_path(const Manager *m, const char *path, char **ret) {
        const char *root = groups_root(m->groups);

        if (!path[0])
                return str_printf(ret, "%s", str_is_empty(root) ? "/" : root);
        return str_printf(ret, "%s%s", str_equal(root, "/") ? "" : root, path);
}

int unit_group_path(const Unit *u, char **ret) {
        const UnitRuntime *rt = unit_runtime(u);

        if (rt->group)
                return str_printf(ret, "%s", group_path(rt->group));
        if (u->type == UNIT_SLICE && active_state_is_up(u->active))
                return slice_path(u->id, ret);
        if (str_equal(u->id, OWN_SCOPE))
                return str_printf(ret, "/" OWN_SCOPE);
        return -ENOENT;
}

int unit_control_group(Manager *m, const Unit *u, char **ret) {
        char *path auto_free = NULL;
        int r = unit_group_path(u, &path);

        if (r == -ENOENT)
                return str_printf(ret, "%s", "");
        return r < 0 ? r : real_path(m, path, ret);
}

void unit_read_usage(Manager *m, const Unit *u, unsigned wanted, GroupUsage *ret) {
        char *path auto_free = NULL;

        if (!unit_runtime(u)->group && unit_group_path(u, &path) >= 0)
                groups_usage_at(m->groups, path, wanted, ret);
        else
                unit_usage(u, wanted, ret);
}

static int append_process(sd_bus_message *m, const char *path, pid_t pid) {
        char *line auto_free = NULL;
        int r;

        if (process_command_line(pid, COMMAND_LINE_MAX, &line) < 0)
                return 0; /* gone by now */

        if ((r = sd_bus_message_open_container(m, 'r', "sus")) < 0 || (r = append_string(m, path)) < 0 ||
            (r = append_integer(m, 'u', pid)) < 0 || (r = append_string(m, line)) < 0)
                return r;
        return sd_bus_message_close_container(m);
}

static int append_unit(sd_bus_message *m, Manager *manager, const Unit *u) {
        const Group *g = unit_runtime(u)->group;
        pid_t *pids auto_free = NULL;
        char *path auto_free = NULL;
        size_t n = 0;
        int r = 0;

        if (!g || unit_pids(u, &pids, &n) < 0)
                return 0; /* the group has just gone */
        r = real_path(manager, group_path(g), &path);
        for (size_t i = 0; r >= 0 && i < n; i++)
                r = append_process(m, path, pids[i]);
        return r;
}

static bool path_is_below(const char *path, const char *parent) {
        const char *rest = str_after(path, parent);

        return rest && (rest[0] == '/' || rest[0] == 0);
}

/* svinit itself has no Group: it was there before there were any. */
static int append_self(sd_bus_message *m, Manager *manager) {
        char *path auto_free = NULL;

        if (real_path(manager, "/" OWN_SCOPE, &path) < 0)
                return -ENOMEM;
        return append_process(m, path, getpid());
}

static int append_slice(sd_bus_message *m, Manager *manager, const Unit *slice) {
        char *parent auto_free = NULL;
        int r;

        r = slice_path(slice->id, &parent);
        if (r >= 0 && str_equal(slice->id, ROOT_SLICE))
                r = append_self(m, manager);

        for (Unit *u = NULL; r >= 0 && (u = next_unit(manager->graph, u));) {
                Group *g = unit_runtime(u)->group;

                if (g && u->type != UNIT_SLICE && path_is_below(group_path(g), parent))
                        r = append_unit(m, manager, u);
        }
        return r;
}

int append_processes(sd_bus_message *m, Manager *manager, const Unit *u) {
        int r = sd_bus_message_open_container(m, 'a', "(sus)");

        if (r < 0)
                return r;
        if (u->type == UNIT_SLICE)
                r = append_slice(m, manager, u);
        else if (str_equal(u->id, OWN_SCOPE))
                r = append_self(m, manager);
        else
                r = append_unit(m, manager, u);
        return r < 0 ? r : sd_bus_message_close_container(m);
}
