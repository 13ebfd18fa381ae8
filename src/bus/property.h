/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What an object offers: rows of methods, properties and signals, grouped in
 * interfaces.
 *
 * A property is either a Property row (a value of the run time, with its
 * getter) or a Directive row (what the files say, appended by append.h). A
 * Property row hides a Directive row of the same name. PropertyIndex is the
 * list of both for one interface, made when it is first asked for; its order
 * is the order of GetAll, in which clients rely on MainPID before ExecMainPID.
 *
 * Getters do not fail but for want of memory: one that did would take the
 * whole GetAll with it.
 */

#include "bus/bus.h"

#include <systemd/sd-bus.h>

typedef struct Call Call;
typedef struct Connection Connection;
typedef struct Property Property;

typedef enum InterfaceId {
        INTERFACE_MANAGER,
        INTERFACE_OWN_MANAGER, /* org.svinit.Manager */
        INTERFACE_LOG_CONTROL,
        INTERFACE_UNIT,
        INTERFACE_OWN_UNIT, /* org.svinit.Unit */
        INTERFACE_JOB,
        INTERFACE_DRIVER,
        INTERFACE_OF_TYPE, /* + UnitType */
        INTERFACE_MAX = INTERFACE_OF_TYPE + UNIT_TYPE_MAX,
} InterfaceId;

typedef enum ObjectKind {
        OBJECT_NODE, /* a path that only leads to others */
        OBJECT_MANAGER,
        OBJECT_LOG_CONTROL,
        OBJECT_DRIVER,
        OBJECT_UNIT,
        OBJECT_JOB,
} ObjectKind;

/* What a path means, for the time of one call or signal. */
typedef struct Object {
        ObjectKind kind;
        Bus *bus;
        Manager *manager;
        Unit *unit;           /* OBJECT_UNIT */
        UnitRuntime *runtime; /* of the unit */
        Job *job;             /* OBJECT_JOB */
        GroupUsage usage;     /* of the unit's group, read once for all its getters */
        unsigned usage_known; /* as far as somebody asked: bits of UsageWanted */
} Object;

typedef enum Access {
        ACCESS_READ,    /* anyone who may connect */
        ACCESS_CONTROL, /* access.h; nobody else */
        ACCESS_UNITS,   /* these and the next: who controls, and whom polkit lets */
        ACCESS_UNIT_FILES,
        ACCESS_RELOAD,
        ACCESS_ENVIRONMENT,
        ACCESS_MAX,
} Access;

/* Reads its arguments, calls one function, replies. Negative errno or a filled c->error otherwise. */
typedef int (*MethodHandler)(Call *c);

typedef struct Method { /* a table is ended by a row without a member */
        const char *member;
        const char *in, *out; /* signatures */
        Access access;
        MethodHandler handle;
        const char *names; /* of the arguments, with spaces, those of `out` last; NULL: of none */
} Method;

struct Call {
        Connection *connection;
        Bus *bus;
        Manager *manager;
        Object *object;
        sd_bus_message *message;
        sd_bus_error *error;
};

typedef enum PropertyFlags {
        PROPERTY_POLLED = 0,
        PROPERTY_CONST = 1,       /* does not change while the object lives */
        PROPERTY_EMITS = 2,       /* a change is signalled with the new value */
        PROPERTY_INVALIDATES = 4, /* a change is signalled without it */
} PropertyFlags;

struct Property { /* a table is ended by a row without a name */
        const char *name;
        const char *signature;
        int (*get)(Object *o, const Property *p, sd_bus_message *m); /* appends exactly `signature` */
        size_t arg;                                                  /* of the getter: an offset or a kind */
        PropertyFlags flags;
        int (*set)(Call *c, const Property *p); /* the message stands inside the variant; NULL: read-only */
        const char *text;                       /* of getters that show a fixed one */
};

typedef struct SignalRow {
        const char *member, *signature;
        const char *names; /* as in Method */
} SignalRow;

typedef struct Interface {
        const char *name;
        const Method *methods;             /* NULL: none */
        const Property *const *properties; /* NULL-terminated list of tables; NULL: none */
        const SignalRow *signals;          /* NULL: none */
        UnitType type; /* whose directive rows belong to it; UNIT_TYPE_INVALID: nobody's */
        bool common;   /* the rows of [Unit] do */
} Interface;
extern const Interface interfaces[INTERFACE_MAX];

/* The interfaces of an object, in the order of GetAll. */
#define OBJECT_INTERFACES_MAX 3
size_t object_interfaces(const Object *o, InterfaceId ret[OBJECT_INTERFACES_MAX]);
InterfaceId interface_of_type(UnitType t);

typedef struct PropertyRef { /* one of the two */
        const Property *property;
        const Directive *row;
} PropertyRef;
typedef struct PropertyIndex {
        PropertyRef *v; /* owned */
        size_t n;
        bool built;
} PropertyIndex;

int property_index_build(const Interface *i, PropertyIndex *ret);
void property_index_release(PropertyIndex *x);
const PropertyIndex *bus_property_index(Bus *b, InterfaceId i); /* NULL: no memory */

const char *property_name(const PropertyRef *p);
const char *property_signature(const PropertyRef *p);
PropertyFlags property_flags(const PropertyRef *p);
int property_append(Object *o, const PropertyRef *p, sd_bus_message *m); /* the bare value */
/* a{sv} and as of PropertiesChanged for what is flagged; *ret_any tells whether there is anything of the kind. */
int properties_append_changed(Object *o, const Interface *i, sd_bus_message *m);
bool interface_has_changes(const Interface *i);

extern const Method properties_methods[]; /* org.freedesktop.DBus.Properties */
extern const Method introspect_methods[]; /* org.freedesktop.DBus.Introspectable */
