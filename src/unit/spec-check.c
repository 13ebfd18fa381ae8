/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Settings that make no sense together. A check that fails makes the unit
 * unusable, with a sentence that says which settings are meant.
 */

#include <errno.h>

#include "unit/spec-parts.h"

static size_t commands(const UnitSpec *s, CommandKind kind) {
        return s->commands->of[kind].n;
}

static bool has_success_action(const UnitSpec *s) {
        return s->policy->success_action != ACTION_NONE;
}

static int runs_nothing(const UnitSpec *s) {
        return s->service->n_instances == 0 && commands(s, COMMAND_START) == 0 &&
               commands(s, COMMAND_STOP) == 0 && !has_success_action(s);
}

static int starts_nothing(const UnitSpec *s) {
        return s->service->n_instances == 0 && commands(s, COMMAND_START) == 0 &&
               s->service->type != TYPE_ONESHOT;
}

static int has_no_start(const UnitSpec *s) {
        return s->service->n_instances == 0 && commands(s, COMMAND_START) == 0 && !has_success_action(s) &&
               !s->service->remain_after_exit;
}

static int starts_twice(const UnitSpec *s) {
        return commands(s, COMMAND_START) > 1 && s->service->type != TYPE_ONESHOT;
}

static int oneshot_restarts_always(const UnitSpec *s) {
        return s->service->type == TYPE_ONESHOT &&
               (s->service->restart == RESTART_ALWAYS || s->service->restart == RESTART_ON_SUCCESS);
}

static int oneshot_forces_restart(const UnitSpec *s) {
        const ExitStatusSet *set = &s->service->restart_force_status;

        return s->service->type == TYPE_ONESHOT && set->n_codes + set->n_signals > 0;
}

static int oneshot_waits_for_cgroup(const UnitSpec *s) {
        return s->service->type == TYPE_ONESHOT && s->service->exit_type == EXIT_TYPE_CGROUP;
}

static int readiness_on_standard_descriptor(const UnitSpec *s) {
        return s->service->notify_fd > 0 && s->service->notify_fd < 3;
}

static int readiness_is_not_awaited(const UnitSpec *s) {
        return s->service->notify_fd > 0 && s->service->type != TYPE_NOTIFY &&
               s->service->type != TYPE_NOTIFY_RELOAD;
}

static int waits_for_message_without_channel(const UnitSpec *s) {
        return s->service->roll.ready_on == READY_ON_MESSAGE && s->service->ipc.kind == IPC_NONE;
}

static int dbus_without_name(const UnitSpec *s) {
        return s->service->type == TYPE_DBUS && !s->service->bus_name;
}

static int socket_without_address(const UnitSpec *s) {
        return s->socket->n_listen == 0;
}

static int socket_accepts_into_one_service(const UnitSpec *s) {
        return s->socket->accept && s->socket->service;
}

static int socket_accepts_datagrams(const UnitSpec *s) {
        for (size_t i = 0; s->socket->accept && i < s->socket->n_listen; i++)
                if (s->socket->listen[i].kind != LISTEN_STREAM &&
                    s->socket->listen[i].kind != LISTEN_SEQPACKET)
                        return 1;
        return 0;
}

static int socket_accepts_nobody(const UnitSpec *s) {
        return s->socket->accept && s->socket->max_connections == 0;
}

static int socket_distributes_connections(const UnitSpec *s) {
        return s->socket->accept && s->socket->distribution != DISTRIBUTION_SHARED;
}

static int socket_links_several(const UnitSpec *s) {
        size_t paths = 0;

        for (size_t i = 0; s->socket->symlinks && i < s->socket->n_listen; i++)
                paths += listen_address_is_node(s->socket->listen + i);
        return s->socket->symlinks && paths != 1;
}

static int timer_without_values(const UnitSpec *s) {
        return s->timer->n_values == 0 && !s->timer->on_clock_change && !s->timer->on_timezone_change;
}

static int path_without_watches(const UnitSpec *s) {
        return s->path->n_watches == 0;
}

static int mount_without_where(const UnitSpec *s) {
        return !s->mount->where;
}

static int mount_without_what(const UnitSpec *s) {
        return !s->mount->what;
}

/* systemd.mount(5): the name is the escaped path. */
static int mount_is_misnamed(const UnitSpec *s) {
        char *name auto_free = NULL;
        int r;

        if (!s->mount->where || name_kind(s->name) == NAME_TEMPLATE)
                return 0;
        r = name_from_path(s->mount->where, s->type, &name);
        return r >= 0 ? !str_equal(name, s->name) : r == -ENOMEM ? r : 0;
}

static int slice_is_misnamed(const UnitSpec *s) {
        char *parent auto_free = NULL;
        int r;

        if (name_kind(s->name) != NAME_PLAIN)
                return 1;
        r = name_slice_parent(s->name, &parent);
        return r == -ENOMEM ? r : r < 0;
}

