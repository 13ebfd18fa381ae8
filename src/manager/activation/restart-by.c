/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Services that restart without having ended, and sets that are rolled: X-Watch= when files change,
 * X-RestartOnCalendar= at calendar events.
 *
 * Files are watched from the start of the service on until somebody stops it.
 * That it has failed does not end it: who writes a service corrects a mistake,
 * and that is the change for which it comes back. A calendar event is for
 * services that run. In no case is a stop that is under way undone.
 */

#include "host/tree-watch.h"
#include "manager/manager-internal.h"
#include "manager/roll.h"

#include <errno.h>
#include <string.h>

struct RestartBy {
        Unit *unit;                /* borrowed */
        TreeWatch *tree;           /* owned */
        sd_event_source *calendar; /* the next event */
};

void restart_by_free(RestartBy *b) {
        if (!b)
                return;
        tree_watch_free(b->tree);
        sd_event_source_disable_unref(b->calendar);
        free(b);
}

bool unit_triggers_roll(const Unit *u) {
        TriggerMode mode = u->spec->service->trigger_mode;

        return mode == TRIGGER_MODE_UNSET ? u->spec->service->n_instances > 0 || unit_set(u)
                                          : mode == TRIGGER_ROLL;
}

/* What runs goes on running. */
static bool roll(Manager *m, Unit *u, const char *why) {
        Report report = { 0 };
        uint32_t id;
        bool rolled = unit_triggers_roll(u) && active_state_is_up(u->active) &&
                      manager_roll(m, u, &report, &id) == 0;

        report_release(&report);
        if (rolled)
                LOG_UNIT(u->id, UNIT_ROLLED_BY, FIELD_S("TEXT", why));
        return rolled;
}

static void restart(Unit *u, const char *why) {
        Manager *m = unit_runtime(u)->manager;
        Report report = { 0 };
        int r;

        if (m->stopping || (u->job ? u->job->type == JOB_STOP : u->active == INACTIVE))
                return;
        if (roll(m, u, why))
                return;
        LOG_UNIT(u->id, UNIT_RESTARTED_BY, FIELD_S("TEXT", why));
        if (u->active == FAILED) /* whatever had failed: its start limit is not meant for this */
                (void)manager_push_type(m, u, EVENT_RESET_FAILED);
        r = manager_enqueue(m, JOB_RESTART, u, JOB_REPLACE, &report, NULL);
        if (r != 0)
                LOG_UNIT(u->id, REQUEST_REFUSED, FIELD_S("JOB_TYPE", "restart"), FIELD_S("REASON", why),
                         FIELD_S("TEXT", report.n_findings > 0 ? report.findings[0].text
                                         : r < 0               ? strerror(-r)
                                                               : ""));
        report_release(&report);
}

static void on_tree(TreeNews what, const char *path, int error, void *userdata) {
        Unit *u = userdata;
        Buf why auto_buf = { 0 };

        if (what == TREE_CHANGED) {
                buf_addf(&why, "%s has changed (X-Watch=)", path);
                restart(u, why.error < 0 ? "X-Watch=" : why.data);
                return;
        }
        LOG_UNIT(u->id, WATCH_LIMITED, FIELD_I("N", error == -E2BIG ? TREE_DIRECTORIES_MAX : 0),
                 FIELD_S("PATH", path),
                 FIELD_S("TEXT", error == -E2BIG    ? "the limit for one service"
                                 : error == -ENOSPC ? "the limit of the kernel: fs.inotify.max_user_watches"
                                                    : strerror(-error)));
}

static bool watching_is_off(const Manager *m) {
        const char *value = env_get(m->internal->options.environment, "SVINIT_NO_WATCH", 15);

        return value && !str_equal(value, "") && !str_equal(value, "0") && !str_equal(value, "no");
}

static void follow_files(Manager *m, Unit *u, RestartBy *b) {
        const ServiceSpec *s = u->spec->service;
        bool wanted = s->watch && (u->active != FAILED || b->tree);
        int r;

        if (!wanted)
                tree_watch_free(TAKE(b->tree));
        if (!wanted || b->tree || watching_is_off(m))
                return;
        r = tree_watch_new(
                m->event, m->watcher,
                &(TreeOptions){ .paths = s->watch, .ignored = s->watch_ignore, .quiet = s->watch_delay },
                on_tree, u, &b->tree);
        if (r < 0)
                LOG_UNIT_ERRNO(u->id, WATCH_FAILED, r, FIELD_S("PATH", s->watch[0]));
}

static usec_t next_event(const Manager *m, const Unit *u, usec_t now) {
        usec_t next = USEC_INFINITY;

        STRV_FOREACH (text, u->spec->service->restart_on_calendar) {
                CalendarSpec calendar;
                usec_t t;

                if (calendar_parse(*text, &m->zones.zones, &calendar) < 0)
                        continue;
                if (calendar_next(&calendar, &m->zones.zones, now, &t) >= 0)
                        next = MIN(next, t);
                calendar_release(&calendar);
        }
        return next;
}

static int on_calendar(sd_event_source *s, uint64_t usec, void *userdata) {
        RestartBy *b = userdata;

        if (!b->unit->job) /* else it is about to be another run anyway */
                restart(b->unit, "a calendar event has come (X-RestartOnCalendar=)");
        unit_follow_clock(unit_runtime(b->unit)->manager, b->unit);
        return 0;
}

/* From now on: a restart that was missed while the container did not run is none. */
static void follow_calendar(Manager *m, Unit *u, RestartBy *b) {
        usec_t next = USEC_INFINITY;
        int r;

        b->calendar = sd_event_source_disable_unref(b->calendar);
        if (u->spec->service->restart_on_calendar && active_state_is_up(u->active))
                next = next_event(m, u, dual_now().realtime);
        if (next == USEC_INFINITY)
                return;
        manager_watch_clock(m, u);
        r = sd_event_add_time(m->event, &b->calendar, CLOCK_REALTIME, next, USEC_PER_MSEC, on_calendar, b);
        if (r < 0)
                LOG_UNIT_ERRNO(u->id, TIMER_FAILED, r, FIELD_S("UNIT", u->id));
}

void unit_follow_clock(Manager *m, Unit *u) {
        RestartBy *b = unit_runtime(u)->restart_by;

        if (b)
                follow_calendar(m, u, b);
}

void unit_follow_restarts(Manager *m, Unit *u) {
        UnitRuntime *rt = unit_runtime(u);
        const ServiceSpec *s = u->spec->service;

        if (u->type != UNIT_SERVICE)
                return;
        /* Between the halves of a restart it is inactive for a moment. */
        if ((!s->watch && !s->restart_on_calendar) || (u->active == INACTIVE && !u->job)) {
                restart_by_free(TAKE(rt->restart_by));
                return;
        }
        if (!rt->restart_by) {
                rt->restart_by = calloc(1, sizeof(RestartBy));
                if (!rt->restart_by) {
                        LOG_UNIT_ERRNO(u->id, WATCH_FAILED, -ENOMEM, FIELD_S("PATH", "X-Watch="));
                        return;
                }
                rt->restart_by->unit = u;
        }
        follow_files(m, u, rt->restart_by);
        follow_calendar(m, u, rt->restart_by);
}
