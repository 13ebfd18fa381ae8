/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * daemon-reload: generators, then svinit.conf and the units whose files have
 * changed are read again. What runs goes on with its machine, its processes
 * and its jobs; what has not changed is not touched.
 *
 *      asked -> generators -> units -> answered
 *
 * Who asks while one is under way is answered by the next one: files may have
 * changed after the generators looked at them.
 */

#include "manager/diff.h"
#include "manager/manager-internal.h"

#include <errno.h>
#include <utlist.h>

struct ReloadWaiter {
        ReloadDone done;
        void *userdata;
        bool wants_changes;
        char **names; /* owned; of which units; NULL: all */
        UnitDiffs changes;
        ReloadWaiter *next;
};

static void reload_begin(Manager *m);

static void answer(Manager *m, ReloadWaiter **list, int r) {
        ReloadWaiter *w;

        while ((w = *list)) {
                *list = w->next;
                if (w->done)
                        w->done(r, &w->changes, w->userdata);
                unit_diffs_release(&w->changes);
                strv_free(w->names);
                free(w);
        }
}

static bool stamp_of_now(Unit *u, LoadStamp *ret) {
        Manager *m = unit_runtime(u)->manager;
        SpecContext context = manager_spec_context(m);

        return loader_stamp(m->loader, &context, u->id, u->spec->common->source_path, ret) >= 0;
}

bool unit_needs_reload(Unit *u) {
        const UnitRuntime *rt = unit_runtime(u);
        LoadStamp now;

        if (u->transient || u->load_state == LOAD_NOT_FOUND || rt->stamp.files == 0)
                return false;
        if (loader_refresh(rt->manager->loader) < 0)
                return false;
        return stamp_of_now(u, &now) && now.files != rt->stamp.files;
}

bool unit_has_changed(Unit *u) {
        const UnitRuntime *rt = unit_runtime(u);
        LoadStamp now;

        if (u->transient)
                return false;
        return rt->stamp.all == 0 || !stamp_of_now(u, &now) || now.all != rt->stamp.all;
}

void unit_take_stamp(Unit *u) {
        LoadStamp now;

        if (stamp_of_now(u, &now))
                unit_runtime(u)->stamp = now;
}

/* Before the units are read: afterwards memory and files are the same. */
static int note_changes(Manager *m) {
        ReloadWaiter *w;
        int r = 0;

        LL_FOREACH (m->internal->reload_waiters, w)
                if (w->wants_changes && r >= 0)
                        r = manager_diff(m, w->names, &w->changes);
        return r;
}

/* What is not read again keeps its spec, its edges and all that was made from them. */
static int read_again(Manager *m, Unit **changed, size_t n) {
        int r, worst = 0;

        /* First all of them: one may turn out to be another name of one that comes later. */
        for (size_t i = 0; i < n; i++)
                manager_forget_spec(m, changed[i]);
        for (size_t i = 0; i < n; i++) {
                if (changed[i]->load_state == LOAD_MERGED)
                        continue;
                r = manager_load_one(m, changed[i]);
                if (r >= 0)
                        continue;
                unit_note_unread(changed[i], r);
                worst = r;
        }
        return worst;
}

void manager_read_unread(Manager *m) {
        Unit **unread auto_free = NULL;
        size_t n = 0;

        if (!m->internal->some_not_read)
                return;
        unread = calloc(graph_count_units(m->graph), sizeof(*unread));
        if (!unread) {
                manager_try_again(m);
                return;
        }
        m->internal->some_not_read = false;
        for (Unit *u = graph_next_unit(m->graph, NULL); u; u = graph_next_unit(m->graph, u))
                if (unit_is_unread(u))
                        unread[n++] = u;
        (void)read_again(m, unread, n);
        (void)manager_load_stubs(m);
}

static void apply_to_running(Manager *m, Unit *u) {
        unit_mark_changed(u);
        unit_apply_limits(m, u);
        /* When it elapses next follows from what the file says now. */
        if (u->type == UNIT_TIMER)
                (void)manager_push_type(m, u, EVENT_SPEC_CHANGED);
        unit_arm_timers(m, u);
        restart_by_free(TAKE(unit_runtime(u)->restart_by)); /* by what it says now, from now on */
        unit_follow_restarts(m, u);
        health_watch_free(TAKE(unit_runtime(u)->health));
        unit_follow_health(m, u);
        manager_collect(m, u); /* its file may be gone, and nobody may want it any more */
}

/* Jobs that waited in a row may wait in a circle now. */
static void break_job_cycles(Manager *m) {
        JobRequests requests = { 0 };
        Report report = { 0 };

        if (graph_break_job_cycles(m->graph, &report, &requests) < 0)
                LOG_ERRNO(LOAD_FAILED, -ENOMEM, FIELD_S("UNIT", "cycles among jobs"));
        manager_log_report(NULL, &report);
        manager_run_requests(m, &requests);
        report_release(&report);
}

