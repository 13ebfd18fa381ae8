/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * RequiresMountsFor=, and what implies it: a unit comes after every mount on
 * the way to its paths, and requires those that have a file. It is all one
 * whether the unit or the mount is loaded first.
 *
 * Mounts are few, so they are kept as a list with the directory that each
 * name stands for.
 */

#include "graph/graph.h"

#include <errno.h>

static bool is_on_the_way(const char *where, const char *path) {
        const char *rest = str_after(path, where);

        return str_equal(where, "/") || (rest && (*rest == 0 || *rest == '/'));
}

static bool is_needed_by(const char *where, const Unit *u) {
        STRV_FOREACH (path, u->spec->common->requires_mounts_for)
                if (is_on_the_way(where, *path))
                        return true;
        return false;
}

/* "mnt-x.mount" -> "/mnt/x" */
static int directory_of(const char *mount, char **ret) {
        char *prefix auto_free = NULL;
        int r;

        r = name_prefix_and_instance(mount, &prefix);
        return r < 0 ? r : name_path_unescape(prefix, ret);
}

static int need_mount(Unit *u, Unit *mount) {
        uint32_t kinds = EDGE(DEP_AFTER) | (mount->fragment_path ? EDGE(DEP_REQUIRES) : 0);

        return u == mount ? 0 : edge_add_implied(u, kinds, mount);
}

int mounts_note(Graph *g, Unit *u) {
        char *where = NULL;
        int r;

        for (size_t i = 0; i < g->n_mounts; i++)
                if (g->mounts[i].unit == u)
                        return 0;
        r = directory_of(u->id, &where);
        if (r == -EINVAL) /* not the name of a directory */
                return 0;
        if (r >= 0)
                r = array_reserve(&g->mounts, &g->mounts_capacity, g->n_mounts + 1, sizeof(*g->mounts));
        if (r < 0) {
                free(where);
                return r;
        }
        g->mounts[g->n_mounts++] = (MountPlace){ u, where };
        return 0;
}

void mounts_forget(Graph *g, const Unit *u) {
        for (size_t i = 0; i < g->n_mounts; i++)
                if (g->mounts[i].unit == u) {
                        free(g->mounts[i].where);
                        g->mounts[i] = g->mounts[--g->n_mounts];
                        return;
                }
}

void mounts_release(Graph *g) {
        for (size_t i = 0; i < g->n_mounts; i++)
                free(g->mounts[i].where);
        free(g->mounts);
}

int mounts_call(Graph *g, const Unit *u) {
        char *const *names = NULL;

        if (u->spec->common->requires_mounts_for && g->hooks.mounts)
                names = g->hooks.mounts(g->hooks.userdata);
        STRV_FOREACH (name, names) {
                char *where auto_free = NULL;
                Unit *mount;
                int r;

                r = directory_of(*name, &where);
                if (r >= 0 && is_needed_by(where, u))
                        r = graph_add(g, *name, &mount);
                if (r == -ENOMEM)
                        return r;
        }
        return 0;
}

int mounts_complete(Graph *g, Unit *u) {
        int r = 0;

        for (size_t i = 0; i < g->n_mounts && r >= 0; i++) {
                const MountPlace *m = g->mounts + i;

                if (m->unit->load_state != LOAD_LOADED)
                        continue;
                if (is_needed_by(m->where, u))
                        r = need_mount(u, m->unit);
                if (m->unit != u)
                        continue;
                for (Unit *other = graph_next_unit(g, NULL); other && r >= 0;
                     other = graph_next_unit(g, other))
                        if (other->load_state == LOAD_LOADED && is_needed_by(m->where, other))
                                r = need_mount(other, u);
        }
        return r;
}
