/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Sockets, timers and paths in the outside world: descriptors, kernel timers,
 * inotify; and the starts that they trigger.
 */

#include "host/sockets.h"
#include "host/watch.h"
#include "manager/manager-internal.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

static int on_deadline(sd_event_source *s, uint64_t usec, void *userdata) {
        Unit *u = userdata;

        (void)manager_push_type(unit_runtime(u)->manager, u, EVENT_DEADLINE);
        return 0;
}

static void arm(Manager *m, Unit *u, sd_event_source **source, clockid_t clock, usec_t when) {
        /* RestartSec=0, say: the kernel's timer would add its slack. A deadline that has moved meanwhile is no event. */
        bool due = u->type == UNIT_SERVICE && when <= now_monotonic();
        int r;

        if (when == USEC_INFINITY || due) {
                *source = sd_event_source_disable_unref(*source); /* 230 bytes that few of the running need */
                if (due)
                        (void)manager_push_type(m, u, EVENT_DEADLINE);
                return;
        }
        if (!*source) {
                /* Timers have been brought together already. */
                r = sd_event_add_time(m->event, source, clock, when,
                                      u->type == UNIT_TIMER ? 1 : USEC_PER_MSEC, on_deadline, u);
        } else {
                r = sd_event_source_set_time(*source, when);
                if (r >= 0)
                        r = sd_event_source_set_enabled(*source, SD_EVENT_ONESHOT);
        }
        if (r < 0) {
                LOG_UNIT_ERRNO(u->id, TIMER_FAILED, r, FIELD_S("UNIT", u->id));
                manager_try_again(m);
        }
}

static void on_clock(bool zone, void *userdata) {
        Manager *m = userdata;

        for (Unit *u = NULL; (u = graph_next_unit(m->graph, u));) {
                if (u->type == UNIT_TIMER && !unit_is_down(u))
                        (void)manager_push_type(m, u, zone ? EVENT_TIMEZONE_CHANGED : EVENT_CLOCK_CHANGED);
                else if (unit_runtime(u)->restart_by)
                        unit_follow_clock(m, u);
        }
}

void manager_watch_clock(Manager *m, const Unit *u) {
        int r;

        if (m->internal->clock_watch)
                return;
        r = clock_watch_new(m->event, m->watcher, on_clock, m, &m->internal->clock_watch);
        if (r < 0)
                LOG_UNIT_ERRNO(u->id, TIMER_FAILED, r, FIELD_S("UNIT", u->id));
}

static bool needs_clock(const Unit *u) {
        const TimerSpec *t = u->spec->timer;

        return !unit_is_down(u) && (machine_deadline_realtime(&unit_runtime(u)->machine) != USEC_INFINITY ||
                                    t->on_clock_change || t->on_timezone_change);
}

void unit_arm_timers(Manager *m, Unit *u) {
        UnitRuntime *rt = unit_runtime(u);

        arm(m, u, &rt->timer, CLOCK_MONOTONIC, machine_deadline(&rt->machine));
        if (u->type != UNIT_TIMER)
                return;
        arm(m, u, &rt->timer_realtime, CLOCK_REALTIME, machine_deadline_realtime(&rt->machine));
        if (needs_clock(u))
                manager_watch_clock(m, u);
}

static void stamp_path(const Manager *m, const Unit *u, char *buf, size_t n) {
        char home[PATH_MAX - UNIT_NAME_MAX - sizeof("/systemd/timers/stamp-")];

        if (m->host.user)
                manager_data_home(m, home, sizeof(home));
        (void)snprintf(buf, n, "%s/systemd/timers/stamp-%s", m->host.user ? home : "/var/lib", u->id);
}

/* FixedRandomDelay=: the same in each run on this machine, another on others. */
static uint64_t machine_number(const Manager *m) {
        uint64_t n = 0;

        (void)sscanf(m->host.machine_id, "%16" SCNx64, &n);
        return n;
}

void unit_read_stamp(Manager *m, Unit *u) {
        Timer *t = &unit_runtime(u)->machine.timer;
        char path[PATH_MAX];
        struct stat st;

        t->zones = &m->zones.zones;
        t->boot = m->userspace_time.monotonic;
        if (u->spec->timer->fixed_random_delay)
                t->random = machine_number(m);
        else if (t->random == 0 && getrandom(&t->random, sizeof(t->random), GRND_NONBLOCK) < 0)
                t->random = now_realtime();
        if (!u->spec->timer->persistent)
                return;
        stamp_path(m, u, path, sizeof(path));
        if (unit_is_down(u))
                t->last_trigger.realtime = 0;
        if (stat(path, &st) >= 0)
                t->last_trigger.realtime =
                        (usec_t)st.st_mtim.tv_sec * USEC_PER_SEC + (usec_t)st.st_mtim.tv_nsec / NSEC_PER_USEC;
}

int unit_remove_stamp(Manager *m, const Unit *u) {
        char path[PATH_MAX];

        stamp_path(m, u, path, sizeof(path));
        return unlink(path) < 0 && errno != ENOENT ? -errno : 0;
}