/* Isolating one after the other, each would stop the one before. */
static int isolates_several(const UnitSpec *s, DependencyKind kind, JobMode mode) {
        const Dependency *first = NULL;

        for (size_t i = 0; mode == JOB_ISOLATE && i < s->common->n_deps; i++) {
                const Dependency *d = s->common->deps + i;

                if (d->kind != kind)
                        continue;
                if (first && !str_equal(first->name, d->name))
                        return 1;
                first = d;
        }
        return 0;
}

static int failure_isolates_several(const UnitSpec *s) {
        return isolates_several(s, DEP_ON_FAILURE, s->policy->on_failure_job_mode);
}

static int success_isolates_several(const UnitSpec *s) {
        return isolates_several(s, DEP_ON_SUCCESS, s->policy->on_success_job_mode);
}

typedef struct Check {
        UnitType type;                   /* UNIT_TYPE_MAX: of every type */
        int (*fails)(const UnitSpec *s); /* 1, 0, -ENOMEM */
        const char *key;
        const char *text;
} Check;

static const Check checks[] = {
        { UNIT_SERVICE, runs_nothing, NULL,
          "The service has neither ExecStart=, ExecStop= nor SuccessAction=" },
        { UNIT_SERVICE, starts_nothing, NULL,
          "The service has no ExecStart=, which only Type=oneshot may go without" },
        { UNIT_SERVICE, has_no_start, NULL,
          "The service has neither ExecStart= nor SuccessAction=, and not RemainAfterExit=yes" },
        { UNIT_SERVICE, starts_twice, "ExecStart",
          "The service has more than one ExecStart=, which only Type=oneshot may have" },
        { UNIT_SERVICE, oneshot_restarts_always, "Restart",
          "A service of Type=oneshot cannot have Restart=always or Restart=on-success" },
        { UNIT_SERVICE, oneshot_forces_restart, "RestartForceExitStatus",
          "A service of Type=oneshot cannot have RestartForceExitStatus=" },
        { UNIT_SERVICE, oneshot_waits_for_cgroup, "ExitType",
          "A service of Type=oneshot cannot have ExitType=cgroup" },
        { UNIT_SERVICE, readiness_on_standard_descriptor, "X-NotifyFd",
          "Descriptors 1 and 2 are standard output and error; X-NotifyFd= takes 3 or more" },
        { UNIT_SERVICE, readiness_is_not_awaited, "X-NotifyFd",
          "X-NotifyFd= needs Type=notify or notify-reload, or no Type= at all" },
        { UNIT_SERVICE, waits_for_message_without_channel, "X-ReadyOn",
          "X-ReadyOn=message needs X-IPC=: there is no channel on which the message could come" },
        { UNIT_SERVICE, dbus_without_name, "Type", "A service of Type=dbus needs BusName=" },
        { UNIT_SOCKET, socket_without_address, NULL,
          "The socket has no ListenStream=, ListenDatagram=, "
          "ListenSequentialPacket= or ListenFIFO=" },
        { UNIT_SOCKET, socket_accepts_into_one_service, "Service",
          "With Accept=yes each connection has its own service, so Service= cannot be set" },
        { UNIT_SOCKET, socket_accepts_datagrams, "Accept",
          "Accept=yes needs connections: ListenStream= or ListenSequentialPacket= only" },
        { UNIT_SOCKET, socket_accepts_nobody, "MaxConnections",
          "Accept=yes with MaxConnections=0 accepts nobody" },
        { UNIT_SOCKET, socket_distributes_connections, "X-SocketDistribution",
          "X-SocketDistribution=reuseport is for the instances of a set, of which Accept=yes has none" },
        { UNIT_SOCKET, socket_links_several, "Symlinks", "Symlinks= needs exactly one socket with a path" },
        { UNIT_TIMER, timer_without_values, NULL,
          "The timer has no OnCalendar=, OnActiveSec=, OnBootSec= or other time to elapse" },
        { UNIT_PATH, path_without_watches, NULL,
          "The path unit has no PathExists=, PathChanged= or other path to watch" },
        { UNIT_MOUNT, mount_without_where, "Where", "The mount has no Where=" },
        { UNIT_MOUNT, mount_without_what, "What", "The mount has no What=" },
        { UNIT_MOUNT, mount_is_misnamed, "Where", "The name of the unit does not follow from Where=" },
        { UNIT_AUTOMOUNT, mount_without_where, "Where", "The automount has no Where=" },
        { UNIT_AUTOMOUNT, mount_is_misnamed, "Where", "The name of the unit does not follow from Where=" },
        { UNIT_SWAP, mount_without_what, "What", "The swap has no What=" },
        { UNIT_SLICE, slice_is_misnamed, NULL,
          "The name is not that of a slice: words between single dashes" },
        { UNIT_TYPE_MAX, failure_isolates_several, "OnFailureJobMode",
          "OnFailureJobMode=isolate takes one unit, and OnFailure= names more" },
        { UNIT_TYPE_MAX, success_isolates_several, "OnSuccessJobMode",
          "OnSuccessJobMode=isolate takes one unit, and OnSuccess= names more" },
};

