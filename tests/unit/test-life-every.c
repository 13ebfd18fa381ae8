/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Every sequence of events, from every reachable state of a service, for many
 * specs: a breadth-first search over states, in which states that differ only
 * in what has no influence (pids, counters, absolute time) are one.
 *
 * The world around the service is in the state too, as far as the service
 * knows it: which processes exist, whether the group is empty. So only events
 * that can come do come, plus those that clients and processes may send at any
 * time. What went wrong is also noted here, by rules of our own, and compared
 * with the result of the service.
 */

#include "life-always.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define NOW (1000 * USEC_PER_SEC)
#define MAIN_PID 11
#define CONTROL_PID 12
#define OTHER_PID 13
#define MAX_STATES (1 << 17)

typedef struct Node {
        Service service;
        bool wrong;      /* something happened in this run that a success must not hide */
        uint32_t parent; /* for the way that led here */
        uint8_t choice;
} Node;

/* What distinguishes states. */
typedef struct Key {
        uint8_t state, result, reload_result, last_exit, command, index, n_restarts, wrong;
        uint8_t main, control, code, status;
        uint32_t flags;
        int64_t state_deadline, watchdog_deadline, runtime_deadline, watchdog_span;
} Key;

typedef struct Search {
        const UnitSpec *spec;
        Node *nodes;
        size_t n;
        uint32_t *table; /* of node numbers + 1, by key */
        Key *keys;
        size_t n_steps;
} Search;

static int64_t relative(usec_t t) {
        return t == USEC_INFINITY ? INT64_MAX : (int64_t)t - (int64_t)NOW;
}

static Key key_of(const Node *n) {
        const Service *s = &n->service;
        const bool bits[] = {
                s->main_is_child,
                s->main_known,
                s->main_executed,
                s->want_stop,
                s->group_empty,
                s->guess_pending,
                s->pid_file_watched,
                s->name_good,
                s->notify_ready,
                s->notify_stopping,
                s->notify_reloading,
                s->forbid_restart,
                s->skip,
                s->spawn_pending,
                s->restart_job,
                s->announced_stop,
                s->control_killed,
                s->restart_due,
                s->held,
                s->oom_seen,
                s->too_large,
                s->too_large_early,
        };
        Key k;

        memset(&k, 0, sizeof(k));
        k.state = s->state;
        k.result = s->result;
        k.reload_result = s->reload_result;
        k.last_exit = s->last_exit;
        k.command = s->command;
        k.index = (uint8_t)s->command_index;
        k.n_restarts = (uint8_t)s->n_restarts;
        k.wrong = n->wrong;
        k.main = (uint8_t)s->main_pid;
        k.control = (uint8_t)s->control_pid;
        k.code = (uint8_t)s->main.code;
        k.status = (uint8_t)s->main.status;
        for (size_t i = 0; i < ELEMENTSOF(bits); i++)
                k.flags |= (uint32_t)bits[i] << i;
        k.state_deadline = relative(s->state_deadline);
        k.watchdog_deadline = relative(s->watchdog_deadline);
        k.runtime_deadline = relative(s->runtime_deadline);
        k.watchdog_span = (int64_t)s->watchdog_span;
        return k;
}

static usec_t shift(usec_t t, usec_t now) {
        if (t == USEC_INFINITY)
                return t;
        return t + NOW < now ? 0 : t + NOW - now;
}

/* Which failure it was makes no difference, unless Restart= tells failures apart. */
static ServiceResult plain_result(const Service *s) {
        const ServiceSpec *spec = s->spec->service;
        bool tells_apart = spec->restart == RESTART_ON_ABNORMAL || spec->restart == RESTART_ON_ABORT ||
                           spec->restart == RESTART_ON_WATCHDOG;

        if (s->result == RESULT_SUCCESS || s->result == RESULT_EXEC_CONDITION || tells_apart)
                return s->result;
        return RESULT_EXIT_CODE;
}

