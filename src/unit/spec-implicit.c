/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The slice of a unit, and the dependencies that follow from other settings
 * ("IMPLICIT DEPENDENCIES" of the manual pages). They hold with
 * DefaultDependencies=no as well.
 */

#include <errno.h>

#include "unit/spec-parts.h"

#define JOURNALD_SOCKET "systemd-journald.socket"
#define REMOUNT_SERVICE "systemd-remount-fs.service"

static int need(UnitSpec *s, const char *name) {
        int r;

        r = spec_add_dependency(s, DEP_REQUIRES, name);
        return r < 0 ? r : spec_add_dependency(s, DEP_AFTER, name);
}

/* Goes before what it triggers. */
static int trigger(UnitSpec *s, const char *name) {
        int r;

        r = spec_add_dependency(s, DEP_TRIGGERS, name);
        return r < 0 ? r : spec_add_dependency(s, DEP_BEFORE, name);
}

static bool has_cgroup(UnitType type) {
        return type == UNIT_SERVICE || type == UNIT_SOCKET || type == UNIT_MOUNT || type == UNIT_SWAP ||
               type == UNIT_SCOPE;
}

const char *spec_slice(const UnitSpec *s) {
        if (s->cgroup->slice)
                return s->cgroup->slice;
        return has_cgroup(s->type) ? "system.slice" : NULL;
}

/* The instances of "foo@.service" share "system-foo.slice"; what stays to the end stands at the top. */
static int default_slice(const UnitSpec *s, char **ret) {
        char *prefix auto_free = NULL, *escaped auto_free = NULL;
        int r;

        *ret = NULL;
        if (str_equal(s->name, "init.scope") || (s->type == UNIT_MOUNT && mount_is_given(s->mount->where))) {
                *ret = strdup("-.slice");
                return *ret ? 0 : -ENOMEM;
        }
        if (!has_cgroup(s->type) || name_kind(s->name) != NAME_INSTANCE)
                return 0;

        r = name_prefix(s->name, &prefix);
        if (r < 0)
                return r;
        r = name_escape(prefix, &escaped); /* a dash would mean another level */
        if (r < 0)
                return r;
        return str_printf(ret, "system-%s.slice", escaped);
}

static int set_slice(UnitSpec *s, char *slice) {
        CgroupSpec *cgroup;

        if (!slice)
                return 0;
        cgroup = spec_part(s, PART_CGROUP);
        if (!cgroup) {
                free(slice);
                return -ENOMEM;
        }
        free(cgroup->slice);
        cgroup->slice = slice;
        return 0;
}

static int add_slice(UnitSpec *s) {
        char *slice = NULL;
        const char *name;
        int r = 0;

        if (s->type == UNIT_SLICE) {
                r = name_slice_parent(s->name, &slice);
                if (r == -EINVAL)
                        return 0; /* not a slice's name: reported by the checks */
        } else if (!s->cgroup->slice) {
                r = default_slice(s, &slice);
        }
        if (r < 0)
                return r;
        r = set_slice(s, slice);
        if (r < 0)
                return r;

        name = spec_slice(s);
        if (!name)
                return 0;
        if (name != s->cgroup->slice) { /* the usual one, a constant */
                r = spec_add_constant_dependency(s, DEP_SLICE, name);
                if (r >= 0)
                        r = spec_add_constant_dependency(s, DEP_REQUIRES, name);
                return r < 0 ? r : spec_add_constant_dependency(s, DEP_AFTER, name);
        }
        r = spec_add_dependency(s, DEP_SLICE, name);
        return r < 0 ? r : need(s, name);
}

static int need_mounts_for(UnitSpec *s, const char *path) {
        CommonSpec *common;

        if (!path || path[0] != '/')
                return 0; /* "~" is known to the child only */
        common = spec_part(s, PART_COMMON);
        return common ? strv_add_unique(&common->requires_mounts_for, path) : -ENOMEM;
}

static bool is_log(StdOutput output) {
        return output == OUTPUT_JOURNAL || output == OUTPUT_JOURNAL_CONSOLE || output == OUTPUT_KMSG ||
               output == OUTPUT_KMSG_CONSOLE;
}

/* /tmp may be masked, so its mount is only wanted. */
static int add_for_private_tmp(UnitSpec *s) {
        int r;

        r = spec_add_constant_dependency(s, DEP_WANTS, "tmp.mount");
        if (r >= 0)
                r = spec_add_constant_dependency(s, DEP_AFTER, "tmp.mount");
        if (r >= 0)
                r = need_mounts_for(s, "/var/tmp");
        return r < 0 ? r : spec_add_constant_dependency(s, DEP_AFTER, "systemd-tmpfiles-setup.service");
}

/* StateDirectory= and its like. A manager with other prefixes asks for mounts that are not there: no harm. */
static int need_directories(UnitSpec *s) {
        static const char *const prefixes[DIRECTORY_KIND_MAX] = {
                [DIRECTORY_RUNTIME] = "/run",       [DIRECTORY_STATE] = "/var/lib",
                [DIRECTORY_CACHE] = "/var/cache",   [DIRECTORY_LOGS] = "/var/log",
                [DIRECTORY_CONFIGURATION] = "/etc",
        };
        int r = 0;

        for (size_t i = 0; i < DIRECTORY_KIND_MAX; i++)
                STRV_FOREACH (name, s->exec->directories[i].names) {
                        char *path auto_free = NULL;

                        if (r >= 0)
                                r = str_printf(&path, "%s/%.*s", prefixes[i], (int)strcspn(*name, ":"),
                                               *name);
                        if (r >= 0)
                                r = need_mounts_for(s, path);
                }
        return r;
}

