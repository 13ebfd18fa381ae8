/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "graph/graph.h"

#include <errno.h>
#include <utlist.h>

int graph_new(const GraphHooks *hooks, Graph **ret) {
        Graph *g = calloc(1, sizeof(*g));

        if (!g)
                return -ENOMEM;
        if (hooks)
                g->hooks = *hooks;
        *ret = g;
        return 0;
}

static void unit_free(Unit *u) {
        if (!u)
                return;
        free(u->id);
        strv_free(u->names);
        free(u->load_error_text);
        spec_free(u->spec);
        free(u->fragment_path);
        strv_free(u->dropins);
        free(u->edges);
        free(u);
}

/* Takes the unit out of the list, tells the hook and frees it. Its names are out of the index already. */
static void unit_dispose(Graph *g, Unit *u) {
        DL_DELETE(g->units, u);
        if (u->type == UNIT_MOUNT)
                mounts_forget(g, u);
        if (g->hooks.unit_removed)
                g->hooks.unit_removed(u, g->hooks.userdata);
        unit_free(u);
}

static void dispose_merged(Graph *g) {
        Unit *u;

        while ((u = g->merged)) {
                g->merged = u->stub_next;
                unit_dispose(g, u);
        }
}

void graph_free(Graph *g) {
        NameEntry *e, *next;
        Job *j, *next_job;
        Unit *u, *next_unit;

        if (!g)
                return;
        HASH_ITER (hh, g->jobs, j, next_job)
                job_end(g, j, JOB_CANCELED);
        HASH_ITER (hh, g->names, e, next) {
                HASH_DEL(g->names, e);
                free(e);
        }
        DL_FOREACH_SAFE (g->units, u, next_unit)
                unit_dispose(g, u);
        mounts_release(g);
        free(g);
}

NameEntry *graph_name_find(const Graph *g, const char *name) {
        NameEntry *e;

        HASH_FIND_STR(g->names, name, e);
        return e;
}

Unit *graph_find(const Graph *g, const char *name) {
        NameEntry *e = name ? graph_name_find(g, name) : NULL;

        return e ? e->unit : NULL;
}

int graph_name_insert(Graph *g, const char *name, Unit *u) {
        NameEntry *e = calloc(1, sizeof(*e));

        if (!e)
                return -ENOMEM;
        e->name = name;
        e->unit = u;
        HASH_ADD_KEYPTR(hh, g->names, e->name, strlen(e->name), e);
        if (!e->hh.tbl) {
                free(e);
                return -ENOMEM;
        }
        return 0;
}

void graph_queue_stub(Graph *g, Unit *u) {
        if (u->in_stub_queue)
                return;
        u->in_stub_queue = true;
        u->stub_next = NULL;
        if (g->stub_tail)
                g->stub_tail->stub_next = u;
        else
                g->stub_head = u;
        g->stub_tail = u;
}

void graph_unqueue_stub(Graph *g, Unit *u) {
        Unit *before = NULL;

        if (!u->in_stub_queue)
                return;
        for (Unit *i = g->stub_head; i != u; i = i->stub_next)
                before = i;
        *(before ? &before->stub_next : &g->stub_head) = u->stub_next;
        if (g->stub_tail == u)
                g->stub_tail = before;
        u->stub_next = NULL;
        u->in_stub_queue = false;
}

Unit *graph_next_stub(Graph *g) {
        Unit *u = g->stub_head;

        if (!u) {
                dispose_merged(g);
                return NULL;
        }
        graph_unqueue_stub(g, u);
        return u;
}

static int unit_new(Graph *g, const char *name, Unit **ret) {
        Unit *u = calloc(1, sizeof(*u));
        int r;

        if (!u)
                return -ENOMEM;
        u->graph = g;
        u->type = name_type(name);
        u->active = INACTIVE;
        r = str_replace(&u->id, name);
        if (r >= 0)
                r = strv_add(&u->names, name);
        if (r >= 0)
                r = spec_new(name, &u->spec);
        if (r >= 0 && g->hooks.machine_size > 0 && !(u->machine = calloc(1, g->hooks.machine_size)))
                r = -ENOMEM;
        if (r >= 0)
                r = graph_name_insert(g, u->names[0], u);
        if (r < 0) {
                free(u->machine);
                unit_free(u);
                return r;
        }
        *ret = u;
        return 0;
}

int graph_add(Graph *g, const char *name, Unit **ret) {
        Unit *u = graph_find(g, name);
        int r;

        if (!u) {
                if (!name_is_valid(name, NAME_PLAIN | NAME_INSTANCE))
                        return -EINVAL;
                r = unit_new(g, name, &u);
                if (r < 0)
                        return r;
                DL_APPEND(g->units, u);
                g->n_units++;
                graph_queue_stub(g, u);
                if (g->hooks.unit_added)
                        g->hooks.unit_added(u, g->hooks.userdata);
        }
        *ret = u;
        return 0;
}

/* Those that name u and are not in the middle of something are to be loaded again when u is gone. */
static void requeue_referrers(Graph *g, Unit *u) {
        for (size_t i = 0; i < u->n_edges; i++) {
                Unit *other = u->edges[i].other;

                if (!edge_referred(u->edges + i) || other->job || !unit_is_down(other) || other->transient ||
                    other->perpetual)
                        continue;
                other->load_state = LOAD_STUB;
                graph_queue_stub(g, other);
        }
}

void graph_remove(Graph *g, Unit *u) {
        ENSURE_VOID(u->graph == g && u->load_state != LOAD_MERGED && !u->planned);

        if (u->job) {
                JobRequests dropped = { 0 };

                graph_job_finish(g, u->job, JOB_CANCELED, &dropped);
                job_requests_release(&dropped);
        }
        requeue_referrers(g, u);
        edges_clear_all(u);
        graph_unqueue_stub(g, u);
        STRV_FOREACH (name, u->names) {
                NameEntry *e = graph_name_find(g, *name);

                if (!e || e->unit != u)
                        continue;
                HASH_DEL(g->names, e);
                free(e);
        }
        if (u->active == FAILED)
                g->n_failed--;
        g->n_units--;
        unit_dispose(g, u);
}

Unit *graph_next_unit(const Graph *g, const Unit *previous) {
        Unit *u = previous ? previous->next : g->units;

        while (u && u->load_state == LOAD_MERGED)
                u = u->next;
        return u;
}

size_t graph_count_units(const Graph *g) {
        return g->n_units;
}

unsigned graph_count_failed(const Graph *g) {
        return g->n_failed;
}