/* What a state sets before it reads it, or nobody reads in it. */
static void forget_unread(Service *s) {
        const ServiceSpec *spec = s->spec->service;
        int active = service_active_state(s);
        bool over = state_rules[s->state].main == NEVER && state_rules[s->state].control == NEVER;

        s->last_exit = RESULT_SUCCESS;
        s->oom_seen = s->skip = s->forbid_restart = false;
        if (active != RELOADING) {
                s->reload_result = RESULT_SUCCESS;
                s->control_killed = false;
        }
        if (active != ACTIVATING)
                s->main_executed = s->notify_ready = false;
        if (active == DEACTIVATING) {
                s->notify_reloading = s->notify_stopping = s->main_known = false;
                s->runtime_deadline = USEC_INFINITY;
        }
        if (spec->type != TYPE_DBUS)
                s->name_good = false;
        if (spec->restart_prevent_status.n_codes + spec->restart_force_status.n_codes == 0)
                s->main.code = s->main.status = 0;
        if (s->main_pid == 0)
                s->main_is_child = false;
        if (s->control_pid == 0 && s->main_pid == 0 && !s->spawn_pending && !s->pid_file_watched)
                s->command_index = 0;
        if (over && s->state != SERVICE_EXITED) {
                s->main_known = s->main_executed = s->notify_ready = s->notify_reloading =
                        s->notify_stopping = false;
                s->want_stop = s->restart_job = false;
                s->main = (RunRecord){ 0 };
                s->watchdog_span = 0;
                s->runtime_deadline = USEC_INFINITY;
                s->command = 0;
        }
}

/* Takes away what has no influence on what follows, so that the search ends. */
static void normalise(Node *n, usec_t now) {
        Service *s = &n->service;

        s->state_deadline = shift(s->state_deadline, now);
        s->watchdog_deadline = shift(s->watchdog_deadline, now);
        s->runtime_deadline = shift(s->runtime_deadline, now);
        s->deadline = MIN(s->state_deadline, s->watchdog_deadline);
        s->state_entered = NOW;
        s->n_restarts = MIN(s->n_restarts, 1u);
        s->unexpected = 0;
        s->limit_count = 0;
        s->reason = NULL;
        s->watchdog_last = (DualTime){ 0 };
        s->main = (RunRecord){ .pid = s->main.pid, .code = s->main.code, .status = s->main.status };
        s->passed = -1;
        s->result = plain_result(s);
        forget_unread(s);
}

/* One thing that may happen. */
typedef struct Choice {
        const char *name;
        Event event;
        bool (*possible)(const Service *s);
} Choice;

static bool anytime(const Service *s) {
        return true;
}

static bool spawn_is_awaited(const Service *s) {
        return s->spawn_pending;
}

static bool main_exists(const Service *s) {
        return s->main_pid > 0;
}

static bool control_exists(const Service *s) {
        return s->control_pid > 0;
}

static bool main_is_last(const Service *s) {
        return s->main_pid > 0 && s->control_pid == 0;
}

static bool control_is_last(const Service *s) {
        return s->control_pid > 0 && s->main_pid == 0;
}

static bool deadline_is_armed(const Service *s) {
        return s->deadline != USEC_INFINITY;
}

/* The group cannot be empty while processes of ours were not reaped, or are being made. */
static bool group_may_be_empty(const Service *s) {
        return !s->group_empty && s->main_pid == 0 && s->control_pid == 0 && !s->spawn_pending;
}

static bool answer_is_awaited(const Service *s) {
        return s->guess_pending || s->pid_file_watched;
}

static bool is_up_or_down(const Service *s) {
        return !s->spawn_pending || s->main_pid > 0;
}

static bool has_soft_limit(const Service *s) {
        return s->spec->service->memory_restart != LIMIT_UNSET && s->main_pid > 0;
}

/* To be remembered in each state that follows: only where there is not much else. */
static bool may_drain(const Service *s) {
        const ServiceSpec *spec = s->spec->service;

        return s->state == SERVICE_RUNNING && spec->runtime_max == USEC_INFINITY &&
               s->spec->commands->of[COMMAND_RELOAD].n == 0;
}

#define EXIT(who, pid_, code_, status_, oom_, value_)                                                        \
        {                                                                                                    \
                .type = EVENT_EXITED,                                                                        \
                .process = { .pid = pid_, .code = code_, .status = status_, .oom = oom_, .is_child = true }, \
                .value = value_                                                                              \
        }

