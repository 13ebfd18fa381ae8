/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * X-HealthCheck= and X-ReadinessCheck=: each check of a unit that is up is asked when life/health.h wants it.
 *
 *      health.c        when, and what follows from the answers
 *      health-ask.c    the asking: a command beside the service, or a request that svinit-apps carries out
 *
 * An exec check is a process of the unit, as its ExecReload= would be, but for a shim: where there is no control group
 * only the process itself is sure to end when its time is over.
 */

#include "life/health.h"
#include "manager/manager-internal.h"

#define HEALTH_ERROR_MAX 160

struct Probe {
        HealthWatch *watch; /* whose it is */
        size_t index;       /* of the check in the unit's spec, whichever that is by now */
        HealthKind kind;    /* as of the last time it was asked */
        Health health;
        bool asked;                   /* the answer has not come yet */
        pid_t pid;                    /* exec: of the command; 0: none */
        uint64_t id;                  /* for svinit-apps; 0: none */
        usec_t deadline;              /* monotonic; of the answer */
        char error[HEALTH_ERROR_MAX]; /* why the last answer was none that is wanted; "": it was */
        UT_hash_handle hh;            /* in ManagerInternal: by id */
};

struct HealthWatch {
        Unit *unit; /* borrowed */
        sd_event_source *timer;
        Probe *probes; /* owned */
        size_t n;
        HealthState state; /* of all together */
        DualTime since;
        char error[HEALTH_ERROR_MAX +
                   64]; /* the last failure, with the check's name; "": none since it was well */
};

/* health-ask.c. The answer comes by probe_answered(), perhaps before this returns. */
void probe_ask(Manager *m, Probe *p);
void probe_forget(Manager *m, Probe *p); /* nobody waits for the answer any more */
usec_t probe_timeout(const Probe *p);    /* when it is up to us to say that there was no answer */

/* NULL: the unit was read again meanwhile and has fewer. */
static inline const HealthCheck *probe_check(const Probe *p) {
        return health_check(&p->watch->unit->spec->service->health, p->index);
}

/* health.c. error NULL: well; "": it could not be found out. */
void probe_answered(Manager *m, Probe *p, const char *error);
