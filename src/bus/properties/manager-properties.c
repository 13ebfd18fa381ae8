/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <sys/resource.h>

#include "base/log.h"
#include "bus/codec/append.h"
#include "bus/methods/log-control.h"
#include "bus/methods/manager-methods.h"
#include "bus/tables.h"

#define SOFT 0x100
#define DEFAULT_TIMER_ACCURACY USEC_PER_MINUTE
#define DEFAULT_DEVICE_TIMEOUT (90 * USEC_PER_SEC)
#define DEFAULT_TIMER_SLACK 50000 /* ns */

/* Clients look for the number of the systemd whose interface this is. */
#define SHOWN_VERSION "252 (svinit " PACKAGE_VERSION ")"
#define FEATURES "-PAM -AUDIT +SELINUX +APPARMOR -IMA +SMACK +SECCOMP"

/* There is no watchdog device in a container. */
static int set_unsupported(Call *c, const Property *p) {
        return sd_bus_error_setf(c->error, SD_BUS_ERROR_NOT_SUPPORTED, "svinit cannot change %s.", p->name);
}

static int get_service_watchdogs(Object *o, const Property *p, sd_bus_message *m) {
        return append_integer(m, 'b', !o->manager->watchdogs_off);
}

static int set_service_watchdogs(Call *c, const Property *p) {
        int on, r = sd_bus_message_read_basic(c->message, 'b', &on);

        if (r >= 0)
                c->manager->watchdogs_off = !on;
        return MIN(r, 0);
}

static int get_virtualization(Object *o, const Property *p, sd_bus_message *m) {
        return append_string(m, o->manager->host.virtualization);
}

static int get_architecture(Object *o, const Property *p, sd_bus_message *m) {
        return append_string(m, o->manager->host.specifiers.architecture);
}

/* arg: offset of a usec_t in Manager */
static int get_usec(Object *o, const Property *p, sd_bus_message *m) {
        const usec_t *t = (const usec_t *)((const char *)o->manager + p->arg);

        return append_integer(m, 't', (int64_t)*t);
}

/* arg: offset of a uint32_t in Manager */
static int get_count(Object *o, const Property *p, sd_bus_message *m) {
        const uint32_t *n = (const uint32_t *)((const char *)o->manager + p->arg);

        return append_integer(m, 'u', *n);
}

static int get_n_names(Object *o, const Property *p, sd_bus_message *m) {
        return append_integer(m, 'u', (int64_t)graph_count_units(o->manager->graph));
}

static int get_n_jobs(Object *o, const Property *p, sd_bus_message *m) {
        return append_integer(m, 'u', (int64_t)graph_count_jobs(o->manager->graph));
}

static int get_n_failed(Object *o, const Property *p, sd_bus_message *m) {
        return append_integer(m, 'u', graph_count_failed(o->manager->graph));
}

/* The jobs that are done, of those there were. */
static int get_progress(Object *o, const Property *p, sd_bus_message *m) {
        uint32_t all = o->manager->n_installed_jobs;
        size_t left = graph_count_jobs(o->manager->graph);
        double done = all == 0 || left >= all ? (double)(left == 0) : (double)(all - left) / all;

        return sd_bus_message_append_basic(m, 'd', &done);
}

static int get_environment(Object *o, const Property *p, sd_bus_message *m) {
        char **env auto_strv = NULL;
        int r = manager_environment(o->manager, &env);

        return r < 0 ? r : append_strv(m, env);
}

static int get_unit_path(Object *o, const Property *p, sd_bus_message *m) {
        return append_strv(m, loader_search_path(o->manager->loader));
}

static int get_control_group(Object *o, const Property *p, sd_bus_message *m) {
        return append_string(m, groups_root(o->manager->groups));
}

static int get_system_state(Object *o, const Property *p, sd_bus_message *m) {
        return append_string(m, system_state_to_string(manager_system_state(o->manager)));
}

