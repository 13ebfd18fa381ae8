/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "exec/mount-plan.h"

#include <errno.h>

typedef struct Row {
        const char *path;
        MountContent content;
        MountAccess access;
        bool needed; /* else a path that is missing is passed over */
} Row;

/* systemd.exec(5) says which paths each of these settings is about. */
static const Row system_rows[] = { { "/usr", 0, ACCESS_READ_ONLY },   { "/boot", 0, ACCESS_READ_ONLY },
                                   { "/efi", 0, ACCESS_READ_ONLY },   { "/lib", 0, ACCESS_READ_ONLY },
                                   { "/lib64", 0, ACCESS_READ_ONLY }, { "/bin", 0, ACCESS_READ_ONLY },
                                   { "/sbin", 0, ACCESS_READ_ONLY },  { NULL } };
static const Row full_rows[] = { { "/etc", 0, ACCESS_READ_ONLY }, { NULL } };
/* File systems of the kernel have settings of their own, and so have homes. */
static const Row strict_rows[] = { { "/", 0, ACCESS_READ_ONLY, true },    { "/dev", 0, ACCESS_READ_WRITE },
                                   { "/proc", 0, ACCESS_READ_WRITE },     { "/sys", 0, ACCESS_READ_WRITE },
                                   { "/home", 0, ACCESS_READ_WRITE },     { "/root", 0, ACCESS_READ_WRITE },
                                   { "/run/user", 0, ACCESS_READ_WRITE }, { NULL } };
static const Row home_hidden_rows[] = { { "/home", CONTENT_INACCESSIBLE },
                                        { "/root", CONTENT_INACCESSIBLE },
                                        { "/run/user", CONTENT_INACCESSIBLE },
                                        { NULL } };
static const Row home_read_only_rows[] = { { "/home", 0, ACCESS_READ_ONLY },
                                           { "/root", 0, ACCESS_READ_ONLY },
                                           { "/run/user", 0, ACCESS_READ_ONLY },
                                           { NULL } };
static const Row home_empty_rows[] = { { "/home", CONTENT_TMPFS, ACCESS_READ_ONLY },
                                       { "/root", CONTENT_TMPFS, ACCESS_READ_ONLY },
                                       { "/run/user", CONTENT_TMPFS, ACCESS_READ_ONLY },
                                       { NULL } };
static const Row tunable_rows[] = { { "/proc/acpi", 0, ACCESS_READ_ONLY },
                                    { "/proc/fs", 0, ACCESS_READ_ONLY },
                                    { "/proc/irq", 0, ACCESS_READ_ONLY },
                                    { "/proc/latency_stats", 0, ACCESS_READ_ONLY },
                                    { "/proc/sys", 0, ACCESS_READ_ONLY },
                                    { "/proc/sysrq-trigger", 0, ACCESS_READ_ONLY },
                                    { "/proc/timer_stats", 0, ACCESS_READ_ONLY },
                                    { "/sys", 0, ACCESS_READ_ONLY },
                                    { "/sys/fs/cgroup", 0,
                                      ACCESS_READ_WRITE }, /* see ProtectControlGroups= */
                                    { NULL } };
static const Row module_rows[] = { { "/usr/lib/modules", CONTENT_INACCESSIBLE },
                                   { "/lib/modules", CONTENT_INACCESSIBLE },
                                   { NULL } };
static const Row log_rows[] = { { "/dev/kmsg", CONTENT_INACCESSIBLE },
                                { "/proc/kmsg", CONTENT_INACCESSIBLE },
                                { NULL } };
static const Row group_rows[] = { { "/sys/fs/cgroup", 0, ACCESS_READ_ONLY }, { NULL } };
static const Row device_rows[] = { { "/dev", CONTENT_DEVICES, 0, true }, { NULL } };
static const Row tmp_rows[] = { { "/tmp", CONTENT_TMP, 0, true },
                                { "/var/tmp", CONTENT_TMP, 0, true },
                                { NULL } };
static const Row queue_rows[] = { { "/dev/mqueue", CONTENT_QUEUES }, { NULL } };
static const Row proc_rows[] = { { "/proc", CONTENT_PROC, 0, true }, { NULL } };
static const Row api_rows[] = { { "/proc", CONTENT_PROC, 0, true },
                                { "/sys", CONTENT_SYS, 0, true },
                                { "/dev", CONTENT_HOST_DEVICES, 0, true },
                                { "/run", CONTENT_TMPFS, 0, true },
                                { NULL } };

