/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Defaults that follow from several settings together.
 */

#include <errno.h>

#include "unit/spec-parts.h"

#define DEFAULT_TIMEOUT (90 * USEC_PER_SEC)
#define DEFAULT_SETTLE USEC_PER_SEC
#define DEFAULT_RESTART_DELAY (100 * USEC_PER_MSEC)
#define ACCEPT_POLL_BURST 150
#define ACCEPT_BURST 200

static usec_t or_default(usec_t configured, usec_t built_in) {
        return configured ? configured : built_in;
}

static ServiceType implied_type(const ServiceSpec *service, bool starts) {
        if (service->notify_fd > 0)
                return TYPE_NOTIFY;
        if (service->bus_name)
                return TYPE_DBUS;
        return starts ? TYPE_SIMPLE : TYPE_ONESHOT;
}

static void complete_timeouts(ServiceSpec *service, const SpecContext *c) {
        usec_t stop = or_default(c->default_timeout_stop, DEFAULT_TIMEOUT);

        if (!service->timeout_start_set)
                service->timeout_start = service->type == TYPE_ONESHOT
                                                 ? USEC_INFINITY
                                                 : or_default(c->default_timeout_start, DEFAULT_TIMEOUT);
        if (!service->timeout_stop_set)
                service->timeout_stop = stop;
        if (!service->restart_delay_set)
                service->restart_delay = or_default(c->default_restart_delay, DEFAULT_RESTART_DELAY);
}

/* Of a service that says nothing of itself, its start is all there is to wait for: it must last at least a moment. */
static void complete_roll(ServiceSpec *service) {
        RollSpec *roll = &service->roll;
        bool notifies = service->type == TYPE_NOTIFY || service->type == TYPE_NOTIFY_RELOAD;

        bool listens = service->ipc.kind == IPC_NODE_CLUSTER;

        if (roll->ready_on == READY_ON_UNSET)
                roll->ready_on = notifies ? READY_ON_NOTIFY : listens ? READY_ON_LISTENING : READY_ON_START;
        if (!roll->settle_set && roll->ready_on == READY_ON_START)
                roll->settle = DEFAULT_SETTLE;
        if (!roll->drain_timeout_set)
                roll->drain_timeout = service->timeout_stop;
}

/* Nobody can wait for what nobody asks. */
static void complete_health(ServiceSpec *service, const SpecContext *c) {
        if (service->roll.ready_on != READY_ON_HEALTH || health_count_checks(&service->health) > 0 ||
            service->n_instances > 0)
                return;
        report_add_at(
                c->report, SEVERITY_WARNING, FINDING_CONTRADICTION, &(SourcePlace){ .key = "X-ReadyOn" },
                "Without X-HealthCheck= and X-ReadinessCheck= there is no health to wait for; the default is "
                "kept.");
        service->roll.ready_on = READY_ON_UNSET;
}

static void complete_service(ServiceSpec *service, const SpecContext *c, bool delegate) {
        complete_timeouts(service, c);
        complete_health(service, c);
        complete_roll(service);
        if (!service->ipc.node_drain_set)
                service->ipc.node_drain = service->ipc.kind == IPC_NODE_CLUSTER;

        /* Who has something to say must be heard, whatever NotifyAccess= says. */
        if (service->notify_access == NOTIFY_UNSET || service->notify_access == NOTIFY_NONE) {
                bool speaks = service->type == TYPE_NOTIFY || service->type == TYPE_NOTIFY_RELOAD ||
                              service->watchdog > 0 || service->fd_store_max > 0 ||
                              service->roll.ready_on == READY_ON_NOTIFY;

                service->notify_access = speaks ? NOTIFY_MAIN : NOTIFY_NONE;
        }
        if (service->oom_policy == OOM_UNSET)
                service->oom_policy = delegate ? OOM_CONTINUE : OOM_STOP;
}

