/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Mounts, swaps, automounts, devices and scopes: svinit reports what the
 * system has and runs no process for them.
 */

#include "bus/codec/append.h"
#include "bus/tables.h"
#include "manager/transient.h"

static int get_result_of_simple(Object *o, const Property *p, sd_bus_message *m) {
        return append_string(m, o->runtime->machine.simple.failed ? "resources" : "success");
}

/* Where=, else the path that the unit's name stands for. */
static int get_where(Object *o, const Property *p, sd_bus_message *m) {
        char *prefix auto_free = NULL, *path auto_free = NULL;
        const char *where = o->unit->spec->mount->where;

        if (!where && name_prefix_and_instance(o->unit->id, &prefix) >= 0 &&
            name_path_unescape(prefix, &path) >= 0)
                where = path;
        return append_string(m, where);
}

/* arg: offset of an owned string in MountSpec */
static int get_mount_text(Object *o, const Property *p, sd_bus_message *m) {
        return append_string(m, *(char *const *)((const char *)o->unit->spec->mount + p->arg));
}

#define MOUNT_TEXT(n, member)                                                                                \
        { n, "s", get_mount_text, offsetof(MountSpec, member), PROPERTY_EMITS }
#define NO_COMMAND(n) NOTHING(n, COMMANDS_SIGNATURE, PROPERTY_INVALIDATES)
#define NO_PROCESS                                                                                           \
        NUMBER("ControlPID", "u", 0, PROPERTY_EMITS), NUMBER("UID", "u", UINT32_MAX, PROPERTY_EMITS),        \
                NUMBER("GID", "u", UINT32_MAX, PROPERTY_EMITS),                                              \
                NUMBER("NonBlocking", "b", false, PROPERTY_CONST)

const Property mount_properties[] = {
        { "Where", "s", get_where, 0, PROPERTY_CONST },
        MOUNT_TEXT("What", what),
        MOUNT_TEXT("Options", options),
        MOUNT_TEXT("Type", fs_type),
        { "Result", "s", get_result_of_simple, 0, PROPERTY_EMITS },
        NO_PROCESS,
        NO_COMMAND("ExecMount"),
        NO_COMMAND("ExecUnmount"),
        NO_COMMAND("ExecRemount"),
        { 0 },
};

const Property swap_properties[] = {
        TEXT("What", "", PROPERTY_EMITS),
        NUMBER("Priority", "i", -1, PROPERTY_EMITS),
        TEXT("Options", "", PROPERTY_EMITS),
        { "Result", "s", get_result_of_simple, 0, PROPERTY_EMITS },
        INFINITE("TimeoutUSec"),
        NO_PROCESS,
        NO_COMMAND("ExecActivate"),
        NO_COMMAND("ExecDeactivate"),
        { 0 },
};

const Property automount_properties[] = {
        { "Where", "s", get_where, 0, PROPERTY_CONST },
        TEXT("ExtraOptions", "", PROPERTY_CONST),
        NUMBER("DirectoryMode", "u", 0755, PROPERTY_CONST),
        { "Result", "s", get_result_of_simple, 0, PROPERTY_EMITS },
        NUMBER("TimeoutIdleUSec", "t", 0, PROPERTY_CONST),
        { 0 },
};

const Property device_properties[] = {
        TEXT("SysFSPath", "", PROPERTY_EMITS),
        { 0 },
};

static int get_controller(Object *o, const Property *p, sd_bus_message *m) {
        return append_string(m, o->runtime->transient ? o->runtime->transient->controller : NULL);
}

static int get_scope_result(Object *o, const Property *p, sd_bus_message *m) {
        return append_string(m, machine_result(&o->runtime->machine));
}

const Property scope_properties[] = {
        { "Controller", "s", get_controller, 0, PROPERTY_EMITS },
        { "Result", "s", get_scope_result, 0, PROPERTY_EMITS },
        { 0 },
};
