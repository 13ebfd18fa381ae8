/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Rolls: what follows from what, for the orders that matter by name, and for every order of events in small sets. */

#include "life/roll.h"

#include "base/macro.h"
#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MEMBERS_MAX 8
#define GATE (10 * USEC_PER_SEC)

static const char *const action_words[ROLL_ACTION_MAX] = {
        [ROLL_START_NEW] = "new", [ROLL_START_OLD] = "old", [ROLL_LEAVE] = "leave",
        [ROLL_STOP] = "stop",     [ROLL_END] = "end",
};

typedef struct Step {
        RollEventType event;
        unsigned member;
        usec_t now;
        const char *expected; /* what is done about it */
} Step;

#define UP(i, what)                                                                                          \
        { ROLL_UP, i, 0, what }
#define READY(i, what)                                                                                       \
        { ROLL_READY, i, 0, what }
#define DOWN(i, what)                                                                                        \
        { ROLL_DOWN, i, 0, what }
#define AT(seconds, what)                                                                                    \
        { ROLL_DEADLINE, 0, (seconds)*USEC_PER_SEC, what }
#define TOLD(event, i, what)                                                                                 \
        { event, i, 0, what }
#define END_OF_STEPS                                                                                         \
        { ROLL_EVENT_MAX, 0, 0, NULL }

typedef struct Case {
        const char *name;
        RollPlan plan;
        const char *first; /* before any event */
        Step steps[24];
        RollResult result;
        RollCause cause;
        unsigned culprit;
        bool incomplete;
} Case;

static void act(Roll *r, char *ret, size_t size) {
        size_t n = 0;

        ret[0] = 0;
        for (;;) {
                unsigned i = 0;
                RollAction a = roll_next(r, &i);

                if (a == ROLL_NOTHING)
                        return;
                n += (size_t)snprintf(ret + n, size - n, n > 0 ? ", %s" : "%s", action_words[a]);
                if (a == ROLL_END)
                        return;
                n += (size_t)snprintf(ret + n, size - n, " %u", i);
        }
}

static void run(const Case *c) {
        RollMember members[MEMBERS_MAX] = { 0 };
        char done[256];
        Roll r;

        print_message("  %s\n", c->name);
        roll_init(&r, &c->plan, members);
        act(&r, done, sizeof(done));
        assert_string_equal(done, c->first);
        for (const Step *s = c->steps; s->expected; s++) {
                roll_event(&r, s->event, s->member, s->now);
                act(&r, done, sizeof(done));
                assert_string_equal(done, s->expected);
        }
        assert_int_equal(r.state, ROLL_STATE_OVER);
        assert_int_equal(r.result, c->result);
        assert_int_equal(r.cause, c->cause);
        assert_int_equal(r.culprit, c->culprit);
        assert_int_equal(r.incomplete, c->incomplete);
        assert_true(r.deadline == USEC_INFINITY);
}

#define SURGE(n)                                                                                             \
        { .n_members = n, .n_spares = 1, .parallel = 1, .gate_timeout = GATE, .rollback = true }
#define REPLACE(n)                                                                                           \
        { .n_members = n, .parallel = 1, .gate_timeout = GATE, .rollback = true }

