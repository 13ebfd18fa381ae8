/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * A world for state machines: units are given as text, the clock is moved by
 * hand, and what the machines ask for is written to a trace that a test
 * compares.
 *
 *      world_load(w, "a.service", "[Service]\nExecStart=/bin/a\n");
 *      world_start(w, "a.service");
 *      world_exit(w, "a.service", 1);
 *      world_expect(w, "[0.000] a.service dead -> start, spawn /bin/a\n"
 *                      "[0.000] a.service start -> running\n"
 *                      "[0.000] a.service running -> failed (exit-code)\n");
 *
 * A line stands for a step that changed the state or asked for something: the
 * states, the result where it changed, the effects. Ends of runs, releases and
 * restart requests are not written but counted. Spawns, opens and checks of
 * paths are answered at once (world_hold_spawns() keeps them back); a restart
 * request becomes a start, as the manager's job makes it. A process ends when
 * the test says so, and takes the group with it unless world_fork() put others
 * there. A unit with the same prefix as a socket, timer or path is triggered
 * by it.
 */

#include "life-always.h"
#include "life/machine.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define WORLD_UNITS 8
#define WORLD_EVENTS 64

typedef struct WorldUnit {
        const char *name;
        UnitSpec *spec;
        Machine machine;
        RunRecord records[COMMAND_KIND_MAX];
        unsigned others; /* processes in its group that are neither main nor control */
        unsigned n_results, n_releases, n_restarts_asked;
        bool released_for_good, remove_runtime; /* values of the last of each */
        Effect last_kill;
        bool restart_job; /* a stop that is followed by a start */
} WorldUnit;

typedef struct World {
        DualTime now;
        WorldUnit units[WORLD_UNITS];
        size_t n_units;
        struct {
                WorldUnit *unit;
                Event event;
        } queue[WORLD_EVENTS];
        size_t head, tail;
        Buf trace;
        pid_t next_pid;
        bool hold_spawns, fail_spawns, fail_opens, paths_hold, busy;
} World;

#define WORLD_BEGIN (1000 * USEC_PER_SEC)                    /* monotonic; shown as 0.000 */
#define WORLD_REALTIME (UINT64_C(1700000000) * USEC_PER_SEC) /* 2023-11-14 22:13:20 UTC */

static inline WorldUnit *world_unit(World *w, const char *name) {
        for (size_t i = 0; i < w->n_units; i++)
                if (str_equal(w->units[i].name, name))
                        return w->units + i;
        fail_msg("there is no %s", name);
        return NULL;
}

static inline Service *world_service(World *w, const char *name) {
        return &world_unit(w, name)->machine.service;
}

static inline void world_run(World *w);

static inline void world_push(World *w, WorldUnit *u, Event ev) {
        ev.now = w->now;
        assert_true(w->tail - w->head < WORLD_EVENTS);
        w->queue[w->tail % WORLD_EVENTS].unit = u;
        w->queue[w->tail++ % WORLD_EVENTS].event = ev;
        if (!w->busy)
                world_run(w);
}

static inline const CommandList *world_commands(const WorldUnit *u, CommandKind kind) {
        const SocketSpec *s = u->spec->socket;

        if (u->spec->type == UNIT_SERVICE)
                return u->spec->commands->of + kind;
        return kind == COMMAND_START_PRE    ? &s->exec_start_pre
               : kind == COMMAND_START_POST ? &s->exec_start_post
               : kind == COMMAND_STOP       ? &s->exec_stop_pre
                                            : &s->exec_stop_post;
}

static inline void world_answer_spawn(World *w, WorldUnit *u) {
        if (w->fail_spawns)
                world_push(w, u, (Event){ .type = EVENT_SPAWN_FAILED, .error = -11 });
        else
                world_push(w, u,
                           (Event){ .type = EVENT_SPAWNED,
                                    .process = { .pid = w->next_pid++, .is_child = true } });
}

static inline bool world_group_is_empty(const WorldUnit *u) {
        return u->others == 0 && machine_main_pid(&u->machine) == 0 && machine_control_pid(&u->machine) == 0;
}

