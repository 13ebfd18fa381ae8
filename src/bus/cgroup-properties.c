/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The block of systemd.resource-control(5) and systemd.kill(5): what is
 * measured, and in which group. What cannot be measured is UINT64_MAX, which
 * clients leave out.
 */

#include "bus/append.h"
#include "bus/control-group.h"
#include "bus/tables.h"

static const GroupUsage unknown_usage = { UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX };

static const GroupUsage *usage_of(Object *o) {
        if (!o->usage_known) {
                o->usage = unknown_usage;
                if (o->runtime->group)
                        group_usage(o->runtime->group, &o->usage);
                else
                        o->usage.cpu_nsec = o->runtime->cpu_at_stop;
                o->usage_known = true;
        }
        return &o->usage;
}

/* arg: offset of a uint64_t in GroupUsage */
static int get_usage(Object *o, const Property *p, sd_bus_message *m) {
        const uint64_t *v = (const uint64_t *)((const char *)usage_of(o) + p->arg);

        return append_integer(m, 't', (int64_t)*v);
}

static int get_slice(Object *o, const Property *p, sd_bus_message *m) {
        const Edge *e = unit_next_edge(o->unit, DEP_SLICE, NULL);

        return append_string(m, e ? e->other->id : o->unit->spec->cgroup->slice);
}

static int get_control_group(Object *o, const Property *p, sd_bus_message *m) {
        char *path auto_free = NULL;
        int r = unit_control_group(o->manager, o->unit, &path);

        return r < 0 ? r : append_string(m, path);
}

static int get_controllers(Object *o, const Property *p, sd_bus_message *m) {
        return append_strv(m, o->unit->spec->cgroup->delegate_controllers);
}

const Property cgroup_properties[] = {
        { "Slice", "s", get_slice, 0, PROPERTY_POLLED },
        { "ControlGroup", "s", get_control_group, 0, PROPERTY_POLLED },
        NUMBER("ControlGroupId", "t", 0, PROPERTY_POLLED),
        { "MemoryCurrent", "t", get_usage, offsetof(GroupUsage, memory_current), PROPERTY_POLLED },
        NUMBER("MemoryAvailable", "t", UINT64_MAX, PROPERTY_POLLED),
        { "CPUUsageNSec", "t", get_usage, offsetof(GroupUsage, cpu_nsec), PROPERTY_POLLED },
        NOTHING("EffectiveCPUs", "ay", PROPERTY_POLLED),
        NOTHING("EffectiveMemoryNodes", "ay", PROPERTY_POLLED),
        { "TasksCurrent", "t", get_usage, offsetof(GroupUsage, tasks_current), PROPERTY_POLLED },
        { "DelegateControllers", "as", get_controllers, 0, PROPERTY_POLLED },
        NUMBER("MemoryLimit", "t", UINT64_MAX,
               PROPERTY_POLLED), /* of cgroup v1; MemoryMax= is what is kept */
        NUMBER("IPIngressBytes", "t", UINT64_MAX, PROPERTY_POLLED),
        NUMBER("IPIngressPackets", "t", UINT64_MAX, PROPERTY_POLLED),
        NUMBER("IPEgressBytes", "t", UINT64_MAX, PROPERTY_POLLED),
        NUMBER("IPEgressPackets", "t", UINT64_MAX, PROPERTY_POLLED),
        NUMBER("IOReadBytes", "t", UINT64_MAX, PROPERTY_POLLED),
        NUMBER("IOReadOperations", "t", UINT64_MAX, PROPERTY_POLLED),
        NUMBER("IOWriteBytes", "t", UINT64_MAX, PROPERTY_POLLED),
        NUMBER("IOWriteOperations", "t", UINT64_MAX, PROPERTY_POLLED),
        { 0 },
};

/* Unset it is the signal of an ordinary stop. */
static int get_restart_signal(Object *o, const Property *p, sd_bus_message *m) {
        const KillSpec *k = o->unit->spec->kill;

        return append_integer(m, 'i', k->restart_signal > 0 ? k->restart_signal : k->signal);
}

const Property kill_properties[] = {
        { "RestartKillSignal", "i", get_restart_signal, 0, PROPERTY_CONST },
        { 0 },
};