static const Case cases[] = {
        { "two instances, with a spare",
          SURGE(2),
          "new 2",
          { UP(2, ""), READY(2, "leave 0"), DOWN(0, "new 0"), UP(0, ""), READY(0, "leave 1"),
            DOWN(1, "new 1"), UP(1, ""), READY(1, "leave 2"), DOWN(2, "end") } },
        { "one instance gets a spare, too",
          SURGE(1),
          "new 1",
          { UP(1, ""), READY(1, "leave 0"), DOWN(0, "new 0"), UP(0, ""), READY(0, "leave 1"),
            DOWN(1, "end") } },
        { "without spares, one after the other",
          REPLACE(2),
          "leave 0",
          { DOWN(0, "new 0"), UP(0, ""), READY(0, "leave 1"), DOWN(1, "new 1"), UP(1, ""),
            READY(1, "end") } },
        { "two at a time",
          { .n_members = 3, .parallel = 2, .gate_timeout = GATE },
          "leave 0, leave 1",
          { DOWN(1, "new 1"), UP(1, ""), READY(1, "leave 2"), DOWN(0, "new 0"), DOWN(2, "new 2"), UP(2, ""),
            READY(2, ""), UP(0, ""), READY(0, "end") } },
        { "two spares: one that stands lets one go",
          { .n_members = 2, .n_spares = 2, .parallel = 2, .gate_timeout = GATE },
          "new 2, new 3",
          { UP(3, ""), READY(3, "leave 0"), DOWN(0, "new 0"), UP(2, ""), READY(2, "leave 1"),
            DOWN(1, "new 1"), UP(1, ""), READY(1, ""), UP(0, ""), READY(0, "leave 2, leave 3"), DOWN(3, ""),
            DOWN(2, "end") } },
        { "a spare that is not needed any more",
          { .n_members = 1, .n_spares = 2, .parallel = 2 },
          "new 1, new 2",
          { UP(2, ""), READY(2, "leave 0"), DOWN(0, "new 0"), UP(0, ""), READY(0, "stop 1, leave 2"),
            DOWN(1, ""), DOWN(2, "end") } },
        { "settling",
          { .n_members = 1, .parallel = 1, .gate_timeout = GATE, .settle = USEC_PER_SEC },
          "leave 0",
          { DOWN(0, "new 0"), UP(0, ""), READY(0, ""), AT(1, "end") } },
        { "a spare never gets ready: nothing else was touched",
          SURGE(2),
          "new 2",
          { UP(2, ""), AT(9, ""), AT(10, "stop 2"), DOWN(2, "end") },
          ROLL_RESULT_FAILED,
          ROLL_CAUSE_NOT_READY,
          2 },
        { "a spare ends at once",
          SURGE(2),
          "new 2",
          { DOWN(2, "stop 2"), DOWN(2, "end") },
          ROLL_RESULT_FAILED,
          ROLL_CAUSE_NOT_STARTED,
          2 },
        { "a spare ends before it is ready",
          SURGE(2),
          "new 2",
          { UP(2, ""), DOWN(2, "stop 2"), DOWN(2, "end") },
          ROLL_RESULT_FAILED,
          ROLL_CAUSE_ENDED,
          2 },
        { "ready, but not for long",
          { .n_members = 1, .n_spares = 1, .parallel = 1, .settle = USEC_PER_SEC, .rollback = true },
          "new 1",
          { UP(1, ""), READY(1, ""), DOWN(1, "stop 1"), DOWN(1, "end") },
          ROLL_RESULT_FAILED,
          ROLL_CAUSE_UNSETTLED,
          1 },
        { "ready, and then its check fails",
          { .n_members = 1, .n_spares = 1, .parallel = 1, .settle = USEC_PER_SEC, .rollback = true },
          "new 1",
          { UP(1, ""), READY(1, ""), TOLD(ROLL_UNREADY, 1, "stop 1"), DOWN(1, "end") },
          ROLL_RESULT_FAILED,
          ROLL_CAUSE_UNHEALTHY,
          1 },
        { "the second fails: the first goes back, the spare serves meanwhile",
          SURGE(2),
          "new 2",
          { UP(2, ""), READY(2, "leave 0"), DOWN(0, "new 0"), UP(0, ""), READY(0, "leave 1"),
            DOWN(1, "new 1"), DOWN(1, "stop 1"), DOWN(1, "old 1"), UP(1, ""), READY(1, "leave 0"),
            DOWN(0, "old 0"), UP(0, ""), READY(0, "leave 2"), DOWN(2, "end") },
          ROLL_RESULT_FAILED,
          ROLL_CAUSE_NOT_STARTED,
          1 },
        { "one that was replaced dies later: all go back",
          REPLACE(2),
          "leave 0",
          { DOWN(0, "new 0"), UP(0, ""), READY(0, "leave 1"), DOWN(0, "stop 0"), DOWN(0, "old 0"),
            DOWN(1, "old 1"), UP(0, ""), READY(0, ""), UP(1, ""), READY(1, "end") },
          ROLL_RESULT_FAILED,
          ROLL_CAUSE_DIED,
          0 },
        { "the old generation does not come back either",
          REPLACE(1),
          "leave 0",
          { DOWN(0, "new 0"), DOWN(0, "stop 0"), DOWN(0, "old 0"), DOWN(0, "end") },
          ROLL_RESULT_FAILED,
          ROLL_CAUSE_NOT_STARTED,
          0,
          true },
        { "the old generation is slow: it was good enough before",
          REPLACE(1),
          "leave 0",
          { DOWN(0, "new 0"), DOWN(0, "stop 0"), DOWN(0, "old 0"), UP(0, ""), AT(10, "end") },
          ROLL_RESULT_FAILED,
          ROLL_CAUSE_NOT_STARTED,
          0 },
        { "no rollback: it stops where it is",
          { .n_members = 3, .parallel = 1, .gate_timeout = GATE },
          "leave 0",
          { DOWN(0, "new 0"), UP(0, ""), READY(0, "leave 1"), DOWN(1, "new 1"), UP(1, ""), AT(10, "end") },
          ROLL_RESULT_FAILED,
          ROLL_CAUSE_NOT_READY,
          1 },
        { "no rollback: who is away comes back as it was",
          { .n_members = 2, .parallel = 2 },
          "leave 0, leave 1",
          { DOWN(0, "new 0"), DOWN(0, ""), DOWN(1, "old 1"), UP(1, ""), READY(1, "end") },
          ROLL_RESULT_FAILED,
          ROLL_CAUSE_NOT_STARTED,
          0 },
        { "aborted before anything was replaced",
          SURGE(2),
          "new 2",
          { TOLD(ROLL_ABORT, 0, "stop 2"), DOWN(2, "end") },
          ROLL_RESULT_ABORTED },
        { "aborted while one is away",
          SURGE(2),
          "new 2",
          { UP(2, ""), READY(2, "leave 0"), TOLD(ROLL_ABORT, 0, ""), DOWN(0, "old 0"), UP(0, ""),
            READY(0, "leave 2"), TOLD(ROLL_ABORT, 0, ""), DOWN(2, "end") },
          ROLL_RESULT_ABORTED },
        { "stopped as a whole",
          SURGE(2),
          "new 2",
          { UP(2, ""), READY(2, "leave 0"), TOLD(ROLL_CANCEL, 0, "end"), DOWN(0, ""), DOWN(2, "") },
          ROLL_RESULT_CANCELED },
        { "an instance is stopped by hand: the others go on",
          REPLACE(2),
          "leave 0",
          { TOLD(ROLL_REMOVED, 1, ""), DOWN(0, "new 0"), UP(0, ""), READY(0, "end") } },
        { "the set becomes smaller",
          REPLACE(3),
          "leave 0",
          { DOWN(0, "new 0"), TOLD(ROLL_REMOVED, 2, ""), TOLD(ROLL_REMOVED, 0, "leave 1"), DOWN(1, "new 1"),
            UP(1, ""), READY(1, "end") } },
        { "a spare is stopped by hand",
          SURGE(1),
          "new 1",
          { UP(1, ""), TOLD(ROLL_REMOVED, 1, "end") },
          ROLL_RESULT_FAILED,
          ROLL_CAUSE_STOPPED,
          1 },
        { "an old one dies: its successor starts without more ado",
          REPLACE(2),
          "leave 0",
          { DOWN(1, ""), DOWN(0, "new 0"), UP(0, ""), READY(0, "new 1"), UP(1, ""), READY(1, "end") } },
        { "an old one dies and is back before its turn",
          REPLACE(2),
          "leave 0",
          { DOWN(1, ""), UP(1, ""), DOWN(0, "new 0"), UP(0, ""), READY(0, "leave 1"), DOWN(1, "new 1"),
            UP(1, ""), READY(1, "end") } },
        { "a spare dies while it leaves",
          SURGE(1),
          "new 1",
          { UP(1, ""), READY(1, "leave 0"), DOWN(0, "new 0"), UP(0, ""), READY(0, "leave 1"), DOWN(1, "end"),
            DOWN(1, "") } },
};

