/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "exec/namespace.h"
#include "exec/mount-calls.h"

#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>

/* Directories that are the service's own: writable whatever ProtectSystem= says. */
static int writable_directories(const ExecPlan *p, char ***ret) {
        char **l auto_strv = NULL;

        for (DirectoryKind k = 0; k < DIRECTORY_KIND_MAX; k++) {
                if (k == DIRECTORY_CONFIGURATION || !p->directory_bases[k])
                        continue;
                STRV_FOREACH (name, p->exec->directories[k].names) {
                        char *path;
                        int r = str_printf(&path, "%s/%.*s", p->directory_bases[k], (int)strcspn(*name, ":"),
                                           *name);

                        if (r >= 0)
                                r = strv_push(&l, path);
                        if (r < 0)
                                return r;
                }
        }
        *ret = TAKE(l);
        return 0;
}

static int private_directories(const ExecPlan *p, char ***ret) {
        char **l auto_strv = NULL;

        for (DirectoryKind k = 0; k < DIRECTORY_KIND_MAX; k++) {
                if (!directory_is_private(p, k) || !p->directory_bases[k])
                        continue;
                STRV_FOREACH (name, p->exec->directories[k].names) {
                        char *path;
                        int r = str_printf(&path, "%s/private/%.*s", p->directory_bases[k],
                                           (int)strcspn(*name, ":"), *name);

                        if (r >= 0)
                                r = strv_push(&l, path);
                        if (r < 0)
                                return r;
                }
        }
        *ret = TAKE(l);
        return 0;
}

static bool ipc_is_wanted(const ExecPlan *p) {
        return p->sandbox->private_ipc || p->sandbox->ipc_namespace_path || p->ipc_fd >= 0;
}

static MountWishes wishes(const ExecPlan *p) {
        const char *root = p->apply_root_directory ? p->exec->root_directory : NULL;

        return (MountWishes){ .sandbox = p->sandbox,
                              .root = str_is_empty(root) || str_equal(root, "/") ? NULL : root,
                              .new_ipc = ipc_is_wanted(p) };
}

bool namespace_is_wanted(const ExecPlan *p) {
        const SandboxSpec *s = p->sandbox;
        MountWishes w;

        if (!p->apply_sandbox || !s)
                return false;
        w = wishes(p);
        return s->private_network || s->network_namespace_path || p->network_fd >= 0 || s->private_users ||
               s->protect_hostname || ipc_is_wanted(p) || mount_namespace_is_wanted(&w);
}

typedef struct Denial {
        ExecContext *context;
        const char *reason;
} Denial;

static void note_denied(const char *key, void *userdata) {
        Denial *d = userdata;

        /* The IPC namespace itself is noted where it is made. */
        if (!str_equal(key, "PrivateIPC"))
                exec_note_text(d->context, key, d->reason);
}

static bool is_denial(int r) {
        return r == -EPERM || r == -EACCES || r == -ENOSYS || r == -EINVAL || r == -ENOSPC || r == -EUSERS;
}

/* Below which root a path counts, without links. What does not exist yet stays as written. */
static int resolve_path(const MountWishes *w, MountEntry *e) {
        char *joined auto_free = NULL, *resolved;

        if (e->below_root && w->root) {
                int r = str_printf(&joined, "%s%s", w->root, str_equal(e->path, "/") ? "" : e->path);

                if (r < 0)
                        return r;
                free(e->path);
                e->path = TAKE(joined);
        }
        resolved = realpath(e->path, NULL);
        if (!resolved)
                return errno == ENOMEM ? -ENOMEM : 0;
        free(e->path);
        e->path = resolved;
        return 0;
}

/* An entry that cannot be: passed over where "-" stands before it or the place refuses, else the reason to fail. */
static int excuse(ExecContext *c, const MountEntry *e, int r) {
        if (r == -ENOENT && e->optional)
                return 0;
        exec_blame(c, e->key);
        return exec_tolerate(c, e->key, r);
}