static inline void world_kill(World *w, WorldUnit *u, const Effect *e) {
        static const char *const whom[] = { "main", "control", "all" };

        buf_addf(&w->trace, ", kill %s %s%s", whom[e->whom], sigabbrev_np(e->signal),
                 e->also_sighup ? "+HUP" : "");
        u->last_kill = *e;
        if (world_group_is_empty(u))
                world_push(w, u, (Event){ .type = EVENT_EMPTY });
}

/* The unit of the same prefix, if there is one. */
static inline WorldUnit *world_partner(World *w, const WorldUnit *u, bool service) {
        size_t n = strcspn(u->name, ".");

        for (size_t i = 0; i < w->n_units; i++) {
                WorldUnit *o = w->units + i;

                if (o != u && strncmp(o->name, u->name, n + 1) == 0 &&
                    (o->spec->type == UNIT_SERVICE) == service)
                        return o;
        }
        return NULL;
}

static inline void world_trigger(World *w, WorldUnit *u) {
        WorldUnit *service = world_partner(w, u, true);

        buf_add(&w->trace, ", trigger");
        if (service)
                world_push(w, service, (Event){ .type = EVENT_START });
}

static inline void world_apply(World *w, WorldUnit *u, const Effect *e) {
        switch (e->type) {
        case EFFECT_SPAWN:
                buf_addf(&w->trace, ", spawn %s", world_commands(u, e->command)->v[e->index].path);
                if (!w->hold_spawns)
                        world_answer_spawn(w, u);
                break;
        case EFFECT_KILL:
                world_kill(w, u, e);
                break;
        case EFFECT_RESULT:
                u->n_results++;
                u->remove_runtime = e->value;
                break;
        case EFFECT_RELEASE:
                u->n_releases++;
                u->released_for_good = e->value;
                break;
        case EFFECT_RESTART:
                u->n_restarts_asked++;
                u->restart_job = true;
                world_push(w, u, (Event){ .type = EVENT_STOP, .value = true });
                break;
        case EFFECT_RELOAD_DONE:
                buf_addf(&w->trace, ", reload %s", e->value ? "done" : "failed");
                break;
        case EFFECT_TRIGGER:
                world_trigger(w, u);
                break;
        case EFFECT_OPEN:
                buf_add(&w->trace, ", open");
                world_push(w, u,
                           (Event){ .type = w->fail_opens ? EVENT_OPEN_FAILED : EVENT_OPENED, .error = -98 });
                break;
        case EFFECT_CHECK_PATHS:
                buf_add(&w->trace, ", check-paths");
                world_push(w, u, (Event){ .type = EVENT_PATHS_CHECKED, .value = w->paths_hold });
                break;
        default:
                buf_addf(&w->trace, ", %s", effect_type_to_string(e->type));
        }
}

static inline bool effect_is_shown(EffectType t) {
        return t != EFFECT_RESULT && t != EFFECT_RELEASE && t != EFFECT_RESTART;
}

static inline void world_trace_step(World *w, WorldUnit *u, const char *before, const char *result,
                                    const EffectList *fx) {
        const char *after = machine_sub_state(&u->machine), *now = machine_result(&u->machine);
        bool shown = strcmp(before, after) != 0;
        usec_t t = w->now.monotonic - WORLD_BEGIN;

        for (unsigned i = 0; i < fx->n; i++)
                shown = shown || effect_is_shown(fx->v[i].type);
        if (shown) {
                buf_addf(&w->trace, "[%llu.%03llu] %s %s", (unsigned long long)(t / USEC_PER_SEC),
                         (unsigned long long)(t % USEC_PER_SEC / USEC_PER_MSEC), u->name, before);
                if (strcmp(before, after) != 0)
                        buf_addf(&w->trace, " -> %s", after);
                if (now && strcmp(now, result) != 0 && strcmp(now, "success") != 0)
                        buf_addf(&w->trace, " (%s)", now);
        }
        for (unsigned i = 0; i < fx->n; i++)
                world_apply(w, u, fx->v + i);
        if (shown)
                buf_add(&w->trace, "\n");
}

static inline void world_tell_partner(World *w, WorldUnit *u, int active) {
        WorldUnit *o = u->spec->type == UNIT_SERVICE ? world_partner(w, u, false) : NULL;

        if (o)
                world_push(w, o,
                           (Event){ .type = EVENT_TRIGGERED_STATE,
                                    .active = active,
                                    .value = active == FAILED &&
                                             u->machine.service.result == RESULT_START_LIMIT_HIT });
}