static void each_order_of_events_has_its_answer(void **state) {
        for (size_t i = 0; i < ELEMENTSOF(cases); i++)
                run(cases + i);
}

static void members_that_are_no_part_of_it_are_left_alone(void **state) {
        RollMember members[4] = { [0] = { .phase = ROLL_PHASE_GONE }, [2] = { .phase = ROLL_PHASE_GONE } };
        RollPlan plan = { .n_members = 3, .n_spares = 1, .parallel = 1, .gate_timeout = GATE };
        char done[64];
        Roll r;

        roll_init(&r, &plan, members);
        assert_int_equal(r.n_total, 1);
        act(&r, done, sizeof(done));
        assert_string_equal(done, "new 3");
        roll_event(&r, ROLL_DOWN, 0, 0);
        roll_event(&r, ROLL_UP, 3, 0);
        roll_event(&r, ROLL_READY, 3, 0);
        act(&r, done, sizeof(done));
        assert_string_equal(done, "leave 1");
        assert_int_equal(roll_count(&r, ROLL_PHASE_GONE), 2);
        roll_event(&r, ROLL_DOWN, 99, 0); /* nobody's */
}

static void every_word_is_there(void **state) {
        for (int i = 0; i < ROLL_PHASE_MAX; i++)
                assert_non_null(roll_phase_to_string((RollPhase)i));
        for (int i = 0; i < ROLL_STATE_MAX; i++)
                assert_non_null(roll_state_to_string((RollState)i));
        for (int i = 0; i < ROLL_RESULT_MAX; i++)
                assert_non_null(roll_result_to_string((RollResult)i));
        assert_null(roll_phase_to_string(ROLL_PHASE_MAX));
        assert_null(roll_result_to_string((RollResult)-1));
}

