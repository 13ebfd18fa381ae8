/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "life/socket.h"
#include "graph/unit.h"
#include "life/limit.h"

#include <signal.h>

typedef SocketState (*SocketStep)(Socket *s, const Event *ev, EffectList *fx);

typedef struct StateTraits {
        const char *name;
        ActiveState active;
        bool timed; /* TimeoutSec= counts */
        SocketStep enter, step;
        CommandKind command;   /* that the state runs; COMMAND_KIND_MAX: none */
        SocketState otherwise; /* follows when the commands are done, or there are none */
        SocketState failing;   /* follows when a command fails or does not end in time */
} StateTraits;

static SocketState enter_commands(Socket *s, const Event *ev, EffectList *fx);
static SocketState enter_opening(Socket *s, const Event *ev, EffectList *fx);
static SocketState enter_listening(Socket *s, const Event *ev, EffectList *fx);
static SocketState enter_running(Socket *s, const Event *ev, EffectList *fx);
static SocketState enter_stop_post(Socket *s, const Event *ev, EffectList *fx);
static SocketState enter_sigterm(Socket *s, const Event *ev, EffectList *fx);
static SocketState enter_sigkill(Socket *s, const Event *ev, EffectList *fx);
static SocketState enter_dead(Socket *s, const Event *ev, EffectList *fx);
static SocketState in_dead(Socket *s, const Event *ev, EffectList *fx);
static SocketState in_commands(Socket *s, const Event *ev, EffectList *fx);
static SocketState in_opening(Socket *s, const Event *ev, EffectList *fx);
static SocketState in_listening(Socket *s, const Event *ev, EffectList *fx);
static SocketState in_running(Socket *s, const Event *ev, EffectList *fx);
static SocketState in_killing(Socket *s, const Event *ev, EffectList *fx);

#define NONE COMMAND_KIND_MAX

/* clang-format off */
static const StateTraits states[SOCKET_STATE_MAX] = {
        /*                             sub-state           active state  timed  on entry         step
                                       commands            then                     or, failing */
        [SOCKET_DEAD]              = { "dead",             INACTIVE,     false, enter_dead,      in_dead,
                                       NONE,               SOCKET_DEAD,             SOCKET_DEAD },
        [SOCKET_START_PRE]         = { "start-pre",        ACTIVATING,   true,  enter_commands,  in_commands,
                                       COMMAND_START_PRE,  SOCKET_START_CHOWN,      SOCKET_FINAL_SIGTERM },
        [SOCKET_START_CHOWN]       = { "start-chown",      ACTIVATING,   true,  enter_opening,   in_opening,
                                       NONE,               SOCKET_START_POST,       SOCKET_STOP_PRE_SIGTERM },
        [SOCKET_START_POST]        = { "start-post",       ACTIVATING,   true,  enter_commands,  in_commands,
                                       COMMAND_START_POST, SOCKET_LISTENING,        SOCKET_STOP_PRE_SIGTERM },
        [SOCKET_LISTENING]         = { "listening",        ACTIVE,       false, enter_listening, in_listening,
                                       NONE,               SOCKET_LISTENING,        SOCKET_STOP_PRE },
        [SOCKET_RUNNING]           = { "running",          ACTIVE,       false, enter_running,   in_running,
                                       NONE,               SOCKET_RUNNING,          SOCKET_STOP_PRE },
        [SOCKET_STOP_PRE]          = { "stop-pre",         DEACTIVATING, true,  enter_commands,  in_commands,
                                       COMMAND_STOP,       SOCKET_STOP_POST,        SOCKET_STOP_PRE_SIGTERM },
        [SOCKET_STOP_PRE_SIGTERM]  = { "stop-pre-sigterm", DEACTIVATING, true,  enter_sigterm,   in_killing,
                                       NONE,               SOCKET_STOP_POST,        SOCKET_STOP_PRE_SIGKILL },
        [SOCKET_STOP_PRE_SIGKILL]  = { "stop-pre-sigkill", DEACTIVATING, true,  enter_sigkill,   in_killing,
                                       NONE,               SOCKET_STOP_POST,        SOCKET_STOP_POST },
        [SOCKET_STOP_POST]         = { "stop-post",        DEACTIVATING, true,  enter_stop_post, in_commands,
                                       COMMAND_STOP_POST,  SOCKET_FINAL_SIGTERM,    SOCKET_FINAL_SIGTERM },
        [SOCKET_FINAL_SIGTERM]     = { "final-sigterm",    DEACTIVATING, true,  enter_sigterm,   in_killing,
                                       NONE,               SOCKET_DEAD,             SOCKET_FINAL_SIGKILL },
        [SOCKET_FINAL_SIGKILL]     = { "final-sigkill",    DEACTIVATING, true,  enter_sigkill,   in_killing,
                                       NONE,               SOCKET_DEAD,             SOCKET_DEAD },
        [SOCKET_FAILED]            = { "failed",           FAILED,       false, enter_dead,      in_dead,
                                       NONE,               SOCKET_FAILED,           SOCKET_FAILED },
        [SOCKET_CLEANING]          = { "cleaning",         MAINTENANCE,  false, NULL,            in_dead,
                                       NONE,               SOCKET_DEAD,             SOCKET_DEAD },
};
/* clang-format on */

