/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "life/roll.h"

#include "base/macro.h"

#define TO_STRING(type, name, max, ...)                                                                      \
        const char *name##_to_string(type v) {                                                               \
                static const char *const words[max] = { __VA_ARGS__ };                                       \
                return (unsigned)v < (unsigned)(max) ? words[v] : NULL;                                      \
        }
TO_STRING(RollPhase, roll_phase, ROLL_PHASE_MAX, [ROLL_PHASE_OLD] = "old", [ROLL_PHASE_WAITING] = "waiting",
          [ROLL_PHASE_LEAVING] = "leaving", [ROLL_PHASE_STARTING] = "starting",
          [ROLL_PHASE_SETTLING] = "settling", [ROLL_PHASE_NEW] = "new", [ROLL_PHASE_RETURNING] = "returning",
          [ROLL_PHASE_RESTARTING] = "restarting", [ROLL_PHASE_GONE] = "gone")
TO_STRING(RollState, roll_state, ROLL_STATE_MAX, [ROLL_STATE_FORWARD] = "forward",
          [ROLL_STATE_BACKWARD] = "backward", [ROLL_STATE_ENDING] = "ending", [ROLL_STATE_OVER] = "over")
TO_STRING(RollResult, roll_result,
          ROLL_RESULT_MAX, [ROLL_RESULT_DONE] = "done", [ROLL_RESULT_FAILED] = "failed",
          [ROLL_RESULT_ABORTED] = "aborted", [ROLL_RESULT_CANCELED] = "canceled")

static unsigned count_all(const Roll *r) {
        return r->plan.n_members + r->plan.n_spares;
}

unsigned roll_count(const Roll *r, RollPhase phase) {
        unsigned n = 0;

        for (unsigned i = 0; i < r->plan.n_members; i++)
                n += r->members[i].phase == phase;
        return n;
}

void roll_init(Roll *r, const RollPlan *plan, RollMember *members) {
        *r = (Roll){ .plan = *plan, .members = members, .deadline = USEC_INFINITY };
        for (unsigned i = 0; i < count_all(r); i++) {
                members[i].deadline = USEC_INFINITY;
                members[i].spare = i >= plan->n_members;
                if (members[i].spare)
                        members[i].phase = ROLL_PHASE_WAITING;
        }
        r->n_total = roll_count(r, ROLL_PHASE_OLD);
}

/* Each step of one looks at all others anyway: a roll has as many steps as members, and each takes a program's start. */
static void sum_deadlines(Roll *r) {
        r->deadline = USEC_INFINITY;
        for (unsigned i = 0; i < count_all(r); i++)
                r->deadline = MIN(r->deadline, r->members[i].deadline);
}

static void enter(RollMember *m, RollPhase phase) {
        m->phase = phase;
        m->deadline = USEC_INFINITY;
        if (phase == ROLL_PHASE_STARTING || phase == ROLL_PHASE_RESTARTING)
                m->up = false;
}

/* The way back, or with X-RollRollback=no the end where it stands: who is away comes back in any case. */
static void turn_back(Roll *r, RollResult result, RollCause cause, unsigned culprit) {
        if (r->state != ROLL_STATE_FORWARD)
                return;
        r->state = ROLL_STATE_BACKWARD;
        r->result = result;
        r->cause = cause;
        r->culprit = culprit;
        if (r->plan.rollback)
                return;
        for (unsigned i = 0; i < r->plan.n_members; i++)
                if (r->members[i].phase == ROLL_PHASE_STARTING || r->members[i].phase == ROLL_PHASE_SETTLING)
                        enter(r->members + i, ROLL_PHASE_NEW);
}

static void fail(Roll *r, unsigned i, RollCause cause) {
        turn_back(r, ROLL_RESULT_FAILED, cause, i);
}

static void when_up(Roll *r, RollMember *m, usec_t now) {
        if (m->phase == ROLL_PHASE_OLD)
                m->down = false;
        if (m->phase != ROLL_PHASE_STARTING && m->phase != ROLL_PHASE_RESTARTING)
                return;
        m->up = true;
        m->deadline = usec_add(now, r->plan.gate_timeout);
}

static void when_ready(Roll *r, RollMember *m, usec_t now) {
        if (m->phase == ROLL_PHASE_RESTARTING) {
                enter(m, ROLL_PHASE_OLD);
        } else if (m->phase == ROLL_PHASE_STARTING) {
                enter(m, r->plan.settle > 0 ? ROLL_PHASE_SETTLING : ROLL_PHASE_NEW);
                if (r->plan.settle > 0)
                        m->deadline = usec_add(now, r->plan.settle);
        }
}

