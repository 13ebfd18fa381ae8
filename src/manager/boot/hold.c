/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * X-HoldOnFailure=: the essential unit has failed, and the container stays for
 * somebody to look at it.
 *
 *      failed -> held -> (the time is over, a stop is asked for) -> the end, with the unit's code
 *                     -> (the unit is started again) -> as if nothing had been
 */

#include "manager/manager-internal.h"

static Unit *held_unit(const Manager *m) {
        Unit *u = m->internal->held ? graph_find(m->graph, m->internal->held) : NULL;

        return u && active_state_is_down(u->active) ? u : NULL;
}

void manager_release_hold(Manager *m) {
        ManagerInternal *in = m->internal;

        in->hold_source = sd_event_source_disable_unref(in->hold_source);
        free(TAKE(in->held));
}

static int on_hold_over(sd_event_source *s, uint64_t usec, void *userdata) {
        Manager *m = userdata;

        if (held_unit(m))
                manager_stop(m, "X-HoldOnFailure= is over", -1);
        else
                manager_release_hold(m);
        return 0;
}

static void log_hold(const Unit *u, usec_t span, int code) {
        Buf b auto_buf = { 0 };

        if (span == USEC_INFINITY)
                buf_add(&b, "until somebody ends it");
        else {
                buf_add(&b, "for ");
                timespan_format(span, &b);
        }
        LOG_UNIT(u->id, HELD, FIELD_S("TEXT", b.data ?: ""), FIELD_I("EXIT_STATUS", code));
}

bool manager_hold(Manager *m, const Unit *u, int code) {
        usec_t span = u->type == UNIT_SERVICE ? u->spec->service->hold_on_failure : 0;
        ManagerInternal *in = m->internal;

        if (span == 0 || code == 0 || m->stopping)
                return false;
        manager_release_hold(m);
        in->held = strdup(u->id);
        in->held_code = code;
        if (!in->held)
                return false;
        if (span != USEC_INFINITY &&
            sd_event_add_time(m->event, &in->hold_source, CLOCK_MONOTONIC, usec_add(now_monotonic(), span), 0,
                              on_hold_over, m) < 0) {
                manager_release_hold(m);
                return false;
        }
        log_hold(u, span, code);
        return true;
}

int manager_end_hold(Manager *m) {
        int code = held_unit(m) ? m->internal->held_code : -1;

        if (m->internal->held && code < 0)
                manager_forget_cause(m);
        manager_release_hold(m);
        return code;
}