static int get_exit_code(Object *o, const Property *p, sd_bus_message *m) {
        return append_integer(m, 'y', MAX(o->manager->exit_code, 0));
}

static int get_burst(Object *o, const Property *p, sd_bus_message *m) {
        return append_integer(m, 'u', o->manager->config.default_start_limit_burst);
}

/* arg: the resource, and SOFT; what svinit has itself is what services begin with. */
static int get_rlimit(Object *o, const Property *p, sd_bus_message *m) {
        int resource = (int)(p->arg & ~(size_t)SOFT);
        struct rlimit own = { RLIM_INFINITY, RLIM_INFINITY };

        (void)getrlimit((__rlimit_resource_t)resource, &own);
        if (resource == RLIMIT_NOFILE) /* ours was raised for ourselves */
                own = (struct rlimit){ o->manager->host.original_nofile.soft,
                                       o->manager->host.original_nofile.hard };
        return append_integer(m, 't', (int64_t)(p->arg & SOFT ? own.rlim_cur : own.rlim_max));
}

#define ZERO(n, s) NUMBER(n, s, 0, PROPERTY_CONST)
#define NEVER(n) ZERO(n, "t"), ZERO(n "Monotonic", "t")
#define MANAGER_TIMESTAMP(n, member)                                                                         \
        { n, "t", get_usec, offsetof(Manager, member.realtime), PROPERTY_CONST }, {                          \
                n "Monotonic", "t", get_usec, offsetof(Manager, member.monotonic), PROPERTY_CONST            \
        }
#define DEFAULT(n, member)                                                                                   \
        { n, "t", get_usec, offsetof(Manager, config.member), PROPERTY_CONST }
#define LIMIT(n, resource)                                                                                   \
        { "DefaultLimit" n, "t", get_rlimit, resource, PROPERTY_CONST }, {                                   \
                "DefaultLimit" n "Soft", "t", get_rlimit, resource | SOFT, PROPERTY_CONST                    \
        }