static const SocketSpec *spec_of(const Socket *s) {
        return s->spec->socket;
}

void socket_init(Socket *s, const UnitSpec *spec) {
        *s = (Socket){ .spec = spec, .deadline = USEC_INFINITY, .unit_active = INACTIVE };
}

static void note(Socket *s, SocketResult r) {
        if (s->result == SOCKET_SUCCESS)
                s->result = r;
}

static SocketState fail(Socket *s, SocketResult why) {
        note(s, why);
        return states[s->state].failing;
}

static void arm(Socket *s, const Event *ev) {
        usec_t timeout = spec_of(s)->timeout;

        s->deadline =
                states[s->state].timed && timeout > 0 ? usec_add(ev->now.monotonic, timeout) : USEC_INFINITY;
}

static const CommandList *commands_of(const Socket *s) {
        switch (states[s->state].command) {
        case COMMAND_START_PRE:
                return &spec_of(s)->exec_start_pre;
        case COMMAND_START_POST:
                return &spec_of(s)->exec_start_post;
        case COMMAND_STOP:
                return &spec_of(s)->exec_stop_pre;
        default:
                return &spec_of(s)->exec_stop_post;
        }
}

static void spawn(Socket *s, unsigned index, const Event *ev, EffectList *fx) {
        Effect *e = effect_add(fx, EFFECT_SPAWN);

        e->command = states[s->state].command;
        e->index = s->command_index = index;
        s->spawn_pending = true;
        arm(s, ev);
}

static SocketState enter_commands(Socket *s, const Event *ev, EffectList *fx) {
        if (commands_of(s)->n == 0)
                return states[s->state].otherwise;
        spawn(s, 0, ev, fx);
        return s->state;
}

static SocketState enter_opening(Socket *s, const Event *ev, EffectList *fx) {
        s->open = true;
        effect_add(fx, EFFECT_OPEN);
        return s->state;
}

/* The service may have been started by hand: then it has the descriptors already. */
static SocketState enter_listening(Socket *s, const Event *ev, EffectList *fx) {
        if (!spec_of(s)->accept && !active_state_is_down(s->unit_active))
                return SOCKET_RUNNING;
        effect_add(fx, EFFECT_LISTEN);
        return s->state;
}

static SocketState enter_running(Socket *s, const Event *ev, EffectList *fx) {
        effect_add(fx, EFFECT_UNLISTEN);
        return s->state;
}

static SocketState enter_stop_post(Socket *s, const Event *ev, EffectList *fx) {
        if (TAKE(s->open))
                effect_add(fx, EFFECT_CLOSE);
        return enter_commands(s, ev, fx);
}

static void kill_control(const Socket *s, bool hard, EffectList *fx) {
        const KillSpec *k = s->spec->kill;
        Effect *e;

        if (s->control_pid <= 0)
                return;
        e = effect_add(fx, EFFECT_KILL);
        e->whom = WHOM_CONTROL;
        e->signal = hard ? k->final_signal : k->signal;
        e->also_sigcont = !hard;
        e->also_sighup = !hard && k->send_sighup;
}

static SocketState enter_sigterm(Socket *s, const Event *ev, EffectList *fx) {
        kill_control(s, false, fx);
        return s->control_pid > 0 || s->spawn_pending ? s->state : states[s->state].otherwise;
}

