/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Who may roll what, where a roll begins and where it ends.
 *
 * A roll begins with reading the files of its units again: they and the directory that WorkingDirectory= leads to at
 * that moment are the new generation of all its members. What is read later, by a daemon-reload, is for the roll that
 * follows. From then on its members are held: whoever dies before its turn comes back as it was.
 */

#include "manager/sets/roll-internal.h"

#include <errno.h>
#include <string.h>
#include <utlist.h>

void manager_instance_ready(Manager *m, Unit *u, ReadyOn gate) {
        unit_runtime(u)->gates |= (uint8_t)(1u << gate);
        unit_follow_roll(u, false);
}

void manager_instance_unready(Manager *m, Unit *u, ReadyOn gate) {
        unit_runtime(u)->gates &= (uint8_t) ~(1u << gate);
        unit_follow_roll(u, false);
}

static RollRun *run_of(const Unit *u) {
        const UnitRoll *roll = unit_runtime(u)->roll;

        return roll ? roll->run : NULL;
}

/* Whose roll it would be: that of the set. */
static Unit *whole_of(Unit *u) {
        Unit *set = u->type == UNIT_SERVICE ? unit_set(u) : NULL;

        return set ?: u;
}

const Unit *unit_rolled(const Unit *u) {
        const Unit *set = unit_set(u);

        return set ?: u;
}

bool unit_is_held_back(const Unit *u) {
        if (u->type != UNIT_SERVICE)
                return false;
        if (u->spec->service->n_instances == 0)
                return !unit_runtime(u)->seat && unit_is_held(u);
        for (const Edge *e = NULL; (e = unit_next_edge(u, DEP_CONSISTS_OF, e));)
                if (!unit_runtime(e->other)->seat && unit_is_held(e->other))
                        return true;
        return false;
}

bool unit_roll_phase(const Unit *u, RollPhase *ret) {
        const RollSeat *s = unit_runtime(u)->seat;

        if (s)
                *ret = seat_phase(s);
        return s;
}

bool unit_roll_seat(const Unit *set, unsigned *i, const Unit **ret, RollPhase *ret_phase) {
        const RollRun *run = set->type == UNIT_SERVICE ? run_of(set) : NULL;

        while (run && *i < roll_n_seats(run) && !run->seats[*i].unit)
                (*i)++;
        if (!run || *i >= roll_n_seats(run))
                return false;
        *ret = run->seats[*i].unit;
        *ret_phase = run->members[*i].phase;
        return true;
}

static int refuse(Report *why, const Unit *u, int r, const char *text) {
        report_add_at(why, SEVERITY_ERROR, FINDING_OTHER, &(SourcePlace){ 0 }, "%s %s.", u->id, text);
        return r;
}

static int check(Manager *m, const Unit *u, Report *why) {
        if (m->stopping)
                return ENQUEUE_SHUTTING_DOWN;
        if (u->type != UNIT_SERVICE)
                return refuse(why, u, ENQUEUE_NOT_APPLICABLE, "cannot be rolled: it is no service");
        switch (u->load_state) {
        case LOAD_LOADED:
                break;
        case LOAD_NOT_FOUND:
                return ENQUEUE_NOT_FOUND;
        case LOAD_MASKED:
                return ENQUEUE_MASKED;
        case LOAD_BAD_SETTING:
                return refuse(why, u, ENQUEUE_BAD_SETTING,
                              u->load_error_text ?: "has a file that cannot be used; what runs goes on");
        default:
                return refuse(why, u, ENQUEUE_LOAD_FAILED,
                              u->load_error_text ?: "has a file that cannot be read; what runs goes on");
        }
        if (!active_state_is_up(u->active))
                return refuse(why, u, -EHOSTDOWN, "is not active: there is nothing to roll");
        if (service_is_set(&unit_runtime(u)->machine.service) != (u->spec->service->n_instances > 0))
                return refuse(why, u, ENQUEUE_NOT_APPLICABLE,
                              "has become another kind of service (X-Instances=): it has to be restarted");
        return 0;
}

