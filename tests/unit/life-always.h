/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What always holds for a Service between two steps. Each sentence is one
 * function; it returns what is wrong, or NULL. Scenarios check them after each
 * step, test-life-every.c in all reachable states.
 */

#include "graph/unit.h"
#include "life/service.h"

#include <string.h>

/* May, must or must not there be such a process? */
typedef enum Presence {
        NEVER,
        MAYBE,
        ALWAYS
} Presence;

/* The expectations, written down apart from the table that they check. */
typedef struct StateRules {
        const char *name;
        ActiveState active;
        Presence main, control, deadline;
} StateRules;

/* clang-format off */
static const StateRules state_rules[SERVICE_STATE_MAX] = {
        /*                          sub-state         active state   main    control  deadline */
        [SERVICE_DEAD]           = { "dead",           INACTIVE,     NEVER,  NEVER,   NEVER  },
        [SERVICE_CONDITION]      = { "condition",      ACTIVATING,   NEVER,  ALWAYS,  ALWAYS },
        [SERVICE_START_PRE]      = { "start-pre",      ACTIVATING,   NEVER,  ALWAYS,  ALWAYS },
        [SERVICE_START]          = { "start",          ACTIVATING,   MAYBE,  MAYBE,   ALWAYS },
        [SERVICE_START_POST]     = { "start-post",     ACTIVATING,   MAYBE,  MAYBE,   ALWAYS },
        [SERVICE_RUNNING]        = { "running",        ACTIVE,       MAYBE,  NEVER,   MAYBE  },
        [SERVICE_EXITED]         = { "exited",         ACTIVE,       NEVER,  NEVER,   NEVER  },
        [SERVICE_RELOAD]         = { "reload",         RELOADING,    MAYBE,  ALWAYS,  ALWAYS },
        [SERVICE_RELOAD_SIGNAL]  = { "reload-signal",  RELOADING,    MAYBE,  NEVER,   ALWAYS },
        [SERVICE_RELOAD_NOTIFY]  = { "reload-notify",  RELOADING,    MAYBE,  NEVER,   ALWAYS },
        [SERVICE_STOP]           = { "stop",           DEACTIVATING, MAYBE,  ALWAYS,  ALWAYS },
        [SERVICE_STOP_WATCHDOG]  = { "stop-watchdog",  DEACTIVATING, MAYBE,  MAYBE,   ALWAYS },
        [SERVICE_STOP_SIGTERM]   = { "stop-sigterm",   DEACTIVATING, MAYBE,  MAYBE,   ALWAYS },
        [SERVICE_STOP_SIGKILL]   = { "stop-sigkill",   DEACTIVATING, MAYBE,  MAYBE,   ALWAYS },
        [SERVICE_STOP_POST]      = { "stop-post",      DEACTIVATING, MAYBE,  ALWAYS,  ALWAYS },
        [SERVICE_FINAL_WATCHDOG] = { "final-watchdog", DEACTIVATING, MAYBE,  MAYBE,   ALWAYS },
        [SERVICE_FINAL_SIGTERM]  = { "final-sigterm",  DEACTIVATING, MAYBE,  MAYBE,   ALWAYS },
        [SERVICE_FINAL_SIGKILL]  = { "final-sigkill",  DEACTIVATING, MAYBE,  MAYBE,   ALWAYS },
        [SERVICE_FAILED]         = { "failed",         FAILED,       NEVER,  NEVER,   NEVER  },
        [SERVICE_AUTO_RESTART]   = { "auto-restart",   ACTIVATING,   NEVER,  NEVER,   MAYBE  },
};
/* clang-format on */

static inline bool rule_broken(Presence p, bool there) {
        return p != MAYBE && there != (p == ALWAYS);
}

static inline bool spawns_main(const Service *s) {
        return s->spawn_pending && s->command == COMMAND_START && s->spec->service->type != TYPE_FORKING;
}

static inline const char *always_processes_fit_the_state(const Service *s) {
        const StateRules *r = state_rules + s->state;
        bool spawns_control = s->spawn_pending && !spawns_main(s);

        if (rule_broken(r->main, s->main_pid > 0 || spawns_main(s)))
                return "the main process does not fit the state";
        if (rule_broken(r->control, s->control_pid > 0 || spawns_control))
                return "the control process does not fit the state";
        if (s->control_pid > 0 && s->spawn_pending)
                return "two control processes at a time";
        return NULL;
}

