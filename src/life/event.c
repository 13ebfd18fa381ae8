/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "life/event.h"

static const char *const event_words[EVENT_TYPE_MAX] = {
        [EVENT_START] = "start",
        [EVENT_STOP] = "stop",
        [EVENT_RELOAD] = "reload",
        [EVENT_RESET_FAILED] = "reset-failed",
        [EVENT_DEADLINE] = "deadline",
        [EVENT_SPAWNED] = "spawned",
        [EVENT_SPAWN_FAILED] = "spawn-failed",
        [EVENT_EXECUTED] = "executed",
        [EVENT_EXITED] = "exited",
        [EVENT_EMPTY] = "empty",
        [EVENT_OOM] = "oom",
        [EVENT_MEMORY] = "memory",
        [EVENT_SICK] = "sick",
        [EVENT_WELL] = "well",
        [EVENT_DRAIN] = "drain",
        [EVENT_NOTIFY_READY] = "notify-ready",
        [EVENT_NOTIFY_RELOADING] = "notify-reloading",
        [EVENT_NOTIFY_STOPPING] = "notify-stopping",
        [EVENT_NOTIFY_MAIN_PID] = "notify-main-pid",
        [EVENT_NOTIFY_EXTEND] = "notify-extend",
        [EVENT_NOTIFY_WATCHDOG] = "notify-watchdog",
        [EVENT_NOTIFY_WATCHDOG_TRIGGER] = "notify-watchdog-trigger",
        [EVENT_NOTIFY_WATCHDOG_USEC] = "notify-watchdog-usec",
        [EVENT_MAIN_PID] = "main-pid",
        [EVENT_NO_MAIN_PID] = "no-main-pid",
        [EVENT_NAME_ACQUIRED] = "name-acquired",
        [EVENT_NAME_LOST] = "name-lost",
        [EVENT_TRIGGER] = "trigger",
        [EVENT_OPENED] = "opened",
        [EVENT_OPEN_FAILED] = "open-failed",
        [EVENT_TRIGGERED_STATE] = "triggered-state",
        [EVENT_CLOCK_CHANGED] = "clock-changed",
        [EVENT_TIMEZONE_CHANGED] = "timezone-changed",
        [EVENT_SPEC_CHANGED] = "spec-changed",
        [EVENT_MEMBERS] = "members",
        [EVENT_ABANDON] = "abandon",
        [EVENT_RESTART_REFUSED] = "restart-refused",
        [EVENT_PATHS_CHECKED] = "paths-checked",
        [EVENT_MAIN_EXITED] = "main-exited",
        [EVENT_CONTROL_EXITED] = "control-exited",
        [EVENT_WATCHDOG] = "watchdog",
};

static const char *const effect_words[EFFECT_TYPE_MAX] = {
        [EFFECT_SPAWN] = "spawn",
        [EFFECT_KILL] = "kill",
        [EFFECT_WATCH_PID_FILE] = "watch-pid-file",
        [EFFECT_UNWATCH_PID_FILE] = "unwatch-pid-file",
        [EFFECT_GUESS_MAIN_PID] = "guess-main-pid",
        [EFFECT_WATCH_MAIN_PID] = "watch-main-pid",
        [EFFECT_RESULT] = "result",
        [EFFECT_RELOAD_DONE] = "reload-done",
        [EFFECT_RESTART] = "restart",
        [EFFECT_TRIGGER] = "trigger",
        [EFFECT_OPEN] = "open",
        [EFFECT_CLOSE] = "close",
        [EFFECT_LISTEN] = "listen",
        [EFFECT_UNLISTEN] = "unlisten",
        [EFFECT_CHECK_PATHS] = "check-paths",
        [EFFECT_STAMP] = "stamp",
        [EFFECT_RELEASE] = "release",
};

const char *event_type_to_string(EventType t) {
        return (unsigned)t < EVENT_TYPE_MAX ? event_words[t] : NULL;
}

const char *effect_type_to_string(EffectType t) {
        return (unsigned)t < EFFECT_TYPE_MAX ? effect_words[t] : NULL;
}

Effect *effect_add(EffectList *l, EffectType type) {
        static Effect scratch;
        Effect *fx = &scratch;

        if (l->n < EFFECTS_MAX)
                fx = l->v + l->n++;
        else
                l->overflow = true;
        *fx = (Effect){ .type = type };
        return fx;
}
