/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the files say of a service's instances: how many, how they are rolled, and how svinit talks to each. */

#include "base/time.h"
#include "unit/enums.h"

#include <stdbool.h>

typedef enum InstancesKind {
        INSTANCES_NONE,
        INSTANCES_NUMBER,
        INSTANCES_SHARE, /* percent of the usable CPUs; "max" is 100% */
        INSTANCES_LESS,  /* the usable CPUs less so many */
} InstancesKind;

/* X-Instances= as written. */
typedef struct InstanceCount {
        InstancesKind kind;
        unsigned value;
} InstanceCount;
#define INSTANCES_MAX 1000
unsigned instances_resolve(InstanceCount c, unsigned usable_cpus); /* 0: no set */

unsigned instances_share(InstanceCount c, unsigned n); /* of n instances: at least 1, at most n */

/* How the service is rolled, and drained: life/roll.h. */
typedef struct RollSpec {
        RollMode mode;          /* ROLL_MODE_UNSET: surge if it is handed its sockets */
        ReadyOn ready_on;       /* never unset after spec_complete() */
        InstanceCount parallel; /* X-RollParallel= */
        usec_t settle;          /* X-SettleSec= */
        usec_t drain_timeout;   /* X-DrainTimeoutSec= */
        char *stop_message;     /* X-StopMessage=; owned; NULL: KillSignal= */
        bool rollback, settle_set, drain_timeout_set;
} RollSpec;

/* The channel to the main process. */
typedef struct IpcSpec {
        IpcKind kind;
        uint64_t max_message;  /* X-IPCMaxMessage= */
        unsigned queue_max;    /* X-IPCQueueMax= */
        usec_t call_timeout;   /* X-CallTimeoutSec= */
        char **cluster_listen; /* X-ClusterListen=: auto, none, or ports and paths */
        bool node_drain, node_drain_set;
} IpcSpec;