static int reload_units(Manager *m, size_t *ret_n) {
        Unit **changed auto_free = calloc(graph_count_units(m->graph) + 1, sizeof(*changed));
        size_t n = 0, n_services = 0;
        int r, q;

        if (!changed)
                return -ENOMEM;
        manager_count_cpus(m); /* before the units are compared with what they were read with */
        for (Unit *u = graph_next_unit(m->graph, NULL); u; u = graph_next_unit(m->graph, u))
                if (!unit_is_read_later(u) && unit_has_changed(u))
                        changed[n++] = u;
        r = read_again(m, changed, n);
        for (size_t i = 0; i < n; i++)
                if (changed[i]->load_state != LOAD_MERGED) {
                        apply_to_running(m, changed[i]);
                        if (changed[i]->type == UNIT_SERVICE)
                                changed[n_services++] = changed[i];
                }
        q = manager_load_stubs(m); /* merged units are freed here */
        for (size_t i = 0; i < n_services; i++)
                unit_follow_set(m, changed[i]);
        graph_recount_jobs(m->graph);
        break_job_cycles(m);
        *ret_n = n;
        return MIN(r, q);
}

int manager_reread(Manager *m, Unit **units, size_t n) {
        Unit **changed auto_free = calloc(n + 1, sizeof(*changed));
        size_t n_changed = 0;
        int r;

        if (!changed)
                return -ENOMEM;
        r = loader_refresh(m->loader);
        if (r < 0)
                return r;
        for (size_t i = 0; i < n; i++)
                if (unit_has_changed(units[i]))
                        changed[n_changed++] = units[i];
        r = read_again(m, changed, n_changed);
        for (size_t i = 0; i < n_changed; i++)
                if (changed[i]->load_state != LOAD_MERGED)
                        apply_to_running(m, changed[i]);
        (void)manager_load_stubs(m);
        graph_recount_jobs(m->graph);
        break_job_cycles(m);
        return r;
}

/*
 * svinit.conf. What counts from the start only (svinit.conf(5) says what) is
 * seen by whoever starts next. A level set over D-Bus stays until the file says
 * another one than before.
 */
static void read_config(Manager *m) {
        Config fresh;
        Report report = { 0 };
        int r = config_load(&fresh, m->internal->options.environment, &report);
        bool other_level = fresh.log_level != m->config.log_level;

        manager_log_report(NULL, &report);
        report_release(&report);
        if (r < 0) {
                LOG_ERRNO(CONFIG_KEPT, r);
                config_release(&fresh);
                return;
        }
        config_release(&m->config);
        m->config = fresh;
        if (other_level)
                manager_log_level(m);
}

static void reload_finish(Manager *m) {
        ManagerInternal *in = m->internal;
        size_t n = 0;
        int r, q, noted;

        (void)host_info_refresh(&m->host); /* what cannot be had stays as it was */
        read_config(m);
        m->units_load_start = dual_now();
        r = in->files_unread ? manager_read_files(m) : manager_refresh_files(m);
        noted = note_changes(m);
        q = reload_units(m, &n);
        m->units_load_finish = dual_now();
        LOG(RELOADED, FIELD_I("N_CHANGED", n), FIELD_I("N_UNITS", graph_count_units(m->graph)));
        in->reloading = false;
        if (m->observer.reloading)
                m->observer.reloading(false, m->observer.userdata);
        answer(m, &in->reload_waiters, MIN(MIN(r, q), noted));
        if (in->reload_next)
                reload_begin(m);
        manager_give_back(m);
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

static int enqueue(Manager *m, const ReloadWaiter *waiter) {
        ManagerInternal *in = m->internal;
        ReloadWaiter *w = malloc(sizeof(*w));

        if (!w) {
                strv_free(waiter->names);
                return -ENOMEM;
        }
        *w = *waiter;
        LL_APPEND(in->reload_next, w);
        /* The boot itself may still wait for its generators; it reads what there is then. */
        if (!in->reloading && !in->generators)
                reload_begin(m);
        return 0;
}

int manager_reload(Manager *m, ReloadDone done, void *userdata) {
        return enqueue(m, &(ReloadWaiter){ .done = done, .userdata = userdata });
}

int manager_reload_telling(Manager *m, char **names, ReloadDone done, void *userdata) {
        return enqueue(
                m,
                &(ReloadWaiter){ .done = done, .userdata = userdata, .wants_changes = true, .names = names });
}

void manager_reload_pending(Manager *m) {
        if (m->internal->reload_next && !m->internal->reloading)
                reload_begin(m);
}

void reload_release(Manager *m) {
        answer(m, &m->internal->reload_waiters, -ESHUTDOWN);
        answer(m, &m->internal->reload_next, -ESHUTDOWN);
}
