/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Loaded units and the edges between them.
 *
 * A Graph owns its Units and Jobs. A Unit has an id, other names (aliases), a
 * spec, edges, at most one job, and the active state it was last told through
 * graph_unit_changed(). Units come from the loader: graph_add() makes a stub,
 * graph_set_spec() gives it a spec and makes the edges its spec names, creating
 * stubs for the other ends (listed by graph_next_stub(), so that the caller can
 * load them in turn, without recursion).
 *
 * An edge is stored at both ends, so that each question ("what is after me?")
 * costs the number of answers. Nothing here walks all units but the functions
 * that say so. Each end remembers which kinds it asked for itself, so that a
 * unit can be given a new spec and only what the old one said goes away.
 *
 * What follows from a unit's place: graph_set_spec() gives a unit with a
 * cgroup the edges to its slice (Slice=, else system.slice, or
 * system-PREFIX.slice for an instance; a slice to its parent): Requires= and
 * After=, systemd.resource-control(5). graph_complete() orders a target after
 * what it pulls in, systemd.target(5), and a unit with RequiresMountsFor= after
 * the mounts on the way; those that have a file it requires.
 *
 * Hooks are told when all is done and must not call back into the graph.
 */

#include "unit/spec.h"

/* A hash table that cannot grow reports it by leaving hh.tbl of the new element NULL. */
#ifndef HASH_NONFATAL_OOM
#define HASH_NONFATAL_OOM 1
#endif
#include <uthash.h>

typedef struct Job Job;
typedef struct Unit Unit;
typedef struct Graph Graph;

typedef enum LoadState {
        LOAD_STUB,
        LOAD_LOADED,
        LOAD_NOT_FOUND,
        LOAD_BAD_SETTING,
        LOAD_ERROR,
        LOAD_MERGED,
        LOAD_MASKED,
        LOAD_STATE_MAX
} LoadState;
typedef enum ActiveState {
        ACTIVE,
        RELOADING,
        INACTIVE,
        FAILED,
        ACTIVATING,
        DEACTIVATING,
        MAINTENANCE,
        ACTIVE_STATE_MAX
} ActiveState;
const char *load_state_to_string(LoadState s);         /* "loaded" "not-found" ... */
const char *active_state_to_string(ActiveState s);     /* "active" "reloading" ... */
static inline bool active_state_is_up(ActiveState s) { /* active or reloading */
        return s == ACTIVE || s == RELOADING;
}
static inline bool active_state_is_down(ActiveState s) {
        return s == INACTIVE || s == FAILED;
}

typedef struct Edge {
        Unit *other;
        uint32_t kinds; /* EDGE(kind) for each DependencyKind, as seen from the unit that holds the edge */
        uint32_t
                own; /* those of them that this end asked for; the rest are inverses of what the other end did */
        uint32_t implied; /* those of `own` that graph_complete() made from both specs */
        uint32_t twin;    /* index of the same edge in other->edges */
} Edge;
#define EDGE(kind) (UINT32_C(1) << (kind))
_Static_assert(DEP_MAX <= 32, "Edge.kinds has a bit for each kind");

struct Unit {
        char *id;     /* owned; the main name */
        char **names; /* owned; all names, the id included */
        UnitType type;
        LoadState load_state;
        int load_error; /* negative errno for LOAD_ERROR and LOAD_BAD_SETTING */
        ActiveState active;
        unsigned refs;         /* clients that hold it (Ref, AddRef); not collected while > 0 */
        char *load_error_text; /* owned; NULL without one */
        UnitSpec *spec;        /* owned; never NULL: a unit without a file has the defaults */
        char *fragment_path;   /* owned; NULL: none */
        char **dropins;        /* owned */
        Edge *edges;           /* owned */
        size_t n_edges, edges_capacity;
        Job *job;
        Graph *graph;
        bool perpetual; /* cannot be stopped: -.slice, init.scope, -.mount */
        bool in_stub_queue, transient;
        bool will_restart; /* down for the moment only: CHANGE_WILL_RESTART was the last that was told */
        uint32_t planned;  /* the transaction's: 0 outside graph_enqueue() */
        Unit *stub_next;
        Unit *prev, *next; /* all units, in the order they were added */
        Unit *walk_next;   /* for walks that must not allocate */
        void *machine;     /* the manager's; set once with graph_add()'s hook, freed by it */
        uint64_t marker;   /* for walks: equal to the graph's current mark when visited */
};

