/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Units in memory: their run-time half, loading with all they refer to,
 * daemon-reload, forgetting.
 */

#include "manager/dynamic-user.h"
#include "manager/manager-internal.h"
#include "manager/roll.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

SpecContext manager_spec_context(const Manager *m) {
        return (SpecContext){ .specifiers = { .host = &m->host.specifiers },
                              .zones = &m->zones.zones,
                              .default_timeout_start = m->config.default_timeout_start,
                              .default_timeout_stop = m->config.default_timeout_stop,
                              .default_restart_delay = m->config.default_restart_delay,
                              .has_start_limit = true,
                              .default_start_limit_interval = m->config.default_start_limit_interval,
                              .default_start_limit_burst = m->config.default_start_limit_burst,
                              .usable_cpus = m->usable_cpus,
                              .profile = m->config.profile,
                              .user = m->host.user };
}

static void runtime_init(Manager *m, Unit *u) {
        UnitRuntime *rt = u->machine;

        rt->unit = u;
        rt->manager = m;
        rt->accepted_fd = -1;
        rt->filter_fd = -1;
        machine_init(&rt->machine, u->type, u->spec);
}

/* Lists through a member of UnitRuntime, at `offset`. */
static void drop_from(UnitRuntime **list, UnitRuntime *rt, size_t offset) {
        for (UnitRuntime **p = list; *p; p = (UnitRuntime **)((char *)*p + offset))
                if (*p == rt) {
                        *p = *(UnitRuntime **)((char *)rt + offset);
                        return;
                }
}

/* Thousands may go at once. */
static void drop_from_collect(UnitRuntime *rt) {
        if (rt->collect_prev)
                rt->collect_prev->collect_next = rt->collect_next;
        else
                rt->manager->internal->collect = rt->collect_next;
        if (rt->collect_next)
                rt->collect_next->collect_prev = rt->collect_prev;
        rt->collect_next = rt->collect_prev = NULL;
        rt->in_collect_list = false;
}

static bool is_in_use(const Unit *u, void *userdata) {
        const UnitRuntime *rt = unit_runtime(u);

        return rt->seat || (rt->roll && rt->roll->run) || rt->accepted_fd >= 0 || rt->n_fd_store > 0 ||
               (rt->group && !group_is_empty(rt->group));
}

static void runtime_free(Unit *u) {
        UnitRuntime *rt = TAKE(u->machine);

        if (!rt)
                return;
        if (rt->in_change_list)
                drop_from(&rt->manager->internal->changed, rt, offsetof(UnitRuntime, change_next));
        if (rt->in_collect_list)
                drop_from_collect(rt);
        if (rt->in_loaded_list)
                drop_from(&rt->manager->internal->loaded, rt, offsetof(UnitRuntime, loaded_next));
        if (rt->in_set_list)
                drop_from(&rt->manager->internal->changed_sets, rt, offsetof(UnitRuntime, set_next));
        if (rt->start_ended)
                drop_from(&rt->manager->internal->starts_ended, rt, offsetof(UnitRuntime, start_ended_next));
        u->machine = rt; /* unit_close() and its like look at it */
        if (u->type == UNIT_SOCKET || u->type == UNIT_PATH)
                unit_close(rt->manager, u);
        file_watch_free(rt->file_watch);
        restart_by_free(TAKE(rt->restart_by));
        health_watch_free(TAKE(rt->health));
        drain_free(TAKE(rt->drain));
        cluster_release(u);
        apps_forget_unit(rt->manager, u);
        unit_roll_free(u);
        generations_free(TAKE(rt->generations));
        journal_link_forget_unit(rt->manager->journal, u);
        journal_withdraw_unit(rt->manager, u);
        unit_release_fd_store(u);
        unit_close_notify_fd(u);
        unit_status_release(u);
        unit_freeze_release(u);
        unit_forget_transient(u);
        dynamic_user_release(u);
        u->machine = NULL;
        if (u->type == UNIT_SERVICE)
                free(rt->machine.service.commands);
        group_free(rt->group);
        report_release(&rt->load_report);
        report_release(&rt->unapplied);
        free(rt->private_name);
        fd_release(&rt->filter_fd);
        free(rt->credentials_directory);
        sd_event_source_disable_unref(rt->timer);
        sd_event_source_disable_unref(rt->timer_realtime);
        sd_event_source_disable_unref(rt->resume_source);
        cleanup_fd(&rt->accepted_fd);
        strv_free(rt->trigger_environment);
        free(rt->last_run);
        free(rt->condition_states);
        free(rt->status_text);
        free(rt->status_bus_error);
        free(rt);
}