/* The set and all that belongs to it, or the one unit. */
static int reread(Manager *m, Unit *u) {
        Unit **units auto_free = calloc(u->n_edges + 1, sizeof(*units));
        char *id auto_free = NULL;
        size_t n = 0;
        int r;

        if (!units)
                return -ENOMEM;
        units[n++] = u;
        for (const Edge *e = NULL; (e = unit_next_edge(u, DEP_CONSISTS_OF, e));)
                if (unit_set(e->other) == u)
                        units[n++] = e->other;
        r = str_replace(&id, u->id);
        if (r >= 0)
                r = manager_reread(m, units, n);
        if (r < 0)
                return r;
        if (graph_find(m->graph, id) != u) /* it is another name of another unit now */
                return ENQUEUE_NOT_FOUND;
        /* Those that are too many go; those that are missing are part of the roll. */
        for (const Edge *e = NULL; (e = unit_next_edge(u, DEP_CONSISTS_OF, e));)
                unit_follow_set(m, e->other);
        return 0;
}

static int begin(Manager *m, Unit *u, const RollWish *wish, Report *why) {
        UnitRoll *roll = unit_runtime(u)->roll;
        RollRun *run = NULL;
        int r;

        r = reread(m, u);
        if (r == 0)
                r = check(m, u, why);
        if (r == 0)
                r = roll_new(u, wish, &run);
        if (r == -ENXIO)
                return refuse(why, u, ENQUEUE_MASKED, "has no instance that may be started");
        if (r != 0)
                return r;
        roll->id++;
        roll->run = run;
        roll->queued = false;
        DL_APPEND(m->internal->rolls, run);
        LOG_UNIT(u->id, ROLL_BEGUN, FIELD_I("N_INSTANCES", run->roll.n_total),
                 FIELD_S("MODE",
                         roll_mode_to_string(run->roll.plan.n_spares > 0 ? ROLL_SURGE : ROLL_REPLACE)));
        run->changed = m->internal->rolls_changed = true;
        manager_kick(m);
        return 0;
}

static void add_wish(RollWish *w, const Unit *u) {
        if (!unit_set(u))
                w->all = true;
        else
                w->of[unit_set_index(u) / 8] |= (uint8_t)(1u << unit_set_index(u) % 8);
}

int manager_roll(Manager *m, Unit *u, Report *why, uint32_t *ret_id) {
        Unit *whole = whole_of(u);
        UnitRuntime *rt = unit_runtime(whole);
        RollWish wish = { 0 };
        int r = check(m, whole, why);

        if (r != 0)
                return r;
        if (u != whole && unit_is_surplus(u))
                return refuse(why, u, ENQUEUE_NOT_APPLICABLE, "is none of the instances that its set has");
        if (!rt->roll)
                rt->roll = calloc(1, sizeof(*rt->roll));
        if (!rt->roll)
                return -ENOMEM;
        if (rt->roll->run) {
                add_wish(&rt->roll->run->next_wish, u);
                rt->roll->run->again = rt->roll->queued = true;
                *ret_id = rt->roll->id + 1;
                return 0;
        }
        add_wish(&wish, u);
        r = begin(m, whole, &wish, why);
        if (r == 0)
                *ret_id = rt->roll->id;
        return r;
}

int manager_abort_roll(Manager *m, Unit *u) {
        RollRun *run = run_of(whole_of(u));

        if (!run)
                return -ESRCH;
        run->again = unit_runtime(run->unit)->roll->queued = false;
        roll_event(&run->roll, ROLL_ABORT, 0, now_monotonic());
        run->changed = m->internal->rolls_changed = true;
        manager_kick(m);
        return 0;
}

bool unit_grows_later(Unit *u) {
        RollRun *run = run_of(u);

        if (run)
                run->stale = true;
        return run;
}

bool unit_is_read_later(Unit *u) {
        const RollSeat *s = unit_runtime(u)->seat;

        if (s)
                s->run->stale = true;
        return s;
}

void unit_roll_free(Unit *u) {
        UnitRuntime *rt = unit_runtime(u);

        if (rt->seat)
                seat_leave(rt->seat);
        if (!rt->roll)
                return;
        if (rt->roll->run) {
                DL_DELETE(rt->manager->internal->rolls, rt->roll->run);
                roll_free(rt->roll->run);
        }
        free(rt->roll->reason);
        free(TAKE(rt->roll));
}

/* What the graph was told would come back is down for good. */
static void settle_end(Manager *m, Unit *u) {
        JobRequests requests = { 0 };
        ActiveState state = machine_active_state(&unit_runtime(u)->machine);

        if (u->will_restart && active_state_is_down(state) && !u->job) {
                graph_unit_changed(m->graph, u, state, 0, &requests);
                manager_run_requests(m, &requests);
                unit_mark_changed(u);
        }
        if (active_state_is_down(state) && !u->job) {
                manager_note_end(m, u);
                manager_collect(m, u);
        }
}

