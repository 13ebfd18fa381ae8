/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What org.freedesktop.systemd1.Service shows of a service's life. */

#include "bus/codec/append.h"
#include "bus/tables.h"
#include "manager/dynamic-user.h"
#include "manager/transient.h"

static const Service *service_of(const Object *o) {
        return &o->runtime->machine.service;
}

static int get_main_pid(Object *o, const Property *p, sd_bus_message *m) {
        return append_integer(m, 'u', machine_main_pid(&o->runtime->machine));
}

static int get_status_text(Object *o, const Property *p, sd_bus_message *m) {
        return append_string(m, o->runtime->status_text);
}

static int get_status_bus_error(Object *o, const Property *p, sd_bus_message *m) {
        return append_string(m, o->runtime->status_bus_error);
}

static int get_status_errno(Object *o, const Property *p, sd_bus_message *m) {
        return append_integer(m, 'i', o->runtime->status_errno);
}

/* arg: offset of a ServiceResult in Service */
static int get_service_result(Object *o, const Property *p, sd_bus_message *m) {
        const ServiceResult *r = (const ServiceResult *)((const char *)service_of(o) + p->arg);

        return append_string(m, service_result_to_string(*r));
}

/* arg: offset of a usec_t in Service */
static int get_service_usec(Object *o, const Property *p, sd_bus_message *m) {
        const usec_t *t = (const usec_t *)((const char *)service_of(o) + p->arg);

        return append_integer(m, 't', (int64_t)*t);
}

/* arg: offset of an int, unsigned or pid_t in Service */
static int get_service_int(Object *o, const Property *p, sd_bus_message *m) {
        const int *i = (const int *)((const char *)service_of(o) + p->arg);

        return append_integer(m, p->signature[0], *i);
}

static int get_n_fds(Object *o, const Property *p, sd_bus_message *m) {
        return append_integer(m, 'u', (int64_t)o->runtime->n_fd_store);
}

static int get_extra_fd_names(Object *o, const Property *p, sd_bus_message *m) {
        const Transient *t = o->runtime->transient;
        int r = sd_bus_message_open_container(m, 'a', "s");

        for (size_t i = 0; r >= 0 && t && i < t->n_extra_fds; i++)
                r = append_string(m, t->extra_fds[i].name);
        return r < 0 ? r : sd_bus_message_close_container(m);
}

static int get_open_files(Object *o, const Property *p, sd_bus_message *m) {
        const ServiceSpec *s = o->unit->spec->service;
        int r = sd_bus_message_open_container(m, 'a', "(sst)");

        for (size_t i = 0; r >= 0 && i < s->n_open_files; i++) {
                const OpenFile *f = s->open_files + i;

                if ((r = sd_bus_message_open_container(m, 'r', "sst")) >= 0 &&
                    (r = append_string(m, f->path)) >= 0 && (r = append_string(m, f->name)) >= 0 &&
                    (r = append_integer(m, 't', f->flags)) >= 0)
                        r = sd_bus_message_close_container(m);
        }
        return r < 0 ? r : sd_bus_message_close_container(m);
}

static int get_abort_timeout(Object *o, const Property *p, sd_bus_message *m) {
        const ServiceSpec *s = o->unit->spec->service;

        return append_integer(m, 't', (int64_t)(s->timeout_abort_set ? s->timeout_abort : s->timeout_stop));
}

/* WATCHDOG_USEC= of the service counts more than its file. None is infinity. */
static int get_watchdog(Object *o, const Property *p, sd_bus_message *m) {
        const Service *s = service_of(o);
        usec_t span = s->main_pid > 0 ? s->watchdog_span : o->unit->spec->service->watchdog;

        return append_integer(m, 't', span == 0 ? -1 : (int64_t)span);
}

static int get_non_blocking(Object *o, const Property *p, sd_bus_message *m) {
        return append_integer(m, 'b', o->unit->spec->service->non_blocking);
}

static int get_dynamic_uid(Object *o, const Property *p, sd_bus_message *m) {
        return append_integer(m, 'u', unit_dynamic_uid(o->unit));
}

/*
 * Which of the commands of a kind the record belongs to: the one that ran last
 * when it was of this kind, else the list was gone through to its end.
 */
