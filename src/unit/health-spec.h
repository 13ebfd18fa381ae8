/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* How a service is asked whether it is well: X-HealthCheck= and its like. The rules stand in life/health.h. */

#include "base/time.h"

#include <stddef.h>

typedef struct Command Command;

typedef enum HealthKind {
        HEALTH_HTTP, /* a request is answered with 200 ... 399 */
        HEALTH_TCP,  /* a connection is accepted */
        HEALTH_UNIX,
        HEALTH_EXEC,    /* a command ends with 0 */
        HEALTH_MESSAGE, /* a message on the channel is followed by one from the other side */
        HEALTH_KIND_MAX,
} HealthKind;
const char *health_kind_to_string(HealthKind k); /* "http" */

typedef struct HealthCheck {
        HealthKind kind;
        char *text;       /* owned; as written, specifiers expanded: "http:3000/health" */
        char *host;       /* owned; http, tcp: an address; NULL: this machine's own */
        char *port;       /* owned; a number, or the name of a variable of Environment= */
        char *path;       /* owned; http: "/health"; unix: of the socket; message: the text */
        Command *command; /* owned; exec */
} HealthCheck;

#define HEALTH_CHECKS_MAX 8 /* of a setting */

typedef struct HealthCheckList {
        HealthCheck *v; /* owned */
        size_t n;
} HealthCheckList;

typedef struct HealthSpec {
        HealthCheckList checks;    /* X-HealthCheck= */
        HealthCheckList readiness; /* X-ReadinessCheck= */
        usec_t interval, timeout, start;
        unsigned failures, successes;
} HealthSpec;

static inline size_t health_count_checks(const HealthSpec *s) {
        return s->checks.n + s->readiness.n;
}

/* All of them in one row: those whose failure ends the run first. NULL: there are no more. */
static inline const HealthCheck *health_check(const HealthSpec *s, size_t i) {
        return i < s->checks.n                    ? s->checks.v + i
               : i - s->checks.n < s->readiness.n ? s->readiness.v + (i - s->checks.n)
                                                  : NULL;
}
