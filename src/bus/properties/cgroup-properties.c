/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The block of systemd.resource-control(5) and systemd.kill(5): what is
 * measured, and in which group. What cannot be measured is UINT64_MAX, which
 * clients leave out.
 */

#include "bus/codec/append.h"
#include "bus/objects/control-group.h"
#include "bus/tables.h"

int get_usage(Object *o, const Property *p, sd_bus_message *m) {
        unsigned wanted = USAGE_WANTED_OF(p->arg);

        if (!(o->usage_known & wanted)) {
                GroupUsage more;

                unit_read_usage(o->manager, o->unit, wanted, &more);
                if (o->usage_known)
                        usage_fill(&o->usage, &more);
                else
                        o->usage = more;
                o->usage_known |= wanted;
        }
        return append_integer(
                m, 't', (int64_t) * (const uint64_t *)((const char *)&o->usage + USAGE_OFFSET_OF(p->arg)));
}

/* Of units that are down nothing is available. */
static int get_available(Object *o, const Property *p, sd_bus_message *m) {
        char *path auto_free = NULL;
        uint64_t n = UINT64_MAX;

        if (!o->runtime->run_ended && unit_group_path(o->unit, &path) >= 0)
                n = groups_memory_available(o->manager->groups, path);
        return append_integer(m, 't', (int64_t)n);
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
        USAGE("MemoryCurrent", memory_current, USAGE_MEMORY),
        { "MemoryAvailable", "t", get_available, 0, PROPERTY_POLLED },
        USAGE("CPUUsageNSec", cpu_nsec, USAGE_CPU),
        NOTHING("EffectiveCPUs", "ay", PROPERTY_POLLED),
        NOTHING("EffectiveMemoryNodes", "ay", PROPERTY_POLLED),
        USAGE("TasksCurrent", tasks_current, USAGE_TASKS),
        { "DelegateControllers", "as", get_controllers, 0, PROPERTY_POLLED },
        NUMBER("MemoryLimit", "t", UINT64_MAX,
               PROPERTY_POLLED), /* of cgroup v1; MemoryMax= is what is kept */
        NUMBER("IPIngressBytes", "t", UINT64_MAX, PROPERTY_POLLED),
        NUMBER("IPIngressPackets", "t", UINT64_MAX, PROPERTY_POLLED),
        NUMBER("IPEgressBytes", "t", UINT64_MAX, PROPERTY_POLLED),
        NUMBER("IPEgressPackets", "t", UINT64_MAX, PROPERTY_POLLED),
        USAGE("IOReadBytes", io_read_bytes, USAGE_IO),
        USAGE("IOReadOperations", io_read_operations, USAGE_IO),
        USAGE("IOWriteBytes", io_write_bytes, USAGE_IO),
        USAGE("IOWriteOperations", io_write_operations, USAGE_IO),
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
