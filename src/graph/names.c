/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Other names of a unit, and stubs that turn out to be one of them. */

#include "graph/graph.h"

#include <errno.h>

static bool may_be_merged(const Unit *u) {
        return (u->load_state == LOAD_STUB || u->load_state == LOAD_NOT_FOUND) &&
               active_state_is_down(u->active) && !u->job && !u->perpetual && !u->transient;
}

/* Both ends of each edge of `from` are made again with u. Nothing is taken away, so a failure leaves all whole. */
static int copy_edges(Unit *from, Unit *u) {
        for (size_t i = 0; i < from->n_edges; i++) {
                const Edge e = from->edges[i];
                uint32_t others = e.other->edges[e.twin].own;
                int r;

                r = edge_add_own(u, e.own, e.other);
                if (r >= 0)
                        r = edge_add_own(e.other, others, u);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int merge(Graph *g, Unit *stub, Unit *u) {
        NameEntry *e;
        char **names auto_strv = NULL;
        int r;

        r = strv_copy(u->names, &names);
        if (r >= 0)
                r = strv_add_all(&names, stub->names);
        if (r >= 0)
                r = copy_edges(stub, u);
        if (r < 0)
                return r;

        /* From here on nothing can fail: the strings of the index change hands with their array. */
        STRV_FOREACH (name, names) {
                e = graph_name_find(g, *name);
                if (!e)
                        continue;
                e->name = *name;
                e->hh.key = *name;
                e->unit = u;
        }
        strv_free(u->names);
        u->names = TAKE(names);
        u->refs += TAKE(stub->refs);

        edges_clear_all(stub);
        graph_unqueue_stub(g, stub);
        if (stub->active == FAILED)
                g->n_failed--;
        g->n_units--;
        stub->load_state = LOAD_MERGED;
        stub->stub_next = g->merged;
        g->merged = stub;
        return 0;
}

int graph_add_name(Graph *g, Unit *u, const char *alias) {
        Unit *holder = graph_find(g, alias);
        char *copy;
        int r;

        if (holder == u)
                return 0;
        if (!name_is_valid(alias, NAME_PLAIN | NAME_INSTANCE) || name_type(alias) != u->type)
                return -EINVAL;
        if (holder)
                return may_be_merged(holder) ? merge(g, holder, u) : -EEXIST;

        r = strv_add(&u->names, alias);
        if (r < 0)
                return r;
        copy = u->names[strv_length(u->names) - 1];
        r = graph_name_insert(g, copy, u);
        if (r < 0)
                strv_remove(u->names, alias);
        return r;
}

int graph_drop_name(Graph *g, Unit *u, const char *alias) {
        NameEntry *e = graph_name_find(g, alias);

        if (!e || e->unit != u || str_equal(u->id, alias))
                return -ENOENT;
        HASH_DEL(g->names, e);
        free(e);
        strv_remove(u->names, alias);
        return 0;
}
