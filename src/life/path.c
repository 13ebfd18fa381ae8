/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "life/path.h"
#include "graph/unit.h"
#include "life/limit.h"

static const struct {
        const char *name;
        ActiveState active;
} states[PATH_STATE_MAX] = {
        [PATH_DEAD] = { "dead", INACTIVE },         [PATH_WAITING] = { "waiting", ACTIVE },
        [PATH_RUNNING] = { "running", ACTIVE },     [PATH_FAILED] = { "failed", FAILED },
        [PATH_OPENING] = { "waiting", ACTIVATING },
};

void path_init(Path *p, const UnitSpec *spec) {
        *p = (Path){ .spec = spec, .unit_active = INACTIVE };
}

static bool is_up(const Path *p) {
        return !active_state_is_down(states[p->state].active);
}

static PathState go_down(Path *p, PathResult result, EffectList *fx) {
        bool was_open = is_up(p);

        p->result = result;
        if (was_open)
                effect_add(fx, EFFECT_CLOSE);
        if (result != PATH_SUCCESS)
                effect_add(fx, EFFECT_RESULT)->value = true;
        if (was_open)
                effect_add(fx, EFFECT_RELEASE)->value = true;
        return result == PATH_SUCCESS ? PATH_DEAD : PATH_FAILED;
}

static PathState start(Path *p, const Event *ev, EffectList *fx) {
        const PolicySpec *policy = p->spec->policy;

        if (!limit_allows(&p->limit_window_begin, &p->limit_count, ev->now.monotonic,
                          policy->start_limit_interval, policy->start_limit_burst))
                return go_down(p, PATH_START_LIMIT_HIT, fx);
        p->result = PATH_SUCCESS;
        p->trigger_count = 0;
        effect_add(fx, EFFECT_OPEN);
        return PATH_OPENING;
}

static PathState trigger(Path *p, const Event *ev, EffectList *fx) {
        const PathSpec *spec = p->spec->path;

        if (!limit_allows(&p->trigger_window_begin, &p->trigger_count, ev->now.monotonic,
                          spec->trigger_limit_interval, spec->trigger_limit_burst))
                return go_down(p, PATH_TRIGGER_LIMIT_HIT, fx);
        effect_add(fx, EFFECT_TRIGGER);
        return PATH_RUNNING;
}

/* Waits anew, unless the triggered unit runs already: then so do we. */
static PathState wait_or_run(Path *p, EffectList *fx) {
        if (!active_state_is_down(p->unit_active))
                return PATH_RUNNING;
        effect_add(fx, EFFECT_CHECK_PATHS);
        return PATH_WAITING;
}

static PathState in_down(Path *p, const Event *ev, EffectList *fx) {
        switch (ev->type) {
        case EVENT_START:
                return start(p, ev, fx);
        case EVENT_RESET_FAILED:
                p->result = PATH_SUCCESS;
                p->limit_count = 0;
                return PATH_DEAD;
        default:
                return p->state;
        }
}

static PathState in_waiting(Path *p, const Event *ev, EffectList *fx) {
        switch (ev->type) {
        case EVENT_TRIGGER:
                if (ev->value) /* the others are looked at */
                        return trigger(p, ev, fx);
                effect_add(fx, EFFECT_CHECK_PATHS);
                return PATH_WAITING;
        case EVENT_PATHS_CHECKED:
                return ev->value ? trigger(p, ev, fx) : PATH_WAITING;
        case EVENT_TRIGGERED_STATE:
                return active_state_is_down(p->unit_active) ? PATH_WAITING : PATH_RUNNING;
        default:
                return p->state;
        }
}

static PathState in_running(Path *p, const Event *ev, EffectList *fx) {
        if (ev->type == EVENT_TRIGGERED_STATE)
                return wait_or_run(p, fx);
        return PATH_RUNNING;
}

void path_step(Path *p, const Event *ev, EffectList *fx) {
        bool up = is_up(p);

        if (ev->type == EVENT_TRIGGERED_STATE)
                p->unit_active = ev->active;

        if (up && ev->type == EVENT_STOP)
                p->state = go_down(p, PATH_SUCCESS, fx);
        else if (up && ev->type == EVENT_OPEN_FAILED)
                p->state = go_down(p, PATH_RESOURCES, fx);
        else if (up && ev->type == EVENT_TRIGGERED_STATE && ev->active == FAILED && ev->value)
                p->state = go_down(p, PATH_UNIT_START_LIMIT_HIT, fx);
        else if (p->state == PATH_OPENING && ev->type == EVENT_OPENED)
                p->state = wait_or_run(p, fx);
        else if (p->state == PATH_WAITING)
                p->state = in_waiting(p, ev, fx);
        else if (p->state == PATH_RUNNING)
                p->state = in_running(p, ev, fx);
        else if (!up)
                p->state = in_down(p, ev, fx);
}

int path_active_state(const Path *p) {
        return states[p->state].active;
}

const char *path_sub_state(const Path *p) {
        return states[p->state].name;
}

const char *path_result_to_string(PathResult r) {
        static const char *const words[PATH_RESULT_MAX] = {
                [PATH_SUCCESS] = "success",
                [PATH_RESOURCES] = "resources",
                [PATH_START_LIMIT_HIT] = "start-limit-hit",
                [PATH_UNIT_START_LIMIT_HIT] = "unit-start-limit-hit",
                [PATH_TRIGGER_LIMIT_HIT] = "trigger-limit-hit",
        };

        return (unsigned)r < PATH_RESULT_MAX ? words[r] : NULL;
}