/*
 * Every order. The world of a roll is a member's process: down, on its way, up, ready. Whatever happens in whatever
 * order, from each state that can be reached the same sentences must be true.
 */

typedef enum Run {
        RUN_DOWN,
        RUN_STARTING,
        RUN_UP,
        RUN_READY,
} Run;

typedef struct World {
        Roll roll;
        RollMember members[4];
        Run runs[4];
        bool is_new[4]; /* the generation that it has */
        bool disturbed; /* something went wrong, or somebody interfered: fewer may run than before */
        bool ended;
} World;

typedef struct Search {
        World *states; /* owned */
        uint32_t *table;
        size_t n, next;
} Search;
#define STATES_MAX (1u << 19)
#define TABLE_SIZE (4 * STATES_MAX)

static uint64_t hash(const World *w) {
        const unsigned char *p = (const unsigned char *)w;
        uint64_t h = UINT64_C(0xcbf29ce484222325);

        for (size_t i = 0; i < sizeof(*w); i++)
                h = (h ^ p[i]) * UINT64_C(0x100000001b3);
        return h;
}

static void visit(Search *x, World *w) {
        size_t slot;

        w->roll.members = NULL;
        w->roll.deadline = 0; /* that of the members, whose value counts for nothing but being there */
        for (unsigned i = 0; i < ELEMENTSOF(w->members); i++)
                if (w->members[i].deadline != USEC_INFINITY)
                        w->members[i].deadline = 0;
        for (slot = hash(w) % TABLE_SIZE; x->table[slot]; slot = (slot + 1) % TABLE_SIZE)
                if (memcmp(x->states + x->table[slot] - 1, w, sizeof(*w)) == 0)
                        return;
        assert_true(x->n < STATES_MAX);
        x->states[x->n++] = *w;
        x->table[slot] = (uint32_t)x->n;
}