static const Choice choices[] = {
        { "start", { .type = EVENT_START }, anytime },
        { "stop", { .type = EVENT_STOP }, anytime },
        { "stop for a restart", { .type = EVENT_STOP, .value = true }, anytime },
        { "reload", { .type = EVENT_RELOAD }, anytime },
        { "reset-failed", { .type = EVENT_RESET_FAILED }, anytime },
        { "deadline", { .type = EVENT_DEADLINE }, deadline_is_armed },
        { "spawned",
          { .type = EVENT_SPAWNED, .process = { .pid = OTHER_PID, .is_child = true } },
          spawn_is_awaited },
        { "spawn-failed", { .type = EVENT_SPAWN_FAILED, .error = -11 }, spawn_is_awaited },
        { "executed", { .type = EVENT_EXECUTED, .process = { .pid = MAIN_PID } }, main_exists },
        { "main exits 0", EXIT(main, MAIN_PID, CLD_EXITED, 0, false, false), main_exists },
        { "main exits 0, last", EXIT(main, MAIN_PID, CLD_EXITED, 0, false, true), main_is_last },
        { "main exits 1", EXIT(main, MAIN_PID, CLD_EXITED, 1, false, false), main_exists },
        { "main exits 1, last", EXIT(main, MAIN_PID, CLD_EXITED, 1, false, true), main_is_last },
        { "main killed", EXIT(main, MAIN_PID, CLD_KILLED, SIGKILL, false, false), main_exists },
        { "main terminated, last", EXIT(main, MAIN_PID, CLD_KILLED, SIGTERM, false, true), main_is_last },
        { "main killed for memory", EXIT(main, MAIN_PID, CLD_KILLED, SIGKILL, true, false), main_exists },
        { "control exits 0", EXIT(control, CONTROL_PID, CLD_EXITED, 0, false, false), control_exists },
        { "control exits 0, last", EXIT(control, CONTROL_PID, CLD_EXITED, 0, false, true), control_is_last },
        { "control exits 1", EXIT(control, CONTROL_PID, CLD_EXITED, 1, false, false), control_exists },
        { "control exits 255, last", EXIT(control, CONTROL_PID, CLD_EXITED, 255, false, true),
          control_is_last },
        { "control killed", EXIT(control, CONTROL_PID, CLD_KILLED, SIGTERM, false, false), control_exists },
        { "stranger exits", EXIT(other, 99, CLD_EXITED, 1, false, false), anytime },
        { "empty", { .type = EVENT_EMPTY }, group_may_be_empty },
        { "oom", { .type = EVENT_OOM }, anytime },
        { "too large", { .type = EVENT_MEMORY }, has_soft_limit },
        { "drain", { .type = EVENT_DRAIN }, may_drain },
        { "ready", { .type = EVENT_NOTIFY_READY }, is_up_or_down },
        { "reloading", { .type = EVENT_NOTIFY_RELOADING, .span = 2 * NOW }, is_up_or_down },
        { "stopping", { .type = EVENT_NOTIFY_STOPPING }, is_up_or_down },
        { "watchdog trigger", { .type = EVENT_NOTIFY_WATCHDOG_TRIGGER }, is_up_or_down },
        { "ping", { .type = EVENT_NOTIFY_WATCHDOG }, is_up_or_down },
        { "extend", { .type = EVENT_NOTIFY_EXTEND, .span = 20 * USEC_PER_SEC }, is_up_or_down },
        { "announced main",
          { .type = EVENT_NOTIFY_MAIN_PID, .process = { .pid = OTHER_PID, .is_child = true } },
          is_up_or_down },
        { "announced stranger",
          { .type = EVENT_NOTIFY_MAIN_PID, .process = { .pid = OTHER_PID } },
          is_up_or_down },
        { "main pid",
          { .type = EVENT_MAIN_PID, .process = { .pid = OTHER_PID, .is_child = true } },
          answer_is_awaited },
        { "no main pid", { .type = EVENT_NO_MAIN_PID }, answer_is_awaited },
        { "name acquired", { .type = EVENT_NAME_ACQUIRED }, anytime },
        { "name lost", { .type = EVENT_NAME_LOST }, anytime },
};

/* The pids after a step are told apart by their role again. */
static void name_pids(Service *s) {
        if (s->main_pid == OTHER_PID)
                s->main_pid = s->main.pid = MAIN_PID;
        if (s->control_pid == OTHER_PID)
                s->control_pid = CONTROL_PID;
}

static bool command_is_forgiven(const Service *s, CommandKind kind) {
        const CommandList *l = s->spec->commands->of + kind;
        unsigned i = s->command == kind ? s->command_index : 0;

        return i < l->n && (l->v[i].flags & COMMAND_IGNORE_FAILURE);
}