static void remove_entry(MountPlan *p, size_t i) {
        free(p->v[i].path);
        free(p->v[i].source);
        memmove(p->v + i, p->v + i + 1, (p->n - i - 1) * sizeof(MountEntry));
        p->n--;
}

/* Everything is opened before anything is hidden. What is hidden by another entry has been dropped by then. */
static int open_all(ExecContext *c, MountPlan *p) {
        for (size_t i = 0; i < p->n;) {
                int r = mount_entry_open(c, p->v + i);

                if (r >= 0) {
                        i++;
                        continue;
                }
                r = excuse(c, p->v + i, r);
                if (r < 0)
                        return r;
                remove_entry(p, i);
        }
        return 0;
}

static int attach_all(ExecContext *c, MountPlan *p) {
        for (size_t i = 0; i < p->n;) {
                MountEntry *e = p->v + i;
                int r = e->content == CONTENT_AS_IS ? 0 : mount_entry_attach(c, e);

                if (r < 0) {
                        r = excuse(c, e, r);
                        if (r < 0)
                                return r;
                        remove_entry(p, i);
                } else
                        i++;
        }
        return 0;
}

/* Read-only, or without programs: which entries ask for it, and which are exceptions below them. */
typedef struct Restricting {
        uint64_t attribute;
        bool (*restricts)(const MountEntry *e);
        bool (*is_exception)(const MountEntry *e);
} Restricting;

static bool is_read_only(const MountEntry *e) {
        return e->access == ACCESS_READ_ONLY;
}

static bool stays_writable(const MountEntry *e) {
        return e->access == ACCESS_READ_WRITE || (e->access == ACCESS_AS_IS && e->content != CONTENT_AS_IS);
}

static bool is_without_programs(const MountEntry *e) {
        return e->exec == EXEC_DENIED;
}

static bool keeps_programs(const MountEntry *e) {
        return e->exec == EXEC_ALLOWED;
}

/*
 * Restricts the tree at entry i. The exceptions below it are copied before and
 * put on their places again after, so that mounts in them keep the attributes
 * they had: nothing becomes writable that was not.
 */
static int restrict_tree(MountPlan *p, size_t i, const Restricting *how) {
        const MountEntry *e = p->v + i;
        const char *within = NULL;
        int fd auto_fd = -1, r;

        for (size_t k = i + 1; k < p->n && path_is_within(p->v[k].path, e->path); k++) {
                MountEntry *below = p->v + k;

                if (!how->is_exception(below) || (within && path_is_within(below->path, within)))
                        continue;
                within = below->path;
                below->source_fd = mount_copy(below->path, true);
                if (below->source_fd < 0 && below->source_fd != -ENOENT)
                        return below->source_fd;
        }
        if (str_equal(e->path, "/")) {
                fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
                return fd < 0 ? -errno : mount_restrict(fd, how->attribute, true);
        }
        fd = mount_copy(e->path, true);
        if (fd < 0)
                return fd;
        r = mount_restrict(fd, how->attribute, true);
        return r < 0 ? r : mount_attach(fd, e->path);
}

static int put_back_exceptions(MountPlan *p, size_t i) {
        int r = 0;

        for (size_t k = i + 1; k < p->n; k++) {
                if (p->v[k].source_fd < 0)
                        continue;
                if (r >= 0)
                        r = mount_attach(p->v[k].source_fd, p->v[k].path);
                (void)close(p->v[k].source_fd);
                p->v[k].source_fd = -1;
        }
        return r;
}

static int restrict_all(ExecContext *c, MountPlan *p, const Restricting *how) {
        for (size_t i = 0; i < p->n; i++) {
                MountEntry *e = p->v + i;
                int r, back;

                if (!how->restricts(e))
                        continue;
                exec_detail(c, e->path);
                r = restrict_tree(p, i, how);
                back = put_back_exceptions(p, i);
                if (r >= 0)
                        r = back;
                r = r < 0 ? excuse(c, e, r) : 0;
                if (r < 0)
                        return r;
        }
        return 0;
}