static unsigned n_all(const World *w) {
        return w->roll.plan.n_members + w->roll.plan.n_spares;
}

/* What the answers do to the processes; that each fits what it is told to do. */
static void obey(World *w) {
        for (unsigned n = 0;; n++) {
                unsigned i = 0;
                RollAction a = roll_next(&w->roll, &i);

                assert_true(n < 32); /* it comes to an end */
                if (a == ROLL_NOTHING)
                        return;
                assert_false(w->ended);
                if (a == ROLL_END) {
                        w->ended = true;
                        return;
                }
                assert_true(i < n_all(w));
                if (a == ROLL_START_NEW || a == ROLL_START_OLD) {
                        assert_int_equal(w->runs[i], RUN_DOWN);
                        assert_true(a == ROLL_START_NEW || !w->members[i].spare);
                        w->is_new[i] = a == ROLL_START_NEW;
                        w->runs[i] = RUN_STARTING;
                } else {
                        /* Who serves is asked to leave; who never did is simply stopped. */
                        assert_true(a == ROLL_STOP || w->runs[i] != RUN_STARTING);
                }
        }
}

static void tell(World *w, RollEventType e, unsigned i, usec_t now) {
        w->roll.members = w->members;
        roll_event(&w->roll, e, i, now);
        obey(w);
}

static bool is_asked_to_go(const World *w, unsigned i) {
        return w->members[i].phase == ROLL_PHASE_LEAVING || w->members[i].phase == ROLL_PHASE_RETURNING;
}

static void always_as_many_serve(const World *w) {
        unsigned serving = 0;

        if (w->disturbed || w->roll.plan.n_spares == 0)
                return;
        for (unsigned i = 0; i < n_all(w); i++)
                serving += w->runs[i] == RUN_READY && !is_asked_to_go(w, i);
        assert_true(serving >= w->roll.plan.n_members);
}

static void always_bounded(const World *w) {
        unsigned away = 0;

        for (unsigned i = 0; i < w->roll.plan.n_members; i++)
                away += w->members[i].phase != ROLL_PHASE_OLD && w->members[i].phase != ROLL_PHASE_NEW &&
                        w->members[i].phase != ROLL_PHASE_GONE;
        assert_true(away <= w->roll.plan.parallel || w->disturbed);
}

/* With processes that obey it comes to an end, and that end is one generation, unless X-RollRollback=no. */
static void always_ends_well(World w) {
        w.roll.members = w.members;
        for (unsigned n = 0; !w.ended; n++) {
                assert_true(n < 200);
                for (unsigned i = 0; i < n_all(&w) && !w.ended; i++) {
                        if (is_asked_to_go(&w, i)) {
                                w.runs[i] = RUN_DOWN;
                                tell(&w, ROLL_DOWN, i, 0);
                        } else if (w.runs[i] == RUN_STARTING) {
                                w.runs[i] = RUN_UP;
                                tell(&w, ROLL_UP, i, 0);
                        } else if (w.runs[i] == RUN_UP) {
                                w.runs[i] = RUN_READY;
                                tell(&w, ROLL_READY, i, 0);
                        }
                }
                tell(&w, ROLL_DEADLINE, 0, USEC_INFINITY - 1);
        }
        if (w.roll.result == ROLL_RESULT_CANCELED)
                return;
        for (unsigned i = 0; i < n_all(&w); i++) {
                if (w.members[i].phase == ROLL_PHASE_GONE) {
                        assert_true(!w.members[i].spare || w.runs[i] == RUN_DOWN || w.disturbed);
                        continue;
                }
                assert_false(w.members[i].spare);
                if (w.roll.result == ROLL_RESULT_DONE)
                        assert_true(w.is_new[i]);
                else if (w.roll.plan.rollback)
                        assert_false(w.is_new[i]);
                assert_true(w.runs[i] != RUN_DOWN || w.disturbed);
        }
}