void unit_write_stamp(Manager *m, Unit *u) {
        char path[PATH_MAX];
        int fd auto_fd = -1;

        stamp_path(m, u, path, sizeof(path));
        (void)socket_make_parents(path, 0755);
        fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0644);
        if (fd < 0 || futimens(fd, NULL) < 0)
                LOG_UNIT_ERRNO(u->id, STAMP_FAILED, -errno, FIELD_S("PATH", path));
}

static void on_path_moved(FileWatch *w, void *userdata) {
        Unit *u = userdata;

        (void)manager_push(
                unit_runtime(u)->manager, u,
                &(Event){ .type = EVENT_TRIGGER, .now = dual_now(), .value = path_watch_moved(w) });
}

/* Which of several paths is it that cannot be watched? */
static const char *unwatched(Manager *m, const PathSpec *p) {
        for (size_t i = 0; i + 1 < p->n_watches; i++) {
                FileWatch *probe;

                if (path_watch_new(m->watcher, &(PathSpec){ .watches = p->watches + i, .n_watches = 1 },
                                   on_path_moved, NULL, &probe) < 0)
                        return p->watches[i].path;
                file_watch_free(probe);
        }
        return p->watches[p->n_watches - 1].path;
}

/* With those above it. */
static int make_directory(const char *path, mode_t mode) {
        int r = socket_make_parents(path, mode);

        return r < 0 ? r : mkdir(path, mode);
}

static int open_path(Manager *m, Unit *u) {
        const PathSpec *p = u->spec->path;
        int r;

        for (size_t i = 0; i < p->n_watches; i++)
                if (p->make_directory && p->watches[i].kind != PATH_EXISTS &&
                    p->watches[i].kind != PATH_EXISTS_GLOB)
                        (void)make_directory(p->watches[i].path, p->directory_mode);
        r = path_watch_new(m->watcher, p, on_path_moved, u, &unit_runtime(u)->file_watch);
        if (r < 0)
                LOG_UNIT_ERRNO(u->id, WATCH_FAILED, r, FIELD_S("PATH", unwatched(m, p)));
        return r;
}

static int open_socket(Manager *m, Unit *u) {
        UnitRuntime *rt = unit_runtime(u);
        Report report = { 0 };
        int r;

        if (rt->socket_fds)
                return 0;
        r = listen_open(u->spec->socket, &m->internal->inherited, unit_socket_fd_name(u), &report,
                        u->fragment_path, &rt->socket_fds, &rt->n_socket_fds);
        if (r < 0)
                manager_log_report(u->id, &report);
        else /* all that is in it are options that could not be set */
                unit_note_unapplied(u, &report);
        report_release(&report);
        if (r >= 0)
                r = socket_shares_open(u);
        if (r >= 0)
                socket_shares_select(u);
        return r;
}

void unit_open(Manager *m, Unit *u) {
        if (u->type == UNIT_SCOPE) {
                unit_open_scope(m, u);
                return;
        }
        int r = u->type == UNIT_PATH ? open_path(m, u) : open_socket(m, u);

        (void)manager_push(m, u,
                           &(Event){ .type = r < 0 ? EVENT_OPEN_FAILED : EVENT_OPENED,
                                     .now = dual_now(),
                                     .error = MIN(r, 0) });
}

void unit_drop_listening(Unit *u) {
        UnitRuntime *rt = unit_runtime(u);

        for (size_t i = 0; rt->socket_sources && i < rt->n_socket_fds; i++)
                sd_event_source_disable_unref(rt->socket_sources[i]);
        free(TAKE(rt->socket_sources));
}

void unit_close(Manager *m, Unit *u) {
        UnitRuntime *rt = unit_runtime(u);

        if (u->type == UNIT_PATH) {
                file_watch_free(TAKE(rt->file_watch));
                return;
        }
        unit_drop_listening(u);
        socket_shares_close(u);
        if (rt->socket_fds)
                listen_close(u->spec->socket, TAKE(rt->socket_fds), rt->n_socket_fds);
        rt->n_socket_fds = 0;
}

static int on_traffic(sd_event_source *s, int fd, uint32_t revents, void *userdata) {
        Unit *u = userdata;
        Manager *m = unit_runtime(u)->manager;

        unit_listen(m, u, false); /* until the machine has answered: level-triggered, it would spin */
        (void)manager_push_type(m, u, EVENT_TRIGGER);
        return 0;
}

static int watch_traffic(Manager *m, Unit *u, int fd, sd_event_source **ret) {
        const SocketSpec *s = u->spec->socket;
        int r = sd_event_add_io(m->event, ret, fd, EPOLLIN, on_traffic, u);

        if (r >= 0 && s->poll_limit_interval > 0 && s->poll_limit_burst > 0)
                r = sd_event_source_set_ratelimit(*ret, s->poll_limit_interval, s->poll_limit_burst);
        return r;
}