/*
 * A spare that has failed is no failed unit: those that serve are none the worse for it, and who asks for the health
 * of the container must not be told otherwise. Why it failed is in the reason of the roll and in the log.
 */
static void end_spare(RollRun *run, Unit *u) {
        Manager *m = run->manager;
        ActiveState state = machine_active_state(&unit_runtime(u)->machine);

        if (!active_state_is_down(state) && !m->stopping)
                manager_ask(m, u, JOB_STOP, JOB_REPLACE, "a roll");
        else if (state == FAILED)
                (void)manager_push_type(m, u, EVENT_RESET_FAILED);
}

static void end_seat(RollRun *run, unsigned i) {
        Unit *u = run->seats[i].unit;

        if (!u)
                return;
        seat_leave(run->seats + i);
        unit_commit_generation(u);
        unit_mark_changed(u);
        if (run->members[i].spare)
                end_spare(run, u);
        else
                settle_end(run->manager, u);
}

static void tell_end(RollRun *run, const char *reason) {
        const ManagerObserver *o = &run->manager->observer;
        const UnitRoll *roll = unit_runtime(run->unit)->roll;
        const char *result = roll_result_to_string(roll->result);

        if (roll->result == ROLL_RESULT_DONE)
                LOG_UNIT(run->unit->id, ROLL_DONE, FIELD_I("N_INSTANCES", roll->n_done));
        else
                LOG_UNIT(run->unit->id, ROLL_FAILED, FIELD_S("RESULT", result), FIELD_S("TEXT", reason));
        if (o->roll_ended)
                o->roll_ended(run->unit, roll->id, result, reason, o->userdata);
}

/* What has become of the others. */
static const char *aftermath(const RollRun *run) {
        const Roll *r = &run->roll;

        if (r->result == ROLL_RESULT_DONE || r->result == ROLL_RESULT_CANCELED)
                return "";
        if (r->incomplete)
                return "; not all instances came back on the previous generation either";
        if (roll_count(r, ROLL_PHASE_NEW) > 0)
                return "; what had been replaced stays on the new generation (X-RollRollback=no)";
        return "; the previous generation serves";
}

static void begin_another(Manager *m, Unit *u, const RollWish *wish) {
        UnitRoll *roll = unit_runtime(u)->roll;
        const ManagerObserver *o = &m->observer;
        Report why = { 0 };
        int r = begin(m, u, wish, &why);

        roll->queued = false;
        if (r != 0) { /* whoever waits for it hears why not */
                const char *text = why.n_findings > 0 ? why.findings[0].text : r < 0 ? strerror(-r) : "";

                roll->id++;
                roll->result = ROLL_RESULT_FAILED;
                (void)str_replace(&roll->reason, text);
                LOG_UNIT(u->id, ROLL_FAILED, FIELD_S("RESULT", "failed"), FIELD_S("TEXT", text));
                if (o->roll_ended)
                        o->roll_ended(u, roll->id, "failed", text, o->userdata);
        }
        report_release(&why);
}

/* What was read, or would have been, while it went on. */
static Unit *catch_up(Manager *m, Unit *u) {
        char *id auto_free = strdup(u->id);

        if (!id)
                return u;
        (void)reread(m, u);
        u = graph_find(m->graph, id); /* it may be another name of another unit now */
        if (u)
                unit_follow_set(m, u);
        return u;
}

void roll_end(RollRun *run) {
        Manager *m = run->manager;
        Unit *u = run->unit;
        const RollWish wish = run->next_wish;
        UnitRoll *roll = unit_runtime(u)->roll;
        bool again = run->again && !m->stopping, stale = run->stale;
        Buf reason auto_buf = { 0 };

        DL_DELETE(m->internal->rolls, run);
        for (unsigned i = 0; i < roll_n_seats(run); i++)
                end_seat(run, i);
        if (run->roll.result == ROLL_RESULT_DONE)
                unit_commit_generation(u);
        roll->run = NULL;
        roll->result = run->roll.result;
        roll->queued = false;
        free(TAKE(roll->reason));
        buf_addf(&reason, "%s%s", run->reason ?: "", aftermath(run));
        if (reason.error >= 0 && reason.len > 0)
                roll->reason = strdup(reason.data);
        tell_end(run, roll->reason ?: "");
        if (m->observer.roll_changed)
                m->observer.roll_changed(u, m->observer.userdata);
        roll_free(run);
        if (stale && !m->stopping)
                u = catch_up(m, u);
        if (u && again)
                begin_another(m, u, &wish);
}