/* Takes path and source, also on failure. */
static int add_entry(MountPlan *p, MountEntry e) {
        if (!e.path || array_reserve(&p->v, &p->capacity, p->n + 1, sizeof(MountEntry)) < 0) {
                free(e.path);
                free(e.source);
                return -ENOMEM;
        }
        e.source_fd = -1;
        p->v[p->n++] = e;
        return 0;
}

static int add_rows(MountPlan *p, const char *key, const Row *rows) {
        int r = 0;

        for (const Row *row = rows; r >= 0 && row->path; row++)
                r = add_entry(p, (MountEntry){ .key = key,
                                               .path = strdup(row->path),
                                               .content = row->content,
                                               .access = row->access,
                                               .optional = !row->needed,
                                               .below_root = true });
        return r;
}

/* "-" and "+" before a path. */
static const char *strip_marks(const char *text, MountEntry *e) {
        e->optional = *text == '-';
        text += e->optional;
        e->below_root = *text == '+';
        return text + e->below_root;
}

static int add_paths(MountPlan *p, const char *key, char *const *paths, MountEntry like) {
        int r = 0;

        STRV_FOREACH (text, paths) {
                MountEntry e = like;

                e.key = key;
                e.path = strdup(strip_marks(*text, &e));
                r = add_entry(p, e);
                if (r < 0)
                        break;
        }
        return r;
}

/* "FROM[:TO[:rbind|norbind]]"; the target is the service's, the source ours. */
static int add_binds(MountPlan *p, const char *key, char *const *binds, MountAccess access) {
        int r = 0;

        STRV_FOREACH (text, binds) {
                MountEntry e = { .key = key, .content = CONTENT_BIND, .access = access };
                const char *from = strip_marks(*text, &e), *to = strchr(from, ':'), *options;

                options = to ? strchr(to + 1, ':') : NULL;
                e.below_root = true;
                e.source = strndup(from, to ? (size_t)(to - from) : strlen(from));
                if (!to || to[1] == 0 || to + 1 == options)
                        e.path = e.source ? strdup(e.source) : NULL;
                else
                        e.path = strndup(to + 1, options ? (size_t)(options - to - 1) : strlen(to + 1));
                if (options && str_equal(options + 1, "norbind"))
                        e.content = CONTENT_BIND_FLAT;
                r = add_entry(p, e);
                if (r < 0)
                        break;
        }
        return r;
}

static bool has_option(const char *options, const char *name) {
        size_t n = strlen(name);

        for (const char *at = options; at && *at; at += strcspn(at, ","), at += *at == ',')
                if (strcspn(at, ",") == n && strncmp(at, name, n) == 0)
                        return true;
        return false;
}

/* "PATH[:OPTIONS]" */
static int add_empty(MountPlan *p, char *const *paths) {
        int r = 0;

        STRV_FOREACH (text, paths) {
                const char *colon = strchr(*text, ':');
                MountEntry e = { .key = "TemporaryFileSystem", .content = CONTENT_TMPFS, .below_root = true };

                e.path = strndup(*text, colon ? (size_t)(colon - *text) : strlen(*text));
                if (colon) {
                        e.source = strdup(colon + 1);
                        e.access = has_option(colon + 1, "ro") ? ACCESS_READ_ONLY : ACCESS_AS_IS;
                }
                r = add_entry(p, e);
                if (r < 0)
                        break;
        }
        return r;
}

/* "/var/lib/private/NAME": nothing else is seen in "/var/lib/private". */
static int add_private(MountPlan *p, char *const *directories) {
        int r = 0;

        STRV_FOREACH (d, directories) {
                MountEntry parent = { .key = "DynamicUser", .content = CONTENT_TMPFS }, own = {
                        .key = "DynamicUser", .content = CONTENT_BIND, .access = ACCESS_READ_WRITE
                };
                const char *end = strstr(*d, "/private/");

                if (!end)
                        continue;
                parent.path = strndup(*d, (size_t)(end - *d) + strlen("/private"));
                r = add_entry(p, parent);
                if (r < 0)
                        break;
                own.path = strdup(*d);
                own.source = strdup(*d);
                r = add_entry(p, own);
                if (r < 0)
                        break;
        }
        return r;
}