typedef struct GraphHooks {
        void (*unit_added)(Unit *u, void *userdata);   /* cannot fail: see machine_size */
        void (*unit_removed)(Unit *u, void *userdata); /* before it is freed */
        void (*job_added)(Job *j, void *userdata);     /* installed: JobNew */
        void (*job_removed)(
                Job *j, void *userdata); /* ended, with j->result: JobRemoved; the job is freed after it */
        void *userdata;
        bool (*unit_in_use)(const Unit *u, void *userdata); /* though it is down: not to be collected */
        size_t machine_size; /* > 0: u->machine is allocated with the unit, zeroed; whoever frees it is still the hook */
        /* The names of the mounts that have unit files, to be loaded when a path needs them; may be NULL. */
        char *const *(*mounts)(void *userdata);
} GraphHooks;

int graph_new(const GraphHooks *hooks, Graph **ret); /* hooks are copied; members may be NULL */
void graph_free(Graph *g);

Unit *graph_find(const Graph *g, const char *name); /* any name; NULL */
int graph_add(Graph *g, const char *name,
              Unit **ret);       /* finds, or makes a LOAD_STUB unit and queues it; -EINVAL, -ENOMEM */
Unit *graph_next_stub(Graph *g); /* takes the next unit that wants loading off the queue; NULL */
/* Takes the spec (also on failure) and makes its edges. The load state is given. */
int graph_set_spec(Graph *g, Unit *u, UnitSpec *spec, LoadState state);
/*
 * -EEXIST when another loaded unit has it, -EINVAL for a name of another type.
 * A unit that is a stub or was not found is merged into u: it gives its names
 * and edges and is LOAD_MERGED, out of all listings, until graph_next_stub()
 * comes to the end of the queue; so a pointer to it stays good while loading.
 */
int graph_add_name(Graph *g, Unit *u, const char *alias);
int graph_add_edge(Graph *g, Unit *from, DependencyKind kind, Unit *to); /* both ends; idempotent */
/*
 * Drops all edges and the job (cancelled). Units that are down and name this
 * one become stubs again and are queued: loading them makes their edges anew.
 */
void graph_remove(Graph *g, Unit *u);
/* After all stubs are loaded: what needs both ends to be known. From both sides, in any order. */
int graph_complete(Graph *g, Unit *u);
/*
 * For daemon-reload, before u is read again: what its spec said or helped to
 * imply goes and it is a stub once more (not queued), so that it may turn out
 * to be an alias now. Its job stays. Then it is given a spec, and completed.
 */
void graph_forget_spec(Graph *g, Unit *u);
/*
 * Takes away another name than the id. Who refers to u may have meant that
 * name: they are to be linked anew (graph_set_spec() without a new spec, and
 * graph_complete()); graph_next_referrer() finds them, NULL starts.
 */
int graph_drop_name(Graph *g, Unit *u, const char *alias); /* 0; -ENOENT: it is none of u's others */
const Edge *graph_next_referrer(const Unit *u, const Edge *previous);
void graph_recount_jobs(Graph *g); /* n_blockers of all jobs anew, from the new edges */
bool unit_has_edge(const Unit *u, DependencyKind kind, const Unit *other);
/* Behind the last one; of none at all there is not even an array. */
static inline const Edge *unit_edges_end(const Unit *u) {
        return u->n_edges > 0 ? u->edges + u->n_edges : u->edges;
}
/* Iteration: for (const Edge *e = NULL; (e = unit_next_edge(u, DEP_AFTER, e));) */
const Edge *unit_next_edge(const Unit *u, DependencyKind kind, const Edge *previous);

/* Iteration over all units or jobs (listings only); NULL starts, NULL ends. */
Unit *graph_next_unit(const Graph *g, const Unit *previous);
Job *graph_next_job(const Graph *g, const Job *previous);
size_t graph_count_units(const Graph *g);
size_t graph_count_jobs(const Graph *g);
unsigned graph_count_failed(const Graph *g); /* units in FAILED; kept up to date by graph_unit_changed() */
/*
 * Which of the candidates (a chain through walk_next, each in it once) may be
 * forgotten, and who else with them: those that are inactive (or failed with
 * CollectMode=), have no job, no ref and no use, while the same is true of all
 * that refer to them, directly or through others. Returns a chain.
 */
Unit *graph_find_garbage(Graph *g, Unit *candidates);
bool unit_was_looked_at(const Unit *u); /* right after that: it has been decided whether u is garbage */
/* Forgets that chain, nothing else having happened to the graph. */
void graph_remove_garbage(Graph *g, Unit *garbage);
static inline bool unit_is_down(const Unit *u) { /* for good: not between two runs */
        return active_state_is_down(u->active) && !u->will_restart;
}
