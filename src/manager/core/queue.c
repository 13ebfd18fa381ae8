/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "manager/manager-internal.h"

#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>

/* Events of one turn; then the bus and the sockets get theirs. */
#define TURN_BUDGET 512

#define QUEUE_MIN 64

static int queue_grow(ManagerInternal *in) {
        size_t capacity = in->queue_capacity ? in->queue_capacity * 2 : QUEUE_MIN;
        QueuedEvent *q = malloc(capacity * sizeof(*q));

        in->crowded = !q;
        if (!q)
                return -ENOMEM;
        for (size_t i = 0; i < in->queue_count; i++)
                q[i] = in->queue[(in->queue_head + i) % in->queue_capacity];
        free(in->queue);
        in->queue = q;
        in->queue_head = 0;
        in->queue_capacity = capacity;
        return 0;
}

/*
 * It grows when it is half full, so that a refusal is no loss yet. A full queue
 * without memory is emptied on the spot: an event about a process must not get lost.
 */
static int queue_make_room(Manager *m, const Unit *u, const Event *ev) {
        ManagerInternal *in = m->internal;

        if (in->queue_count < in->queue_capacity / 2 || queue_grow(in) >= 0 ||
            in->queue_count < in->queue_capacity)
                return 0;
        if (!in->draining)
                (void)manager_drain(m, (unsigned)in->queue_count);
        if (in->queue_count < in->queue_capacity)
                return 0;
        LOG_ERRNO(EVENT_LOST, -ENOMEM, FIELD_S("UNIT", u->id),
                  FIELD_S("EVENT", event_type_to_string(ev->type)));
        return -ENOMEM;
}

int manager_push_exit(Manager *m, Unit *u, const Event *ev, const char *comm) {
        ManagerInternal *in = m->internal;
        QueuedEvent *q;
        int r;

        r = queue_make_room(m, u, ev);
        if (r < 0)
                return r;
        q = in->queue + (in->queue_head + in->queue_count++) % in->queue_capacity;
        *q = (QueuedEvent){ .unit = u, .event = *ev };
        snprintf(q->comm, sizeof(q->comm), "%s", comm);
        manager_kick(m);
        return 0;
}

int manager_push(Manager *m, Unit *u, const Event *ev) {
        return manager_push_exit(m, u, ev, "");
}

int manager_push_urgent(Manager *m, Unit *u, const Event *ev) {
        ManagerInternal *in = m->internal;
        int r;

        r = queue_make_room(m, u, ev);
        if (r < 0)
                return r;
        in->queue_head = (in->queue_head + in->queue_capacity - 1) % in->queue_capacity;
        in->queue[in->queue_head] = (QueuedEvent){ .unit = u, .event = *ev };
        in->queue_count++;
        in->n_urgent++;
        manager_kick(m);
        return 0;
}

void manager_forget_events(Manager *m, const Unit *u) {
        ManagerInternal *in = m->internal;

        for (size_t i = 0; i < in->queue_count; i++) {
                QueuedEvent *q = in->queue + (in->queue_head + i) % in->queue_capacity;

                if (q->unit == u)
                        q->unit = NULL;
        }
}

int manager_push_type(Manager *m, Unit *u, EventType type) {
        return manager_push(m, u, &(Event){ .type = type, .now = dual_now() });
}

void manager_kick(Manager *m) {
        (void)sd_event_source_set_enabled(m->internal->queue_source, SD_EVENT_ONESHOT);
}

void unit_mark_changed(Unit *u) {
        UnitRuntime *rt = unit_runtime(u);

        if (rt->in_change_list)
                return;
        rt->in_change_list = true;
        rt->change_next = rt->manager->internal->changed;
        rt->manager->internal->changed = rt;
}

void manager_flush_changes(Manager *m) {
        UnitRuntime *rt = TAKE(m->internal->changed);

        while (rt) {
                UnitRuntime *next = TAKE(rt->change_next);

                rt->in_change_list = false;
                if (m->observer.unit_changed)
                        m->observer.unit_changed(rt->unit, m->observer.userdata);
                rt = next;
        }
}

/* Which timestamps a change of the active state sets, systemd.unit's five. */
static void note_times(UnitRuntime *rt, ActiveState old, ActiveState now, DualTime when) {
        rt->state_change = when;
        if (active_state_is_down(old) && !active_state_is_down(now))
                rt->inactive_exit = when;
        if (!active_state_is_down(old) && active_state_is_down(now))
                rt->inactive_enter = when;
        if (active_state_is_down(now))
                rt->markers = 0;
        if (!active_state_is_up(old) && active_state_is_up(now))
                rt->active_enter = when;
        if (active_state_is_up(old) && !active_state_is_up(now))
                rt->active_exit = when;
}

