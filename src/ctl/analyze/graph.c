/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/analyze/graph.h"

#include <errno.h>
#include <unistd.h>

/* What this module keeps for each unit; the machine of the graph. */
typedef struct GraphUnit {
        Report report;
        bool completed;
} GraphUnit;

Report *ctl_graph_report(const Unit *u) {
        return &((GraphUnit *)u->machine)->report;
}

static void on_unit_removed(Unit *u, void *userdata) {
        GraphUnit *unit = TAKE(u->machine);

        if (!unit)
                return;
        report_release(&unit->report);
        free(unit);
}

/* What exists because a manager does. */
static int add_perpetual_units(Graph *g) {
        for (size_t i = 0; perpetual_units[i]; i++) {
                Unit *u;
                int r = graph_add(g, perpetual_units[i], &u); /* read with the first unit that is asked for */

                if (r < 0)
                        return r;
                u->perpetual = true;
        }
        return 0;
}

/* The loader asks the environment, as the manager's does. */
static int search_first(char *const *directories) {
        const char *usual = getenv("SYSTEMD_UNIT_PATH");
        char *joined auto_free = NULL, *path auto_free = NULL;
        int r;

        r = strv_join(directories, ":", &joined);
        if (r >= 0)
                r = str_printf(&path, "%s:%s", joined, usual ? usual : "");
        if (r >= 0 && setenv("SYSTEMD_UNIT_PATH", path, 1) < 0)
                r = -errno;
        return r;
}

static char *const *mounts_with_files(void *userdata) {
        const CtlGraph *g = userdata;

        return loader_mounts(g->loader);
}

int ctl_graph_new(Ctl *c, char *const *directories, CtlGraph **ret) {
        GraphHooks hooks = { .unit_removed = on_unit_removed,
                             .machine_size = sizeof(GraphUnit),
                             .mounts = mounts_with_files };
        CtlGraph *g;
        int r = 0;

        if (directories && directories[0])
                r = search_first(directories);
        if (r < 0)
                return r;
        g = calloc(1, sizeof(*g));
        if (!g)
                return -ENOMEM;
        r = host_info_init(&g->host, environ);
        if (r >= 0)
                r = zone_store_init(&g->zones, getenv("TZ"));
        if (r >= 0)
                r = ctl_loader(c, &g->loader);
        hooks.userdata = g;
        if (r >= 0)
                r = graph_new(&hooks, &g->graph);
        if (r >= 0)
                r = add_perpetual_units(g->graph);
        if (r < 0) {
                ctl_graph_free(g);
                return r;
        }
        *ret = g;
        return 0;
}

void ctl_graph_free(CtlGraph *g) {
        if (!g)
                return;
        graph_free(g->graph);
        loader_free(g->loader);
        zone_store_release(&g->zones);
        host_info_release(&g->host);
        free(g);
}

/* Gives the unit its other names. 1: it was another name of a unit that is there, and is gone. */
static int adopt_names(Graph *g, Unit *u, const LoadedUnit *loaded) {
        int r;

        if (!str_equal(loaded->id, u->id)) {
                Unit *real = graph_find(g, loaded->id);
                bool merge = real && real != u;

                r = graph_add_name(g, merge ? real : u, merge ? u->id : loaded->id);
                if (r < 0 || merge)
                        return r < 0 ? r : 1;
                r = str_replace(&u->id, loaded->id);
                if (r < 0)
                        return r;
        }
        STRV_FOREACH (name, loaded->names) {
                r = graph_add_name(g, u, *name);
                if (r < 0 && r != -EEXIST)
                        return r;
        }
        return 0;
}

static LoadState load_state_of(const Unit *u, int outcome) {
        static const LoadState states[] = { [LOADED_OK] = LOAD_LOADED,
                                            [LOADED_NOT_FOUND] = LOAD_NOT_FOUND,
                                            [LOADED_MASKED] = LOAD_MASKED,
                                            [LOADED_BAD_SETTING] = LOAD_BAD_SETTING,
                                            [LOADED_ERROR] = LOAD_ERROR };

        if (u->perpetual)
                return LOAD_LOADED;
        /* A device has no file, and nobody waits for it. */
        return u->type == UNIT_DEVICE && outcome == LOADED_NOT_FOUND ? LOAD_LOADED : states[outcome];
}

static int load_one(CtlGraph *g, Unit *u) {
        const SpecContext context = { .specifiers = { .host = &g->host.specifiers },
                                      .zones = &g->zones.zones,
                                      .profile = getenv("SVINIT_PROFILE") };
        LoadedUnit loaded = { 0 };
        int outcome, r;

        outcome = loader_load(g->loader, &context, u->id, &loaded);
        if (outcome < 0)
                return outcome;
        r = u->perpetual ? 0 : adopt_names(g->graph, u, &loaded);
        if (r == 0) {
                free(u->fragment_path);
                u->fragment_path = TAKE(loaded.fragment_path);
                strv_free(u->dropins);
                u->dropins = TAKE(loaded.dropins);
                u->load_error = loaded.error;
                report_release(ctl_graph_report(u));
                *ctl_graph_report(u) = TAKE(loaded.report);
                r = graph_set_spec(g->graph, u, TAKE(loaded.spec), load_state_of(u, outcome));
        }
        loaded_unit_release(&loaded);
        return MIN(r, 0);
}

/* What needs both ends to be known. */
static int complete(Graph *g) {
        int r = 0;

        for (Unit *u = graph_next_unit(g, NULL); u && r >= 0; u = graph_next_unit(g, u)) {
                GraphUnit *unit = u->machine;

                if (unit->completed || u->load_state != LOAD_LOADED)
                        continue;
                unit->completed = true;
                r = graph_complete(g, u);
        }
        return r;
}

int ctl_graph_load(CtlGraph *g, const char *name, Unit **ret) {
        Unit *u;
        int r;

        r = graph_add(g->graph, name, &u);
        while (r >= 0 && (u = graph_next_stub(g->graph)))
                r = load_one(g, u);
        if (r >= 0)
                r = complete(g->graph);
        if (r < 0)
                return r;
        *ret = graph_find(g->graph, name); /* it may have been merged */
        return 0;
}