static void when_down(Roll *r, unsigned i) {
        RollMember *m = r->members + i;

        switch (m->phase) {
        case ROLL_PHASE_OLD: /* its own affair; it comes back on the old generation, if it does */
                m->down = true;
                break;
        case ROLL_PHASE_LEAVING: /* roll_next() starts it, on which one follows from the state */
        case ROLL_PHASE_RETURNING:
                m->down = true;
                break;
        case ROLL_PHASE_STARTING:
                fail(r, i, m->up ? ROLL_CAUSE_ENDED : ROLL_CAUSE_NOT_STARTED);
                break;
        case ROLL_PHASE_SETTLING:
                fail(r, i, ROLL_CAUSE_UNSETTLED);
                break;
        case ROLL_PHASE_NEW:
                fail(r, i, ROLL_CAUSE_DIED);
                break;
        case ROLL_PHASE_RESTARTING:
                r->incomplete = true;
                enter(m, ROLL_PHASE_OLD);
                break;
        default:
                break;
        }
}

static void when_late(Roll *r, unsigned i) {
        RollMember *m = r->members + i;

        switch (m->phase) {
        case ROLL_PHASE_STARTING:
                fail(r, i, ROLL_CAUSE_NOT_READY);
                break;
        case ROLL_PHASE_SETTLING:
                enter(m, ROLL_PHASE_NEW);
                break;
        case ROLL_PHASE_RESTARTING: /* it was good enough before */
                enter(m, ROLL_PHASE_OLD);
                break;
        default:
                break;
        }
        m->deadline = USEC_INFINITY;
}

static void when_removed(Roll *r, unsigned i) {
        RollMember *m = r->members + i;
        bool mattered = m->phase != ROLL_PHASE_RETURNING && m->phase != ROLL_PHASE_GONE;

        if (mattered && !m->spare && m->phase != ROLL_PHASE_NEW)
                r->n_total--;
        enter(m, ROLL_PHASE_GONE);
        if (mattered && m->spare)
                fail(r, i, ROLL_CAUSE_STOPPED);
}

static void tell_member(Roll *r, RollEventType type, unsigned i, usec_t now) {
        switch (type) {
        case ROLL_UP:
                when_up(r, r->members + i, now);
                break;
        case ROLL_READY:
                when_ready(r, r->members + i, now);
                break;
        case ROLL_UNREADY:
                if (r->members[i].phase == ROLL_PHASE_SETTLING)
                        fail(r, i, ROLL_CAUSE_UNHEALTHY);
                break;
        case ROLL_DOWN:
                when_down(r, i);
                break;
        case ROLL_REMOVED:
                when_removed(r, i);
                break;
        default:
                break;
        }
}

void roll_event(Roll *r, RollEventType type, unsigned member, usec_t now) {
        if (r->state == ROLL_STATE_OVER)
                return;
        switch (type) {
        case ROLL_ABORT:
                turn_back(r, ROLL_RESULT_ABORTED, ROLL_CAUSE_NONE, 0);
                break;
        case ROLL_CANCEL:
                r->result = ROLL_RESULT_CANCELED;
                r->state = ROLL_STATE_OVER;
                for (unsigned i = 0; i < count_all(r); i++)
                        r->members[i].deadline = USEC_INFINITY;
                break;
        case ROLL_DEADLINE:
                for (unsigned i = 0; i < count_all(r); i++)
                        if (r->members[i].deadline <= now)
                                when_late(r, i);
                break;
        default:
                if (member < count_all(r))
                        tell_member(r, type, member, now);
        }
        sum_deadlines(r);
}

static RollAction act(Roll *r, unsigned i, RollPhase phase, RollAction action, unsigned *ret_member) {
        RollMember *m = r->members + i;

        m->down = false;
        enter(m, phase);
        *ret_member = i;
        sum_deadlines(r);
        return action;
}

/* The first from `from` on, before `to`; `to`: none. */
static unsigned find(const Roll *r, RollPhase phase, unsigned from, unsigned to) {
        while (from < to && r->members[from].phase != phase)
                from++;
        return from;
}

/* Those that have left, and can come back. */
static unsigned find_down(const Roll *r, RollPhase phase, unsigned from, unsigned to) {
        while (from < to && !(r->members[from].phase == phase && r->members[from].down))
                from++;
        return from;
}

static unsigned n_away(const Roll *r) {
        return roll_count(r, ROLL_PHASE_LEAVING) + roll_count(r, ROLL_PHASE_STARTING) +
               roll_count(r, ROLL_PHASE_SETTLING) + roll_count(r, ROLL_PHASE_RETURNING) +
               roll_count(r, ROLL_PHASE_RESTARTING);
}