static void on_unit_added(Unit *u, void *userdata) {
        Manager *m = userdata;

        runtime_init(m, u);
        if (m->observer.unit_added)
                m->observer.unit_added(u, m->observer.userdata);
}

static void on_unit_removed(Unit *u, void *userdata) {
        Manager *m = userdata;

        if (m->observer.unit_removed)
                m->observer.unit_removed(u, m->observer.userdata);
        manager_forget_events(m, u);
        reaper_forget(m->reaper, u);
        if (u->type == UNIT_SOCKET)
                manager_forget_socket(m, u);
        runtime_free(u);
}

static void on_job_added(Job *j, void *userdata) {
        Manager *m = userdata;

        m->n_installed_jobs++;
        m->internal->shares_stale = true;
        unit_note_for_set(m, j->unit);
        unit_note_job_for_roll(j);
        if (j->type == JOB_STOP && j->unit->active == FAILED) /* nothing brings it back then */
                restart_by_free(TAKE(unit_runtime(j->unit)->restart_by));
        manager_note_job_of_end(m, j);
        job_timer_queued(j);
        if (m->observer.job_added)
                m->observer.job_added(j, m->observer.userdata);
        manager_kick(m);
}

/* For manager_note_starts(). */
static void note_start(Manager *m, UnitRuntime *rt, JobResult result) {
        rt->start_result = result;
        if (rt->start_ended)
                return;
        rt->start_ended = true;
        rt->start_ended_next = m->internal->starts_ended;
        m->internal->starts_ended = rt;
}

static void on_job_removed(Job *j, void *userdata) {
        Manager *m = userdata;

        job_timer_release(j);
        unit_follow_cluster(j->unit);
        unit_note_for_set(m, j->unit);
        unit_follow_roll(j->unit, false);
        if (j->result != JOB_DONE && j->result != JOB_CANCELED && j->result != JOB_SKIPPED)
                m->n_failed_jobs++;
        if ((j->type == JOB_START || j->type == JOB_RESTART) && j->result != JOB_CANCELED &&
            unit_is_essential(j->unit, true))
                note_start(m, unit_runtime(j->unit), j->result);
        if (unit_was_triggered(j->unit) && unit_is_down(j->unit))
                unit_trigger_end(j->unit);
        /* Nothing has changed, but who has triggered it waits for an answer. */
        if (unit_is_down(j->unit) && !j->unit->job && (j->state == JOB_WAITING || j->already))
                manager_tell_triggers(m, j->unit, j->unit->active);
        if (j->type == JOB_RELOAD && j->result == JOB_DONE)
                unit_runtime(j->unit)->markers &= ~MARKER_NEEDS_RELOAD;
        if (j->type != JOB_NOP && !j->already)
                unit_log_job_end(j);
        if (m->observer.job_removed) {
                manager_flush_changes(m); /* a reader sees the new state before the end of the job */
                m->observer.job_removed(j, m->observer.userdata);
        }
        if (j->type == JOB_RESTART && job_effective_type(j) == JOB_START && j->result != JOB_DONE &&
            !j->unit->job && unit_is_down(j->unit))
                unit_release_kept(j->unit); /* the second half of a restart does not come any more */
        if (unit_is_down(j->unit))
                manager_collect(m, j->unit);
        manager_kick(m);
}

static char *const *mounts_with_files(void *userdata) {
        const Manager *m = userdata;

        return loader_mounts(m->loader);
}

int manager_graph_init(Manager *m) {
        GraphHooks hooks = { .unit_added = on_unit_added,
                             .unit_in_use = is_in_use,
                             .unit_removed = on_unit_removed,
                             .job_added = on_job_added,
                             .job_removed = on_job_removed,
                             .userdata = m,
                             .machine_size = sizeof(UnitRuntime),
                             .mounts = mounts_with_files };

        return graph_new(&hooks, &m->graph);
}