/* Our own opinion of what a success must not hide; `before` is the service when the event came. */
static bool goes_wrong(const Service *before, const Service *after, const Event *ev) {
        bool main = ev->process.pid == before->main_pid;
        CommandKind kind = main ? COMMAND_START : before->command;
        bool may_term = kind == COMMAND_START && before->spec->service->type != TYPE_ONESHOT;

        switch (ev->type) {
        case EVENT_SPAWN_FAILED:
                return before->command != COMMAND_RELOAD;
        case EVENT_EXITED:
                if ((!main && ev->process.pid != before->control_pid) || (!main && kind == COMMAND_RELOAD))
                        return false;
                if (ev->process.code == CLD_EXITED && ev->process.status == 0)
                        return false;
                if (kind == COMMAND_CONDITION && ev->process.code == CLD_EXITED && ev->process.status < 255)
                        return false;
                if (ev->process.code == CLD_KILLED && ev->process.status == SIGTERM && may_term &&
                    !ev->process.oom)
                        return false;
                return !command_is_forgiven(before, kind);
        case EVENT_DEADLINE:
                return state_rules[before->state].active != RELOADING &&
                       before->state != SERVICE_AUTO_RESTART && after->state != before->state;
        default:
                return false;
        }
}

static const char *way(const Search *x, size_t node, char *buf, size_t size) {
        unsigned path[200], n = 0;
        size_t used = 0;

        for (size_t i = node; i > 0 && n < ELEMENTSOF(path); i = x->nodes[i].parent)
                path[n++] = (unsigned)i;
        buf[0] = 0;
        while (n-- > 0 && used < size)
                used += (size_t)snprintf(buf + used, size - used, "%s -> %s\n",
                                         choices[x->nodes[path[n]].choice].name,
                                         service_sub_state(&x->nodes[path[n]].service));
        return buf;
}

static void refute(const Search *x, size_t node, const char *last, const char *why) {
        char text[4096];

        fail_msg("%s: %s after\n%s%s", x->spec->name, why, way(x, node, text, sizeof(text)), last);
}

static uint64_t hash(const Key *k) {
        uint64_t h = UINT64_C(0xcbf29ce484222325), word;
        _Static_assert(sizeof(*k) % sizeof(word) == 0, "hashed by words");

        for (size_t i = 0; i < sizeof(*k); i += sizeof(word)) {
                memcpy(&word, (const char *)k + i, sizeof(word));
                h = (h ^ word) * UINT64_C(0x9e3779b97f4a7c15);
                h ^= h >> 29;
        }
        return h;
}

static void visit(Search *x, const Node *n) {
        Key k = key_of(n);
        size_t slot = hash(&k) % (2 * MAX_STATES);

        for (; x->table[slot]; slot = (slot + 1) % (2 * MAX_STATES))
                if (memcmp(x->keys + x->table[slot] - 1, &k, sizeof(k)) == 0)
                        return;
        if (x->n == MAX_STATES)
                fail_msg("%s: the search does not end", x->spec->name);
        x->nodes[x->n] = *n;
        x->keys[x->n] = k;
        x->table[slot] = (uint32_t)++x->n;
}

/* A machine is a value: what a copy does is what the original does. */
static const char *always_a_copy_does_the_same(const Node *n, const Event *ev, const Service *after,
                                               const EffectList *fx) {
        Node a = *n, b = *n;
        EffectList again = { 0 };

        service_step(&b.service, ev, &again);
        a.service = *after;
        Key ka = key_of(&a), kb = key_of(&b);
        if (memcmp(&ka, &kb, sizeof(ka)) != 0 || again.n != fx->n ||
            memcmp(again.v, fx->v, fx->n * sizeof(*fx->v)) != 0)
                return "a copy does something else";
        return NULL;
}

static const char *always_success_means_that_nothing_went_wrong(const Node *n) {
        bool down = n->service.state == SERVICE_DEAD || n->service.state == SERVICE_EXITED ||
                    n->service.state == SERVICE_RUNNING;

        return down && n->wrong && n->service.result == RESULT_SUCCESS ? "a failure was forgotten" : NULL;
}

static const char *always_unexpected_events_change_nothing(const Node *before, const Node *after,
                                                           const EffectList *fx) {
        Node a = *before, b = *after;

        if (after->service.unexpected == before->service.unexpected)
                return NULL;
        normalise(&a, NOW);
        normalise(&b, NOW);
        Key ka = key_of(&a), kb = key_of(&b);
        if (memcmp(&ka, &kb, sizeof(ka)) != 0)
                return "an unexpected event changed something";
        return fx->n == 0 || fx->v[0].type == EFFECT_RELOAD_DONE ? NULL : "an unexpected event had an effect";
}