/* One after the other: each setting that is there adds its entries. */
typedef struct Wish {
        const char *key;
        bool is_set;
        const Row *rows;
} Wish;

#define WISHES_MAX 16
static size_t wishes_by_rows(const MountWishes *w, Wish ret[WISHES_MAX]) {
        const SandboxSpec *s = w->sandbox;
        bool own_proc = s->protect_proc != PROTECT_PROC_DEFAULT || s->proc_subset != PROC_SUBSET_ALL;
        const Wish all[] = {
                { "ProtectSystem", s->protect_system == PROTECT_SYSTEM_YES, system_rows },
                { "ProtectSystem", s->protect_system == PROTECT_SYSTEM_FULL, system_rows },
                { "ProtectSystem", s->protect_system == PROTECT_SYSTEM_FULL, full_rows },
                { "ProtectSystem", s->protect_system == PROTECT_SYSTEM_STRICT, strict_rows },
                { "ProtectHome", s->protect_home == PROTECT_HOME_YES, home_hidden_rows },
                { "ProtectHome", s->protect_home == PROTECT_HOME_READ_ONLY, home_read_only_rows },
                { "ProtectHome", s->protect_home == PROTECT_HOME_TMPFS, home_empty_rows },
                { "PrivateTmp", s->private_tmp, tmp_rows },
                { "PrivateDevices", s->private_devices, device_rows },
                { "PrivateIPC", w->new_ipc, queue_rows },
                { "ProtectKernelTunables", s->protect_kernel_tunables, tunable_rows },
                { "ProtectKernelModules", s->protect_kernel_modules, module_rows },
                { "ProtectKernelLogs", s->protect_kernel_logs, log_rows },
                { "ProtectControlGroups", s->protect_control_groups, group_rows },
                { s->protect_proc != PROTECT_PROC_DEFAULT ? "ProtectProc" : "ProcSubset", own_proc,
                  proc_rows },
                { "MountAPIVFS", s->mount_api_vfs && w->root, api_rows },
        };
        _Static_assert(ELEMENTSOF(all) == WISHES_MAX, "room for all");

        memcpy(ret, all, sizeof(all));
        return ELEMENTSOF(all);
}

typedef struct PathWish {
        const char *key;
        char *const *paths;
        MountEntry like;
} PathWish;

#define PATH_WISHES_MAX 6
static size_t wishes_by_paths(const MountWishes *w, PathWish ret[PATH_WISHES_MAX]) {
        const SandboxSpec *s = w->sandbox;
        char *const *kept = s->protect_system == PROTECT_SYSTEM_STRICT ? w->writable_directories : NULL;
        const PathWish all[] = {
                { "ReadWritePaths", s->read_write_paths, { .access = ACCESS_READ_WRITE } },
                { "ReadOnlyPaths", s->read_only_paths, { .access = ACCESS_READ_ONLY } },
                { "InaccessiblePaths", s->inaccessible_paths, { .content = CONTENT_INACCESSIBLE } },
                { "ExecPaths", s->exec_paths, { .exec = EXEC_ALLOWED } },
                { "NoExecPaths", s->no_exec_paths, { .exec = EXEC_DENIED } },
                { "ProtectSystem", kept, { .access = ACCESS_READ_WRITE } },
        };
        _Static_assert(ELEMENTSOF(all) == PATH_WISHES_MAX, "room for all");

        memcpy(ret, all, sizeof(all));
        return ELEMENTSOF(all);
}

void mount_plan_keys(const MountWishes *w, void (*visit)(const char *key, void *userdata), void *userdata) {
        PathWish by_paths[PATH_WISHES_MAX];
        Wish by_rows[WISHES_MAX];
        const char *last = NULL;

        for (size_t i = 0, n = wishes_by_rows(w, by_rows); i < n; i++)
                if (by_rows[i].is_set && !str_equal(by_rows[i].key, last))
                        visit(last = by_rows[i].key, userdata);
        for (size_t i = 0, n = wishes_by_paths(w, by_paths); i < n; i++)
                if (by_paths[i].paths && !str_equal(by_paths[i].key, "ProtectSystem"))
                        visit(by_paths[i].key, userdata);
        if (w->sandbox->bind_paths)
                visit("BindPaths", userdata);
        if (w->sandbox->bind_read_only_paths)
                visit("BindReadOnlyPaths", userdata);
        if (w->sandbox->temporary_file_systems)
                visit("TemporaryFileSystem", userdata);
        if (w->private_directories)
                visit("DynamicUser", userdata);
        if (w->sandbox->private_mounts)
                visit("PrivateMounts", userdata);
        if (w->sandbox->mount_flags)
                visit("MountFlags", userdata);
}