static bool writes_below_var(const ExecSpec *e) {
        return e->directories[DIRECTORY_STATE].names || e->directories[DIRECTORY_CACHE].names ||
               e->directories[DIRECTORY_LOGS].names;
}

static int add_for_exec(UnitSpec *s) {
        int r = 0;

        if (!s->exec->working_directory_optional)
                r = need_mounts_for(s, s->exec->working_directory);
        if (r >= 0)
                r = need_mounts_for(s, s->exec->root_directory);
        if (r >= 0)
                r = need_directories(s);
        if (r >= 0 && writes_below_var(s->exec))
                r = spec_add_constant_dependency(s, DEP_AFTER, REMOUNT_SERVICE);
        if (r >= 0 && s->sandbox->private_tmp)
                r = add_for_private_tmp(s);
        if (r >= 0 && (is_log(s->exec->io.output) || is_log(s->exec->io.error)))
                r = spec_add_constant_dependency(s, DEP_AFTER, JOURNALD_SOCKET);
        return r;
}

static int add_for_service(UnitSpec *s) {
        int r = 0;

        if (s->service->type == TYPE_DBUS) {
                r = spec_add_constant_dependency(s, DEP_REQUIRES, "dbus.socket");
                if (r >= 0)
                        r = spec_add_constant_dependency(s, DEP_AFTER, "dbus.socket");
        }
        STRV_FOREACH (socket, s->service->sockets) {
                if (r >= 0)
                        r = spec_add_dependency(s, DEP_WANTS, *socket);
                if (r >= 0)
                        r = spec_add_dependency(s, DEP_AFTER, *socket);
                if (r >= 0)
                        r = spec_add_dependency(s, DEP_TRIGGERED_BY, *socket);
        }
        return r < 0 ? r : add_for_exec(s);
}

/* The unit of the same name, where the file names none. */
static int trigger_or_namesake(UnitSpec *s, const char *name, UnitType type) {
        char *namesake auto_free = NULL;
        int r;

        if (name)
                return trigger(s, name);
        if (name_kind(s->name) == NAME_TEMPLATE)
                return 0;
        r = name_change_type(s->name, type, &namesake);
        return r < 0 ? r : trigger(s, namesake);
}

static bool socket_runs_commands(const SocketSpec *socket) {
        return socket->exec_start_pre.n + socket->exec_start_post.n + socket->exec_stop_pre.n +
                       socket->exec_stop_post.n >
               0;
}

static int add_for_socket(UnitSpec *s) {
        int r = 0;

        if (!s->socket->accept) /* else each connection gets an instance of its own */
                r = trigger_or_namesake(s, s->socket->service, UNIT_SERVICE);
        for (size_t i = 0; r >= 0 && i < s->socket->n_listen; i++)
                if (s->socket->listen[i].kind != LISTEN_QUEUE) /* whose name is no path */
                        r = need_mounts_for(s, s->socket->listen[i].address);
        return r < 0 || !socket_runs_commands(s->socket) ? r : add_for_exec(s);
}

static int add_for_path(UnitSpec *s) {
        int r;

        r = trigger_or_namesake(s, s->path->unit, UNIT_SERVICE);
        for (size_t i = 0; r >= 0 && i < s->path->n_watches; i++)
                r = need_mounts_for(s, s->path->watches[i].path);
        return r;
}

static int need_mounts_above(UnitSpec *s, const char *where) {
        const char *slash = where ? strrchr(where, '/') : NULL;
        char *parent auto_free = NULL;

        if (!slash || where[1] == 0)
                return 0;
        parent = strndup(where, MAX((size_t)(slash - where), 1u));
        return parent ? need_mounts_for(s, parent) : -ENOMEM;
}

/* A mount needs what lies above its directory, and what it shows if that is a file or a directory. */
static int add_for_mount(UnitSpec *s) {
        int r;

        r = need_mounts_above(s, s->mount->where);
        if (r >= 0)
                r = add_for_exec(s);
        if (r >= 0 && (mount_has_option(s->mount, "bind") || mount_has_option(s->mount, "rbind") ||
                       mount_has_option(s->mount, "loop")))
                r = need_mounts_for(s, s->mount->what);
        return r;
}

/* A file can be used when its file system is writable. */
static int add_for_swap(UnitSpec *s) {
        int r;

        r = need_mounts_for(s, s->mount->what);
        if (r >= 0 && s->mount->what && !str_starts_with(s->mount->what, "/dev/"))
                r = spec_add_constant_dependency(s, DEP_AFTER, REMOUNT_SERVICE);
        return r < 0 ? r : add_for_exec(s);
}

int spec_add_implicit_dependencies(UnitSpec *s, const SpecContext *c) {
        int r;

        r = add_slice(s);
        if (r < 0)
                return r;

        switch (s->type) {
        case UNIT_SERVICE:
                return add_for_service(s);
        case UNIT_SOCKET:
                return add_for_socket(s);
        case UNIT_TIMER:
                return trigger_or_namesake(s, s->timer->unit, UNIT_SERVICE);
        case UNIT_PATH:
                return add_for_path(s);
        case UNIT_AUTOMOUNT:
                r = trigger_or_namesake(s, NULL, UNIT_MOUNT);
                return r < 0 ? r : need_mounts_above(s, s->mount->where);
        case UNIT_SWAP:
                return add_for_swap(s);
        case UNIT_MOUNT:
                return add_for_mount(s);
        default:
                return 0;
        }
}