/* Every end of a run is told once, and what is held is given back once. */
static const char *always_ends_are_told_once(const Node *before, const Node *after, const EffectList *fx) {
        bool was_over = state_rules[before->service.state].main == NEVER &&
                        state_rules[before->service.state].control == NEVER &&
                        before->service.state != SERVICE_EXITED;
        bool is_over = state_rules[after->service.state].main == NEVER &&
                       state_rules[after->service.state].control == NEVER &&
                       after->service.state != SERVICE_EXITED;
        unsigned results = 0, releases = 0;

        for (unsigned i = 0; i < fx->n; i++) {
                results += fx->v[i].type == EFFECT_RESULT;
                releases += fx->v[i].type == EFFECT_RELEASE;
        }
        if (!was_over && results != (is_over ? 1u : 0u))
                return "the end of a run is told once";
        if (releases != (before->service.held && !after->service.held ? 1u : 0u))
                return "what is held is given back once";
        return NULL;
}

/* Until it is known whether a process was born nothing else is decided: the deadline moves a little. */
static const char *always_a_spawn_is_answered_before_a_time_out(const Node *before, const Node *after) {
        Node a = *before, b = *after;

        if (!before->service.spawn_pending || before->service.watchdog_deadline == before->service.deadline)
                return NULL;
        a.service.state_deadline = b.service.state_deadline = a.service.deadline = b.service.deadline =
                USEC_INFINITY;
        Key ka = key_of(&a), kb = key_of(&b);
        return memcmp(&ka, &kb, sizeof(ka)) == 0 ? NULL : "a time-out came before the answer to a spawn";
}

static void step(Search *x, size_t i, unsigned c) {
        Node before = x->nodes[i], after = before;
        Event ev = choices[c].event;
        EffectList fx = { 0 };
        const char *why;

        ev.now.monotonic = ev.type == EVENT_DEADLINE ? MAX(before.service.deadline, NOW) : NOW;
        service_step(&after.service, &ev, &fx);
        x->n_steps++;
        why = always_a_copy_does_the_same(&before, &ev, &after.service, &fx);
        name_pids(&after.service);
        after.wrong = before.wrong || goes_wrong(&before.service, &after.service, &ev);
        if ((ev.type == EVENT_START && after.service.unexpected == 0) ||
            (ev.type == EVENT_RESET_FAILED && after.service.result == RESULT_SUCCESS))
                after.wrong = false;
        why = why ?: always_holds(&after.service, &fx);
        why = why ?: always_success_means_that_nothing_went_wrong(&after);
        why = why ?: always_unexpected_events_change_nothing(&before, &after, &fx);
        why = why ?: always_ends_are_told_once(&before, &after, &fx);
        if (ev.type == EVENT_DEADLINE)
                why = why ?: always_a_spawn_is_answered_before_a_time_out(&before, &after);
        if (why) {
                char last[100];

                snprintf(last, sizeof(last), "%s -> %s", choices[c].name, service_sub_state(&after.service));
                refute(x, i, last, why);
        }
        if (ev.type == EVENT_DEADLINE && after.service.spawn_pending &&
            after.service.state == before.service.state)
                return; /* nothing happened but time, and so it could go on */
        normalise(&after, ev.now.monotonic);
        after.parent = (uint32_t)i;
        after.choice = (uint8_t)c;
        visit(x, &after);
}

/* How the processes behave while we wait for the end of a stop. */
typedef enum Manners {
        OBEDIENT,
        STUBBORN,
        MANNERS_MAX
} Manners;

static bool answer(const Service *s, Manners m, Event *ret) {
        usec_t now = NOW;

        if (s->spawn_pending)
                *ret = (Event){ .type = EVENT_SPAWNED, .process = { .pid = OTHER_PID, .is_child = true } };
        else if (m == OBEDIENT && s->control_pid > 0)
                *ret = (Event)EXIT(control, s->control_pid, CLD_EXITED, 0, false, false);
        else if (m == OBEDIENT && s->main_pid > 0)
                *ret = (Event)EXIT(main, s->main_pid, CLD_EXITED, 0, false, false);
        else if (m == OBEDIENT && !s->group_empty)
                *ret = (Event){ .type = EVENT_EMPTY };
        else if (s->deadline != USEC_INFINITY) {
                *ret = (Event){ .type = EVENT_DEADLINE };
                now = MAX(now, s->deadline);
        } else
                return false;
        ret->now.monotonic = now;
        return true;
}