static inline const char *always_names_and_active_states_agree(const Service *s) {
        const StateRules *r = state_rules + s->state;

        if (strcmp(r->name, service_sub_state(s)) != 0)
                return "the sub-state has another name";
        return (int)r->active == service_active_state(s) ? NULL
                                                         : "the sub-state belongs to another active state";
}

/* The instances of a set have their own limits. */
static inline bool time_is_limited(const Service *s) {
        const ServiceSpec *spec = s->spec->service;

        return !service_is_set(s) && spec->timeout_start != USEC_INFINITY &&
               spec->timeout_stop != USEC_INFINITY;
}

/* Restarts count once their time has come: then the caller's job is awaited. */
static inline const char *always_deadlines_fit_the_state(const Service *s) {
        const StateRules *r = state_rules + s->state;
        bool armed = s->deadline != USEC_INFINITY;

        if (armed ? r->deadline == NEVER : r->deadline == ALWAYS && time_is_limited(s))
                return armed ? "a deadline in a state without one" : "no deadline in a state that must end";
        if (s->deadline !=
            (s->state_deadline < s->watchdog_deadline ? s->state_deadline : s->watchdog_deadline))
                return "the deadline is not the earliest";
        if (s->state == SERVICE_AUTO_RESTART && !s->is_set && armed == s->restart_due)
                return "a restart is either awaited or due";
        return NULL;
}

/* Something must be there that can still happen without a human. */
static inline const char *always_a_waiting_state_has_a_way_out(const Service *s) {
        ActiveState a = service_active_state(s);

        if ((a != ACTIVATING && a != DEACTIVATING && a != RELOADING) || s->state == SERVICE_AUTO_RESTART)
                return NULL;
        if (service_is_set(s)) /* its instances */
                return NULL;
        if (s->deadline != USEC_INFINITY || s->spawn_pending || s->main_pid > 0 || s->control_pid > 0 ||
            s->guess_pending || s->pid_file_watched || !s->group_empty)
                return NULL;
        return "nothing can end this state";
}

static inline const char *always_running_means_that_something_runs(const Service *s) {
        if (service_is_set(s)) /* it has none */
                return NULL;
        if (s->state != SERVICE_RUNNING)
                return NULL;
        return s->main_pid > 0 || !s->group_empty ? NULL : "running without a process";
}

static inline const char *always_effects_fit(const Service *s, const EffectList *fx) {
        if (fx->overflow)
                return "more effects than the list holds";
        for (unsigned i = 0; i < fx->n; i++) {
                const Effect *e = fx->v + i;

                if (e->type == EFFECT_SPAWN && i + 1 < fx->n && fx->v[i + 1].type == EFFECT_SPAWN)
                        return "two spawns in one step";
                if (e->type == EFFECT_KILL && (e->signal <= 0 || e->whom >= KILL_WHOM_MAX))
                        return "a kill without a signal";
                if (e->type == EFFECT_KILL && s->spec->kill->mode == KILL_NONE && e->whom == WHOM_ALL)
                        return "KillMode=none kills";
        }
        return NULL;
}

static inline const char *always_spawns_are_awaited(const Service *s, const EffectList *fx) {
        for (unsigned i = 0; i < fx->n; i++)
                if (fx->v[i].type == EFFECT_SPAWN && !s->spawn_pending)
                        return "a spawn whose answer nobody awaits";
        return NULL;
}

static inline const char *always_failed_means_a_result(const Service *s) {
        bool well = s->result == RESULT_SUCCESS || s->result == RESULT_EXEC_CONDITION;

        if (s->state == SERVICE_FAILED && well)
                return "failed without a reason";
        if (s->state == SERVICE_RUNNING && s->result != RESULT_SUCCESS &&
            s->spec->service->exit_type == EXIT_TYPE_MAIN)
                return "running although something went wrong";
        return NULL;
}

static inline const char *always_holds(const Service *s, const EffectList *fx) {
        const char *const found[] = {
                always_processes_fit_the_state(s),
                always_names_and_active_states_agree(s),
                always_deadlines_fit_the_state(s),
                always_a_waiting_state_has_a_way_out(s),
                always_running_means_that_something_runs(s),
                always_effects_fit(s, fx),
                always_spawns_are_awaited(s, fx),
                always_failed_means_a_result(s),
        };

        for (size_t i = 0; i < ELEMENTSOF(found); i++)
                if (found[i])
                        return found[i];
        return NULL;
}