static inline void world_step(World *w, WorldUnit *u, const Event *ev) {
        const char *before = machine_sub_state(&u->machine), *result = machine_result(&u->machine), *wrong;
        int active = machine_active_state(&u->machine);
        EffectList fx = { 0 };

        machine_step(&u->machine, ev, &fx);
        if (u->spec->type == UNIT_SERVICE) {
                wrong = always_holds(&u->machine.service, &fx);
                if (wrong)
                        fail_msg("%s in %s after %s: %s", u->name, machine_sub_state(&u->machine),
                                 event_type_to_string(ev->type), wrong);
        }
        assert_false(fx.overflow);
        world_trace_step(w, u, before, result ? result : "", &fx);
        if (machine_active_state(&u->machine) != active)
                world_tell_partner(w, u, machine_active_state(&u->machine));
        if (u->restart_job && active_state_is_down(machine_active_state(&u->machine))) {
                u->restart_job = false;
                world_push(w, u, (Event){ .type = EVENT_START });
        }
}

static inline void world_run(World *w) {
        w->busy = true;
        while (w->head < w->tail) {
                WorldUnit *u = w->queue[w->head % WORLD_EVENTS].unit;
                Event ev = w->queue[w->head++ % WORLD_EVENTS].event;

                world_step(w, u, &ev);
        }
        w->busy = false;
}

static inline void world_load(World *w, const char *name, const char *text) {
        WorldUnit *u = w->units + w->n_units++;
        Report report = { 0 };
        SpecContext c = { .report = &report };

        assert_true(w->n_units <= WORLD_UNITS);
        u->name = name;
        assert_int_equal(spec_new(name, &u->spec), 0);
        assert_int_equal(spec_read(u->spec, &c, name, (Text){ (char *)text, strlen(text) }), 0);
        assert_int_equal(spec_complete(u->spec, &c), 0);
        for (size_t i = 0; i < report.n_findings; i++)
                if (report.findings[i].severity == SEVERITY_ERROR)
                        fail_msg("%s: %s", name, report.findings[i].text);
        assert_false(u->spec->fatal);
        report_release(&report);
        machine_init(&u->machine, u->spec->type, u->spec);
        if (u->spec->type == UNIT_SERVICE)
                u->machine.service.commands = u->records;
        if (u->spec->type == UNIT_TIMER)
                u->machine.timer.boot = WORLD_BEGIN;
}

static inline void world_send(World *w, const char *name, EventType type) {
        world_push(w, world_unit(w, name), (Event){ .type = type });
}

static inline void world_start(World *w, const char *name) {
        world_send(w, name, EVENT_START);
}

static inline void world_stop(World *w, const char *name) {
        world_send(w, name, EVENT_STOP);
}

static inline void world_restart(World *w, const char *name) {
        world_unit(w, name)->restart_job = true;
        world_push(w, world_unit(w, name), (Event){ .type = EVENT_STOP, .value = true });
}

static inline void world_reload(World *w, const char *name) {
        world_send(w, name, EVENT_RELOAD);
}

static inline void world_main_pid(World *w, const char *name, EventType type, pid_t pid) {
        world_push(w, world_unit(w, name),
                   (Event){ .type = type, .process = { .pid = pid, .is_child = true } });
}

static inline void world_span(World *w, const char *name, EventType type, usec_t span) {
        world_push(w, world_unit(w, name), (Event){ .type = type, .span = span });
}

static inline void world_executed(World *w, const char *name) {
        world_main_pid(w, name, EVENT_EXECUTED, machine_main_pid(&world_unit(w, name)->machine));
}

static inline void world_fork(World *w, const char *name) {
        world_unit(w, name)->others++;
}

/* The processes that are neither main nor control end. */
static inline void world_others_end(World *w, const char *name) {
        WorldUnit *u = world_unit(w, name);

        u->others = 0;
        if (world_group_is_empty(u))
                world_push(w, u, (Event){ .type = EVENT_EMPTY });
}

static inline void world_end(World *w, const char *name, pid_t pid, int code, int status, bool oom) {
        WorldUnit *u = world_unit(w, name);
        pid_t main = machine_main_pid(&u->machine), control = machine_control_pid(&u->machine);

        assert_true(pid > 0);
        world_push(
                w, u,
                (Event){
                        .type = EVENT_EXITED,
                        .value = u->others == 0 && (main == 0 || main == pid) &&
                                 (control == 0 || control == pid),
                        .process = {
                                .pid = pid, .code = code, .status = status, .is_child = true, .oom = oom } });
}