const Property manager_properties[] = {
        TEXT("Version", SHOWN_VERSION, PROPERTY_CONST),
        TEXT("Features", FEATURES, PROPERTY_CONST),
        { "Virtualization", "s", get_virtualization, 0, PROPERTY_CONST },
        { "Architecture", "s", get_architecture, 0, PROPERTY_CONST },
        TEXT("Tainted", "", PROPERTY_CONST),
        NEVER("FirmwareTimestamp"),
        NEVER("LoaderTimestamp"),
        NEVER("KernelTimestamp"),
        NEVER("InitRDTimestamp"),
        MANAGER_TIMESTAMP("UserspaceTimestamp", userspace_time),
        MANAGER_TIMESTAMP("FinishTimestamp", finish_time),
        NEVER("SecurityStartTimestamp"),
        NEVER("SecurityFinishTimestamp"),
        MANAGER_TIMESTAMP("GeneratorsStartTimestamp", generators_start),
        MANAGER_TIMESTAMP("GeneratorsFinishTimestamp", generators_finish),
        MANAGER_TIMESTAMP("UnitsLoadStartTimestamp", units_load_start),
        MANAGER_TIMESTAMP("UnitsLoadFinishTimestamp", units_load_finish),
        MANAGER_TIMESTAMP("UnitsLoadTimestamp", units_load_start),
        NEVER("InitRDSecurityStartTimestamp"),
        NEVER("InitRDSecurityFinishTimestamp"),
        NEVER("InitRDGeneratorsStartTimestamp"),
        NEVER("InitRDGeneratorsFinishTimestamp"),
        NEVER("InitRDUnitsLoadStartTimestamp"),
        NEVER("InitRDUnitsLoadFinishTimestamp"),
        { "LogLevel", "s", get_log_level, 0, PROPERTY_POLLED, set_log_level },
        { "LogTarget", "s", get_log_target, 0, PROPERTY_POLLED, set_log_target },
        { "NNames", "u", get_n_names, 0, PROPERTY_POLLED },
        { "NFailedUnits", "u", get_n_failed, 0, PROPERTY_EMITS },
        { "NJobs", "u", get_n_jobs, 0, PROPERTY_POLLED },
        { "NInstalledJobs", "u", get_count, offsetof(Manager, n_installed_jobs), PROPERTY_POLLED },
        { "NFailedJobs", "u", get_count, offsetof(Manager, n_failed_jobs), PROPERTY_POLLED },
        { "Progress", "d", get_progress, 0, PROPERTY_POLLED },
        { "Environment", "as", get_environment, 0, PROPERTY_POLLED },
        ZERO("ConfirmSpawn", "b"),
        NUMBER("ShowStatus", "b", false, PROPERTY_POLLED),
        { "UnitPath", "as", get_unit_path, 0, PROPERTY_CONST },
        TEXT("DefaultStandardOutput", "journal", PROPERTY_CONST),
        TEXT("DefaultStandardError", "inherit", PROPERTY_CONST),
        TEXT("WatchdogDevice", "", PROPERTY_CONST),
        NUMBER("WatchdogLastPingTimestamp", "t", 0, PROPERTY_POLLED),
        NUMBER("WatchdogLastPingTimestampMonotonic", "t", 0, PROPERTY_POLLED),
        { "RuntimeWatchdogUSec", "t", get_number, SIZE_MAX, PROPERTY_POLLED, set_unsupported },
        { "RuntimeWatchdogPreUSec", "t", get_number, SIZE_MAX, PROPERTY_POLLED, set_unsupported },
        { "RuntimeWatchdogPreGovernor", "s", get_nothing, 0, PROPERTY_POLLED, set_unsupported },
        { "RebootWatchdogUSec", "t", get_number, SIZE_MAX, PROPERTY_POLLED, set_unsupported },
        { "KExecWatchdogUSec", "t", get_number, SIZE_MAX, PROPERTY_POLLED, set_unsupported },
        { "ServiceWatchdogs", "b", get_service_watchdogs, 0, PROPERTY_POLLED, set_service_watchdogs },
        { "ControlGroup", "s", get_control_group, 0, PROPERTY_POLLED },
        { "SystemState", "s", get_system_state, 0, PROPERTY_POLLED },
        { "ExitCode", "y", get_exit_code, 0, PROPERTY_POLLED },
        NUMBER("DefaultTimerAccuracyUSec", "t", DEFAULT_TIMER_ACCURACY, PROPERTY_CONST),
        DEFAULT("DefaultTimeoutStartUSec", default_timeout_start),
        DEFAULT("DefaultTimeoutStopUSec", default_timeout_stop),
        { "DefaultTimeoutAbortUSec", "t", get_usec, offsetof(Manager, config.default_timeout_stop),
          PROPERTY_POLLED },
        NUMBER("DefaultDeviceTimeoutUSec", "t", DEFAULT_DEVICE_TIMEOUT, PROPERTY_CONST),
        DEFAULT("DefaultRestartUSec", default_restart_delay),
        DEFAULT("DefaultStartLimitIntervalUSec", default_start_limit_interval),
        { "DefaultStartLimitBurst", "u", get_burst, 0, PROPERTY_CONST },
        ZERO("DefaultCPUAccounting", "b"),
        ZERO("DefaultBlockIOAccounting", "b"),
        NUMBER("DefaultMemoryAccounting", "b", true, PROPERTY_CONST),
        NUMBER("DefaultTasksAccounting", "b", true, PROPERTY_CONST),
        LIMITS,
        NUMBER("DefaultTasksMax", "t", UINT64_MAX, PROPERTY_POLLED),
        NUMBER("TimerSlackNSec", "t", DEFAULT_TIMER_SLACK, PROPERTY_CONST),
        TEXT("DefaultOOMPolicy", "stop", PROPERTY_CONST),
        ZERO("DefaultOOMScoreAdjust", "i"),
        TEXT("CtrlAltDelBurstAction", "none", PROPERTY_CONST),
        { 0 },
};
