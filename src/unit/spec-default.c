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

bool mount_has_option(const MountSpec *mount, const char *option) {
        size_t n = strlen(option);

        for (const char *p = mount->options; p && *p; p += strcspn(p, ","), p += *p == ',')
                if (strcspn(p, ",") == n && strncmp(p, option, n) == 0)
                        return true;
        return false;
}

static bool file_system_is_remote(const MountSpec *mount) {
        static const char *const types[] = {
                "afs",   "ceph",           "cifs",       "smb3", "smbfs",     "sshfs", "ncpfs", "ncp",
                "nfs",   "nfs4",           "gfs",        "gfs2", "glusterfs", "pvfs2", "ocfs2", "lustre",
                "davfs", "fuse.glusterfs", "fuse.sshfs", "9p",
        };

        if (mount_has_option(mount, "_netdev"))
                return true;
        for (size_t i = 0; mount->fs_type && i < ELEMENTSOF(types); i++)
                if (str_equal(types[i], mount->fs_type))
                        return true;
        return false;
}

bool mount_is_given(const char *where) {
        static const char *const places[] = { "/", "/usr", "/etc" };
        static const char *const trees[] = { "/proc", "/sys", "/dev", "/run/initramfs" };

        if (!where)
                return true;
        for (size_t i = 0; i < ELEMENTSOF(places); i++)
                if (str_equal(where, places[i]))
                        return true;
        for (size_t i = 0; i < ELEMENTSOF(trees); i++) {
                const char *rest = str_after(where, trees[i]);

                if (rest && (*rest == 0 || *rest == '/'))
                        return true;
        }
        return false;
}

static int add_each(UnitSpec *s, const DefaultDependency *d, size_t n) {
        int r = 0;

        for (size_t i = 0; i < n && r >= 0; i++)
                r = spec_add_constant_dependency(s, d[i].kind, d[i].name);
        return r;
}

/* Nobody waits for a mount that may fail. */
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
        bool optional = mount_has_option(s->mount, "nofail");
        int r;

        if (mount_is_given(s->mount->where))
                return 0;
        if (file_system_is_remote(s->mount))
                r = add_each(s, remote, ELEMENTSOF(remote) - optional);
        else
                r = add_each(s, local, ELEMENTSOF(local) - optional);
        if (r >= 0)
                r = add_each(s, both, ELEMENTSOF(both));
        if (r >= 0 && str_equal(s->mount->fs_type, "tmpfs")) /* its pages may be swapped out */
                r = spec_add_constant_dependency(s, DEP_AFTER, "swap.target");
        return r;
}

/* A user's manager has basic.target for its services, and may well be without; it has no foundations. */
static int add_default(UnitSpec *s, const DefaultDependency *d, bool user) {
        if (!user || !str_equal(d->name, "sysinit.target"))
                return spec_add_constant_dependency(s, d->kind, d->name);
        return s->type == UNIT_SERVICE && d->kind == DEP_REQUIRES
                       ? spec_add_constant_dependency(s, DEP_WANTS, "basic.target")
                       : 0;
}

int spec_add_default_dependencies(UnitSpec *s, const SpecContext *c) {
        int r = 0;

        for (size_t i = 0; r >= 0 && i < ELEMENTSOF(defaults); i++)
                if (defaults[i].type == s->type && !str_equal(defaults[i].name, s->name))
                        r = add_default(s, &defaults[i], c->user);
        if (r < 0)
                return r;
        if (s->type == UNIT_TIMER)
                return add_clock(s);
        return s->type == UNIT_MOUNT ? add_for_mount(s) : 0;
}
