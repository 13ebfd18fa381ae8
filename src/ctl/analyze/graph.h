/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Units as a graph, made from the files alone: what a manager that is about to
 * start would load. No unit is active and no job is installed; whoever wants to
 * know what a request would do builds a transaction (graph/transaction.h) and
 * releases it.
 *
 *      ctl_graph_new() -> ctl_graph_load() for each unit of interest -> ctl_graph_free()
 *
 * Loading a unit loads all that its spec names, in turn. Units stay until the
 * end; a pointer to one is good until the next ctl_graph_load(), since a unit may
 * turn out to be another name of a unit that is there already.
 */

#include "ctl/core/ctl.h"
#include "graph/transaction.h"
#include "host/environment.h"
#include "load/zone-store.h"

typedef struct CtlGraph {
        Loader *loader; /* owned */
        Graph *graph;   /* owned */
        HostInfo host;  /* owned: specifiers stand for this machine */
        ZoneStore zones;
} CtlGraph;

/* Directories that are searched before the usual ones; NULL: none. 0 or a negative errno. */
int ctl_graph_new(Ctl *c, char *const *directories, CtlGraph **ret);
void ctl_graph_free(CtlGraph *g);
int ctl_graph_load(CtlGraph *g, const char *name,
                   Unit **ret);          /* 0, -EINVAL (no unit has that name), -ENOMEM */
Report *ctl_graph_report(const Unit *u); /* what was said about its files */