static void always_a_stop_ends(const Search *x, size_t i, Manners m) {
        Node n = x->nodes[i];
        Event ev = { .type = EVENT_STOP, .now.monotonic = NOW };

        for (unsigned steps = 0; steps < 60; steps++) {
                EffectList fx = { 0 };
                int active;

                service_step(&n.service, &ev, &fx);
                name_pids(&n.service);
                normalise(&n, ev.now.monotonic);
                active = service_active_state(&n.service);
                if (active == INACTIVE || active == FAILED)
                        return;
                if (active == ACTIVATING && steps > 0)
                        refute(x, i, "stop", "a stop became a start");
                if (!answer(&n.service, m, &ev))
                        break;
        }
        refute(x, i, service_sub_state(&n.service),
               m == OBEDIENT ? "a stop does not end" : "a stop ends by no time-out");
}

/* The searches share their memory: it is large, and zeroing it is most of the work for a small spec. */
static void explore(Search *x, const UnitSpec *spec) {
        Node root = { 0 };

        for (size_t i = 0; i < x->n; i++) {
                size_t slot = hash(x->keys + i) % (2 * MAX_STATES);

                while (x->table[slot]) {
                        x->table[slot] = 0;
                        slot = (slot + 1) % (2 * MAX_STATES);
                }
        }
        x->spec = spec;
        x->n = 0;
        service_init(&root.service, spec);
        normalise(&root, NOW);
        visit(x, &root);
        for (size_t i = 0; i < x->n; i++) {
                for (unsigned c = 0; c < ELEMENTSOF(choices); c++)
                        if (choices[c].possible(&x->nodes[i].service))
                                step(x, i, c);
                for (Manners m = 0; m < MANNERS_MAX; m++)
                        if (m == OBEDIENT || time_is_limited(&x->nodes[i].service))
                                always_a_stop_ends(x, i, m);
        }
}

static UnitSpec *read_spec(const char *text) {
        Report report = { 0 };
        SpecContext c = { .report = &report };
        UnitSpec *s = NULL;

        assert_int_equal(spec_new("a.service", &s), 0);
        assert_int_equal(spec_read(s, &c, text, (Text){ (char *)text, strlen(text) }), 0);
        assert_int_equal(spec_complete(s, &c), 0);
        if (s->fatal)
                fail_msg("%s: %s", text, report.findings[0].text);
        report_release(&report);
        return s;
}

static void explore_text(Search *x, const char *text) {
        UnitSpec *s = read_spec(text);

        assert_int_equal(str_replace(&s->name, text), 0); /* to be named when something is wrong */
        explore(x, s);
        spec_free(s);
}

#define COMMON "[Unit]\nStartLimitIntervalSec=0\n[Service]\nTimeoutStartSec=10\nTimeoutStopSec=10\n"

static const char *const types[] = {
        "Type=simple\nExecStart=/a\n",
        "Type=exec\nExecStart=/a\n",
        "Type=forking\nExecStart=/a\n",
        "Type=forking\nPIDFile=/run/a.pid\nExecStart=/a\n",
        "Type=forking\nGuessMainPID=no\nExecStart=/a\n",
        "Type=oneshot\nExecStart=/a\nExecStart=-/b\n",
        "Type=oneshot\nRemainAfterExit=yes\nExecStart=/a\n",
        "Type=dbus\nBusName=a.b\nExecStart=/a\n",
        "Type=dbus\nBusName=a.b\nRemainAfterExit=yes\nExecStart=/a\n",
        "Type=notify\nExecStart=/a\n",
        "Type=notify\nNotifyAccess=all\nRemainAfterExit=yes\nExecStart=/a\n",
        "Type=notify-reload\nExecStart=/a\n",
        "Type=idle\nExecStart=/a\n",
};
static const char *const commands[] = {
        "",
        "ExecStartPre=/p\nExecStop=/s\n",
        "ExecCondition=/c\nExecStartPost=/q\nExecStopPost=/t\n",
        "ExecReload=/r\nExecStop=/s\nExecStopPost=/t\n",
        ("ExecCondition=/c\nExecStartPre=-/p\nExecStartPost=/q\nExecReload=/r\nExecReload=/r2\n"
         "ExecStop=/s\nExecStopPost=/t\n"),
};