static int append_kind(Object *o, sd_bus_message *m, CommandKind kind, bool extended) {
        const CommandList *list = &o->unit->spec->commands->of[kind];
        const Service *s = service_of(o);
        const RunRecord *record = kind == COMMAND_START ? &s->main : s->commands ? s->commands + kind : NULL;
        unsigned which = s->command == kind ? s->command_index : list->n > 0 ? (unsigned)list->n - 1 : 0;

        if (record && record->pid <= 0)
                record = NULL;
        return append_commands(m, list, record, which, extended);
}

/* arg: the CommandKind */
static int get_commands(Object *o, const Property *p, sd_bus_message *m) {
        return append_kind(o, m, (CommandKind)p->arg, false);
}

static int get_commands_extended(Object *o, const Property *p, sd_bus_message *m) {
        return append_kind(o, m, (CommandKind)p->arg, true);
}

#define MEMBER(n, sig, get, member, f)                                                                       \
        { n, sig, get, offsetof(Service, member), f }
#define SERVICE_TIMESTAMP(n, member, f)                                                                      \
        MEMBER(n, "t", get_service_usec, member.realtime, f),                                                \
                MEMBER(n "Monotonic", "t", get_service_usec, member.monotonic, f)
#define COMMANDS(n, kind)                                                                                    \
        { n, COMMANDS_SIGNATURE, get_commands, kind, PROPERTY_INVALIDATES }, {                               \
                n "Ex", COMMANDS_EX_SIGNATURE, get_commands_extended, kind, PROPERTY_INVALIDATES             \
        }

const Property service_properties[] = {
        { "TimeoutAbortUSec", "t", get_abort_timeout, 0, PROPERTY_POLLED },
        { "WatchdogUSec", "t", get_watchdog, 0, PROPERTY_POLLED },
        SERVICE_TIMESTAMP("WatchdogTimestamp", watchdog_last, PROPERTY_POLLED),
        { "MainPID", "u", get_main_pid, 0, PROPERTY_EMITS },
        MEMBER("ControlPID", "u", get_service_int, control_pid, PROPERTY_EMITS),
        { "NFileDescriptorStore", "u", get_n_fds, 0, PROPERTY_POLLED },
        { "ExtraFileDescriptorNames", "as", get_extra_fd_names, 0, PROPERTY_POLLED },
        { "OpenFile", "a(sst)", get_open_files, 0, PROPERTY_CONST },
        { "StatusText", "s", get_status_text, 0, PROPERTY_EMITS },
        { "StatusErrno", "i", get_status_errno, 0, PROPERTY_EMITS },
        { "StatusBusError", "s", get_status_bus_error, 0, PROPERTY_EMITS },
        MEMBER("Result", "s", get_service_result, result, PROPERTY_EMITS),
        MEMBER("ReloadResult", "s", get_service_result, reload_result, PROPERTY_EMITS),
        TEXT("CleanResult", "success", PROPERTY_EMITS),
        { "UID", "u", get_dynamic_uid, 0, PROPERTY_EMITS },
        { "GID", "u", get_dynamic_uid, 0, PROPERTY_EMITS },
        MEMBER("NRestarts", "u", get_service_int, n_restarts, PROPERTY_EMITS),
        SERVICE_TIMESTAMP("ExecMainStartTimestamp", main.start, PROPERTY_EMITS),
        SERVICE_TIMESTAMP("ExecMainExitTimestamp", main.exit, PROPERTY_EMITS),
        MEMBER("ExecMainPID", "u", get_service_int, main.pid, PROPERTY_EMITS),
        MEMBER("ExecMainCode", "i", get_service_int, main.code, PROPERTY_EMITS),
        MEMBER("ExecMainStatus", "i", get_service_int, main.status, PROPERTY_EMITS),
        { "NonBlocking", "b", get_non_blocking, 0, PROPERTY_CONST },
        COMMANDS("ExecCondition", COMMAND_CONDITION),
        COMMANDS("ExecStartPre", COMMAND_START_PRE),
        COMMANDS("ExecStart", COMMAND_START),
        COMMANDS("ExecStartPost", COMMAND_START_POST),
        COMMANDS("ExecReload", COMMAND_RELOAD),
        COMMANDS("ExecStop", COMMAND_STOP),
        COMMANDS("ExecStopPost", COMMAND_STOP_POST),
        { 0 },
};
