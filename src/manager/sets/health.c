/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "manager/health.h"

#include "manager/roll.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define TIMER_ACCURACY (10 * USEC_PER_MSEC)

static const HealthSpec *spec_of(const HealthWatch *w) {
        return &w->unit->spec->service->health;
}

static void arm(HealthWatch *w);

/* What is frozen cannot answer, nor has it failed by that. */
static bool can_be_asked(const Unit *u) {
        return unit_freezer_state(u) == FREEZER_RUNNING;
}

/* What follows */

static HealthState state_of_all(const HealthWatch *w) {
        HealthState state = HEALTH_HEALTHY;

        for (size_t i = 0; i < w->n; i++) {
                HealthState own = w->probes[i].health.state;

                if (own == HEALTH_UNHEALTHY || (own == HEALTH_STARTING && state == HEALTH_HEALTHY))
                        state = own;
        }
        return state;
}

/* Whether it gets work, and whether a roll may go on. */
static void follow_state(Manager *m, HealthWatch *w) {
        HealthState before = w->state, now = state_of_all(w);
        const Unit *set = unit_set(w->unit);

        if (now == before)
                return;
        w->state = now;
        w->since = dual_now();
        unit_mark_changed(w->unit);
        if (set)
                unit_follow_shares(set, w->unit);
        if (now == HEALTH_HEALTHY) {
                w->error[0] = 0;
                LOG_UNIT(w->unit->id, UNIT_HEALTHY);
                (void)manager_push_type(m, w->unit, EVENT_WELL);
                manager_instance_ready(m, w->unit, READY_ON_HEALTH);
        } else if (before == HEALTH_HEALTHY)
                manager_instance_unready(m, w->unit, READY_ON_HEALTH);
}

static bool ends_the_run(const Probe *p) {
        return p->index < spec_of(p->watch)->checks.n;
}

/* Who leaves anyway, or is on its way down, is left alone. */
static void on_sick(Manager *m, Probe *p) {
        Unit *u = p->watch->unit;
        bool restart = ends_the_run(p) && !m->stopping && !unit_runtime(u)->drain &&
                       (!u->job || u->job->type == JOB_START || u->job->type == JOB_RELOAD);
        Buf text auto_buf = { 0 };

        if (!restart && p->health.n_failures > spec_of(p->watch)->failures)
                return; /* it has been said */
        buf_addf(&text, "%s%s", p->watch->error, restart ? "; it is restarted" : "");
        LOG_UNIT(u->id, UNIT_UNHEALTHY, FIELD_S("TEXT", text.error < 0 ? p->error : text.data));
        if (restart)
                (void)manager_push_type(m, u, EVENT_SICK);
}

static void describe(const Probe *p, const char *error, char text[], size_t n) {
        const HealthCheck *k = probe_check(p);
        bool exec = k && k->kind == HEALTH_EXEC;

        snprintf(text, n, "%s%.60s: %s", exec ? "exec:" : "",
                 !k     ? "check"
                 : exec ? k->command->path
                        : k->text,
                 error);
}

void probe_answered(Manager *m, Probe *p, const char *error) {
        HealthWatch *w = p->watch;
        usec_t now = now_monotonic();
        HealthNews news;

        p->asked = false;
        if (error && (!error[0] || !can_be_asked(w->unit))) {
                health_put_off(&p->health, spec_of(w), now);
                arm(w);
                return;
        }
        snprintf(p->error, sizeof(p->error), "%s", error ? error : "");
        if (error)
                describe(p, error, w->error, sizeof(w->error));
        news = health_note(&p->health, spec_of(w), !error, now);
        if (news == HEALTH_IS_SICK)
                on_sick(m, p);
        arm(w);
        follow_state(m, w);
}

/* When */

static usec_t due(const Probe *p) {
        return p->asked ? probe_timeout(p) : p->pid > 0 ? USEC_INFINITY : p->health.next;
}

static void look_at(Manager *m, Probe *p, usec_t now) {
        char text[64], span[32];
        Buf b auto_buf = { 0 };

        if (due(p) > now)
                return;
        if (!p->asked) {
                if (probe_check(p) && can_be_asked(p->watch->unit)) {
                        p->asked = true;
                        p->kind = probe_check(p)->kind;
                        p->deadline = usec_add(now, health_timeout(spec_of(p->watch)));
                        probe_ask(m, p);
                } else
                        health_put_off(&p->health, spec_of(p->watch), now);
                return;
        }
        timespan_format(health_timeout(spec_of(p->watch)), &b);
        snprintf(span, sizeof(span), "%s", b.error < 0 || !b.data ? "time" : b.data);
        snprintf(text, sizeof(text), "no answer within %s", span);
        probe_forget(m, p);
        probe_answered(m, p, p->kind == HEALTH_EXEC ? text : "");
}

