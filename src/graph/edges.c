/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * One edge for a pair of units, stored at both ends; each end knows the index
 * of its twin, so that a change or a removal touches two places, however many
 * edges the other unit has. A removed edge is replaced by the last one.
 */

#include "graph/graph.h"

#include <errno.h>

static uint32_t inverse_kinds(uint32_t kinds) {
        uint32_t inverse = 0;

        for (; kinds != 0; kinds &= kinds - 1)
                inverse |= EDGE(dependency_inverse((DependencyKind)__builtin_ctz(kinds)));
        return inverse;
}

/* The edge as stored in a. Costs the smaller number of edges of the two. */
static Edge *edge_between(const Unit *a, const Unit *b) {
        if (a->n_edges <= b->n_edges) {
                for (size_t i = 0; i < a->n_edges; i++)
                        if (a->edges[i].other == b)
                                return a->edges + i;
        } else {
                for (size_t i = 0; i < b->n_edges; i++)
                        if (b->edges[i].other == a)
                                return a->edges + b->edges[i].twin;
        }
        return NULL;
}

static int edge_make(Unit *a, Unit *b, Edge **ret) {
        int r;

        if (a->n_edges >= UINT32_MAX || b->n_edges >= UINT32_MAX)
                return -ENOMEM;
        r = array_reserve(&a->edges, &a->edges_capacity, a->n_edges + 1, sizeof(Edge));
        if (r < 0)
                return r;
        r = array_reserve(&b->edges, &b->edges_capacity, b->n_edges + 1, sizeof(Edge));
        if (r < 0)
                return r;
        a->edges[a->n_edges] = (Edge){ .other = b, .twin = (uint32_t)b->n_edges };
        b->edges[b->n_edges] = (Edge){ .other = a, .twin = (uint32_t)a->n_edges };
        *ret = a->edges + a->n_edges;
        a->n_edges++;
        b->n_edges++;
        return 0;
}

static void edge_cut(Unit *u, size_t i) {
        Edge *last = u->edges + --u->n_edges;

        if (u->edges + i == last)
                return;
        u->edges[i] = *last;
        last->other->edges[last->twin].twin = (uint32_t)i;
}

static void edge_drop(Unit *u, size_t i) {
        Unit *other = u->edges[i].other;
        size_t twin = u->edges[i].twin;

        edge_cut(u, i);
        edge_cut(other, twin);
}

/* After a change of what either end asks for. */
static void edge_refresh(Unit *u, Edge *e) {
        Edge *twin = e->other->edges + e->twin;
        uint32_t kinds = e->own | inverse_kinds(twin->own), old = e->kinds;

        if (kinds == old)
                return;
        e->kinds = kinds;
        twin->kinds = inverse_kinds(kinds);
        if (u->job && e->other->job)
                jobs_reordered(u->job, e->other->job, old, kinds);
}

int edge_add_own(Unit *from, uint32_t kinds, Unit *to) {
        Edge *e;
        int r;

        if (from == to || kinds == 0) /* a unit has no relation to itself, whatever its file says */
                return 0;
        e = edge_between(from, to);
        if (!e) {
                r = edge_make(from, to, &e);
                if (r < 0)
                        return r;
        }
        e->own |= kinds;
        edge_refresh(from, e);
        return 0;
}

void edges_clear_own(Unit *u) {
        for (size_t i = 0; i < u->n_edges;) {
                Edge *e = u->edges + i;

                if (e->own != 0) {
                        e->own = e->implied = 0;
                        edge_refresh(u, e);
                }
                if (e->kinds == 0)
                        edge_drop(u, i);
                else
                        i++;
        }
}

void edges_clear_all(Unit *u) {
        while (u->n_edges > 0) {
                Edge *e = u->edges + u->n_edges - 1;

                e->own = e->other->edges[e->twin].own = 0;
                edge_refresh(u, e);
                edge_drop(u, u->n_edges - 1);
        }
}

int graph_add_edge(Graph *g, Unit *from, DependencyKind kind, Unit *to) {
        ENSURE(from->graph == g && to->graph == g && (unsigned)kind < DEP_MAX, -EINVAL);
        return edge_add_own(from, EDGE(kind), to);
}

int edge_add_implied(Unit *from, uint32_t kinds, Unit *to) {
        const Edge *e = edge_between(from, to);
        int r;

        kinds &= e ? ~e->kinds : kinds;
        r = edge_add_own(from, kinds, to);
        if (r >= 0 && kinds != 0)
                edge_between(from, to)->implied |= kinds;
        return r;
}

/* What others have only because of the unit's present spec. */
static void edges_clear_implied_by(Unit *u) {
        for (size_t i = 0; i < u->n_edges;) {
                Edge *e = u->edges + i, *twin = e->other->edges + e->twin;

                twin->own &= ~TAKE(twin->implied);
                edge_refresh(u, e);
                if (e->kinds == 0)
                        edge_drop(u, i);
                else
                        i++;
        }
}

void graph_forget_spec(Graph *g, Unit *u) {
        ENSURE_VOID(u->graph == g && u->load_state != LOAD_MERGED);

        edges_clear_own(u);
        edges_clear_implied_by(u);
        u->load_state = LOAD_STUB;
}

const Edge *graph_next_referrer(const Unit *u, const Edge *previous) {
        for (const Edge *e = previous ? previous + 1 : u->edges; e < unit_edges_end(u); e++)
                if (edge_referred(e))
                        return e;
        return NULL;
}

bool unit_has_edge(const Unit *u, DependencyKind kind, const Unit *other) {
        const Edge *e = edge_between(u, other);

        return e && e->kinds & EDGE(kind);
}

const Edge *unit_next_edge(const Unit *u, DependencyKind kind, const Edge *previous) {
        for (const Edge *e = previous ? previous + 1 : u->edges; e < unit_edges_end(u); e++)
                if (e->kinds & EDGE(kind))
                        return e;
        return NULL;
}
