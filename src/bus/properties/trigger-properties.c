/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Timers and paths: what they wait for, and when. */

#include <errno.h>

#include "bus/codec/append.h"
#include "bus/tables.h"

static const Timer *timer_of(const Object *o) {
        return &o->runtime->machine.timer;
}

/* The unit that is started: Unit=, else the service of the same name, as the graph's edge says. */
static int get_triggered(Object *o, const Property *p, sd_bus_message *m) {
        const Edge *e = unit_next_edge(o->unit, DEP_TRIGGERS, NULL);

        return append_string(m, e ? e->other->id : NULL);
}

static int append_calendar(sd_bus_message *m, const TimerValue *v, usec_t next) {
        Buf b auto_buf = { 0 };
        int r;

        calendar_format(&v->calendar, &b);
        if (b.error < 0)
                return b.error;
        if ((r = sd_bus_message_open_container(m, 'r', "sst")) < 0 ||
            (r = append_string(m, timer_base_to_string(v->base))) < 0 || (r = append_string(m, b.data)) < 0 ||
            (r = append_integer(m, 't', (int64_t)next)) < 0)
                return r;
        return sd_bus_message_close_container(m);
}

/* "OnBootSec" is shown as "OnBootUSec". */
static int append_monotonic(sd_bus_message *m, const TimerValue *v, usec_t next) {
        const char *base = timer_base_to_string(v->base);
        char *shown auto_free = NULL;

        if (str_printf(&shown, "%.*sUSec", (int)(strlen(base) - strlen("Sec")), base) < 0)
                return -ENOMEM;
        return sd_bus_message_append(m, "(stt)", shown, v->span, next);
}

/* The machine keeps the earliest elapse of each clock, not one for each line. */
static int get_calendar_values(Object *o, const Property *p, sd_bus_message *m) {
        const TimerSpec *s = o->unit->spec->timer;
        int r = sd_bus_message_open_container(m, 'a', "(sst)");

        for (size_t i = 0; r >= 0 && i < s->n_values; i++)
                if (s->values[i].base == TIMER_CALENDAR)
                        r = append_calendar(m, &s->values[i], timer_of(o)->next_realtime);
        return r < 0 ? r : sd_bus_message_close_container(m);
}

static int get_monotonic_values(Object *o, const Property *p, sd_bus_message *m) {
        const TimerSpec *s = o->unit->spec->timer;
        int r = sd_bus_message_open_container(m, 'a', "(stt)");

        for (size_t i = 0; r >= 0 && i < s->n_values; i++)
                if (s->values[i].base != TIMER_CALENDAR)
                        r = append_monotonic(m, &s->values[i], timer_of(o)->next_monotonic);
        return r < 0 ? r : sd_bus_message_close_container(m);
}

/* arg: offset of a usec_t in Timer */
static int get_timer_usec(Object *o, const Property *p, sd_bus_message *m) {
        const usec_t *t = (const usec_t *)((const char *)timer_of(o) + p->arg);

        return append_integer(m, 't', (int64_t)*t);
}

static int get_timer_result(Object *o, const Property *p, sd_bus_message *m) {
        return append_string(m, timer_of(o)->failed_start_limit ? "start-limit-hit" : "success");
}

#define MEMBER(n, member)                                                                                    \
        { n, "t", get_timer_usec, offsetof(Timer, member), PROPERTY_EMITS }

const Property timer_properties[] = {
        { "Unit", "s", get_triggered, 0, PROPERTY_CONST },
        { "TimersMonotonic", "a(stt)", get_monotonic_values, 0, PROPERTY_INVALIDATES },
        { "TimersCalendar", "a(sst)", get_calendar_values, 0, PROPERTY_INVALIDATES },
        MEMBER("NextElapseUSecRealtime", next_realtime),
        MEMBER("NextElapseUSecMonotonic", next_monotonic),
        MEMBER("LastTriggerUSec", last_trigger.realtime),
        MEMBER("LastTriggerUSecMonotonic", last_trigger.monotonic),
        { "Result", "s", get_timer_result, 0, PROPERTY_EMITS },
        { 0 },
};

static int get_paths(Object *o, const Property *p, sd_bus_message *m) {
        const PathSpec *s = o->unit->spec->path;
        int r = sd_bus_message_open_container(m, 'a', "(ss)");

        for (size_t i = 0; r >= 0 && i < s->n_watches; i++)
                r = append_pair(m, path_kind_to_string(s->watches[i].kind), s->watches[i].path);
        return r < 0 ? r : sd_bus_message_close_container(m);
}

static int get_path_result(Object *o, const Property *p, sd_bus_message *m) {
        return append_string(m, path_result_to_string(o->runtime->machine.path.result));
}

const Property path_properties[] = {
        { "Unit", "s", get_triggered, 0, PROPERTY_CONST },
        { "Paths", "a(ss)", get_paths, 0, PROPERTY_CONST },
        { "Result", "s", get_path_result, 0, PROPERTY_EMITS },
        { 0 },
};
