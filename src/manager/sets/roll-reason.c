/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Why a roll has failed, in one line: who, what was expected of it, what came instead, and what has become of the rest. */

#include "manager/sets/roll-internal.h"

#include <signal.h>
#include <string.h>

/* "exit-code, status 1" */
static void add_end(const RollSeat *s, Buf *b) {
        if (s->result == SERVICE_RESULT_MAX) {
                buf_add(b, ": its start job has failed");
                return;
        }
        buf_addf(b, ": %s", service_result_to_string(s->result));
        if (s->result == RESULT_EXIT_CODE || s->result == RESULT_SUCCESS)
                buf_addf(b, ", status %d", s->end.status);
        else if (s->result == RESULT_SIGNAL || s->result == RESULT_CORE_DUMP)
                buf_addf(b, ", SIG%s", sigabbrev_np(s->end.status) ?: "?");
}

static void add_what(const RollRun *run, const RollSeat *s, Buf *b) {
        const char *gate = ready_on_to_string(run->gate);

        switch (run->roll.cause) {
        case ROLL_CAUSE_NOT_STARTED:
                buf_add(b, "did not start");
                add_end(s, b);
                break;
        case ROLL_CAUSE_NOT_READY:
                buf_add(b, "was not ready within ");
                timespan_format(run->roll.plan.gate_timeout, b);
                buf_addf(b, " (X-ReadyOn=%s)", gate);
                break;
        case ROLL_CAUSE_ENDED:
                buf_addf(b, "ended before it was ready (X-ReadyOn=%s)", gate);
                add_end(s, b);
                break;
        case ROLL_CAUSE_UNSETTLED:
                buf_add(b, "ended within ");
                timespan_format(run->roll.plan.settle, b);
                buf_add(b, " (X-SettleSec=)");
                add_end(s, b);
                break;
        case ROLL_CAUSE_UNHEALTHY:
                buf_add(b, "failed its check within ");
                timespan_format(run->roll.plan.settle, b);
                buf_add(b, " (X-SettleSec=)");
                break;
        case ROLL_CAUSE_DIED:
                buf_add(b, "ended while others were replaced");
                add_end(s, b);
                break;
        default:
                buf_add(b, "was stopped by somebody");
        }
}

/* At once: later its unit has been started again, and shows other things. */
void roll_explain(RollRun *run) {
        const Roll *r = &run->roll;
        Buf b auto_buf = { 0 };
        const RollSeat *s;

        if (run->reason || r->state == ROLL_STATE_FORWARD || r->result == ROLL_RESULT_DONE)
                return;
        if (r->result == ROLL_RESULT_ABORTED) {
                buf_add(&b, "it was aborted");
        } else if (r->result == ROLL_RESULT_CANCELED) {
                buf_addf(&b, "%s",
                         run->manager->stopping ? "svinit stops" : "the unit was stopped or restarted");
        } else {
                s = run->seats + r->culprit;
                buf_addf(&b, "%s ", s->unit ? s->unit->id : "a spare instance");
                add_what(run, s, &b);
        }
        if (b.error >= 0)
                (void)buf_take(&b, &run->reason);
}