static LoadState load_state_of(int outcome) {
        static const LoadState states[] = { [LOADED_OK] = LOAD_LOADED,
                                            [LOADED_NOT_FOUND] = LOAD_NOT_FOUND,
                                            [LOADED_MASKED] = LOAD_MASKED,
                                            [LOADED_BAD_SETTING] = LOAD_BAD_SETTING,
                                            [LOADED_ERROR] = LOAD_ERROR };

        return states[outcome];
}

/* graph_complete() comes when all are loaded. */
static void expect_completion(Manager *m, UnitRuntime *rt) {
        if (rt->in_loaded_list)
                return;
        rt->in_loaded_list = true;
        rt->loaded_next = m->internal->loaded;
        m->internal->loaded = rt;
}

/* Who refers to u by a name that it has no more gets its edges anew; nothing is read for that. */
static int relink_referrers(Manager *m, Unit *u) {
        Unit **referrers auto_free = calloc(u->n_edges + 1, sizeof(*referrers));
        size_t n = 0;
        int r = 0;

        if (!referrers)
                return -ENOMEM;
        for (const Edge *e = NULL; (e = graph_next_referrer(u, e));)
                referrers[n++] = e->other;
        for (size_t i = 0; i < n && r >= 0; i++) {
                r = graph_set_spec(m->graph, referrers[i], NULL, referrers[i]->load_state);
                expect_completion(m, unit_runtime(referrers[i]));
        }
        return r;
}

/* Links that are no more, or have become files: those names belong to other units now, or to none. */
static int drop_names(Manager *m, Unit *u, const LoadedUnit *loaded) {
        char **old auto_strv = NULL;
        bool any = false;
        int r;

        r = strv_copy(u->names, &old);
        if (r < 0)
                return r;
        STRV_FOREACH (name, old)
                if (!strv_contains(loaded->names, *name))
                        any = graph_drop_name(m->graph, u, *name) >= 0 || any;
        return any ? relink_referrers(m, u) : 0;
}

/* Gives the unit its other names; the id is where the links lead. 1: it was merged into another unit and is gone. */
static int adopt_names(Manager *m, Unit *u, LoadedUnit *loaded) {
        int r;

        if (!str_equal(loaded->id, u->id)) {
                Unit *real = graph_find(m->graph, loaded->id);

                if (real && real != u) {
                        r = graph_add_name(m->graph, real, u->id);
                        return r < 0 ? r : 1;
                }
                r = graph_add_name(m->graph, u, loaded->id);
                if (r < 0)
                        return r;
                r = str_replace(&u->id, loaded->id);
                if (r < 0)
                        return r;
        }
        STRV_FOREACH (name, loaded->names) {
                r = graph_add_name(m->graph, u, *name);
                if (r < 0 && r != -EEXIST)
                        return r;
        }
        return drop_names(m, u, loaded);
}

/* Two units have become one, but this one runs, or has a job: it stays apart, as it was, until it has ended. */
static int keep_apart(Manager *m, Unit *u, const LoadedUnit *loaded) {
        int r;

        u->load_error = -EEXIST;
        free(TAKE(u->load_error_text));
        r = str_printf(&u->load_error_text,
                       "%s is another name of %s now; it is kept apart until it has ended.", u->id,
                       loaded->id);
        unit_runtime(u)->stamp = loaded->stamp;
        if (r >= 0)
                r = graph_set_spec(m->graph, u, NULL, LOAD_ERROR);
        return r;
}

/* Once, when it matters: a unit that cannot be used at once, others when they are started. systemd's own units, left by
 * its package, are no news to anybody. */
void unit_log_findings(Unit *u) {
        UnitRuntime *rt = unit_runtime(u);

        if (rt->findings_logged ||
            (u->fragment_path && strstr(u->fragment_path, "/lib/systemd/system/systemd-")))
                return;
        rt->findings_logged = true;
        manager_log_report(u->id, &rt->load_report);
}

