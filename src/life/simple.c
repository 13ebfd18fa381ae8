/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "life/simple.h"
#include "graph/unit.h"

#include <signal.h>

/* Who says that such a unit is up? */
typedef enum Source {
        SOURCE_US,     /* a start or stop is all there is to it */
        SOURCE_SYSTEM, /* it was there, or came, without us; we make none */
        SOURCE_GROUP,  /* its processes */
} Source;

static const struct {
        const char *up, *down;
        Source source;
} kinds[UNIT_TYPE_MAX] = {
        [UNIT_TARGET] = { "active", "dead", SOURCE_US },
        [UNIT_SLICE] = { "active", "dead", SOURCE_US },
        [UNIT_DEVICE] = { "plugged", "dead", SOURCE_SYSTEM },
        [UNIT_MOUNT] = { "mounted", "dead", SOURCE_SYSTEM },
        [UNIT_AUTOMOUNT] = { "waiting", "dead", SOURCE_SYSTEM },
        [UNIT_SWAP] = { "active", "dead", SOURCE_SYSTEM },
        [UNIT_SCOPE] = { "running", "dead", SOURCE_GROUP },
};

void simple_init(Simple *s, UnitType type, const UnitSpec *spec) {
        *s = (Simple){ .type = type, .spec = spec, .deadline = USEC_INFINITY };
}

static void set_up(Simple *s, bool up, bool failed, EffectList *fx) {
        bool was_down = !s->up;

        s->up = up;
        s->failed = failed;
        s->stopping = s->killed = false;
        s->deadline = USEC_INFINITY;
        if (failed)
                effect_add(fx, EFFECT_RESULT)->value = true;
        if (!up && !was_down)
                effect_add(fx, EFFECT_RELEASE)->value = true;
}

/* The root is there because we are; else a start finds what is there, or fails. */
static bool is_there(const Simple *s, const Event *ev) {
        return kinds[s->type].source != SOURCE_SYSTEM || ev->value || str_equal(s->spec->name, "-.mount");
}

static void kill_scope(Simple *s, const Event *ev, bool hard, EffectList *fx) {
        const KillSpec *k = s->spec->kill;
        usec_t timeout = s->spec->service ? s->spec->service->timeout_stop : 0;
        Effect *e = effect_add(fx, EFFECT_KILL);

        s->stopping = true;
        s->killed = hard;
        s->deadline = timeout == 0 ? USEC_INFINITY : usec_add(ev->now.monotonic, timeout);
        e->whom = WHOM_ALL;
        e->signal = hard ? k->final_signal : k->signal;
        e->also_sigcont = !hard;
        e->also_sighup = !hard && k->send_sighup;
}

static void stop(Simple *s, const Event *ev, EffectList *fx) {
        if (!s->up)
                return;
        if (kinds[s->type].source != SOURCE_GROUP || s->spec->kill->mode == KILL_NONE)
                set_up(s, false, false, fx);
        else if (!s->stopping)
                kill_scope(s, ev, false, fx);
}

static void scope_deadline(Simple *s, const Event *ev, EffectList *fx) {
        if (!s->stopping || ev->now.monotonic < s->deadline)
                return;
        if (s->killed || !s->spec->kill->send_sigkill)
                set_up(s, false, true, fx);
        else
                kill_scope(s, ev, true, fx);
}

void simple_step(Simple *s, const Event *ev, EffectList *fx) {
        switch (ev->type) {
        case EVENT_START:
                if (!s->up)
                        set_up(s, is_there(s, ev), !is_there(s, ev), fx);
                break;
        case EVENT_OPENED: /* the system has it */
                if (!s->up && kinds[s->type].source == SOURCE_SYSTEM)
                        set_up(s, true, false, fx);
                break;
        case EVENT_OPEN_FAILED: /* ... no more */
                if (s->up && kinds[s->type].source == SOURCE_SYSTEM)
                        set_up(s, false, false, fx);
                break;
        case EVENT_STOP:
                stop(s, ev, fx);
                break;
        case EVENT_EMPTY:
                if (s->up && kinds[s->type].source == SOURCE_GROUP)
                        set_up(s, false, false, fx);
                break;
        case EVENT_DEADLINE:
                scope_deadline(s, ev, fx);
                break;
        case EVENT_RESET_FAILED:
                s->failed = false;
                break;
        default:
                break;
        }
}

int simple_active_state(const Simple *s) {
        if (s->failed)
                return FAILED;
        if (s->stopping)
                return DEACTIVATING;
        return s->up ? ACTIVE : INACTIVE;
}

const char *simple_sub_state(const Simple *s) {
        if (s->failed)
                return "failed";
        if (s->stopping)
                return s->killed ? "stop-sigkill" : "stop-sigterm";
        return s->up ? kinds[s->type].up : kinds[s->type].down;
}

/* In the order of systemd; those that such a unit can have here. */
const char *simple_sub_state_name(UnitType type, unsigned i) {
        const char *const names[] = { kinds[type].down, kinds[type].up, "stop-sigterm", "stop-sigkill",
                                      "failed" };
        bool stops = kinds[type].source == SOURCE_GROUP, fails = kinds[type].source != SOURCE_US;

        if (i >= 2 && !stops)
                i += 2;
        if (i >= ELEMENTSOF(names) || (i == ELEMENTSOF(names) - 1 && !fails))
                return NULL;
        return names[i];
}
