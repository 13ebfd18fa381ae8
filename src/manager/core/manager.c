/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Construction and teardown of the manager, in order; and the small verbs of the outside. */

#include "host/proc-file.h"
#include "manager/files.h"
#include "manager/manager-internal.h"
#include "manager/transient.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LOST_TURN_PAUSE (10 * USEC_PER_MSEC)
#define LOST_TURNS_MAX 1000 /* one after the other: then it is no passing want */

static int notify_path(const Manager *m, char path[256]) {
        if (!m->host.runtime_writable)
                return -EROFS;
        snprintf(path, 256, "%s/systemd/notify", m->host.runtime_dir);
        return 0;
}

static int add_notify_socket(Manager *m) {
        char path[256];

        if (notify_path(m, path) < 0)
                return 0;
        return notify_socket_new(m->event, TAKE_FD(m->internal->notify_fd), path, PRIORITY_NOTIFY,
                                 on_notify_message, m, &m->notify);
}

void manager_data_home(const Manager *m, char *buf, size_t n) {
        const char *given = env_get(m->internal->options.environment, "XDG_DATA_HOME", 13);

        if (given && given[0] == '/')
                (void)snprintf(buf, n, "%s", given);
        else
                (void)snprintf(buf, n, "%s/.local/share", m->host.specifiers.home);
}

static int add_loader(Manager *m) {
        char dirs[3][160], data[4096];
        static const char *const names[] = { "generator", "generator.early", "generator.late" };
        LoaderOptions o = { .host = &m->host.specifiers,
                            .runtime_dir = m->host.runtime_dir,
                            .scope = m->host.user ? SCOPE_USER : SCOPE_SYSTEM,
                            .config_home = m->host.specifiers.configuration_dir,
                            .data_home = data,
                            .ignore_system_services = true };

        manager_data_home(m, data, sizeof(data));
        for (size_t i = 0; i < ELEMENTSOF(names); i++) {
                snprintf(dirs[i], sizeof(dirs[i]), "%s/systemd/%s", m->host.runtime_dir, names[i]);
                o.generator_dirs[i] = dirs[i];
        }
        return loader_new(&o, &m->loader);
}

static bool wants_journal(const ManagerOptions *o) {
        return !o->command || o->with_units;
}

static int find_place(Manager *m, const ManagerOptions *o) {
        GroupsOptions groups = { .on_empty = on_group_empty,
                                 .on_exit = on_group_exit,
                                 .on_memory = on_group_memory,
                                 .on_freezer = on_group_freezer,
                                 .spec_of = unit_limits };
        char path[256];
        Report report = { 0 };
        int r;

        r = config_load(&m->config, o->environment, &report);
        if (r < 0)
                return r;
        r = host_info_begin(&m->host, o->environment, o->user);
        if (r < 0)
                return r;
        r = inherited_fds_take(o->environment, &m->internal->inherited);
        if (r < 0)
                return r;
        manager_log_init(m);
        manager_log_report(NULL, &report);
        report_release(&report);
        host_prepare_directories(&m->host, &report);
        manager_log_report(NULL, &report);
        report_release(&report);
        groups.shim_priority = PRIORITY_GROUP;
        groups.force_shim = str_equal(env_get(o->environment, "SVINIT_TIER", 11), "shim");
        r = groups_new(&groups, &m->groups);
        if (r < 0)
                return r;
        manager_count_cpus(m);
        m->internal->oom_kills_seen = groups_container_oom_kills(m->groups);
        if (o->command && notify_path(m, path) >= 0)
                (void)notify_socket_bind(path, &m->internal->notify_fd); /* tried again, and told of, later */
        return 0;
}

static void on_child_changed(void *userdata) {
        shell_job_check(userdata);
}

static int construct(Manager *m) {
        const ManagerOptions *o = &m->internal->options;
        int r;

        r = host_info_complete(&m->host, o->environment);
        if (r < 0)
                return r;
        r = zone_store_init(&m->zones, env_get(o->environment, "TZ", 2));
        if (r < 0)
                return r;
        r = sd_event_default(&m->event);
        if (r < 0)
                return r;
        r = manager_queue_init(m);
        if (r < 0)
                return r;
        r = manager_end_init(m);
        if (r < 0)
                return r;
        r = manager_signals_init(m);
        if (r < 0)
                return r;
        (void)proc_keep_spare();
        r = reaper_new(m->event, PRIORITY_CHILD, on_process_end, m, &m->reaper);
        if (r < 0)
                return r;
        if (o->command)
                reaper_set_hook(m->reaper, on_child_changed);
        r = watcher_new(m->event, &m->watcher);
        if (r < 0)
                return r;
        r = groups_attach(m->groups, m->event);
        if (r < 0)
                return r;
        r = manager_graph_init(m);
        if (r < 0)
                return r;
        r = add_loader(m);
        if (r < 0)
                return r;
        /* Nothing has begun yet: better no start than one without half of what makes it up. */
        r = add_notify_socket(m);
        if (r == -ENOMEM)
                return r;
        if (r < 0)
                LOG_ERRNO(BOOT_STEP_FAILED, r, FIELD_S("STEP", "the notify socket"));
        if (wants_journal(o) && !journal_find_real(m)) {
                r = journal_link_new(m, &m->journal);
                if (r == -ENOMEM)
                        return r;
                if (r < 0)
                        LOG_ERRNO(BOOT_STEP_FAILED, r, FIELD_S("STEP", "svinit-journald"));
        }
        return 0;
}