static SocketState enter_sigkill(Socket *s, const Event *ev, EffectList *fx) {
        if (s->spec->kill->send_sigkill)
                kill_control(s, true, fx);
        else
                s->control_pid = 0;
        return s->control_pid > 0 || s->spawn_pending ? s->state : states[s->state].otherwise;
}

/* Dead and failed differ by the result only. */
static SocketState enter_dead(Socket *s, const Event *ev, EffectList *fx) {
        s->control_pid = 0;
        s->spawn_pending = false;
        if (TAKE(s->open))
                effect_add(fx, EFFECT_CLOSE);
        if (s->result != SOCKET_SUCCESS && s->state == SOCKET_DEAD)
                return SOCKET_FAILED;
        if (s->result != SOCKET_SUCCESS)
                effect_add(fx, EFFECT_RESULT)->value = true;
        effect_add(fx, EFFECT_RELEASE)->value = true;
        return s->state;
}

static SocketState in_dead(Socket *s, const Event *ev, EffectList *fx) {
        const PolicySpec *policy = s->spec->policy;

        if (ev->type == EVENT_RESET_FAILED) {
                s->result = SOCKET_SUCCESS;
                s->limit_count = 0;
                return SOCKET_DEAD;
        }
        if (ev->type != EVENT_START)
                return s->state;
        s->result = SOCKET_SUCCESS;
        if (!limit_allows(&s->limit_window_begin, &s->limit_count, ev->now.monotonic,
                          policy->start_limit_interval, policy->start_limit_burst)) {
                s->result = SOCKET_START_LIMIT_HIT;
                return SOCKET_FAILED;
        }
        s->trigger_count = 0;
        return SOCKET_START_PRE;
}

static SocketResult judge(const Socket *s, const ProcessInfo *p) {
        const CommandList *l = commands_of(s);

        if (p->code == CLD_EXITED && p->status == 0)
                return SOCKET_SUCCESS;
        if (s->command_index < l->n && (l->v[s->command_index].flags & COMMAND_IGNORE_FAILURE))
                return SOCKET_SUCCESS;
        if (p->code == CLD_EXITED)
                return SOCKET_EXIT_CODE;
        return p->code == CLD_DUMPED ? SOCKET_CORE_DUMP : SOCKET_SIGNAL;
}

static SocketState command_ended(Socket *s, const Event *ev, EffectList *fx) {
        SocketResult r = judge(s, &ev->process);

        if (r != SOCKET_SUCCESS)
                return fail(s, r);
        if (s->command_index + 1 < commands_of(s)->n) {
                spawn(s, s->command_index + 1, ev, fx);
                return s->state;
        }
        return states[s->state].otherwise;
}

static SocketState in_commands(Socket *s, const Event *ev, EffectList *fx) {
        switch (ev->type) {
        case EVENT_CONTROL_EXITED:
                return command_ended(s, ev, fx);
        case EVENT_SPAWN_FAILED:
                return fail(s, SOCKET_RESOURCES);
        case EVENT_DEADLINE:
                return fail(s, SOCKET_TIMEOUT);
        case EVENT_STOP:
                return states[s->state].active == ACTIVATING ? states[s->state].failing : s->state;
        default:
                return s->state;
        }
}

static SocketState in_opening(Socket *s, const Event *ev, EffectList *fx) {
        switch (ev->type) {
        case EVENT_OPENED:
                return SOCKET_START_POST;
        case EVENT_OPEN_FAILED:
                return fail(s, SOCKET_RESOURCES);
        case EVENT_DEADLINE:
                return fail(s, SOCKET_TIMEOUT);
        case EVENT_STOP:
                return SOCKET_STOP_PRE_SIGTERM;
        default:
                return s->state;
        }
}

static SocketState traffic(Socket *s, const Event *ev, EffectList *fx) {
        const SocketSpec *spec = spec_of(s);

        if (!limit_allows(&s->trigger_window_begin, &s->trigger_count, ev->now.monotonic,
                          spec->trigger_limit_interval, spec->trigger_limit_burst))
                return fail(s, SOCKET_TRIGGER_LIMIT_HIT);
        effect_add(fx, EFFECT_TRIGGER);
        return spec->accept ? s->state : SOCKET_RUNNING;
}