static int take_loaded(Manager *m, Unit *u, LoadedUnit *loaded, LoadState state) {
        UnitRuntime *rt = unit_runtime(u);
        bool keep;
        int r;

        free(u->fragment_path);
        u->fragment_path = TAKE(loaded->fragment_path);
        strv_free(u->dropins);
        u->dropins = TAKE(loaded->dropins);
        u->load_error = loaded->error;
        free(u->load_error_text);
        u->load_error_text = TAKE(loaded->error_text);
        report_release(&rt->load_report);
        rt->load_report = TAKE(loaded->report);
        rt->stamp = loaded->stamp;
        rt->findings_logged = false;
        if (state == LOAD_BAD_SETTING || state == LOAD_ERROR || u->perpetual)
                unit_log_findings(u);

        /* What runs without a good file any more is stopped as it was started: it keeps what the old file said. */
        keep = state != LOAD_LOADED && state != LOAD_MASKED && !unit_is_down(u);
        r = graph_set_spec(m->graph, u, keep ? NULL : unit_take_read(u, TAKE(loaded->spec)), state);
        machine_set_spec(&rt->machine, u->spec);
        if (u->type == UNIT_TIMER)
                unit_read_stamp(m, u);
        expect_completion(m, rt);
        return r;
}

int manager_load_one(Manager *m, Unit *u) {
        SpecContext context = manager_spec_context(m);
        LoadedUnit loaded = { 0 };
        int outcome, r;

        if (u->transient) {
                u->load_state = LOAD_LOADED;
                return 0;
        }
        outcome = loader_load(m->loader, &context, u->id, &loaded);
        if (outcome < 0)
                return outcome;
        r = u->perpetual ? 0 : adopt_names(m, u, &loaded);
        if (r == 0)
                r = take_loaded(m, u, &loaded, u->perpetual ? LOAD_LOADED : load_state_of(outcome));
        else if (r == -EEXIST)
                r = keep_apart(m, u, &loaded);
        loaded_unit_release(&loaded);
        return MIN(r, 0);
}

bool is_passing(int error) {
        return error == -ENOMEM || error == -EMFILE || error == -ENFILE;
}

bool unit_is_unread(const Unit *u) {
        return u->load_state == LOAD_ERROR && is_passing(u->load_error);
}

/* What passes is tried again; until then the unit cannot be started. */
void unit_note_unread(Unit *u, int error) {
        Manager *m = unit_runtime(u)->manager;

        LOG_ERRNO(LOAD_FAILED, error, FIELD_S("UNIT", u->id));
        u->load_state = LOAD_ERROR;
        u->load_error = error;
        unit_runtime(u)->stamp = (LoadStamp){ 0 };
        if (!is_passing(error))
                return;
        m->internal->some_not_read = true;
        manager_try_again(m);
}

int manager_load_stubs(Manager *m) {
        UnitRuntime *rt;
        Unit *u;
        int r = 0;

        while ((u = graph_next_stub(m->graph))) {
                int q = manager_load_one(m, u);

                if (q < 0) {
                        unit_note_unread(u, q);
                        r = q;
                }
        }
        /* What needs both ends to be known, for the units that are new. */
        while ((rt = m->internal->loaded)) {
                m->internal->loaded = TAKE(rt->loaded_next);
                rt->in_loaded_list = false;
                int q = rt->unit->load_state == LOAD_LOADED ? graph_complete(m->graph, rt->unit) : 0;

                if (q < 0) {
                        unit_note_unread(rt->unit, q);
                        r = q;
                }
        }
        return r;
}

/* It was kept apart from the unit whose name it is, and nothing keeps it so any more. */
static bool may_be_merged_now(const Unit *u) {
        return u->load_state == LOAD_ERROR && u->load_error == -EEXIST && unit_is_down(u) && !u->job;
}

static bool may_be_different_now(const Unit *u) {
        if (u->load_state == LOAD_NOT_FOUND) /* when it was looked for */
                return !active_state_is_up(u->active) && !u->job;
        return may_be_merged_now(u);
}

/* Somebody asks for more than the command. */
static int read_files_late(Manager *m) {
        return m->internal->files_unread ? manager_read_files(m) : loader_refresh(m->loader);
}

void manager_forget_spec(Manager *m, Unit *u) {
        for (size_t i = 0; i < u->n_edges; i++)
                manager_collect(m, u->edges[i].other);
        graph_forget_spec(m->graph, u);
}

