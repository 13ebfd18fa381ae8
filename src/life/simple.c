/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "life/simple.h"
#include "graph/unit.h"

/* Who says that such a unit is up? */
typedef enum Source {
        SOURCE_US,     /* a start or stop is all there is to it */
        SOURCE_SYSTEM, /* it was there, or came, without us; we make none */
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
};

void simple_init(Simple *s, UnitType type, const UnitSpec *spec) {
        *s = (Simple){ .type = type, .spec = spec };
}

static void set_up(Simple *s, bool up, bool failed, EffectList *fx) {
        bool was_down = !s->up;

        s->up = up;
        s->failed = failed;
        if (failed)
                effect_add(fx, EFFECT_RESULT)->value = true;
        if (!up && !was_down)
                effect_add(fx, EFFECT_RELEASE)->value = true;
}

/* The root is there because we are; else a start finds what is there, or fails. */
static bool is_there(const Simple *s, const Event *ev) {
        return kinds[s->type].source != SOURCE_SYSTEM || ev->value || str_equal(s->spec->name, "-.mount");
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
                if (s->up)
                        set_up(s, false, false, fx);
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
        return s->up ? ACTIVE : INACTIVE;
}

const char *simple_sub_state(const Simple *s) {
        if (s->failed)
                return "failed";
        return s->up ? kinds[s->type].up : kinds[s->type].down;
}