/* An input that goes both ways is the output as well, unless something else was said. */
static int complete_stdio(UnitSpec *s) {
        const StdIo *now = &s->exec->io;
        StdInput input = now->input;
        StdOutput output = now->output;
        bool both_ways;
        ExecSpec *exec;

        if (input == INPUT_NULL && now->input_data_len > 0)
                input = INPUT_DATA;
        both_ways = input == INPUT_TTY || input == INPUT_TTY_FORCE || input == INPUT_TTY_FAIL ||
                    input == INPUT_SOCKET || input == INPUT_NAMED_FD;
        if (both_ways && !now->output_set)
                output = OUTPUT_INHERIT;
        else if (!both_ways && output == OUTPUT_INHERIT)
                output = OUTPUT_JOURNAL; /* there is nothing to inherit from */

        if (input == now->input && output == now->output)
                return 0;
        exec = spec_part(s, PART_EXEC);
        if (!exec)
                return -ENOMEM;
        exec->io.input = input;
        exec->io.output = output;
        return 0;
}

static int complete_scope(UnitSpec *s, const SpecContext *c) {
        ServiceSpec *service;

        service = spec_part(s, PART_SERVICE); /* a scope uses some fields of it */
        if (!service)
                return -ENOMEM;
        if (!service->timeout_stop_set)
                service->timeout_stop = or_default(c->default_timeout_stop, DEFAULT_TIMEOUT);
        if (service->oom_policy == OOM_UNSET)
                service->oom_policy = s->cgroup->delegate ? OOM_CONTINUE : OOM_STOP;
        return 0;
}

/* Each connection is an activation, so there may be more of them. */
static int complete_socket(UnitSpec *s) {
        SocketSpec *socket;

        if (!s->socket->accept || (s->socket->trigger_limit_burst_set && s->socket->poll_limit_burst_set))
                return 0;
        socket = spec_part(s, PART_SOCKET);
        if (!socket)
                return -ENOMEM;
        if (!socket->trigger_limit_burst_set)
                socket->trigger_limit_burst = ACCEPT_BURST;
        if (!socket->poll_limit_burst_set)
                socket->poll_limit_burst = ACCEPT_POLL_BURST;
        return 0;
}

static int complete_service_unit(UnitSpec *s, const SpecContext *c) {
        ServiceSpec *service = spec_part(s, PART_SERVICE);

        if (!service)
                return -ENOMEM;
        if (service->type == TYPE_UNSET)
                service->type = implied_type(service, s->commands->of[COMMAND_START].n > 0);
        complete_service(service, c, s->cgroup->delegate);
        if (service->oom_policy == OOM_KILL && !s->cgroup->memory_oom_group) {
                CgroupSpec *cgroup = spec_part(s, PART_CGROUP);

                if (!cgroup)
                        return -ENOMEM;
                cgroup->memory_oom_group = true;
        }
        return complete_stdio(s);
}

/* DefaultStartLimitIntervalSec= and DefaultStartLimitBurst=. */
static int complete_start_limit(UnitSpec *s, const SpecContext *c) {
        const PolicySpec *now = s->policy;
        usec_t interval =
                now->start_limit_interval_set ? now->start_limit_interval : c->default_start_limit_interval;
        unsigned burst = now->start_limit_burst_set ? now->start_limit_burst : c->default_start_limit_burst;
        PolicySpec *policy;

        if (!c->has_start_limit || (interval == now->start_limit_interval && burst == now->start_limit_burst))
                return 0;
        policy = spec_part(s, PART_POLICY);
        if (!policy)
                return -ENOMEM;
        policy->start_limit_interval = interval;
        policy->start_limit_burst = burst;
        return 0;
}

int spec_complete_type(UnitSpec *s, const SpecContext *c) {
        int r = complete_start_limit(s, c);

        if (r < 0)
                return r;
        switch (s->type) {
        case UNIT_SERVICE:
                return complete_service_unit(s, c);
        case UNIT_SOCKET:
                return complete_socket(s);
        case UNIT_SCOPE:
                return complete_scope(s, c);
        default:
                return 0;
        }
}
