/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What the processes of one run share beyond their cgroup: directories of
 * their own in /tmp and /var/tmp, credentials, a network, IPC objects. Commands that come
 * later join the main process; units that name one another with
 * JoinsNamespaceOf= join whoever runs.
 */

#include "manager/files.h"
#include "manager/manager-internal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <unistd.h>

#define JOINS (EDGE(DEP_JOINS_NAMESPACE_OF) | EDGE(DEP_NAMESPACE_JOINED_BY))

/* The next unit that shares with `u`, after edge *i. */
static Unit *next_peer(const Unit *u, size_t *i) {
        while (*i < u->n_edges) {
                const Edge *e = u->edges + (*i)++;

                if ((e->kinds & JOINS) && e->other->type == UNIT_SERVICE && e->other->spec)
                        return e->other;
        }
        return NULL;
}

static int new_name(Manager *m, const Unit *u, char **ret) {
        const uint8_t *id = unit_runtime(u)->invocation_id;

        return str_printf(ret, "systemd-private-%s-%s-%02x%02x%02x%02x", m->host.boot_id ?: "0", u->id, id[0],
                          id[1], id[2], id[3]);
}

static int find_name(Manager *m, Unit *u) {
        UnitRuntime *rt = unit_runtime(u);
        Unit *peer;

        if (rt->private_name)
                return 0;
        for (size_t i = 0; (peer = next_peer(u, &i));)
                if (unit_runtime(peer)->private_name)
                        return str_replace(&rt->private_name, unit_runtime(peer)->private_name);
        return new_name(m, u, &rt->private_name);
}

static int open_namespace(pid_t pid, const char *kind) {
        char path[64];

        snprintf(path, sizeof(path), "/proc/%d/ns/%s", (int)pid, kind);
        return open(path, O_RDONLY | O_CLOEXEC);
}

/* A descriptor of the namespace that somebody of the run, or of a peer's, lives in already; -1. */
static int find_namespace(Unit *u, CommandKind kind, const char *name, bool (*has)(const SandboxSpec *s)) {
        pid_t own = machine_main_pid(&unit_runtime(u)->machine);
        Unit *peer;

        if (!has(u->spec->sandbox))
                return -1;
        if (kind != COMMAND_START && own > 0)
                return open_namespace(own, name);
        for (size_t i = 0; (peer = next_peer(u, &i));) {
                pid_t pid = machine_main_pid(&unit_runtime(peer)->machine);

                if (pid > 0 && has(peer->spec->sandbox))
                        return open_namespace(pid, name);
        }
        return -1;
}

static bool has_network(const SandboxSpec *s) {
        return s->private_network && !s->network_namespace_path;
}

static bool has_ipc(const SandboxSpec *s) {
        return s->private_ipc && !s->ipc_namespace_path;
}

static int find_credentials(Manager *m, Unit *u, ExecPlan *p) {
        char **path = &unit_runtime(u)->credentials_directory;
        int r = 0;

        if (!p->sandbox->load_credentials && !p->sandbox->import_credentials && !p->sandbox->set_credentials)
                return 0;
        if (!*path)
                r = str_printf(path, "%s/credentials/%s", m->host.runtime_dir, u->id);
        p->credentials_directory = *path;
        return r;
}

/* Compiling a filter takes a child milliseconds: the next one finds it done. A reload may have changed it. */
static void find_filters(Unit *u, ExecPlan *p) {
        UnitRuntime *rt = unit_runtime(u);
        uint64_t key = exec_filter_key(p);

        if (key == 0)
                return;
        if (key != rt->filter_key)
                fd_release(&rt->filter_fd);
        rt->filter_key = key;
        if (rt->filter_fd < 0)
                rt->filter_fd = memfd_create("filters", MFD_CLOEXEC);
        p->filter_fd = rt->filter_fd;
}

int unit_plan_namespaces(Manager *m, Unit *u, CommandKind kind, ExecPlan *p) {
        int r;

        p->network_fd = find_namespace(u, kind, "net", has_network);
        p->ipc_fd = find_namespace(u, kind, "ipc", has_ipc);
        find_filters(u, p);
        r = find_credentials(m, u, p);
        if (r < 0 || !p->sandbox->private_tmp)
                return r;
        r = find_name(m, u);
        p->private_name = unit_runtime(u)->private_name;
        return r;
}

/* A directory, a mount on it, or a link to one elsewhere: whatever the child could make. */
static void remove_credentials(Unit *u) {
        char *path auto_free = TAKE(unit_runtime(u)->credentials_directory), target[PATH_MAX];
        ssize_t n;

        if (!path)
                return;
        n = readlink(path, target, sizeof(target) - 1);
        if (n > 0) {
                target[n] = 0;
                remove_tree(target);
                (void)unlink(path);
                return;
        }
        if (umount2(path, MNT_DETACH | UMOUNT_NOFOLLOW) >= 0)
                (void)rmdir(path);
        else
                remove_tree(path);
}

/* The last of those that share the directories removes them. */
void unit_release_private(Unit *u) {
        static const char *const bases[] = { "/tmp", "/var/tmp" };
        char *name auto_free = TAKE(unit_runtime(u)->private_name), path[PATH_MAX];
        Unit *peer;

        remove_credentials(u);
        if (!name)
                return;
        for (size_t i = 0; (peer = next_peer(u, &i));)
                if (str_equal(unit_runtime(peer)->private_name, name))
                        return;
        for (size_t i = 0; i < ELEMENTSOF(bases); i++) {
                snprintf(path, sizeof(path), "%s/%s", bases[i], name);
                remove_tree_behind(path);
        }
}
