/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * DefaultDependencies=: "DEFAULT DEPENDENCIES" of the manual pages, as rows.
 *
 * One default is missing here because it needs both ends: a target comes after
 * all that it wants and requires. The graph adds it.
 */

#include "unit/spec-parts.h"

typedef struct DefaultDependency {
        UnitType type;
        DependencyKind kind;
        const char *name;
} DefaultDependency;

/* The three ways to leave with the rest when the system goes down, and to come after its foundations. */
#define STOPS_AT_SHUTDOWN(type)                                                                              \
        { type, DEP_CONFLICTS, "shutdown.target" }, {                                                        \
                type, DEP_BEFORE, "shutdown.target"                                                          \
        }
#define STOPS_AT_UMOUNT(type)                                                                                \
        { type, DEP_CONFLICTS, "umount.target" }, {                                                          \
                type, DEP_BEFORE, "umount.target"                                                            \
        }
#define NEEDS_SYSINIT(type)                                                                                  \
        { type, DEP_REQUIRES, "sysinit.target" }, {                                                          \
                type, DEP_AFTER, "sysinit.target"                                                            \
        }

static const DefaultDependency defaults[] = {
        NEEDS_SYSINIT(UNIT_SERVICE),
        { UNIT_SERVICE, DEP_AFTER, "basic.target" },
        STOPS_AT_SHUTDOWN(UNIT_SERVICE),

        { UNIT_SOCKET, DEP_BEFORE, "sockets.target" },
        NEEDS_SYSINIT(UNIT_SOCKET),
        STOPS_AT_SHUTDOWN(UNIT_SOCKET),

        { UNIT_TIMER, DEP_BEFORE, "timers.target" },
        NEEDS_SYSINIT(UNIT_TIMER),
        STOPS_AT_SHUTDOWN(UNIT_TIMER),

        { UNIT_PATH, DEP_BEFORE, "paths.target" },
        NEEDS_SYSINIT(UNIT_PATH),
        STOPS_AT_SHUTDOWN(UNIT_PATH),

        STOPS_AT_SHUTDOWN(UNIT_TARGET),
        STOPS_AT_SHUTDOWN(UNIT_SLICE),
        STOPS_AT_SHUTDOWN(UNIT_SCOPE),

        { UNIT_AUTOMOUNT, DEP_AFTER, "local-fs-pre.target" },
        { UNIT_AUTOMOUNT, DEP_BEFORE, "local-fs.target" },
        STOPS_AT_UMOUNT(UNIT_AUTOMOUNT),

        { UNIT_SWAP, DEP_BEFORE, "swap.target" },
        STOPS_AT_UMOUNT(UNIT_SWAP),
};

/* A calendar is only as good as the clock. */
static int add_clock(UnitSpec *s) {
        for (size_t i = 0; i < s->timer->n_values; i++)
                if (s->timer->values[i].base == TIMER_CALENDAR) {
                        int r;

                        r = spec_add_constant_dependency(s, DEP_AFTER, "time-set.target");
                        return r < 0 ? r : spec_add_constant_dependency(s, DEP_AFTER, "time-sync.target");
                }
        return 0;
}

static bool file_system_is_remote(const MountSpec *mount) {
        static const char *const types[] = {
                "afs",   "ceph",           "cifs",       "smb3", "smbfs",     "sshfs", "ncpfs", "ncp",
                "nfs",   "nfs4",           "gfs",        "gfs2", "glusterfs", "pvfs2", "ocfs2", "lustre",
                "davfs", "fuse.glusterfs", "fuse.sshfs", "9p",
        };

        if (mount->options && strstr(mount->options, "_netdev"))
                return true;
        for (size_t i = 0; mount->fs_type && i < ELEMENTSOF(types); i++)
                if (str_equal(types[i], mount->fs_type))
                        return true;
        return false;
}

/* /proc, /sys, /dev and what the container brought are nobody's to take down. */
static bool mount_is_given(const char *where) {
        static const char *const trees[] = { "/proc", "/sys", "/dev", "/run/user", "/" };

        for (size_t i = 0; where && i < ELEMENTSOF(trees); i++) {
                const char *rest = str_after(where, trees[i]);

                if (rest && (*rest == 0 || (*rest == '/' && i < ELEMENTSOF(trees) - 1)))
                        return true;
        }
        return !where;
}

static int add_for_mount(UnitSpec *s) {
        static const DefaultDependency local[] = {
                { UNIT_MOUNT, DEP_AFTER, "local-fs-pre.target" },
                { UNIT_MOUNT, DEP_BEFORE, "local-fs.target" },
        };
        static const DefaultDependency remote[] = {
                { UNIT_MOUNT, DEP_AFTER, "remote-fs-pre.target" },
                { UNIT_MOUNT, DEP_AFTER, "network.target" },
                { UNIT_MOUNT, DEP_WANTS, "network-online.target" },
                { UNIT_MOUNT, DEP_AFTER, "network-online.target" },
                { UNIT_MOUNT, DEP_BEFORE, "remote-fs.target" },
        };
        static const DefaultDependency both[] = { STOPS_AT_UMOUNT(UNIT_MOUNT) };
        bool far = file_system_is_remote(s->mount);
        const DefaultDependency *d = far ? remote : local;
        int r = 0;

        if (mount_is_given(s->mount->where))
                return 0;
        for (size_t i = 0; r >= 0 && i < (far ? ELEMENTSOF(remote) : ELEMENTSOF(local)); i++)
                r = spec_add_constant_dependency(s, d[i].kind, d[i].name);
        for (size_t i = 0; r >= 0 && i < ELEMENTSOF(both); i++)
                r = spec_add_constant_dependency(s, both[i].kind, both[i].name);
        return r;
}

int spec_add_default_dependencies(UnitSpec *s) {
        int r = 0;

        for (size_t i = 0; r >= 0 && i < ELEMENTSOF(defaults); i++)
                if (defaults[i].type == s->type && !str_equal(defaults[i].name, s->name))
                        r = spec_add_constant_dependency(s, defaults[i].kind, defaults[i].name);
        if (r < 0)
                return r;
        if (s->type == UNIT_TIMER)
                return add_clock(s);
        return s->type == UNIT_MOUNT ? add_for_mount(s) : 0;
}