static Search *search_new(void) {
        Search *x = calloc(1, sizeof(*x));

        assert_non_null(x);
        x->nodes = malloc(MAX_STATES * sizeof(*x->nodes));
        x->keys = malloc(MAX_STATES * sizeof(*x->keys));
        x->table = calloc(2 * MAX_STATES, sizeof(*x->table));
        assert_true(x->nodes && x->keys && x->table);
        return x;
}

static void search_free(Search *x) {
        free(x->nodes);
        free(x->keys);
        free(x->table);
        free(x);
}

/* The text of the n-th variant of a type and a set of commands: kill modes and restart settings take turns. */
static void spec_text(unsigned n, const char *type, const char *lines, char *text, size_t size) {
        static const char *const kill_modes[] = { "control-group", "mixed", "process", "none" };
        static const char *const restarts[] = { "no", "always", "on-failure" };
        const char *restart = restarts[n % ELEMENTSOF(restarts)];

        if (strstr(type, "oneshot") && strcmp(restart, "always") == 0)
                restart = "on-abnormal";
        snprintf(text, size, COMMON "%s%sKillMode=%s\nRestart=%s\n", type, lines,
                 kill_modes[n % ELEMENTSOF(kill_modes)], restart);
}

static void every_state_of_every_type_is_sound(void **state) {
        Search *x = search_new();
        unsigned n = 0;
        size_t states = 0;
        char text[1000];

        for (size_t t = 0; t < ELEMENTSOF(types); t++)
                for (size_t c = 0; c < ELEMENTSOF(commands); c++)
                        for (unsigned variant = 0; variant < 2; variant++, n++) {
                                spec_text(n, types[t], commands[c], text, sizeof(text));
                                explore_text(x, text);
                                states += x->n;
                        }
        print_message("%u specs, %zu states, %zu steps\n", n, states, x->n_steps);
        search_free(x);
}

static void every_state_is_sound_for_rarer_settings(void **state) {
        static const char *const rare[] = {
                "Type=notify\nExecStart=/a\nWatchdogSec=5\nExecReload=/"
                "r\nKillMode=mixed\nRestart=on-watchdog\n",
                "Type=simple\nExecStart=/a\nRuntimeMaxSec=30\nExecReload=/r\nRestart=on-abort\n",
                "Type=simple\nExecStart=/a\nSendSIGKILL=no\nExecStopPost=/t\n",
                "Type=simple\nExecStart=/a\nExecStop=/s\nX-MemoryRestart=1M\n",
                "Type=simple\nExecStart=/a\nExecStop=/"
                "s\nTimeoutStartFailureMode=abort\nTimeoutStopFailureMode=abort\n",
                "Type=notify\nExecStart=/a\nExecStopPost=/"
                "t\nTimeoutStartFailureMode=kill\nTimeoutStopFailureMode=kill\n",
                "Type=simple\nExecStart=/a\nOOMPolicy=continue\nRestart=always\nRestartPreventExitStatus=1\n",
                "Type=simple\nExecStart=/a\nExecStop=/s\nOOMPolicy=kill\nRestartForceExitStatus=0\n",
                "Type=simple\nExitType=cgroup\nExecStart=/a\nExecStop=/s\nRestart=always\n",
                "Type=notify\nExitType=cgroup\nExecStart=/a\nNotifyAccess=all\n",
                "Type=exec\nExecStart=-/a\nRestart=always\nRestartMode=direct\nRestartSec=0\n",
                "Type=simple\nExecStart=/"
                "a\nRestart=always\nRestartSec=1\nRestartSteps=3\nRestartMaxDelaySec=10\n",
                "Type=simple\nExecStart=/a\nExecStop=/s\nTimeoutStartSec=infinity\nTimeoutStopSec=infinity\n",
        };
        Search *x = search_new();
        char text[1000];

        for (size_t i = 0; i < ELEMENTSOF(rare); i++) {
                snprintf(text, sizeof(text), COMMON "%s", rare[i]);
                explore_text(x, text);
        }
        print_message("%zu specs, %zu steps\n", ELEMENTSOF(rare), x->n_steps);
        search_free(x);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(every_state_of_every_type_is_sound),
                cmocka_unit_test(every_state_is_sound_for_rarer_settings),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