static inline void world_exit(World *w, const char *name, int status) {
        world_end(w, name, machine_main_pid(&world_unit(w, name)->machine), CLD_EXITED, status, false);
}

static inline void world_signal(World *w, const char *name, int signal) {
        world_end(w, name, machine_main_pid(&world_unit(w, name)->machine), CLD_KILLED, signal, false);
}

static inline void world_dump(World *w, const char *name, int signal) {
        world_end(w, name, machine_main_pid(&world_unit(w, name)->machine), CLD_DUMPED, signal, false);
}

static inline void world_control_exit(World *w, const char *name, int status) {
        world_end(w, name, machine_control_pid(&world_unit(w, name)->machine), CLD_EXITED, status, false);
}

static inline void world_control_signal(World *w, const char *name, int signal) {
        world_end(w, name, machine_control_pid(&world_unit(w, name)->machine), CLD_KILLED, signal, false);
}

/* The next instant at which a machine wants to be looked at, on the monotonic clock. */
static inline usec_t world_next(World *w, WorldUnit **ret) {
        usec_t first = USEC_INFINITY;

        for (size_t i = 0; i < w->n_units; i++) {
                const Machine *m = &w->units[i].machine;
                usec_t r = machine_deadline_realtime(m), t = machine_deadline(m);

                if (r != USEC_INFINITY)
                        t = MIN(t, r <= w->now.realtime ? w->now.monotonic
                                                        : w->now.monotonic + (r - w->now.realtime));
                if (t < first) {
                        first = t;
                        *ret = w->units + i;
                }
        }
        return first;
}

static inline void world_advance(World *w, usec_t span) {
        usec_t end = w->now.monotonic + span, next;
        WorldUnit *u = NULL;

        for (unsigned i = 0; (next = world_next(w, &u)) <= end; i++) {
                assert_true(i < 10000);
                next = MAX(next, w->now.monotonic);
                w->now.realtime += next - w->now.monotonic;
                w->now.monotonic = next;
                world_push(w, u, (Event){ .type = EVENT_DEADLINE });
        }
        w->now.realtime += end - w->now.monotonic;
        w->now.monotonic = end;
}

#define world_expect(w, text) world_expect_(w, text, __FILE__, __LINE__)
static inline void world_expect_(World *w, const char *text, const char *file, int line) {
        char *got auto_free = NULL;

        assert_int_equal(buf_take(&w->trace, &got), 0);
        w->trace = (Buf){ 0 };
        if (strcmp(got, text) != 0) {
                print_error("%s:%d: expected\n%sgot\n%s", file, line, text, got);
                _fail(file, line);
        }
}

/* Where the unit stands now: "failed timeout". What led there is forgotten. */
#define world_expect_state(w, name, text) world_expect_state_(w, name, text, __FILE__, __LINE__)
static inline void world_expect_state_(World *w, const char *name, const char *text, const char *file,
                                       int line) {
        const Machine *m = &world_unit(w, name)->machine;
        char got[100];

        snprintf(got, sizeof(got), "%s %s", machine_sub_state(m), machine_result(m) ?: "");
        if (strcmp(got, text) != 0) {
                print_error("%s:%d: %s is %s instead of %s\n%s", file, line, name, got, text,
                            w->trace.data ?: "");
                _fail(file, line);
        }
        buf_release(&w->trace);
        w->trace = (Buf){ 0 };
}

static inline void world_forget_trace(World *w) {
        buf_release(&w->trace);
        w->trace = (Buf){ 0 };
}

static inline int world_setup(void **state) {
        World *w = calloc(1, sizeof(*w));

        if (!w)
                return -1;
        w->now = (DualTime){ .realtime = WORLD_REALTIME, .monotonic = WORLD_BEGIN };
        w->next_pid = 100;
        *state = w;
        return 0;
}

static inline int world_teardown(void **state) {
        World *w = *state;

        for (size_t i = 0; i < w->n_units; i++)
                spec_free(w->units[i].spec);
        buf_release(&w->trace);
        free(w);
        return 0;
}

#define SCENARIO(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)
