/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What happens to the units of a roll is noted at once and told to its machine when the queue of events is empty: then
 * each unit is somewhere, and not on its way through. What the machine answers is done on the spot.
 */

#include "manager/sets/roll-internal.h"

#include <utlist.h>

unsigned roll_n_seats(const RollRun *run) {
        return run->roll.plan.n_members + run->roll.plan.n_spares;
}

static unsigned index_of(const RollSeat *s) {
        return (unsigned)(s - s->run->seats);
}

RollPhase seat_phase(const RollSeat *s) {
        return s->run->members[index_of(s)].phase;
}

void seat_leave(RollSeat *s) {
        Unit *u = TAKE(s->unit);

        if (u)
                unit_runtime(u)->seat = NULL;
        s->changed = false;
}

static bool is_asked_to_go(const RollSeat *s) {
        RollPhase p = seat_phase(s);

        return p == ROLL_PHASE_LEAVING || p == ROLL_PHASE_RETURNING;
}

static void note(RollSeat *s) {
        s->changed = s->run->changed = true;
        s->run->manager->internal->rolls_changed = true;
        manager_kick(s->run->manager);
}

void unit_follow_roll(Unit *u, bool died) {
        RollSeat *s = unit_runtime(u)->seat;

        if (!s)
                return;
        if (died && !s->died) {
                s->died = true;
                s->result = unit_runtime(u)->machine.service.result;
                s->end = unit_runtime(u)->machine.service.main;
        }
        note(s);
}

/* On the new generation, and put back if it fails. */
static bool is_on_trial(const RollSeat *s) {
        const Roll *r = &s->run->roll;
        RollPhase p = seat_phase(s);

        return r->plan.rollback && (r->state == ROLL_STATE_FORWARD || r->state == ROLL_STATE_BACKWARD) &&
               (p == ROLL_PHASE_STARTING || p == ROLL_PHASE_SETTLING || p == ROLL_PHASE_NEW);
}

bool unit_comes_back(const Unit *u, bool begins) {
        RollSeat *s = unit_runtime(u)->seat;
        RollPhase p;

        if (!s || s->run->members[index_of(s)].spare)
                return false;
        s->begun = s->begun || begins;
        p = seat_phase(s);
        return is_asked_to_go(s) || is_on_trial(s) ||
               (!s->begun && (p == ROLL_PHASE_STARTING || p == ROLL_PHASE_RESTARTING));
}

bool unit_end_counts(const Unit *u) {
        const RollSeat *s = unit_runtime(u)->seat;

        return !s || s->run->members[index_of(s)].spare;
}

/* A whole that is stopped, or restarted by hand, takes its roll along before the first of its jobs runs. */
static void cancel(RollRun *run) {
        run->canceled = run->changed = true;
        run->manager->internal->rolls_changed = true;
        for (unsigned i = 0; i < roll_n_seats(run); i++)
                if (run->members[i].spare && run->seats[i].unit)
                        run->seats[i].stopped = true; /* it goes when the rest is settled */
                else
                        seat_leave(run->seats + i);
        manager_kick(run->manager);
}

void unit_note_job_for_roll(const Job *j) {
        const UnitRuntime *rt = unit_runtime(j->unit);
        RollRun *run = rt->roll ? rt->roll->run : NULL;
        RollSeat *s = rt->seat;

        if (s && s->run->acting)
                return;
        if (run && !run->canceled && (j->type == JOB_STOP || j->type == JOB_RESTART) &&
            !(s && is_asked_to_go(s)) && !machine_will_restart(&rt->machine))
                cancel(run);
        s = rt->seat;
        if (!s)
                return;
        if (j->type == JOB_STOP && !is_asked_to_go(s))
                s->stopped = true;
        note(s);
}

static bool has_passed(const Unit *u, ReadyOn gate) {
        const UnitRuntime *rt = unit_runtime(u);
        ServiceType type = u->spec->service->type;

        if (!active_state_is_up(u->active))
                return false;
        if (gate == READY_ON_START)
                return true;
        if (gate == READY_ON_NOTIFY)
                return type == TYPE_NOTIFY || type == TYPE_NOTIFY_RELOAD || rt->machine.service.notify_ready;
        return rt->gates & 1u << gate;
}

static void tell(RollSeat *s, RollEventType type) {
        roll_event(&s->run->roll, type, index_of(s), now_monotonic());
}

static void look_at_going(RollSeat *s) {
        Unit *u = s->unit;
        UnitRuntime *rt = unit_runtime(u);

        if (u->job || rt->drain)
                return;
        if (active_state_is_down(machine_active_state(&rt->machine)))
                tell(s, ROLL_DOWN);
        else /* somebody has undone it: once more */
                unit_leave(s->run->manager, u);
}

static void look_at(RollSeat *s) {
        Unit *u = s->unit;
        const UnitRuntime *rt = unit_runtime(u);
        ActiveState state = machine_active_state(&rt->machine);
        bool over = active_state_is_down(state) && !u->job;

        s->changed = false;
        if (TAKE(s->stopped)) {
                seat_leave(s);
                tell(s, ROLL_REMOVED);
                return;
        }
        if (is_asked_to_go(s)) {
                look_at_going(s);
                return;
        }
        if (seat_phase(s) == ROLL_PHASE_OLD) { /* it may have died, and be back already */
                s->died = false;
                if (over || machine_will_restart(&rt->machine))
                        tell(s, ROLL_DOWN);
                else if (active_state_is_up(state))
                        tell(s, ROLL_UP);
                return;
        }
        if (TAKE(s->died) || over) {
                tell(s, ROLL_DOWN);
                return;
        }
        if (!active_state_is_up(state))
                return;
        if (!s->run->members[index_of(s)].up)
                tell(s, ROLL_UP);
        tell(s, has_passed(u, s->run->gate) ? ROLL_READY : ROLL_UNREADY);
}