/* Sockets, timers and paths follow the unit that they trigger. */
void manager_tell_triggers(Manager *m, Unit *u, ActiveState now) {
        bool limit = machine_hit_start_limit(&unit_runtime(u)->machine);

        for (const Edge *e = NULL; (e = unit_next_edge(u, DEP_TRIGGERED_BY, e));)
                (void)manager_push(m, e->other,
                                   &(Event){ .type = EVENT_TRIGGERED_STATE,
                                             .now = dual_now(),
                                             .active = now,
                                             .value = now == FAILED && limit });
}

void manager_run_requests(Manager *m, JobRequests *requests) {
        for (size_t i = 0; i < requests->n; i++) {
                const JobRequest *q = requests->v + i;
                Report why = { 0 };
                int r;

                if (m->stopping && q->type != JOB_STOP)
                        continue;
                r = manager_enqueue(m, q->type, q->unit, q->mode, &why, NULL);
                if (r != 0)
                        LOG_UNIT(q->unit->id, REQUEST_REFUSED,
                                 FIELD_S("JOB_TYPE", job_type_to_string(q->type)),
                                 FIELD_S("REASON", q->reason),
                                 FIELD_S("TEXT", why.n_findings > 0 ? why.findings[0].text : ""));
                report_release(&why);
        }
        job_requests_release(requests);
}

/* In this step, for good or not. */
static bool run_has_ended(const Event *ev, ActiveState old, ActiveState now, bool comes_back) {
        return comes_back ||
               (active_state_is_down(now) && (!active_state_is_down(old) || ev->type == EVENT_START));
}

static void after_step(Manager *m, Unit *u, ActiveState old, const char *old_sub, const Event *ev,
                       unsigned flags) {
        UnitRuntime *rt = unit_runtime(u);
        ActiveState now = machine_active_state(&rt->machine);
        JobRequests requests = { 0 };
        bool restarts = machine_will_restart(&rt->machine),
             sub_changed = old_sub != machine_sub_state(&rt->machine);
        int passed;

        if (now != old)
                note_times(rt, old, now, ev->now);
        if (now != old || sub_changed)
                unit_mark_changed(u);

        if (restarts || unit_comes_back(u, ev->type == EVENT_START))
                flags |= CHANGE_WILL_RESTART;
        if (u->type == UNIT_SERVICE && rt->machine.service.result == RESULT_EXEC_CONDITION)
                flags |= CHANGE_SKIPPED;
        if (ev->type == EVENT_START || ev->type == EVENT_STOP || ev->type == EVENT_RELOAD)
                flags |= CHANGE_ANSWERED;
        if (ev->type == EVENT_MEMBERS)
                flags |= CHANGE_FOLLOWS;
        /* Down for a moment on the way to the automatic restart: that is what ends a start job. */
        passed = machine_passed_state(&rt->machine);
        if (passed >= 0)
                graph_unit_changed(m->graph, u, (ActiveState)passed, flags | CHANGE_WILL_RESTART, &requests);
        if (now != old || passed >= 0 || ev->type == EVENT_RELOAD || (u->job && u->job->state == JOB_RUNNING))
                graph_unit_changed(m->graph, u, now, flags, &requests);
        /* Refused by its start limit a failed unit stays failed, but its socket must not ask again. */
        if (now != old || (ev->type == EVENT_START && now == FAILED))
                manager_tell_triggers(m, u, now);
        manager_run_requests(m, &requests);
        if (unit_is_down(u) && !u->job && unit_end_counts(u)) {
                if (now != old || ev->type == EVENT_START)
                        manager_note_end(m, u);
                if (unit_was_triggered(u))
                        unit_trigger_end(u);
                if (now != old)
                        manager_collect(m, u); /* failed and forgiven, say */
        }
        unit_arm_timers(m, u);
        if (rt->seat)
                unit_follow_roll(u, run_has_ended(ev, old, now, passed >= 0 || (restarts && sub_changed)));
        unit_follow_health(m, u);
        if (now != old) {
                unit_follow_restarts(m, u);
                unit_follow_drain(m, u);
                unit_follow_cluster(u);
                unit_note_for_set(m, u);
        }
}

static void log_time_out(const Unit *u, const char *key, usec_t limit, const char *state) {
        Buf b auto_buf = { 0 };

        buf_addf(&b, "%s=", key);
        timespan_format(limit, &b);
        LOG_UNIT(u->id, UNIT_TIMED_OUT, FIELD_S("STATE", state), FIELD_S("LIMIT", b.data ?: key),
                 FIELD_S("NEXT", machine_sub_state(&unit_runtime(u)->machine)));
}

