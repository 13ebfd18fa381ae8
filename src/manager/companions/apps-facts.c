/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What svinit-apps says of applications. They wrote what it comes from: a fact about one instance is all it can be. */

#include "manager/apps-link.h"
#include "manager/roll.h"

#include <unistd.h>

#define COMPLAIN_INTERVAL (10 * USEC_PER_SEC) /* of one instance; it may have many a second */

static void on_passed(Manager *m, AppsInstance *i, int gate) {
        static const ReadyOn gates[] = {
                [APPS_GATE_MESSAGE] = READY_ON_MESSAGE, [APPS_GATE_LISTENING] = READY_ON_LISTENING
        };
        _Static_assert(ELEMENTSOF(gates) == APPS_GATE_MAX, "each gate of svinit-apps is one of X-ReadyOn=");

        if (gate < 0 || gate >= APPS_GATE_MAX)
                return;
        if (gate == APPS_GATE_LISTENING)
                unit_restore_backlogs(i->unit);
        manager_instance_ready(m, i->unit, gates[gate]);
}

/* Who was told to leave its accept loop leaves the channel when its last connection is gone. */
static void on_closed(Manager *m, AppsInstance *i) {
        fd_release(&i->channel);
        apps_transfer_free(TAKE(i->transfer));
        manager_instance_drained(m, i->unit);
}

static void on_restart(Manager *m, AppsInstance *i, int reason) {
        static const char *const reasons[] = {
                [APPS_REASON_CALL_TIMEOUT] = "a call took longer than X-CallTimeoutSec= allows",
        };
        _Static_assert(ELEMENTSOF(reasons) == APPS_REASON_MAX, "each reason has its words");

        if (reason < 0 || reason >= APPS_REASON_MAX || m->stopping || i->unit->job)
                return;
        LOG_UNIT(i->unit->id, UNIT_RESTARTED_BY, FIELD_S("TEXT", reasons[reason]));
        manager_ask(m, i->unit, JOB_RESTART, JOB_REPLACE, reasons[reason]);
}

/* As if there had been no X-StopMessage=. */
void apps_unsay(Manager *m, AppsInstance *i) {
        if (!TAKE(i->stopping))
                return;
        (void)manager_kill(m, i->unit, WHOM_MAIN, i->unit->spec->kill->signal, false);
}

static void on_complaint(AppsInstance *i, int complaint) {
        static const char *const texts[] = {
                [APPS_NO_JSON] = "What it writes on its channel is no JSON text; such lines are dropped",
                [APPS_TOO_LONG] =
                        "A message on its channel is longer than X-IPCMaxMessage= allows; such are dropped",
                [APPS_NOT_READ] = "It does not read from its channel; messages to it are dropped",
        };
        _Static_assert(ELEMENTSOF(texts) == APPS_COMPLAINT_MAX, "each complaint has its words");
        usec_t now = now_monotonic();

        if (complaint < 0 || complaint >= APPS_COMPLAINT_MAX ||
            (i->complained[complaint] > 0 && now - i->complained[complaint] < COMPLAIN_INTERVAL))
                return;
        i->complained[complaint] = now;
        LOG_UNIT(i->unit->id, APPS_COMPLAINT, FIELD_S("TEXT", texts[complaint]));
}

static void keep(int *place, LinkIncoming *in) {
        if (in->n_fds != 1)
                return;
        fd_release(place);
        *place = link_take_fd(in, 0);
}

void apps_facts_receive(Companion *c, LinkIncoming *in) {
        AppsLink *l = CONTAINER_OF(c, AppsLink, companion);
        const LinkMessage *m = &in->message;
        AppsInstance *i = NULL;
        uint64_t id = m->id;

        if (m->verb == APPS_PROBED) {
                manager_probe_answered(c->manager, id, m->value);
                return;
        }
        if (m->verb == APPS_KEEP) {
                keep(&l->owing, in);
                return;
        }
        HASH_FIND(hh, l->instances, &id, sizeof(id), i);
        if (!i)
                return;
        switch (m->verb) {
        case APPS_PASSED:
                on_passed(c->manager, i, m->value);
                break;
        case APPS_CLOSED:
                on_closed(c->manager, i);
                break;
        case APPS_DRAINED:
                manager_instance_drained(c->manager, i->unit);
                break;
        case APPS_RESTART:
                on_restart(c->manager, i, m->value);
                break;
        case APPS_UNSAID:
                apps_unsay(c->manager, i);
                break;
        case APPS_COMPLAIN:
                on_complaint(i, m->value);
                break;
        case APPS_LISTEN:
                cluster_answer(i, m);
                break;
        case APPS_TRANSFER:
                apps_transfer_begin(l, i, link_take_fd(in, 0));
                break;
        default:
                break;
        }
}