int manager_new(const ManagerOptions *o, Manager **ret) {
        Manager *m = calloc(1, sizeof(*m));
        int r;

        if (!m)
                return -ENOMEM;
        m->internal = calloc(1, sizeof(*m->internal));
        if (!m->internal) {
                free(m);
                return -ENOMEM;
        }
        m->internal->options = *o;
        m->internal->notify_fd = -1;
        m->exit_code = -1;
        m->stop_deadline = USEC_INFINITY;
        m->userspace_time = dual_now();
        r = find_place(m, o);
        if (r < 0) {
                LOG_ERRNO(BOOT_STEP_FAILED, r, FIELD_S("STEP", "the manager"));
                manager_free(m);
                return r;
        }
        *ret = m;
        return 0;
}

int manager_build(Manager *m) {
        int r = construct(m);

        if (r < 0)
                LOG_ERRNO(BOOT_STEP_FAILED, r, FIELD_S("STEP", "the manager"));
        return r;
}

/* What is built on the loop. */
static void free_built(Manager *m) {
        ManagerInternal *in = m->internal;

        m->observer = (ManagerObserver){ 0 };
        reload_release(m);
        generators_release(m);
        manager_log_forget_units();
        graph_free(m->graph);
        journal_link_free(m->journal);
        apps_link_free(m->apps);
        notify_socket_free(m->notify);
        loader_free(m->loader);
        clock_watch_free(m->internal->clock_watch);
        watcher_free(m->watcher);
        groups_free(m->groups);
        reaper_free(m->reaper);
        manager_release_hold(m);
        sd_event_source_disable_unref(in->queue_source);
        sd_event_source_disable_unref(in->again_source);
        sd_event_source_disable_unref(in->stop_source);
        sd_event_source_disable_unref(in->leave_source);
        sd_event_unref(m->event);
}

/* Nothing here kills: what had to end has ended, or the kernel ends it with us. */
void manager_free(Manager *m) {
        ManagerInternal *in;
        char path[256];

        if (!m)
                return;
        in = m->internal;
        if (m->event)
                free_built(m);
        else
                groups_free(m->groups);
        inherited_fds_release(&in->inherited);
        command_free(m);
        shell_job_end(m);
        if (in->notify_fd >= 0 && notify_path(m, path) >= 0) { /* nobody has come to own it */
                close(in->notify_fd);
                (void)unlink(path);
        }
        zone_store_release(&m->zones);
        host_info_release(&m->host);
        config_release(&m->config);
        strv_free(m->environment);
        strv_free(m->generated_environment);
        free(in->queue);
        free(in->kernel_facts);
        free(in->cause);
        free(in);
        free(m);
}

void manager_set_observer(Manager *m, const ManagerObserver *o) {
        m->observer = *o;
}

/*
 * A turn that failed, for want of memory say, is made again, and does not
 * sleep: what its timers and its signal descriptor had told is lost to sd-event.
 */
static void make_up_for_turn(Manager *m) {
        const struct timespec pause = { .tv_nsec = LOST_TURN_PAUSE * NSEC_PER_USEC };

        manager_kick(m);
        reaper_look(m->reaper);
        (void)clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, NULL);
}

int manager_run(Manager *m) {
        unsigned n_lost = 0;

        while (sd_event_get_state(m->event) != SD_EVENT_FINISHED) {
                int r = sd_event_run(m->event, UINT64_MAX);

                if (r >= 0) {
                        n_lost = 0;
                        continue;
                }
                if (n_lost++ == 0)
                        LOG_ERRNO(TURN_LOST, r);
                if (n_lost > LOST_TURNS_MAX) {
                        LOG_ERRNO(BOOT_STEP_FAILED, r, FIELD_S("STEP", "the event loop"));
                        return EXIT_SVINIT_FAILED;
                }
                make_up_for_turn(m);
        }
        return MAX(m->exit_code, 0);
}

int manager_kill(Manager *m, Unit *u, KillWhom whom, int signal, bool fail_when_none) {
        UnitRuntime *rt = unit_runtime(u);
        pid_t main = machine_main_pid(&rt->machine), control = machine_control_pid(&rt->machine);
        unsigned n = 0;

        if (signal < 1 || signal > SIGRTMAX)
                return -EINVAL;
        if (main > 0 && whom != WHOM_CONTROL && kill(main, signal) >= 0)
                n++;
        if (control > 0 && whom != WHOM_MAIN && kill(control, signal) >= 0)
                n++;
        if (whom == WHOM_ALL && unit_has_own_list(u)) {
                n += (unsigned)MAX(unit_kill_list(u, signal), 0);
        } else if (whom == WHOM_ALL && rt->group) {
                int r = group_kill(rt->group, signal, main, control);

                if (r > 0)
                        n += (unsigned)r;
        }
        return n == 0 && (fail_when_none || whom != WHOM_ALL) ? -ESRCH : 0;
}

void manager_reset_failed(Manager *m, Unit *u) {
        if (u) {
                (void)manager_push_type(m, u, EVENT_RESET_FAILED);
                return;
        }
        for (u = graph_next_unit(m->graph, NULL); u; u = graph_next_unit(m->graph, u))
                if (u->active == FAILED)
                        (void)manager_push_type(m, u, EVENT_RESET_FAILED);
}

/* A scope's controller is asked to stop it as long as it is there. */
static void forget_controller(Unit *u) {
        Transient *t = unit_runtime(u)->transient;

        if (!t || !t->controller)
                return;
        free(TAKE(t->controller));
        unit_mark_changed(u);
}

void manager_bus_name(Manager *m, Unit *u, bool acquired) {
        if (u->type == UNIT_SCOPE) {
                if (!acquired)
                        forget_controller(u);
                return;
        }
        (void)manager_push_type(m, u, acquired ? EVENT_NAME_ACQUIRED : EVENT_NAME_LOST);
}