static void handle_event(Manager *m, Unit *u, const Event *ev) {
        UnitRuntime *rt = unit_runtime(u);
        ActiveState old = machine_active_state(&rt->machine);
        const char *old_sub = machine_sub_state(&rt->machine);
        EffectList fx = { 0 };
        Event event = *ev;
        const char *overdue;
        unsigned flags = 0;
        usec_t limit;

        if (ev->type == EVENT_DEADLINE) {
                unit_note_stop_share_used(u);
                event.value = m->watchdogs_off;
        }
        overdue = machine_timed_out(&rt->machine, &event, &limit);
        machine_step(&rt->machine, &event, &fx);
        if (overdue)
                log_time_out(u, overdue, limit, old_sub);
        ENSURE_VOID(!fx.overflow);

        for (unsigned i = 0; i < fx.n; i++) {
                if (fx.v[i].type == EFFECT_RELOAD_DONE && !fx.v[i].value)
                        flags |= CHANGE_RELOAD_FAILED;
                manager_apply(m, u, fx.v + i, ev);
        }
        after_step(m, u, old, old_sub, ev, flags);
}

/* Each job brings an event or a few: in a queue that cannot grow there must be room for them. */
static unsigned jobs_at_once(const ManagerInternal *in, unsigned budget) {
        return in->crowded ? MIN(budget, (unsigned)(in->queue_capacity - in->queue_count) / 8) : budget;
}

bool manager_drain(Manager *m, unsigned budget) {
        ManagerInternal *in = m->internal;

        if (in->draining)
                return false;
        in->draining = true;

        while (in->n_urgent > 0 || budget > 0) {
                if (in->n_urgent == 0)
                        budget -= manager_run_jobs(m, jobs_at_once(in, budget));
                if (in->queue_count == 0 || (in->n_urgent == 0 && budget == 0))
                        break;

                QueuedEvent q = in->queue[in->queue_head];
                in->queue_head = (in->queue_head + 1) % in->queue_capacity;
                in->queue_count--;
                in->n_urgent -= in->n_urgent > 0;
                budget -= budget > 0;
                if (q.unit && (q.event.type != EVENT_EXITED || unit_note_exit(q.unit, &q.event, q.comm)))
                        handle_event(m, q.unit, &q.event);
        }

        in->draining = false;
        return budget == 0;
}

static int on_queue(sd_event_source *s, void *userdata) {
        Manager *m = userdata;
        bool more = manager_drain(m, TURN_BUDGET);

        manager_flush_changes(m);
        if (more) {
                manager_kick(m);
                return 0;
        }
        manager_advance_rolls(m);
        manager_tell_sets(m);
        manager_note_starts(m);
        manager_collect_pending(m);
        manager_check_started(m);
        manager_end_idle(m);
        if (m->stopping)
                manager_check_leave(m);
        return 0;
}

void manager_give_back(Manager *m) {
        ManagerInternal *in = m->internal;
        QueuedEvent *small;

        if (in->queue_count == 0 && in->queue_capacity > QUEUE_MIN &&
            (small = malloc(QUEUE_MIN * sizeof(*small)))) {
                free(in->queue);
                in->queue = small;
                in->queue_capacity = QUEUE_MIN;
                in->queue_head = 0;
        }
        (void)malloc_trim(0);
}

#define AGAIN_PAUSE (100 * USEC_PER_MSEC)

void manager_try_again(Manager *m) {
        sd_event_source *s = m->internal->again_source;

        (void)sd_event_source_set_time(s, usec_add(now_monotonic(), AGAIN_PAUSE));
        (void)sd_event_source_set_enabled(s, SD_EVENT_ONESHOT);
}

static int on_again(sd_event_source *s, uint64_t usec, void *userdata) {
        Manager *m = userdata;

        manager_read_unread(m);
        manager_retry_rolls(m);
        for (Unit *u = graph_next_unit(m->graph, NULL); u; u = graph_next_unit(m->graph, u)) {
                unit_arm_timers(m, u);
                if (u->job && !u->job->timer)
                        job_timer_queued(u->job);
        }
        manager_kick(m);
        return 0;
}

int manager_queue_init(Manager *m) {
        int r;

        r = sd_event_add_time(m->event, &m->internal->again_source, CLOCK_MONOTONIC, 0, USEC_PER_MSEC,
                              on_again, m);
        if (r >= 0)
                r = sd_event_source_set_enabled(m->internal->again_source, SD_EVENT_OFF);
        if (r < 0)
                return r;

        r = queue_grow(m->internal);
        if (r < 0)
                return r;
        r = sd_event_add_defer(m->event, &m->internal->queue_source, on_queue, m);
        if (r < 0)
                return r;
        r = sd_event_source_set_priority(m->internal->queue_source, PRIORITY_QUEUE);
        if (r < 0)
                return r;
        return sd_event_source_set_enabled(m->internal->queue_source, SD_EVENT_OFF);
}
