/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "life/scope.h"

#include <signal.h>

#include "graph/unit.h"
#include "life/draw.h"

typedef ScopeState (*Step)(Scope *s, const Event *ev, EffectList *fx);
static ScopeState in_dead(Scope *s, const Event *ev, EffectList *fx);
static ScopeState in_start(Scope *s, const Event *ev, EffectList *fx);
static ScopeState in_running(Scope *s, const Event *ev, EffectList *fx);
static ScopeState in_stop(Scope *s, const Event *ev, EffectList *fx);

static const struct {
        const char *sub;
        ActiveState active;
        Step step;
} states[SCOPE_STATE_MAX] = {
        [SCOPE_DEAD] = { "dead", INACTIVE, in_dead },
        [SCOPE_START_CHOWN] = { "start-chown", ACTIVATING, in_start },
        [SCOPE_RUNNING] = { "running", ACTIVE, in_running },
        [SCOPE_ABANDONED] = { "abandoned", ACTIVE, in_running },
        [SCOPE_STOP_SIGTERM] = { "stop-sigterm", DEACTIVATING, in_stop },
        [SCOPE_STOP_SIGKILL] = { "stop-sigkill", DEACTIVATING, in_stop },
        [SCOPE_FAILED] = { "failed", FAILED, in_dead },
};

const char *scope_result_to_string(ScopeResult r) {
        static const char *const words[SCOPE_RESULT_MAX] = {
                [SCOPE_SUCCESS] = "success",
                [SCOPE_RESOURCES] = "resources",
                [SCOPE_TIMEOUT] = "timeout",
                [SCOPE_OOM_KILL] = "oom-kill",
        };

        return (unsigned)r < SCOPE_RESULT_MAX ? words[r] : NULL;
}

void scope_init(Scope *s, const UnitSpec *spec) {
        *s = (Scope){ .spec = spec, .deadline = USEC_INFINITY };
}

/* The first thing that went wrong counts. */
static void note_result(Scope *s, ScopeResult r) {
        if (s->result == SCOPE_SUCCESS)
                s->result = r;
}

static ScopeState ended(Scope *s, EffectList *fx) {
        effect_add(fx, EFFECT_RESULT)->value = true;
        effect_add(fx, EFFECT_RELEASE)->value = true;
        return s->result == SCOPE_SUCCESS ? SCOPE_DEAD : SCOPE_FAILED;
}

static ScopeState signal_all(Scope *s, int signal, ScopeState next, EffectList *fx) {
        const KillSpec *k = s->spec->kill;
        Effect *e = effect_add(fx, EFFECT_KILL);

        e->whom = WHOM_ALL;
        e->signal = signal;
        e->also_sigcont = signal != SIGKILL;
        e->also_sighup = next == SCOPE_STOP_SIGTERM && k->send_sighup;
        return next;
}

static ScopeState terminate(Scope *s, EffectList *fx) {
        const KillSpec *k = s->spec->kill;

        if (k->mode == KILL_CONTROL_GROUP)
                return signal_all(s, k->signal, SCOPE_STOP_SIGTERM, fx);
        if (k->mode == KILL_MIXED)
                return signal_all(s, k->final_signal, SCOPE_STOP_SIGKILL, fx);
        return ended(s, fx);
}

static ScopeState in_dead(Scope *s, const Event *ev, EffectList *fx) {
        switch (ev->type) {
        case EVENT_START:
                s->result = SCOPE_SUCCESS;
                effect_add(fx, EFFECT_OPEN);
                return SCOPE_START_CHOWN;
        case EVENT_RESET_FAILED:
                s->result = SCOPE_SUCCESS;
                return SCOPE_DEAD;
        default:
                return s->state;
        }
}

static ScopeState in_start(Scope *s, const Event *ev, EffectList *fx) {
        switch (ev->type) {
        case EVENT_OPENED:
                return SCOPE_RUNNING;
        case EVENT_OPEN_FAILED:
                note_result(s, SCOPE_RESOURCES);
                return ended(s, fx);
        case EVENT_STOP:
                return terminate(s, fx);
        default:
                return s->state;
        }
}

/* OOMPolicy=: what one process that was killed means for the others. */
static ScopeState after_oom(Scope *s, EffectList *fx) {
        OomPolicy policy = s->spec->service->oom_policy;

        if (policy == OOM_CONTINUE)
                return s->state;
        note_result(s, SCOPE_OOM_KILL);
        if (policy == OOM_KILL)
                return signal_all(s, s->spec->kill->final_signal, SCOPE_STOP_SIGKILL, fx);
        return terminate(s, fx);
}

static ScopeState in_running(Scope *s, const Event *ev, EffectList *fx) {
        switch (ev->type) {
        case EVENT_STOP:
                return terminate(s, fx);
        case EVENT_EMPTY:
                return ended(s, fx);
        case EVENT_ABANDON:
                return SCOPE_ABANDONED;
        case EVENT_OOM:
                return after_oom(s, fx);
        case EVENT_DEADLINE:
                if (ev->now.monotonic < s->deadline)
                        return s->state;
                note_result(s, SCOPE_TIMEOUT);
                return terminate(s, fx);
        default:
                return s->state;
        }
}

static ScopeState in_stop(Scope *s, const Event *ev, EffectList *fx) {
        switch (ev->type) {
        case EVENT_EMPTY:
                return ended(s, fx);
        case EVENT_OOM:
                note_result(s, SCOPE_OOM_KILL);
                return s->state;
        case EVENT_DEADLINE:
                if (ev->now.monotonic < s->deadline)
                        return s->state;
                note_result(s, SCOPE_TIMEOUT);
                if (s->state == SCOPE_STOP_SIGTERM && s->spec->kill->send_sigkill)
                        return signal_all(s, s->spec->kill->final_signal, SCOPE_STOP_SIGKILL, fx);
                return ended(s, fx);
        default:
                return s->state;
        }
}

static usec_t runtime_deadline(const Scope *s, usec_t now) {
        const ServiceSpec *spec = s->spec->service;
        usec_t extra = spec->runtime_randomized_extra;

        if (spec->runtime_max == 0 || spec->runtime_max == USEC_INFINITY)
                return USEC_INFINITY;
        if (extra > 0)
                extra = draw_up_to(s->random, 0, s->spec->name, extra);
        return usec_add(usec_add(now, spec->runtime_max), extra);
}

static usec_t deadline_of(const Scope *s, ScopeState state, usec_t now) {
        switch (state) {
        case SCOPE_RUNNING:
                return runtime_deadline(s, now);
        case SCOPE_ABANDONED:
                return s->deadline;
        case SCOPE_STOP_SIGTERM:
        case SCOPE_STOP_SIGKILL:
                return usec_add(now, s->spec->service->timeout_stop);
        default:
                return USEC_INFINITY;
        }
}

void scope_step(Scope *s, const Event *ev, EffectList *fx) {
        ScopeState next = states[s->state].step(s, ev, fx);

        if (next == s->state)
                return;
        s->deadline = deadline_of(s, next, ev->now.monotonic);
        s->state = next;
}

int scope_active_state(const Scope *s) {
        return states[s->state].active;
}

const char *scope_sub_state(const Scope *s) {
        return states[s->state].sub;
}
