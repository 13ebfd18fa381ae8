/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The tables of methods and run-time properties that interfaces.c puts
 * together, and what their getters share.
 */

#include "bus/property.h"

extern const Method driver_methods[], own_manager_methods[];
extern const Method manager_methods[], unit_methods[], job_methods[], service_methods[], scope_methods[],
        process_methods[];
extern const Property manager_properties[], log_control_properties[], unit_properties[], job_properties[];
extern const Property service_properties[], socket_properties[], timer_properties[], path_properties[],
        mount_properties[], swap_properties[], scope_properties[], device_properties[],
        automount_properties[];
extern const Property own_unit_properties[], own_roll_properties[];
extern const Property cgroup_properties[], exec_properties[], kill_properties[];

/* properties/getters.c: values that are the same for every object, for what svinit has not. `arg` is the value where it is a number. */
int get_number(Object *o, const Property *p, sd_bus_message *m);
int get_text(Object *o, const Property *p, sd_bus_message *m);    /* p->text */
int get_nothing(Object *o, const Property *p, sd_bus_message *m); /* "", empty array, or a record of such */
#define NUMBER(n, s, v, f)                                                                                   \
        { n, s, get_number, (size_t)(v), f }
#define TEXT(n, v, f)                                                                                        \
        { n, "s", get_text, 0, f, .text = v }
#define NOTHING(n, s, f)                                                                                     \
        { n, s, get_nothing, 0, f }
/* A LIMIT() each, whatever that is there. */
#define LIMITS                                                                                               \
        LIMIT("CPU", RLIMIT_CPU), LIMIT("FSIZE", RLIMIT_FSIZE), LIMIT("DATA", RLIMIT_DATA),                  \
                LIMIT("STACK", RLIMIT_STACK), LIMIT("CORE", RLIMIT_CORE), LIMIT("RSS", RLIMIT_RSS),          \
                LIMIT("NOFILE", RLIMIT_NOFILE), LIMIT("AS", RLIMIT_AS), LIMIT("NPROC", RLIMIT_NPROC),        \
                LIMIT("MEMLOCK", RLIMIT_MEMLOCK), LIMIT("LOCKS", RLIMIT_LOCKS),                              \
                LIMIT("SIGPENDING", RLIMIT_SIGPENDING), LIMIT("MSGQUEUE", RLIMIT_MSGQUEUE),                  \
                LIMIT("NICE", RLIMIT_NICE), LIMIT("RTPRIO", RLIMIT_RTPRIO), LIMIT("RTTIME", RLIMIT_RTTIME)
#define INFINITE(n) NUMBER(n, "t", UINT64_MAX, PROPERTY_CONST)

/* cgroup-properties.c: arg: which figures of GroupUsage have to be read, and the offset of the one */
int get_usage(Object *o, const Property *p, sd_bus_message *m);
#define USAGE_WANTED_OF(arg) ((unsigned)((arg) >> 16))
#define USAGE_OFFSET_OF(arg) ((arg)&0xffff)
#define USAGE(n, member, wanted)                                                                             \
        { n, "t", get_usage, offsetof(GroupUsage, member) | (size_t)(wanted) << 16, PROPERTY_POLLED }

/* arg: the offset of a usec_t in UnitRuntime */
int get_runtime_usec(Object *o, const Property *p, sd_bus_message *m);
/* A pair of properties from a DualTime in UnitRuntime. */
#define TIMESTAMP(n, member, f)                                                                              \
        { n, "t", get_runtime_usec, offsetof(UnitRuntime, member.realtime), f }, {                           \
                n "Monotonic", "t", get_runtime_usec, offsetof(UnitRuntime, member.monotonic), f             \
        }

int append_unit_names(Object *o, sd_bus_message *m, DependencyKind kind); /* as: the other ends */
int append_pair(sd_bus_message *m, const char *a, const char *b);         /* (ss) */

/* own-properties.c */
int append_not_applied(const Unit *u, sd_bus_message *m); /* as: "Key=: reason" */

/* own-rows.c */
int method_usage(Call *c);
int method_services(Call *c);

/* own-roll.c */
int method_roll(Call *c);
int method_abort_roll(Call *c);

/* own-doctor.c */
int method_doctor(Call *c);

/* getters-exec.c */
int append_commands(sd_bus_message *m, const CommandList *list, const RunRecord *record, unsigned which,
                    bool extended);
#define COMMANDS_SIGNATURE "a(sasbttttuii)"
#define COMMANDS_EX_SIGNATURE "a(sasasttttuii)"

static inline const char *unit_description(const Unit *u) {
        return u->spec->common->description ? u->spec->common->description : u->id;
}
