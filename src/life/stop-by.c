/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * A time by which a unit must be down, for all states of its way there.
 */

#include "graph/unit.h"
#include "life/machine.h"

#define STATE_LEAST (500 * USEC_PER_MSEC) /* SIGKILL too takes a moment to be of use */

static usec_t *state_deadline(Machine *m) {
        switch (m->type) {
        case UNIT_SERVICE:
                return &m->service.state_deadline;
        case UNIT_SOCKET:
                return &m->socket.deadline;
        case UNIT_SCOPE:
                return &m->scope.deadline;
        default:
                return NULL;
        }
}

static bool runs_commands(const Machine *m) {
        if (m->type == UNIT_SERVICE)
                return m->service.state == SERVICE_STOP || m->service.state == SERVICE_STOP_POST;
        return m->type == UNIT_SOCKET &&
               (m->socket.state == SOCKET_STOP_PRE || m->socket.state == SOCKET_STOP_POST);
}

static usec_t end_of_state(const Machine *m, usec_t now) {
        usec_t left = usec_sub(m->stop_by, now);

        if (runs_commands(m))
                left -= left / 4;
        return usec_add(now, MAX(left, STATE_LEAST));
}

static void cut(Machine *m) {
        usec_t *deadline = state_deadline(m);

        if (!deadline)
                return;
        *deadline = MIN(*deadline, m->stop_cut);
        if (m->type == UNIT_SERVICE)
                m->service.deadline = MIN(m->service.deadline, *deadline);
}

void machine_stop_by(Machine *m, usec_t now, usec_t by) {
        m->stop_by = by;
        if (machine_active_state(m) != DEACTIVATING)
                return;
        m->stop_cut = end_of_state(m, now);
        cut(m);
}

void machine_keep_stop_by(Machine *m, const Event *ev, bool entered) {
        usec_t now = ev->now.monotonic;

        if (m->stop_by == USEC_INFINITY)
                return;
        if (ev->type == EVENT_START)
                m->stop_by = USEC_INFINITY;
        else if (machine_active_state(m) == DEACTIVATING) {
                /* Due, and yet in the same state: it waits for the answer to a spawn. */
                if (entered || (ev->type == EVENT_DEADLINE && m->stop_cut <= now))
                        m->stop_cut = end_of_state(m, now);
                cut(m);
        }
}

bool machine_stop_is_late(const Machine *m, usec_t now) {
        return m->stop_by <= now && m->stop_cut <= now && machine_active_state(m) == DEACTIVATING &&
               !runs_commands(m);
}