static int on_timer(sd_event_source *s, uint64_t usec, void *userdata) {
        HealthWatch *w = userdata;
        Manager *m = unit_runtime(w->unit)->manager;
        usec_t now = now_monotonic();

        for (size_t i = 0; i < w->n; i++)
                look_at(m, w->probes + i, now);
        arm(w);
        return 0;
}

static void arm(HealthWatch *w) {
        Manager *m = unit_runtime(w->unit)->manager;
        usec_t next = USEC_INFINITY;
        int r = 0;

        for (size_t i = 0; i < w->n; i++)
                next = MIN(next, due(w->probes + i));
        if (!w->timer && next != USEC_INFINITY)
                r = sd_event_add_time(m->event, &w->timer, CLOCK_MONOTONIC, next, TIMER_ACCURACY, on_timer,
                                      w);
        else if (w->timer) {
                r = sd_event_source_set_time(w->timer, next);
                if (r >= 0)
                        r = sd_event_source_set_enabled(w->timer, next == USEC_INFINITY ? SD_EVENT_OFF
                                                                                        : SD_EVENT_ONESHOT);
        }
        if (r < 0)
                LOG_UNIT_ERRNO(w->unit->id, TIMER_FAILED, r, FIELD_S("UNIT", w->unit->id));
}

/* Whom */

void health_watch_free(HealthWatch *w) {
        if (!w)
                return;
        for (size_t i = 0; i < w->n; i++)
                probe_forget(unit_runtime(w->unit)->manager, w->probes + i);
        sd_event_source_disable_unref(w->timer);
        free(w->probes);
        free(w);
}

static int watch_new(Unit *u, HealthWatch **ret) {
        const HealthSpec *spec = &u->spec->service->health;
        HealthWatch *w = calloc(1, sizeof(*w));

        if (!w)
                return -ENOMEM;
        w->unit = u;
        w->n = health_count_checks(spec);
        w->since = dual_now();
        w->probes = calloc(w->n, sizeof(*w->probes));
        if (!w->probes) {
                free(w);
                return -ENOMEM;
        }
        for (size_t i = 0; i < w->n; i++) {
                w->probes[i] = (Probe){ .watch = w, .index = i };
                health_begin(&w->probes[i].health, w->since.monotonic);
        }
        *ret = w;
        return 0;
}

static bool is_to_be_asked(const Unit *u) {
        const Machine *machine = &unit_runtime(u)->machine;

        return health_count_checks(&u->spec->service->health) > 0 &&
               (active_state_is_up(machine_active_state(machine)) ||
                service_waits_for_health(&machine->service));
}

void unit_follow_health(Manager *m, Unit *u) {
        UnitRuntime *rt = unit_runtime(u);
        int r;

        if (u->type != UNIT_SERVICE)
                return;
        if (!is_to_be_asked(u)) {
                health_watch_free(TAKE(rt->health));
                return;
        }
        if (rt->health)
                return;
        r = watch_new(u, &rt->health);
        if (r < 0)
                LOG_UNIT_ERRNO(u->id, TIMER_FAILED, r, FIELD_S("UNIT", u->id));
        else
                arm(rt->health);
}

bool unit_health_process_ended(Unit *u, const ProcessEnd *end) {
        HealthWatch *w = unit_runtime(u)->health;
        Manager *m = unit_runtime(u)->manager;
        char text[64];

        for (size_t i = 0; w && i < w->n; i++) {
                Probe *p = w->probes + i;

                if (p->pid != end->pid)
                        continue;
                p->pid = 0;
                if (end->code == CLD_EXITED)
                        snprintf(text, sizeof(text), "exit status %d", end->status);
                else
                        snprintf(text, sizeof(text), "killed by SIG%s", sigabbrev_np(end->status) ?: "?");
                if (p->asked)
                        probe_answered(m, p, end->code == CLD_EXITED && end->status == 0 ? NULL : text);
                else
                        arm(w);
                return true;
        }
        return false;
}

bool unit_is_well(const Unit *u) {
        const HealthWatch *w = unit_runtime(u)->health;

        return !w || w->state == HEALTH_HEALTHY;
}

bool unit_health(const Unit *u, UnitHealth *ret) {
        const HealthWatch *w = unit_runtime(u)->health;

        if (!w)
                return false;
        *ret = (UnitHealth){ .state = health_state_to_string(w->state),
                             .since = w->since.realtime,
                             .error = w->error };
        for (size_t i = 0; i < w->n; i++)
                ret->n_failures = MAX(ret->n_failures, w->probes[i].health.n_failures);
        return true;
}
