/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Who may be forgotten, for many at once: each unit is looked at and each edge
 * followed a bounded number of times, however many candidates there are.
 *
 * Upwards from the candidates all those are found that refer to them, as far
 * as that decides anything: where somebody who refers to a unit is alive, the
 * unit is needed and it does not matter who else refers to it. Downwards from
 * the needed ones of these all that they refer to is needed as well. Who is
 * left over is garbage, together with all who refer to it.
 */

#include "graph/graph.h"

typedef struct Sweep {
        Graph *graph;
        uint64_t seen, needed,
                done; /* marks: found; known to be needed; needed, and what it refers to has been told */
        Unit *tail;
} Sweep;

static bool is_alive(const Unit *u) {
        if (u->job || u->refs > 0 || u->perpetual || u->in_stub_queue || !unit_is_down(u))
                return true;
        return u->active == FAILED && u->spec->policy->collect_mode != COLLECT_INACTIVE_OR_FAILED;
}

static bool is_in_use(const Sweep *s, const Unit *u) {
        const GraphHooks *hooks = &s->graph->hooks;

        return hooks->unit_in_use && hooks->unit_in_use(u, hooks->userdata);
}

static bool is_needed_by_neighbour(const Sweep *s, const Unit *u) {
        for (size_t i = 0; i < u->n_edges; i++) {
                const Unit *other = u->edges[i].other;

                s->graph->n_steps++;
                if (edge_referred(u->edges + i) && (other->marker == s->needed || is_alive(other)))
                        return true;
        }
        return false;
}

static void append_referrers(Sweep *s, const Unit *u) {
        for (size_t i = 0; i < u->n_edges; i++) {
                Unit *other = u->edges[i].other;

                if (!edge_referred(u->edges + i) || other->marker == s->seen || other->marker == s->needed)
                        continue;
                other->marker = s->seen;
                other->walk_next = NULL;
                s->tail->walk_next = other;
                s->tail = other;
        }
}

/* Those that were only seen are not in the queue of stubs: its link makes the stack. */
static void tell_what_it_refers_to(const Sweep *s, Unit *u) {
        Unit *stack = NULL;

        for (;;) {
                for (size_t i = 0; i < u->n_edges; i++) {
                        Unit *other = u->edges[i].other;

                        s->graph->n_steps++;
                        if (u->edges[i].own == 0 || other->marker != s->seen)
                                continue;
                        other->marker = s->done;
                        other->stub_next = stack;
                        stack = other;
                }
                if (!stack)
                        return;
                u = stack;
                stack = TAKE(u->stub_next);
        }
}

static Unit *those_only_seen(const Sweep *s, Unit *chain) {
        Unit *first = NULL, **link = &first;

        for (Unit *u = chain, *next; u; u = next) {
                next = TAKE(u->walk_next);
                if (u->marker != s->seen)
                        continue;
                *link = u;
                link = &u->walk_next;
        }
        return first;
}

Unit *graph_find_garbage(Graph *g, Unit *candidates) {
        Sweep s = { .graph = g, .seen = g->mark + 1, .needed = g->mark + 2, .done = g->mark + 3 };

        g->mark += 3;
        for (Unit *u = candidates; u; u = u->walk_next) {
                u->marker = s.seen;
                s.tail = u;
        }
        for (Unit *u = candidates; u; u = u->walk_next)
                if (u->load_state == LOAD_MERGED || is_alive(u) || is_needed_by_neighbour(&s, u) ||
                    is_in_use(&s, u))
                        u->marker = s.needed;
                else
                        append_referrers(&s, u);
        for (Unit *u = candidates; u; u = u->walk_next)
                if (u->marker == s.needed)
                        tell_what_it_refers_to(&s, u);
        return those_only_seen(&s, candidates);
}

bool unit_was_looked_at(const Unit *u) {
        return u->marker + 2 >= u->graph->mark;
}

void graph_remove_garbage(Graph *g, Unit *garbage) {
        for (Unit *u = garbage; u; u = u->walk_next)
                edges_clear_all(u);
        for (Unit *u = garbage, *next; u; u = next) {
                next = u->walk_next;
                graph_remove(g, u);
        }
}