static int apply_mounts(ExecContext *c, const MountWishes *w) {
        static const Restricting read_only = { MOUNT_IS_READ_ONLY, is_read_only, stays_writable },
                                 without_programs = { MOUNT_HAS_NO_PROGRAMS, is_without_programs,
                                                      keeps_programs };
        MountPlan p = { 0 };
        int r = mount_plan_build(w, &p);

        for (size_t i = 0; r >= 0 && i < p.n; i++)
                r = resolve_path(w, p.v + i);
        if (r < 0)
                return r;
        mount_plan_arrange(&p);
        r = open_all(c, &p);
        if (r >= 0)
                r = attach_all(c, &p);
        if (r >= 0)
                r = restrict_all(c, &p, &read_only);
        if (r >= 0)
                r = restrict_all(c, &p, &without_programs);
        mount_plan_release(&p);
        return r;
}

/* Mounts of the service stay with it; those of others still come. */
static int new_mounts(ExecContext *c) {
        const ExecPlan *p = c->plan;
        MountWishes w = wishes(p);
        char **kept auto_strv = NULL, **private auto_strv = NULL;
        int r;

        r = writable_directories(p, &kept);
        if (r >= 0)
                r = private_directories(p, &private);
        if (r < 0)
                return r;
        w.writable_directories = kept;
        w.private_directories = private;
        if (!mount_namespace_is_wanted(&w))
                return 0;
        if ((!c->has_mount_namespace && unshare(CLONE_NEWNS) < 0) ||
            mount(NULL, "/", NULL, MS_SLAVE | MS_REC, NULL) < 0) {
                Denial d = { c, "mount namespaces are denied here" };

                r = -errno;
                if (!is_denial(r))
                        return r;
                mount_plan_keys(&w, note_denied, &d);
                return 0;
        }
        r = apply_mounts(c, &w);
        if (r < 0)
                return r;
        return mount(NULL, "/", NULL, (p->sandbox->mount_flags ?: MS_SHARED) | MS_REC, NULL) < 0 ? -errno : 0;
}

/* The place may deny a namespace of its own; one that was named must be entered. */
static int new_namespace(ExecContext *c, const char *key, int flag) {
        int r;

        if (unshare(flag) >= 0)
                return 0;
        r = -errno;
        if (!is_denial(r))
                return r;
        exec_note_text(c, key, "namespaces are denied here");
        return 0;
}

int namespace_enter(ExecContext *c, const char *path, int flag) {
        int fd auto_fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

        exec_detail(c, path);
        exec_blame(c, flag == CLONE_NEWNET ? "NetworkNamespacePath" : "IPCNamespacePath");
        return fd < 0 || setns(fd, flag) < 0 ? -errno : 0;
}

int namespace_join(int fd, const char *own, int flag) {
        struct stat theirs, ours;

        if (fstat(fd, &theirs) >= 0 && stat(own, &ours) >= 0 && theirs.st_dev == ours.st_dev &&
            theirs.st_ino == ours.st_ino)
                return 0;
        return setns(fd, flag) < 0 ? -errno : 0;
}

int step_namespace(ExecContext *c) {
        const ExecPlan *p = c->plan;
        const SandboxSpec *s = p->sandbox;
        int r = 0;

        if (!p->apply_sandbox || !s)
                return 0;
        r = user_namespace_early(c);
        if (r >= 0 && s->ipc_namespace_path)
                r = namespace_enter(c, s->ipc_namespace_path, CLONE_NEWIPC);
        else if (r >= 0 && p->ipc_fd >= 0)
                r = namespace_join(p->ipc_fd, "/proc/self/ns/ipc", CLONE_NEWIPC);
        else if (r >= 0 && s->private_ipc)
                r = new_namespace(c, "PrivateIPC", CLONE_NEWIPC);
        if (r >= 0 && s->protect_hostname)
                r = new_namespace(c, "ProtectHostname", CLONE_NEWUTS);
        return r < 0 ? r : new_mounts(c);
}