static unsigned may_be_away(const Roll *r) {
        unsigned n = 0;

        if (r->plan.n_spares == 0)
                return r->plan.parallel;
        for (unsigned i = r->plan.n_members; i < count_all(r); i++)
                n += r->members[i].phase == ROLL_PHASE_NEW;
        return n;
}

static RollAction go_forward(Roll *r, unsigned *ret_member) {
        unsigned n = r->plan.n_members, i;

        if ((i = find(r, ROLL_PHASE_WAITING, n, count_all(r))) < count_all(r))
                return act(r, i, ROLL_PHASE_STARTING, ROLL_START_NEW, ret_member);
        if ((i = find_down(r, ROLL_PHASE_LEAVING, 0, n)) < n)
                return act(r, i, ROLL_PHASE_STARTING, ROLL_START_NEW, ret_member);
        if ((i = find(r, ROLL_PHASE_OLD, 0, n)) < n) {
                if (n_away(r) >= may_be_away(r))
                        return ROLL_NOTHING;
                return r->members[i].down ? act(r, i, ROLL_PHASE_STARTING, ROLL_START_NEW, ret_member)
                                          : act(r, i, ROLL_PHASE_LEAVING, ROLL_LEAVE, ret_member);
        }
        if (n_away(r) == 0)
                r->state = ROLL_STATE_ENDING;
        return ROLL_NOTHING;
}

/* Who serves nobody goes at once, whoever it is; a spare that serves stays to the end. */
static bool is_useless(const Roll *r, unsigned i) {
        RollPhase p = r->members[i].phase;

        return p == ROLL_PHASE_STARTING || p == ROLL_PHASE_SETTLING ||
               (p == ROLL_PHASE_NEW && r->result == ROLL_RESULT_FAILED && i == r->culprit);
}

static unsigned find_useless(const Roll *r, unsigned from) {
        while (from < count_all(r) && !is_useless(r, from))
                from++;
        return from;
}

static RollAction go_back(Roll *r, unsigned *ret_member) {
        unsigned n = r->plan.n_members, i, back = r->plan.rollback ? n : 0;

        if ((i = find_useless(r, n - back)) < count_all(r))
                return act(r, i, ROLL_PHASE_RETURNING, ROLL_STOP, ret_member);
        if ((i = find_down(r, ROLL_PHASE_LEAVING, 0, n)) < n ||
            (i = find_down(r, ROLL_PHASE_RETURNING, 0, n)) < n)
                return act(r, i, ROLL_PHASE_RESTARTING, ROLL_START_OLD, ret_member);
        if ((i = find(r, ROLL_PHASE_NEW, 0, back)) < back) {
                if (n_away(r) >= r->plan.parallel)
                        return ROLL_NOTHING;
                return act(r, i, ROLL_PHASE_RETURNING, ROLL_LEAVE, ret_member);
        }
        if (n_away(r) == 0)
                r->state = ROLL_STATE_ENDING;
        return ROLL_NOTHING;
}

static RollAction send_spares_away(Roll *r, unsigned *ret_member) {
        bool all_gone = true;

        for (unsigned i = r->plan.n_members; i < count_all(r); i++) {
                RollMember *m = r->members + i;

                if (m->phase == ROLL_PHASE_NEW)
                        return act(r, i, ROLL_PHASE_RETURNING, ROLL_LEAVE, ret_member);
                if (m->phase == ROLL_PHASE_STARTING || m->phase == ROLL_PHASE_SETTLING)
                        return act(r, i, ROLL_PHASE_RETURNING, ROLL_STOP, ret_member);
                if (m->phase == ROLL_PHASE_WAITING || (m->phase == ROLL_PHASE_RETURNING && m->down))
                        enter(m, ROLL_PHASE_GONE);
                all_gone = all_gone && m->phase == ROLL_PHASE_GONE;
        }
        if (all_gone)
                r->state = ROLL_STATE_OVER;
        return ROLL_NOTHING;
}

RollAction roll_next(Roll *r, unsigned *ret_member) {
        RollState before;
        RollAction a = ROLL_NOTHING;

        do {
                before = r->state;
                if (r->state == ROLL_STATE_FORWARD)
                        a = go_forward(r, ret_member);
                else if (r->state == ROLL_STATE_BACKWARD)
                        a = go_back(r, ret_member);
                else if (r->state == ROLL_STATE_ENDING)
                        a = send_spares_away(r, ret_member);
        } while (a == ROLL_NOTHING && r->state != before);
        if (r->state != ROLL_STATE_OVER || r->end_told)
                return a;
        r->end_told = true;
        return ROLL_END;
}