static const char *fragment(const UnitSpec *s) {
        return s->files ? s->files[0] : NULL;
}

typedef struct Refusal {
        UnitSpec *spec;
        const SpecContext *context;
} Refusal;

static void refuse_setting(const Directive *d, const char *value, const char *file, unsigned line,
                           void *userdata) {
        Refusal *refusal = userdata;

        if (d->support != SUPPORT_REFUSED)
                return;
        refusal->spec->fatal = true;
        report_add_at(refusal->context->report, SEVERITY_ERROR, FINDING_NOT_APPLIED,
                      &(SourcePlace){ .file = file, .line = line, .key = d->key },
                      "%s The unit cannot be used.", d->limit);
        report_mark_fatal(refusal->context->report);
}

static void warn_of_dependencies(const UnitSpec *s, const SpecContext *c) {
        const CommonSpec *common = s->common;

        for (size_t i = 0; i < common->n_deps; i++) {
                const Dependency *d = common->deps + i;

                if (dependency_is_possible(d->kind, s->type, name_type(d->name)))
                        continue;
                report_add_at(c->report, SEVERITY_WARNING, FINDING_CONTRADICTION,
                              &(SourcePlace){ .file = fragment(s), .key = dependency_to_string(d->kind) },
                              d->kind == DEP_BEFORE
                                      ? "%s is not ordered after anything: devices come by themselves. "
                                        "It is ignored."
                                      : "A unit of this type never fails, so %s would never be "
                                        "started. It is ignored.",
                              d->name);
        }
}

static bool soft_limit_is_never_met(const UnitSpec *s) {
        uint64_t max = s->cgroup->memory_max, soft = s->service->memory_restart;

        return s->service->memory_restart_permyriad == LIMIT_UNSET && soft != LIMIT_UNSET &&
               s->cgroup->memory_max_permyriad == LIMIT_UNSET && max != LIMIT_UNSET && soft > max;
}

/* Legal, as with systemd: the kernel kills before it slows down. */
static bool high_is_never_met(const CgroupSpec *c) {
        return c->memory_high_permyriad == LIMIT_UNSET && c->memory_high != LIMIT_UNSET &&
               c->memory_max_permyriad == LIMIT_UNSET && c->memory_max != LIMIT_UNSET &&
               c->memory_high > c->memory_max;
}

/* Settings without effect, which the writer will miss. */
static void warn(const UnitSpec *s, const SpecContext *c) {
        const ServiceSpec *service = s->service;

        warn_of_dependencies(s, c);
        if (high_is_never_met(s->cgroup))
                report_add_at(c->report, SEVERITY_WARNING, FINDING_CONTRADICTION,
                              &(SourcePlace){ .file = fragment(s), .key = "MemoryHigh" },
                              "MemoryHigh= is above MemoryMax=, so it is never met: the unit is killed at "
                              "MemoryMax= and not slowed down before.");
        if (s->type != UNIT_SERVICE)
                return;
        if (service->runtime_randomized_extra > 0 && service->runtime_max == USEC_INFINITY)
                report_add_at(c->report, SEVERITY_WARNING, FINDING_CONTRADICTION,
                              &(SourcePlace){ .file = fragment(s), .key = "RuntimeRandomizedExtraSec" },
                              "Without RuntimeMaxSec= this has no effect.");
        if (soft_limit_is_never_met(s))
                report_add_at(c->report, SEVERITY_WARNING, FINDING_CONTRADICTION,
                              &(SourcePlace){ .file = fragment(s), .key = "X-MemoryRestart" },
                              "This is above MemoryMax=, which kills first: it has no effect.");
}

int spec_check(UnitSpec *s, const SpecContext *c) {
        Refusal refusal = { .spec = s, .context = c };

        spec_visit_unapplied(s, refuse_setting, &refusal);
        if (s->fatal)
                return 0; /* what failed to parse would only be reported a second time */

        for (size_t i = 0; i < ELEMENTSOF(checks); i++) {
                bool applies = checks[i].type == s->type || checks[i].type == UNIT_TYPE_MAX;
                int r = applies ? checks[i].fails(s) : 0;

                if (r < 0)
                        return r;
                if (r == 0)
                        continue;
                report_add_at(c->report, SEVERITY_ERROR, FINDING_CONTRADICTION,
                              &(SourcePlace){ .file = fragment(s), .key = checks[i].key },
                              "%s; the unit cannot be used.", checks[i].text);
                report_mark_fatal(c->report);
                s->fatal = true;
                return 0;
        }
        warn(s, c);
        return 0;
}