/* The start limit is not meant for this. */
static void start(RollSeat *s) {
        Manager *m = s->run->manager;
        Unit *u = s->unit;
        ActiveState state = machine_active_state(&unit_runtime(u)->machine);
        bool waits = machine_will_restart(&unit_runtime(u)->machine);
        Report why = { 0 };

        s->died = s->begun = false;
        s->result = SERVICE_RESULT_MAX;
        s->run->acting = true;
        service_forgive_starts(&unit_runtime(u)->machine.service);
        if (manager_enqueue(m, active_state_is_down(state) || waits ? JOB_START : JOB_RESTART, u, JOB_REPLACE,
                            &why, NULL) != 0) {
                manager_log_report(u->id, &why);
                s->died = true;
        }
        report_release(&why);
        s->run->acting = false;
        note(s);
}

static void act(RollRun *run, RollAction action, unsigned i) {
        RollSeat *s = run->seats + i;

        if (!s->unit) { /* it has left meanwhile, and says so at the next look */
                roll_event(&run->roll, ROLL_REMOVED, i, now_monotonic());
                return;
        }
        switch (action) {
        case ROLL_START_NEW:
                if (unit_is_held(s->unit))
                        unit_swap_generations(s->unit);
                start(s);
                break;
        case ROLL_START_OLD:
                if (!unit_is_held(s->unit))
                        unit_swap_generations(s->unit);
                start(s);
                break;
        case ROLL_LEAVE:
                unit_leave(run->manager, s->unit);
                note(s);
                break;
        case ROLL_STOP:
                manager_ask(run->manager, s->unit, JOB_STOP, JOB_IGNORE_DEPENDENCIES, "a roll");
                note(s);
                break;
        default:
                break;
        }
}

static int on_deadline(sd_event_source *source, uint64_t usec, void *userdata) {
        RollRun *run = userdata;

        roll_event(&run->roll, ROLL_DEADLINE, 0, now_monotonic());
        run->changed = run->manager->internal->rolls_changed = true;
        manager_kick(run->manager);
        return 0;
}

static void arm(RollRun *run) {
        usec_t t = run->roll.deadline;
        int r = 0;

        if (t == USEC_INFINITY) {
                run->timer = sd_event_source_disable_unref(run->timer);
                return;
        }
        if (!run->timer)
                r = sd_event_add_time(run->manager->event, &run->timer, CLOCK_MONOTONIC, t, USEC_PER_MSEC,
                                      on_deadline, run);
        if (r >= 0)
                r = sd_event_source_set_time(run->timer, t);
        if (r >= 0)
                r = sd_event_source_set_enabled(run->timer, SD_EVENT_ONESHOT);
        if (r < 0)
                LOG_UNIT_ERRNO(run->unit->id, TIMER_FAILED, r, FIELD_S("UNIT", run->unit->id));
}

static void tell_progress(RollRun *run) {
        UnitRoll *told = unit_runtime(run->unit)->roll;
        unsigned done = roll_count(&run->roll, ROLL_PHASE_NEW);
        const ManagerObserver *o = &run->manager->observer;
        uint64_t phases = 0;

        for (unsigned i = 0; i < roll_n_seats(run); i++)
                phases = phases * 31 + run->members[i].phase + 1;
        if (told->state == run->roll.state && told->n_total == run->roll.n_total &&
            phases == run->phases_told)
                return;
        run->phases_told = phases;
        told->n_done = done;
        told->n_total = run->roll.n_total;
        told->state = run->roll.state;
        if (o->roll_changed)
                o->roll_changed(run->unit, o->userdata);
}

void roll_drive(RollRun *run) {
        RollAction action;
        unsigned i = 0;

        if (run->canceled || run->manager->stopping)
                roll_event(&run->roll, ROLL_CANCEL, 0, 0);
        for (i = 0; i < roll_n_seats(run) && run->roll.state != ROLL_STATE_OVER; i++)
                if (run->seats[i].unit && run->seats[i].changed)
                        look_at(run->seats + i);
        roll_explain(run);
        while ((action = roll_next(&run->roll, &i)) != ROLL_NOTHING) {
                if (action == ROLL_END) {
                        tell_progress(run);
                        roll_end(run);
                        return;
                }
                act(run, action, i);
        }
        arm(run);
        tell_progress(run);
}

void manager_retry_rolls(Manager *m) {
        RollRun *run;

        DL_FOREACH (m->internal->rolls, run)
                for (unsigned i = 0; i < roll_n_seats(run); i++)
                        if (run->seats[i].unit)
                                note(run->seats + i);
}

void manager_advance_rolls(Manager *m) {
        RollRun *run, *next;

        while (m->internal->rolls_changed) {
                m->internal->rolls_changed = false;
                DL_FOREACH_SAFE (m->internal->rolls, run, next)
                        if (TAKE(run->changed) || m->stopping)
                                roll_drive(run);
        }
}