static void try_member(Search *x, const World *from, unsigned i) {
        World w = *from;

        if (w.runs[i] != RUN_DOWN) { /* its end, wanted or not */
                w.disturbed = w.disturbed || !is_asked_to_go(&w, i);
                w.runs[i] = RUN_DOWN;
                tell(&w, ROLL_DOWN, i, 0);
                visit(x, &w);
                w = *from;
        }
        if (w.runs[i] == RUN_STARTING || w.runs[i] == RUN_UP) {
                w.runs[i]++;
                tell(&w, w.runs[i] == RUN_UP ? ROLL_UP : ROLL_READY, i, 0);
                visit(x, &w);
                w = *from;
        }
        if (w.runs[i] == RUN_READY) {
                w.disturbed = true;
                w.runs[i] = RUN_UP;
                tell(&w, ROLL_UNREADY, i, 0);
                visit(x, &w);
                w = *from;
        }
        if (!w.ended && !is_asked_to_go(&w, i)) {
                w.disturbed = true;
                w.runs[i] = RUN_DOWN;
                tell(&w, ROLL_REMOVED, i, 0);
                visit(x, &w);
        }
}

static void try_all(Search *x, const World *from) {
        static const RollEventType whole[] = { ROLL_ABORT, ROLL_CANCEL, ROLL_DEADLINE };

        for (unsigned i = 0; i < n_all(from); i++)
                try_member(x, from, i);
        for (unsigned i = 0; i < ELEMENTSOF(whole); i++) {
                World w = *from;

                w.disturbed = true;
                tell(&w, whole[i], 0, USEC_INFINITY - 1);
                visit(x, &w);
        }
}

static size_t search(const RollPlan *plan) {
        Search x = { .states = malloc(STATES_MAX * sizeof(World)),
                     .table = calloc(TABLE_SIZE, sizeof(uint32_t)) };
        World w;

        assert_true(x.states && x.table);
        memset(&w, 0, sizeof(w)); /* padding is compared */
        roll_init(&w.roll, plan, w.members);
        for (unsigned i = 0; i < plan->n_members; i++)
                w.runs[i] = RUN_READY;
        obey(&w);
        for (visit(&x, &w); x.next < x.n; x.next++) {
                const World *now = x.states + x.next;

                always_as_many_serve(now);
                always_bounded(now);
                always_ends_well(*now);
                if (!now->ended)
                        try_all(&x, now);
        }
        free(x.states);
        free(x.table);
        return x.n;
}

static void every_order_of_events_is_sound(void **state) {
        size_t n = 0, n_plans = 0;

        for (unsigned members = 1; members <= 2; members++)
                for (unsigned spares = 0; spares <= members; spares++)
                        for (unsigned flags = 0; flags < 8; flags++) {
                                RollPlan plan = { .n_members = members,
                                                  .n_spares = spares,
                                                  .parallel = spares > 0 ? spares : 1 + (flags & 1),
                                                  .gate_timeout = GATE,
                                                  .settle = flags & 2 ? USEC_PER_SEC : 0,
                                                  .rollback = flags & 4 };

                                n += search(&plan);
                                n_plans++;
                        }
        print_message("%zu plans, %zu states\n", n_plans, n);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(each_order_of_events_has_its_answer),
                cmocka_unit_test(members_that_are_no_part_of_it_are_left_alone),
                cmocka_unit_test(every_word_is_there),
                cmocka_unit_test(every_order_of_events_is_sound),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
