/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Whether a service that is up is well, by what one of its checks finds, as a value.
 *
 *      starting -> healthy <-> unhealthy
 *          +------------------------^
 *
 * It is asked at once, and until it has been well for the first time again and again, after pauses that grow up to
 * X-HealthIntervalSec=: who waits for it is not kept waiting. Failures are no news in that time, until X-HealthStartSec=
 * is over and then as much as X-HealthFailures= checks would take. Later each is counted: X-HealthFailures= in a row
 * make it unhealthy, X-HealthSuccesses= in a row healthy again. While it is unhealthy that is said again after as many
 * failures: whoever could not act on it then may be able to now.
 *
 * Time is told, nothing is started and nobody waited for here.
 */

#include "unit/spec.h"

typedef enum HealthState {
        HEALTH_STARTING,
        HEALTH_HEALTHY,
        HEALTH_UNHEALTHY,
        HEALTH_STATE_MAX,
} HealthState;
const char *health_state_to_string(HealthState s); /* "starting" */

typedef enum HealthNews {
        HEALTH_NO_NEWS,
        HEALTH_IS_WELL,
        HEALTH_IS_SICK,
} HealthNews;

typedef struct Health {
        HealthState state;
        unsigned n_failures, n_successes; /* in a row */
        usec_t began, next;               /* monotonic; next: when it is asked */
        usec_t pause;                     /* before the one after that, while it starts */
        usec_t since;                     /* monotonic; of the state */
} Health;

/* How long a check may take: without end would be a check that never fails. */
static inline usec_t health_timeout(const HealthSpec *spec) {
        return MIN(MAX(spec->timeout, (usec_t)USEC_PER_MSEC), 3600 * USEC_PER_SEC);
}

void health_begin(Health *h, usec_t now);
/* A check has ended. */
HealthNews health_note(Health *h, const HealthSpec *spec, bool well, usec_t now);
/* It was not found out, through no fault of the service: it is asked again. */
void health_put_off(Health *h, const HealthSpec *spec, usec_t now);