/* What listening and running have in common. */
static SocketState while_up(Socket *s, const Event *ev) {
        switch (ev->type) {
        case EVENT_STOP:
                return SOCKET_STOP_PRE;
        case EVENT_OPEN_FAILED:
                return fail(s, SOCKET_RESOURCES);
        default:
                return s->state;
        }
}

static SocketState in_listening(Socket *s, const Event *ev, EffectList *fx) {
        switch (ev->type) {
        case EVENT_TRIGGER:
                return traffic(s, ev, fx);
        case EVENT_TRIGGERED_STATE:
                if (spec_of(s)->accept)
                        return s->state;
                if (ev->active == FAILED && ev->value)
                        return fail(s, SOCKET_SERVICE_START_LIMIT_HIT);
                return active_state_is_down(s->unit_active) ? s->state : SOCKET_RUNNING;
        default:
                return while_up(s, ev);
        }
}

static SocketState in_running(Socket *s, const Event *ev, EffectList *fx) {
        if (ev->type != EVENT_TRIGGERED_STATE)
                return while_up(s, ev);
        if (ev->active == FAILED && ev->value)
                return fail(s, SOCKET_SERVICE_START_LIMIT_HIT);
        return active_state_is_down(s->unit_active) ? SOCKET_LISTENING : s->state;
}

static SocketState in_killing(Socket *s, const Event *ev, EffectList *fx) {
        switch (ev->type) {
        case EVENT_SPAWNED:
                kill_control(s, s->state == SOCKET_STOP_PRE_SIGKILL || s->state == SOCKET_FINAL_SIGKILL, fx);
                return s->state;
        case EVENT_CONTROL_EXITED:
        case EVENT_SPAWN_FAILED:
                return states[s->state].otherwise;
        case EVENT_DEADLINE:
                return fail(s, SOCKET_TIMEOUT);
        default:
                return s->state;
        }
}

/* What counts in every state. EVENT_TYPE_MAX: the state need not see it. */
static EventType take_note(Socket *s, const Event *ev) {
        switch (ev->type) {
        case EVENT_SPAWNED:
                if (!s->spawn_pending)
                        return EVENT_TYPE_MAX;
                s->spawn_pending = false;
                s->control_pid = ev->process.pid;
                return ev->type;
        case EVENT_SPAWN_FAILED:
                s->spawn_pending = false;
                return ev->type;
        case EVENT_EXITED:
                if (ev->process.pid <= 0 || ev->process.pid != s->control_pid)
                        return EVENT_TYPE_MAX;
                s->control_pid = 0;
                return EVENT_CONTROL_EXITED;
        case EVENT_DEADLINE:
                return s->deadline <= ev->now.monotonic && !s->spawn_pending ? ev->type : EVENT_TYPE_MAX;
        case EVENT_TRIGGERED_STATE:
                s->unit_active = ev->active;
                return ev->type;
        default:
                return ev->type;
        }
}

static SocketState enter(Socket *s, SocketState next, const Event *ev, EffectList *fx) {
        s->state = next;
        arm(s, ev);
        return states[next].enter ? states[next].enter(s, ev, fx) : next;
}

void socket_step(Socket *s, const Event *ev, EffectList *fx) {
        Event told = *ev;
        SocketState next;

        told.type = take_note(s, ev);
        if (told.type == EVENT_TYPE_MAX)
                return;
        for (next = states[s->state].step(s, &told, fx); next != s->state;)
                next = enter(s, next, &told, fx);
}

int socket_active_state(const Socket *s) {
        return states[s->state].active;
}

const char *socket_sub_state(const Socket *s) {
        return states[s->state].name;
}

const char *socket_result_to_string(SocketResult r) {
        static const char *const words[SOCKET_RESULT_MAX] = {
                [SOCKET_SUCCESS] = "success",
                [SOCKET_RESOURCES] = "resources",
                [SOCKET_TIMEOUT] = "timeout",
                [SOCKET_EXIT_CODE] = "exit-code",
                [SOCKET_SIGNAL] = "signal",
                [SOCKET_CORE_DUMP] = "core-dump",
                [SOCKET_START_LIMIT_HIT] = "start-limit-hit",
                [SOCKET_TRIGGER_LIMIT_HIT] = "trigger-limit-hit",
                [SOCKET_SERVICE_START_LIMIT_HIT] = "service-start-limit-hit",
        };

        return (unsigned)r < SOCKET_RESULT_MAX ? words[r] : NULL;
}