static void note_wish(const char *key, void *userdata) {
        *(bool *)userdata = true;
}

bool mount_namespace_is_wanted(const MountWishes *w) {
        bool wanted = false;

        mount_plan_keys(w, note_wish, &wanted);
        return wanted;
}

int mount_plan_build(const MountWishes *w, MountPlan *ret) {
        PathWish by_paths[PATH_WISHES_MAX];
        Wish by_rows[WISHES_MAX];
        MountPlan p = { 0 };
        int r = 0;

        for (size_t i = 0, n = wishes_by_rows(w, by_rows); r >= 0 && i < n; i++)
                if (by_rows[i].is_set)
                        r = add_rows(&p, by_rows[i].key, by_rows[i].rows);
        for (size_t i = 0, n = wishes_by_paths(w, by_paths); r >= 0 && i < n; i++)
                r = add_paths(&p, by_paths[i].key, by_paths[i].paths, by_paths[i].like);
        if (r >= 0)
                r = add_binds(&p, "BindPaths", w->sandbox->bind_paths, ACCESS_AS_IS);
        if (r >= 0)
                r = add_binds(&p, "BindReadOnlyPaths", w->sandbox->bind_read_only_paths, ACCESS_READ_ONLY);
        if (r >= 0)
                r = add_empty(&p, w->sandbox->temporary_file_systems);
        if (r >= 0)
                r = add_private(&p, w->private_directories);
        if (r < 0) {
                mount_plan_release(&p);
                return r;
        }
        *ret = p;
        return 0;
}

bool path_is_within(const char *path, const char *parent) {
        size_t n = strlen(parent);

        if (n == 1)
                return true;
        return strncmp(path, parent, n) == 0 && (path[n] == 0 || path[n] == '/');
}

/* A directory stands before what is in it: "/" sorts before all other characters. */
static int compare_paths(const char *a, const char *b) {
        for (; *a && *a == *b; a++, b++)
                continue;
        if (*a == *b)
                return 0;
        if (*a == 0 || *b == 0)
                return *a == 0 ? -1 : 1;
        if (*a == '/' || *b == '/')
                return *a == '/' ? -1 : 1;
        return (unsigned char)*a < (unsigned char)*b ? -1 : 1;
}

static int compare_entries(const void *a, const void *b) {
        const MountEntry *x = a, *y = b;
        int r = compare_paths(x->path, y->path);

        if (r != 0)
                return r;
        if (x->content != y->content) /* that which has one first */
                return (x->content ?: CONTENT_TMPFS + 1) < (y->content ?: CONTENT_TMPFS + 1) ? -1 : 1;
        return 0;
}

static void entry_release(MountEntry *e) {
        free(e->path);
        free(e->source);
}

/* Of two for one path: the content of the first, the narrower access of both. */
static void merge_entry(MountEntry *into, MountEntry *from) {
        into->access = MAX(into->access, from->access);
        into->exec = MAX(into->exec, from->exec);
        into->optional = into->optional && from->optional;
        entry_release(from);
}

void mount_plan_arrange(MountPlan *p) {
        size_t n = 0;

        if (p->n > 1)
                qsort(p->v, p->n, sizeof(MountEntry), compare_entries);
        for (size_t i = 0; i < p->n; i++) {
                MountEntry *last = n > 0 ? p->v + n - 1 : NULL, *e = p->v + i;

                if (last && str_equal(last->path, e->path))
                        merge_entry(last, e);
                else if (last && last->content == CONTENT_INACCESSIBLE && path_is_within(e->path, last->path))
                        entry_release(e);
                else
                        p->v[n++] = *e;
        }
        p->n = n;
}

void mount_plan_release(MountPlan *p) {
        for (size_t i = 0; i < p->n; i++)
                entry_release(p->v + i);
        free(p->v);
        *p = (MountPlan){ 0 };
}
