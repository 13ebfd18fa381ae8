/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * daemon-reload: generators, then every unit file is read again. What runs
 * goes on with its machine, its processes and its jobs.
 *
 *      asked -> generators -> units -> answered
 *
 * Who asks while one is under way is answered by the next one: files may have
 * changed after the generators looked at them.
 */

#include "manager/manager-internal.h"

#include <errno.h>
#include <utlist.h>

struct ReloadWaiter {
        ReloadDone done;
        void *userdata;
        ReloadWaiter *next;
};

static void reload_begin(Manager *m);

static void answer(Manager *m, ReloadWaiter **list, int r) {
        ReloadWaiter *w;

        while ((w = *list)) {
                *list = w->next;
                if (w->done)
                        w->done(r, w->userdata);
                free(w);
        }
}

/* A unit that loads while others do may turn out to be another name of one that comes later. */
static int load_all(Manager *m) {
        int r, worst = 0;

        graph_forget_edges(m->graph);
        for (Unit *u = graph_next_unit(m->graph, NULL); u; u = graph_next_unit(m->graph, u)) {
                r = manager_load_one(m, u);
                if (r < 0)
                        worst = r;
        }
        r = manager_load_stubs(m);
        graph_recount_jobs(m->graph);
        return r < 0 ? r : worst;
}

static void apply_to_running(Manager *m, Unit *u) {
        UnitRuntime *rt = unit_runtime(u);
        Report unapplied = { 0 };

        unit_mark_changed(u);
        if (rt->group && group_apply(rt->group, u->spec->cgroup, &unapplied) >= 0)
                unit_note_unapplied(u, &unapplied);
        report_release(&unapplied);
        /* When it elapses next follows from what the file says now. */
        if (u->type == UNIT_TIMER && !u->spec->timer->on_clock_change)
                (void)manager_push_type(m, u, EVENT_CLOCK_CHANGED);
        unit_arm_timers(m, u);
}

static void reload_finish(Manager *m) {
        ManagerInternal *in = m->internal;
        int r, q;

        m->units_load_start = dual_now();
        r = loader_refresh(m->loader);
        q = load_all(m);
        for (Unit *u = graph_next_unit(m->graph, NULL); u; u = graph_next_unit(m->graph, u))
                apply_to_running(m, u);
        m->units_load_finish = dual_now();
        LOG(RELOADED, FIELD_I("N_UNITS", graph_count_units(m->graph)));
        in->reloading = false;
        if (m->observer.reloading)
                m->observer.reloading(false, m->observer.userdata);
        answer(m, &in->reload_waiters, MIN(r, q));
        if (in->reload_next)
                reload_begin(m);
        manager_kick(m);
}

static void reload_begin(Manager *m) {
        ManagerInternal *in = m->internal;
        int r;

        in->reloading = true;
        in->reload_waiters = TAKE(in->reload_next);
        if (m->observer.reloading)
                m->observer.reloading(true, m->observer.userdata);
        r = generators_run(m, reload_finish);
        if (r < 0)
                LOG_ERRNO(BOOT_STEP_FAILED, r, FIELD_S("STEP", "The run of generators"));
        if (r <= 0)
                reload_finish(m);
}

int manager_reload(Manager *m, ReloadDone done, void *userdata) {
        ManagerInternal *in = m->internal;
        ReloadWaiter *w = calloc(1, sizeof(*w));

        if (!w)
                return -ENOMEM;
        *w = (ReloadWaiter){ .done = done, .userdata = userdata };
        LL_APPEND(in->reload_next, w);
        /* The boot itself may still wait for its generators; it reads what there is then. */
        if (!in->reloading && !in->generators)
                reload_begin(m);
        return 0;
}

void manager_reload_pending(Manager *m) {
        if (m->internal->reload_next && !m->internal->reloading)
                reload_begin(m);
}

void reload_release(Manager *m) {
        answer(m, &m->internal->reload_waiters, -ESHUTDOWN);
        answer(m, &m->internal->reload_next, -ESHUTDOWN);
}