void unit_flush_pending(Unit *u) {
        const UnitRuntime *rt = unit_runtime(u);

        if (u->type != UNIT_SOCKET || !u->spec->socket->flush_pending || u->spec->socket->accept)
                return;
        listen_flush(u->spec->socket, rt->socket_fds, rt->n_socket_fds);
        socket_shares_flush(u);
}

void unit_listen(Manager *m, Unit *u, bool on) {
        UnitRuntime *rt = unit_runtime(u);
        int r = 0;

        if (u->type != UNIT_SOCKET)
                return;
        if (!rt->socket_sources) {
                if (!on || rt->n_socket_fds == 0)
                        return;
                rt->socket_sources = calloc(rt->n_socket_fds, sizeof(*rt->socket_sources));
                if (!rt->socket_sources)
                        r = -ENOMEM;
        }
        for (size_t i = 0; i < rt->n_socket_fds && r >= 0; i++) {
                if (!rt->socket_sources[i])
                        r = watch_traffic(m, u, rt->socket_fds[i], rt->socket_sources + i);
                if (r >= 0)
                        r = sd_event_source_set_enabled(rt->socket_sources[i],
                                                        on ? SD_EVENT_ON : SD_EVENT_OFF);
        }
        if (r < 0)
                (void)manager_push(m, u,
                                   &(Event){ .type = EVENT_OPEN_FAILED, .now = dual_now(), .error = r });
}

/* Its socket would be lost for ever for something that passes. */
static void refused(Manager *m, Unit *u, bool passing) {
        if (passing && u->type == UNIT_SOCKET)
                unit_pause_socket(m, u);
        else
                (void)manager_push(
                        m, u, &(Event){ .type = EVENT_TRIGGERED_STATE, .now = dual_now(), .active = FAILED });
}

bool unit_was_triggered(const Unit *u) {
        return unit_runtime(u)->accepted_by || unit_runtime(u)->trigger_environment;
}

static int timer_environment(const Timer *t, char ***env) {
        int r = manager_add_env_number(env, "TRIGGER_TIMER_REALTIME_USEC", t->last_trigger.realtime);

        return r < 0 ? r
                     : manager_add_env_number(env, "TRIGGER_TIMER_MONOTONIC_USEC", t->last_trigger.monotonic);
}

static int path_environment(const Unit *u, char ***env) {
        const char *moved = path_watch_moved(unit_runtime(u)->file_watch);
        char *found auto_free = NULL;

        if (!moved)
                (void)path_watch_holds(u->spec->path, &found); /* it may be gone by now */
        return moved || found ? manager_add_env(env, "TRIGGER_PATH", moved ?: found) : 0;
}

/* $TRIGGER_UNIT and its like; who started it first is who counts. Without memory it starts all the same. */
static void tell_trigger(const Unit *u, Unit *triggered) {
        UnitRuntime *rt = unit_runtime(triggered);
        char **env auto_strv = NULL;
        int r;

        if ((u->type != UNIT_TIMER && u->type != UNIT_PATH) || !unit_is_down(triggered) ||
            rt->trigger_environment)
                return;
        r = manager_add_env(&env, "TRIGGER_UNIT", u->id);
        if (r >= 0)
                r = u->type == UNIT_TIMER ? timer_environment(&unit_runtime(u)->machine.timer, &env)
                                          : path_environment(u, &env);
        if (r < 0)
                return;
        rt->trigger_environment = TAKE(env);
        unit_mark_changed(triggered);
}

void unit_trigger(Manager *m, Unit *u) {
        bool any = false;

        if (u->type == UNIT_SOCKET && u->spec->socket->accept) {
                unit_accept(m, u);
                return;
        }
        for (const Edge *e = NULL; (e = unit_next_edge(u, DEP_TRIGGERS, e));) {
                Report why = { 0 };
                int r;

                tell_trigger(u, e->other);
                r = m->stopping ? -ESHUTDOWN
                                : manager_enqueue(m, JOB_START, e->other, JOB_REPLACE, &why, NULL);
                if (r != 0 && unit_is_down(e->other))
                        unit_trigger_end(e->other);

                any = true;
                if (r != 0 && !m->stopping) {
                        LOG_UNIT(u->id, TRIGGER_REFUSED, FIELD_S("TRIGGERED", e->other->id),
                                 FIELD_S("TEXT", why.n_findings > 0 ? why.findings[0].text
                                                 : r < 0            ? strerror(-r)
                                                                    : ""));
                        refused(m, u, is_passing(r) || unit_is_unread(e->other));
                }
                report_release(&why);
        }
        if (!any)
                LOG_UNIT(u->id, TRIGGER_REFUSED, FIELD_S("TRIGGERED", "nothing"),
                         FIELD_S("TEXT", "no unit to trigger"));
}

void unit_check_paths(Manager *m, Unit *u) {
        path_watch_forget(unit_runtime(u)->file_watch);
        (void)manager_push(m, u,
                           &(Event){ .type = EVENT_PATHS_CHECKED,
                                     .now = dual_now(),
                                     .value = path_watch_holds(u->spec->path, NULL) });
}
