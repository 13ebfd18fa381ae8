/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Edges: what the spec says, and what follows from the unit's type and place. */

#include "graph/graph.h"

#include <errno.h>

#define PULLS_IN                                                                                             \
        (EDGE(DEP_REQUIRES) | EDGE(DEP_REQUISITE) | EDGE(DEP_WANTS) | EDGE(DEP_BINDS_TO) | EDGE(DEP_UPHOLDS))
#define PULLED_IN_BY                                                                                         \
        (EDGE(DEP_REQUIRED_BY) | EDGE(DEP_REQUISITE_OF) | EDGE(DEP_WANTED_BY) | EDGE(DEP_BOUND_BY) |         \
         EDGE(DEP_UPHELD_BY))

/* systemd.resource-control(5): the instances of a template share a slice below system.slice. */
static int instance_slice(const char *id, char **ret) {
        char *prefix auto_free = NULL, *escaped auto_free = NULL;
        int r;

        r = name_prefix(id, &prefix);
        if (r >= 0)
                r = name_escape(prefix, &escaped);
        if (r >= 0)
                r = str_printf(ret, "system-%s.slice", escaped);
        return r;
}

/* The slice of a unit that names none; NULL: it has none. */
static int default_slice(const Unit *u, char **ret) {
        switch (u->type) {
        case UNIT_SLICE:
                return name_slice_parent(u->id, ret);
        case UNIT_SERVICE:
        case UNIT_SOCKET:
        case UNIT_MOUNT:
        case UNIT_SWAP:
        case UNIT_SCOPE:
                if (u->perpetual)
                        return str_replace(ret, "-.slice");
                if (u->spec->cgroup && u->spec->cgroup->slice)
                        return str_replace(ret, u->spec->cgroup->slice);
                if (name_kind(u->id) == NAME_INSTANCE)
                        return instance_slice(u->id, ret);
                return str_replace(ret, "system.slice");
        default:
                *ret = NULL;
                return 0;
        }
}

static Unit *slice_of(const Unit *u) {
        const Edge *e = unit_next_edge(u, DEP_SLICE, NULL);

        return e ? e->other : NULL;
}

int graph_imply_slice(Graph *g, Unit *u) {
        char *name auto_free = NULL;
        Unit *slice = slice_of(u);
        int r;

        if (!slice) {
                r = default_slice(u, &name);
                if (r < 0 || !name)
                        return r;
                r = graph_add(g, name, &slice);
                if (r < 0)
                        return r;
        }
        if (slice->type != UNIT_SLICE)
                return 0;
        return edge_add_own(u, EDGE(DEP_SLICE) | EDGE(DEP_REQUIRES) | EDGE(DEP_AFTER), slice);
}

/* A unit that is only a name asks for nothing; but what runs without a file any more still stops in order. */
static bool has_file(const Unit *u) {
        return (u->load_state != LOAD_NOT_FOUND && u->load_state != LOAD_MASKED) || !unit_is_down(u);
}

static int make_edges(Graph *g, Unit *u) {
        const CommonSpec *c = u->spec->common;

        if (!has_file(u))
                return 0;

        for (size_t i = 0; i < c->n_deps; i++) {
                Unit *other;
                int r;

                r = graph_add(g, c->deps[i].name, &other);
                if (r == -EINVAL) /* said by the reader of the file */
                        continue;
                if (r >= 0 && dependency_is_possible(c->deps[i].kind, u->type, other->type))
                        r = graph_add_edge(g, u, c->deps[i].kind, other);
                if (r < 0)
                        return r;
        }
        /* What runs stays where it is, also when its file is no good any more. */
        return u->load_state == LOAD_LOADED || !unit_is_down(u) ? graph_imply_slice(g, u) : 0;
}

int graph_set_spec(Graph *g, Unit *u, UnitSpec *spec, LoadState state) {
        int r;

        ENSURE(u->graph == g && u->load_state != LOAD_MERGED, -EINVAL);

        edges_clear_own(u);
        if (spec && spec != u->spec) {
                spec_free(u->spec);
                u->spec = spec;
        }
        u->load_state = state;
        r = make_edges(g, u);
        if (r >= 0 && u->type == UNIT_MOUNT)
                r = mounts_note(g, u);
        if (r >= 0 && state == LOAD_LOADED)
                r = mounts_call(g, u);
        if (r < 0) {
                u->load_state = LOAD_ERROR; /* a unit that has lost some of its edges must not be started */
                u->load_error = r;
        }
        return r;
}

static int order_target_after(Unit *target, Unit *u, uint32_t kinds) {
        if (target->type != UNIT_TARGET || target->load_state != LOAD_LOADED || u->load_state != LOAD_LOADED)
                return 0;
        if (!target->spec->policy->default_dependencies || !u->spec->policy->default_dependencies)
                return 0;
        if (kinds &
            (EDGE(DEP_BEFORE) | EDGE(DEP_AFTER))) /* kinds are the target's: somebody has chosen an order */
                return 0;
        return edge_add_implied(target, EDGE(DEP_AFTER), u);
}

static int order_targets(Unit *u) {
        /* Adds to edges that exist, so the array stays where it is. */
        for (size_t i = 0; i < u->n_edges; i++) {
                const Edge *e = u->edges + i;
                int r = 0;

                if (e->kinds & PULLS_IN)
                        r = order_target_after(u, e->other, e->kinds);
                if (r >= 0 && e->kinds & PULLED_IN_BY)
                        r = order_target_after(e->other, u, e->other->edges[e->twin].kinds);
                if (r < 0)
                        return r;
        }
        return 0;
}

int graph_complete(Graph *g, Unit *u) {
        int r;

        ENSURE(u->graph == g, -EINVAL);
        if (u->load_state != LOAD_LOADED)
                return 0;
        r = mounts_complete(g, u);
        return r < 0 ? r : order_targets(u);
}