int manager_load_unit(Manager *m, const char *name, Unit **ret) {
        Unit *u;
        int r;

        manager_read_unread(m);
        u = graph_find(m->graph, name);
        if (u && may_be_different_now(u) && m->started) {
                /* A file may have come since; looked at again as systemd does. */
                r = read_files_late(m);
                if (r < 0)
                        return r;
                manager_forget_spec(m, u);
                r = manager_load_one(m, u);
                if (r < 0) {
                        unit_note_unread(u, r);
                        return r;
                }
        } else if (!u) { /* what generators are about to write is not looked at half done */
                if (m->started && !m->internal->generators) {
                        r = read_files_late(m);
                        if (r < 0)
                                return r;
                }
                r = graph_add(m->graph, name, &u);
                if (r < 0)
                        return r;
        }
        r = manager_load_stubs(m);
        if (r == -ENOMEM)
                return r;
        u = graph_find(m->graph, name); /* it may have been merged */
        ENSURE(u, -ENOENT);
        *ret = u;
        return 0;
}

/* They exist because we do; what files say of them is read when generators are done. */
int manager_add_perpetual_units(Manager *m) {
        size_t n = 0;

        for (; perpetual_units[n]; n++) {
                UnitSpec *spec;
                Unit *u;
                int r;

                r = graph_add(m->graph, perpetual_units[n], &u);
                if (r < 0)
                        return r;
                u->perpetual = true;
                r = spec_new(u->id, &spec);
                if (r < 0)
                        return r;
                r = graph_set_spec(m->graph, u, spec, LOAD_LOADED);
                if (r < 0)
                        return r;
                machine_set_spec(&unit_runtime(u)->machine, u->spec);
                (void)manager_push_type(m, u, EVENT_START);
        }
        manager_drain(m, n); /* active before the first job looks at them */
        return 0;
}

int manager_refresh_files(Manager *m) {
        int r = loader_refresh(m->loader);

        if (r >= 0)
                manager_log_report(NULL, loader_report(m->loader));
        return r;
}

int manager_read_files(Manager *m) {
        int r = manager_refresh_files(m);

        m->internal->files_unread = false;
        for (size_t i = 0; perpetual_units[i] && r >= 0; i++) {
                Unit *u = graph_find(m->graph, perpetual_units[i]);

                if (u)
                        r = manager_load_one(m, u);
        }
        unit_apply_limits(m, graph_find(m->graph, "-.slice"));
        return r;
}

void manager_collect(Manager *m, Unit *u) {
        UnitRuntime *rt = unit_runtime(u);

        if (!rt || rt->in_collect_list || u->perpetual)
                return;
        rt->in_collect_list = true;
        rt->collect_prev = NULL;
        rt->collect_next = m->internal->collect;
        if (rt->collect_next)
                rt->collect_next->collect_prev = rt;
        m->internal->collect = rt;
        manager_kick(m);
}

static void rejoin(Manager *m, Unit *u) {
        graph_forget_spec(m->graph, u);
        (void)manager_load_one(m, u);
        (void)manager_load_stubs(m);
}

/* Those that may be merged are; this may load others, and free any. */
static void rejoin_pending(Manager *m) {
        UnitRuntime *rt = m->internal->collect;

        while (rt) {
                if (!may_be_merged_now(rt->unit)) {
                        rt = rt->collect_next;
                        continue;
                }
                drop_from_collect(rt);
                rejoin(m, rt->unit);
                rt = m->internal->collect;
        }
}

static void collect_all(Manager *m) {
        Unit *candidates = NULL, *garbage;
        UnitRuntime *rt;

        while ((rt = m->internal->collect)) {
                drop_from_collect(rt);
                rt->unit->walk_next = candidates;
                candidates = rt->unit;
        }
        garbage = graph_find_garbage(m->graph, candidates);
        for (Unit *u = garbage; u; u = u->walk_next)
                for (size_t i = 0; i < u->n_edges; i++) /* what only they referred to */
                        if (!unit_was_looked_at(u->edges[i].other))
                                manager_collect(m, u->edges[i].other);
        graph_remove_garbage(m->graph, garbage);
}

#define COLLECTED_MANY 100

void manager_collect_pending(Manager *m) {
        size_t n_before = graph_count_units(m->graph);

        while (m->internal->collect) {
                rejoin_pending(m);
                collect_all(m);
        }
        if (n_before - graph_count_units(m->graph) > COLLECTED_MANY)
                manager_give_back(m);
}

void manager_unit_file_changes(Manager *m) {
        (void)loader_refresh(m->loader);
        if (m->observer.unit_files_changed)
                m->observer.unit_files_changed(m->observer.userdata);
}
