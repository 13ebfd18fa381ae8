/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bus/clients/signals.h"
#include "bus/object.h"
#include "bus/tables.h"

#define TABLES(...) ((const Property *const[]){ __VA_ARGS__, NULL })
#define NAME(x) "org.freedesktop.systemd1." x
/* The blocks of systemd.exec(5), .kill(5) and .resource-control(5) are part of each type's own interface. */
#define TYPE(t, interface_name, method_table, ...)                                                           \
        [INTERFACE_OF_TYPE + (t)] = { .name = NAME(interface_name),                                          \
                                      .methods = method_table,                                               \
                                      .properties = TABLES(__VA_ARGS__),                                     \
                                      .type = (t) }

static const SignalRow scope_signals[] = { { "RequestStop", "" }, { 0 } };

const Interface interfaces[INTERFACE_MAX] = {
        [INTERFACE_MANAGER] = { NAME("Manager"), manager_methods, TABLES(manager_properties), manager_signals,
                                .type = UNIT_TYPE_INVALID },
        [INTERFACE_OWN_MANAGER] = { "org.svinit.Manager", own_manager_methods, TABLES(NULL),
                                    own_manager_signals, .type = UNIT_TYPE_INVALID },
        [INTERFACE_LOG_CONTROL] = { "org.freedesktop.LogControl1", NULL, TABLES(log_control_properties),
                                    .type = UNIT_TYPE_INVALID },
        [INTERFACE_UNIT] = { NAME("Unit"), unit_methods, TABLES(unit_properties), .type = UNIT_TYPE_INVALID,
                             .common = true },
        [INTERFACE_OWN_UNIT] = { "org.svinit.Unit", NULL, TABLES(own_unit_properties, own_roll_properties),
                                 .type = UNIT_TYPE_INVALID },
        [INTERFACE_JOB] = { NAME("Job"), job_methods, TABLES(job_properties), .type = UNIT_TYPE_INVALID },
        [INTERFACE_DRIVER] = { DRIVER_NAME, driver_methods, TABLES(NULL), .type = UNIT_TYPE_INVALID },
        TYPE(UNIT_SERVICE, "Service", service_methods, service_properties, cgroup_properties, exec_properties,
             kill_properties),
        TYPE(UNIT_SOCKET, "Socket", process_methods, socket_properties, cgroup_properties, exec_properties,
             kill_properties),
        TYPE(UNIT_MOUNT, "Mount", process_methods, mount_properties, cgroup_properties, exec_properties,
             kill_properties),
        TYPE(UNIT_SWAP, "Swap", process_methods, swap_properties, cgroup_properties, exec_properties,
             kill_properties),
        TYPE(UNIT_SLICE, "Slice", process_methods, cgroup_properties),
        [INTERFACE_OF_TYPE + UNIT_SCOPE] = { NAME("Scope"), scope_methods,
                                             TABLES(scope_properties, cgroup_properties, kill_properties),
                                             scope_signals, UNIT_SCOPE },
        TYPE(UNIT_TARGET, "Target", NULL, NULL),
        TYPE(UNIT_DEVICE, "Device", NULL, device_properties),
        TYPE(UNIT_AUTOMOUNT, "Automount", NULL, automount_properties),
        TYPE(UNIT_TIMER, "Timer", NULL, timer_properties),
        TYPE(UNIT_PATH, "Path", NULL, path_properties),
};

InterfaceId interface_of_type(UnitType t) {
        return INTERFACE_OF_TYPE + t;
}

size_t object_interfaces(const Object *o, InterfaceId ret[OBJECT_INTERFACES_MAX]) {
        switch (o->kind) {
        case OBJECT_MANAGER:
                ret[0] = INTERFACE_MANAGER;
                ret[1] = INTERFACE_OWN_MANAGER;
                return 2;
        case OBJECT_LOG_CONTROL:
                ret[0] = INTERFACE_LOG_CONTROL;
                return 1;
        case OBJECT_DRIVER:
                ret[0] = INTERFACE_DRIVER;
                return 1;
        case OBJECT_JOB:
                ret[0] = INTERFACE_JOB;
                return 1;
        case OBJECT_UNIT:
                ret[0] = interface_of_type(o->unit->type);
                ret[1] = INTERFACE_UNIT;
                ret[2] = INTERFACE_OWN_UNIT;
                return 3;
        case OBJECT_NODE:
                break;
        }
        return 0;
}
